"""A forward proxy on this machine: it records what goes through it, and may lead it elsewhere."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class ForwardProxy:
    """`seen` are the requests in order, "METHOD URL" or "CONNECT HOST:PORT". `hosts` says where a
    HOST:PORT really is; one of None is refused, others are what they say.
    """

    hosts: dict[str, str | None] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)
    port: int = 0
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reached(self, part: str) -> list[str]:
        return [request for request in self.seen if part in request]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._talk((reader, writer)))
        self._talks.add(task)
        try:
            await asyncio.wait({task})
        finally:
            writer.close()
            self._talks.discard(task)

    async def _talk(self, client: Streams) -> None:
        head = (await client[0].readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, _ = head.split(" ", 2)
        self.seen.append(f"{method} {target}")
        self.credentials += re.findall(r"(?im)^proxy-authorization: (.*)\r$", head)
        host = target if method == "CONNECT" else urlsplit(target).netloc
        if (place := self.hosts.get(host, host)) is None:
            client[1].write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        address, _, port = place.rpartition(":")
        server = await asyncio.open_connection(address, int(port))
        if method == "CONNECT":
            client[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            server[1].write(as_origin(head, target).encode("latin-1"))
        await asyncio.gather(pipe(client[0], server[1]), pipe(server[0], client[1]))


def as_origin(head: str, target: str) -> str:
    """As the server wants it: the path alone, and one request for each connection."""
    parts = urlsplit(target)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = head.replace(target, path, 1)
    if "\r\nupgrade:" in head.lower():
        return head
    head = re.sub(r"(?im)^(proxy-)?connection: .*\r\n", "", head)
    return head[:-2] + "Connection: close\r\n\r\n"


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def forward_proxy(**hosts: str | None) -> AsyncIterator[ForwardProxy]:
    proxy = ForwardProxy(dict(hosts))
    server = await asyncio.start_server(proxy.talk, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for talk in set(proxy._talks):
            talk.cancel()
        await asyncio.gather(*proxy._talks, return_exceptions=True)
