"""The encoders of a build: like sentence-transformers, repeatable, taken over when made alike."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from index import encoders, generations, quantised_encoder
from index.build import BuildOptions, BuildReport, build_index
from index.embedding import SentenceTransformerEmbedder
from index.models import find_model
from index.search_index import open_index

MODEL = "all-MiniLM-L6-v2"
TEXTS = (
    "The lighthouse was lit in 1871, and its keeper was Ada Linh Moreau.",
    "Report\nFerries\nFerries leave the northern pier every hour. A crossing takes 25 minutes.",
    "Hội thảo được tổ chức tại Đại học Harvard vào tháng 3.",
    "why",
    "An enzyme that cuts the strand at 37 °C was found (p < 0.05). " * 20,
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, and an index of it made by the real model."""
    folder = tmp_path_factory.mktemp("encoders")
    (folder / "corpus").mkdir()
    for number, text in enumerate(TEXTS):
        (folder / "corpus" / f"{number}.txt").write_text(text)
    build(folder)
    return folder


def build(folder: Path, options: BuildOptions = BuildOptions()) -> BuildReport:
    return build_index([folder / "corpus"], folder / "index", options)


@pytest.mark.slow
def test_the_vectors_are_those_of_sentence_transformers_to_a_cosine_of_099(scratch: Path) -> None:
    opened = open_index(scratch / "index")
    texts = [s for _, sentences in opened.store.texts() for s in sentences]
    expected = SentenceTransformerEmbedder(find_model(MODEL)).encode(texts)
    stored = np.asarray(opened.sentence_vectors, dtype=np.float32)
    cosines = (stored * expected).sum(axis=1) / np.linalg.norm(stored, axis=1)
    assert cosines.min() >= 0.99
    questions = opened.embedder.encode(texts)
    assert (questions * expected).sum(axis=1).min() >= 0.9999
    opened.close()


@pytest.mark.slow
def test_a_vector_does_not_depend_on_its_neighbours_or_on_the_threads(scratch: Path) -> None:
    model = find_model(MODEL)
    made_alike = encoders.prepare(
        model,
        _empty(scratch, "alone"),
        scratch / "cache-alone",
        generations.current(scratch / "index"),
    ).open()
    together = made_alike.encode(TEXTS)
    alone = np.concatenate([made_alike.encode([text]) for text in TEXTS])
    assert np.array_equal(together, alone)


@pytest.mark.slow
def test_a_second_build_needs_no_pytorch_and_gives_the_same_files(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = generations.current(scratch / "index").manifest
    monkeypatch.setattr(encoders, "SentenceTransformerEmbedder", _refuse)
    after = build(scratch)
    assert after.embedded == 0
    assert after.generation.manifest.files == before.files
    assert after.generation.manifest.model == before.model


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["missing", "damaged"])
def test_a_lost_quantised_encoder_is_made_again_without_pytorch(
    scratch: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    [kept] = (scratch / "index" / "embeddings").glob("encoder-*.onnx")
    data = kept.read_bytes()
    if fault == "missing":
        kept.unlink()
    else:
        kept.write_bytes(data[:-100] + bytes(100))
    monkeypatch.setattr(encoders, "SentenceTransformerEmbedder", _refuse)
    (scratch / "corpus" / "new.txt").write_text(f"A new text for {fault}.")
    assert build(scratch).embedded == 2
    assert kept.read_bytes() == data


@pytest.mark.slow
def test_a_damaged_export_is_made_again(scratch: Path) -> None:
    made = generations.current(scratch / "index")
    path = made.folder / encoders.MODEL
    with path.open("r+b") as file:
        file.seek(1000)
        file.write(bytes(8))
    assert generations.verify(made)
    again = build(scratch).generation
    assert generations.verify(again) == []
    assert again.manifest.files[encoders.MODEL] == made.manifest.files[encoders.MODEL]


@pytest.mark.slow
def test_other_libraries_or_another_recipe_take_nothing_over(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    previous = generations.current(scratch / "index")
    model = find_model(MODEL)
    monkeypatch.setattr(encoders, "SentenceTransformerEmbedder", _refuse)
    for name, value in (("versions", lambda: {"onnxruntime": "0"}), ("RECIPE", "another")):
        with monkeypatch.context() as patch:
            patch.setattr(encoders, name, value)
            with pytest.raises(AssertionError, match="needs PyTorch"):
                encoders.prepare(model, _empty(scratch, "x"), scratch / "cache", previous)
    other = dataclasses.replace(model, sha256="0" * 64)
    with pytest.raises(AssertionError, match="needs PyTorch"):
        encoders.prepare(other, _empty(scratch, "x"), scratch / "cache", previous)


@pytest.mark.slow
def test_where_integers_differ_too_much_float32_is_used(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoders, "MIN_QUANTISED_COSINE", 1.1)
    folder = _empty(scratch, "float")
    encoder = encoders.prepare(find_model(MODEL), folder, scratch / "float-cache", None)
    assert encoder.facts["weights"] == "float32"
    assert not (scratch / "float-cache").exists()
    expected = SentenceTransformerEmbedder(find_model(MODEL)).encode(TEXTS)
    assert (encoder.open().encode(TEXTS) * expected).sum(axis=1).min() >= 0.9999


def test_quantising_leaves_no_handler_on_the_root_logger() -> None:
    import logging

    before = logging.getLogger().handlers[:]
    quantised_encoder._quietly(lambda: logging.warning("advice"))
    assert logging.getLogger().handlers == before


def _refuse(*_: object) -> None:
    raise AssertionError("this needs PyTorch")


def _empty(scratch: Path, name: str) -> Path:
    folder = scratch / f"{name}-{os.urandom(3).hex()}"
    folder.mkdir()
    return folder
