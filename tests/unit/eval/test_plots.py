"""The plots: well-formed, in their frame, and true to the figures."""

from xml.etree import ElementTree

import pytest

from eval import plots
from eval.metrics import Bin, CoveragePoint

SVGS = {
    "reliability": plots.reliability_diagram([Bin(10, 0.2, 0.1), Bin(10, 0.9, 1.0)]),
    "no bins": plots.reliability_diagram([]),
    "risk": plots.risk_coverage_plot(
        [CoveragePoint(0.9, 0.5, 0.0), CoveragePoint(0.4, 1.0, 0.25)], 0.5
    ),
    "no curve": plots.risk_coverage_plot([], None),
    "latency": plots.latency_histogram([5.0, 6.0, 7.0, 40.0], 6.0, 40.0),
    "one latency": plots.latency_histogram([0.0], 0.0, 0.0),
    "bars": plots.category_bars("t", [plots.Bar("<fact> & more", 0.5, 0.25, 0.75, 8)]),
}


def elements(name: str, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(SVGS[name]).iter(tag))


@pytest.mark.parametrize("name", SVGS)
def test_every_plot_is_well_formed_and_named_for_those_who_cannot_see_it(name: str) -> None:
    root = ElementTree.fromstring(SVGS[name])
    assert root.get("role") == "img" and root.get("aria-label")
    assert "nan" not in SVGS[name] and "inf" not in SVGS[name]


def test_a_bin_stands_at_what_it_promised_and_what_came_true() -> None:
    first, second = elements("reliability", "circle")
    # The frame is 52 to 444 across and 286 to 14 down.
    assert float(first.get("cx", "")) == pytest.approx(52 + 0.2 * 392, abs=0.1)
    assert float(first.get("cy", "")) == pytest.approx(286 - 0.1 * 272, abs=0.1)
    assert float(second.get("cy", "")) == pytest.approx(14, abs=0.1)


def test_the_threshold_in_use_is_marked_with_what_it_costs() -> None:
    text = "".join(t for e in elements("risk", "text") for t in e.itertext())
    assert "threshold 0.50: 50% answered, 0.0% wrong" in text
    assert not elements("no curve", "circle")


def test_the_columns_hold_every_question() -> None:
    titles = [e.text or "" for e in elements("latency", "title")]
    assert sum(int(t.rsplit(": ", 1)[1]) for t in titles) == 4


def test_a_bar_is_as_long_as_its_value_and_its_label_is_escaped() -> None:
    (bar,) = elements("bars", "rect")
    (whisker,) = [e for e in elements("bars", "line") if e.get("class") == "whisker"]
    assert float(bar.get("width", "")) == pytest.approx(0.5 * 320)  # 560 - 170 - 70
    assert float(whisker.get("x2", "")) - float(whisker.get("x1", "")) == pytest.approx(160)
    assert any(t == "<fact> & more" for e in elements("bars", "text") for t in e.itertext())
