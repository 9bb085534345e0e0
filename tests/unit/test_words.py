"""The bridge speaks to people in their language."""

from dataclasses import dataclass

import pytest

from bridge.core.catalogue import Locale
from bridge.core.people import Person
from bridge.core.words import Speech
from tests.people import Unknown


@dataclass
class Town:
    """Everybody has the same locale."""

    locale: str

    async def person(self, team: str, user: str) -> Person:  # noqa: ARG002 - the port's names
        return Person(locale=self.locale)


@pytest.mark.parametrize(
    ("locale", "said"),
    [("zh-CN", "已停止。"), ("zh-TW", "已停止。"), ("en-GB", "Stopped."), ("fr-FR", "Stopped.")],
)
async def test_the_language_is_that_of_the_persons_slack(locale: str, said: str) -> None:
    words = await Speech(Town(locale)).to("T1", "U1", "你好吗 or not")
    assert words.say("stopped") == said


@pytest.mark.parametrize(("wrote", "said"), [("你好吗", "已停止。"), ("how are you", "Stopped.")])
async def test_of_a_stranger_it_is_that_of_their_words(wrote: str, said: str) -> None:
    words = await Speech(Unknown()).to("T1", "U1", wrote)
    assert words.say("stopped") == said


async def test_a_language_that_is_set_goes_before_everything() -> None:
    words = await Speech(Town("zh-CN"), Locale.EN).to("T1", "U1", "你好吗")
    assert words.say("stopped") == "Stopped."
