"""The gateway, called by the vendor's own SDK and by requests that are wrong in one point."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from alibabacloud_chatbot20220408 import models
from alibabacloud_tea_openapi.exceptions import (
    ClientException,
    ServerException,
    ThrottlingException,
)
from darabonba.exceptions import UnretryableException

from bridge.emulators.beebot import BeebotEmulator, GatewayFault, Script, handover
from bridge.emulators.beebot.signature import canonicalize, decode_query, sign_request
from tests.emulators.beebot_witness import KEY, ROBOT, SECRET, apply, vendor, visiting

DATE = "%Y-%m-%dT%H:%M:%SZ"


@pytest.fixture
async def beebot() -> AsyncIterator[BeebotEmulator]:
    async with BeebotEmulator() as emulator:
        yield emulator


async def call(method: Any, request: object) -> Any:
    """One blocking call of the SDK; returns the response's body."""
    return (await asyncio.to_thread(method, request)).body


async def test_the_sdk_applies_for_stream_credentials(beebot: BeebotEmulator) -> None:
    first, second = [await apply(vendor(beebot)) for _ in range(2)]
    assert len(first.token) == 32
    assert first.token != second.token
    assert [a.access_key_id for a in beebot.applications] == [KEY, KEY]
    assert abs(beebot.applications[0].at - time.time()) < 60


async def test_the_sdk_applies_with_a_temporary_key() -> None:
    async with BeebotEmulator(access_key_id="STS.Example", security_token="Token==") as beebot:
        triple = await apply(vendor(beebot, key="STS.Example", sts="Token=="))
    assert triple.secret


async def test_a_temporary_key_needs_its_own_security_token() -> None:
    async with BeebotEmulator(security_token="Token==") as beebot:
        for sts, code in (("", "MissingSecurityToken"), ("x", "InvalidSecurityToken.Malformed")):
            with pytest.raises(ClientException) as caught:
                await apply(vendor(beebot, sts=sts))
            assert caught.value.code == code


@pytest.mark.parametrize(
    ("key", "secret", "code"),
    [
        (KEY, "wrong", "SignatureDoesNotMatch"),
        ("LTAI5tSomebodyElse", SECRET, "InvalidAccessKeyId.NotFound"),
    ],
)
async def test_a_wrong_key_is_refused_by_name(
    beebot: BeebotEmulator, key: str, secret: str, code: str
) -> None:
    with pytest.raises(ClientException) as caught:
        await apply(vendor(beebot, key, secret))
    assert caught.value.code == code
    assert set(caught.value.data) >= {"RequestId", "HostId", "Code", "Message", "Recommend"}
    assert [refusal.code for refusal in beebot.refusals] == [code]
    assert not beebot.applications


@pytest.mark.parametrize(
    ("own", "given"), [("space_p_beebot", None), ("space_p_beebot", "other"), ("", "other")]
)
async def test_another_business_space_is_forbidden(own: str, given: str | None) -> None:
    async with BeebotEmulator(agent_key=own) as beebot:
        with pytest.raises(ClientException) as caught:
            await apply(vendor(beebot), given)
    assert (caught.value.status_code, caught.value.code) == (403, "Forbidden")


async def test_the_right_business_space_is_served() -> None:
    async with BeebotEmulator(agent_key="space_p_beebot") as beebot:
        assert (await apply(vendor(beebot), "space_p_beebot")).token


async def test_the_sdk_rates_an_answer() -> None:
    async with visiting(beebot := BeebotEmulator(frame_delay_s=0)) as visitor:
        reply = await visitor.ask("hello")
        rating = models.FeedbackRequest(
            message_id=reply.answer_id,
            session_id=reply.session_id,
            instance_id=ROBOT,
            feedback="bad",
            feedback_content="答案 不对+~*/",
        )
        body = await call(vendor(beebot).feedback, rating)
    assert (body.feedback, body.message_id) == ("bad", reply.answer_id)
    [feedback] = beebot.feedbacks
    assert feedback.content == "答案 不对+~*/"
    assert (feedback.rating, feedback.session_id) == ("bad", reply.session_id)


