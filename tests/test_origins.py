"""Where questions start: uncertain points, areas, many points at once, sectors.

Wide origins are checked by asking sampled points of them one by one, with distances from pyproj and
the rule for a point written out again below.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from weapons_ref import distance, reach, rings, which
from weapons_ref.catalog.loading import Catalog
from weapons_ref.errors import CoordinateError, QueryError, WeaponsRefError
from weapons_ref.geo.regions import Region
from weapons_ref.model import VERDICTS, Area, Claim, Origin, Place, ReachResult, Reading, Source, System, Verdict
from weapons_ref.origins import origins
from weapons_ref.places.batches import Batch
from weapons_ref.places.gazetteer import open_gazetteer

Floats = npt.NDArray[np.float64]
Geometry = dict[str, Any]

WGS84 = pyproj.Geod(ellps="WGS84")
READINGS: tuple[Reading, ...] = ("anywhere", "somewhere", "everywhere")


class Figures(NamedTuple):
    """Maximum and minimum ranges of a system, in km."""

    maximum: tuple[float, ...]
    minimum: tuple[float, ...] = ()


SYSTEMS = {
    "alpha": Figures((100, 200)),
    "beta": Figures((300,), (50,)),
    "cannon": Figures((40,)),
    "gamma": Figures((120, 180), (20, 60)),
}


def _catalog() -> Catalog:
    systems, sources = {}, {}
    for key, figures in SYSTEMS.items():
        claims = []
        for attribute, kilometres in (("range_max", figures.maximum), ("range_min", figures.minimum)):
            for km in kilometres:
                source = f"press-{km:g}"
                sources[source] = Source(key=source, publisher=source, date="2020")
                claims.append(
                    Claim(attribute=attribute, printed=f"{km:g}", unit="km", metres=(km * 1e3, km * 1e3), source=source)
                )
        systems[key] = System(id=key, kind="munition", class_="rocket", names={"en": (key,)}, claims=tuple(claims))
    return Catalog(systems=systems, sources=sources, classes={"rocket": "rocket"}, qualifiers={"stated": "value"})


CATALOG = _catalog()


def away(lon: float, lat: float, lons: Floats, lats: Floats) -> Floats:
    """Geodesic distances from one point to many."""
    return np.asarray(WGS84.inv(np.full(len(lons), lon), np.full(len(lons), lat), lons, lats)[2])


def towards(lon: float, lat: float, azimuth: float, metres: float) -> tuple[float, float]:
    x, y, _ = WGS84.fwd(lon, lat, azimuth, metres)
    return float(x), float(y)


def point(lon: float, lat: float, name: str = "point") -> Place:
    return Place(name=name, lat=lat, lon=lon)


def area(geometry: Geometry, name: str = "area") -> Area:
    return Area(name=name, geometry=geometry)


def line(*positions: tuple[float, float]) -> Geometry:
    return {"type": "LineString", "coordinates": [list(position) for position in positions]}


def ranks(figures: Figures, metres: Floats) -> npt.NDArray[np.int64]:
    """Return the verdict for each distance, by the words of the definition, as its place among `VERDICTS`."""
    low, high = min(figures.maximum) * 1000, max(figures.maximum) * 1000
    least, most = (pick(figures.minimum, default=0) * 1000 for pick in (min, max))
    said = np.full(len(metres), VERDICTS.index("disputed"))
    said[(metres <= low) & (metres >= most)] = VERDICTS.index("within")
    said[metres < least] = VERDICTS.index("inside-minimum")
    said[metres > high] = VERDICTS.index("beyond")
    return said


class Parts(NamedTuple):
    """What stands for an origin: of each connected part some points, no two neighbours farther apart than that."""

    points: list[tuple[Floats, Floats]]
    spacing_m: float

    def measure(self, place: Place) -> list[Floats]:
        return [away(place.lon, place.lat, *points) for points in self.points]

    def say(self, figures: Figures, distances: list[Floats], reading: Reading) -> tuple[str, float] | None:
        """Return the verdict by asking every point, and how near the part is that decides; None if too close."""
        for metres in distances:
            slack = self.spacing_m if len(metres) > 1 else 1e-6
            for km in (*figures.maximum, *figures.minimum):
                if min(abs(metres.min() - km * 1000), abs(metres.max() - km * 1000)) <= slack:
                    return None
        said = [ranks(figures, metres) for metres in distances]
        best, worst = min(part.min() for part in said), max(part.max() for part in said)
        near = min(float(metres.min()) for metres in distances)
        if reading == "everywhere":
            return VERDICTS[worst], near
        if reading == "somewhere":
            return (VERDICTS[best] if best == worst else "disputed"), near
        # The nearest part that reaches decides, a part having points at all distances between its ends.
        reaching = (metres for metres, part in zip(distances, said, strict=True) if part.min() == best)
        return VERDICTS[best], min(float(metres.min()) for metres in reaching)


def along(positions: Sequence[tuple[float, float]], spacing_m: float) -> tuple[Floats, Floats]:
    """Return points on the geodesics between positions."""
    lons, lats = [], []
    for (lon1, lat1), (lon2, lat2) in itertools.pairwise(positions):
        azimuth, _, metres = WGS84.inv(lon1, lat1, lon2, lat2)
        steps = np.linspace(0, metres, max(2, math.ceil(metres / spacing_m) + 1))
        x, y, _ = WGS84.fwd(np.full(len(steps), lon1), np.full(len(steps), lat1), np.full(len(steps), azimuth), steps)
        lons.append(x)
        lats.append(y)
    return np.concatenate(lons), np.concatenate(lats)


def star(lon: float, lat: float, radii_m: Sequence[float]) -> list[tuple[float, float]]:
    """Return the closed ring of corners at these distances from a centre, counterclockwise."""
    turn = -360 / len(radii_m)
    corners = [towards(lon, lat, turn * number, metres) for number, metres in enumerate(radii_m)]
    return [*corners, corners[0]]


def filled(centre: tuple[float, float], ring: Sequence[tuple[float, float]], spacing_m: float) -> tuple[Floats, Floats]:
    """Return points of a polygon that all of its outline can be seen from its centre in."""
    x, y = along(ring, spacing_m)
    spokes = [along([centre, corner], spacing_m) for corner in zip(x, y, strict=True)]
    return np.concatenate([x, *(spoke[0] for spoke in spokes)]), np.concatenate([y, *(spoke[1] for spoke in spokes)])


def listed(result: ReachResult) -> list[Verdict]:
    return list(result.verdicts)


def ask(origin: Any, places: Sequence[Place], **options: Any) -> dict[tuple[str, str | None], Verdict]:
    """Return the verdicts of all systems on places, by the place's name and the system."""
    result = reach(*SYSTEMS, origin=origin, to=places, catalog=CATALOG, **options)
    return {(verdict.place.name, verdict.range.system): verdict for verdict in result.verdicts}


