"""Side calls to Alibaba's gateway: tokens, the list of robots, logs, stops, ratings, welcomes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from bridge.beebot.faults import CREDENTIALS
from bridge.beebot.request import StreamToken
from bridge.beebot.sdk import DaemonThreads, Sdk, StaticKey
from bridge.core.errors import Misconfigured, ProtocolError, Refused
from bridge.core.model import Robot, RobotId, SessionId

READ_S = 10.0

_CHINA = timezone(timedelta(hours=8))  # the log's times name no zone; the service is in Shanghai
_LONGEST_COMMENT = 500  # it travels in the query of a URL
_APPLICATIONS = 2  # at once: without a token nobody is answered, so they wait for nothing else
_OTHER_CALLS = 8
_LONGEST_NAME = 80
_MOST_PAGES = 50  # of ten robots, as far as known


@dataclass(frozen=True, slots=True)
class LoggedTurn:
    """A turn in Beebot's log. `asked_at` is epoch seconds, 0.0 where the log does not say."""

    question: str
    answer: str
    asked_at: float


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
        endpoint: str,
        *,
        key: StaticKey | None = None,
        proxy: str | None = None,
        is_sandbox: bool = False,
        read_s: float = READ_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`endpoint`: a host name, or `http://127.0.0.1:PORT` for tests."""
        self._sdk = Sdk(urlsplit(endpoint_url(endpoint)), key, proxy, read_s)
        self._is_sandbox = is_sandbox or None
        self._clock = clock
        self._applying = DaemonThreads(_APPLICATIONS)
        self._calling = DaemonThreads(_OTHER_CALLS)

    async def apply_for_stream_token(self, space: str = "") -> StreamToken:
        began_at = self._clock()
        call = partial(
            self._sdk.call,
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
            "ListTongyiConversationLogs",
            robot.space,
            robot_instance_id=robot.id,
            session_id=session,
        )
        return [_logged_turn(entry) for entry in body.datas or () if isinstance(entry, dict)]

    async def cancel(
        self, robot: Robot, session: SessionId, answer_id: str, shown: str = ""
    ) -> None:
        """Tell Beebot to stop writing, if it still does."""
        await self._call(
            "CancelChat",
            robot.space,
            instance_id=robot.id,
            session_id=session,
            chat_id=answer_id,
            type="Canceled",
            answer=shown,
        )

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
            "BeginSession",
            robot.space,
            instance_id=robot.id,
            sand_box=self._is_sandbox,
        )
        return str(body.welcome_message or "")

    async def _call(self, action: str, space: str, **fields: str | int | None) -> Any:
        """The body of the answer, an object of the SDK's."""
        fields["agent_key"] = space or None
        return await self._calling.run(partial(self._sdk.call, action, **fields))


def endpoint_url(endpoint: str) -> str:
    return endpoint if "://" in endpoint else f"https://{endpoint}"


def _logged_turn(entry: dict[str, Any]) -> LoggedTurn:
    """`{"Question": "…", "Answer": "…", "QueryTime": "2025-01-31 08:30:00"}`, and more."""
    return LoggedTurn(
        question=str(entry.get("Question") or ""),
        answer=str(entry.get("Answer") or ""),
        asked_at=_epoch(str(entry.get("QueryTime") or "")),
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
