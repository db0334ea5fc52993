"""Documents disagree when they give different values of the same thing, and only then."""

import pytest

from service.answers import Disagreement, DisputedWords
from service.disagreement import Statement, disagreement
from service.titles import titles
from service.values import dates, numbers


def stated(doc_id: str, sentence: str, span: str | None = None) -> Statement:
    """``sentence`` inside a document, so that its offsets do not begin at 0."""
    text = f"Notes.\n\n{sentence}\n\nThe end."
    start = len("Notes.\n\n")
    words = None
    if span is not None:
        at = text.index(span)
        words = (at, at + len(span))
    return Statement(f"{doc_id}#2", doc_id, text, (start, start + len(sentence)), words)


def between(question: str, first: str, other: str) -> tuple[str, str, str] | None:
    """Kind and the differing words, the same both ways round."""
    a, b = stated("a", first), stated("b", other)
    found, reverse = disagreement(question, a, b), disagreement(question, b, a)
    assert (found is None) == (reverse is None)
    if found is None:
        return None
    for words, statement in zip(found.passages, (a, b), strict=True):
        assert words.passage_id == statement.passage_id
        assert statement.text[words.start : words.end] == words.text
        assert statement.sentence[0] <= words.start < words.end <= statement.sentence[1]
    return found.kind, found.passages[0].text, found.passages[1].text


FAIR = "How many people attended the fair?"
SHIPS = "How many ships sailed?"
HELD = "When was the meeting held?"
OPENED = "When did the museum open?"
COST = "How much did the bridge cost?"


@pytest.mark.parametrize(
    ("question", "first", "other", "kind", "here", "there"),
    [
        (FAIR, "1,200 people attended the fair.", "Some 1,450 people came to the fair.", "number",
         "1,200", "1,450"),
        (SHIPS, "Twelve ships sailed north.", "Eleven ships sailed north with 12 captains.",
         "number", "Twelve", "Eleven"),
        (COST, "The bridge cost $3 million.", "The bridge cost 4 million dollars.", "number",
         "$3 million", "4 million"),
        ("What percentage of voters agreed?", "52% of voters agreed.",
         "54 per cent of voters agreed.", "number", "52%", "54 per cent"),
        ("How tall is the tower?", "The tower is 300 metres tall.",
         "The tower, 310 metres tall, is new.", "number", "300", "310"),
        (FAIR, "More than 1,200 people attended the fair.", "900 people attended the fair.",
         "number", "1,200", "900"),
        (HELD, "The meeting was held on March 12.", "The meeting took place on 13 March 2025.",
         "date", "March 12", "13 March 2025"),
        (OPENED, "The museum opened in 1990.", "The museum was opened in 1991.", "date", "1990",
         "1991"),
        (OPENED, "The museum opened in May 1990.", "The museum was opened in June 1990.", "date",
         "May 1990", "June 1990"),
        ("Who is Ann Lee?", "Ann Lee is the director of the Hue Museum.",
         "Ann Lee, deputy director of the Hue Museum, spoke.", "title", "director",
         "deputy director"),
        ("Who leads the club?", "Ann Lee is president of the Rowing Club.",
         "The Rowing Club's chairwoman, Ann Lee, waved.", "title", "president", "chairwoman"),
        ("What is the title of Ngo Phuong Lan?",
         "Dr. Ngo Phuong Lan, the Chairwoman of the VFDA, spoke.",
         "Dr. Ngô Phương Lan took part as President of the VFDA, the Vietnam Film Association.",
         "title", "Chairwoman", "President"),
    ],
)  # fmt: skip
def test_different_values_of_the_same_thing_disagree(
    question: str, first: str, other: str, kind: str, here: str, there: str
) -> None:
    assert between(question, first, other) == (kind, here, there)


@pytest.mark.parametrize(
    ("question", "first", "other"),
    [
        (FAIR, "1,200 people attended the fair.", "1200 people came to the fair."),
        (FAIR, "More than 1,200 people attended the fair.", "1,450 people attended the fair."),
        (FAIR, "Fewer than 1,500 people attended the fair.", "1,450 people attended the fair."),
        (FAIR, "About 1,200 people attended the fair.", "1,187 people attended the fair."),
        (FAIR, "1.2 million people attended the fair.", "1,214,000 people attended the fair."),
        (SHIPS, "Twelve ships sailed north.", "12 ships sailed north."),
        (COST, "The bridge cost $3 million.", "The bridge cost 3 million dollars."),
        (HELD, "The meeting was held on March 12.", "The meeting was held on 12 March 2025."),
        (HELD, "The meeting was held on 2025-03-12.", "The meeting was held on 12th March, 2025."),
        (HELD, "The meeting was held on March 12.", "Họ meeting held ngày 12 tháng 3 năm 2025."),
        ("Who is Ann Lee?", "Ann Lee is the chairman of the board.",
         "Ann Lee is the chairwoman of the board."),
        ("Who leads the VFDA?", "Ngô Phương Lan is the President of the VFDA.",
         "Ngo Phuong Lan, President of VFDA, spoke."),
    ],
)  # fmt: skip
def test_the_same_value_written_otherwise_does_not(question: str, first: str, other: str) -> None:
    assert between(question, first, other) is None


