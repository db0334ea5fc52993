"""A small service in the shape of the contract: real static files and pages, written answers.

Questions choose what happens; see ``CASES``. Everything asked is kept in ``received``.
"""

import asyncio
import hashlib
import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from starlette.middleware.base import RequestResponseEndpoint

from index.types import Block, Document, Passage
from service import pages
from service.answers import (
    Answer,
    Band,
    CitedPassage,
    Confidence,
    Corroboration,
    Disagreement,
    DisputedWords,
    Highlight,
    IndexInfo,
    Reason,
)
from service.feedback import Vote
from service.question_log import Asked, by_day
from service.text_search import find_words

STATIC = Path(pages.__file__).parent / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "require-trusted-types-for 'script'"
)
INFO = IndexInfo("2025-03-20-1", "sha256:0f0f", "2025-03-20T09:00:00Z", "all-MiniLM-L6-v2")
SUGGESTIONS = (
    "Who chairs the river festival?",
    "When does the archive open?",
    "How many films were restored?",
    "Where will the screenings be held?",
)


def document(doc_id: str, title: str, *paragraphs: str, **values: Any) -> Document:
    """A document with a heading and a block for each paragraph."""
    text = "\n\n".join([title, *paragraphs])
    blocks, at = [], 0
    for i, part in enumerate([title, *paragraphs]):
        kind, level = ("heading", 1) if i == 0 else ("paragraph", 0)
        blocks.append(Block(at, at + len(part), kind, level))
        at += len(part) + 2
    sha256 = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    given = {"blocks": tuple(blocks), "path": f"{doc_id}.md", "sha256": sha256, **values}
    return Document(doc_id=doc_id, text=text, title=title, **given)


REPORT = document(
    "festival-report",
    "River festival names its chair and opens a film archive",
    "The river festival met in the old customs house on Thursday to plan its tenth year.",
    "Mai Thu Hà 🎬, a film historian, was named to lead the organising committee. Under her "
    "the archive \U00020bb7田 will open on 4 May 2026 with 38 restored films. Admission\n"
    "stays free for students and for everyone who lives along the river.",
    "Screenings are to be held in three towns. The programme will be printed in Vietnamese "
    "and in English.",
    publisher="Delta News Agency",
    published="2025-03-13",
    url="https://news.example/reports/river?id=7",
    extra={"restates": "https://news.example/reports/river?id=7", "section": "Culture"},
)
LETTER = document(
    "partners/letter",
    "A letter to the partners",
    "We are glad to report that Mai Thu Hà leads the committee from this spring on, and that "
    "the partners will hear the plans for the archive from her in person.",
    publisher="Festival Office",
    published="2025-03-15",
    lang="en",
)
ARABIC = document(
    "arabic-note",
    "مذكرة عن المهرجان",
    "تقود ماي تو ها لجنة المهرجان منذ الربيع. وسيفتتح الأرشيف في أيار.",
    publisher="مكتب المهرجان",
    published="2025-03-16",
    lang="ar",
)
BIDI = document(
    "bidi",
    "Invoice \u202egnp.exe",
    "The total is \u202e000,1\u202c dollars and the \u2066deadline\u2069 is in June.",
)
_MARKUP = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg onload=window.pwned=1>",
    '"><script>window.pwned=1</script>',
    "'><img src=x onerror=window.pwned=1>",
    "</mark></blockquote><script>window.pwned=1</script>",
    "</title><script>window.pwned=1</script>",
    "</textarea><script>window.pwned=1</script>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<a href=javascript:window.pwned=1>click</a>",
    "<math><mtext><style><img src=x onerror=window.pwned=1>",
    "<noscript><p title='</noscript><img src=x onerror=window.pwned=1>'>",
    "<details open ontoggle=window.pwned=1>",
    "<input autofocus onfocus=window.pwned=1>",
    "<video><source onerror=window.pwned=1></video>",
    "<body onload=window.pwned=1>",
    "<template><script>window.pwned=1</script></template>",
    "<style>@import 'javascript:window.pwned=1'</style>",
    "{{constructor.constructor('window.pwned=1')()}}",
    "${window.pwned=1}",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;",
    "\\u003cscript>window.pwned=1</script>",
    "<scr\u0000ipt>window.pwned=1</scr\u0000ipt>",
    '" onmouseover=window.pwned=1 x="',
    "<form action=javascript:window.pwned=1><button>go</button></form>",
    "]]><script>window.pwned=1</script>",
)
_EVENTS = "click error focus input load mouseover pageshow pointerenter toggle wheel".split()
_TAGS = (
    "a",
    "button",
    "input autofocus",
    "img src=x",
    "details open",
    "svg",
    "marquee",
    "dialog open",
)
HOSTILE = (
    *_MARKUP,
    # Every tag with every event, as a start tag, and those that break out of an attribute.
    *(f"<{tag} on{event}=window.pwned=1>" for tag in _TAGS for event in _EVENTS),
    *(f"{close}<img src=x onerror=window.pwned=1>" for close in ("-->", "</p>", "`>", "x\u2028>")),
)
HOSTILE_URLS = (
    "javascript:window.pwned=1",
    "JaVaScRiPt:window.pwned=1//https://a.example",
    "\tjavascript:window.pwned=1",
    "data:text/html,<script>window.pwned=1</script>",
    "vbscript:msgbox(1)",
    "blob:https://a.example/1",
    "file:///etc/passwd",
    "//evil.example/x",
)
HOSTILE_DOCUMENTS = tuple(
    document(
        f"hostile-{i}/{payload}",
        payload,
        f"Before {payload} the answer {payload} after.",
        publisher=payload,
        url=HOSTILE_URLS[i % len(HOSTILE_URLS)],
        extra={payload: payload, "restates": HOSTILE_URLS[i % len(HOSTILE_URLS)]},
    )
    for i, payload in enumerate(HOSTILE)
)
LONG_DOCUMENT = document(
    "long",
    "A long passage",
    "Before it, much is said. " * 12 + "The answer stands here. " + "After it, more is said. " * 12,
)
DOCUMENTS = {d.doc_id: d for d in (REPORT, LETTER, ARABIC, LONG_DOCUMENT, BIDI, *HOSTILE_DOCUMENTS)}


