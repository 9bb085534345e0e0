"""Reads what Slack sends: fields of a payload, a message, and its text as a person sees it."""
