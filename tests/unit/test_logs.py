"""What stands in the log: a line for each event, and never a secret."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from aiohttp.http_exceptions import BadStatusLine

from bridge.core.commands import CommandResult, DropReason
from bridge.core.events import (
    CommandHandled,
    Event,
    PayloadDropped,
    ServiceLost,
    SlackCalled,
    TurnError,
)
from bridge.core.model import reference
from bridge.telemetry.logs import LogObserver, configure_logging
from tests.unit.events_seen import EACH, THREAD, TURN

STREAM = (
    "https://alime-ws.aliyuncs.com/sse/paas4Json/0123456789abcdef0123456789abcdef/"
    "6bd684db-9a3b-5d6e-8f00-0123456789ab/a92d5b11616b3b6015e4ffe537a58301/1700000000000"
)
SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"
LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"]


class Lines(io.StringIO):
    """Where the log goes; `is_terminal` is what it says of itself."""

    is_terminal = False

    def isatty(self) -> bool:
        return self.is_terminal

    def read_all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The loggers are put back afterwards: they belong to the whole process."""
    root, ours = logging.getLogger(), logging.getLogger("bridge")
    kept = (list(root.handlers), root.level, ours.level)
    yield Lines()
    root.handlers = kept[0]
    root.setLevel(kept[1])
    ours.setLevel(kept[2])
    logging.getLogger("aiohttp.access").disabled = False
    logging.getLogger("aiohttp.server").filters.clear()
    structlog.reset_defaults()


def logged(lines: Lines, event: Event, level: str = "DEBUG") -> dict[str, Any] | None:
    configure_logging(level, stream=lines)
    LogObserver()(event)
    return lines.read_all()[0] if lines.getvalue() else None


@pytest.mark.parametrize("event", EACH, ids=lambda event: type(event).__name__)
def test_every_event_has_a_line_with_a_time_a_level_and_its_name(
    lines: Lines, event: Event
) -> None:
    line = logged(lines, event)
    assert line is not None
    assert line["logger"] == "bridge"
    assert line["timestamp"].endswith("Z")
    assert "." in line["event"]
    assert line["level"] in {"debug", "info", "warning", "error"}


def test_no_two_kinds_of_event_share_a_name(lines: Lines) -> None:
    configure_logging("DEBUG", stream=lines)
    for event in EACH:
        LogObserver()(event)
    names = {line["event"] for line in lines.read_all()}
    assert len(names) == len(EACH)


def test_a_turn_appears_by_the_reference_that_its_user_was_told(lines: Lines) -> None:
    line = logged(lines, CommandHandled(TURN, THREAD, CommandResult.ACCEPTED))
    assert line is not None
    assert line["turn"] == reference(TURN)
    assert line["thread"] == THREAD.encode()


def test_what_the_operator_must_mend_is_an_error_with_all_its_details(lines: Lines) -> None:
    details: dict[str, object] = {"request_id": "R1"}
    trouble = TurnError(TURN, "CredentialsRejected", "denied", needs_operator=True, details=details)
    line = logged(lines, trouble)
    assert line is not None
    assert (line["level"], line["details"]) == ("error", details)


@pytest.mark.parametrize(
    "event",
    [
        SlackCalled("chat.update", "ok", 0.1),
        PayloadDropped("message", DropReason.OWN),
        CommandHandled(TURN, THREAD, CommandResult.DUPLICATE),
    ],
)
def test_what_happens_all_the_time_is_told_on_request_only(lines: Lines, event: Event) -> None:
    assert logged(lines, event, "INFO") is None


def test_a_call_that_slack_refused_is_told_with_the_reference_of_its_turn(lines: Lines) -> None:
    refused = SlackCalled("chat.update", "ratelimited", 0.1, turn=TURN, gap_s=1.0)
    line = logged(lines, refused, "INFO")
    assert line is not None
    assert (line["result"], line["turn"], line["gap_s"]) == ("ratelimited", TURN[:8], 1.0)


def test_a_call_for_no_answer_names_no_turn(lines: Lines) -> None:
    line = logged(lines, SlackCalled("users.info", "ok", 0.1))
    assert line is not None
    assert {"turn", "gap_s"}.isdisjoint(line)


@pytest.mark.parametrize("event", EACH, ids=lambda event: type(event).__name__)
def test_people_get_the_same_lines_in_colour(lines: Lines, event: Event) -> None:
    lines.is_terminal = True
    configure_logging("DEBUG", "console", stream=lines)
    LogObserver()(event)
    assert "\x1b[" in lines.getvalue()
    assert lines.getvalue().count("\n") == 1


