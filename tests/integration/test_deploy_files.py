"""The compose files, the balancer and the chart fit the product and each other. Nothing is run."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from benchmarks.sizing import Record
from index.__main__ import _parser
from service.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
CHART = DEPLOY / "helm" / "ask-the-record"
COMPOSE = ("compose.yml", "compose-milvus.yml")
OURS = {"index", "service"}
ENGINE = {"ASK_RECORD_STORE", "ASK_RECORD_STORE_TOKEN"}
"""Where an engine is and what opens it; the second is no setting, so that no log can show it."""
HELM = os.environ.get("HELM_PATH") or shutil.which("helm")


def files() -> list[Path]:
    """All but the dashboard, which has a test of its own, and texts."""
    found = [p for p in sorted(DEPLOY.rglob("*")) if p.suffix in (".yml", ".yaml", ".cfg", ".tpl")]
    assert len(found) >= 15
    return found


def compose(name: str) -> dict[str, Any]:
    """A compose file as it is with no variable set but those that must be."""
    text = (DEPLOY / name).read_text("utf-8")
    text = re.sub(r"\$\{\w+:\?[^}]*\}", "given", text)
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    assert "${" not in text
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def services(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose(name)["services"]
    return found


EVERY_SERVICE = [(file, name) for file in COMPOSE for name in services(file)]


def unknown_settings(text: str) -> set[str]:
    """What is named like a setting and is none."""
    known = {f"ASK_RECORD_{name.upper()}" for name in Settings.model_fields} | ENGINE
    return set(re.findall(r"\bASK_RECORD_[A-Z_]+[A-Z]\b", text)) - known


@pytest.mark.parametrize("path", files(), ids=lambda p: p.name)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    assert unknown_settings(path.read_text("utf-8")) == set()


def test_the_check_sees_a_setting_that_is_misspelt() -> None:
    assert unknown_settings("ASK_RECORD_WORKER: 1") == {"ASK_RECORD_WORKER"}


@pytest.mark.parametrize(("file", "name"), EVERY_SERVICE)
def test_every_container_is_bounded_and_gains_no_privileges(file: str, name: str) -> None:
    service = services(file)[name]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert float(service["cpus"]) > 0
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    if name in OURS | {"balancer"}:
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["pids_limit"] > 0


@pytest.mark.parametrize(("file", "name"), EVERY_SERVICE)
def test_every_port_is_open_on_this_machine_only(file: str, name: str) -> None:
    for port in services(file)[name].get("ports", []):
        assert port.startswith("127.0.0.1:")
    assert ("ports" in services(file)[name]) == (
        name == ("balancer" if "milvus" in file else "service")
    )


@pytest.mark.parametrize(("file", "name"), EVERY_SERVICE)
def test_every_image_is_our_own_or_pinned_by_a_tag(file: str, name: str) -> None:
    service = services(file)[name]
    if name in OURS:
        assert service["build"]["context"] == ".."
        stage = service["build"].get("target")
        assert stage == ("builder" if name == "index" else None)
        dockerfile = (DEPLOY.parent / "Dockerfile").read_text("utf-8")
        assert stage is None or f" AS {stage}\n" in dockerfile
        extras = service["build"].get("args", {})
        assert extras == ({"EXTRAS": "milvus"} if "milvus" in file else {})
        assert all(f"ARG {argument}=" in dockerfile for argument in extras)
    else:
        assert re.search(r":(v?\d+\.\d+\.\d+|RELEASE\.[\dTZ-]+)(-\w+)?$", service["image"])


@pytest.mark.parametrize("file", COMPOSE)
def test_every_name_within_a_compose_file_is_declared(file: str) -> None:
    whole = compose(file)
    found = whole["services"]
    for name, service in found.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0] if isinstance(volume, str) else volume["source"]
            if isinstance(volume, dict) and volume["type"] == "bind":
                assert (DEPLOY / source).exists(), (name, source)
            else:
                assert source in whole["volumes"], (name, source)
        for network in service.get("networks", []):
            assert network in whole["networks"], (name, network)
        for other, needed in service.get("depends_on", {}).items():
            if needed["condition"] == "service_healthy":
                assert "healthcheck" in found[other], (name, other)


@pytest.mark.parametrize("file", COMPOSE)
def test_the_service_is_asked_for_readiness_and_has_time_to_stop(file: str) -> None:
    service = services(file)["service"]
    assert "/readyz" in service["healthcheck"]["test"][-1]
    compile(service["healthcheck"]["test"][-1], "healthcheck", "exec")
    given = service["environment"]
    delay = float(given.get("ASK_RECORD_SHUTDOWN_DELAY_S", Settings().shutdown_delay_s))
    seconds = int(service["stop_grace_period"].removesuffix("s"))
    assert seconds > delay + Settings().shutdown_timeout_s
    values = {name.removeprefix("ASK_RECORD_").lower(): v for name, v in given.items()}
    values = {name: v for name, v in values.items() if name in Settings.model_fields}
    Settings(**values)


@pytest.mark.parametrize("file", COMPOSE)
def test_the_job_is_a_command_of_the_index(file: str) -> None:
    job = services(file)["index"]
    python, dash, module, *arguments = job["command"]
    assert [python, dash, module] == ["/opt/build/bin/python", "-m", "index"]
    options = _parser().parse_args(without_store(arguments))
    mounted = {v["target"]: v.get("read_only", False) for v in job["volumes"]}
    assert mounted == {str(options.corpora[0]): True, str(options.output): False}


def without_store(arguments: list[str]) -> list[str]:
    """Without ``--store URL``."""
    at = arguments.index("--store") if "--store" in arguments else len(arguments)
    return arguments[:at] + arguments[at + 2 :]


def test_without_an_engine_the_service_reads_what_the_job_wrote_and_cannot_change_it() -> None:
    found = services("compose.yml")
    [written] = [v for v in found["index"]["volumes"] if v["target"] == "/index"]
    [read] = [v for v in found["service"]["volumes"] if v["source"] == written["source"]]
    assert read["read_only"] is True
    assert found["service"]["environment"]["ASK_RECORD_INDEX_DIR"] == read["target"]
    assert found["index"]["network_mode"] == "none"


def test_with_an_engine_job_and_service_name_the_same_record_and_nothing_leads_out() -> None:
    whole = compose("compose-milvus.yml")
    found = whole["services"]
    url = found["service"]["environment"]["ASK_RECORD_STORE"]
    assert url in found["index"]["command"]
    host = re.fullmatch(r"milvus\+http://(\w+):19530/\w+", url)
    assert host and host[1] in found
    inner = {name for name, network in whole["networks"].items() if (network or {}).get("internal")}
    for name in found.keys() - {"balancer"}:
        assert set(found[name]["networks"]) <= inner, name


def haproxy() -> str:
    return (DEPLOY / "haproxy.cfg").read_text("utf-8")


def test_the_balancer_sees_a_replica_go_unready_before_it_closes(client: TestClient) -> None:
    [check] = re.findall(r"option httpchk GET (\S+)", haproxy())
    assert client.get(check).status_code == 200
    [(interval, fall)] = re.findall(r"default-server check inter (\d+)ms .*fall (\d+)", haproxy())
    given = services("compose-milvus.yml")["service"]["environment"]
    seen_s = int(interval) * int(fall) / 1000
    assert 2 * seen_s <= float(given["ASK_RECORD_SHUTDOWN_DELAY_S"])


def test_the_balancer_waits_for_an_answer_and_finds_enough_replicas() -> None:
    [seconds] = re.findall(r"timeout server (\d+)s", haproxy())
    assert int(seconds) > Settings().answer_timeout_s
    [(most, target)] = re.findall(r"server-template \w+ 1-(\d+) (\S+)", haproxy())
    found = services("compose-milvus.yml")
    assert int(most) >= found["service"]["deploy"]["replicas"]
    assert target == "service:8000"
    [bound] = re.findall(r"bind :(\d+)", haproxy())
    assert found["balancer"]["ports"] == [f"127.0.0.1:8000:{bound}"]


def values() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    return found


def templates() -> dict[str, str]:
    return {p.name: p.read_text("utf-8") for p in sorted((CHART / "templates").iterdir())}


def leaves(value: object, before: str = "") -> Iterator[str]:
    """Dotted names of the values; an empty mapping, and one that is handed on whole, is one."""
    if isinstance(value, dict) and value and before not in WHOLE:
        for name, one in value.items():
            yield from leaves(one, f"{before}.{name}" if before else name)
    else:
        yield before


WHOLE = {"image", "builderImage", "resources", "indexJob.resources", "settings"}
"""Handed to a template as they are."""


def used(text: str) -> set[str]:
    return set(re.findall(r"\.Values\.([A-Za-z._]+)", text))


def missing_values(text: str) -> set[str]:
    """Values that a template names and values.yaml has not."""
    missing = set()
    for name in used(text):
        at: Any = values()
        for part in name.split("."):
            at = at.get(part, KeyError) if isinstance(at, dict) else KeyError
        if at is KeyError:
            missing.add(name)
    return missing


@pytest.mark.parametrize("name", templates())
def test_every_value_that_a_template_names_is_there(name: str) -> None:
    assert missing_values(templates()[name]) == set()


def test_the_check_sees_a_value_that_is_not_there() -> None:
    assert missing_values("{{ .Values.store.uri }}") == {"store.uri"}
    assert missing_values("{{ .Values.store.url.host }}") == {"store.url.host"}


def test_every_value_is_used() -> None:
    named = set().union(*(used(text) for text in templates().values()))
    assert set(leaves(values())) - named == set()


def test_a_whole_image_is_used_in_all_its_parts() -> None:
    parts = set(re.findall(r"\(?\.(repository|tag|digest)\b", templates()["_helpers.tpl"]))
    for name in ("image", "builderImage"):
        assert set(values()[name]) == parts | {"pullPolicy"}


@pytest.mark.parametrize("name", templates())
def test_every_block_of_a_template_ends_and_every_helper_exists(name: str) -> None:
    text = templates()[name]
    assert text.count("{{") == text.count("}}")
    begun = len(re.findall(r"\{\{-? (?:if|with|range|define) ", text))
    assert begun == len(re.findall(r"\{\{-? end ", text))
    helpers = set(re.findall(r'define "([\w.]+)"', "\n".join(templates().values())))
    assert set(re.findall(r'include "([\w.]+)"', text)) <= helpers


def test_the_settings_of_the_chart_are_settings_of_the_service() -> None:
    given = {name.lower(): value for name, value in values()["settings"].items()}
    assert all(isinstance(value, str) for value in given.values())
    assert set(given) <= set(Settings.model_fields)
    Settings(**given)


def test_the_probes_ask_what_the_service_answers(client: TestClient) -> None:
    paths = re.findall(r"httpGet: \{path: (\S+), port: http\}", templates()["deployment.yaml"])
    assert sorted(paths) == ["/livez", "/livez", "/readyz"]
    for path in set(paths):
        assert client.get(path).status_code == 200


def test_a_pod_is_seen_unready_before_it_closes() -> None:
    text = templates()["deployment.yaml"]
    probe = text[text.index("readinessProbe:") : text.index("resources:")]
    period, fails = (int(re.findall(rf"{n}: (\d+)", probe)[0]) for n in
                     ("periodSeconds", "failureThreshold"))  # fmt: skip
    assert 2 * period * fails <= float(values()["settings"]["SHUTDOWN_DELAY_S"])


def gib(text: str) -> float:
    assert text.endswith("Gi")
    return float(text[:-2]) * 2**30


def test_the_engine_holds_two_copies_of_a_million_passages() -> None:
    found = yaml.safe_load((DEPLOY / "helm/values-milvus.yaml").read_text("utf-8"))
    need = Record(1_000_000).engine_memory
    nodes = found["queryNode"]
    assert nodes["replicas"] >= 2
    assert gib(nodes["resources"]["requests"]["memory"]) > need
    assert gib(nodes["resources"]["limits"]["memory"]) >= gib(
        nodes["resources"]["requests"]["memory"]
    )
    assert nodes["replicas"] * gib(nodes["resources"]["limits"]["memory"]) > 2 * need
    # Three generations, written and compacted, half of four disks being parity, twice to be safe.
    assert gib(found["minio"]["persistence"]["size"]) > 2 * (3 * 2 * need * 2 / 4)
    comments = (DEPLOY / "helm/values-milvus.yaml").read_text("utf-8")
    assert f"{need / 1e9:.1f} GB for a million" in comments


def test_the_engine_of_chart_and_compose_file_has_one_version() -> None:
    found = yaml.safe_load((DEPLOY / "helm/values-milvus.yaml").read_text("utf-8"))
    image = services("compose-milvus.yml")["milvus"]["image"]
    assert image == f"milvusdb/milvus:{found['image']['all']['tag']}"


needs_helm = pytest.mark.skipif(HELM is None, reason="helm is not on the path (or in HELM_PATH)")
URL = "milvus+http://milvus:19530/record"
FULL = {
    "store": {"url": URL, "tokenSecret": "s"},
    "indexJob": {"enabled": True, "documentsClaim": "d", "schedule": "0 3 * * *"},
    "operatorSecret": "o",
    "tokensSecret": "t",
    "feedback": {"existingClaim": "f"},
}


def rendered(given: dict[str, Any], tmp_path: Path) -> dict[str, dict[str, Any]]:
    """The objects of the chart by their kind."""
    path = tmp_path / "values.yaml"
    path.write_text(yaml.safe_dump(given))
    assert HELM is not None
    command = [HELM, "template", "record", str(CHART), "--values", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    objects = [one for one in yaml.safe_load_all(done.stdout) if one]
    assert len({one["kind"] for one in objects}) == len(objects)
    return {one["kind"]: one for one in objects}


@needs_helm
def test_helm_finds_nothing_wrong() -> None:
    assert HELM is not None
    done = subprocess.run([HELM, "lint", "--strict", str(CHART)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@needs_helm
def test_without_an_engine_nothing_is_let_out_and_the_index_is_mounted(tmp_path: Path) -> None:
    found = rendered({}, tmp_path)
    assert found["NetworkPolicy"]["spec"]["egress"] == []
    assert found["ConfigMap"]["data"]["ASK_RECORD_INDEX_DIR"] == "/index"
    pod = found["Deployment"]["spec"]["template"]["spec"]
    [mount] = [m for m in pod["containers"][0]["volumeMounts"] if m["name"] == "index"]
    assert mount["readOnly"] is True
    assert pod["terminationGracePeriodSeconds"] == 50
    assert "Job" not in found


@needs_helm
def test_with_an_engine_only_names_and_the_engine_are_let_out(tmp_path: Path) -> None:
    found = rendered(FULL, tmp_path)
    ports = [p["port"] for rule in found["NetworkPolicy"]["spec"]["egress"] for p in rule["ports"]]
    assert ports == [53, 53, 19530]
    container = found["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    environment = {e["name"]: e for e in container["env"]}
    assert environment["ASK_RECORD_STORE"]["value"] == URL
    assert environment["ASK_RECORD_STORE_TOKEN"]["valueFrom"]["secretKeyRef"]["name"] == "s"
    assert "ASK_RECORD_INDEX_DIR" not in found["ConfigMap"]["data"]
    job = found["Job"]["spec"]["template"]["spec"]["containers"][0]
    arguments = [*job["command"][3:], *job["args"]]
    assert arguments[-2:] == ["--store", URL]
    _parser().parse_args(without_store(arguments))
    assert (
        found["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0] == job
    )


@needs_helm
def test_no_pod_may_gain_privileges_or_write_its_root(tmp_path: Path) -> None:
    found = rendered(FULL, tmp_path)
    for kind in ("Deployment", "Job"):
        pod = found[kind]["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert "memory" in container["resources"]["limits"]


@needs_helm
def test_the_balancer_of_the_cluster_finds_the_service_and_not_the_job(tmp_path: Path) -> None:
    found = rendered(FULL, tmp_path)
    wanted = found["Service"]["spec"]["selector"].items()
    labels = {k: found[k]["spec"]["template"]["metadata"]["labels"] for k in ("Deployment", "Job")}
    assert wanted <= labels["Deployment"].items()
    assert not wanted <= labels["Job"].items()
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert found[kind]["spec"]["selector"]["matchLabels"].items() == wanted
