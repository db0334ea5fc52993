import base64
import hashlib
import html
import re

import pytest
from starlette.testclient import TestClient

from service.settings import Settings
from tests.integration.conftest import Serve

PAGES = [
    "/",
    "/embed",
    "/docs",
    "/widget",
    "/documents?format=html",
    "/documents?format=html&q=lighthouse",
    "/documents/harbour-report?format=html",
    "/documents/harbour-report?format=html&q=lighthouse",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_forbids_what_is_not_its_own(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'self'; require-trusted-types-for 'script'"
    )
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_loads_only_files_that_this_service_has(client: TestClient, path: str) -> None:
    page = client.get(path).text
    loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', page)
    assert loaded
    assert not re.findall(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", page)
    for address in loaded:
        assert address.startswith("/")
        assert client.get(address).status_code == 200, address


def test_a_form_without_scripts_is_answered_on_the_page(client: TestClient) -> None:
    page = client.get("/?q=How+many+minutes+takes+a+crossing%3F")
    assert page.status_code == 200
    assert "A crossing takes 25 minutes." in re.sub(r"<[^>]+>", "", page.text)
    refused = client.get("/", params={"q": "x" * 1001})
    assert refused.status_code == 422
    assert refused.headers["content-type"].startswith("text/html")


def test_who_may_frame_the_pages_is_a_setting(serve: Serve) -> None:
    client = serve(frame_ancestors=("https://site.example",))
    policy = client.get("/embed").headers["content-security-policy"]
    assert "frame-ancestors https://site.example;" in policy


def test_the_title_is_a_setting_and_is_escaped(serve: Serve) -> None:
    page = serve(title="<Harbour> & sea").get("/").text
    assert "&lt;Harbour&gt; &amp; sea" in page
    assert "<Harbour>" not in page


@pytest.mark.parametrize("path", ["/widget.js", "/static/panel.js", "/static/site.css"])
def test_files_may_be_loaded_by_other_sites_and_are_revalidated(
    client: TestClient, path: str
) -> None:
    response = client.get(path, headers={"Origin": "https://anyone.example"})
    assert response.status_code == 200
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cache-control"] == "public, max-age=300"
    assert response.headers["content-type"].startswith(("text/javascript", "text/css"))
    assert response.headers["content-type"].endswith("charset=utf-8")
    again = client.get(path, headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_file_asked_for_with_its_version_is_kept(client: TestClient) -> None:
    current = re.search(r"/widget\.js\?v=[\w-]{10}", client.get("/widget").text)
    assert current is not None
    assert client.get(current[0]).headers["cache-control"] == "public, max-age=31536000, immutable"
    other = client.get("/widget.js?v=0123456789")
    assert other.headers["cache-control"] == "public, max-age=300"
    assert other.content == client.get(current[0]).content


def test_the_hash_on_the_page_for_site_owners_is_that_of_the_file_served(
    client: TestClient,
) -> None:
    page = html.unescape(client.get("/widget").text)
    given = re.search(r'integrity="(sha256-[^"]+)"', page)
    src = re.search(r'<script defer src="http://testserver(/widget\.js[^"]+)"', page)
    assert given is not None
    assert src is not None
    for encoding in ("identity", "gzip"):
        content = client.get(src[1], headers={"Accept-Encoding": encoding}).content
        digest = hashlib.sha256(content).digest()
        assert given[1] == f"sha256-{base64.b64encode(digest).decode()}"


def test_files_are_sent_compressed_to_who_takes_it(client: TestClient) -> None:
    plain = client.get("/static/panel.js", headers={"Accept-Encoding": "identity"})
    small = client.get("/static/panel.js", headers={"Accept-Encoding": "br, gzip"})
    refused = client.get("/static/panel.js", headers={"Accept-Encoding": "gzip;q=0"})
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < len(plain.content) / 2
    assert small.content == plain.content == refused.content
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert "Accept-Encoding" in small.headers["vary"]
    assert "Accept-Encoding" in plain.headers["vary"]
    tag = {"If-None-Match": small.headers["etag"], "Accept-Encoding": "gzip"}
    assert client.get("/static/panel.js", headers=tag).status_code == 304


def test_words_are_found_in_the_documents(client: TestClient) -> None:
    both = client.get("/documents?q=LIGHTHOUSE+keeper").json()
    assert [d["doc_id"] for d in both["documents"]] == [
        "harbour-report",
        "notes/2024 Q1 #3 – Hải cảng",
    ]
    one = client.get("/documents?q=duong+bien").json()
    assert (one["total"], one["documents"][0]["lang"]) == (1, "vi")
    page = client.get("/documents/harbour-report?format=html&q=crossing").text
    assert '<mark id="hit1">crossing</mark>' in page
    assert "“crossing” stands in 1 place." in page
    assert client.get("/documents?q=zebra").json()["total"] == 0
    assert client.get("/documents?q=" + "x" * 101).status_code == 422


@pytest.mark.parametrize(
    "path", ["/static/", "/static/none.js", "/static/../app.py", "/static/%2e%2e/app.py"]
)
def test_nothing_but_the_static_files_is_served(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_the_reference_explains_every_path_and_every_kind_of_error(client: TestClient) -> None:
    page = client.get("/docs").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert path in page
    kind = client.get("/nothing").json()["type"]
    assert kind == "/docs#not-found"
    assert 'id="not-found"' in page


def test_the_root_path_may_not_look_like_a_path_of_the_service(serve: Serve) -> None:
    own = {path.split("/")[1] for path in serve().get("/openapi.json").json()["paths"]} - {""}
    for name in own | {"static", "openapi.json"}:
        with pytest.raises(ValueError, match="choose another"):
            Settings(root_path=f"/{name}")


def test_under_a_path_of_a_proxy_every_link_keeps_the_path(serve: Serve) -> None:
    client = serve(root_path="/record")
    for prefix in ("", "/record"):
        page = client.get(f"{prefix}/").text
        links = re.findall(r'(?:href|src|action)="(/[^"]*)"', page)
        assert links
        assert all(link.startswith("/record/") for link in links)
        assert client.get(f"{prefix}/ask?q=keeper").status_code == 200
        assert client.get(f"{prefix}/static/panel.js").status_code == 200
        assert client.get(f"{prefix}/static/none").json()["type"] == "/record/docs#not-found"