SECRETS = [
    "xoxb-123456789012-abcdefGHIJKL",
    "xoxe.xoxp-1-Mi0yLTEyMzQ1",
    "xapp-1-A012-345-abcdef",
    "LTAI5tAbCdEfGhIjKlMnOpQr",
    "STS.NUyTv7abcdefgh",
    "https://hooks.slack.com/actions/T1/2/abcdef",
    "wss://wss-primary.slack.com/link/?ticket=abc-def-123&app_id=x",
    STREAM,
    STREAM.split("paas4Json/")[1],
    "redis://default:hunter2hunter2@redis.example.com:6379",
    "Authorization: Basic dXNlcjpwYXNz",
    "Authorization: ACS3-HMAC-SHA256 Credential=abc,SignedHeaders=x,Signature=0123456789ab",
    "bearer s3cr3t-s3cr3t",
    '{"AccessToken": "abcdefgh12345678", "StreamSecret": "abcdefgh12345678"}',
    "{'ChannelId': 'abcdefgh12345678'}",
    "AccessKeySecret=abcdefgh12345678",
    "X-Slack-Signature: v0=0123456789abcdef",
    "sign=a92d5b11616b3b6015e4ffe537a58301",
    "password=short",
    "POST /images/F0CAT.1795976636.Pbrjep_Yaz9-UX5l2",
]
REVEALING = [
    "abcdef", "Mi0yLTEyMzQ1", "345-", "5tAbCd", "NUyTv7", "def-123", "a92d5b11", "0123456789ab",
    "hunter2", "dXNlcjpwYXNz", "s3cr3t", "12345678", "short", "Pbrjep", "UX5l2",
]  # fmt: skip


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("logger", ["bridge.any", "slack_sdk", "aiohttp.client", "asyncio"])
@pytest.mark.parametrize("format_", ["json", "console"])
def test_nothing_that_looks_like_a_secret_gets_into_a_line(
    lines: Lines, level: str, logger: str, format_: Any
) -> None:
    configure_logging(level, format_, stream=lines)
    for secret in SECRETS:
        logging.getLogger(logger).error("failed: %s", secret)
        logging.getLogger(logger).error("failed\n%s", json.dumps({"said": secret}))
        structlog.stdlib.get_logger(logger).error("failed", said=secret, nested={"said": [secret]})
    told = lines.getvalue()
    assert told.count("failed") == 3 * len(SECRETS)
    assert [part for part in REVEALING if part in told] == []


@pytest.mark.parametrize("format_", ["json", "console"])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_traceback_hides_secrets_too(lines: Lines, secret: str, format_: Any) -> None:
    configure_logging("INFO", format_, stream=lines)
    error = ValueError(secret)
    logging.getLogger("asyncio").error("task failed", exc_info=error)
    structlog.stdlib.get_logger("bridge").error("task.failed", exc_info=error)
    assert lines.getvalue().count("ValueError: ") == 2
    assert [part for part in REVEALING if part in lines.getvalue()] == []


@pytest.mark.parametrize("secret", [SIGNING, 'quo"ted-and\\slashed', "密码密码密码密码"])
def test_the_known_secrets_are_masked_whatever_they_look_like(lines: Lines, secret: str) -> None:
    configure_logging("INFO", stream=lines, secrets=[secret, "", SIGNING[:8]])
    logging.getLogger("bridge").info("it is %s, in %r", secret, {"x": secret})
    (line,) = lines.read_all()
    assert line["event"].startswith("it is ***, in ")
    assert secret not in line["event"]


def test_a_masked_line_is_still_json_and_ordinary_words_stay(lines: Lines) -> None:
    configure_logging("INFO", stream=lines)
    for secret in SECRETS:
        logging.getLogger("bridge").info("why=refused design: good %s", {"said": secret})
    for line in lines.read_all():
        assert line["event"].startswith("why=refused design: good {'said': ")


def test_a_long_line_is_masked_without_delay(lines: Lines) -> None:
    configure_logging("INFO", stream=lines)
    for text in ("http://" * 20_000, "://a:" * 30_000, "ab12-" * 40_000, "token\\\\" * 20_000):
        logging.getLogger("bridge").info(text)
    assert len(lines.read_all()) == 4


@pytest.mark.parametrize("name", ["markdown_it.rules_block.code", "slack_sdk", "redis"])
def test_libraries_do_not_chatter_even_when_we_debug(lines: Lines, name: str) -> None:
    configure_logging("DEBUG", stream=lines)
    logging.getLogger(name).debug("entering code: how are you?")
    logging.getLogger(name).info("how are you?")
    logging.getLogger("bridge.any").debug("hello")
    logging.getLogger(name).warning("look out")
    assert [line["event"] for line in lines.read_all()] == ["hello", "look out"]


def test_bytes_that_are_no_http_are_not_quoted(lines: Lines) -> None:
    configure_logging("DEBUG", stream=lines)
    server = logging.getLogger("aiohttp.server")
    server.error("Error handling request", exc_info=BadStatusLine("GET /how are you?"))
    server.error("Error handling request", exc_info=ValueError("a bug of ours"))
    (line,) = lines.read_all()
    assert "a bug of ours" in line["exception"]


def test_who_asked_for_a_page_is_not_logged(lines: Lines) -> None:
    configure_logging("DEBUG", stream=lines)
    logging.getLogger("aiohttp.access").error("GET /metrics")
    assert lines.getvalue() == ""


def test_before_logging_is_set_up_a_warning_is_told_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    structlog.reset_defaults()
    LogObserver()(ServiceLost("redis", "away"))
    assert "service.lost" in capsys.readouterr().out
