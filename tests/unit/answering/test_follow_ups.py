"""Making follow-up questions stand alone."""

import unicodedata

import pytest

from service.answers import Turn
from service.follow_ups import person_in, resolve

HOLM = "Who is Anna Holm?"
LIGHTHOUSE = "When was the lighthouse opened?"


def nobody(question: str) -> str | None:
    raise AssertionError(f"the answer to {question!r} was asked for without need")


def after(question: str, *earlier: str) -> str | None:
    return resolve(question, [Turn(e) for e in earlier], nobody)


@pytest.mark.parametrize(
    ("question", "resolved"),
    [
        ("When was she born?", "When was Anna Holm born?"),
        ("What did he say?", "What did Anna Holm say?"),
        ("Who hired him?", "Who hired Anna Holm?"),
        ("Who paid her?", "Who paid Anna Holm?"),
        ("She was what?", "Anna Holm was what?"),
    ],
)
def test_personal_pronoun_stands_for_the_person_asked_about(question: str, resolved: str) -> None:
    assert after(question, HOLM) == resolved


@pytest.mark.parametrize(
    ("question", "earlier", "resolved"),
    [
        ("Who built it?", LIGHTHOUSE, "Who built the lighthouse?"),
        ("Who painted them?", "Who owns the boats?", "Who painted the boats?"),
        ("What happened there?", LIGHTHOUSE, "What happened at the lighthouse?"),
        (
            "What does this mean?",
            "What is the Sea Pilot School?",
            "What does the Sea Pilot School mean?",
        ),
        (
            "When did it start?",
            "What is the theme of the roundtable?",
            "When did the roundtable start?",
        ),
        ("Where can I see it?", LIGHTHOUSE, "Where can I see the lighthouse?"),
        ("Is it open?", "What is Fresnel Tower?", "Is Fresnel Tower open?"),
    ],
)
def test_pronoun_stands_for_the_thing_asked_about(
    question: str, earlier: str, resolved: str
) -> None:
    assert after(question, earlier) == resolved


@pytest.mark.parametrize(
    ("question", "earlier", "resolved"),
    [
        ("What is her job?", HOLM, "What is Anna Holm’s job?"),
        ("What was his view?", HOLM, "What was Anna Holm’s view?"),
        ("Was the medal hers?", HOLM, "Was the medal Anna Holm’s?"),
        ("What is its height?", LIGHTHOUSE, "What is the lighthouse’s height?"),
        ("What was their price?", "Who owns the boats?", "What was the boats’ price?"),
        (
            "What is their view?",
            "What did the Royal Lighthouse Society say?",
            "What is the Royal Lighthouse Society’s view?",
        ),
    ],
)
def test_possessive_pronoun_becomes_a_possessive(
    question: str, earlier: str, resolved: str
) -> None:
    assert after(question, earlier) == resolved


@pytest.mark.parametrize("lead", ["What about", "How about", "And", "And what about", "But"])
def test_question_is_asked_again_of_another_name(lead: str) -> None:
    assert after(f"{lead} Nora Lund?", HOLM) == "Who is Nora Lund?"


def test_article_before_the_other_name_is_not_doubled() -> None:
    assert after("What about the BGF?", "Who leads the VFDA?") == "Who leads the BGF?"


def test_what_is_no_name_is_added_to_the_earlier_question() -> None:
    assert after("And in Hanoi?", "When was it held?") == "When was it held, in Hanoi?"
    assert after("Why?", LIGHTHOUSE) == "When was the lighthouse opened, why?"
    assert after("But why?", LIGHTHOUSE) == "When was the lighthouse opened, why?"


def test_connected_whole_question_drops_its_connective() -> None:
    assert after("And who built it?", LIGHTHOUSE) == "Who built the lighthouse?"
    assert after("And where is the museum?", LIGHTHOUSE) is None


def test_connective_alone_is_left() -> None:
    assert after("And?", LIGHTHOUSE) is None
    assert after("What about?", LIGHTHOUSE) is None


def test_last_earlier_question_that_names_someone_counts() -> None:
    assert after("Where is she?", HOLM, "Who is Nora Lund?") == "Where is Nora Lund?"


def test_last_earlier_question_that_names_a_thing_counts() -> None:
    assert after("Who built it?", LIGHTHOUSE, "Where is the museum?") == "Who built the museum?"


def test_thing_is_looked_for_further_back_when_the_last_question_has_none() -> None:
    assert after("Who built it?", LIGHTHOUSE, "Why?") == "Who built the lighthouse?"


@pytest.mark.parametrize("question", ["Where was she?", "Who built it?", "Why?", "And in Hanoi?"])
def test_without_history_nothing_is_resolved(question: str) -> None:
    assert after(question) is None


@pytest.mark.parametrize(
    "question",
    [
        "Where is the museum?",
        "Who leads the BGF?",
        "What did Nora Lund say when she left?",
        "Did the Sea Pilot School sell its boats?",
        "How many boats sank?",
        "Is IT taught?",
        "",
    ],
)
def test_question_that_stands_alone_is_untouched(question: str) -> None:
    assert after(question, HOLM) is None


def test_title_before_a_name_is_left_out() -> None:
    assert after("What did she say?", "Who is Dr Anna Holm?") == "What did Anna Holm say?"


def test_institution_is_no_person() -> None:
    asked: list[str] = []
    history = [Turn("What is the Royal Lighthouse Society?")]
    assert resolve("Where was she born?", history, asked.append) is None
    assert asked == ["What is the Royal Lighthouse Society?"]


def test_answer_names_the_person_when_the_questions_do_not() -> None:
    asked: list[str] = []

    def name(question: str) -> str | None:
        asked.append(question)
        return "Nora Lund" if question == "Who lit the lamp?" else None

    history = [Turn("Who lit the lamp?"), Turn("Why is it bright?")]
    assert resolve("When was she born?", history, name) == "When was Nora Lund born?"
    assert asked == ["Why is it bright?", "Who lit the lamp?"]


def test_answer_is_not_asked_for_when_the_question_needs_nobody() -> None:
    for question in ("Where is the museum?", "Who built it?", "Why?", "And in Hanoi?"):
        resolve(question, [Turn(LIGHTHOUSE)], nobody)


def test_pronoun_that_nobody_explains_is_left() -> None:
    assert resolve("When was she born?", [Turn("Who lit the lamp?")], lambda q: None) is None


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_of_a_name_are_kept_however_they_are_written(form: str) -> None:
    earlier = unicodedata.normalize(form, "Who is Ngô Phương Lan?")  # type: ignore[arg-type]
    assert after("When was she born?", earlier) == "When was Ngô Phương Lan born?"


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("The lamp was lit by Anna Holm in 1931.", "Anna Holm"),
        ("President Nora Lund opened it.", "Nora Lund"),
        ("Ngô Phương Lan, who leads the VFDA, spoke.", "Ngô Phương Lan"),
        ("The Royal Lighthouse Society met at the City Museum.", None),
        ("It rained in Oslo.", None),
    ],
)
def test_person_of_a_sentence_is_found(sentence: str, name: str | None) -> None:
    assert person_in(sentence) == name


def test_person_next_to_what_was_asked_is_preferred() -> None:
    sentence = (
        "Anna Holm sang at the opening of the new museum by the pier that year, and after a long "
        "pause filled with talk and bread Nora Lund rang the bell."
    )
    assert person_in(sentence, "Who rang the bell?") == "Nora Lund"
    assert person_in(sentence, "Who sang at the museum?") == "Anna Holm"
    assert person_in(sentence) == "Anna Holm"
