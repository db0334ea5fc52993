import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.fakes import HARBOUR, ODD, FakeAnswerer, make_document
from tests.integration.conftest import Serve

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_the_list_names_each_document(client: TestClient) -> None:
    body = client.get("/documents").json()
    assert body["total"] == 2
    assert body["documents"][0] == {
        "doc_id": "harbour-report",
        "title": "Report on the harbour",
        "publisher": "Harbour Office",
        "published": "2024-05-06",
        "lang": "en",
        "paragraphs": 2,
        "sha256": HARBOUR.sha256,
        "url": "https://harbour.example/report",
        "links": {"view": "/documents/harbour-report", "source": "https://harbour.example/report"},
    }


def test_the_list_can_be_read_in_parts(client: TestClient) -> None:
    second = client.get("/documents?limit=1&offset=1").json()
    assert [d["doc_id"] for d in second["documents"]] == [ODD.doc_id]
    assert second["total"] == 2
    assert client.get("/documents?limit=0").status_code == 422


def test_the_page_of_many_documents_is_turned_by_links(serve: Serve) -> None:
    many = [make_document(f"d{n:03}", f"The boat {n}.", title=f"Boat {n}") for n in range(205)]
    client = serve(FakeAnswerer(many), root_path="/x")
    seen, address, pages = [], "/x/documents?q=boat", 0
    while address:
        text = client.get(address, headers=BROWSER).text
        assert "205" in text
        seen += re.findall(r'href="/x/documents/(d\d+)\?q=boat', text)
        turn = re.search(r'rel="next" href="([^"]+)"', text)
        address = turn[1].replace("&amp;", "&") if turn else ""
        pages += 1
    assert pages == 3
    assert seen == [d.doc_id for d in many]
    back = re.search(r'rel="prev" href="([^"]+)"', text)
    assert back is not None and back[1] == "/x/documents?offset=100&amp;q=boat"
    assert 'rel="' not in client.get("/documents?q=205", headers=BROWSER).text.split("<main")[1]


def test_one_document_is_whole(client: TestClient) -> None:
    body = client.get("/documents/harbour-report").json()
    assert body["text"] == HARBOUR.text
    assert body["blocks"][0] == {"start": 0, "end": 21, "kind": "heading", "level": 1, "page": None}
    assert [body["text"][b["start"] : b["end"]] for b in body["blocks"]][1].startswith("The old")


@pytest.mark.parametrize(
    "doc_id",
    [ODD.doc_id, "a/b/c", "100 % sure?", "a#b", "a+b&c=d", "日本/語", "quote\"<'>", "a.b.html"],
)
def test_the_link_of_any_doc_id_leads_to_its_document(serve: Serve, doc_id: str) -> None:
    client = serve(FakeAnswerer([make_document(doc_id, "Some words.")]))
    (summary,) = client.get("/documents").json()["documents"]
    assert summary["links"]["view"] == f"/documents/{quote(doc_id, safe='/')}"
    assert client.get(summary["links"]["view"]).json()["doc_id"] == doc_id
    page = client.get(summary["links"]["view"], headers=BROWSER)
    assert page.status_code == 200
    assert "Some words." in page.text


def test_the_link_of_an_answer_opens_the_page_with_the_sentence_marked(client: TestClient) -> None:
    question = {"question": "How many minutes takes a crossing?"}
    view = client.post("/ask", json=question).json()["passages"][0]["links"]["view"]
    page = client.get(view, headers=BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert 'id="quote">A crossing takes 25 minutes.</mark>' in page.text


def test_a_browser_gets_a_page_and_a_program_json(client: TestClient) -> None:
    for path in ("/documents", "/documents/harbour-report"):
        kinds = [
            client.get(path, headers=BROWSER).headers["content-type"],
            client.get(path).headers["content-type"],
            client.get(path, headers={"Accept": "application/json"}).headers["content-type"],
            client.get(f"{path}?format=json", headers=BROWSER).headers["content-type"],
            client.get(f"{path}?format=html").headers["content-type"],
        ]
        assert [kind.split(";")[0].split("/")[1] for kind in kinds] == [
            "html",
            "json",
            "json",
            "json",
            "html",
        ]
        assert client.get(f"{path}?format=pdf").status_code == 422


@pytest.mark.parametrize(
    "query", ["start=-5&end=3", "start=5&end=2", "start=1", "start=0&end=99999999999999999999999"]
)
def test_offsets_that_name_no_words_mark_nothing(client: TestClient, query: str) -> None:
    page = client.get(f"/documents/harbour-report?{query}", headers=BROWSER)
    assert page.status_code == 200
    assert "<mark" not in page.text


@pytest.mark.parametrize("path", ["nope", "", "../app.py", "%2e%2e%2fapp.py", "a%00b", "a%0Ab"])
def test_an_unknown_document_is_a_404(client: TestClient, path: str) -> None:
    response = client.get(f"/documents/{path}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_markup_in_a_document_is_shown_not_run(client: TestClient) -> None:
    page = client.get("/documents", headers=BROWSER).text
    assert "Notes &lt;b&gt;" in page
    assert "Notes <b>" not in page


def test_the_page_shows_where_each_page_of_the_original_begins_lists_too(serve: Serve) -> None:
    plain = make_document("talk", "One.", "Two.", "Three.", "Four.", extra={"author": "Ana Sá"})
    kinds = [("heading", 1), ("list_item", 1), ("list_item", 2), ("list_item", 2), ("paragraph", 3)]
    blocks = [
        replace(block, kind=kind, page=page)
        for block, (kind, page) in zip(plain.blocks, kinds, strict=True)
    ]
    client = serve(FakeAnswerer([replace(plain, title="A talk", blocks=tuple(blocks))]))
    body = client.get("/documents/talk").json()
    assert [block["page"] for block in body["blocks"]] == [1, 1, 2, 2, 3]
    page = client.get("/documents/talk", headers=BROWSER).text
    shown = re.findall(r'page-break">([^<]*)<|class="words"[^>]*>(\w+)\.?<', page)
    assert [a or b for a, b in shown] == [
        "Page 1", "Untitled", "One", "Page 2", "Two", "Three", "Page 3", "Four",
    ]  # fmt: skip
    assert '<dd dir="auto">Ana Sá</dd>' in page
    assert page.count("<ul>") == 2


@pytest.mark.parametrize(
    ("query", "name"), [("limit=0", "limit"), ("offset=x", "offset"), ("format=xml", "format")]
)
def test_an_error_names_the_parameter(serve: Serve, query: str, name: str) -> None:
    body = serve().get(f"/documents?{query}").json()
    assert body["errors"][0]["loc"] == ["query", name]
    assert body["detail"].startswith(f"query.{name}: ")
