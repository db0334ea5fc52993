"""The files of a generation as a service reads them: each checked before a byte of it is used."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.generations import Generation
from index.row_file import RowFile

MAPPED_FROM = 64 * 1024 * 1024
"""Bytes from which a file is mapped rather than read: workers then share its pages."""
_AT_ONCE = 2
"""Large files checked side by side; hashing lets other threads run."""


class VerifiedFiles:
    """Gives the content of files that are as they were published.

    Every method raises IndexCorrupt naming the file that is not.
    """

    def __init__(self, generation: Generation) -> None:
        """Check the large files."""
        self._generation = generation
        large = [n for n in generation.manifest.files if self.is_large(n)]
        large.sort(key=lambda name: -generation.manifest.files[name]["bytes"])
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            self._checked = dict(zip(large, pool.map(generation.verify, large), strict=True))

    def is_large(self, name: str) -> bool:
        """Whether the file is to be mapped."""
        return bool(self._generation.manifest.files[name]["bytes"] >= MAPPED_FROM)

    def read(self, name: str) -> bytes:
        """The content of a file, in memory."""
        return self._generation.read(name)

    def path(self, name: str) -> Path:
        """The path of a file that is to be opened or mapped by its reader."""
        return self._checked.get(name) or self._generation.verify(name)

    def array(self, name: str) -> npt.NDArray[Any]:
        """The content of a ``.npy`` file, read or mapped."""
        if self.is_large(name):
            mapped: npt.NDArray[Any] = np.load(self.path(name), mmap_mode="r", allow_pickle=False)
            return mapped
        read: npt.NDArray[Any] = np.load(io.BytesIO(self.read(name)), allow_pickle=False)
        return read

    def rows(self, name: str) -> npt.NDArray[Any] | RowFile:
        """The same for a file of which a few rows are wanted at a time."""
        return RowFile(self.path(name)) if self.is_large(name) else self.array(name)
