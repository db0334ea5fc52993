"""Small valid files of every format with bytes changed, cut, doubled and put in elsewhere."""

import io
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index.errors import RecordError
from index.loaders.child_process import ChildReader
from index.loaders.formats import FORMATS
from index.loaders.limits import Limits
from index.loaders.raw import Loaded, Skipped
from tests.conftest import RecordFigure
from tests.documents import MAIL, docx, epub, pdf, pptx, set_lines, with_member, xlsx, zipped

ROUNDS = 40
"""Of each format; twenty-five times as many with ``--full``."""
LIMITS = Limits(seconds=10, memory_mib=512)
SAMPLES: dict[str, Callable[[], bytes]] = {
    ".md": lambda: b"---\ntitle: A\npublished: 2024-05-06\n---\n# A\n\n- b\n\n| c |\n|-|\n| e |\n",
    ".html": lambda: b"<html lang='en'><title>A</title><h1>A</h1><p>B<table><td>C</table></html>",
    ".pdf": lambda: pdf([set_lines(["A line.", "Another."])] * 2, {"Title": "A"}, [("A", 1)]),
    ".docx": docx,
    ".pptx": pptx,
    ".epub": epub,
    ".eml": MAIL.encode,
    ".csv": lambda: b'Name;Tons\n"Gaivota";310\nPelicano;95\n',
    ".xlsx": lambda: xlsx({"S": [["Name", "Role"], ["Rui", "captain"]]}),
    ".zip": lambda: zipped({"a.txt": "Words.", "b/c.csv": "a,b\nc,d\n", "d.eml": MAIL}),
    ".jsonl": lambda: b'{"id": "a", "text": "Words."}\n{"id": "b", "text": "More."}\n',
    ".txt": lambda: "Một dòng.\n\nAnother.".encode(),
}  # fmt: skip
SAME = {".markdown": ".md", ".htm": ".html", ".xhtml": ".html", ".tsv": ".csv", ".xlsm": ".xlsx",
        ".ndjson": ".jsonl", ".text": ".txt"}  # fmt: skip
PIECES = [b"\0", b"\xff\xfe", b"<", b"&x;", b"%PDF", b"PK\x01\x02", b"9" * 20, b"-1", b"\r\n", b'"',
          b"\xed\xa0\x80", b"]]>", b"/Kids", b"endobj", b"--cut", b"\\", b"../"]  # fmt: skip


def mutated(data: bytes, rng: random.Random) -> bytes:
    """``data`` with one to six changes."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(6)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            out[at : at + rng.randint(1, 40)] = b""
        elif kind == 2:
            out[at:at] = rng.choice(PIECES)
        elif kind == 3:
            out[at:at] = out[at : at + rng.randint(1, 200)]
        elif kind == 4:
            out[at : at + 4] = rng.randbytes(4)
        elif rng.random() < 0.2:
            del out[at:]
    return bytes(out)


def variants(suffix: str, rounds: int) -> Iterator[bytes]:
    """Changed files; those that are archives are also changed within a member, then packed."""
    # A name of its own for each format, so that one more format changes no other's files.
    rng = random.Random(suffix)
    data = SAMPLES[suffix]()
    names = zipfile.ZipFile(io.BytesIO(data)).namelist() if data[:2] == b"PK" else []
    for number in range(rounds):
        if names and number % 3:
            name = rng.choice(names)
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                inner = archive.read(name)
            yield with_member(data, name, mutated(inner, rng))
        else:
            yield mutated(data, rng)


def test_every_format_has_a_sample() -> None:
    assert set(SAMPLES) | set(SAME) == set(FORMATS)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SAMPLES)
def test_a_changed_file_gives_documents_or_an_error_that_names_it(
    tmp_path: Path, suffix: str, request: pytest.FixtureRequest, figure: RecordFigure
) -> None:
    rounds = ROUNDS * (25 if request.config.getoption("--full") else 1)
    read = tried = 0
    with ChildReader(LIMITS) as reader:
        for number, data in enumerate(variants(suffix, rounds)):
            tried += 1
            path = tmp_path / f"{number}{suffix}"
            path.write_bytes(data)
            # Whatever is raised here is the fault that this test looks for.
            found = list(reader.read(path, path.name))
            assert found, path
            for item in found:
                if isinstance(item, Loaded):
                    document = item.document
                    assert document.path.startswith(path.name)
                    assert document.text.encode() and document.title.encode()
                    assert all(document.text[b.start : b.end].strip() for b in document.blocks)
                    read += 1
                elif isinstance(item, Skipped):
                    assert item.path.startswith(path.name)
                else:
                    assert isinstance(item, RecordError)
                    assert str(item).startswith(str(path))
                    assert "crashed" not in str(item)
                    assert "--loader" not in str(item), "it took too long or too much"
            path.unlink()
    figure(
        10,
        f"Changed `{suffix}` files: a crash, too long, too much memory, or an error that does not "
        "name the file",
        f"0 of {tried}",
    )
    assert read > 0