def cite(
    source: Document, paragraph: int, sentence: str, span: str = "", rank: int = 1
) -> CitedPassage:
    """Quote ``paragraph`` (1-based, the heading not counted) with its words marked."""
    block = source.blocks[paragraph]
    start, end = block.start, block.end
    found = [(sentence, "sentence")] + ([(span, "span")] if span else [])
    highlights = []
    for words, kind in found:
        at = source.text.index(words, start, end)
        highlights.append(Highlight(at, at + len(words), kind))  # type: ignore[arg-type]
    passage = Passage(
        0,
        f"{source.doc_id}#{paragraph}",
        source.doc_id,
        source.text[start:end],
        start,
        end,
        paragraph,
        ((start, end),),
    )
    first = highlights[0]
    source_url = f"{source.url}#:~:text=x" if source.url else None
    citation = f'{source.publisher}, "{source.title}", {source.published}, paragraph {paragraph}'
    return CitedPassage(
        passage,
        source,
        rank,
        0.9,
        {"dense": 0.7, "lexical": 9.0, "reader": 5.0},
        tuple(highlights),
        citation,
        f"/documents/{source.doc_id}?start={first.start}&end={first.end}",
        source_url,
    )


def answered(
    question: str,
    *passages: CitedPassage,
    band: Band = "high",
    probability: float = 0.93,
    sources: int = 0,
    resolved: str | None = None,
    disagreements: tuple[Disagreement, ...] = (),
) -> Answer:
    ids = tuple(p.passage.passage_id for p in passages)
    agreeing = (Corroboration(ids, sources),) if sources else ()
    return Answer(
        "answered",
        None,
        question,
        resolved,
        "en",
        Confidence(probability, band, 0.5),
        passages,
        (),
        agreeing,
        SUGGESTIONS[:2],
        INFO,
        {"total": 12.0},
        disagreements,
    )


def refused(question: str, reason: Reason, *near_misses: CitedPassage) -> Answer:
    return Answer(
        "no_answer",
        reason,
        question,
        None,
        "en",
        Confidence(0.12, "low", 0.5),
        (),
        near_misses,
        (),
        SUGGESTIONS[:3],
        INFO,
        {"total": 12.0},
    )


SENTENCE = "Mai Thu Hà 🎬, a film historian, was named to lead the organising committee."
ARCHIVE = "Under her the archive \U00020bb7田 will open on 4 May 2026 with 38 restored films."
MAIN = cite(REPORT, 2, SENTENCE, "Mai Thu Hà 🎬")
SECOND = cite(
    LETTER,
    1,
    "We are glad to report that Mai Thu Hà leads the committee from this spring on, "
    "and that the partners will hear the plans for the archive from her in person.",
    "Mai Thu Hà",
    rank=2,
)
OPENING = cite(REPORT, 2, ARCHIVE, "4 May 2026")
LONG = answered(
    "long", cite(LONG_DOCUMENT, 1, "The answer stands here.", "answer"), probability=0.8
)
REASONS: dict[str, Reason] = {
    "price": "below_threshold",
    "moon": "out_of_corpus",
    "hello": "not_a_question",
    "bonjour": "language",
}


