"""What an operator can do about what Alibaba and Beebot refuse."""

import re

_SPACE = "Set BEEBOT_AGENT_KEY to the robot's space; the RAM user needs AliyunChatbotFullAccess."
_KEYS = (
    "Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or give this host a RAM "
    "role."
)
ROBOT = (
    "Check BEEBOT_INSTANCE_ID: it is the id on the robot's card (chatbot-cn-…). The robot must be "
    "published, and of the space in BEEBOT_AGENT_KEY."
)
STREAM = "The token is new: check BEEBOT_STREAM_URL and this machine's clock."
CONSOLE = "Try the robot in Beebot's own console."
# Codes and words of the gateway (docs/beebot.md) and, as far as known, of the stream; the first
# that is found counts.
_ADVICE = [
    (re.compile(pattern, re.IGNORECASE), advice)
    for pattern, advice in (
        ("InvalidTimeStamp", "Set this machine's clock by NTP: it is over 15 minutes off."),
        ("SecurityToken", "Set a new temporary key, all three of its variables, or a lasting one."),
        (
            "InvalidAccessKeyId",
            "Set ALIBABA_CLOUD_ACCESS_KEY_ID to a key that exists and is enabled.",
        ),
        (
            "Signature",
            "Set ALIBABA_CLOUD_ACCESS_KEY_SECRET to the secret that belongs to the key's id.",
        ),
        ("Credential", _KEYS),
        ("Freez", "Pay Alibaba's bill: the robot is frozen until about an hour later."),
        ("specification", "Buy an edition of Beebot that allows the API."),
        (r"Forbidden\.RAM|NoPermission", "Give the RAM user the policy AliyunChatbotFullAccess."),
        ("utterance", "Set BEEBOT_MAX_UTTERANCE to what this robot takes (older ones: 128)."),
        ("instance|robot|chatbot-cn|实例|机器人", ROBOT),
        ("Forbidden|AgentKey|InvalidParameter", _SPACE),
        ("Version|InvalidApi|NeedSsl", "Unset BEEBOT_ENDPOINT: what answers there is another API."),
    )
]
CREDENTIALS = "Check the access key, its RAM policy, BEEBOT_AGENT_KEY and BEEBOT_ENDPOINT."


def advice_for(*said: str) -> str:
    """For what was `said`, codes and texts; empty where nothing of it is known."""
    words = " ".join(said)
    return next((advice for sign, advice in _ADVICE if sign.search(words)), "")
