import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.slack.replying.steady import Steady, settled


def test_what_stood_in_two_looks_is_steady() -> None:
    steady = Steady()
    assert steady.look("I think so") is None
    assert steady.look("I think that") == "I think"
    assert steady.look("I think that way") is None, "two looks again"
    assert steady.look("I think that way, too") == "I think that way"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plain words", "plain words"),
        ("he said **bo", "he said"),
        ("he said **bold**", "he said"),
        ("he said **bold** and", "he said **bold** and"),
        ("call `f(x", "call"),
        ("see [the page](https://exa", "see"),
        ("see [the page](https://example.cn/) or", "see [the page](https://example.cn/) or"),
        ("see https://example.cn/a", "see"),
        ("see https://example.cn/a and", "see https://example.cn/a and"),
        ("hey <!chan", "hey"),
        ("a &l", "a"),
        ("fine 👨\u200d", "fine"),
        ("rain [1]", "rain"),
        ("rain [1] and", "rain [1] and"),
        ("text\n\n- ", "text"),
        ("text\n\n| a | b |\n", "text"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 ", "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("so:\n\n```py\nx", "so:"),
        ("so:\n\n```py\nx = 1\ny = ", "so:\n\n```py\nx = 1"),
        ("```\nx\n```\nand", "```\nx\n```\nand"),
        ("`", ""),
    ],
)
def test_what_may_yet_mean_something_else_is_held_back(text: str, said: str) -> None:
    assert settled(text) == said


def test_a_long_list_is_held_back_no_further_than_to_what_is_open() -> None:
    items = "\n".join(f"- **item {number}** with words" for number in range(200))
    assert len(settled(items + "\n- **open")) >= len(items)


@given(st.text(alphabet="ab *_`~[](<>!|#-\n1.&;\\"))
def test_what_is_settled_is_a_beginning_of_the_text(text: str) -> None:
    said = settled(text)
    assert text.startswith(said)
    assert said == said.rstrip()
