"""Understanding a question."""

import unicodedata

import pytest

from index.lexicon import Lexicon
from service.query import Query, QueryUnderstanding, is_question

LEXICON = Lexicon(
    acronyms={
        "RLS": ["Royal Lighthouse Society"],
        "UN": ["United Nations"],
        "US": ["United States"],
        "AI": ["Artificial Intelligence"],
        "SPS": ["Sea Pilot School", "Stone Pier Society"],
    },
    word_counts={
        "lighthouse": 9, "society": 4, "royal": 4, "castle": 3, "keeper": 5, "vietnam": 3,
        "de": 2, "la": 2, "cruz": 2, "harbour": 6, "opened": 2, "song": 1,
    },
)  # fmt: skip


@pytest.fixture
def understanding() -> QueryUnderstanding:
    return QueryUnderstanding(LEXICON, {"cattle", "opened"}, ("en",))


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Who opened the lighthouse?", "en"),
        ("Ai đã mở cửa ngọn hải đăng?", "vi"),
        ("Ai la nguoi dau tien cua hai dang?", "vi"),
        ("Кто открыл маяк?", "ru"),
        ("誰が灯台を開けましたか", "ja"),
        ("Wer hat den Leuchtturm eröffnet und wann war das?", "de"),
    ],
)
def test_language_of_the_question_is_detected(
    understanding: QueryUnderstanding, text: str, lang: str
) -> None:
    assert understanding.understand(text).lang == lang


def test_question_that_does_not_tell_its_language_has_the_records_main_one() -> None:
    understanding = QueryUnderstanding(LEXICON, (), ("vi", "en"))
    assert understanding.understand("Lighthouse 1931").lang == "vi"


def test_foreign_looking_words_of_the_record_do_not_make_a_question_foreign(
    understanding: QueryUnderstanding,
) -> None:
    assert understanding.understand("de la Cruz").lang == "en"
    assert understanding.understand("de la Torre").lang == "es"


def test_language_that_is_given_overrides_the_detection(understanding: QueryUnderstanding) -> None:
    assert understanding.understand("Who opened the lighthouse?", lang="FR").lang == "fr"


def test_misspelling_is_mended_towards_a_word_of_the_record(
    understanding: QueryUnderstanding,
) -> None:
    query = understanding.understand("Who opened the lighthose?")
    assert query.text == "Who opened the lighthouse?"
    assert query.corrected
    assert "lighthous" in query.terms


def test_mending_keeps_a_capital(understanding: QueryUnderstanding) -> None:
    assert understanding.understand("Lighthose keeper").text == "Lighthouse keeper"


def test_known_word_is_never_changed_though_the_record_lacks_it(
    understanding: QueryUnderstanding,
) -> None:
    query = understanding.understand("Where is the cattle?")
    assert query.text == "Where is the cattle?"
    assert not query.corrected
    ignorant = QueryUnderstanding(LEXICON, (), ("en",))
    assert ignorant.understand("Where is the cattle?").text == "Where is the castle?"


def test_question_in_a_language_the_record_lacks_is_not_mended(
    understanding: QueryUnderstanding,
) -> None:
    query = understanding.understand("Who saw the lighthose?", lang="de")
    assert query.text == "Who saw the lighthose?"
    assert not query.corrected


def test_diacritics_make_no_difference_to_the_terms(understanding: QueryUnderstanding) -> None:
    plain = understanding.understand("Dang Thi Huong keeper", lang="en")
    accented = understanding.understand("Đặng Thị Hương keeper", lang="en")
    assert accented.terms == plain.terms == ("dang", "thi", "huong", "keeper")


def test_decomposed_letters_are_not_taken_for_misspellings(
    understanding: QueryUnderstanding,
) -> None:
    composed = understanding.understand("Where is Vietnám?", lang="en")
    decomposed = understanding.understand(
        unicodedata.normalize("NFD", "Where is Vietnám?"), lang="en"
    )
    assert decomposed == composed
    assert not composed.corrected


