"""Making follow-up questions stand alone, and what earlier questions add to their search."""

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
    assert after("And in 2024?", "Did it open in Oslo?") == "Did it open in 2024?"


@pytest.mark.parametrize(
    ("question", "earlier", "resolved"),
    [
        ("And in Bergen?", "When was the fair held in Oslo?", "When was the fair held in Bergen?"),
        ("And in Bergen?", "Who spoke at Fresnel Tower?", "Who spoke in Bergen?"),
        ("And on Monday?", "Is the museum open on Sunday?", "Is the museum open on Monday?"),
        ("What about the museum?", LIGHTHOUSE, "When was the museum opened?"),
        (
            "And about ice?",
            "What did Anna Holm say about oil?",
            "What did Anna Holm say about ice?",
        ),
        ("What about ice?", "What is known about the sea?", "What is known about ice?"),
        ("And Oslo?", "When did Anna Holm visit Bergen?", "When did Anna Holm visit Oslo?"),
        ("And Nora Lund?", "When did Anna Holm visit Oslo?", "When did Nora Lund visit Oslo?"),
    ],
)
def test_phrase_takes_the_place_of_its_like(question: str, earlier: str, resolved: str) -> None:
    assert after(question, earlier) == resolved


@pytest.mark.parametrize(
    ("question", "earlier", "resolved"),
    [
        ("Why?", LIGHTHOUSE, "Why was the lighthouse opened?"),
        ("But why?", LIGHTHOUSE, "Why was the lighthouse opened?"),
        ("And where?", "Was the fair held?", "Where was the fair held?"),
    ],
)
def test_lone_question_word_is_asked_of_the_earlier_question(
    question: str, earlier: str, resolved: str
) -> None:
    assert after(question, earlier) == resolved


@pytest.mark.parametrize(
    ("question", "earlier"),
    [
        ("Why?", "Who lit the lamp?"),
        ("When?", LIGHTHOUSE),
        ("What about installation?", "Do I need scripts?"),
        ("What about the museum?", "Did the mayor open the lighthouse?"),
        ("And about the level of the sea at night?", "What is known about ice?"),
        ("So, no boats from now on!", "The sea is getting worse."),
        ("But if parents do?", "Is the museum open?"),
    ],
)
def test_ellipsis_without_a_plain_place_is_left(question: str, earlier: str) -> None:
    assert after(question, earlier) is None


@pytest.mark.parametrize(
    "question",
    [
        "Is it possible to sail?",
        "Is it safer to sail at night?",
        "Is it true that boats sink?",
        "How long will it take to get an answer?",
        "What if it rains?",
        "How many boats are there?",
        "I believe it is old.",
        "What does the school charge its pupils?",
        "Did the mayor like it?",
        "How do sailors pay their taxes?",
        "Is a boat safe, and how is it built?",
        "Do boats sink? Why is that?",
    ],
)
def test_pronoun_that_means_nothing_said_before_is_left(question: str) -> None:
    assert after(question, LIGHTHOUSE) is None
    assert after(question, "Who owns the boats?") is None


@pytest.mark.parametrize(
    ("question", "earlier"),
    [
        ("Who built it?", "Who owns the boats?"),
        ("Who painted them?", LIGHTHOUSE),
        ("How is it used?", "Did the mayor show the guests the lamp of the tower in the park?"),
        ("When was it opened?", "Who is Anna Holm?"),
        ("What is it?", "What is the difference?"),
        ("What is its price?", "I want to go. Where is the museum?"),
        ("Who built it?", "Why do sailors like wet towns so much when others stay on land?"),
    ],
)
def test_thing_is_refused_when_the_earlier_question_does_not_tell(
    question: str, earlier: str
) -> None:
    assert after(question, earlier) is None


@pytest.mark.parametrize(
    ("earlier", "resolved"),
    [
        ("Enterprise value", "How is enterprise value used?"),
        ("What is Sea Pilot School?", "How is Sea Pilot School used?"),
        ("How is Sickle cell treated?", "How is Sickle cell used?"),
        ("What is the distance to the Sun?", "How is the Sun used?"),
        ("Is there a museum in town?", "How is the museum used?"),
        ("Why was the old tower called the lamp?", "How is the old tower used?"),
    ],
)
def test_thing_is_found_however_it_is_named(earlier: str, resolved: str) -> None:
    assert (after("How is it used?", earlier) or "").lower() == resolved.lower()


def test_earlier_follow_up_is_itself_resolved_first() -> None:
    earlier = ("What is Fresnel Tower?", "When was it built?")
    assert after("Who designed it?", *earlier) == "Who designed Fresnel Tower?"
    assert after("And in Oslo?", *earlier) == "When was Fresnel Tower built, in Oslo?"


def test_thing_is_not_looked_for_past_a_question_about_something_else() -> None:
    assert after("Who built it?", LIGHTHOUSE, "Do sailors drink rum?") is None


def test_earlier_question_is_not_asked_again() -> None:
    assert after("When was it opened?", LIGHTHOUSE) is None
    assert after("Who built it?", "Who built the lamp?") is None


def test_long_question_is_left() -> None:
    long = "When and for how much money and by which of all the builders was it built?"
    assert len(long.split()) == 16
    assert after(long, LIGHTHOUSE) is None


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
    assert asked == ["Why is the lamp bright?", "Who lit the lamp?"]


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
