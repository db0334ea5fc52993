"""Several records on one service: nothing of one is seen through another."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from index.build import build_index
from index.search_index import open_index
from service import lifecycle
from service.pipeline import QuestionAnswerer
from service.records import Records
from service.settings import Settings
from tests.conftest import RecordFigure
from tests.fake_models import OverlapReader, WordEmbedder
from tests.fakes_answering import calibration
from tests.unit.answering.conftest import CORPUS

QUESTIONS = 300
BY_OVERLAP = calibration({"relevance": 1.0}, intercept=-1.0)
ROUTES = ("/ask?q={}", "/documents", "/suggestions", "/documents/{}")


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(settings: Settings, generation: str | None = None) -> QuestionAnswerer:
        index = open_index(settings.index_dir, generation)
        return QuestionAnswerer(index, OverlapReader(), BY_OVERLAP)

    monkeypatch.setattr("index.search_index._query_embedder", lambda *_: WordEmbedder())
    monkeypatch.setattr(lifecycle, "open_answerer", opened)


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two records of the same words about two harbours, told apart by their names."""
    root = tmp_path_factory.mktemp("records")
    for name, town in (("north", "Norhaven"), ("south", "Sudport")):
        folder = root / "texts" / name
        folder.mkdir(parents=True)
        for number, record in enumerate(CORPUS):
            text = str(record["text"]).replace("lighthouse", f"{town} lighthouse")
            (folder / f"{name}-{number}.txt").write_text(f"{text}\n\nThis is said in {town}.")
        build_index([folder], root / name, embedder_factory=WordEmbedder)
    return root


@contextmanager
def serving(indexes: Path, *names: str, **settings: Any) -> Iterator[TestClient]:
    records = ",".join(f"{name}={indexes / name}" for name in names)
    made = Settings(records=records, max_queued_questions=100, **settings)  # type: ignore[arg-type]
    with TestClient(Records(made)) as client:
        for _ in range(2000):
            if all(client.get(f"/r/{n}/readyz").status_code == 200 for n in names):
                break
        yield client


def questions(count: int) -> list[tuple[str, str]]:
    """``(record, question)``, of the words of both records, in an order that mixes them."""
    rng = random.Random(0)
    words = sorted({w for r in CORPUS for w in str(r["text"]).split() if w.isalpha()})
    words += ["Norhaven", "Sudport", "Who", "When", "lighthouse"]
    return [
        (rng.choice(["north", "south"]), " ".join(rng.choices(words, k=rng.randint(2, 7))) + "?")
        for _ in range(count)
    ]


def answer(client: TestClient, record: str, question: str) -> dict[str, Any]:
    response = client.post(f"/r/{record}/ask", json={"question": question, "top_k": 10})
    assert response.status_code == 200
    body: dict[str, Any] = response.json()
    for different in ("answer_id", "timing_ms"):
        del body[different]
    return body


def foreign(record: str, body: Any) -> bool:
    """Whether ``body`` holds an id or a word of the other record."""
    other = {"north": ("south-", "Sudport"), "south": ("north-", "Norhaven")}[record]
    text = str({k: v for k, v in body.items() if k != "question"})
    return any(word in text for word in other)


@pytest.mark.slow
def test_no_answer_holds_anything_of_another_record_or_depends_on_it(
    indexes: Path, full: bool, figure: RecordFigure
) -> None:
    asked = questions(10_000 if full else QUESTIONS)
    with serving(indexes, "north", "south") as client:
        together = [answer(client, *one) for one in asked]
    mixed = [one for one, body in zip(asked, together, strict=True) if foreign(one[0], body)]
    figure(
        5,
        "Answers of a service of two records that hold anything of the other one",
        f"{len(mixed)} of {len(asked):,}",
    )
    assert mixed == []
    assert sum(body["status"] == "answered" for body in together) > len(asked) / 10
    for name in ("north", "south"):
        own = [(one, body) for one, body in zip(asked, together, strict=True) if one[0] == name]
        with serving(indexes, name) as client:
            assert [answer(client, *one) for one, _ in own] == [body for _, body in own]


def test_the_harness_sees_a_foreign_id(indexes: Path) -> None:
    with serving(indexes, "north", "south") as client:
        body = answer(client, "south", "When was the lighthouse opened?")
    assert body["passages"]
    assert foreign("north", body)
    assert not foreign("south", body)


