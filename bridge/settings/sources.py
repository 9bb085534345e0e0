"""The variables of the environment and the `.env` file, freed of what clings to them."""

import codecs
import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from re import match

from dotenv.parser import Binding, parse_stream

from bridge.settings.values import kind_of

UNREADABLE = "\N{REPLACEMENT CHARACTER}"  # stands in a text for what its encoding does not allow
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(slots=True)
class EnvFile:
    """`values` by name in upper case; `unread` are the lines that set nothing, counted from 1."""

    values: dict[str, str] = field(default_factory=dict)
    unread: list[int] = field(default_factory=list)


def read_env_file(path: Path) -> EnvFile | None:
    """None where there is no such file, or a folder; a pipe is read, too. Raises OSError."""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        return None
    return parse_env_file(decode(content))


def parse_env_file(text: str) -> EnvFile:
    """Comments, quotes and `export` as other tools know them; `${...}` is left as it stands."""
    file = EnvFile()
    for binding in parse_stream(StringIO(text)):
        if binding.key is not None and binding.value is not None:
            file.values[binding.key.upper()] = "" if _is_comment(binding) else binding.value
        elif binding.error or binding.key is not None:
            first = binding.original.string
            file.unread.append(binding.original.line + first[: -len(first.lstrip())].count("\n"))
    return file


def decode(content: bytes) -> str:
    """By its byte order mark; otherwise UTF-8, or UTF-16 where zeros give it away, or GBK."""
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if b"\0" in content:
        is_little = content[1::2].count(0) >= content[::2].count(0)
        return content.decode("utf-16-le" if is_little else "utf-16-be", errors="replace")
    for encoding in ("utf-8", "gb18030"):  # the latter holds GBK and GB2312
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", errors="replace")


def _is_comment(binding: Binding) -> bool:
    """`NAME=  # a remark` sets nothing."""
    return match(r"[^=]*=[^\S\r\n]+#", binding.original.string.lstrip()) is not None


OURS = ("BRIDGE_", "BEEBOT_")  # nobody else's variables begin like these
CLOSE = 0.85  # of 1; REDIS_URI is 0.89 of REDIS_URL
VAGUE = 0.6

# What hosts put into the environment on their own, however much it looks like ours: Kubernetes and
# Docker for services that happen to be called bridge, beebot or redis, and the parts of a Redis.
_INJECTED = re.compile(
    r"\w+_SERVICE_(HOST|PORT(_\w+)?)"
    r"|\w+_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?"
    r"|\w+_ENV_\w+|\w+_NAME"
    r"|REDIS_?(HOST|PORT|USER|USERNAME|PASS|PASSWORD|DB|DATABASE)"
)


def misspelled(given: Mapping[str, str], known: Iterable[str]) -> dict[str, str]:
    """Name in `given` to the one that was probably meant, empty if none comes near.

    Somebody else's names are left alone, and so are longer ones made of one of ours, as
    REDIS_TLS_URL or SLACK_BOT_TOKEN_OLD.
    """
    # Short ones are like too many others, and FTP_PROXY is not meant for us.
    names = [name for name in sorted(known) if name != "PORT" and not name.endswith("_PROXY")]
    found = {}
    for name, value in given.items():
        if not value or name in known or _INJECTED.fullmatch(name):
            continue
        is_ours = name.startswith(OURS)
        meant = _meant(name, value, names, cutoff=VAGUE if is_ours else CLOSE)
        if is_ours or (meant and not _extends(name, meant)):
            found[name] = meant
    return found


def _meant(name: str, value: str, names: list[str], *, cutoff: float) -> str:
    kind = kind_of(value, name)
    if name.startswith("SLACK_") and kind and kind.variable.startswith("SLACK_"):
        return kind.variable  # SLACK_API_TOKEN may be either: its value tells
    return next(iter(difflib.get_close_matches(name, names, n=1, cutoff=cutoff)), "")


def _extends(name: str, meant: str) -> bool:
    return set(name.split("_")) > set(meant.split("_"))


_QUOTES = (('"', '"'), ("'", "'"), ("“", "”"), ("‘", "’"))
_EDGES = r"[\s\u200b-\u200d\u2060\ufeff]+"  # blanks, and those without a width


@dataclass(slots=True)
class Given:
    """`texts` by name in upper case, none of them empty. `remarks` are about what prevents nothing,
    `problems` about what does; `absent` says where no file was found.
    """

    texts: dict[str, str]
    remarks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    absent: str = ""


def gather(env: Mapping[str, str], path: Path | None, known: Collection[str]) -> Given:
    """The environment goes before the file; what is set to nothing is unset."""
    given = Given({})
    file = _read(path, given) if path else None
    in_file = _cleaned(file.values) if file else {}
    given.texts = in_file | _cleaned(env)
    if path and file:
        _remark_lines(path, file, given)
        for name in known & in_file.keys():
            if UNREADABLE in in_file[name]:
                given.problems.append(f"{name} cannot be read: save {path} as UTF-8.")
    for name, meant in misspelled(given.texts, known).items():
        given.remarks.append(
            f"{name} is no variable of the bridge" + (f": is {meant} meant?" if meant else ".")
        )
    return given


def clean(text: str) -> str:
    """Without blanks and line ends around it, nor the quotes that `docker --env-file` leaves."""
    text = _strip(text)
    for opening, closing in _QUOTES:
        inner = text[1:-1]
        is_quoted = len(text) > 1 and text[0] == opening and text[-1] == closing
        if is_quoted and opening not in inner and closing not in inner:
            return _strip(inner)
    return text


def _strip(text: str) -> str:
    return re.sub(rf"^{_EDGES}|{_EDGES}$", "", text)


def _cleaned(variables: Mapping[str, str]) -> dict[str, str]:
    """Of two names that differ by case alone, the one in capitals counts."""
    capitals_last = sorted(variables.items(), key=lambda item: item[0].isupper())
    return {name.upper(): text for name, value in capitals_last if (text := clean(value))}


def _read(path: Path, given: Given) -> EnvFile | None:
    folder = path.absolute().parent
    try:
        file = read_env_file(path)
    except OSError as error:
        given.problems.append(f"{path.absolute()} cannot be read: {error.strerror}.")
        return None
    if file is None:
        given.absent = f"No {path.name} was found in {folder}."
        if (folder / f"{path.name}.txt").exists():
            given.absent += f" There is a {path.name}.txt: rename it."
    return file


def _remark_lines(path: Path, file: EnvFile, given: Given) -> None:
    if file.unread:
        lines = ", ".join(map(str, file.unread))
        given.remarks.append(
            f"{path} sets nothing in line {lines}: write NAME=value, and close each quote."
        )


def doubts(values: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each; `values` are those that are set, by the names of their fields."""
    secret, robot = values.get("slack_signing_secret"), values["beebot_instance_id"]
    if secret and not re.fullmatch(r"[0-9a-fA-F]{32}", secret):
        yield "SLACK_SIGNING_SECRET is not 32 hexadecimal digits, as Slack's are."
    if not robot.startswith("chatbot-cn-"):
        yield "BEEBOT_INSTANCE_ID does not begin with chatbot-cn-, as those of robots do."
