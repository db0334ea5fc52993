"""Two workers, one port: both take up what is published, and their metrics are added up."""

import shutil
from collections import Counter
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from index import generations
from tests.product.conftest import published_again, serving, wait_until

QUESTION = {"question": "Who is the Chairwoman of the VFDA?"}


def metrics(address: str, name: str) -> list[tuple[dict[str, str], float]]:
    families = text_string_to_metric_families(httpx.get(f"{address}/metrics").text)
    return [(s.labels, s.value) for f in families for s in f.samples if s.name == name]


def ask(address: str) -> str:
    """Ask on a connection of its own, so that either worker may answer; return the generation."""
    response = httpx.post(f"{address}/ask", json=QUESTION, timeout=30)
    assert response.status_code == 200, response.text
    generation: str = response.json()["index"]["generation"]
    return generation


def test_all_workers_follow_and_are_counted_together(record_index: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    shutil.copytree(record_index, index)
    first = generations.current_name(index)
    with serving(index, "--workers", "2", "--max-queued-questions", "50") as address:
        wait_until(
            lambda: [value for _, value in metrics(address, "ask_ready_workers")] == [2.0],
            "the second worker never became ready",
        )
        answers = Counter(ask(address) for _ in range(6))
        second = published_again(index, f"{first}-second")
        wait_until(
            lambda: [v for _, v in metrics(address, "ask_index_loads_total")] == [4.0],
            "not both workers took the new generation up",
        )
        answers += Counter(ask(address) for _ in range(6))
        assert answers == {first: 6, second: 6}
        counted = sum(value for _, value in metrics(address, "ask_answers_total"))
        assert counted == 12
        served = {
            labels["generation"]: value for labels, value in metrics(address, "ask_index_info")
        }
        assert served == {first: 0.0, second: 1.0}
