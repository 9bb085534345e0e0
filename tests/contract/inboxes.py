"""Mailboxes that wait for a Redis on a busy machine; how long they wait is tested elsewhere."""

from functools import partial

from bridge.store.inbox import RedisInbox

open_inbox = partial(RedisInbox, timeout_s=60)
