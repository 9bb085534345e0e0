"""Where the state is kept."""

from typing import Literal

from bridge.settings.group import Group
from bridge.settings.values import Advanced, Count, RedisUrl


class RedisSettings(Group):
    """Redis."""

    redis_url: RedisUrl | None = None
    """the URL of Redis, or unset it for an in-process store (one process only)"""
    redis_ssl_cert_reqs: Literal["required", "none"] = "required"
    """none where Redis has a self-signed certificate, as on Heroku, otherwise required"""
    bridge_redis_connections: Advanced[Count] = 20
    """how many connections to Redis one process may hold; small plans allow 20 in all"""
