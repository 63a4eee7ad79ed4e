"""Pictures are to scale."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from weapons_ref.model import Claim, RangeInterval
from weapons_ref.site.drawings import SPREAD_WIDTH, ring, round_lengths, spread


def claim(low: float, high: float | None = None, **fields: Any) -> Claim:
    metres = (low * 1000, (high or low) * 1000)
    return Claim(attribute="range_max", printed=f"{low:g}", unit="km", metres=metres, source="a", **fields)


def test_figures_lie_to_scale_on_the_axis() -> None:
    """From 0, so that twice the range is twice as far to the right."""
    found = spread([claim(100), claim(200), claim(50, 400)], {"a": 1})
    assert found is not None
    zero = found.ticks[0].x
    lefts = [row.left - zero for row in found.rows]
    assert lefts == pytest.approx([lefts[0], 2 * lefts[0], 4 * lefts[0]], abs=0.2)
    assert (found.low, found.high) == (found.rows[0].left, found.rows[0].right)
    assert all(0 <= row.left <= row.right <= SPREAD_WIDTH for row in found.rows)


def test_a_suspect_figure_is_drawn_and_widens_nothing() -> None:
    """The band runs over what counts."""
    found = spread([claim(100), claim(120), claim(900, flag="suspect", reason="a slip")], {"a": 1})
    assert found is not None
    assert [row.suspect for row in found.rows] == [False, False, True]
    assert found.high == found.rows[1].right


def test_claims_alike_share_a_row() -> None:
    """With the numbers of all their sources, or the first few."""
    sources = {key: number for number, key in enumerate("abcdef", 1)}
    made = [Claim(attribute="range_max", printed="3", unit="km", metres=(3e3, 3e3), source=key) for key in "fedcba"]
    found = spread(made, sources)
    assert found is not None
    assert [row.sources for row in found.rows] == ["[1, 2, 3, 4] and 2 more"]


def test_no_maximum_range_no_picture() -> None:
    """Nor for what a source prints for a launcher."""
    assert spread([], {}) is None
    assert spread([claim(70, of="rocket")], {"a": 1}) is None


def test_disks_are_to_scale() -> None:
    """Radii are in the ratio of the ranges: on an azimuthal equidistant map a ring is a circle."""
    range_ = RangeInterval(system="x", name="X", low_m=100e3, high_m=400e3, minimum_low_m=20e3, minimum_high_m=50e3)
    drawn = ring(range_)
    assert drawn.within / drawn.disputed == pytest.approx(0.25)
    assert drawn.minimum / drawn.disputed == pytest.approx(0.05)
    assert drawn.unsure / drawn.disputed == pytest.approx(0.125)
    for tick in drawn.scale:
        km = float(tick.label.removesuffix(" km").replace(",", ""))
        assert tick.x / drawn.disputed == pytest.approx(km / 400, abs=0.001)
    assert drawn.title == "100-400 km in every direction"


@pytest.mark.parametrize("most", [9.0, 15.0, 21_000.0, 306_000.0, 18_000_000.0])
def test_round_lengths_are_few_and_even(most: float) -> None:
    """From 0 to at most the length, a round step apart."""
    lengths = round_lengths(most)
    assert lengths[0] == 0
    assert 3 <= len(lengths) <= 6
    assert lengths[-1] <= most
    step = lengths[1]
    assert all(b - a == pytest.approx(step) for a, b in pairwise(lengths))
    assert f"{step:.0e}"[0] in "125"
