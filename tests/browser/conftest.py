"""One Chromium for all tests here: to start it takes longer than most of them."""

import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The machine's own Chromium, without a window; skips the test where there is none."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"], handle_sigterm=False
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def blank(browser: Browser) -> AsyncIterator[Page]:
    """A window with a fresh profile."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    yield await context.new_page()
    await context.close()
