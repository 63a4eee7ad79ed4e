"""Distance against range: the definition of a verdict, tested against a second writing of it.

The reference below follows the design's words, with the distance a point: with maximum ranges from H- to
H+ and minimum ranges from L- to L+ (0 where unknown), `within` if d <= H- and d >= L+; `beyond` if
d > H+; `inside-minimum` if d < L-; else `disputed`.
"""

from __future__ import annotations

import re
from fractions import Fraction

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from weapons_ref.model import VERDICTS, Claim, RangeInterval
from weapons_ref.verdicts import Judge, Judgement

#: (attribute, lowest, highest) in whole kilometres.
Row = tuple[str, int, int]


def claim(attribute: str, low_km: float, high_km: float, source: str) -> Claim:
    printed = f"{low_km:g}" if low_km == high_km else f"{low_km:g}-{high_km:g}"
    return Claim(attribute=attribute, printed=printed, unit="km", metres=(low_km * 1000, high_km * 1000), source=source)


def range_of(*rows: Row, open_ended: bool = False) -> RangeInterval:
    """Return the interval of claims; the source of each is ``s`` and its number."""
    claims = tuple(claim(*row, f"s{number}") for number, row in enumerate(rows))
    maxima = [m for c in claims if c.attribute == "range_max" for m in (c.low_m, c.high_m)]
    minima = [m for c in claims if c.attribute == "range_min" for m in (c.low_m, c.high_m)]
    return RangeInterval(
        system="x",
        name="X",
        low_m=min(maxima),
        high_m=max(maxima),
        minimum_low_m=min(minima, default=None),
        minimum_high_m=max(minima, default=None),
        open_ended=open_ended,
        claims=claims,
    )


def plain(range_km: float, minimum_km: float | None = None) -> RangeInterval:
    """Return the interval of a `--range` without claims."""
    metres = None if minimum_km is None else minimum_km * 1000
    high = range_km * 1000
    return RangeInterval(system=None, name="", low_m=high, high_m=high, minimum_low_m=metres, minimum_high_m=metres)


def judge(range_: RangeInterval, distance_km: float) -> Judgement:
    return Judge(range_).judge(distance_km * 1000)


def reference(range_: RangeInterval, distance_m: float) -> str:
    d, lowest, highest = Fraction(distance_m), Fraction(range_.low_m), Fraction(range_.high_m)
    least, most = Fraction(range_.minimum_low_m or 0), Fraction(range_.minimum_high_m or 0)
    if d <= lowest and d >= most:
        return "within"
    if d > highest:
        return "beyond"
    if d < least:
        return "inside-minimum"
    return "disputed"


def rows(attribute: str, least: int) -> st.SearchStrategy[list[Row]]:
    spans = st.tuples(st.integers(1, 60), st.integers(0, 20)).map(lambda pair: (attribute, pair[0], sum(pair)))
    return st.lists(spans, min_size=least, max_size=4)  # of more, a reason names three


ranges = st.builds(lambda maxima, minima: range_of(*maxima, *minima), rows("range_max", 1), rows("range_min", 0))
plains = st.builds(plain, st.integers(1, 80), st.none() | st.integers(1, 80)).filter(
    lambda range_: (range_.minimum_low_m or 0) <= range_.low_m
)
#: Whole kilometres meet the figures; the nearest doubles either side of them must not be taken for them.
distances = st.one_of(
    st.integers(0, 90).map(lambda km: km * 1000.0),
    st.integers(1, 90).map(lambda km: km * 1000.0 * (1 + 2**-52)),
    st.integers(1, 90).map(lambda km: km * 1000.0 * (1 - 2**-53)),
    st.floats(0, 90_000),
)


@given(ranges | plains, st.lists(distances, min_size=1, max_size=30))
def test_the_verdict_is_the_definitions(range_: RangeInterval, asked: list[float]) -> None:
    """For every distance, in whatever order one judge is asked them."""
    one = Judge(range_)
    assert [one.judge(distance).verdict for distance in asked] == [reference(range_, d) for d in asked]