def places_round(lon: float, lat: float, farthest_m: float, count: int, seed: int) -> list[Place]:
    rng = np.random.default_rng(seed)
    ways = zip(rng.uniform(-180, 180, count), rng.uniform(0, farthest_m, count), strict=True)
    return [point(*towards(lon, lat, *way), str(number)) for number, way in enumerate(ways)]


def agree(said: dict[tuple[str, str | None], Verdict], parts: Parts, places: Sequence[Place], reading: Reading) -> None:
    """Hold verdicts against what the points of the origin say; few may be too close to tell."""
    told = 0
    distances = {place.name: parts.measure(place) for place in places}
    for place, (key, figures) in itertools.product(places, SYSTEMS.items()):
        expected = parts.say(figures, distances[place.name], reading)
        if expected is None:
            continue
        told += 1
        verdict = said[place.name, key]
        assert (verdict.verdict, place, key) == (expected[0], place, key)
        nearest = min(float(metres.min()) for metres in distances[place.name])
        assert verdict.nearest_m == pytest.approx(nearest, abs=parts.spacing_m)
        if reading == "anywhere":
            assert verdict.margin_m is not None
            decides = [figure * 1000 - verdict.margin_m for figure in figures.maximum]
            assert min(abs(metres - expected[1]) for metres in decides) < parts.spacing_m
            if expected[1] > nearest + 2 * parts.spacing_m:
                assert "the nearest part of the origin is too near, so one " in verdict.reason
    assert told > 0.7 * len(places) * len(SYSTEMS)


# --- Which origins ---------------------------------------------------------------------------------

HOME = point(33.0, 47.0, "Home")
COAST = area(line((30.0, 46.5), (32.0, 46.4), (33.0, 46.0)), "coast")


def test_origins_are_read_as_asked() -> None:
    """A point has no reading; an uncertain one is read from somewhere, an area from anywhere; either can be told."""
    assert origins(HOME) == (Origin(name="Home", lat=47.0, lon=33.0),)
    (uncertain,) = origins([HOME], uncertainty_m=5000.0)
    assert (uncertain.uncertainty_m, uncertain.reading) == (5000.0, "somewhere")
    assert [one.reading for one in origins([HOME, COAST])] == [None, "anywhere"]
    assert [one.reading for one in origins([HOME, COAST], 1.0)] == ["somewhere", "anywhere"]
    assert [one.reading for one in origins([HOME, COAST], 1.0, "everywhere")] == ["everywhere", "everywhere"]
    assert [one.reading for one in origins([HOME, COAST], reading="somewhere")] == [None, "somewhere"]


def test_an_origin_is_taken_once() -> None:
    """In the order first given; an area is one, however often it is named."""
    found = origins([HOME, COAST, "47,33", HOME, COAST, "47.0,33.0"])
    assert [one.name for one in found] == ["Home", "coast", "47, 33"]


@pytest.mark.parametrize(
    ("given", "options", "said"),
    [
        ([], {}, "no origin; say where from"),
        (COAST, {"uncertainty_m": 5.0}, "an uncertainty widens a point; an area has its own extent"),
        (HOME, {"reading": "everywhere"}, "from everywhere is asked of an area or of a point with an uncertainty"),
        (HOME, {"reading": "anywhere"}, "from anywhere is asked of an area or of a point with an uncertainty"),
        (COAST, {"reading": "nowhere"}, "'nowhere' is no way to read an origin; use anywhere, somewhere, everywhere"),
        (HOME, {"uncertainty_m": -1.0}, "uncertainty"),
        (HOME, {"uncertainty_m": math.nan}, "uncertainty"),
        (HOME, {"uncertainty_m": 3e6}, "it must be 0 to 2000 km"),
        ([HOME, "91,0"], {}, "latitude 91"),
    ],
)
def test_origins_that_make_no_sense_are_refused(given: Any, options: dict[str, Any], said: str) -> None:
    """With what would be right; what would be ignored is an error."""
    with pytest.raises(WeaponsRefError, match=said):
        origins(given, **options)


