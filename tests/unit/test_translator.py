"""The bridge speaks to people in their language."""

from dataclasses import dataclass

import pytest

from bridge.core.messages import Locale
from bridge.core.ports import User
from bridge.core.translator import Translator
from tests.users import Unknown


@dataclass
class SameLocale:
    """Everybody has the same locale."""

    locale: str

    async def find(self, team: str, user: str) -> User:  # noqa: ARG002 - the port's names
        return User(locale=self.locale)


@pytest.mark.parametrize(
    ("locale", "said"),
    [("zh-CN", "已停止。"), ("zh-TW", "已停止。"), ("en-GB", "Stopped."), ("fr-FR", "Stopped.")],
)
async def test_the_language_is_that_of_the_persons_slack(locale: str, said: str) -> None:
    translation = await Translator(SameLocale(locale)).for_user("T1", "U1", "你好吗 or not")
    assert translation.text("stopped") == said


@pytest.mark.parametrize(("wrote", "said"), [("你好吗", "已停止。"), ("how are you", "Stopped.")])
async def test_of_a_stranger_it_is_that_of_their_words(wrote: str, said: str) -> None:
    translation = await Translator(Unknown()).for_user("T1", "U1", wrote)
    assert translation.text("stopped") == said


async def test_a_language_that_is_set_goes_before_everything() -> None:
    translation = await Translator(SameLocale("zh-CN"), Locale.EN).for_user("T1", "U1", "你好吗")
    assert translation.text("stopped") == "Stopped."
