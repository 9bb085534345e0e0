"""The vendor's SDK: imported late, kept quiet, and led past proxies on the loopback."""

import logging
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

# The SDK is imported inside functions: it costs 20 MB and 160 ms (docs/beebot.md), and reads the
# credential variables of the environment at that moment.
# ruff: noqa: PLC0415

_LOGGERS = ("darabonba-core", "alibabacloud-tea", "credentials")


@dataclass(frozen=True, slots=True)
class StaticKey:
    """An access key; with a `security_token` it is an STS triple, which nothing renews."""

    key_id: str
    secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Timeouts:
    connect_s: float
    read_s: float


def open_client(endpoint: str, key: StaticKey | None, timeouts: Timeouts) -> Any:
    """A client of the SDK; without a key Alibaba's own credential chain is asked at each call."""
    from alibabacloud_chatbot20220408.client import Client
    from alibabacloud_tea_openapi.models import Config

    address = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
    config = Config(
        protocol=address.scheme.upper(),
        endpoint=address.netloc,
        connect_timeout=int(timeouts.connect_s * 1000),
        read_timeout=int(timeouts.read_s * 1000),
        **_credentials(key),
    )
    client = Client(config)
    _silence()
    if _is_loopback(address):
        _go_direct(address)
    return client


def request_class(action: str) -> Any:
    from alibabacloud_chatbot20220408 import models

    return getattr(models, f"{action}Request")


def _credentials(key: StaticKey | None) -> dict[str, Any]:
    if key is None:
        from alibabacloud_credentials.client import Client

        return {"credential": Client()}
    return {
        "access_key_id": key.key_id,
        "access_key_secret": key.secret,
        "security_token": key.security_token or None,
    }


def _silence() -> None:
    """The import hangs handlers of its own on these, which print to stderr what we log anyway."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.WARNING)


def _is_loopback(address: SplitResult) -> bool:
    host = address.hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _go_direct(address: SplitResult) -> None:
    """The SDK obeys HTTP_PROXY and ignores NO_PROXY, even for 127.0.0.1 (docs/beebot.md). It keeps
    one session an address; ours, in that place, has no ear for proxies.
    """
    from darabonba.core import DEFAULT_POOL_MAXSIZE, DaraCore
    from requests import Session  # type: ignore[import-untyped, unused-ignore]
    from requests.adapters import HTTPAdapter  # type: ignore[import-untyped, unused-ignore]

    class Direct(HTTPAdapter):  # type: ignore[misc, unused-ignore]
        def send(self, *args: Any, **options: Any) -> Any:
            return super().send(*args, **{**options, "proxies": {}})

    session = Session()
    session.mount(f"{address.scheme}://", Direct())
    name = f"{address.scheme}://{address.netloc}:80:pool={DEFAULT_POOL_MAXSIZE}"
    DaraCore._sessions[name] = session  # noqa: SLF001 - the SDK offers no other way
