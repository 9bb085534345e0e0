"""The RPC gateway: authenticates a side call, runs its action, answers in Alibaba's form."""

import asyncio
from urllib.parse import urlsplit
from uuid import uuid4

from aiohttp import web

from bridge.emulators.beebot.account import Account, ApiError, RawCall
from bridge.emulators.beebot.actions import Actions, Result
from bridge.emulators.beebot.faults import GatewayFault, Uses
from bridge.emulators.beebot.journal import Journal
from bridge.emulators.beebot.signature import decode_query

VERSION = "2022-04-08"


class Gateway:
    """Serves `/`, GET and POST alike."""

    def __init__(self, account: Account, actions: Actions, journal: Journal) -> None:
        self._account = account
        self._actions = actions
        self._journal = journal
        self._uses = Uses()
        self.faults: list[GatewayFault] = []

    async def serve(self, request: web.Request) -> web.Response:
        call = await _read(request)
        retry_after_ms = None
        try:
            action = self._actions.find(call.headers.get("x-acs-action", ""))
            _check_version(call)
            self._account.authenticate(call)
            fault = self._arm(call.headers["x-acs-action"])
            retry_after_ms = fault.retry_after_ms
            await _strike(request, fault)
            result = action(_parameters(call))
        except ApiError as error:
            self._journal.refuse("gateway", error.code, error.message)
            return _refuse(request, error, retry_after_ms)
        self._journal.changes.notify()
        return _grant({name: result[name] for name in result if name not in fault.missing})

    def _arm(self, action: str) -> GatewayFault:
        for fault in self.faults:
            if fault.action in (None, action) and self._uses.spend(fault):
                return fault
        return GatewayFault()


async def _read(request: web.Request) -> RawCall:
    url = urlsplit(request.raw_path)
    headers = {name.lower(): ",".join(request.headers.getall(name)) for name in request.headers}
    return RawCall(request.method, url.path, url.query, headers, await request.read())


def _check_version(call: RawCall) -> None:
    if call.headers.get("x-acs-version") != VERSION:
        raise ApiError(400, "400", "Version is not valid")


def _parameters(call: RawCall) -> dict[str, str]:
    """The query's and, of a form, the body's."""
    parameters = decode_query(call.raw_query)
    if call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        parameters |= decode_query(call.body.decode())
    return parameters


async def _strike(request: web.Request, fault: GatewayFault) -> None:
    await asyncio.sleep(fault.delay_s)
    if fault.hangs_up and request.transport is not None:
        request.transport.close()
        raise ApiError(500, "HangUp", "a fault was asked for")
    if fault.status:
        raise ApiError(fault.status, fault.code, fault.message)


def _grant(result: Result) -> web.Response:
    return web.json_response({"RequestId": _request_id(), **result})


def _refuse(request: web.Request, error: ApiError, retry_after_ms: int | None) -> web.Response:
    body = {
        "RequestId": _request_id(),
        "HostId": request.host,
        "Code": error.code,
        "Message": error.message,
        "Recommend": f"https://api.alibabacloud.com/troubleshoot?q={error.code}",
    }
    headers = {} if retry_after_ms is None else {"x-acs-retry-after": str(retry_after_ms)}
    return web.json_response(body, status=error.status, headers=headers)


def _request_id() -> str:
    return str(uuid4()).upper()
