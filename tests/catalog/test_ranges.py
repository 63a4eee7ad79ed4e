"""Which claims make a range interval: never an average, nothing dropped but by the rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weapons_ref.catalog.loading import Catalog
from weapons_ref.catalog.ranges import interval
from weapons_ref.errors import QueryError
from weapons_ref.geo.units import METRES_PER_UNIT
from weapons_ref.model import Claim, RangeInterval, Source, System

_DATES = {"day": "2023-10-05", "month": "2023-10", "year": "2023", "next": "2024-01-01", "undated": None}
_QUALIFIERS = {"stated": "value", "about": "value", "up to": "ceiling", "more than": "floor"}


def claim(
    figure: str, source: str = "day", *, of: str = "range_max", qualifier: str = "stated", flag: str | None = None
) -> Claim:
    """Return a claim such as ``300 km`` or ``165-300 km``, as the catalog would hold it."""
    printed, unit = figure.split()
    low, _, high = printed.partition("-")
    metres = float(low) * METRES_PER_UNIT[unit], float(high or low) * METRES_PER_UNIT[unit]
    return Claim(attribute=of, printed=printed, unit=unit, metres=metres, qualifier=qualifier, source=source, flag=flag)


def minimum(figure: str, source: str = "day") -> Claim:
    return claim(figure, source, of="range_min")


def range_of(*claims: Claim, basis: str = "span", as_of: str | None = None, kind: str = "munition") -> RangeInterval:
    found = maybe_range_of(*claims, basis=basis, as_of=as_of, kind=kind)
    assert found is not None
    return found


def maybe_range_of(
    *claims: Claim, basis: str = "span", as_of: str | None = None, kind: str = "munition"
) -> RangeInterval | None:
    system = System(id="x", kind=kind, class_="rocket", names={"en": ("X", "Ex")}, claims=claims)  # type: ignore[arg-type]
    sources = {key: Source(key=key, publisher=key, date=date) for key, date in _DATES.items()}
    catalog = Catalog(systems={"x": system}, sources=sources, classes={"rocket": "rocket"}, qualifiers=_QUALIFIERS)
    return interval(system, catalog, basis, as_of)


def kilometres(range_: RangeInterval) -> tuple[float, float, float | None, float | None]:
    low, high = range_.minimum_low_m, range_.minimum_high_m
    return (
        range_.low_m / 1000,
        range_.high_m / 1000,
        None if low is None else low / 1000,
        None if high is None else high / 1000,
    )


def test_the_span_goes_from_the_lowest_to_the_highest_claim() -> None:
    """And keeps every claim that it is made of, in the record's order."""
    claims = claim("300 km"), claim("290 km", "month"), claim("306 km", "year"), minimum("25 km"), minimum("70 km")
    found = range_of(*claims)
    assert kilometres(found) == (290, 306, 25, 70)
    assert found.claims == claims
    assert found.sources == ("day", "month", "year")
    assert (found.system, found.name) == ("x", "X")


def test_a_single_claim_is_its_own_interval() -> None:
    """Lowest and highest are one figure."""
    assert kilometres(range_of(claim("300 km"))) == (300, 300, None, None)


def test_a_printed_span_counts_with_both_ends() -> None:
    """165 to 300 km is one claim that leaves 165 to 300 open."""
    assert kilometres(range_of(claim("165-300 km"))) == (165, 300, None, None)
    assert kilometres(range_of(claim("165-300 km"), claim("280 km"), minimum("5-10 km"))) == (165, 300, 5, 10)
    assert kilometres(range_of(claim("165-300 km"), claim("310 km"))) == (165, 310, None, None)


@pytest.mark.parametrize(
    ("figure", "metres"),
    [("1 km", 1000), ("1 mi", 1609.344), ("1 nmi", 1852), ("1 m", 1), ("1 ft", 0.3048), ("48 mi", 77248.512)],
)
def test_units_are_converted_exactly(figure: str, metres: float) -> None:
    """By the definitions of the international mile, the nautical mile and the foot."""
    assert range_of(claim(figure)).low_m == pytest.approx(metres, rel=1e-15)


def test_claims_in_different_units_are_compared_in_metres() -> None:
    """168 miles are less than 290 km, 190 more than 305."""
    found = range_of(claim("290 km"), claim("168 mi"), claim("190 mi"), claim("160 nmi"))
    assert kilometres(found) == pytest.approx((270.369792, 305.77536, None, None))


def test_an_unknown_minimum_range_stays_unknown() -> None:
    """It is None, not 0."""
    found = range_of(claim("300 km"))
    assert found.minimum_low_m is None
    assert found.minimum_high_m is None


def test_suspect_claims_make_no_range() -> None:
    """Neither a maximum nor a minimum; with nothing else there is none."""
    found = range_of(claim("300 km"), claim("3000 km", flag="suspect"), claim("30 km", of="range_min", flag="suspect"))
    assert kilometres(found) == (300, 300, None, None)
    assert len(found.claims) == 1
    assert maybe_range_of(claim("300 km", flag="suspect")) is None


def test_other_attributes_make_no_range() -> None:
    """A test shot is no maximum range; a minimum alone is no range."""
    assert maybe_range_of(claim("499 km", of="flight_test_distance")) is None
    assert maybe_range_of(minimum("30 km")) is None
    assert maybe_range_of() is None


