"""Watching builds after every change that has settled, and survives failed builds."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from index import generations
from index.errors import CorpusError
from index.watch import WatchOptions, look, watch

ROOT = Path(__file__).parents[3]
OPTIONS = WatchOptions(every_s=1.0, settle_s=3.0, retry_s=60.0)


class Script:
    """A clock whose sleeping does what was written down for each second, then interrupts."""

    def __init__(self, folder: Path, steps: dict[int, Callable[[], object]], end: int) -> None:
        self.now = 0.0
        self.built: list[tuple[int, list[str]]] = []
        """When a build was asked for, and the files that were there."""
        self.said: list[str] = []
        self.fails: set[int] = set()
        self._folder, self._steps, self._end = folder, steps, end

    def clock(self) -> float:
        """Seconds since the beginning."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Pass the time and do what falls into it."""
        for second in range(int(self.now) + 1, int(self.now + seconds) + 1):
            self._steps.get(second, lambda: None)()
        self.now += seconds
        if self.now >= self._end:
            raise KeyboardInterrupt

    def build(self) -> None:
        """Note the build; fail in the seconds of ``fails``."""
        self.built.append((int(self.now), sorted(os.listdir(self._folder))))
        if int(self.now) in self.fails:
            raise CorpusError("corpus", "planted")

    def run(self) -> list[tuple[int, list[str]]]:
        """Watch to the end of the script."""
        with pytest.raises(KeyboardInterrupt):
            watch([self._folder], self.build, self.said.append, OPTIONS, self.clock, self.sleep)
        return self.built


def writes(path: Path, text: str) -> Callable[[], object]:
    return lambda: path.write_text(text)


def test_it_builds_once_at_first_and_not_again_when_nothing_changes(tmp_path: Path) -> None:
    assert Script(tmp_path, {}, 50).run() == [(0, [])]


def test_it_waits_until_changes_have_settled(tmp_path: Path) -> None:
    steps = {
        5: writes(tmp_path / "a.md", "one"),
        7: writes(tmp_path / "b.md", "two"),
        9: writes(tmp_path / "a.md", "one more"),
    }
    assert Script(tmp_path, steps, 50).run() == [(0, []), (12, ["a.md", "b.md"])]


def test_it_sees_a_file_that_is_removed_or_renamed(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text("text")
    steps: dict[int, Callable[[], object]] = {
        5: (tmp_path / "a").unlink,
        15: lambda: (tmp_path / "b").rename(tmp_path / "c"),
    }
    built = Script(tmp_path, steps, 50).run()
    assert [names for _, names in built] == [["a", "b"], ["b"], ["c"]]


def test_a_failed_build_is_said_and_tried_again_at_the_next_change(tmp_path: Path) -> None:
    script = Script(tmp_path, {20: writes(tmp_path / "a.md", "text")}, 50)
    script.fails = {0}
    assert [second for second, _ in script.run()] == [0, 23]
    assert script.said == ["the build failed, the index stays as it was: corpus: planted"]


def test_a_failed_build_is_tried_again_after_a_while(tmp_path: Path) -> None:
    script = Script(tmp_path, {}, 130)
    script.fails = {0}
    assert [second for second, _ in script.run()] == [0, 63]


def test_hidden_files_and_missing_corpora_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("x")
    (tmp_path / ".a.md.swp").write_text("x")
    assert look([tmp_path, tmp_path / "nothing"]) == {}
    (tmp_path / "a.jsonl").write_text("{}")
    assert list(look([tmp_path / "a.jsonl"])) == [str(tmp_path / "a.jsonl")]


WATCHER = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, {root!r})
import index.build, index.watch, functools
from tests.fake_models import WordEmbedder
index.build.build_index = functools.partial(index.build.build_index, embedder_factory=WordEmbedder)
index.watch.WatchOptions = functools.partial(index.watch.WatchOptions, every_s=0.1)
from index.__main__ import main
sys.exit(main(["build", sys.argv[1], "--output", sys.argv[2], "--watch", "--settle", "0.1"]))
"""


@pytest.mark.slow
def test_the_command_follows_a_folder_past_bad_documents_until_ctrl_c(tmp_path: Path) -> None:
    corpus, output = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHER.format(root=str(ROOT)), str(corpus), str(output)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        # An empty corpus is an error; what stands behind it is indexed all the same.
        assert process.stderr is not None
        first = process.stderr.readline() + process.stderr.readline()
        for number, content in enumerate(["The pier is old.", "The tower is new."], start=1):
            (corpus / f"{number}.txt").write_text(content)
            (corpus / "bad.md").write_text(f"---\ntitle: [{number}\n---\nx")
            assert process.stdout is not None
            assert f": {number} documents" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "the build failed, the index stays as it was" in first
    assert "bad.md" in errors
    assert errors.rstrip().splitlines()[-1].startswith("stopped watching")
    assert generations.current(output).manifest.counts["documents"] == 2
