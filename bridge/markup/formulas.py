r"""Finds formulas: `$…$`, `$$…$$`, `\(…\)`, `\[…\]`."""

import re

_ROUND = re.compile(r"\\\((?P<tex>(?:[^\\\n]|\\[^()\n])++)\\\)")
_SQUARE = re.compile(r"\\\[(?P<tex>(?:[^\\]|\\[^\[\]])++)\\\]")
_DOLLARS = re.compile(r"\$\$(?P<tex>[^$]++)\$\$")
# Money is no formula: `$100 and $5`.
_DOLLAR = re.compile(
    r"\$(?P<tex>[A-Za-z]|(?=[^$\n]*[\\^_=])[^\s\d$][^$\n]*(?<!\s)"
    r"|(?=[^$\n]*[\\^_=+])\d[\x21-\x23\x25-\x7e]*)\$(?![A-Za-z0-9_$])"
)
_PATTERNS = {"\\(": _ROUND, "\\[": _SQUARE, "$$": _DOLLARS}
_OPENING = re.compile(r"\\[(\[]|\$\$?(?=[^\s\d$])")
_CLOSINGS = {"\\(": "\\)", "\\[": "\\]", "$$": "$$", "$": "$"}
_MATH = re.compile(r"[\\^_=+<>*/|]|^\s*[A-Za-z]\s*$")
_LONGEST = 500  # characters that are waited for while a text grows


def looks_like_tex(words: str) -> bool:
    r"""`\[1\]` is a number in brackets."""
    return bool(_MATH.search(words))


def find_formula(text: str, start: int) -> tuple[str, int] | None:
    """The TeX of the formula that begins here, and where it ends."""
    pattern = _PATTERNS.get(text[start : start + 2], _DOLLAR)
    found = pattern.match(text, start)
    if not found or not found["tex"].strip():
        return None
    if pattern is _SQUARE and not looks_like_tex(found["tex"]):
        return None
    return found["tex"], found.end()


def find_open_formula(text: str, start: int) -> str | None:
    """What has come of a formula that may end behind a growing text, empty where it may as well be
    none; None where it is none.
    """
    opening = _OPENING.match(text, start) if len(text) - start <= _LONGEST else None
    if not opening:
        return None
    closing, rest = _CLOSINGS[opening[0]], text[opening.end() :]
    if closing in rest or ("\n" in rest and closing in {"$", "\\)"}):
        return None
    is_doubtful = closing == "$" or (closing == "\\]" and not looks_like_tex(rest))
    return "" if is_doubtful else rest.rstrip("\\").strip()
