"""What people report of such bots; each case stands for its kind."""

import pytest

from bridge.beebot.wire import strip_thinking
from tests.unit import judge
from tests.unit.written import markdown, mrkdwn

LONG = "https://x.example/" + "a" * 2_482


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        # Numbers in brackets are no formulas.
        (r"\[1\] 《手册》 https://x.com/a", "[1] 《手册》 [https://x.com/a](https://x.com/a)"),
        (r"见 \[2\]\[3\] 与 \[1, 2\]", "见 [2][3] 与 [1, 2]"),
        (r"<p>见 \[2\]，C:\temp\a</p>", "见 [2]，C:\\temp\\a"),
        # A formula is code, what stands around it is prose.
        (r"\[ a^2 + b^2 = c^2 \]，其中 **c** 为斜边。", "`a^2 + b^2 = c^2`，其中 **c** 为斜边。"),
        ("前文 \\[\nx = 1\n\\] 后文", "前文 `x = 1` 后文"),
        ("$$ E=mc^2 $$，其中 **m** 为质量", "`E=mc^2`，其中 **m** 为质量"),
        ("$$\nE=mc^2\n$$", "```\nE=mc^2\n```"),
        ("设$x_1$和$y_2$为实数", "设`x_1`和`y_2`为实数"),
        (r"面积$S=\pi r^2$平方米", r"面积`S=\pi r^2`平方米"),
        (r"\(x_1\)与\(y\)", "`x_1`与`y`"),
        (r"<p>当 \(x_1>0\) 时</p>", "当 `x_1>0` 时"),
        (r"<p>\[ x^2 \]</p>", "`x^2`"),
        ("<ul><li>$x_1$与$y$</li></ul>", "- `x_1`与`y`"),
        # HTML writes `<` as an entity, in formulas and code as well.
        (r"<p>\(a &lt; b\)，`List&lt;T&gt;`</p>", "`a < b`，`List<T>`"),
        # Money is none.
        ("价格$100和$200，US$5 and US$6", "价格$100和$200，US$5 and US$6"),
        # An address ends where Chinese punctuation, brackets or marks begin.
        ("请访问https://x.com/zh/a，或拨打95187。",
        "请访问[https://x.com/zh/a](https://x.com/zh/a)，或拨打95187。"),
        ("（见https://x.com/a）", "（见[https://x.com/a](https://x.com/a)）"),
        ("【https://x.com/a】", "【[https://x.com/a](https://x.com/a)】"),
        ("见https://x.com/a。", "见[https://x.com/a](https://x.com/a)。"),
        ("**https://x.com/a**", "**[https://x.com/a](https://x.com/a)**"),
        ("https://x.com/a、https://x.com/b；c",
        "[https://x.com/a](https://x.com/a)、[https://x.com/b](https://x.com/b)；c"),
        ("https://x.com/a_(b)", "[https://x.com/a_(b)](https://x.com/a_%28b%29)"),
        ("https://x.com/中文，后", "[https://x.com/中文](https://x.com/中文)，后"),
        ("访问www.x.com/a?b=1&c=2）", "访问[www.x.com/a?b=1&c=2](http://www.x.com/a?b=1&c=2)）"),
        ("`https://x.com/a，`", "`https://x.com/a，`"),
        ("[页](www.x.com/a)", "[页](http://www.x.com/a)"),
        # A link keeps its address, whatever stands in it.
        ('<a href="https://x.oss-cn-shanghai.aliyuncs.com/产品 手册.pdf">产品手册</a>',
        "[产品手册](https://x.oss-cn-shanghai.aliyuncs.com/产品%20手册.pdf)"),
        ("[手册](https://x.com/产品 手册.pdf)", "[手册](https://x.com/产品%20手册.pdf)"),
        ("[手册](<https://x.com/产品 手册.pdf>)", "[手册](https://x.com/产品%20手册.pdf)"),
        ("[a](https://x.com/a b (1).pdf)", "[a](https://x.com/a%20b%20%281%29.pdf)"),
        (f"[下载]({LONG})", f"[下载]({LONG})"),
        ("[x](https://a.com/(b(c)))", "[x](https://a.com/%28b%28c%29%29)"),
        ("[x](https://a.com/(b(c(d))))", "[x](https://a.com/%28b%28c%28d%29%29%29)"),
        ("见[1](https://x.com)", "见[1](https://x.com)"),
        # No tag where nothing closes it.
        ("使用 <b> 标签加粗文字", "使用 &lt;b> 标签加粗文字"),
        ("HTML 中 <a> 标签用于链接，<img> 用于图片",
        "HTML 中 &lt;a> 标签用于链接，&lt;img> 用于图片"),
        ("用 <table> 和 <div> 布局", "用 &lt;table> 和 &lt;div> 布局"),
        ("`<b>` 与 <b>粗</b>", "`<b>` 与 **粗**"),
        # No link where no address stands.
        ("f[0](arg) 与 a[i](j)", "f[0]\\(arg) 与 a[i]\\(j)"),
        ("a[0](b)[c](d)", "a[0]\\(b)[c]\\(d)"),
        ("数组[0](arg)，[占位](链接)", "数组[0]\\(arg)，[占位]\\(链接)"),
        ("[空]()与[页](/a)", "空与页"),
        ("arr[i](x) [链接](https://x.com)", "arr[i]\\(x) [链接](https://x.com)"),
        # A fence ends with what holds it.
        ("> ```\n\n[google.com](http://evil.example)",
        "> ```\n> \n> ```\n\n[google.com (evil.example)](http://evil.example)"),
        ("- ```\n\n[google.com](http://evil.example)",
        "- ```\n  \n  ```\n\n[google.com (evil.example)](http://evil.example)"),
        # Entities hide no token.
        ("&#60;&#33;channel&#62;", "&lt;\u200b!channel>"),
        ("&lt;&commat;U012ABCDEF&gt;", "&lt;\u200b@U012ABCDEF>"),
        ("&amp;#60;!here>", "&lt;\u200b!here>"),
        ("`&lt;!here&gt;`", "`&\u200blt;!here&gt;`"),
        # Marks beside numbers and Chinese characters.
        ("2*3*4=24", "2\\*3\\*4=24"),
        ("3~5 天，8~10 天", "3∼5 天，8∼10 天"),
        ("__init__ 保留", "__init\\_\\_ 保留"),
        ("不要__断电__，", "不要**断电**，"),
        ("**重点：**文字", "**重点：\u200b**文字"),
        ("文字**“重点”**文字", "文字**\u200b“重点”\u200b**文字"),
        ("a_b_c 与 my__var__name", "a_b_c 与 my__var__name"),
        # A box stands before whatever follows it.
        ("- [ ] **重要** x\n- [x] [页](https://x.com)\n- [ ] `码`",
        "- [ ] **重要** x\n- [x] [页](https://x.com)\n- [ ] `码`"),
        # What follows a line break begins no block.
        ("<br># 祝您", "\\# 祝您"),
        ("文<br>- 不是列表", "文  \n\\- 不是列表"),
    ],
)  # fmt: skip
def test_it_is_shown_as_it_is_meant(said: str, shown: str) -> None:
    assert markdown(said) == shown
    assert not judge.faults(shown)
    assert not judge.faults_of_mrkdwn(mrkdwn(said))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("先推理……\n</think>\n\n答案是42。", "答案是42。"),
        ("<Think>a</Think>b", "b"),
        ("<think>a</think>b<think>c</think>d", "bd"),
        ("<thinking>x</thinking>y", "y"),
        ("<think>a", ""),
        ("<thi", ""),
        ("`<think>` 是标签，用 `</think>` 结束", "`<think>` 是标签，用 `</think>` 结束"),
        ("```\n</think>\n```\nx", "```\n</think>\n```\nx"),
        ("a\n```\n<think>\n```\nx", "a\n```\n<think>\n```\nx"),
        ("a < b", "a < b"),
    ],
)
def test_thoughts_are_not_shown(said: str, meant: str) -> None:
    assert strip_thinking(said) == meant
