"""Side calls to Alibaba's gateway, through the vendor's SDK in threads.

The SDK is imported by the first call: it costs 20 MB and 160 ms, and reads the credential variables
of the environment at that moment. Its sync methods run in threads: they reuse connections, and its
async ones may block the loop (docs/beebot.md, "The vendor's SDK").
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any
from urllib.parse import SplitResult, urlsplit

from bridge.beebot.faults import CREDENTIALS, sdk_faults
from bridge.beebot.threads import DaemonThreads
from bridge.beebot.tokens import StreamToken
from bridge.core.errors import Misconfigured, ProtocolError, Refused
from bridge.core.model import Robot, RobotId, SessionId

# ruff: noqa: PLC0415 - see above

ENDPOINT = "chatbot.cn-shanghai.aliyuncs.com"
CONNECT_S, READ_S = 5.0, 10.0

_CHINA = timezone(timedelta(hours=8))  # the log's times name no zone; the service is in Shanghai
_LONGEST_COMMENT = 500  # it travels in the query of a URL
_APPLICATIONS = 2  # at once: without a token nobody is answered, so they wait for nothing else
_OTHER_CALLS = 8
_LONGEST_NAME = 80
_MOST_PAGES = 50  # of ten robots, as far as known


@dataclass(frozen=True, slots=True)
class StaticKey:
    """An access key; with a `security_token` it is an STS triple, which nothing renews."""

    key_id: str
    secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class LoggedTurn:
    """A turn in Beebot's log. `asked_at` is epoch seconds, 0.0 where the log does not say."""

    question: str
    answer: str
    asked_at: float
    answer_id: str


@dataclass(frozen=True, slots=True)
class ListedRobot:
    """A robot as Alibaba lists it. `kind` is its type: `scenario_im` answers texts; `language` is
    a tag such as `zh-cn`. All but the id may be empty.
    """

    id: RobotId
    name: str = ""
    kind: str = ""
    language: str = ""


