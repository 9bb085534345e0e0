"""The account behind the gateway: one AccessKey, and whether a call is really signed by it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.emulators.beebot.signature import (
    Authorization,
    canonicalize,
    decode_query,
    match,
    parse_authorization,
    sign_request,
)

CLOCK_SKEW_S = 900.0

_MUST_BE_SIGNED = (
    "host",
    "x-acs-action",
    "x-acs-version",
    "x-acs-date",
    "x-acs-content-sha256",
    "x-acs-signature-nonce",
)


class ApiError(Exception):
    """Raised with the status, Code and Message that the gateway answers."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class RawCall:
    """A side call as it came in; header names are lower-case."""

    method: str
    path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes


class Account:
    """Knows one AccessKey; with `security_token` it is a temporary one (STS)."""

    def __init__(
        self,
        access_key_id: str,
        access_key_secret: str,
        *,
        security_token: str | None,
        clock: Callable[[], float],
    ) -> None:
        self.access_key_id = access_key_id
        self._secret = access_key_secret
        self._security_token = security_token
        self._clock = clock
        self._nonces: dict[str, float] = {}

    def authenticate(self, call: RawCall) -> None:
        """Raises ApiError unless the call is signed by this key, now and for the first time."""
        authorization = self._read_authorization(call)
        if authorization.access_key_id != self.access_key_id:
            raise ApiError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        self._check_date(call.headers["x-acs-date"])
        self._check_signature(call, authorization)
        self._check_security_token(call, authorization)
        self._check_nonce(call.headers["x-acs-signature-nonce"])

    def _read_authorization(self, call: RawCall) -> Authorization:
        try:
            authorization = parse_authorization(call.headers.get("authorization", ""))
        except ValueError:
            raise ApiError(400, "IncompleteSignature", "Authorization is not complete.") from None
        for name in _MUST_BE_SIGNED:
            if name not in authorization.signed_headers or not call.headers.get(name):
                raise ApiError(400, "IncompleteSignature", f"The header {name} is not signed.")
        return authorization

    def _check_date(self, date: str) -> None:
        try:
            moment = datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise ApiError(400, "InvalidTimeStamp.Format", "x-acs-date is malformed.") from None
        if abs(moment.timestamp() - self._clock()) > CLOCK_SKEW_S:
            raise ApiError(400, "InvalidTimeStamp.Expired", "x-acs-date is out of time.")

    def _check_signature(self, call: RawCall, authorization: Authorization) -> None:
        canonical = canonicalize(
            call.method,
            call.path,
            query=decode_query(call.raw_query),
            headers=call.headers,
            signed=authorization.signed_headers,
            body=call.body,
        )
        hash_is_true = canonical.endswith("\n" + call.headers["x-acs-content-sha256"])
        expected = sign_request(self._secret, canonical)
        if not (hash_is_true and match(expected, authorization.signature)):
            raise ApiError(400, "SignatureDoesNotMatch", "The signature is not ours.")

    def _check_security_token(self, call: RawCall, authorization: Authorization) -> None:
        if self._security_token is None:
            return
        given = call.headers.get("x-acs-security-token")
        if not given or "x-acs-security-token" not in authorization.signed_headers:
            raise ApiError(400, "MissingSecurityToken", "SecurityToken is mandatory.")
        if not match(self._security_token, given):
            raise ApiError(400, "InvalidSecurityToken.Malformed", "SecurityToken is malformed.")

    def _check_nonce(self, nonce: str) -> None:
        now = self._clock()
        self._nonces = {n: at for n, at in self._nonces.items() if now - at <= 2 * CLOCK_SKEW_S}
        if nonce in self._nonces:
            raise ApiError(400, "SignatureNonceUsed", "The nonce was used already.")
        self._nonces[nonce] = now
