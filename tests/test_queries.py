"""Questions and their answers, from Python: who reaches what, from where, by how much.

Distances are checked against geographiclib, the author's own implementation of Karney's algorithms,
which shares no code with PROJ.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

import weapons_ref
from weapons_ref import distance, find_place, reach, read_locations, rings
from weapons_ref.catalog.loading import Catalog
from weapons_ref.errors import CoordinateError, PlaceError, QueryError, WeaponsRefError
from weapons_ref.model import VERDICTS, Claim, Origin, Place, ReachResult, Rejection, Source, System, Verdict
from weapons_ref.places.gazetteer import open_gazetteer

HOME = Place(name="Home", lat=47.0, lon=33.0)


def from_home(km: float, azimuth_deg: float = 90, start: Place = HOME) -> Place:
    """Return the place that lies so far in that direction, named by its distance."""
    line = Geodesic.WGS84.Direct(start.lat, start.lon, azimuth_deg, km * 1000)
    return Place(name=f"{km:g} km", lat=line["lat2"], lon=line["lon2"])


def metres_apart(a: Place | Origin, b: Place | Origin) -> float:
    return float(Geodesic.WGS84.Inverse(a.lat, a.lon, b.lat, b.lon)["s12"])


def system(
    key: str,
    maximum_km: Sequence[float] = (),
    minimum_km: Sequence[float] = (),
    *,
    kind: str = "munition",
    variant_of: str | None = None,
    variants: tuple[str, ...] = (),
) -> System:
    return System(
        id=key,
        kind=kind,  # type: ignore[arg-type]
        class_="rocket",
        names={"en": (key.title(),)},
        fired_from=("truck",) if kind == "munition" else (),
        variant_of=variant_of,
        variants=variants,
        claims=tuple(
            Claim(
                attribute=attribute, printed=f"{km:g}", unit="km", metres=(km * 1000, km * 1000), source=f"press-{km:g}"
            )
            for attribute, figures in (("range_max", maximum_km), ("range_min", minimum_km))
            for km in figures
        ),
    )


_SYSTEMS = [
    system("alpha", (100, 200), variants=("alpha-one", "alpha-two")),
    system("alpha-one", (150,), variant_of="alpha"),
    system("alpha-two", variant_of="alpha"),
    system("beta", (300,), (50,)),
    system("cannon", (40,), kind="gun"),
    system("delta"),
    system("truck", (999,), kind="launcher"),
    system("empty-truck", kind="launcher"),
]
CATALOG = Catalog(
    systems={one.id: one for one in _SYSTEMS},
    sources={
        claim.source: Source(key=claim.source, publisher=claim.source, date="2020")
        for one in _SYSTEMS
        for claim in one.claims
    },
    classes={"rocket": "rocket"},
    qualifiers={"stated": "value"},
)


def verdicts(result: ReachResult) -> list[tuple[str, str | None, str]]:
    """Return (place, system, verdict) of every answer."""
    return [(answer.place.name, answer.range.system, answer.verdict) for answer in result.verdicts]


def listed(result: ReachResult) -> list[Verdict]:
    return list(result.verdicts)


# --- Systems ---------------------------------------------------------------------------------------


def test_a_launcher_answers_by_its_munitions() -> None:
    """In order of their ids; its own printed range is never used; what has none is named."""
    result = reach("truck", origin=HOME, to=from_home(250), catalog=CATALOG)
    assert verdicts(result) == [("250 km", "alpha", "beyond"), ("250 km", "beta", "within")]
    assert result.unranged == ("delta",)
    assert [range_.system for range_ in result.ranges] == ["alpha", "beta"]


def test_variants_answer_only_when_asked_for() -> None:
    """After their family; the one without a range of its own gets none from it."""
    result = reach("alpha", origin=HOME, to=from_home(140), variants=True, catalog=CATALOG)
    assert verdicts(result) == [("140 km", "alpha", "disputed"), ("140 km", "alpha-one", "within")]
    assert result.unranged == ("alpha-two",)
    assert verdicts(reach("alpha", origin=HOME, to=from_home(150), catalog=CATALOG)) == [
        ("150 km", "alpha", "disputed")
    ]
    assert verdicts(reach("alpha-one", origin=HOME, to=HOME, catalog=CATALOG)) == [("Home", "alpha-one", "within")]


def test_a_system_answers_once_however_often_it_is_asked() -> None:
    """By id, by name, and through its launcher; in the order first asked."""
    result = reach("beta", "truck", "Beta", "cannon", origin=HOME, to=HOME, catalog=CATALOG)
    assert [answer.range.system for answer in result.verdicts] == ["beta", "alpha", "cannon"]


def test_basis_and_date_pick_the_claims() -> None:
    """`low`, `high` or one source; a date before all of them leaves nothing."""
    place = from_home(150)
    for basis, expected in (("span", "disputed"), ("low", "beyond"), ("high", "within"), ("press-100", "beyond")):
        assert verdicts(reach("alpha", origin=HOME, to=place, basis=basis, catalog=CATALOG))[0][2] == expected
    with pytest.raises(QueryError, match="no published maximum range by that basis and date for alpha"):
        reach("alpha", origin=HOME, to=place, as_of="2019-12-31", catalog=CATALOG)


def test_sources_come_with_the_answer() -> None:
    """Those of the ranges used, and no others."""
    result = reach("beta", origin=HOME, to=HOME, catalog=CATALOG)
    assert dict(result.sources) == {key: CATALOG.sources[key] for key in ("press-300", "press-50")}
    assert set(rings("alpha", origin=HOME, catalog=CATALOG).sources) == {"press-100", "press-200"}
    assert reach(range_m=1000, origin=HOME, to=HOME, catalog=CATALOG).sources == {}


@pytest.mark.parametrize("question", [reach, rings])
@pytest.mark.parametrize(
    ("systems", "asked", "said"),
    [
        (("delta",), {}, "no published maximum range in the catalog for delta"),
        (("empty-truck",), {}, "no published maximum range in the catalog for empty-truck"),
        (("gamma",), {}, "no system 'gamma' in the catalog"),
        ((), {}, "no system and no range"),
        (("alpha",), {"range_m": 1000.0}, "systems or a range, not both"),
        (("alpha",), {"minimum_range_m": 1000.0}, "a minimum range goes with a range"),
        (("alpha",), {"basis": "mean"}, "unknown basis 'mean'"),
        (("alpha",), {"as_of": "May 2020"}, "'May 2020' is not a date"),
        (("alpha",), {"as_of": "2020-13"}, "'2020-13' is not a date"),
        ((), {"range_m": 0.0}, "it must be more than 0"),
        ((), {"range_m": -1.0}, "it must be more than 0"),
        ((), {"range_m": math.nan}, "it must be more than 0"),
        ((), {"range_m": math.inf}, "it must be more than 0"),
        ((), {"range_m": 1000.0, "minimum_range_m": 0.0}, "it must be more than 0"),
        ((), {"range_m": 1000.0, "minimum_range_m": -1.0}, "it must be more than 0"),
        ((), {"range_m": 1000.0, "minimum_range_m": math.nan}, "it must be more than 0"),
        ((), {"range_m": 1000.0, "minimum_range_m": 1001.0}, "is more than the range"),
        (("alpha",), {"origin": []}, "no origin"),
        (("alpha",), {"origin": "91,0"}, "91"),
        (("alpha",), {"origin": "no such place at all"}, "no such place"),
        (("alpha",), {"origin": Place(name="x", lat=math.nan, lon=0.0)}, "not finite"),
        (("alpha",), {"origin": Place(name="x", lat=90.1, lon=0.0)}, "outside -90 to 90"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(question, systems, asked, said) -> None:  # type: ignore[no-untyped-def]
    """By `reach` and `rings` alike, with one message."""
    with pytest.raises(WeaponsRefError, match=said):
        question(*systems, **{"origin": HOME, "catalog": CATALOG, **asked})


@pytest.mark.parametrize(("lat", "lon"), [(math.nan, 0.0), (0.0, math.inf), (90.000000001, 0.0), (0.0, 541.0)])
def test_a_place_that_is_not_on_earth_has_no_verdict(lat: float, lon: float) -> None:
    """Such a one is an error, never quietly beyond."""
    with pytest.raises(CoordinateError):
        reach("alpha", origin=HOME, to=Place(name="x", lat=lat, lon=lon), catalog=CATALOG)
    with pytest.raises(CoordinateError):
        distance(HOME, Place(name="x", lat=lat, lon=lon))


# --- Origins ---------------------------------------------------------------------------------------


def test_the_best_verdict_of_several_origins_counts() -> None:
    """The answer names the origin it is measured from."""
    place, near, far = from_home(0.001), from_home(20, 0), from_home(250, 180)
    result = reach("beta", origin=[near, far], to=place, catalog=CATALOG)
    (answer,) = result.verdicts
    # The nearer one is inside the minimum range of 50 km, from the other the place is within.
    assert (answer.origin.name, answer.verdict) == ("250 km", "within")
    assert answer.distance_m == pytest.approx(metres_apart(far, place), abs=1e-6)
    assert answer.margin_m == pytest.approx(300_000 - metres_apart(far, place), abs=1e-6)
    assert result.counts == {"within": 1, "disputed": 0, "inside-minimum": 0, "beyond": 0, "rejected": 0}


@pytest.mark.parametrize(
    ("distances", "expected"),
    [
        ((90, 150), (90, "within")),
        ((150, 90), (90, "within")),
        ((190, 150), (150, "disputed")),
        ((150, 250), (150, "disputed")),
        ((300, 250), (250, "beyond")),
        ((90, 80), (80, "within")),
    ],
)
def test_the_nearest_of_equal_origins_counts(distances: tuple[float, ...], expected: tuple[float, str]) -> None:
    """Whichever order they are given in."""
    origins = [from_home(km, 40 * number) for number, km in enumerate(distances)]
    (answer,) = reach("alpha", origin=origins, to=HOME, catalog=CATALOG).verdicts
    assert (answer.origin.name, answer.verdict) == (f"{expected[0]} km", expected[1])


def test_each_system_has_its_own_best_origin() -> None:
    """One place may be answered from different origins."""
    near, far = from_home(20, 0), from_home(250, 180)
    answers = reach("alpha", "beta", origin=[near, far], to=HOME, catalog=CATALOG).verdicts
    assert [(answer.range.system, answer.origin.name) for answer in answers] == [("alpha", "20 km"), ("beta", "250 km")]


def test_an_origin_given_twice_is_one() -> None:
    """One ring each, not two on top of each other."""
    assert len(rings("beta", origin=["47,33", "47.0,33.0"], catalog=CATALOG).rings) == 1
    assert reach("beta", origin=[HOME, HOME], to=HOME, catalog=CATALOG).query.origins == (
        Origin(name="Home", lat=47.0, lon=33.0),
    )


# --- Places named, and files -----------------------------------------------------------------------


def test_places_named_are_all_answered_in_their_order() -> None:
    """Beyond and too near as well, with the margin."""
    places = [from_home(km) for km in (400, 10, 250, 100)]
    result = reach("alpha", "beta", origin=HOME, to=places, catalog=CATALOG)
    assert verdicts(result) == [
        ("400 km", "alpha", "beyond"),
        ("400 km", "beta", "beyond"),
        ("10 km", "alpha", "within"),
        ("10 km", "beta", "inside-minimum"),
        ("250 km", "alpha", "beyond"),
        ("250 km", "beta", "within"),
        ("100 km", "alpha", "disputed" if metres_apart(HOME, places[3]) > 100_000 else "within"),
        ("100 km", "beta", "within"),
    ]
    assert listed(result)[0].margin_m == pytest.approx(-200_000, abs=1e-6)
    assert sum(result.counts.values()) == 8


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Return a file of ten rows: seven places at 0, 55, ... 330 km, and three that are none."""
    lines = ["name,lat,lon,kind"]
    for number in range(7):
        place = from_home(55 * number, 50 * number)
        lines.append(f"row {number},{place.lat!r},{place.lon!r},dépôt")
    lines[3:3] = ["no latitude,,33,x", "not a number,NaN,33,x", "no such latitude,95,33,x"]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_every_row_of_a_file_ends_in_one_place(rows: Path) -> None:
    """A verdict for each system, or rejected with a reason; the counts add up to the rows read."""
    rejected: list[Rejection] = []
    result = reach(
        "alpha", "beta", origin=HOME, locations=read_locations(rows), catalog=CATALOG, on_reject=rejected.append
    )
    assert result.counts == {"within": 2 + 5, "disputed": 2, "inside-minimum": 1, "beyond": 3 + 1, "rejected": 3}
    assert (sum(result.counts.values()) - 3) / 2 + 3 == 10
    assert [(one.row, bool(one.reason)) for one in rejected] == [(3, True), (4, True), (5, True)]
    # Rows out of reach are counted, and answered only on demand; the order is the file's.
    assert [name for name, key, _ in verdicts(result) if key == "beta"] == [f"row {n}" for n in (1, 2, 3, 4, 5)]
    everything = reach("beta", origin=HOME, locations=read_locations(rows), catalog=CATALOG, show_all=True)
    assert [name for name, *_ in verdicts(everything)] == [f"row {n}" for n in range(7)]
    assert all(answer.place.columns["kind"] == "dépôt" for answer in everything.verdicts)