@pytest.mark.parametrize(
    ("geometry", "error", "said"),
    [
        (line((0, 0), (0, 91)), CoordinateError, "latitude 91"),
        (line((0, 0), (180, 0)), QueryError, "antipodes"),
        (line((0, 0)), QueryError, "takes two"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}, QueryError, "not closed"),
        ({"type": "Circle"}, QueryError, "'Circle'"),
        ({"type": "MultiPolygon", "coordinates": []}, QueryError, "empty"),
    ],
)
@pytest.mark.parametrize("question", [reach, rings])
def test_an_area_that_makes_no_sense_is_named(question: Any, geometry: Geometry, error: type, said: str) -> None:
    """By `reach` and `rings` alike, with what is wrong with it and where."""
    asked = {} if question is rings else {"to": HOME}
    with pytest.raises(error, match=rf"^(1 km: )?my\.geojson: .*{said}"):
        question(origin=area(geometry, "my.geojson"), range_m=1000.0, **asked)


# --- A point with an uncertainty -------------------------------------------------------------------


@pytest.mark.parametrize("reading", [None, *READINGS])
@pytest.mark.parametrize(
    ("lon", "lat", "radius_m"), [(33.0, 47.0, 5e3), (179.9, -17.0, 45e3), (10.0, 89.9, 30e3), (-50.0, 0.0, 130e3)]
)
def test_an_uncertain_point_answers_as_the_points_round_it(
    lon: float, lat: float, radius_m: float, reading: Reading | None
) -> None:
    """Asked one by one, 500 places of four systems; from somewhere, unless told otherwise."""
    places = places_round(lon, lat, 450e3, 125, seed=3)
    said = ask(point(lon, lat), places, uncertainty_m=radius_m, reading=reading)
    azimuths, shares = np.meshgrid(np.linspace(0, 360, 73), np.linspace(0, 1, 41))
    x, y, _ = WGS84.fwd(
        np.full(azimuths.size, lon), np.full(azimuths.size, lat), azimuths.ravel(), shares.ravel() * radius_m
    )
    agree(said, Parts([(x, y)], radius_m / 20), places, reading or "somewhere")
    for place in places[:20]:
        verdict = said[place.name, "alpha"]
        centre = float(away(lon, lat, np.array([place.lon]), np.array([place.lat]))[0])
        assert verdict.distance_m == pytest.approx(centre, abs=1e-6)
        assert verdict.nearest_m == pytest.approx(max(0, centre - radius_m), abs=1e-6)
        told = None if reading == "anywhere" else pytest.approx(centre + radius_m, abs=1e-6)
        assert verdict.farthest_m == told
        assert (verdict.nearest_lat, verdict.nearest_lon) == (None, None)


def test_an_uncertain_point_has_its_rings() -> None:
    """Reach from somewhere is drawn by the radius less at least and more at most; from anywhere more, and so on."""
    (within, disputed) = rings("cannon", origin=HOME, uncertainty_m=5e3, catalog=CATALOG).rings
    assert [ring.role for ring in (within, disputed)] == ["within", "disputed"]
    for km, expected in ((34.9, {"within"}), (35.1, {"disputed"}), (44.9, {"disputed"}), (45.1, set())):
        place = shapely.Point(towards(33.0, 47.0, 77.0, km * 1000))
        assert {ring.role for ring in (within, disputed) if ring.geometry.contains(place)} == expected


# --- An area ---------------------------------------------------------------------------------------


def archipelago(seed: int, lon: float, lat: float) -> tuple[Geometry, Parts]:
    """Return lines, polygons and points within some 300 km, the longest of them not the nearest, and their points."""
    rng = np.random.default_rng(seed)
    spacing = 1500.0
    members: list[Geometry] = []
    sampled: list[tuple[Floats, Floats]] = []
    for kind in ("line", "polygon", "point", "polygon", "point"):
        centre = towards(lon, lat, rng.uniform(0, 360), rng.uniform(0, 300e3))
        if kind == "line":
            positions = [
                centre,
                towards(*centre, rng.uniform(0, 360), 90e3),
                towards(*centre, rng.uniform(0, 360), 150e3),
            ]
            members.append(line(*positions))
            sampled.append(along(positions, spacing))
        elif kind == "polygon":
            ring = star(*centre, rng.uniform(5e3, 40e3, 6).tolist())
            members.append({"type": "Polygon", "coordinates": [ring]})
            sampled.append(filled(centre, ring, spacing))
        else:
            members.append({"type": "Point", "coordinates": list(centre)})
            sampled.append((np.array([centre[0]]), np.array([centre[1]])))
    return {"type": "GeometryCollection", "geometries": members}, Parts(sampled, spacing)


