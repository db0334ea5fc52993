"""What a loader reads: a file, or a part of one such as a member of an archive."""

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from index.loaders.limits import MIB, LimitError, Limits


class Budget:
    """How many bytes a file may still unpack to, archives within archives included."""

    def __init__(self, limits: Limits) -> None:
        self._left = limits.unpacked_mib * MIB
        self._limit = limits.unpacked_mib

    def take(self, size: int) -> None:
        """Count ``size`` bytes. Raises LimitError when there are too many."""
        self._left -= size
        if self._left < 0:
            raise LimitError(
                f"unpacks to more than {self._limit} MiB; split it, or raise --max-unpacked"
            )


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of a document with the names by which it is spoken of."""

    path: str
    """Shown in errors: the path as it was given, with a member's name below an archive's."""
    name: str
    """The same below the corpus; citations and ids are made from it."""
    data: bytes
    limits: Limits = Limits()
    budget: Budget = field(default_factory=lambda: Budget(Limits()))
    depth: int = 0
    """How many archives and messages it lies in."""

    @property
    def file_name(self) -> PurePosixPath:
        """The last part of the name."""
        return PurePosixPath(self.name)

    def member(self, name: str, data: bytes) -> "Source":
        """A part of this file.

        Raises LimitError when too many lie within each other.
        """
        if self.depth >= self.limits.depth:
            raise LimitError(
                f"lies in more than {self.limits.depth} archives or messages within each other; "
                "unpack them"
            )
        return replace(
            self,
            path=f"{self.path}/{name}",
            name=f"{self.name}/{name}",
            data=data,
            depth=self.depth + 1,
        )
