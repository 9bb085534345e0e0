"""What the value of a variable must look like. `Group` is the base of every group of variables."""

import re
from collections.abc import Callable
from typing import Annotated, Literal, TypeVar
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
)
from pydantic.fields import FieldInfo

from bridge.core.model import Prompt, parse_prompts
from bridge.settings.value_kinds import misplaced

T = TypeVar("T")
V = TypeVar("V", str, SecretStr)

DAY_S = 24 * 3600
MOST_PROMPTS = 4  # what Slack shows
SHORTEST_RANDOM = 16  # characters
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ENCODED = (
    "in its user and password write / as %2F, ? as %3F, # as %23, @ as %40, : as %3A, [ as %5B, "
    "] as %5D and % as %25"
)
_HOST = re.compile(
    r"[\w.-]+|[0-9a-f:.]+(%\w+)?"
)  # a name or an address; what is behind % is an interface
_PORT = "what follows its host must be a port, a number up to 65535"


def _check_one_word(value: str) -> None:
    """What no header and no address could carry; wrapped lines and copied decoration, mostly."""
    if re.search(r"[\r\n]", value):
        raise ValueError("has a line break inside and must stand on one line")
    if re.search(r"\s", value):
        raise ValueError("has a blank inside")
    if not (value.isascii() and value.isprintable()):
        raise ValueError("has a character inside that is no letter, digit or sign of ASCII")


def _check_random(text: SecretStr | None) -> SecretStr | None:
    """What everybody can read in these papers is no secret."""
    value = text.get_secret_value() if text else ""
    if re.search(r"openssl|^\$\(.*\)$|^\$\{.*\}$|^`.*`$", value, re.IGNORECASE):
        raise ValueError("must be what a command like openssl rand -hex 32 prints, not the command")
    if len(set(value)) == 1:
        raise ValueError("must be random, and repeats one character")
    if text and len(value) < SHORTEST_RANDOM:
        raise ValueError(f"must have at least {SHORTEST_RANDOM} characters")
    return text


def _check_token(token: V, info: ValidationInfo) -> V:
    value = token.get_secret_value() if isinstance(token, SecretStr) else token
    _check_one_word(value)
    if elsewhere := misplaced(value, (info.field_name or "").upper()):
        raise ValueError(elsewhere)
    return token


def _begins(prefix: str) -> Callable[[SecretStr, ValidationInfo], SecretStr]:
    def check(secret: SecretStr, info: ValidationInfo) -> SecretStr:
        value = secret.get_secret_value()
        _check_one_word(value)
        if not value.startswith(prefix) or value == prefix:
            elsewhere = misplaced(value, (info.field_name or "").upper())
            reason = f", but {elsewhere}" if elsewhere else ""
            raise ValueError(f"must begin with {prefix} and go on from there{reason}")
        return secret

    return check


def _split(url: str) -> SplitResult:
    """The parts of a URL; its errors are ours because urllib's quote what they did not like."""
    _check_one_word(url)
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises on anything but a number
    except ValueError:
        parts = None
    if parts is None or "@" in parts.path + parts.query + parts.fragment:
        raise ValueError(f"is no URL that can be read ({_ENCODED if '@' in url else _PORT})")
    if parts.hostname and not _HOST.fullmatch(parts.hostname):
        raise ValueError("has a host that none can be called: a placeholder, perhaps, left in it")
    return parts


def _check_web_address(url: str) -> str:
    parts = _split(url)
    is_here = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or is_here):
        raise ValueError("must be an https:// URL (http:// only on this machine)")
    if parts.query or parts.fragment:
        raise ValueError("must end with its path, without ? or #")
    return url.rstrip("/")


