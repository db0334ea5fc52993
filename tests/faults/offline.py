"""Builds and serves the record while everything that leaves the machine is noted and refused.

    unshare -rn python -m tests.faults.offline FOLDER [--index DIR] [--plant]
    python -m tests.faults.offline FOLDER           without a network of its own

With ``unshare -rn`` there is no network but the loopback, and the kernel counts what found no way
out, also from libraries that are not Python's. Prints one JSON object.
"""

import argparse
import fcntl
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "ORT_DISABLE_TELEMETRY")
QUESTIONS = (
    "Who opened the roundtable?",
    "When was it held?",
    "What is the capital of Mars?",
    "Phim Việt Nam nào được nhắc đến?",
)


def is_isolated() -> bool:
    """Whether this process has no network but the loopback; brings that one up."""
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        return False
    with socket.socket() as any_socket:
        up = struct.pack("16sh", b"lo", 0x1)
        try:
            fcntl.ioctl(any_socket, 0x8914, up)
        except PermissionError:
            return False
    return True


def without_a_way_out() -> int:
    """How many packets the kernel had no route for, in this network namespace."""
    names, values = (
        line.split()
        for line in Path("/proc/net/snmp").read_text().splitlines()
        if line.startswith("Ip:")
    )
    return int(values[names.index("OutNoRoutes")])


def run(folder: Path, given: Path | None, plant: bool) -> dict[str, object]:
    """Build, unless an index is ``given``, serve and ask; return what was seen."""
    isolated = is_isolated()
    folder.mkdir(parents=True, exist_ok=True)
    attempts, index = folder / "attempts.txt", given or folder / "index"
    attempts.write_text("")
    environment = {name: value for name, value in os.environ.items() if name not in OFFLINE}
    environment |= {
        "WATCHED_ATTEMPTS": str(attempts),
        "WATCHED_PLANT": "1" if plant else "0",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "tests" / "faults" / "refusing"), str(ROOT)]),
        "ASK_RECORD_SHUTDOWN_DELAY_S": "0",
        "ASK_RECORD_FEEDBACK_DB": str(folder / "feedback.sqlite3"),
    }
    before = without_a_way_out() if isolated else 0
    statuses: list[int] = []
    if plant:
        subprocess.run([sys.executable, "-c", ""], env=environment, check=True)
    else:
        if given is None:
            build = [sys.executable, "-m", "index", "build", "docs_corpus", "--output", str(index)]
            built = subprocess.run(build, cwd=ROOT, env=environment, capture_output=True, text=True)
            if built.returncode:
                raise RuntimeError(built.stderr[-2_000:])
        statuses = _serve(index, environment)
    return {
        "isolated": isolated,
        "attempts": attempts.read_text().splitlines(),
        "no_route": without_a_way_out() - before if isolated else 0,
        "statuses": statuses,
    }


def _serve(index: Path, environment: dict[str, str]) -> list[int]:
    command = [sys.executable, "-m", "service", "--index", str(index), "--port", "0"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as service:
        try:
            assert service.stdout is not None
            found = re.search(r"http://\S+", service.stdout.readline())
            assert found
            with httpx.Client(base_url=found[0], timeout=60) as client:
                for _ in range(600):
                    try:
                        if client.get("/readyz").status_code == 200:
                            break
                    except httpx.TransportError:
                        pass
                    time.sleep(0.1)
                answers = [client.post("/ask", json={"question": q}) for q in QUESTIONS]
                body = {"answer_id": answers[0].json()["answer_id"], "value": "up"}
                others = [client.post("/feedback", json=body)]
                others += [client.get(p) for p in ("/", "/documents", "/suggestions", "/metrics")]
                return [response.status_code for response in (*answers, *others)]
        finally:
            service.send_signal(signal.SIGTERM)


def main() -> int:
    """Run and print what was seen."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.offline")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--index", type=Path, help="Serve this one and build none.")
    parser.add_argument("--plant", action="store_true")
    options = parser.parse_args()
    print(json.dumps(run(options.folder, options.index, options.plant)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
