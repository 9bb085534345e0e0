"""Minutes of everything going wrong at once; at the end nothing is lost, doubled or out of order.

    .venv/bin/python bench/chaos.py --seed 1 --seconds 60

Three replicas as processes share a redis-server; questions come to several threads while replicas
are killed, frozen and restarted, Redis stands still, Slack and Beebot fail in all their ways, and
people press every button they see. A seed decides what is asked and what breaks, though not the
machine's timing.
"""

import argparse
import asyncio
import random
import re
import shutil
import signal
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args

from bridge.core.model import TurnId, turn_id
from bridge.emulators.beebot import Fault as BeebotFault
from bridge.emulators.beebot import Script, typed
from bridge.emulators.beebot.values import Question
from bridge.emulators.slack import Fault as SlackFault
from bridge.emulators.slack.messages import Message
from bridge.emulators.slack.seed import (
    BOT_USER,
    C_GENERAL,
    C_RANDOM,
    D_ALICE,
    G_PRIVATE,
    TEAM,
    U_ALICE,
)
from bridge.store.connection import open_redis
from bridge.store.inbox import RedisInbox
from tests.conftest import RedisServer
from tests.e2e.stage import BridgeProcess, Stage, events_url, open_stage, ready

CHANNELS = (C_GENERAL, C_RANDOM, G_PRIVATE, D_ALICE, D_ALICE)  # answers stream in the last
SENTENCES = ("cannot be reached", "went wrong", "incomplete", "too many questions", "declined",
             "not allowed", "Stopped.")  # fmt: skip
NOT_STORED = "did not reach me"
Trouble = Literal["ratelimited", "http", "reset", "lost_reply", "slow", "error"]
TERMS = {"BRIDGE_LEASE_S": "2", "BRIDGE_BEAT_S": "0.4", "BRIDGE_GRACE_S": "1",
         "BRIDGE_RECALL_S": "3", "BRIDGE_FIRST_FRAME_S": "3", "BRIDGE_BETWEEN_FRAMES_S": "2",
         "BRIDGE_THROTTLE_S": "20"}  # fmt: skip


