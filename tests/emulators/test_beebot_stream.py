"""The stream host: what it accepts, what it refuses, and the exact form of what it sends."""

import json
import time
from typing import Any

import pytest

from bridge.emulators.beebot import BeebotEmulator, Script, recorded, recorded_bytes, typed
from tests.emulators.beebot_witness import ROBOT, apply, question, vendor, visiting

SKILLS = "你有什么技能?"
RECORDED_IDS = {
    "session": "dfa8ed43a2584d6c867a1c9b5baee490",
    "answer": "aad1d419-45cb-4f8d-9f24-a0c12ca62749",
    "message": "6bd684db-7259-4060-88fc-de562d2c86e7",
}


async def test_the_recording_comes_out_byte_for_byte() -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        beebot.script(SKILLS, recorded(0, exact=True))
        reply = await visitor.ask(SKILLS)
    assert reply.raw == recorded_bytes()
    assert len(reply.values) == 12


@pytest.mark.parametrize("utterance", [SKILLS, "你有什么技能？"])
async def test_the_recorded_question_gets_the_recorded_frames_with_its_own_ids(
    utterance: str,
) -> None:
    async with visiting(BeebotEmulator(frame_delay_s=0)) as visitor:
        reply = await visitor.ask(utterance, RECORDED_IDS["message"])
    envelopes = [json.loads(event[5:]) for event in recorded_bytes().split(b"\n\n") if event]
    expected = [json.loads(envelope["data"][0]["value"]) for envelope in envelopes]
    for ours, theirs in zip(reply.values, expected, strict=True):
        assert list(ours) == list(theirs)
        for name in ("MessageId", "SequenceId", "SessionId"):
            assert ours.pop(name) != theirs.pop(name)
        assert ours == theirs
    assert len(reply.raw) == len(recorded_bytes())


async def test_every_frame_has_ids_of_its_own_and_one_message_id() -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        beebot.default(typed("一二三四五六", step=1, delay_s=0))
        reply = await visitor.ask("hello", "outer-id")
    requests = [envelope["requestId"] for envelope in reply.envelopes]
    assert len(set(requests)) == len({v["SequenceId"] for v in reply.values}) == 7
    assert {v["MessageId"] for v in reply.values} == {requests[0]}
    assert {envelope["messageId"] for envelope in reply.envelopes} == {"outer-id"}
    assert "MessageBody" not in reply.values[0]
    assert [v["StreamEnd"] for v in reply.values] == [False] * 6 + [True]
    assert reply.texts[-1] == "一二三四五六"
    assert "六".encode() in reply.raw
    assert reply.content_type == "text/event-stream"


async def test_a_follow_up_stays_in_its_session() -> None:
    async with visiting(beebot := BeebotEmulator(frame_delay_s=0)) as visitor:
        first = await visitor.ask("What is a lease?", SenderId="U1", SenderNick="Ann")
        second = await visitor.ask("And who holds it?", SessionId=first.session_id)
        other = await visitor.ask("What is a lease?")
    assert second.session_id == first.session_id != other.session_id
    assert "question 1 " in first.texts[-1]
    assert "question 2 " in second.texts[-1]
    assert [q.turn for q in beebot.questions] == [1, 2, 1]
    assert (beebot.questions[0].sender_id, beebot.questions[0].sender_nick) == ("U1", "Ann")
    assert beebot.questions[0].token == visitor.triple.token
    assert [q for q, _ in beebot.sessions[first.session_id]] == [
        "What is a lease?",
        "And who holds it?",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": "0" * 32},
        {"channel": "cc9e88c0-4f41-4f1d-a1a9-91a72d2aa27d"},
        {"sign": "0" * 32},
        {"timestamp": str(int((time.time() - 1000) * 1000))},
        {"timestamp": str(int(time.time()))},
        {"timestamp": "now"},
        {"timestamp": ""},
    ],
)
async def test_a_wrong_url_part_gets_a_web_page(wrong: dict[str, str]) -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        reply = await visitor.post(question("hello"), visitor.url(**wrong))
    assert (reply.status, reply.content_type) == (200, "text/html")
    assert reply.raw.startswith(b"<")
    assert not beebot.questions


