"""Turns for tests of what is made of them."""

from bridge.core.lease import Lease
from bridge.core.model import Ask, SessionId, ThreadKey, TurnId, TurnRecord
from bridge.core.ports import Delivery
from bridge.core.turn import Turn
from bridge.store.connection import in_process
from bridge.store.inbox import RedisInbox

THREAD = ThreadKey("T1", "C1", "1.0")
ASKED = TurnRecord(asks=1, session=SessionId("session-1"))


def ask_of(text: str = "how?", *, is_quoted: bool = False) -> Ask:
    return Ask(TurnId("turn-1"), THREAD, "U1", "1.0", text, is_quoted=is_quoted)


def turn_of(ask: Ask | None = None, record: TurnRecord = ASKED) -> Turn:
    delivery = Delivery("owner", ask or ask_of(), 0, record)
    return Turn(delivery, Lease(15), RedisInbox(in_process()))
