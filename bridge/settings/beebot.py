"""The robots, what they are told with a question, and the account that pays for them."""

import json
import math
import re
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from bridge.core.model import Robot, RobotId
from bridge.core.robots import Robots
from bridge.settings.value_kinds import kind_of
from bridge.settings.values import (
    RANDOM_TEXTS,
    Advanced,
    Count,
    Endpoint,
    First,
    Group,
    MaybeSecret,
    Name,
    Random,
    Restricting,
    StreamUrl,
)

MOST_PERSPECTIVES = 20  # docs/beebot.md, Asking
_RESERVED = {
    "docLabels": "set BEEBOT_LABELS instead",
    "SYS_IMAGE_ATTACHMENTS": "it is made of the pictures of each question",
}
_SCALAR = str | int | float | bool
_ENDLESS = (math.inf, -math.inf)  # how Python reads 1e999, and what no JSON can say
_PLACE = re.compile(r"[CG][A-Z0-9]{2,}|dm")
_WORD = re.compile(r"[!-+\--~]+")  # no blank, and no comma: then it is a list of something


@dataclass(frozen=True, slots=True)
class MappedRobot:
    """An entry of the map; what is empty is as the default robot has it."""

    id: str
    space: str = field(default="", repr=False)
    labels: tuple[str, ...] = ()


def split_list(value: str) -> tuple[str, ...]:
    """`a, b`; a Chinese comma parts, too."""
    return tuple(part for part in map(str.strip, re.split(r"[,，]", value)) if part)


