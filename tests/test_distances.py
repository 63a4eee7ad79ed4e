"""Distances from areas, and the closest points of two of them, against brute force along their edges."""

from __future__ import annotations

import io
import itertools
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weapons_ref import closest, distance
from weapons_ref.errors import WeaponsRefError
from weapons_ref.model import Area, DistanceResult, Place
from weapons_ref.output import write

Floats = npt.NDArray[np.float64]
Positions = Sequence[tuple[float, float]]

WGS84 = pyproj.Geod(ellps="WGS84")


def line(name: str, *positions: tuple[float, float]) -> Area:
    return Area(name=name, geometry={"type": "LineString", "coordinates": [list(position) for position in positions]})


def polygon(name: str, *corners: tuple[float, float]) -> Area:
    ring = [list(corner) for corner in (*corners, corners[0])]
    return Area(name=name, geometry={"type": "Polygon", "coordinates": [ring]})


def place(lon: float, lat: float) -> Place:
    return Place(name="place", lat=lat, lon=lon)


def along(positions: Positions, spacing_m: float) -> tuple[Floats, Floats]:
    """Return points on the geodesics between positions."""
    lons, lats = [], []
    for (lon1, lat1), (lon2, lat2) in itertools.pairwise(positions):
        azimuth, _, metres = WGS84.inv(lon1, lat1, lon2, lat2)
        steps = np.linspace(0, metres, max(2, math.ceil(metres / spacing_m) + 1))
        x, y, _ = WGS84.fwd(np.full(len(steps), lon1), np.full(len(steps), lat1), np.full(len(steps), azimuth), steps)
        lons.append(x)
        lats.append(y)
    return np.concatenate(lons), np.concatenate(lats)


def between(a: tuple[Floats, Floats], b: tuple[Floats, Floats]) -> Floats:
    """Return the distances of all points of one set to all of another."""
    x, x2 = np.meshgrid(a[0], b[0], indexing="ij")
    y, y2 = np.meshgrid(a[1], b[1], indexing="ij")
    return np.asarray(WGS84.inv(x.ravel(), y.ravel(), x2.ravel(), y2.ravel())[2]).reshape(x.shape)


def apart(found: DistanceResult) -> float:
    return float(WGS84.inv(found.start.lon, found.start.lat, found.end.lon, found.end.lat)[2])


def off(positions: Positions, point: Place) -> float:
    """Return how far a point lies from a line, to some metres."""
    return float(between(along(positions, 200.0), (np.array([point.lon]), np.array([point.lat]))).min())


COAST = ((170.0, -10.0), (178.0, -14.0), (-175.0, -20.0), (-176.0, -30.0))


@given(st.floats(140, 220), st.floats(-60, 30))
@settings(max_examples=40, deadline=None)
def test_a_distance_from_a_line_starts_at_its_nearest_point(lon: float, lat: float) -> None:
    """No point of the line is nearer or farther than told, and the line from the point named is as long as told."""
    end = place(math.remainder(lon, 360), lat)
    found = distance(line("coast", *COAST), end)
    metres = between(along(COAST, 500.0), (np.array([end.lon]), np.array([end.lat])))
    assert found.distance_m == pytest.approx(float(metres.min()), abs=40)
    assert found.distance_m <= float(metres.min()) + 1e-6
    assert found.farthest_m == pytest.approx(float(metres.max()), abs=1)
    assert apart(found) == pytest.approx(found.distance_m, abs=1e-6)
    assert off(COAST, found.start) < 150
    assert (found.start.name, found.start.notation, found.end) == ("coast", "area", end)
    azimuth, back, _ = WGS84.inv(found.start.lon, found.start.lat, end.lon, end.lat)
    if found.distance_m > 1:
        assert found.azimuth_deg == pytest.approx(azimuth % 360, abs=1e-6)
        assert found.back_azimuth_deg == pytest.approx(back % 360, abs=1e-6)


