"""Each fault does what it says, and no more often than it should."""

import asyncio
import json
import time

import aiohttp
import pytest

from bridge.emulators.beebot import (
    BeebotEmulator,
    Cuts,
    Fault,
    Script,
    cut_at,
    cut_every,
    cut_randomly,
    typed,
)
from tests.emulators.beebot_witness import Reply, Visitor, visiting

STORY = Script(["a", "ab", "abc"], delay_s=0)


async def ask_under(*faults: Fault) -> Reply:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        beebot.default(STORY.under(*faults))
        return await visitor.ask("hello")


async def read_until_cut(visitor: Visitor) -> bytes:
    """What comes before the connection breaks; fails when it does not break."""
    received = bytearray()
    async with visitor.open("hello") as response:
        with pytest.raises(aiohttp.ClientPayloadError):
            await read_into(received, response)
    return bytes(received)


async def read_into(received: bytearray, response: aiohttp.ClientResponse) -> None:
    async for data in response.content.iter_any():
        received += data


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
async def test_a_status_comes_with_a_page_and_takes_no_question(status: int) -> None:
    async with visiting(beebot := BeebotEmulator(frame_delay_s=0)) as visitor:
        beebot.break_stream(Fault.status(status).once())
        reply = await visitor.ask("hello")
        assert (reply.status, reply.content_type) == (status, "text/html")
        assert not beebot.questions
        assert (await visitor.ask("hello")).values[-1]["StreamEnd"]


async def test_html_comes_with_status_200() -> None:
    reply = await ask_under(Fault.html())
    assert (reply.status, reply.content_type) == (200, "text/html")


async def test_a_refusal_comes_as_an_event_or_as_plain_json() -> None:
    event = await ask_under(Fault.refused("Busy", "later"))
    assert [(e["success"], e["code"], e["message"]) for e in event.envelopes] == [
        (False, "Busy", "later")
    ]
    plain = await ask_under(Fault.refused("Busy", plain=True))
    assert plain.content_type == "application/json"
    assert json.loads(plain.raw)["code"] == "Busy"


async def test_a_refusal_can_come_midway() -> None:
    reply = await ask_under(Fault.broken("Oops", after=3))
    assert reply.texts == ["a", "ab"]
    assert [e["success"] for e in reply.envelopes] == [True, True, True, False]


async def test_a_hang_up_ends_the_connection_without_a_word() -> None:
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await ask_under(Fault.hang_up())


@pytest.mark.parametrize(("after", "extra"), [(0, 0), (0, 7), (2, 0), (2, 100)])
async def test_a_cut_ends_the_connection_at_that_byte(after: int, extra: int) -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        beebot.default(STORY.under(Fault.cut(after=after, extra_bytes=extra).once()))
        received = await read_until_cut(visitor)
        await beebot.until(lambda: not beebot.running)
        [question] = beebot.questions
        whole = (await visitor.ask("hello", question.message_id)).raw
    events = whole.split(b"\n\n")
    assert received == b"".join(event + b"\n\n" for event in events[:after]) + events[after][:extra]
    assert beebot.sessions == {question.session_id: [("hello", "abc")]}


async def test_a_stall_holds_the_next_frame_back() -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        beebot.default(STORY.under(Fault.stall(after=2)))
        async with visitor.open("hello") as response:
            received = b""
            while received.count(b"\n\n") < 2:
                received += await response.content.readany()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(response.content.readany(), 0.1)
        await beebot.until(lambda: beebot.open_streams == 0)
    assert received.count(b"data:") == 2


async def test_a_short_stall_is_over_after_its_pause() -> None:
    before = time.monotonic()
    reply = await ask_under(Fault.stall(after=2, pause_s=0.1))
    assert time.monotonic() - before >= 0.1
    assert reply.texts == ["a", "ab", "abc"]


@pytest.mark.parametrize(
    ("fault", "has_end"), [(Fault.endless(), False), (Fault.lingering(), True)]
)
async def test_a_connection_can_stay_open_after_the_text(fault: Fault, *, has_end: bool) -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        beebot.default(STORY.under(fault))
        async with visitor.open("hello") as response:
            received = b""
            while received.count(b"\n\n") < 4:
                received += await response.content.readany()
            await beebot.until(lambda: not beebot.running)
            assert beebot.open_streams == 1
        await beebot.until(lambda: beebot.open_streams == 0)
    assert (b'StreamEnd\\":true' in received) is has_end


async def test_an_unfinished_answer_ends_without_its_end() -> None:
    reply = await ask_under(Fault.unfinished())
    assert reply.texts[-1] == "abc"
    assert not any(value["StreamEnd"] for value in reply.values)


async def test_garbage_stands_between_two_frames() -> None:
    reply = await ask_under(Fault.garbage(b"data:{nonsense", after=1))
    lines = reply.raw.split(b"\n\n")
    assert lines[1] == b"data:{nonsense"
    assert len(lines) == 6


async def test_lines_can_end_in_cr_lf_and_comments_come_between() -> None:
    reply = await ask_under(Fault.comments(), Fault.crlf())
    assert reply.raw.count(b": keep-alive\r\n\r\n") == 4
    assert reply.raw.count(b"\n") == reply.raw.count(b"\r\n") == 16


async def test_a_giant_frame_is_as_big_as_asked_for() -> None:
    reply = await ask_under(Fault.giant(200_000))
    assert len(reply.raw.split(b"\n\n")[3]) > 200_000
    assert reply.texts == ["a", "ab", "abc"]
    assert reply.values[-1]["StreamEnd"] is True


async def test_frames_can_come_twice() -> None:
    reply = await ask_under(Fault.duplicates())
    assert reply.texts == ["a", "a", "ab", "ab", "abc"]
    assert len({e["requestId"] for e in reply.envelopes}) == 7


async def test_a_text_can_be_replaced_by_another() -> None:
    assert (await ask_under(Fault.rewritten("no comment", after=3))).texts == [
        "a",
        "ab",
        "no comment",
    ]


async def test_empty_frames_can_come_after_text() -> None:
    assert (await ask_under(Fault.blank(after=3, count=2))).texts == ["a", "ab", "", "", "abc"]


async def test_the_first_frame_can_be_late() -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        beebot.default(STORY.under(Fault.slow_start(0.2)))
        before = time.monotonic()
        async with visitor.open("hello") as response:
            await response.content.readany()
    assert time.monotonic() - before >= 0.2


@pytest.mark.parametrize("cuts", [cut_every(1), cut_every(997), cut_at(1, 6, 700), cut_randomly(7)])
async def test_any_cut_carries_the_same_bytes(cuts: Cuts) -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        story = typed("鹬蚌相争，渔翁得利", step=3, delay_s=0)
        beebot.script("hello", story.cut(cuts))
        chunks = await visitor.chunks("hello")
        whole = (await visitor.ask("hello", beebot.questions[0].message_id)).raw
    sizes = cuts()
    assert b"".join(chunks) == whole
    assert len(chunks[0]) == next(sizes)
    assert len(chunks[1]) == next(sizes)


async def test_a_cut_connection_still_sends_what_was_held_for_a_chunk() -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        beebot.default(STORY.under(Fault.cut(after=1)).cut(cut_every(100_000)))
        received = await read_until_cut(visitor)
    assert received.count(b"data:") == 1
    assert received.endswith(b"\n\n")
