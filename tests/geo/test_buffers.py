"""Rings of regions hold what their nearest and farthest distances hold; dissolved ones, what the separate ones do."""

from __future__ import annotations

import functools
import itertools
import json
import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from weapons_ref.errors import QueryError
from weapons_ref.geo.buffers import dissolve, dissolve_bands, far, near, region_bands
from weapons_ref.geo.regions import Region
from weapons_ref.geo.rings import annulus, bands

Floats = npt.NDArray[np.float64]
Geometry = dict[str, Any]

WGS84 = pyproj.Geod(ellps="WGS84")
ERROR_M = 10.0
HALF_MERIDIAN_M = 20_003_931.458625447


def _line(*points: tuple[float, float]) -> Geometry:
    return {"type": "LineString", "coordinates": [list(point) for point in points]}


def _polygon(*rings: Sequence[tuple[float, float]]) -> Geometry:
    return {"type": "Polygon", "coordinates": [[list(point) for point in (*ring, ring[0])] for ring in rings]}


def _box(west: float, south: float, east: float, north: float) -> list[tuple[float, float]]:
    return [(west, south), (east, south), (east, north), (west, north)]


def _several(kind: str, *geometries: Geometry) -> Geometry:
    return {"type": kind, "coordinates": [geometry["coordinates"] for geometry in geometries]}


def _round_pole(lat: float, wobble: float, count: int) -> Geometry:
    lons = [-180 + 360 * i / count for i in range(count)]
    return _polygon([(lon, lat + wobble * math.sin(math.radians(7 * lon))) for lon in lons])


def _border(count: int) -> Geometry:
    """A country of ragged outline, 600 to 1,000 km across."""
    rng = np.random.default_rng(11)
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    radius = 4 + 0.8 * np.sin(3 * angle) + 0.3 * np.sin(11 * angle + 1) + 0.01 * rng.normal(size=count)
    return _polygon(list(zip(31 + 1.5 * radius * np.cos(angle), 49 + radius * np.sin(angle), strict=True)))


def _archipelago(count: int) -> Geometry:
    rng = np.random.default_rng(5)
    centres = zip(
        rng.uniform(175, 185, count), rng.uniform(-20, -14, count), rng.uniform(0.02, 0.2, count), strict=True
    )
    return _several(
        "MultiPolygon",
        *(_polygon([((x + 540) % 360 - 180, y - r), ((x + r + 540) % 360 - 180, y), ((x + 540) % 360 - 180, y + r)])
          for x, y, r in centres),
    )  # fmt: skip


