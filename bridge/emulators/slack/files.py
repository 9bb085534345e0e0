"""Files that people share: what Slack tells of them, and the host that serves them by token."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from aiohttp import web

from bridge.emulators.slack.arguments import Arguments
from bridge.emulators.slack.feed import Feed
from bridge.emulators.slack.refusals import refuse_unless
from bridge.emulators.slack.workspace import Upload
from bridge.emulators.slack.world import World

Json = dict[str, Any]

SCOPE = "files:read"
_SIGN_IN = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body></body></html>"


@dataclass(frozen=True, slots=True)
class FileRequest:
    """A request for a file's content; `status` as it was answered."""

    file: str
    knew_token: bool
    status: int


def store(world: World, upload: Upload, user: str) -> Json:
    """Keep a file, and give what a message tells of it."""
    file_id = f"F{secrets.token_hex(5).upper()}"
    world.workspace.files[file_id] = upload, user
    if upload.is_unknown:
        return {"id": file_id, "file_access": "check_file_info"}
    return _describe(world, file_id)


def files_info(world: World, args: Arguments) -> Json:
    file_id = args.required("file")
    refuse_unless(_is_seen(world, file_id), "file_not_found")
    return {"ok": True, "file": _describe(world, file_id), "comments": []}


def _is_seen(world: World, file_id: str) -> bool:
    """Whether it was shared where the app is."""
    joined = (one for one in world.workspace.channels.values() if world.is_member(one))
    shared = (f"{m.files}{m.attachments}" for channel in joined for m in channel.live())
    return file_id in world.workspace.files and any(file_id in files for files in shared)


def _describe(world: World, file_id: str) -> Json:
    upload, user = world.workspace.files[file_id]
    path = f"files-pri/{world.app.team_id}-{file_id}"
    hosted = f"{world.base_url}/{path}/{quote(upload.name)}"
    return {
        "id": file_id,
        "name": upload.name,
        "title": upload.name,
        "mimetype": upload.mimetype,
        "filetype": upload.name.rpartition(".")[2],
        "size": len(upload.content),
        "user": user,
        "mode": "external" if upload.linked_to else "hosted",
        "is_external": upload.linked_to != "",
        "file_access": "visible",
        "url_private": upload.linked_to or hosted,
        "url_private_download": f"{world.base_url}/{path}/download/{quote(upload.name)}",
    }


class FileHost:
    """Serves `/files-pri/…`. Who may not see a file is led to a page to sign in, which is a 200.

    `moved_to`, an address, is where the content really is, as on Enterprise Grid: a request is
    redirected there, with the path that it has here. `delay_s` is how long a content takes; after
    `breaks_off_after` bytes of it, if that is not None, the connection breaks.
    """

    def __init__(self, world: World, token: str, feed: Feed) -> None:
        self.requests: list[FileRequest] = []
        self.moved_to = ""
        self.delay_s = 0.0
        self.breaks_off_after: int | None = None
        self._world = world
        self._token = token
        self._feed = feed

    @property
    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/files-pri/{file}/{name:.*}", self._serve),
            web.get("/files-origin/files-pri/{file}/{name:.*}", self._serve_content),
            web.get("/sign-in", _sign_in),
        ]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if self.moved_to and self._may_see(request):
            self._keep(request, 302)
            return web.Response(status=302, headers={"Location": self.moved_to + request.path})
        return await self._serve_content(request)

    async def _serve_content(self, request: web.Request) -> web.StreamResponse:
        if not self._may_see(request):
            self._keep(request, 302)
            raise web.HTTPFound(f"{self._world.base_url}/sign-in?redir={quote(request.path)}")
        found = self._world.workspace.files.get(_file_of(request))
        self._keep(request, 200 if found else 404)
        if found is None:
            raise web.HTTPNotFound
        await asyncio.sleep(self.delay_s)
        if self.breaks_off_after is not None:
            return await self._break_off(request, found[0], self.breaks_off_after)
        return web.Response(body=found[0].content, content_type=found[0].mimetype)

    async def _break_off(
        self, request: web.Request, upload: Upload, after: int
    ) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_type, response.content_length = upload.mimetype, len(upload.content)
        await response.prepare(request)
        await response.write(upload.content[:after])
        if request.transport is not None:
            request.transport.close()
        return response

    def _may_see(self, request: web.Request) -> bool:
        is_known = request.headers.get("Authorization") == f"Bearer {self._token}"
        return is_known and SCOPE in self._world.manifest.bot_scopes

    def _keep(self, request: web.Request, status: int) -> None:
        knew = request.headers.get("Authorization") == f"Bearer {self._token}"
        self.requests.append(FileRequest(_file_of(request), knew, status))
        self._feed.wake()


def _file_of(request: web.Request) -> str:
    return request.match_info["file"].partition("-")[2]


async def _sign_in(_request: web.Request) -> web.Response:
    return web.Response(text=_SIGN_IN, content_type="text/html")


METHODS = {"files.info": files_info}
