"""`bridge serve` with its rate limits lifted, for `pace.py --unlimited`."""

from dataclasses import replace

from bridge.cli.serve import serve
from bridge.slack.api.rate_limits import LIMITS

if __name__ == "__main__":
    most = {"per_minute": 60_000, "burst": 10**6, "proven": 10**6}
    serve(limits={name: replace(limit, **most) for name, limit in LIMITS.items()})
