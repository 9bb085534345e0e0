"""How often Slack lets an app call each method; https://docs.slack.dev/apis/web-api/rate-limits."""

from bridge.core.ports import Tariff

_TIER_2, TIER_3, _TIER_4 = Tariff(20), Tariff(50), Tariff(100)  # most methods are of the third
TARIFFS = {
    "assistant.threads.setStatus": Tariff(600),
    "assistant.threads.setSuggestedPrompts": _TIER_4,
    "auth.test": Tariff(300),
    "chat.appendStream": _TIER_4,
    "chat.getPermalink": Tariff(300),
    "chat.postEphemeral": _TIER_4,
    "chat.postMessage": Tariff(60, is_per_channel=True, ended_by="chat.update"),
    "chat.startStream": Tariff(20, ended_by="chat.stopStream"),
    "chat.stopStream": _TIER_2,
    "users.info": _TIER_4,
    "views.open": _TIER_4,
    "views.publish": _TIER_4,
}
