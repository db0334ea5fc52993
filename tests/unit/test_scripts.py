"""What the scripts decide, with an interpreter that pretends to install."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = [ROOT / name for name in ("scripts/setup", "scripts/serve", "scripts/test", ".ci/run")]
LOCKS = ("torch-cpu", "torch", "torch-cuda", "base", "test", "models")

# Installs nothing: `-m venv` copies this very file into the environment, `-m pip` and the modules
# of the project only write down what they were asked. Everything else is real Python.
FAKE_PYTHON = """\
#!/usr/bin/env bash
case "${1:-} ${2:-}" in
  "-m venv")
    [ "$3" = --without-pip ] && { shift; echo "venv without pip" >>"$CALLS"; }
    mkdir -p "$3/bin" && touch "$3/pyvenv.cfg" && cp "$0" "$3/bin/python"
    ;;
  "-m pip")
    [ -n "${NO_PIP:-}" ] && exit 1
    [ "${!#}" = --version ] && exit 0
    lock=$(basename "${!#}" .txt)
    echo "install $lock with ${*: -5:4}" >>"$CALLS"
    if [ "${SLOW:-}" = "$lock" ]; then touch "$CALLS.started"; sleep 3; fi
    [ "${BROKEN:-}" != "$lock" ]
    ;;
  "-c import ensurepip") [ -z "${NO_ENSUREPIP:-}" ] ;;
  "-c import pip") [ -z "${NO_ENSUREPIP:-}" ] ;;
  "-W ignore") [ -z "${NEEDS_CUDA:-}" ] || grep -q torch-cuda "$CALLS" ;;
  "-m index" | "-m service")
    { printf '%s|' "$PWD" "$@"; echo "ORT_DISABLE_TELEMETRY=$ORT_DISABLE_TELEMETRY"; } >>"$CALLS"
    ;;
  "-c import sys"*_base_executable*) [ -z "${TOO_OLD:-}" ] && echo "$0" ;;
  *) exec REAL "$@" ;;