@pytest.mark.parametrize("path", ["/documents", "/suggestions", "/ask?q=lighthouse", "/", "/embed"])
def test_every_page_of_a_record_is_its_own(indexes: Path, path: str) -> None:
    with serving(indexes, "north", "south") as client:
        text = client.get(f"/r/north{path}").text
        assert "south" not in text.lower() and "sudport" not in text.lower()
        assert client.get("/r/north/documents/south-0").status_code == 404
        assert client.get("/r/south/documents/south-0").status_code == 200


def test_links_lead_to_the_records_own_pages(indexes: Path) -> None:
    with serving(indexes, "north", "south", root_path="/behind") as client:
        for prefix in ("", "/behind"):
            body = client.get(f"{prefix}/r/north/ask?q=When+was+the+lighthouse+opened%3F").json()
            # As ever, relative to the address of the record's service.
            view = body["passages"][0]["links"]["view"]
            page = client.get(f"{prefix}/r/north{view}", headers={"Accept": "text/html"})
            assert "<mark" in page.text
            assert 'href="/behind/r/north/' in page.text
            assert 'href="/documents' not in page.text


def test_outside_of_the_records_there_is_only_health_and_metrics(indexes: Path) -> None:
    with serving(indexes, "north", "south") as client:
        assert client.get("/livez").json() == {"status": "ok"}
        assert client.get("/readyz").json() == {"status": "ready"}
        for path in ("/", "/ask?q=x", "/documents", "/r/", "/r/east/ask?q=x", "/r/NORTH/ask?q=x"):
            response = client.get(path)
            assert response.status_code == 404, path
            assert response.headers["content-type"] == "application/problem+json"
            assert "north" not in response.text.replace("NORTH", "")
        # The metrics are those of the process, so no record may read them.
        assert client.get("/r/north/metrics").status_code == 404
        client.get("/r/north/ask?q=When+was+the+lighthouse+opened%3F")
        metrics = client.get("/metrics").text
        assert 'ask_answers_total{reason="",record="north",status="answered"} 1.0' in metrics
        assert 'ask_ready_workers{record="south"} 1.0' in metrics


def test_record_without_an_index_leaves_the_others_in_service(
    indexes: Path, tmp_path: Path
) -> None:
    settings = Settings(records=f"north={indexes / 'north'},lost={tmp_path}")  # type: ignore[arg-type]
    with TestClient(Records(settings)) as client:
        for _ in range(2000):
            if client.get("/readyz").status_code == 200:
                break
        assert client.get("/r/north/ask?q=lighthouse").status_code == 200
        assert client.get("/r/lost/ask?q=lighthouse").status_code == 503
        assert client.get("/r/lost/readyz").json()["type"] == "/r/lost/docs#no-index"


def test_token_of_one_record_does_not_open_another(indexes: Path, tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text("north=token-of-the-north\nsouth=token-of-the-south\ntoken-of-operator\n")
    with serving(indexes, "north", "south", tokens_file=path) as client:
        opened = {
            (record, token): client.get(
                f"/r/{record}/documents", headers={"Authorization": f"Bearer token-of-{token}"}
            ).status_code
            for record in ("north", "south")
            for token in ("the-north", "the-south", "operator")
        }
        assert opened == {
            ("north", "the-north"): 200, ("north", "the-south"): 401, ("north", "operator"): 200,
            ("south", "the-north"): 401, ("south", "the-south"): 200, ("south", "operator"): 200,
        }  # fmt: skip
        for token, status in (("the-north", 401), ("operator", 200)):
            headers = {"Authorization": f"Bearer token-of-{token}"}
            assert client.get("/metrics", headers=headers).status_code == status


def test_feedback_is_kept_apart(indexes: Path) -> None:
    body = {"answer_id": "01M7YAK4Z5MB91P2H8NGSDWS25", "value": "up"}
    with serving(indexes, "north", "south") as client:
        assert client.post("/r/north/feedback", json=body).status_code == 201
    assert (indexes / "north.feedback.sqlite3").is_file()
    assert not (indexes / "south.feedback.sqlite3").exists()


def test_bound_on_questions_is_one_for_all_records(indexes: Path) -> None:
    with serving(indexes, "north", "south") as client:
        app = client.app
        assert isinstance(app, Records)
        north, south = (one.state.lifecycle for one in app._apps.values())
        assert north.admission is south.admission
