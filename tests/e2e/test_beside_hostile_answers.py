"""An answer beside others that are long, or hostile, is not late."""

import asyncio
import time
from statistics import median

import pytest

from bridge.emulators.beebot import typed
from bridge.emulators.slack.seed import BOT_USER, C_GENERAL, D_ALICE, D_BOB, U_ALICE, U_BOB
from tests.e2e.stage import Stage

pytestmark = [
    pytest.mark.process,
    pytest.mark.parametrize("transport", ["http"]),
]
MENTION = f"<@{BOT_USER}>"
LATE_S = 1.0  # than alone, where a million additions take no longer than ADDITIONS_S
ADDITIONS_S = 0.035
SIZE = 200_000
ORDINARY = "退款会在 3~5 个工作日内到账。" * 12
HOSTILE = {
    "brackets": "[a](",
    "links of code": "a[0](",
    "blanks": " ",
    "marks": "**_",
    "entities": "&lt;",
    "a list": "- an item with **bold**\n",
    "tags": "<b><i>",
    "a table": "<tr><td>a</td><td>b</td></tr>",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
async def test_it_is_shown_as_soon_as_alone(stage: Stage, unit: str) -> None:
    await stage.start_bridge()
    stage.beebot.default(typed(ORDINARY))
    alone, before = await ask(stage, "alone"), slowness()
    hostile = f"a{unit * (SIZE // len(unit))}b"
    stage.beebot.script("hostile", typed(hostile, step=SIZE // 5, delay_s=0.2))
    for person, channel in ((U_ALICE, D_ALICE), (U_BOB, D_BOB)):
        await stage.slack.post(channel, person, "hostile")
    beside, after = await ask(stage, "beside"), slowness()
    assert beside - alone < LATE_S * max(before, after)


def slowness() -> float:
    """How many times longer than usual additions take at this moment, beside all other programs."""
    return max(median(time_additions() for _ in range(5)) / ADDITIONS_S, 1.0)


def time_additions() -> float:
    start, total = time.perf_counter(), 0
    for number in range(1_000_000):
        total += number
    return time.perf_counter() - start


async def ask(stage: Stage, question: str) -> float:
    """Seconds from the question to the whole answer."""
    began = asyncio.get_running_loop().time()
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} {question}")
    await stage.slack.until(
        lambda: "".join(stage.texts(C_GENERAL, root)).replace("∼", "~") == ORDINARY
    )
    (reply,) = stage.replies(C_GENERAL, root)
    return reply.history[-1][0] - began
