"""The fault switches of the demo page, and what the bridge does about each."""

from collections.abc import Awaitable, Callable

from bridge.emulators.beebot import BeebotEmulator, Fault
from bridge.emulators.page import Button
from bridge.emulators.slack import Fault as SlackFault
from bridge.emulators.slack import SlackEmulator

SLOW_S = 25.0  # past the time after which the status says that it takes long
REFUSED_S = 8
LEASE_S = 15  # of the bridge, as it is shipped


def make_faults_of_bridge(
    slack: SlackEmulator, kill_replica: Callable[[], object]
) -> tuple[Button, ...]:
    return (
        Button(
            "slack_limit",
            {"en": "Slack says 429", "zh": "Slack 返回 429"},
            {
                "en": f"Slack refuses edits for {REFUSED_S} s. The next answer stands still, and "
                "then is whole.",
                "zh": f"Slack 拒绝编辑 {REFUSED_S} 秒。下一个回答会停一会儿，然后完整显示。",
            },
            _breaking(lambda: _limit(slack)),
        ),
        Button(
            "killed",
            {"en": "Kill a replica", "zh": "杀掉一个副本"},
            {
                "en": "The bridge becomes two processes. The one that shows the next answer is "
                f"killed; {LEASE_S} s later the other goes on in the same message.",
                "zh": "桥变成两个进程。显示下一个回答的那个被杀掉，"
                f"{LEASE_S} 秒后另一个在同一条消息里接着回答。",
            },
            _breaking(kill_replica),
        ),
    )


def make_faults_of_beebot(beebot: BeebotEmulator) -> tuple[Button, ...]:
    return (
        Button(
            "slow",
            {"en": "Slow robot", "zh": "机器人很慢"},
            {
                "en": f"The next answer begins after {SLOW_S:.0f} s; the status says so.",
                "zh": f"下一个回答 {SLOW_S:.0f} 秒后才开始。状态会提示需要更久。",
            },
            _breaking(lambda: beebot.break_stream(Fault.slow_start(SLOW_S).once())),
        ),
        Button(
            "cut",
            {"en": "Cut the stream", "zh": "中断流"},
            {
                "en": "The next answer breaks off. The bridge finds the rest in Beebot's log.",
                "zh": "下一个回答中途断开。桥会从 Beebot 的日志里找回其余部分。",
            },
            _breaking(lambda: beebot.break_stream(Fault.cut(after=8).once())),
        ),
        Button(
            "throttled",
            {"en": "Beebot is busy", "zh": "Beebot 限流"},
            {
                "en": "The next question is throttled. It waits, says so, and is asked again.",
                "zh": "下一个问题被限流。它会排队并提示，然后重新提问。",
            },
            _breaking(lambda: beebot.break_stream(Fault.refused("Throttling.User").times(2))),
        ),
        Button(
            "token",
            {"en": "Token expires", "zh": "令牌失效"},
            {
                "en": "Beebot refuses the stream token. A new one is fetched; nobody notices.",
                "zh": "Beebot 拒绝流令牌。桥会换一个新的，没有人会察觉。",
            },
            _breaking(lambda: beebot.revoke_tokens("403")),
        ),
    )


def _breaking(act: Callable[[], object]) -> Callable[[str], Awaitable[None]]:
    async def press(_user: str) -> None:
        act()

    return press


def _limit(slack: SlackEmulator) -> None:
    for method in ("chat.update", "chat.appendStream"):
        slack.faults.add(SlackFault(method, "ratelimited", retry_after_s=REFUSED_S))
