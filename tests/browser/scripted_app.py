"""A small app that uses what the page must draw: blocks, modals, the App Home, prompts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bridge.emulators.page import serve_page
from bridge.emulators.slack import SlackEmulator
from tests.emulators.slack_witness import MANIFEST, Received, client_of, receiving
from tests.slack import slack_emulator

Json = dict[str, Any]

COMMAND = {
    "command": "/beebot",
    "description": "Ask Beebot 向小蜜提问",
    "usage_hint": "[question]",
    "should_escape": True,
}
PROMPTS = [
    {"title": "What can you do?", "message": "What can you help me with?"},
    {"title": "请假怎么申请?", "message": "请问年假怎么申请?"},
]
FEATURES = MANIFEST["features"] | {
    "slash_commands": [COMMAND],
    "shortcuts": [
        {
            "name": "Ask about this message",
            "type": "message",
            "callback_id": "ask_about_message",
            "description": "Ask about it",
        }
    ],
}


def words(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def button(action: str, label: str, **more: Any) -> Json:
    return {"type": "button", "action_id": action, "text": words(label), **more}


ANSWER: list[Json] = [
    {"type": "header", "text": words("Annual leave 年假")},
    {
        "type": "markdown",
        "text": "You have **12 days** of annual leave. 您今年还有**十二天**年假。\n\n"
        "| Kind 类别 | Days 天数 |\n|---|--:|\n| Annual 年假 | 12 |\n| Sick 病假 | 5 |\n\n"
        "1. Open the [portal](https://hr.example)\n2. Choose *Leave*\n   - whole days\n\n"
        "```python\nprint('你好')\n```\n> Ask before you book. ![map](https://hr.example/map.png)",
    },
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*1.* Leave policy 休假制度 `v3`"},
        "accessory": button("quote", "Show the passage", value="1"),
    },
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*2.* Handbook 员工手册"},
        "accessory": button("quote", "Show the passage", value="2"),
    },
    {"type": "divider"},
    {
        "type": "context",
        "elements": [
            {"type": "mrkdwn", "text": "Beebot can be wrong 内容由模型生成"},
            {"type": "image", "image_url": "https://hr.example/seal.png", "alt_text": "Seal"},
        ],
    },
    {
        "type": "actions",
        "elements": [
            button("related", "How do I book?", value="How do I book?", style="primary"),
            button("again", "Ask again 重新回答"),
            button("forget", "Forget", style="danger"),
        ],
    },
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "feedback",
                "positive_button": {"text": words("Good"), "value": "good"},
                "negative_button": {"text": words("Bad"), "value": "bad"},
            },
            {
                "type": "icon_button",
                "icon": "trash",
                "text": words("Remove"),
                "action_id": "remove",
            },
        ],
    },
]
REASONS = [
    {"text": words(text), "value": text} for text in ("Wrong 不对", "Old 过时", "Other 其他")
]
REASON_MODAL: Json = {
    "type": "modal",
    "callback_id": "reason",
    "title": words("What went wrong?"),
    "submit": words("Send"),
    "close": words("Cancel"),
    "blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "Tell us *why* 请告诉我们原因"}},
        {
            "type": "input",
            "block_id": "kind",
            "label": words("Kind"),
            "element": {"type": "radio_buttons", "action_id": "kind", "options": REASONS},
        },
        {
            "type": "input",
            "block_id": "topic",
            "label": words("Topic"),
            "optional": True,
            "element": {
                "type": "static_select",
                "action_id": "topic",
                "placeholder": words("Choose one"),
                "options": REASONS[:2],
            },
        },
        {
            "type": "input",
            "block_id": "why",
            "label": words("Details"),
            "hint": words("At least ten characters"),
            "element": {
                "type": "plain_text_input",
                "action_id": "text",
                "multiline": True,
                "placeholder": words("What did you expect? 您期待什么?"),
            },
        },
        {"type": "actions", "elements": [button("deeper", "Show an example")]},
    ],
}
EXAMPLE_MODAL: Json = {
    "type": "modal",
    "title": words("An example"),
    "close": words("Back"),
    "blocks": [{"type": "markdown", "text": "> It said *five* days, but it is **twelve**."}],
}
HOME: Json = {
    "type": "home",
    "blocks": [
        {"type": "header", "text": words("What Beebot can do 小蜜能做什么")},
        {"type": "markdown", "text": "- Answer questions\n- 回答问题\n- Name its sources"},
        {"type": "actions", "elements": [button("try", "Try it 试一试", style="primary")]},
    ],
}


@dataclass
class ScriptedApp:
    """Notes what comes, and does on each click what its script says."""

    slack: SlackEmulator
    client: AsyncWebClient
    heard: list[Json] = field(default_factory=list)
    answers: dict[str, Json] = field(default_factory=dict)  # by the payload's type
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def answer(self, received: Received) -> web.Response:
        payload = received.payload
        self.heard.append(payload)
        if payload.get("type") == "block_actions":
            act = self._scripts.get(payload["actions"][0]["action_id"])
            if act is not None:
                self._spawn(act(payload))
        if payload.get("type") == "event_callback":
            self._hear(payload["event"])
        kind = "command" if "command" in payload else payload["type"]
        return web.json_response(self.answers[kind]) if kind in self.answers else web.Response()

    async def until_heard(self, kind: str) -> Json:
        """The newest payload of this type: of an event its inner type, `command` for commands."""
        return await self.slack.until(lambda: self._newest(kind))

    def _newest(self, kind: str) -> Json:
        """Empty when there was none."""
        return next((payload for payload in reversed(self.heard) if _kind(payload) == kind), {})

    @property
    def _scripts(self) -> dict[str, Callable[[Json], Awaitable[Any]]]:
        return {
            "feedback": lambda click: self._open(click, REASON_MODAL),
            "deeper": lambda click: self.client.views_push(
                trigger_id=click["trigger_id"], view=EXAMPLE_MODAL
            ),
        }

    async def _open(self, click: Json, view: Json) -> None:
        if click["actions"][0]["value"] == "bad":
            await self.client.views_open(trigger_id=click["trigger_id"], view=view)

    def _hear(self, event: Json) -> None:
        if event["type"] == "app_home_opened":
            self._spawn(self._welcome(event["user"], event["channel"], event["tab"]))

    async def _welcome(self, user: str, channel: str, tab: str) -> None:
        if tab == "home":
            await self.client.views_publish(user_id=user, view=HOME)
        else:
            await self.client.assistant_threads_setSuggestedPrompts(
                channel_id=channel, prompts=PROMPTS
            )

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _kind(payload: Json) -> str:
    if "command" in payload:
        return "command"
    if payload["type"] == "event_callback":
        return str(payload["event"]["type"])
    return str(payload["type"])


@asynccontextmanager
async def scripted() -> AsyncIterator[ScriptedApp]:
    """The page's server with the app behind it."""
    slack = slack_emulator(manifest=MANIFEST | {"features": FEATURES}, retry_delays_s=())
    serve_page(slack)
    async with slack, client_of(slack) as client, receiving(slack) as receiver:
        app = ScriptedApp(slack, client)
        receiver.answer = app.answer
        yield app
