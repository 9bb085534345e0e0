"""Opens the port: the routes that it is given, and a warning for what comes to none of them."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from bridge.core.events import Observer, PathUnknown

_LONGEST = 60  # characters of what a stranger names


class PortUnavailable(Exception):
    """The port cannot be listened on; the text is the system's reason."""


@asynccontextmanager
async def open_site(
    routes: Sequence[web.RouteDef], observe: Observer, *, host: str, port: int, advice: str
) -> AsyncIterator[int]:
    """Yields the port that was bound; 0 asks for any. Raises `PortUnavailable`.

    `advice` tells the operator which is the right path.
    """

    async def unknown(request: web.Request) -> web.Response:
        path = request.rel_url.raw_path  # no query: it may be a secret
        if methods := [route.method for route in routes if route.path == path]:
            raise web.HTTPMethodNotAllowed(request.method, methods)
        observe(PathUnknown(request.method[:_LONGEST], path[:_LONGEST], advice))
        raise web.HTTPNotFound

    site = web.Application()
    site.add_routes([*routes, web.route("*", "/{path:.*}", unknown)])
    # The guard refuses compressed bodies; aiohttp would log a traceback for a broken one.
    runner = web.AppRunner(site, access_log=None, shutdown_timeout=2, auto_decompress=False)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise PortUnavailable(os.strerror(error.errno or 0)) from None
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
