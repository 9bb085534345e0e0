"""Takes the thoughts of a model out of what it says."""

import re

_TOKEN = re.compile(r"(?:\A|\n)[ \t]*+```|[`\n]|<(?P<slash>/?)think(?:ing)?>\s*+", re.IGNORECASE)


def strip_thinking(text: str) -> str:
    """Without `<think>…</think>`, where it is not quoted as code; without what stands before a
    `</think>` that nothing opens; without all that stands behind a `<think>` that nothing closes.
    """
    if "<" not in text:
        return text
    if "<thinking>".startswith(text.strip().lower()):
        return ""
    said: list[str] = []
    position = 0
    while tag := _find_tag(text, position):
        if tag["slash"]:
            said, position = [], tag.end()
        else:
            said.append(text[position : tag.start()])
            closings = (one.end() for one in _TOKEN.finditer(text, tag.end()) if one["slash"])
            position = next(closings, len(text))
    return "".join([*said, text[position:]])


def _find_tag(text: str, start: int) -> re.Match[str] | None:
    """The first one outside code."""
    in_fence = in_code = False
    for token in _TOKEN.finditer(text, start):
        match token[0]:
            case "\n":
                in_code = False
            case "`":
                in_code = not in_code
            case _ if token["slash"] is None:
                in_fence, in_code = not in_fence, False
            case _ if not (in_fence or in_code):
                return token
    return None
