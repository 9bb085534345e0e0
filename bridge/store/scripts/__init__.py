"""The Lua scripts of the store. Each has operations, which are called by their names.

Calls that are made at the same time go out together, in one round trip: the answers of a crowd
would otherwise wait for Redis one by one.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any
from weakref import WeakKeyDictionary

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from bridge.core.background import cancel_and_wait
from bridge.store import keys

_FOLDER = files(__name__)
_OPERATION = re.compile(r"^function operation\.(\w+)\((.*?)\)\n.*?^end\n", re.MULTILINE | re.DOTALL)
TIMEOUT_S = 1.5  # Slack waits 3 s for its answer
_MOST = 50  # calls in one round trip: if it fails, no more than these do


@dataclass(frozen=True, slots=True)
class _Script:
    source: str
    digest: str


@dataclass(frozen=True, slots=True)
class _Call:
    script: _Script
    keys: Sequence[str]
    args: Sequence[str | int]
    timeout_s: float
    result: asyncio.Future[Any]


_WAITING: WeakKeyDictionary[Redis, list[_Call]] = WeakKeyDictionary()
_SENDING: WeakKeyDictionary[Redis, set[asyncio.Task[None]]] = WeakKeyDictionary()


async def run_operation(
    redis: Redis,
    name: str,
    arguments: Mapping[str, str | int],
    more: Sequence[str | int] = (),
    *,
    used: Sequence[str] = (keys.READY,),
    timeout_s: float = TIMEOUT_S,
) -> Any:
    """What the operation returns. `arguments` have the names that they have there, `more` stand
    behind them; `used` are its KEYS. Raises what redis-py raises.
    """
    names, script = _every_operation()[name]
    if arguments.keys() != set(names):
        raise TypeError(f"{name} takes {', '.join(names)}, not {', '.join(arguments)}")
    args = [*(arguments[each] for each in names), *more]
    call = _Call(script, used, args, timeout_s, asyncio.get_running_loop().create_future())
    calls = _WAITING.get(redis, [])
    if not 0 < len(calls) < _MOST:
        calls = _WAITING[redis] = []
        sending = asyncio.create_task(_send(redis, calls))  # begins when this turn of the loop ends
        sends = _SENDING.setdefault(redis, set())
        sends.add(sending)
        sending.add_done_callback(sends.discard)
    calls.append(call)
    return await call.result


async def stop_sending(redis: Redis) -> None:
    """Before the client closes: a send that goes on would open another connection."""
    await cancel_and_wait(*_SENDING.get(redis, ()))


async def _send(redis: Redis, calls: list[_Call], *, whole: bool = False) -> None:
    """By their digests; those that a new server does not know yet once more, as a whole."""
    if _WAITING.get(redis) is calls:
        del _WAITING[redis]
    try:
        results = await _execute(redis, calls, whole=whole)
    except Exception as error:  # noqa: BLE001 - each caller is told of it
        results = [error] * len(calls)
    unknown = []
    for call, result in zip(calls, results, strict=True):
        if call.result.done():
            continue  # its caller did not wait so long
        if isinstance(result, NoScriptError):
            unknown.append(call)
        elif isinstance(result, Exception):
            call.result.set_exception(result)
        else:
            call.result.set_result(result)
    if unknown:
        await _send(redis, unknown, whole=True)


async def _execute(redis: Redis, calls: list[_Call], *, whole: bool) -> list[Any]:
    timeout_s = max(call.timeout_s for call in calls)
    async with asyncio.timeout(timeout_s), redis.pipeline(transaction=False) as pipe:
        for call in calls:
            args = [*call.keys, *map(str, call.args)]
            if whole:
                pipe.eval(call.script.source, len(call.keys), *args)
            else:
                pipe.evalsha(call.script.digest, len(call.keys), *args)
        return await pipe.execute(raise_on_error=False)


@cache
def _every_operation() -> dict[str, tuple[list[str], _Script]]:
    names = (path.name for path in _FOLDER.iterdir())
    scripts = (name.removesuffix(".lua") for name in names if name.endswith(".lua"))
    return {name: found for script in scripts for name, found in operations(script).items()}


@cache
def operations(script: str) -> dict[str, tuple[list[str], _Script]]:
    """Of each the names of its arguments, and its source: all that stands above the operations, and
    that one. Redis reads a script at each call, the in-process store even compiles it.
    """
    text, found = read(script), {}
    library = text[: text.index("\nfunction operation.")]
    for operation in _OPERATION.finditer(text):
        name, names = operation[1], re.findall(r"\w+", operation[2])
        call = f"return operation.{name}(unpack(ARGV, 1, {len(names)}))"
        lua = "\n".join((library, operation[0], call))
        source = f"{_constants(lua)}\n{lua}"
        digest = sha1(source.encode()).hexdigest()  # noqa: S324 - by which Redis knows it
        found[name] = names, _Script(source, digest)
    return found


def read(name: str) -> str:
    return (_FOLDER / f"{name}.lua").read_text(encoding="utf-8")


def _constants(text: str) -> str:
    """Those of `keys.py` in Lua: the keys that a text names, and times to live in milliseconds."""
    lines = ["local KEY = {}", f"local SCHEMA_VERSION = {keys.SCHEMA_VERSION}"]
    for name, value in vars(keys).items():
        if f"KEY.{name}" in text:
            lines.append(f"KEY.{name} = '{value}'")
        elif name.isupper() and isinstance(value, timedelta):
            lines.append(f"local {name}_MS = {value // timedelta(milliseconds=1)}")
    return "\n".join(lines)
