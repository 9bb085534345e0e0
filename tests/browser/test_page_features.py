"""What people do with an app in Slack, done in the page with a small app behind it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page

from bridge.emulators.slack import C_ELSEWHERE, C_GENERAL, D_ALICE, U_ALICE, U_BOB
from tests.browser.scripted_app import ANSWER, PROMPTS, ScriptedApp, scripted
from tests.browser.sight import sees, sees_no, types

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]

BOX = "#composer textarea"
HOSTILE = "<img src=x onerror=document.title='taken'>"


@pytest_asyncio.fixture(loop_scope="session")
async def app() -> AsyncIterator[ScriptedApp]:
    async with scripted() as app:
        yield app


@pytest_asyncio.fixture(loop_scope="session")
async def page(blank: Page, app: ScriptedApp) -> Page:
    """The page as Alice opens it, in #general."""
    await blank.goto(app.slack.base_url)
    await sees(blank, "#place", "#general")
    return blank


async def answer(app: ScriptedApp) -> str:
    """The app posts an answer with everything in it; its ts."""
    posted = await app.client.chat_postMessage(
        channel=C_GENERAL, text="Annual leave", blocks=ANSWER
    )
    return str(posted["ts"])


async def test_an_answer_is_drawn_with_all_its_blocks(app: ScriptedApp, page: Page) -> None:
    await answer(app)
    await sees(page, "#messages .feedback")
    drawn = await page.inner_text("#messages .content")
    for words in ("Annual leave 年假", "十二天", "Sick 病假", "print('你好')", "Handbook 员工手册"):
        assert words in drawn
    for url in ("https://hr.example/map.png", "https://hr.example/seal.png"):
        await sees(page, f'#messages a[href="{url}"]')


async def test_a_pressed_button_reaches_the_app_and_rests(app: ScriptedApp, page: Page) -> None:
    ts = await answer(app)
    await sees(page, "#messages [data-action=quote]")
    second = '[data-action=quote][data-value="2"]'
    await page.click(second)
    await sees(page, f"{second}:disabled")
    click = await app.until_heard("block_actions")
    assert click["container"]["message_ts"] == ts
    assert click["actions"][0]["value"] == "2"
    await sees(page, f"{second}:enabled")


async def test_a_thumb_stays_down_for_the_one_who_pressed(app: ScriptedApp, page: Page) -> None:
    await answer(app)
    await sees(page, "#messages .good")
    await page.click("#messages .good")
    await sees(page, '#messages .good[aria-pressed="true"]')
    assert (await app.until_heard("block_actions"))["actions"][0]["value"] == "good"
    await page.click("#people button:has-text('Bob')")
    await sees(page, '#messages .good[aria-pressed="false"]')


async def test_a_modal_tells_what_is_wrong_at_its_field(app: ScriptedApp, page: Page) -> None:
    await answer(app)
    await sees(page, "#messages .bad")
    await page.click("#messages .bad")
    await sees(page, "#dialog", "What went wrong?")
    await page.click("#dialog-submit")
    await sees(page, '[data-block="kind"] .error', "required")
    await sees(page, '[data-block="why"] .error', "required")
    app.answers["view_submission"] = {
        "response_action": "errors", "errors": {"why": f"Say more 请多写一点 {HOSTILE}"},
    }  # fmt: skip
    await page.click('#dialog [value="Old 过时"]')
    await types(page, "#dialog textarea", "It is old.")
    await page.click("#dialog-submit")
    await sees(page, '[data-block="why"] .error', f"请多写一点 {HOSTILE}")
    await sees_no(page, '[data-block="kind"] .error')
    del app.answers["view_submission"]
    await page.click("#dialog-submit")
    await sees_no(page, "#dialog")
    values = (await app.until_heard("view_submission"))["view"]["state"]["values"]
    assert values["kind"]["kind"]["selected_option"]["value"] == "Old 过时"
    assert values["topic"]["topic"]["selected_option"] is None
    assert values["why"]["text"] == {"type": "plain_text_input", "value": "It is old."}


async def test_modals_stack_and_only_their_person_sees_them(app: ScriptedApp, page: Page) -> None:
    ts = await answer(app)
    await app.slack.click(U_BOB, C_GENERAL, ts, "feedback", value="bad")
    await app.slack.until(lambda: app.slack.workspace.modals(U_BOB))
    await sees(page, "#messages .bad")
    await page.click("#messages .bad")
    await sees(page, "#dialog-title", "What went wrong?")
    await types(page, "#dialog textarea", "still here")
    await page.click("#dialog [data-action=deeper]")
    await sees(page, "#dialog-title", "An example")
    await page.click("#dialog-close")
    await sees(page, "#dialog-title", "What went wrong?")
    await page.click("#dialog-cross")
    await sees_no(page, "#dialog")
    assert app.slack.workspace.modals(U_ALICE) == []
    assert len(app.slack.workspace.modals(U_BOB)) == 1


async def test_the_home_tab_is_opened_and_its_buttons_work(app: ScriptedApp, page: Page) -> None:
    await page.click("#directs button")
    await page.click("#tab-home")
    await sees(page, "#home", "小蜜能做什么")
    assert (await app.until_heard("app_home_opened"))["event"]["tab"] == "home"
    await page.click("#home [data-action=try]")
    click = await app.until_heard("block_actions")
    assert click["container"]["type"] == "view"
    await page.click("#tab-messages")
    await sees(page, "#messages")
    await sees_no(page, "#home")


@pytest.mark.assistant_methods
async def test_a_suggested_prompt_says_its_message(app: ScriptedApp, page: Page) -> None:
    await page.click("#directs button")
    await sees(page, "#prompts .chip", PROMPTS[1]["title"])
    await page.click("#prompts .chip:last-child")
    await sees(page, "#messages .content", PROMPTS[1]["message"])
    message = await app.until_heard("message")
    assert message["event"]["text"] == PROMPTS[1]["message"]


