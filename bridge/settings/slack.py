"""The app in Slack, and the way of its events."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from bridge.settings.values import Advanced, ApiUrl, AppToken, BotToken, First, Group, MaybeSecret


class SlackSettings(Group):
    """Slack.

    Events come by Socket Mode when there is an app token, otherwise by HTTP; then the signing
    secret is required.
    """

    slack_bot_token: First[BotToken]
    """the Bot User OAuth Token (xoxb-…) from OAuth & Permissions of the Slack app"""
    slack_app_token: First[AppToken | None] = None
    """an app-level token (xapp-…) with connections:write for Socket Mode, or unset it to receive
    events by HTTP"""
    slack_signing_secret: Annotated[
        First[MaybeSecret], Field(examples=["0123456789abcdef0123456789abcdef"])
    ] = None
    """the Signing Secret from Basic Information of the Slack app, or set SLACK_APP_TOKEN to receive
    events by Socket Mode instead"""
    slack_api_url: Advanced[ApiUrl] = "https://slack.com/api/"
    """https://slack.com/api/, or unset it"""

    @field_validator("slack_signing_secret")
    @classmethod
    def _need_one_transport(cls, secret: MaybeSecret, info: ValidationInfo) -> MaybeSecret:
        if secret is None and info.data.get("slack_app_token", "wrong") is None:
            raise ValueError("is missing")
        return secret

    @property
    def is_socket_mode(self) -> bool:
        return self.slack_app_token is not None
