"""The process, and what it is connected to: Slack, Redis, a proxy on the way out."""

import re
from ipaddress import ip_address, ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from bridge.settings.values import (
    DAY_S,
    RANDOM_TEXTS,
    Advanced,
    ApiUrl,
    AppToken,
    BotToken,
    Count,
    First,
    Group,
    LogLevel,
    MaybeSecret,
    Proxy,
    Random,
    RedisUrl,
    Restricting,
    Seconds,
)

_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}


def _check_bind_address(address: str) -> str:
    try:
        return str(ip_address(address.strip("[]")))
    except ValueError:
        raise ValueError("must be an IP address, as 127.0.0.1") from None


BindAddress = Annotated[
    str, AfterValidator(_check_bind_address), Field(examples=["127.0.0.1", "::"])
]


class SlackSettings(Group):
    """Slack.

    Events come by Socket Mode when there is an app token, otherwise by HTTP; then the signing
    secret is required.
    """

    slack_bot_token: First[BotToken]
    """the Bot User OAuth Token (xoxb-…) from OAuth & Permissions of the Slack app"""
    slack_app_token: First[AppToken | None] = None
    """an app-level token (xapp-…) with connections:write for Socket Mode; unset, events
    come by HTTP"""
    slack_signing_secret: Annotated[
        First[MaybeSecret], Field(examples=["0123456789abcdef0123456789abcdef"])
    ] = None
    """the Signing Secret from Basic Information of the Slack app; not needed with
    SLACK_APP_TOKEN"""
    slack_api_url: Advanced[ApiUrl] = "https://slack.com/api/"
    """the address of a Web API, for tests; otherwise leave it unset"""

    @field_validator("slack_signing_secret")
    @classmethod
    def _need_one_transport(cls, secret: MaybeSecret, info: ValidationInfo) -> MaybeSecret:
        if secret is None and info.data.get("slack_app_token", "wrong") is None:
            raise ValueError("is missing")
        return secret

    @property
    def is_socket_mode(self) -> bool:
        return self.slack_app_token is not None


class RedisSettings(Group):
    """Redis."""

    redis_url: First[RedisUrl | None] = None
    """the URL of Redis; unset keeps everything in one process, and a restart forgets it"""
    redis_ssl_cert_reqs: Literal["required", "none"] = "required"
    """none where Redis has a self-signed certificate, as on Heroku, otherwise required"""
    bridge_redis_connections: Count = 20
    """how many connections to Redis one process may hold; small plans allow 20 for all processes
    together"""


class ProcessSettings(Group):
    """The process."""

    port: Annotated[int, Field(ge=0, le=65535)] = 3000
    """the TCP port to listen on; 0 takes any free one"""
    bridge_bind_address: Restricting[BindAddress] = "0.0.0.0"  # noqa: S104 - most hosts ask so
    """the address of this machine to listen on: 127.0.0.1 where the proxy is on the same machine,
    0.0.0.0 for all of IPv4, :: for all of IPv6 (IPv6 alone, no IPv4)"""
    bridge_metrics_token: Annotated[MaybeSecret, Random, Field(examples=RANDOM_TEXTS)] = None
    """a long random text, 16 characters or more, that GET /metrics asks for as its bearer token;
    unset switches the page off"""
    bridge_log_level: LogLevel = "INFO"
    """the least important kind of line to log"""
    bridge_log_format: Literal["json", "console"] = "json"
    """json for machines, console for people"""
    bridge_slots: Advanced[Count] = 1000
    """how many answers one process works on at once"""
    bridge_grace_s: Annotated[float, Field(ge=0, le=DAY_S)] = 25.0
    """the seconds that running answers get after SIGTERM"""

    bridge_lease_s: Advanced[Seconds] = 15.0
    """the seconds of silence after which another replica takes a turn over"""
    bridge_beat_s: Advanced[Seconds] = 1.0
    """the seconds between two signs of life, at most a third of BRIDGE_LEASE_S"""
    bridge_recheck_s: Advanced[Seconds] = 30.0
    """the seconds until Redis is probed again, and a token tried again that Slack refused"""
    bridge_takeover: Advanced[Literal["ask", "keep"]] = "ask"
    """ask to ask a broken answer again after a crash, keep to leave it incomplete"""

    @field_validator("bridge_beat_s")
    @classmethod
    def _beat_three_times_a_lease(cls, beat_s: float, info: ValidationInfo) -> float:
        if beat_s * 3 > info.data.get("bridge_lease_s", DAY_S * 3):
            raise ValueError("is too long for BRIDGE_LEASE_S")
        return beat_s


class ProxySettings(Group):
    """Proxy."""

    https_proxy: Annotated[Proxy | None, Field(repr=False)] = None
    """the URL of the proxy that leads to Slack and Alibaba, http:// (or https:// with a certificate
    of a public authority)"""
    http_proxy: Annotated[Proxy | None, Field(repr=False)] = None
    """the URL of the proxy for http:// addresses"""
    all_proxy: Annotated[Proxy | None, Field(repr=False)] = None
    """the URL of the proxy where the other two are unset"""
    no_proxy: Annotated[str, Field(examples=["slack.com,.aliyuncs.com,10.0.0.0/8"])] = ""
    """the hosts that are reached directly, with commas between them; * is every host"""

    def proxy_for(self, url: str) -> str | None:
        """The proxy through which `url` is reached; None: directly."""
        parts = urlsplit(url)
        if _is_covered(self.no_proxy, parts.hostname or "", parts.port or _PORTS[parts.scheme]):
            return None
        proxy = self.https_proxy if parts.scheme in {"https", "wss"} else self.http_proxy
        return proxy or self.all_proxy


def _is_covered(no_proxy: str, host: str, port: int) -> bool:
    """NO_PROXY names hosts, ends of their names, or networks of addresses; a host may have a port,
    and `*` is every host.
    """
    return any(_covers(entry, host, port) for entry in re.split(r"[,;\s]+", no_proxy.lower()))


def _covers(entry: str, host: str, port: int) -> bool:
    if "/" in entry:
        return _is_within(host, entry)
    if entry.count(":") == 1:
        entry, _, only = entry.partition(":")
        if only != str(port):
            return False
    name = entry.removeprefix("*").removeprefix(".").strip("[]")
    return entry == "*" or (bool(name) and (host == name or host.endswith(f".{name}")))


def _is_within(host: str, network: str) -> bool:
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False
