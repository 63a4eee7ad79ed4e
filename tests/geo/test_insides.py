"""Insides of polygons, against shapely on an azimuthal projection whose centre is known to be inside."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import pytest
import shapely

from weapons_ref.geo.regions import Region

Floats = npt.NDArray[np.float64]
Ring = list[list[float]]
WGS84 = pyproj.Geod(ellps="WGS84")
COUNT = 2_000


def polygon(*rings: Ring) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def wobbly(lon0: float, lat0: float, radius_m: float, count: int, seed: int) -> Ring:
    """A ring round a centre, every vertex 10 % nearer or farther than the radius."""
    metres = radius_m * np.random.default_rng(seed).uniform(0.9, 1.1, count)
    lon, lat, _ = WGS84.fwd(np.full(count, lon0), np.full(count, lat0), -np.linspace(0, 360, count, False), metres)
    ring = [[float(x), float(y)] for x, y in zip(lon, lat, strict=True)]
    return [*ring, ring[0]]


def projected(ring: Ring, lon0: float, lat0: float) -> shapely.Polygon:
    """The ring's geodesic edges, a vertex every 2 km, on an azimuthal equidistant projection."""
    lons: list[float] = []
    lats: list[float] = []
    for (lon1, lat1), (lon2, lat2) in itertools.pairwise(ring):
        azimuth, _, metres = WGS84.inv(lon1, lat1, lon2, lat2)
        at = np.arange(0, metres, 2_000.0)
        x, y, _ = WGS84.fwd(np.full(at.size, lon1), np.full(at.size, lat1), np.full(at.size, azimuth), at)
        lons.extend(x)
        lats.extend(y)
    return shapely.Polygon(np.column_stack(onto(lon0, lat0)(lons, lats)))


def onto(lon0: float, lat0: float) -> pyproj.Proj:
    return pyproj.Proj(proj="aeqd", lon_0=lon0, lat_0=lat0, ellps="WGS84")


def everywhere(lon0: float, lat0: float, radius_m: float, seed: int) -> tuple[Floats, Floats]:
    """Points anywhere, and as many about the radius."""
    rng = np.random.default_rng(seed)
    half = COUNT // 2
    lon, lat, _ = WGS84.fwd(
        np.full(half, lon0), np.full(half, lat0), rng.uniform(0, 360, half), radius_m * rng.uniform(0, 1.5, half)
    )
    lon = np.concatenate([lon, rng.uniform(-180, 180, half)])
    return lon, np.concatenate([lat, np.degrees(np.arcsin(rng.uniform(-1, 1, half)))])


def assert_same(
    geometry: dict[str, Any], expected: shapely.Geometry, lon0: float, lat0: float, radius_m: float
) -> None:
    """The region holds what the projected polygon holds; 2 km of a straight edge are decimetres off."""
    lon, lat = everywhere(lon0, lat0, radius_m, 3)
    points = shapely.points(*onto(lon0, lat0)(lon, lat))
    border = expected.boundary
    shapely.prepare([expected, border])
    inside = shapely.contains(expected, points)
    clear = ~shapely.dwithin(border, points, 10)
    assert clear.sum() > 0.99 * COUNT
    assert inside.sum() > COUNT / 10
    found = Region(geometry).contains(lon, lat)
    assert (found == inside)[clear].all()


CENTRES = {
    "on land": (20.0, 45.0, 900_000, 300),
    "edges of 1,000 km": (-60.0, -20.0, 3_000_000, 16),
    "over the antimeridian": (179.3, -40.0, 500_000, 200),
    "round the north pole": (50.0, 89.0, 1_500_000, 120),
    "round the south pole, edges of 2,000 km": (0.0, -88.0, 3_500_000, 10),
    "beside the pole": (10.0, 85.0, 500_000, 60),
    "close round the pole": (70.0, 89.999, 3_000, 12),
}


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("name", CENTRES)
def test_a_polygon_holds_what_it_encloses(name: str, backward: bool) -> None:
    """Whichever way it is wound, wherever on Earth."""
    lon0, lat0, radius_m, count = CENTRES[name]
    ring = wobbly(lon0, lat0, radius_m, count, 1)
    assert_same(polygon(ring[::-1] if backward else ring), projected(ring, lon0, lat0), lon0, lat0, radius_m)


