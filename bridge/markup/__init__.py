"""Text between Beebot and Slack: readers make one tree of it, renderers write it."""
