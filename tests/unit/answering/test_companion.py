"""A sentence that cannot stand alone brings its neighbour; every other stays alone."""

import pytest

from index.sentences import split_sentences
from service.companion import companion


def neighbour(question: str, chosen: int, *sentences: str) -> int | None:
    """The companion of sentence ``chosen`` of a passage that stands inside a document."""
    text = "A heading\n\n" + " ".join(sentences)
    offsets = split_sentences(text, len("A heading\n\n"))
    assert [text[start:end] for start, end in offsets] == list(sentences)
    return companion(text, offsets, chosen, question)


KORO = ("The rockets were built by Sergei Korolev.", "He was arrested in 1938.")
MILL = ("The mill closed in 1910.", "This was because the river ran dry.")


@pytest.mark.parametrize(
    ("question", "sentences"),
    [
        ("When was Sergei Korolev arrested?", KORO),
        ("What are bound salads made with?", ("A bound salad is mixed.", "They need mayonnaise.")),
        (
            "How do the rules of pond hockey differ?",
            ("Pond hockey is called shinny.", "However, its rules allow no hitting."),
        ),
        (
            "What did the Aurora carry?",
            ("The Bell and the Aurora sailed in May.", "The latter carried salt."),
        ),
    ],
)
def test_pronoun_brings_the_sentence_that_names_what_is_asked(
    question: str, sentences: tuple[str, str]
) -> None:
    assert neighbour(question, 1, *sentences) == 0


@pytest.mark.parametrize(
    ("question", "chosen", "sentences"),
    [
        # The sentence names him itself.
        ("When was Korolev arrested?", 1, (KORO[0], "His friends say Korolev fell in 1938.")),
        # The sentence before says nothing of what is asked.
        ("When was Ann Lee arrested?", 1, KORO),
        # It opens with a pronoun, too.
        ("When was Korolev born?", 1, ("He was once called Korolev.", "He was born in 1907.")),
        # "It" stands for nothing.
        ("Is the Aurora lost?", 1, ("The Aurora sailed.", "It is clear that she was lost.")),
        # There is no sentence before.
        ("When was Sergei Korolev arrested?", 0, KORO[1:]),
        # No pronoun.
        ("Who built the rockets?", 0, KORO),
        ("When did the mill close?", 0, MILL),
    ],
)
def test_sentence_that_stands_alone_stays_alone(
    question: str, chosen: int, sentences: tuple[str, ...]
) -> None:
    assert neighbour(question, chosen, *sentences) is None


def test_why_brings_the_reason_that_follows() -> None:
    assert neighbour("Why did the mill close?", 0, *MILL) == 1
    assert neighbour("What was the reason for closing the mill?", 0, *MILL) == 1


def test_reason_that_is_given_already_needs_no_other() -> None:
    sentences = ("The mill closed because of a fire.", "The reason for the fire is unknown.")
    assert neighbour("Why did the mill close?", 0, *sentences) is None


def test_why_brings_the_reason_that_a_consequence_points_back_to() -> None:
    sentences = ("The river ran dry in 1909.", "For this reason, the mill closed.")
    assert neighbour("Why did the mill close?", 1, *sentences) == 0
    assert neighbour("When did the mill close?", 1, *sentences) is None


def test_colon_brings_what_it_announces() -> None:
    text = "The law has this form:\n\nForce is mass times acceleration"
    assert companion(text, [(0, 22), (24, len(text))], 0, "What is the law?") == 1
    assert companion(text, [(0, 22)], 0, "What is the law?") is None


def test_who_somebody_is_brings_what_is_said_further_of_the_same_person() -> None:
    sentences = ("Ann Lee is the director.", "She also leads the choir.", "She sings.")
    assert neighbour("Who is Ann Lee?", 0, *sentences) == 1
    assert neighbour("Who is Bob Ray?", 0, *sentences) is None
    assert neighbour("Who is the director?", 0, *sentences) is None
    assert neighbour("Who is Ann Lee?", 0, sentences[0], "The choir also sings.") is None
