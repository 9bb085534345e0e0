"""Every environment variable of the bridge, once: its name, its default, what it must look like.

One module a subject. Field names are the variables' names in lower case. The text under a field
finishes the sentence "set it to ...", because that is where the operator reads it: in the message
about a wrong value, and in `docs/configuration.md`, which `make docs` writes. What hardly anybody
changes is `Advanced`: it stands last there, and not in `.env.example`.

A check across variables hangs on the later field of its group and reads the earlier ones, so that
it runs, and reports, even when some other variable is wrong. A wrong one is absent from `data`.
"""

from collections.abc import Iterator

from pydantic import PrivateAttr, SecretStr

from bridge.settings.answering import AnsweringSettings, ContextSettings, WaitingSettings
from bridge.settings.beebot import BeebotSettings
from bridge.settings.policy import PolicySettings
from bridge.settings.process import (
    ProcessSettings,
    ProxySettings,
    RedisSettings,
    SlackSettings,
)

LITTLE_SECRET = 8  # characters; shorter ones are not masked: they would hide ordinary words


class Settings(  # the last base is validated, and told, first
    WaitingSettings, PolicySettings, ContextSettings, AnsweringSettings, ProcessSettings,
    ProxySettings, RedisSettings, BeebotSettings, SlackSettings,
):  # fmt: skip
    """What the operator decides; made by `load_settings`. An unset secret is None, an unset text
    is empty.
    """

    _warnings: tuple[str, ...] = PrivateAttr(())

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence about each thing that looks like a mistake and prevents nothing."""
        return self._warnings

    def secrets(self) -> Iterator[str]:
        """Every secret in the clear, for whoever must recognise them: the mask of the logs."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr) and len(value.get_secret_value()) >= LITTLE_SECRET:
                yield value.get_secret_value()
