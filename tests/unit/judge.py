"""An independent reader of what Slack gets: comrak, which shares nothing with ours.

It judges what people would see and press, decoding entities again and again, for nobody knows how
often Slack does.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import comrak

_OPTIONS = comrak.ExtensionOptions(strikethrough=True, table=True, autolink=True, tasklist=True)
_LIVE = re.compile(r"<(?:[!@#]|[a-z][a-z0-9+.-]*://|mailto:|tel:)", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", re.IGNORECASE)
_FILE = re.compile(
    r".*\.(?:pdf|docx?|xlsx?|pptx?|txt|csv|json|ya?ml|xml|html?|css|js|jpe?g|png|gif|svg|exe|apk)",
    re.IGNORECASE,
)
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff]")
_ALLOWED = ("http://", "https://", "mailto:")
_TOKEN = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


@dataclass(frozen=True, slots=True)
class Link:
    address: str
    label: str


def decode(text: str) -> str:
    while (decoded := html.unescape(text)) != text:
        text = decoded
    return text


def nodes(markdown: str) -> Iterator[comrak.AstNode]:
    """All of them, each before its children."""
    waiting = [comrak.parse_document(markdown, _OPTIONS)]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def words_of(node: comrak.AstNode) -> str:
    match node.node_value:
        case comrak.Text(value=words) | comrak.HtmlInline(value=words):
            return words
        case comrak.Code(value=code):
            return code.literal
        case comrak.CodeBlock(value=code) | comrak.HtmlBlock(value=code):
            return code.literal
        case comrak.SoftBreak() | comrak.LineBreak():
            return "\n"
    return "".join(map(words_of, node.children))


def words(markdown: str) -> str:
    """What people read, block under block."""
    leaves = (node for node in nodes(markdown) if _is_line(node))
    return "\n".join(map(words_of, leaves))


def _is_line(node: comrak.AstNode) -> bool:
    kinds = (
        comrak.Paragraph | comrak.Heading | comrak.TableCell | comrak.CodeBlock | comrak.HtmlBlock
    )
    return isinstance(node.node_value, kinds)


def links(markdown: str) -> list[Link]:
    return [
        Link(node.node_value.value.url, words_of(node))
        for node in nodes(markdown)
        if isinstance(node.node_value, comrak.Link | comrak.Image)
    ]


def faults(markdown: str) -> list[str]:
    """What in a markdown block could ping people, forge a link, or is HTML that nobody escaped."""
    found = [f"live: {token}" for token in _LIVE.findall(decode(markdown))]
    for node in nodes(markdown):
        value = node.node_value
        if isinstance(value, comrak.HtmlBlock | comrak.HtmlInline | comrak.Image):
            found.append(f"raw: {words_of(node)!r}")
        elif isinstance(value, comrak.Link):
            found += _judge(Link(value.value.url, words_of(node)))
        elif not node.children and (live := _LIVE.search(decode(words_of(node)))):
            found.append(f"live: {live[0]}")
    return found


def faults_of_mrkdwn(text: str) -> list[str]:
    """The same for a notification, where `<…>` is Slack's only mark for a link."""
    found: list[str] = []
    for address, label in _TOKEN.findall(text):
        found += _judge(Link(decode(address), decode(label or address)))
    rest = _TOKEN.sub("\0", text)
    return found + [f"live: {token}" for token in _LIVE.findall(decode(rest))]


def _judge(link: Link) -> list[str]:
    address = decode(link.address)
    if not address.lower().startswith(_ALLOWED):
        return [f"address: {address}"]
    label, shown_address = _normal(link.label), _normal(address)
    if label in (shown_address, *(shown_address.removeprefix(scheme) for scheme in _ALLOWED)):
        return []
    host = _host(address)
    shown = [name.lower() for name in _HOST.findall(label) if not _FILE.fullmatch(name)]
    is_named = host in shown or f"({host})" in label.lower()
    if is_named or all(_is_same_site(name, host) for name in shown):
        return []
    return [f"forged: {link.label!r} leads to {address}"]


def _normal(text: str) -> str:
    plain = _INVISIBLE.sub("", decode(text)).replace("∼", "~")
    return unicodedata.normalize("NFKC", plain).strip()


def _host(address: str) -> str:
    if address.lower().startswith("mailto:"):
        return address.rpartition("@")[2].partition("?")[0].lower()
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def _is_same_site(shown: str, host: str) -> bool:
    shown = shown.removeprefix("www.")
    return host == shown or host.endswith(f".{shown}")
