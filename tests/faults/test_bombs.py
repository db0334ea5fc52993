"""Documents made to do harm are refused by name, and the others are indexed all the same."""

import time
from pathlib import Path

import pytest

from index.build import BuildOptions, build_index
from index.errors import CorpusError
from index.loaders import Limits, archive, load_corpus
from index.loaders.formats import read
from index.loaders.raw import Loaded
from index.loaders.source import Budget, Source
from index.types import Document
from tests.conftest import RecordFigure
from tests.fake_models import WordEmbedder
from tests.faults.bombs import DEFUSED, REFUSED

LIMITS = Limits(
    file_mib=4, unpacked_mib=8, text_mib=16, memory_mib=512, seconds=4, members=500, pages=300
)
LONGEST_S = 90
GOOD = "The ferry leaves at a quarter past six."


def corpus(folder: Path) -> Path:
    """Every bomb, with a good document after each tenth."""
    for number, (name, data) in enumerate([*REFUSED.items(), *DEFUSED.items()]):
        (folder / name).write_bytes(data[0] if isinstance(data, tuple) else data)
        if number % 10 == 0:
            (folder / f"{name}-good.txt").write_text(GOOD)
    return folder


def wrong(found: list[object], folder: Path) -> list[str]:
    """What is not as it should be: a bomb without its reason, a good document that is missing."""
    errors: dict[str, list[str]] = {}
    documents: dict[str, str] = {}
    for item in found:
        if isinstance(item, CorpusError):
            name = Path(item.path).relative_to(folder).parts[0]
            errors.setdefault(name, []).append(str(item))
        elif isinstance(item, Document):
            documents[item.path] = item.text
    missed = [
        f"{name}: {errors.get(name)}"
        for name, (_, reason) in REFUSED.items()
        if not any(reason in error for error in errors.get(name, []))
    ]
    missed += [
        f"{n}: {errors.get(n)}" for n in DEFUSED if not any(p.startswith(n) for p in documents)
    ]
    good = [p.name for p in folder.glob("*-good.txt")]
    missed += [f"{name} is missing" for name in good if documents.get(name) != GOOD]
    missed += [f"{n}: stole {t[:60]!r}" for n, t in documents.items() if "root:" in t]
    return missed


def test_there_are_more_than_thirty_bombs() -> None:
    assert len(REFUSED) > 30
    assert all(len(data) < 12 * 1024 * 1024 for data, _ in REFUSED.values())


@pytest.mark.slow
def test_every_bomb_is_refused_by_name_and_the_others_are_read(
    tmp_path: Path, figure: RecordFigure
) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    corpus(folder)
    begun = time.monotonic()
    found = list(load_corpus([folder], LIMITS))
    missed = wrong(found, folder)
    figure(
        10,
        "Bombs, paths out of the archive, links and external entities among good documents: not "
        "refused by name, or a good document that is missing",
        f"{len(missed)} of {len(REFUSED) + len(DEFUSED)}",
    )
    assert missed == []
    assert time.monotonic() - begun < LONGEST_S
    assert [p.name for p in tmp_path.iterdir()] == ["corpus"]


@pytest.mark.slow
def test_the_harness_catches_loaders_without_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_fault", lambda _: None)
    monkeypatch.setattr(archive, "_refuse_entities", lambda *_: None)
    many = 10**6
    off = Limits(
        file_mib=64, unpacked_mib=many, text_mib=128, members=many, depth=50, pages=many,
        columns=many, ratio=many,
    )  # fmt: skip
    named = (".zip", "columns.csv", "names.csv", "pages.pdf", ".docx", ".epub", "messages.eml")
    found: list[object] = []
    for name, (data, _) in REFUSED.items():
        if name.endswith(named):
            source = Source(str(tmp_path / name), name, data, off, Budget(off))
            found += [i.document if isinstance(i, Loaded) else i for i in read(source)]
    missed = {line.split(":")[0] for line in wrong(found, tmp_path)}
    assert missed >= {
        "ratio.zip", "nested.zip", "sum.zip", "large-member.zip", "many.zip", "up.zip", "root.zip",
        "drive.zip", "backslash.zip", "link.zip", "method.zip", "laughs.docx", "steal.docx",
        "utf-16.docx", "ratio.docx", "up.docx", "steal.epub", "laughs.epub", "columns.csv",
        "names.csv", "pages.pdf", "messages.eml",
    }  # fmt: skip


@pytest.mark.slow
def test_an_index_is_published_of_what_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "good.txt").write_text(GOOD)
    for name in ("ratio.zip", "steal.docx", "tree.pdf"):
        (folder / name).write_bytes(REFUSED[name][0])
    options = BuildOptions(limits=LIMITS)
    report = build_index([folder], tmp_path / "index", options, embedder_factory=WordEmbedder)
    assert report.generation.manifest.counts["documents"] == 1
    left_out = report.generation.manifest.left_out
    assert [Path(line.split(":")[0]).name for line in left_out] == [
        "a.txt",
        "steal.docx",
        "tree.pdf",
    ]
    strict = BuildOptions(limits=LIMITS, strict=True)
    with pytest.raises(CorpusError, match=r"a\.txt: unpacks to more than 200 times"):
        build_index([folder], tmp_path / "index", strict, embedder_factory=WordEmbedder)