@given(st.floats(140, 220), st.floats(-60, 30))
@settings(max_examples=20, deadline=None)
def test_a_distance_to_an_area_is_the_same_turned_round(lon: float, lat: float) -> None:
    """Ends and azimuths change places, lengths do not."""
    coast, end = line("coast", *COAST), place(math.remainder(lon, 360), lat)
    there, back = distance(coast, end), distance(end, coast)
    assert (there.start, there.end) == (back.end, back.start)
    assert (there.distance_m, there.farthest_m) == (back.distance_m, back.farthest_m)
    assert (there.azimuth_deg, there.back_azimuth_deg) == (back.back_azimuth_deg, back.azimuth_deg)


DISTRICT = polygon("district", (30.0, 46.0), (36.0, 46.5), (35.0, 50.0), (31.0, 49.0))


def test_inside_a_polygon_the_distance_is_nothing() -> None:
    """From the place itself, so that there is no direction; the farthest corner is still away."""
    found = distance(DISTRICT, place(33.0, 48.0))
    assert (found.distance_m, found.azimuth_deg, found.back_azimuth_deg) == (0.0, None, None)
    assert (found.start.lon, found.start.lat) == (33.0, 48.0)
    corners = np.array([(30.0, 46.0), (36.0, 46.5), (35.0, 50.0), (31.0, 49.0)]).T
    metres = between((corners[0], corners[1]), (np.array([33.0]), np.array([48.0])))
    assert found.farthest_m == pytest.approx(float(metres.max()), abs=1e-6)


def test_a_hole_is_outside() -> None:
    """The distance is to its edge."""
    outer = [[30, 46], [36, 46], [36, 50], [30, 50], [30, 46]]
    hole = [[32, 47], [34, 47], [34, 49], [32, 49], [32, 47]]
    ring = Area(name="ring", geometry={"type": "Polygon", "coordinates": [outer, hole]})
    found = distance(ring, place(33.0, 48.0))
    edges = along([(float(x), float(y)) for x, y in hole], 200.0)
    metres = between(edges, (np.array([33.0]), np.array([48.0])))
    assert found.distance_m == pytest.approx(float(metres.min()), abs=1)
    assert found.distance_m > 50e3


def test_a_distance_between_areas_is_that_of_their_closest_points() -> None:
    """`distance` of two areas is `closest`."""
    west, east = line("west", (0, 0), (0, 5)), line("east", (3, 1), (4, 9))
    assert distance(west, east) == closest(west, east)


# --- Closest points --------------------------------------------------------------------------------

rough = st.tuples(st.floats(-6, 6), st.floats(-6, 6))


@given(st.lists(rough, min_size=2, max_size=4, unique=True), st.lists(rough, min_size=2, max_size=4, unique=True))
@settings(max_examples=25, deadline=None)
def test_the_closest_points_of_two_lines(first: list[tuple[float, float]], second: list[tuple[float, float]]) -> None:
    """Over the antimeridian: nowhere are the lines closer, and the points named lie on them, as far apart as told."""
    shifted = [
        [(math.remainder(180 + lon + turn, 360), 20 + lat) for lon, lat in positions]
        for turn, positions in ((-4, first), (4, second))
    ]
    found = closest(*(line(name, *positions) for name, positions in zip(("a", "b"), shifted, strict=True)))
    metres = between(*(along(positions, 5000.0) for positions in shifted))
    assert found.distance_m <= float(metres.min()) + 1e-6
    assert found.distance_m >= float(metres.min()) - 5000
    assert apart(found) == pytest.approx(found.distance_m, abs=1e-5)
    assert (found.start.name, found.end.name) == ("a", "b")
    for positions, end in zip(shifted, (found.start, found.end), strict=True):
        assert off(positions, end) < 150


def test_areas_that_overlap_are_nothing_apart() -> None:
    """One point, which both have, stands for it; also where one holds the other."""
    inner = polygon("inner", (32.9, 47.9), (33.1, 47.9), (33.0, 48.1))
    crossing = line("road", (33.0, 40.0), (33.0, 60.0))
    for a, b in itertools.permutations((DISTRICT, inner, crossing), 2):
        found = closest(a, b)
        assert found.distance_m == pytest.approx(0, abs=1e-6)
        assert (found.start.lon, found.start.lat) == pytest.approx((found.end.lon, found.end.lat), abs=1e-9)
        for side in (a, b):
            assert distance(side, found.start).distance_m == pytest.approx(0, abs=1e-5)