@pytest.mark.parametrize("wrong", [{"feedback": "great"}, {"message_id": str(uuid4())}])
async def test_a_rating_without_sense_is_refused(wrong: dict[str, str]) -> None:
    async with visiting(beebot := BeebotEmulator(frame_delay_s=0)) as visitor:
        reply = await visitor.ask("hello")
        rating = {"message_id": reply.answer_id, "feedback": "good"} | wrong
        with pytest.raises(ClientException) as caught:
            await call(vendor(beebot).feedback, models.FeedbackRequest(**rating))
    assert caught.value.code == "InvalidParameter"
    assert not beebot.feedbacks


async def test_the_sdk_begins_a_session(beebot: BeebotEmulator) -> None:
    beebot.robot.welcome = "Hi!"
    request = models.BeginSessionRequest(instance_id=ROBOT, sand_box=False)
    body = await call(vendor(beebot).begin_session, request)
    assert body.welcome_message == "Hi!"


async def test_another_robot_is_forbidden(beebot: BeebotEmulator) -> None:
    request = models.BeginSessionRequest(instance_id="chatbot-cn-Other")
    with pytest.raises(ClientException) as caught:
        await call(vendor(beebot).begin_session, request)
    assert caught.value.code == "Forbidden"


async def test_cancelling_stops_the_stream_with_what_was_shown() -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        beebot.default(Script(["one", *(f"{n}" for n in range(1000))], delay_s=0.05))
        asking = asyncio.create_task(visitor.ask("count"))
        await beebot.until(lambda: beebot.running and len(beebot.running[0].written) >= 2)
        [turn] = beebot.running
        request = models.CancelChatRequest(
            instance_id=ROBOT,
            session_id=turn.question.session_id,
            chat_id=turn.answer_id,
            type="Canceled",
            answer="one",
        )
        body = await call(vendor(beebot).cancel_chat, request)
        reply = await asking
        assert body.cancel_result is True
        assert (await call(vendor(beebot).cancel_chat, request)).cancel_result is False
    assert reply.values[-1]["StreamEnd"] is True
    assert len(reply.values) < 900
    assert beebot.sessions == {reply.session_id: [("count", "one")]}
    assert [c.worked for c in beebot.cancellations] == [True, False]


async def read_log(beebot: BeebotEmulator, session_id: str) -> list[dict[str, str]]:
    request = models.ListTongyiConversationLogsRequest(
        robot_instance_id=ROBOT, session_id=session_id
    )
    body = await call(vendor(beebot).list_tongyi_conversation_logs, request)
    return list(body.datas)


async def test_the_log_has_the_full_answer_although_the_client_went_away() -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        beebot.default(Script(["a", "a long story"], delay_s=0.7))
        async with visitor.open("tell"):
            session_id = beebot.questions[0].session_id
            assert await read_log(beebot, session_id) == []
        await beebot.until(lambda: beebot.open_streams == 0)
        assert beebot.running
        await beebot.until(lambda: not beebot.running)
        [entry] = await read_log(beebot, session_id)
    asked = datetime.strptime(entry["QueryTime"] + "+0800", "%Y-%m-%d %H:%M:%S%z")
    assert abs(asked.timestamp() - beebot.questions[0].at) < 1
    assert (entry["Question"], entry["Answer"]) == ("tell", "a long story")
    assert (entry["SessionId"], entry["ToAgent"]) == (session_id, "false")
    assert [query.session_id for query in beebot.logs] == [session_id] * 2


async def test_the_log_says_when_a_human_was_called() -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        beebot.default(handover("transferring"))
        reply = await visitor.ask("human please")
        [entry] = await read_log(beebot, reply.session_id)
    assert entry["ToAgent"] == "true"
    assert entry["ChatId"] == reply.answer_id


