"""Reads what people post as plain text, as a person sees it."""
