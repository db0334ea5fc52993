"""Each measurement in a process of its own, with the same environment for all systems."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.measuring import Asked, Built, Load
from benchmarks.peers.systems import Contender, Passage

ROOT = Path(__file__).resolve().parents[2]
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "ORT_DISABLE_TELEMETRY": "1",
}

PATIENCE_S = 3600.0
"""After which a system that does not end is ended, and the run with it."""


class MeasurementFailed(Exception):
    """A system's process ended with an error; its last words are the message."""


def build(contender: Contender, model: Path, passages: Sequence[Passage], folder: Path) -> Built:
    """Build in a process of its own. Raises MeasurementFailed."""
    folder.mkdir(parents=True)
    given = folder / "passages.json"
    rows = [{"id": p.id, "title": p.title, "text": p.text} for p in passages]
    given.write_text(json.dumps(rows), encoding="utf-8")
    return Built(**_run(contender, model, folder, {"task": "build", "passages": str(given)}))


def ask(
    contender: Contender,
    model: Path,
    folder: Path,
    questions: Sequence[str],
    clients: Sequence[int],
    seconds: float,
) -> Asked:
    """Open and ask in a process of its own. Raises MeasurementFailed."""
    job = {
        "task": "ask",
        "questions": list(questions),
        "clients": list(clients),
        "seconds": seconds,
    }
    found = _run(contender, model, folder, job)
    return Asked(**{**found, "loads": [Load(**load) for load in found["loads"]]})


def _run(contender: Contender, model: Path, folder: Path, job: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        asked, answered = Path(scratch, "job.json"), Path(scratch, "measured.json")
        whole = {"adapter": contender.adapter, "model": str(model), "folder": str(folder), **job}
        # Written before the process starts, so that starting is all the clock sees.
        asked.write_text(json.dumps({**whole, "begun": time.monotonic()}), encoding="utf-8")
        try:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.peers.worker", str(asked), str(answered)],
                cwd=ROOT,
                env={**os.environ, **OFFLINE},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                timeout=PATIENCE_S,
            )
        except subprocess.TimeoutExpired as error:
            raise MeasurementFailed(
                f"{contender.label}: {job['task']} did not end within {PATIENCE_S:g} s"
            ) from error
        for line in done.stderr.splitlines():
            if "failed with" in line:
                print(f"{contender.label}: {line}", file=sys.stderr)
        if done.returncode or not answered.is_file():
            words = done.stderr.strip().splitlines()[-5:]
            raise MeasurementFailed(
                f"{contender.label}: {job['task']} failed: " + " / ".join(words)
            )
        found: dict[str, Any] = json.loads(answered.read_text(encoding="utf-8"))
        return found
