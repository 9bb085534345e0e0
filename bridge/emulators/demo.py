"""What the demo page offers: the robot's conversations, the operator's rules, and faults."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

from bridge.emulators.beebot import BeebotEmulator, typed
from bridge.emulators.beebot.demo_robot import load_conversations
from bridge.emulators.demo_faults import make_faults_of_beebot, make_faults_of_bridge
from bridge.emulators.page import Button, Offers, Place, Sample
from bridge.emulators.slack import (
    C_GENERAL,
    C_NEWS,
    C_RANDOM,
    U_ALICE,
    U_BOB,
    U_GUEST,
    SlackEmulator,
)
from bridge.emulators.slack.seed import OTHER_BOT

T = TypeVar("T")
Tell = Callable[[str, str], None]
"""Gets a sentence in English and in Chinese."""

PER_MINUTE, BOT_TURNS = 15, 2
PAUSE_S = 0.2  # between the questions of somebody who asks too often
OTHER_ROBOT, OTHER_SPACE = "chatbot-cn-DemoRandom", "demo_p_random_public"
_OTHER_ANSWER = """\
I am another robot, of another business space: **the one of #random**. What is said to the robot \
of the other channels I do not hear.

我是另一个机器人，属于另一个业务空间：**只在 #random 回答**。其他频道里的对话，我听不到。
"""

RULES = {
    "BRIDGE_ALLOW_BOTS": OTHER_BOT,
    "BRIDGE_ALLOW_GUESTS": "false",
    "BRIDGE_BOT_TURNS": str(BOT_TURNS),
    "BRIDGE_DENY_CHANNELS": C_NEWS,
    "BRIDGE_THREAD_CONTEXT": "true",
    "BRIDGE_USER_PER_MINUTE": str(PER_MINUTE),
}
"""Settings of the demo's bridge, for the buttons that show them."""

REQUEST_FIELDS = {
    "BEEBOT_LABELS": "handbook",
    "BEEBOT_PERSPECTIVE": "employee",
    "BEEBOT_SANDBOX": "true",
    "BEEBOT_VENDOR_PARAM": '{"site": "Hangzhou"}',
    "BRIDGE_SEND_ASKER_NAME": "true",
}
"""Settings whose values are seen to arrive at the emulated Beebot."""

_GUEST_ASKS = ("Which Wi-Fi may I use here?", "访客可以用哪个无线网络？")
_NEWS_ASKS = ("How many days of annual leave do I have left?", "我想请假")
_WORKFLOW = ("Network monitor", "采购流程机器人")
_WORKFLOW_ASKS = (
    (
        'Nightly check: the VPN gateway reports "error 809".',
        "采购一台服务器要走什么流程?",
    ),
    ("Which ports must be open?", "加急最快几天？"),
    ("And if that does not help?", "只有一家供应商怎么办？"),
)
_TOO_OFTEN_ASKS = ("Is the printer on floor {n} ready?", "{n} 楼的打印机好了吗？")
_SAID_BEFORE = (
    (
        "My VPN has been down since this morning.",
        "What does it say?",
        "Error 809, at home and in the café.",
    ),
    ("上周买的耳机，左边没有声音。", "还能退吗？订单号是多少？", "20261121-0837，昨天才拆封。"),
)
_CONTEXT_ASKS = ("Can you help?", "这个怎么办？")


def make_offers(
    slack: SlackEmulator,
    beebot: BeebotEmulator | None,
    kill_replica: Callable[[Tell], object],
    *,
    ratings_command: str = "",
) -> Offers:
    """`beebot` is None where the operator's own robot answers: what that one knows, and how it
    fails, is not ours.
    """
    happened: list[dict[str, object]] = []

    def tell(english: str, chinese: str) -> None:
        happened.append(record := {"at": time.time(), "en": english, "zh": chinese})
        slack.world.timeline.tell("happened", **record)

    of_beebot = make_faults_of_beebot(beebot) if beebot else ()
    return Offers(
        tuple(
            Sample(one.label, one.turns[0].question, one.language)
            for one in (load_conversations() if beebot else ())
        ),
        rules=_Rules(slack).buttons(),
        faults=of_beebot + make_faults_of_bridge(slack, lambda: kill_replica(tell)),
        has_own_beebot=beebot is None,
        ratings_command=ratings_command,
        happened=happened,
    )


async def show_what_beebot_gets(
    slack: SlackEmulator, beebot: BeebotEmulator, offers: Offers
) -> None:
    """The newest question and the newest rating, as they come, until this is cancelled."""
    while True:
        await beebot.until(lambda: _received(beebot) != offers.received, timeout_s=None)
        for kind, record in _received(beebot).items():
            if offers.received.get(kind) != record:
                offers.received[kind] = record
                slack.world.timeline.tell("received", **record)


def _received(beebot: BeebotEmulator) -> dict[str, dict[str, Any]]:
    newest: dict[str, dict[str, Any]] = {}
    for question in beebot.questions[-1:]:
        newest["question"] = dict(question.value)
    for rating in beebot.feedbacks[-1:]:
        newest["rating"] = {
            "InstanceId": rating.instance_id,
            "SessionId": rating.session_id,
            "MessageId": rating.message_id,
            "Feedback": rating.rating,
            "FeedbackContent": rating.content,
        }
    return {kind: {"what": kind, "fields": fields} for kind, fields in newest.items()}


