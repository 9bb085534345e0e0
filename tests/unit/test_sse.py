"""The bytes of a stream give the same payloads, however they are cut."""

import hashlib
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.beebot.sse import BodyDecoder, SseDecoder
from bridge.core.errors import ProtocolError, TokenRefused

RECORDED = (Path(__file__).parents[1] / "recordings" / "beebot_stream.sse").read_bytes()
MIXED = (
    ": keep-alive\r\n\r\nevent: message\rdata: one\r\ndata:two\r\r\ndata:a\u2028b\u0085c\x0bd\n"
    "id: 7\nretry\n\n\n\ndata\n\ndata:  spaced \r\ndatum: no\r\n: data: no\n\r\ndata:再见 👋\n\n"
).encode()
MIXED_EVENTS = [
    b"one\ntwo",
    "a\u2028b\u0085c\x0bd".encode(),
    b"",
    b" spaced ",
    "再见 👋".encode(),
]


def decode(*chunks: bytes) -> list[bytes]:
    decoder = SseDecoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.close()


def cut(stream: bytes, at: list[int]) -> list[bytes]:
    borders = [0, *sorted(at), len(stream)]
    return [stream[a:b] for a, b in pairwise(borders)]


def test_the_recording_is_the_one_that_the_reference_describes() -> None:
    assert hashlib.sha256(RECORDED).hexdigest() == (
        "81538055af4af532c0404f5fa6a89aa2c95efcc45ff5fc8e73e027815ec3220c"
    )


def test_the_recording_holds_twelve_events_of_whole_json() -> None:
    events = decode(RECORDED)

    assert len(events) == 12
    assert all(json.loads(event)["success"] for event in events)


def test_the_recording_cut_at_each_of_its_bytes_gives_the_same_events() -> None:
    whole = decode(RECORDED)

    for position in range(len(RECORDED) + 1):
        assert decode(RECORDED[:position], RECORDED[position:]) == whole


def test_the_recording_byte_by_byte_gives_the_same_events() -> None:
    assert decode(*(bytes([byte]) for byte in RECORDED)) == decode(RECORDED)


@given(at=st.lists(st.integers(0, len(RECORDED)), max_size=40))
def test_any_cuts_of_the_recording_give_the_same_events(at: list[int]) -> None:
    assert decode(*cut(RECORDED, at)) == decode(RECORDED)


def test_comments_other_fields_and_all_line_ends_are_understood() -> None:
    assert decode(MIXED) == MIXED_EVENTS


@given(at=st.lists(st.integers(0, len(MIXED)), max_size=60))
def test_any_cuts_of_odd_lines_give_the_same_events(at: list[int]) -> None:
    assert decode(*cut(MIXED, at)) == MIXED_EVENTS


@given(st.lists(st.sampled_from([b"\r", b"\n", b"d", b"data", b":", b" ", b"x", b""])), st.data())
def test_any_bytes_mean_the_same_however_they_are_cut(
    parts: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(parts)
    at = data.draw(st.lists(st.integers(0, len(stream)), max_size=10))

    assert decode(*cut(stream, at)) == decode(stream)


def test_an_empty_chunk_does_not_part_a_carriage_return_from_its_line_feed() -> None:
    assert decode(b"data:1\r", b"", b"\ndata:2\n\n") == [b"1\n2"]


def test_an_event_is_told_as_soon_as_its_blank_line_is_there() -> None:
    decoder = SseDecoder()

    assert decoder.feed(b"data:one\n") == []
    assert decoder.feed(b"\n") == [b"one"]


def test_an_event_that_the_end_cut_off_is_told_at_the_end() -> None:
    decoder = SseDecoder()

    assert decoder.feed(b"data:one\n\ndata:tw") == [b"one"]
    assert decoder.close() == [b"tw"]
    assert decoder.close() == []


@pytest.mark.parametrize("chunk", [b"data:" + b"x" * 20, b"data:xxxxxxx\n", b":" + b"x" * 20])
def test_an_event_that_never_ends_is_refused(chunk: bytes) -> None:
    decoder = SseDecoder(max_event_bytes=60)
    decoder.feed(chunk)
    decoder.feed(chunk)

    with pytest.raises(ProtocolError):
        decoder.feed(chunk * 5)


def test_many_small_events_never_reach_the_limit_of_one() -> None:
    decoder = SseDecoder(max_event_bytes=60)

    assert sum(len(decoder.feed(b"data:0123456789\n\n: comment\n")) for _ in range(100)) == 100


def test_a_long_line_in_small_chunks_is_one_event() -> None:
    line = b"data:" + b"x" * 1_000_000
    chunks = [line[at : at + 1000] for at in range(0, len(line), 1000)]

    assert decode(*chunks, b"\n\n") == [line.removeprefix(b"data:")]


class TestBodies:
    def test_events_are_told_by_how_they_begin(self) -> None:
        for begin in (b"data:1\n\n", b": hello\n\ndata:1\n\n", b"\xef\xbb\xbf\r\ndata:1\n\n"):
            assert BodyDecoder().feed(begin) == [b"1"]

    def test_the_beginning_may_come_byte_by_byte(self) -> None:
        body = BodyDecoder()

        chunks = [body.feed(bytes([byte])) for byte in b"\xef\xbb\xbf\n \ndata:1\n\n"]

        assert [event for events in chunks for event in events] == [b"1"]

    def test_plain_json_is_one_payload_at_its_end(self) -> None:
        body = BodyDecoder()

        assert body.feed(b' {"success":') + body.feed(b"false}\n") == []
        assert body.close() == [b'{"success":false}\n']

    def test_a_web_page_means_that_the_token_is_refused(self) -> None:
        with pytest.raises(TokenRefused):
            BodyDecoder().feed(b"\r\n <!DOCTYPE html>")

    def test_nothing_at_all_is_no_payload(self) -> None:
        body = BodyDecoder()

        assert body.feed(b" ") == []
        assert body.close() == []
