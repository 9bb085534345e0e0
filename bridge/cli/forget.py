"""`bridge forget`: erases what is kept about a person or a thread, and says what is elsewhere."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import typer

from bridge.cli.output import confirm, grid, open_console, print_json
from bridge.cli.shared_store import open_shared_store
from bridge.core.errors import BridgeError
from bridge.core.model import TurnId, reference, sender_id
from bridge.resources import open_slack
from bridge.settings import Settings
from bridge.settings.loading import UNUSED_VALUES
from bridge.settings.values import secret_text
from bridge.slack.workspace.identity import ask_identity
from bridge.store import keys
from bridge.store.kept import Found, Whom

STOP_S = 30.0  # an answer whose process is frozen holds its thread for half as long
_USER = re.compile(r"(?:<@)?([UW][A-Z0-9]{2,})(?:\|[^>]*)?>?")
_THREAD = re.compile(r"(?:\w+:)?([CDG]\w+)[:/](\d+\.\d+)")  # as the log writes it, or without team
_LINK = re.compile(
    r"https://[^/]+/archives/([CDG]\w+)/p(\d+)(\d{6})(?:\?(?:.*&)?thread_ts=([\d.]+))?"
)

WORDS = {
    keys.TURN: "questions that waited or ran, dead letters",
    keys.SESSION: "threads with their Beebot session",
    keys.ENGAGED: "threads that answered them without a mention",
    keys.STOP: "requests to stop an answer",
    keys.QUOTA: "counts of their questions",
    keys.BOT_TURNS: "counts of questions by bots",
    keys.SOURCES: "answers' sources",
    keys.RATING: "ratings",
    keys.NAMES: "numbers that stood for names",
    keys.ONCE: "greetings, calls for a human and refusals",
}
GIVE_TEAM = "Give --team T…, or set SLACK_BOT_TOKEN, and run this again with --dry-run."
KEYED = (
    "The SenderId is made with BRIDGE_PSEUDONYM_KEY as it is set here. Where the bridge has, or "
    "had, another one or none, run this with that and --dry-run."
)
KEYLESS = (
    "The SenderId is made without BRIDGE_PSEUDONYM_KEY, which is unset here. Where the bridge has, "
    "or had, one, set it here and run this with --dry-run."
)
ELSEWHERE = {
    "redis": "Its append-only file, its snapshots, and copies of them hold what was erased until "
    "they are written anew. Run redis-cli BGREWRITEAOF, and delete older snapshots and copies.",
    "slack": "Questions and answers stand in their threads. People delete their own messages, "
    "admins those of the bot; Slack's retention settings and exports apply to both.",
    "beebot": "Beebot keeps its sessions and logs by Alibaba's rules, and the bridge knows of no "
    "call that deletes them. Ask Alibaba by a ticket, with the ids that stand here.",
    "log": "Lines hold ids and no text. They go when your host deletes its logs.",
    "memory": "Each process knows names and languages for a day at most. A restart ends that.",
}


def read_whom(written: str) -> Whom:
    """A person's id, or a thread: its link, or CHANNEL:ROOT. Raises ValueError with a sentence."""
    text = written.strip()
    if user := _USER.fullmatch(text):
        return Whom(user=user[1])
    if thread := _THREAD.fullmatch(text):
        return Whom(channel=thread[1], root=thread[2])
    if link := _LINK.match(text):
        return Whom(channel=link[1], root=link[4] or f"{link[2]}.{link[3]}")
    raise ValueError(
        f"{text or 'This'} is neither a person nor a thread. Give a member id (U…), the link to a "
        "message of the thread, or CHANNEL:TIMESTAMP as the log has it."
    )


def read_team(written: str) -> str:
    """Empty for an empty one. Raises ValueError with a sentence."""
    if not re.fullmatch(r"([TE][A-Z0-9]{2,})?", team := written.strip()):
        raise ValueError(f"{team} is no workspace. Give its id to --team, as T0123ABCD.")
    return team


