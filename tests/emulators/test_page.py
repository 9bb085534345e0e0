"""The demo page's promises, kept over HTTP; a browser looks at it in tests/browser."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bridge.emulators.page import serve_page
from bridge.emulators.page.controls import REQUIRED, find_missing, read_state
from bridge.emulators.slack import (
    C_GENERAL,
    C_SHARED,
    D_ALICE,
    TEAM,
    U_ALICE,
    U_BOB,
    U_GUEST,
    SlackEmulator,
)
from tests.emulators.slack_witness import MANIFEST, client_of, receiving
from tests.slack import slack_emulator

Json = dict[str, Any]

PARTS = (
    "app.js",
    "composer.js",
    "dialog.js",
    "messages.js",
    "samples.js",
    "server.js",
    "strings.js",
    "world.js",
    "style.css",
    "blocks.css",
    "icons.css",
)
HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Ask"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "q",
            "label": {"type": "plain_text", "text": "Question"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}
HOSTILE_MARKDOWN = (
    f"{HOSTILE} [a](javascript:alert(3)) ![b](data:text/html,c) <javascript:alert(4)>"
)

PICTURE = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


@dataclass
class Visit:
    """The emulator with its page, somebody who reads it, and the app that posts there."""

    slack: SlackEmulator
    http: aiohttp.ClientSession
    app: AsyncWebClient

    async def state(self) -> Json:
        async with self.http.get("/ui/state") as response:
            assert response.status == 200
            return dict(await response.json())

    async def do(self, what: str, **body: str) -> tuple[int, str]:
        async with self.http.post(f"/ui/{what}", json=body) as response:
            return response.status, await response.text()

    async def say(self, text: str, **where: str) -> str:
        body = {"user": U_ALICE, "channel": C_GENERAL, "text": text, **where}
        status, answer = await self.do("messages", **body)
        assert status == 200, answer
        return str(json.loads(answer)["ts"])

    async def html(self, ts: str) -> str:
        return str((await self.message(ts))["html"])

    async def message(self, ts: str) -> Json:
        return dict(next(m for m in (await self.state())["messages"] if m["ts"] == ts))

    async def blocks(self, *blocks: Json) -> str:
        """The app posts blocks; how the page draws them."""
        posted = await self.app.chat_postMessage(channel=C_GENERAL, text="…", blocks=blocks)
        return await self.html(str(posted["ts"]))

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[AsyncIterator[Json]]:
        async with self.http.get("/ui/events") as response:
            assert response.content_type == "text/event-stream"
            yield _changes(response.content)


async def _changes(content: aiohttp.StreamReader) -> AsyncIterator[Json]:
    async for line in content:
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    slack = slack_emulator(manifest=MANIFEST, retry_delays_s=())
    serve_page(slack)
    async with (
        slack,
        aiohttp.ClientSession(slack.base_url, timeout=aiohttp.ClientTimeout(total=10)) as http,
        client_of(slack) as app,
    ):
        yield Visit(slack, http, app)


async def test_the_page_and_its_parts_come_from_this_server_alone(visit: Visit) -> None:
    for address in ("/", *(f"/ui/{name}" for name in PARTS)):
        async with visit.http.get(address) as response:
            text = await response.text()
            assert response.status == 200
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]
            assert "https://" not in text
            assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.assistant_methods
async def test_the_state_tells_what_a_small_slack_shows(visit: Visit) -> None:
    root = await visit.say("@ask-bridge hello")
    await visit.app.assistant_threads_setStatus(
        channel_id=C_GENERAL, thread_ts=root, status="is thinking…"
    )
    state = await visit.state()
    names = [c["name"] for c in state["channels"] if c["kind"] == "channel"]
    assert names == ["general", "random", "announcements", "elsewhere"]
    assert state["people"] == [U_ALICE, U_BOB, U_GUEST]
    assert [(s["root"], s["words"]) for s in state["statuses"]] == [(root, "is thinking…")]
    assert [c["name"] for c in state["commands"]] == ["/ask"]
    assert state["shortcuts"] == [{"id": "ask_about", "name": "Ask"}]
    assert 'class="mention">@ask-bridge</span> hello' in await visit.html(root)


async def test_what_people_type_reaches_the_app_as_slack_writes_it(visit: Visit) -> None:
    ts = await visit.say("@Ask-Bridge is 1 < 2 & 3? See https://a.example/x?y=1&z. <@U0BOB00000>")
    message = visit.slack.workspace.message(C_GENERAL, ts)
    assert message.text == (
        f"<@{visit.slack.bot_user_id}> is 1 &lt; 2 &amp; 3? "
        "See <https://a.example/x?y=1&amp;z>. &lt;@U0BOB00000&gt;"
    )
    assert (await visit.message(ts))["typed"] == (
        "@ask-bridge is 1 < 2 & 3? See https://a.example/x?y=1&z. <@U0BOB00000>"
    )


async def test_every_edit_of_an_answer_is_pushed(visit: Visit) -> None:
    async with visit.listening() as changes:
        assert (await anext(changes))["type"] == "state"
        root = await visit.say("@ask-bridge hello")
        assert (await anext(changes))["message"]["ts"] == root
        posted = await visit.app.chat_postMessage(channel=C_GENERAL, thread_ts=root, text="One")
        await visit.app.chat_update(channel=C_GENERAL, ts=posted["ts"], text="One two")
        shown = [(await anext(changes))["message"] for _ in range(2)]
        assert [("One two" in message["html"]) for message in shown][-1]
        assert {message["root"] for message in shown} == {root}
        await visit.app.chat_delete(channel=C_GENERAL, ts=posted["ts"])
        assert await anext(changes) == {
            "type": "deleted",
            "channel": C_GENERAL,
            "ts": posted["ts"],
        }


@pytest.mark.assistant_methods
async def test_the_status_is_pushed_and_taken_back(visit: Visit) -> None:
    root = await visit.say("@ask-bridge hello")
    async with visit.listening() as changes:
        assert (await anext(changes))["type"] == "state"
        for words in ("is thinking…", ""):
            await visit.app.assistant_threads_setStatus(
                channel_id=C_GENERAL, thread_ts=root, status=words
            )
            told = await anext(changes)
            assert (told["type"], told["root"], told["words"]) == ("status", root, words)


async def test_who_comes_back_is_told_everything_again(visit: Visit) -> None:
    async with visit.listening() as changes:
        assert (await anext(changes))["messages"] == []
    ts = await visit.say("while nobody listened")
    async with visit.listening() as changes:
        assert [m["ts"] for m in (await anext(changes))["messages"]] == [ts]


async def test_people_edit_and_delete_their_own_messages_only(visit: Visit) -> None:
    ts = await visit.say("helo")
    place = {"channel": C_GENERAL, "ts": ts}
    assert (await visit.do("edit", user=U_BOB, text="mine now", **place))[0] == 409
    assert (await visit.do("delete", user=U_BOB, **place))[0] == 409
    assert (await visit.do("edit", user=U_ALICE, text="hello", **place))[0] == 200
    message = await visit.message(ts)
    assert (message["typed"], message["is_edited"]) == ("hello", True)
    assert (await visit.do("delete", user=U_ALICE, **place))[0] == 200
    assert (await visit.state())["messages"] == []


async def test_a_click_reaches_the_emulator_with_its_value(visit: Visit) -> None:
    label = {"type": "plain_text", "text": "Good"}
    sides = {
        "positive_button": {"text": label, "value": "+1"},
        "negative_button": {"text": label, "value": "-1"},
    }
    feedback = {"type": "feedback_buttons", "action_id": "feedback", **sides}
    drawn = await visit.blocks({"type": "context_actions", "elements": [feedback]})
    assert 'data-action="feedback" data-value="-1"' in drawn
    ts = (await visit.state())["messages"][0]["ts"]
    place = {"user": U_ALICE, "channel": C_GENERAL, "ts": ts}
    status, answer = await visit.do("click", action="feedback", value="-1", **place)
    assert (status, json.loads(answer)) == (200, {"is_taken": False})  # no app listens here
    assert visit.slack.deliveries[-1].body["actions"][0]["value"] == "-1"
    assert (await visit.do("click", action="absent", **place))[0] == 409


@pytest.mark.parametrize(
    "block",
    [
        {"type": "markdown", "text": HOSTILE_MARKDOWN},
        {"type": "section", "text": {"type": "mrkdwn", "text": HOSTILE_MARKDOWN}},
        {"type": "section", "text": {"type": "plain_text", "text": HOSTILE}},
        {"type": "header", "text": {"type": "plain_text", "text": HOSTILE}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": f"`{HOSTILE}` *{HOSTILE}*"}]},
        {"type": "image", "image_url": "javascript:alert(1)", "alt_text": HOSTILE},
        {"type": "image", "image_url": f'https://a.example/"{HOSTILE}', "alt_text": HOSTILE},
        {"type": "table", "rows": [[{"type": "raw_text", "text": HOSTILE}]]},
        {"type": "task_card", "title": HOSTILE, "status": f'"{HOSTILE}', "details": HOSTILE},
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": HOSTILE}]}
            ],
        },
        {
            "type": "input",
            "block_id": f'"{HOSTILE}',
            "label": {"type": "plain_text", "text": HOSTILE},
            "hint": {"type": "plain_text", "text": HOSTILE},
            "element": {
                "type": "plain_text_input",
                "action_id": f'"{HOSTILE}',
                "initial_value": f'"{HOSTILE}',
                "placeholder": {"type": "plain_text", "text": f'"{HOSTILE}'},
            },
        },
        {
            "type": "actions",
            "block_id": f'"{HOSTILE}',
            "elements": [
                {
                    "type": kind,
                    "action_id": f'{kind}"{HOSTILE}',
                    "options": [
                        {"text": {"type": "plain_text", "text": HOSTILE}, "value": f'"{HOSTILE}'}
                    ],
                }
                for kind in ("static_select", "radio_buttons", "checkboxes")
            ],
        },
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "action_id": f'"{HOSTILE}',
                    "value": f'"{HOSTILE}',
                    "url": "javascript:alert(1)",
                    "confirm": {"text": {"type": "plain_text", "text": f'"{HOSTILE}'}},
                    "text": {"type": "plain_text", "text": HOSTILE},
                }
            ],
        },
    ],
)
async def test_hostile_text_of_the_app_is_shown_and_not_obeyed(visit: Visit, block: Json) -> None:
    drawn = await visit.blocks(block)
    assert "&lt;script&gt;" in drawn
    _assert_harmless(drawn)


async def test_hostile_text_of_people_is_shown_and_not_obeyed(visit: Visit) -> None:
    drawn = await visit.html(await visit.say(f"*{HOSTILE_MARKDOWN}* ```{HOSTILE}```\n> {HOSTILE}"))
    assert "&lt;script&gt;" in drawn
    _assert_harmless(drawn)


class Found(HTMLParser):
    """The tags and attributes that a browser would find."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.targets: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        self.targets |= {value or "" for name, value in attrs if name in {"href", "src"}}


