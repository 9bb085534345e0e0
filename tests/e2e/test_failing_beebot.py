"""Whatever Beebot does, the thread ends with the answer or with one clear sentence."""

import time

import pytest

from bridge.emulators.beebot import Fault, GatewayFault, Script, typed
from bridge.emulators.slack.seed import BOT_USER, C_GENERAL, U_ALICE
from tests.e2e.stage import Stage

TEXT = "Beebot says: the answer is long enough to break somewhere in its midst."
WHOLE = typed(TEXT, step=5, delay_s=0.01)
QUICK = {
    "BRIDGE_FIRST_FRAME_S": "1.5",
    "BRIDGE_BETWEEN_FRAMES_S": "0.5",
    "BRIDGE_ANSWER_S": "4",
    "BRIDGE_RECALL_S": "2.5",
    "BRIDGE_THROTTLE_S": "4",
}

HEALED = {
    "a page of HTML": Fault.html().once(),
    "401": Fault.status(401).once(),
    "403": Fault.status(403).once(),
    "429": Fault.status(429).once(),
    "500": Fault.status(500).once(),
    "503 twice": Fault.status(503).times(2),
    "throttled": Fault.refused("Throttling.User").once(),
    "a token refused in plain JSON": Fault.refused("AccessTokenInvalid", plain=True).once(),
    "a connection closed at once": Fault.hang_up().once(),
    "a slow first frame": Fault.slow_start(0.8).once(),
    "a garbage line": Fault.garbage(after=2),
    "comments": Fault.comments(),
    "lines that end in CR LF": Fault.crlf(),
    "duplicated frames": Fault.duplicates(),
    "blank frames after text": Fault.blank(after=4, count=2),
    "a giant frame": Fault.giant(400_000),
    "a connection that stays open after the end": Fault.lingering(),
    "a cut midway, recalled from the log": Fault.cut(after=5),
    "a cut within a character": Fault.cut(after=5, extra_bytes=301),
    "a stall midway, recalled from the log": Fault.stall(after=5),
    "no end, recalled from the log": Fault.unfinished(),
    "no end and an open connection": Fault.endless(),
}


async def ask(stage: Stage, script: Script) -> str:
    stage.beebot.default(script)
    return await stage.slack.post(C_GENERAL, U_ALICE, f"<@{BOT_USER}> question")


@pytest.mark.parametrize("fault", HEALED.values(), ids=HEALED)
async def test_the_answer_comes_whole_in_spite_of(stage: Stage, fault: Fault) -> None:
    await stage.open_bridge(**QUICK)
    root = await ask(stage, WHOLE.under(fault))
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root) == [TEXT])
    assert len(stage.beebot.questions) <= 2
    assert not stage.slack.status(C_GENERAL, root)


TOLD = {
    "refused": (Fault.refused("ContentPolicy"), "declined this question"),
    "refused for ever by its token": (Fault.html(), "not allowed to ask"),
    "down for good": (Fault.status(500), "cannot be reached"),
    "throttled for good": (Fault.status(429), "too many questions"),
    "silent": (Fault.slow_start(60), "cannot be reached"),
    "broken after a first frame without text": (
        Fault.broken("SystemError", after=1),
        "cannot be reached",
    ),
}


@pytest.mark.parametrize(("fault", "sentence"), TOLD.values(), ids=TOLD)
async def test_a_question_that_cannot_be_answered_gets_one_sentence(
    stage: Stage, fault: Fault, sentence: str
) -> None:
    await stage.open_bridge(**QUICK)
    root = await ask(stage, WHOLE.under(fault))
    await stage.slack.until(lambda: sentence in "".join(stage.texts(C_GENERAL, root)))
    assert len(stage.texts(C_GENERAL, root)) == 1
    assert not stage.slack.status(C_GENERAL, root)
    stage.beebot.default(WHOLE)
    await stage.slack.post(C_GENERAL, U_ALICE, "again", thread_ts=root)
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root)[1:] == [TEXT])


async def test_what_had_come_before_an_error_is_kept_and_marked(stage: Stage) -> None:
    await stage.open_bridge(**QUICK)
    root = await ask(stage, WHOLE.under(Fault.broken("SystemError", after=8)))
    await stage.slack.until(lambda: "answer is incomplete" in str(stage.replies(C_GENERAL, root)))
    (text,) = stage.texts(C_GENERAL, root)
    assert text
    assert TEXT.startswith(text)
    assert len(stage.beebot.questions) == 1, "never asked twice once text was shown"


async def test_rewritten_text_ends_as_beebot_last_put_it(stage: Stage) -> None:
    await stage.open_bridge(**QUICK)
    root = await ask(stage, WHOLE.under(Fault.rewritten("I cannot talk about this.", after=10)))
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root) == ["I cannot talk about this."])


async def test_a_cold_start_outlives_a_token_endpoint_that_is_down_and_then_throttled(
    stage: Stage,
) -> None:
    stage.beebot.break_gateway(
        GatewayFault.down().times(2), GatewayFault.throttled(retry_after_ms=200).once()
    )
    await stage.open_bridge(**QUICK)
    root = await ask(stage, WHOLE)
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root) == [TEXT])


async def test_five_hundred_frames_of_a_growing_answer_cost_a_handful_of_calls(
    stage: Stage,
) -> None:
    await stage.open_bridge(BRIDGE_EDIT_INTERVAL_S="1", BRIDGE_EDIT_INTERVAL_MAX_S="3")
    text = "word " * 500
    began = time.monotonic()
    root = await ask(stage, typed(text, step=5, delay_s=0.004))
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root) == [text.strip()])
    took_s = time.monotonic() - began
    writes = [call for call in stage.slack.calls if call.method.startswith("chat.")]
    assert len(writes) <= 3 + took_s / 0.7  # the first, the last, and one each 0.7 s between
