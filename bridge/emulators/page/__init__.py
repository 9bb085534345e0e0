"""A small Slack in the browser, served by the Slack emulator itself."""

from bridge.emulators.page.offers import Button, Offers, Place, Sample, Texts
from bridge.emulators.page.site import serve_page

__all__ = ["Button", "Offers", "Place", "Sample", "Texts", "serve_page"]