def test_a_launcher_has_no_range() -> None:
    """Though sources print one."""
    assert maybe_range_of(claim("300 km"), kind="launcher") is None
    assert maybe_range_of(claim("300 km"), kind="gun") is not None


def test_low_and_high_take_one_figure_of_each_kind() -> None:
    """With the claims that print it, and no others."""
    claims = claim("165-300 km"), claim("290 km"), claim("300 km", "year"), minimum("25 km"), minimum("30-70 km")
    low = range_of(*claims, basis="low")
    assert kilometres(low) == (165, 165, 25, 25)
    assert low.claims == (claims[0], claims[3])
    high = range_of(*claims, basis="high")
    assert kilometres(high) == (300, 300, 70, 70)
    assert high.claims == (claims[0], claims[2], claims[4])


def test_a_sources_key_takes_its_claims_alone() -> None:
    """Of the minimum range too; without a maximum from that source there is no range."""
    claims = claim("290 km", "day"), claim("300 km", "year"), claim("310 km", "year"), minimum("25 km", "day")
    assert kilometres(range_of(*claims, basis="day")) == (290, 290, 25, 25)
    assert kilometres(range_of(*claims, basis="year")) == (300, 310, None, None)
    assert maybe_range_of(*claims, basis="month") is None


@pytest.mark.parametrize("basis", ["", "mean", "SPAN", "nobody-2020"])
def test_an_unknown_basis_is_an_error(basis: str) -> None:
    """Also for a system that would have no range by any."""
    with pytest.raises(QueryError, match="unknown basis"):
        maybe_range_of(claim("300 km"), basis=basis)
    with pytest.raises(QueryError, match="unknown basis"):
        maybe_range_of(basis=basis, kind="launcher")


@pytest.mark.parametrize(
    ("as_of", "counted"),
    [
        ("2022", ""),
        ("2022-12-31", ""),
        ("2023", "day month year"),
        ("2023-09", "year"),
        ("2023-10", "day month year"),
        ("2023-10-04", "month year"),
        ("2023-10-05", "day month year"),
        ("2023-12-31", "day month year"),
        ("2024", "day month next year"),
        ("2024-01", "day month next year"),
        ("2024-01-01", "day month next year"),
        ("9999", "day month next year"),
    ],
)
def test_as_of_leaves_out_later_claims_and_undated_ones(as_of: str, counted: str) -> None:
    """Periods last to their last day; a source dated to a month or year counts from its first."""
    found = maybe_range_of(*(claim("300 km", source) for source in _DATES), as_of=as_of)
    assert (" ".join(found.sources) if found else "") == counted


def test_as_of_holds_for_the_minimum_range_too() -> None:
    """An interval never mixes a figure of then with a figure of now."""
    found = range_of(claim("300 km", "year"), minimum("30 km", "next"), as_of="2023-12-31")
    assert kilometres(found) == (300, 300, None, None)


def test_an_interval_is_open_ended_where_the_highest_figure_is_a_floor() -> None:
    """A lower floor opens nothing; one claim of the highest figure is enough; a floor of the minimum is none."""
    floor = claim("300 km", qualifier="more than")
    assert range_of(floor).open_ended
    assert range_of(claim("290 km"), floor).open_ended
    assert range_of(claim("300 km", qualifier="up to"), floor).open_ended
    assert not range_of(floor, claim("306 km", qualifier="up to")).open_ended
    assert not range_of(claim("300 km", qualifier="about")).open_ended
    assert not range_of(claim("300 km"), claim("30 km", of="range_min", qualifier="more than")).open_ended
    assert range_of(claim("165-300 km", qualifier="more than"), claim("280 km")).open_ended
    assert range_of(floor, claim("290 km"), basis="high").open_ended
    assert not range_of(floor, claim("290 km"), basis="low").open_ended


@given(
    st.lists(
        st.tuples(st.sampled_from(("range_max", "range_min")), st.integers(1, 999), st.integers(0, 99), st.booleans())
    ),
    st.sampled_from(("span", "low", "high")),
)
def test_figures_come_from_claims_and_bases_nest(rows: list[tuple[str, int, int, bool]], basis: str) -> None:
    """Every end of an interval is a printed figure; `low` and `high` are the ends of `span`."""
    claims = [
        claim(f"{low}-{low + more} km", of=attribute, flag="suspect" if flagged else None)
        for attribute, low, more, flagged in rows
    ]
    good = [c for c in claims if c.flag is None]
    maxima = [m for c in good if c.attribute == "range_max" for m in (c.low_m, c.high_m)]
    minima = [m for c in good if c.attribute == "range_min" for m in (c.low_m, c.high_m)]
    found = maybe_range_of(*claims, basis=basis)
    if not maxima:
        assert found is None
        return
    assert found is not None
    ends = {"span": (min, max), "low": (min, min), "high": (max, max)}[basis]
    assert (found.low_m, found.high_m) == (ends[0](maxima), ends[1](maxima))
    expected = (ends[0](minima), ends[1](minima)) if minima else (None, None)
    assert (found.minimum_low_m, found.minimum_high_m) == expected
    assert all(c in good for c in found.claims)