@dataclass
class Chaos:
    stage: Stage
    redis: RedisServer
    dice: random.Random
    replicas: list[BridgeProcess] = field(default_factory=list)
    frozen: set[int] = field(default_factory=set)
    asked: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    pressed: dict[tuple[str, str], list[TurnId]] = field(default_factory=lambda: defaultdict(list))
    done: Counter[str] = field(default_factory=Counter)

    async def start_replica(self) -> None:
        replica = await BridgeProcess.start(self.stage.environment)
        await ready(replica.port)
        self.replicas.append(replica)

    async def route(self) -> None:
        """A host's router: each delivery goes to some replica that listens."""
        while True:
            able = [one for one in self.replicas if one.process.pid not in self.frozen]
            if able:
                self.stage.slack.request_url = events_url(self.dice.choice(able).port)
            await asyncio.sleep(0.05)

    async def ask(self, threads: int) -> None:
        """Users: a new thread now and then, and quick follow-ups in those that are there."""
        while True:
            await asyncio.sleep(self.dice.expovariate(4))
            if len(self.asked) < threads or self.dice.random() < 0.1:
                channel, root = self.dice.choice(CHANNELS), None
            else:
                channel, root = self.dice.choice(list(self.asked))
            text = f"<@{BOT_USER}> question {sum(map(len, self.asked.values()))}"
            ts = await self.stage.slack.post(channel, U_ALICE, text, thread_ts=root)
            self.asked[channel, root or ts].append(ts)

    async def press(self) -> None:
        """Users: whatever button an answer shows, and now and then a bare word."""
        while True:
            await asyncio.sleep(self.dice.expovariate(3))
            shown = [(place, one) for place in self.asked for one in self.stage.replies(*place)]
            if not shown:
                continue
            place, message = self.dice.choice(shown)
            if self.dice.random() < 0.1:
                await self.stage.slack.post(place[0], U_ALICE, "stop", thread_ts=place[1])
            elif buttons := list(buttons_of(message)):
                await self.press_one(place, message, self.dice.choice(buttons))

    async def press_one(self, place: tuple[str, str], message: Message, button: str) -> None:
        self.done[f"press {button}"] += 1
        delivery = await self.stage.slack.click(U_ALICE, place[0], message.ts, button)
        if button == "regenerate" and delivery.status == 200:
            cause = f"action:{message.ts}:{button}"
            self.pressed[place].append(turn_id(TEAM, place[0], cause))

    async def strike(self) -> None:
        strikes: list[Callable[[], Awaitable[None]]] = [
            self.kill, self.deploy, self.freeze, self.freeze_redis, self.fail_slack,
            self.close_streams,
        ]  # fmt: skip
        while True:
            await asyncio.sleep(self.dice.uniform(0.5, 3))
            strike = self.dice.choice(strikes)
            self.done[strike.__name__] += 1
            await strike()

    async def kill(self) -> None:
        victim = self._pick()
        victim.send(signal.SIGKILL)
        await victim.ended()
        await self.start_replica()

    async def deploy(self) -> None:
        victim = self._pick()
        victim.send(signal.SIGTERM)
        code = await victim.ended()
        assert code == 0, f"exit code {code}: {''.join(victim.log[-5:])}"
        await self.start_replica()

    async def freeze(self) -> None:
        victim = self.dice.choice(self.replicas)
        self.frozen.add(victim.process.pid)
        victim.send(signal.SIGSTOP)
        await asyncio.sleep(self.dice.uniform(0.5, 5))
        victim.send(signal.SIGCONT)
        self.frozen.discard(victim.process.pid)

    async def freeze_redis(self) -> None:
        self.redis.freeze()
        await asyncio.sleep(self.dice.uniform(0.2, 4))
        self.redis.thaw()

    async def fail_slack(self) -> None:
        method = self.dice.choice([
            "chat.postMessage", "chat.update", "conversations.replies", "*",
            "chat.startStream", "chat.appendStream", "chat.stopStream",
        ])  # fmt: skip
        kind = self.dice.choice(get_args(Trouble))
        times = self.dice.randint(1, 6)
        self.stage.slack.faults.add(
            SlackFault(method=method, kind=kind, times=times, delay_s=0.5, retry_after_s=1)
        )

    async def close_streams(self) -> None:
        """As Slack does after five minutes."""
        for message in self.stage.slack.workspace.channels[D_ALICE].messages.values():
            if message.stream:
                message.stream.deadline = 0.0

    def _pick(self) -> BridgeProcess:
        victim = self.dice.choice(self.replicas)
        self.replicas.remove(victim)
        return victim

    def answer(self, question: Question) -> Script:
        script = typed(f"answer to {question.utterance} " + "word " * 20, step=8, delay_s=0.08)
        faults = [
            BeebotFault.status(500), BeebotFault.status(429), BeebotFault.html(),
            BeebotFault.cut(after=4), BeebotFault.stall(after=4), BeebotFault.hang_up(),
            BeebotFault.slow_start(1.5), BeebotFault.broken("SystemError", after=5),
        ]  # fmt: skip
        if self.dice.random() < 0.25:
            return script.under(self.dice.choice(faults).once())
        return script


