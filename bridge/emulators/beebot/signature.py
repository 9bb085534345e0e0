"""Alibaba's two signatures, computed from what arrived: ACS3-HMAC-SHA256 and the stream's MD5."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

ALGORITHM = "ACS3-HMAC-SHA256"

_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential=(?P<key>[^,\s]+),\s*SignedHeaders=(?P<headers>[^,\s]+),"
    r"\s*Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Authorization:
    """The parts of an Authorization header of version 3."""

    access_key_id: str
    signed_headers: tuple[str, ...]
    signature: str


def parse_authorization(header: str) -> Authorization:
    """Raises ValueError when the header is not a complete version 3 authorization."""
    match = _AUTHORIZATION.fullmatch(header.strip())
    if match is None:
        raise ValueError("not an ACS3-HMAC-SHA256 authorization")
    return Authorization(match["key"], tuple(match["headers"].split(";")), match["signature"])


def decode_query(raw_query: str) -> dict[str, str]:
    """The parameters of a raw query string; `+` and `%20` are both a space, as on the wire."""
    return dict(parse_qsl(raw_query, keep_blank_values=True))


def canonicalize(
    method: str,
    path: str,
    *,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    signed: Sequence[str],
    body: bytes,
) -> str:
    """The canonical request. Header names are lower-case; a signed one that is absent is empty."""
    pairs = (f"{_escape(name)}={_escape(value)}" for name, value in sorted(query.items()))
    names = sorted(signed)
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in names)
    payload = hashlib.sha256(body).hexdigest()
    return "\n".join([method, path, "&".join(pairs), lines, ";".join(names), payload])


def digest(canonical_request: str) -> str:
    return hashlib.sha256(canonical_request.encode()).hexdigest()


def sign_request(secret: str, canonical_request: str) -> str:
    to_sign = f"{ALGORITHM}\n{digest(canonical_request)}"
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def sign_stream(secret: str, timestamp: str) -> str:
    """The third part of the stream's path, for the fourth (milliseconds, as digits)."""
    return hashlib.md5(f"streamSecret={secret}&timestamp={timestamp}".encode()).hexdigest()


def match(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode())


def _escape(text: str) -> str:
    return quote(text, safe="~")
