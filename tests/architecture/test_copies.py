"""Slack's rate limits stand in several places, since neither emulators nor the oracle may take them
from the bridge: all say the same.
"""

import re

from bench.oracle import PER_MINUTE
from bridge.emulators.slack.limits import CALLS_PER_MINUTE, Limits
from bridge.slack.api.rate_limits import LIMITS, POST
from tests.architecture.sources import ROOT

OURS = {method: limit.per_minute for method, limit in LIMITS.items()}


def test_the_emulator_limits_as_the_bridge_expects() -> None:
    emulated = {POST: 60 * Limits().posts_per_s, **CALLS_PER_MINUTE}
    assert {method: emulated.get(method) for method in OURS} == OURS


def test_the_oracle_knows_the_same_rates() -> None:
    assert {method: OURS[method] for method in PER_MINUTE} == PER_MINUTE


def test_the_page_on_slack_tells_the_same_rates() -> None:
    page = (ROOT / "docs/slack.md").read_text()
    rows = re.findall(r"^\| (?:special|\d) \| (\d+) \| (.+) \|$", page, re.MULTILINE)
    told = {
        method: float(rate) for rate, methods in rows for method in re.findall(r"`(.+?)`", methods)
    }
    assert {method: rate for method, rate in told.items() if method in OURS} == {
        method: OURS[method] for method in OURS if method in told
    }
    assert len(told) > 10