@pytest.mark.parametrize("reading", [None, *READINGS])
@pytest.mark.parametrize(("seed", "lon", "lat"), [(1, 33.0, 47.0), (2, 179.5, -17.0), (3, 30.0, 88.0), (4, -60.0, 5.0)])
def test_an_area_answers_as_its_points_do(seed: int, lon: float, lat: float, reading: Reading | None) -> None:
    """Lines, polygons and points, each system by the part that reaches best and is nearest; all systems at once."""
    geometry, parts = archipelago(seed, lon, lat)
    places = places_round(lon, lat, 500e3, 60, seed)
    agree(ask(area(geometry), places, reading=reading), parts, places, reading or "anywhere")


def test_an_archipelago_reaches_from_the_island_that_is_far_enough() -> None:
    """One island is nearer than the minimum range, another far enough; neither alone has both."""
    near, far = towards(0.0, 0.0, 90.0, 30e3), towards(0.0, 0.0, 90.0, 80e3)
    islands = area({"type": "MultiPoint", "coordinates": [near, far]})
    place = point(0.0, 0.0)
    said = ask(islands, [place])
    verdict = said["point", "beta"]
    assert verdict.verdict == "within"
    assert verdict.margin_m == pytest.approx(300e3 - 80e3, abs=1e-3)
    assert verdict.reason.endswith("; the nearest part of the origin is too near, so one 80 km away decides")
    assert "too near" not in said["point", "cannon"].reason
    # The distance and the point named are those of the area, whatever part of it decides.
    for verdict in said.values():
        assert verdict.distance_m == verdict.nearest_m == pytest.approx(30e3, abs=1e-3)
        assert (verdict.nearest_lon, verdict.nearest_lat) == pytest.approx(near, abs=1e-9)
    # Between 30 and 80 km there is no point, so that a minimum of 50 and a maximum of 70 km have none.
    (none,) = reach(range_m=70e3, minimum_range_m=50e3, origin=islands, to=place).verdicts
    assert none.verdict == "inside-minimum"
    joined = area(line(near, far))
    (some,) = reach(range_m=70e3, minimum_range_m=50e3, origin=joined, to=place).verdicts
    assert some.verdict == "within"
    assert some.nearest_m == pytest.approx(30e3, abs=1e-3)


def test_each_system_has_its_own_part_of_an_area() -> None:
    """A long part that holds what one system needs does not hide the small one that another needs."""
    long_, small = towards(0.0, 0.0, 0.0, 45e3), towards(0.0, 0.0, 180.0, 30e3)
    geometry = {
        "type": "GeometryCollection",
        "geometries": [line(long_, towards(*long_, 0.0, 100e3)), {"type": "Point", "coordinates": list(small)}],
    }
    said = ask(area(geometry), [point(0.0, 0.0)])
    assert [said["point", key].verdict for key in ("beta", "cannon")] == ["within", "within"]
    assert [said["point", key].margin_m for key in ("beta", "cannon")] == pytest.approx([255e3, 10e3], abs=1e-3)


def test_the_nearest_point_of_an_area_is_named() -> None:
    """With the place it makes the line whose length is told; inside a polygon it is the place itself."""
    ring = star(33.0, 47.0, [60e3] * 5)
    district = area({"type": "Polygon", "coordinates": [ring]})
    x, y = along(ring, 50.0)
    for place in places_round(33.0, 47.0, 300e3, 30, seed=8):
        (verdict,) = reach("alpha", origin=district, to=place, catalog=CATALOG).verdicts
        assert verdict.nearest_lon is not None
        assert verdict.nearest_lat is not None
        azimuth, _, metres = WGS84.inv(verdict.nearest_lon, verdict.nearest_lat, place.lon, place.lat)
        assert verdict.distance_m == verdict.nearest_m == pytest.approx(metres, abs=1e-6)
        if metres > 1:
            assert verdict.distance_m == pytest.approx(away(place.lon, place.lat, x, y).min(), abs=5)
            assert verdict.azimuth_deg == pytest.approx(azimuth % 360, abs=1e-6)
        else:
            assert (verdict.nearest_lon, verdict.nearest_lat) == (place.lon, place.lat)
            assert (verdict.verdict, verdict.azimuth_deg) == ("within", None)


def test_only_what_decides_is_measured_to_the_farthest_point() -> None:
    """From anywhere without a minimum range the farthest point decides nothing, and is not told."""
    for reading, told in (("anywhere", False), ("somewhere", True), ("everywhere", True)):
        (verdict,) = reach("alpha", origin=COAST, to=HOME, reading=reading, catalog=CATALOG).verdicts  # type: ignore[arg-type]
        assert (verdict.farthest_m is not None) == told
    x, y = along(COAST.geometry["coordinates"], 100.0)
    assert verdict.farthest_m == pytest.approx(away(33.0, 47.0, x, y).max(), abs=1)


