"""The robot, and the account that pays for it."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from bridge.core.model import Robot, RobotId
from bridge.core.robots import Robots
from bridge.settings.group import Group
from bridge.settings.robots import List, Perspectives, Places, PseudonymKey, VendorParam
from bridge.settings.values import Advanced, Count, Endpoint, MaybeSecret, Name, StreamUrl


class BeebotSettings(Group):
    """Beebot."""

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
    beebot_robots: Annotated[Places, Field(repr=False)] = {}  # noqa: RUF012 - pydantic copies it
    """other robots for some channels, each channels|instance id|agent key|labels, parted by ; or
    line ends: C0123ABCD,C0456EFGH|chatbot-cn-…; dm stands for direct messages, an agent key left
    out for that of BEEBOT_AGENT_KEY, labels left out for those of BEEBOT_LABELS"""
    beebot_labels: List = ()
    """labels of documents, parted by commas, to answer from those alone; unset for all"""
    beebot_perspective: Perspectives = ()
    """codes of perspectives, parted by commas (Beebot is said to honour the first), for answers
    that are written from several points of view"""
    beebot_vendor_param: Annotated[VendorParam, Field(repr=False)] = {}  # noqa: RUF012 - pydantic copies it
    """a JSON object that goes with every question to the robot's flows and functions"""
    beebot_sandbox: bool = False
    """true to ask the robot as it stands unpublished, in Beebot's test environment (for tests only:
    it may be unstable and takes few questions), or false"""
    bridge_pseudonym_key: PseudonymKey = None
    """a long random text to make the pseudonyms with under which Beebot knows people; unset makes
    them of Slack's ids alone"""
    beebot_endpoint: Advanced[Endpoint] = "chatbot.cn-shanghai.aliyuncs.com"
    """a host name, or unset it"""
    beebot_stream_url: Advanced[StreamUrl] = "https://alime-ws.aliyuncs.com/sse/paas4Json"
    """an https:// URL, or unset it"""
    beebot_max_utterance: Count = 512
    """the characters that a question may have (older robots: 128)"""
    beebot_max_concurrency: Annotated[int, Field(ge=0)] = 0
    """how many answers may stream at once over all replicas; 0 sets no limit"""

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

    @field_validator("beebot_robots")
    @classmethod
    def _need_one_space_a_robot(cls, places: Places, info: ValidationInfo) -> Places:
        default, key = info.data.get("beebot_instance_id"), info.data.get("beebot_agent_key")
        if any(one.id == default and one.space not in {"", key} for one in places.values()):
            raise ValueError("must give one robot one agent key, and BEEBOT_AGENT_KEY is another")
        return places

    @property
    def robots(self) -> Robots:
        space, labels = self.beebot_agent_key, self.beebot_labels
        places = {
            place: Robot(RobotId(one.id), one.space or space, one.labels or labels)
            for place, one in self.beebot_robots.items()
        }
        return Robots(Robot(RobotId(self.beebot_instance_id), space, labels), places)
