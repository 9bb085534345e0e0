"""Writes emoji as the characters that people see; Slack names them, as `:wave::skin-tone-3:`."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

from emoji import emojize, is_emoji

# Not within a word or a time: `10:30:45`.
_NAME = re.compile(
    r"(?<![0-9A-Za-z]):(?P<name>[a-z0-9_+'-]+(?:::skin-tone-[2-6]){0,2}):(?![0-9A-Za-z])"
)
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_TONES = {
    "2": "\U0001f3fb",
    "3": "\U0001f3fc",
    "4": "\U0001f3fd",
    "5": "\U0001f3fe",
    "6": "\U0001f3ff",
}
_JOINER, _SELECTOR = "\u200d", "\ufe0f"
_FAMILY = {"man": "👨", "woman": "👩", "boy": "👦", "girl": "👧", "heart": "❤️", "kiss": "❤️\u200d💋"}
_REGION = 0x1F1E6 - ord("a")
_PART_OF_UK = {"england": "gbeng", "scotland": "gbsct", "wales": "gbwls"}

# Where Slack calls one by a name of its own, or by one that others give to something else.
_OF_SLACK = {
    "bald_person": "🧑\u200d🦲",
    "barely_sunny": "🌥️",
    "beetle": "🪲",
    "bride_with_veil": "👰",
    "curly_haired_person": "🧑\u200d🦱",
    "egg": "🥚",
    "eject": "⏏️",
    "email": "✉️",
    "guardsman": "💂",
    "keycap_star": "*️⃣",
    "knife_fork_plate": "🍽️",
    "ladybug": "🐞",
    "lightning": "🌩️",
    "lightning_cloud": "🌩️",
    "man-with-bunny-ears-partying": "👯\u200d♂️",
    "man-wrestling": "🤼\u200d♂️",
    "man_with_beard": "🧔\u200d♂️",
    "man_with_turban": "👳",
    "medal": "🎖️",
    "men-with-bunny-ears-partying": "👯\u200d♂️",
    "mostly_sunny": "🌤️",
    "ok_woman": "🙆",
    "partly_sunny_rain": "🌦️",
    "pencil": "📝",
    "post_office": "🏣",
    "rain_cloud": "🌧️",
    "red_haired_person": "🧑\u200d🦰",
    "satellite": "🛰️",
    "simple_smile": "🙂",
    "smiling_face_with_3_hearts": "🥰",
    "snow_cloud": "🌨️",
    "snowman": "☃️",
    "spock-hand": "🖖",
    "sun_behind_cloud": "🌥️",
    "sun_small_cloud": "🌤️",
    "sunglasses": "😎",
    "the_horns": "🤘",
    "tornado_cloud": "🌪️",
    "umbrella": "☂️",
    "whale": "🐳",
    "white_haired_person": "🧑\u200d🦳",
    "woman-with-bunny-ears-partying": "👯\u200d♀️",
    "woman-wrestling": "🤼\u200d♀️",
    "woman_with_beard": "🧔\u200d♀️",
    "womans_flat_shoe": "🥿",
    "women-with-bunny-ears-partying": "👯\u200d♀️",
}


def with_emoji(text: str) -> str:
    """Names become characters, outside code; those that a workspace made for itself stay names."""
    parts = _CODE.split(text) if ":" in text else [text]
    parts[::2] = [_NAME.sub(lambda found: emoji(found["name"]), part) for part in parts[::2]]
    return "".join(parts)


def emoji(name: str, *, code_points: str = "", skin_tone: str = "") -> str:
    """`code_points` is what Slack itself says, as `1f44b-1f3fc`; `skin_tone` is from 2 to 6."""
    name, *tones = name.split("::skin-tone-")
    tone = _TONES.get(tones[0] if tones else skin_tone, "")
    known = _characters(code_points) or _named(name)
    return _toned(known, tone) if known else f":{name}:"


def _toned(known: str, tone: str) -> str:
    toned = known[0] + tone + known[1:].removeprefix(_SELECTOR)
    return toned if tone not in known and is_emoji(toned) else known


def _characters(code_points: str) -> str:
    with suppress(ValueError, OverflowError):
        signs = [chr(int(point, 16)) for point in code_points.split("-")]
        if not any("\ud800" <= sign <= "\udfff" for sign in signs):
            return "".join(signs)
    return ""


@lru_cache(maxsize=4096)
def _named(name: str) -> str:
    return next((sign for sign in _readings(name) if sign), "")


def _readings(name: str) -> Iterator[str]:
    yield _OF_SLACK.get(name, "") or _TONES.get(name.removeprefix("skin-tone-"), "")
    spelled = name.replace("-", "_")
    for prefix, other in (("female_", "woman_"), ("male_", "man_")):
        if spelled.startswith(prefix):
            spelled = other + spelled.removeprefix(prefix)
    for alias in (name, spelled, spelled.replace("_doctor", "_health_worker")):
        written = emojize(f":{alias}:", language="alias")
        yield written if is_emoji(written) else ""
    yield _flag(name)
    with suppress(KeyError):
        written = unicodedata.lookup(re.sub("[-_]", " ", name))
        yield written if is_emoji(written) else ""
    members = [_FAMILY.get(member, "") for member in name.split("-")]
    yield _JOINER.join(members) if all(members) else ""


def _flag(name: str) -> str:
    kind, _, region = name.partition("-")
    if kind != "flag":
        return ""
    if part := _PART_OF_UK.get(region):
        return "🏴" + "".join(chr(0xE0000 + ord(sign)) for sign in part) + "\U000e007f"
    flag = "".join(chr(_REGION + ord(letter)) for letter in region)
    return flag if is_emoji(flag) else ""