@pytest.mark.parametrize(
    ("question", "first", "other"),
    [
        # Other years, other nouns, other units, other currencies, other precision.
        (FAIR, "In 2023, 1,200 people attended the fair.",
         "In 2024, 1,450 people attended the fair."),
        (SHIPS, "Twelve ships sailed north.", "The ships sailed north with 40 sailors."),
        ("How tall is the tower?", "The tower is 300 metres tall.", "The tower is 984 feet tall."),
        (COST, "The bridge cost $3 million.", "The bridge cost 4 million euros."),
        (OPENED, "The museum opened in 1990.", "The museum opened on May 5, 1990."),
        (OPENED, "The museum opened in 1990.", "The museum opened on a Sunday in June 1991."),
        # Other events, other subjects.
        (OPENED, "The museum opened on May 5, 1990.", "The museum closed on June 6, 1999."),
        ("When was the club founded?", "The club was founded in 1990.",
         "The school was founded in 1991."),
        ("When was it founded?", "The club was founded in 1990.",
         "The school was founded in 1991."),
        # The value is not stated, or it cannot be told which one is meant.
        (SHIPS, "Twelve ships sailed north.", "Many ships sailed north."),
        (OPENED, "The museum opened in 1990.", "The museum opened between 1991 and 1993."),
        ("How many films were shown?", "40 films were shown in Hue and 12 in Vinh.",
         "12 films were shown."),
        # Other people, other organisations, offices that go together, another question.
        ("Who is Ann Lee?", "Ann Lee is the mayor of Hue.", "Bob Ray is the governor of Hue."),
        ("Who is Ann Lee?", "Ann Lee is the mayor of Hue.", "Ann Lee is director of the Bank."),
        ("Who is Ann Lee?", "Ann Lee is director of the Bank.", "Ann Lee is founder of the Bank."),
        ("Who is Ann Lee?", "Ann Lee, director and founder of the Bank, spoke.",
         "Ann Lee, director of the Bank, spoke."),
        ("Who is Ann Lee?", "Ann Lee is director of the Bank.",
         "Ann Lee, president of the Bank, director of the Bank, spoke."),
        ("Where did Ann Lee speak?", "Ann Lee, director of the Bank, spoke in Hue.",
         "Ann Lee, president of the Bank, spoke in Hue."),
    ],
)  # fmt: skip
def test_values_of_different_things_do_not_disagree(question: str, first: str, other: str) -> None:
    assert between(question, first, other) is None


def test_vietnamese_who_is_not_the_acronym_ai() -> None:
    sentences = ("Ann Lee, director of the Bank, spoke.", "Ann Lee, president of the Bank, spoke.")
    assert between("Ai đứng đầu ngân hàng?", *sentences) == ("title", "director", "president")
    assert between("What can AI not replace?", *sentences) is None


def test_record_names_both_passages_and_their_words() -> None:
    found = disagreement(
        OPENED, stated("a", "The museum opened in 1990."), stated("b", "The museum opened in 1991.")
    )
    # "Notes.", a blank line and "The museum opened in " are 8 + 21 characters.
    here, there = DisputedWords("a#2", 29, 33, "1990"), DisputedWords("b#2", 29, 33, "1991")
    assert found == Disagreement("date", (here, there))


def test_one_document_does_not_disagree_with_itself() -> None:
    first, other = (stated("a", f"The museum opened in {year}.") for year in (1990, 1991))
    assert disagreement(OPENED, first, other) is None


def test_span_tells_which_of_several_dates_answers() -> None:
    both = "The museum opened in 1990 and burnt in 1995."
    other = stated("b", "The museum opened in 1991.")
    assert disagreement(OPENED, stated("a", both), other) is None
    found = disagreement(OPENED, stated("a", both, "1990"), other)
    assert found is not None
    assert [w.text for w in found.passages] == ["1990", "1991"]


def test_spans_tell_what_a_question_without_a_kind_asks_for() -> None:
    question = "What is the population of Hue?"
    first, other = "Hue has a population of 350,000.", "The population of Hue is 420,000."
    assert between(question, first, other) is None
    found = disagreement(question, stated("a", first, "350,000"), stated("b", other, "420,000"))
    assert found is not None
    assert (found.kind, found.passages[1].text) == ("number", "420,000")


