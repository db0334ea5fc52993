"""Every file of a generation, damaged in every way: found before anything reads the bytes."""

import hashlib
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from index import generations, onnx_session, record_store, vector_index
from index.build import _hashes as hashes
from index.build import build_index
from index.errors import IndexNotFound, RecordError
from index.search_index import load, open_index
from tests.conftest import RecordFigure
from tests.fake_models import DIM, WordEmbedder

PAGE = 4_096
FLIPS = 12
VOCABULARY = {"[UNK]": 0, **{f"word{number}": number for number in range(1, 200)}}


@dataclass(frozen=True, slots=True)
class Damage:
    """One way in which a file is not what was published; ``content`` None is a missing file."""

    name: str
    content: bytes | None


def damages(whole: bytes, other: bytes, flips: int, rng: random.Random) -> Iterator[Damage]:
    """Each damage of a file of these bytes; ``other`` is the same file of another generation."""
    for _ in range(flips):
        place, bit = rng.randrange(len(whole)), rng.randrange(8)
        flipped = bytearray(whole)
        flipped[place] ^= 1 << bit
        yield Damage(f"bit {bit} of byte {place} flipped", bytes(flipped))
    for length in range(0, len(whole), PAGE):
        yield Damage(f"cut to {length} bytes", whole[:length])
    yield Damage("the last byte cut off", whole[:-1])
    yield Damage("a byte more", whole + b"\0")
    for tail in (1, PAGE, len(whole)):
        zeroed = whole[:-tail] + bytes(min(tail, len(whole)))
        if zeroed != whole:
            yield Damage(f"the last {tail} bytes zeroed", zeroed)
    if other != whole:
        yield Damage("the file of another generation", other)
    yield Damage("missing", None)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two generations that hold a file of every kind, the models included."""
    base = tmp_path_factory.mktemp("damage")
    for edition in ("first", "second"):
        corpus = base / edition
        corpus.mkdir()
        for number in range(60):
            text = f"The {edition} edition has page {number}. Word{number * 3} stands on it."
            (corpus / f"{number:02}.txt").write_text(text)
        made = build_index([corpus], base / "index", embedder_factory=WordEmbedder).generation
        _add_models(base / "index", made, seed=len(edition))
    for name in generations.names(base / "index"):
        if not (base / "index" / "generations" / name / "encoder").is_dir():
            shutil.rmtree(base / "index" / "generations" / name)
    return base / "index"


def _add_models(root: Path, made: generations.Generation, seed: int) -> None:
    """Publish ``made`` again with a query encoder and a reader in it, as a real build does."""
    with generations.building(root) as folder:
        shutil.copytree(made.folder, folder, dirs_exist_ok=True)
        (folder / generations.MANIFEST).unlink()
        tokenizer = Tokenizer(WordLevel(VOCABULARY, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = Whitespace()  # type: ignore[assignment, unused-ignore]
        for role in ("encoder", "reader"):
            (folder / role).mkdir()
            (folder / role / "model.onnx").write_bytes(_network(seed))
            tokenizer.save(str(folder / role / "tokenizer.json"), pretty=seed % 2 == 0)
        facts: dict[str, Any] = {"export": {"max_tokens": 64, "dim": DIM}}
        manifest = replace(
            made.manifest,
            generation=f"{made.manifest.generation}-models",
            model={**made.manifest.model, **facts},
            files=hashes(folder, {}),
        )
        generations.publish(root, folder, manifest, keep=9)


def _network(seed: int) -> bytes:
    """The mean of a random vector for each token: an encoder of 50 KB."""
    table = np.random.default_rng(seed).normal(size=(len(VOCABULARY), DIM)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["tokens"]),
        helper.make_node("ReduceMean", ["tokens"], ["embedding"], axes=[1], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "mean",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", DIM])],
        [numpy_helper.from_array(table, "table")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


class Readers:
    """What FAISS, SQLite, ONNX Runtime, NumPy and the tokenizer were given, by SHA-256."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.given: list[str] = []
        self._patch = monkeypatch
        monkeypatch.setattr(onnx_session, "_open", {})
        self._watch(vector_index.faiss, "deserialize_index", lambda a: a.tobytes())
        self._watch(np, "load", lambda file: file.getvalue())
        self._watch(onnxruntime, "InferenceSession", bytes)
        self._watch(Tokenizer, "from_str", lambda text: text.encode(), static=True)
        self._watch(record_store.sqlite3, "connect", self._file)

    def _watch(
        self, where: Any, name: str, content: Callable[[Any], bytes], static: bool = False
    ) -> None:
        real = getattr(where, name)

        def watched(first: Any, *rest: Any, **named: Any) -> Any:
            self.given.append(hashlib.sha256(content(first)).hexdigest())
            return real(first, *rest, **named)

        self._patch.setattr(where, name, staticmethod(watched) if static else watched)

    @staticmethod
    def _file(uri: object) -> bytes:
        return Path(str(uri).removeprefix("file://").partition("?")[0]).read_bytes()


