"""Turns links that name their target elsewhere in the text into links that carry it."""

import re

_CODE = r"(?P<code>(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`))"
_DEFINITION = re.compile(
    r"^ {0,3}\[(?P<label>[^\[\]^\n][^\[\]\n]{0,99})\]:[ \t]*<?(?P<target>[a-z]+:[^\s<>]+)>?"
    r"(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*$\n?",
    re.MULTILINE | re.IGNORECASE,
)
_USE = re.compile(
    rf"{_CODE}|(?<![!\\\]])\[(?P<words>[^\[\]\n]{{1,200}})\](?:\[(?P<label>[^\[\]\n]{{0,100}})\])?(?![\[(:])",
    re.DOTALL,
)


def find_targets(prose: str) -> dict[str, str]:
    """Target by label of `[label]: target` lines; the first of a label counts."""
    targets: dict[str, str] = {}
    for found in _DEFINITION.finditer(prose) if "]:" in prose else ():
        targets.setdefault(_fold(found["label"]), found["target"])
    return targets


def resolve_references(prose: str, targets: dict[str, str]) -> str:
    """`[words][label]`, `[label][]` and `[label]` as links, without the lines that define them."""
    if not targets:
        return prose

    def replace(found: re.Match[str]) -> str:
        target = targets.get(_fold(found["label"] or found["words"] or ""))
        if found["code"] or not target:
            return found[0]
        # The number of a citation keeps its brackets.
        words = f"\\[{found['words']}\\]" if found["words"].isdecimal() else found["words"]
        return f"[{words}](<{target}>)"

    return _USE.sub(replace, _DEFINITION.sub("", prose))


def _fold(label: str) -> str:
    return " ".join(label.casefold().split())
