"""The vendor's SDK: imported late, kept quiet, and led through our proxy or past any."""

import logging
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

# The SDK is imported inside functions: it costs 20 MB and 160 ms (docs/beebot.md), and reads the
# credential variables of the environment at that moment.
# ruff: noqa: PLC0415

_LOGGERS = ("darabonba-core", "alibabacloud-tea")
_CREDENTIALS = "credentials"  # warns with a traceback at each call of what it then raises


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


def open_client(
    endpoint: str, key: StaticKey | None, timeouts: Timeouts, proxy: str | None = None
) -> Any:
    """A client of the SDK; without a key Alibaba's own credential chain is asked at each call.

    The chain's calls are not ours to lead: they obey the environment's HTTP_PROXY and HTTPS_PROXY.
    """
    from alibabacloud_chatbot20220408.client import Client
    from alibabacloud_tea_openapi.models import Config

    address = urlsplit(endpoint_url(endpoint))
    config = Config(
        protocol=address.scheme.upper(),
        endpoint=address.netloc,
        connect_timeout=int(timeouts.connect_s * 1000),
        read_timeout=int(timeouts.read_s * 1000),
        **_credentials(key),
    )
    client = Client(config)
    _silence()
    _lead(address, proxy)
    return client


def endpoint_url(endpoint: str) -> str:
    return endpoint if "://" in endpoint else f"https://{endpoint}"


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
    credentials = logging.getLogger(_CREDENTIALS)
    credentials.handlers.clear()
    credentials.setLevel(logging.CRITICAL)


def _lead(address: SplitResult, proxy: str | None) -> None:
    """The SDK takes HTTP_PROXY and HTTPS_PROXY from the environment and ignores NO_PROXY
    (docs/beebot.md). It keeps one session an address; ours, in that place, has no ear for them.
    """
    from darabonba.core import DEFAULT_POOL_MAXSIZE, DaraCore
    from requests import Session  # type: ignore[import-untyped, unused-ignore]

    session = Session()
    adapter = DaraCore.get_adapter(address.scheme, pool_size=DEFAULT_POOL_MAXSIZE)
    send, proxies = adapter.send, {address.scheme: proxy} if proxy else {}
    adapter.send = lambda *args, **options: send(*args, **{**options, "proxies": proxies})
    session.mount(f"{address.scheme}://", adapter)
    name = f"{address.scheme}://{address.netloc}:80:pool={DEFAULT_POOL_MAXSIZE}"
    DaraCore._sessions[name] = session  # noqa: SLF001 - the SDK offers no other way
