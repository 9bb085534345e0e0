"""`bridge ask` as an operator types it: in a terminal, into a pipe, and where something fails."""

import asyncio
import os
import pty
import re
import signal
import sys
from dataclasses import dataclass
from typing import Self

import pytest

from bridge.emulators.beebot import (
    Fault,
    clarify,
    empty,
    handover,
    no_answer,
    typed,
    with_sources,
)
from tests.e2e.stage import HANGS_S, ROOT, SECRETS, Stage

pytestmark = pytest.mark.process
SLACK = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL")
SECTIONS = "\n\n".join(f"## Section {n}.\n\nWords of it.\n\n- one\n- two" for n in range(1, 61))


def environment(stage: Stage, **variables: str) -> dict[str, str]:
    """What needs no Slack has no variable of it."""
    kept = {name: value for name, value in stage.environment.items() if name not in SLACK}
    return {"PATH": os.environ["PATH"], "TERM": "xterm", **kept, **variables}


async def ask(
    stage: Stage, *arguments: str, stdin: bytes = b"", **variables: str
) -> tuple[int | None, str, str]:
    """The exit code, and what a pipe gets of both streams."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", "ask", *arguments,
        cwd=ROOT, env=environment(stage, **variables), stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate(stdin)
    return process.returncode, out.decode(), err.decode()


@dataclass
class Terminal:
    """The command in a terminal of 80 columns; `said` is all that it has written there."""

    process: asyncio.subprocess.Process
    _screen: int
    _written: bytes = b""

    @classmethod
    async def start(cls, stage: Stage, question: str) -> Self:
        screen, terminal = pty.openpty()
        variables = environment(stage, COLUMNS="80", LINES="24")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bridge", "ask", question,
            cwd=ROOT, env=variables, stdin=terminal, stdout=terminal, stderr=terminal,
        )  # fmt: skip
        os.close(terminal)
        os.set_blocking(screen, False)
        return cls(process, screen)

    @property
    def said(self) -> str:
        return self._written.decode(errors="replace")

    async def says(self, words: str) -> None:
        async with asyncio.timeout(HANGS_S):
            while words not in self.said:
                await self._read_on()

    async def ended(self) -> int:
        async with asyncio.timeout(HANGS_S):
            while self.process.returncode is None:
                await self._read_on()
        await self._read_on()
        os.close(self._screen)
        return self.process.returncode

    async def _read_on(self) -> None:
        await asyncio.sleep(0.02)
        try:
            while news := os.read(self._screen, 65536):
                self._written += news
        except (BlockingIOError, OSError):  # nothing new, or nobody writes any more
            pass


async def test_a_pipe_gets_the_answer_unwrapped_and_is_told_how_to_go_on(stage: Stage) -> None:
    long = "words that go on " * 30
    stage.beebot.default(lambda question: typed(f"**{question.turn}** {long}", step=40))
    code, out, err = await ask(stage, "one")
    assert (code, out) == (0, f"**1** {long.strip()}\n")
    session = err.split("--session ")[1].strip()
    code, out, _ = await ask(stage, "two", "--session", session)
    assert (code, out[:5]) == (0, "**2**")


async def test_html_comes_as_markdown(stage: Stage) -> None:
    stage.beebot.default(typed("<p>Take <b>two</b>:</p><ul><li>a</li><li>b</li></ul>", step=60))
    assert (await ask(stage, "how many?"))[1] == "Take **two**:\n\n- a\n- b\n"


async def test_the_question_may_stand_on_standard_input(stage: Stage) -> None:
    stage.beebot.default(lambda question: typed(f"<{question.utterance}>"))
    code, out, _ = await ask(stage, "-", stdin="第一行\n第二行\n".encode())
    assert code == 0
    assert stage.beebot.questions[-1].utterance == "第一行\n第二行"
    assert "第二行" in out


async def test_what_goes_with_an_answer_is_shown(stage: Stage) -> None:
    stage.beebot.default(with_sources("So it is.", ["A [title]"], questions=["And why?"]))
    _, out, _ = await ask(stage, "is it?")
    assert "**Sources**\n\n1. A [title]\n\n   > A [title]\n" in out
    assert "**Related questions**\n\n- And why?\n" in out
    stage.beebot.default(clarify("Which one?", ["Blue", "Red"]))
    _, out, _ = await ask(stage, "paint")
    assert [out.count(option) for option in ("Which one?", "Blue", "Red")] == [1, 1, 1]
    stage.beebot.default(handover("One moment.", skill_group="7"))
    assert "**It asks for a human** (skill group: 7)" in (await ask(stage, "a human"))[1]
    stage.beebot.default(no_answer("Sorry."))
    assert "found no answer to this" in (await ask(stage, "what?"))[1]


async def test_a_terminal_never_draws_a_finished_block_again(stage: Stage) -> None:
    stage.beebot.default(typed(SECTIONS, step=30, delay_s=0.01))
    terminal = await Terminal.start(stage, "tell me all")
    assert await terminal.ended() == 0
    last = [terminal.said.rindex(f"Section {n}.") for n in range(1, 61)]
    first = [terminal.said.index(f"Section {n}.") for n in range(1, 61)]
    assert all(ends < begins for ends, begins in zip(last, first[2:], strict=False))
    assert len(terminal.said.splitlines()) < 3 * len(SECTIONS.splitlines())


async def test_a_terminal_is_told_how_long_nothing_comes(stage: Stage) -> None:
    stage.beebot.default(typed("At last.").at_pace(0.01, 2.5))
    terminal = await Terminal.start(stage, "well?")
    assert await terminal.ended() == 0
    assert re.search(r"thinking… [12] s", terminal.said)
    assert "At last." in terminal.said
    told = re.search(r"first text (\d+\.\d) s, whole (\d+\.\d) s", terminal.said)
    assert told
    assert 2.5 <= float(told[1]) <= float(told[2])


async def test_ctrl_c_ends_it_politely_and_tells_beebot(stage: Stage) -> None:
    stage.beebot.default(typed("word " * 500, step=5, delay_s=0.05))
    terminal = await Terminal.start(stage, "a long one")
    await terminal.says("word word")
    terminal.process.send_signal(signal.SIGINT)
    assert await terminal.ended() == 130
    assert re.search(r"Stopped after [\d.]+ s\.", terminal.said)
    assert "Traceback" not in terminal.said
    assert len(stage.beebot.cancellations) == 1


async def test_what_fails_is_told_with_its_cause_and_what_to_do(stage: Stage) -> None:
    stage.beebot.default(typed("The beginning of it.").under(Fault.broken("Internal", after=3)))
    code, out, err = await ask(stage, "one", BRIDGE_RECALL_S="1")
    assert code == 1
    assert out.startswith("The b")
    assert err.startswith("StreamBroken: ")
    assert "\n→ " in err
    stage.beebot.default(empty())
    code, out, err = await ask(stage, "one")
    assert (code, out) == (1, "")
    assert err.startswith("Beebot ended its answer without a word.\n→ ")


async def test_wrong_credentials_are_found_whatever_token_redis_holds(
    shared_stage: Stage,
) -> None:
    assert (await ask(shared_stage, "one"))[0] == 0
    wrong = "AnotherSecretAltogether"
    code, _, err = await ask(shared_stage, "one", ALIBABA_CLOUD_ACCESS_KEY_SECRET=wrong)
    assert code == 1
    assert "ALIBABA_CLOUD_ACCESS_KEY_SECRET" in err
    assert [secret for secret in (wrong, *SECRETS.values()) if secret in err] == []


async def test_without_an_access_key_it_says_that_the_chain_is_asked(stage: Stage) -> None:
    code, out, err = await ask(
        stage, "one",
        ALIBABA_CLOUD_ACCESS_KEY_ID="", ALIBABA_CLOUD_ACCESS_KEY_SECRET="",
        ALIBABA_CLOUD_ECS_METADATA_DISABLED="true",
    )  # fmt: skip
    assert (code, out) == (1, "")
    chain, cause, *_ = err.splitlines()
    assert chain == "ALIBABA_CLOUD_ACCESS_KEY_ID is unset: Alibaba's credential chain is asked."
    assert cause.startswith("CredentialsRejected: ")


async def test_it_needs_no_redis(stage: Stage) -> None:
    stage.beebot.default(typed("Yes."))
    code, out, _ = await ask(stage, "one", REDIS_URL="redis://127.0.0.1:1/0")
    assert (code, out) == (0, "Yes.\n")


@pytest.mark.parametrize("question", ["", "长" * 513])
async def test_what_slack_would_be_declined_is_not_asked(stage: Stage, question: str) -> None:
    code, out, err = await ask(stage, question)
    assert (code, out) == (2, "")
    assert "\n→ " in err
    assert stage.beebot.questions == []


async def test_a_variable_that_is_missing_is_named(stage: Stage) -> None:
    code, _, err = await ask(stage, "one", BEEBOT_INSTANCE_ID="")
    assert code == 2
    assert err.startswith("BEEBOT_INSTANCE_ID is missing: ")
    assert "SLACK" not in err
