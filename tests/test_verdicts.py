"""Distance against range: the definition of a verdict, tested against a second writing of it.

The reference below follows the design's words, with the distance a point: with maximum ranges from H- to
H+ and minimum ranges from L- to L+ (0 where unknown), `within` if d <= H- and d >= L+; `beyond` if
d > H+; `inside-minimum` if d < L-; else `disputed`. A wide origin is many points, each of them asked.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from weapons_ref.model import VERDICTS, Claim, RangeInterval, Reading
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


# --- Wide origins ----------------------------------------------------------------------------------

READINGS: tuple[Reading, ...] = ("anywhere", "somewhere", "everywhere")
#: From best to worst, as a reader would have it.
RANK: dict[str, int] = {name: number for number, name in enumerate(VERDICTS)}


def samples(range_: RangeInterval, near: float, far: float) -> list[float]:
    """Return distances of points of a connected origin: its ends, and all where the definition can change."""
    figures = {range_.low_m, range_.high_m, range_.minimum_low_m or 0.0, range_.minimum_high_m or 0.0}
    figures |= {metres for one in range_.claims for metres in (one.low_m, one.high_m)}
    beside = {math.nextafter(figure, side) for figure in figures for side in (0.0, math.inf)}
    return sorted({near, far, *(metres for metres in figures | beside if near <= metres <= far)})


def wide_reference(range_: RangeInterval, near: float, far: float, reading: Reading) -> str:
    """Return the verdict by asking every point: the best, the worst, or what all of them say."""
    said = {reference(range_, metres) for metres in samples(range_, near, far)}
    if reading == "anywhere":
        return min(said, key=RANK.__getitem__)
    if reading == "everywhere":
        return max(said, key=RANK.__getitem__)
    return said.pop() if len(said) == 1 else "disputed"


def sensible(range_: RangeInterval) -> bool:
    """Say whether some distance could be in reach at all, as the catalog's rules see to."""
    return (range_.minimum_low_m or 0) <= range_.high_m


def chosen(range_: RangeInterval, basis: str) -> RangeInterval:
    """Return what is left of an interval under a basis."""
    if basis == "span" or range_.system is None:
        return range_
    which = min if basis == "low" else max
    at = 0 if basis == "low" else 1
    kept: list[Claim] = []
    figures: dict[str, float] = {}
    for attribute in ("range_max", "range_min"):
        claims = [one for one in range_.claims if one.attribute == attribute]
        if claims:
            figures[attribute] = which(one.metres[at] for one in claims if one.metres)
            kept += [one for one in claims if one.metres and one.metres[at] == figures[attribute]]
    return msgspec.structs.replace(
        range_,
        low_m=figures["range_max"],
        high_m=figures["range_max"],
        minimum_low_m=figures.get("range_min"),
        minimum_high_m=figures.get("range_min"),
        claims=tuple(kept),
        basis=basis,
    )


wide_ranges = st.builds(
    lambda range_, basis, floor: chosen(msgspec.structs.replace(range_, open_ended=floor), basis),
    ranges | plains,
    st.sampled_from(("span", "span", "low", "high")),
    st.booleans(),
).filter(sensible)
#: The nearest and the farthest distance of an origin, and how it is read.
extents = st.tuples(distances, distances).map(sorted)
readings = st.sampled_from(READINGS)


@given(wide_ranges, extents, readings)
@settings(max_examples=400)
def test_a_wide_origin_answers_as_its_points_do(range_: RangeInterval, extent: list[float], reading: Reading) -> None:
    """From anywhere as the best of them, from everywhere as the worst, from somewhere as all of them or disputed."""
    near, far = extent
    assert Judge(range_).judge(near, far, reading).verdict == wide_reference(range_, near, far, reading)


@given(wide_ranges, extents, readings)
def test_a_wide_origins_margin_is_negative_exactly_when_beyond(
    range_: RangeInterval, extent: list[float], reading: Reading
) -> None:
    """It is a figure of the interval minus the distance of one end; within, that of the end which decides."""
    near, far = extent
    verdict, margin, _ = Judge(range_).judge(near, far, reading)
    assert (margin < 0) == (verdict == "beyond")
    assert margin in {figure - metres for figure in (range_.low_m, range_.high_m) for metres in (near, far)}
    if verdict == "within":
        assert margin == range_.low_m - (near if reading == "anywhere" else far)
    if verdict == "beyond":
        assert margin == range_.high_m - (far if reading == "everywhere" else near)


