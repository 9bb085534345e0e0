"""Every environment variable of the bridge, once: its name, its default, what it must look like.

Field names are the variables' names in lower case. The text under a field finishes the sentence
"set it to ...", because that is where the operator reads it: in the message about a wrong value,
and in `docs/configuration.md`, which `make docs` writes. What hardly anybody changes is `Advanced`:
it stands last there, and not in `.env.example`.
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from bridge.settings.values import (
    DAY_S,
    Advanced,
    ApiUrl,
    AppToken,
    BotToken,
    Count,
    Endpoint,
    GroupOrChannel,
    LogLevel,
    MaybeSecret,
    Name,
    Prompts,
    Proxy,
    RedisUrl,
    Seconds,
    StreamUrl,
)

_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}
LITTLE_SECRET = 8  # characters; shorter ones are not masked: they would hide ordinary words


class Settings(BaseModel):
    """What the operator decides; made by `load_settings`.

    Events come by Socket Mode when there is an app token, otherwise by HTTP; then the signing
    secret is required. An unset secret is None, an unset text is empty.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, allow_inf_nan=False,
        use_attribute_docstrings=True, validate_default=True,
    )  # fmt: skip

    slack_bot_token: BotToken
    """the Bot User OAuth Token (xoxb-…) from OAuth & Permissions of the Slack app"""
    slack_app_token: AppToken | None = None
    """an app-level token (xapp-…) with connections:write for Socket Mode, or unset it for HTTP"""
    slack_signing_secret: MaybeSecret = None
    """the Signing Secret from Basic Information of the Slack app, or set SLACK_APP_TOKEN to receive
    events by Socket Mode instead"""
    slack_api_url: Advanced[ApiUrl] = "https://slack.com/api/"
    """https://slack.com/api/, or unset it"""

    alibaba_cloud_access_key_id: MaybeSecret = None
    """the AccessKey ID of a RAM user who may use Beebot"""
    alibaba_cloud_access_key_secret: MaybeSecret = None
    """the AccessKey secret that belongs to ALIBABA_CLOUD_ACCESS_KEY_ID, or unset both to use
    Alibaba's own credential chain"""
    alibaba_cloud_security_token: MaybeSecret = None
    """the token that came with the temporary key, together with ALIBABA_CLOUD_ACCESS_KEY_ID and
    ALIBABA_CLOUD_ACCESS_KEY_SECRET"""
    beebot_instance_id: Name
    """the instance id of the robot (chatbot-cn-…), shown on its card in the console"""
    beebot_agent_key: Annotated[Name, Field(repr=False)] = ""
    """the key of the business space, or unset it for the account's default one"""
    beebot_endpoint: Advanced[Endpoint] = "chatbot.cn-shanghai.aliyuncs.com"
    """a host name, or unset it"""
    beebot_stream_url: Advanced[StreamUrl] = "https://alime-ws.aliyuncs.com/sse/paas4Json"
    """an https:// URL, or unset it"""
    beebot_max_utterance: Count = 512
    """the characters that a question may have (older robots: 128)"""
    beebot_max_concurrency: Annotated[int, Field(ge=0)] = 0
    """how many answers may stream at once over all replicas; 0 sets no limit"""

    redis_url: RedisUrl | None = None
    """the URL of Redis, or unset it for an in-process store (one process only)"""
    redis_ssl_cert_reqs: Literal["required", "none"] = "required"
    """none where Redis has a self-signed certificate, as on Heroku, otherwise required"""
    bridge_redis_connections: Advanced[Count] = 20
    """how many connections to Redis one process may hold; small plans allow 20 in all"""

    https_proxy: Annotated[Proxy | None, Field(repr=False)] = None
    """the http:// URL of the proxy that leads to Slack and Alibaba, or unset it"""
    http_proxy: Annotated[Proxy | None, Field(repr=False)] = None
    """the http:// URL of the proxy for http:// addresses, or unset it"""
    all_proxy: Annotated[Proxy | None, Field(repr=False)] = None
    """the http:// URL of the proxy where the other two are unset, or unset it"""
    no_proxy: str = ""
    """the hosts that are reached directly, parted by commas"""

    port: Annotated[int, Field(ge=0, le=65535)] = 3000
    """the TCP port to listen on; 0 takes any free one"""
    bridge_metrics_token: MaybeSecret = None
    """the bearer token that GET /metrics asks for; unset switches the page off"""
    bridge_log_level: LogLevel = "INFO"
    """the least important kind of line to log"""
    bridge_log_format: Literal["json", "console"] = "json"
    """json for machines, console for people"""

    bridge_streaming: Literal["auto", "native", "edit"] = "auto"
    """auto to stream answers natively in direct messages and edit them in channels, native to
    stream in channels too (only the asker sees them grow there), edit to edit everywhere"""
    bridge_locale: Literal["auto", "en", "zh"] = "auto"
    """the language of the bridge's own sentences; auto takes that of the person's Slack"""
    bridge_stop: Literal["asker", "anyone"] = "asker"
    """asker to let only the person who asked stop an answer, anyone to let everybody"""
    bridge_handover: GroupOrChannel = ""
    """the id of a user group (S…) or channel (C…, G…) that is told when a human shall take over"""
    bridge_prompts: Prompts = ()
    """up to four questions to offer in a direct message, each title|message or a message alone,
    parted by ; or line ends"""
    bridge_welcome: str = ""
    """the Markdown that greets a person in their direct messages, unless the robot has its own"""
    bridge_follow_threads: bool = True
    """true to take replies without a mention as questions, or false"""
    bridge_allow_external: bool = False
    """true to answer people of other companies (Slack Connect), or false"""
    bridge_send_names: bool = True
    """true to let Beebot read the names of the people and channels that a question mentions, false
    to send @person1 and the like"""
    bridge_takeover: Advanced[Literal["ask", "keep"]] = "ask"
    """ask to ask a broken answer again after a crash, keep to leave it incomplete"""
    bridge_late_s: Advanced[Seconds] = 900.0
    """the seconds of age from which an answer says how old its question is (Slack may bring those
    of an outage up to a day late)"""
    bridge_session_ttl_s: Annotated[float, Field(ge=60)] = 7 * DAY_S
    """the seconds that a silent thread keeps its Beebot session"""
    bridge_slots: Advanced[Count] = 1000
    """how many answers one process works on at once"""
    bridge_edit_interval_s: Advanced[Seconds] = 1.0
    """the seconds between two edits of an answer at first"""
    bridge_edit_interval_max_s: Advanced[Seconds] = 3.0
    """the seconds between two edits of a long answer, BRIDGE_EDIT_INTERVAL_S or more"""

    bridge_connect_s: Advanced[Seconds] = 10.0
    """the seconds that a connection to Beebot may take"""
    bridge_first_frame_s: Advanced[Seconds] = 90.0
    """the seconds until Beebot's first word, all tries together"""
    bridge_slow_s: Advanced[Seconds] = 20.0
    """the seconds without a first word after which, and after thrice as many, the status says that
    it takes longer than usual"""
    bridge_between_frames_s: Advanced[Seconds] = 60.0
    """the seconds of silence within an answer"""
    bridge_answer_s: Advanced[Seconds] = 300.0
    """the seconds that a whole answer may take"""
    bridge_throttle_s: Advanced[Seconds] = 120.0
    """the seconds that a question waits for a throttled Beebot"""
    bridge_recall_s: Advanced[Seconds] = 20.0
    """the seconds that a broken answer is looked for in Beebot's own log"""

    bridge_lease_s: Advanced[Seconds] = 15.0
    """the seconds of silence after which another replica takes a turn over"""
    bridge_beat_s: Advanced[Seconds] = 1.0
    """the seconds between two signs of life, at most a third of BRIDGE_LEASE_S"""
    bridge_grace_s: Annotated[float, Field(ge=0, le=DAY_S)] = 25.0
    """the seconds that running answers get after SIGTERM"""

    # Checks across variables hang on the later field and read the earlier ones, so that they run,
    # and report, even when some other variable is wrong. A wrong variable is absent from `data`.

    @field_validator("slack_signing_secret")
    @classmethod
    def _need_one_transport(cls, secret: MaybeSecret, info: ValidationInfo) -> MaybeSecret:
        if secret is None and info.data.get("slack_app_token", "wrong") is None:
            raise ValueError("is missing")
        return secret

    @field_validator("alibaba_cloud_access_key_secret")
    @classmethod
    def _need_whole_key(cls, secret: MaybeSecret, info: ValidationInfo) -> MaybeSecret:
        if (secret is None) != (info.data.get("alibaba_cloud_access_key_id") is None):
            raise ValueError("must be set together with ALIBABA_CLOUD_ACCESS_KEY_ID")
        return secret

    @field_validator("alibaba_cloud_security_token")
    @classmethod
    def _need_key_to_token(cls, token: MaybeSecret, info: ValidationInfo) -> MaybeSecret:
        if token is not None and info.data.get("alibaba_cloud_access_key_id") is None:
            raise ValueError("must not stand alone")
        return token

    @field_validator("bridge_edit_interval_max_s")
    @classmethod
    def _not_below_first_interval(cls, interval_s: float, info: ValidationInfo) -> float:
        if interval_s < info.data.get("bridge_edit_interval_s", 0.0):
            raise ValueError("is below BRIDGE_EDIT_INTERVAL_S")
        return interval_s

    @field_validator("bridge_beat_s")
    @classmethod
    def _beat_thrice_a_lease(cls, beat_s: float, info: ValidationInfo) -> float:
        if beat_s * 3 > info.data.get("bridge_lease_s", DAY_S * 3):
            raise ValueError("is too long for BRIDGE_LEASE_S")
        return beat_s

    _warnings: tuple[str, ...] = PrivateAttr(())

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence about each thing that looks like a mistake and prevents nothing."""
        return self._warnings

    @property
    def is_socket_mode(self) -> bool:
        return self.slack_app_token is not None

    def proxy_for(self, url: str) -> str | None:
        """The proxy through which `url` is reached; None: directly."""
        parts = urlsplit(url)
        if _is_covered(self.no_proxy, parts.hostname or "", parts.port or _PORTS[parts.scheme]):
            return None
        proxy = self.https_proxy if parts.scheme in {"https", "wss"} else self.http_proxy
        return proxy or self.all_proxy

    def secrets(self) -> Iterator[str]:
        """Every secret in the clear, for whoever must recognise them: the mask of the logs."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr) and len(value.get_secret_value()) >= LITTLE_SECRET:
                yield value.get_secret_value()


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
