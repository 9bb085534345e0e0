"""A browser without a window, driven over the WebDriver protocol (w3.org/TR/webdriver2)."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,800",
)
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's own key
ENTER = "\ue007"
# Calls back once something visible that fits the selector says what is wanted, or nothing does.
WATCH = """
const [selector, wanted, isWanted, tell] = arguments;
const fits = (one) => one.checkVisibility() && one.innerText.includes(wanted);
const look = () => {
  if ([...document.querySelectorAll(selector)].some(fits) === isWanted) tell(true);
};
const every = { subtree: true, childList: true, attributes: true, characterData: true };
new MutationObserver(look).observe(document.documentElement, every);
look();
"""


class Browser:
    """One window; elements are found by CSS selectors."""

    def __init__(self, http: aiohttp.ClientSession, session: str) -> None:
        self._http = http
        self._session = session

    async def go(self, url: str) -> None:
        await self._call("url", {"url": url})

    async def type(self, selector: str, keys: str) -> None:
        found = await self._call("element", {"using": "css selector", "value": selector})
        await self._call(f"element/{found[ELEMENT]}/value", {"text": keys})

    async def click(self, selector: str) -> None:
        found = await self._call("element", {"using": "css selector", "value": selector})
        await self._call(f"element/{found[ELEMENT]}/click", {})

    async def until(self, selector: str, text: str = "") -> None:
        """Wait until somebody could read this text there."""
        await self.run_async(WATCH, selector, text, True)

    async def until_gone(self, selector: str, text: str = "") -> None:
        await self.run_async(WATCH, selector, text, False)

    async def text(self, selector: str) -> str:
        return str(
            await self.run("return document.querySelector(arguments[0]).innerText", selector)
        )

    async def run(self, script: str, *arguments: object) -> Any:
        return await self._call("execute/sync", {"script": script, "args": arguments})

    async def run_async(self, script: str, *arguments: object) -> Any:
        """The script calls its last argument when it is done."""
        return await self._call("execute/async", {"script": script, "args": arguments})

    async def _call(self, command: str, body: dict[str, Any]) -> Any:
        async with self._http.post(f"/session/{self._session}/{command}", json=body) as response:
            answer = await response.json()
        assert response.status == 200, answer["value"]
        return answer["value"]


@asynccontextmanager
async def open_browser(folder: Path) -> AsyncIterator[Browser]:
    """A fresh profile in `folder`; skips the test where there is no Chromium."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("needs chromium and chromedriver on this machine")
    process = await asyncio.create_subprocess_exec(
        driver, "--port=0", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        port = await _read_port(process.stdout)
        options = {"binary": chromium, "args": [*FLAGS, f"--user-data-dir={folder}"]}
        wanted = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            async with http.post("/session", json={"capabilities": wanted}) as response:
                value = (await response.json())["value"]
            assert response.status == 200, value
            try:
                yield Browser(http, value["sessionId"])
            finally:
                await http.delete(f"/session/{value['sessionId']}")
    finally:
        process.terminate()
        await process.wait()


async def _read_port(output: asyncio.StreamReader) -> int:
    async for line in output:
        if found := re.search(rb"started successfully on port (\d+)", line):
            return int(found[1])
    raise AssertionError("chromedriver ended at once")
