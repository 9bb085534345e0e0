"""Answers at once whoever pressed, typed or submitted something: an ephemeral message, or a modal.

Slack delivers interactions once (docs/slack.md, Receiving). What could not be stored is not coming
again by itself, so the person is told.
"""

from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any

from bridge.core.background import BackgroundTasks
from bridge.core.model import ThreadKey
from bridge.core.ports import AnswerSources, Once
from bridge.core.reply import Threads
from bridge.core.translator import Translation, Translator
from bridge.slack.api.web_api import SlackApi
from bridge.slack.block_kit.message import View
from bridge.slack.block_kit.views import (
    FIELD,
    AskQuestion,
    AskReason,
    ShowSources,
    question_view,
    reason_view,
    sources_view,
)
from bridge.slack.inbound.intents import Decline, OpenModal, Respond
from bridge.slack.reading.payload_fields import (
    Json,
    get_id,
    get_url,
    is_event,
    team_of,
)


@dataclass(frozen=True, slots=True)
class InteractionResponses:
    """Speaks in the person's language. `declines`: nobody is told twice in a while why their
    messages are not answered, however many events bring them.
    """

    api: SlackApi
    translator: Translator
    threads: Threads
    _: KW_ONLY
    background: BackgroundTasks
    answer_sources: AnswerSources
    declines: Once

    async def open_modal(self, intent: OpenModal) -> None:
        """Raises a `BridgeError`."""
        translation = await self.translator.for_user(intent.thread.team, intent.user)
        view = await self._view(intent, translation)
        opened = {"trigger_id": intent.trigger, "view": view}
        await self.api.call("views.open", opened, team=intent.thread.team)

    async def respond(self, body: Json, intent: Respond) -> dict[str, Any]:
        """Returns the body of the acknowledgement. For a press or a shortcut it is empty: the
        person is told by an ephemeral message, in the background.
        """
        match body:
            case {"command": _}:
                return {"response_type": "ephemeral", "text": await self._say(body, intent)}
            case {"type": "view_submission"}:  # the modal stays open with what was written
                return {
                    "response_action": "errors",
                    "errors": {FIELD: await self._say(body, intent)},
                }
        if respond_to := get_url(body, "response_url"):
            send = partial(self._send_ephemeral, body, respond_to, intent)
            self.background.start("send_ephemeral", send)
        return {}

    async def decline(self, body: Json, intent: Decline) -> dict[str, Any]:
        """As `respond`; an event is answered by an ephemeral message, too."""
        said = Respond(f"refused_{intent.why}")
        if not is_event(body):
            return await self.respond(body, said)
        self.background.start("send_ephemeral", partial(self._decline_once, intent, said))
        return {}

    async def _decline_once(self, intent: Decline, said: Respond) -> None:
        thread = intent.thread
        if await self.declines.claim(thread.team, thread.channel, intent.user, intent.why):
            translation = await self.translator.for_user(thread.team, intent.user)
            text = translation.text(said.key)
            await self.threads.send_ephemeral(thread, intent.user, text)

    async def _say(self, body: Json, intent: Respond) -> str:
        translation = await self.translator.for_user(team_of(body), _user(body))
        return translation.text(intent.key, **intent.values)

    async def _send_ephemeral(self, body: Json, respond_to: str, intent: Respond) -> None:
        text = await self._say(body, intent)
        thread = ThreadKey(team_of(body), get_id(body, "channel", "id"), "")
        await self.threads.send_ephemeral(thread, _user(body), text, respond_to=respond_to)

    async def _view(self, intent: OpenModal, translation: Translation) -> View:
        match intent.modal:
            case AskReason() as modal:
                return reason_view(modal, translation)
            case AskQuestion() as modal:
                return question_view(modal, translation)
            case ShowSources(turn):
                return sources_view(
                    await self.answer_sources.find(intent.thread.team, turn), translation
                )


def _user(body: Json) -> str:
    return get_id(body, "user_id") or get_id(body, "user", "id")
