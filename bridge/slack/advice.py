"""What an operator can do about what Slack refuses."""

BOT_REFUSED = (
    "Set SLACK_BOT_TOKEN to the Bot User OAuth Token (xoxb-…) under OAuth & Permissions of the "
    "Slack app."
)
APP_REFUSED = (
    "Switch Socket Mode on in the Slack app, and set SLACK_APP_TOKEN to an app-level token of it "
    "with connections:write."
)
SCOPES_MISSING = (
    "Update the Slack app from `bridge manifest` and install it to the workspace again."
)
CLOCK_OFF = "Set this machine's clock by NTP; Slack's requests are refused from 300 s on."
UNSIGNED = (
    "If they are Slack's, set SLACK_SIGNING_SECRET to the Signing Secret under Basic Information "
    "of the Slack app."
)
WRONG_PATH = (
    "If that was Slack, set every Request URL of the app (events, interactivity, commands) to "
    "https://HOST/slack/events."
)
SOCKET_MODE = (
    "SLACK_APP_TOKEN is set, so events come by Socket Mode and only the host asks here. Unset it "
    "to receive at https://HOST/slack/events."
)
ELSEWHERE = "What answers at SLACK_API_URL is not Slack itself: look at the proxies on the way."
SERVICE, ADDRESS = "Slack", "SLACK_API_URL"  # as the way there is told of
