"""Chooses the language in which the bridge speaks to somebody, and finds its sentences."""

from bridge.core.messages import MESSAGES, Locale
from bridge.core.model import Ask, reference
from bridge.core.ports import Users


class Translation:
    """The sentences in one language."""

    def __init__(self, locale: Locale) -> None:
        self._locale = locale

    def text(self, key: str, **values: object) -> str:
        return MESSAGES[key][self._locale].format(**values)

    def text_with_reference(self, ask: Ask, key: str, **values: object) -> str:
        """With the reference by which the operator finds this turn in the log."""
        return self.text(key, reference=reference(ask.turn), **values)


class Translator:
    """Chooses the language in which to speak to somebody: the one that is set, else that of their
    Slack, else that of what they wrote.
    """

    def __init__(self, users: Users, locale: Locale | None = None) -> None:
        self._users = users
        self._locale = locale

    async def for_ask(self, ask: Ask) -> Translation:
        return await self.for_user(ask.thread.team, ask.user, ask.text or ask.attached)

    async def for_user(self, team: str, user: str, wrote: str = "") -> Translation:
        if self._locale:
            return Translation(self._locale)
        person = await self._users.find(team, user)
        return Translation(_locale_of(person.locale) if person.locale else language_of(wrote))

    async def is_member(self, ask: Ask) -> bool:
        """Whether who asks is known to belong to the thread's workspace."""
        return ask.thread.team in (await self._users.find(ask.thread.team, ask.user)).teams

    async def name(self, team: str, user: str) -> str:
        """What somebody is called, empty where nobody tells."""
        return (await self._users.find(team, user)).name


def _locale_of(tag: str) -> Locale:
    return Locale.ZH if tag.lower().startswith("zh") else Locale.EN


def language_of(text: str) -> Locale:
    """Chinese as soon as one ideograph is in it: few English questions hold any."""
    return Locale.ZH if any("\u4e00" <= sign <= "\u9fff" for sign in text) else Locale.EN
