"""Where an address that stands bare in a text ends, and what counts as one in a link."""

import re

from bridge.markup.delimiters import is_cjk
from bridge.markup.entities import decode_entities

# ASCII as a URL may hold it, without what people put around or behind one.
_HOST = re.compile(r"(?:https?://|www\.)[\w.-]++(?::\d++)?+", re.IGNORECASE)
_PATH = re.compile(r"(?:[\w.~:/?#@!$&'()+,;=%-]|[*](?![*\s]))*+")
_TRAILING = ".,;:!?'\"*_~&-"
_NO_PART = re.compile(r"&(?:amp;)*+(?:lt|gt|quot|nbsp|#\w{1,7});|\]\(", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*+:", re.IGNORECASE)


def find_address(text: str, start: int) -> int:
    """The end of the address that begins at `start`; `start` itself where none does."""
    if text[start - 1 : start].isalnum() and text[start - 1].isascii() and start:
        return start
    host = _HOST.match(text, start)
    if not host or text.startswith(("://", "@"), host.end()):
        return start
    end = host.end()
    if text.startswith(("/", "?", "#"), end) and (path := _PATH.match(text, end)):
        end = path.end()
    if cut := _NO_PART.search(text, start, end + 8):
        end = min(end, cut.start())
    end = _trim(text, start, _end_at_words(text, start, end))
    return end if end > start + len("http://") else start


def _end_at_words(text: str, start: int, end: int) -> int:
    """`…/zh/a查看` ends before the words; `…/item/人工智能` holds them."""
    is_word = False
    for position in range(start, end):
        if text[position].isascii():
            is_word = False
        elif not is_word:
            is_host = text[position - 1] == "." and is_cjk(text[position - 2])
            if not (is_host or text[position - 1] in "/=-_%") or not is_cjk(text[position]):
                return position
            is_word = True
    return end


def _trim(text: str, start: int, end: int) -> int:
    """Without the punctuation of the sentence around it, and without a bracket it did not open."""
    excess = text.count(")", start, end) - text.count("(", start, end)
    while end > start:
        last = text[end - 1]
        if last == ")" and excess > 0:
            excess -= 1
        elif last == "(":
            excess += 1
        elif last not in _TRAILING:
            break
        end -= 1
    return end


def write_address(bare: str) -> str:
    """A bare address as a whole one, entities decoded."""
    address = decode_entities(bare)
    return address if "://" in address[:8] else f"http://{address}"


def is_address(target: str) -> bool:
    """Whether it may be meant as an address: the words in `f[0](arg)` are none."""
    return bool(_SCHEME.match(target)) or any(mark in target for mark in "/#.?@:")
