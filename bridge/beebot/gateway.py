"""Side calls to Alibaba's gateway, through the vendor's SDK in a thread."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

from bridge.beebot.advice import CREDENTIALS
from bridge.beebot.faults import sdk_faults
from bridge.beebot.sdk import StaticKey, Timeouts, open_client, request_class
from bridge.beebot.sign import StreamToken
from bridge.beebot.threads import DaemonThreads
from bridge.core.errors import Misconfigured, ProtocolError, Refused
from bridge.core.model import SessionId

ENDPOINT = "chatbot.cn-shanghai.aliyuncs.com"

_CHINA = timezone(timedelta(hours=8))  # the log's times name no zone; the service is in Shanghai
_LONGEST_COMMENT = 500  # it travels in the query of a URL
_APPLICATIONS = 2  # at once: without a token nobody is answered, so they wait for nothing else
_OTHER_CALLS = 8


@dataclass(frozen=True, slots=True)
class LoggedTurn:
    """A turn in Beebot's log. `asked_at` is epoch seconds, 0.0 where the log does not say."""

    question: str
    answer: str
    asked_at: float
    answer_id: str


class Gateway:
    """One robot behind one business space. Without a `key` Alibaba's own credential chain is
    asked: environment, OIDC role, profile files, instance metadata.

    The SDK is imported by the first call (it costs 20 MB and 160 ms) and its sync methods run in
    threads: they reuse connections, and its async ones may block the loop (docs/beebot.md). Every
    method raises `BridgeError`.
    """

    def __init__(  # noqa: PLR0913 - what it takes to address a robot
        self,
        endpoint: str = ENDPOINT,
        *,
        instance_id: str,
        agent_key: str = "",
        key: StaticKey | None = None,
        proxy: str | None = None,
        connect_s: float = 5.0,
        read_s: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`endpoint`: a host name, or `http://127.0.0.1:PORT` for tests."""
        self._endpoint = endpoint
        self._instance_id = instance_id
        self._agent_key = agent_key or None
        self._key = key
        self._proxy = proxy
        self._timeouts = Timeouts(connect_s, read_s)
        self._clock = clock
        self._client: Any = None
        self._opening = threading.Lock()
        self._applying = DaemonThreads(_APPLICATIONS)
        self._calling = DaemonThreads(_OTHER_CALLS)

    async def apply_for_stream_token(self) -> StreamToken:
        began_at = self._clock()
        try:
            body = await self._call(
                "apply_for_stream_access_token", "ApplyForStreamAccessToken", threads=self._applying
            )
        except Refused as error:  # its only parameter is the space
            advice = error.advice or CREDENTIALS
            raise Misconfigured(error.reason, advice=advice, **error.details) from None
        parts = (body.access_token, body.channel_id, body.stream_secret)
        if not all(isinstance(part, str) and part for part in parts):
            raise ProtocolError("an incomplete stream token", request_id=body.request_id)
        return StreamToken(*parts, born_at=began_at)

    async def logs(self, session: SessionId) -> list[LoggedTurn]:
        """The finished turns of a session; Beebot keeps them for two hours."""
        body = await self._call(
            "list_tongyi_conversation_logs",
            "ListTongyiConversationLogs",
            robot_instance_id=self._instance_id,
            session_id=session,
        )
        return [_logged(entry) for entry in body.datas or () if isinstance(entry, dict)]

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

    async def _call(
        self,
        method: str,
        action: str,
        *,
        threads: DaemonThreads | None = None,
        **fields: str | None,
    ) -> Any:
        """The body of the answer, an object of the SDK's."""
        call = partial(self._call_in_thread, method, action, fields)
        return await (threads or self._calling).run(call)

    def _call_in_thread(self, method: str, action: str, fields: dict[str, str | None]) -> Any:
        holds_static_sts = bool(self._key and self._key.security_token)
        with sdk_faults(holds_static_sts=holds_static_sts):
            client = self._open()
        request = request_class(action)(agent_key=self._agent_key, **fields)
        call = getattr(client, method)
        with sdk_faults(holds_static_sts=holds_static_sts):
            return call(request).body

    def _open(self) -> Any:
        with self._opening:
            if self._client is None:
                self._client = open_client(self._endpoint, self._key, self._timeouts, self._proxy)
            return self._client


def _logged(entry: dict[str, Any]) -> LoggedTurn:
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
