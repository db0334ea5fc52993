"""What a run could not measure, and why, in plain sentences."""

from collections.abc import Sequence

from eval.judging import Outcome


def notes_on(
    outcomes: Sequence[Outcome],
    amiss: Sequence[str],
    retrieved: bool,
    checked: bool,
    expected: Sequence[str],
) -> tuple[str, ...]:
    """Return the reservations of a run.

    ``amiss`` is the gold that was not found; ``retrieved`` whether the retriever's candidates were
    ranked; ``checked`` whether figures were to be held against ``expected``, the sets with
    expectations.
    """
    questions = [o.question for o in outcomes]
    said = {q.answerable for q in questions}
    notes = []
    if not retrieved:
        notes.append(
            "the rankings are of the returned passages (10 at most), not of the "
            "retriever's candidates, which the interface does not show"
        )
    if said == {None}:
        notes.append(
            "the questions do not say whether they are answerable: only follow-ups and latency "
            "can be measured"
        )
    else:
        if None in said:
            notes.append(
                "some questions do not say whether they are answerable: they count for nothing "
                "but latency and follow-ups"
            )
        if True not in said:
            notes.append("no question is answerable: only refusals can be measured")
        if False not in said:
            notes.append(
                "no question is unanswerable: refusals and auroc_answerable cannot be measured"
            )
    if True in said and not any(q.relevant for q in questions):
        notes.append("no gold documents: what was found cannot be judged")
    elif True in said and not any(q.gold for q in questions):
        notes.append(
            "gold documents but no gold words: a passage counts as right when its "
            "document is; the marked sentence cannot be judged"
        )
    has_answers = any(q.answers and q.answerable for q in questions)
    if has_answers and not any("span_f1" in o.scores for o in outcomes):
        notes.append(
            "no passage came back with a marked span: span_em and span_f1 are not measured"
        )
    if amiss:
        notes.append(
            f"{len(amiss)} gold places are not in the index and count as missed, such as {amiss[0]}"
        )
    if not checked:
        notes.append(
            "only a part of the questions was asked: nothing was held against expectations"
        )
    elif not expected:
        notes.append("there are no expectations for these questions")
    return tuple(notes)