def test_name_that_stands_near_the_sentence_counts() -> None:
    question = "When was the Hue museum opened?"
    first = stated("a", "The Hue museum was opened in 1990.")
    sentence = "The museum was opened in 1991."
    text = f"Hue has a river and a museum. {sentence}"
    near = Statement("b#1", "b", text, (len(text) - len(sentence), len(text)))
    assert disagreement(question, first, near) is not None
    assert disagreement(question, first, stated("b", sentence)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on March 12, 2025", (2025, 3, 12)),
        ("on 12th of March 2025", (2025, 3, 12)),
        ("on Sept. 3", (None, 9, 3)),
        ("in March 2025", (2025, 3, None)),
        ("on 2025-03-12", (2025, 3, 12)),
        ("ngày 12 tháng 3 năm 2025", (2025, 3, 12)),
        ("in 1850", (1850, None, None)),
    ],
)
def test_dates_are_read(text: str, expected: tuple[int | None, ...]) -> None:
    (found,) = dates(text, (0, len(text)))
    assert (found.year, found.month, found.day) == expected


@pytest.mark.parametrize(
    "text", ["1,850 tons", "$1850", "he may 12 times", "1850%", "March of men"]
)
def test_what_is_no_date_is_not_read_as_one(text: str) -> None:
    assert dates(text, (0, len(text))) == []


@pytest.mark.parametrize(
    ("text", "value", "units"),
    [
        ("1,200 people came", 1200.0, {"peopl"}),
        ("twelve young directors", 12.0, {"young", "director"}),
        ("2.5 million euros", 2.5e6, {"eur"}),
        ("£40 for it", 40.0, {"gbp"}),
        ("8 per cent of it", 8.0, {"%"}),
        ("30th anniversary", 30.0, {"anniversari (ordinal)"}),
        ("a 300-metre tower", 300.0, {"metr"}),
        ("it has 40.", 40.0, set()),
    ],
)
def test_numbers_are_read(text: str, value: float, units: set[str]) -> None:
    (found,) = numbers(text, (0, len(text)))
    assert (found.value, found.units) == (value, frozenset(units))


@pytest.mark.parametrize("text", ["COVID-19", "in 1990", "A4 sheets", "the one-eyed man"])
def test_what_counts_nothing_is_not_read_as_a_number(text: str) -> None:
    assert numbers(text, (0, len(text))) == []


@pytest.mark.parametrize(
    ("text", "office", "person", "organisation"),
    [
        ("Ann Lee, the Deputy Head of Vietnam's Mission, spoke.", "deputy head", "ann lee", None),
        ("They met President Ann Lee.", "president", "ann lee", ""),
        ("VFDA Chairman Bob Ray spoke.", "chair", "bob ray", "vfda"),
        (
            "Bob Ray, president of the club, Ann Lee and others sang.",
            "president",
            "bob ray",
            "club",
        ),
    ],
)
def test_titles_are_read(text: str, office: str, person: str, organisation: str | None) -> None:
    (found,) = titles(text, (0, len(text)))
    assert (found.office, found.person) == (office, frozenset(person.split()))
    if organisation is not None:
        assert found.organisation == frozenset(organisation.split())


@pytest.mark.parametrize(
    "text",
    [
        "The president of the club spoke, and Ann Lee listened.",
        "Ann Lee spoke of the long rivers in the mountains of the far north to the president.",
    ],
)
def test_office_far_from_any_person_is_nobodys(text: str) -> None:
    assert titles(text, (0, len(text))) == []


SOCIETY = "What does SPS stand for?"


@pytest.mark.parametrize(
    ("question", "first", "other", "same"),
    [
        (SOCIETY, "Sea Pilot School", "Stone Pier Society", False),
        ("What is the sps?", "Sea Pilot School", "Stone Pier Society", False),
        (SOCIETY, "Society of Pilots Organisation", "Society of Pilots Organization", True),
        ("Who runs the school?", "Sea Pilot School", "Stone Pier Society", True),
    ],
)
def test_long_forms_of_one_acronym_disagree_unless_they_are_spellings(
    question: str, first: str, other: str, same: bool
) -> None:
    found = between_spans(question, f"The {first} (SPS) was there.", first, other)
    assert found == (None if same else ("name", first, other))


def between_spans(
    question: str, sentence: str, first: str, other: str
) -> tuple[str, str, str] | None:
    one = stated("a", sentence, first)
    two = stated("b", f"A ship of the {other} (SPS), too.", other)
    found = disagreement(question, one, two)
    return found and (found.kind, found.passages[0].text, found.passages[1].text)


def test_long_forms_of_two_acronyms_do_not_disagree() -> None:
    one = stated("a", "The Sea Pilot School (SPS) was there.", "Sea Pilot School")
    two = stated("b", "The Royal Lighthouse Society (RLS) too.", "Royal Lighthouse Society")
    assert disagreement("What do SPS and RLS stand for?", one, two) is None
