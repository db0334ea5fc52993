"""Rows read from a file are those of the array, and a file that is not one is refused."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from index.row_file import RowFile

ROWS = np.arange(40, dtype=np.float16).reshape(10, 4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    np.save(tmp_path / "rows.npy", ROWS)
    return tmp_path / "rows.npy"


@pytest.mark.parametrize(
    "rows", [slice(0, 10), slice(3, 5), slice(9, 10), slice(4, 4), slice(6, 3), slice(8, 99)]
)
def test_a_slice_is_that_of_the_array(path: Path, rows: slice) -> None:
    file = RowFile(path)
    np.testing.assert_array_equal(file[rows], ROWS[rows])
    assert file[rows].dtype == np.float16
    assert len(file) == 10
    file.close()


def test_all_of_it_is_an_array(path: Path) -> None:
    np.testing.assert_array_equal(np.asarray(RowFile(path)), ROWS)
    assert np.asarray(RowFile(path), dtype=np.float32).dtype == np.float32


def test_threads_read_side_by_side(path: Path) -> None:
    file = RowFile(path)
    with ThreadPoolExecutor(8) as pool:
        for number, row in pool.map(lambda n: (n % 10, file[n % 10 : n % 10 + 1]), range(2_000)):
            np.testing.assert_array_equal(row[0], ROWS[number])


def test_a_file_that_became_shorter_is_an_error_that_names_it(path: Path) -> None:
    file = RowFile(path)
    with path.open("r+b") as other:
        other.truncate(path.stat().st_size - 8)
    assert len(file[0:8]) == 8
    with pytest.raises(OSError, match=r"rows\.npy"):
        file[8:10]


@pytest.mark.parametrize("array", [np.zeros(3), np.asfortranarray(np.zeros((3, 2)))])
def test_what_holds_no_rows_is_refused(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(ValueError, match=r"x\.npy"):
        RowFile(tmp_path / "x.npy")


def test_what_is_no_array_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(b"not an array at all")
    with pytest.raises(ValueError, match=r"x\.npy"):
        RowFile(tmp_path / "x.npy")
