"""A question to Beebot over real HTTP: its frames, its end, and every way in which it can fail."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

import aiohttp
import pytest

from bridge.beebot.client import BeebotClient, BeebotTiming
from bridge.beebot.gateway import Gateway
from bridge.beebot.registry import RobotRegistry
from bridge.beebot.request import StreamToken, sign
from bridge.beebot.sdk import StaticKey
from bridge.beebot.stream import BeebotStream
from bridge.beebot.tokens import SpaceTokens, StreamTokens
from bridge.core.errors import (
    BridgeError,
    CredentialsRejected,
    RateLimited,
    Refused,
    StreamBroken,
    TimedOut,
    Unavailable,
)
from bridge.core.model import Frame, Handover, Question, SessionId
from bridge.emulators.beebot import (
    BeebotEmulator,
    Cuts,
    Fault,
    GatewayFault,
    Script,
    clarify,
    cut_every,
    cut_randomly,
    empty,
    handover,
    no_answer,
    recorded,
    related,
    typed,
    unknown_type,
    with_sources,
)
from bridge.emulators.beebot import Frame as WireFrame
from bridge.emulators.beebot.tokens import RefusedHow
from bridge.store.connection import in_process
from bridge.store.repositories import RedisRobotSpaces, RedisTokenCache
from tests.robots import ROBOT, ROBOTS

TEXT = "The quick brown fox jumps over the lazy dog, and then over the other one, too."
ANSWER = typed(TEXT, step=8, delay_s=0.002)
KEY = StaticKey("LTAI5tExampleKeyId", "ExampleAccessKeySecret0123456789")
USUAL = BeebotTiming(connect_s=10, between_frames_s=60, whole_s=300)
QUICK = BeebotTiming(connect_s=2, between_frames_s=0.4, whole_s=10)
FIRST_FRAME_S = 2.0


class WitnessedGateway(Gateway):
    """Remembers the tokens it gave."""

    given: list[StreamToken]

    async def apply_for_stream_token(self, space: str = "") -> StreamToken:
        token = await super().apply_for_stream_token(space)
        self.given.append(token)
        return token


@dataclass(frozen=True, slots=True)
class Client:
    beebot: BeebotEmulator
    bot: BeebotClient
    gateway: WitnessedGateway
    tokens: StreamTokens
    clock: Callable[[], float]


@asynccontextmanager
async def bench_for(
    beebot: BeebotEmulator, timing: BeebotTiming | None = None
) -> AsyncIterator[Client]:
    began_at = time.time()
    gateway = WitnessedGateway(beebot.endpoint, key=KEY)
    gateway.given = []
    redis = in_process()
    apply = gateway.apply_for_stream_token
    tokens = StreamTokens(apply, RedisTokenCache(redis), name="test")
    spaces = RedisRobotSpaces(redis)
    registry = RobotRegistry(ROBOTS, gateway.list_robots, spaces, lambda _: None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        bot = BeebotClient(
            http,
            SpaceTokens(ROBOTS, lambda _robot: tokens),
            gateway,
            registry.find,
            stream_url=beebot.stream_url,
            timing=timing or USUAL,
            clock=lambda: began_at,
        )
        yield Client(beebot, bot, gateway, tokens, lambda: began_at)


@pytest.fixture
async def beebot() -> AsyncIterator[BeebotEmulator]:
    async with BeebotEmulator() as emulator:
        emulator.default(ANSWER)
        yield emulator


@pytest.fixture
async def bench(beebot: BeebotEmulator) -> AsyncIterator[Client]:
    async with bench_for(beebot) as opened:
        yield opened


@pytest.fixture
async def quick(beebot: BeebotEmulator) -> AsyncIterator[Client]:
    async with bench_for(beebot, QUICK) as opened:
        yield opened


def question(
    text: str = "hello", session: str | None = None, message_id: str | None = None
) -> Question:
    session_id = SessionId(session) if session else None
    return Question(message_id or str(uuid4()), text, session_id, ROBOT, "sender-1")


async def frames_of(stream: BeebotStream) -> list[Frame]:
    frames = [await stream.newer()]
    while not frames[-1].is_end:
        frames.append(await stream.newer())
    return frames


async def answer_to(bot: BeebotClient, text: str = "hello", session: str | None = None) -> Frame:
    async with bot.ask(question(text, session)) as stream:
        return (await frames_of(stream))[-1]


async def failure_of(bot: BeebotClient, text: str = "hello") -> BridgeError:
    with pytest.raises(BridgeError) as caught:
        await answer_to(bot, text)
    return caught.value


async def failure_of_impatient(bot: BeebotClient) -> BridgeError:
    asked = replace(question(), first_frame_s=FIRST_FRAME_S)
    async with bot.ask(asked) as stream:
        with pytest.raises(BridgeError) as caught:
            await frames_of(stream)
    return caught.value


async def broken(bot: BeebotClient) -> tuple[str, StreamBroken]:
    """The last text before the break, and the break."""
    shown = ""
    async with asyncio.timeout(60), bot.ask(question()) as stream:
        while True:
            try:
                shown = (await stream.newer()).markdown or shown
            except StreamBroken as failure:
                return shown, failure


class TestAsking:
    async def test_an_answer_grows_to_its_end(self, bench: Client) -> None:
        async with bench.bot.ask(question()) as stream:
            frames = await frames_of(stream)

        texts = [frame.markdown or "" for frame in frames]
        assert texts[-1] == TEXT
        assert all(TEXT.startswith(text) for text in texts)
        assert len(texts) > 2

    async def test_the_recorded_answer_is_read(self, bench: Client) -> None:
        bench.beebot.default(recorded(delay_s=0.001))

        assert len((await answer_to(bench.bot)).markdown or "") == 51

    async def test_the_first_turn_names_no_session_and_the_next_the_one_it_got(
        self, bench: Client
    ) -> None:
        first = await answer_to(bench.bot, "one")
        second = await answer_to(bench.bot, "two", first.session)

        asked = bench.beebot.questions
        assert "SessionId" not in asked[0].value
        assert asked[1].value["SessionId"] == first.session == second.session
        assert [q.turn for q in asked] == [1, 2]
        assert [q.sender_id for q in asked] == ["sender-1", "sender-1"]

    async def test_the_session_is_known_before_any_text(self, bench: Client) -> None:
        bench.beebot.default(ANSWER.under(Fault.stall(after=1)))

        async with bench.bot.ask(question()) as stream:
            first = await stream.newer()

        assert first.session
        assert first.answer_id
        assert first.markdown is None

    async def test_many_answers_at_once_share_one_application(self, bench: Client) -> None:
        answers = await asyncio.gather(*(answer_to(bench.bot, f"q{n}") for n in range(50)))

        assert {answer.markdown for answer in answers} == {TEXT}
        assert len({answer.session for answer in answers}) == 50
        assert len(bench.beebot.applications) == 1


class TestReading:
    async def test_a_slow_reader_sees_the_newest_text_and_decodes_few_frames(
        self, bench: Client
    ) -> None:
        bench.beebot.default(typed("x" * 400, step=1, delay_s=0.0005))
        looks = 0

        async with bench.bot.ask(question()) as stream:
            while not (await stream.newer()).is_end:
                looks += 1
                await stream.ends_within(0.05)

        assert stream.latest.received == 401
        assert stream.latest.decoded <= looks + 2 < 100

    async def test_a_reader_who_comes_after_the_end_decodes_one_frame(self, bench: Client) -> None:
        async with bench.bot.ask(question()) as stream:
            assert await stream.ends_within(10)
            frame = await stream.newer()

        assert (frame.markdown, frame.is_end, stream.latest.decoded) == (TEXT, True, 1)

    async def test_the_end_can_be_read_again(self, bench: Client) -> None:
        async with bench.bot.ask(question()) as stream:
            end = (await frames_of(stream))[-1]

            assert await stream.newer() == end
            assert await stream.ends_within(60)

    async def test_an_end_that_is_far_is_waited_for_no_longer_than_told(
        self, bench: Client
    ) -> None:
        bench.beebot.default(ANSWER.under(Fault.stall(after=2)))

        async with bench.bot.ask(question()) as stream:
            assert not await stream.ends_within(0.05)

    async def test_a_failure_is_an_end_at_hand(self, bench: Client) -> None:
        bench.beebot.default(ANSWER.under(Fault.cut(after=2)))

        async with asyncio.timeout(30), bench.bot.ask(question()) as stream:
            assert await stream.ends_within(60)

    async def test_an_open_connection_does_not_hold_back_the_end(self, bench: Client) -> None:
        bench.beebot.default(ANSWER.under(Fault.lingering()))

        async with asyncio.timeout(60), bench.bot.ask(question()) as stream:
            assert (await frames_of(stream))[-1].markdown == TEXT
            await bench.beebot.until(lambda: bench.beebot.open_streams == 0)

    async def test_leaving_early_closes_the_connection(self, bench: Client) -> None:
        bench.beebot.default(ANSWER.under(Fault.stall(after=2)))

        async with bench.bot.ask(question()) as stream:
            await stream.newer()
            assert bench.beebot.open_streams == 1
        await bench.beebot.until(lambda: bench.beebot.open_streams == 0)

    async def test_leaving_before_there_is_a_token_leaves_nothing_behind(
        self, bench: Client
    ) -> None:
        bench.beebot.break_gateway(GatewayFault.slow(0.2))

        async with asyncio.timeout(60), bench.bot.ask(question()) as stream:
            assert not await stream.ends_within(0.01)

        assert not [t for t in asyncio.all_tasks() if t.get_name() == "beebot-stream"]


class TestBodies:
    async def test_sources_are_tied_to_their_paragraph(self, bench: Client) -> None:
        bench.beebot.default(with_sources("Press the button", ["Guide", "Manual"], delay_s=0))

        answer = await answer_to(bench.bot)

        assert answer.markdown == "Press the button [1]"
        assert [(s.number, s.title) for s in answer.sources] == [(1, "Guide"), (2, "Manual")]

    async def test_related_questions_come_with_the_end(self, bench: Client) -> None:
        bench.beebot.default(related("Yes.", ["why?", {"Title": "how?"}], delay_s=0))

        assert (await answer_to(bench.bot)).related == ("why?", "how?")

    async def test_a_clarification_offers_its_options(self, bench: Client) -> None:
        bench.beebot.default(clarify("Which one?", ["red", "blue"]))

        answer = await answer_to(bench.bot)

        assert answer.options == ("red", "blue")
        assert "Which one?" in (answer.markdown or "")

    async def test_a_handover_keeps_its_words(self, bench: Client) -> None:
        bench.beebot.default(handover("One moment", "12"))

        answer = await answer_to(bench.bot)

        assert answer.handover == Handover("12", "HitKeywords")
        assert answer.markdown == "One moment"

    async def test_a_fallback_phrase_is_told_apart(self, bench: Client) -> None:
        bench.beebot.default(no_answer("I do not know"))

        answer = await answer_to(bench.bot)

        assert answer.is_no_answer
        assert answer.markdown == "I do not know"

    @pytest.mark.parametrize("script", [empty(), unknown_type()])
    async def test_an_answer_without_words_is_an_empty_one(
        self, bench: Client, script: Script
    ) -> None:
        bench.beebot.default(script)

        answer = await answer_to(bench.bot)

        assert (answer.markdown, answer.is_end) == ("", True)

    async def test_an_end_without_a_body_keeps_the_last_text(self, bench: Client) -> None:
        texts = ANSWER.plan()[:-1]
        bench.beebot.default(Script([*texts, WireFrame(ends=True)], delay_s=0))

        answer = await answer_to(bench.bot)

        assert answer.is_end
        assert TEXT.startswith(answer.markdown or "?")

    async def test_an_end_that_no_hint_betrays_is_found_at_the_close(self, bench: Client) -> None:
        value = json.dumps({"StreamEnd": True, "MessageBody": {"CardBody": {"Content": "hi"}}})
        envelope = {"data": [{"type": "JSON_TEXT", "value": value}], "success": True}
        escaped = json.dumps(envelope).replace('\\"', "\\u0022")
        raw = WireFrame(raw=f"data:{escaped}\n\n".encode())
        bench.beebot.default(Script([raw]))

        async with bench.bot.ask(question()) as stream:
            assert await stream.ends_within(10)
            answer = await stream.newer()

            assert (answer.markdown, answer.is_end) == ("hi", True)
            assert await stream.newer() == answer

    @pytest.mark.parametrize(
        "fault",
        [
            Fault.duplicates(),
            Fault.comments(),
            Fault.crlf(),
            Fault.giant(),
            Fault.garbage(),
            Fault.garbage(b"data:[DONE]"),
            Fault.garbage(b'data:{"success":true,"data":[]}'),
            Fault.garbage(b"event: ping\nretry: 5"),
            Fault.blank(after=3),
        ],
        ids=lambda fault: fault.name,
    )
    async def test_an_odd_wire_does_not_change_the_answer(
        self, bench: Client, fault: Fault
    ) -> None:
        bench.beebot.default(ANSWER.under(fault))

        assert (await answer_to(bench.bot)).markdown == TEXT

    @pytest.mark.parametrize("cuts", [cut_every(1), cut_every(7), cut_randomly(1), cut_randomly(2)])
    async def test_any_chunks_give_the_same_answer(self, bench: Client, cuts: Cuts) -> None:
        bench.beebot.default(recorded(delay_s=0).cut(cuts))

        assert len((await answer_to(bench.bot)).markdown or "") == 51

    async def test_a_later_text_may_replace_the_earlier(self, bench: Client) -> None:
        bench.beebot.default(ANSWER.under(Fault.rewritten("I cannot say that.", after=4)))

        assert (await answer_to(bench.bot)).markdown == "I cannot say that."


class TestRefusedTokens:
    @pytest.mark.parametrize("how", ["html", "401", "403", "success_false"])
    async def test_a_token_that_died_early_is_renewed_unnoticed(
        self, bench: Client, how: RefusedHow
    ) -> None:
        await answer_to(bench.bot, "one")
        bench.beebot.revoke_tokens(how)

        assert (await answer_to(bench.bot, "two")).markdown == TEXT
        assert len(bench.beebot.applications) == 2
        assert len(bench.beebot.refusals) == 1

    @pytest.mark.parametrize("fault", [Fault.html(), Fault.status(404), Fault.refused("Forbidden")])
    async def test_the_question_is_asked_again_with_the_same_id(
        self, bench: Client, fault: Fault
    ) -> None:
        bench.beebot.break_stream(fault.once())

        async with bench.bot.ask(question(message_id="m-1")) as stream:
            assert (await frames_of(stream))[-1].markdown == TEXT

        assert [q.message_id for q in bench.beebot.questions] == ["m-1"]

    async def test_fifty_questions_renew_a_dead_token_once(self, bench: Client) -> None:
        await answer_to(bench.bot)
        bench.beebot.revoke_tokens()

        answers = await asyncio.gather(*(answer_to(bench.bot) for _ in range(50)))

        assert {answer.markdown for answer in answers} == {TEXT}
        assert len(bench.beebot.applications) == 2

    async def test_a_new_token_that_is_refused_too_is_for_the_operator(self, bench: Client) -> None:
        bench.beebot.break_stream(Fault.html())

        failure = await failure_of(bench.bot)

        assert type(failure) is CredentialsRejected
        assert len(bench.beebot.refusals) == 2
        assert failure.details["message_id"]

    async def test_nothing_is_asked_again_once_a_frame_was_seen(self, bench: Client) -> None:
        bench.beebot.default(ANSWER.under(Fault.broken("AccessTokenInvalid", after=3)))

        _, failure = await broken(bench.bot)

        assert failure.details["code"] == "AccessTokenInvalid"
        assert len(bench.beebot.applications) == len(bench.beebot.questions) == 1


class TestAnswersThatDoNotBegin:
    @pytest.mark.parametrize(
        ("fault", "expected"),
        [
            (Fault.status(429), RateLimited),
            (Fault.status(500), Unavailable),
            (Fault.status(503), Unavailable),
            (Fault.hang_up(), Unavailable),
            (Fault.refused("Throttling.User"), RateLimited),
            (Fault.refused("Throttling.User", plain=True), RateLimited),
            (Fault.refused("InternalError"), Unavailable),
            (Fault.refused("InvalidParameter"), Refused),
            (Fault.refused("InvalidParameter", plain=True), Refused),
        ],
    )
    async def test_each_refusal_becomes_an_error_of_the_core(
        self, bench: Client, fault: Fault, expected: type[BridgeError]
    ) -> None:
        bench.beebot.break_stream(fault)

        failure = await failure_of(bench.bot)

        assert type(failure) is expected
        assert failure.details["message_id"]

    async def test_a_refusal_keeps_what_support_asks_for(self, bench: Client) -> None:
        bench.beebot.break_stream(Fault.refused("SomethingNew", "not today"))

        details = (await failure_of(bench.bot)).details

        assert (details["code"], details["message"]) == ("SomethingNew", "not today")
        assert details["request_id"]

    async def test_a_first_frame_that_does_not_come_is_told_from_a_broken_connection(
        self, quick: Client
    ) -> None:
        quick.beebot.default(ANSWER.under(Fault.slow_start(60)))

        assert type(await failure_of_impatient(quick.bot)) is TimedOut

    async def test_a_refused_token_gives_no_more_time(self, quick: Client) -> None:
        quick.beebot.default(ANSWER.under(Fault.html().once(), Fault.slow_start(60)))
        began = time.monotonic()

        assert type(await failure_of_impatient(quick.bot)) is TimedOut
        assert time.monotonic() - began < 2 * FIRST_FRAME_S

    async def test_the_limit_of_the_first_frame_does_not_bound_the_whole(
        self, quick: Client
    ) -> None:
        quick.beebot.default(typed("x" * 250, step=1, delay_s=0.01))

        asked = replace(question(), first_frame_s=FIRST_FRAME_S)
        async with quick.bot.ask(asked) as stream:
            assert (await frames_of(stream))[-1].markdown == "x" * 250

    async def test_keep_alives_are_no_frames(self, quick: Client) -> None:
        comments = [WireFrame(raw=b": keep-alive\n\n") for _ in range(200)]
        quick.beebot.default(Script(comments, delay_s=0.02))

        assert type(await failure_of_impatient(quick.bot)) is TimedOut

    async def test_nobody_at_the_other_end_is_unavailable(self, bench: Client) -> None:
        await answer_to(bench.bot)
        await bench.beebot.stop()

        assert type(await failure_of(bench.bot)) is Unavailable

    async def test_a_repeated_question_that_gets_nothing_is_unavailable(self) -> None:
        async with BeebotEmulator(replays_repeats=False) as beebot, bench_for(beebot) as bench:
            beebot.default(ANSWER)
            async with bench.bot.ask(question(message_id="m-1")) as stream:
                await frames_of(stream)

            async with bench.bot.ask(question(message_id="m-1")) as stream:
                with pytest.raises(Unavailable):
                    await stream.newer()

    async def test_a_token_that_cannot_be_had_is_told_as_it_is(self, bench: Client) -> None:
        bench.beebot.break_gateway(GatewayFault.throttled(retry_after_ms=3000))
        asked = [question(message_id=f"m-{n}") for n in range(2)]

        failures = await asyncio.gather(*map(self.failure_to, [bench.bot] * 2, asked))

        assert [type(failure) for failure in failures] == [RateLimited, RateLimited]
        assert [failure.after_s for failure in failures] == [3, 3]
        assert [failure.details["message_id"] for failure in failures] == ["m-0", "m-1"]

    async def failure_to(self, bot: BeebotClient, asked: Question) -> RateLimited:
        async with bot.ask(asked) as stream:
            with pytest.raises(RateLimited) as caught:
                await stream.newer()
        return caught.value


class TestAnswersThatDoNotEnd:
    @pytest.mark.parametrize(
        ("fault", "frames"),
        [
            (Fault.cut(after=4), 4),
            (Fault.cut(after=4, extra_bytes=90), 4),
            (Fault.stall(after=4), 4),
            (Fault.broken("InternalError", after=4), 4),
            (Fault.broken("InvalidParameter", after=4), 4),
            (Fault.unfinished(), None),
            (Fault.endless(), None),
        ],
        ids=lambda value: getattr(value, "name", str(value)),
    )
    async def test_what_came_is_shown_and_then_it_is_broken(
        self, quick: Client, fault: Fault, frames: int | None
    ) -> None:
        quick.beebot.default(ANSWER.under(fault))

        shown, failure = await broken(quick.bot)

        assert shown == (TEXT if frames is None else TEXT[: 8 * (frames - 1)])
        assert failure.details["message_id"] == quick.beebot.questions[0].message_id
        assert failure.details["session"]
        assert len(quick.beebot.questions) == 1

    async def test_the_reason_of_a_refusal_midway_is_kept(self, bench: Client) -> None:
        bench.beebot.default(ANSWER.under(Fault.broken("Throttling", "slow down", after=3)))

        _, failure = await broken(bench.bot)

        assert failure.details["code"] == "Throttling"
        assert failure.details["message"] == "slow down"
        assert failure.details["cause"] == "RateLimited"
        assert failure.details["request_id"]

    async def test_an_answer_that_takes_too_long_is_broken(self, beebot: BeebotEmulator) -> None:
        beebot.default(typed("x" * 1000, step=1, delay_s=0.01))

        async with bench_for(beebot, replace(USUAL, whole_s=0.4)) as bench:
            await bench.tokens.current()
            shown, failure = await broken(bench.bot)

        assert shown.startswith("x")
        assert failure.reason == "the answer takes long"


class TestRecall:
    async def test_the_full_answer_is_found_in_the_log(self, bench: Client) -> None:
        asked_at = time.time()
        answer = await answer_to(bench.bot, "hello")
        assert answer.session

        assert await bench.bot.recall(ROBOT, answer.session, " hello ", asked_at) == TEXT

    async def test_other_questions_and_earlier_ones_are_not_it(self, bench: Client) -> None:
        answer = await answer_to(bench.bot, "hello")
        assert answer.session

        assert await bench.bot.recall(ROBOT, answer.session, "goodbye", time.time()) is None
        assert await bench.bot.recall(ROBOT, answer.session, "hello", time.time() + 60) is None
        assert await bench.bot.recall(ROBOT, SessionId("0" * 32), "hello", 0) is None

    async def test_of_several_answers_to_the_same_question_the_newest_counts(
        self, bench: Client
    ) -> None:
        bench.beebot.script("hello", typed("first", delay_s=0), typed("second", delay_s=0))
        first = await answer_to(bench.bot, "hello")
        assert first.session
        await answer_to(bench.bot, "hello", first.session)

        assert await bench.bot.recall(ROBOT, first.session, "hello", 0) == "second"

    async def test_a_gateway_that_fails_is_told(self, bench: Client) -> None:
        bench.beebot.break_gateway(GatewayFault.error("InternalError", 500))

        with pytest.raises(Unavailable):
            await bench.bot.recall(ROBOT, SessionId("s"), "hello", 0)


class TestSecrets:
    async def test_no_secret_reaches_an_error_or_a_log(
        self, quick: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        asyncio.get_running_loop().set_debug(enabled=True)
        told = []
        for fault in (
            Fault.html(), Fault.status(401), Fault.status(429), Fault.status(500),
            Fault.refused("AccessTokenInvalid", "https://stream.example/secret"),
            Fault.hang_up(), Fault.stall(after=0),
        ):  # fmt: skip
            quick.beebot.break_stream(fault)
            told.append(await failure_of_impatient(quick.bot))
            quick.beebot.mend()
        for fault in (Fault.cut(after=2), Fault.stall(after=2), Fault.broken("X", after=2)):
            quick.beebot.default(ANSWER.under(fault))
            told.append((await broken(quick.bot))[1])
        await quick.beebot.stop()
        told.append(await failure_of(quick.bot))

        shown = caplog.text + "".join(
            f"{error!r} {error} {error.details} {error.__cause__}" for error in told
        )
        timestamp_ms = int(quick.clock() * 1000)
        assert quick.gateway.given
        for token in quick.gateway.given:
            parts = (token.access_token, token.channel_id, token.secret)
            for secret in (*parts, sign(token.secret, timestamp_ms), KEY.secret):
                assert secret not in shown
        assert "paas4Json" not in shown
        assert "stream.example" not in shown