@dataclass(frozen=True, slots=True)
class Seen:
    """Of all damages of a generation: how many there were, and what was wrong with each miss."""

    tried: dict[str, int]
    wrong: list[str]


def damage_everything(root: Path, flips: int, monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Damage each file of the current generation in each way, and open the index each time."""
    older, current = generations.names(root)
    files = generations.open_generation(root, current).manifest.files
    before, after = root / "generations" / older, root / "generations" / current
    published = {str(facts["sha256"]) for facts in files.values()} | {
        str(facts["sha256"])
        for facts in generations.open_generation(root, older).manifest.files.values()
    }
    readers, rng = Readers(monkeypatch), random.Random(0)
    tried, wrong = dict[str, int](), list[str]()
    for name in (*files, generations.MANIFEST):
        path = after / name
        whole = path.read_bytes()
        for damage in damages(whole, (before / name).read_bytes(), flips, rng):
            tried[name] = tried.get(name, 0) + 1
            readers.given.clear()
            path.unlink()
            if damage.content is not None:
                path.write_bytes(damage.content)
            wrong += [f"{name}, {damage.name}: {fault}" for fault in _faults(root, name, older)]
            if set(readers.given) - published:
                wrong.append(f"{name}, {damage.name}: its bytes were read")
        path.write_bytes(whole)
    return Seen(tried, wrong)


def _faults(root: Path, name: str, older: str) -> Iterator[str]:
    current = generations.current_name(root)
    try:
        load(generations.open_generation(root, current)).close()
        yield "was not found"
    except RecordError as error:
        if name not in str(error):
            yield f"the file is not named: {error}"
    except Exception as error:
        yield f"a fault of another kind: {type(error).__name__}: {error}"
    try:
        opened = open_index(root)
    except Exception as error:
        yield f"nothing is served: {type(error).__name__}: {error}"
        return
    if opened.manifest.generation != older:
        yield f"{opened.manifest.generation} is served"
    elif "first edition" not in opened.store.documents()[0].text:
        yield "the text is not that of the older generation"
    opened.close()


@pytest.mark.slow
def test_damage_to_any_file_is_found_before_it_is_read_and_the_last_good_index_is_served(
    root: Path, monkeypatch: pytest.MonkeyPatch, full: bool, figure: RecordFigure
) -> None:
    seen = damage_everything(root, 400 if full else FLIPS, monkeypatch)
    figure(
        2,
        "Bit flips, cuts at every 4 KiB, zeroed tails, files of another generation and missing "
        f"files, in each of the {len(seen.tried)} files of a generation: not found, not named, "
        "read by FAISS, SQLite, NumPy or ONNX Runtime all the same, or the generation before not "
        "served",
        f"{len(seen.wrong)} of {sum(seen.tried.values()):,}",
    )
    assert seen.wrong == []
    assert {"passages.faiss", "record.sqlite", "encoder/model.onnx", "reader/model.onnx"} <= set(
        seen.tried
    )
    # What is whole again is served again.
    opened = open_index(root)
    assert opened.manifest.generation == generations.current_name(root)
    opened.close()


def test_the_harness_catches_an_index_that_is_not_checked(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(generations.Generation, "_compare", lambda *_: None)
        found = damage_everything(root, 2, patch).wrong
    assert any("passages.faiss" in one and "its bytes were read" in one for one in found)
    assert any("sentences.npy" in one and "was not found" in one for one in found)


def test_damaged_pointer_serves_no_other_generation_and_says_so(root: Path) -> None:
    """CURRENT lies outside of the generations; who names another than was published is refused."""
    pointer = root / generations.CURRENT
    whole = pointer.read_bytes()
    older, current = generations.names(root)
    try:
        for place in range(len(whole)):
            flipped = bytearray(whole)
            flipped[place] ^= 4
            pointer.write_bytes(bytes(flipped))
            try:
                opened = open_index(root)
            except RecordError:
                continue
            assert opened.manifest.generation in (older, current)
            opened.close()
        pointer.write_bytes(b"")
        with pytest.raises(RecordError, match="holds ''"):
            open_index(root)
        pointer.unlink()
        with pytest.raises(IndexNotFound):
            open_index(root)
    finally:
        pointer.write_bytes(whole)


def test_the_index_is_opened_so_that_sqlite_writes_nothing_beside_it(
    root: Path, monkeypatch: pytest.MonkeyPatch, figure: RecordFigure
) -> None:
    addresses: list[str] = []
    real = sqlite3.connect

    def noted(database: Any, *rest: Any, **named: Any) -> sqlite3.Connection:
        addresses.append(str(database))
        return real(database, *rest, **named)

    monkeypatch.setattr(record_store.sqlite3, "connect", noted)
    opened = open_index(root)
    files = sorted(opened.generation.folder.iterdir())
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        opened.store._db.execute("DELETE FROM passage")
    assert opened.store.documents()
    modes = {address.partition("?")[2] for address in addresses}
    figure(4, "How the index's SQLite file is opened", f"`{', '.join(sorted(modes))}`")
    assert modes == {"mode=ro&immutable=1"}
    assert sorted(opened.generation.folder.iterdir()) == files
    opened.close()
