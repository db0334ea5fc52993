"""Where answers and time are lost."""

from eval.judging import judge
from eval.stages import Stage, StageTime, stage_times, stages
from tests.unit.eval.builders import question, quoted, reply, unanswerable


def test_each_stage_counts_the_questions_that_are_still_right() -> None:
    wrong, right = quoted("other", sentence=None), quoted()
    far = [quoted("other", i) for i in range(12)] + [right]
    outcomes = [
        judge(question("a"), reply(right), [right], 1),
        judge(question("b"), reply(quoted(sentence=(0, 24))), [wrong, right], 1),
        judge(question("c"), reply(right, answered=False), [wrong, right], 1),
        judge(question("d"), reply(wrong), far, 1),
        judge(question("e"), reply(wrong), [wrong], 1),
        judge(unanswerable("u"), reply(right), [right], 1),
    ]
    assert stages(outcomes) == (
        Stage("a right passage among 50 candidates", 4, 5),  # not e
        Stage("a right passage among 10 candidates", 3, 5),  # nor d, at rank 13
        Stage("a right passage first, before reading", 1, 5),  # a
        Stage("a right passage first, after reading", 3, 5),  # a b c
        Stage("the right sentence marked", 2, 5),  # a c
        Stage("a right passage shown as the answer", 2, 5),  # a b
    )


def test_without_answerable_questions_there_are_no_stages() -> None:
    assert stages([judge(unanswerable(), reply(), (), 1)]) == ()


def test_times_are_by_stage_in_the_services_order() -> None:
    outcomes = [
        judge(question(str(i)), reply(timing_ms={"embed": float(i), "read": 10.0 * i}), (), 1)
        for i in range(1, 21)
    ]
    # Of 1 to 20: the 10th and the 19th.
    assert stage_times(outcomes) == (StageTime("embed", 10, 19), StageTime("read", 100, 190))
    assert stage_times([]) == ()
