"""A streamed text fills message after message, and nothing in it is ever live."""

import html
import re
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.translator import Translator
from bridge.slack.messages import SLACK_MESSAGES
from bridge.slack.outbound.message_layout import AnswerText, MessageLayout, Written
from bridge.slack.outbound.native_stream import Filled, StreamTiming, find_filled
from bridge.slack.outbound.posts import CannotStream, Content, Posted, Streaming
from bridge.slack.rendering.pages import text_from
from tests.unit.turns import turn_of
from tests.users import Unknown

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


async def begin_layout() -> MessageLayout:
    return await MessageLayout.begin(turn_of(), Translator(Unknown(), messages=SLACK_MESSAGES))


async def stream(posted: list[Posted], text: str, step: int, timing: StreamTiming) -> None:
    ends = range(step, len(text) + 1, step)
    await stream_to(posted, text, list(ends), timing)


async def stream_to(posted: list[Posted], text: str, ends: list[int], timing: StreamTiming) -> None:
    """Let a text grow from end to end; what a thread holds then is `posted`."""
    layout = await begin_layout()
    for end in ends:
        progress = await layout.streamed(text[:end].strip(), posted, timing)
        for number, content in enumerate(progress.contents):
            if number == len(posted):
                posted.append(Posted(str(number), number, content, began=time.time()))
                continue
            said, wanted = text_of(posted[number].content), text_of(content)
            if not wanted.startswith(said):
                assert said.startswith(wanted), "a filled message needs no edit"
                assert isinstance(content, Streaming)
            elif wanted != said or isinstance(content, Filled):
                posted[number].content = content


def text_of(content: Content | None) -> str:
    if isinstance(content, Streaming):
        return content.text or ""
    return str(content.blocks[0]["text"]) if content else ""


def texts(posted: list[Posted]) -> list[str]:
    return [text_of(one.content) for one in posted]


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
    posted: list[Posted] = []
    with suppress(CannotStream):
        await stream_to(posted, text, ends, StreamTiming(room=room))
    for said in texts(posted):
        assert not LIVE.search(html.unescape(html.unescape(said)))


@pytest.mark.parametrize("room", [9000, 150])
async def test_an_ordinary_answer_flows_to_its_end(room: int) -> None:
    posted: list[Posted] = []
    await stream(posted, ORDINARY, 1, StreamTiming(room=room))
    assert len(posted) == 1 if room == 9000 else len(posted) > 3
    assert all(len(said.encode()) <= room * 1.1 for said in texts(posted))


@pytest.mark.parametrize("text", ["some words " * 200, "没有空格的一句话。" * 100, "字" * 900])
async def test_a_paragraph_without_end_is_cut_where_it_hurts_least(text: str) -> None:
    posted: list[Posted] = []
    await stream(posted, text, 7, StreamTiming(room=600))
    answer = await whole(text)
    filled, start = find_filled(posted, answer.pieces)
    said = [text_of(message) for message in filled]
    assert len(posted) > 3
    assert "".join([*said, text_from(answer.pieces, start)]).replace(" ", "") == text.replace(
        " ", ""
    )
    assert {one.strip()[-1] for one in said} <= {"e", "s", "。", "字"}


async def test_what_is_left_for_further_messages_begins_where_the_filled_ones_end() -> None:
    posted: list[Posted] = []
    await stream(posted, ORDINARY, 1, StreamTiming(room=150))
    answer = await whole(ORDINARY)
    filled, start = find_filled(posted, answer.pieces)
    rest = text_from(answer.pieces, start)
    assert filled == [one.content for one in posted[:-1]]
    assert rest.startswith(texts(posted)[-1])
    assert (await written(ORDINARY)).endswith(rest)


async def test_what_was_rewritten_is_filled_anew() -> None:
    posted: list[Posted] = []
    await stream(posted, ORDINARY, 1, StreamTiming(room=150))
    at = ORDINARY.index("| tea")
    rewritten = ORDINARY[:at] + "| rum" + ORDINARY[at + 5 :]
    answer = await whole(rewritten)
    filled, start = find_filled(posted, answer.pieces)
    assert 0 < len(filled) < len(posted) - 1
    assert "| rum" in text_from(answer.pieces, start)
    assert find_filled(posted, (await whole("Something else.")).pieces) == ([], 0)


async def test_what_nobody_knows_is_not_appended_to() -> None:
    layout = await begin_layout()
    for posted in (
        [Posted("1", 0)],
        [Posted("1", 0, Streaming())],
        [Posted("1", 0, Streaming("Snow"))],
    ):
        with pytest.raises(CannotStream):
            await layout.streamed("Rain falls.", posted, StreamTiming())


async def test_a_message_with_room_left_may_grow_on_where_its_end_cannot_be_had() -> None:
    paragraph = "word " * 30
    posted: list[Posted] = []
    await stream_to(posted, paragraph * 2, [200], StreamTiming())
    text, layout = f"{paragraph * 2}\n\n{paragraph}", await begin_layout()
    full = await layout.streamed(text, posted, StreamTiming(room=380))
    assert ([type(one) for one in full.contents], full.meanwhile) == ([Filled, Streaming], [])
    ripe = await layout.streamed(text, posted, StreamTiming(room=500))
    assert [type(one) for one in ripe.contents] == [Filled, Streaming]
    (grown,) = ripe.meanwhile
    assert text_of(grown) == "\n\n".join(map(text_of, ripe.contents))
