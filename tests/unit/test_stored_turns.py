"""Two releases read one store during a deploy."""

import json

from bridge.core.model import (
    Answer,
    Ask,
    Robot,
    RobotId,
    SessionId,
    Source,
    ThreadKey,
    TurnId,
    TurnRecord,
)
from bridge.store.codec import decode_ask, decode_record, encode_ask, encode_record

ASK = Ask(
    TurnId("t"),
    ThreadKey("T1", "C1", "1.0"),
    "U1",
    "1.0",
    "why <@U2>?",
    is_dm=True,
    files=1,
    attached="| a |\n| --- |\n| 1 |",
    is_cut=True,
    has_unknown=True,
)
RECORD = TurnRecord(
    asks=1,
    asked_at=2.5,
    robot=Robot(RobotId("chatbot-cn-a"), "space", ("hr",)),
    session=SessionId("s"),
    has_frames=True,
    answer_id="a",
    pages=("1.1",),
    partial="beca",
    utterance="why @ann?",
    answer=Answer("because", sources=(Source(1, "Book"),), options=("a",), notices=("n",)),
)


def test_a_command_and_a_record_survive_their_encoding() -> None:
    assert decode_ask(encode_ask(ASK), ASK.text) == ASK
    assert decode_record(encode_record(RECORD)) == RECORD
    assert decode_record("") == TurnRecord()


def test_what_a_newer_release_added_is_passed_over() -> None:
    command = json.loads(encode_ask(ASK)) | {"mood": "curious"}
    command["thread"] |= {"planet": "earth"}
    assert decode_ask(json.dumps(command), ASK.text) == ASK
    record = json.loads(encode_record(RECORD)) | {"stars": 5}
    record["answer"] |= {"colour": "blue"}
    assert decode_record(json.dumps(record)) == RECORD


def test_what_nobody_understands_ends_nobody() -> None:
    for command in (None, "", "{", "[]", '{"turn": "t"}'):
        assert decode_ask(command, "why?") is None
    for record in (None, "", "{", "[]", '{"answer": {"text": "of another release"}}'):
        assert decode_record(record) == TurnRecord()


def test_what_an_older_release_did_not_know_gets_its_default() -> None:
    """The fields of the first release; a field that is added later must have a default."""
    command = {
        "turn": "t",
        "thread": {"team": "T1", "channel": "C1", "root": "1.0"},
        "user": "U1",
        "ts": "1.0",
        "text": "",
    }
    assert decode_ask(json.dumps(command), "why?") == Ask(
        TurnId("t"), ThreadKey("T1", "C1", "1.0"), "U1", "1.0", "why?"
    )
    assert decode_record('{"asks": 2}') == TurnRecord(asks=2)
    assert decode_record('{"answer": {"markdown": "x"}}').answer == Answer("x")
