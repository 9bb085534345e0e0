"""`bridge inbox`: what waits, what was given up, and what to do about it."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime

import typer
from rich.console import Console
from rich.table import Table

from bridge.core.errors import Unavailable
from bridge.core.model import reference
from bridge.resources import open_store
from bridge.settings.loading import load_settings
from bridge.store.dead_letters import DeadLetter, DeadLetters
from bridge.store.inbox import RedisInbox

UNUSED = {
    "SLACK_BOT_TOKEN": "xoxb-unused",
    "SLACK_SIGNING_SECRET": "unused",
    "BEEBOT_INSTANCE_ID": "unused",
}  # only the store is asked


async def show_inbox(*, as_json: bool) -> int:
    async with _store() as (inbox, dead):
        depth, letters = await inbox.depth(), await dead.all()
    if as_json:
        told = {**asdict(depth), "dead_letters": [_summary(letter) for letter in letters]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return 0
    console = Console()
    console.print(
        f"{depth.ready} threads ready, {depth.running} running, {depth.open} turns open, "
        f"{len(letters)} dead letters"
    )
    if letters:
        console.print(_table(letters))
    return 0


async def show_letter(which: str, *, with_text: bool) -> int:
    """The text of a question is its author's: it is shown only when asked for. Where to answer them
    in private is nobody's business.
    """
    async with _store() as (_, dead):
        letter = await _found(dead, which)
    letter = replace(letter, ask=replace(letter.ask, respond_to=""))
    hidden = "" if with_text else "(hidden; --text shows it)"
    if not with_text:
        letter = replace(
            letter,
            ask=replace(letter.ask, text=hidden),
            record=replace(letter.record, partial=hidden, answer=None),
        )
    typer.echo(json.dumps(asdict(letter), ensure_ascii=False, indent=2))
    return 0


async def retry_letter(which: str) -> int:
    async with _store() as (_, dead):
        return _told(which, was_there=await dead.retry(await _found(dead, which)))


async def drop_letter(which: str) -> int:
    async with _store() as (_, dead):
        return _told(which, was_there=await dead.drop(await _found(dead, which)))


def _told(which: str, *, was_there: bool) -> int:
    if not was_there:
        typer.echo(f"{which} is no dead letter any more: it was retried or dropped.", err=True)
    return 0 if was_there else 1


@asynccontextmanager
async def _store() -> AsyncIterator[tuple[RedisInbox, DeadLetters]]:
    """The shared store; without one there is nothing that another process could look at."""
    settings = load_settings(UNUSED | os.environ)
    if settings.redis_url is None:
        typer.echo("REDIS_URL is unset: the in-process store is gone with its process.", err=True)
        raise typer.Exit(2)
    try:
        async with open_store(settings) as redis:
            yield RedisInbox(redis), DeadLetters(redis)
    except Unavailable as error:
        typer.echo(f"{error.description}\n→ {error.advice}", err=True)
        raise typer.Exit(1) from None


async def _found(letters: DeadLetters, which: str) -> DeadLetter:
    found = await letters.find(which)
    if len(found) == 1:
        return found[0]
    few = "No dead letter begins" if not found else f"{len(found)} dead letters begin"
    typer.echo(f"{few} with {which}.", err=True)
    raise typer.Exit(1)


def _summary(letter: DeadLetter) -> dict[str, str | int]:
    """What may be told of a letter without its texts; `died` in UTC."""
    ask = letter.ask
    return {
        "reference": reference(ask.turn),
        "died": datetime.fromtimestamp(letter.died_at, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "channel": ask.thread.channel,
        "asked by": ask.user,
        "attempts": letter.attempts,
        "reason": letter.reason,
    }


def _table(letters: list[DeadLetter]) -> Table:
    rows = [_summary(letter) for letter in letters]
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*map(str, row.values()))
    return table
