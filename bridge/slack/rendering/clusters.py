"""Finds where written text may be cut so that nothing that is read as one is torn."""

import re
import unicodedata

_ATOM = re.compile(r"\\.|&#?\w{1,31};|[<&]\u200b", re.DOTALL)
_LONGEST_ATOM = 34
_LONGEST_CLUSTER = 32  # characters; beyond that a "character" is noise and may be cut


def before_cluster(text: str, position: int) -> int:
    """Step back to where no accent, joiner, emoji modifier, escape or entity is torn."""
    for end in range(position, max(position - _LONGEST_CLUSTER, 0), -1):
        if not _is_torn(text[end - 1], text[end : end + 1]):
            position = end
            break
    for atom in _ATOM.finditer(text, max(position - _LONGEST_ATOM, 0), position + _LONGEST_ATOM):
        if atom.start() < position < atom.end():
            return atom.start()
    return position


def _is_torn(before: str, after: str) -> bool:
    if not after or before == "\u200d":
        return bool(after)
    return (
        after == "\u200d"
        or unicodedata.category(after) in {"Mn", "Mc", "Me"}
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
        or (
            "\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff"
        )  # flags
    )
