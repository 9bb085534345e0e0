"""The stream's credentials, and the sign and the URL that they make."""

import hashlib
from dataclasses import dataclass, field
from urllib.parse import quote

from yarl import URL


@dataclass(frozen=True, slots=True)
class StreamToken:
    """What one application gave. Whoever holds it can talk to the robot: all of it is secret.

    `born_at` is the epoch time at which the request *began*; the two hours count from there.
    """

    access_token: str = field(repr=False)
    channel_id: str = field(repr=False)
    secret: str = field(repr=False)
    born_at: float


def sign(secret: str, timestamp_ms: int) -> str:
    """The vendor's samples show `×tamp` here: damage by an HTML entity (docs/beebot.md)."""
    text = f"streamSecret={secret}&timestamp={timestamp_ms}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def stream_url(base: str, token: StreamToken, *, timestamp_ms: int) -> URL:
    """Where one question is posted. The path is as secret as the token: log it nowhere."""
    parts = (
        token.access_token,
        token.channel_id,
        sign(token.secret, timestamp_ms),
        str(timestamp_ms),
    )
    path = "/".join(quote(part, safe="") for part in parts)
    return URL(f"{base.rstrip('/')}/{path}", encoded=True)
