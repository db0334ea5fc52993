"""Building, publishing, verifying and going back; every fault is found and named."""

import json
import shutil
from pathlib import Path

import pytest

from index import generations
from index.__main__ import main
from index.build import BuildOptions, BuildReport, build_index
from index.chunking import ChunkingOptions
from index.errors import (
    CorpusError,
    IndexCorrupt,
    IndexMismatch,
    IndexNotFound,
    ModelError,
    RecordError,
)
from index.manifest import Manifest
from index.search_index import open_index
from tests.fake_models import WordEmbedder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.md").write_text("---\npublished: 2024-05-05\n---\nThe bridge was opened in May.")
    (folder / "b.txt").write_text("The tower is ninety metres high. It was built of brick.")
    return folder


def build(corpus: Path, output: Path, options: BuildOptions = BuildOptions()) -> BuildReport:
    return build_index([corpus], output, options, embedder_factory=WordEmbedder)


@pytest.fixture(autouse=True)
def words_for_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.search_index._query_embedder", lambda *_: WordEmbedder())


def test_the_same_corpus_and_settings_give_the_same_fingerprint(
    corpus: Path, tmp_path: Path
) -> None:
    first, second = (build(corpus, tmp_path / n).generation.manifest for n in "xy")
    assert first.fingerprint == second.fingerprint
    assert first.generation != second.generation


@pytest.mark.parametrize("change", ["text", "metadata", "settings", "new document"])
def test_any_change_gives_another_fingerprint(corpus: Path, tmp_path: Path, change: str) -> None:
    before = build(corpus, tmp_path / "x").generation.manifest.fingerprint
    options = BuildOptions()
    if change == "text":
        (corpus / "b.txt").write_text("The tower is eighty metres high. It was built of brick.")
    elif change == "metadata":
        (corpus / "a.md").write_text(
            "---\npublished: 2024-05-06\n---\nThe bridge was opened in May."
        )
    elif change == "settings":
        options = BuildOptions(chunking=ChunkingOptions(max_words=99))
    else:
        (corpus / "c.txt").write_text("A third document stands here.")
    assert build(corpus, tmp_path / "y", options).generation.manifest.fingerprint != before


def test_a_bad_document_is_left_out_and_the_others_are_indexed(
    corpus: Path, tmp_path: Path
) -> None:
    (corpus / "bad.md").write_text("---\ntitle: [\n---\nx")
    report = build(corpus, tmp_path / "x")
    assert report.generation.manifest.counts["documents"] == 2
    assert "bad.md" in str(report.problems[0])
    assert report.generation.manifest.left_out == (str(report.problems[0]),)


def test_strict_publishes_nothing_when_a_document_is_bad(corpus: Path, tmp_path: Path) -> None:
    (corpus / "bad.md").write_text("---\ntitle: [\n---\nx")
    with pytest.raises(CorpusError, match=r"bad\.md"):
        build(corpus, tmp_path / "x", BuildOptions(strict=True))
    with pytest.raises(IndexNotFound):
        generations.current(tmp_path / "x")


def test_a_corpus_without_documents_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match="holds no document that can be indexed"):
        build(tmp_path / "empty", tmp_path / "x")


def test_an_up_to_date_index_is_not_built_again(corpus: Path, tmp_path: Path) -> None:
    options = BuildOptions(if_stale=True)
    assert build(corpus, tmp_path / "x", options).published
    assert not build(corpus, tmp_path / "x", options).published
    (corpus / "b.txt").write_text("Another text now.")
    assert build(corpus, tmp_path / "x", options).published


def test_a_damaged_index_is_built_again_although_nothing_changed(
    corpus: Path, tmp_path: Path
) -> None:
    made = build(corpus, tmp_path / "x").generation
    (made.folder / "lexicon.json").write_bytes(b"{}")
    assert build(corpus, tmp_path / "x", BuildOptions(if_stale=True)).published


