import json

import pytest

from service.json_body import parse_json


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, 2.5, "x", null, true]}', {"a": [1, 2.5, "x", None, True]}),
        (b'"\\ud83d\\ude80"', "\U0001f680"),
        ('"\u202e"'.encode(), "\u202e"),
        (b'{"a": 1, "b": {"a": 2}}', {"a": 1, "b": {"a": 2}}),
    ],
)
def test_json_of_the_standard_is_read(body: bytes, value: object) -> None:
    assert parse_json(body) == value


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting property name"),
        (b'{"a": NaN}', "NaN and Infinity are no numbers"),
        (b"[-Infinity]", "NaN and Infinity are no numbers"),
        (b'{"a": 1, "a": 2}', "a name stands twice in an object"),
        (b'[{"b": {"a": 1, "a": 1}}]', "a name stands twice in an object"),
        (b'"\\ud800"', "a lone surrogate is no character"),
        (b'{"\\udfff": 1}', "a lone surrogate is no character"),
        (b'"\xff"', "the body is not UTF-8"),
        (b'"\xed\xa0\x80"', "the body is not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
        (b"9" * 5_000, "a number is too long"),
        ("\ufeff{}".encode(), "Unexpected UTF-8 BOM"),
        ('"x"'.encode("utf-16"), "the body is not UTF-8"),
        (b"'x'", "Expecting value"),
        (b'"a\nb"', "Invalid control character"),
    ],
)
def test_what_the_standard_does_not_allow_is_a_decode_error(body: bytes, reason: str) -> None:
    with pytest.raises(json.JSONDecodeError, match=reason):
        parse_json(body)
