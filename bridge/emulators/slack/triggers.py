"""Trigger ids: what an interaction hands out so that the app may show its person a view, once."""

import secrets

from bridge.emulators.slack.clock import Clock
from bridge.emulators.slack.refusals import RefusedError, refuse_unless

_LIFETIME_S = 3.0


class Triggers:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued: dict[str, tuple[str, float]] = {}  # user, when it expires
        self._exchanged: set[str] = set()

    def issue(self, user_id: str) -> str:
        trigger_id = (
            f"{secrets.randbelow(10**10)}.{secrets.randbelow(10**10)}.{secrets.token_hex(8)}"
        )
        self._issued[trigger_id] = user_id, self._clock.now() + _LIFETIME_S
        return trigger_id

    def exchange(self, trigger_id: str) -> str:
        """Use it up, and learn whose it was.

        Raises:
            RefusedError: `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id` (the
                last as slackapi/bolt-js#1662 reports it from the live service).
        """
        refuse_unless(trigger_id not in self._exchanged, "exchanged_trigger_id")
        if trigger_id not in self._issued:
            raise RefusedError("invalid_trigger_id")
        user_id, expires_at = self._issued[trigger_id]
        refuse_unless(self._clock.now() <= expires_at, "expired_trigger_id")
        self._exchanged.add(trigger_id)
        return user_id