def test_a_folder_without_a_model_is_named(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds neither model\.safetensors"):
        build(corpus, tmp_path / "x", BuildOptions(model=str(tmp_path)))


def test_only_the_newest_generations_are_kept_and_rollback_goes_back_one(
    corpus: Path, tmp_path: Path
) -> None:
    root = tmp_path / "x"
    made = [build(corpus, root).generation.manifest.generation for _ in range(4)]
    assert generations.names(root) == made[1:]
    assert generations.rollback(root).manifest.generation == made[2]
    assert generations.current_name(root) == made[2]
    generations.rollback(root)
    with pytest.raises(IndexNotFound, match="no generation before"):
        generations.rollback(root)


def test_what_a_killed_build_left_is_removed_by_the_next(corpus: Path, tmp_path: Path) -> None:
    root = tmp_path / "x"
    (root / "building-dead").mkdir(parents=True)
    build(corpus, root)
    assert not list(root.glob("building-*"))


def test_a_second_build_at_once_is_refused(tmp_path: Path) -> None:
    with (
        generations.building(tmp_path),
        pytest.raises(RecordError, match="locked by another build"),
        generations.building(tmp_path),
    ):
        pass


FILES = ("passages.faiss", "sentences.npy", "record.sqlite", "lexicon.json",
         "lexical/scores.npy", "lexical/rows.npy", "lexical/starts.npy",
         "lexical/vocabulary.json", "manifest.json")  # fmt: skip


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("fault", ["flip", "cut", "zeroed tail", "missing", "foreign"])
def test_damage_is_found_and_the_older_generation_is_served(
    corpus: Path, tmp_path: Path, name: str, fault: str
) -> None:
    root = tmp_path / "x"
    older = build(corpus, root).generation
    (corpus / "c.txt").write_text("A third document makes the next generation another one.")
    newer = build(corpus, root).generation
    path = newer.folder / name
    data = bytearray(path.read_bytes())
    if fault == "flip":
        data[len(data) // 2] ^= 4
    elif fault == "cut":
        data = data[: len(data) * 2 // 3]
    elif fault == "zeroed tail":
        data[-8:] = bytes(8)
    if fault == "missing":
        path.unlink()
    elif fault == "foreign":
        shutil.copyfile(older.folder / name, path)
    else:
        path.write_bytes(bytes(data))
    if fault == "foreign" and (older.folder / name).read_bytes() == bytes(data):
        pytest.skip("the file is the same in both generations")
    opened = open_index(root)
    assert opened.manifest.generation == older.manifest.generation
    opened.close()
    shutil.rmtree(older.folder)
    if name != "manifest.json":
        with pytest.raises(IndexCorrupt, match=Path(name).name):
            open_index(root)
        assert any(Path(name).name in line for line in generations.verify(newer))


def test_without_verification_the_same_damage_would_pass(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: the test above must depend on the check."""
    made = build(corpus, tmp_path / "x").generation
    path = made.folder / "lexical/scores.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 4
    path.write_bytes(bytes(data))
    monkeypatch.setattr(generations.Generation, "_compare", lambda *_: None)
    open_index(tmp_path / "x").close()


def test_a_flipped_bit_anywhere_in_a_manifest_is_found(corpus: Path, tmp_path: Path) -> None:
    made = build(corpus, tmp_path / "x").generation
    whole = made.manifest.to_json()
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 4
        with pytest.raises(ValueError):
            Manifest.from_json(bytes(flipped))


def test_without_its_hash_a_manifest_could_lose_a_file(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: the test above must depend on the hash."""
    whole = build(corpus, tmp_path / "x").generation.manifest.to_json()
    stated = json.loads(whole)["sha256"]
    monkeypatch.setattr("index.manifest._digest", lambda _: stated)
    renamed = whole.replace(b"lexical/scores.npy", b"lexical/score`.npy")
    assert "lexical/score`.npy" in Manifest.from_json(renamed).files


def test_generation_that_is_read_outlives_later_builds(corpus: Path, tmp_path: Path) -> None:
    root = tmp_path / "x"
    first = build(corpus, root).generation
    reader = open_index(root)
    names = []
    for number in range(4):
        (corpus / "c.txt").write_text(f"Edition {number} of a third document.")
        names.append(build(corpus, root).generation.manifest.generation)
    assert generations.names(root) == [first.manifest.generation, *names[-3:]]
    assert len(reader.store.documents()) == 2
    reader.close()
    (corpus / "c.txt").write_text("The last edition of a third document.")
    last = build(corpus, root).generation.manifest.generation
    assert generations.names(root) == [*names[-2:], last]


def test_generation_that_was_removed_before_it_is_held_is_not_served(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = build(corpus, tmp_path / "x").generation

    def removed_first(*_: object) -> None:
        shutil.rmtree(made.folder)

    monkeypatch.setattr("index.generations.fcntl.flock", removed_first)
    with pytest.raises(IndexCorrupt, match="was removed by a later build"):
        made.hold()


def test_another_format_names_the_remedy(corpus: Path, tmp_path: Path) -> None:
    made = build(corpus, tmp_path / "x").generation
    values = json.loads((made.folder / "manifest.json").read_text())
    values["format"] = 99
    (made.folder / "manifest.json").write_text(json.dumps(values))
    with pytest.raises(IndexMismatch, match=r"has format 99.*python -m index build"):
        open_index(tmp_path / "x")


def test_the_commands_return_their_codes_and_print_one_line(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "x"
    made = build(corpus, root).generation
    assert main(["verify", str(root)]) == 0
    assert main(["list", str(root)]) == 0
    assert f"* {made.manifest.generation}" in capsys.readouterr().out
    assert main(["rollback", str(root)]) == 1
    (made.folder / "lexicon.json").write_bytes(b"{}")
    assert main(["verify", str(root)]) == 1
    assert main(["verify", str(tmp_path / "nothing")]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: no index at")
    assert "python -m index build" in error
    with pytest.raises(SystemExit) as wrong:
        main(["build", "x", "--max-words", "three"])
    assert wrong.value.code == 2
    for command in ("build", "verify", "list", "rollback"):
        with pytest.raises(SystemExit) as helped:
            main([command, "--help"])
        assert helped.value.code == 0
        assert f"python -m index {command}" in capsys.readouterr().out
