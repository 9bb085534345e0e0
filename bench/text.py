"""What a text costs on its way from Beebot to Slack, before and after, in one run.

    .venv/bin/python bench/text.py
    git worktree add --detach ../before f9277cd
    .venv/bin/python bench/text.py --before ../before

A frame is what is done when Beebot has said some words more: read what is said so far, write what
is shown and what may be streamed for good, without cutting pages and without notifications. Both
codes are measured in turn, each in a process of its own; told are medians, in milliseconds of CPU.
"""

import argparse
import importlib
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
ROUNDS = 3
FRAMES = 40
WORDS = "退款会在 3~5 个工作日内到账，详情见[退款规则](https://help.example.cn/refund?from=bot)。"
MARKDOWN = f"## 申请退款\n\n{WORDS * 4}\n\n1. 登录**账号**，进入`我的订单`\n2. 点击*申请售后*\n\n"
HTML = (
    "<h2>申请退款</h2><p>"
    + '退款会在 3~5 个工作日内到账，详情见<a href="https://help.example.cn/r?a=1&amp;b=2">规则</a>。'
    * 4
    + "</p><ol><li>登录<strong>账号</strong></li><li>点击<em>申请售后</em></li></ol>\n"
)
LIST = "- 第一项：登录**账号**，进入`我的订单`，然后点击[申请售后](https://help.example.cn/a)\n"
TABLE = "| 4001 | `CHECKOUT_ERROR` | **拒绝** | [说明](https://help.example.cn/e) |\n"
HEAD = "| 代码 | 名称 | 含义 | 说明 |\n|---|---|---|---|\n"
BEFORE = (
    *("core/markdown.py", "core/inline.py", "core/blocks.py", "core/emphasis.py", "core/tables.py"),
    *("core/formulas.py", "core/references.py", "core/paging.py", "beebot/html.py"),
    *("beebot/tags.py", "slack/text/defuse.py", "slack/text/links.py", "slack/text/mrkdwn.py"),
    *("slack/text/message.py", "slack/replying/steady.py", "slack/replying/seams.py"),
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--before", type=Path, help="a worktree of the code to compare with")
    options.add_argument("--measure", choices=("before", "after"), help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.measure:
        print(json.dumps(measure(*(before if chosen.measure == "before" else after)())))
        return
    trees = {"before": chosen.before, "after": HERE}
    told: dict[str, list[dict[str, float]]] = {name: [] for name, tree in trees.items() if tree}
    for _ in range(ROUNDS):
        for name, rounds in told.items():
            rounds.append(run(name, trees[name]))
    for what in told["after"][0]:
        figures = (
            f"{name} {statistics.median(each[what] for each in rounds):8.2f}"
            for name, rounds in told.items()
        )
        print(f"{what:58}", *figures)
    for name in told:
        lines, expressions = count(trees[name])
        print(f"{name}: {lines} lines that are not blank, {expressions} regular expressions")


def run(name: str, tree: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--measure", name]
    done = subprocess.run(command, env={"PYTHONPATH": str(tree)}, capture_output=True, check=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def count(tree: Path) -> tuple[int, int]:
    """Of the modules that hold a text on its way: those of the tree, or those it replaces."""
    bridge = tree / "bridge"
    files = [bridge / name for name in BEFORE]
    if (bridge / "markup").is_dir():
        files = [*(bridge / "markup").glob("*.py"), *(bridge / "slack" / "rendering").glob("*.py")]
        files.append(bridge / "slack" / "block_kit" / "message.py")
    sources = [path.read_text(encoding="utf-8") for path in files if path.is_file()]
    lines = sum(bool(line.strip()) for source in sources for line in source.split("\n"))
    return lines, sum(len(re.findall(r"\bre\.\w+\(", source)) for source in sources)


Frame = Callable[[str], object]


def before() -> tuple[Callable[[], Frame], Frame]:
    html = importlib.import_module("bridge.beebot.html")
    markdown = importlib.import_module("bridge.core.markdown")
    steady = importlib.import_module("bridge.slack.replying.steady")
    message = importlib.import_module("bridge.slack.block_kit.message")

    def begin() -> Frame:
        look = steady.Steady()

        def frame(source: str) -> None:
            shown = markdown.close_open(html.to_markdown(source))
            message.prepare(shown)
            if not html.looks_like_html(source) and (text := look.look(shown)) is not None:
                message.prepare(text)

        return frame

    return begin, lambda source: message.prepare(html.to_markdown(source))


def after() -> tuple[Callable[[], Frame], Frame]:
    from bridge.markup.growing import Growing, read  # noqa: PLC0415
    from bridge.slack.rendering.markdown import MarkdownWriter  # noqa: PLC0415

    def begin() -> Frame:
        growing, writer = Growing(), MarkdownWriter()

        def frame(source: str) -> None:
            reading = growing.read(source, is_open=True)
            writer.write(reading.blocks)
            writer.write(reading.settle(), is_open=True)

        return frame

    return begin, lambda source: MarkdownWriter().write(read(source))


def measure(begin: Callable[[], Frame], whole: Frame) -> dict[str, float]:
    told: dict[str, float] = {}
    for name, unit in (("Markdown", MARKDOWN), ("HTML", HTML)):
        for size in (10_000, 100_000):
            told[f"a frame at {size:,} characters of {name}"] = grow(begin(), unit, size)
    for name, source in (
        ("Markdown", MARKDOWN * (100_000 // len(MARKDOWN))),
        ("HTML", HTML * (100_000 // len(HTML))),
        ("one list", LIST * (100_000 // len(LIST))),
        ("one table", HEAD + TABLE * (100_000 // len(TABLE))),
    ):
        spent = statistics.median(cpu_ms(partial(whole, source)) for _ in range(3))
        told[f"1,000 of 100,000 characters, whole, {name}"] = spent * 1_000 / len(source)
    return told


def grow(frame: Frame, unit: str, size: int) -> float:
    """The median over some frames that each bring 20 characters more."""
    text = unit * (size // len(unit) + 2)
    frame(text[:size])
    ends = range(size + 20, size + 20 * FRAMES, 20)
    return statistics.median(cpu_ms(partial(frame, text[:end])) for end in ends)


def cpu_ms(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1_000


if __name__ == "__main__":
    main()
