"""`bridge demo --once`: one question through the whole chain, and how its answer grew."""

import asyncio
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.rule import Rule

from bridge.cli.answer_view import print_markdown
from bridge.emulators.beebot import BeebotEmulator
from bridge.emulators.slack import C_GENERAL, U_ALICE, Message, SlackEmulator

ANSWER_S = 120.0
EMULATED = (
    "Slack and Beebot were emulated here, the bridge is real. Above: how the answer grew, and the "
    "thread at its end. To ask in a browser: bridge demo. To ask your own robot: bridge ask."
)
END_CHARS = 48  # of each version, in the print of how the message grew

_console = Console(highlight=False)
_errors = Console(stderr=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Demo:
    """The emulated Slack, with the bridge `running` behind it until `stop`."""

    slack: SlackEmulator
    running: asyncio.Task[None]
    stop: asyncio.Event


async def ask_once(demo: Demo, beebot: BeebotEmulator, question: str) -> int:
    """Alice asks in #general; 0 when Beebot's answer was complete and stands in the thread."""
    slack = demo.slack
    text = f"<@{slack.bot_user_id}> {question}"
    versions = Versions(slack, await slack.post(C_GENERAL, U_ALICE, text))
    tasks = [
        asyncio.create_task(versions.follow()),
        asyncio.create_task(_answered(demo, beebot, versions)),
    ]
    await asyncio.wait(
        {tasks[1], demo.running}, timeout=ANSWER_S, return_when=asyncio.FIRST_COMPLETED
    )
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    demo.stop.set()
    await demo.running  # it has finished what it began: the thread is final
    versions.print_new()
    return _conclude(demo.slack, beebot, versions)


async def _answered(demo: Demo, beebot: BeebotEmulator, versions: "Versions") -> None:
    """Until something stands in the thread and Beebot has no more to say."""
    await demo.slack.until(versions.replies, ANSWER_S)
    await beebot.until(lambda: not beebot.running, ANSWER_S)


class Versions:
    """Prints how the answer under `root` grew, each version once, as it appears."""

    def __init__(self, slack: SlackEmulator, root: str) -> None:
        self.root = root
        self._slack = slack
        self._began = asyncio.get_running_loop().time()
        self._printed = 0

    def replies(self) -> list[Message]:
        return self._slack.workspace.thread(C_GENERAL, self.root)[1:]

    async def follow(self) -> None:
        while True:
            await self._slack.until(lambda: len(self._all()) > self._printed, ANSWER_S)
            self.print_new()

    def print_new(self) -> None:
        for at, number, text in self._all()[self._printed :]:
            end = escape(" ".join(text[-END_CHARS:].split()))
            figures = f"[cyan]+{at - self._began:6.2f} s[/]  {len(text):6} characters"
            _console.print(f"{figures} in message {number}  [dim]…{end}[/]", soft_wrap=True)
            self._printed += 1

    def _all(self) -> list[tuple[float, int, str]]:
        """(loop time, number of the reply, text) of every version, oldest first."""
        return sorted(
            (at, number, text)
            for number, reply in enumerate(self.replies(), start=1)
            for at, text in reply.history
        )


def _conclude(slack: SlackEmulator, beebot: BeebotEmulator, versions: Versions) -> int:
    for message in slack.workspace.thread(C_GENERAL, versions.root):
        _print_message(slack, message)
    _console.print(Rule(), f"[dim]{EMULATED}[/]", soft_wrap=True)
    if not versions.replies():
        _errors.print(f"[red]No answer came within {ANSWER_S:.0f} s.[/]")
        return 1
    if not any(beebot.sessions.values()):  # complete turns only
        _errors.print("[red]Beebot did not complete its answer.[/]")
        return 1
    return 0


def _print_message(slack: SlackEmulator, message: Message) -> None:
    """As a reader sees it; into a file or a pipe each paragraph in one line."""
    users = slack.workspace.users
    _console.print(Rule(f"[bold]{escape(users[message.user].real_name)}[/]", align="left"))
    if message.bot_id is None:
        mention = f"<@{slack.bot_user_id}>"
        shown = message.shown.replace(mention, f"@{users[slack.bot_user_id].name}")
        _console.print(escape(shown), soft_wrap=True)
        return
    print_markdown(_console, message.shown)
    for block in message.blocks:
        for element in block.get("elements", ()) if block["type"] == "context" else ():
            _console.print(f"[dim]{escape(str(element.get('text', '')))}[/]", soft_wrap=True)
