"""The licences of what the bridge runs with, from the metadata of what is installed here.

`make audit` prints them: python -m tests.architecture.licences
"""

import re
from importlib.metadata import distribution

from tests.architecture.test_pins import HERE, applies, pinned

# All of them may be used, changed and sold without opening what uses them.
ALLOWED = {
    "MIT", "MIT-0", "ISC", "BSD-2-Clause", "BSD-3-Clause", "BSD", "Apache-2.0", "PSF-2.0",
    "MPL-2.0",
}  # fmt: skip
# How packages without an SPDX expression write them.
SPDX = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "MIT style": "MIT",
}


def licences() -> dict[str, str]:
    """An SPDX expression for each pinned package that is needed on this platform."""
    pins = pinned("requirements.txt").items()
    return {name: licence_of(name) for name, pin in sorted(pins) if applies(pin, HERE, set())}


def licence_of(name: str) -> str:
    """Its expression; else what it calls its licence, by a name of one line; else what it is
    classified as. Empty where it says nothing.
    """
    told = distribution(name).metadata
    classified = [
        line.rpartition(" :: ")[2]
        for line in told.get_all("Classifier", [])
        if line.startswith("License ::")
    ]
    fields = ("License-Expression", "License")
    texts = [text.strip() for field in fields for text in told.get_all(field, [])]
    written = next((text for text in texts if text and "\n" not in text), "")
    return SPDX.get(written, written) or " OR ".join(SPDX.get(one, one) for one in classified)


def is_allowed(expression: str) -> bool:
    """All of what is joined by AND, one of what is joined by OR."""
    return all(
        any(licence.strip("() ") in ALLOWED for licence in re.split(r"\bOR\b", part))
        for part in re.split(r"\bAND\b", expression)
    )


if __name__ == "__main__":
    for name, expression in licences().items():
        print(f"{name:32}{expression}{'' if is_allowed(expression) else '  <- not on the list'}")  # noqa: T201
