"""The words, the rules and the use cases of the bridge; knows no Slack, Redis, Beebot or HTTP."""
