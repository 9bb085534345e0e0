"""Images of a question: which the bot can be shown, and how Beebot gets them."""
