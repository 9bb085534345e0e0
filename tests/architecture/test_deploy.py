"""What hosts are told: the paths that are let in, how long an end may take, the variables."""

import configparser
import json
import re
from pathlib import Path
from typing import Any

import yaml

from bridge.settings import Settings
from bridge.slack.images import relay
from bridge.slack.inbound import guard

ROOT = Path(__file__).parents[2]
LET_IN = {guard.PATH, relay.PATH, "/healthz"}
VARIABLES = {name.upper() for name in Settings.model_fields}
GRACE_S = Settings.model_fields["bridge_grace_s"].default
KUBERNETES = [
    one for one in yaml.safe_load_all((ROOT / "deploy/kubernetes.yaml").read_text()) if one
]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]


def of_kind(kind: str, name: str = "bridge") -> dict[str, Any]:
    named = (one for one in KUBERNETES if one["metadata"]["name"] == name)
    return next(dict(one["spec"]) for one in named if one["kind"] == kind)


def test_caddy_lets_in_what_slack_and_beebot_ask_for_and_nothing_of_ours() -> None:
    paths = re.search(r"@public path (.+)", (ROOT / "deploy/Caddyfile").read_text())
    assert paths
    assert {path.rstrip("*") for path in paths[1].split()} == {"/", *LET_IN}
    assert "./deploy/Caddyfile:/etc/caddy/Caddyfile:ro" in COMPOSE["proxy"]["volumes"]


def test_nginx_lets_in_the_same() -> None:
    text = (ROOT / "deploy/nginx.conf").read_text()
    paths = set(re.findall(r"location +(= )?(\S+) .*proxy_pass", text))
    assert paths == {("= ", "/"), *(("" if path.endswith("/") else "= ", path) for path in LET_IN)}
    assert re.search(r"location / +\{ return 404; \}", text)


def test_kubernetes_lets_in_the_same() -> None:
    rules = of_kind("Ingress")["rules"]
    assert {one["path"] for rule in rules for one in rule["http"]["paths"]} == LET_IN


def test_kubernetes_waits_for_a_new_pod_to_be_ready_and_then_asks_only_whether_it_lives() -> None:
    pod = of_kind("Deployment")["template"]["spec"]
    (bridge,) = pod["containers"]
    probes = {name: bridge[name]["httpGet"]["path"] for name in bridge if name.endswith("Probe")}
    assert probes == {
        "startupProbe": "/readyz",
        "readinessProbe": "/healthz",
        "livenessProbe": "/healthz",
    }
    pause_s = int(bridge["lifecycle"]["preStop"]["exec"]["command"][-1])
    assert pod["terminationGracePeriodSeconds"] > pause_s + GRACE_S


def test_every_host_waits_longer_than_running_answers_get() -> None:
    assert float(COMPOSE["bridge"]["stop_grace_period"].removesuffix("s")) > GRACE_S
    unit = configparser.ConfigParser(strict=False)
    unit.read(ROOT / "deploy/bridge.service")
    assert float(unit["Service"]["TimeoutStopSec"]) > GRACE_S
    assert unit["Service"]["ExecStart"].endswith("-m bridge serve")


def test_only_a_bridge_beside_its_proxy_listens_on_this_machine_alone() -> None:
    """In a container nobody would reach it, and beside a proxy it speaks no TLS for others."""
    unit = (ROOT / "deploy/bridge.service").read_text()
    assert "\nEnvironment=BRIDGE_BIND_ADDRESS=127.0.0.1\n" in unit
    assert Settings.model_fields["bridge_bind_address"].default == "0.0.0.0"  # noqa: S104
    (bridge,) = of_kind("Deployment")["template"]["spec"]["containers"]
    others = {one["name"] for one in bridge["env"]} | set(COMPOSE["bridge"]["environment"])
    assert "BRIDGE_BIND_ADDRESS" not in others


def test_the_unit_may_no_more_than_it_needs() -> None:
    unit = configparser.ConfigParser(strict=False)
    unit.read(ROOT / "deploy/bridge.service")
    service = unit["Service"]
    switches = ("NoNewPrivileges", "PrivateTmp", "ProtectHome", "ProtectKernelLogs")
    for switch in (*switches, "RestrictNamespaces", "RestrictSUIDSGID"):
        assert service[switch] == "yes", switch
    assert service["SystemCallFilter"] == "@system-service"
    assert service["UMask"] == "0077"


def test_each_redis_of_ours_persists_and_never_evicts() -> None:
    (redis,) = of_kind("StatefulSet", "bridge-redis")["template"]["spec"]["containers"]
    for words in (redis["args"], COMPOSE["redis"]["command"]):
        assert words[words.index("--maxmemory-policy") + 1] == "noeviction"
        assert words[words.index("--appendonly") + 1] == "yes"


def test_the_papers_tell_how_much_each_redis_of_ours_may_hold() -> None:
    (redis,) = of_kind("StatefulSet", "bridge-redis")["template"]["spec"]["containers"]
    [most_mb] = {
        int(words[words.index("--maxmemory") + 1].removesuffix("mb"))
        for words in (redis["args"], COMPOSE["redis"]["command"])
    }
    assert int(COMPOSE["redis"]["mem_limit"].removesuffix("m")) >= 2 * most_mb
    assert int(redis["resources"]["limits"]["memory"].removesuffix("Mi")) >= 2 * most_mb
    for name in ("scaling.md", "deploy.md", "deploy.zh-CN.md"):
        assert f"{most_mb} MB" in (ROOT / "docs" / name).read_text(), name


def test_compose_keeps_no_log_without_a_limit() -> None:
    for name, service in COMPOSE.items():
        assert {"max-size", "max-file"} <= set(service["logging"]["options"]), name


def test_no_container_of_compose_may_more_than_it_needs() -> None:
    for name, service in COMPOSE.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
    assert COMPOSE["redis"]["networks"] == ["store"]


def test_the_button_and_the_files_set_variables_that_there_are() -> None:
    asked = set(json.loads((ROOT / "app.json").read_text())["env"])
    (bridge,) = of_kind("Deployment")["template"]["spec"]["containers"]
    set_there = {one["name"] for one in bridge["env"]} | set(COMPOSE["bridge"]["environment"])
    assert asked | set_there <= VARIABLES
    required = {name.upper() for name, one in Settings.model_fields.items() if one.is_required()}
    assert required <= asked
