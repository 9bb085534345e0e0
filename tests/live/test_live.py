"""Asks the real services whether they still are what the emulators take them for: `make live`.

Needs the variables of `.env.example` in the environment or in `.env`. Posts nothing to Slack.
"""

from uuid import uuid4

import pytest

from bridge.core.model import Question
from bridge.core.turn import Draft
from bridge.resources import Resources
from bridge.slack.workspace.identity import ask_identity

pytestmark = [pytest.mark.live, pytest.mark.timeout(360)]


async def test_slack_knows_the_bot(resources: Resources) -> None:
    identity = await ask_identity(resources.slack)
    assert identity.team_id.startswith(("T", "E"))
    assert identity.bot_id.startswith("B")


async def test_alibaba_lists_each_robot_with_its_name(resources: Resources) -> None:
    for robot in resources.settings.robots:
        listed = await resources.beebot.gateway.list_robots(robot.space)
        [found] = [one for one in listed if one.id == robot.id]
        assert found.name
        assert found.language


async def test_beebot_answers_a_question_to_its_end(resources: Resources) -> None:
    robot = resources.settings.robots.default
    question = Question(str(uuid4()), "你好", None, robot, str(uuid4()))
    draft, session = Draft(), ""
    async with resources.beebot.bot.ask(question) as stream:
        is_over = False
        while not is_over:
            frame = await stream.newer()
            draft.update(frame)
            session = frame.session or session
            is_over = frame.is_end
    assert draft.markdown
    assert session