def _read_list(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not (parts := split_list(value)):
        raise ValueError("must hold something beside its commas")
    return parts


def _read_places(value: object) -> object:
    """`places|instance id|agent key|labels`, with `;` or a line end between two; the last two may
    be missing. By place; an empty `space` is the default robot's.
    """
    if not isinstance(value, str):
        return value
    places: dict[str, MappedRobot] = {}
    entries = [entry for part in re.split(r"[;\n]", value) if (entry := part.strip())]
    if not entries:
        raise ValueError("must hold an entry, and has none")
    for number, entry in enumerate(entries, start=1):
        named, robot = _read_entry(entry, number)
        for place in named:
            if place in places:
                raise ValueError(f"must name each channel once, and names {place} again")
            places[place] = robot
    spaces = {(robot.id, robot.space) for robot in places.values()}
    if len(spaces) > len({robot.id for robot in places.values()}):
        raise ValueError("must give one robot one agent key")
    return places


def _read_entry(entry: str, number: int) -> tuple[list[str], MappedRobot]:
    """The errors quote nothing but ids of channels: what stands elsewhere may be an agent key."""
    places, robot, space, labels, *more = [*map(str.strip, entry.split("|")), "", "", ""]
    named = [place.strip() for place in places.split(",")]
    if not all(map(_PLACE.fullmatch, named)):
        raise ValueError(
            f"must begin with ids of channels (C0123ABCD) or dm, and entry {number} does not"
        )
    if any(more):
        raise ValueError("must have at most three | in an entry")
    if not _belongs(robot, "BEEBOT_INSTANCE_ID"):
        raise ValueError(f"must have the instance id of a robot (chatbot-cn-…) behind {named[0]}|")
    if space and not _belongs(space, "BEEBOT_AGENT_KEY"):
        raise ValueError(f"must have an agent key, or nothing, as the third part behind {named[0]}")
    if labels and not split_list(labels):
        raise ValueError(f"must have labels, or nothing, as the fourth part behind {named[0]}")
    return named, MappedRobot(robot, space, split_list(labels))


def _belongs(part: str, variable: str) -> bool:
    """Whether this could be the value of that variable. A secret that strayed here would be told
    to Alibaba, and written into the log, as the id of a robot.
    """
    kind = kind_of(part, variable)
    return bool(_WORD.fullmatch(part)) and (kind is None or kind.variable == variable)


def _check_perspectives(codes: tuple[str, ...]) -> tuple[str, ...]:
    if len(codes) > MOST_PERSPECTIVES:
        raise ValueError(f"must hold at most {MOST_PERSPECTIVES} codes")
    return codes


def _read_vendor_param(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        read = json.loads(value, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise ValueError('must be a JSON object, as {"phone": "123"}')  # noqa: TRY004
    for name, content in read.items():
        if name in _RESERVED:
            raise ValueError(f"must not hold {name}: {_RESERVED[name]}")
        parts = content if isinstance(content, list) else [content]
        if not all(isinstance(part, _SCALAR) and part not in _ENDLESS for part in parts):
            raise ValueError(f"must hold a text, a number, true, false or a list at {name}")
    return read


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON, though Python reads it")


List = Annotated[tuple[str, ...], BeforeValidator(_read_list)]
Places = Annotated[dict[str, MappedRobot], BeforeValidator(_read_places)]
Perspectives = Annotated[List, AfterValidator(_check_perspectives)]
VendorParam = Annotated[dict[str, Any], BeforeValidator(_read_vendor_param)]


class BeebotSettings(Group):
    """Beebot."""

    alibaba_cloud_access_key_id: Annotated[
        First[MaybeSecret], Field(examples=["LTAI5tExample"])
    ] = None
    """the AccessKey ID of a RAM user who may use Beebot"""
    alibaba_cloud_access_key_secret: Annotated[
        First[MaybeSecret], Field(examples=["30charactersOfLettersAndDigits"])
    ] = None
    """the AccessKey secret that belongs to ALIBABA_CLOUD_ACCESS_KEY_ID; with neither
    set, Alibaba's own credential chain is used"""
    alibaba_cloud_security_token: Annotated[MaybeSecret, Field(examples=["CAISexample"])] = None
    """the token that came with the temporary key, together with ALIBABA_CLOUD_ACCESS_KEY_ID and
    ALIBABA_CLOUD_ACCESS_KEY_SECRET"""
    beebot_instance_id: Annotated[First[Name], Field(examples=["chatbot-cn-abcd1234"])]
    """the instance id of the robot (chatbot-cn-…), shown on its card in the console"""
    beebot_agent_key: Annotated[
        First[Name], Field(repr=False, examples=["abcd1234_p_beebot_public"])
    ] = ""
    """the key of the business space in which the robot is; Alibaba's main account reads it on the
    page of business management in Beebot's console; unset for the account's default space"""
    beebot_robots: Restricting[
        Annotated[
            Places,
            Field(
                repr=False,
                examples=["C0123ABCD,C0456EFGH|chatbot-cn-sales;dm|chatbot-cn-hr||leave"],
            ),
        ]
    ] = {}  # noqa: RUF012 - pydantic copies it
    """other robots for some channels, each channels|instance id|agent key|labels, with ; or a line
    end between two; dm stands for direct messages, an agent key left out for that of
    BEEBOT_AGENT_KEY, labels left out for those of BEEBOT_LABELS"""
    beebot_labels: Restricting[Annotated[List, Field(examples=["hr,travel"])]] = ()
    """labels of documents, with commas between them, to answer from those alone; unset for all"""
    beebot_perspective: Annotated[Perspectives, Field(examples=["FZJBY3raWr"])] = ()
    """codes of perspectives, with commas between them (Beebot is said to use the first), for
    answers that are written from several points of view"""
    beebot_vendor_param: Restricting[
        Annotated[VendorParam, Field(repr=False, examples=['{"tenant":"north"}'])]
    ] = {}  # noqa: RUF012 - pydantic copies it
    """a JSON object that goes with every question to the robot's flows and functions"""
    beebot_sandbox: bool = False
    """true to ask the robot as it stands unpublished, in Beebot's test environment (for tests only:
    it may be unstable and takes few questions), or false"""
    bridge_pseudonym_key: Restricting[
        Annotated[SecretStr | None, Random, Field(examples=RANDOM_TEXTS)]
    ] = None
    """a long random text, 16 characters or more, from which, with Slack's ids, the pseudonyms are
    made under which Beebot knows people; unset, they are made of the ids alone"""
    beebot_endpoint: Advanced[Endpoint] = "chatbot.cn-shanghai.aliyuncs.com"
    """a host name, for tests; otherwise leave it unset"""
    beebot_stream_url: Advanced[StreamUrl] = "https://alime-ws.aliyuncs.com/sse/paas4Json"
    """an https:// URL, for tests; otherwise leave it unset"""
    beebot_max_utterance: Count = 512
    """the characters that a question may have (older robots: 128)"""
    beebot_max_concurrency: Restricting[Annotated[int, Field(ge=0)]] = 0
    """how many answers may stream at once over all replicas; 0 sets no limit"""

    @field_validator("alibaba_cloud_access_key_secret")
    @classmethod
    def _need_whole_key(cls, secret: MaybeSecret, info: ValidationInfo) -> MaybeSecret:
        if (secret is None) != (info.data.get("alibaba_cloud_access_key_id") is None):
            raise ValueError("must be set together with ALIBABA_CLOUD_ACCESS_KEY_ID")
        return secret

    @field_validator("alibaba_cloud_security_token")
    @classmethod
    def _need_key_to_token(cls, token: MaybeSecret, info: ValidationInfo) -> MaybeSecret:
        if token is not None and info.data.get("alibaba_cloud_access_key_id") is None:
            raise ValueError("must not stand alone")
        return token

    @field_validator("beebot_robots")
    @classmethod
    def _need_one_space_a_robot(cls, places: Places, info: ValidationInfo) -> Places:
        default, key = info.data.get("beebot_instance_id"), info.data.get("beebot_agent_key")
        if any(one.id == default and one.space not in {"", key} for one in places.values()):
            raise ValueError("must give one robot one agent key, and BEEBOT_AGENT_KEY is another")
        return places

    @property
    def robots(self) -> Robots:
        space, labels = self.beebot_agent_key, self.beebot_labels
        places = {
            place: Robot(RobotId(one.id), one.space or space, one.labels or labels)
            for place, one in self.beebot_robots.items()
        }
        return Robots(Robot(RobotId(self.beebot_instance_id), space, labels), places)
