"""Commands and turn records as JSON, and back.

Two releases read one store during a deploy: fields are only ever added, with a default; an
unknown field is passed over.
"""

from dataclasses import replace

from pydantic import TypeAdapter

from bridge.core.model import Ask, TurnRecord

_ASK = TypeAdapter(Ask)
_RECORD = TypeAdapter(TurnRecord)


def encode_ask(ask: Ask) -> str:
    """All but the text, which is stored beside it so that an edit can replace it alone."""
    return _ASK.dump_json(replace(ask, text="")).decode()


def decode_ask(command: str, text: str) -> Ask:
    return replace(_ASK.validate_json(command), text=text)


def encode_record(record: TurnRecord) -> str:
    return _RECORD.dump_json(record, exclude_defaults=True).decode()


def decode_record(stored: str) -> TurnRecord:
    return _RECORD.validate_json(stored) if stored else TurnRecord()
