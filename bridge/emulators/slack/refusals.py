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
    """Refuse with `error`; the problems go with it as explanations."""
    if not condition:
        raise RefusedError(error, **(explained(*problems) if problems else {}))


def explained(*problems: str) -> dict[str, Any]:
    """The details that carry explanations."""
    return {"response_metadata": {"messages": [f"[ERROR] {problem}" for problem in problems]}}
