"""The dashboard and the alert rules ask only for metrics and labels that the service gives."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from service.metrics import Metrics
from tests.fakes import BrokenAnswerer
from tests.integration.conftest import Serve

DEPLOY = Path(__file__).parents[2] / "deploy"
_SELECTOR = re.compile(r"\b([a-z_]+_(?:[a-z]+))\s*(?:\{([^}]*)\})?")
_FUNCTIONS = {"histogram_quantile", "sum_over_time"}


def expressions() -> Iterator[tuple[str, str]]:
    """``(where, PromQL)`` of both files."""
    alerts = yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))
    for group in alerts["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def unknown(expression: str, given: dict[str, set[str]]) -> list[str]:
    """Metrics and labels of ``expression`` that are not ``given``."""
    found = []
    bare = re.sub(r"\$__\w+", "", expression)
    for name, selector in _SELECTOR.findall(bare):
        if name in _FUNCTIONS:
            continue
        if name not in given:
            found.append(name)
            continue
        found += [
            f"{name}.{label}"
            for label in re.findall(r"(\w+)\s*(?:=~|!=|=)", selector)
            if label not in given[name]
        ]
    return found


@pytest.fixture
def given(serve: Serve) -> dict[str, set[str]]:
    """The labels of every sample that a service gives which has seen everything once."""
    client = serve()
    answer_id = client.get("/ask?q=keeper").json()["answer_id"]
    client.get("/ask?q=ceiling")
    client.post("/feedback", json={"answer_id": answer_id, "value": "up"})
    metrics: Metrics = client.app.state.lifecycle.metrics  # type: ignore[attr-defined]
    metrics.rejected("overloaded")
    metrics.index_refused()
    return _samples(client)


def _samples(client: TestClient) -> dict[str, set[str]]:
    labels: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    return labels


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_every_metric_that_is_asked_for_is_given(
    given: dict[str, set[str]], where: str, expression: str
) -> None:
    assert unknown(expression, given) == []
    assert _SELECTOR.search(expression)


def test_the_check_sees_a_metric_or_label_that_is_not_given(given: dict[str, Any]) -> None:
    assert unknown("rate(ask_answers_totals[5m])", given) == ["ask_answers_totals"]
    assert unknown('sum(ask_answers_total{state="x"})', given) == ["ask_answers_total.state"]


def test_alerts_name_statuses_and_kinds_that_exist(serve: Serve) -> None:
    client = serve(BrokenAnswerer())
    client.get("/ask?q=x")
    assert 'route="/ask",status="500"' in client.get("/metrics").text
    from service.problems import KINDS

    rules = (DEPLOY / "alerts.yml").read_text("utf-8")
    (kinds,) = re.findall(r'kind=~"([^"]+)"', rules)
    assert set(kinds.split("|")) <= set(KINDS)