@given(st.floats(20, 260), st.sampled_from(("somewhere", "everywhere")), st.floats(-180, 180))
@settings(max_examples=25, deadline=None)
def test_rings_of_an_area_agree_with_its_verdicts(km: float, reading: Reading, azimuth: float) -> None:
    """Outside the stated error; for a minimum range and for disputed claims too."""
    place = point(*towards(31.7, 46.4, azimuth, km * 1000))
    both: tuple[Reading, ...] = (reading, "anywhere")
    for chosen in both:
        (verdict,) = reach("gamma", origin=COAST, to=place, reading=chosen, catalog=CATALOG).verdicts
        found = Region(COAST.geometry)
        ends = [float(found.nearest([place.lon], [place.lat]).distance_m[0])]
        ends.append(float(found.farthest([place.lon], [place.lat]).distance_m[0]))
        if any(abs(metres - figure) < 101 for metres in ends for figure in (120e3, 180e3, 20e3, 60e3)):
            continue
        held = {role for role, shape in _drawn(chosen).items() if shape.contains(shapely.Point(place.lon, place.lat))}
        assert held == {verdict.verdict} & {"within", "disputed"}


_RINGS: dict[str, dict[str, shapely.MultiPolygon]] = {}


def _drawn(reading: str) -> dict[str, shapely.MultiPolygon]:
    if reading not in _RINGS:
        drawn = rings("gamma", origin=COAST, reading=reading, max_error_m=100.0, catalog=CATALOG)  # type: ignore[arg-type]
        _RINGS[reading] = {ring.role: ring.geometry for ring in drawn.rings}
    return _RINGS[reading]


# --- Many origins ----------------------------------------------------------------------------------


def scattered(count: int, seed: int) -> list[Place]:
    """Return points all over the globe, poles and the antimeridian among them, each with a name of its own."""
    rng = np.random.default_rng(seed)
    lons, lats = rng.uniform(-180, 180, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    awkward = [(180.0, 10.0), (-180.0, -45.0), (0.0, 90.0), (77.0, -90.0), (0.0, 0.0), (179.999999, 10.0)]
    positions = [*awkward, *zip(lons[len(awkward) :], lats[len(awkward) :], strict=True)]
    return [point(float(lon), float(lat), f"origin {number}") for number, (lon, lat) in enumerate(positions)]


@pytest.mark.parametrize("count", [23, 24, 1000])
def test_the_nearest_of_many_origins_decides_and_is_named(count: int) -> None:
    """As if each had been measured, wherever it lies."""
    starts = scattered(count, seed=4)
    lons, lats = np.array([one.lon for one in starts]), np.array([one.lat for one in starts])
    places = [*scattered(150, seed=5), *starts[:8]]
    result = listed(reach(range_m=400e3, origin=starts, to=places))
    assert [verdict.place for verdict in result] == places
    for verdict, place in zip(result, places, strict=True):
        metres = away(place.lon, place.lat, lons, lats)
        assert verdict.distance_m == pytest.approx(metres.min(), abs=1e-6)
        named = int(verdict.origin.name.split()[1])
        assert metres[named] == pytest.approx(metres.min(), abs=1e-6)
        assert verdict.origin == Origin(name=f"origin {named}", lat=starts[named].lat, lon=starts[named].lon)
        assert verdict.verdict == ("within" if metres.min() <= 400e3 else "beyond")
        azimuth, _, _ = WGS84.inv(starts[named].lon, starts[named].lat, place.lon, place.lat)
        if abs(starts[named].lat) < 90 and metres.min() > 1:
            assert verdict.azimuth_deg == pytest.approx(azimuth % 360, abs=1e-6)
        assert verdict.nearest_m is None


@pytest.mark.parametrize("count", [23, 1000])
def test_of_many_origins_the_nearest_that_reaches_decides(count: int) -> None:
    """Where the nearest is nearer than a minimum range, each system has another."""
    rng = np.random.default_rng(6)
    home = (20.0, 50.0)
    ways = zip(rng.uniform(0, 360, count), 200e3 * rng.uniform(0, 1, count) ** 0.5, strict=True)
    starts = [point(*towards(*home, *way), f"origin {number}") for number, way in enumerate(ways)]
    lons, lats = np.array([one.lon for one in starts]), np.array([one.lat for one in starts])
    places = places_round(*home, 500e3, 40, seed=7)
    said = ask(starts, places)
    for place, (key, figures) in itertools.product(places, SYSTEMS.items()):
        metres = away(place.lon, place.lat, lons, lats)
        names = ranks(figures, metres)
        nearest = metres[names == names.min()].min()
        verdict = said[place.name, key]
        assert verdict.verdict == VERDICTS[names.min()]
        assert verdict.distance_m == pytest.approx(nearest, abs=1e-6)
        assert metres[int(verdict.origin.name.split()[1])] == pytest.approx(nearest, abs=1e-6)


@pytest.mark.parametrize("count", [2, 40])
def test_of_origins_at_one_position_the_first_is_named(count: int) -> None:
    """However many others there are."""
    starts = [point(30.0, 50.0, "first"), *scattered(count, seed=9), point(30.0, 50.0, "second")]
    (verdict,) = reach(range_m=100e3, origin=starts, to=point(30.1, 50.0)).verdicts
    assert verdict.origin.name == "first"


def test_points_and_areas_can_be_mixed() -> None:
    """Of all of them the nearest that reaches best decides, and only an area names a point of itself."""
    starts = scattered(60, seed=10)
    lons, lats = np.array([one.lon for one in starts]), np.array([one.lat for one in starts])
    borders = [area(line((10, 10), (20, 30)), "first"), area(line((-60, -30), (-50, 0)), "second")]
    nodes = [along(border.geometry["coordinates"], 4000.0) for border in borders]
    named = set()
    for place in scattered(100, seed=11):
        (verdict,) = reach(range_m=1000e3, origin=[*starts, *borders], to=place).verdicts
        ways = {f"origin {n}": metres for n, metres in enumerate(away(place.lon, place.lat, lons, lats))}
        ways |= {one.name: away(place.lon, place.lat, *xy).min() for one, xy in zip(borders, nodes, strict=True)}
        expected = min(ways, key=ways.__getitem__)
        assert verdict.origin.name == expected
        assert verdict.distance_m == pytest.approx(ways[expected], abs=10)
        assert (verdict.nearest_lat is None) == expected.startswith("origin")
        assert (verdict.nearest_m is None) == expected.startswith("origin")
        named.add(expected)
    assert {"first", "second"} < named


def test_dissolved_rings_are_one_per_system_and_role() -> None:
    """And hold what the rings of all origins together hold; what is within by one is not disputed by another."""
    starts: list[Place | Area] = [HOME, point(33.9, 47.0), COAST, point(-179.9, 10.0)]
    apart = rings("alpha", "beta", origin=starts, max_error_m=100.0, catalog=CATALOG).rings
    one = rings("alpha", "beta", origin=starts, max_error_m=100.0, dissolve=True, catalog=CATALOG).rings
    assert [(ring.range.system, ring.role) for ring in one] == [
        ("alpha", "within"), ("alpha", "disputed"), ("beta", "within"),
    ]  # fmt: skip
    assert {ring.origin.name for ring in one} == {"Home; point; coast and 1 more"}
    rng = np.random.default_rng(12)
    x, y = rng.uniform(27, 38, 4000), rng.uniform(43, 50, 4000)
    for ring in one:
        same = [other for other in apart if other.range.system == ring.range.system]
        held = {
            role: np.any([shapely.contains_xy(o.geometry, x, y) for o in same if o.role == role] or [x < -999], axis=0)
            for role in ("within", "disputed")
        }
        expected = held["within"] if ring.role == "within" else held["disputed"] & ~held["within"]
        assert (shapely.contains_xy(ring.geometry, x, y) == expected).all()


# --- Sectors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sector", "azimuth", "held"),
    [
        ((0, 90), 90, True), ((90, 180), 90, True), ((90.0001, 180), 90, False), ((0, 89.9999), 90, False),
        ((330, 30), 0, True), ((330, 30), 330.0001, True), ((330, 30), 29.9999, True), ((330, 30), 30.0001, False),
        ((330, 30), 329.9999, False), ((0, 180), 0, True), ((180, 0), 0, True), ((180, 360), 0, True),
        ((270, 360), 0, True), ((0, 1), 359.9999, False), ((10, 9), 9.5, False), ((10, 9), 200, True),
    ],
)  # fmt: skip
def test_a_sector_holds_what_lies_clockwise_between_its_ends(
    sector: tuple[float, float], azimuth: float, held: bool
) -> None:
    """Both ends belong to it, and it may wrap round north; outside it a place is beyond, without a margin."""
    place = point(*towards(0.0, 0.0, azimuth, 50e3))
    (verdict,) = reach("alpha", origin=point(0.0, 0.0), to=place, sector=sector, catalog=CATALOG).verdicts
    assert verdict.verdict == ("within" if held else "beyond")
    assert (verdict.margin_m is None) == (not held)
    if not held:
        assert verdict.reason.startswith("outside the sector from ")
        assert verdict.azimuth_deg == pytest.approx(azimuth, abs=1e-6)