def test_places_named_come_before_a_files_rows(rows: Path) -> None:
    """And are answered even where they are beyond."""
    result = reach("cannon", origin=HOME, to=from_home(500), locations=read_locations(rows), catalog=CATALOG)
    assert verdicts(result) == [("500 km", "cannon", "beyond"), ("row 0", "cannon", "within")]


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 100])
def test_answers_do_not_depend_on_batches(rows: Path, batch_rows: int) -> None:
    """Nor do the counts."""

    def answer(size: int) -> ReachResult:
        return reach("truck", origin=HOME, locations=read_locations(rows, batch_rows=size), catalog=CATALOG)

    assert answer(batch_rows).verdicts == answer(8192).verdicts
    assert answer(batch_rows).counts == answer(8192).counts


@pytest.mark.parametrize("places", ["named", "rows of a file", "of the gazetteer"])
def test_a_stream_gives_what_the_tuple_holds(rows: Path, places: str) -> None:
    """It is read once, and the counts are complete at its end."""

    def answer(stream: bool) -> ReachResult:
        return reach(
            "truck",
            origin=HOME,
            to=HOME if places == "named" else None,
            locations=read_locations(rows) if places == "rows of a file" else None,
            min_population=200_000,
            catalog=CATALOG,
            stream=stream,
        )

    whole, streamed = answer(False), answer(True)
    assert isinstance(whole.verdicts, tuple)
    assert whole.verdicts
    assert sum(streamed.counts.values()) == 0
    assert tuple(streamed.verdicts) == whole.verdicts
    assert streamed.counts == whole.counts
    assert tuple(streamed.verdicts) == ()


