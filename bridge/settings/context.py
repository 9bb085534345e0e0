"""What goes to Beebot beside the words of a question."""

from bridge.settings.group import Group
from bridge.settings.values import Origin


class ContextSettings(Group):
    """What goes along with a question."""

    bridge_public_url: Origin = ""
    """the https:// address, without a path, at which Beebot fetches the images of a question from
    this bridge, also with Socket Mode, or unset it to let Beebot see none"""
    bridge_thread_context: bool = False
    """true to let Beebot read what others said in a thread before it is first mentioned there, as
    far as the question leaves room, or false"""