def _assert_harmless(html: str) -> None:
    found = Found(html)
    assert found.tags.isdisjoint({"script", "img", "svg", "iframe", "style", "object", "form"})
    assert not [name for name in found.names if name.startswith("on") or name == "style"]
    assert all(target.startswith(("https://", "http://", "mailto:")) for target in found.targets)


@pytest.mark.parametrize(
    ("markdown", "drawn"),
    [
        ("| a | b |\n|---|--:|\n| c | 1 |", '<td class="right">1</td>'),
        ("~~gone~~ **bold**", "<s>gone</s> <strong>bold</strong>"),
        ("```python\nx < 1\n```", '<code class="language-python">x &lt; 1'),
        ("# Title", "<h4>Title</h4>"),
        ("![alt](https://a.example/i.png)", '<a href="https://a.example/i.png"'),
        (f"<@{U_ALICE}> <!here>", 'class="mention">@alice</span> <span class="mention">@here<'),
        (f"&lt;@{U_ALICE}> `<!here>`", f"&lt;@{U_ALICE}&gt; <code>&lt;!here&gt;</code>"),
    ],
)
async def test_markdown_is_drawn_as_slack_shows_it(visit: Visit, markdown: str, drawn: str) -> None:
    assert drawn in await visit.blocks({"type": "markdown", "text": markdown})


