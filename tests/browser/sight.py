"""What somebody in front of the page sees, and types."""

from playwright.async_api import Page, expect


async def sees(page: Page, selector: str, text: str = "") -> None:
    """Wait until something visible that fits the selector holds the text."""
    await page.locator(selector).filter(has_text=text, visible=True).first.wait_for()


async def sees_no(page: Page, selector: str, text: str = "") -> None:
    """Wait until nothing visible that fits the selector holds the text."""
    await expect(page.locator(selector).filter(has_text=text, visible=True)).to_have_count(0)


async def types(page: Page, selector: str, text: str, *, enter: bool = False) -> None:
    """At the end of what stands in the field, key by key."""
    field = page.locator(selector)
    await field.press("End")
    await field.press_sequentially(text)
    if enter:
        await field.press("Enter")
