"""The systems that reach a place: all that `reach` says of each, by how much."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from weapons_ref import load_catalog, reach, which
from weapons_ref.catalog.loading import Catalog
from weapons_ref.errors import QueryError, WeaponsRefError
from weapons_ref.model import Area, Claim, Kind, Place, ReachResult, Source, System, Verdict

HOME = Place(name="Home", lat=47.0, lon=33.0)
RIVER = Area(name="river", geometry={"type": "LineString", "coordinates": [[33.0, 47.0], [33.0, 46.0], [32.0, 45.5]]})


def from_home(km: float, azimuth_deg: float = 90) -> Place:
    line = Geodesic.WGS84.Direct(HOME.lat, HOME.lon, azimuth_deg, km * 1000)
    return Place(name=f"{km:g} km", lat=line["lat2"], lon=line["lon2"])


def _catalog() -> Catalog:
    systems, sources = {}, {}
    listed: list[tuple[str, Kind, tuple[int, ...], tuple[int, ...], str | None]] = [
        ("alpha", "munition", (100, 200), (), None),
        ("alpha-one", "munition", (150,), (), "alpha"),
        ("beta", "munition", (300,), (50,), None),
        ("cannon", "gun", (40,), (), None),
        ("delta", "munition", (), (), None),
        ("echo", "munition", (300,), (), None),
        ("truck", "launcher", (999,), (), None),
    ]
    for key, kind, maximum, minimum, variant_of in listed:
        claims = []
        for attribute, figures in (("range_max", maximum), ("range_min", minimum)):
            for km in figures:
                source = f"press-{km}"
                sources[source] = Source(key=source, publisher=source, date="2020")
                claims.append(
                    Claim(attribute=attribute, printed=f"{km}", unit="km", metres=(km * 1e3, km * 1e3), source=source)
                )
        systems[key] = System(
            id=key,
            kind=kind,
            class_="rocket",
            names={"en": (key,)},
            claims=tuple(claims),
            variant_of=variant_of,
        )
    return Catalog(systems=systems, sources=sources, classes={"rocket": "rocket"}, qualifiers={"stated": "value"})


CATALOG = _catalog()
RANGED = ("alpha", "beta", "cannon", "echo")


def rows(result: ReachResult) -> list[tuple[str | None, str, float | None]]:
    """Return system, verdict and margin in km of every answer."""
    return [
        (one.range.system, one.verdict, None if one.margin_m is None else round(one.margin_m / 1000, 6))
        for one in result.verdicts
    ]


def listed(result: ReachResult) -> list[Verdict]:
    return list(result.verdicts)


def test_the_largest_margin_comes_first() -> None:
    """Disputed ones are among them, marked; of equal ones in the order of their ids."""
    assert rows(which(origin=HOME, to=from_home(150), catalog=CATALOG)) == [
        ("beta", "within", 150),
        ("echo", "within", 150),
        ("alpha", "disputed", 50),
    ]


def test_what_does_not_reach_comes_on_demand() -> None:
    """Beyond its range, or within its minimum range; it is counted either way."""
    asked: dict[str, Any] = {"origin": HOME, "to": from_home(45), "catalog": CATALOG}
    assert rows(which(**asked)) == [("echo", "within", 255), ("alpha", "within", 55)]
    assert rows(which(**asked, show_all=True)) == [
        ("beta", "inside-minimum", 255),
        ("echo", "within", 255),
        ("alpha", "within", 55),
        ("cannon", "beyond", -5),
    ]
    counts = {"within": 2, "disputed": 0, "inside-minimum": 1, "beyond": 1, "rejected": 0}
    assert which(**asked).counts == which(**asked, show_all=True).counts == counts


def test_only_what_has_a_range_of_its_own_answers() -> None:
    """No launcher, nothing without a figure; variants when they are asked for."""
    found = which(origin=HOME, to=HOME, show_all=True, catalog=CATALOG)
    assert {v.range.system for v in found.verdicts} == set(RANGED)
    more = which(origin=HOME, to=HOME, show_all=True, variants=True, catalog=CATALOG)
    assert {v.range.system for v in more.verdicts} == {*RANGED, "alpha-one"}


def test_several_places_come_one_after_the_other() -> None:
    """In the order given, each with its systems by margin; the one that comes nearest where none reaches."""
    places = [from_home(250), from_home(30), from_home(900), from_home(30, 0)]
    found = listed(which(origin=HOME, to=places, catalog=CATALOG))
    assert [(place, len(list(group))) for place, group in itertools.groupby(found, key=lambda v: v.place)] == [
        (places[0], 2), (places[1], 3), (places[2], 1), (places[3], 3),
    ]  # fmt: skip
    for _, group in itertools.groupby(found, key=lambda v: v.place):
        margins = [verdict.margin_m for verdict in group if verdict.margin_m is not None]
        assert margins == sorted(margins, reverse=True)


def test_what_comes_nearest_is_told_where_nothing_reaches() -> None:
    """So that an answer says how far off it is; by how much, and that it is beyond."""
    assert rows(which(origin=HOME, to=from_home(310), catalog=CATALOG)) == [("beta", "beyond", -10)]
    everything = which(origin=HOME, to=from_home(310), show_all=True, catalog=CATALOG)
    assert len(rows(everything)) == len(RANGED)
    assert everything.counts["beyond"] == len(RANGED)


WIDE: dict[str, dict[str, Any]] = {
    "point": {"origin": HOME},
    "uncertain": {"origin": HOME, "uncertainty_m": 20e3},
    "area": {"origin": RIVER},
    "everywhere": {"origin": RIVER, "reading": "everywhere"},
    "several": {"origin": [HOME, RIVER, from_home(100, 200)]},
}
#: But not the farthest distance, which may be told because another system needs it.
TOLD = ("verdict", "margin_m", "reason", "origin", "distance_m", "azimuth_deg", "nearest_m", "nearest_lat")


@given(st.floats(0, 400), st.floats(-180, 180), st.sampled_from(list(WIDE)))
@settings(max_examples=60, deadline=None)
def test_each_system_answers_as_reach_has_it(km: float, azimuth: float, wide: str) -> None:
    """The same verdict, margin, reason and origin, whatever the origin is."""
    asked = {**WIDE[wide], "to": from_home(km, azimuth), "catalog": CATALOG}
    found = {v.range.system: v for v in which(show_all=True, **asked).verdicts}
    assert found.keys() == set(RANGED)
    for key in RANGED:
        (verdict,) = reach(key, **asked).verdicts
        for name in TOLD:
            assert getattr(found[key], name) == getattr(verdict, name), (key, name)
    some = [v for v in found.values() if v.verdict in ("within", "disputed")]
    assert listed(which(**asked)) == (some or listed(which(show_all=True, **asked))[:1])


def test_the_catalogs_own_systems_answer_as_reach_has_them() -> None:
    """Every one with a published range, from Kherson to Sevastopol."""
    catalog = load_catalog()
    found = which(origin="Kherson", to="Sevastopol", show_all=True)
    keys = [key for key, one in catalog.systems.items() if one.kind != "launcher" and one.variant_of is None]
    expected = reach(*keys, origin="Kherson", to="Sevastopol")
    assert {v.range.system: v for v in found.verdicts} == {v.range.system: v for v in expected.verdicts}
    assert found.counts == expected.counts
    assert found.by_margin
    assert found.shows_gazetteer
    margins = [v.margin_m for v in found.verdicts if v.margin_m is not None]
    assert margins == sorted(margins, reverse=True)


def test_only_the_sources_of_what_is_told_are_given() -> None:
    """All of them, and the ranges that they make."""
    result = which(origin=HOME, to=from_home(250), catalog=CATALOG)
    assert {range_.system for range_ in result.ranges} == {"beta", "echo"}
    assert set(result.sources) == {"press-300", "press-50"}
    assert set(which(origin=HOME, to=from_home(70), basis="press-300", catalog=CATALOG).sources) == {"press-300"}


def test_a_sector_and_a_basis_choose_here_too() -> None:
    """What lies outside the sector has no margin, and comes last."""
    place = from_home(150, 90)
    assert rows(which(origin=HOME, to=place, sector=(80, 100), basis="high", catalog=CATALOG)) == [
        ("beta", "within", 150), ("echo", "within", 150), ("alpha", "within", 50),
    ]  # fmt: skip
    assert rows(which(origin=HOME, to=place, sector=(180, 270), catalog=CATALOG)) == [("alpha", "beyond", None)]
    starts = [HOME, from_home(5, 270)]
    everything = which(origin=starts, to=[place], sector=(180, 270), show_all=True, catalog=CATALOG)
    assert {margin for *_, margin in rows(everything)} == {None}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"origin": []}, "no origin"),
        ({"to": "Khersonnn"}, "Khersonnn"),
        ({"basis": "mean"}, "unknown basis 'mean'"),
        ({"as_of": "May"}, "'May' is not a date"),
        ({"uncertainty_m": math.inf}, "uncertainty"),
        ({"reading": "everywhere"}, "everywhere is asked of an area"),
        ({"sector": (0, 400)}, "sector"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(asked: dict[str, Any], said: str) -> None:
    """As `reach` refuses it."""
    with pytest.raises(WeaponsRefError, match=said):
        which(**{"origin": HOME, "to": HOME, "catalog": CATALOG, **asked})


def test_a_choice_that_leaves_no_claim_is_refused() -> None:
    """A date before all of them, or a source that gives minimum ranges only."""
    choices: list[dict[str, Any]] = [{"as_of": "2019"}, {"basis": "press-50"}]
    for choice in choices:
        with pytest.raises(QueryError, match="no such system has a published maximum range by that basis and date"):
            which(origin=HOME, to=HOME, catalog=CATALOG, **choice)
