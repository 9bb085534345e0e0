"""Calls Slack's Web API: within its rate limits, with its refusals as errors of the core."""
