"""Messages, modals and the Home tab in Slack's Block Kit, and what their buttons carry."""