@pytest.mark.assistant_methods
async def test_a_stream_grows_behind_a_cursor_until_somebody_stops_it(
    app: ScriptedApp, page: Page
) -> None:
    root = await app.slack.post(D_ALICE, U_ALICE, "请问年假怎么申请?")
    place = {"channel": D_ALICE, "thread_ts": root}
    await page.click("#directs button")
    await app.client.assistant_threads_setStatus(
        channel_id=D_ALICE, thread_ts=root, status="正在查…"
    )
    await sees(page, "#messages .status", "ask-bridge 正在查…")
    task = {"type": "task_update", "id": "1", "title": "Read the handbook", "status": "complete"}
    text = {"type": "markdown_text", "text": "Open **the"}
    stream = await app.client.chat_startStream(**place, chunks=[task, text])
    await sees(page, "#messages .replies")
    await page.click("#messages .replies")
    await sees(page, "#replies .streaming .task.complete", "Read the handbook")
    await app.client.chat_appendStream(
        channel=D_ALICE, ts=stream["ts"], chunks=[{"type": "markdown_text", "text": " portal**."}]
    )
    await sees(page, "#replies .streaming strong", "the portal")
    await page.click("#thread-status .stop")
    stopped = (await app.until_heard("agent_session_stopped"))["event"]
    assert stopped["streaming_message_ts"] == [stream["ts"]]


async def test_a_command_is_typed_and_privately_answered(app: ScriptedApp, page: Page) -> None:
    app.answers["command"] = {"text": "*Help* 帮助"}
    await types(page, BOX, "/be")
    await sees(page, "#composer .offers", "Ask Beebot 向小蜜提问")
    await page.press(BOX, "Enter")
    await types(page, BOX, "a < b, @bob?", enter=True)
    await sees(page, "#messages .whispered", "Only visible to you")
    await sees(page, "#messages .whispered strong", "Help")
    command = await app.until_heard("command")
    assert (command["command"], command["text"]) == ("/beebot", f"a &lt; b, <@{U_BOB}>?")
    await page.click("#people button:has-text('Bob')")
    await sees_no(page, "#messages .whispered")


async def test_an_unknown_command_stays_in_the_box(app: ScriptedApp, page: Page) -> None:
    await types(page, BOX, "/nothing", enter=True)
    await sees(page, "#toast", "/nothing is not a command")
    assert await page.input_value("#composer textarea") == "/nothing"
    assert app.heard == []


async def test_what_one_wrote_is_edited_deleted_and_handed_to_a_shortcut(
    app: ScriptedApp, page: Page
) -> None:
    ts = await app.slack.post(C_GENERAL, U_ALICE, "helo")
    await sees(page, "#messages .content", "helo")
    await page.focus("#messages .pencil")
    await page.click("#messages .pencil")
    await types(page, ".edit textarea", ", world", enter=True)
    await sees(page, "#messages .edited", "(edited)")
    assert app.slack.shown(C_GENERAL, ts) == "helo, world"
    await page.click("#messages .more")
    await sees(page, "#messages .shortcuts", "Ask about this message")
    await page.click("#messages .shortcuts button")
    assert (await app.until_heard("message_action"))["message_ts"] == ts
    await page.click("#messages .tools .trash")
    await page.click("#messages .tools .trash")
    await sees_no(page, "#messages .message")


async def test_the_bot_is_invited_where_it_is_missing(app: ScriptedApp, page: Page) -> None:
    await page.click("#channels li:last-child button")
    await sees(page, "#outside", "is not in #elsewhere")
    await types(page, BOX, "/invite @ask-bridge ", enter=True)
    await sees(page, "#messages .joined", "has joined the channel")
    await sees_no(page, "#outside")
    joined = (await app.until_heard("member_joined_channel"))["event"]
    assert (joined["channel"], joined["inviter"]) == (C_ELSEWHERE, U_ALICE)


async def test_a_hostile_modal_and_home_are_shown_and_not_obeyed(
    app: ScriptedApp, page: Page
) -> None:
    label = {"type": "plain_text", "text": HOSTILE}
    option = {"text": label, "value": f'"{HOSTILE}'}
    menu = {"type": "radio_buttons", "action_id": f'"{HOSTILE}', "options": [option]}
    blocks = [
        {"type": "header", "text": label},
        {
            "type": "input",
            "block_id": f'"{HOSTILE}',
            "label": label,
            "hint": label,
            "element": menu,
        },
        {"type": "markdown", "text": HOSTILE},
    ]
    await app.slack.shortcut(
        U_ALICE,
        "ask_about_message",
        channel=C_GENERAL,
        message_ts=await app.slack.post(C_GENERAL, U_ALICE, HOSTILE),
    )
    trigger = (await app.until_heard("message_action"))["trigger_id"]
    texts = {
        "title": {"type": "plain_text", "text": "<b>hostile</b>"},
        "submit": label | {"text": "<i>"},
    }
    await app.client.views_open(
        trigger_id=trigger, view={"type": "modal", "blocks": blocks, **texts}
    )
    await app.client.views_publish(user_id=U_ALICE, view={"type": "home", "blocks": blocks})
    await sees(page, "#dialog", HOSTILE)
    await sees(page, "#dialog-title", "<b>hostile</b>")
    await page.click("#dialog-submit")
    await sees(page, "#dialog .error", "required")
    await page.click("#dialog-cross")
    assert await page.locator("img, #dialog b, #dialog i").count() == 0
    assert await page.title() != "taken"
