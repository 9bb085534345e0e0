"""One browser for all tests here: to start it takes longer than most of them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.browser.webdriver import Browser, open_browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def window(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    async with open_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser
