"""Small records for the tests of answering: indexed for real, read by readable stand-ins."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from index import search_index
from index.build import build_index
from index.chunking import passages_of
from index.generations import Generation
from index.lexical_index import LexicalIndex
from index.lexicon import Lexicon
from index.manifest import FORMAT, Manifest
from index.record_store import RecordStore, RecordWriter, embedding_text
from index.search_index import SearchIndex
from index.types import Block, Document, Passage
from index.vector_index import VectorIndex
from service.confidence import Calibration
from service.evidence import FEATURES, Evidence
from tests.fake_models import WordEmbedder


def document(doc_id: str, *paragraphs: str, title: str = "Untitled", **fields: object) -> Document:
    """A document of ``paragraphs``; its title is not part of its text."""
    text, blocks = "", []
    for paragraph in paragraphs:
        text += "\n\n" if text else ""
        blocks.append(Block(len(text), len(text) + len(paragraph)))
        text += paragraph
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Document(doc_id, text, title, tuple(blocks), f"{doc_id}.txt", sha256, **fields)  # type: ignore[arg-type]


def only_passage(text: str, doc_id: str = "doc", title: str = "Untitled") -> Passage:
    """The passage of a document of one paragraph."""
    (passage,) = passages_of(document(doc_id, text, title=title))
    return passage


def indexed(
    folder: Path,
    documents: Sequence[Document],
    passage_vectors: Sequence[Sequence[float]] | None = None,
    sentence_vectors: Sequence[Sequence[float]] | None = None,
) -> SearchIndex:
    """Index ``documents`` by hand; vectors that are not given are those of ``WordEmbedder``."""
    embedder = WordEmbedder()
    passages: list[Passage] = []
    with RecordWriter(folder / "record.sqlite") as writer:
        for one in documents:
            cut = passages_of(one, first_row=len(passages))
            writer.add(one, cut)
            passages += cut
    by_id = {d.doc_id: d for d in documents}
    texts = [embedding_text(by_id[p.doc_id].title, p.section, p.text) for p in passages]
    sentences = [by_id[p.doc_id].text[s:e] for p in passages for s, e in p.sentences]
    vectors = embedder.encode(texts) if passage_vectors is None else passage_vectors
    rows = embedder.encode(sentences) if sentence_vectors is None else sentence_vectors
    store = RecordStore(folder / "record.sqlite")
    return SearchIndex(
        generation=Generation(folder, _manifest(documents, len(passages))),
        store=store,
        vectors=VectorIndex.build(np.asarray(vectors, dtype=np.float32)),
        sentence_vectors=np.asarray(rows, dtype=np.float16),
        first_sentences=np.append(store.first_sentences(), len(sentences)),
        lexical=LexicalIndex.build(texts),
        lexicon=Lexicon.build([d.text for d in documents]),
        embedder=embedder,
    )


def built(corpus: Iterable[Mapping[str, object]], folder: Path) -> SearchIndex:
    """Build ``corpus`` (JSON Lines records) as the command does, and open what was built."""
    source = folder / "corpus.jsonl"
    source.write_text("".join(json.dumps(record) + "\n" for record in corpus), encoding="utf-8")
    build_index([source], folder / "index", embedder_factory=WordEmbedder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "_query_embedder", lambda *_: WordEmbedder())
        return search_index.open_index(folder / "index")


def calibration(
    weights: Mapping[str, float], intercept: float = 0.0, threshold: float = 0.5
) -> Calibration:
    """A calibration with means 0 and scales 1; features that are not named weigh nothing."""
    return Calibration(
        reader="by hand",
        threshold=threshold,
        intercept=intercept,
        weights=np.asarray([weights.get(name, 0.0) for name in FEATURES]),
        means=np.zeros(len(FEATURES)),
        scales=np.ones(len(FEATURES)),
        fitted_on="nothing",
    )


def evidence(**values: float) -> Evidence:
    """Evidence that is 0 but for ``values``."""
    return Evidence(**dict.fromkeys(FEATURES, 0.0) | values)


def _manifest(documents: Sequence[Document], passages: int) -> Manifest:
    return Manifest(
        format=FORMAT,
        generation="20250401T000000Z-by-hand",
        built_at="2025-04-01T00:00:00+00:00",
        fingerprint="sha256:" + "0" * 64,
        settings={},
        model={"name": "words", "sha256": "0" * 64, "dim": 64, "export": None},
        reader="overlap",
        span_reader=None,
        counts={"documents": len(documents), "passages": passages},
        languages={"en": len(documents)},
        libraries={},
        left_out=(),
        files={},
    )
