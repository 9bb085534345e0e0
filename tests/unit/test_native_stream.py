import html
import re
import time
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.limits import Priority
from bridge.slack.message import Message
from bridge.slack.outbound.answer_text import AnswerText, Written
from bridge.slack.outbound.messages import Messages
from bridge.slack.outbound.native_stream import NativeStream, StreamTiming
from bridge.slack.outbound.streams import Stream
from bridge.slack.rendering.pages import text_from
from bridge.slack.rendering.pieces import Place

LIVE = re.compile(r"<(?:[!@#]|https?:|mailto:)")
HOSTILE = (
    "<!channel>", "<@U0ALICE000>", "<http://evil.example|bank.example>", "&lt;!here&gt;", "<", "!",
    "[bank.example](http://evil.example)", "[x](javascript:alert(1))", "![i](http://a.example/i)",
    "`", "``", "```\n", "\n", "\n\n", "**", "*", "word ", "中文，", "https://a.example/中",
    "```" + "long" * 40 + "\n",
    "| a | b |\n|---|---|\n", "| 1 | 2 |\n", "\\", "&amp;", "- ", "# ", "[1]", "]", "(", ")",
)  # fmt: skip
ORDINARY = """你好！**重点：**以下是答案 [1]。

## Steps

1. Open [the page](https://example.cn/a?b=c) or https://example.cn/中文，then
2. press `Save & quit`, *not* ~~Cancel~~!
   - nested **bold text**, 3~5 天

| name | price |
|------|------:|
| tea  | 10    |
| 咖啡 | 20    |

```python
if a < b and c > d:
    print("<!here>")
```

> A quote with &lt;entities&gt; & 👨‍👩‍👧 emoji.

![picture](https://example.cn/p.png) Done [2]"""


class Sheet:
    """Messages on paper: what a thread would hold."""

    def __init__(self) -> None:
        self.filled: list[str] = []
        self.stream: Stream | None = None

    @property
    def count(self) -> int:
        return len(self.filled) + (self.stream is not None)

    @property
    def are_none(self) -> bool:
        return self.count == 0

    @property
    def said(self) -> list[str]:
        return [*self.filled, *([self.stream.sent or ""] if self.stream else [])]

    async def start_stream(self, text: str, _priority: Priority) -> None:
        self.stream = Stream(text, time.time())

    async def append(self, text: str, _priority: Priority) -> None:
        assert self.stream is not None
        self.stream.sent = (self.stream.sent or "") + text

    async def write(self, shapes: list[Message], _priority: Priority) -> None:
        if self.stream:
            assert self.stream.rest(shapes[-1]) is not None, "a filled message needs no edit"
        self.stream = None
        self.filled = [str(shape.blocks[0]["text"]) for shape in shapes]


async def grow(text: str, ends: list[int], timing: StreamTiming) -> tuple[NativeStream, Sheet]:
    sheet = Sheet()

    def never(error: Exception) -> None:
        raise error

    native, answer = NativeStream(cast(Messages, sheet), timing, declined=never), AnswerText()
    for end in ends:
        if not native.is_over:
            source = text[:end].strip()
            await native.show(source, await answer.settled(source))
    return native, sheet


async def whole(text: str) -> Written:
    return await AnswerText().whole(text.strip(), is_open=False)


async def written(text: str) -> str:
    return text_from((await whole(text)).pieces)


@given(
    st.lists(st.sampled_from(HOSTILE), max_size=25).map("".join),
    st.lists(st.integers(0, 400), max_size=12).map(sorted),
    st.sampled_from([9000, 120]),
)
@settings(deadline=None, max_examples=200)
async def test_nothing_live_is_ever_said_however_a_text_is_cut(
    text: str, ends: list[int], room: int
) -> None:
    _, sheet = await grow(text, ends, StreamTiming(room=room))
    for said in sheet.said:
        assert not LIVE.search(html.unescape(html.unescape(said)))


@pytest.mark.parametrize("room", [9000, 150])
async def test_an_ordinary_answer_flows_to_its_end(room: int) -> None:
    native, sheet = await grow(ORDINARY, list(range(1, len(ORDINARY) + 1)), StreamTiming(room=room))
    assert not native.is_over
    assert len(sheet.said) == 1 if room == 9000 else len(sheet.said) > 3
    assert all(len(said.encode()) <= room * 1.1 for said in sheet.said)


@pytest.mark.parametrize("text", ["some words " * 200, "没有空格的一句话。" * 100, "字" * 900])
async def test_a_paragraph_without_end_is_cut_where_it_hurts_least(text: str) -> None:
    native, sheet = await grow(text, list(range(7, len(text), 7)), StreamTiming(room=600))
    answer = await whole(text)
    _, start = native.split(answer)
    assert len(sheet.said) > 3
    shown = "".join([*sheet.filled, text_from(answer.pieces, start)])
    assert shown.replace(" ", "") == text.replace(" ", "")
    assert {shown.strip()[-1] for shown in sheet.filled} <= {"e", "s", "。", "字"}


async def test_what_is_left_for_further_messages_begins_where_the_filled_ones_end() -> None:
    native, sheet = await grow(ORDINARY, list(range(1, len(ORDINARY) + 1)), StreamTiming(room=150))
    answer = await whole(ORDINARY)
    filled, start = native.split(answer)
    rest = text_from(answer.pieces, start)
    assert [shape.blocks[0]["text"] for shape in filled] == sheet.filled
    assert rest.startswith(sheet.said[-1])
    assert (await written(ORDINARY)).endswith(rest)


async def test_what_was_rewritten_is_filled_anew() -> None:
    native, sheet = await grow(ORDINARY, list(range(1, len(ORDINARY) + 1)), StreamTiming(room=150))
    at = ORDINARY.index("| tea")
    rewritten = ORDINARY[:at] + "| rum" + ORDINARY[at + 5 :]
    answer = await whole(rewritten)
    filled, start = native.split(answer)
    assert 0 < len(filled) < len(sheet.filled)
    assert "| rum" in text_from(answer.pieces, start)
    assert native.split(await whole("Something else.")) == ([], Place())
