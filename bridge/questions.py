"""Wires what makes a question whole before it is asked: names, images, what was said before."""

from bridge.core.policy import Policy
from bridge.core.ports import Users
from bridge.core.preparing import Preparing
from bridge.core.translator import Translator
from bridge.resources import Resources
from bridge.settings.values import secret_text
from bridge.slack.api.web_api import SlackApi
from bridge.slack.images.files import SlackFiles
from bridge.slack.images.relay import ImageAddresses
from bridge.slack.images.selection import SlackImages
from bridge.slack.workspace.history import SlackHistory
from bridge.slack.workspace.identity import Identity, IdentityService
from bridge.slack.workspace.users import SlackNames
from bridge.store.repositories import RedisStandIns


class QuestionParts:
    """`images` is None where Beebot could not fetch any."""

    def __init__(
        self, resources: Resources, api: SlackApi, identity: IdentityService, policy: Policy
    ) -> None:
        self._resources, self._settings = resources, resources.settings
        self._api = api
        self._identity = identity
        self._policy = policy
        self.images = self._open_images() if self._settings.bridge_public_url else None

    def preparing(self, users: Users, translator: Translator) -> Preparing:
        settings = self._settings
        stand_ins = RedisStandIns(self._resources.redis, ttl_s=settings.bridge_session_ttl_s)
        names = SlackNames(
            users,
            self._api,
            stand_ins,
            sends_names=settings.bridge_send_names,
            sends_asker=settings.bridge_send_asker_name,
        )
        return Preparing(
            names,
            translator,
            max_utterance=settings.beebot_max_utterance,
            images=self.images,
            history=self._history() if settings.bridge_thread_context else None,
        )

    def _history(self) -> SlackHistory:
        observe, external = self._resources.observe, self._policy.allow_external
        return SlackHistory(self._api, self._who, observe, reads_external=external)

    def _open_images(self) -> SlackImages:
        settings, token = self._settings, secret_text(self._settings.slack_bot_token)
        return SlackImages(
            self._api,
            SlackFiles(
                self._api, self._resources.http, token=token, api_url=settings.slack_api_url
            ),
            ImageAddresses(settings.bridge_public_url, token),
            identity=self._who,
            observe=self._resources.observe,
            room=self._policy.room,
        )

    def _who(self) -> Identity | None:
        return self._identity.known