def test_the_origin_itself_lies_in_every_sector() -> None:
    """There is no direction to it."""
    (verdict,) = reach("alpha", origin=HOME, to=HOME, sector=(30, 31), catalog=CATALOG).verdicts
    assert (verdict.verdict, verdict.azimuth_deg) == ("within", None)


def test_a_nearer_origin_that_looks_elsewhere_does_not_decide() -> None:
    """Of several, the nearest in whose sector the place lies does."""
    west, east, here = point(-0.5, 0.0, "west"), point(0.1, 0.0, "east"), point(0.0, 0.0)
    starts = [east, west, *(point(0.2 + n / 100, 0.0, str(n)) for n in range(40))]
    (verdict,) = reach("alpha", origin=starts, to=here, sector=(45, 135), catalog=CATALOG).verdicts
    assert (verdict.origin.name, verdict.verdict) == ("west", "within")
    (none,) = reach("alpha", origin=[east], to=here, sector=(45, 135), catalog=CATALOG).verdicts
    assert (none.verdict, none.margin_m) == ("beyond", None)


@pytest.mark.parametrize(("lon", "lat"), [(33.0, 47.0), (179.9, -17.0), (-50.0, 86.0)])
@pytest.mark.parametrize("sector", [(30, 90), (330, 30), (200, 100)])
def test_a_sectors_rings_agree_with_its_verdicts(lon: float, lat: float, sector: tuple[float, float]) -> None:
    """Outside the stated error of circles and rays alike."""
    origin = point(lon, lat)
    drawn = {ring.role: ring.geometry for ring in rings("alpha", origin=origin, sector=sector, catalog=CATALOG).rings}
    places = places_round(lon, lat, 260e3, 120, seed=13)
    told = 0
    for verdict in reach("alpha", origin=origin, to=places, sector=sector, catalog=CATALOG).verdicts:
        azimuth, metres = verdict.azimuth_deg, verdict.distance_m
        assert azimuth is not None
        assert metres is not None
        sideways = min(abs(math.remainder(azimuth - end, 360)) for end in sector)
        if metres * math.radians(sideways) < 11 or min(abs(metres - 100e3), abs(metres - 200e3)) < 11:
            continue
        told += 1
        here = shapely.Point(verdict.place.lon, verdict.place.lat)
        held = {role for role, shape in drawn.items() if shape.contains(here)}
        assert held == {verdict.verdict} & {"within", "disputed"}
    assert told > 100


