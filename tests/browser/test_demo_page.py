"""`bridge demo` as people meet it: a real browser in front of the real program."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from tests.browser.webdriver import ENTER, Browser

ROOT = Path(__file__).parents[2]

# Calls back with every text that the replies in the open thread have had, once the newest contains
# what is wanted.
WATCH_REPLIES = """
const [wanted, tell] = arguments;
const seen = [];
const look = () => {
  const replies = [...document.querySelectorAll("#replies .message")].slice(1);
  const text = replies.map((reply) => reply.querySelector(".content").innerText).join("\\n");
  if (text && text !== seen.at(-1)) seen.push(text);
  if (text.includes(wanted)) tell(seen);
};
new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
look();
"""
# Puts HTML into a message as if the server had escaped nothing; calls back with what the page's
# policy then refused.
INJECT = """
const [html, tell] = arguments;
addEventListener("securitypolicyviolation", (event) => tell(event.effectiveDirective));
document.querySelector("#messages .content").innerHTML = html;
"""
LAST_WORDS = "to see other kinds of answers."


pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def demo() -> AsyncIterator[str]:
    """The address of a `bridge demo` for all tests here; each talks in a place of its own."""
    async with running_demo() as url:
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def browser(window: Browser, demo: str) -> Browser:
    """A browser in which the page has just been opened."""
    await window.go(demo)
    await window.until("#place", "#general")
    return window


@asynccontextmanager
async def running_demo() -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", "demo", "--port", "0",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield await _read_url(process.stdout)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _read_url(output: asyncio.StreamReader) -> str:
    async for line in output:
        if found := re.search(r"http://127\.0\.0\.1:\d+", line.decode()):
            return found.group()
    raise AssertionError("the demo ended without an address")


async def test_an_answer_grows_in_its_thread_and_a_follow_up_goes_on(browser: Browser) -> None:
    await browser.click("#composer .at")
    await browser.type("#composer textarea", f"How do I begin?{ENTER}")
    texts = await browser.run_async(WATCH_REPLIES, LAST_WORDS)
    assert len(texts) >= 2
    assert "This is question 1 of our conversation." in texts[-1]

    await browser.type("#thread-composer textarea", f"And then?{ENTER}")
    await browser.run_async(WATCH_REPLIES, "You asked: And then?")
    newest = "#replies .message:last-child .content"
    await browser.until(newest, "This is question 2 of our conversation.")


async def test_a_direct_message_needs_no_mention(browser: Browser) -> None:
    await browser.click("#directs button")
    await browser.type("#composer textarea", f"你有什么技能?{ENTER}")
    texts = await browser.run_async(WATCH_REPLIES, "玩游戏等")
    assert "大模型" in texts[-1]


async def test_typing_an_at_sign_offers_the_bot_first(browser: Browser) -> None:
    await browser.type("#composer textarea", "@")
    name = await browser.text("#composer .offers strong")
    await browser.type("#composer textarea", ENTER)
    assert await browser.run("return document.querySelector('textarea').value") == f"@{name} "
    assert f"@{name}" in await browser.text("#topic")


async def test_hostile_text_scripts_nothing_even_past_the_escaping(browser: Browser) -> None:
    await browser.click("#channels li:last-child button")
    hostile = "<img src=x onerror=document.title='taken'>"
    await browser.type("#composer textarea", hostile + ENTER)
    await browser.until("#messages .message", hostile)
    assert await browser.run_async(INJECT, hostile) == "script-src-attr"
    assert await browser.run("return document.title") != "taken"


PASTE = """
const data = new DataTransfer();
data.setData("text/plain", arguments[0]);
const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
document.querySelector("#composer textarea").dispatchEvent(event);
"""


async def test_pasted_cells_become_a_table_and_are_answered(browser: Browser) -> None:
    await browser.click("#channels li:nth-child(2) button")
    await browser.run(PASTE, "Item\tCount\nApples\t3\n")
    await browser.until("#composer .attached", "A table of 2 rows")
    await browser.type("#composer textarea", f"@beebot which sum?{ENTER}")
    await browser.until("#messages .attachment td", "Apples")
    await browser.until_gone("#composer .attached")
    await browser.until("#replies .message:nth-child(2) .content", LAST_WORDS)


async def test_a_message_is_forwarded_and_an_alert_is_asked_about(browser: Browser) -> None:
    await browser.click("#samples button:last-child")
    await browser.until("#messages .attachment .title", "HighCPU")
    await browser.run("document.querySelector('#messages .message:last-child .forward').focus()")
    await browser.click("#messages .message:last-child .forward")
    await browser.until("#composer .attached", "Forward:")
    await browser.click("#directs li button")
    await browser.type("#composer textarea", f"Is it bad?{ENTER}")
    await browser.until("#messages .attachment", "CPU of db-1 is above 90%")
    await browser.until("#replies .message:nth-child(2) .content", LAST_WORDS)
    await browser.click("#channels li:first-child button")
    await browser.run("document.querySelector('#messages .message:last-child .more').focus()")
    await browser.click("#messages .message:last-child .more")
    await browser.click("#messages .message:last-child .shortcuts button")
    await browser.until("#dialog blockquote", "CPU of db-1 is above 90%")
    await browser.type("#dialog textarea", "What now?")
    await browser.click("#dialog-submit")
    await browser.until_gone("#dialog textarea")
    await browser.until("#messages .message:last-child .replies", "1 reply")
    await browser.click("#messages .message:last-child .replies")
    await browser.until("#replies .message:nth-child(2) blockquote", "What now?")
