"""What the value of a variable must look like."""

from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from bridge.core.prompts import Prompt, read_prompts

DAY_S = 24 * 3600
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _begins(*prefixes: str) -> Callable[[SecretStr], SecretStr]:
    def check(secret: SecretStr) -> SecretStr:
        value = secret.get_secret_value()
        if not value.startswith(prefixes) or value in prefixes:
            raise ValueError(f"must begin with {' or '.join(prefixes)} and go on from there")
        return secret

    return check


def _split(url: str) -> SplitResult:
    """The parts of a URL; its errors are ours because urllib's quote what they did not like."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises on anything but a number
    except ValueError:
        raise ValueError("is no URL") from None
    return parts


def _check_web_address(url: str) -> str:
    parts = _split(url)
    is_here = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or is_here):
        raise ValueError("must be an https:// URL (http:// only on this machine)")
    return url


def _end_without_slash(url: str) -> str:
    return url.rstrip("/")


def _end_with_slash(url: str) -> str:
    return url.rstrip("/") + "/"


def _check_endpoint(endpoint: str) -> str:
    if "://" in endpoint:
        parts = _split(endpoint)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK:
            raise ValueError("must be a host name without a scheme (http:// only on this machine)")
    elif "/" in endpoint or " " in endpoint:
        raise ValueError("must be a host name alone")
    return endpoint


def _check_redis_url(secret: SecretStr) -> SecretStr:
    parts = _split(secret.get_secret_value())
    is_socket = parts.scheme == "unix" and parts.path
    if not is_socket and not (parts.scheme in {"redis", "rediss"} and parts.hostname):
        raise ValueError("must be a redis:// or rediss:// URL with a host (or unix:// with a path)")
    return secret


def _read_prompts(value: object) -> object:
    return read_prompts(value) if isinstance(value, str) else value


BotToken = Annotated[SecretStr, AfterValidator(_begins("xoxb-"))]
AppToken = Annotated[SecretStr, AfterValidator(_begins("xapp-"))]
RedisUrl = Annotated[SecretStr, AfterValidator(_check_redis_url)]
ApiUrl = Annotated[str, AfterValidator(_check_web_address), AfterValidator(_end_with_slash)]
StreamUrl = Annotated[str, AfterValidator(_check_web_address), AfterValidator(_end_without_slash)]
Endpoint = Annotated[str, AfterValidator(_check_endpoint)]
MaybeSecret = SecretStr | None
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, le=DAY_S)]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)]
Prompts = Annotated[tuple[Prompt, ...], NoDecode, BeforeValidator(_read_prompts)]
