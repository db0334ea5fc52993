"""A long stage tells how far it is, at what rate, and how long it will take."""

import io

from index.progress import Lines


def told(total: int | None, counts: list[int], seconds: float) -> list[str]:
    """The lines of a stage in which each count takes ``seconds``."""
    now = 0.0
    stream = io.StringIO()
    with Lines(stream, every_s=30.0, clock=lambda: now).task("embed", total) as advance:
        for count in counts:
            now += seconds
            advance(count)
    return stream.getvalue().splitlines()


def test_a_short_stage_is_one_line_without_a_rate() -> None:
    assert told(3, [1, 2], 0.25) == ["embed: 3 in 0.5 s"]


def test_a_long_stage_tells_rate_and_time_left_now_and_then() -> None:
    # 100 every 20 s are 5 a second; after 40 s 200 of 500 are done and 300 take 60 s more.
    assert told(500, [100] * 5, 20.0) == [
        "embed: 200 of 500, 5 a second, about 60 s left",
        "embed: 400 of 500, 5 a second, about 20 s left",
        "embed: 500 in 100.0 s, 5 a second",
    ]


def test_a_stage_of_unknown_length_tells_its_rate() -> None:
    assert told(None, [60], 30.0) == [
        "load: 60, 2 a second".replace("load", "embed"),
        "embed: 60 in 30.0 s, 2 a second",
    ]