async def test_credentials_end_with_their_life() -> None:
    shift = [0.0]
    beebot = BeebotEmulator(token_life_s=60, frame_delay_s=0, clock=lambda: time.time() + shift[0])
    async with visiting(beebot) as visitor:
        assert (await visitor.ask("hello")).values
        shift[0] = 61.0
        assert (await visitor.ask("hello")).content_type == "text/html"


@pytest.mark.parametrize(
    ("how", "status", "content_type"),
    [
        ("html", 200, "text/html"),
        ("401", 401, "text/html"),
        ("403", 403, "text/html"),
        ("success_false", 200, "text/event-stream"),
    ],
)
async def test_revoked_credentials_are_refused_in_the_way_asked_for(
    how: Any, status: int, content_type: str
) -> None:
    async with visiting(beebot := BeebotEmulator(frame_delay_s=0)) as visitor:
        beebot.revoke_tokens(how)
        reply = await visitor.ask("hello")
        assert (reply.status, reply.content_type) == (status, content_type)
        visitor.triple = await apply(vendor(beebot))
        assert (await visitor.ask("hello")).values[-1]["StreamEnd"]


@pytest.mark.parametrize(
    "change",
    [
        {"action": "Chat"},
        {"version": "2017-10-11"},
        {"messageId": ""},
        {"data": []},
        {"data": [{"type": "JSON_TEXT", "value": {"InstanceId": ROBOT, "Utterance": "hi"}}]},
        {"data": [{"type": "TEXT", "value": "{}"}]},
        {"data": [{"type": "JSON_TEXT", "value": "{"}]},
        {"data": [{"type": "JSON_TEXT", "value": "{}", "SandBox": True}]},
        {"AgentKey": "x"},
    ],
)
async def test_an_envelope_that_is_wrong_is_refused(change: dict[str, object]) -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        reply = await visitor.post(question("hello") | change)
    [envelope] = reply.envelopes
    assert (envelope["success"], envelope["code"]) == (False, "InvalidParameter")
    assert not beebot.questions


@pytest.mark.parametrize(
    "change",
    [
        {"InstanceId": "chatbot-cn-Other"},
        {"Utterance": ""},
        {"Utterance": "  "},
        {"Utterance": "字" * 513},
        {"Utterance": 7},
        {"SessionId": "s" * 65},
        {"SessionId": None},
        {"VendorParam": {"a": 1}},
        {"VendorParam": "not JSON"},
        {"VendorParam": '{"labels":{}}'},
        {"VendorParam": '{"SYS_IMAGE_ATTACHMENTS":"http://127.0.0.1/a.png"}'},
        {"VendorParam": '{"SYS_IMAGE_ATTACHMENTS":[]}'},
        {"VendorParam": '["a"]'},
        {"VendorParam": '{"docLabels": ["a", "b"]}'},
        {"Perspective": "one"},
        {"Perspective": ["p"] * 21},
        {"SandBox": "true"},
        {"Command": "STOP"},
        {"Mood": "curious"},
    ],
)
async def test_a_question_that_is_wrong_is_refused(change: dict[str, object]) -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        reply = await visitor.post(question(**{"utterance": "hello", **change}))  # type: ignore[arg-type]
    [envelope] = reply.envelopes
    assert (envelope["success"], envelope["code"]) == (False, "InvalidParameter")
    assert next(iter(change)) in envelope["message"]
    assert not beebot.questions


async def test_what_is_not_published_answers_in_the_sandbox_alone() -> None:
    async with visiting(beebot := BeebotEmulator(frame_delay_s=0)) as visitor:
        beebot.robot.is_published = False
        [envelope] = (await visitor.ask("hello", SandBox=False)).envelopes
        assert "not published" in envelope["message"]
        assert (await visitor.ask("hello", SandBox=True)).texts


async def test_every_field_that_is_documented_is_accepted() -> None:
    async with visiting(beebot := BeebotEmulator(frame_delay_s=0)) as visitor:
        reply = await visitor.ask(
            "字" * 512,
            SessionId="s" * 64,
            SenderId="U1",
            SenderNick="Ann",
            VendorParam='{"docLabels":"a,b","name":["x"]}',
            Perspective=["p"],
            SandBox=True,
            Command="TIMEOUT",
        )
    assert reply.session_id == "s" * 64
    assert beebot.questions[0].value["SandBox"] is True