async def run(seed: int, seconds: float, threads: int) -> bool:
    binary = shutil.which("redis-server")
    assert binary, "needs a redis-server"
    with tempfile.TemporaryDirectory() as folder, RedisServer(binary, Path(folder)) as redis:
        async with open_stage(retry_delays_s=(0.0, 2.0, 5.0)) as stage:
            stage.environment |= {"REDIS_URL": redis.url, **TERMS}
            chaos = Chaos(stage, redis, random.Random(seed))
            stage.beebot.default(chaos.answer)
            for _ in range(3):
                await chaos.start_replica()
            troubles = [
                asyncio.create_task(work)
                for work in (chaos.route(), chaos.ask(threads), chaos.press(), chaos.strike())
            ]
            await asyncio.wait(troubles, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
            ended = [task.exception() for task in troubles if task.done()]
            for task in troubles[1:]:
                task.cancel()
            problems = [f"the chaos itself failed: {error!r}" for error in ended]
            began = asyncio.get_running_loop().time()
            problems += await settle(chaos)
            settled_s = asyncio.get_running_loop().time() - began
            troubles[0].cancel()
            for replica in chaos.replicas:
                await replica.end()
    questions = sum(map(len, chaos.asked.values()))
    print(
        f"seed {seed}: {questions} questions in {len(chaos.asked)} threads, "
        f"settled {settled_s:.0f} s after the last trouble, {dict(chaos.done)}"
    )
    for problem in problems:
        print(f"  PROBLEM {problem}")
    return not problems


async def settle(chaos: Chaos) -> list[str]:
    """Mend everything, wait until all is answered, and judge."""
    redis, slack = chaos.redis, chaos.stage.slack
    redis.thaw()
    slack.faults.clear()
    for replica in chaos.replicas:
        replica.send(signal.SIGCONT)
    chaos.frozen.clear()
    while len(chaos.replicas) < 3:
        await chaos.start_replica()
    # After a refusal the workspace affords fifty edits a minute: what waits for them is not lost.
    deadline = asyncio.get_running_loop().time() + 300
    async with open_redis(redis.url) as client:
        inbox = RedisInbox(client)
        while problems := judge(chaos):
            is_late = asyncio.get_running_loop().time() > deadline
            if is_late or (await inbox.depth()).open == 0:
                problems = judge(chaos)
                return [*problems, f"left: {await inbox.depth()}"] if problems else []
            await asyncio.sleep(0.5)
    return []


def judge(chaos: Chaos) -> list[str]:
    accepted, refused = accepted_by(chaos.stage), refused_by(chaos.stage)
    problems = []
    for (channel, root), questions in chaos.asked.items():
        answers = answers_of(chaos.stage, channel, root)
        turns = {turn_id(TEAM, channel, f"message:{ts}"): ts for ts in questions}
        problems += [f"{ts}: {len(pages)} posts" for ts, pages in doubled(answers, turns)]
        for turn, ts in turns.items():
            if ts not in accepted:
                continue
            text = " ".join(answers.get(turn, []))
            asked = chaos.stage.slack.workspace.message(channel, ts).text.split("> ")[-1]
            if not is_right(text, asked):
                problems.append(f"{channel} {ts} {turn[:8]} {asked!r}: {text[-120:]!r}")
        answered = [turns[TurnId(turn)] for turn in answers if turn in turns]
        problems += [
            f"{channel} {root}: {later} answered before {earlier}; deliveries: "
            f"{deliveries_of(chaos.stage, later)} and {deliveries_of(chaos.stage, earlier)}"
            for later, earlier in pairwise(answered)
            if earlier < later
            and accepted[earlier] < accepted[later]
            # One that was refused may have been stored all the same, or was stored late.
            and not {earlier, later} & refused
        ]
    return problems + sessions_mixed(chaos) + lost_presses(chaos) + list(left_open(chaos))


def lost_presses(chaos: Chaos) -> list[str]:
    """A pressed "Ask again" is answered once, or its person was told that it did not arrive."""
    lost = []
    for (channel, root), turns in chaos.pressed.items():
        answers = answers_of(chaos.stage, channel, root)
        for turn in set(turns):
            text = " ".join(answers.get(turn, []))
            if len(answers.get(turn, [])) != 1 or not is_right(text, ""):
                lost.append(f"{channel} {root} pressed {turn[:8]}: {text[-200:]!r}")
    told = sum(NOT_STORED in one.text for one in chaos.stage.slack.workspace.ephemerals)
    return lost if len(lost) > told else []


def left_open(chaos: Chaos) -> Iterator[str]:
    """No answer still streams, can still be stopped, or is still being thought about."""
    slack = chaos.stage.slack
    for channel, root in chaos.asked:
        for reply in chaos.stage.replies(channel, root):
            streams = reply.stream and reply.stream.state(slack.clock.now()) == "in_progress"
            if streams or "stop" in buttons_of(reply):
                yield f"{channel} {reply.ts} is still growing"
        if slack.status(channel, root):
            yield f"{channel} {root} still shows {slack.status(channel, root)!r}"


def buttons_of(message: Message) -> Iterator[str]:
    for block in message.blocks:
        for element in block.get("elements", []):
            if "action_id" in element:
                yield element["action_id"]


def accepted_by(stage: Stage) -> dict[str, int]:
    """Which messages a replica answered 200 for, and when, as an ordinal number."""
    accepted: dict[str, int] = {}
    for number, delivery in enumerate(stage.slack.deliveries):
        event = delivery.body.get("event", {})
        if delivery.status == 200 and event.get("user") == U_ALICE:
            accepted.setdefault(str(event["ts"]), number)
    return accepted


def refused_by(stage: Stage) -> set[str]:
    """Which messages were not answered 200 each time."""
    return {
        str(delivery.body["event"].get("ts"))
        for delivery in stage.slack.deliveries
        if delivery.status != 200 and "event" in delivery.body
    }


def deliveries_of(stage: Stage, ts: str) -> str:
    """Each attempt, in the order of their ends: when among all, how it ended, how long it took."""
    found = [
        f"#{number} {one.status or one.reason} in {one.elapsed_s:.1f} s"
        for number, one in enumerate(stage.slack.deliveries)
        if one.body.get("event", {}).get("ts") == ts
    ]
    return ", ".join(found)


def answers_of(stage: Stage, channel: str, root: str) -> dict[str, list[str]]:
    """What each turn has posted, in the order of the posts."""
    found: dict[str, list[str]] = {}
    for reply in stage.replies(channel, root):
        turn = (reply.metadata or {}).get("event_payload", {}).get("turn", "")
        shown = stage.slack.shown(channel, reply.ts) + " " + str(reply.blocks[1:])
        found.setdefault(turn, []).append(shown)
    return found


def doubled(
    answers: Mapping[str, list[str]], turns: Mapping[TurnId, str]
) -> list[tuple[str, list[str]]]:
    return [
        (turns.get(TurnId(turn), turn), pages) for turn, pages in answers.items() if len(pages) > 1
    ]


def is_right(text: str, asked: str) -> bool:
    """`asked` may be left open."""
    is_whole = f"answer to {asked}" in text and "word " * 20 in text
    is_whole = is_whole and text.count("answer to ") == 1
    return is_whole or any(sentence in text for sentence in SENTENCES)


def sessions_mixed(chaos: Chaos) -> list[str]:
    """A session belongs to one thread."""
    thread_of = {}
    for (channel, root), questions in chaos.asked.items():
        for ts in questions:
            text = chaos.stage.slack.workspace.message(channel, ts).text
            thread_of[re.sub(r"^<@\w+> ", "", text)] = (channel, root)
    homes = defaultdict(set)
    for question in chaos.stage.beebot.questions:
        homes[question.session_id].add(thread_of[question.utterance])
    return [f"session {session} in {home}" for session, home in homes.items() if len(home) > 1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="how many, from --seed on")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--threads", type=int, default=6)
    given = parser.parse_args()
    results = [
        asyncio.run(run(given.seed + number, given.seconds, given.threads))
        for number in range(given.seeds)
    ]
    print(f"{sum(results)} of {len(results)} seeds without a problem")
    sys.exit(not all(results))
