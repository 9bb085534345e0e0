"""The dashboard and the alert rules ask for figures that the bridge really tells."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import ProcessCollector, generate_latest

from bridge.core.errors import Unavailable
from bridge.core.ports import Depth
from bridge.telemetry.inbox_gauges import InboxGauges
from bridge.telemetry.metrics import MetricsObserver

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "monitoring"
COMPOSE = ROOT / "compose.yaml"
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
_METRIC = re.compile(r"\b(?:bridge|process)_\w+")


class NoMailboxes:
    async def depth(self) -> Depth:
        raise Unavailable("not asked here")


def told() -> set[str]:
    """The names on /metrics, those of histograms without their suffixes."""
    registry = MetricsObserver().registry
    InboxGauges(NoMailboxes(), registry)
    ProcessCollector(registry=registry)
    page = generate_latest(registry).decode()
    return set(re.findall(r"^# TYPE ((?:bridge|process)_\w+)", page, re.MULTILINE))


@pytest.mark.parametrize("expression", [rule["expr"] for rule in ALERTS] + PANELS)
def test_each_figure_that_is_looked_at_is_told(expression: str) -> None:
    asked = {name.removesuffix("_bucket") for name in _METRIC.findall(expression)}
    assert asked
    assert asked <= told()


def test_no_metric_goes_unseen() -> None:
    counted = {name for name in told() if name.startswith("bridge_")} - {"bridge_edits_total"}
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


@pytest.mark.parametrize("page", ["operations.md", "operations.zh-CN.md"])
def test_a_proxy_lets_prometheus_in_at_the_paths_that_the_job_asks_for(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    jobs = yaml.safe_load((MONITORING / "prometheus.yml").read_text())["scrape_configs"]
    [job] = [one for one in jobs if one["job_name"] == "bridge-proxy"]
    asked = {one["labels"]["__metrics_path__"] for one in job["static_configs"]}
    nginx = r"location = (/metrics/(\d+)) \{ allow [\d.]+; deny all; proxy_pass (\S+?);"
    found = re.findall(nginx, text)
    assert {path for path, _, _ in found} == asked
    for _, port, to in found:
        assert to == f"http://127.0.0.1:{port}/metrics"
    caddy = r"path (/metrics/(\d+))\n\tremote_ip [\d.]+\n\}[^}]*reverse_proxy 127.0.0.1:(\d+)\n"
    assert [path in asked and port == to for path, port, to in re.findall(caddy, text)] == [True]


def test_compose_has_a_prometheus_to_switch_on() -> None:
    commented = re.sub(r"^  # (?=prometheus:| )", "  ", COMPOSE.read_text(), flags=re.MULTILINE)
    whole = yaml.safe_load(commented)
    service = whole["services"]["prometheus"]
    assert "prometheus" in whole["volumes"]
    assert service["cap_drop"] == ["ALL"]
    assert service["logging"] == whole["x-logging"]
    assert "./monitoring:/etc/prometheus:ro" in service["volumes"]


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


@pytest.mark.parametrize("page", ["operations.md", "operations.zh-CN.md"])
def test_the_papers_lead_to_each_file_for_prometheus_and_grafana(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    files = {file.name for file in MONITORING.iterdir()} - {"alerts.test.yml"}  # ours to run
    assert {name for name in files if f"](../monitoring/{name})" not in text} == set()


def test_each_alert_is_made_to_fire() -> None:
    cases = yaml.safe_load((MONITORING / "alerts.test.yml").read_text())["tests"]
    fired = {
        test["alertname"]
        for case in cases
        for test in case["alert_rule_test"]
        if test.get("exp_alerts")
    }
    assert fired == {rule["alert"] for rule in ALERTS}
