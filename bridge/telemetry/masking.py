"""Takes secrets out of log lines: by their shape, by the name before them, or as known values."""

import json
import re
from collections.abc import Callable, Iterable

MASK = "***"

# What may stand between a name and its value: `=` or `:`, quotes (escaped ones within JSON), and a
# terminal's colours.
_COLOUR = r"(?:\x1b\[[\d;]*m)*"
_QUOTE = r"\\*[\"']?"
_IS = rf"{_QUOTE}{_COLOUR}\s*[=:]\s*{_COLOUR}{_QUOTE}"

# No pattern begins with a word boundary: in JSON a line break is `\n`, and the n would be a letter
# of the secret.
# Behind `(?i)` a look at the first letter keeps the search fast.
_SHAPES = [
    re.compile(pattern)
    for pattern in (
        # Slack: tokens, response URLs, the one-use ticket of a Socket Mode connection.
        r"(xox[a-z](?:\.xox[a-z])?-|xapp-)[\w.-]+",
        r"(hooks\.slack\.com/)[^\s\"'\\]+",
        r"([?&]ticket=)[^&\s\"'\\]+",
        # Alibaba: key ids, long-lived and temporary.
        r"(LTAI|STS\.)[A-Za-z0-9]{4,}",
        # Beebot: whoever knows the path of a stream may talk to the robot for two hours.
        r"(/sse/paas4Json/)[^\s\"'\\]+",
        r"(?<![0-9a-fA-F-])()[0-9a-fA-F-]{16,}(?:[/:|,] ?[0-9a-fA-F-]{16,}){2,}(?:/\d+)?",
        # Whoever has the address of an image may fetch it for some minutes; it may be cut short.
        r"(?i)(images/+[A-Z0-9]+\.)[0-9]+\.[\w-]*",
        # The password in a URL, e.g. of Redis; bounded, or a long line would take quadratic time.
        r"(://[^\s/:@\"']{0,100}:)[^\s@\"']{1,300}(?=@)",
        # Values behind a telling name: headers, JSON, key=value, the repr of a dictionary.
        rf"(?i)(authorization{_IS})[^\"'\\\n\x1b]+",
        r"(?i)(bearer )[\w.~+/=-]{8,}",
        rf"(?i)((?:password|passwd){_IS})[^\s\"'\\,;&\x1b]+",
        rf"(?i)(?=[tsc])((?:token|secret|cookie|channelid|signature){_IS})[\w+/=.-]{{8,}}",
        rf"(?i)(?=s)((?:(?<![a-z])|(?<=\\n))sign{_IS})[\w+/=.-]{{8,}}",
    )
]


def masking(secrets: Iterable[str] = ()) -> Callable[[str], str]:
    """A function that masks the shapes above and every one of `secrets`, wherever they occur.

    The known values matter: a signing secret looks like any other 32 hexadecimal digits.
    """
    spellings = {spelling for secret in secrets for spelling in _spellings(secret)} - {""}
    known = sorted(spellings, key=len, reverse=True)

    def mask(line: str) -> str:
        for spelling in known:
            line = line.replace(spelling, MASK)
        for shape in _SHAPES:
            line = shape.sub(_mask_value, line)
        return line

    return mask


def _mask_value(found: re.Match[str]) -> str:
    return f"{found[1]}{MASK}"


def _spellings(secret: str) -> tuple[str, str]:
    """As it is, and as it stands in a line of JSON."""
    return secret, json.dumps(secret, ensure_ascii=False)[1:-1]
