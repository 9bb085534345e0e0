"""`bridge ask`: one answer of Beebot, growing in the terminal."""

import asyncio
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.text import Text

from bridge.beebot.faults import CONSOLE
from bridge.cli.answer_view import AnswerView, describe_rest, print_markdown, to_markdown
from bridge.core.errors import BridgeError
from bridge.core.model import Frame, Question, Robot, SessionId
from bridge.core.ports import AnswerStream, Bot
from bridge.core.turn import Draft
from bridge.markup.plain import escape_plain
from bridge.resources import open_beebot, open_store
from bridge.settings import Settings
from bridge.settings.loading import decode, load_settings
from bridge.telemetry.logs import configure_logging
from bridge.telemetry.masking import masking

LOOK_S = 0.1  # how often the terminal is redrawn
FAREWELL_S = 2.0  # to tell Beebot that nobody reads on
_PLACE = re.compile(r"([CDG][A-Z0-9]{2,}|dm)?")
ENDED, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130  # exit codes


@dataclass(slots=True)
class Progress:
    """Of one answer; the times are seconds since it was asked."""

    began: float = field(default_factory=time.monotonic)
    draft: Draft = field(default_factory=Draft)
    session: SessionId | None = None
    first_frame_s: float = 0.0
    first_text_s: float = 0.0

    @property
    def now_s(self) -> float:
        return time.monotonic() - self.began

    def take(self, frame: Frame) -> None:
        self.first_frame_s = self.first_frame_s or self.now_s
        self.draft.update(frame)
        self.session = frame.session or self.session
        if self.draft.markdown:
            self.first_text_s = self.first_text_s or self.now_s


def read_question(written: str) -> str:
    """`-` is what stands on the standard input, in any encoding that `.env` may have."""
    return decode(sys.stdin.buffer.read()).strip() if written == "-" else written.strip()


async def ask(text: str, session: str, channel: str, *, env_file: Path) -> int:
    """0: answered whole; 1: not, 2: not asked, and the error stream says why; 130: interrupted.
    `channel` is the one whose robot is asked, `dm`, or empty.
    """
    settings = load_settings(env_file=env_file, unused=("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"))
    configure_logging("ERROR", "console", secrets=settings.secrets(), stream=sys.stderr)
    tell = _teller(settings)
    for warning in settings.warnings:
        tell("yellow", warning, "Correct it, or leave it if it is meant.")
    if problem := _reason_not_to_ask(text, settings.beebot_max_utterance, channel):
        tell("red", *problem)
        return WRONG
    if settings.alibaba_cloud_access_key_id is None:
        tell(
            "dim", "ALIBABA_CLOUD_ACCESS_KEY_ID is unset: Alibaba's credential chain is asked.", ""
        )
    known, limit_s = SessionId(session) if session else None, settings.bridge_first_frame_s
    robot = settings.robots.at(channel, is_dm=channel.startswith("D"))
    question = Question(str(uuid4()), text, known, robot, "cli", first_frame_s=limit_s)
    # A token of our own: one from the shared store would prove nothing about the credentials.
    alone = settings.model_copy(update={"redis_url": None})
    async with (
        open_store(alone) as redis,
        open_beebot(alone, redis, lambda _event: None) as beebot,
    ):
        return await _ask(beebot.bot, question, tell)


Tell = Callable[[str, str, str], None]


def _teller(settings: Settings) -> Tell:
    """Tells a cause in a style and, under it, what to do, as `bridge doctor` does."""
    errors, mask = Console(stderr=True, highlight=False), masking(settings.secrets())

    def tell(style: str, cause: str, advice: str = "") -> None:
        errors.print(Text(mask(cause), style), soft_wrap=True)
        if advice:
            errors.print(Text(f"→ {mask(advice)}", style), soft_wrap=True)

    return tell


def _reason_not_to_ask(text: str, limit: int, channel: str) -> tuple[str, str] | None:
    """Cause and advice: what the bridge would decline in Slack, or of whose robot nobody knows."""
    if not _PLACE.fullmatch(channel):
        return "--channel is no id of a channel.", "Give one in capitals (C0123ABCD), or dm."
    if not text:
        return "There is no question.", "Write one in quotes, or - and put it on standard input."
    if len(text) > limit:
        cause = f"The question has {len(text)} characters, and {limit} are allowed."
        return cause, "Shorten it, or set BEEBOT_MAX_UTTERANCE to what this robot takes."
    return None


async def _ask(bot: Bot, question: Question, tell: Tell) -> int:
    progress, out = Progress(), Console()
    try:
        async with bot.ask(question) as stream:
            await _watch(stream, progress, out)
    except BridgeError as error:
        _show(progress, out)
        tell("red", f"{type(error).__name__}: {error.description}", error.advice or CONSOLE)
        return FAILED
    except asyncio.CancelledError:  # Ctrl-C
        _show(progress, out)
        await _cancel(bot, question.robot, progress)
        tell("yellow", f"Stopped after {progress.now_s:.1f} s.", "")
        return INTERRUPTED
    if progress.draft.is_empty:
        tell("red", "Beebot ended its answer without a word.", CONSOLE)
        return FAILED
    _show(progress, out)
    tell("dim", _describe_times(progress), "")
    return ENDED


async def _cancel(bot: Bot, robot: Robot, progress: Progress) -> None:
    """As the bridge does when somebody stops an answer."""
    answer = progress.draft.answer()
    if progress.session and answer.answer_id:
        with suppress(BridgeError, TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await bot.cancel(robot, progress.session, answer.answer_id, answer.markdown)


async def _watch(stream: AnswerStream, progress: Progress, out: Console) -> None:
    """Draw the answer as it grows; into a file or a pipe it goes when it is whole."""
    if not out.is_terminal:
        await _follow(stream, progress, lambda _text: None)
        return
    with AnswerView(out) as view:
        await _follow(stream, progress, view.draw)


async def _follow(stream: AnswerStream, progress: Progress, look: Callable[[str], None]) -> None:
    """Return at the end; `look` gets the text so far, also while nothing comes."""
    while True:
        frame = await _newest(stream)
        if frame:
            progress.take(frame)
        look(progress.draft.markdown)
        if frame and frame.is_end:
            return
        if frame:
            await stream.ends_within(LOOK_S)


async def _newest(stream: AnswerStream) -> Frame | None:
    """None where nothing has come for as long as the terminal may stand still."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LOOK_S):
            return await stream.newer()
    return None


def _show(progress: Progress, out: Console) -> None:
    """What a terminal does not show yet."""
    answer = progress.draft.answer()
    text = "" if out.is_terminal else to_markdown(answer.markdown)
    rest = describe_rest(answer, escape_plain if out.is_terminal else str)
    if whole := "\n\n".join(part for part in (text, rest) if part):
        print_markdown(out, whole)


def _describe_times(progress: Progress) -> str:
    text = f"first text {progress.first_text_s:.1f} s, " if progress.first_text_s else ""
    return (
        f"first frame {progress.first_frame_s:.1f} s, {text}whole {progress.now_s:.1f} s · "
        f"go on with --session {progress.session or ''}"
    )