# --- Exact positions -------------------------------------------------------------------------------

#: Points of both hemispheres, with the poles and the antimeridian among them.
_points = st.builds(
    lambda lat, lon: Place(name="point", lat=lat, lon=lon),
    st.floats(-90, 90) | st.sampled_from((-90.0, 0.0, 89.999999, 90.0)),
    st.floats(-180, 180) | st.sampled_from((-180.0, 0.0, 179.999999, 180.0)),
)


@given(_points, _points)
@settings(deadline=None)
def test_a_place_at_exactly_the_range_is_within(start: Place, end: Place) -> None:
    """The next double below it is beyond."""
    metres = distance(start, end).distance_m
    assert metres == pytest.approx(metres_apart(start, end), abs=1e-7)
    if metres > 1e-3:
        (exact,) = reach(range_m=metres, origin=start, to=end, catalog=CATALOG).verdicts
        assert (exact.verdict, exact.margin_m, exact.distance_m) == ("within", 0, metres)
        (short,) = reach(range_m=math.nextafter(metres, 0), origin=start, to=end, catalog=CATALOG).verdicts
        assert short.verdict == "beyond"
        assert short.margin_m is not None
        assert short.margin_m < 0


@given(_points, _points)
@settings(deadline=None)
def test_reach_and_distance_agree_on_the_direction(start: Place, end: Place) -> None:
    """One place's distance and azimuth are the same whichever question is asked; in [0, 360), or None."""
    line = distance(start, end)
    (answer,) = reach(range_m=1000.0, origin=start, to=end, catalog=CATALOG).verdicts
    assert (answer.distance_m, answer.azimuth_deg) == (line.distance_m, line.azimuth_deg)
    if line.azimuth_deg is not None:
        assert 0 <= line.azimuth_deg < 360
    back = distance(end, start)
    assert back.distance_m == pytest.approx(line.distance_m, abs=1e-7)
    assert (back.azimuth_deg is None) == (line.back_azimuth_deg is None)


