"""The store that all replicas share, for commands that need nothing else."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import typer

from bridge.core.errors import Unavailable
from bridge.core.model import sender_id
from bridge.resources import open_store
from bridge.settings.loading import UNUSED_VALUES, load_settings
from bridge.settings.values import secret_text
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
    sender_id: Callable[[str, str], str]  # of a team and a user: as whom Beebot knows them


@asynccontextmanager
async def open_shared_store(env_file: Path) -> AsyncIterator[SharedStore]:
    """Without one there is nothing that another process could look at: that ends the program with
    2; what Redis refuses, with 1.
    """
    settings = load_settings(env_file=env_file, unused=UNUSED_VALUES)
    if settings.redis_url is None:
        typer.echo("REDIS_URL is unset: the in-process store is gone with its process.", err=True)
        raise typer.Exit(2)
    try:
        async with open_store(settings) as redis:
            erasure = partial(Erasure, redis, session_ttl_s=settings.bridge_session_ttl_s)
            sender = partial(sender_id, key=secret_text(settings.bridge_pseudonym_key))
            inbox, ratings = RedisInbox(redis), RedisRatings(redis)
            yield SharedStore(inbox, DeadLetters(redis), ratings, erasure, sender)
    except Unavailable as error:
        typer.echo(f"{error.description}\n→ {error.advice}", err=True)
        raise typer.Exit(1) from None
