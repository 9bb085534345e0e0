"""Delivers envelopes to the app's request URL over HTTP, signed as Slack signs."""

import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

import aiohttp

from bridge.emulators.slack.deliveries import Attempt, Envelope, Receipt

_FORM = "application/x-www-form-urlencoded"
_REDIRECTS_MAX = 2


class RequestUrl:
    """The app's public address; None as `url` means the app gave none."""

    def __init__(self, signing_secret: str, timeout_s: float) -> None:
        self.url: str | None = None
        self._secret = signing_secret
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    def open(self) -> None:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def deliver(self, attempt: Attempt) -> Receipt:
        """Post once; a failure is told in the receipt, never raised."""
        content_type, body = _encode(attempt.envelope)
        headers = {"content-type": content_type, **self.sign(body), **_retry_headers(attempt)}
        try:
            return await self._post(body, headers)
        except TimeoutError:
            return Receipt(0, "http_timeout")
        except aiohttp.TooManyRedirects:
            return Receipt(0, "too_many_redirects")
        except aiohttp.ClientSSLError:
            return Receipt(0, "ssl_error")
        except aiohttp.ClientConnectionError:
            return Receipt(0, "connection_failed")
        except aiohttp.ClientError:
            return Receipt(0, "unknown_error")

    async def _post(self, body: str, headers: dict[str, str]) -> Receipt:
        if self._session is None or self.url is None:
            return Receipt(0, "connection_failed")
        async with self._session.post(
            self.url,
            data=body.encode(),
            headers=headers,
            timeout=self._timeout,
            max_redirects=_REDIRECTS_MAX + 1,
        ) as response:
            text = await response.text(errors="replace")
            failed = not 200 <= response.status < 300
            refuses = failed and response.headers.get("x-slack-no-retry") == "1"
            return Receipt(response.status, "http_error" if failed else "", text, refuses)

    def sign(self, body: str) -> dict[str, str]:
        """Slack's v0 signature: HMAC-SHA256 over `v0:{timestamp}:{body}`, time in Unix seconds."""
        timestamp = str(int(time.time()))
        base = f"v0:{timestamp}:{body}".encode()
        digest = hmac.new(self._secret.encode(), base, hashlib.sha256).hexdigest()
        return {"x-slack-request-timestamp": timestamp, "x-slack-signature": f"v0={digest}"}


def _encode(envelope: Envelope) -> tuple[str, str]:
    """Content type and body: events as JSON, the rest as forms (docs/slack.md)."""
    if envelope.kind == "events_api":
        return "application/json", json.dumps(envelope.payload)
    if envelope.kind == "interactive":
        return _FORM, urlencode({"payload": json.dumps(envelope.payload)})
    return _FORM, urlencode(envelope.payload)


def _retry_headers(attempt: Attempt) -> dict[str, str]:
    if not attempt.retry_num:
        return {}
    return {
        "x-slack-retry-num": str(attempt.retry_num),
        "x-slack-retry-reason": attempt.retry_reason,
    }
