"""A question and the record of its turn, as they are stored.

Two releases read one store during a deploy: fields are only ever added, with a default. An older
release passes over a field that it does not know, and the field is gone once that release writes
the record. What cannot be read all the same must not end who reads it.
"""

from dataclasses import replace

from pydantic import TypeAdapter, ValidationError

from bridge.core.model import Ask, TurnRecord

_ASK = TypeAdapter(Ask)
_RECORD = TypeAdapter(TurnRecord)


def encode_ask(ask: Ask) -> str:
    """All but the text, which is stored beside it."""
    return _ASK.dump_json(replace(ask, text="")).decode()


def decode_ask(command: str | None, text: str | None) -> Ask | None:
    """None: it is not there, or in a form that we do not know."""
    try:
        return replace(_ASK.validate_json(command or ""), text=text or "")
    except ValidationError:
        return None


def encode_record(record: TurnRecord) -> str:
    return _RECORD.dump_json(record, exclude_defaults=True).decode()


def decode_record(stored: str | None) -> TurnRecord:
    """An empty record where there is none, or one in a form that we do not know."""
    try:
        return _RECORD.validate_json(stored or "{}")
    except ValidationError:
        return TurnRecord()