#: Each with three ranges in kilometres, and the error asked for in metres: larger for outlines that are long.
REGIONS: dict[str, tuple[Geometry, tuple[float, float, float], float]] = {
    "a point": ({"type": "Point", "coordinates": [32.6, 46.6]}, (1, 300, 15_000), 10),
    "the north pole": ({"type": "Point", "coordinates": [0, 90]}, (10, 550, 9_990), 10),
    "points": (
        {"type": "MultiPoint", "coordinates": [[126, 39], [127.5, 38.2], [124, 40], [179.9, 39]]}, (5, 300, 5_500), 10,
    ),
    "a short line": (_line((30, 50), (30.5, 50.2)), (1, 70, 2_000), 10),
    "a line of 500 km edges": (_line((22, 49), (29, 50), (36, 50), (40, 47), (34, 46)), (10, 300, 3_000), 30),
    "an edge over a pole": (_line((10, 84), (-170, 86)), (20, 300, 5_500), 200),
    "a line along the equator": (_line((-60, 0), (60, 0), (150, 3)), (900, 4_000, 9_000), 2_000),
    "a line over the antimeridian": (_line((176, 50), (-175, 55), (-170, 52)), (10, 300, 6_000), 50),
    "lines": (
        _several("MultiLineString", _line((0, 0), (3, 3)), _line((2, 0), (5, -3), (9, -3))), (20, 400, 7_000), 100,
    ),
    "a square": (_polygon(_box(20, 44, 25, 48)), (10, 300, 5_500), 100),
    "a polygon with a hole": (_polygon(_box(-10, 10, 10, 30), _box(-6, 14, 6, 26)), (50, 300, 3_000), 300),
    "a hole wound either way, an island in it": (
        _several(
            "MultiPolygon", _polygon(_box(60, 60, 90, 75), _box(65, 62, 85, 72)[::-1]), _polygon(_box(74, 66, 76, 68))
        ),
        (50, 100, 1_000),
        300,
    ),
    "a polygon over the antimeridian": (
        _polygon([(177, -20), (-176, -20), (-176, -15), (177, -15)]), (10, 306, 4_000), 50,
    ),
    "a polygon cut at the antimeridian": (
        _several("MultiPolygon", _polygon(_box(175, 60, 180, 66)), _polygon(_box(-180, 60, -172, 66))),
        (20, 300, 5_500),
        200,
    ),
    "round the north pole": (_round_pole(80, 3, 90), (30, 550, 10_500), 500),
    "round the south pole": (_round_pole(-70, 4, 60), (300, 5_500, 12_000), 500),
    "round a pole, closed along it": (
        _polygon([(-180, -90), (-180, -75), (-90, -70), (0, -72), (90, -68), (180, -75), (180, -90)]),
        (40, 300, 3_000),
        1_000,
    ),
    "a corner at the pole": (_polygon([(0, 90), (10, 80), (60, 82)]), (20, 300, 5_500), 100),
    "half a globe": (
        _polygon([(-90, -60), (0, -85), (90, -60), (100, 0), (90, 60), (0, 85), (-90, 60), (-100, 0)]),
        (800, 3_000, 9_000),
        3_000,
    ),
    "a border of 3,000 vertices": (_border(3_000), (15, 70, 300), 30),
    "an archipelago": (_archipelago(20), (5, 70, 550), 30),
    "a tiny island": (_polygon([(-25, 37), (-24.999, 37), (-24.999, 37.001)]), (1, 300, 11_000), 10),
    "a collection": (
        {"type": "GeometryCollection", "geometries": [
            {"type": "Point", "coordinates": [100, 10]}, _line((101, 12), (103, 12)), _polygon(_box(95, 5, 98, 8)),
        ]},
        (10, 300, 3_000),
        50,
    ),
    "a polygon that crosses itself": (_polygon([(0, 40), (5, 46), (5, 40), (0, 46)]), (20, 200, 2_500), 50),
}  # fmt: skip
CASES = [(name, range_km) for name, (_, ranges, _) in REGIONS.items() for range_km in ranges]


@functools.cache
def _region(name: str) -> Region:
    return Region(REGIONS[name][0])


@functools.cache
def _near(name: str, range_km: float) -> shapely.MultiPolygon:
    return near(_region(name), range_km * 1000, REGIONS[name][2])


@functools.cache
def _far(name: str, range_km: float) -> shapely.MultiPolygon:
    return far(_region(name), range_km * 1000, REGIONS[name][2])


