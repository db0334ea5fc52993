"""One build in a process of its own: ``python -m benchmarks.scale.build CORPUS OUTPUT``.

The same as ``python -m index build`` but for the vectors, see ``static_encoder``. Prints a line of
JSON with the seconds of each stage and the largest resident memory.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.scale.static_encoder import StaticEmbedder
from index import build, encoders
from index.build import BuildOptions, build_index
from index.encoders import Encoder
from index.generations import Generation
from index.models import ModelFiles
from index.progress import Advance


class Stages:
    """A ``Progress`` that notes when each stage begins."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, float]] = []

    def stage(self, name: str, detail: str) -> None:
        """See ``Progress``."""
        self.begun.append((name, time.perf_counter()))

    @contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Advance]:
        """See ``Progress``."""
        begun = time.perf_counter()
        print(f"{name} {total or ''}", file=sys.stderr, flush=True)
        yield lambda _: None
        self.begun.append((f"{name}_s", time.perf_counter() - begun))


def static(
    factory: object,
    model: ModelFiles,
    folder: Path,
    cache: Path,
    previous: Generation | None,
) -> Encoder:
    """The encoder of the build, with its query encoder as ever and other vectors."""
    prepared = encoders.prepare(model, folder, cache, previous)
    embedder = StaticEmbedder(model)
    return replace(prepared, facts={"method": "static"}, open=lambda: embedder)


def main() -> int:
    """Build and print."""
    corpus, output = map(Path, sys.argv[1:3])
    build.encoder_of = static
    stages = Stages()
    begun = time.perf_counter()
    report = build_index([corpus], output, BuildOptions(), stages)
    seconds = time.perf_counter() - begun
    folder = report.generation.folder
    sizes = {n: f["bytes"] for n, f in report.generation.manifest.files.items()}
    print(
        json.dumps(
            {
                "passages": report.generation.manifest.counts["passages"],
                "build_s": round(seconds, 1),
                "stages": {n: round(s, 1) for n, s in stages.begun if n.endswith("_s")},
                "build_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "disk_mb": sum(sizes.values()) / 1e6,
                "largest_mb": {n: round(s / 1e6) for n, s in sizes.items() if s > 5e6},
                "search": report.generation.manifest.model["search"],
                "generation": folder.name,
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
