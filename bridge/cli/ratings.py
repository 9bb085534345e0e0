"""`bridge ratings`: which answers people rated, so that a bad one can be looked up."""

from datetime import UTC, datetime
from pathlib import Path

import typer

from bridge.cli.output import print_json
from bridge.cli.shared_store import open_shared_store
from bridge.core.model import reference
from bridge.slack.rendering.escaping import clean
from bridge.store.repositories import ANSWER_TTL, Rated

HIDDEN = "(hidden; --text shows it)"


async def show_ratings(*, with_good: bool, with_text: bool, as_json: bool, env_file: Path) -> int:
    """Ids alone; reasons are people's words, and shown only when asked for. The newest first."""
    async with open_shared_store(env_file) as store:
        every = await store.ratings.all()
    rated = [one for one in every if with_good or not one.is_good]
    rows = [_row(one, with_text=with_text) for one in rated]
    if as_json:
        print_json(rows)
        return 0
    good = sum(one.is_good for one in every)
    typer.echo(f"{len(every) - good} bad and {good} good within {ANSWER_TTL.days} days")
    for row in rows:
        typer.echo(_paragraph(row))
    return 0


def _paragraph(row: dict[str, str]) -> str:
    """One line for each value: a table of so many ids fits into no terminal. What somebody wrote
    looks like no other line, and says nothing to the terminal.
    """
    lines = (f"{name:10} {clean(' '.join(value.split()))}" for name, value in row.items() if value)
    return "\n" + "\n".join(lines)


def _row(rated: Rated, *, with_text: bool) -> dict[str, str]:
    """`rated` in UTC."""
    at = datetime.fromtimestamp(rated.rated_at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    hidden = HIDDEN if rated.reason and not with_text else rated.reason
    return {
        "rating": "good" if rated.is_good else "bad",
        "rated": at,
        "reference": reference(rated.turn),
        "thread": rated.thread,
        "rated by": rated.user,
        "robot": rated.robot,
        "session": rated.session,
        "answer": rated.answer_id,
        "reason": hidden,
    }
