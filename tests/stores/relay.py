"""Carries bytes between a TCP port and a socket in the file system, which namespaces share.

    unshare -rn python -m tests.stores.relay FOLDER MILVUS_SERVER

starts the server where there is no network but the loopback, since it listens on every address,
and lets ``FOLDER/relay.sock`` reach it.
"""

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from tests.faults.offline import is_isolated

PORT = 19530


def carry(listener: socket.socket, connect: Callable[[], socket.socket]) -> None:
    """Accept connections without end and join each to one of ``connect``."""
    while True:
        try:
            here, _ = listener.accept()
        except OSError:
            return
        try:
            there = connect()
        except OSError:
            here.close()
            continue
        for one, other in ((here, there), (there, here)):
            threading.Thread(target=_copy, args=(one, other), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def to_file(path: Path) -> Callable[[], socket.socket]:
    """Connects to a socket in the file system."""

    def connect() -> socket.socket:
        made = socket.socket(socket.AF_UNIX)
        made.connect(str(path))
        return made

    return connect


def main(folder: Path, program: str) -> int:
    """Run the server inside; ends when the server does."""
    if not is_isolated():
        print("this is no namespace of its own", file=sys.stderr)
        return 1
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "relay.sock"))
    listener.listen()
    connect = lambda: socket.create_connection(("127.0.0.1", PORT), timeout=None)  # noqa: E731
    threading.Thread(target=carry, args=(listener, connect), daemon=True).start()
    command = [program, "--data", str(folder / "data"), "--proxy-port", str(PORT)]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