@pytest.mark.parametrize(
    ("start", "end", "metres", "azimuth", "back"),
    [
        ("47,33", "47,33", 0.0, None, None),
        ("90,0", "90,90", 0.0, None, None),
        ("-90,12", "-90,-77", 0.0, None, None),
        ("10,180", "10,-180", 0.0, None, None),
        ("0,0", "90,0", 10_001_965.729312722, 0.0, None),
        ("90,50", "0,0", 10_001_965.729312722, None, 0.0),
        ("0,0", "-90,123", 10_001_965.729312722, 180.0, None),
        ("90,0", "-90,0", 20_003_931.458625447, None, None),
        ("0,0", "0,90", 10_018_754.171394622, 90.0, 270.0),
        ("0,-179", "0,179", 222_638.98158654713, 270.0, 90.0),
    ],
)
def test_equal_points_poles_and_the_antimeridian(
    start: str, end: str, metres: float, azimuth: float | None, back: float | None
) -> None:
    """Quarter meridian 10 001 965.729 m, quarter equator a pi / 2; no direction where every one will do."""
    line = distance(start, end)
    assert line.distance_m == pytest.approx(metres, abs=1e-6)
    assert line.azimuth_deg == azimuth
    assert line.back_azimuth_deg == back
    (answer,) = reach(range_m=30_000_000.0, origin=start, to=end, catalog=CATALOG).verdicts
    assert (answer.verdict, answer.azimuth_deg) == ("within", azimuth)


