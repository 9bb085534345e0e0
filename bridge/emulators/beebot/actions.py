"""What each side call does, once it is known who calls."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from bridge.emulators.beebot.account import ApiError
from bridge.emulators.beebot.state import State
from bridge.emulators.beebot.turns import Turn
from bridge.emulators.beebot.values import Application, Cancellation, Feedback, LogQuery

Params = Mapping[str, str]
Result = dict[str, Any]

_CHINA = timezone(timedelta(hours=8))


class Actions:
    """Each method takes the decoded parameters and returns the response without RequestId."""

    def __init__(self, state: State, access_key_id: str) -> None:
        self._robot = state.robot
        self._tokens = state.tokens
        self._sessions = state.sessions
        self._journal = state.journal
        self._access_key_id = access_key_id
        self._known: dict[str, Callable[[Params], Result]] = {
            "ApplyForStreamAccessToken": self.apply,
            "Feedback": self.rate,
            "CancelChat": self.cancel,
            "BeginSession": self.begin,
            "ListTongyiConversationLogs": self.list_logs,
        }

    def find(self, name: str) -> Callable[[Params], Result]:
        """Raises ApiError for a name that is no action of this API."""
        action = self._known.get(name)
        if action is None:
            raise ApiError(404, "InvalidApi.NotFound", f"Specified api is not found: {name}")
        return action

    def apply(self, params: Params) -> Result:
        self._check_space(params)
        token = self._tokens.issue()
        self._journal.applications.append(Application(self._journal.clock(), self._access_key_id))
        return {
            "AccessToken": token.access_token,
            "ChannelId": token.channel_id,
            "StreamSecret": token.secret,
        }

    def rate(self, params: Params) -> Result:
        self._check_space(params)
        self._check_robot(params.get("InstanceId", self._robot.instance_id))
        message_id, rating = _need(params, "MessageId"), _need(params, "Feedback")
        _check(rating in ("good", "bad"), "Feedback")
        _check(self._sessions.answered_as(message_id), "MessageId")
        self._journal.feedbacks.append(
            Feedback(
                at=self._journal.clock(),
                message_id=message_id,
                session_id=params.get("SessionId", ""),
                rating=rating,
                content=params.get("FeedbackContent", ""),
            )
        )
        return {"Feedback": rating, "MessageId": message_id}

    def cancel(self, params: Params) -> Result:
        self._check_space(params)
        self._check_robot(_need(params, "InstanceId"))
        session_id, chat_id = _need(params, "SessionId"), _need(params, "ChatId")
        shown = params.get("Answer", "")
        turn = self._sessions.answered_as(chat_id)
        belongs = turn is not None and turn.question.session_id == session_id
        worked = turn is not None and belongs and turn.cancel(shown)
        self._journal.cancellations.append(
            Cancellation(
                at=self._journal.clock(),
                session_id=session_id,
                chat_id=chat_id,
                answer=shown,
                worked=worked,
            )
        )
        return {"CancelResult": worked}

    def begin(self, params: Params) -> Result:
        self._check_space(params)
        self._check_robot(_need(params, "InstanceId"))
        _check(params.get("SandBox", "False").lower() in ("true", "false"), "SandBox")
        _check(len(params.get("SessionId", "")) <= 64, "SessionId")
        return {"WelcomeMessage": self._robot.welcome}

    def list_logs(self, params: Params) -> Result:
        self._check_space(params)
        self._check_robot(_need(params, "RobotInstanceId"))
        session_id, now = _need(params, "SessionId"), self._journal.clock()
        self._journal.logs.append(LogQuery(now, session_id))
        turns = self._sessions.logged(session_id, now)
        return {"CostTime": "1", "Datas": [_log(turn) for turn in turns]}

    def _check_space(self, params: Params) -> None:
        if params.get("AgentKey", "") != self._robot.agent_key:
            raise ApiError(403, "Forbidden", "User not authorized to operate on the resource.")

    def _check_robot(self, instance_id: str) -> None:
        if instance_id != self._robot.instance_id:
            raise ApiError(403, "Forbidden", "User not authorized to operate on the instance.")


def _need(params: Params, name: str) -> str:
    value = params.get(name, "")
    _check(value, name)
    return value


def _check(holds: object, name: str) -> None:
    if not holds:
        raise ApiError(400, "InvalidParameter", f"The parameter {name} is not valid.")


def _log(turn: Turn) -> Result:
    """An element of Datas; QueryTime is China's, to the second."""
    asked = datetime.fromtimestamp(turn.question.at, _CHINA)
    return {
        "Answer": turn.answer,
        "ChatId": turn.answer_id,
        "QueryTime": asked.strftime("%Y-%m-%d %H:%M:%S"),
        "Question": turn.question.utterance,
        "SessionId": turn.question.session_id,
        "ToAgent": "true" if turn.reaches_agent else "false",
    }
