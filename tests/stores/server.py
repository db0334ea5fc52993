"""The real server of Milvus 2.3.5, in a virtual environment and a network of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path

from tests.stores.relay import carry, to_file

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ("milvus==2.3.5", "setuptools<81")
START_S = 60.0


class CannotRun(Exception):
    """Why there is no server on this machine."""


@cache
def program() -> Path:
    """The server's command, installed on first use. Raises CannotRun."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rn", "true"]).returncode:
        raise CannotRun("no network namespace can be made here (unshare -rn)")
    folder = Path(os.environ.get("MILVUS_SERVER_VENV", ""))
    if not folder.name:
        folder = Path(tempfile.gettempdir()) / f"ask-record-milvus-2.3.5-{os.getuid()}"
    found = folder / "bin" / "milvus-server"
    if not found.is_file():
        try:
            subprocess.run(
                [sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True
            )
            install = [str(folder / "bin" / "pip"), "install", "--quiet", *REQUIREMENTS]
            subprocess.run(install, check=True, capture_output=True, timeout=120)
        except (OSError, subprocess.SubprocessError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise CannotRun(f"milvus==2.3.5 cannot be installed here: {error}") from error
    return found


class Server:
    """One server over ``folder``, reached through a port of this machine that stays the same."""

    def __init__(self, folder: Path) -> None:
        self._program = program()
        self._folder = folder
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._process: subprocess.Popen[bytes] | None = None
        connect = to_file(folder / "relay.sock")
        threading.Thread(target=carry, args=(self._listener, connect), daemon=True).start()
        self.address = f"milvus+http://127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self) -> None:
        """Start it, and wait until it accepts calls."""
        (self._folder / "relay.sock").unlink(missing_ok=True)
        command = ["unshare", "-rn", sys.executable, "-m", "tests.stores.relay"]
        command += [str(self._folder), str(self._program)]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "HOME": str(self._folder)}
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        end = time.monotonic() + START_S
        while not self._answers():
            if time.monotonic() > end or self._process.poll() is not None:
                self.kill()
                raise CannotRun("the server did not start")
            time.sleep(0.3)

    def freeze(self) -> None:
        """Stop it as a machine that hangs: connections stay, nothing answers."""
        os.kill(self._pid(), signal.SIGSTOP)

    def thaw(self) -> None:
        """Undo ``freeze``."""
        os.kill(self._pid(), signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, with all that was started for it."""
        if self._process is not None:
            for pid in [p for p in (self._find(),) if p is not None]:
                os.kill(pid, signal.SIGKILL)
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """End it and give the port back."""
        self.kill()
        self._listener.close()

    def _answers(self) -> bool:
        from pymilvus import MilvusClient
        from pymilvus.exceptions import MilvusException

        try:
            client = MilvusClient(
                uri=self.address.removeprefix("milvus+"), timeout=2, dedicated=True
            )
            client.list_collections(timeout=2)
            client.close()
        except (MilvusException, OSError, ValueError):
            return False
        return True

    def _pid(self) -> int:
        found = self._find()
        assert found is not None, "the server does not run"
        return found

    def _find(self) -> int | None:
        """The server's process, by the program that it runs: a copy in its own folder."""
        wanted = str((self._folder / "data" / "bin" / "milvus").resolve())
        for one in Path("/proc").iterdir():
            try:
                if one.name.isdigit() and os.readlink(one / "exe") == wanted:
                    return int(one.name)
            except OSError:
                continue
        return None