async def forget(
    written: str, team: str, *, dry_run: bool, as_json: bool, is_sure: bool, env_file: Path
) -> int:
    """0: done, 1: not, 2: it is nobody, or there is no shared store. `team` is the workspace's id,
    or empty: then the store or Slack tells it.
    """
    try:
        whom, team = read_whom(written), read_team(team)
    except ValueError as error:
        typer.echo(str(error), err=True)
        return 2
    async with open_shared_store(env_file) as store:
        erasure = store.erasure(whom)
        found = await erasure.find()
        if not (dry_run or is_sure or not _count(found) or confirm(_question(whom, found))):
            return 1
        if not dry_run:
            now = found
            for _ in range(2):  # what has run may have written more: a command, its question
                if left := await erasure.stop(now.turns, within_s=STOP_S):
                    typer.echo(_say_running(left), err=True)
                    return 1
                now = await erasure.find()
            await erasure.erase(now.others)
            found = replace(found, others=now.others, sessions=found.sessions | now.sessions)
        senders = await _find_senders(store.settings, whom, {team} if team else found.teams)
    (_print_json if as_json else _print)(whom, found, senders, dry_run=dry_run)
    return 0


def _say_running(left: Sequence[TurnId]) -> str:
    names = ", ".join(map(reference, left))
    return (
        f"Nothing more was erased: after {STOP_S:.0f} s still running: {names}.\n"
        "→ Run this again in a minute. If it goes on, look at the log of the process that answers."
    )


@dataclass(frozen=True, slots=True)
class Senders:
    """The pseudonyms under which Beebot knows a person, and a sentence about how they were made, or
    why there are none.
    """

    ids: Sequence[str] = ()
    said: str = ""


async def _find_senders(settings: Settings, whom: Whom, teams: Collection[str]) -> Senders:
    """Raises nothing: Slack is asked for the team only where `teams` is empty."""
    if not whom.user:
        return Senders()
    try:
        known = sorted(teams) or [await _ask_team(settings)]
    except BridgeError as error:
        return Senders(said=f"No SenderId: Slack does not tell the team ({error}). {GIVE_TEAM}")
    if not any(known):
        return Senders(said=f"No SenderId: nothing here tells the team. {GIVE_TEAM}")
    key = secret_text(settings.bridge_pseudonym_key)
    return Senders([sender_id(team, whom.user, key) for team in known], KEYED if key else KEYLESS)


async def _ask_team(settings: Settings) -> str:
    """Of the bot's own workspace; empty without its token. Raises `BridgeError`."""
    token = secret_text(settings.slack_bot_token)
    if token == UNUSED_VALUES["SLACK_BOT_TOKEN"]:
        return ""
    proxy = settings.proxy_for(settings.slack_api_url)
    async with aiohttp.ClientSession(proxy=proxy) as http:
        return (await ask_identity(open_slack(settings, http, token))).team_id


def _question(whom: Whom, found: Found) -> str:
    parts = (f"{number} {WORDS[kind]}" for kind, number in _count(found).items())
    return f"Erase of {_name(whom)}: {'; '.join(parts)}?"


def _count(found: Found) -> dict[str, int]:
    """By kind, in the order of WORDS."""
    count = Counter(one.kind for one in (*found.turns, *found.others))
    return {kind: count[kind] for kind in WORDS if count[kind]}


def _print_json(whom: Whom, found: Found, senders: Senders, *, dry_run: bool) -> None:
    count = {_short(kind): number for kind, number in _count(found).items()}
    told = {
        "whom": _name(whom),
        "dry_run": dry_run,
        "would_erase" if dry_run else "erased": count,
        "elsewhere": ELSEWHERE,
        "beebot": {
            "sessions": sorted(found.sessions),
            "senders": list(senders.ids),
            "said": _describe_ids(found, senders),
        },
    }
    print_json(told)


def _short(kind: str) -> str:
    return kind.removeprefix(keys.PREFIX).rstrip(":")


def _name(whom: Whom) -> str:
    return whom.user or f"{whom.channel}:{whom.root}"


def _describe_ids(found: Found, senders: Senders) -> str:
    missing = "" if found.sessions else "No SessionId: none is kept here (any more)."
    return " ".join(filter(None, [missing, senders.said]))


def _print(whom: Whom, found: Found, senders: Senders, *, dry_run: bool) -> None:
    console, count = open_console(), _count(found)
    if not count:
        console.print(f"Redis keeps nothing of {_name(whom)}.")
    else:
        console.print(f"{'Would erase' if dry_run else 'Erased'} of {_name(whom)}:")
        console.print(grid((f"  {number}", WORDS[kind]) for kind, number in count.items()))
    console.print("Elsewhere, where the bridge cannot erase:")
    ids = [f"SessionId {one}" for one in sorted(found.sessions)]
    ids += [f"SenderId {one}" for one in senders.ids]
    about = filter(None, [_describe_ids(found, senders)])
    told = ELSEWHERE | {"beebot": "\n".join([ELSEWHERE["beebot"], *ids, *about])}
    console.print(grid((f"  {place}", words) for place, words in told.items()))