async def test_the_pictures_of_a_question_are_fetched_before_its_answer() -> None:
    async with visiting(beebot := BeebotEmulator(frame_delay_s=0)) as visitor:
        urls = [f"{beebot.endpoint}/a.png", "http://127.0.0.1:1/b.png"]
        await visitor.ask("look", VendorParam=json.dumps({"SYS_IMAGE_ATTACHMENTS": urls}))
    assert [(image.url, image.status) for image in beebot.images] == [(urls[0], 404), (urls[1], 0)]


async def test_a_repeated_message_gets_the_same_answer_and_is_no_second_turn() -> None:
    async with visiting(beebot := BeebotEmulator(frame_delay_s=0)) as visitor:
        first = await visitor.ask("hello", "same")
        second = await visitor.ask("hello", "same")
    assert second.raw == first.raw
    assert len(beebot.questions) == len(beebot.repeats) == 1
    assert len(beebot.sessions[first.session_id]) == 1


async def test_a_repeated_message_can_get_nothing() -> None:
    async with visiting(BeebotEmulator(frame_delay_s=0, replays_repeats=False)) as visitor:
        await visitor.ask("hello", "same")
        second = await visitor.ask("hello", "same")
    assert (second.status, second.raw) == (200, b"")


async def test_more_answers_at_once_than_were_bought_are_throttled() -> None:
    async with visiting(beebot := BeebotEmulator(concurrency=1)) as visitor:
        beebot.default(Script(["b"]))
        beebot.script("one", Script(["a", "never"], delay_s=60))
        async with visitor.open("one"):
            [refusal] = (await visitor.ask("two")).envelopes
            assert refusal["code"].startswith("Throttling")
            beebot.running[0].cancel("")
        assert (await visitor.ask("two")).texts == ["b"]


async def test_questions_that_overlap_in_a_session_are_noted() -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        beebot.default(Script(["b"]))
        beebot.script("one", Script(["a", "never"], delay_s=60))
        async with visitor.open("one"):
            await visitor.ask("two", SessionId=beebot.questions[0].session_id)
    assert [q.utterance for q in beebot.overlaps] == ["two"]


async def test_scripts_answer_by_words_by_predicate_and_in_turn() -> None:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        beebot.default(lambda q: Script([f"echo {q.utterance}"]))
        beebot.script(lambda q: "why" in q.utterance, Script(["because"]))
        beebot.script("why not?", Script(["first"]), Script(["then"]))
        asked = ["why not?", "why not?", "why not?", "so why?", "hello"]
        answers = [(await visitor.ask(words)).texts[-1] for words in asked]
    assert answers == ["first", "then", "then", "because", "echo hello"]


async def test_waiting_in_vain_ends_with_a_timeout() -> None:
    async with BeebotEmulator() as beebot:
        with pytest.raises(TimeoutError):
            await beebot.until(lambda: beebot.questions, timeout_s=0.01)


async def test_a_token_is_good_for_the_robots_of_its_space_alone() -> None:
    async with visiting(beebot := BeebotEmulator(frame_delay_s=0)) as visitor:
        beebot.add_robot("chatbot-cn-Hr", "space")
        beebot.add_robot("chatbot-cn-Near")
        [envelope] = (await visitor.ask("hello", InstanceId="chatbot-cn-Hr")).envelopes
        assert envelope["message"] == "InstanceId does not exist"
        assert (await visitor.ask("hello", InstanceId="chatbot-cn-Near")).texts
        visitor.triple = await apply(vendor(beebot), "space")
        assert (await visitor.ask("hello", InstanceId="chatbot-cn-Hr")).texts
    assert [one.agent_key for one in beebot.applications] == ["", "space"]


async def test_a_session_is_its_robots_own() -> None:
    async with visiting(beebot := BeebotEmulator(frame_delay_s=0)) as visitor:
        beebot.add_robot("chatbot-cn-Other")
        first = await visitor.ask("hello")
        again = await visitor.ask(
            "hello", InstanceId="chatbot-cn-Other", SessionId=first.session_id
        )
    assert again.envelopes[0]["message"] == "SessionId is another robot's"
