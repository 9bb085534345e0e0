"""Many answers at once in one workspace under Slack's limits, on two replicas and one Redis.

    python bench/pace.py --bursts 1 10 50
    python bench/pace.py --cold --crowds 3
    python bench/pace.py --cold --answers 3

For each burst size, on a fresh Redis: one answer alone, then many at once over several channels,
and again right after that for `--crowds`; `--cold` leaves the first out, so that nothing is known
of the bursts. Of a few answers each version is told. The optimum is what remains
when every end is sent at the first moment that Slack's own rule (GCRA) allows: edits for the
answers that were shown early, as if no edit had been made between, posts for the others, after the
early posts of their channel.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.emulators.beebot import typed
from bridge.emulators.slack import Limits
from bridge.emulators.slack.fixtures import BOT_USER, C_GENERAL, U_ALICE, U_BOB
from bridge.emulators.slack.web_api import Call
from bridge.emulators.slack.workspace import Channel
from tests.conftest import RedisServer
from tests.e2e.stage import Stage, open_stage

EDIT_S, POST_S, POST_BURST = 60 / 50, 1.0, 5
FEW = 5
SHIPPED_PACE = {"BRIDGE_EDIT_INTERVAL_S": "1", "BRIDGE_EDIT_INTERVAL_MAX_S": "3"}
Place = tuple[str, str]  # channel, root


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer as Slack saw it: when each version arrived, and when Beebot began and ended."""

    channel: str
    versions: Sequence[float]
    begun_at: float
    ended_at: float
    is_complete: bool

    @property
    def late_s(self) -> float:
        return self.versions[-1] - self.ended_at

    @property
    def was_early(self) -> bool:
        return self.versions[0] < self.ended_at


def delays(
    wanted: Sequence[float], taken: Sequence[float], *, burst: int, interval_s: float
) -> list[float]:
    """How late those at `wanted` are when each goes as soon as GCRA allows, in order; those at
    `taken` have gone at these times.
    """
    booked, waits = 0.0, []
    for at, is_wanted in sorted([(at, True) for at in wanted] + [(at, False) for at in taken]):
        start = max(booked, at)
        if is_wanted:
            waits.append(max(start - at - interval_s * (burst - 1), 0.0))
            start = max(booked, at + waits[-1])
        booked = start + interval_s
    return waits


def optimum(answers: Sequence[Shown], burst: int) -> list[float]:
    edited = [one.ended_at for one in answers if one.was_early]
    waits = delays(edited, (), burst=burst, interval_s=EDIT_S)
    for channel in {one.channel for one in answers}:
        here = [one for one in answers if one.channel == channel]
        whole = [one.ended_at for one in here if not one.was_early]
        early = [one.versions[0] for one in here if one.was_early]
        waits += delays(whole, early, burst=POST_BURST, interval_s=POST_S)
    return waits


def held_up(answers: Sequence[Shown], burst: int) -> int:
    """How many ends had to wait longer because of edits between."""
    ends = [one.ended_at for one in answers if one.was_early]
    between = [at for one in answers for at in one.versions[1:-1]]
    alone = delays(ends, (), burst=burst, interval_s=EDIT_S)
    behind = delays(ends, between, burst=burst, interval_s=EDIT_S)
    return sum(late > free + 0.01 for late, free in zip(behind, alone, strict=True))


def repeated(calls: Sequence[Call]) -> int:
    """Edits that changed nothing of what the message showed."""
    seen: defaultdict[str, str] = defaultdict(str)
    count = 0
    for call in calls:
        if call.method in {"chat.postMessage", "chat.update"} and call.response.get("ok"):
            ts = str(call.response["ts"])
            looks = json.dumps([call.args.get("text"), call.args.get("blocks")], sort_keys=True)
            count += seen[ts] == looks
            seen[ts] = looks
    return count


def furnish(stage: Stage, count: int) -> list[str]:
    rooms = [f"C0PACE{number:04d}" for number in range(count)]
    for room in rooms:
        members = {U_ALICE, U_BOB, BOT_USER}
        stage.slack.workspace.channels[room] = Channel(room, room.lower(), "channel", members)
    return rooms


