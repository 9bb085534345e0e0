"""The Lua scripts of the store: one file each, all behind the same prelude.

Calls that are made at the same time go out together, in one round trip: the answers of a crowd
would otherwise wait for Redis one by one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any
from weakref import WeakKeyDictionary

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

_FOLDER = files(__name__)


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    keys: Sequence[str]
    args: Sequence[str | int]
    result: asyncio.Future[Any]


_WAITING: WeakKeyDictionary[Redis, list[_Call]] = WeakKeyDictionary()
_SENDING: set[asyncio.Task[None]] = set()
_MOST = 50  # calls in one round trip: if it fails, no more than these do


async def run_script(
    redis: Redis, name: str, keys: Sequence[str], args: Sequence[str | int]
) -> Any:
    """What the script returns. Raises what redis-py raises."""
    call = _Call(name, keys, args, asyncio.get_running_loop().create_future())
    calls = _WAITING.get(redis, [])
    if not 0 < len(calls) < _MOST:
        calls = _WAITING[redis] = []
        sending = asyncio.create_task(_send(redis, calls))  # begins when this turn of the loop ends
        _SENDING.add(sending)
        sending.add_done_callback(_SENDING.discard)
    calls.append(call)
    return await call.result


async def _send(redis: Redis, calls: list[_Call]) -> None:
    if _WAITING.get(redis) is calls:
        del _WAITING[redis]
    try:
        async with redis.pipeline(transaction=False) as pipe:
            for call in calls:
                _, sha = _source_of(call.name)
                pipe.evalsha(sha, len(call.keys), *call.keys, *map(str, call.args))
            results = await pipe.execute(raise_on_error=False)
        if any(isinstance(result, NoScriptError) for result in results):
            results = await _send_whole(redis, calls, results)
    except Exception as error:  # noqa: BLE001 - each caller is told of it
        results = [error] * len(calls)
    for call, result in zip(calls, results, strict=True):
        if call.result.done():
            continue  # its caller did not wait so long
        if isinstance(result, Exception):
            call.result.set_exception(result)
        else:
            call.result.set_result(result)


async def _send_whole(redis: Redis, calls: Sequence[_Call], results: list[Any]) -> list[Any]:
    """Those that a new server does not know yet."""
    unknown = [isinstance(result, NoScriptError) for result in results]
    async with redis.pipeline(transaction=False) as pipe:
        for call, is_unknown in zip(calls, unknown, strict=True):
            if is_unknown:
                source, _ = _source_of(call.name)
                pipe.eval(source, len(call.keys), *call.keys, *map(str, call.args))
        said = iter(await pipe.execute(raise_on_error=False))
    return [next(said) if each else old for each, old in zip(unknown, results, strict=True)]


@cache
def _source_of(name: str) -> tuple[str, str]:
    """A script with its prelude, and the digest by which Redis knows it."""
    prelude = (_FOLDER / "prelude.lua").read_text(encoding="utf-8")
    source = prelude + (_FOLDER / f"{name}.lua").read_text(encoding="utf-8")
    return source, sha1(source.encode()).hexdigest()  # noqa: S324 - Redis's own name for it
