"""The vendor's SDK, called in threads: its client, made quiet and led through our own proxy.

It is imported by the first call: it costs 20 MB and 160 ms, and reads the credential variables of
the environment at that moment. Its sync methods run in threads: they reuse connections, and its
async ones may block the loop (docs/beebot.md, "The vendor's SDK").
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import SplitResult

from pydantic.alias_generators import to_snake

from bridge.beebot.faults import sdk_faults

# ruff: noqa: PLC0415 - see above

T = TypeVar("T")

CONNECT_S = 5.0


@dataclass(frozen=True, slots=True)
class StaticKey:
    """An access key; with a `security_token` it is an STS triple, which nothing renews."""

    key_id: str
    secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)


class DaemonThreads:
    """Runs blocking calls in threads that the end of the process does not wait for, unlike those of
    `asyncio.to_thread`. At most `most` at once; the others wait in order.
    """

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)

    async def run(self, call: Callable[[], T]) -> T:
        """What `call` returns or raises. If the caller is cancelled, the call goes on and keeps its
        place until it ends.
        """
        await self._free.acquire()
        loop, result = asyncio.get_running_loop(), Future[T]()
        result.set_running_or_notify_cancel()

        def work() -> None:
            try:
                result.set_result(call())
            except BaseException as error:  # noqa: BLE001 - whatever it is, the caller is told
                result.set_exception(error)
            with suppress(RuntimeError):  # the loop is closed: nobody waits for a place
                loop.call_soon_threadsafe(self._free.release)

        threading.Thread(target=work, name="blocking call", daemon=True).start()
        return await asyncio.wrap_future(result)


class Sdk:
    """Calls one endpoint. Without a `key` Alibaba's own credential chain is asked."""

    def __init__(
        self, address: SplitResult, key: StaticKey | None, proxy: str | None, read_s: float
    ) -> None:
        self._address = address
        self._key = key
        self._proxy = proxy
        self._read_s = read_s
        self._client: Any = None
        self._opening = threading.Lock()

    def call(self, action: str, **fields: str | int | None) -> Any:
        """`action` is Alibaba's name, as `BeginSession`. Blocks. Returns the body of the answer, an
        object of the SDK's. Raises `BridgeError`.
        """
        holds_static_sts = bool(self._key and self._key.security_token)
        with sdk_faults(holds_static_sts=holds_static_sts):
            client = self._open_client()
        from alibabacloud_chatbot20220408 import models

        request = getattr(models, f"{action}Request")(**fields)
        call = getattr(client, to_snake(action))
        with sdk_faults(holds_static_sts=holds_static_sts):
            return call(request).body

    def _open_client(self) -> Any:
        with self._opening:
            if self._client is None:
                from alibabacloud_chatbot20220408.client import Client
                from alibabacloud_tea_openapi.models import Config

                config = Config(
                    protocol=self._address.scheme.upper(),
                    endpoint=self._address.netloc,
                    connect_timeout=int(CONNECT_S * 1000),
                    read_timeout=int(self._read_s * 1000),
                    **_credentials(self._key),
                )
                self._client = Client(config)
                _silence_loggers()
                _set_proxy(self._address, self._proxy)
            return self._client


def _credentials(key: StaticKey | None) -> dict[str, Any]:
    """The chain's own calls obey the environment's HTTP_PROXY and HTTPS_PROXY, not our settings."""
    if key is None:
        from alibabacloud_credentials.client import Client

        return {"credential": Client()}
    return {
        "access_key_id": key.key_id,
        "access_key_secret": key.secret,
        "security_token": key.security_token or None,
    }


def _silence_loggers() -> None:
    """The import adds handlers to these, which print to stderr what we log anyway."""
    for name, level in (
        ("darabonba-core", logging.WARNING),
        ("alibabacloud-tea", logging.WARNING),
        ("credentials", logging.CRITICAL),  # warns with a traceback of what it then raises
    ):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(level)


def _set_proxy(address: SplitResult, proxy: str | None) -> None:
    """The SDK takes HTTP_PROXY and HTTPS_PROXY from the environment and ignores NO_PROXY
    (docs/beebot.md). It keeps one session for an address; ours, in that place, uses `proxy` alone.
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
