"""What Beebot sends, whole or odd, becomes a frame, an error, or nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.beebot import wire
from bridge.beebot.faults import from_envelope, from_status
from bridge.beebot.sse import SseDecoder
from bridge.beebot.stream import LatestFrame
from bridge.core.errors import BridgeError, RateLimited, Refused, TokenRefused, Unavailable
from bridge.core.model import Frame, Handover, Source

RECORDING = Path(__file__).parents[1] / "recordings" / "beebot_stream.sse"
RECORDED = SseDecoder().feed(RECORDING.read_bytes())
SESSION = "dfa8ed43a2584d6c867a1c9b5baee490"
ANSWER = "aad1d419-45cb-4f8d-9f24-a0c12ca62749"


def dump(value: object, *, spaced: bool = False) -> str:
    return json.dumps(value, ensure_ascii=False, separators=None if spaced else (",", ":"))


def envelope(*values: object, **extra: object) -> bytes:
    """A payload; values that are no text are encoded as the wire does."""
    texts = [value if isinstance(value, str) else dump(value) for value in values]
    data = [{"type": "JSON_TEXT", "value": text} for text in texts]
    return dump({"data": data, "requestId": "r1", "success": True, **extra}).encode()


def direct(*sentences: object, kind: str = "RICH_TEXT", **extra: object) -> dict[str, Any]:
    body = {"ContentType": kind, "SentenceList": list(sentences), **extra}
    return {"Type": "Direct", "DirectMessageBody": body}


def inner(body: object = None, *, end: bool = False, **extra: object) -> dict[str, Any]:
    value = {"SessionId": SESSION, "MessageId": ANSWER, "StreamEnd": end, **extra}
    return value if body is None else {**value, "MessageBody": body}


def frame_of(body: object, **extra: Any) -> Frame:
    frame = wire.decode(envelope(inner(body, **extra)))
    assert frame is not None
    return frame


def text_of(*sentences: object, kind: str = "RICH_TEXT", **extra: object) -> str | None:
    return frame_of(direct(*sentences, kind=kind, **extra)).markdown


class TestTheRecording:
    FRAMES = tuple(frame for frame in map(wire.decode, RECORDED) if frame)

    def test_every_frame_names_the_session_and_the_answer(self) -> None:
        assert len(self.FRAMES) == 12
        assert {(f.session, f.answer_id) for f in self.FRAMES} == {(SESSION, ANSWER)}

    def test_the_first_frame_has_no_body_and_the_next_four_are_empty(self) -> None:
        assert [f.markdown for f in self.FRAMES[:5]] == [None, "", "", "", ""]

    def test_the_text_grows_to_its_end(self) -> None:
        lengths = [len(f.markdown or "") for f in self.FRAMES[5:]]

        assert lengths == [9, 22, 32, 45, 51, 51, 51]

    def test_only_the_last_frame_is_the_end(self) -> None:
        assert [f.is_end for f in self.FRAMES] == [False] * 11 + [True]
        assert [wire.may_be_last(p) for p in RECORDED] == [False] * 11 + [True]


class TestText:
    def test_sentences_are_paragraphs(self) -> None:
        assert text_of({"Content": "one"}, {"Content": "two"}) == "one\n\ntwo"

    def test_a_sentence_may_be_a_plain_string(self) -> None:
        assert text_of("one", {"Content": "two"}, None, 7, {}) == "one\n\ntwo"

    def test_plain_text_is_literal(self) -> None:
        assert text_of({"Content": "2 * 3 * 4 <b>"}, kind="PLAIN_TEXT") == "2 \\* 3 \\* 4 \\<b>"

    @pytest.mark.parametrize("said", ["<p>Hello <b>you</b></p>", "Hello **you**"])
    def test_rich_text_stays_as_it_was_written(self, said: str) -> None:
        assert text_of({"Content": said}) == said

    def test_thoughts_are_not_shown(self) -> None:
        assert text_of({"Content": "<think>hm,\nwell</think>\nHello"}) == "Hello"
        assert text_of({"Content": "<think>hm, still"}) == ""
        assert text_of({"Content": "well …\n</think>\n\nHello"}) == "Hello"
        assert text_of({"Content": "<Think>a</Think>b<think>c</think>"}) == "b"

    def test_thoughts_that_are_quoted_are_words(self) -> None:
        said = "Close it with `</think>`:\n```\n<think>a</think>\n```\nDone"

        assert text_of({"Content": said}) == said

    def test_half_a_character_is_replaced(self) -> None:
        value = dump(inner(direct({"Content": "hello X"}))).replace("X", "\\ud83d")

        frame = wire.decode(envelope(value))

        assert frame is not None
        assert frame.markdown == "hello \ufffd"

    def test_raw_control_characters_do_not_cost_the_answer(self) -> None:
        frame = wire.decode(
            envelope(dump(inner(direct({"Content": "a\\tb"}))).replace("\\\\t", "\t"))
        )

        assert frame is not None
        assert frame.markdown is not None


class TestSources:
    REFERENCES = {  # noqa: RUF012 - read only
        "ItemList": [
            {"Number": 1, "Title": "Guide", "Content": "<p>quoted &amp; <b>read</b></p>"},
            {"Number": "3", "ReferenceExt": {"DocName": "Manual.docx"}},
            {"Title": "Unnumbered", "ReferenceExt": "odd"},
            "odd",
        ]
    }

    def test_they_keep_their_numbers_and_find_a_title(self) -> None:
        frame = frame_of(direct({"Content": "x"}, AnswerReference=self.REFERENCES))

        assert frame.sources == (
            Source(1, "Guide", "<p>quoted &amp; <b>read</b></p>"),
            Source(3, "Manual.docx"),
            Source(3, "Unnumbered"),
        )

    def test_a_paragraph_is_marked_with_its_source(self) -> None:
        assert text_of({"Content": "one", "ReferNumber": 1}, {"Content": "two"}) == "one [1]\n\ntwo"

    def test_a_marker_that_is_there_is_not_doubled(self) -> None:
        assert text_of({"Content": "one", "ReferNumber": 2}) == "one [2]"
        assert text_of({"Content": "one [2]", "ReferNumber": 2}) == "one [2]"

    def test_a_marker_does_not_break_a_fence(self) -> None:
        text = text_of({"Content": "```\ncode\n```", "ReferNumber": 1})

        assert text == "```\ncode\n```\n\n[1]"

    def test_a_marker_stands_within_the_tags_of_the_last_words(self) -> None:
        text = text_of({"Content": "<p>a</p><p><b>one</b></p>\n", "ReferNumber": 1})
        table = text_of({"Content": "<table><tr><td>a</td></tr></table>", "ReferNumber": 1})

        assert text == "<p>a</p><p><b>one [1]</b></p>"
        assert table == "<table><tr><td>a</td></tr></table>\n\n[1]"

    def test_plain_text_has_no_tags(self) -> None:
        assert text_of({"Content": "a</p>", "ReferNumber": 1}, kind="PLAIN_TEXT") == "a\\</p> [1]"

    def test_an_empty_paragraph_has_no_marker(self) -> None:
        assert text_of({"Content": "", "ReferNumber": 1}) == ""


class TestOtherBodies:
    def test_a_clarification_has_its_text_and_options(self) -> None:
        clarify = {
            "ClarifyContent": "Which one?",
            "Title": "Which?",
            "ClarifyList": [{"Title": "red"}, "blue", {"Title": 7}, {"KnowledgeId": "k"}, None],
        }
        frame = frame_of({"Type": "Clarify", "ClarifyMessageBody": clarify})

        assert (frame.markdown, frame.options) == ("Which one?", ("red", "blue"))

    def test_a_clarification_without_content_shows_its_title(self) -> None:
        assert frame_of({"ClarifyMessageBody": {"Title": "Which?"}}).markdown == "Which?"

    def test_related_questions_are_strings_or_objects(self) -> None:
        related = ["one?", {"Title": "two?"}, {"Question": "three?"}, {}, 4]

        frame = frame_of(direct("x", RelatedQuestionList=related))

        assert frame.related == ("one?", "two?", "three?")

    def test_a_fallback_phrase_is_told_apart(self) -> None:
        assert frame_of(direct("x", HitSystemAskConfig="NO_ANSWER")).is_no_answer
        assert not frame_of(direct("x", HitSystemAskConfig="GPTQA_MODEL")).is_no_answer

    @pytest.mark.parametrize(
        ("command", "expected"),
        [
            ('{"skillGroup":"12","toAgentReason":"HitKeywords"}', Handover("12", "HitKeywords")),
            ('{"skillGroup":"","ext":"1"}', Handover()),
            ("no json", Handover()),
            (None, Handover()),
        ],
    )
    def test_a_handover_is_found_in_the_body_and_beside_it(
        self, command: object, expected: Handover
    ) -> None:
        commands = {"sysToAgent": command}

        assert frame_of({**direct("x"), "Commands": commands}).handover == expected
        assert frame_of(direct("x"), Commands=commands).handover == expected
        assert frame_of(direct("x"), Commands={}).handover is None

    def test_an_unknown_type_with_a_known_body_is_read(self) -> None:
        assert frame_of({**direct("hello"), "Type": "Hologram"}).markdown == "hello"

    def test_a_shape_that_nobody_knows_shows_the_text_in_it(self) -> None:
        card = {
            "Type": "Card",
            "CardBody": {"Items": [{"Title": "A"}, {"Content": "B"}], "Id": "7"},
        }

        assert frame_of(card).markdown == "A\n\nB"

    def test_a_shape_without_any_text_is_an_empty_answer(self) -> None:
        assert frame_of({"Type": "Hologram", "HologramMessageBody": {"Scene": "x"}}).markdown == ""

    def test_cited_knowledge_is_not_mistaken_for_the_answer(self) -> None:
        body = direct(kind="CARD_TEMPLATE", AnswerReference=TestSources.REFERENCES)

        assert frame_of(body).markdown == ""


class TestTolerance:
    @pytest.mark.parametrize(
        "payload",
        [
            b"",
            b"[DONE]",
            b"{not json",
            b"[1]",
            b'"text"',
            b"\xff\xfe{}",
            b'{"success":true}',
            b'{"success":true,"data":null}',
            b'{"success":true,"data":[]}',
            b'{"success":true,"data":[{"type":"OTHER","value":"{}"}]}',
            b'{"success":true,"data":["JSON_TEXT",{"type":"JSON_TEXT"},null]}',
            b'{"success":true,"data":[{"type":"JSON_TEXT","value":"{not json"}]}',
            b'{"data":' * 100_000,
        ],
    )
    def test_what_cannot_be_read_is_no_frame(self, payload: bytes) -> None:
        assert wire.decode(payload) is None

    @pytest.mark.parametrize("odd", [None, 7, "text", [], {}, [None], True])
    def test_an_odd_field_costs_only_itself(self, odd: object) -> None:
        body = {
            **direct({"Content": "hello", "ReferNumber": odd if odd not in (7, True) else None}),
            "Commands": odd,
            "ClarifyMessageBody": None,
            "VoiceConfig": odd,
        }
        body["DirectMessageBody"] |= {"AnswerReference": odd, "RelatedQuestionList": odd}

        frame = frame_of(body, QuerySegList=odd, Source=odd, Commands=odd)

        assert (frame.markdown, frame.session, frame.sources) == ("hello", SESSION, ())

    def test_of_several_elements_the_last_body_counts(self) -> None:
        elements = [inner(direct("one")), inner(direct("two")), inner(end=True)]

        for order in (elements, [elements[2], *elements[:2]]):
            frame = wire.decode(envelope(*order))

            assert frame is not None
            assert (frame.markdown, frame.is_end) == ("two", True)

    def test_an_element_that_cannot_be_read_does_not_cost_the_others(self) -> None:
        frame = wire.decode(envelope("{no json", inner(direct("two"))))

        assert frame is not None
        assert frame.markdown == "two"


class TestRefusals:
    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ("AccessTokenInvalid", TokenRefused),
            ("InvalidAccessToken.Expired", TokenRefused),
            ("TokenExpired", TokenRefused),
            ("Unauthorized", TokenRefused),
            ("Forbidden", TokenRefused),
            ("SignatureDoesNotMatch", TokenRefused),
            ("InvalidTimeStamp.Expired", TokenRefused),
            ("401", TokenRefused),
            ("Throttling", RateLimited),
            ("Throttling.Concurrency", RateLimited),
            ("FlowControl", RateLimited),
            ("429", RateLimited),
            ("InternalError", Unavailable),
            ("SystemError", Unavailable),
            ("LLM.Timeout", Unavailable),
            ("ServiceUnavailable", Unavailable),
            ("503", Unavailable),
            ("InvalidParameter", Refused),
            ("MaxTokensReached", Refused),
            ("SensitiveWord", Refused),
            ("5001", Refused),
            ("", Refused),
        ],
    )
    def test_each_code_becomes_an_error_of_the_core(
        self, code: str, expected: type[BridgeError]
    ) -> None:
        payload = dump({"success": False, "code": code, "message": "no", "requestId": "r9"})

        with pytest.raises(BridgeError) as caught:
            wire.decode(payload.encode())

        assert type(caught.value) is expected
        assert caught.value.details == {"code": code, "message": "no", "request_id": "r9"}

    def test_a_code_without_success_is_a_refusal_too(self) -> None:
        with pytest.raises(Refused):
            wire.decode(b'{"code":"InvalidParameter"}')

    def test_no_address_gets_into_the_details(self) -> None:
        message = "call to https://stream.example/token/sign failed\n" + "x" * 1000

        failure = from_envelope("SomethingNew", message, request_id="r")

        said = str(failure.details["message"])
        assert said.startswith("call to [url] failed xxx")
        assert len(said) == 200

    @pytest.mark.parametrize(
        ("status", "expected"),
        [(401, TokenRefused), (403, TokenRefused), (404, TokenRefused), (302, TokenRefused),
         (429, RateLimited), (500, Unavailable), (503, Unavailable), (200, None), (400, None)],
    )  # fmt: skip
    def test_a_status_alone_says_this(
        self, status: int, expected: type[BridgeError] | None
    ) -> None:
        failure = from_status(status, None)

        assert failure is None if expected is None else type(failure) is expected

    @pytest.mark.parametrize(
        ("header", "after_s"), [("7", 7), (None, 1), ("0", 1), ("tomorrow", 1), ("9999", 120)]
    )
    def test_a_throttled_question_knows_how_long_to_wait(
        self, header: str | None, after_s: float
    ) -> None:
        failure = from_status(429, header)

        assert isinstance(failure, RateLimited)
        assert failure.after_s == after_s


class TestHints:
    @pytest.mark.parametrize("spaced", [False, True])
    def test_an_end_is_seen_without_decoding(self, spaced: bool) -> None:
        for end in (True, False):
            value = dump(inner(direct("x"), end=end), spaced=spaced)
            payload = dump(json.loads(envelope(value)), spaced=spaced).encode()

            assert wire.may_be_last(payload) is end

    def test_a_pretty_printed_end_is_seen(self) -> None:
        value = json.dumps(inner(direct("x"), end=True), indent=2).replace('d":', 'd"\n:\r\t')

        assert wire.may_be_last(envelope(value))

    def test_whatever_does_not_succeed_is_seen(self) -> None:
        assert wire.may_be_last(b'{"success":false}')
        assert wire.may_be_last(b'{"code":"X"}')
        assert wire.may_be_last(envelope(inner(), success=None))

    @given(st.text(max_size=20), st.sampled_from([True, False]))
    def test_no_text_of_the_robot_can_look_like_the_end(self, noise: str, end: bool) -> None:
        trap = f'{noise}"StreamEnd":true,\\"StreamEnd\\":true,"success":false, \\\\"success"'

        payload = envelope({"StreamEnd": end, **direct(trap), "Z": trap})

        assert wire.may_be_last(payload) is end

    def test_a_body_is_seen_without_decoding(self) -> None:
        assert wire.may_have_body(envelope(inner(direct("x"))))
        assert not wire.may_have_body(envelope(inner()))


class TestLatestFrame:
    def test_frames_that_are_overtaken_unread_are_never_decoded(self) -> None:
        latest = LatestFrame()
        for payload in RECORDED[:-1]:
            latest.put(payload)

        frame = latest.take()

        assert frame is not None
        assert len(frame.markdown or "") == 51
        assert (latest.received, latest.decoded) == (11, 1)
        assert latest.take() is None

    def test_the_end_is_decoded_as_it_comes(self) -> None:
        latest = LatestFrame()
        for payload in RECORDED:
            latest.put(payload)

        assert latest.has_ended
        assert latest.decoded == 1

    def test_an_end_without_a_body_keeps_the_text_that_nobody_looked_at(self) -> None:
        latest = LatestFrame()
        latest.put(envelope(inner(direct("one"))))
        latest.put(envelope(inner(direct("one two"), Commands={"sysToAgent": "{}"})))
        latest.put(envelope(inner()))
        latest.put(envelope(inner(end=True)))

        frame = latest.take()

        assert frame is not None
        assert (frame.markdown, frame.is_end, frame.handover) == ("one two", True, Handover())

    def test_an_end_without_a_body_keeps_the_text_that_was_read(self) -> None:
        latest = LatestFrame()
        latest.put(envelope(inner(direct("one"))))
        latest.take()
        latest.put(envelope(inner(end=True)))

        frame = latest.take()

        assert frame is not None
        assert (frame.markdown, frame.is_end) == ("one", True)

    def test_a_later_text_replaces_all_of_the_former(self) -> None:
        latest = LatestFrame()
        references = {"ItemList": [{"Number": 1, "Title": "Guide"}]}
        latest.put(envelope(inner(direct("a long text", AnswerReference=references))))
        latest.take()
        latest.put(envelope(inner(direct("short"))))

        frame = latest.take()

        assert frame is not None
        assert (frame.markdown, frame.sources) == ("short", ())

    def test_what_cannot_be_read_is_counted_and_costs_nothing(self) -> None:
        latest = LatestFrame()
        latest.put(envelope(inner(direct("one"))))
        for odd in (b"[DONE]", b'{"half', b'{"success":true,"data":[]}{', b"{not json}"):
            latest.put(odd)

        frame = latest.take()

        assert frame is not None
        assert frame.markdown == "one"
        assert (latest.received, latest.skipped) == (1, 4)

    def test_a_refusal_leaves_what_came_before_it(self) -> None:
        latest = LatestFrame()
        latest.put(envelope(inner(direct("one"))))

        with pytest.raises(Refused):
            latest.put(b'{"success":false,"code":"InvalidParameter"}')

        frame = latest.take()
        assert frame is not None
        assert frame.markdown == "one"