def reply_to(question: str) -> Answer:
    """The written answer to ``question``."""
    words = question.lower()
    for word, reason in REASONS.items():
        if word in words:
            misses = (MAIN, cite(REPORT, 3, REPORT.text.split("\n\n")[3]))
            return refused(question, reason, *(misses if word == "price" else ()))
    if "hostile" in words:
        source = HOSTILE_DOCUMENTS[int(words.split()[-1])]
        return answered(question, cite(source, 1, f"the answer {source.title}", source.title))
    if "arabic" in words:
        return answered(question, cite(ARABIC, 1, "تقود ماي تو ها لجنة المهرجان منذ الربيع."))
    if "bidi" in words:
        return answered(question, cite(BIDI, 1, "The total is \u202e000,1\u202c dollars", "000,1"))
    if "when" in words:
        resolved = "When does the archive open?" if "open" not in words else None
        return answered(question, OPENING, band="medium", probability=0.71, resolved=resolved)
    if "long" in words:
        return LONG
    if "low" in words:
        return answered(question, OPENING, band="low", probability=0.55)
    if "title" in words:
        said = tuple(
            DisputedWords(p.passage.passage_id, h.start, h.end, p.document.text[h.start : h.end])
            for p in (MAIN, SECOND)
            for h in p.highlights[1:]
        )
        differ = (Disagreement("title", said),)
        third = cite(REPORT, 3, REPORT.text.split("\n\n")[3])
        return answered(question, MAIN, SECOND, third, disagreements=differ)
    return answered(question, MAIN, SECOND, sources=2)


def as_json(answer: Answer) -> dict[str, Any]:
    """``answer`` in the shape of the contract."""
    return {
        "answer_id": "01JTESTANSWER",
        "status": answer.status,
        "reason": answer.reason,
        "question": answer.question,
        "resolved_question": answer.resolved_question,
        "lang": answer.lang,
        "confidence": {
            "probability": answer.confidence.probability,
            "band": answer.confidence.band,
            "threshold": answer.confidence.threshold,
        },
        "passages": [_passage(p) for p in answer.passages],
        "corroboration": [
            {"passage_ids": list(c.passage_ids), "sources": c.sources} for c in answer.corroboration
        ],
        "disagreements": [asdict(d) for d in answer.disagreements],
        "near_misses": [_passage(p) for p in answer.near_misses],
        "suggestions": list(answer.suggestions),
        "index": {
            "generation": INFO.generation,
            "fingerprint": INFO.fingerprint,
            "built_at": INFO.built_at,
            "model": INFO.model,
            "documents": 2,
        },
        "timing_ms": answer.timing_ms,
    }


def _passage(cited: CitedPassage) -> dict[str, Any]:
    passage, source = cited.passage, cited.document
    return {
        "passage_id": passage.passage_id,
        "rank": cited.rank,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "highlights": [{"start": h.start, "end": h.end, "kind": h.kind} for h in cited.highlights],
        "score": cited.score,
        "scores": cited.scores,
        "lang": source.lang,
        "source": {
            "doc_id": source.doc_id,
            "title": source.title,
            "publisher": source.publisher,
            "published": source.published,
            "url": source.url,
            "section": passage.section,
            "page": passage.page,
            "paragraph": passage.paragraph,
            "sha256": source.sha256,
        },
        # Unsafe on purpose where the document is hostile: the widget must not rely on others.
        "links": {"view": cited.view_url, "source": cited.source_url},
        "citation": cited.citation,
    }


@dataclass
class StubService:
    """The application and what it received. ``failures`` are sent before any answer."""

    received: list[dict[str, Any]] = field(default_factory=list)
    feedback: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    failures: list[Response] = field(default_factory=list)
    delay_s: float = 0.0
    """Before an answer; what waits goes on as soon as it is set to 0."""
    app: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        self.app = _app(self)

    def reset(self) -> None:
        self.received.clear()
        self.feedback.clear()
        self.requests.clear()
        self.failures.clear()
        self.delay_s = 0.0

    async def delay(self) -> None:
        """Wait as long as ``delay_s`` says."""
        begun = time.monotonic()
        while time.monotonic() - begun < self.delay_s:
            await asyncio.sleep(0.01)


def problem(status: int, title: str, detail: str, **headers: str) -> Response:
    """An RFC 9457 reply."""
    return JSONResponse(
        {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": detail,
            "request_id": "r1",
        },
        status,
        {"Retry-After": "0", **headers} if status in (429, 503) else headers,
        "application/problem+json",
    )


FOREIGN = """<!doctype html><html lang="en" dir="rtl"><head><meta charset="utf-8">
<title>Another site</title>
<style>html{font-size:5px} *{all:unset !important} *{all:unset} button{display:none!important}
ask-the-record{display:none;position:absolute;left:-9999px;font-size:3px;color:white}</style>
</head><body><p>Another site</p><button>Its own</button>
<script defer src="SERVICE/widget.js" data-title="Ask the festival"></script></body></html>"""
PLAIN = """<!doctype html><html lang="LANG"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>A site</title>
</head><body><main><h1>A site</h1><p>Words of the site.</p><button id="own">Its own</button></main>
<script defer src="/widget.js" ATTRIBUTES></script></body></html>"""


