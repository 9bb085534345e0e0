"""What within a line is more than words: how it is written, and what the end of a text may hide."""

import html
import re

from bridge.markup.elements import TAG

# ASCII as an address may hold it, without what people put behind one: `…/zh/a查看` ends before the
# words, `…/item/人工智能` holds them.
_PART = (
    r"(?:[a-z0-9.~:/?\#@!$'+,;=%_-]|&(?!(?:amp;)*+(?:lt|gt|quot|nbsp|\#\w{1,7});)|\*(?![*\s])"
    r"|(?<=[/=%_-])[^\W\0-\u2e7f]++)"
)
_ENTITY = r"&(?:amp;)*(?P<character>\#\d{1,7}|\#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});"
# All that is more than words. Two looks keep the search fast: most spaces and letters end there.
CONSTRUCT = re.compile(
    rf"""(?=[\\`*_~\[\]!<&$\n\ hw\t])(?=[^\ hw\t]|(?<![\ \t])[\ \t]++[\\\n<]|ht|ww)(?:
    (?P<line_break>(?<![\ \t])[\ \t]*+(?:\\?\n|<br(?:\s[^<>]*+)?/?>[\ \t]*+\n?)[\ \t]*+)
    |(?P<formula>\\\((?P<round>(?:[^\\\n]|\\[^()\n])*+)(?:\\\)|\\?\Z)
        |\\\[(?P<square>(?:[^\\]|\\[^\[\]])*+)(?:\\\]|\\?\Z)
        |(?<![a-z0-9_)\]])\$(?:\$(?P<dollars>[^$]*+)(?:\$\$|\$?\Z)
            # Money is no formula: `$100 and $5`.
            |(?P<dollar>[a-z]|(?=[^$\n]*[\\^_=])[^\s\d$][^$\n]*(?<!\s)
                |(?=[^$\n]*[\\^_=+])\d[\x21-\x23\x25-\x7e]*)\$(?![a-z0-9_$])
            |[^\s\d$][^$\n]*+\Z))
    |(?P<escape>\\[!-/:-@\[-`{{-~])
    |(?P<ticks>`++)
    |(?P<entity>{_ENTITY})
    |(?P<comment><!--)
    |<(?P<autolink>(?:https?://|mailto:|tel:|ftp://)[^\s<>|]++|[\w.+-]++@[\w-]++(?:\.[\w-]++)++)>
    |(?P<tag>{TAG})
    |(?P<dunder>__[a-z][a-z0-9_]{{0,60}}?__(?![a-z0-9_]))
    |(?P<run>\*++|_++|~++)
    |(?P<opening>!?\[)
    |(?P<closing>\])
    |(?P<address>(?<![a-z0-9])(?:https?://|www\.)(?:[a-z0-9._-]|(?<=[/.])[^\W\0-\u2e7f]++)++
        (?!://|@)(?::\d++)?+(?:(?=[/?\#])(?:{_PART}|\({_PART}*+\))*+)?+)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_FORMULA_ENDS = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}
_ENTITIES = re.compile(_ENTITY, re.IGNORECASE)
TICKS = re.compile(r"`++")
_NESTED = r"\((?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.|\([^\s()]*+\))*+\))*+\)"
_TITLE = r"\"[^\"]{0,500}\"|'[^']{0,500}'|\([^()]{0,500}\)"
TARGET = re.compile(
    rf"\(\s*+(?:<(?P<angle>[^<>\n]*+)>|(?P<plain>(?:[^\s()\\]|\\.|{_NESTED})*+)"
    r"|(?P<spaced>https?://(?:[^()\n<>\"]|\([^()\n]*+\))*+))"
    rf"(?:\s++(?:{_TITLE}))?+\s*+\)",
    re.IGNORECASE,
)
_LONGEST_TARGET = 3000
_LONGEST_HALF = 500  # characters of a formula that waits for its end while a text grows
_HALF_TARGET = re.compile(r"(?:\((?:[^()\n]|\([^()\n]*+\)?+)*+)?\Z")
REFERENCE = re.compile(r"\[([^\[\]\n]{0,100})\]")
# At the end of a growing text: a tag, an entity or a lone mark that the next characters explain.
_DANGLING = re.compile(
    r"(?P<tag><(?:[a-zA-Z][\w:]*+\s(?:\s*+[\w:-]*+|[^<>=]{0,500}=[^<>]{0,1000})"
    r"|[a-zA-Z/!][^\s<>]{0,255})\Z)|<[^\s<>]{0,255}\Z"
    r"|&(?:amp;)*+(?:[A-Za-z]{1,8}|\#[xX]?+[0-9a-fA-F]{0,6})?\Z"
    r"|(?<!\\)(?:\\\\)*+\\\Z|(?<!~)~\Z|(?<!\S)!\Z"
)
# What the next character may join, extend, or give another meaning.
UNSETTLED = re.compile(
    r"(?:[\s*_~`#\]!|$]"
    r"|[\u200d\ufe0f\ud800-\udfff\u2190-\u2bff\U0001f000-\U0001faff]"  # half an emoji
    r"|\[\d{0,4}\]?"
    r"|(?<![A-Za-z0-9])(?:h(?:t(?:t(?:ps?(?::/{0,2}+)?)?)?)?|ww?w?\.?)(?![^\s]))++\Z",
    re.IGNORECASE,
)


def drop_dangling(source: str, *, is_open: bool = True, is_html: bool = True) -> str:
    """HTML without half a tag at its end; a growing text also without half a mark."""
    half = _DANGLING.search(source, max(0, len(source) - 1024)) if is_open or is_html else None
    return source[: half.start()] if half and (is_open or half["tag"]) else source


def is_half_target(source: str, start: int) -> bool:
    """`(htt`, or nothing, up to the end of the text; only near that end, so that all is linear."""
    near = len(source) - start <= _LONGEST_TARGET
    return near and _HALF_TARGET.match(source, start) is not None


def fold(label: str) -> str:
    return " ".join(label.casefold().split())


def read_formula(found: re.Match[str]) -> tuple[str | None, bool]:
    """Its TeX, None where it is no formula, and whether its end is still to come."""
    opening, groups = found[0][:2], found.group("round", "square", "dollars", "dollar")
    tex = " ".join(decode_entities("".join(filter(None, groups))).split())
    is_half = not found[0][2:].endswith(_FORMULA_ENDS.get(opening, "$"))
    if is_half:
        tex = tex.rstrip("\\$ ")
        is_tex = opening in _FORMULA_ENDS and len(tex) < _LONGEST_HALF
    else:
        is_tex = tex != ""
    return tex if is_tex and (opening != "\\[" or looks_like_tex(tex)) else None, is_half


def looks_like_tex(words: str) -> bool:
    r"""`\[1\]` is a number in brackets."""
    words = words.strip()
    return not set(words).isdisjoint("\\^_=+<>*/|") or (
        words.isascii() and words.isalpha() and len(words) == 1
    )


def looks_like_address(words: str) -> bool:
    return not set(words).isdisjoint("/#.?@:")


def decode_entities(text: str) -> str:
    """The characters that are meant, also where they were escaped again: `&amp;lt;` is `<`."""
    return _ENTITIES.sub(decode_entity, text) if "&" in text else text


def decode_entity(found: re.Match[str]) -> str:
    once = f"&{found['character']};"
    character = html.unescape(once)
    return found[0] if character == once else character.replace("\u00a0", " ")