# --- The gazetteer ---------------------------------------------------------------------------------


def brute_force(origins: Sequence[Place], range_m: float, population: int, minimum_m: float = 0) -> dict[int, float]:
    """Return the places in reach and their distances, every place measured from every origin."""
    columns = open_gazetteer().places(population)
    found = {}
    for key, lat, lon in zip(columns.ids, columns.lats, columns.lons, strict=True):
        metres = (metres_apart(origin, Place(name="", lat=lat, lon=lon)) for origin in origins)
        fit = [distance_m for distance_m in metres if minimum_m <= distance_m <= range_m]
        if fit:
            found[key] = min(fit)
    return found


@pytest.mark.parametrize(
    ("origins", "range_km", "population"),
    [
        (["46.63695,32.61458"], 300, 30_000),
        (["89.9,-100"], 2_500, 30_000),
        (["-90,0"], 4_000, 30_000),
        (["-17.8,179.9"], 3_000, 30_000),
        (["52,177", "-33,-179.99"], 4_200, 60_000),
        (["0.5,179.7"], 15_000, 100_000),
    ],
)
def test_the_gazetteer_misses_no_place(origins: list[str], range_km: float, population: int) -> None:
    """Compared with every place measured one by one, near poles and the antimeridian too; nearest first."""
    result = reach(range_m=range_km * 1000, origin=origins, min_population=population, catalog=CATALOG)
    answers = listed(result)
    expected = brute_force([find_place(text) for text in origins], range_km * 1000, population)
    assert {a.place.geonameid for a in answers} == set(expected)
    assert expected
    for answer in answers:
        assert answer.distance_m == pytest.approx(expected[answer.place.geonameid or 0], abs=1e-6)
    assert [a.distance_m for a in answers] == sorted(a.distance_m or 0.0 for a in answers)
    assert sum(result.counts.values()) == open_gazetteer().count(population)


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(1, 20_100))
@settings(max_examples=25, deadline=None)
def test_skipping_far_latitudes_changes_no_answer(lat: float, lon: float, range_km: float) -> None:
    """With `show_all` every place is measured, without it only a belt is: both give the same within."""
    start = Place(name="start", lat=lat, lon=lon)
    result = reach(range_m=range_km * 1000, origin=start, min_population=500_000, catalog=CATALOG)
    whole = reach(range_m=range_km * 1000, origin=start, min_population=500_000, catalog=CATALOG, show_all=True)
    assert listed(result) == [answer for answer in whole.verdicts if answer.verdict == "within"]
    assert result.counts == whole.counts