@pytest.mark.parametrize(
    ("mrkdwn", "drawn"),
    [
        ("*bold _both_* ~gone~", "<strong>bold <em>both</em></strong> <s>gone</s>"),
        ("中文*加粗*文字 a_b_c 2*3*4", "中文*加粗*文字 a_b_c 2*3*4"),
        ("<https://a.example?x=1&amp;y=2|here>", '<a href="https://a.example?x=1&amp;y=2"'),
        ("`*as is*`", "<code>*as is*</code>"),
        ("&gt; said\n&gt; twice\nend", "<blockquote>said\ntwice</blockquote><div>end</div>"),
        ("a ```x\n&gt; y``` b", "<pre><code>x\n&gt; y</code></pre>"),
        ("<#C0GENERAL0> <!date^1^{date}|Monday>", '>#general</span> <span class="mention">Monday<'),
    ],
)
async def test_mrkdwn_is_drawn_as_slack_shows_it(visit: Visit, mrkdwn: str, drawn: str) -> None:
    text = {"type": "mrkdwn", "text": mrkdwn}
    assert drawn in await visit.blocks({"type": "section", "text": text})


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Host": "elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_another_web_site_gets_nowhere(visit: Visit, headers: dict[str, str]) -> None:
    body = {"user": U_ALICE, "channel": C_GENERAL, "text": "not me"}
    async with visit.http.post("/ui/messages", json=body, headers=headers) as response:
        assert response.status == 403
    for address in ("/", "/ui/state", "/ui/events"):
        async with visit.http.get(address, headers=headers) as response:
            assert response.status == 403
    assert (await visit.state())["messages"] == []