def add_other_robot(beebot: BeebotEmulator) -> str:
    """A robot of another business space, for #random. The map that names it, as `BEEBOT_ROBOTS`."""
    beebot.add_robot(OTHER_ROBOT, OTHER_SPACE, name="Random robot")

    answer = typed(_OTHER_ANSWER, step=6, delay_s=0.05)
    beebot.script(lambda question: question.instance_id == OTHER_ROBOT, answer)
    return f"{C_RANDOM}|{OTHER_ROBOT}|{OTHER_SPACE}"


class _Rules:
    """Who is answered, and what goes along: each button asks where a rule applies."""

    def __init__(self, slack: SlackEmulator) -> None:
        self._slack = slack
        self._bot = f"<@{slack.bot_user_id}>"

    def buttons(self) -> tuple[Button, ...]:
        return *self._where_it_answers(), *self._where_it_declines()

    def _where_it_answers(self) -> tuple[Button, ...]:
        return (
            Button(
                "context",
                {"en": "A thread with a past", "zh": "话题里已有对话"},
                {
                    "en": "The bot is mentioned only now. What was said before goes along "
                    "(BRIDGE_THREAD_CONTEXT).",
                    "zh": "机器人现在才被提及。之前说过的话会一并发送（BRIDGE_THREAD_CONTEXT）。",
                },
                self._ask_late,
            ),
            Button(
                "workflow",
                {"en": "A bot asks", "zh": "机器人提问"},
                {
                    "en": f"This one may (BRIDGE_ALLOW_BOTS). After {BOT_TURNS} answers a person "
                    "has to write first (BRIDGE_BOT_TURNS).",
                    "zh": f"它在白名单里（BRIDGE_ALLOW_BOTS）。{BOT_TURNS} 个回答之后，"
                    "要等有人发言才继续（BRIDGE_BOT_TURNS）。",
                },
                self._ask_as_workflow,
            ),
        )

    def _where_it_declines(self) -> tuple[Button, ...]:
        return (
            Button(
                "guest",
                {"en": "A guest asks", "zh": "访客提问"},
                {
                    "en": "You become Gina. Guests are declined, privately (BRIDGE_ALLOW_GUESTS).",
                    "zh": "您会变成 Gina。访客得到婉拒，仅本人可见（BRIDGE_ALLOW_GUESTS）。",
                },
                self._ask_as_guest,
            ),
            Button(
                "channel",
                {"en": "In #announcements", "zh": "在 #announcements"},
                {
                    "en": "The bot is there, and does not answer (BRIDGE_DENY_CHANNELS).",
                    "zh": "机器人在频道里，但不回答（BRIDGE_DENY_CHANNELS）。",
                },
                self._ask_in_the_wrong_channel,
            ),
            Button(
                "quota",
                {"en": "Ask too often", "zh": "提问太多"},
                {
                    "en": f"{PER_MINUTE} questions a minute are answered (BRIDGE_USER_PER_MINUTE). "
                    "The next one is told how long to wait.",
                    "zh": f"每分钟回答 {PER_MINUTE} 个问题（BRIDGE_USER_PER_MINUTE）。"
                    "再问会被告知要等多久。",
                },
                self._ask_too_often,
            ),
        )

    async def _ask_late(self, user: str) -> Place:
        other = U_BOB if user == U_ALICE else U_ALICE
        first, *replies = self._words(user, _SAID_BEFORE)
        root = await self._slack.post(C_GENERAL, other, first)
        for author, words in zip((user, other), replies, strict=True):
            await self._slack.post(C_GENERAL, author, words, root)
        return await self._ask(user, self._words(user, _CONTEXT_ASKS), thread_ts=root)

    async def _ask_as_workflow(self, user: str) -> Place:
        root = None
        for texts in _WORKFLOW_ASKS:
            ts = await self._slack.post_by_bot(
                C_GENERAL,
                f"{self._bot} {self._words(user, texts)}",
                root,
                username=self._words(user, _WORKFLOW),
            )
            root = root or ts
        return Place(user, C_GENERAL, root or "")

    async def _ask_as_guest(self, user: str) -> Place:
        return await self._ask(U_GUEST, self._words(user, _GUEST_ASKS))

    async def _ask_in_the_wrong_channel(self, user: str) -> Place:
        return await self._ask(user, self._words(user, _NEWS_ASKS), channel=C_NEWS)

    async def _ask_too_often(self, user: str) -> Place:
        """In direct messages, where a guest has none in the channel, until one is refused."""
        direct = self._slack.workspace.direct_channel(user)
        channel = direct.id if direct else C_GENERAL
        before = len(self._slack.workspace.ephemerals)
        for number in range(1, PER_MINUTE + 2):
            text = self._words(user, _TOO_OFTEN_ASKS).format(n=number)
            place = await self._ask(user, text, channel=channel)
            await asyncio.sleep(PAUSE_S)
            if len(self._slack.workspace.ephemerals) > before:
                break
        return place

    async def _ask(
        self, user: str, text: str, *, channel: str = C_GENERAL, thread_ts: str | None = None
    ) -> Place:
        mention = "" if channel[0] == "D" else f"{self._bot} "
        ts = await self._slack.post(channel, user, mention + text, thread_ts)
        return Place(user, channel, thread_ts or ts)

    def _words(self, user: str, texts: tuple[T, T]) -> T:
        """In the language of who looks: English, then Chinese."""
        is_chinese = self._slack.workspace.users[user].locale.startswith("zh")
        return texts[is_chinese]
