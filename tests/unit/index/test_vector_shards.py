"""A shard gives back what was written or nothing, and the journal takes each vector over once."""

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.vector_journal import VectorJournal
from index.vector_shards import (
    MAGIC,
    OtherSpace,
    ShardDamaged,
    ShardPlan,
    is_whole,
    plan,
    read_shard,
    shard_path,
    take_over,
    write_shard,
)

SPACE = hashlib.sha256(b"a model").digest()
OTHER = hashlib.sha256(b"another model").digest()
KEYS = tuple(bytes([n]) * 16 for n in range(5))
ROWS = np.arange(15, dtype=np.float32).reshape(5, 3)
BEGIN = len(MAGIC) + 32 + 8
"""Bytes before the keys."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "embeddings" / "shards"


@pytest.fixture
def journal(tmp_path: Path) -> VectorJournal:
    return VectorJournal(tmp_path / "embeddings" / "journal", SPACE)


def text_of(number: int) -> tuple[str, bytes, str]:
    kind = "passage" if number % 3 == 0 else "sentence"
    return kind, bytes([number]) * 16, f"text {number}"


def test_shards_are_of_one_kind_and_hold_each_text_once_in_its_order() -> None:
    # 0, 3 and 6 are passages; 1, 2, 4, 5 and 7 are sentences.
    plans = list(plan((text_of(n) for n in range(8)), 2))  # type: ignore[misc]
    assert [(p.kind, p.texts) for p in plans] == [
        ("sentence", ("text 1", "text 2")),
        ("passage", ("text 0", "text 3")),
        ("sentence", ("text 4", "text 5")),
        ("passage", ("text 6",)),
        ("sentence", ("text 7",)),
    ]
    assert plans[4] == ShardPlan("sentence", (bytes([7]) * 16,), ("text 7",))


def test_planning_reads_no_further_than_it_must() -> None:
    read: list[int] = []

    def texts() -> object:
        for number in range(100):
            read.append(number)
            yield "sentence", bytes([number]) * 16, "text"

    plans = plan(texts(), 10)  # type: ignore[arg-type]
    next(plans)
    next(plans)
    assert len(read) == 20


def test_nothing_missing_gives_no_shard_and_a_size_of_nothing_is_refused() -> None:
    assert list(plan([], 5)) == []
    with pytest.raises(ValueError, match="a shard of 0 texts"):
        list(plan([text_of(0)], 0))  # type: ignore[list-item]


def test_what_was_written_is_read(folder: Path) -> None:
    path = write_shard(folder, SPACE, KEYS, ROWS)
    # magic, space, count and row bytes; 5 keys of 16; 5 rows of 3 float32; the sum.
    assert path.stat().st_size == 8 + 32 + 8 + 5 * 16 + 5 * 12 + 32
    shard = read_shard(path, SPACE)
    assert shard.keys == KEYS
    assert shard.rows.tobytes() == ROWS.tobytes()
    assert shard.rows.shape == (5, 12)
    assert [p.name for p in folder.iterdir()] == [path.name]


def test_the_place_depends_on_the_space_and_on_every_key(folder: Path) -> None:
    paths = {
        shard_path(folder, SPACE, KEYS),
        shard_path(folder, OTHER, KEYS),
        shard_path(folder, SPACE, KEYS[:4]),
        shard_path(folder, SPACE, KEYS[::-1]),
    }
    assert len(paths) == 4
    assert shard_path(folder, SPACE, KEYS) == shard_path(folder, SPACE, list(KEYS))


def test_a_shard_cut_anywhere_is_no_shard(folder: Path) -> None:
    path = write_shard(folder, SPACE, KEYS, ROWS)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(ShardDamaged):
            read_shard(path, SPACE)


def test_a_byte_flipped_anywhere_is_seen(folder: Path) -> None:
    path = write_shard(folder, SPACE, KEYS, ROWS)
    whole = path.read_bytes()
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1
        path.write_bytes(bytes(flipped))
        with pytest.raises(ShardDamaged):
            read_shard(path, SPACE)


def sealed(body: bytes) -> bytes:
    """``body`` with a sum that is right."""
    return body + hashlib.sha256(body).digest()


def double_a_key(body: bytearray) -> None:
    body[BEGIN + 16 : BEGIN + 32] = body[BEGIN : BEGIN + 16]


def too_many_rows(body: bytearray) -> None:
    body[BEGIN - 8] = 6


def no_rows(body: bytearray) -> None:
    body[BEGIN - 8] = 0


@pytest.mark.parametrize("work", [double_a_key, too_many_rows, no_rows])
def test_a_shard_written_wrongly_is_refused_though_its_sum_is_right(
    folder: Path, work: Callable[[bytearray], None]
) -> None:
    path = write_shard(folder, SPACE, KEYS, ROWS)
    body = bytearray(path.read_bytes()[:-32])
    path.write_bytes(sealed(bytes(body)))
    assert is_whole(path, SPACE)
    work(body)
    path.write_bytes(sealed(bytes(body)))
    with pytest.raises(ShardDamaged):
        read_shard(path, SPACE)


def test_a_shard_of_another_space_is_told_from_a_damaged_one(folder: Path) -> None:
    path = write_shard(folder, OTHER, KEYS, ROWS)
    with pytest.raises(OtherSpace, match="another model"):
        read_shard(path, SPACE)


def test_a_whole_shard_is_not_written_again_and_a_damaged_one_is(folder: Path) -> None:
    path = write_shard(folder, SPACE, KEYS, ROWS)
    first = path.stat().st_ino
    assert write_shard(folder, SPACE, KEYS, ROWS) == path
    assert path.stat().st_ino == first
    path.write_bytes(path.read_bytes()[:-1])
    write_shard(folder, SPACE, KEYS, ROWS)
    assert is_whole(path, SPACE)


def test_rows_that_do_not_fit_the_keys_are_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="4 rows for 5 keys"):
        write_shard(folder, SPACE, KEYS, ROWS[:4])


def test_several_writers_of_one_shard_leave_one_whole_file(folder: Path) -> None:
    threads = [
        threading.Thread(target=write_shard, args=(folder, SPACE, KEYS, ROWS)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (path,) = folder.iterdir()
    assert is_whole(path, SPACE)


def test_a_write_that_fails_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("index.vector_shards.os.fsync", refuse)
    with pytest.raises(OSError, match="No space left"):
        write_shard(folder, SPACE, KEYS, ROWS)
    assert list(folder.iterdir()) == []


def keys_in(journal: VectorJournal) -> list[bytes]:
    """Every key that stands in the file, as often as it stands there."""
    journal.close()
    data = Path(journal.path).read_bytes()[8 + 32 :]
    found = []
    while data:
        count, row_bytes = (int.from_bytes(data[at : at + 4], "little") for at in (0, 4))
        found += [data[at : at + 16] for at in range(8, 8 + count * 16, 16)]
        data = data[8 + count * (16 + row_bytes) + 32 :]
    return found


def test_the_journal_takes_over_each_vector_and_the_files_go(
    folder: Path, journal: VectorJournal
) -> None:
    write_shard(folder, SPACE, KEYS[:2], ROWS[:2])
    write_shard(folder, SPACE, KEYS[2:], ROWS[2:])
    assert take_over(folder, SPACE, journal) == 5
    assert [journal.get(key) for key in KEYS] == [row.tobytes() for row in ROWS]
    assert list(folder.iterdir()) == []
    assert take_over(folder, SPACE, journal) == 0


def test_a_key_in_two_shards_or_in_the_journal_already_is_there_once(
    folder: Path, journal: VectorJournal
) -> None:
    journal.append(KEYS[:1], ROWS[:1])
    write_shard(folder, SPACE, KEYS[:3], ROWS[:3])
    write_shard(folder, SPACE, KEYS[1:], ROWS[1:])
    assert take_over(folder, SPACE, journal) == 4
    assert [journal.get(key) for key in KEYS] == [row.tobytes() for row in ROWS]
    assert sorted(keys_in(journal)) == sorted(KEYS)


def test_a_take_over_that_is_interrupted_and_repeated_gives_each_vector_once(
    folder: Path, journal: VectorJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_shard(folder, SPACE, KEYS[:2], ROWS[:2])
    write_shard(folder, SPACE, KEYS[2:], ROWS[2:])

    def refuse() -> None:
        raise OSError("planted")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "sync", refuse)
        with pytest.raises(OSError, match="planted"):
            take_over(folder, SPACE, journal)
    # Not known to be on the disk, so the files are still there.
    assert len(list(folder.iterdir())) == 2
    assert take_over(folder, SPACE, journal) == 0
    assert list(folder.iterdir()) == []
    assert sorted(keys_in(journal)) == sorted(KEYS)


def test_damaged_files_and_left_overs_go_with_a_warning_and_others_stay(
    folder: Path, journal: VectorJournal, caplog: pytest.LogCaptureFixture
) -> None:
    cut = write_shard(folder, SPACE, KEYS[:2], ROWS[:2])
    cut.write_bytes(cut.read_bytes()[:-1])
    whole = write_shard(folder, SPACE, KEYS[2:], ROWS[2:])
    other = write_shard(folder, OTHER, KEYS, ROWS)
    (folder / f".{whole.name}.0a1b2c3d.tmp").write_bytes(b"half")
    (folder / "note.txt").write_text("kept")
    assert take_over(folder, SPACE, journal) == 3
    assert {p.name for p in folder.iterdir()} == {other.name, "note.txt"}
    assert [key in journal for key in KEYS] == [False, False, True, True, True]
    assert "made again" in caplog.text and cut.name in caplog.text
    assert "not taken over" in caplog.text and other.name in caplog.text


def test_large_shards_become_blocks_that_are_read_one_by_one(
    folder: Path, journal: VectorJournal
) -> None:
    keys = [n.to_bytes(16, "little") for n in range(300)]
    rows = np.arange(600, dtype=np.float16).reshape(300, 2)
    write_shard(folder, SPACE, keys, rows)
    assert take_over(folder, SPACE, journal) == 300
    assert journal.get(keys[299]) == rows[299].tobytes()
    # Blocks of 128, 128 and 44: header, then for each its head, keys, rows of 4 bytes and sum.
    assert journal.path.stat().st_size == 40 + 3 * (8 + 32) + 300 * (16 + 4)