async def test_the_page_itself_may_post(visit: Visit) -> None:
    body = {"user": U_ALICE, "channel": C_GENERAL, "text": "me"}
    headers = {"Origin": visit.slack.base_url, "Sec-Fetch-Site": "same-origin"}
    async with visit.http.post("/ui/messages", json=body, headers=headers) as response:
        assert response.status == 200


async def test_a_foreign_form_is_refused_for_its_type(visit: Visit) -> None:
    body = json.dumps({"user": U_ALICE, "channel": C_GENERAL, "text": "not me"})
    headers = {"Content-Type": "text/plain"}
    async with visit.http.post("/ui/messages", data=body, headers=headers) as response:
        assert response.status == 415


async def test_a_picture_is_shared_and_shown_and_nothing_else_passes_for_one(visit: Visit) -> None:
    body = {"user": U_ALICE, "channel": C_GENERAL, "picture": PICTURE, "name": "<dot>.gif"}
    async with visit.http.post("/ui/messages", json=body) as response:
        assert response.status == 200
    (message,) = (await visit.state())["messages"]
    (address,) = re.findall(
        r'<img class="picture" src="([^"]+)" alt="&lt;dot&gt;.gif">', message["html"]
    )
    async with visit.http.get(address) as response:
        assert (response.status, response.content_type) == (200, "image/gif")
        assert (await response.read()).startswith(b"GIF89a")
    for wrong in (
        "data:text/html;base64,PGI+",
        "data:image/svg+xml;base64,PGI+",
        "data:image/png;base64,=",
        "https://x",
    ):
        async with visit.http.post("/ui/messages", json={**body, "picture": wrong}) as response:
            assert response.status == 409
    async with visit.http.get("/ui/pictures/F0NOTHING") as response:
        assert response.status == 404


@pytest.mark.parametrize(
    "change",
    [
        {"user": "U0NOBODY00"},
        {"channel": C_SHARED},
        {"text": "  "},
        {"text": ""},
    ],
)
async def test_a_message_that_nobody_could_write_is_refused(visit: Visit, change: Json) -> None:
    body = {"user": U_ALICE, "channel": C_GENERAL, "text": "hello", **change}
    assert (await visit.do("messages", **body))[0] == 400


async def test_nobody_writes_into_the_direct_messages_of_others(visit: Visit) -> None:
    status, why = await visit.do("messages", user=U_BOB, channel=D_ALICE, text="hello")
    assert (status, "is not in" in why) == (409, True)


async def test_an_ephemeral_message_names_the_person_it_is_for(visit: Visit) -> None:
    await visit.app.chat_postEphemeral(channel=C_GENERAL, user=U_BOB, text="psst")
    assert [m["only_for"] for m in (await visit.state())["messages"]] == [U_BOB]


async def test_tasks_of_a_stream_are_drawn_and_not_obeyed(visit: Visit) -> None:
    root = await visit.say("@ask-bridge hello")
    task = {"type": "task_update", "id": "1", "title": HOSTILE, "status": "complete"}
    plan = {"type": "plan_update", "title": HOSTILE}
    stream = await visit.app.chat_startStream(
        channel=C_GENERAL,
        thread_ts=root,
        recipient_user_id=U_ALICE,
        recipient_team_id=TEAM,
        chunks=[plan, task, {"type": "markdown_text", "text": "So far"}],
    )
    message = await visit.message(stream["ts"])
    assert message["is_streaming"]
    assert 'class="task complete"' in message["html"]
    _assert_harmless(message["html"])
    (status,) = (await visit.state())["statuses"]
    assert (status["root"], status["is_working"], status["may_stop"]) == (root, True, True)
    assert (status["session"], status["title"]) == ("processing", "")
    stopped = {"user": U_ALICE, "channel": C_GENERAL, "root": root}
    assert (await visit.do("stop", **stopped))[0] == 200
    await visit.app.chat_stopStream(channel=C_GENERAL, ts=stream["ts"])
    assert not (await visit.message(stream["ts"]))["is_streaming"]
    assert (await visit.do("stop", **stopped))[0] == 409


