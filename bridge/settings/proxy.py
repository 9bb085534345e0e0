"""The way out to Slack and Alibaba."""

import re
from ipaddress import ip_address, ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from bridge.settings.group import Group
from bridge.settings.values import Proxy

_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}


class ProxySettings(Group):
    """Proxy."""

    https_proxy: Annotated[Proxy | None, Field(repr=False)] = None
    """the http:// URL of the proxy that leads to Slack and Alibaba, or unset it"""
    http_proxy: Annotated[Proxy | None, Field(repr=False)] = None
    """the http:// URL of the proxy for http:// addresses, or unset it"""
    all_proxy: Annotated[Proxy | None, Field(repr=False)] = None
    """the http:// URL of the proxy where the other two are unset, or unset it"""
    no_proxy: str = ""
    """the hosts that are reached directly, parted by commas"""

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