@given(ranges | plains, st.lists(distances, min_size=1, max_size=30))
def test_an_answer_does_not_depend_on_the_ones_before(range_: RangeInterval, asked: list[float]) -> None:
    """A judge words each reason once, and must not confuse them."""
    one = Judge(range_)
    assert [one.judge(distance) for distance in asked] == [Judge(range_).judge(distance) for distance in asked]


@given(ranges | plains, distances)
def test_the_margin_is_negative_exactly_when_beyond(range_: RangeInterval, distance: float) -> None:
    """It is the range minus the distance, the range being a figure of the interval."""
    verdict, margin, _ = Judge(range_).judge(distance)
    assert (margin < 0) == (verdict == "beyond")
    assert margin in (range_.low_m - distance, range_.high_m - distance)
    if verdict == "within":
        assert margin == range_.low_m - distance
    if verdict == "beyond":
        assert margin == range_.high_m - distance


@given(ranges)
def test_boundaries_are_inclusive(range_: RangeInterval) -> None:
    """At the lowest maximum a place is within, at the highest not beyond, at the lowest minimum not inside it."""
    assert Judge(range_).judge(range_.high_m).verdict != "beyond"
    assert Judge(range_).judge(range_.high_m * (1 + 2**-52)).verdict == "beyond"
    if (range_.minimum_high_m or 0) <= range_.low_m:
        assert Judge(range_).judge(range_.low_m).verdict == "within"
        assert Judge(range_).judge(range_.minimum_high_m or 0).verdict == "within"
    if range_.minimum_low_m is not None and range_.minimum_low_m <= range_.high_m:
        assert Judge(range_).judge(range_.minimum_low_m).verdict in ("within", "disputed")
        assert Judge(range_).judge(range_.minimum_low_m * (1 - 2**-53)).verdict == "inside-minimum"


@given(ranges | plains, distances)
def test_a_reason_is_one_line_of_words(range_: RangeInterval, distance: float) -> None:
    """Every verdict has one, and it is printed as it is."""
    verdict, _, reason = Judge(range_).judge(distance)
    assert verdict in VERDICTS
    assert reason
    assert reason == reason.strip(" ;")
    assert "\n" not in reason
    assert "None" not in reason


def sides(reason: str) -> dict[str, set[str]]:
    """Return the sources that a reason names, by the words before them."""
    found = {}
    for part in reason.split("; "):
        words = re.match(r"[a-z, -]+", part)
        assert words is not None
        found[words[0].strip()] = set(re.findall(r"\bs[0-9]+\b", part))
    return found


@given(ranges, distances)
def test_a_dispute_names_every_source_on_its_side(range_: RangeInterval, distance: float) -> None:
    """Those that put the place in reach, those that do not, and those whose printed span leaves it open."""
    verdict, _, reason = Judge(range_).judge(distance)
    assume(verdict == "disputed")
    expected: dict[str, set[str]] = {}

    def take(side: str, one: Claim) -> None:
        expected.setdefault(side, set()).add(one.source)

    for one in range_.claims:
        if one.attribute == "range_max" and distance > range_.low_m:
            if distance <= one.low_m:
                take("in reach by", one)
            elif distance > one.high_m:
                take("out of reach by", one)
            else:
                take("left open by", one)
        if one.attribute == "range_min" and distance < (range_.minimum_high_m or 0):
            if distance < one.low_m:
                take("nearer than the minimum range by", one)
            elif distance >= one.high_m:
                take("past the minimum range by", one)
            else:
                take("minimum range left open by", one)
    if range_.minimum_low_m is None:
        expected["minimum range unknown"] = set()
    assert sides(reason) == expected


@given(ranges, distances)
def test_an_unknown_minimum_range_is_said_where_it_matters(range_: RangeInterval, distance: float) -> None:
    """Whoever reads that a place is in reach learns that it may be too near; and not otherwise."""
    verdict, _, reason = Judge(range_).judge(distance)
    matters = range_.minimum_low_m is None and verdict in ("within", "disputed")
    assert ("minimum range unknown" in reason) == matters


def test_reasons_name_figures_and_sources() -> None:
    """As printed, the figure that decides first."""
    range_ = range_of(("range_max", 290, 290), ("range_max", 300, 300), ("range_max", 300, 300), ("range_min", 25, 25))
    assert judge(range_, 200).reason == "covered by every figure, the lowest being 290 km (s0)"
    assert judge(range_, 295).reason == "in reach by 300 km (s1, s2); out of reach by 290 km (s0)"
    assert judge(range_, 301).reason == "farther than every figure, the highest being 300 km (s1, s2)"
    assert judge(range_, 10).reason == "nearer than every minimum range, the lowest being 25 km (s3)"


