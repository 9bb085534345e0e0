"""Tells which proxy leads to a URL, the same for every client."""

import re
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}


def find_proxy(url: str, *, https: str | None, http: str | None, no_proxy: str) -> str | None:
    """`no_proxy` names hosts, ends of their names, or networks of addresses; a host may have a
    port, and `*` is every host.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    if any(_covers(entry, host, port) for entry in re.split(r"[,;\s]+", no_proxy.lower())):
        return None
    return https if parts.scheme in {"https", "wss"} else http


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
