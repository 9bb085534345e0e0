"""The Web API's methods by name; each takes the world and the arguments, and answers or refuses."""

from collections.abc import Callable, Mapping
from typing import Any

from bridge.emulators.slack import (
    files,
    methods_agents,
    methods_chat,
    methods_reading,
    methods_streams,
    methods_views,
)
from bridge.emulators.slack.arguments import Arguments
from bridge.emulators.slack.world import World

Method = Callable[[World, Arguments], dict[str, Any]]

METHODS: Mapping[str, Method] = {
    **files.METHODS,
    **methods_agents.METHODS,
    **methods_chat.METHODS,
    **methods_reading.METHODS,
    **methods_streams.METHODS,
    **methods_views.METHODS,
}
