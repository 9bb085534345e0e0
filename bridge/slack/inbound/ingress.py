"""Takes payloads from Slack into the inbox: translate, store once, and only then acknowledge."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bridge.core.command_handler import CommandHandler
from bridge.core.commands import Command, DropReason
from bridge.core.errors import BridgeError, Unavailable, safe_trace
from bridge.core.events import CommandHandled, Observer, PayloadDropped, PayloadFailed
from bridge.core.model import TurnId
from bridge.core.policy import Policy
from bridge.slack.api.web_api import SILENT
from bridge.slack.block_kit import actions
from bridge.slack.inbound.app_events import read_app_event
from bridge.slack.inbound.block_actions import read_block_action
from bridge.slack.inbound.intents import Decline, Ignore, Intent, OpenModal, Respond, admit
from bridge.slack.inbound.message_events import MessageEvents, is_own_message
from bridge.slack.inbound.responses import InteractionResponses
from bridge.slack.inbound.slash_commands import read_message_shortcut, read_slash_command
from bridge.slack.inbound.view_submissions import read_view_submission
from bridge.slack.outbound.welcome import AppEvent
from bridge.slack.reading.payload_fields import Json, is_event, is_whole, kind_of, team_of
from bridge.slack.reading.post import APP_MENTION
from bridge.slack.workspace.identity import Identity

_ANY = re.compile("")

REDELIVERY_S = 70.0  # a refused event comes again at once and after a minute


@dataclass(slots=True)
class Ingress:
    """The listeners of both transports.

    If an event cannot be stored, it is answered 5xx; in Socket Mode, it is not acknowledged. Then
    Slack delivers it again at once, after a minute and after five minutes. Anything but an event
    comes once, so the person is told that it was not stored.

    An event is not stored before `identity` is known, nor when `accepts` is false because this
    process is about to end. A modal opens within `modal_s` or not at all. `on_app_event` returns at
    once.
    """

    handler: CommandHandler
    identity: Callable[[], Identity | None]
    observe: Observer
    _: KW_ONLY
    client: AsyncWebClient
    responses: InteractionResponses
    policy: Policy = field(default_factory=Policy)
    accepts: Callable[[], bool] = lambda: True
    on_app_event: Callable[[AppEvent], None] = lambda _event: None
    modal_s: float = 2.0
    app: AsyncApp = field(init=False)

    def __post_init__(self) -> None:
        self.app = self._build()

    async def dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        """Never raises: some malformed payloads make Bolt fail outside its error handler."""
        body = request.body
        try:
            if why := self._unwanted(body):
                return self._ignore(body, Ignore(why))
            return await self.app.async_dispatch(request)
        except Exception as error:  # noqa: BLE001 - see above
            return await self._fail(error, body)

    def _build(self) -> AsyncApp:
        """Bolt, with everything off that the guard or the readers do already."""
        app = AsyncApp(
            name="slack_bolt",  # Bolt silences the logger of this name as well
            logger=SILENT,
            client=self.client,
            signing_secret="",
            process_before_response=True,
            raise_error_for_unhandled_request=True,
            authorize=_authorizer(self._who, self.client.token),
            request_verification_enabled=False,
            ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        for event in (APP_MENTION, "message", "agent_session_stopped"):
            app.event(event)(self._message_event)
        for event in ("agent_session_title_changed", "app_home_opened", "member_joined_channel"):
            app.event(event)(self._app_event)
        app.block_action(_ANY)(self._block_action)
        app.message_shortcut(actions.ASK_ABOUT_MESSAGE)(self._message_shortcut)
        app.view_submission(_ANY)(self._view_submission)
        app.command(actions.COMMAND)(self._slash_command)
        app.error(self._fail)
        return app

    def _unwanted(self, body: Json) -> DropReason | None:
        """Why no listener may see this; None if one may."""
        if body.get("type") == "url_verification":
            return None
        if body.get("type") == "app_rate_limited":
            return DropReason.RATE_LIMITED
        identity = self._who()
        if team_of(body) != identity.team_id:
            return DropReason.FOREIGN_TEAM
        if not is_whole(body):
            return DropReason.MALFORMED
        return DropReason.OWN if is_own_message(body, identity) else None

    def _who(self) -> Identity:
        identity = self.identity()
        if identity is None:
            raise Unavailable("identity")
        return identity

    async def _message_event(self, body: Json) -> BoltResponse:
        return await self._act(MessageEvents(self._who(), self.policy).read(body), body)

    async def _app_event(self, body: Json) -> BoltResponse:
        return await self._act(read_app_event(body, self._who()), body)

    async def _block_action(self, body: Json) -> BoltResponse:
        return await self._act(read_block_action(body, self._who(), self.policy), body)

    async def _message_shortcut(self, body: Json) -> BoltResponse:
        return await self._act(read_message_shortcut(body, self._who(), self.policy), body)

    async def _view_submission(self, body: Json) -> BoltResponse:
        intent = read_view_submission(body, self._who(), self.policy, now=time.time())
        return await self._act(intent, body)

    async def _slash_command(self, body: Json) -> BoltResponse:
        intent = read_slash_command(body, self._who(), self.policy, now=time.time())
        return await self._act(intent, body)

    async def _act(self, intent: Intent | AppEvent, body: Json) -> BoltResponse:
        if isinstance(intent, AppEvent):
            self.on_app_event(intent)
            return _acknowledge()
        match admit(intent, self.policy):
            case Ignore() as ignored:
                return self._ignore(body, ignored)
            case Decline() as decline:
                return await self._decline(body, decline)
            case Respond() as response:
                return await self._respond(body, response)
            case OpenModal() as opening:
                return await self._open_modal(opening, body)
            case command:
                await self._store(command)
        return _acknowledge()

    async def _store(self, command: Command) -> None:
        if not self.accepts():
            raise Unavailable("draining")
        result = await self.handler.handle(command)
        self.observe(CommandHandled(command.turn or TurnId(""), command.thread, result))

    async def _open_modal(self, intent: OpenModal, body: Json) -> BoltResponse:
        """The command of the press is stored first, so it counts even if the modal cannot be
        opened.
        """
        deadline = asyncio.get_running_loop().time() + self.modal_s
        if intent.command:
            await self._store(intent.command)
        try:
            async with asyncio.timeout_at(deadline):
                await self.responses.open_modal(intent)
        except (BridgeError, TimeoutError) as error:
            self.observe(_failed(body, error))
            return await self._respond(body, Respond("not_opened"))
        return _acknowledge()

    async def _fail(self, error: Exception, body: Json) -> BoltResponse:
        """A payload for which there is no listener is acknowledged. After a failure, an event is
        refused, so Slack delivers it again; anything else comes once, so its person is told.
        """
        match error:
            case BoltUnhandledRequestError():
                return self._ignore(body, Ignore(DropReason.UNKNOWN))
            case Unavailable():
                status, failed = 503, _failed(body, error)
            case _:
                status, failed = 500, PayloadFailed(kind_of(body), "bug", safe_trace(error))
        self.observe(failed)
        if is_event(body):
            return BoltResponse(status=status)
        return await self._respond(body, Respond("not_stored"))  # Slack would not bring it again

    async def _respond(self, body: Json, intent: Respond) -> BoltResponse:
        return _acknowledge(await self.responses.respond(body, intent))

    async def _decline(self, body: Json, intent: Decline) -> BoltResponse:
        self.observe(PayloadDropped(kind_of(body), intent.why, is_addressed=True))
        return _acknowledge(await self.responses.decline(body, intent))

    def _ignore(self, body: Json, intent: Ignore) -> BoltResponse:
        self.observe(PayloadDropped(kind_of(body), intent.why, intent.is_addressed, bot=intent.bot))
        return _acknowledge()


def _failed(body: Json, error: BridgeError | TimeoutError) -> PayloadFailed:
    if isinstance(error, TimeoutError):
        return PayloadFailed(kind_of(body), "slow")
    kind, reason = kind_of(body), error.reason
    return PayloadFailed(kind, reason, cause=error.description, advice=error.advice)


def _acknowledge(said: dict[str, Any] | None = None) -> BoltResponse:
    return BoltResponse(status=200, body=said or "")


def _authorizer(
    who: Callable[[], Identity], token: str | None
) -> Callable[[], Awaitable[AuthorizeResult]]:
    """Without a call: Bolt's own way asks Slack, and loses the event if that fails."""

    async def authorize() -> AuthorizeResult:
        identity = who()
        return AuthorizeResult(
            enterprise_id=identity.enterprise_id or None,
            team_id=identity.team_id,
            bot_user_id=identity.bot_user_id,
            bot_id=identity.bot_id,
            bot_token=token,
        )

    return authorize
