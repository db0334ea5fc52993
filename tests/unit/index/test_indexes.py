"""Vector index, lexical index, record store and lexicon, each against an exact oracle."""

import math
from pathlib import Path

import bm25s
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from index import postings
from index.acronyms import find_acronyms
from index.analysis import fold, terms, words
from index.language import detect_language
from index.lexical_index import LexicalIndex, best_rows
from index.lexicon import Lexicon
from index.record_store import RecordStore, RecordWriter
from index.vector_index import FloatArray, VectorIndex


@pytest.fixture
def vectors() -> np.ndarray:  # type: ignore[type-arg]
    random = np.random.default_rng(0).normal(size=(200, 16)).astype(np.float32)
    return random / np.linalg.norm(random, axis=1, keepdims=True)


def test_vector_search_equals_a_dot_product(vectors: np.ndarray) -> None:  # type: ignore[type-arg]
    index = VectorIndex.from_bytes(VectorIndex.build(vectors).to_bytes())
    query = vectors[7]
    oracle = vectors @ query
    scores, rows = index.search(query, 5)
    assert rows.tolist() == np.argsort(-oracle)[:5].tolist()
    np.testing.assert_allclose(scores, np.sort(oracle)[::-1][:5], atol=1e-6)


def test_a_filter_searches_exactly_its_rows(vectors: np.ndarray) -> None:  # type: ignore[type-arg]
    index = VectorIndex.build(vectors)
    allowed = np.asarray([3, 50, 120, 199], dtype=np.int64)
    query = vectors[7]
    _, rows = index.search(query, 3, allowed)
    assert rows.tolist() == allowed[np.argsort(-(vectors[allowed] @ query))[:3]].tolist()
    assert index.search(query, 3, np.zeros(0, np.int64))[1].size == 0
    np.testing.assert_allclose(index.cosines(query, allowed), vectors[allowed] @ query, atol=1e-6)


def test_a_vector_that_is_not_of_length_one_is_refused(vectors: np.ndarray) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match=r"vector 4 has length 2\.0000, expected 1"):
        VectorIndex.build(np.vstack([vectors[:4], vectors[:1] * 2]))


def test_bm25_scores_are_those_worked_out_by_hand() -> None:
    # Three passages of 3, 1 and 2 terms, 2 on average; "film" in two of them, k1 1.2, b .75.
    index = LexicalIndex.build(["film film park", "boston", "film hub"])
    idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    first = idf * 2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2))
    third = idf * 1 / (1 + 1.2 * (0.25 + 0.75 * 2 / 2))
    assert index.idf("film") == pytest.approx(idf)
    np.testing.assert_allclose(index.scores(["film"]), [first, 0, third], rtol=1e-5)
    np.testing.assert_allclose(index.scores(["nothing"]), [0, 0, 0])


@settings(deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("film park hub boston 2025 lan".split()), max_size=9)),
    st.integers(1, 5),
)
def test_bm25_scores_are_those_of_bm25s(texts: list[list[str]], batch: int) -> None:
    assume(any(texts))
    index = built_in_batches([" ".join(words) for words in texts], batch)
    oracle = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    oracle.index([terms(" ".join(words)) for words in texts], show_progress=False)
    for word in index.vocabulary:
        expected = oracle.get_scores([word])
        np.testing.assert_allclose(index.scores([word]), expected, rtol=1e-5)


def built_in_batches(texts: list[str], batch: int) -> LexicalIndex:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postings, "BATCH", batch)
        return LexicalIndex.build(texts)


@given(
    st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0]), max_size=3000),
    st.integers(1, 4),
    st.integers(0, 2),
)
def test_the_best_rows_are_those_of_a_full_sort(
    values: list[float], k: int, every_second: int
) -> None:
    scores = np.asarray(values, dtype=np.float32)
    rows = np.arange(0, len(scores), 2) if every_second else None
    allowed = range(len(scores)) if rows is None else rows.tolist()
    expected = sorted((r for r in allowed if scores[r] > 0), key=lambda r: (-scores[r], r))[:k]
    assert sorted(best_rows(scores, k, rows).tolist()) == sorted(expected)


def test_a_lexical_index_is_the_same_after_its_files(tmp_path: Path) -> None:
    index = LexicalIndex.build(["film park", "", "boston film"])
    again = reopened(index, tmp_path / "lexical")
    np.testing.assert_array_equal(index.scores(["film"]), again.scores(["film"]))
    assert again.size == 3


def reopened(index: LexicalIndex, folder: Path) -> LexicalIndex:
    index.write(folder)
    return LexicalIndex.load(
        lambda name: (folder / name).read_bytes(), lambda name: np.load(folder / name)
    )