async def test_people_are_told_of_their_modal_and_home(visit: Visit) -> None:
    async with receiving(visit.slack) as receiver, visit.listening() as changes:
        assert (await anext(changes))["type"] == "state"
        await visit.slack.shortcut(U_BOB, "ask_global")
        trigger = receiver.received[-1].payload["trigger_id"]
        view_id = (await visit.app.views_open(trigger_id=trigger, view=MODAL))["view"]["id"]
        told = (await anext(changes))["modal"]
        assert (told["id"], told["user"], told["submit"]) == (view_id, U_BOB, "Send")
        bob = {"user": U_BOB, "view": view_id}
        assert json.loads((await visit.do("submit", **bob))[1]) == {"errors": {"q": REQUIRED}}
        assert (await visit.do("close", user=U_ALICE, view=view_id))[0] == 409
        assert (await visit.do("close", **bob))[0] == 200
        assert await anext(changes) == {"type": "modal_closed", "id": view_id}
        await visit.app.views_publish(user_id=U_BOB, view={"type": "home", "blocks": []})
        assert (await anext(changes))["user"] == U_BOB


async def test_a_command_arrives_escaped_only_if_the_manifest_says_so(visit: Visit) -> None:
    typed = {"user": U_ALICE, "channel": C_GENERAL, "command": "/ask", "text": "1 < 2 @bob"}
    assert (await visit.do("command", **typed))[0] == 200
    assert visit.slack.deliveries[-1].body["text"] == "1 < 2 @bob"
    assert (await visit.do("command", **typed | {"command": "/absent"}))[0] == 409


OPTIONS = [{"text": {"type": "plain_text", "text": word}, "value": word} for word in ("a", "b")]


@pytest.mark.parametrize(
    ("element", "typed", "answer"),
    [
        ({"type": "plain_text_input"}, "why", {"value": "why"}),
        ({"type": "plain_text_input"}, "", {"value": None}),
        ({"type": "static_select", "options": OPTIONS}, "b", {"selected_option": OPTIONS[1]}),
        ({"type": "radio_buttons", "options": OPTIONS}, "invented", {"selected_option": None}),
        ({"type": "checkboxes", "options": OPTIONS}, ["b"], {"selected_options": OPTIONS[1:]}),
        (
            {"type": "static_select", "option_groups": [{"options": OPTIONS}]},
            "a",
            {"selected_option": OPTIONS[0]},
        ),
    ],
)
def test_what_was_filled_in_reads_as_slack_tells_it(
    element: Json, typed: object, answer: Json
) -> None:
    label = {"type": "plain_text", "text": "Question"}
    block = {"type": "input", "block_id": "q", "label": label}
    view = {"blocks": [{**block, "element": {**element, "action_id": "x"}}]}
    values = read_state(view, {"q": {"x": typed}})
    assert values == {"q": {"x": {"type": element["type"], **answer}}}
    is_empty = not any(answer.values())
    assert find_missing(view, values) == ({"q": REQUIRED} if is_empty else {})
    optional = {"blocks": [{**view["blocks"][0], "optional": True}]}
    assert find_missing(optional, values) == {}


async def test_cells_are_pasted_and_messages_are_forwarded_as_slack_shows_them(
    visit: Visit,
) -> None:
    table = await visit.say("sum? <b>", table="Item\tCount\nApples & pears\t3\n")
    html = await visit.html(table)
    assert "<td>Apples &amp; pears</td><td>3</td>" in html
    assert "sum? &lt;b&gt;" in html
    body = {"user": U_BOB, "channel": C_GENERAL, "source": C_GENERAL, "ts": table}
    status, answer = await visit.do("forward", **body, text="look")
    assert status == 200
    shared = await visit.html(json.loads(answer)["ts"])
    assert "look" in shared
    assert '<div class="author_name"><div>Alice Chen</div></div>' in shared
    assert "sum? &lt;b&gt;" in shared
    assert (await visit.do("forward", **body | {"ts": "1.0"}))[0] == 409


async def test_another_app_posts_an_alert(visit: Visit) -> None:
    status, answer = await visit.do("alert", user=U_ALICE, channel=C_GENERAL)
    assert status == 200
    html = await visit.html(json.loads(answer)["ts"])
    assert "HighCPU" in html
    assert "<strong>Severity</strong><div>critical</div>" in html
    assert 'href="https://runbooks.example/cpu"' in html


async def test_what_is_attached_is_shown_and_not_obeyed(visit: Visit) -> None:
    attachment = {"title": HOSTILE, "text": HOSTILE, "footer": HOSTILE, "fallback": HOSTILE}
    attachment["pretext"] = "<javascript:alert(5)|x>"
    fields = [{"title": HOSTILE, "value": HOSTILE}]
    ts = await visit.slack.post_by_bot(C_GENERAL, "", attachments=[attachment | {"fields": fields}])
    _assert_harmless(await visit.html(ts))
