"""Chooses the language in which the bridge speaks to somebody, and finds its sentences."""

import math
import re
from collections.abc import Mapping

from bridge.core.messages import MESSAGES, Locale, Sentence
from bridge.core.model import Ask, reference
from bridge.core.ports import Users

_UNITS_S = {"hours": 3600, "minutes": 60}
# By one of these a text is in a language: few English questions hold a single ideograph.
_SIGNS = {Locale.ZH: re.compile("[\u4e00-\u9fff]")}


class Translation:
    """The sentences in one language."""

    def __init__(self, locale: Locale, messages: Mapping[str, Sentence] = MESSAGES) -> None:
        self._locale = locale
        self._messages = messages

    def text(self, key: str, **values: object) -> str:
        return self._messages[key].in_language(self._locale).format(**values)

    def duration(self, seconds: float) -> str:
        """Rounded up, in the largest unit of which there are two or more."""
        for key, unit_s in _UNITS_S.items():
            if seconds >= 2 * unit_s:
                return self.text(key, count=math.ceil(seconds / unit_s))
        return self.text("seconds", count=max(math.ceil(seconds), 1))

    def text_with_reference(self, ask: Ask, key: str, **values: object) -> str:
        """With the reference by which the operator finds this turn in the log."""
        return self.text(key, reference=reference(ask.turn), **values)


class Translator:
    """Chooses the language in which to speak to somebody: the one that is set, else that of their
    profile, else that of what they wrote.
    """

    def __init__(
        self,
        users: Users,
        locale: Locale | None = None,
        *,
        messages: Mapping[str, Sentence] = MESSAGES,
    ) -> None:
        self._users = users
        self._locale = locale
        self._messages = messages

    async def for_ask(self, ask: Ask) -> Translation:
        return await self.for_user(ask.thread.team, ask.user, ask.text or ask.attached)

    async def for_user(self, team: str, user: str, wrote: str = "") -> Translation:
        locale = self._locale or await self._locale_for(team, user, wrote)
        return Translation(locale, self._messages)

    async def _locale_for(self, team: str, user: str, wrote: str) -> Locale:
        tag = (await self._users.find(team, user)).locale
        return _locale_of(tag) if tag else language_of(wrote)

    async def name(self, team: str, user: str) -> str:
        """What somebody is called, empty where nobody tells."""
        return (await self._users.find(team, user)).name


def _locale_of(tag: str) -> Locale:
    """Of a tag such as `zh-CN`; English where it is none of ours."""
    language = re.split("[-_]", tag.lower())[0]
    return next((locale for locale in Locale if locale == language), Locale.EN)


def language_of(text: str) -> Locale:
    """English where no sign tells of another one."""
    return next((locale for locale, sign in _SIGNS.items() if sign.search(text)), Locale.EN)
