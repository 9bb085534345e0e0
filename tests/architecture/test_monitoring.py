"""The dashboard and the alert rules ask for figures that the bridge really tells."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import generate_latest

from bridge.core.errors import Unavailable
from bridge.core.ports import Depth
from bridge.telemetry.inbox_gauges import InboxGauges
from bridge.telemetry.metrics import MetricsObserver

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "monitoring"
ALERTS = [
    rule
    for group in yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
PANELS = [
    target["expr"]
    for panel in json.loads((MONITORING / "dashboard.json").read_text())["panels"]
    for target in panel.get("targets", ())
]
_METRIC = re.compile(r"\bbridge_\w+")


class NoMailboxes:
    async def depth(self) -> Depth:
        raise Unavailable("not asked here")


def told() -> set[str]:
    """The names on /metrics, those of histograms without their suffixes."""
    registry = MetricsObserver().registry
    InboxGauges(NoMailboxes(), registry)
    return set(
        re.findall(r"^# TYPE (bridge_\w+)", generate_latest(registry).decode(), re.MULTILINE)
    )


@pytest.mark.parametrize("expression", [rule["expr"] for rule in ALERTS] + PANELS)
def test_each_figure_that_is_looked_at_is_told(expression: str) -> None:
    asked = {name.removesuffix("_bucket") for name in _METRIC.findall(expression)}
    assert asked
    assert asked <= told()


def test_no_metric_goes_unseen() -> None:
    counted = {name for name in told() if not name.endswith("_created")} - {"bridge_edits_total"}
    assert counted <= set(re.findall(r"bridge_\w+?(?=_bucket|\b)", " ".join(PANELS)))


def test_each_panel_shows_the_processes_that_are_chosen() -> None:
    variables = json.loads((MONITORING / "dashboard.json").read_text())["templating"]["list"]
    assert [one["name"] for one in variables] == ["datasource", "instance"]
    for expression in PANELS:
        chosen = expression.count('{instance=~"$instance"')
        assert chosen == len(_METRIC.findall(expression)), expression


@pytest.mark.parametrize("rule", ALERTS, ids=[rule["alert"] for rule in ALERTS])
def test_each_alert_has_its_paragraph(rule: dict[str, dict[str, str]]) -> None:
    name = str(rule["alert"])
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert anchor == name.lower()
    assert f"\n### {name}\n\n" in (ROOT / page).read_text()


@pytest.mark.parametrize(
    "command",
    [
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts.test.yml"],
        ["check", "config", "prometheus.yml"],
    ],
)
def test_prometheus_takes_its_files_and_each_alert_fires_once(command: list[str]) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("needs promtool on this machine")
    done = subprocess.run(
        ["promtool", *command], cwd=MONITORING, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_pods_are_found_by_the_label_and_the_port_that_kubernetes_gives_them() -> None:
    (job,) = yaml.safe_load((MONITORING / "prometheus-kubernetes.yml").read_text())[
        "scrape_configs"
    ]
    wanted = {
        one["source_labels"][0]: one["regex"] for one in job["relabel_configs"] if "regex" in one
    }
    bridge = next(yaml.safe_load_all((ROOT / "deploy/kubernetes.yaml").read_text()))
    pod = bridge["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert wanted == {
        "__meta_kubernetes_pod_label_app": pod["metadata"]["labels"]["app"],
        "__meta_kubernetes_pod_container_port_name": container["ports"][0]["name"],
    }


def test_each_alert_is_made_to_fire() -> None:
    cases = yaml.safe_load((MONITORING / "alerts.test.yml").read_text())["tests"]
    fired = {
        test["alertname"]
        for case in cases
        for test in case["alert_rule_test"]
        if test.get("exp_alerts")
    }
    assert fired == {rule["alert"] for rule in ALERTS}
