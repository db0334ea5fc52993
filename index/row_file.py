"""Rows of a large ``.npy`` file, read when they are asked for and not mapped."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


class RowFile:
    """The rows of a two-dimensional array on disk. Safe to use from several threads.

    Of a mapped file the kernel maps sixteen pages around each that is touched. For a few rows here
    and there that makes the whole file resident, bit by bit; a read costs no more.
    """

    def __init__(self, path: Path) -> None:
        """Open the file. Raises ValueError when it holds no array in the order of its rows."""
        self._file = path.open("rb", buffering=0)
        try:
            read_header = {
                (1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0,
            }[np.lib.format.read_magic(self._file)]
            self.shape, columns_first, self.dtype = read_header(self._file)
            if len(self.shape) != 2 or columns_first or self.dtype.hasobject:
                raise ValueError(f"{path} holds no rows of numbers: {self.shape}, {self.dtype}")
        except (KeyError, ValueError) as error:
            self._file.close()
            raise ValueError(f"{path}: {error}") from error
        self._begin = self._file.tell()
        self._row_bytes = self.shape[1] * self.dtype.itemsize

    def __len__(self) -> int:
        """Number of rows."""
        return int(self.shape[0])

    def __getitem__(self, rows: slice) -> npt.NDArray[Any]:
        """The rows of a slice without a step, ``(n, columns)``; read-only.

        Raises OSError when the file has become shorter.
        """
        first, end, _ = rows.indices(len(self))
        count = max(0, end - first)
        size = count * self._row_bytes
        data = os.pread(self._file.fileno(), size, self._begin + first * self._row_bytes)
        if len(data) != size:
            raise OSError(f"{self._file.name}: {len(data)} of {size} bytes of row {first} on")
        return np.frombuffer(data, self.dtype).reshape(count, self.shape[1])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """All rows, in memory."""
        return np.asarray(self[:], dtype=dtype)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
