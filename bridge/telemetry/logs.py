"""Log lines: one shape for all loggers, one line for each event of the core, and for those that
strangers cause only a few.
"""

import logging
import math
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, fields, replace
from typing import Any, Literal, TextIO

import structlog
from aiohttp.http import HttpProcessingError
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from bridge.core.events import ContextUnread, Event, Observer, PathUnknown, PayloadDropped
from bridge.core.model import ThreadKey, reference
from bridge.telemetry.masking import masking

REFUSAL_S = 60.0  # between two lines of refused requests, for each reason
PATH_S = 3600.0  # between two lines of one path
MOST_PATHS = 20  # in that time; behind them nobody looks for one more


def configure_logging(
    level: str = "INFO",
    format: Literal["json", "console"] = "json",  # noqa: A002 - the setting's own word
    *,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send every logger of the process, ours and the libraries', to `stream` (standard output).

    Libraries never speak below WARNING, whatever `level` is: there they quote tokens, payloads and
    the words of users, and markdown-it tells of every rule it tries. `secrets` are masked by value.
    """
    out = stream or sys.stdout
    handler = logging.StreamHandler(out)
    handler.setFormatter(_formatter(secrets, is_json=format == "json", is_terminal=out.isatty()))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    logging.getLogger("bridge").setLevel(level)
    logging.getLogger("aiohttp.access").disabled = True  # its lines are URLs, and nothing else
    logging.getLogger("aiohttp.server").addFilter(_is_not_a_strangers_fault)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _is_not_a_strangers_fault(record: logging.LogRecord) -> bool:
    """Bytes that are no HTTP are answered with 400; aiohttp would quote them, with a traceback."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def _formatter(secrets: Iterable[str], *, is_json: bool, is_terminal: bool) -> logging.Formatter:
    """The mask comes last, over the finished line: nothing gets around it, not even a traceback.

    Tracebacks are plain: the pretty ones print local variables.
    """
    mask = masking(secrets)

    def mask_line(_logger: WrappedLogger, _method: str, line: Any) -> str:
        return mask(line)

    render: list[Processor] = (
        [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
        if is_json
        else [
            structlog.dev.ConsoleRenderer(
                colors=is_terminal, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    return ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[ProcessorFormatter.remove_processors_meta, *render, mask_line],
    )


class LogObserver:
    """One line per event; a turn appears by the reference that its user was told."""

    def __init__(self) -> None:
        self._log = structlog.stdlib.get_logger("bridge")
        self._is_told = logging.getLogger("bridge").isEnabledFor  # also before it is configured

    def __call__(self, event: Event) -> None:
        if self._is_told(event.log_level):  # most are for nobody
            self._log.log(event.log_level, event.event_name, **_details(event))


def _details(event: Event) -> EventDict:
    told = {field.name: getattr(event, field.name) for field in fields(event)}
    if timeline := told.pop("timeline", None):
        told |= asdict(timeline)
    return {
        name: _printable(name, value) for name, value in told.items() if value not in ([], None, "")
    }


def _printable(name: str, value: Any) -> Any:
    if isinstance(value, ThreadKey):
        return value.encode()
    if name == "turn":
        return reference(value)
    return round(value, 3) if isinstance(value, float) else value


def observers(*each: Observer) -> Observer:
    """Tells every event to `each` in order; one that raises is logged and the rest still hear."""

    def observe(event: Event) -> None:
        for observer in each:
            try:
                observer(event)
            except Exception:
                logging.getLogger(__name__).exception("observer.failed")

    return observe


def throttled(observe: Observer, clock: Callable[[], float] = time.monotonic) -> Observer:
    """Hands every event on, but of what strangers cause only a few.

    A refused request is told once a minute for each reason, with the `count` of those since; an
    unknown path once an hour, and at most twenty of them. That a thread could not be read is told
    once an hour for each reason, too: it is the same for every question.
    """
    refusals = _Throttle(REFUSAL_S, most=MOST_PATHS, clock=clock)
    unknown_paths = _Throttle(PATH_S, most=MOST_PATHS, clock=clock)
    unread_threads = _Throttle(PATH_S, most=MOST_PATHS, clock=clock)

    def observe_some(event: Event) -> None:
        match event:
            case PayloadDropped(kind="request", why=why):
                if count := refusals.admit(why):
                    observe(replace(event, count=count))
            case ContextUnread(reason=reason):
                if unread_threads.admit(reason):
                    observe(event)
            case PathUnknown(path=path):
                if unknown_paths.admit(path):
                    observe(event)
            case _:
                observe(event)

    return observe_some


class _Throttle:
    """Lets each name through once in `every_s`, and at most so many names."""

    def __init__(self, every_s: float, *, most: int, clock: Callable[[], float]) -> None:
        self._every_s = every_s
        self._most = most
        self._clock = clock
        self._seen: dict[str, tuple[float, int]] = {}  # when last told, how many held back since

    def admit(self, name: str) -> int:
        """How many since the last one that was told, this one included; 0: hold it back."""
        now = self._clock()
        told_at, held_back = self._seen.pop(name, (-math.inf, 0))
        if now - told_at < self._every_s:
            self._seen[name] = (told_at, held_back + 1)
            return 0
        self._seen = {one: state for one, state in self._seen.items() if self._is_recent(state)}
        if len(self._seen) >= self._most:
            return 0
        self._seen[name] = (now, 0)
        return held_back + 1

    def _is_recent(self, state: tuple[float, int]) -> bool:
        return self._clock() - state[0] < self._every_s