def _everywhere(count: int, seed: int) -> tuple[Floats, Floats]:
    """Points spread evenly over the globe, and awkward ones."""
    rng = np.random.default_rng(seed)
    awkward = np.array(list(itertools.product((-180, 180, 0, 90), (-90, 90, 0, 89.999999, -89.999999))), dtype=float)
    lons, lats = rng.uniform(-180, 180, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    return np.append(lons, awkward[:, 0]), np.append(lats, awkward[:, 1])


def _about(ring: shapely.Geometry, count: int, error_m: float, seed: int) -> tuple[Floats, Floats]:
    """Points off the outline of a ring, by about the error up to a thousand times that."""
    if ring.is_empty:
        return np.zeros(0), np.zeros(0)
    rng = np.random.default_rng(seed)
    outline = shapely.get_coordinates(shapely.segmentize(shapely.boundary(ring), 5))
    starts = outline[rng.integers(len(outline), size=count)]
    off = np.abs(rng.normal(0, 1, count)) * rng.choice([2, 10, 100, 1_000], count) * error_m
    lons, lats, _ = WGS84.fwd(starts[:, 0].copy(), starts[:, 1].copy(), rng.uniform(0, 360, count), off)
    return lons, lats


@functools.cache
def _nearest_everywhere(name: str) -> tuple[Floats, Floats, Floats]:
    lons, lats = _everywhere(5_000, list(REGIONS).index(name))
    return lons, lats, _region(name).nearest(lons, lats).distance_m


def _assert_finished(ring: shapely.MultiPolygon) -> None:
    """Valid, closed, in bounds, wound to the right, cut at the antimeridian, on seven decimals."""
    assert ring.geom_type == "MultiPolygon"
    assert ring.is_valid, shapely.is_valid_reason(ring)
    for polygon in ring.geoms:
        assert shapely.is_ccw(polygon.exterior)
        assert not any(shapely.is_ccw(hole) for hole in polygon.interiors)
        for line in (polygon.exterior, *polygon.interiors):
            xy = shapely.get_coordinates(line)
            assert (xy[0] == xy[-1]).all()
            assert (np.abs(xy) <= (180, 90)).all()
            assert (np.abs(np.diff(xy, axis=0)) <= 90.0000001).all()
            assert (np.round(xy, 7) == xy).all()


@pytest.mark.parametrize(("name", "range_km"), CASES)
def test_a_ring_holds_what_the_nearest_distance_holds(name: str, range_km: float) -> None:
    """10,000 points and more lie in the ring exactly when their distance does, outside the stated error."""
    ring, error_m = _near(name, range_km), REGIONS[name][2]
    _assert_finished(ring)
    close = _about(ring, 5_000, error_m, CASES.index((name, range_km)))
    lons, lats, metres = (
        np.append(*columns)
        for columns in zip(_nearest_everywhere(name), (*close, _region(name).nearest(*close).distance_m), strict=True)
    )
    assert len(lons) >= 10_000
    settled = np.abs(metres - range_km * 1000) > error_m
    assert settled.sum() > 8_000
    assert not ((metres <= range_km * 1000) != shapely.intersects_xy(ring, lons, lats))[settled].any()


@pytest.mark.parametrize(("name", "range_km"), [case for case in CASES if case[0] != "half a globe"])
def test_a_ring_holds_what_the_farthest_distance_holds(name: str, range_km: float) -> None:
    """The same, with fewer points, of what lies within range of every point, which may be nothing."""
    ring, error_m = _far(name, range_km), REGIONS[name][2]
    _assert_finished(ring)
    seed = CASES.index((name, range_km))
    lons, lats = (
        np.append(*columns) for columns in zip(_everywhere(300, seed), _about(ring, 300, error_m, seed), strict=True)
    )
    metres = _region(name).farthest(lons, lats).distance_m
    settled = np.abs(metres - range_km * 1000) > error_m
    assert not ((metres <= range_km * 1000) != shapely.intersects_xy(ring, lons, lats))[settled].any()


def _dense(lons: Sequence[float], lats: Sequence[float], count: int) -> tuple[Floats, Floats]:
    """Points along geodesic edges, by pyproj alone."""
    x, y = [np.array(lons[:1])], [np.array(lats[:1])]
    for start, end in itertools.pairwise(zip(lons, lats, strict=True)):
        between = WGS84.inv_intermediate(
            *start, *end, npts=count, initial_idx=1, terminus_idx=0, return_back_azimuth=False
        )
        x.append(np.array(between.lons))
        y.append(np.array(between.lats))
    return np.concatenate(x), np.concatenate(y)


@pytest.mark.parametrize(
    ("lons", "lats", "range_km"),
    [
        ((22, 29, 36, 40, 34), (49, 50, 50, 47, 46), 300),
        ((176, -175, -170), (50, 55, 52), 100),
        ((-180, -90, 0, 90, 180), (84, 80, 85, 81, 84), 700),
        ((-60, 60, 150), (0, 0, 3), 9_000),
    ],
    ids=["500 km edges", "over the antimeridian", "round a pole", "along the equator"],
)
def test_rings_of_lines_agree_with_brute_force(
    lons: tuple[float, ...], lats: tuple[float, ...], range_km: float
) -> None:
    """Near and far against the distances to thousands of points of the edges, by pyproj alone."""
    x, y = _dense(lons, lats, 500)
    region = Region(_line(*zip(lons, lats, strict=True)))
    error_m = 100.0
    widest_m = (
        2 * max(WGS84.inv(*pair[0], *pair[1])[2] for pair in itertools.pairwise(zip(lons, lats, strict=True))) / 500
    )
    for ring, pick in (
        (near(region, range_km * 1000, error_m), np.min),
        (far(region, range_km * 1000, error_m), np.max),
    ):
        close = _about(ring, 150, error_m, 3)
        points = [*zip(*_everywhere(100, 3), strict=True), *zip(*close, strict=True)]
        for lon, lat in points:
            metres = pick(WGS84.inv(np.full_like(x, lon), np.full_like(x, lat), x, y)[2])
            # The nearest point lies between two of these, and no farther off than half their distance.
            if abs(metres - range_km * 1000) > error_m + widest_m**2 / (4 * range_km * 1000):
                assert shapely.intersects_xy(ring, lon, lat) == (metres <= range_km * 1000), (lon, lat)


def _within_of_reading(
    region: Region, lons: Floats, lats: Floats, maximum_m: float, minimum_m: float, reading: str, error_m: float
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether ranges hold for sure of one unknown point, possibly, or cannot be told for the error."""
    settled = np.ones(len(lons), dtype=bool)
    certain = np.zeros(len(lons), dtype=bool)
    for part in region.parts if reading == "anywhere" else (region,):
        least, most = part.nearest(lons, lats).distance_m, part.farthest(lons, lats).distance_m
        for metres, limit in itertools.product((least, most), (maximum_m, minimum_m)):
            settled &= np.abs(metres - limit) > error_m
        if reading == "anywhere":
            certain |= (least <= maximum_m) & (most >= minimum_m)
        else:
            certain |= (most <= maximum_m) & (least >= minimum_m)
    least, most = region.nearest(lons, lats).distance_m, region.farthest(lons, lats).distance_m
    return certain, (least <= maximum_m) & (most >= minimum_m), settled


BANDED = ["points", "a line over the antimeridian", "a corner at the pole", "an archipelago"]


@pytest.mark.parametrize("reading", ["anywhere", "everywhere", "somewhere"])
@pytest.mark.parametrize("name", BANDED)
def test_bands_hold_what_their_reading_says(name: str, reading: Literal["anywhere", "everywhere", "somewhere"]) -> None:
    """Within and disputed are what two claims of a maximum and of a minimum range leave certain and possible."""
    region, error_m = _region(name), 100.0
    low, high, least, most = 600_000, 900_000, 50_000, 90_000
    within, disputed = region_bands(region, (low, high), (least, most), reading, error_m)
    for ring in (within, disputed):
        _assert_finished(ring)
    columns = [_everywhere(200, 1), *(_about(ring, 400, error_m, 2) for ring in (within, disputed))]
    lons, lats = (np.concatenate(column) for column in zip(*columns, strict=True))
    certain, _, settled = _within_of_reading(region, lons, lats, low, most, reading, error_m)
    possible, unknown, also_settled = _within_of_reading(region, lons, lats, high, least, reading, error_m)
    possible = unknown if reading == "somewhere" else possible
    settled &= also_settled
    assert settled.sum() > 200
    assert (shapely.intersects_xy(within, lons, lats) == certain)[settled].all()
    assert (shapely.intersects_xy(disputed, lons, lats) == (possible & ~certain))[settled].all()
    assert shapely.intersection(within, disputed).area < 1e-9


def test_one_figure_leaves_nothing_disputed_but_where_in_the_origin() -> None:
    """Claims that agree dispute nothing from anywhere; from somewhere, the origin's width does."""
    region = _region("a short line")
    ranges = (300_000.0, 300_000.0)
    within, disputed = region_bands(region, ranges)
    assert disputed.is_empty
    assert shapely.symmetric_difference(within, _near("a short line", 300)).area < 1e-2
    assert not region_bands(region, ranges, reading="somewhere")[1].is_empty


small = st.tuples(st.floats(-180, 180), st.floats(-89, 89), st.floats(-3, 3), st.floats(-3, 3))


@settings(max_examples=25, deadline=None)
@given(small, st.floats(30_000, 3_000_000), st.floats(1.02, 4), st.integers(0, 2**32))
def test_a_smaller_ring_lies_inside_a_larger_one(
    line: tuple[float, float, float, float], radius: float, times: float, seed: int
) -> None:
    """Property: what is near is near at a longer range, what is far from nothing is near, wherever the line."""
    lon, lat, dx, dy = line
    region = Region(_line((lon, lat), (lon + dx, max(-90, min(90, lat + dy)))))
    error_m = 200.0
    inner, outer = near(region, radius, error_m), near(region, radius * times, error_m)
    assert shapely.difference(inner, outer).area < 1e-9
    common = far(region, radius * times, error_m)
    stray = shapely.difference(common, outer)
    if not stray.is_empty:
        x, y = shapely.get_coordinates(stray).T
        assert (region.nearest(x, y).distance_m <= radius * times + error_m).all()
    lons, lats = _about(inner, 200, error_m, seed)
    metres = region.nearest(lons, lats).distance_m
    settled = np.abs(metres - radius) > error_m
    assert ((metres <= radius) == shapely.intersects_xy(inner, lons, lats))[settled].all()


@pytest.mark.parametrize(
    "corners",
    [
        [(-178.5, -34), (-89.9, -90), (141.2, -90), (-170, -69.5)],
        [(32, -81.6), (125.2, -90), (-95.8, -89.9), (85.7, -90), (15.9, -90)],
        [(-143.5, -90), (-145.5, -90), (76.4, -90), (-167.9, -90)],
    ],
    ids=["more than once round", "there and back", "nowhere else"],
)
def test_polygons_that_run_along_a_pole_are_filled_as_they_are_told_apart(corners: list[tuple[float, float]]) -> None:
    """However often they turn at the pole, the ring agrees with distances, which are 0 inside."""
    region = Region(_polygon(corners))
    ring = near(region, 30_000, 200.0)
    _assert_finished(ring)
    lons, lats = (
        np.append(*columns) for columns in zip(_everywhere(3_000, 8), _about(ring, 1_000, 200.0, 8), strict=True)
    )
    metres = region.nearest(lons, lats).distance_m
    settled = np.abs(metres - 30_000) > 200
    assert ((metres <= 30_000) == shapely.intersects_xy(ring, lons, lats))[settled].all()


def test_the_ring_of_a_point_is_that_of_a_point() -> None:
    """A region of one point has the ring that a point has."""
    drawn, exact = _near("a point", 300), annulus(32.6, 46.6, 300_000)
    assert shapely.symmetric_difference(drawn, exact).area < 2e-4 * exact.area


def test_half_the_globe_round_is_the_whole_world() -> None:
    """From 20,003.9 km on everything is near, and far from nothing."""
    world = shapely.box(-180, -90, 180, 90)
    assert near(_region("a square"), HALF_MERIDIAN_M).equals(world)
    assert far(_region("a square"), HALF_MERIDIAN_M).equals(world)


def test_the_far_side_of_an_area_is_in_reach_of_none_of_its_points_all_at_once() -> None:
    """The antipode of an inner point is half a meridian from it, and 19,000 km hold all but its surroundings."""
    ring = far(_region("a square"), 19_000_000, 200.0)
    assert not ring.intersects(shapely.Point(22.5 - 180, -46))
    assert ring.intersects(shapely.box(0, 40, 40, 60))


@pytest.mark.parametrize("radius", [0, -1, math.nan, math.inf])
def test_ranges_that_make_no_ring_are_refused(radius: float) -> None:
    """Zero, negative, not finite."""
    for draw in (near, far):
        with pytest.raises(QueryError):
            draw(_region("a point"), radius)


@pytest.mark.parametrize(
    ("maximum", "minimum"), [((2, 1), (0, 0)), ((1, 2), (1, 0)), ((1, 2), (2, 2)), ((0, 1), (0, 0))]
)
def test_bands_that_cannot_be_are_refused(maximum: tuple[float, float], minimum: tuple[float, float]) -> None:
    """Low and high the wrong way round, or the minimum past the maximum."""
    with pytest.raises(QueryError):
        region_bands(_region("a point"), maximum, minimum)


def _area_m2(rings: shapely.Geometry) -> float:
    """The area on the ellipsoid of polygons whose edges are straight in longitude and latitude.

    The integral of the area between the equator and a latitude over longitude along the outline, to the
    precision of Gauss and Legendre's rule with six points to an edge.
    """
    a, flattening = WGS84.a, WGS84.f
    e = math.sqrt(flattening * (2 - flattening))
    nodes, weights = np.polynomial.legendre.leggauss(6)
    total = 0.0
    for polygon in shapely.get_parts(rings):
        for line in shapely.get_rings(shapely.orient_polygons(polygon)):
            xy = shapely.get_coordinates(shapely.segmentize(line, 1))
            step = np.diff(xy, axis=0)
            sine = np.sin(np.radians(xy[:-1, 1, None] + step[:, 1, None] * (nodes + 1) / 2))
            authalic = (1 - e**2) * (sine / (1 - (e * sine) ** 2) + np.arctanh(e * sine) / e)
            total -= float(np.radians(step[:, 0]) @ (authalic @ weights)) / 2 * a**2 / 2
    return total


def test_the_area_these_tests_use_is_that_of_the_ellipsoid() -> None:
    """The whole Earth has 510,065,621,724,089 square metres, a hemisphere half of them."""
    assert _area_m2(shapely.box(-180, -90, 180, 90)) == pytest.approx(510_065_621_724_089, rel=1e-12)
    assert _area_m2(shapely.box(-180, 0, 180, 90)) == pytest.approx(510_065_621_724_089 / 2, rel=1e-12)


SCATTERED: dict[str, tuple[tuple[float, float, float, float], float]] = {
    "a country": ((22, 44, 40, 52), 300_000),
    "the antimeridian": ((172, -25, 188, -10), 250_000),
    "the north pole": ((-180, 82, 180, 90), 400_000),
    "the south pole and most longitudes": ((-170, -90, 170, -70), 900_000),
    "the whole globe": ((-180, -90, 180, 90), 2_500_000),
}


@functools.cache
def _scattered(name: str) -> list[shapely.MultiPolygon]:
    (west, south, east, north), radius = SCATTERED[name]
    rng = np.random.default_rng(4)
    lons = (rng.uniform(west, east, 30) + 180) % 360 - 180
    return [annulus(lon, lat, radius, radius / 2 if i % 3 == 0 else 0) for i, (lon, lat) in
            enumerate(zip(lons, rng.uniform(south, north, 30), strict=True))]  # fmt: skip


@pytest.mark.parametrize("name", SCATTERED)
def test_dissolved_rings_cover_what_the_separate_ones_cover(name: str) -> None:
    """To 1e-9 of the area that each ring adds to those before it, cut off one by one, and by random points."""
    separate = _scattered(name)
    union = dissolve(separate)
    _assert_finished(union)
    added = 0.0
    for number, ring in enumerate(separate):
        rest: shapely.Geometry = ring
        for earlier in separate[:number]:
            rest = shapely.difference(rest, earlier)
        added += _area_m2(
            shapely.MultiPolygon([part for part in shapely.get_parts(rest) if part.geom_type == "Polygon"])
        )
    assert _area_m2(union) == pytest.approx(added, rel=1e-9)
    lons, lats = (
        np.append(*columns) for columns in zip(_everywhere(5_000, 6), _about(union, 5_000, 10, 6), strict=True)
    )
    held = np.any([shapely.intersects_xy(ring, lons, lats) for ring in separate], axis=0)
    # A centimetre or so is lost to rounding where outlines cross.
    settled = ~shapely.dwithin(shapely.boundary(union), shapely.points(lons, lats), 3e-7)
    assert settled.sum() > 9_000
    assert (held == shapely.intersects_xy(union, lons, lats))[settled].all()


@pytest.mark.parametrize("name", SCATTERED)
def test_dissolving_leaves_no_slivers(name: str) -> None:
    """Every polygon and every hole is more than the rounding of an outline."""
    for polygon in dissolve(_scattered(name)).geoms:
        for line in (polygon.exterior, *polygon.interiors):
            assert shapely.Polygon(line).area > 1e-6 * line.length


def test_what_lies_between_rings_stays_a_hole() -> None:
    """Disks round a place that none of them reaches leave it out, in one polygon; more than one ring of holes stays."""
    lons, lats, _ = WGS84.fwd(np.zeros(24), np.full(24, 50.0), np.arange(24) * 15.0, np.full(24, 600_000.0))
    union = dissolve([annulus(lon, lat, 100_000) for lon, lat in zip(lons, lats, strict=True)])
    assert len(union.geoms) == 1
    assert len(union.geoms[0].interiors) == 1
    assert not union.intersects(shapely.Point(0, 50))


@pytest.mark.parametrize("lon", [30.0, 179.0])
@pytest.mark.parametrize("lat", [0.0, 60.0, 88.0])
def test_bands_dissolve_into_the_whole_ring(lon: float, lat: float) -> None:
    """What is within and what is disputed share an outline, of which nothing is left over."""
    pair = bands(lon, lat, (165_000, 306_000), (25_000, 70_000))
    whole = annulus(lon, lat, 306_000, 25_000)
    union = dissolve(pair)
    assert len(union.geoms) == len(whole.geoms)
    assert [len(part.interiors) for part in union.geoms] == [len(part.interiors) for part in whole.geoms]
    assert shapely.symmetric_difference(union, whole).area < 1e-9


def test_what_one_origin_holds_for_certain_is_not_disputed_by_another() -> None:
    """Dissolved bands do not overlap, and together cover what all bands cover."""
    pairs = [bands(lon, 48, (200_000, 300_000)) for lon in (30, 32, 34, 178, 181)]
    within, disputed = dissolve_bands(pairs)
    for ring in (within, disputed):
        _assert_finished(ring)
    assert shapely.intersection(within, disputed).area < 1e-9
    everything = dissolve([ring for pair in pairs for ring in pair])
    assert _area_m2(within) + _area_m2(disputed) == pytest.approx(_area_m2(everything), rel=1e-9)
    assert shapely.symmetric_difference(within, dissolve([certain for certain, _ in pairs])).is_empty


def test_nothing_dissolves_into_nothing() -> None:
    """No rings, or empty ones, make an empty polygon."""
    assert dissolve([]).is_empty
    assert dissolve([shapely.MultiPolygon()]).is_empty


def test_geojson_validator_finds_nothing() -> None:
    """The Python validator has no complaint about any ring, other than of the cut at the antimeridian."""
    import geojson_validator

    rings = [_near(*case) for case in CASES] + [dissolve(_scattered(name)) for name in SCATTERED]
    features = [
        {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(ring))} for ring in rings
    ]
    found = geojson_validator.validate_geometries(
        {"type": "FeatureCollection", "features": features},
        criteria_invalid=["unclosed", "less_three_unique_nodes", "exterior_not_ccw", "interior_not_cw"],
        criteria_problematic=["self_intersection", "duplicate_nodes", "3d_coordinates", "outside_lat_lon_boundaries"],
    )
    assert found["invalid"] == {}
    assert found["problematic"] == {}