@pytest.mark.parametrize("sector", [(-1, 30), (30, 361), (30, 30), (0, 360), (math.nan, 30)])
@pytest.mark.parametrize("question", [reach, rings])
def test_a_sector_that_makes_no_sense_is_refused(question: Any, sector: tuple[float, float]) -> None:
    """By `reach` and `rings` alike."""
    with pytest.raises(QueryError, match="sector"):
        question("alpha", origin=HOME, sector=sector, catalog=CATALOG)


@pytest.mark.parametrize("question", [reach, rings, which])
def test_only_a_point_has_a_sector(question: Any) -> None:
    """From an area or an uncertain point a place lies in no one direction, and from a pole in none."""
    asked: dict[str, Any] = {"sector": (30, 90), "catalog": CATALOG, **({} if question is rings else {"to": HOME})}
    systems = () if question is which else ("alpha",)
    for origin, options in ((COAST, {}), ([HOME, COAST], {}), (HOME, {"uncertainty_m": 5e3})):
        with pytest.raises(QueryError, match="a sector starts at a point"):
            question(*systems, origin=origin, **options, **asked)
    for lat in (90.0, -90.0):
        with pytest.raises(QueryError, match="no sector can start at a pole"):
            question(*systems, origin=[HOME, point(0.0, lat)], **asked)


# --- The gazetteer ---------------------------------------------------------------------------------


def on_map(position: tuple[float, float], middle: float | None) -> tuple[float, float]:
    """Return a position on a map of its own: round the north pole, or with a longitude far from the map's edge."""
    lon, lat = position
    if middle is None:
        return (90 - lat) * math.cos(math.radians(lon)), (90 - lat) * math.sin(math.radians(lon))
    return math.remainder(lon - middle, 360), lat


#: Round the north pole, with corners from 62 to 68 degrees.
ARCTIC = [[lon, 65 + 3 * math.sin(lon / 20)] for lon in (*range(-180, 180, 30), -180)]


@pytest.mark.parametrize(
    ("geometry", "middle", "range_km", "population"),
    [
        (line((170, -45), (-175, -15), (150, 10)), 170, 900, 60_000),
        ({"type": "Polygon", "coordinates": [[[175, -30], [-160, -10], [160, 0], [175, -30]]]}, 175, 900, 30_000),
        ({"type": "Polygon", "coordinates": [ARCTIC]}, None, 900, 100_000),
        ({"type": "Polygon", "coordinates": [[[29, 45], [36, 46], [33, 51], [29, 45]]]}, 32, 200, 15_000),
    ],
    ids=["antimeridian line", "antimeridian polygon", "round a pole", "inland"],
)  # fmt: skip
def test_the_gazetteer_misses_no_place_near_an_area(
    geometry: Geometry, middle: float | None, range_km: float, population: int
) -> None:
    """Every place measured to points of the edges, and found inside on a map of many more vertices; nearest first."""
    ring = geometry["coordinates"] if geometry["type"] == "LineString" else geometry["coordinates"][0]
    x, y = along(ring, 5000.0)
    columns = open_gazetteer().places(population)
    inside = np.zeros(len(columns.ids), dtype=bool)
    if geometry["type"] == "Polygon":
        outline = shapely.Polygon([on_map(position, middle) for position in zip(x, y, strict=True)])
        spots = [on_map(position, middle) for position in zip(columns.lons, columns.lats, strict=True)]
        inside = shapely.contains_xy(outline, *np.array(spots).T)
    # On a sphere distances are off by 0.6 per cent at most, which is enough to leave most places out.
    units = [_on_sphere(np.asarray(a), np.asarray(b)) for a, b in ((columns.lons, columns.lats), (x, y))]
    close = np.max(units[0] @ units[1].T, axis=1) > math.cos(range_km * 1.01 / 6371 + 0.001)
    near = np.full(len(columns.ids), math.inf)
    for row in np.flatnonzero(close).tolist():
        near[row] = away(columns.lons[row], columns.lats[row], x, y).min()
    near[inside] = 0
    # A point of an edge may be a little nearer than those that stand for it.
    assert not np.any(np.abs(near - range_km * 1000) < 20)
    expected = {
        key: metres for key, metres in zip(columns.ids, near.tolist(), strict=True) if metres <= range_km * 1000
    }
    result = reach(range_m=range_km * 1000, origin=area(geometry), min_population=population, catalog=CATALOG)
    answers = listed(result)
    assert len(expected) > 10
    assert {verdict.place.geonameid for verdict in answers} == set(expected)
    for verdict in answers:
        assert verdict.distance_m == pytest.approx(expected[verdict.place.geonameid or 0], abs=2600)
    assert [verdict.distance_m for verdict in answers] == sorted(verdict.distance_m or 0.0 for verdict in answers)
    assert result.counts["within"] == len(expected)
    assert sum(result.counts.values()) == len(columns.ids)


