"""Who may import whom, and what the product never does. Read from the syntax trees alone."""

import ast
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("index", "service", "eval")
LONGEST_MODULE = 350

WEB_LIBRARIES = {"fastapi", "pydantic", "pydantic_settings", "starlette", "uvicorn"}
WEB = {
    "__main__", "access", "admission", "app", "asking", "html", "json_body", "middleware",
    "operators", "problems", "records", "request_schemas", "routes", "schemas", "settings",
    "static_files",
}  # fmt: skip
"""The modules of ``service`` that know HTTP; no other does."""
HEAVY = {"ray", "torch", "sentence_transformers", "transformers"}
"""Take seconds and half a gigabyte to import, so they are imported where they are used."""
STAGES: dict[str, set[str]] = {
    "acronym_reading": {"acronyms", "reader", "windows"},
    "acronyms": set(),
    "answer_types": set(),
    "answers": set(),
    "antecedents": set(),
    "assessment": {
        "acronym_reading", "confidence", "deadline", "evidence", "query", "reader", "retriever",
        "windows",
    },
    "citations": {"answers"},
    "companion": {"items"},
    "confidence": {"answers", "evidence"},
    "coordination": {"items"},
    "corroboration": {"answers", "assessment", "disagreement"},
    "deadline": set(),
    "disagreement": {"answer_types", "answers", "items", "titles", "values"},
    "cross_encoder": set(),
    "document_search": {"text_search"},
    "evidence": {"answer_types", "query", "reader"},
    "extractive_qa": {"reader", "spans", "windows"},
    "follow_ups": {"answers", "antecedents"},
    "highlighting": {"answers", "assessment", "companion", "lists"},
    "items": set(),
    "known_words": set(),
    "lists": {"coordination", "items"},
    "paired_reader": {"cross_encoder", "extractive_qa", "reader", "windows"},
    "pipeline": {
        "answers", "assessment", "citations", "confidence", "corroboration", "deadline",
        "document_search", "follow_ups", "highlighting", "known_words", "query", "reader",
        "readers", "retriever", "suggestions",
    },
    "query": {"acronyms", "spelling"},
    "reader": {"windows"},
    "readers": {"cross_encoder", "extractive_qa", "paired_reader", "reader", "record_reader"},
    "record_reader": {"reader", "spans", "windows"},
    "retriever": set(),
    "spans": set(),
    "spelling": set(),
    "suggestions": {"answers", "follow_ups"},
    "text_search": set(),
    "titles": {"items"},
    "values": {"items"},
    "windows": set(),
}  # fmt: skip
"""Each stage of answering, and what else of ``service`` it may import. Most need it for a type."""
DOORS = {"answers", "deadline", "pipeline", "text_search"}
"""Through which the rest of ``service``, and ``eval``, reach the stages."""
MORE_DOORS = {"eval.calibrate": {"evidence"}}
UNSAFE_MODULES = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve"}


@lru_cache
def trees() -> dict[str, ast.Module]:
    """Every module of the product by its dotted name."""
    found = {}
    for path in sorted(p for top in PRODUCT for p in (ROOT / top).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return found


def imports(tree: ast.AST, *, inside_functions: bool = True) -> Iterator[str]:
    """Dotted names of the modules that ``tree`` imports."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide who imports whom"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in trees() else str(node.module)
        elif inside_functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from imports(node, inside_functions=inside_functions)


def imported(name: str) -> set[str]:
    return set(imports(trees()[name]))


def libraries(name: str) -> set[str]:
    return {module.split(".")[0] for module in imported(name)}


def of_service(name: str) -> set[str]:
    """Modules of ``service`` that ``name`` imports, without the package's name."""
    return {m.removeprefix("service.") for m in imported(name) if m.startswith("service.")}


def modules(top: str) -> list[str]:
    return [name for name in trees() if name.split(".")[0] == top]


def test_every_package_is_seen() -> None:
    assert all(len(modules(top)) > 10 for top in PRODUCT)
    assert "index.loaders.markdown" in trees()
    assert "faiss" in libraries("index.vector_index")


@pytest.mark.parametrize("name", modules("index"))
def test_index_knows_neither_service_nor_eval_nor_the_web(name: str) -> None:
    assert not libraries(name) & ({"service", "eval"} | WEB_LIBRARIES)


@pytest.mark.parametrize("name", modules("service"))
def test_service_does_not_know_eval(name: str) -> None:
    assert "eval" not in libraries(name)


@pytest.mark.parametrize("name", sorted(trees()))
def test_the_product_does_not_know_its_benchmarks(name: str) -> None:
    assert "benchmarks" not in libraries(name)


@pytest.mark.parametrize("name", sorted(STAGES))
def test_stage_imports_only_what_is_written_down(name: str) -> None:
    assert of_service(f"service.{name}") <= STAGES[name]


@pytest.mark.parametrize("name", modules("service"))
def test_only_the_modules_of_http_know_the_web(name: str) -> None:
    if name.removeprefix("service.") not in WEB:
        assert not libraries(name) & WEB_LIBRARIES
        assert not of_service(name) & (WEB - {"admission", "problems", "settings"})


@pytest.mark.parametrize("name", sorted(STAGES))
def test_no_stage_knows_http(name: str) -> None:
    assert name not in WEB
    assert not libraries(f"service.{name}") & WEB_LIBRARIES
    assert not of_service(f"service.{name}") & WEB


@pytest.mark.parametrize("name", [*modules("service"), *modules("eval")])
def test_stages_are_reached_through_the_pipeline_and_its_records(name: str) -> None:
    if name.removeprefix("service.") not in STAGES:
        doors = DOORS | MORE_DOORS.get(name, set())
        assert of_service(name) & set(STAGES) <= doors


@pytest.mark.parametrize("name", [*modules("index"), *modules("service")])
def test_heavy_libraries_are_not_imported_with_a_module(name: str) -> None:
    found = {m.split(".")[0] for m in imports(trees()[name], inside_functions=False)}
    assert not found & HEAVY


def test_only_one_module_knows_the_cluster() -> None:
    assert [name for name in trees() if "ray" in libraries(name)] == ["index.ray_cluster"]


def test_answering_needs_no_heavy_library() -> None:
    code = f"import sys, service.pipeline; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {name: imported(name) & set(trees()) for name in trees()}
    while free := [name for name, needs in graph.items() if not needs & set(graph)]:
        for name in free:
            del graph[name]
    assert not graph, f"in or behind a circle: {sorted(graph)}"


@pytest.mark.parametrize("name", sorted(trees()))
def test_module_is_short_enough_to_read_at_once(name: str) -> None:
    path = ROOT.joinpath(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("name", sorted(trees()))
def test_nothing_is_unpickled_or_evaluated(name: str) -> None:
    assert not libraries(name) & UNSAFE_MODULES
    for node in ast.walk(trees()[name]):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        assert called not in ("eval", "exec", "compile", "__import__", "torch.load")
        if called in ("np.load", "numpy.load"):
            allowed = {k.arg: ast.unparse(k.value) for k in node.keywords}
            assert allowed.get("allow_pickle") == "False"


@pytest.mark.parametrize(
    "path",
    sorted(
        itertools.chain.from_iterable(
            (ROOT / top).rglob(f"*.{kind}")
            for top in ("service", "eval", "widget")
            for kind in ("js", "html")
        )
    ),
    ids=lambda path: path.name,
)
def test_no_text_is_put_into_a_page_as_markup(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    unsafe = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|\beval\(|new Function"
    assert not re.search(unsafe, text)
    assert not re.search(r"\|\s*safe\b|autoescape\s+false", text)
