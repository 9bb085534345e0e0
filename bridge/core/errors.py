"""What can go wrong, and what it means for the retry, the user and the operator.

BridgeError
├─ Transient                 it may go better in a moment
│  ├─ RateLimited            wait `after_s`, then it will
│  └─ Unavailable            the service cannot be reached or fails
│     └─ OutcomeUnknown      the request may have been carried out all the same
├─ Permanent                 it will not go better by trying
│  ├─ Refused                the service understood and declined
│  │  ├─ ContentRefused      Slack declines this shape or length of a message
│  │  └─ EditRefused         a message stands as it is; another may be posted
│  ├─ ThreadGone             there is nowhere left to say anything
│  ├─ CredentialsRejected    the operator must act
│  └─ ProtocolError          the service said what nobody understands
├─ StreamBroken              an answer began and did not end
└─ LeaseLost                 another replica has the turn: say nothing any more

Adapters translate their libraries' exceptions into these at their edge, in one place each. `notice`
names the sentence in `catalogue.py` that the user may read; `details` are for the log.
"""

from typing import ClassVar


class BridgeError(Exception):
    notice: ClassVar[str] = "failed"
    needs_operator: ClassVar[bool] = False

    def __init__(self, reason: str, **details: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details


class Transient(BridgeError):
    notice = "unavailable"


class RateLimited(Transient):
    """`after_s`: how long the service asks us to wait."""

    notice = "busy"

    def __init__(self, reason: str, *, after_s: float, **details: object) -> None:
        super().__init__(reason, **details)
        self.after_s = after_s


class Unavailable(Transient):
    pass


class OutcomeUnknown(Unavailable):
    pass


class Permanent(BridgeError):
    pass


class Refused(Permanent):
    notice = "refused"


class ContentRefused(Refused):
    pass


class EditRefused(Refused):
    pass


class ThreadGone(Permanent):
    pass


class CredentialsRejected(Permanent):
    notice = "credentials"
    needs_operator = True


class ProtocolError(Permanent):
    needs_operator = True


class StreamBroken(BridgeError):
    notice = "incomplete"


class LeaseLost(BridgeError):
    pass
