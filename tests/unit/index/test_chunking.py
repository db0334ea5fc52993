"""Passages: whole sentences, exact offsets, sensible sizes."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from index.chunking import ChunkingOptions, passages_of
from index.loaders.blocks import TextBuilder, text_sha256
from index.types import Document


def document(*blocks: tuple[str, str], title: str = "Title") -> Document:
    builder = TextBuilder()
    for kind, text in blocks:
        builder.add(text, kind, 2 if kind == "heading" else 0)
    text, found = builder.build()
    return Document("doc", text, title, found, "doc.md", text_sha256(text))


SENTENCE = "The quick brown fox jumps over the lazy dog near the old river bank today."


def test_a_paragraph_is_a_passage_with_its_number_and_heading() -> None:
    made = document(("heading", "Part one"), ("paragraph", SENTENCE), ("paragraph", SENTENCE))
    found = passages_of(made)
    assert [p.passage_id for p in found] == ["doc#1", "doc#2"]
    assert [p.section for p in found] == ["Part one", "Part one"]
    assert [p.row for p in found] == [0, 1]


def test_a_long_paragraph_is_cut_between_sentences_into_like_parts() -> None:
    made = document(("paragraph", " ".join([SENTENCE] * 7)))
    found = passages_of(made, ChunkingOptions(max_words=50))
    sizes = [len(p.text.split()) for p in found]
    assert [p.passage_id for p in found] == ["doc#1.1", "doc#1.2", "doc#1.3"]
    assert max(sizes) <= 50
    assert max(sizes) - min(sizes) <= 15
    assert all(p.text.startswith("The quick") and p.text.endswith("today.") for p in found)


def test_a_short_line_stays_with_what_follows_and_not_with_what_stands_before() -> None:
    made = document(("paragraph", SENTENCE), ("paragraph", "Next topic"), ("paragraph", SENTENCE))
    assert [p.text.split("\n")[0] for p in passages_of(made)] == [SENTENCE, "Next topic"]


def test_list_items_stay_together_with_the_line_that_introduces_them() -> None:
    made = document(("paragraph", "The cities are:"), ("list_item", "Hue"), ("list_item", "Boston"))
    (only,) = passages_of(made)
    assert only.text == "The cities are:\n\nHue\n\nBoston"
    assert len(only.sentences) == 3


def test_a_sentence_without_end_is_bounded() -> None:
    found = passages_of(document(("paragraph", "word " * 1000)), ChunkingOptions(max_words=100))
    assert all(len(p.text.split()) <= 100 for p in found)
    assert sum(len(p.text.split()) for p in found) == 1000


BLOCKS = st.lists(
    st.tuples(
        st.sampled_from(["paragraph", "heading", "list_item", "quote"]),
        st.text(alphabet="ab C.!?\n😀é1", min_size=1, max_size=120),
    ),
    max_size=12,
)


@given(BLOCKS, st.integers(min_value=8, max_value=40))
def test_every_passage_and_sentence_stands_at_its_offsets(
    blocks: list[tuple[str, str]], max_words: int
) -> None:
    made = document(*blocks)
    found = passages_of(made, ChunkingOptions(max_words=max_words, min_words=4))
    assert len({p.passage_id for p in found}) == len(found)
    seen: list[tuple[int, int]] = []
    for p in found:
        assert made.text[p.start : p.end] == p.text
        assert p.sentences
        assert all(p.start <= s < e <= p.end for s, e in p.sentences)
        seen += p.sentences
    assert seen == sorted(seen)
    assert all(a[1] <= b[0] for a, b in pairwise(seen))