@given(wide_ranges, distances, readings)
def test_an_origin_without_extent_is_a_point(range_: RangeInterval, distance: float, reading: Reading) -> None:
    """However it is read, verdict and margin are those of the point."""
    assert Judge(range_).judge(distance, distance, reading)[:2] == Judge(range_).judge(distance)[:2]


@given(wide_ranges, extents)
def test_what_is_within_from_everywhere_is_so_from_anywhere(range_: RangeInterval, extent: list[float]) -> None:
    """From somewhere lies between; and what is not beyond from everywhere is so from nowhere."""
    near, far = extent
    anywhere, somewhere, everywhere = (Judge(range_).judge(near, far, reading).verdict for reading in READINGS)
    assert (everywhere == "within") == (somewhere == "within")
    assert anywhere == "within" or somewhere != "within"
    assert (anywhere == "beyond") == (somewhere == "beyond")
    assert everywhere == "beyond" or somewhere != "beyond"
    assert RANK[anywhere] <= RANK[everywhere]


@given(wide_ranges, st.lists(st.tuples(extents, st.sampled_from((None, *READINGS))), min_size=2, max_size=40))
def test_a_wide_answer_does_not_depend_on_the_ones_before(
    range_: RangeInterval, asked: list[tuple[list[float], Reading | None]]
) -> None:
    """A used judge never gives the reason of another gap, or of another reading."""
    used = Judge(range_)
    for (near, far), reading in asked:
        other = far if reading else None
        assert used.judge(near, other, reading) == Judge(range_).judge(near, other, reading)


def by_point(one: Claim, metres: float) -> str:
    """Return what a claim says of one distance."""
    assert one.metres is not None
    low, high = one.metres
    if one.attribute == "range_max":
        return "reached" if metres <= low else "missed" if metres > high else "open"
    return "inside" if metres < low else "clear" if metres >= high else "unsure"


WORDS = {
    "reached": "in reach by",
    "missed": "out of reach by",
    "open": "left open by",
    "inside": "nearer than the minimum range by",
    "clear": "past the minimum range by",
    "unsure": "minimum range left open by",
}
DEPENDS = {
    "range_max": "depending on where in the origin by",
    "range_min": "past the minimum range or not, depending on where in the origin, by",
}


def sorted_keys(sides: dict[str, list[str]]) -> dict[str, list[str]]:
    return {side: sorted(keys) for side, keys in sides.items()}


def all_sides(reason: str) -> dict[str, list[str]]:
    """Return the sources that each part of a reason names, by the words before them."""
    found = {}
    for part in reason.removesuffix("; minimum range unknown").split("; "):
        head, *_ = re.split(r"\d", part, maxsplit=1)
        found[head.strip()] = re.findall(r"\bs[0-9]+\b", part)
    return found


@given(ranges.filter(sensible), extents)
@settings(max_examples=300)
def test_a_dispute_from_somewhere_names_each_source_once(range_: RangeInterval, extent: list[float]) -> None:
    """On the side that it takes for every point of the origin, or as one for which it depends on the point."""
    near, far = extent
    verdict, _, reason = Judge(range_).judge(near, far, "somewhere")
    assume(verdict == "disputed")
    points = samples(range_, near, far)
    expected: dict[str, list[str]] = {}
    depends = False
    for one in range_.claims:
        # A side is told where some point of the origin is not certain by it.
        if one.attribute == "range_max" and all(metres <= range_.low_m for metres in points):
            continue
        if one.attribute == "range_min" and all(metres >= (range_.minimum_high_m or 0) for metres in points):
            continue
        said = {by_point(one, metres) for metres in points}
        words = WORDS[said.pop()] if len(said) == 1 else DEPENDS[one.attribute]
        depends |= words in DEPENDS.values()
        expected.setdefault(words, []).append(one.source)
    who, _, rest = reason.partition(" it open: ")
    assert sorted_keys(all_sides(rest)) == sorted_keys(expected)
    # The sources leave it open where they are at odds about some point, the origin where its points differ.
    odds = any(reference(range_, metres) == "disputed" for metres in points)
    assert (
        who
        == {
            (True, False): "the sources leave",
            (False, True): "the origin leaves",
            (True, True): "the sources and the origin leave",
        }[odds, depends]
    )
    assert reason.endswith("; minimum range unknown") == (range_.minimum_low_m is None)


