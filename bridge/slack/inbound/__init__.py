"""Takes what Slack sends: guards it, reads it, stores it, and only then acknowledges."""