@given(st.floats(-180, 180), st.floats(-90, 90))
@settings(max_examples=20, deadline=None)
def test_a_place_stands_for_its_point(lon: float, lat: float) -> None:
    """`closest` of an area and a place is their distance; of two places too."""
    end = place(lon, lat)
    one, other = closest(DISTRICT, end), distance(DISTRICT, end)
    assert one.distance_m == pytest.approx(other.distance_m, abs=1e-5)
    assert one.end == end
    assert closest(end, place(1.0, 2.0)).distance_m == pytest.approx(
        distance(end, place(1.0, 2.0)).distance_m, abs=1e-6
    )
    assert (one.areas, closest(end, end).areas) == ((DISTRICT,), ())


def test_sets_of_points_have_a_closest_pair() -> None:
    """Of 300 and 300 points, all pairs measured."""
    rng = np.random.default_rng(1)
    sets = [(rng.uniform(-180, 180, 300), np.degrees(np.arcsin(rng.uniform(-1, 1, 300)))) for _ in range(2)]
    areas = [
        Area(name="points", geometry={"type": "MultiPoint", "coordinates": np.column_stack(xy).tolist()}) for xy in sets
    ]
    assert closest(*areas).distance_m == pytest.approx(float(between(*sets).min()), abs=1e-6)


@pytest.mark.parametrize("question", [distance, closest])
@pytest.mark.parametrize("end", ["91,0", "no such place at all", Area(name="x", geometry={"type": "Circle"})])
def test_ends_that_make_no_sense_are_refused(question: Any, end: Any) -> None:
    """From an area as from a place."""
    for start in (DISTRICT, place(0.0, 0.0)):
        with pytest.raises(WeaponsRefError):
            question(start, end)


# --- As a line on a map ----------------------------------------------------------------------------


def feature(found: DistanceResult) -> dict[str, Any]:
    stream = io.StringIO()
    write(found, "geojson", stream)
    (one,) = json.loads(stream.getvalue())["features"]
    assert isinstance(one, dict)
    return one


@pytest.mark.parametrize(
    ("start", "end", "parts"),
    [
        (DISTRICT, place(2.35, 48.85), 1),
        (line("coast", *COAST), place(170.0, -35.0), 2),
        (line("coast", *COAST), place(-150.0, 10.0), 1),
        (line("arctic", (10.0, 85.0), (20.0, 80.0)), place(-170.0, 85.0), 2),
        (DISTRICT, line("coast", *COAST), 1),
    ],
)
def test_the_line_is_the_geodesic(start: Area, end: Any, parts: int) -> None:
    """From the nearest point to the place, as long as told, cut at the antimeridian; no vertex lies off it."""
    found = closest(start, end)
    one = feature(found)
    shape = one["geometry"]
    lines = shape["coordinates"] if shape["type"] == "MultiLineString" else [shape["coordinates"]]
    assert (shape["type"], len(lines)) == ("MultiLineString" if parts > 1 else "LineString", parts)
    assert lines[0][0] == pytest.approx([found.start.lon, found.start.lat], abs=1e-7)
    assert lines[-1][-1] == pytest.approx([found.end.lon, found.end.lat], abs=1e-7)
    drawn = sum(WGS84.inv(*a, *b)[2] for part in lines for a, b in itertools.pairwise(part))
    assert drawn == pytest.approx(found.distance_m, abs=1)
    for x, y in itertools.chain.from_iterable(lines):
        there = WGS84.inv(found.start.lon, found.start.lat, x, y)[2] + WGS84.inv(x, y, found.end.lon, found.end.lat)[2]
        assert there == pytest.approx(found.distance_m, abs=0.1)
    assert one["properties"]["distance_km"] == pytest.approx(found.distance_m / 1000, abs=1e-6)
