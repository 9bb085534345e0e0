"""Addresses at which whoever holds one may fetch one image, for some minutes.

An address is `ORIGIN/images/FILE.EXPIRY.SIGNATURE`: the id that Slack gave the file, the epoch
second at which it ends, and a signature over both in base64url. All replicas sign alike, and none
of them has to remember what it signed.
"""

import hmac
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from enum import StrEnum

PATH = "/images/"
GOOD_FOR_S = 600
TEST_FILE = "TEST"  # the id of an image that the bridge itself has

_PURPOSE = b"bridge: addresses of images"
_NAME = re.compile(r"([A-Z0-9]{2,40})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})")


class AddressFault(StrEnum):
    """Why nothing is served at an address."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"


class ImageAddresses:
    """Signs with a key that is derived from `secret`, which all replicas share. `origin` is how the
    bridge is reached from outside, such as `https://bridge.example.com`.
    """

    def __init__(self, origin: str, secret: str, *, clock: Callable[[], float] = time.time) -> None:
        self._base = origin + PATH
        self._key = hmac.digest(secret.encode(), _PURPOSE, "sha256")
        self._clock = clock

    def sign(self, file: str) -> str:
        """Good from now on; another one at each call that comes a second later."""
        expiry = str(int(self._clock()) + GOOD_FOR_S)
        return f"{self._base}{file}.{expiry}.{self._signature(file, expiry)}"

    def read(self, name: str) -> str | AddressFault:
        """The file that `name`, what stands behind the path, was signed for."""
        found = _NAME.fullmatch(name)
        if not found or not hmac.compare_digest(found[3], self._signature(found[1], found[2])):
            return AddressFault.UNKNOWN
        return found[1] if self._clock() < int(found[2]) else AddressFault.EXPIRED

    def _signature(self, file: str, expiry: str) -> str:
        made = hmac.digest(self._key, f"{file}.{expiry}".encode(), "sha256")
        return urlsafe_b64encode(made).rstrip(b"=").decode()