@pytest.mark.parametrize("show_all", [False, True])
def test_gazetteer_counts_add_up(show_all: bool) -> None:
    """To the places looked through times the systems that answer."""
    result = reach("truck", "cannon", origin=[HOME, "50,30"], min_population=50_000, catalog=CATALOG, show_all=show_all)
    places = open_gazetteer().count(50_000)
    assert sum(result.counts.values()) == places * 3
    given_out = Counter(answer.verdict for answer in result.verdicts)
    assert all(result.counts[v] == given_out[v] for v in (VERDICTS if show_all else ("within", "disputed")))
    assert show_all or set(given_out) <= {"within", "disputed"}
    assert result.query.min_population == 50_000


def test_gazetteer_answers_are_sorted_by_the_distance_they_print() -> None:
    """Also where a place's best origin is not its nearest, as within a minimum range."""
    origins = [HOME, from_home(150, 250)]
    result = reach(range_m=250_000.0, minimum_range_m=140_000.0, origin=origins, min_population=60_000, catalog=CATALOG)
    answers = listed(result)
    assert any(metres_apart(a.place, o) < (a.distance_m or 0.0) for a in answers for o in origins)
    assert [a.distance_m for a in answers] == sorted(a.distance_m or 0.0 for a in answers)
    expected = brute_force(origins, 250_000, 60_000, 140_000)
    assert {a.place.geonameid: pytest.approx(a.distance_m, abs=1e-6) for a in answers} == expected


def test_fewer_people_never_means_fewer_places() -> None:
    """`min_population` is inclusive, and 0 takes the places of unknown population too."""
    asked = {"range_m": 30_000.0, "origin": HOME, "catalog": CATALOG}
    found = {n: {a.place.geonameid for a in reach(**asked, min_population=n).verdicts} for n in (0, 500, 5_000, 50_000)}  # type: ignore[arg-type]
    assert found[50_000] <= found[5_000] <= found[500] <= found[0]
    somewhere = find_place("Kherson, UA")
    assert somewhere.population is not None
    for more, expected in ((0, True), (1, False)):
        result = reach(range_m=1.0, origin=somewhere, min_population=somewhere.population + more, catalog=CATALOG)
        assert bool(listed(result)) == expected


def test_the_question_the_project_started_from() -> None:
    """HIMARS from Kherson: per munition, with places from the built-in gazetteer and its own catalog."""
    result = reach("himars", origin="Kherson", to=["Mykolaiv", "Sevastopol", "Velyka Znamianka"])
    found = {(a.place.name, a.range.system): a.verdict for a in result.verdicts}
    assert found["Sevastopol", "atacms"] == "disputed"
    assert found["Sevastopol", "gmlrs"] == "beyond"
    assert all(a.reason for a in result.verdicts)
    assert {claim.source for a in result.verdicts for claim in a.range.claims} == set(result.sources)


# --- Finding places --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Kherson, UA", "Херсон", "KHERSON, Ukraine", "geonames:706448"])
def test_a_name_finds_its_place(text: str) -> None:
    """In any script; Kherson is GeoNames 706448."""
    place = find_place(text)
    assert (place.geonameid, place.country, place.notation) == (706448, "UA", "name")


@pytest.mark.parametrize("text", ["47.5119,34.5863", "47°30'42.84\"N 34°35'10.68\"E", "geo:47.5119,34.5863"])
def test_a_position_is_a_place(text: str) -> None:
    """Its name is the position."""
    place = find_place(text)
    assert (place.lat, place.lon) == pytest.approx((47.5119, 34.5863), abs=1e-9)
    assert "47.5119" in place.name
    assert place.geonameid is None


def test_a_place_found_before_is_itself() -> None:
    """Nothing is looked up again; its longitude is brought into -180 to 180, and no zero is negative."""
    assert find_place(HOME) == HOME
    turned = find_place(Place(name="x", lat=-0.0, lon=200.0, population=3))
    assert repr(turned) == repr(Place(name="x", lat=0.0, lon=-160.0, population=3))


def test_what_names_no_place_or_several_is_an_error() -> None:
    """The first with suggestions, the second with a list."""
    with pytest.raises(PlaceError):
        find_place("Khersonnn")
    with pytest.raises(PlaceError, match=r"Springfield"):
        find_place("Springfield")


