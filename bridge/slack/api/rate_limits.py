"""How often Slack lets an app call each method.

Calls a minute are Slack's own (https://docs.slack.dev/apis/web-api/rate-limits). It welcomes short
bursts but tells no sizes, so these are guesses: about 24 seconds' worth of calls, from 5 to 20. A
guess too low makes every crowd wait; one too high costs a refusal or two, and is then put right for
all replicas.
"""

from bridge.core.limits import RateLimit

POST, UPDATE = "chat.postMessage", "chat.update"
START, APPEND, STOP = "chat.startStream", "chat.appendStream", "chat.stopStream"
STATUS, PROMPTS = "assistant.threads.setStatus", "assistant.threads.setSuggestedPrompts"
SESSION, RENAME = "agents.sessions.setStatus", "agents.sessions.rename"

DEFAULT = RateLimit(50, burst=20)  # tier 3, that of most methods
_TIER_4 = RateLimit(100, burst=20)
LIMITS = {
    # "1 per second per channel", of which Slack says that short bursts over it pass
    POST: RateLimit(60, burst=5, is_per_channel=True, grows_by=UPDATE, ended_by=UPDATE),
    UPDATE: RateLimit(50, burst=20, grows_by=UPDATE, ended_by=UPDATE),
    # Tier 2. Half a minute's worth: an answer starts and stops only once. Stops come long after
    # starts, so how many go at once is learned from the starts.
    START: RateLimit(20, burst=10, alike=STOP, grows_by=APPEND, ended_by=STOP),
    APPEND: RateLimit(100, burst=20, grows_by=APPEND, ended_by=STOP),
    STOP: RateLimit(20, burst=10, grows_by=APPEND, ended_by=STOP),
    # Tier 3; whoever sets `processing` needs one more in the end.
    SESSION: RateLimit(50, burst=20, grows_by=SESSION, ended_by=SESSION),
    # Special tiers of hundreds a minute: the rate is what counts.
    STATUS: RateLimit(600, burst=20),
    "auth.test": RateLimit(300, burst=20),
    "chat.getPermalink": RateLimit(300, burst=20),
    PROMPTS: _TIER_4,
    "chat.postEphemeral": _TIER_4,
    "files.info": _TIER_4,
    "users.info": _TIER_4,
    "views.open": _TIER_4,
    "views.publish": _TIER_4,
}
