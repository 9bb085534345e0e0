"""Makes the moving picture of the README: a real browser in front of a real `bridge demo`."""

import asyncio
import base64
import io
import re
import shutil
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Page, async_playwright

FOLDER = Path(__file__).parent
SIZE = {"width": 1060, "height": 620}
LAST_S = 3.0  # how long the end stands still
PEOPLE = {  # whom to be, what to press, and when the answer is complete
    "answer": ("Alice", "Annual leave", "New conversation"),
    "answer.zh-CN": ("Bob", "我要退货", "开始新对话"),
}


async def main() -> None:
    async with running_demo() as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, (person, sample, end) in PEOPLE.items():
            page = await (await browser.new_context(viewport=SIZE)).new_page()
            await page.goto(url)
            await page.click(f"#people button:has-text('{person}')")
            await page.click("#directs button")
            await page.locator("#messages .message").wait_for()  # the greeting
            async with filming(page) as frames:
                await page.click(f"#samples button:has-text('{sample}')")
                await page.locator("#replies button", has_text=end).wait_for()
                await page.locator("#replies .growing").wait_for(state="hidden")
                frames.append((time.time(), await page.screenshot(type="jpeg", quality=95)))
            save(frames, FOLDER / f"{name}.webp")
        await browser.close()


@asynccontextmanager
async def running_demo() -> AsyncIterator[str]:
    """The address of its page."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", "demo", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    try:
        async for line in process.stdout or ():
            if found := re.search(r"http://127\.0\.0\.1:\d+", line.decode()):
                yield found.group()
                break
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def filming(page: Page) -> AsyncIterator[list[tuple[float, bytes]]]:
    """(time, JPEG) of each picture that the browser draws meanwhile."""
    frames: list[tuple[float, bytes]] = []
    cast = await page.context.new_cdp_session(page)

    async def take(event: dict[str, Any]) -> None:
        frames.append((event["metadata"]["timestamp"], base64.b64decode(event["data"])))
        await cast.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    cast.on("Page.screencastFrame", lambda event: asyncio.ensure_future(take(event)))
    await cast.send("Page.startScreencast", {"format": "jpeg", "quality": 95})
    yield frames
    await cast.send("Page.stopScreencast")


def save(frames: list[tuple[float, bytes]], path: Path) -> None:
    """As one moving picture, each frame as long as it stood there."""
    frames = sorted(frames)
    pictures = [Image.open(io.BytesIO(data)).convert("RGB") for _, data in frames]
    times = [at for at, _ in frames]
    lengths = [max(1, round(1000 * (after - at))) for at, after in pairwise(times)]
    first, *others = pictures
    first.save(
        path, save_all=True, append_images=others, loop=0, quality=60, method=4,
        duration=[*lengths, round(LAST_S * 1000)],
    )  # fmt: skip


asyncio.run(main())
