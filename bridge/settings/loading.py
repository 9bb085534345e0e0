"""Loads the settings from the environment and the `.env` file, and says what is wrong in them."""

import codecs
import difflib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bridge.settings import Settings
from bridge.settings.values import kind_of

_UNREADABLE = "\N{REPLACEMENT CHARACTER}"  # stands in a text for what its encoding does not allow
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_QUOTES = (('"', '"'), ("'", "'"), ("“", "”"), ("‘", "’"))
_BLANKS = r"[\s\u200b-\u200d\u2060\ufeff]+"  # those without a width, too
_COMMENT_ONLY = re.compile(r"\s*[^=]*=[^\S\r\n]+#")  # `NAME=  # a comment` sets nothing

_PREFIXES = ("BRIDGE_", "BEEBOT_")  # nobody else's variables begin like these
_CLOSE = 0.85  # of 1; REDIS_URI is 0.89 of REDIS_URL
_VAGUE = 0.6  # is close enough for a name with one of our prefixes
# What hosts set on their own, however much it looks like ours: Kubernetes and Docker for services
# that happen to be called bridge, beebot or redis, and the parts of a Redis.
_SET_BY_HOSTS = re.compile(
    r"\w+_SERVICE_(HOST|PORT(_\w+)?)"
    r"|\w+_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?"
    r"|\w+_ENV_\w+|\w+_NAME"
    r"|REDIS_?(HOST|PORT|USER|USERNAME|PASS|PASSWORD|DB|DATABASE)"
)


class SettingsError(Exception):
    """`problems`: one sentence per variable that says how to correct it, and never its value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load_settings(
    env: Mapping[str, str] = os.environ, *, env_file: Path | None = Path(".env")
) -> Settings:
    """The settings from `env` and, behind it, `env_file` if there is one.

    A variable that is set to nothing counts as unset. Raises `SettingsError`.
    """
    fields = {name.upper(): name for name in Settings.model_fields}
    file = _read_file(env_file) if env_file else EnvFile()
    values = _clean_all(file.values) | _clean_all(env)
    problems = [*file.problems, *_unreadable(file, env_file, fields), *_refused(env)]
    warnings = [*file.warnings, *_unknown(values, fields)]
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
    settings._warnings = (*warnings, *_unusual(known))  # noqa: SLF001 - no variable of its own
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
    advice = " ".join(str(Settings.model_fields[name].description).split())
    return f"{name.upper()} {reason}: set it to {advice}."


def _refused(env: Mapping[str, str]) -> Iterator[str]:
    if env.get("SLACK_CLIENT_ID"):
        yield (
            "SLACK_CLIENT_ID must not be set: Slack's library would take the bridge for an OAuth "
            "app and ignore SLACK_BOT_TOKEN, so unset it."
        )


def _unusual(values: Mapping[str, str]) -> Iterator[str]:
    """Warnings about values that are taken although they do not look like it."""
    secret = values.get("slack_signing_secret")
    if secret and not re.fullmatch(r"[0-9a-fA-F]{32}", secret):
        yield "SLACK_SIGNING_SECRET is not 32 hexadecimal digits, as Slack's are."
    if (origin := values.get("bridge_public_url", "")) and not origin.startswith("https://"):
        yield "BRIDGE_PUBLIC_URL does not begin with https://: images pass there unencrypted."
    if not values["beebot_instance_id"].startswith("chatbot-cn-"):
        yield "BEEBOT_INSTANCE_ID does not begin with chatbot-cn-, as those of robots do."


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
    warnings = []
    if bad_lines:
        lines = ", ".join(map(str, bad_lines))
        advice = "write NAME=value, and close each quote"
        warnings.append(f"{path} sets nothing in line {lines}: {advice}.")
    return EnvFile(values, warnings=warnings)


def parse_env_file(text: str) -> tuple[dict[str, str], list[int]]:
    """The values, and the numbers of the lines that set nothing, counted from 1. Comments, quotes
    and `export` as other tools know them; `${...}` is left as it stands.
    """
    values, bad_lines = {}, []
    for binding in parse_stream(StringIO(text)):
        written = binding.original.string
        if binding.key is not None and binding.value is not None:
            values[binding.key] = "" if _COMMENT_ONLY.match(written) else binding.value
        elif binding.error or binding.key is not None:
            blank_lines = written[: -len(written.lstrip())].count("\n")
            bad_lines.append(binding.original.line + blank_lines)
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


def _unknown(values: Mapping[str, str], known: Collection[str]) -> Iterator[str]:
    """Warnings about names that nobody reads and that look like ours. Longer ones made of one of
    ours, as REDIS_TLS_URL or SLACK_BOT_TOKEN_OLD, are somebody else's.
    """
    # Short ones are like too many others, and FTP_PROXY is not meant for us.
    names = [name for name in sorted(known) if name != "PORT" and not name.endswith("_PROXY")]
    for name, value in values.items():
        if name in known or _SET_BY_HOSTS.fullmatch(name):
            continue
        is_ours = name.startswith(_PREFIXES)
        meant = _closest(name, value, names, cutoff=_VAGUE if is_ours else _CLOSE)
        is_longer = set(name.split("_")) > set(meant.split("_"))
        if is_ours or (meant and not is_longer):
            suggestion = f": is {meant} meant?" if meant else "."
            yield f"{name} is no variable of the bridge{suggestion}"


def _closest(name: str, value: str, names: Iterable[str], *, cutoff: float) -> str:
    kind = kind_of(value, name)
    if name.startswith("SLACK_") and kind and kind.variable.startswith("SLACK_"):
        return kind.variable  # SLACK_API_TOKEN may be either: its value tells
    return next(iter(difflib.get_close_matches(name, list(names), n=1, cutoff=cutoff)), "")
