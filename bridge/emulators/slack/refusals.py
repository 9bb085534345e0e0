"""How the emulated Slack says no: one exception that becomes `{"ok": false, "error": ...}`."""

from typing import Any


class RefusedError(Exception):
    """A call that Slack would refuse with HTTP 200 and an error code.

    `details` stand beside the code in the answer, e.g. `needed` and `provided` of `missing_scope`.
    """

    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.details = details

    def answer(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error, **self.details}


def refuse_unless(condition: object, error: str, *problems: str) -> None:
    """Refuse with `error`; the problems go where Slack puts its explanations."""
    if not condition:
        details = {"response_metadata": {"messages": [f"[ERROR] {p}" for p in problems]}}
        raise RefusedError(error, **(details if problems else {}))
