"""What each side call does, once it is known who calls."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from bridge.emulators.beebot.account import ApiError
from bridge.emulators.beebot.robot import Robot
from bridge.emulators.beebot.state import State
from bridge.emulators.beebot.turns import Turn
from bridge.emulators.beebot.values import Application, Cancellation, Feedback, LogQuery

Params = Mapping[str, str]
Result = dict[str, Any]

_CHINA = timezone(timedelta(hours=8))


class Actions:
    """Each method takes the decoded parameters and returns the response without RequestId."""

    def __init__(self, state: State, access_key_id: str) -> None:
        self._robots = state.robots
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
            "ListInstance": self.list_robots,
        }

    def find(self, name: str) -> Callable[[Params], Result]:
        """Raises ApiError for a name that is no action of this API."""
        action = self._known.get(name)
        if action is None:
            raise ApiError(404, "InvalidApi.NotFound", f"Specified api is not found: {name}")
        return action

    def apply(self, params: Params) -> Result:
        space = self._space(params)
        token = self._tokens.issue(space)
        now = self._journal.clock()
        self._journal.applications.append(Application(now, self._access_key_id, space))
        return {
            "AccessToken": token.access_token,
            "ChannelId": token.channel_id,
            "StreamSecret": token.secret,
        }

    def rate(self, params: Params) -> Result:
        robot = self._robot(params, params.get("InstanceId", ""))
        message_id, rating = _need(params, "MessageId"), _need(params, "Feedback")
        _check(rating in ("good", "bad"), "Feedback")
        _check(self._answered(robot, message_id), "MessageId")
        self._journal.feedbacks.append(
            Feedback(
                at=self._journal.clock(),
                instance_id=robot.instance_id,
                message_id=message_id,
                session_id=params.get("SessionId", ""),
                rating=rating,
                content=params.get("FeedbackContent", ""),
            )
        )
        return {"Feedback": rating, "MessageId": message_id}

    def cancel(self, params: Params) -> Result:
        robot = self._robot(params, _need(params, "InstanceId"))
        session_id, chat_id = _need(params, "SessionId"), _need(params, "ChatId")
        shown = params.get("Answer", "")
        turn = self._answered(robot, chat_id)
        belongs = turn is not None and turn.question.session_id == session_id
        worked = turn is not None and belongs and turn.cancel(shown)
        self._journal.cancellations.append(
            Cancellation(
                at=self._journal.clock(),
                instance_id=robot.instance_id,
                session_id=session_id,
                chat_id=chat_id,
                answer=shown,
                worked=worked,
            )
        )
        return {"CancelResult": worked}

    def begin(self, params: Params) -> Result:
        robot = self._robot(params, _need(params, "InstanceId"))
        sandbox = params.get("SandBox", "False").lower()
        _check(sandbox in ("true", "false"), "SandBox")
        _check(robot.is_published or sandbox == "true", "InstanceId")
        _check(len(params.get("SessionId", "")) <= 64, "SessionId")
        return {"WelcomeMessage": robot.welcome}

    def list_logs(self, params: Params) -> Result:
        robot = self._robot(params, _need(params, "RobotInstanceId"))
        session_id, now = _need(params, "SessionId"), self._journal.clock()
        self._journal.logs.append(LogQuery(now, robot.instance_id, session_id))
        turns = [
            turn
            for turn in self._sessions.logged(session_id, now)
            if turn.question.instance_id == robot.instance_id
        ]
        return {"CostTime": "1", "Datas": [_log(turn) for turn in turns]}

    def list_robots(self, params: Params) -> Result:
        robots = self._robots.in_space(self._space(params))
        page, size = _count(params, "PageNumber", 1), _count(params, "PageSize", 10)
        return {
            "Instances": [_instance(one) for one in robots[(page - 1) * size : page * size]],
            "PageNumber": page,
            "PageSize": size,
            "TotalCount": len(robots),
        }

    def _space(self, params: Params) -> str:
        agent_key = params.get("AgentKey", "")
        if not self._robots.has_space(agent_key):
            raise ApiError(403, "Forbidden", "User not authorized to operate on the resource.")
        return agent_key

    def _robot(self, params: Params, instance_id: str) -> Robot:
        """The one of that id, in the space that the call names."""
        space = self._space(params)
        robot = self._robots.find(space, instance_id)
        if robot is None and not instance_id:
            robot = self._robots.in_space(space)[0]
        if robot is None:
            raise ApiError(403, "Forbidden", "User not authorized to operate on the instance.")
        return robot

    def _answered(self, robot: Robot, answer_id: str) -> Turn | None:
        turn = self._sessions.answered_as(answer_id)
        is_its = turn is not None and turn.question.instance_id == robot.instance_id
        return turn if is_its else None


def _need(params: Params, name: str) -> str:
    value = params.get(name, "")
    _check(value, name)
    return value


def _check(holds: object, name: str) -> None:
    if not holds:
        raise ApiError(400, "InvalidParameter", f"The parameter {name} is not valid.")


def _count(params: Params, name: str, default: int) -> int:
    given = params.get(name, str(default))
    _check(given.isascii() and given.isdigit() and int(given) > 0, name)
    return int(given)


def _instance(robot: Robot) -> Result:
    return {
        "Avatar": "/robot/avatar.png",
        "CreateTime": "2025-08-12T16:00:01Z",
        "InstanceId": robot.instance_id,
        "Introduction": "",
        "LanguageCode": robot.language,
        "Name": robot.name,
        "RobotType": robot.kind,
    }


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
