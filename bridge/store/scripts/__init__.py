"""The Lua scripts of the store: one file each, all behind the same prelude."""

from importlib.resources import files

from redis.asyncio import Redis
from redis.commands.core import AsyncScript

_FOLDER = files(__name__)


def load(redis: Redis, name: str) -> AsyncScript:
    prelude = (_FOLDER / "prelude.lua").read_text(encoding="utf-8")
    body = (_FOLDER / f"{name}.lua").read_text(encoding="utf-8")
    return redis.register_script(prelude + body)
