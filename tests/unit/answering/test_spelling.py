"""Mending misspellings."""

import pytest

from service.spelling import SpellingCorrector


def corrector(*record: str, known: tuple[str, ...] = ()) -> SpellingCorrector:
    return SpellingCorrector(dict.fromkeys(record, 1), known)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("harbor", "harbour"),  # a letter is missing
        ("harrbour", "harbour"),  # one too many
        ("hardour", "harbour"),  # a wrong one
        ("hrabour", "harbour"),  # two neighbours swapped
    ],
)
def test_one_edit_of_any_kind_is_mended(typed: str, meant: str) -> None:
    assert corrector("harbour").correct(typed) == meant


def test_two_edits_are_allowed_from_eight_letters_on() -> None:
    assert corrector("lighthouse").correct("lighthse") == "lighthouse"
    assert corrector("keepers").correct("keeqqrs") is None


def test_three_edits_are_never_allowed() -> None:
    assert corrector("lighthouses").correct("lighthse") is None


def test_first_letter_must_be_right() -> None:
    assert corrector("harbour").correct("barbour") is None


def test_short_words_are_left() -> None:
    assert corrector("ship", "sea").correct("shi") is None
    assert corrector("ship", "sea").correct("seaa") is None


def test_numbers_and_mixed_words_are_left() -> None:
    assert corrector("harbour").correct("harb0ur") is None


def test_word_of_the_record_is_left_though_another_is_near() -> None:
    assert corrector("castle", "cattle").correct("cattle") is None


def test_known_word_of_the_language_is_left() -> None:
    assert corrector("castle", known=("cattle",)).correct("cattle") is None
    assert corrector("castle").correct("cattle") == "castle"


@pytest.mark.parametrize(
    ("typed", "recorded"),
    [
        ("films", "film"),
        ("filmed", "film"),
        ("filming", "film"),
        ("film", "films"),
        ("towers", "tower"),
    ],
)
def test_inflections_are_left_to_stemming(typed: str, recorded: str) -> None:
    assert corrector(recorded).correct(typed) is None


def test_nearer_word_wins_over_a_commoner_one() -> None:
    speller = SpellingCorrector({"lighthouse": 1, "lightmouses": 50}, ())
    assert speller.correct("lighthousse") == "lighthouse"


def test_tie_goes_to_the_commoner_word() -> None:
    assert SpellingCorrector({"caste": 1, "castle": 7}, ()).correct("casle") == "castle"
    assert SpellingCorrector({"casie": 7, "castle": 1}, ()).correct("casle") == "casie"


def test_tie_between_equally_common_words_goes_to_the_first_in_the_alphabet() -> None:
    assert SpellingCorrector({"castle": 2, "casie": 2}, ()).correct("casle") == "casie"


def test_commonest_word_wins_among_many_neighbours() -> None:
    counts = {f"bla{letter}k": 1 for letter in "abdefghijlmnop"} | {"black": 99}
    counts = {word: counts[word] for word in sorted(counts, key=lambda w: w == "black")}
    assert SpellingCorrector(counts, ()).correct("blazk") == "black"


def test_empty_record_corrects_nothing() -> None:
    assert corrector().correct("lighthose") is None