def test_vietnamese_function_words_are_no_content(understanding: QueryUnderstanding) -> None:
    query = understanding.understand("Ai là người của lighthouse?", lang="vi")
    assert query.content_words == ("lighthouse",)
    assert query.terms == ("lighthous",)


def test_acronym_is_explained_for_models_and_for_lexical_search(
    understanding: QueryUnderstanding,
) -> None:
    query = understanding.understand("Who leads the RLS?")
    assert query.expanded == "Who leads the RLS (Royal Lighthouse Society)?"
    assert query.terms == ("lead", "rls", "royal", "lighthous", "societi")
    assert query.text == "Who leads the RLS?"


def test_long_form_is_also_searched_by_its_acronym(understanding: QueryUnderstanding) -> None:
    query = understanding.understand("Who leads the Royal Lighthouse Society?")
    assert query.terms == ("lead", "royal", "lighthous", "societi", "rls")


def test_acronym_beside_its_long_form_is_not_explained_again(
    understanding: QueryUnderstanding,
) -> None:
    text = "Is the Royal Lighthouse Society the RLS?"
    assert understanding.understand(text).expanded == text


def test_acronym_of_several_long_forms_gets_them_all(understanding: QueryUnderstanding) -> None:
    expanded = understanding.understand("What is the SPS?").expanded
    assert expanded == "What is the SPS (Sea Pilot School or Stone Pier Society)?"


def test_explanation_follows_the_acronym_and_not_a_word_that_holds_it(
    understanding: QueryUnderstanding,
) -> None:
    query = understanding.understand("Did UNESCO join the UN?")
    assert query.expanded == "Did UNESCO join the UN (United Nations)?"


def test_two_acronyms_are_each_explained_in_place(understanding: QueryUnderstanding) -> None:
    query = understanding.understand("Did the UN pay the RLS?")
    assert query.expanded == ("Did the UN (United Nations) pay the RLS (Royal Lighthouse Society)?")


def test_acronym_in_small_letters_is_understood(understanding: QueryUnderstanding) -> None:
    assert "Royal Lighthouse Society" in understanding.understand("who leads the rls?").expanded


def test_acronym_that_is_an_everyday_word_must_be_written_in_capitals(
    understanding: QueryUnderstanding,
) -> None:
    assert "United States" not in understanding.understand("Tell us the keeper").expanded
    assert "United States" in understanding.understand("Is the keeper from the US?").expanded


def test_acronym_is_not_read_into_a_foreign_question(understanding: QueryUnderstanding) -> None:
    query = understanding.understand("Ai là người mở cửa?")
    assert query.lang == "vi"
    assert "Artificial" not in query.expanded
    assert "artifici" not in query.terms


def test_each_term_stands_once(understanding: QueryUnderstanding) -> None:
    query = understanding.understand("keeper, keepers, KEEPER of the harbour")
    assert query.terms == ("keeper", "harbour")
    assert query.content_words == ("keeper", "keepers", "keeper", "harbour")


@pytest.mark.parametrize(
    "text", ["Hello", "thanks!", "Good morning", "???", "Who is it?", "xin chào", "OK", "-", "😀"]
)
def test_greeting_or_empty_words_are_no_question(
    understanding: QueryUnderstanding, text: str
) -> None:
    assert not is_question(understanding.understand(text))


@pytest.mark.parametrize("text", ["Hello, who is the keeper?", "lighthouse", "Ai mở hải đăng?"])
def test_words_to_search_by_make_a_question(understanding: QueryUnderstanding, text: str) -> None:
    assert is_question(understanding.understand(text))


def test_query_of_nothing_but_marks_has_no_terms(understanding: QueryUnderstanding) -> None:
    query = understanding.understand("?!")
    assert query == Query("?!", "?!", (), "en", False, ())
