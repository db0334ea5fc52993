"""Haystack's hybrid retrieval: BM25 and embeddings in one pipeline, ranks fused."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.systems import Passage


class HaystackHybrid:
    """The in-memory store, both of its retrievers and a joiner, as its documentation has it."""

    def __init__(
        self,
        model: Path,
        titled: bool = True,
        join: str = "reciprocal_rank_fusion",
        depth: int = 10,
        **store: Any,
    ) -> None:
        """``depth`` is how many each retriever gives; ``store`` goes to the document store."""
        self._model, self._titled, self._join, self._depth = str(model), titled, join, depth
        self._store = store
        self._pipeline: Any = None

    def build(self, passages: Sequence[Passage], folder: Path) -> None:
        """See ``System``."""
        from haystack import Document
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
        )

        embedder = SentenceTransformersDocumentEmbedder(
            model=self._model, progress_bar=False, local_files_only=True
        )
        documents = [
            Document(id=p.id, content=p.titled if self._titled else p.text) for p in passages
        ]
        store = InMemoryDocumentStore(embedding_similarity_function="cosine", **self._store)
        store.write_documents(embedder.run(documents=documents)["documents"])
        store.save_to_disk(str(folder / "store.json"))

    def open(self, folder: Path) -> None:
        """See ``System``."""
        from haystack import Pipeline
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import (
            InMemoryBM25Retriever,
            InMemoryEmbeddingRetriever,
        )
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersTextEmbedder,
        )

        store = InMemoryDocumentStore.load_from_disk(str(folder / "store.json"))
        embedder = SentenceTransformersTextEmbedder(
            model=self._model, progress_bar=False, local_files_only=True
        )
        pipeline = Pipeline()
        pipeline.add_component("embedder", embedder)
        pipeline.add_component("words", InMemoryBM25Retriever(store, top_k=self._depth))
        pipeline.add_component("vectors", InMemoryEmbeddingRetriever(store, top_k=self._depth))
        pipeline.add_component("joiner", DocumentJoiner(join_mode=self._join))
        pipeline.connect("embedder.embedding", "vectors.query_embedding")
        pipeline.connect("words", "joiner")
        pipeline.connect("vectors", "joiner")
        pipeline.warm_up()
        self._pipeline = pipeline

    def search(self, question: str, k: int) -> list[str]:
        """See ``System``."""
        asked = {"embedder": {"text": question}, "words": {"query": question}}
        found = self._pipeline.run({**asked, "joiner": {"top_k": k}})["joiner"]["documents"]
        return [str(document.id) for document in found]
