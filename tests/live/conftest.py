from collections.abc import AsyncIterator

import pytest

from bridge.resources import Resources, open_resources
from bridge.settings.loading import load_settings


@pytest.fixture
async def resources() -> AsyncIterator[Resources]:
    async with open_resources(load_settings()) as resources:
        yield resources