def _app(stub: StubService) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
        stub.requests.append(request.url.path)
        if request.method == "OPTIONS":
            response = Response(status_code=204)
            response.headers["Access-Control-Allow-Headers"] = "content-type"
        else:
            response = await call_next(request)
        if request.url.path not in ("/foreign", "/strict"):
            response.headers["Content-Security-Policy"] = POLICY
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.get("/widget.js")
    async def widget() -> Response:
        return FileResponse(STATIC / "widget.js", media_type="text/javascript")

    @app.get("/static/{name}")
    async def static(name: str) -> Response:
        return FileResponse(STATIC / name)

    @app.get("/", response_class=HTMLResponse)
    async def chat(q: str = "", lang: str = "en") -> str:
        answer = reply_to(q) if q else None
        return pages.render_chat_page(
            title="River Festival",
            suggestions=SUGGESTIONS,
            index_info=INFO,
            documents=2,
            answer=answer,
            reply=json.dumps(as_json(answer)) if answer else None,
            question=q,
            lang=lang,
        )

    @app.get("/embed", response_class=HTMLResponse)
    async def embed() -> str:
        return pages.render_embed_page(title="River Festival", suggestions=SUGGESTIONS)

    @app.get("/widget", response_class=HTMLResponse)
    async def owners(request: Request) -> str:
        return pages.render_widget_page(title="River Festival", address=str(request.base_url)[:-1])

    @app.get("/operator", response_class=HTMLResponse)
    async def operator() -> str:
        asked = [
            Asked(f"a{i}", "2026-01-02T10:00:00+00:00", status, None, "en", 0.9, ("d#1",), p, ())
            for i, p in enumerate((*SUGGESTIONS, *HOSTILE))
            for status in (("answered", "no_answer")[i % 2],)
        ]
        votes = {
            a.answer_id: Vote(a.answer_id, a.question, "down", (HOSTILE[0][:40],), a.question, "")
            for a in asked[::3]
        }
        days = by_day(asked, votes, ["2026-01-01", "2026-01-02"])
        return pages.render_operator_page(
            asked, votes, days, keeps_words=True, kept_days=90, title="River Festival"
        )

    @app.get("/documents", response_class=HTMLResponse)
    async def documents(q: str = "") -> str:
        found = (
            [d for d in DOCUMENTS.values() if find_words(d.text, q)] if q else DOCUMENTS.values()
        )
        return pages.render_documents_page(list(found), q=q, title="River Festival")

    @app.get("/documents/{doc_id:path}", response_class=HTMLResponse)
    async def one(
        doc_id: str, start: int | None = None, end: int | None = None, q: str = ""
    ) -> str:
        found = DOCUMENTS[doc_id]
        return pages.render_document_page(found, start, end, q=q, title="River Festival")

    @app.get("/suggestions")
    async def suggestions() -> dict[str, Any]:
        return {"suggestions": list(SUGGESTIONS)}

    @app.post("/feedback")
    async def feedback(request: Request) -> Response:
        stub.feedback.append(await request.json())
        return Response(status_code=204)

    @app.post("/ask")
    async def ask(request: Request) -> Response:
        body = await request.json()
        stub.received.append(body)
        await stub.delay()
        if stub.failures:
            return stub.failures.pop(0)
        content = as_json(reply_to(body["question"]))
        if "hostile" in body["question"].lower():
            for passage in content["passages"]:
                passage["links"] = {
                    "view": passage["source"]["url"],
                    "source": passage["source"]["url"],
                }
        return JSONResponse(content)

    @app.get("/plain", response_class=HTMLResponse)
    async def plain(lang: str = "en", attributes: str = "") -> str:
        return PLAIN.replace("LANG", lang).replace("ATTRIBUTES", attributes)

    @app.get("/foreign", response_class=HTMLResponse)
    async def foreign(service: str) -> str:
        return FOREIGN.replace("SERVICE", service)

    @app.get("/strict", response_class=HTMLResponse)
    async def strict(service: str, policy: str, response: Response) -> str:
        response.headers["Content-Security-Policy"] = policy
        return holding(f'<script defer src="{service}/widget.js"></script>')

    @app.get("/many", response_class=HTMLResponse)
    async def many(count: int) -> str:
        return holding(
            "<ask-the-record></ask-the-record>" * count + '<script defer src="/widget.js"></script>'
        )

    @app.get("/holding", response_class=HTMLResponse)
    async def holding_page(body: str) -> str:
        return holding(body)

    return app


def holding(body: str) -> str:
    """A page with ``body`` and nothing else of its own."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A site</title>'
        f"</head><body>{body}</body></html>"
    )
