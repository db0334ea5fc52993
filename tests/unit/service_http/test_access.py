"""The file of tokens: what it may hold, and errors that name the line but never a token."""

import hashlib
from pathlib import Path

import pytest

from service.access import TokenFileError, read_tokens

FIRST, SECOND, THIRD = "a1b2c3d4e5f6a7b8", "0123456789abcdef", "fedcba9876543210=="


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tokens"
    path.write_text(f"# for the site\n{FIRST}\n\nlaw={SECOND}\n news={THIRD} \n")
    return path


def test_token_opens_its_record_and_one_without_a_record_opens_all(file: Path) -> None:
    assert read_tokens(file) == {digest(FIRST)}
    assert read_tokens(file, "law") == {digest(FIRST), digest(SECOND)}
    assert read_tokens(file, "news") == {digest(FIRST), digest(THIRD)}
    assert read_tokens(file, None) == {digest(FIRST)}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no token opens the service"),
        (f"law={FIRST}\n", "no token opens the service"),
        ("# only this\nshort\n", "line 2: a token has at least 16"),
        ("a token with blanks\n", "line 1: write TOKEN or RECORD=TOKEN"),
        (f"LAW={FIRST}\n", "line 1: write TOKEN"),
        ("schlüsselschlüssel\n", "ASCII"),
    ],
)
def test_file_that_cannot_be_used_is_an_error_without_the_token(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "tokens"
    path.write_text(content)
    with pytest.raises(TokenFileError, match=message) as error:
        read_tokens(path)
    assert not any(word in str(error.value) for word in (FIRST, "short", "blanks", "schl"))


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TokenFileError, match="No such file"):
        read_tokens(tmp_path / "none")


def test_record_that_no_token_opens_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"law={FIRST}\n")
    with pytest.raises(TokenFileError, match="no token opens record 'news'"):
        read_tokens(path, "news")
    # The process as a whole need not be open to anyone.
    assert read_tokens(path, None) == frozenset()
