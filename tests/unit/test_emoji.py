"""Emoji are characters for the model, as they are for people."""

import pytest

from bridge.slack.reading.emoji import emoji, with_emoji


@pytest.mark.parametrize(
    ("name", "character"),
    [
        ("+1", "👍"),
        ("-1", "👎"),
        ("thumbsup", "👍"),
        ("slightly_smiling_face", "🙂"),
        ("simple_smile", "🙂"),
        ("thinking_face", "🤔"),
        ("white_check_mark", "✅"),
        ("large_yellow_circle", "🟡"),
        ("rotating_light", "🚨"),
        ("100", "💯"),
        ("flag-cn", "🇨🇳"),
        ("cn", "🇨🇳"),
        ("flag-england", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"),
        ("wave::skin-tone-3", "👋🏼"),
        ("man-shrugging", "🤷\u200d♂️"),
        ("man-shrugging::skin-tone-6", "🤷🏿\u200d♂️"),
        ("female-doctor", "👩\u200d⚕️"),
        ("woman-woman-girl", "👩\u200d👩\u200d👧"),
        ("spock-hand", "🖖"),
        ("the_horns", "🤘"),
        ("partly_sunny_rain", "🌦️"),
        ("keycap_star", "*️⃣"),
        ("new", "🆕"),
        ("u7121", "🈚"),
    ],
)
def test_a_name_that_slack_knows_becomes_its_character(name: str, character: str) -> None:
    assert with_emoji(f"a :{name}: b") == f"a {character} b"


@pytest.mark.parametrize("name", ["shipit", "our-own", "flag-zz", "section_sign", "man-dog"])
def test_what_a_workspace_made_for_itself_stays_a_name(name: str) -> None:
    assert with_emoji(f":{name}:") == f":{name}:"


@pytest.mark.parametrize(
    "text",
    ["at 10:30:45", "a:100:b", "`:wave:`", "```\n:wave:\n```", "::", ": wave :"],
)
def test_what_is_no_emoji_stays_as_it_is(text: str) -> None:
    assert with_emoji(text) == text


def test_emoji_touch_each_other_and_chinese_words() -> None:
    assert with_emoji(":wave::wave:好:wave:") == "👋👋好👋"


def test_what_slack_itself_says_goes_first() -> None:
    assert emoji("brand_new_name", code_points="1fae9") == "\U0001fae9"
    assert emoji("wave", code_points="1f44b-1f3fc", skin_tone="3") == "👋🏼"
    assert emoji("wave", code_points="1f44b", skin_tone="6") == "👋🏿"


@pytest.mark.parametrize("odd", ["", "zz", "110000", "d83d", "1f44b-", "-" * 9, "f" * 99])
def test_odd_code_points_are_no_characters(odd: str) -> None:
    assert emoji("wave", code_points=odd) == "👋"
