"""How long Beebot is waited for at each step."""

from bridge.settings.group import Group
from bridge.settings.values import Advanced, Seconds


class WaitingSettings(Group):
    """How long Beebot is waited for."""

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