esac
"""


@dataclass
class Checkout:
    """A copy of the scripts beside small locks, on a path with a space."""

    root: Path
    python: Path
    calls_file: Path

    def environment(self, **variables: str) -> dict[str, str]:
        """Only the pretending interpreter and the system's plain commands are on the path."""
        path = f"{self.python.parent}:/usr/bin:/bin"
        return {"PATH": path, "CALLS": str(self.calls_file), "HOME": str(self.root)} | variables

    def run(
        self, name: str, *arguments: str, **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run a script from another folder."""
        return subprocess.run(
            [str(self.root / name), *arguments],
            cwd="/",
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=30,
        )

    def calls(self) -> list[str]:
        """What was asked of the interpreter since the last look."""
        lines = self.calls_file.read_text().splitlines() if self.calls_file.exists() else []
        self.calls_file.unlink(missing_ok=True)
        return lines

    def installed(self) -> list[str]:
        """The locks installed since the last look."""
        return [line.split()[1] for line in self.calls() if line.startswith("install")]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "a check-out"
    (root / "scripts").mkdir(parents=True)
    (root / "requirements").mkdir()
    (root / "docs_corpus").mkdir()
    for name in ("setup", "serve", "test"):
        shutil.copy(ROOT / "scripts" / name, root / "scripts" / name)
    for name in LOCKS:
        (root / "requirements" / f"{name}.txt").write_text(f"{name}==1.0\n")
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.write_text(FAKE_PYTHON.replace("REAL", f"'{sys.executable}'"))
    python.chmod(0o755)
    return Checkout(root, python, tmp_path / "calls")


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 10 s"
        time.sleep(0.02)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_every_script_is_executable_and_parses(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_finds_nothing_in_the_scripts() -> None:
    found = subprocess.run(["shellcheck", *map(str, SCRIPTS)], capture_output=True, text=True)
    assert found.stdout == ""


@pytest.mark.parametrize("script", ["setup", "serve", "test"])
def test_help_explains_the_script_without_installing(checkout: Checkout, script: str) -> None:
    shown = checkout.run(f"scripts/{script}", "--help")
    assert shown.returncode == 0
    assert f"scripts/{script}" in shown.stdout
    assert "#" not in shown.stdout
    assert checkout.calls() == []


def test_pytorch_is_installed_first_and_everything_with_hashes(checkout: Checkout) -> None:
    done = checkout.run("scripts/setup")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{checkout.root}/.venv/bin/python\n"
    options = "with --no-input --no-deps --require-hashes -r"
    assert checkout.calls() == [
        f"install torch-cpu {options}",
        f"install base {options}",
        f"install models {options}",
    ]


def test_without_a_cpu_build_the_registrys_pytorch_is_installed(checkout: Checkout) -> None:
    done = checkout.run("scripts/setup", BROKEN="torch-cpu")
    assert done.returncode == 0, done.stderr
    assert checkout.installed() == ["torch-cpu", "torch", "base", "models"]


def test_a_second_run_installs_nothing(checkout: Checkout) -> None:
    checkout.run("scripts/setup")
    assert checkout.installed() == ["torch-cpu", "base", "models"]
    again = checkout.run("scripts/setup")
    assert (again.returncode, again.stderr, checkout.installed()) == (0, "", [])


@pytest.mark.parametrize("lock", ["torch-cpu", "base", "models"])
def test_a_changed_lock_is_installed(checkout: Checkout, lock: str) -> None:
    checkout.run("scripts/setup")
    checkout.calls()
    (checkout.root / "requirements" / f"{lock}.txt").write_text("other==2.0\n")
    checkout.run("scripts/setup")
    assert checkout.installed() == ["torch-cpu", "base", "models"]


def test_the_environment_of_the_tests_serves_too_but_not_the_other_way(checkout: Checkout) -> None:
    checkout.run("scripts/setup", "test")
    assert checkout.installed() == ["torch-cpu", "test", "models"]
    checkout.run("scripts/setup", "serve")
    assert checkout.installed() == []
    shutil.rmtree(checkout.root / ".venv")
    checkout.run("scripts/setup", "serve")
    checkout.calls()
    checkout.run("scripts/setup", "test")
    assert checkout.installed() == ["torch-cpu", "test", "models"]


def test_a_failed_installation_says_what_to_do_and_is_done_anew(checkout: Checkout) -> None:
    failed = checkout.run("scripts/setup", BROKEN="base")
    assert failed.returncode == 1
    assert "requirements/base.txt could not be installed" in failed.stderr
    assert "run this again" in failed.stderr
    assert failed.stdout == ""
    assert checkout.installed() == ["torch-cpu", "base"]
    assert checkout.run("scripts/setup").returncode == 0
    assert checkout.installed() == ["torch-cpu", "base", "models"]


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_set_up_starts_from_an_empty_environment(
    checkout: Checkout, sign: signal.Signals
) -> None:
    started = subprocess.Popen(
        [str(checkout.root / "scripts/setup")],
        env=checkout.environment(SLOW="base"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # A test run in the background is started with SIGINT ignored, and would hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    eventually(Path(f"{checkout.calls_file}.started").exists)
    leftover = checkout.root / ".venv" / "half-a-package"
    leftover.touch()
    # To the whole group, as Ctrl-C does.
    os.killpg(started.pid, sign)
    assert started.wait(10) != 0
    checkout.calls()
    assert checkout.run("scripts/setup").returncode == 0
    assert not leftover.exists()
    assert checkout.installed() == ["torch-cpu", "base", "models"]


def test_of_two_set_ups_at_once_one_waits_and_installs_nothing(checkout: Checkout) -> None:
    first = subprocess.Popen(
        [str(checkout.root / "scripts/setup")],
        env=checkout.environment(SLOW="base"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    eventually(Path(f"{checkout.calls_file}.started").exists)
    second = checkout.run("scripts/setup")
    assert first.wait(10) == 0
    assert second.returncode == 0
    assert "another set-up is running" in second.stderr
    assert checkout.installed() == ["torch-cpu", "base", "models"]


def test_cuda_libraries_come_only_when_pytorch_does_not_load(checkout: Checkout) -> None:
    done = checkout.run("scripts/setup", NEEDS_CUDA="1")
    if os.uname().sysname == "Linux":
        assert done.returncode == 0
        assert checkout.installed() == ["torch-cpu", "base", "models", "torch-cuda"]
    else:
        assert "PyTorch does not load" in done.stderr


def test_python_names_the_interpreter(checkout: Checkout) -> None:
    other = checkout.python.with_name("another python")
    checkout.python.rename(other)
    done = checkout.run("scripts/setup", PYTHON=str(other))
    assert done.returncode == 0
    assert f"using {other} and" in done.stderr


def test_a_python_that_is_too_old_is_refused_by_name(checkout: Checkout) -> None:
    refused = checkout.run("scripts/setup", PYTHON="python3", TOO_OLD="1")
    assert refused.returncode == 1
    assert "PYTHON=python3 is not a Python 3.11 to 3.14" in refused.stderr
    assert not (checkout.root / ".venv").exists()


def test_no_python_at_all_is_one_line_with_the_remedy(checkout: Checkout) -> None:
    empty = checkout.root / "bin"
    empty.mkdir()
    for name in ("bash", "cat", "cksum", "dirname", "env", "grep", "tr"):
        (empty / name).symlink_to(shutil.which(name) or pytest.fail(f"no {name} here"))
    found = checkout.run("scripts/setup", PATH=str(empty))
    assert found.returncode == 1
    assert "no Python 3.11 to 3.14 was found: install one" in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_without_ensurepip_the_pip_outside_installs(checkout: Checkout) -> None:
    done = checkout.run("scripts/setup", NO_ENSUREPIP="1")
    assert done.returncode == 0, done.stderr
    lines = checkout.calls()
    assert lines[0] == "venv without pip"
    assert [line.split()[1] for line in lines[1:]] == ["torch-cpu", "base", "models"]


def test_without_ensurepip_and_pip_the_package_to_install_is_named(checkout: Checkout) -> None:
    failed = checkout.run("scripts/setup", NO_ENSUREPIP="1", NO_PIP="1")
    assert failed.returncode == 1
    assert "apt-get install python3-venv" in failed.stderr


def test_a_folder_that_is_no_environment_is_never_emptied(checkout: Checkout) -> None:
    precious = checkout.root / "papers"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    refused = checkout.run("scripts/setup", VENV_DIR=str(precious))
    assert refused.returncode == 1
    assert "is no virtual environment" in refused.stderr
    assert (precious / "thesis.txt").read_text() == "years of work"


def test_serve_indexes_the_record_and_passes_its_flags_on(checkout: Checkout) -> None:
    done = checkout.run("scripts/serve", "--port", "9001")
    assert done.returncode == 0, done.stderr
    root = checkout.root
    quiet = "ORT_DISABLE_TELEMETRY=1"
    assert checkout.calls()[3:] == [
        f"{root}|-m|index|build|{root}/docs_corpus|--output|{root}/index-data|--if-stale|{quiet}",
        f"{root}|-m|service|--index|{root}/index-data|--port|9001|{quiet}",
    ]


def test_serve_keeps_an_index_for_each_corpus(checkout: Checkout, tmp_path: Path) -> None:
    def indexed(name: str) -> tuple[str, str]:
        """The corpus and the index that the build was given."""
        done = checkout.run("scripts/serve", "--corpus", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
        build = next(line for line in checkout.calls() if "|index|build|" in line).split("|")
        return build[4], build[6]

    (tmp_path / "one/my papers").mkdir(parents=True)
    (tmp_path / "two/my papers").mkdir(parents=True)
    corpus, index = indexed("one/my papers")
    assert corpus == str(tmp_path / "one/my papers")
    assert index.startswith(f"{checkout.root}/index-data/corpora/my-papers-")
    assert indexed("one/my papers/") == (corpus, index)
    assert indexed("two/my papers")[1] != index


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--corpus"], "--corpus needs a folder or file"),
        (["--corpus", "/no/such"], "--corpus /no/such: there is no such folder or file"),
    ],
)
def test_serve_refuses_a_wrong_corpus_before_it_installs(
    checkout: Checkout, arguments: list[str], message: str
) -> None:
    refused = checkout.run("scripts/serve", *arguments)
    assert refused.returncode == 2
    assert refused.stderr == f"scripts/serve: {message}\n"
    assert checkout.calls() == []


def test_an_unknown_kind_of_set_up_is_wrong_usage(checkout: Checkout) -> None:
    refused = checkout.run("scripts/setup", "production")
    assert refused.returncode == 2
    assert "'production' is neither serve nor test" in refused.stderr
