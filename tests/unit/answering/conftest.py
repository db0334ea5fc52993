"""A small record about an invented harbour, built as the command builds it."""

from collections.abc import Iterator

import pytest

from index.search_index import SearchIndex
from service.pipeline import QuestionAnswerer
from tests.fake_models import OverlapReader
from tests.fakes_answering import built, calibration

CORPUS = (
    {
        "id": "history",
        "title": "History of the harbour",
        "publisher": "Harbour News",
        "published": "2024-05-01",
        "url": "https://news.example/history",
        "text": "The lighthouse was opened in May 1931 by Governor Anna Holm. It stands on the "
        "northern pier.\n\nThe Royal Lighthouse Society (RLS) owns the lighthouse. Its members "
        "meet each Tuesday.",
    },
    {
        "id": "press kit#1",
        "title": "Press kit",
        "published": "2025-03-12",
        "text": "Anna Holm opened the lighthouse in May 1931, the oldest papers say.\n\n"
        "Tickets for the museum cost forty crowns and are sold at the pier.",
    },
    {
        "id": "đèn/🗼",
        "title": "Đèn biển 🗼",
        "text": "🗼🗼 The lamp 💡 burns whale oil. 👩‍🚒 Keepers carry it up 𝔞𝔩𝔩 the stairs.\n\n"
        "Cafe\u0301s by the pier serve pho\u031b\u0309 soup 🍜 to sailors. Nora Lund runs one.",
    },
    {
        "id": "undated",
        "title": "Storm diary",
        "text": "Eleven boats sank when the storm came. Nobody rang the bell.",
    },
)
# One shared term of a sentence is .27, two .95 and none .007.
BY_OVERLAP = calibration({"relevance": 1.0}, intercept=-1.0)


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    opened = built(CORPUS, tmp_path_factory.mktemp("record"))
    yield opened
    opened.close()


@pytest.fixture
def answerer(index: SearchIndex) -> QuestionAnswerer:
    return QuestionAnswerer(index, OverlapReader(), BY_OVERLAP)
