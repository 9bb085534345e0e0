"""What a check found, as `doctor` prints it and the start of the log tells it."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """`advice` is the sentence for the operator, empty when all is well."""

    check: str
    state: State
    said: str
    advice: str = ""