async def ask(stage: Stage, rooms: Sequence[str], text: str) -> list[Shown]:
    """One question in each of `rooms` (they may repeat), and the answers when all are there."""
    before = len(stage.beebot.questions)
    places: list[Place] = []
    for room in rooms:
        number = before + len(places)
        question = f"<@{BOT_USER}> question {number}"
        places.append((room, await stage.slack.post(room, U_ALICE, question)))
    await stage.beebot.until(
        lambda: len(stage.beebot.questions) >= before + len(rooms), timeout_s=60
    )
    turns = {turn.question.utterance: turn for turn in stage.beebot.running}
    await stage.slack.until(
        lambda: all(stage.texts(*place) == [text.strip()] for place in places), timeout_s=240
    )
    await asyncio.sleep(3)  # a last edit may still bring what belongs under the text
    return [
        Shown(
            place[0],
            [at for at, _ in stage.replies(*place)[0].history],
            turns[f"question {before + number}"].times[0],
            turns[f"question {before + number}"].times[-1],
            stage.texts(*place) == [text.strip()],
        )
        for number, place in enumerate(places)
    ]


def tell(answers: Sequence[Shown]) -> None:
    for one in answers:
        versions = ", ".join(f"{at - one.begun_at:.1f}" for at in one.versions)
        print(f"  versions at         {versions} s; final {one.late_s:.2f} s late")


def report(answers: Sequence[Shown], calls: Sequence[Call], burst: int) -> None:
    refused = Counter(call.method for call in calls if call.status == 429)
    late, best = [one.late_s for one in answers], optimum(answers, burst)
    methods = Counter(call.method for call in calls)
    between = sum(max(len(one.versions) - 2, 0) for one in answers)
    print(f"  calls               {len(calls)}  {dict(methods)}")
    share = refused.total() / len(calls)
    print(f"  refused             {refused.total()} = {share:.1%}  {dict(refused)}")
    print(f"  complete            {sum(one.is_complete for one in answers)} of {len(answers)}")
    print(f"  shown early         {sum(one.was_early for one in answers)}, edits between {between}")
    print(f"  final late          worst {max(late):.2f} s, median {statistics.median(late):.2f} s")
    print(f"  optimum             worst {max(best):.2f} s, median {statistics.median(best):.2f} s")
    print(
        f"  finals held up by edits between {held_up(answers, burst)}, unchanged {repeated(calls)}"
    )


async def run(burst: int, given: argparse.Namespace) -> None:
    print(f"burst {burst}")
    with tempfile.TemporaryDirectory() as folder:
        binary = shutil.which("redis-server")
        assert binary, "needs a redis-server"
        with RedisServer(binary, Path(folder)) as redis:
            async with open_stage() as stage:
                stage.environment |= {**SHIPPED_PACE, "REDIS_URL": redis.url}
                await measure(stage, burst, given)


async def measure(stage: Stage, burst: int, given: argparse.Namespace) -> None:
    stage.slack.set_limits(Limits(burst=burst, post_burst=POST_BURST))
    text = ("The answer grows a little with every frame. " * 100)[: int(given.seconds * 100)]
    stage.beebot.default(typed(text, step=10, delay_s=0.1))
    for _ in range(2):
        await stage.start_bridge()
    rooms = furnish(stage, given.channels)
    if not given.cold:
        tell(await ask(stage, [C_GENERAL], text))
        refused = sum(call.status == 429 for call in stage.slack.calls)
        print(f"  alone: calls        {len(stage.slack.calls)}, refused {refused}")
        await asyncio.sleep(10)
    before = 0 if given.cold else len(stage.slack.calls)
    places = [rooms[number % len(rooms)] for number in range(given.answers)]
    for _ in range(given.crowds):
        answers = await ask(stage, places, text)
        if len(answers) <= FEW:
            tell(answers)
        report(answers, stage.slack.calls[before:], burst)
        before = len(stage.slack.calls)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bursts", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--answers", type=int, default=40)
    parser.add_argument("--channels", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--crowds", type=int, default=1, help="so often, one after the other")
    parser.add_argument("--cold", action="store_true", help="nobody has asked anything yet")
    arguments = parser.parse_args()
    for size in arguments.bursts:
        asyncio.run(run(size, arguments))
