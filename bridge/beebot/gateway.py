"""Side calls to Alibaba's gateway, through the vendor's SDK in threads.

The SDK is imported by the first call: it costs 20 MB and 160 ms, and reads the credential variables
of the environment at that moment. Its sync methods run in threads: they reuse connections, and its
async ones may block the loop (docs/beebot.md, "The vendor's SDK").
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from bridge.beebot.faults import CREDENTIALS, sdk_faults
from bridge.beebot.tokens import StreamToken
from bridge.core.errors import Misconfigured, ProtocolError, Refused
from bridge.core.model import SessionId

# ruff: noqa: PLC0415 - see above

T = TypeVar("T")

ENDPOINT = "chatbot.cn-shanghai.aliyuncs.com"
CONNECT_S, READ_S = 5.0, 10.0

_CHINA = timezone(timedelta(hours=8))  # the log's times name no zone; the service is in Shanghai
_LONGEST_COMMENT = 500  # it travels in the query of a URL
_APPLICATIONS = 2  # at once: without a token nobody is answered, so they wait for nothing else
_OTHER_CALLS = 8


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


class Gateway:
    """One robot behind one business space. Without a `key` Alibaba's own credential chain is
    asked: environment, OIDC role, profile files, instance metadata. Every method raises
    `BridgeError`.
    """

    def __init__(  # noqa: PLR0913 - what it takes to address a robot
        self,
        endpoint: str = ENDPOINT,
        *,
        instance_id: str,
        agent_key: str = "",
        key: StaticKey | None = None,
        proxy: str | None = None,
        read_s: float = READ_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`endpoint`: a host name, or `http://127.0.0.1:PORT` for tests."""
        self._address = urlsplit(endpoint_url(endpoint))
        self._instance_id = instance_id
        self._agent_key = agent_key or None
        self._key = key
        self._proxy = proxy
        self._read_s = read_s
        self._clock = clock
        self._client: Any = None
        self._opening = threading.Lock()
        self._applying = DaemonThreads(_APPLICATIONS)
        self._calling = DaemonThreads(_OTHER_CALLS)

    async def apply_for_stream_token(self) -> StreamToken:
        began_at = self._clock()
        call = partial(
            self._call_in_thread, "apply_for_stream_access_token", "ApplyForStreamAccessToken"
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

    async def logs(self, session: SessionId) -> list[LoggedTurn]:
        """The finished turns of a session; Beebot keeps them for two hours."""
        body = await self._call(
            "list_tongyi_conversation_logs",
            "ListTongyiConversationLogs",
            robot_instance_id=self._instance_id,
            session_id=session,
        )
        return [_logged_turn(entry) for entry in body.datas or () if isinstance(entry, dict)]

    async def cancel(self, session: SessionId, answer_id: str, shown: str = "") -> bool:
        """Tell Beebot to stop writing; False: it had nothing to stop."""
        body = await self._call(
            "cancel_chat",
            "CancelChat",
            instance_id=self._instance_id,
            session_id=session,
            chat_id=answer_id,
            type="Canceled",
            answer=shown,
        )
        return str(body.cancel_result).lower() == "true"

    async def feedback(
        self, session: SessionId, answer_id: str, *, is_good: bool, comment: str = ""
    ) -> None:
        await self._call(
            "feedback",
            "Feedback",
            instance_id=self._instance_id,
            session_id=session,
            message_id=answer_id,
            feedback="good" if is_good else "bad",
            feedback_content=comment[:_LONGEST_COMMENT] or None,
        )

    async def begin_session(self) -> str:
        """The robot's words of welcome; this opens no session that an id could name."""
        body = await self._call("begin_session", "BeginSession", instance_id=self._instance_id)
        return str(body.welcome_message or "")

    async def _call(self, method: str, action: str, **fields: str | bool | None) -> Any:
        """The body of the answer, an object of the SDK's."""
        return await self._calling.run(partial(self._call_in_thread, method, action, **fields))

    def _call_in_thread(self, method: str, action: str, **fields: str | bool | None) -> Any:
        holds_static_sts = bool(self._key and self._key.security_token)
        with sdk_faults(holds_static_sts=holds_static_sts):
            client = self._open_client()
        from alibabacloud_chatbot20220408 import models

        request = getattr(models, f"{action}Request")(agent_key=self._agent_key, **fields)
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


class DaemonThreads:
    """Runs blocking calls in threads that the end of the process does not wait for, unlike those of
    `asyncio.to_thread`. At most `most` at once; the others wait in order.
    """

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)

    async def run(self, call: Callable[[], T]) -> T:
        """What `call` returns or raises. If the caller is cancelled, the call goes on and keeps its
        place until it ends.
        """
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def settle(setter: Callable[[Any], None], outcome: object) -> None:
            self._free.release()
            if not answer.cancelled():
                setter(outcome)

        def work() -> None:
            try:
                report = partial(settle, answer.set_result, call())
            except BaseException as error:  # noqa: BLE001 - whatever it is, somebody waits for it
                report = partial(settle, answer.set_exception, error)
            with suppress(RuntimeError):  # the loop is closed: nobody wants to know
                loop.call_soon_threadsafe(report)

        threading.Thread(target=work, name="blocking call", daemon=True).start()
        return await answer
