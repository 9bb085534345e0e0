"""What the demo page offers: the robot's conversations, and faults of both services."""

from collections.abc import Callable, Iterable

from bridge.emulators.beebot import BeebotEmulator, Fault, typed
from bridge.emulators.beebot.demo_robot import load_conversations
from bridge.emulators.page import FaultSwitch, Offers, Sample
from bridge.emulators.slack import Fault as SlackFault
from bridge.emulators.slack import SlackEmulator
from bridge.emulators.slack.seed import C_RANDOM

SLOW_S = 25.0  # past the time after which the status says that it takes long
REFUSED_S = 8
LEASE_S = 15  # of the bridge, as it is shipped
OTHER_ROBOT, OTHER_SPACE = "chatbot-cn-DemoRandom", "demo_p_random_public"
_OTHER_ANSWER = """\
I am another robot, of another business space: **the one of #random**. What is said to the robot \
of the other channels I do not hear.

我是另一个机器人，属于另一个业务空间：**只在 #random 回答**。其他频道里的对话，我听不到。
"""


def make_offers(
    slack: SlackEmulator, beebot: BeebotEmulator | None, kill_replica: Callable[[], object]
) -> Offers:
    """`beebot` is None where the operator's own robot answers: what that one knows, and how it
    fails, is not ours.
    """
    of_bridge = _make_switches_of_bridge(slack, kill_replica)
    if beebot is None:
        return Offers((), _by_name(of_bridge), has_own_beebot=True)
    samples = tuple(
        Sample(one.label, one.turns[0].question, one.language) for one in load_conversations()
    )
    return Offers(samples, _by_name(_make_switches_of_beebot(beebot) + of_bridge))


def add_other_robot(beebot: BeebotEmulator) -> str:
    """A robot of another business space, for #random. The map that names it, as `BEEBOT_ROBOTS`."""
    beebot.add_robot(OTHER_ROBOT, OTHER_SPACE, name="Random robot")

    answer = typed(_OTHER_ANSWER, step=6, delay_s=0.05)
    beebot.script(lambda question: question.instance_id == OTHER_ROBOT, answer)
    return f"{C_RANDOM}|{OTHER_ROBOT}|{OTHER_SPACE}"


def _by_name(switches: Iterable[FaultSwitch]) -> dict[str, FaultSwitch]:
    return {switch.name: switch for switch in switches}


def _make_switches_of_bridge(
    slack: SlackEmulator, kill_replica: Callable[[], object]
) -> tuple[FaultSwitch, ...]:
    return (
        FaultSwitch(
            "slack_limit",
            {"en": "Slack says 429", "zh": "Slack 返回 429"},
            {
                "en": f"Slack refuses edits for {REFUSED_S} s. No text is lost.",
                "zh": f"Slack 拒绝编辑 {REFUSED_S} 秒。文字不会丢失。",
            },
            lambda: _limit(slack),
        ),
        FaultSwitch(
            "killed",
            {"en": "Kill a replica", "zh": "杀掉一个副本"},
            {
                "en": "The bridge becomes two processes. The one that shows the next answer is "
                f"killed; {LEASE_S} s later the other goes on in the same message.",
                "zh": "桥变成两个进程。显示下一个回答的那个被杀掉，"
                f"{LEASE_S} 秒后另一个在同一条消息里接着回答。",
            },
            kill_replica,
        ),
    )


def _make_switches_of_beebot(beebot: BeebotEmulator) -> tuple[FaultSwitch, ...]:
    return (
        FaultSwitch(
            "slow",
            {"en": "Slow robot", "zh": "机器人很慢"},
            {
                "en": f"The next answer begins after {SLOW_S:.0f} s; the status says so.",
                "zh": f"下一个回答 {SLOW_S:.0f} 秒后才开始。状态会提示需要更久。",
            },
            lambda: beebot.break_stream(Fault.slow_start(SLOW_S).once()),
        ),
        FaultSwitch(
            "cut",
            {"en": "Cut the stream", "zh": "中断流"},
            {
                "en": "The next answer breaks off. The bridge finds the rest in Beebot's log.",
                "zh": "下一个回答中途断开。桥会从 Beebot 的日志里找回其余部分。",
            },
            lambda: beebot.break_stream(Fault.cut(after=8).once()),
        ),
        FaultSwitch(
            "throttled",
            {"en": "Beebot is busy", "zh": "Beebot 限流"},
            {
                "en": "The next question is throttled. It waits, says so, and is asked again.",
                "zh": "下一个问题被限流。它会排队并提示，然后重新提问。",
            },
            lambda: beebot.break_stream(Fault.refused("Throttling.User").times(2)),
        ),
        FaultSwitch(
            "token",
            {"en": "Token expires", "zh": "令牌失效"},
            {
                "en": "Beebot refuses the stream token. A new one is fetched; nobody notices.",
                "zh": "Beebot 拒绝流令牌。桥会换一个新的，没有人会察觉。",
            },
            lambda: beebot.revoke_tokens("403"),
        ),
    )


def _limit(slack: SlackEmulator) -> None:
    for method in ("chat.update", "chat.appendStream"):
        slack.faults.add(SlackFault(method, "ratelimited", retry_after_s=REFUSED_S))