async def test_the_log_forgets_after_two_hours() -> None:
    shift = [0.0]
    beebot = BeebotEmulator(frame_delay_s=0, clock=lambda: time.time() + shift[0])
    async with visiting(beebot) as visitor:
        reply = await visitor.ask("hello")
        query = f"RobotInstanceId={ROBOT}&SessionId={reply.session_id}"
        for shift[0], known in ((7100.0, 1), (7300.0, 0)):
            now = datetime.fromtimestamp(time.time() + shift[0], UTC)
            headers = signed(query, action="ListTongyiConversationLogs", date=f"{now:{DATE}}")
            _, body = await send(beebot, headers, query)
            assert len(body["Datas"]) == known


async def test_throttling_is_told_as_the_sdk_knows_it(beebot: BeebotEmulator) -> None:
    beebot.break_gateway(GatewayFault.throttled(retry_after_ms=700).once())
    with pytest.raises(ThrottlingException) as hinted:
        await apply(vendor(beebot))
    assert hinted.value.retry_after == 700
    beebot.break_gateway(GatewayFault.throttled(code="Throttling.User").once())
    with pytest.raises(ClientException) as plain:
        await apply(vendor(beebot))
    assert plain.value.code == "Throttling.User"
    assert (await apply(vendor(beebot))).token


async def test_a_server_fault_comes_as_often_as_asked_for(beebot: BeebotEmulator) -> None:
    beebot.break_gateway(GatewayFault.error("InternalError", 500).times(2))
    for _ in range(2):
        with pytest.raises(ServerException):
            await apply(vendor(beebot))
    assert (await apply(vendor(beebot))).token


async def test_a_gateway_that_is_down_drops_the_connection(beebot: BeebotEmulator) -> None:
    beebot.break_gateway(GatewayFault.down())
    with pytest.raises(UnretryableException):
        await apply(vendor(beebot))
    beebot.mend()
    assert (await apply(vendor(beebot))).token


async def test_a_fault_can_wait_for_one_action(beebot: BeebotEmulator) -> None:
    beebot.break_gateway(GatewayFault.error("Forbidden", 403).during("BeginSession"))
    assert (await apply(vendor(beebot))).token
    with pytest.raises(ClientException):
        await call(vendor(beebot).begin_session, models.BeginSessionRequest(instance_id=ROBOT))


async def test_parts_of_the_credentials_can_be_missing(beebot: BeebotEmulator) -> None:
    beebot.break_gateway(GatewayFault.without("StreamSecret"))
    triple = await apply(vendor(beebot))
    assert triple.token
    assert triple.secret is None


async def test_a_slow_gateway_answers_after_its_delay(beebot: BeebotEmulator) -> None:
    beebot.break_gateway(GatewayFault.slow(0.2))
    before = time.monotonic()
    await apply(vendor(beebot))
    assert time.monotonic() - before >= 0.2


# Requests that the SDK would never send.


def signed(query: str = "", /, **changed: str | None) -> dict[str, str]:
    """Headers of a valid call, but for those changed (or, None, left out) before signing."""
    headers = {
        "host": "127.0.0.1",
        "x-acs-action": "ApplyForStreamAccessToken",
        "x-acs-version": "2022-04-08",
        "x-acs-date": f"{datetime.now(UTC):{DATE}}",
        "x-acs-signature-nonce": uuid4().hex,
        "x-acs-content-sha256": sha256(b"").hexdigest(),
    } | {f"x-acs-{name.replace('_', '-')}": value for name, value in changed.items()}
    kept = {name: value for name, value in headers.items() if value is not None}
    canonical = canonicalize(
        "POST", "/", query=decode_query(query), headers=kept, signed=list(kept), body=b""
    )
    names, signature = ";".join(sorted(kept)), sign_request(SECRET, canonical)
    scheme = f"ACS3-HMAC-SHA256 Credential={KEY}"
    return {**kept, "authorization": f"{scheme},SignedHeaders={names},Signature={signature}"}


async def send(
    beebot: BeebotEmulator, headers: dict[str, str], query: str = "", body: bytes = b""
) -> tuple[int, dict[str, Any]]:
    url = f"{beebot.endpoint}/?{query}" if query else beebot.endpoint
    skipped = ("Content-Type",)
    async with (
        aiohttp.ClientSession(skip_auto_headers=skipped) as http,
        http.post(url, data=body, headers=headers) as response,
    ):
        return response.status, await response.json()


