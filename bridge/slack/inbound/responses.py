"""Answers at once whoever pressed or typed: a private word, or a modal.

Slack delivers presses, commands and modals once. What could not be stored is not coming again by
itself, so the person is told.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from bridge.core.background import BackgroundTasks
from bridge.core.limits import Priority
from bridge.core.model import ThreadKey
from bridge.core.ports import AnswerSources
from bridge.core.reply import Threads
from bridge.core.translator import Translation, Translator
from bridge.slack.inbound.intents import OpenModal
from bridge.slack.message import View
from bridge.slack.payload_fields import (
    Json,
    get_dict,
    get_dicts,
    get_id,
    get_str,
    team_of,
    valid_url,
)
from bridge.slack.views.modals import (
    AskQuestion,
    AskReason,
    ShowSources,
    question_view,
    reason_view,
    sources_view,
)
from bridge.slack.web_api import SlackApi


class InteractionResponses:
    """Speaks in the person's language."""

    def __init__(
        self,
        api: SlackApi,
        translator: Translator,
        threads: Threads,
        *,
        background: BackgroundTasks,
        answer_sources: AnswerSources,
    ) -> None:
        self._api = api
        self._translator = translator
        self._threads = threads
        self._background = background
        self._answer_sources = answer_sources

    async def show(self, intent: OpenModal) -> None:
        """Raises a `BridgeError`."""
        translation = await self._translator.for_user(intent.team, intent.user)
        view = await self._view(intent, translation)
        await self._api.call(
            "views.open",
            {"trigger_id": intent.trigger, "view": view},
            team=intent.team,
            channel="",
            priority=Priority.FINAL,
        )

    async def tell(self, body: Json, key: str, **values: object) -> dict[str, Any]:
        """What the acknowledgement of this payload shall say: nothing for a press, whose person is
        told by a message of its own, and nobody waits for that.
        """
        match body:
            case {"command": _}:
                text = await self._say(body, key, values)
                return {"response_type": "ephemeral", "text": text}
            case {"type": "view_submission"}:
                return _errors(body, await self._say(body, key, values))
        if respond_to := valid_url(get_str(body, "response_url")):
            self._background.start(
                "send_ephemeral", partial(self._send_ephemeral, body, respond_to, key, values)
            )
        return {}

    async def _say(self, body: Json, key: str, values: Mapping[str, object]) -> str:
        return (await self._translator.for_user(team_of(body), _person(body))).text(key, **values)

    async def _send_ephemeral(
        self, body: Json, respond_to: str, key: str, values: Mapping[str, object]
    ) -> None:
        text = await self._say(body, key, values)
        thread = ThreadKey(team_of(body), get_id(get_dict(body, "channel"), "id"), "")
        await self._threads.send_ephemeral(thread, _person(body), text, respond_to=respond_to)

    async def _view(self, intent: OpenModal, translation: Translation) -> View:
        match intent.modal:
            case AskReason() as modal:
                return reason_view(modal, translation)
            case AskQuestion() as modal:
                return question_view(modal, translation)
            case ShowSources(turn):
                return sources_view(await self._answer_sources.find(intent.team, turn), translation)


def _person(body: Json) -> str:
    return get_id(body, "user_id") or get_id(get_dict(body, "user"), "id")


def _errors(body: Json, text: str) -> dict[str, Any]:
    """Shown under the input of the modal, which stays open with what was written."""
    inputs = [
        block for block in get_dicts(get_dict(body, "view"), "blocks") if block.get("element")
    ]
    name = next((get_str(block, "block_id") for block in inputs), "")
    return {"response_action": "errors", "errors": {name: text}} if name else {}