def _on_sphere(lon: Floats, lat: Floats) -> Floats:
    lam, phi = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("wide", [{"origin": [HOME], "uncertainty_m": 40e3}, {"origin": COAST}], ids=["disk", "area"])
def test_skipping_far_latitudes_changes_no_wide_answer(wide: dict[str, Any], reading: Reading) -> None:
    """With `show_all` every place is measured, without it a belt: the answers are the same, and the counts add up."""
    asked = {**wide, "reading": reading, "min_population": 60_000, "catalog": CATALOG}
    some, whole = reach(*SYSTEMS, **asked), reach(*SYSTEMS, **asked, show_all=True)
    assert some.counts == whole.counts
    assert sum(some.counts.values()) == open_gazetteer().count(60_000) * len(SYSTEMS)
    told = [verdict for verdict in whole.verdicts if verdict.verdict in ("within", "disputed")]
    assert [(v.place, v.range.system, v.verdict, v.reason) for v in some.verdicts] == [
        (v.place, v.range.system, v.verdict, v.reason) for v in told
    ]


def test_no_place_at_all_is_no_trouble() -> None:
    """An area that nothing lies near, and no place to judge."""
    desert = area(line((-130.0, -40.0), (-129.0, -40.0)))
    crowd = [point(-130.0 + n / 10, -40.0) for n in range(30)]
    every: list[Any] = [desert, crowd, [desert, *crowd]]
    for origin in every:
        result = reach(range_m=1000.0, origin=origin, min_population=500_000)
        assert result.verdicts == ()
        assert result.counts["beyond"] == open_gazetteer().count(500_000)
        assert reach(range_m=1000.0, origin=origin, to=[]).verdicts == ()


# --- Lines and polygons as places ------------------------------------------------------------------


def shape(geometry: Geometry, name: str = "shape") -> Place:
    """Return what a row of a file with a line or polygon becomes, at any one of its points."""
    region = Region(geometry)
    return Place(name=name, lat=float(region.node_lat[0]), lon=float(region.node_lon[0]), notation="file", shape=region)


ROAD = ((36.0, 48.0), (38.0, 46.0), (40.0, 48.0))


@pytest.mark.parametrize(
    ("origin", "options"),
    [
        (HOME, {}),
        (HOME, {"uncertainty_m": 5e3}),
        ([HOME, point(39.0, 44.0)], {}),
        ([point(30 + n / 10, 44.0 + n / 50, str(n)) for n in range(40)], {}),
        (COAST, {}),
        (COAST, {"reading": "everywhere"}),
        ([COAST, point(41.0, 49.0)], {}),
    ],
)
def test_a_line_is_judged_by_its_nearest_point(origin: Any, options: dict[str, Any]) -> None:
    """Nearest to the origins, all of them measured; never by a centroid or its first vertex."""
    batch = Batch([shape(line(*ROAD))], [], 1, 0, 0, 0)
    result = reach("alpha", "beta", origin=origin, locations=[batch], show_all=True, catalog=CATALOG, **options)
    x, y = along(ROAD, 500.0)
    starts = origin if isinstance(origin, list) else [origin]
    nodes = [
        along(one.geometry["coordinates"], 2000.0)
        if isinstance(one, Area)
        else (np.array([one.lon]), np.array([one.lat]))
        for one in starts
    ]
    least = min(float(away(a, b, x, y).min()) for xs, ys in nodes for a, b in zip(xs, ys, strict=True))
    assert sum(result.counts.values()) == 2
    for verdict in result.verdicts:
        assert verdict.distance_m == pytest.approx(least, abs=30)
        assert away(verdict.place.lon, verdict.place.lat, x, y).min() < 300
        assert verdict.place.name == "shape"


def test_an_origin_inside_a_place_is_at_it() -> None:
    """A polygon that holds the origin is 0 m away, and an area that it overlaps too."""
    district = shape({"type": "Polygon", "coordinates": [star(33.0, 47.0, [60e3] * 5)]})
    every: list[Any] = [HOME, area(line((33.0, 47.0), (40.0, 47.0))), [HOME, COAST]]
    for origin in every:
        result = reach("alpha", origin=origin, locations=[Batch([district], [], 1, 0, 0, 0)], catalog=CATALOG)
        (verdict,) = result.verdicts
        assert verdict.verdict == "within"
        assert verdict.distance_m == pytest.approx(0, abs=1e-6)


def test_a_distance_and_a_verdict_agree() -> None:
    """From an area, `distance` says what `reach` says."""
    for place in places_round(31.0, 46.0, 300e3, 20, seed=14):
        found = distance(COAST, place)
        (verdict,) = reach("alpha", origin=COAST, to=place, reading="everywhere", catalog=CATALOG).verdicts
        assert (verdict.distance_m, verdict.farthest_m) == pytest.approx((found.distance_m, found.farthest_m), abs=1e-6)
        assert (verdict.nearest_lon, verdict.nearest_lat) == (found.start.lon, found.start.lat)
        assert verdict.azimuth_deg == found.azimuth_deg