async def test_a_request_signed_by_hand_is_served(beebot: BeebotEmulator) -> None:
    status, body = await send(beebot, signed())
    assert status == 200
    assert set(body) == {"RequestId", "AccessToken", "ChannelId", "StreamSecret"}


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"action": "MakeCoffee"}, 404, "InvalidApi.NotFound"),
        ({"version": "2017-10-11"}, 400, "400"),
        ({"date": "2026-01-02T03:04:05Z"}, 400, "InvalidTimeStamp.Expired"),
        ({"date": "yesterday"}, 400, "InvalidTimeStamp.Format"),
        ({"signature_nonce": None}, 400, "IncompleteSignature"),
        ({"content_sha256": None}, 400, "IncompleteSignature"),
        ({"content_sha256": sha256(b"other").hexdigest()}, 400, "SignatureDoesNotMatch"),
    ],
)
async def test_a_header_that_is_wrong_is_refused_by_name(
    beebot: BeebotEmulator, changed: dict[str, str | None], status: int, code: str
) -> None:
    got, body = await send(beebot, signed(**changed))
    assert (got, body["Code"]) == (status, code)


async def test_what_was_changed_after_signing_is_refused(beebot: BeebotEmulator) -> None:
    for query, content in (("AgentKey=other", b""), ("", b"InstanceId=other")):
        _, body = await send(beebot, signed(), query, content)
        assert body["Code"] == "SignatureDoesNotMatch"


async def test_a_nonce_serves_once(beebot: BeebotEmulator) -> None:
    headers = signed()
    assert (await send(beebot, headers))[0] == 200
    status, body = await send(beebot, headers)
    assert (status, body["Code"]) == (400, "SignatureNonceUsed")


async def test_an_unsigned_request_is_refused(beebot: BeebotEmulator) -> None:
    headers = {name: value for name, value in signed().items() if name != "authorization"}
    _, body = await send(beebot, headers)
    assert body["Code"] == "IncompleteSignature"


async def test_a_stopped_emulator_comes_back_on_its_port_with_what_it_knew() -> None:
    async with visiting(beebot := BeebotEmulator(frame_delay_s=0)) as visitor:
        before = beebot.endpoint
        reply = await visitor.ask("hello")
        await beebot.stop()
        with pytest.raises(UnretryableException):
            await apply(vendor(beebot))
        await beebot.start()
        assert beebot.endpoint == before
        again = await visitor.ask("and now?", SessionId=reply.session_id)
    assert "question 2" in again.texts[-1]


async def test_robots_are_listed_by_space_and_page() -> None:
    async with BeebotEmulator() as beebot:
        for number in range(11):
            beebot.add_robot(f"chatbot-cn-{number}", "space", name=f"Robot {number}")
        listing = vendor(beebot).list_instance
        body = await call(listing, models.ListInstanceRequest(agent_key="space", page_number=2))
        own = await call(listing, models.ListInstanceRequest())
    assert (body.total_count, body.page_size, body.page_number) == (11, 10, 2)
    [last] = body.instances
    assert (last.instance_id, last.name) == ("chatbot-cn-10", "Robot 10")
    assert (last.robot_type, last.language_code) == ("scenario_im", "zh-cn")
    assert [one.instance_id for one in own.instances] == [ROBOT]


async def test_an_answer_is_rated_and_logged_with_the_robot_that_gave_it() -> None:
    async with visiting(beebot := BeebotEmulator(frame_delay_s=0)) as visitor:
        beebot.add_robot("chatbot-cn-Other")
        reply = await visitor.ask("hello")
        rating = models.FeedbackRequest(
            message_id=reply.answer_id, instance_id="chatbot-cn-Other", feedback="good"
        )
        with pytest.raises(ClientException):
            await call(vendor(beebot).feedback, rating)
        logs = models.ListTongyiConversationLogsRequest(
            robot_instance_id="chatbot-cn-Other", session_id=reply.session_id
        )
        assert not (await call(vendor(beebot).list_tongyi_conversation_logs, logs)).datas