def test_a_disputed_minimum_names_both_sides() -> None:
    """Who says that the place is too near, and who does not."""
    range_ = range_of(("range_max", 80, 80), ("range_min", 15, 15), ("range_min", 30, 30), ("range_min", 18, 22))
    assert judge(range_, 20) == (
        "disputed",
        60_000,
        "nearer than the minimum range by 30 km (s2); past the minimum range by 15 km (s1); "
        "minimum range left open by 18-22 km (s3)",
    )


def test_a_printed_span_leaves_a_place_open() -> None:
    """165 to 300 km says neither yes nor no to 200 km."""
    assert judge(range_of(("range_max", 165, 300)), 200) == (
        "disputed",
        100_000,
        "left open by 165-300 km (s0); minimum range unknown",
    )


def test_beyond_an_open_ended_range_says_so() -> None:
    """More than 300 km is a floor: 301 km is beyond the figure, not beyond what the source says."""
    assert "floor" in judge(range_of(("range_max", 300, 300), open_ended=True), 301).reason
    assert "floor" not in judge(range_of(("range_max", 300, 300)), 301).reason
    assert "floor" not in judge(range_of(("range_max", 300, 300), open_ended=True), 300).reason


def test_every_source_of_a_figure_is_named() -> None:
    """However many they are: who says so is the answer."""
    assert "(s0, s1, s2, s3, s4)" in judge(range_of(*[("range_max", 300, 300)] * 5), 300).reason


def test_a_chosen_figure_is_not_called_every_figure() -> None:
    """With a basis of low or high the reason says so, and names the end of a span that counts."""
    span = range_of(("range_max", 165, 300))
    low = msgspec.structs.replace(span, high_m=165_000.0, basis="low")
    high = msgspec.structs.replace(span, low_m=300_000.0, basis="high")
    assert judge(low, 200)[::2] == ("beyond", "farther than the lowest figure, 165 km (s0)")
    assert judge(high, 200).reason.startswith("covered by the highest figure, 300 km (s0)")
    near = msgspec.structs.replace(range_of(("range_max", 300, 300), ("range_min", 80, 80)), basis="high")
    assert judge(near, 50).reason == "nearer than the highest minimum range, 80 km (s1)"
    one = msgspec.structs.replace(range_of(("range_max", 300, 300)), basis="s0")
    reason = judge(one, 200).reason
    assert reason.startswith("covered by every figure of s0, the lowest being 300 km")
    assert reason.endswith("no minimum range among the claims chosen")


def test_a_plain_range_cites_nobody() -> None:
    """It has no claims, and may have a minimum."""
    assert [judge(plain(300, 100), km) for km in (50, 100, 200, 300, 301)] == [
        ("inside-minimum", 250_000, "nearer than the minimum range given"),
        ("within", 200_000, "within the range given"),
        ("within", 100_000, "within the range given"),
        ("within", 0, "within the range given"),
        ("beyond", -1_000, "farther than the range given"),
    ]


@pytest.mark.parametrize("distance_km", [0, 1e-9, 20_003.931458625447])
def test_no_distance_is_too_short_or_too_long(distance_km: float) -> None:
    """From the origin itself to the other side of the Earth."""
    assert judge(plain(20_100), distance_km).verdict == "within"
    assert judge(plain(1), distance_km).verdict == ("within" if distance_km <= 1 else "beyond")


@pytest.mark.parametrize(
    ("miles", "printed"), [(48.0, "48 mi = 77.25 km"), (190.0, "190 mi = 305.8 km"), (8000.0, "8000 mi = 12875 km")]
)
def test_miles_are_given_in_kilometres_too(miles: float, printed: str) -> None:
    """Four figures, and never an exponent."""
    metres = miles * 1609.344
    claim = Claim(attribute="range_max", printed=f"{miles:g}", unit="mi", metres=(metres, metres), source="s")
    assert claim.figure == printed
