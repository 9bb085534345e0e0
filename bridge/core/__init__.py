"""The values, rules and use cases of the bridge; calls no Slack, Redis, Beebot or HTTP."""
