"""The journal gives back what was appended, and nothing that is damaged."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from index.vector_journal import MAGIC, VectorJournal

SPACE = hashlib.sha256(b"a model").digest()
HEADER = len(MAGIC) + len(SPACE)
KEYS = [bytes([n]) * 16 for n in range(4)]
ROWS = np.arange(12, dtype=np.float32).reshape(4, 3)
BLOCK = 8 + 2 * 16 + 2 * 12 + 32
"""Bytes of a block of two rows of three float32: head, keys, rows, sum."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of two blocks of two rows each."""
    place = tmp_path / "embeddings" / "journal"
    journal = VectorJournal(place, SPACE)
    journal.append(KEYS[:2], ROWS[:2])
    journal.append(KEYS[2:], ROWS[2:])
    journal.close()
    assert place.stat().st_size == HEADER + 2 * BLOCK
    return place


def found(path: Path, space: bytes = SPACE) -> list[int]:
    """Which keys a journal opened anew gives, each with the row that was appended."""
    journal = VectorJournal(path, space)
    got = [journal.get(key) for key in KEYS]
    journal.close()
    for row, data in zip(ROWS, got, strict=True):
        assert data is None or data == row.tobytes()
    return [n for n, data in enumerate(got) if data is not None]


def test_what_was_appended_is_there_when_opened_again(path: Path) -> None:
    assert found(path) == [0, 1, 2, 3]


def test_every_torn_tail_is_dropped_and_the_blocks_before_it_stay(path: Path) -> None:
    whole = path.read_bytes()
    for size in range(HEADER, len(whole)):
        path.write_bytes(whole[:size])
        assert found(path) == [0, 1][: 2 * ((size - HEADER) // BLOCK)]
        assert path.stat().st_size == HEADER + (size - HEADER) // BLOCK * BLOCK


def test_a_flipped_bit_anywhere_never_gives_a_wrong_row(path: Path) -> None:
    whole = path.read_bytes()
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1
        path.write_bytes(bytes(flipped))
        damaged = (place - HEADER) // BLOCK
        assert found(path) == ([0, 1] if damaged == 1 else [])


def test_without_its_sum_a_flipped_bit_would_give_a_wrong_row(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: the test above must depend on the sum."""
    flipped = bytearray(path.read_bytes())
    flipped[HEADER + 8 + 32] ^= 1
    path.write_bytes(bytes(flipped))
    monkeypatch.setattr(
        "index.vector_journal._digest", lambda *_: bytes(flipped[HEADER + 64 : HEADER + 96])
    )
    with pytest.raises(AssertionError):
        found(path)


def test_damage_after_opening_is_found_when_the_row_is_read(path: Path) -> None:
    journal = VectorJournal(path, SPACE)
    data = bytearray(path.read_bytes())
    data[HEADER + BLOCK + 45] ^= 1
    path.write_bytes(bytes(data))
    assert journal.get(KEYS[2]) is None
    assert KEYS[3] not in journal
    assert journal.get(KEYS[1]) == ROWS[1].tobytes()
    journal.close()


def test_a_block_moved_to_another_place_does_not_count(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:HEADER] + whole[HEADER + BLOCK :])
    assert found(path) == []


def test_a_journal_of_another_space_begins_anew(path: Path) -> None:
    assert found(path, hashlib.sha256(b"another model").digest()) == []
    assert found(path) == []


def test_what_is_appended_behind_a_cut_tail_is_found(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])
    journal = VectorJournal(path, SPACE)
    journal.append(KEYS[3:], ROWS[3:])
    journal.close()
    assert found(path) == [0, 1, 3]
