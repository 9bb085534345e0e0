"""Lets nobody in but the page itself: another web site must neither read nor write here."""

from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HOSTS = {"127.0.0.1", "localhost"}


def guarded(handler: Handler) -> Handler:
    """The handler, or 403 for a request that did not come from this machine's page.

    `Host` tells a foreign name that was pointed at this machine (DNS rebinding), `Origin` and
    `Sec-Fetch-Site` a foreign page, and JSON is a type that no foreign form can send.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        if not (_is_addressed_here(request) and _comes_from_here(request)):
            raise web.HTTPForbidden(text="This page talks to itself alone.")
        if request.method == "POST" and request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="JSON is expected.")
        return await handler(request)

    return answer


def _is_addressed_here(request: web.Request) -> bool:
    return request.url.host in _HOSTS


def _comes_from_here(request: web.Request) -> bool:
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "none")
    return origin in {None, f"http://{request.host}"} and site in {"same-origin", "none"}
