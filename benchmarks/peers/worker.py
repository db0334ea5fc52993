"""The process that one system is measured in: reads a job as JSON, writes what was measured.

Started by ``benchmarks.peers.processes``. Nothing heavy is imported before the system itself, so
that the time to the first answer is the system's own.
"""

import json
import socket
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from benchmarks.peers import measuring
from benchmarks.peers.systems import Passage, load


def main() -> None:
    """Run the job in the file named by the first argument; the second names the result."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    socket.socket.connect = _refused  # type: ignore[method-assign, assignment]
    system = load(job["adapter"], Path(job["model"]))
    folder = Path(job["folder"])
    measured: Any
    if job["task"] == "build":
        rows = json.loads(Path(job["passages"]).read_text(encoding="utf-8"))
        measured = measuring.build(system, [Passage(**row) for row in rows], folder)
    else:
        measured = measuring.ask(
            system, folder, job["questions"], job["clients"], job["seconds"], job["begun"]
        )
    Path(sys.argv[2]).write_text(json.dumps(asdict(measured)), encoding="utf-8")


def _refused(self: socket.socket, address: object) -> NoReturn:
    raise OSError(f"no system may reach a network while it is measured: {address!r}")


if __name__ == "__main__":
    main()