def test_a_lexical_index_of_nothing_answers_nothing(tmp_path: Path) -> None:
    index = reopened(LexicalIndex.build(["", "..."]), tmp_path / "lexical")
    assert index.scores(["film"]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ngô Phương Lan", ["ngo", "phuong", "lan"]),
        ("the U.S. film", ["the", "us", "film"]),
        ("US$3.5 million", ["us", "3.5", "million"]),
        ("Đà Nẵng", ["da", "nang"]),
        ("Vietnam-US", ["vietnam", "us"]),
    ],
)
def test_words_are_folded(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_terms_are_stemmed_and_without_stop_words() -> None:
    assert terms("The films were being produced") == terms("film producing")
    assert fold("ÉCOLE") == "ecole"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the Boston Global Forum (BGF) met", {"BGF": ["Boston Global Forum"]}),
        ("the BGF (Boston Global Forum) met", {"BGF": ["Boston Global Forum"]}),
        ("Bank of England (BoE)", {"BoE": ["Bank of England"]}),
        ("an AI World Society (AIWS) park", {"AIWS": ["AI World Society"]}),
        ("artificial intelligence (AI)", {"AI": ["artificial intelligence"]}),
        ("he was late (NASA)", {}),
        ("in the year (1995)", {}),
        ("Angela Perry (Boston Casting)", {}),
    ],
)  # fmt: skip
def test_acronyms_are_those_that_the_text_explains(
    text: str, expected: dict[str, list[str]]
) -> None:
    assert find_acronyms([text]) == expected


def test_an_acronym_keeps_every_long_form() -> None:
    found = find_acronyms(["Vietnam Film Development Association (VFDA)",
                           "Vietnam Cinema Development Promotion Association (VFDA)"])  # fmt: skip
    assert len(found["VFDA"]) == 2


def test_the_lexicon_is_the_same_after_its_bytes() -> None:
    lexicon = Lexicon.build(["Boston Global Forum (BGF)", "Boston"])
    assert Lexicon.from_bytes(lexicon.to_bytes()) == lexicon
    assert lexicon.word_counts["boston"] == 2


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Who is the president of the association?", "en"),
        ("Ai là chủ tịch của hiệp hội?", "vi"),
        ("Wer ist der Präsident der Gesellschaft und was hat er gesagt?", "de"),
        ("¿Quién es el presidente de la asociación?", "es"),
        ("誰が会長ですか", "ja"),
        ("Кто президент?", "ru"),
        ("VFDA", None),
        ("1995?", None),
    ],
)
def test_the_language_of_a_question_is_told_when_it_is_clear(text: str, lang: str | None) -> None:
    assert detect_language(text) == lang


def test_a_record_store_gives_back_what_was_written(tmp_path: Path) -> None:
    from index.chunking import passages_of
    from index.loaders.blocks import paragraphs_of_plain_text, text_sha256
    from index.types import Document

    path = tmp_path / "record.sqlite"
    documents = []
    with RecordWriter(path) as writer:
        of_each = (("2025-03-12", "A", "en"), (None, None, "vi"), ("2024-01-01", "B", "en-US"))
        for number, (published, publisher, lang) in enumerate(of_each):
            one = f"Paragraph one of document {number} is long enough to stand alone. It is 😀."
            text = f"{one}\n\nParagraph two of the same document follows."
            blocks = paragraphs_of_plain_text(text)
            made = Document(f"d{number}", text, "T", blocks, "p", text_sha256(text),
                            published=published, publisher=publisher, lang=lang,
                            extra={"k": "v"})  # fmt: skip
            documents.append(made)
            writer.add(made, passages_of(made, first_row=writer.passages))
    store = RecordStore(path)
    assert store.documents() == documents
    assert store.document("d1") == documents[1]
    assert store.document("nothing") is None
    assert [p.row for p in store.passages([4, 0, 2])] == [4, 0, 2]
    first = store.passages([0])[0]
    assert documents[0].text[first.start : first.end] == first.text
    assert store.rows(doc_ids=["d1", "d2"]).tolist() == [2, 3, 4, 5]
    assert store.rows(published_from="2025-01-01").tolist() == [0, 1]
    assert store.rows(published_to="2025-01-01").tolist() == [4, 5]
    assert store.rows(publishers=["B", "C"]).tolist() == [4, 5]
    assert store.rows(languages=["en"]).tolist() == [0, 1, 4, 5]
    assert store.rows(languages=["vi"], publishers=["A"]).tolist() == []
    assert store.first_sentences().tolist() == [0, 2, 3, 5, 6, 8]
    store.close()


def test_writing_to_a_file_gives_the_bytes_and_tells_a_full_disk(
    vectors: FloatArray, tmp_path: Path
) -> None:
    index = VectorIndex.build(vectors)
    with (tmp_path / "x").open("wb") as file:
        index.write(file)
    assert (tmp_path / "x").read_bytes() == index.to_bytes()
    with (
        pytest.raises(OSError, match="No space left"),
        open("/dev/full", "wb", buffering=0) as full,
    ):
        index.write(full)


def test_words_of_ascii_are_those_of_the_general_rule() -> None:
    # "₨" folds to "Rs", with a capital; the dot and the accent take the general rule.
    for text, expected in {
        "The U.S. paid ₨ 1,200.5": ["the", "us", "paid", "Rs", "1,200.5"],
        "Café A.B.C. x2y": ["cafe", "abc", "x", "2", "y"],
        "naïve “U.K.” 3.": ["naive", "uk", "3"],
    }.items():
        assert words(text) == expected
