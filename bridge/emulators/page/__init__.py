"""A small Slack in the browser, served by the Slack emulator itself."""

from bridge.emulators.page.offers import FaultSwitch, Offers, Sample
from bridge.emulators.page.site import serve_page

__all__ = ["FaultSwitch", "Offers", "Sample", "serve_page"]
