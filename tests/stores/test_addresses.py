"""Addresses of engines, filters, and how values are cut: worked out by hand, without an engine."""

import sys
from pathlib import Path

import numpy as np
import pytest

from index.errors import RecordError
from index.searchable import PassageFilter
from index.stores import layout
from index.stores.engine import Engine
from index.stores.filters import All, Compare, OneOf, of_documents
from index.stores.layout import Names
from index.stores.url import StoreUrlError, parse


def test_address_names_the_engine_and_the_record() -> None:
    url = parse("milvus+http://db.example:29530/minutes_2025", "")
    assert (url.uri, url.record, url.token) == ("http://db.example:29530", "minutes_2025", "")
    assert str(url) == "milvus+http://db.example:29530/minutes_2025"


def test_port_of_the_engine_need_not_be_given() -> None:
    assert parse("milvus+https://db.example/record").uri == "https://db.example:19530"


def test_embedded_engine_is_a_file_and_the_last_part_the_record() -> None:
    url = parse("milvus+lite:///srv/data/engine.db/record")
    assert (url.uri, url.record, url.embedded) == ("/srv/data/engine.db", "record", True)


def test_token_is_taken_from_the_address_the_argument_or_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ASK_RECORD_STORE_TOKEN", "from-variable")
    assert parse("milvus+http://ann:p%40ss@db/record", "given").token == "ann:p@ss"
    assert parse("milvus+http://db/record", "given").token == "given"
    assert parse("milvus+http://db/record").token == "from-variable"


def test_no_address_shows_its_password() -> None:
    url = parse("milvus+http://ann:secret@db/record")
    assert "secret" not in f"{url} {url!r}"
    with pytest.raises(StoreUrlError) as caught:
        parse("milvus+ftp://ann:secret@db/record")
    assert "secret" not in str(caught.value) and "milvus+ftp://***@db/record" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "http://db:19530/record",
        "milvus+http://db:19530",
        "milvus+http://db:19530/Record",
        "milvus+http://db:19530/a__b",
        "milvus+http://db:19530/" + "a" * 65,
        "milvus+http://db:port/record",
        "milvus+http://db/one/two",
        "milvus+http:///record",
        "milvus+http://db/record?x=1",
        "milvus+lite:///srv/engine/record",
        "milvus+lite://host/engine.db/record",
        "",
    ],
)
def test_wrong_address_is_shown_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(StoreUrlError, match=r"milvus\+http://HOST:19530/RECORD") as caught:
        parse(text)
    assert repr(text) in str(caught.value)


def test_missing_library_names_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RecordError, match=r"pip install \.\[milvus\]"):
        Engine(parse("milvus+http://db/record"))


def test_filter_is_written_with_every_literal_escaped() -> None:
    where = PassageFilter(('a"b', "c\\d"), "2025-01-01", "2025-02-01")
    assert of_documents(where).text() == (
        '(doc_id in ["a\\"b", "c\\\\d"]) and (published >= "2025-01-01") '
        'and (published != "") and (published <= "2025-02-01")'
    )
    both = PassageFilter(publishers=('"Post"',), languages=("en", "vi"))
    assert of_documents(both).text() == '(publisher in ["\\"Post\\""]) and (lang in ["en", "vi"])'


def test_filter_of_nothing_is_empty_and_trees_nest() -> None:
    assert of_documents(PassageFilter()).text() == ""
    nested = All((Compare("number", ">=", 3), All((OneOf("id", ("x", "y")),))))
    assert nested.text() == '(number >= 3) and ((id in ["x", "y"]))'


def test_text_is_cut_between_characters_and_joins_again() -> None:
    text = "a" * 59_999 + "é" + "𝟚" * 20_000
    parts = layout.cut(text)
    assert [len(p.encode()) for p in parts] == [59_999, 59_998, 20_004]
    assert "".join(parts) == text
    assert layout.cut("") == [""]


def test_blob_parts_are_as_many_as_its_size_tells() -> None:
    for size in (0, 1, 45_000, 45_001):
        parts = list(layout.blob_parts(b"x" * size))
        assert len(parts) == layout.blob_part_count(size) == max(1, -(-size // 45_000))
        assert all(len(part) <= 60_000 for part in parts)


def test_postings_come_with_the_heaviest_first() -> None:
    rows = np.asarray([2, 5, 9], dtype=np.int64)
    weights = np.asarray([0.5, 2.0, 0.5], dtype=np.float32)
    (part,) = layout.posting_parts(rows, weights)
    found = layout.postings_of(part)
    assert found[0].tolist() == [5, 2, 9] and found[1].tolist() == [2.0, 0.5, 0.5]


def test_collections_of_a_generation_are_found_again_by_their_names() -> None:
    names = Names.of("record", "20250401T101112.000001Z-ab12-cd34")
    assert names.passages == "record__20250401T101112_000001Z_ab12_cd34__passages"
    assert {Names.of_collection("record", name) for name in names.all} == {names}
    assert Names.of_collection("record", "record_2__x__passages") is None
    assert Names.of_collection("rec", names.passages) is None


def test_build_needs_a_place(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from index.__main__ import main

    assert main(["build", str(tmp_path)]) == 2
    assert "--output DIR, --store URL" in capsys.readouterr().err
