"""The store that all replicas share, for commands that need nothing else."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import typer

from bridge.core.errors import Unavailable
from bridge.resources import open_store
from bridge.settings import Settings
from bridge.settings.loading import UNUSED_VALUES, load_settings
from bridge.store.dead_letters import DeadLetters
from bridge.store.erasure import Erasure
from bridge.store.inbox import RedisInbox
from bridge.store.kept import Whom
from bridge.store.repositories import RedisRatings


@dataclass(frozen=True, slots=True)
class SharedStore:
    inbox: RedisInbox
    dead_letters: DeadLetters
    ratings: RedisRatings
    erasure: Callable[[Whom], Erasure]
    settings: Settings  # with `UNUSED_VALUES` where a required variable is unset


def _describe_place(env_file: Path) -> str:
    """Where the variable was looked for."""
    path = env_file.absolute()
    if path.exists():
        return f"it is neither in the environment nor in {path}"
    return f"it is not in the environment, and there is no file {path}"


@asynccontextmanager
async def open_shared_store(env_file: Path) -> AsyncIterator[SharedStore]:
    """Without one there is nothing that another process could look at: that ends the program with
    2; what Redis refuses, with 1.
    """
    settings = load_settings(env_file=env_file, unused=UNUSED_VALUES)
    if settings.redis_url is None:
        typer.echo(
            "REDIS_URL is unset: without it the bridge keeps all in its own process, where nobody "
            f"else can look.\n→ Set it as the bridge has it: {_describe_place(env_file)}.",
            err=True,
        )
        raise typer.Exit(2)
    try:
        async with open_store(settings) as redis:
            erasure = partial(Erasure, redis, session_ttl_s=settings.bridge_session_ttl_s)
            inbox, ratings = RedisInbox(redis), RedisRatings(redis)
            yield SharedStore(inbox, DeadLetters(redis), ratings, erasure, settings)
    except Unavailable as error:
        typer.echo(f"Redis cannot be used: {error.description}\n→ {error.advice}", err=True)
        raise typer.Exit(1) from None
