r"""The fields of Beebot's stream that we read, typed and tolerant.

All fields are optional and all enumerations open; what is wrong in one place becomes None there
and must not cost the rest of the answer. A payload is an envelope (docs/beebot.md, "The stream"):

{"success": true, "code": null, "message": null, "requestId": "…",
 "data": [{"type": "JSON_TEXT", "value": "<JSON of a segment>"}]}

and a segment, decoded:

{"SessionId": "…", "MessageId": "…", "StreamEnd": false,
 "MessageBody": {"Type": "Direct", "DirectMessageBody": {
   "ContentType": "RICH_TEXT", "SentenceList": [{"Content": "…", "ReferNumber": 1}],
   "AnswerReference": {"ItemList": [{"Number": 1, "Title": "…", "Content": "…"}]},
   "RelatedQuestionList": [], "HitSystemAskConfig": "NO_ANSWER"}}}

with `{"Type": "Clarify", "ClarifyMessageBody": {"ClarifyContent": "…", "Title": "…",
"ClarifyList": []}}` for a question back, and with `"Commands": {"sysToAgent":
"{\"skillGroup\":\"…\",\"toAgentReason\":\"…\"}"}` beside it for a handover.
"""

import json
import re
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    PlainValidator,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.alias_generators import to_pascal

T = TypeVar("T")
Json = dict[str, Any]

_TITLES = ("Title", "title", "Content", "content", "Question", "question")
_JSON = json.JSONDecoder(strict=False)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def _parse_or_drop(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


def _read_text(value: Any) -> str | None:
    """A text that was cut within a surrogate pair is still a text."""
    if not isinstance(value, str):
        return str(value) if isinstance(value, int | float) else None
    try:
        value.encode()  # far faster than a search
    except UnicodeEncodeError:
        return _LONE_SURROGATE.sub("\ufffd", value)
    return value


def _read_titles(value: Any) -> list[str]:
    """The documents do not say whether elements are strings or objects: both."""
    titles = map(_title, value) if isinstance(value, list) else ()
    return [title for title in titles if title]


def _title(element: Any) -> str | None:
    if isinstance(element, dict):
        element = next((element[key] for key in _TITLES if isinstance(element.get(key), str)), None)
    return _read_text(element) if isinstance(element, str) else None


Maybe = Annotated[T | None, WrapValidator(_parse_or_drop)]
Text = Annotated[str | None, PlainValidator(_read_text)]
Titles = Annotated[list[str], PlainValidator(_read_titles)]


class Element(BaseModel):
    type: Text = None
    value: Text = None


class Envelope(BaseModel):
    success: Maybe[bool] = None
    code: Text = None
    message: Text = None
    requestId: Text = None  # noqa: N815 - as on the wire
    data: Maybe[list[Maybe[Element]]] = None

    @property
    def is_refusal(self) -> bool:
        return self.success is False or (self.success is None and bool(self.code))


class _Inner(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal, populate_by_name=True)


class Sentence(_Inner):
    content: Text = None
    refer_number: Maybe[int] = None

    @model_validator(mode="before")
    @classmethod
    def _accept_string(cls, value: Any) -> Any:
        return {"Content": value} if isinstance(value, str) else value


class Reference(_Inner):
    number: Maybe[int] = None
    title: Text = None
    content: Text = None
    content_type: Text = None
    reference_ext: Maybe[Json] = None


class References(_Inner):
    item_list: Maybe[list[Maybe[Reference]]] = None


class DirectBody(_Inner):
    content_type: Text = None
    sentence_list: Maybe[list[Maybe[Sentence]]] = None
    answer_reference: Maybe[References] = None
    hit_system_ask_config: Text = None
    related_question_list: Titles = []


class ClarifyBody(_Inner):
    clarify_content: Text = None
    title: Text = None
    clarify_list: Titles = []


class MessageBody(_Inner):
    type: Text = None
    direct_message_body: Maybe[DirectBody] = None
    clarify_message_body: Maybe[ClarifyBody] = None
    commands: Maybe[Json] = None


class Segment(_Inner):
    """`message_body` stays raw, since an unknown one may hold text too."""

    session_id: Text = None
    message_id: Text = None
    stream_end: Maybe[bool] = None
    message_body: Maybe[Json] = None
    commands: Maybe[Json] = None


class Transfer(BaseModel):
    """The decoded value of the command `sysToAgent`."""

    skillGroup: Text = None  # noqa: N815 - as on the wire
    toAgentReason: Text = None  # noqa: N815 - as on the wire


M = TypeVar("M", bound=BaseModel)


def parse(model: type[M], text: str) -> M | None:
    """None: this is no JSON object."""
    try:
        return model.model_validate(_JSON.decode(text))
    except (ValueError, RecursionError):
        return None
