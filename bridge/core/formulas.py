"""Writes formulas as code: Slack draws none, and reading them as Markdown would eat their marks."""

import re

_SPAN = re.compile(
    r"(?P<code>(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`))"
    r"|^(?P<lead>[ \t]*)(?:\$\$|\\\[)(?P<block>(?:(?!\n[ \t]*\n|\$\$).)*?)"
    r"(?:\$\$|\\\]|\\?\Z)[ \t]*$"
    r"|(?<!\\)\\\((?P<inline>[^\n]{1,500}?)(?:\\\)|\\?\Z)"
    # Money is no formula: `$100 and $5`.
    r"|(?<![\w$\\])\$(?P<dollars>[A-Za-z]|(?![\s\d])[^$\n]*[\\^_=][^$\n]*)(?<!\s)\$(?![\w$])",
    re.DOTALL | re.MULTILINE,
)


def write_formulas(prose: str) -> str:
    r"""`$$…$$` and `\[…\]` alone on their lines become fenced code, `\(…\)` and `$…$` code.

    A formula that the end of the text cuts is one as well. For text outside fences.
    """
    return _SPAN.sub(_replace, prose) if "$" in prose or "\\" in prose else prose


def _replace(found: re.Match[str]) -> str:
    if found["code"]:
        return found[0]
    if found["lead"] is not None:
        return _fence(found["lead"], found["block"].strip())
    formula = (found["inline"] or found["dollars"]).strip()
    return f"`{formula}`" if formula and "`" not in formula else found[0]


def _fence(lead: str, formula: str) -> str:
    lines = ["```", *(line.strip() for line in formula.split("\n")), "```"]
    return "\n".join(lead + line for line in lines) if formula else ""