def test_holes_are_outside_and_islands_in_them_inside() -> None:
    """A polygon is its exterior without its holes; an area all of its polygons."""
    lon0, lat0 = 178.0, 60.0
    rings = [wobbly(lon0, lat0, radius_m, 80, 2) for radius_m in (1e6, 6e5, 3e5)]
    far = wobbly(lon0, lat0 - 20, 2e5, 30, 3)
    geometry = {"type": "MultiPolygon", "coordinates": [rings[:2], rings[2:], [far]]}
    outer, hole, island, other = (projected(ring, lon0, lat0) for ring in (*rings, far))
    assert_same(geometry, shapely.union_all([outer - hole, island, other]), lon0, lat0, 1e6)


def test_polygons_that_overlap_are_one_area() -> None:
    """What lies in two of them is inside, not outside again."""
    first, second = wobbly(0, 0, 5e5, 40, 1), wobbly(2, 0, 5e5, 40, 2)
    geometry = {"type": "GeometryCollection", "geometries": [polygon(first), polygon(second)]}
    assert_same(geometry, projected(first, 1, 0) | projected(second, 1, 0), 1, 0, 6e5)


def test_a_polygon_cut_at_the_antimeridian_is_whole() -> None:
    """As RFC 7946 cuts them, the halves hold what the whole one holds, and the cut itself is no gap."""
    west: Ring = [[170, -20], [180, -22], [180, 11], [172, 10], [170, -20]]
    east: Ring = [[-180, -22], [-170, -20], [-170, 12], [-180, 11], [-180, -22]]
    whole: Ring = [[170, -20], [180, -22], [-170, -20], [-170, 12], [-180, 11], [172, 10], [170, -20]]
    geometry = {"type": "MultiPolygon", "coordinates": [[west], [east]]}
    assert_same(geometry, projected(whole, 180, -5), 180, -5, 1.8e6)
    assert_same(polygon(whole), projected(whole, 180, -5), 180, -5, 1.8e6)
    region = Region(geometry)
    lat = np.linspace(-21.9, 10.9, 50)
    for lon in (180.0, -180.0, 180 - 1e-13, -180 + 1e-13):
        assert (region.nearest(np.full(50, lon), lat).distance_m < 1e-6).all()


def test_a_pole_may_be_written_out() -> None:
    """As Antarctica is: down the antimeridian, along the pole and up again, either way round."""
    rng = np.random.default_rng(4)
    coast = [[float(x), float(rng.uniform(-75, -65))] for x in np.linspace(-180, 180, 90)]
    coast[-1][1] = coast[0][1]
    written = [*coast, [180.0, -90.0], [-180.0, -90.0], coast[0]]
    expected = projected(coast, 0, -90)
    for ring in (written, written[::-1], coast):
        assert_same(polygon(ring), expected, 0, -90, 3e6)
    north = [[x, -y] for x, y in written]
    assert_same(polygon(north), projected([[x, -y] for x, y in coast], 0, 90), 0, 90, 3e6)


@pytest.mark.parametrize("pole", [90.0, -90.0])
@pytest.mark.parametrize("written_lon", [0.0, 45.0, 170.0])
def test_a_vertex_at_a_pole_has_its_neighbours_longitudes(pole: float, written_lon: float) -> None:
    """Its own does not count: the edges to it run along meridians."""
    ring = [[20.0, pole * 0.6], [95.0, pole * 0.7], [written_lon, pole], [20.0, pole * 0.6]]
    meridians = [[20.0, pole * 0.6], [95.0, pole * 0.7], [95.0, pole], [20.0, pole], [20.0, pole * 0.6]]
    expected = projected(meridians, 60, pole * 0.8)
    for order in (ring, ring[::-1], [*ring[2:-1], *ring[:3]]):
        assert_same(polygon(order), expected, 60, pole * 0.8, 3e6)


