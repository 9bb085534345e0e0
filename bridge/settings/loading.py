"""Loads the settings from the environment and the `.env` file, and says what is wrong in them."""

import codecs
import difflib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bridge.settings import Settings
from bridge.settings.advice import find_advice
from bridge.settings.value_kinds import kind_of
from bridge.settings.values import is_marked, secret_text

_UNREADABLE = "\N{REPLACEMENT CHARACTER}"  # stands in a text for what its encoding does not allow
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_QUOTES = (('"', '"'), ("'", "'"), ("“", "”"), ("‘", "’"))
_BLANKS = r"[\s\u200b-\u200d\u2060\ufeff]+"  # those without a width, too
_COMMENT_ONLY = re.compile(r"\s*[^=]*=[^\S\r\n]+#")  # `NAME=  # a comment` sets nothing

_PREFIX = re.compile("(BRIDGE|BEEBOT)_")  # few of other people's variables begin so
_CLOSE = 0.85  # of 1, of whole names; REDIS_URI is 0.89 of REDIS_URL
_VAGUE = 0.65  # is enough behind a prefix of ours; USERS is 0.67 of DENY_USERS
# What hosts set on their own, however much it looks like ours: Kubernetes and Docker for services
# that happen to be called bridge, beebot or redis, and the parts of a Redis.
_SET_BY_HOSTS = re.compile(
    r"\w+_SERVICE_(HOST|PORT(_\w+)?)"
    r"|\w+_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?"
    r"|\w+_ENV_\w+|[A-Z]+_NAME"
    r"|REDIS_?(HOST|PORT|USER|USERNAME|PASS|PASSWORD|DB|DATABASE)"
)


# What the required variables are taken to be for a command that does not use them.
UNUSED_VALUES = {
    "SLACK_BOT_TOKEN": "xoxb-unused",
    "SLACK_SIGNING_SECRET": "0" * 32,
    "BEEBOT_INSTANCE_ID": "chatbot-cn-unused",
}


class SettingsError(Exception):
    """`problems`: one sentence per variable that says how to correct it, and never its value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load_settings(
    env: Mapping[str, str] = os.environ,
    *,
    env_file: Path | None = Path(".env"),
    unused: Collection[str] = (),
) -> Settings:
    """The settings from `env` and, behind it, `env_file` if there is one.

    A variable that is set to nothing counts as unset; of the required ones those that are `unused`
    need not be set. Raises `SettingsError`.
    """
    fields = {name.upper(): name for name in Settings.model_fields}
    file = _read_file(env_file) if env_file else EnvFile()
    values = {name: UNUSED_VALUES[name] for name in unused}
    values |= _clean_all(file.values) | _clean_all(env)
    problems = [*file.problems, *_unreadable(file, env_file, fields), *_refused(env)]
    warnings = list(file.warnings)
    for name, meant in _find_unknown(values, fields):
        is_fatal = _is_restricting(meant)
        (problems if is_fatal else warnings).append(
            _describe_unknown(name, meant, is_fatal=is_fatal)
        )
    known = {fields[name]: value for name, value in values.items() if name in fields}
    try:
        settings = Settings.model_validate(known)
    except ValidationError as error:
        problems += [_sentence(detail) for detail in error.errors(include_input=False)]
    missing = [number for number, problem in enumerate(problems) if " is missing: " in problem]
    if missing and file.hint:
        problems[missing[-1]] += f" {file.hint}"
    if problems:  # outside the except block: the library's error, with its values, stays behind
        raise SettingsError([*problems, *warnings])
    settings._warnings = (*warnings, *_unusual(settings))  # noqa: SLF001 - no variable of its own
    return settings


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
    return re.sub(rf"^{_BLANKS}|{_BLANKS}$", "", text)


def _clean_all(variables: Mapping[str, str]) -> dict[str, str]:
    """By name in upper case, without empty ones. Of two names that differ by case alone, the one in
    upper case counts.
    """
    upper_last = sorted(variables.items(), key=lambda item: item[0].isupper())
    return {name.upper(): text for name, value in upper_last if (text := clean(value))}


def _sentence(detail: ErrorDetails) -> str:
    name = str(detail["loc"][0])
    reason = detail["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    if detail["type"] == "missing":
        reason = "is missing"
    return f"{name.upper()} {reason}: set it to {find_advice()[name]}."


def _refused(env: Mapping[str, str]) -> Iterator[str]:
    if env.get("SLACK_CLIENT_ID"):
        yield (
            "SLACK_CLIENT_ID must not be set: Slack's library would take the bridge for an OAuth "
            "app and ignore SLACK_BOT_TOKEN, so unset it."
        )


def _unusual(settings: Settings) -> Iterator[str]:
    """Warnings about values that are taken although they do not look like it."""
    secret = secret_text(settings.slack_signing_secret)
    if secret and not re.fullmatch(r"[0-9a-fA-F]{32}", secret):
        yield "SLACK_SIGNING_SECRET is not 32 hexadecimal digits, as Slack's are."
    if settings.bridge_public_url.startswith("http://"):
        yield "BRIDGE_PUBLIC_URL does not begin with https://: images pass there unencrypted."
    if not settings.beebot_instance_id.startswith("chatbot-cn-"):
        yield "BEEBOT_INSTANCE_ID does not begin with chatbot-cn-, as those of robots do."
    if not all(one.id.startswith("chatbot-cn-") for one in settings.beebot_robots.values()):
        yield "BEEBOT_ROBOTS has an instance id that does not begin with chatbot-cn-."


# --- The .env file --------------------------------------------------------------------------------


@dataclass(slots=True)
class EnvFile:
    """`values` by the names as written. `hint` says where no file was found."""

    values: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    hint: str = ""


def _read_file(path: Path) -> EnvFile:
    """A folder is no file; a pipe is read, too."""
    try:
        values, bad_lines = parse_env_file(decode(path.read_bytes()))
    except (FileNotFoundError, IsADirectoryError):
        folder = path.absolute().parent
        hint = f"No {path.name} was found in {folder}."
        if (folder / f"{path.name}.txt").exists():
            hint += f" There is a {path.name}.txt: rename it."
        return EnvFile(hint=hint)
    except OSError as error:
        return EnvFile(problems=[f"{path.absolute()} cannot be read: {error.strerror}."])
    if not bad_lines:
        return EnvFile(values)
    lines, advice = ", ".join(map(str, bad_lines)), "write NAME=value, and close each quote"
    told = [f"{path} sets nothing in line {lines}: {advice}."]
    is_fatal = any(
        _is_restricting(_find_meant(name.upper(), ""))
        for line in bad_lines.values()
        for name in (re.split("[=:]", line)[0], *re.findall(r"[\w.-]+", line))
    )
    return EnvFile(values, problems=told) if is_fatal else EnvFile(values, warnings=told)


def parse_env_file(text: str) -> tuple[dict[str, str], dict[int, str]]:
    """The values, and the lines that set nothing by their numbers from 1. Comments, quotes and
    `export` as other tools know them; `${...}` is left as it stands.
    """
    values, bad_lines = {}, {}
    for binding in parse_stream(StringIO(text)):
        written = binding.original.string
        if binding.key is not None and binding.value is not None:
            values[binding.key] = "" if _COMMENT_ONLY.match(written) else binding.value
        elif binding.error or binding.key is not None:
            blank_lines = written[: -len(written.lstrip())].count("\n")
            bad_lines[binding.original.line + blank_lines] = written
    return values, bad_lines


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


def _unreadable(file: EnvFile, path: Path | None, known: Collection[str]) -> Iterator[str]:
    for name, value in file.values.items():
        if _UNREADABLE in value and name.upper() in known:
            yield f"{name.upper()} cannot be read: save {path} as UTF-8."


# --- Misspelled names -----------------------------------------------------------------------------


def _find_unknown(values: Mapping[str, str], known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Names that nobody reads and that look like ours, each with the one that is meant, if that can
    be told. Longer ones made of one of ours, as REDIS_TLS_URL or SLACK_BOT_TOKEN_OLD, are somebody
    else's.
    """
    for name, value in values.items():
        if name in known or _SET_BY_HOSTS.fullmatch(name):
            continue
        is_ours, meant = bool(_PREFIX.match(_separate(name))), _find_meant(name, value)
        is_longer = set(name.split("_")) > set(meant.split("_"))
        if is_ours or (meant and not is_longer):
            yield name, meant