@given(ranges.filter(sensible), extents, st.sampled_from(("anywhere", "everywhere")))
@settings(max_examples=300)
def test_a_dispute_names_the_point_that_decides(range_: RangeInterval, extent: list[float], reading: Reading) -> None:
    """The nearest for a maximum range from anywhere, the farthest for a minimum; from everywhere the other way."""
    near, far = extent
    verdict, _, reason = Judge(range_).judge(near, far, reading)
    assume(verdict == "disputed")
    ends = (("nearest", near), ("farthest", far))
    (outer, outer_m), (inner, inner_m) = ends if reading == "anywhere" else ends[::-1]
    point = ""
    expected: dict[str, list[str]] = {}
    for one in range_.claims:
        if one.attribute == "range_max" and outer_m > range_.low_m:
            words, point = WORDS[by_point(one, outer_m)], outer
        elif one.attribute == "range_min" and inner_m < (range_.minimum_high_m or 0):
            words, point = WORDS[by_point(one, inner_m)], inner
        else:
            continue
        expected.setdefault(f"{point}: {words}", []).append(one.source)
    if not expected:
        # No point is too far by the lowest maximum or too near by the highest minimum; no point does both.
        assert (range_.minimum_high_m or 0) > range_.low_m
        assert reason == "the lowest maximum range is less than the highest minimum range"
        return
    # The point is said once, and holds for what follows until another is.
    found: dict[str, list[str]] = {}
    for side, keys in all_sides(reason).items():
        if match := re.fullmatch(r"from the (\w+) point of the origin (.+)", side):
            point, side = match.groups()
        found[f"{point}: {side}"] = keys
    assert sorted_keys(found) == sorted_keys(expected)


@given(wide_ranges, extents, readings)
def test_a_certain_verdict_says_from_where_it_holds(
    range_: RangeInterval, extent: list[float], reading: Reading
) -> None:
    """At least one point or every one; even the nearest, or the nearest; even the farthest, or the farthest."""
    near, far = extent
    verdict, _, reason = Judge(range_).judge(near, far, reading)
    assert reason == reason.strip(" ;")
    assert "None" not in reason
    if verdict == "disputed":
        return
    said = {
        "within": {"anywhere": "from at least one point of the origin "}.get(
            reading, "from every point of the origin "
        ),
        "beyond": {"everywhere": "from the farthest point of the origin "}.get(
            reading, "even from the nearest point of the origin "
        ),
        "inside-minimum": {"everywhere": "from the nearest point of the origin "}.get(
            reading, "even from the farthest point of the origin "
        ),
    }[verdict]
    assert reason.startswith(said)
    assert ("floor" in reason) == (verdict == "beyond" and range_.open_ended and range_.system is not None)


def test_reasons_of_wide_origins_read_as_sentences() -> None:
    """Each with the figures and the sources that decide."""
    one = Judge(range_of(("range_max", 70, 70), ("range_max", 92, 92), ("range_min", 15, 15)))
    assert one.judge(60_000, 80_000, "somewhere") == (
        "disputed",
        32_000,
        "the sources and the origin leave it open: in reach by 92 km (s1); "
        "depending on where in the origin by 70 km (s0)",
    )
    assert one.judge(75_000, 85_000, "somewhere").reason == (
        "the sources leave it open: in reach by 92 km (s1); out of reach by 70 km (s0)"
    )
    assert one.judge(10_000, 20_000, "somewhere").reason == (
        "the origin leaves it open: past the minimum range or not, depending on where in the origin, by 15 km (s2)"
    )
    assert one.judge(75_000, 85_000, "anywhere").reason == (
        "from the nearest point of the origin in reach by 92 km (s1); out of reach by 70 km (s0)"
    )
    assert one.judge(60_000, 200_000, "anywhere") == (
        "within",
        10_000,
        "from at least one point of the origin covered by every figure, the lowest being 70 km (s0)",
    )
    assert one.judge(60_000, 200_000, "everywhere") == (
        "beyond",
        -108_000,
        "from the farthest point of the origin farther than every figure, the highest being 92 km (s1)",
    )
    assert one.judge(0, 10_000, "anywhere").reason == (
        "even from the farthest point of the origin nearer than every minimum range, the lowest being 15 km (s2)"
    )
