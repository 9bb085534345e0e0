"""`bridge inbox`: what waits, what was given up, and what to do about it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.table import Table

from bridge.cli.output import confirm, open_console, print_json
from bridge.cli.shared_store import open_shared_store
from bridge.core.model import reference
from bridge.store.dead_letters import DeadLetter, DeadLetters

AT_ONCE = 500  # letters


async def show_inbox(*, as_json: bool, env_file: Path) -> int:
    async with open_shared_store(env_file) as store:
        depth, letters = await store.inbox.depth(), await store.dead_letters.all()
    if as_json:
        told = {**asdict(depth), "dead_letters": [_summary(letter) for letter in letters]}
        print_json(told)
        return 0
    console = open_console()
    console.print(
        f"{depth.ready} threads ready, {depth.running} running, {depth.open} turns open, "
        f"{len(letters)} dead letters"
    )
    if letters:
        console.print(_table(letters))
    return 0


async def show_letter(which: str, *, with_text: bool, env_file: Path) -> int:
    """The text of a question is its author's: it is shown only when asked for. Where to answer them
    in private is left out.
    """
    async with open_shared_store(env_file) as store:
        letter = await _find_one(store.dead_letters, which)
    letter = replace(letter, ask=replace(letter.ask, respond_to=""))
    hidden = "" if with_text else "(hidden; --text shows it)"
    if not with_text:
        letter = replace(
            letter,
            ask=replace(letter.ask, text=hidden),
            record=replace(letter.record, partial=hidden, answer=None),
        )
    print_json(asdict(letter))
    return 0


async def retry_letters(which: str, reason: str, *, env_file: Path) -> int:
    """The one that begins with `which`; otherwise all, or all of `reason`."""
    async with open_shared_store(env_file) as store:
        dead = store.dead_letters
        if which:
            return await _change_one(dead, dead.retry, which)
        return await _change_all(await _choose(dead, reason), dead.retry, "Retried")


async def drop_letters(which: str, reason: str, *, is_sure: bool, env_file: Path) -> int:
    """As `retry_letters`; several are dropped after a question, unless that `is_sure`."""
    async with open_shared_store(env_file) as store:
        dead = store.dead_letters
        if which:
            return await _change_one(dead, dead.drop, which)
        chosen = await _choose(dead, reason)
        if not (is_sure or not chosen or confirm(f"Drop {_count(len(chosen))} for good?")):
            return 1
        return await _change_all(chosen, dead.drop, "Dropped")


Change = Callable[[DeadLetter], Awaitable[bool]]


async def _change_one(dead: DeadLetters, change: Change, which: str) -> int:
    """The exit code: 1 where `which` names none, or one that was retried or dropped meanwhile."""
    if await change(await _find_one(dead, which)):
        return 0
    typer.echo(f"{which} is no dead letter any more: it was retried or dropped.", err=True)
    return 1


async def _choose(dead: DeadLetters, reason: str) -> list[DeadLetter]:
    """All, or all of `reason`; one that no letter has ends the program with 1."""
    letters = await dead.all()
    chosen = [one for one in letters if reason in {"", one.reason}]
    if reason and not chosen:
        there = Counter(one.reason for one in letters)
        known = ", ".join(f"{reason} ({count})" for reason, count in there.most_common())
        typer.echo(
            f"No dead letter has the reason {reason}. There are: {known or 'none'}.", err=True
        )
        raise typer.Exit(1)
    return chosen


async def _change_all(chosen: list[DeadLetter], change: Change, done: str) -> int:
    count = 0
    for at in range(0, len(chosen), AT_ONCE):
        count += sum(await asyncio.gather(*map(change, chosen[at : at + AT_ONCE])))
    typer.echo(f"{done} {count} of {_count(len(chosen))}.")
    return 0


def _count(letters: int) -> str:
    return "1 dead letter" if letters == 1 else f"{letters} dead letters"


async def _find_one(dead: DeadLetters, which: str) -> DeadLetter:
    found = await dead.find(which) if which else []  # every name begins with nothing
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