def _find_meant(name: str, value: str) -> str:
    """The variable whose name is the most alike, or empty. Behind a prefix of ours words may be run
    together or cut, stand in another order, and behind the wrong one of the two.
    """
    kind = kind_of(value, name)
    if name.startswith("SLACK_") and kind and kind.variable.startswith("SLACK_"):
        return kind.variable  # SLACK_API_TOKEN may be either: its value tells
    # Short ones are like too many others, and FTP_PROXY is not meant for us.
    names = [
        n for n in map(str.upper, Settings.model_fields) if not re.fullmatch(r"PORT|\w+_PROXY", n)
    ]
    written = _separate(name)
    joined, in_order = ({way(one): one for one in names} for way in (_join, _sort_words))
    if written.startswith("SLACK_") and _join(written) in joined:
        return joined[_join(written)]
    if not _PREFIX.match(written):
        return _closest(written, {one: one for one in names}, _CLOSE)
    return (
        _closest(_join(written), joined, _CLOSE)
        or _closest(_sort_words(written), in_order, _VAGUE)
        or _closest(_join(written), joined, _VAGUE)
    )


def _closest(written: str, names: Mapping[str, str], cutoff: float) -> str:
    return next((names[one] for one in difflib.get_close_matches(written, names, 1, cutoff)), "")


def _separate(name: str) -> str:
    """With one underscore in place of whatever stands between words."""
    return re.sub(r"[\W_]+", "_", name).strip("_")


def _join(name: str) -> str:
    """Without its prefix and underscores; SLACK_ALLOW_USERS is meant for us as well."""
    return re.sub(r"^(BRIDGE|BEEBOT|SLACK)|_", "", name)


def _sort_words(name: str) -> str:
    return "_".join(sorted(_PREFIX.sub("", name, count=1).split("_")))


def _is_restricting(name: str) -> bool:
    field = Settings.model_fields.get(name.lower())
    return field is not None and is_marked(field, "restricting")


def _describe_unknown(name: str, meant: str, *, is_fatal: bool) -> str:
    said = f"{name} is no variable of the bridge" + (f": is {meant} meant?" if meant else ".")
    advice = " What that keeps out would get in: correct the name, or give yours another one."
    return said + advice if is_fatal else said
