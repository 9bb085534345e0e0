"""How an answer looks, what goes with a question, and how long Beebot is waited for."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from bridge.core.messages import Locale
from bridge.settings.values import (
    DAY_S,
    Advanced,
    Group,
    GroupOrChannel,
    Origin,
    Prompts,
    Restricting,
    Seconds,
)

if TYPE_CHECKING:  # mypy cannot read the words from there
    LocaleChoice = str
else:
    LocaleChoice = Literal[("auto", *map(str, Locale))]


class AnsweringSettings(Group):
    """How an answer looks."""

    bridge_streaming: Literal["auto", "native", "edit"] = "auto"
    """auto to stream answers natively in direct messages and edit them in channels, native to
    stream in channels too (only the asker sees them grow there), edit to edit everywhere"""
    bridge_locale: LocaleChoice = "auto"
    """the language of the bridge's own sentences; auto takes that of the person's Slack"""
    bridge_handover: GroupOrChannel = ""
    """the id of a user group (S…) or channel (C…, G…) that is told when Beebot asks for a human"""
    bridge_prompts: Prompts = ()
    """up to four questions to offer in a direct message, each title|message or a message alone,
    with ; or a line end between two"""
    bridge_welcome: Annotated[
        str, Field(examples=["Hello! Ask me about **travel** and leave."])
    ] = ""
    """the Markdown that greets a person in their direct messages, unless the robot has its own"""
    bridge_send_names: Restricting[bool] = True
    """true to let Beebot read the names of the people and channels that a question mentions, false
    to send @person1 and the like"""
    bridge_send_asker_name: bool = False
    """true to let Beebot read what the person who asks is called, false to send a pseudonym
    alone"""
    bridge_session_ttl_s: Annotated[float, Field(ge=60)] = 7 * DAY_S
    """the seconds that a silent thread keeps its Beebot session"""
    bridge_late_s: Advanced[Seconds] = 900.0
    """the seconds of age from which an answer says how old its question is (Slack may bring those
    of an outage up to a day late)"""
    bridge_edit_interval_s: Advanced[Seconds] = 1.0
    """the seconds between two edits of an answer in its first 15 seconds: 0.7 of that while it
    grows fast and few answers run, more where many share what Slack allows"""
    bridge_edit_interval_max_s: Advanced[Seconds] = 3.0
    """the seconds between two edits of an answer after 30 seconds, BRIDGE_EDIT_INTERVAL_S or
    more"""

    @field_validator("bridge_edit_interval_max_s")
    @classmethod
    def _not_below_first_interval(cls, interval_s: float, info: ValidationInfo) -> float:
        if interval_s < info.data.get("bridge_edit_interval_s", 0.0):
            raise ValueError("is below BRIDGE_EDIT_INTERVAL_S")
        return interval_s


class WaitingSettings(Group):
    """How long Beebot is waited for."""

    bridge_connect_s: Advanced[Seconds] = 10.0
    """the seconds that a connection to Beebot may take"""
    bridge_first_frame_s: Advanced[Seconds] = 90.0
    """the seconds until Beebot's first frame, which may have no text yet, all tries together; from
    then on BRIDGE_BETWEEN_FRAMES_S counts"""
    bridge_slow_s: Advanced[Seconds] = 20.0
    """the seconds without any text after which, and after three times as many, the status says that
    it takes longer than usual"""
    bridge_between_frames_s: Advanced[Seconds] = 60.0
    """the seconds of silence after a frame, also after a first one without text; then the answer is
    marked as incomplete"""
    bridge_answer_s: Advanced[Seconds] = 300.0
    """the seconds that a whole answer may take"""
    bridge_throttle_s: Advanced[Seconds] = 120.0
    """the seconds that a question waits for a throttled Beebot"""
    bridge_recall_s: Advanced[Seconds] = 20.0
    """the seconds that a broken answer is looked for in Beebot's own log"""


class ContextSettings(Group):
    """What goes along with a question."""

    bridge_public_url: Origin = ""
    """the https:// address, without a path, at which Beebot fetches the images of a question from
    this bridge, also with Socket Mode; unset, Beebot sees none"""
    bridge_thread_context: bool = False
    """true to let Beebot read what others said in a thread before it is first mentioned there, as
    far as the question leaves room, or false"""