def test_the_package_offers_these_names() -> None:
    """As the documentation lists them."""
    for name in (
        "load_catalog", "find_place", "rings", "reach", "which", "distance", "closest", "read_locations", "read_area",
        "find_country", "Region",
    ):  # fmt: skip
        assert callable(getattr(weapons_ref, name))


# --- Rings -----------------------------------------------------------------------------------------


def test_rings_come_by_origin_and_system() -> None:
    """`within` to the lowest claim, `disputed` from there to the highest; one claim disputes nothing."""
    result = rings("truck", origin=[HOME, "50,30"], catalog=CATALOG)
    assert [(ring.origin.name == "Home", ring.range.system, ring.role) for ring in result.rings] == [
        (home, key, role)
        for home in (True, False)
        for key, role in (("alpha", "within"), ("alpha", "disputed"), ("beta", "within"))
    ]
    assert result.unranged == ("delta",)
    assert all(ring.max_edge_error_m == 10 and not ring.covers_globe for ring in result.rings)


@given(_points, st.floats(1, 350), st.floats(0, 360))
@settings(max_examples=60, deadline=None)
def test_rings_agree_with_verdicts_outside_their_error(start: Place, km: float, azimuth: float) -> None:
    """The picture says what the distances say, everywhere on Earth."""
    place = from_home(km, azimuth, start)
    for key, edges in (("alpha", (100, 200)), ("beta", (50, 300))):
        metres = metres_apart(start, place)
        if any(abs(metres - edge * 1000) <= 11 for edge in edges):
            continue
        (answer,) = reach(key, origin=start, to=place, catalog=CATALOG).verdicts
        point = shapely.Point(place.lon, place.lat)
        holding = {
            ring.role for ring in rings(key, origin=start, catalog=CATALOG).rings if ring.geometry.intersects(point)
        }
        assert holding == ({answer.verdict} & {"within", "disputed"})


@pytest.mark.parametrize("origin", ["0,0", "90,0", "-47,179.99"])
def test_half_the_globe_is_all_of_it(origin: str) -> None:
    """From 20,003.9 km on, the ring is the whole world and says so, and everything is within."""
    (ring,) = rings(range_m=20_003_931.5, origin=origin, catalog=CATALOG).rings
    assert ring.covers_globe
    assert ring.geometry.area == pytest.approx(360 * 180)
    result = reach(range_m=20_003_931.5, origin=origin, min_population=1_000_000, catalog=CATALOG)
    assert result.counts["within"] == open_gazetteer().count(1_000_000)
    (less,) = rings(range_m=19_900_000.0, origin=origin, catalog=CATALOG).rings
    assert not less.covers_globe
    (cut,) = rings(range_m=20_003_931.5, minimum_range_m=1000.0, origin=origin, catalog=CATALOG).rings
    assert not cut.covers_globe


def test_no_places_are_not_all_places() -> None:
    """An empty list of places has no answers; only leaving it out looks through the gazetteer."""
    result = reach("truck", origin=HOME, to=[], catalog=CATALOG)
    assert result.verdicts == ()
    assert sum(result.counts.values()) == 0


@pytest.mark.parametrize("choice", [{"basis": "low"}, {"as_of": "2023"}, {"variants": True}])
def test_a_plain_range_has_no_claims_to_choose_among(choice: dict[str, Any]) -> None:
    """What would be ignored is refused."""
    with pytest.raises(QueryError, match="a plain range has none"):
        reach(origin=HOME, range_m=1000.0, to=[HOME], catalog=CATALOG, **choice)


@pytest.mark.parametrize("name", ["csv", "parquet", "ndjson"])
def test_a_row_a_place_holds_of_the_gazetteer_too(name: str, tmp_path: Path) -> None:
    """Where systems differ, and where there are more verdicts than a writer takes at once."""
    from weapons_ref.output import BINARY, open_output, write

    asked: list[dict[str, Any]] = [{}, {"min_population": 20_000, "show_all": True}]
    for options in asked:
        result = reach("gmlrs", "atacms", "atacms-m39", origin="Kherson", by_place=True, stream=True, **options)
        path = tmp_path / f"a{len(options)}.{name}"
        with open_output(str(path), binary=name in BINARY) as stream:
            write(result, name, stream)
        assert path.stat().st_size > 1000