@pytest.mark.parametrize("sign", [1, -1])
def test_an_edge_may_run_over_a_pole(sign: int) -> None:
    """A half of a polar cap is the half on which its vertices lie."""
    ring = [[0.0, 60.0 * sign], [50.0, 55.0 * sign], [110.0, 61.0 * sign], [180.0, 62.0 * sign], [0.0, 60.0 * sign]]
    for order in (ring, ring[::-1], [*ring[1:], ring[1]]):
        assert_same(polygon(order), projected(ring, 90, 75 * sign), 90, 75 * sign, 3.5e6)


def test_of_two_halves_of_the_globe_the_left_one_is_meant() -> None:
    """As RFC 7946 winds: with the equator, and with a great ellipse over both poles."""
    lon, lat = everywhere(10, 20, 5e6, 5)
    equator: Ring = [[0, 0], [90, 0], [180, 0], [-90, 0], [0, 0]]
    assert (Region(polygon(equator)).contains(lon, lat) == (lat > 0)).all()
    assert (Region(polygon(equator[::-1])).contains(lon, lat) == (lat < 0)).all()
    meridians: Ring = [[30, -10], [30, 10], [-150, 10], [-150, -10], [30, -10]]
    west = (30 - lon) % 360 < 180
    assert (Region(polygon(meridians)).contains(lon, lat) == west).all()
    assert (Region(polygon(meridians[::-1])).contains(lon, lat) == ~west).all()
    written: Ring = [[30, -90], [210, -90], [210, 90], [30, 90], [30, -90]]
    assert (Region(polygon(written)).contains(lon, lat) == ~west).all()


def test_the_whole_globe_can_be_written() -> None:
    """A rectangle of 360 by 180 degrees holds every point, but for a hole in it."""
    globe: Ring = [[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]
    lon, lat = everywhere(0, 0, 1e7, 6)
    poles = np.array([0.0, 0.0]), np.array([90.0, -90.0])
    assert Region(polygon(globe)).contains(lon, lat).all()
    assert (Region(polygon(globe)).nearest(*poles).distance_m == 0).all()
    hole = wobbly(179, 10, 2e6, 30, 7)
    expected = ~shapely.contains(projected(hole, 179, 10), shapely.points(*onto(179, 10)(lon, lat)))
    assert (Region(polygon(globe, hole)).contains(lon, lat) == expected).all()


def test_poles_are_points_like_others() -> None:
    """A pole is inside what encloses it, whatever longitude it is given."""
    lon = np.array([-180.0, -100.0, 0.0, 33.0, 180.0])
    for pole in (90.0, -90.0):
        region = Region(polygon(wobbly(0, pole * 0.98, 1e6, 40, 8)))
        assert region.contains(lon, np.full(5, pole)).all()
        assert not region.contains(lon, np.full(5, -pole)).any()


def test_points_close_to_an_edge_lie_on_the_right_side() -> None:
    """A metre inside a border of 400 edges and a metre outside, all along it, over longitude 180."""
    ring = wobbly(179.9, 70.0, 4e5, 400, 9)
    region = Region(polygon(ring))
    edge = np.array(ring)
    azimuth, _, metres = WGS84.inv(edge[:-1, 0], edge[:-1, 1], edge[1:, 0], edge[1:, 1])
    share = np.random.default_rng(10).uniform(0.1, 0.9, len(metres))
    lon, lat, back = WGS84.fwd(edge[:-1, 0], edge[:-1, 1], azimuth, share * np.asarray(metres))
    ones = np.ones(len(lon))
    for side, inside in ((-90, True), (90, False)):
        x, y, _ = WGS84.fwd(lon, lat, back + 180 + side, ones)
        assert (region.contains(x, y) == inside).all()


def test_edges_that_others_share_leave_neither_gap_nor_overlap() -> None:
    """Squares side by side: every point is in exactly one, also on longitudes of vertices."""
    corners: list[tuple[float, float]] = [(-5, 80), (-5, 85), (0, 80), (0, 85)]
    squares: list[Ring] = [[[x, y], [x + 5, y], [x + 5, y + 5], [x, y + 5], [x, y]] for x, y in corners]
    grid = np.meshgrid(np.linspace(-4.9, 4.9, 99), np.linspace(80.5, 89.9, 95))
    lon, lat = grid[0].ravel(), grid[1].ravel()
    count = np.sum([Region(polygon(square)).contains(lon, lat) for square in squares], axis=0)
    assert (count == 1).all()
