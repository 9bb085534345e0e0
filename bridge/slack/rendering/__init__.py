"""Writes the tree of a text for Slack: safe by construction, within the limits, page by page."""
