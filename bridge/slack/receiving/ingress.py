"""Takes payloads from Slack into the inbox: translate, store once, and only then acknowledge."""

import logging
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bridge.core.errors import Unavailable
from bridge.core.events import CommandPut, Observer, PayloadDropped, PayloadFailed
from bridge.core.intake import Intake
from bridge.core.model import TurnId
from bridge.slack.client import SILENT
from bridge.slack.identity import Identity
from bridge.slack.receiving.payloads import Dropped, Policy, Reader, kind_of, team_of

Json = dict[str, Any]

_log = logging.getLogger(__name__)


class Ingress:
    """The listeners of both transports.

    Whatever cannot be stored is answered 5xx, which in Socket Mode is no acknowledgement: Slack
    delivers an event again at once, after a minute and after five. `identity` gives None until it
    is known, `accepts` turns false when nobody is left to answer what would be stored; both are
    answered 503.
    """

    def __init__(
        self,
        intake: Intake,
        identity: Callable[[], Identity | None],
        observe: Observer,
        *,
        client: AsyncWebClient,
        policy: Policy = Policy(),  # noqa: B008 - frozen
        accepts: Callable[[], bool] = lambda: True,
    ) -> None:
        self._intake = intake
        self._identity = identity
        self._observe = observe
        self._client = client
        self._policy = policy
        self._accepts = accepts
        self.app = self._build()

    async def dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        """Never raises: Bolt stumbles over odd shapes in places that its error handler misses."""
        body = request.body
        try:
            if why := self._unwanted(body):
                return self._drop(body, why)
            return await self.app.async_dispatch(request)
        except Exception as error:  # noqa: BLE001 - see above
            return await self._fail(error, body)

    def _build(self) -> AsyncApp:
        """Bolt, with everything off that the guard or `payloads` does already."""
        app = AsyncApp(
            name="slack_bolt",  # Bolt silences the logger of this name as well
            logger=SILENT,
            client=self._client,
            signing_secret="",
            process_before_response=True,
            raise_error_for_unhandled_request=True,
            authorize=_authorizer(self._who, self._client.token),
            request_verification_enabled=False,
            ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        app.event("app_mention")(self._hear)
        app.event("message")(self._hear)
        app.error(self._fail)
        return app

    def _unwanted(self, body: Json) -> str:
        """Why no listener shall see this; empty if one may."""
        if body.get("type") == "url_verification":
            return ""
        if body.get("type") == "app_rate_limited":
            return "rate_limited"
        if team_of(body) != self._who().team_id:
            return "foreign_team"
        has_event = body.get("type") != "event_callback" or _is_event(body.get("event"))
        return "" if has_event else "malformed"

    def _who(self) -> Identity:
        identity = self._identity()
        if identity is None:
            raise Unavailable("identity")
        return identity

    async def _hear(self, body: Json) -> BoltResponse:
        meaning = Reader(self._who(), self._policy).read(body)
        if isinstance(meaning, Dropped):
            return self._drop(body, meaning.why)
        if not self._accepts():
            raise Unavailable("draining")
        receipt = await self._intake.take(meaning)
        self._observe(CommandPut(meaning.turn or TurnId(""), meaning.thread, receipt))
        return BoltResponse(status=200)

    async def _fail(self, error: Exception, body: Json) -> BoltResponse:
        """The last resort: what no listener wants is acknowledged, what went wrong comes again."""
        match error:
            case BoltUnhandledRequestError():
                return self._drop(body, "unknown")
            case Unavailable(reason=reason):
                return self._send_back(body, reason, status=503)
            case _:
                _log.error("payload.bug: %s", _whereabouts(error))
                return self._send_back(body, "bug", status=500)

    def _send_back(self, body: Json, why: str, *, status: int) -> BoltResponse:
        self._observe(PayloadFailed(kind_of(body), why))
        return BoltResponse(status=status)

    def _drop(self, body: Json, why: str) -> BoltResponse:
        self._observe(PayloadDropped(kind_of(body), why))
        return BoltResponse(status=200)


def _authorizer(
    who: Callable[[], Identity], token: str | None
) -> Callable[[], Awaitable[AuthorizeResult]]:
    """We know who we are; Bolt's own way asks Slack, and loses the event if that fails."""

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


def _is_event(event: object) -> bool:
    return isinstance(event, dict) and isinstance(event.get("type"), str)


def _whereabouts(error: Exception) -> str:
    """The kind of an error and its place, without its text: that may quote the payload."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.filename}:{last.lineno}"
