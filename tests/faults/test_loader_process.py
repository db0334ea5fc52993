"""The process that reads documents is held to its limits, and may crash without harm."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from index.errors import CorpusError
from index.loaders.child_process import ChildReader
from index.loaders.formats import Item
from index.loaders.limits import Limits
from index.loaders.raw import Loaded
from tests.documents import pdf, set_lines
from tests.faults.bombs import pdf_of_much_text

SLOW = b"![" * 200_000
"""Takes markdown-it half a minute."""


def read(reader: ChildReader, path: Path, data: bytes) -> list[Item]:
    path.write_bytes(data)
    return list(reader.read(path, path.name))


def reason(found: list[Item]) -> str:
    (error,) = found
    assert isinstance(error, CorpusError)
    return error.reason


def text(found: list[Item]) -> str:
    (loaded,) = found
    assert isinstance(loaded, Loaded)
    return loaded.document.text


def pid(reader: ChildReader) -> int:
    assert reader._process is not None
    return reader._process.pid


def test_one_process_reads_many_files(tmp_path: Path) -> None:
    with ChildReader() as reader:
        assert text(read(reader, tmp_path / "a.md", b"One.")) == "One."
        first = pid(reader)
        assert text(read(reader, tmp_path / "b.pdf", pdf([set_lines(["Two."])]))) == "Two."
        assert pid(reader) == first
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_processor_time_counts_for_each_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However busy this machine is, the clock is not what ends it.
    monkeypatch.setattr(Limits, "wall_s", 100.0)
    with ChildReader(Limits(seconds=2)) as reader:
        assert "more than 2 s of processor time" in reason(read(reader, tmp_path / "a.md", SLOW))
        # Half a second or more each, together more than one file may take.
        for _ in range(8):
            (found,) = read(reader, tmp_path / "b.md", b"![" * 14_000 + b" words")
            assert isinstance(found, Loaded)


def test_the_clock_ends_what_only_waits(tmp_path: Path) -> None:
    with ChildReader(Limits(seconds=1)) as reader:
        assert text(read(reader, tmp_path / "a.md", b"One.")) == "One."
        os.kill(pid(reader), signal.SIGSTOP)
        begun = time.monotonic()
        assert "took longer than 3 s" in reason(read(reader, tmp_path / "b.md", b"Two."))
        assert time.monotonic() - begun < 8
        assert text(read(reader, tmp_path / "c.md", b"Three.")) == "Three."


@pytest.mark.slow
def test_memory_is_limited(tmp_path: Path) -> None:
    with ChildReader(Limits(memory_mib=300)) as reader:
        said = reason(read(reader, tmp_path / "a.pdf", pdf_of_much_text()))
        assert "needs more than 300 MiB of memory" in said
        assert text(read(reader, tmp_path / "b.md", b"Two.")) == "Two."


def test_a_crash_names_the_file_and_the_next_one_is_read(tmp_path: Path) -> None:
    with ChildReader() as reader:
        # A fresh process, so that there is no second try.
        threading.Timer(2, lambda: os.kill(pid(reader), signal.SIGSEGV)).start()
        said = reason(read(reader, tmp_path / "a.md", SLOW))
        assert "crashed the program that reads it (SIGSEGV)" in said
        assert text(read(reader, tmp_path / "b.md", b"Two.")) == "Two."


def test_a_file_does_not_pay_for_those_before_it(tmp_path: Path) -> None:
    with ChildReader() as reader:
        assert text(read(reader, tmp_path / "a.md", b"One.")) == "One."
        os.kill(pid(reader), signal.SIGKILL)
        assert text(read(reader, tmp_path / "b.md", b"Two.")) == "Two."
        threading.Timer(1, lambda: os.kill(pid(reader), signal.SIGSEGV)).start()
        table = b"a,b\n" + b"c,d\n" * 60_000
        found = read(reader, tmp_path / "c.csv", table)
        # Some of it was handed over, so it is not read again.
        assert isinstance(found[0], Loaded)
        assert isinstance(found[-1], CorpusError) or len(found) == 60_000


def test_who_stops_asking_leaves_nothing_for_the_next_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n" + b"c,d\n" * 1000)
    with ChildReader() as reader:
        rows = reader.read(tmp_path / "a.csv", "a.csv")
        next(rows)
        rows.close()  # type: ignore[attr-defined]
        assert text(read(reader, tmp_path / "b.md", b"Two.")) == "Two."


def test_the_process_can_write_no_file(tmp_path: Path) -> None:
    from index.loaders import child

    pid_of_child = os.fork()
    if pid_of_child == 0:
        child.restrict(Limits())
        try:
            with (tmp_path / "written").open("w") as file:
                file.write("x" * 10_000)
        except OSError:
            os._exit(7)
        os._exit(0)
    _, status = os.waitpid(pid_of_child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 7
    assert (tmp_path / "written").stat().st_size == 0