def _check_origin(url: str) -> str:
    """Of the bridge itself, as others reach it; empty for nowhere."""
    if not url:
        return ""
    parts = _split(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError("must be an https:// address, as https://bridge.example.com")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must end with its host or port")
    return f"{parts.scheme}://{parts.netloc}"


def _check_endpoint(endpoint: str) -> str:
    parts = _split(endpoint if "://" in endpoint else f"https://{endpoint}")
    if "://" in endpoint and (parts.scheme != "http" or parts.hostname not in LOOPBACK):
        raise ValueError("must be a host name without a scheme (http:// only on this machine)")
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must be a host name alone")
    return endpoint.rstrip("/")


def _check_redis_url(secret: SecretStr) -> SecretStr:
    parts = _split(secret.get_secret_value())
    is_socket = parts.scheme == "unix" and parts.path
    if not is_socket and not (parts.scheme in {"redis", "rediss"} and parts.hostname):
        raise ValueError("must be a redis:// or rediss:// URL with a host (or unix:// with a path)")
    if not is_socket and not re.fullmatch(r"/?\d*", parts.path):
        raise ValueError("must have nothing but the number of a database behind its host")
    options = parse_qs(parts.query, keep_blank_values=True)
    if not all(name == "db" or name.startswith("ssl_") for name in options) or parts.fragment:
        raise ValueError("must have no option behind it but db and those that begin with ssl_")
    return secret


def _check_proxy(url: str) -> str:
    """As other programs take it: without a scheme it is an http:// one."""
    url = url if "://" in url else f"http://{url}"
    parts = _split(url)
    if parts.scheme not in {"http", "https"}:
        raise ValueError("must be an http:// or https:// proxy (SOCKS is not supported)")
    if not parts.hostname:
        raise ValueError("must be a proxy with a host")
    return url


def _check_group_or_channel(id_: str) -> str:
    if not re.fullmatch(r"([SCG][A-Z0-9]{2,})?", id_):
        raise ValueError("must be an id in capitals, as S0123ABCD or C0123ABCD")
    return id_


def _read_ids(kinds: str, example: str) -> Callable[[object], object]:
    """Ids that begin with one of the letters, with commas or blanks between them."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        ids = [part for part in re.split(r"[\s,;]+", value) if part]
        if not ids:  # as of a template whose own variables are unset
            raise ValueError(f"must hold ids in capitals, as {example}, and has none")
        for place, identifier in enumerate(ids, start=1):
            if not re.fullmatch(rf"[{kinds}][A-Z0-9]{{2,39}}", identifier):
                raise ValueError(
                    f"must hold ids in capitals, as {example}, and has none in place {place}"
                )
        return frozenset(ids)

    return read


def secret_text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _read_prompts(value: object) -> object:
    prompts = parse_prompts(value) if isinstance(value, str) else value
    if isinstance(prompts, tuple) and len(prompts) > MOST_PROMPTS:
        raise ValueError(f"must hold at most {MOST_PROMPTS} prompts")
    return prompts


Advanced = Annotated[T, Field(json_schema_extra={"advanced": True})]
First = Annotated[T, Field(json_schema_extra={"first": True})]
# Where it is not set more people are answered, or more is told: a misspelt one ends the start.
Restricting = Annotated[T, Field(json_schema_extra={"restricting": True})]
Random = AfterValidator(_check_random)
RANDOM_TEXTS = ["the output of: openssl rand -hex 32"]
MaybeSecret = Annotated[SecretStr, AfterValidator(_check_token)] | None
Name = Annotated[str, AfterValidator(_check_token)]
BotToken = Annotated[
    SecretStr, AfterValidator(_begins("xoxb-")), Field(examples=["xoxb-1234-5678-abcd"])
]
AppToken = Annotated[
    SecretStr, AfterValidator(_begins("xapp-")), Field(examples=["xapp-1-A012-3456-abcd"])
]
REDIS_URLS = [
    "redis://127.0.0.1:6379/0",
    "rediss://user:password@redis.example.com:6380",
    "unix:///run/redis.sock",
]
RedisUrl = Annotated[SecretStr, AfterValidator(_check_redis_url), Field(examples=REDIS_URLS)]
StreamUrl = Annotated[str, AfterValidator(_check_web_address)]
ApiUrl = Annotated[StreamUrl, AfterValidator(lambda url: f"{url}/")]  # the SDK wants its slash
Origin = Annotated[
    str, AfterValidator(_check_origin), Field(examples=["https://bridge.example.com"])
]
Endpoint = Annotated[str, AfterValidator(_check_endpoint)]
Proxy = Annotated[
    str,
    AfterValidator(_check_proxy),
    Field(examples=["http://user:password@proxy.example.com:8080"]),
]
GroupOrChannel = Annotated[
    str, AfterValidator(_check_group_or_channel), Field(examples=["S0123ABCD", "C0123ABCD"])
]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, le=DAY_S)]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)]
ChannelIds = Annotated[
    frozenset[str],
    BeforeValidator(_read_ids("CG", "C0123ABCD")),
    Field(examples=["C0123ABCD,C0456EFGH"]),
]
UserIds = Annotated[
    frozenset[str],
    BeforeValidator(_read_ids("UW", "U0123ABCD")),
    Field(examples=["U0123ABCD,U0456EFGH"]),
]
BotIds = Annotated[
    frozenset[str], BeforeValidator(_read_ids("B", "B0123ABCD")), Field(examples=["B0123ABCD"])
]
Prompts = Annotated[
    tuple[Prompt, ...],
    BeforeValidator(_read_prompts),
    Field(examples=["Leave|How much leave have I?;Where is the canteen?"]),
]


def is_marked(field: FieldInfo, mark: str) -> bool:
    """`advanced`, `first` or `restricting`."""
    return isinstance(field.json_schema_extra, dict) and mark in field.json_schema_extra


class Group(BaseModel):
    """Variables of one subject, with their checks. The first sentence of the docstring is the
    heading in `docs/configuration.md`.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, allow_inf_nan=False,
        validate_default=True,
        defer_build=True,  # no group is loaded by itself: only all of them need a validator
    )  # fmt: skip
