"""The bridge between Slack and Beebot."""

__version__ = "0.1.0.dev0"
