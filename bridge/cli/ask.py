"""`bridge ask`: one answer of Beebot, growing in the terminal."""

import os
import time
from collections.abc import Callable
from uuid import uuid4

from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.markup import escape

from bridge.core.errors import BridgeError
from bridge.core.model import Question, SessionId
from bridge.core.ports import AnswerStream
from bridge.core.turn import Draft
from bridge.markup.growing import Growing
from bridge.resources import open_beebot, open_store
from bridge.settings.loading import load_settings
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.pages import text_from
from bridge.telemetry.logs import configure_logging

UNUSED = {"SLACK_BOT_TOKEN": "xoxb-unused", "SLACK_SIGNING_SECRET": "unused"}  # Slack is not asked
LOOK_S = 0.1  # how often the terminal is redrawn


async def ask(text: str, session: str) -> int:
    """0: answered whole; 1: not, and the error stream says why."""
    settings = load_settings(UNUSED | os.environ)
    configure_logging("ERROR", "console", secrets=settings.secrets())
    out, err = Console(), Console(stderr=True)
    known, limit_s = SessionId(session) if session else None, settings.bridge_first_frame_s
    robot = settings.robots.default
    question = Question(str(uuid4()), text, known, robot, "cli", first_frame_s=limit_s)
    began = time.monotonic()
    async with (
        open_store(settings) as redis,
        open_beebot(settings, redis, lambda _event: None) as (bot, _tokens),
    ):
        try:
            async with bot.ask(question) as stream:
                session = await _watch(stream, out)
        except BridgeError as error:
            err.print(
                f"[red]{type(error).__name__}[/]: {escape(error.description)}", highlight=False
            )
            err.print(escape(f"→ {error.advice}") if error.advice else "", highlight=False)
            return 1
    err.print(f"[dim]{time.monotonic() - began:.1f} s · go on with --session {session}[/]")
    return 0


async def _watch(stream: AnswerStream, shown: Console) -> str:
    """Draw the answer as it grows; into a file or a pipe goes its text alone, once."""
    if shown.is_terminal:
        reader, writer = Growing(), MarkdownWriter()
        with Live(console=shown, auto_refresh=False, vertical_overflow="visible") as live:

            def draw(draft: Draft) -> None:
                blocks = reader.read(draft.markdown, is_open=True).blocks
                live.update(Markdown(text_from(writer.write(blocks))), refresh=True)

            _, session = await _follow(stream, draw)
        return session
    draft, session = await _follow(stream, lambda _draft: None)
    print(draft.markdown)
    return session


async def _follow(stream: AnswerStream, look: Callable[[Draft], None]) -> tuple[Draft, str]:
    """The whole answer and its session; `look` gets the draft whenever there is more."""
    draft, session = Draft(), ""
    while True:
        frame = await stream.newer()
        session = frame.session or session
        draft.update(frame)
        look(draft)
        if frame.is_end:
            return draft, session
        await stream.ends_within(LOOK_S)
