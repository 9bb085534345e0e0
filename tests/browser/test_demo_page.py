"""`bridge demo` as people meet it: a real browser in front of the real program."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.browser.sight import sees, sees_no, types

ROOT = Path(__file__).parents[2]

# Every text that the replies in the open thread have had, once the newest contains what is wanted.
WATCH_REPLIES = """
(wanted) => new Promise((tell) => {
  const seen = [];
  const look = () => {
    const replies = [...document.querySelectorAll("#replies .message")].slice(1);
    const text = replies.map((reply) => reply.querySelector(".content").innerText).join("\\n");
    if (text && text !== seen.at(-1)) seen.push(text);
    if (text.includes(wanted)) tell(seen);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
  look();
})
"""
# Puts HTML into a message as if the server had escaped nothing: what the page's policy refused.
INJECT = """
(html) => new Promise((tell) => {
  addEventListener("securitypolicyviolation", (event) => tell(event.effectiveDirective));
  document.querySelector("#messages .content").innerHTML = html;
})
"""
LAST_WORDS = "to see other kinds of answers."


pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def demo() -> AsyncIterator[str]:
    """The address of a `bridge demo` for all tests here; each talks in a place of its own."""
    async with running_demo() as url:
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def page(blank: Page, demo: str) -> Page:
    """The page has just been opened."""
    await blank.goto(demo)
    await sees(blank, "#place", "#general")
    return blank


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


async def test_an_answer_grows_in_its_thread_and_a_follow_up_goes_on(page: Page) -> None:
    await page.click("#composer .at")
    await types(page, "#composer textarea", "How do I begin?", enter=True)
    texts = await page.evaluate(WATCH_REPLIES, LAST_WORDS)
    assert len(texts) >= 2
    assert "This is question 1 of our conversation." in texts[-1]

    await types(page, "#thread-composer textarea", "And then?", enter=True)
    await page.evaluate(WATCH_REPLIES, "You asked: And then?")
    newest = "#replies .message:last-child .content"
    await sees(page, newest, "This is question 2 of our conversation.")


async def test_a_direct_message_needs_no_mention(page: Page) -> None:
    await page.click("#directs button")
    await types(page, "#composer textarea", "你有什么技能?", enter=True)
    texts = await page.evaluate(WATCH_REPLIES, "玩游戏等")
    assert "大模型" in texts[-1]


async def test_typing_an_at_sign_offers_the_bot_first(page: Page) -> None:
    await types(page, "#composer textarea", "@")
    name = await page.inner_text("#composer .offers strong")
    await page.press("#composer textarea", "Enter")
    assert await page.input_value("#composer textarea") == f"@{name} "
    assert f"@{name}" in await page.inner_text("#topic")


async def test_hostile_text_scripts_nothing_even_past_the_escaping(page: Page) -> None:
    await page.click("#channels li:last-child button")
    hostile = "<img src=x onerror=document.title='taken'>"
    await types(page, "#composer textarea", hostile, enter=True)
    await sees(page, "#messages .message", hostile)
    assert await page.evaluate(INJECT, hostile) == "script-src-attr"
    assert await page.title() != "taken"


PASTE = """
(text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const paste = { clipboardData: data, bubbles: true, cancelable: true };
  document.querySelector("#composer textarea").dispatchEvent(new ClipboardEvent("paste", paste));
}
"""


async def test_pasted_cells_become_a_table_and_are_answered(page: Page) -> None:
    await page.click("#channels li:nth-child(2) button")
    await page.evaluate(PASTE, "Item\tCount\nApples\t3\n")
    await sees(page, "#composer .attached", "A table of 2 rows")
    await types(page, "#composer textarea", "@beebot which sum?", enter=True)
    await sees(page, "#messages .attachment td", "Apples")
    await sees_no(page, "#composer .attached")
    await sees(page, "#replies .message:nth-child(2) .content", "I am another robot")


async def test_a_picture_is_seen_in_the_message_and_reaches_the_robot(page: Page) -> None:
    await page.click("#samples button:has-text('A picture')")
    picture = page.locator("#replies .message:first-child img.picture")
    await picture.wait_for()
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320
    await sees(page, "#replies .message:nth-child(2) .content", "Pictures that came with it: 1.")


async def test_a_message_is_forwarded_and_an_alert_is_asked_about(page: Page) -> None:
    await page.click("#samples button:has-text('An alert')")
    await sees(page, "#messages .attachment .title", "HighCPU")
    await page.focus("#messages .message:last-child .forward")
    await page.click("#messages .message:last-child .forward")
    await sees(page, "#composer .attached", "Forward:")
    await page.click("#directs li button")
    await types(page, "#composer textarea", "Is it bad?", enter=True)
    await sees(page, "#messages .attachment", "CPU of db-1 is above 90%")
    await sees(page, "#replies .message:nth-child(2) .content", LAST_WORDS)
    await page.click("#channels li:first-child button")
    await page.focus("#messages .message:last-child .more")
    await page.click("#messages .message:last-child .more")
    await page.click("#messages .message:last-child .shortcuts button")
    await sees(page, "#dialog blockquote", "CPU of db-1 is above 90%")
    await types(page, "#dialog textarea", "What now?")
    await page.click("#dialog-submit")
    await sees_no(page, "#dialog textarea")
    await sees(page, "#messages .message:last-child .replies", "1 reply")
    await page.click("#messages .message:last-child .replies")
    await sees(page, "#replies .message:nth-child(2) blockquote", "What now?")


async def test_a_press_asks_and_a_reload_keeps_the_thread(page: Page) -> None:
    await page.click("#samples button:has-text('Where is my order?')")
    await sees(page, "#replies .message:nth-child(2)", "Which one do you mean?")
    await page.reload()
    await sees(page, "#replies .message:nth-child(2)", "Which one do you mean?")
    await page.click("#replies button:has-text('Office chair')")
    await sees(page, "#replies .message", "Take the grey one")


async def test_the_page_speaks_the_language_of_whoever_looks(page: Page) -> None:
    await page.click("#people button:has-text('Bob')")
    await sees(page, "#try-title", "试一试")
    await sees(page, "#samples button", "采购流程")
    await types(page, "#composer textarea", "记一下", enter=True)
    await sees(page, "#messages .message", "记一下")
    assert re.fullmatch(r"\d\d:\d\d", await page.inner_text("#messages > :last-child .time"))
    await page.click("#people button:has-text('Alice')")
    await sees(page, "#samples button", "VPN trouble")


async def test_what_is_broken_by_a_switch_is_made_good(page: Page) -> None:
    await page.click("#faults summary")
    await page.click("#fault-list button:has-text('Cut the stream')")
    await sees(page, "#fault-list .armed")
    await page.click("#samples button:has-text('VPN trouble')")
    await sees(page, "#replies .message", "The guide of the network team")


async def test_what_was_said_before_goes_along_and_is_seen_to_arrive(page: Page) -> None:
    await page.click("#rules summary")
    await page.click("#rule-list button:has-text('A thread with a past')")
    await sees(page, "#replies .message", "Error 809 means that the connection is blocked")
    await sees(page, "#replies .message", "I also read what was said in this thread before.")
    await page.click("#received summary")
    for field in (
        "@bob: Error 809, at home and in the café.",  # Utterance
        "alice",  # SenderNick
        '{"site":"Hangzhou","docLabels":"handbook"}',  # VendorParam
        '["employee"]',  # Perspective
        "true",  # SandBox
    ):
        await sees(page, "#received dd", field)


async def test_a_bot_that_may_ask_is_answered_until_a_person_has_to_write(page: Page) -> None:
    await page.click("#rules summary")
    await page.click("#rule-list button:has-text('A bot asks')")
    await sees(page, "#replies .message", "And if that does not help?")
    await sees(page, "#replies .message", "Restart the router and connect again.")
    await sees_no(page, "#thread-status")
    assert await page.locator("#replies .face.bot").count() == 2


async def test_a_guest_is_declined_privately_and_sees_only_what_guests_see(page: Page) -> None:
    await page.click("#rules summary")
    await page.click("#rule-list button:has-text('A guest asks')")
    await sees(page, "#people [aria-pressed=true]", "Gina")
    await sees(page, "#messages .whispered", "I do not answer guests of this workspace.")
    assert await page.locator("#channels li").count() == 2
    await page.click("#people button:has-text('Alice')")
    await sees_no(page, "#messages .whispered", "I do not answer guests of this workspace.")


async def test_in_a_channel_on_the_deny_list_the_bot_says_that_it_does_not_answer(
    page: Page,
) -> None:
    await page.click("#rules summary")
    await page.click("#rule-list button:has-text('In #announcements')")
    await sees(page, "#place", "#announcements")
    await sees(page, "#messages .whispered", "I do not answer in this channel.")


async def test_a_bad_rating_is_seen_to_arrive_and_listed_for_the_operator(page: Page) -> None:
    await page.click("#samples button:has-text('Annual leave')")
    await page.click("#replies .bad")
    await types(page, "#dialog textarea", "It is 12 days.")
    await page.click("#dialog-submit")
    await page.click("#received summary")
    await sees(page, "#received dd", "It is 12 days.")
    command = await page.inner_text("#received-fields > code")
    variable, program, ratings = command.split(" ")
    assert (program, ratings) == ("bridge", "ratings")
    listing = await asyncio.create_subprocess_exec(
        sys.executable, "-m", program, ratings, "--env-file", os.devnull,
        env=os.environ | dict([variable.split("=", 1)]), cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await listing.communicate()
    assert output.decode().startswith("1 bad and 0 good within 7 days")


async def test_who_asks_too_often_is_told_how_long_to_wait(page: Page) -> None:
    await page.click("#people button:has-text('Bob')")
    await page.click("#rules summary")
    await page.click("#rule-list button:has-text('提问太多')")
    await sees(page, "#messages .whispered", "您的提问次数已达上限，请在")


async def test_home_and_the_command_are_a_press_away(page: Page) -> None:
    await page.click("#samples button:has-text('/beebot')")
    await sees(page, "#replies .message", "14.5 days")
    await page.click("#samples button:has-text('Home')")
    await sees(page, "#home", "/beebot")
    await sees(page, "#home", "In direct messages Demo robot answers.")


async def test_a_question_that_mentions_nobody_is_told_while_it_is_typed(page: Page) -> None:
    await types(page, "#composer textarea", "Anybody here?")
    await sees(page, "#composer .hint.unheard", "the app does not answer here")
    await page.click("#composer .at")
    await sees_no(page, "#composer .hint.unheard")


async def test_a_typed_command_opens_its_thread_also_on_a_phone(page: Page) -> None:
    await page.set_viewport_size({"width": 400, "height": 760})
    await types(page, "#composer textarea", "/beebot How do I begin?", enter=True)
    await sees(page, "#replies .message", LAST_WORDS)


async def test_the_messages_are_one_stop_of_the_tab_key(page: Page) -> None:
    for number in range(3):
        await types(page, "#composer textarea", f"note {number}", enter=True)
        await sees(page, "#messages .message", f"note {number}")
    await page.focus("#messages .message[tabindex='0']")
    await page.keyboard.press("ArrowUp")
    assert "note 1" in await page.inner_text("#messages .message:focus")
    assert await page.locator("#messages > [tabindex='0']").count() == 1
    assert await page.locator("#messages .message:focus .tools > [tabindex='0']").count() > 0
    assert await page.locator("#messages .tools > [tabindex='0']").count() < 6
