"""A small Slack in the browser, served by the Slack emulator itself."""

from bridge.emulators.page.site import serve_page

__all__ = ["serve_page"]
