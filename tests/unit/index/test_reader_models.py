"""Any model of the right kind reads: exported at build, checked, opened when a service starts."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import reader_models
from index.build import BuildOptions, build_index
from index.errors import IndexCorrupt, IndexMismatch, ModelError
from index.generations import current
from index.onnx_session import open_session
from index.search_index import load
from tests.fake_models import WordEmbedder

WORDS = "who opened the harbour was by mary jones in 1911 , people said ? .".split()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three tiny random networks: one logit, two logits, first and last token."""
    torch = pytest.importorskip("torch")
    import transformers

    hub: Any = transformers
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("models")
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]))
    tokenizer = hub.BertTokenizerFast(vocab=str(vocabulary))
    sizes: dict[str, Any] = {
        "vocab_size": len(WORDS) + 5,
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
    }
    for name, kind, labels in (
        ("cross-encoder", hub.BertForSequenceClassification, 1),
        ("sentiment", hub.BertForSequenceClassification, 2),
        ("answering", hub.BertForQuestionAnswering, 2),
    ):
        kind(hub.BertConfig(**sizes, num_labels=labels)).save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    return folder


def built(models: Path, output: Path, **options: Any) -> Path:
    corpus = output / "corpus"
    corpus.mkdir(parents=True)
    (corpus / "a.md").write_text(
        "# A\n\nThe harbour was opened by Mary Jones in 1911, people said.\n"
    )
    build_index([corpus], output / "index", BuildOptions(**options), embedder_factory=WordEmbedder)
    return output / "index"


def test_cross_encoder_of_the_hub_is_exported_with_the_same_logits(
    models: Path, tmp_path: Path
) -> None:
    import torch
    import transformers

    hub: Any = transformers
    reader_models.make_ready(str(models / "cross-encoder"), "reader", tmp_path / "reader")
    session = open_session((tmp_path / "reader" / "model.onnx").read_bytes())
    tokenizer = hub.AutoTokenizer.from_pretrained(models / "cross-encoder")
    network = hub.BertForSequenceClassification.from_pretrained(models / "cross-encoder").eval()
    # Neither the length nor the words of the sample that the export was traced with.
    encoded = tokenizer("who was jones?", "by the harbour.", return_tensors="pt")
    with torch.no_grad():
        expected = network(**encoded).logits[:, 0].numpy()
    (given,) = session.run(None, {n: np.asarray(v) for n, v in encoded.items()})
    assert given == pytest.approx(expected, abs=1e-4)
    assert (tmp_path / "reader" / "tokenizer.json").is_file()


def test_index_holds_both_models_and_opens_them(models: Path, tmp_path: Path) -> None:
    from service.readers import open_reader
    from service.windows import windows_of

    index = built(
        models,
        tmp_path,
        reader=str(models / "cross-encoder"),
        span_reader=str(models / "answering"),
    )
    generation = current(index)
    assert {"reader/model.onnx", "span_reader/model.onnx"} <= set(generation.manifest.files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.search_index._query_embedder", lambda *_: WordEmbedder())
        opened = load(generation)
    reader = open_reader(opened, threads=1)
    assert reader.name.endswith("answering")
    (passage,) = opened.store.passages([0])
    (reading,) = reader.read("who opened the harbour?", windows_of(passage, 80))
    assert reading.span is not None
    assert passage.start <= reading.span.start < reading.span.end <= passage.end
    reader.close()
    opened.close()


def test_damaged_reader_is_found_before_it_is_loaded(models: Path, tmp_path: Path) -> None:
    index = built(models, tmp_path, reader=str(models / "cross-encoder"))
    generation = current(index)
    path = generation.folder / "reader" / "model.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.search_index._query_embedder", lambda *_: WordEmbedder())
        with pytest.raises(IndexCorrupt, match=r"reader/model\.onnx"):
            load(generation)


def test_classifier_of_two_classes_is_refused_by_name(models: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"sentiment.*gives 2 logits.*one"):
        built(models, tmp_path, reader=str(models / "sentiment"))
    assert not list((tmp_path / "index").glob("generations/*"))


def test_onnx_model_without_its_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"onnx")
    with pytest.raises(ModelError, match=r"holds no tokenizer\.json"):
        reader_models.make_ready(str(tmp_path), "reader", tmp_path / "reader")


def test_other_model_of_the_same_name_is_a_mismatch(models: Path, tmp_path: Path) -> None:
    generation = current(built(models, tmp_path))
    settings = {**generation.manifest.settings, "reader_sha256": "0" * 64}
    changed = dataclasses.replace(
        generation, manifest=dataclasses.replace(generation.manifest, settings=settings)
    )
    with pytest.raises(IndexMismatch, match=r"0000000.*build the index again"):
        reader_models.load(changed, "reader", "record-reader-2")


def test_reader_that_is_no_longer_there_is_a_mismatch_with_a_remedy(
    models: Path, tmp_path: Path
) -> None:
    generation = current(built(models, tmp_path))
    with pytest.raises(IndexMismatch, match="build the index again"):
        reader_models.load(generation, "reader", "record-reader-0")
