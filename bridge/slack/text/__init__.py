"""The text of a message: safe, within the limits, and in the form that Slack reads."""