class Gateway:
    """The robots of one account. Without a `key` Alibaba's own credential chain is asked:
    environment, OIDC role, profile files, instance metadata. Every method raises `BridgeError`.
    """

    def __init__(
        self,
        endpoint: str = ENDPOINT,
        *,
        key: StaticKey | None = None,
        proxy: str | None = None,
        is_sandbox: bool = False,
        read_s: float = READ_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`endpoint`: a host name, or `http://127.0.0.1:PORT` for tests."""
        self._address = urlsplit(endpoint_url(endpoint))
        self._key = key
        self._is_sandbox = is_sandbox or None
        self._proxy = proxy
        self._read_s = read_s
        self._clock = clock
        self._client: Any = None
        self._opening = threading.Lock()
        self._applying = DaemonThreads(_APPLICATIONS)
        self._calling = DaemonThreads(_OTHER_CALLS)

    async def apply_for_stream_token(self, space: str = "") -> StreamToken:
        began_at = self._clock()
        call = partial(
            self._call_in_thread,
            "apply_for_stream_access_token",
            "ApplyForStreamAccessToken",
            agent_key=space or None,
        )
        try:
            body = await self._applying.run(call)
        except Refused as error:  # its only parameter is the space
            advice = error.advice or CREDENTIALS
            raise error.recast(Misconfigured, advice=advice) from None
        parts = (body.access_token, body.channel_id, body.stream_secret)
        if not all(isinstance(part, str) and part for part in parts):
            raise ProtocolError("an incomplete stream token", request_id=body.request_id)
        return StreamToken(*parts, issued_at=began_at)

    async def list_robots(self, space: str = "") -> list[ListedRobot]:
        """All of a business space. Nobody says how long a page may be: it has its own length."""
        found: list[ListedRobot] = []
        for page in range(1, _MOST_PAGES + 1):
            body = await self._call(
                "list_instance",
                "ListInstance",
                space,
                page_number=page,
                sandbox=self._is_sandbox,
            )
            listed = [_listed_robot(entry) for entry in body.instances or ()]
            found += listed
            if not listed or len(found) >= (body.total_count or 0):
                break
        return found

    async def logs(self, robot: Robot, session: SessionId) -> list[LoggedTurn]:
        """The finished turns of a session; Beebot keeps them for two hours."""
        body = await self._call(
            "list_tongyi_conversation_logs",
            "ListTongyiConversationLogs",
            robot.space,
            robot_instance_id=robot.id,
            session_id=session,
        )
        return [_logged_turn(entry) for entry in body.datas or () if isinstance(entry, dict)]

    async def cancel(
        self, robot: Robot, session: SessionId, answer_id: str, shown: str = ""
    ) -> bool:
        """Tell Beebot to stop writing; False: it had nothing to stop."""
        body = await self._call(
            "cancel_chat",
            "CancelChat",
            robot.space,
            instance_id=robot.id,
            session_id=session,
            chat_id=answer_id,
            type="Canceled",
            answer=shown,
        )
        return str(body.cancel_result).lower() == "true"

    async def feedback(
        self,
        robot: Robot,
        session: SessionId,
        answer_id: str,
        *,
        is_good: bool,
        comment: str = "",
    ) -> None:
        await self._call(
            "feedback",
            "Feedback",
            robot.space,
            instance_id=robot.id,
            session_id=session,
            message_id=answer_id,
            feedback="good" if is_good else "bad",
            feedback_content=comment[:_LONGEST_COMMENT] or None,
        )

    async def begin_session(self, robot: Robot) -> str:
        """The robot's words of welcome; this opens no session that an id could name."""
        body = await self._call(
            "begin_session",
            "BeginSession",
            robot.space,
            instance_id=robot.id,
            sand_box=self._is_sandbox,
        )
        return str(body.welcome_message or "")

    async def _call(self, method: str, action: str, space: str, **fields: str | int | None) -> Any:
        """The body of the answer, an object of the SDK's."""
        fields["agent_key"] = space or None
        return await self._calling.run(partial(self._call_in_thread, method, action, **fields))

    def _call_in_thread(self, method: str, action: str, **fields: str | int | None) -> Any:
        holds_static_sts = bool(self._key and self._key.security_token)
        with sdk_faults(holds_static_sts=holds_static_sts):
            client = self._open_client()
        from alibabacloud_chatbot20220408 import models

        request = getattr(models, f"{action}Request")(**fields)
        call = getattr(client, method)
        with sdk_faults(holds_static_sts=holds_static_sts):
            return call(request).body

    def _open_client(self) -> Any:
        with self._opening:
            if self._client is None:
                from alibabacloud_chatbot20220408.client import Client
                from alibabacloud_tea_openapi.models import Config

                config = Config(
                    protocol=self._address.scheme.upper(),
                    endpoint=self._address.netloc,
                    connect_timeout=int(CONNECT_S * 1000),
                    read_timeout=int(self._read_s * 1000),
                    **_credentials(self._key),
                )
                self._client = Client(config)
                _silence_loggers()
                _set_proxy(self._address, self._proxy)
            return self._client


def endpoint_url(endpoint: str) -> str:
    return endpoint if "://" in endpoint else f"https://{endpoint}"


def _logged_turn(entry: dict[str, Any]) -> LoggedTurn:
    """`{"Question": "…", "Answer": "…", "QueryTime": "2025-01-31 08:30:00", "ChatId": "…"}`."""
    return LoggedTurn(
        question=str(entry.get("Question") or ""),
        answer=str(entry.get("Answer") or ""),
        asked_at=_epoch(str(entry.get("QueryTime") or "")),
        answer_id=str(entry.get("ChatId") or ""),
    )


def _listed_robot(entry: Any) -> ListedRobot:
    """The SDK's object; what Alibaba leaves out is None there."""
    return ListedRobot(
        RobotId(str(entry.instance_id or "")),
        " ".join(str(entry.name or "").split())[:_LONGEST_NAME],
        str(entry.robot_type or ""),
        str(entry.language_code or ""),
    )


def _epoch(text: str) -> float:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_CHINA).timestamp()
    except ValueError:
        return 0.0


def _credentials(key: StaticKey | None) -> dict[str, Any]:
    """The chain's own calls obey the environment's HTTP_PROXY and HTTPS_PROXY, not our settings."""
    if key is None:
        from alibabacloud_credentials.client import Client

        return {"credential": Client()}
    return {
        "access_key_id": key.key_id,
        "access_key_secret": key.secret,
        "security_token": key.security_token or None,
    }


def _silence_loggers() -> None:
    """The import adds handlers to these, which print to stderr what we log anyway."""
    for name, level in (
        ("darabonba-core", logging.WARNING),
        ("alibabacloud-tea", logging.WARNING),
        ("credentials", logging.CRITICAL),  # warns with a traceback of what it then raises
    ):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(level)


def _set_proxy(address: SplitResult, proxy: str | None) -> None:
    """The SDK takes HTTP_PROXY and HTTPS_PROXY from the environment and ignores NO_PROXY
    (docs/beebot.md). It keeps one session for an address; ours, in that place, uses `proxy` alone.
    """
    from darabonba.core import DEFAULT_POOL_MAXSIZE, DaraCore
    from requests import Session  # type: ignore[import-untyped, unused-ignore]

    session = Session()
    adapter = DaraCore.get_adapter(address.scheme, pool_size=DEFAULT_POOL_MAXSIZE)
    send, proxies = adapter.send, {address.scheme: proxy} if proxy else {}
    adapter.send = lambda *args, **options: send(*args, **{**options, "proxies": proxies})
    session.mount(f"{address.scheme}://", adapter)
    name = f"{address.scheme}://{address.netloc}:80:pool={DEFAULT_POOL_MAXSIZE}"
    DaraCore._sessions[name] = session  # noqa: SLF001 - the SDK offers no other way
