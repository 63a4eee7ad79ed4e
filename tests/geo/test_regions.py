"""Distances, membership and closest pairs of regions, against brute force."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyproj
import pytest
import shapely

from weapons_ref.errors import CoordinateError, QueryError, WeaponsRefError
from weapons_ref.geo import edges, regions
from weapons_ref.geo.regions import Region

HALF_MERIDIAN_M = 20003931.458625

Floats = npt.NDArray[np.float64]
WGS84 = pyproj.Geod(ellps="WGS84")
MEAN_RADIUS_M = 6371008.8
GOLDEN = (5**0.5 - 1) / 2


def ragged(lon0: float, lat0: float, radius_m: float, count: int, roughness: float, seed: int) -> list[list[float]]:
    """A closed border of so many positions, star-shaped round a centre and ragged at every scale."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 360, count, endpoint=False)
    shape = np.ones(count)
    for wave in range(2, max(3, count // 6)):
        shape += roughness * rng.normal() / wave**1.1 * np.cos(np.radians(wave * angle) + rng.uniform(0, 7))
    metres = radius_m * np.clip(shape, 0.2, 2)
    lon, lat, _ = WGS84.fwd(np.full(count, lon0), np.full(count, lat0), angle, metres)
    return [[x, y] for x, y in zip([*lon, lon[0]], [*lat, lat[0]], strict=True)]


BORDERS = {
    "5,000 vertices": ragged(31.0, 48.5, 500_000, 5_000, 0.35, 1),
    "12 vertices, edges of 500 km": ragged(15.0, 50.0, 966_000, 12, 0.05, 2),
    "over the antimeridian": ragged(179.0, -17.0, 300_000, 400, 0.3, 3),
    "round the north pole": ragged(20.0, 88.0, 900_000, 300, 0.3, 4),
    "round the south pole, edges of 1,500 km": ragged(0.0, -89.0, 1_800_000, 8, 0.05, 5),
}


class Pieces(NamedTuple):
    """Pieces of geodesic edges: starts, directions, lengths."""

    lon: Floats
    lat: Floats
    azimuth: Floats
    length: Floats


def pieces(border: list[list[float]], longest_m: float) -> Pieces:
    """A line's edges, cut into pieces of equal length."""
    rows = []
    for (lon1, lat1), (lon2, lat2) in itertools.pairwise(border):
        azimuth, _, metres = WGS84.inv(lon1, lat1, lon2, lat2)
        count = max(1, int(np.ceil(metres / longest_m)))
        at = np.arange(count) * metres / count
        start = WGS84.fwd(np.full(count, lon1), np.full(count, lat1), np.full(count, azimuth), at)
        rows.append(np.column_stack([start[0], start[1], start[2] + 180, np.full(count, metres / count)]))
    return Pieces(*np.concatenate(rows).T)


def away(lon1: Floats, lat1: Floats, lon2: Floats, lat2: Floats) -> Floats:
    """Geodesic distances."""
    return np.asarray(WGS84.inv(lon1, lat1, lon2, lat2)[2])


def spherical(lon1: Floats, lat1: Floats, lon2: Floats, lat2: Floats) -> Floats:
    """Distances on a sphere, which are off by 0.56 % at most."""
    lam1, phi1, lam2, phi2 = np.radians(lon1), np.radians(lat1), np.radians(lon2), np.radians(lat2)
    root = np.sin((phi1 - phi2) / 2) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin((lam1 - lam2) / 2) ** 2
    metres: Floats = 2 * MEAN_RADIUS_M * np.arcsin(np.sqrt(np.minimum(root, 1)))
    return metres


def extreme_distances(lon: Floats, lat: Floats, edges: Pieces, sign: int = 1) -> Floats:
    """Distances to the nearest point of the pieces (or the farthest, with sign -1), by golden section on each.

    Pieces are passed over only where what a distance can change by along their length proves them
    farther: first on the sphere with its error, then exactly at their starts.
    """
    longest = edges.length.max()
    best = np.empty(len(lon))
    for begin in range(0, len(lon), 200):
        rows = slice(begin, begin + 200)
        coarse = spherical(lon[rows, None], lat[rows, None], edges.lon, edges.lat)
        if sign > 0:
            keep = coarse * 0.994 <= coarse.min(axis=1, keepdims=True) * 1.006 + longest
        else:
            keep = coarse * 1.006 >= coarse.max(axis=1, keepdims=True) * 0.994 - longest
        point, piece = np.nonzero(keep)
        x, y = lon[rows][point], lat[rows][point]
        exact = sign * away(x, y, edges.lon[piece], edges.lat[piece])
        least = np.full(coarse.shape[0], np.inf)
        np.minimum.at(least, point, exact)
        near = exact <= least[point] + edges.length[piece]
        found = _golden(x[near], y[near], piece[near], edges, sign)
        np.minimum.at(least, point[near], found)
        best[rows] = sign * least
    return best


def _golden(lon: Floats, lat: Floats, piece: npt.NDArray[np.intp], edges: Pieces, sign: int) -> Floats:
    def at(metres: Floats) -> Floats:
        x, y, _ = WGS84.fwd(edges.lon[piece], edges.lat[piece], edges.azimuth[piece], metres)
        return sign * away(lon, lat, x, y)

    low, high = np.zeros(len(piece)), edges.length[piece].copy()
    ends = np.minimum(at(low), at(high))
    inner, outer = high - (high - low) * GOLDEN, low + (high - low) * GOLDEN
    at_inner, at_outer = at(inner), at(outer)
    for _ in range(54):
        left = at_inner < at_outer
        low, high = np.where(left, low, inner), np.where(left, outer, high)
        fresh = np.where(left, high - (high - low) * GOLDEN, low + (high - low) * GOLDEN)
        value = at(fresh)
        inner, outer = np.where(left, fresh, outer), np.where(left, inner, fresh)
        at_inner, at_outer = np.where(left, value, at_outer), np.where(left, at_inner, value)
    return np.minimum(ends, np.minimum(at_inner, at_outer))


def scattered(border: list[list[float]], count: int, seed: int) -> tuple[Floats, Floats]:
    """Points: a third close to a line (metres to tens of km), a third within 2,000 km, a third anywhere."""
    rng = np.random.default_rng(seed)
    third = count // 3
    corner = np.array(border)[rng.integers(len(border), size=2 * third)]
    metres = np.concatenate([10 ** rng.uniform(0, 5, third), rng.uniform(0, 2e6, third)])
    lon, lat, _ = WGS84.fwd(corner[:, 0], corner[:, 1], rng.uniform(0, 360, 2 * third), metres)
    anywhere = count - 2 * third
    lon = np.concatenate([lon, rng.uniform(-180, 180, anywhere)])
    lat = np.concatenate([lat, np.degrees(np.arcsin(rng.uniform(-1, 1, anywhere)))])
    return lon, lat


def line(border: list[list[float]]) -> dict[str, Any]:
    """The border as a line."""
    return {"type": "LineString", "coordinates": border}


def polygon(*borders: list[list[float]]) -> dict[str, Any]:
    """The border as a polygon; more of them are holes."""
    return {"type": "Polygon", "coordinates": list(borders)}


@pytest.mark.parametrize("name", BORDERS)
def test_the_distance_is_that_of_the_nearest_point_of_the_edges(name: str) -> None:
    """2,010 points from a metre to half the globe away: brute force finds nothing nearer, to 1e-6 m."""
    border = BORDERS[name]
    lon, lat = scattered(border, 2_010, 7)
    nearest = Region(line(border)).nearest(lon, lat)
    brute = extreme_distances(lon, lat, pieces(border, 20_000))
    np.testing.assert_allclose(nearest.distance_m, brute, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", BORDERS)
def test_the_nearest_point_lies_on_an_edge_at_that_distance(name: str) -> None:
    """What is named can be drawn: it is on the border, and as far away as said."""
    border = BORDERS[name]
    lon, lat = scattered(border, 300, 8)
    nearest = Region(line(border)).nearest(lon, lat)
    np.testing.assert_allclose(away(lon, lat, nearest.lon, nearest.lat), nearest.distance_m, rtol=0, atol=1e-7)
    off = extreme_distances(nearest.lon, nearest.lat, pieces(border, 20_000))
    np.testing.assert_allclose(off, 0, atol=1e-6)


@pytest.mark.parametrize("name", BORDERS)
def test_the_farthest_point_is_the_farthest(name: str) -> None:
    """To a millimetre, by brute force along every edge; and it is as far away as said."""
    border = BORDERS[name]
    lon, lat = scattered(border, 300, 9)
    # The antipodes of the border are where its farthest points are hard to find.
    corner = np.array(border)[:: len(border) // 7]
    lon = np.concatenate([lon, corner[:, 0] + 180, corner[:, 0] + 179.7])
    lat = np.concatenate([lat, -corner[:, 1], -corner[:, 1]])
    farthest = Region(line(border)).farthest(lon, lat)
    brute = extreme_distances(lon, lat, pieces(border, 5_000), -1)
    np.testing.assert_allclose(farthest.distance_m, brute, rtol=0, atol=1.5e-3)
    np.testing.assert_allclose(away(lon, lat, farthest.lon, farthest.lat), farthest.distance_m, rtol=0, atol=1e-7)


def test_nothing_is_farther_than_an_antipode_inside() -> None:
    """From the antipodes of what a polygon holds, it is half a meridian to there."""
    region = Region(polygon(BORDERS["over the antimeridian"]))
    farthest = region.farthest([0.0, -1.0, 0.5], [17.0, 17.0, 16.5])
    assert farthest.distance_m == pytest.approx([HALF_MERIDIAN_M] * 3, abs=1e-5)
    assert farthest.lat == pytest.approx([-17, -17, -16.5])
    assert abs(farthest.lon) == pytest.approx([180, 179, 179.5])


def test_inside_a_polygon_the_distance_is_nothing() -> None:
    """The nearest point is then the point itself; in a hole it is not."""
    outer = ragged(10.0, 45.0, 300_000, 200, 0.1, 5)
    inner = ragged(10.0, 45.0, 60_000, 40, 0.0, 5)
    region = Region(polygon(outer, inner))
    nearest = region.nearest([10.0, 11.5], [45.0, 45.5])
    assert nearest.distance_m[0] == pytest.approx(60_000, rel=0.01)
    assert (nearest.distance_m[1], nearest.lon[1], nearest.lat[1]) == (0, 11.5, 45.5)
    lon, lat = scattered(outer, 900, 11)
    outside = ~region.contains(lon, lat)
    brute = np.minimum(*(extreme_distances(lon, lat, pieces(ring, 5_000)) for ring in (outer, inner)))
    np.testing.assert_allclose(region.nearest(lon, lat).distance_m, np.where(outside, brute, 0), rtol=0, atol=1e-6)


def test_the_third_side_is_never_more_than_it_is() -> None:
    """The bound that leaves segments out holds for random triangles of every size it speaks of."""
    rng = np.random.default_rng(12)
    count = 200_000
    lon, lat = rng.uniform(-180, 180, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    metres, azimuth = rng.uniform(1, 1.6e7, count), rng.uniform(0, 360, count)
    lon1, lat1, _ = WGS84.fwd(lon, lat, azimuth, metres)
    lon2, lat2, _ = WGS84.fwd(lon, lat, rng.uniform(0, 360, count), 10 ** rng.uniform(0, 6.45, count))
    lam, phi, turn = np.radians(lon), np.radians(lat), np.radians(azimuth)
    up = np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)
    north = np.stack([-np.sin(phi) * np.cos(lam), -np.sin(phi) * np.sin(lam), np.cos(phi)], axis=-1)
    east = np.stack([-np.sin(lam), np.cos(lam), 0 * lam], axis=-1)
    towards = north * np.cos(turn)[:, None] + east * np.sin(turn)[:, None]
    offset = edges.earth_centred(lon2, lat2) - edges.earth_centred(lon, lat)
    least = edges._third_side(metres, offset, towards, up)
    exact = away(lon1, lat1, lon2, lat2)
    assert (least <= exact).all()
    assert np.median(exact - least) < 40_000


def test_chords_bound_distances() -> None:
    """From both sides, for points anywhere."""
    rng = np.random.default_rng(13)
    lon1, lat1, lon2 = rng.uniform(-180, 180, (3, 100_000)) * [[1], [0.5], [1]]
    lat2 = np.clip(np.where(rng.random(100_000) < 0.5, lat1, -lat1) + rng.normal(0, 5, 100_000), -90, 90)
    chord = np.sqrt(((edges.earth_centred(lon1, lat1) - edges.earth_centred(lon2, lat2)) ** 2).sum(axis=1))
    exact = away(lon1, lat1, lon2, lat2)
    assert (edges.least_distance(chord) <= exact + 1e-7).all()
    assert (exact <= edges.largest_distance(chord) + 1e-7).all()
    assert (chord <= edges.longest_chord(exact)).all()


@pytest.mark.parametrize(
    ("name", "radius_m"),
    [
        ("5,000 vertices", 70_000.0),
        ("over the antimeridian", 1_000.0),
        ("over the antimeridian", 2_000_000.0),
        ("round the north pole", 300_000.0),
    ],
)
def test_millions_are_answered_as_one_is(name: str, radius_m: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A raster gives the answers of the exact distances, for points at the boundary from micrometres up."""
    region = Region(polygon(BORDERS[name]))
    lon, lat = scattered(BORDERS[name], 3_000, 14)
    # From each point outside, onwards from its nearest one to the radius, and a little on or back.
    nearest = region.nearest(lon, lat)
    out = nearest.distance_m > 1
    azimuth, _, _ = WGS84.inv(nearest.lon[out], nearest.lat[out], lon[out], lat[out])
    rng = np.random.default_rng(15)
    step = 10 ** rng.uniform(-6, 3.5, len(azimuth)) * rng.choice([-1, 1], len(azimuth))
    x, y, _ = WGS84.fwd(nearest.lon[out], nearest.lat[out], azimuth, radius_m + step)
    lon, lat = (
        np.concatenate([lon, x, [180.0, -180.0, 5.0, 5.0]]),
        np.concatenate([lat, y, [-17.0, -17.0, 90.0, -90.0]]),
    )
    monkeypatch.setattr(regions, "_WORTH_A_RASTER", 0)
    exact = region.nearest(lon, lat).distance_m
    within = region.within(lon, lat, radius_m)
    assert (within == (exact <= radius_m)).all()
    assert np.abs(exact - radius_m).min() < 1e-3
    assert within.any()
    assert not within.all()


def test_ranges_from_anywhere_and_from_everywhere() -> None:
    """Both readings say what the nearest and the farthest distance say, ends included."""
    region = Region(line(BORDERS["12 vertices, edges of 500 km"]))
    lon, lat = scattered(BORDERS["12 vertices, edges of 500 km"], 900, 16)
    least, most = region.nearest(lon, lat).distance_m, region.farthest(lon, lat).distance_m
    for maximum_m, minimum_m in ((2_500_000.0, 0.0), (2_500_000.0, 300_000.0), (float(least[5]), 0.0)):
        anywhere = region.within(lon, lat, maximum_m, minimum_m)
        assert (anywhere == ((least <= maximum_m) & (most >= minimum_m))).all()
        everywhere = region.within(lon, lat, maximum_m, minimum_m, "everywhere")
        assert (everywhere == ((most <= maximum_m) & (least >= minimum_m))).all()
        assert (anywhere | ~everywhere).all()


def test_a_minimum_is_kept_by_one_connected_part() -> None:
    """Too near one point and too far from another is not within range of both together."""
    two = Region({"type": "MultiPoint", "coordinates": [[0, 0], [3, 0]]})
    at = two.within([0.1, 1.5, 3.2, -1.0], [0.0] * 4, 250_000, 150_000)
    assert at.tolist() == [False, True, False, False]
    joined = Region({"type": "LineString", "coordinates": [[0, 0], [3, 0]]})
    assert joined.within([0.1, 1.5, 3.2, -1.0], [0.0] * 4, 250_000, 150_000).tolist() == [True] * 4
    many = Region({"type": "MultiPoint", "coordinates": [[0, 0], [3, 0], [1.6, 0]]})
    assert many.within([0.1], [0.0], 250_000, 150_000).tolist() == [True]


def test_half_a_globe_reaches_everything() -> None:
    """No point is farther than half a meridian."""
    region = Region({"type": "Point", "coordinates": [10, 50]})
    assert region.within([-170.0, 0.0], [-50.0, 0.0], HALF_MERIDIAN_M + 1e-3).all()
    assert region.within([-170.0, 0.0], [-50.0, 0.0], HALF_MERIDIAN_M - 1).tolist() == [False, True]


def test_points_are_regions() -> None:
    """The nearest of many points decides, and is named."""
    rng = np.random.default_rng(17)
    points = rng.uniform([-180, -80], [180, 80], (500, 2))
    region = Region({"type": "MultiPoint", "coordinates": points.tolist()})
    lon, lat = rng.uniform(-180, 180, 200), rng.uniform(-90, 90, 200)
    table = np.array([away(np.full(500, x), np.full(500, y), *points.T) for x, y in zip(lon, lat, strict=True)])
    nearest, farthest = region.nearest(lon, lat), region.farthest(lon, lat)
    np.testing.assert_allclose(nearest.distance_m, table.min(axis=1), rtol=0, atol=1e-7)
    np.testing.assert_allclose(farthest.distance_m, table.max(axis=1), rtol=0, atol=1e-7)
    np.testing.assert_allclose(nearest.lon, points[table.argmin(axis=1), 0])
    assert len(region.parts) == 500


def test_a_point_asked_about_may_be_the_region_itself() -> None:
    """At a vertex, on an edge and at a pole the distance is 0 to some nanometres."""
    region = Region(line([[0, 80], [20, 85], [20, 90], [100, 70]]))
    middle = WGS84.fwd(0, 80, WGS84.inv(0, 80, 20, 85)[0], 123_456.0)[:2]
    nearest = region.nearest([0, 20, 77, 100, middle[0]], [80, 85, 90, 70, middle[1]])
    np.testing.assert_allclose(nearest.distance_m, 0, atol=3e-8)


def _closest_by_force(first: list[list[float]], second: list[list[float]]) -> float:
    """The least distance: along the first line in steps of 5 km, then by golden section on the best ones."""
    ours, theirs = pieces(first, 5_000), pieces(second, 5_000)
    coarse = extreme_distances(ours.lon, ours.lat, theirs)
    best = np.argsort(coarse)[:4]
    low, high = np.zeros(len(best)), ours.length[best]
    for _ in range(55):
        inner, outer = high - (high - low) * GOLDEN, low + (high - low) * GOLDEN
        at = [WGS84.fwd(ours.lon[best], ours.lat[best], ours.azimuth[best], t)[:2] for t in (inner, outer)]
        left = extreme_distances(*at[0], theirs) < extreme_distances(*at[1], theirs)
        low, high = np.where(left, low, inner), np.where(left, outer, high)
    return float(min(coarse.min(), extreme_distances(*at[0], theirs).min()))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (ragged(0.0, 50.0, 100_000, 60, 0.3, 1), ragged(5.0, 51.0, 100_000, 50, 0.3, 2)),
        ([[-30, 40], [-28, 44]], [[20, 41], [24, 39], [22, 50]]),
        ([[178, 10], [179, 12]], [[-178, 11], [-177, 9]]),
        ([[0, 88], [60, 88]], [[180, 87], [240, 87]]),
        ([[0, 0], [15, 0]], [[5, 12], [9, 3]]),
        ([[0, 10], [0, 12]], [[150, -20], [179, -12]]),
    ],
)
def test_the_closest_points_are_the_closest(first: list[list[float]], second: list[list[float]]) -> None:
    """Of two lines, to 1e-6 m; they lie on them, at that distance, whichever is asked first."""
    one, other = Region(line(first)), Region(line(second))
    closest = one.closest(other)
    assert closest.distance_m == pytest.approx(_closest_by_force(first, second), abs=1e-6)
    assert one.nearest([closest.lon1], [closest.lat1]).distance_m[0] < 1e-6
    assert other.nearest([closest.lon2], [closest.lat2]).distance_m[0] < 1e-6
    ends = WGS84.inv(closest.lon1, closest.lat1, closest.lon2, closest.lat2)
    assert ends[2] == pytest.approx(closest.distance_m, abs=1e-6)
    back = other.closest(one)
    assert back.distance_m == pytest.approx(closest.distance_m, abs=1e-6)


def test_lines_that_cross_meet_where_they_cross() -> None:
    """The distance is 0, and one point of both is named twice."""
    first, second = line([[0, 0], [40, 30]]), line([[0, 30], [40, 0]])
    closest = Region(first).closest(Region(second))
    assert closest.distance_m == 0
    assert (closest.lon1, closest.lat1) == (closest.lon2, closest.lat2)
    for geometry in (first, second):
        assert Region(geometry).nearest([closest.lon1], [closest.lat1]).distance_m[0] < 1e-6


def test_polygons_that_overlap_meet() -> None:
    """One within the other, one across the other, and two that share a vertex."""
    box = polygon([[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]])
    within = polygon([[4, 4], [5, 4], [5, 5], [4, 4]])
    across = polygon([[-5, 4], [15, 4], [15, 5], [-5, 5], [-5, 4]])
    touching = polygon([[10, 10], [20, 10], [20, 20], [10, 10]])
    for other in (within, across, touching):
        for one, two in ((box, other), (other, box)):
            closest = Region(one).closest(Region(two))
            assert closest.distance_m == 0
            assert Region(one).nearest([closest.lon1], [closest.lat1]).distance_m[0] < 1e-6
            assert Region(two).nearest([closest.lon2], [closest.lat2]).distance_m[0] < 1e-6


def test_a_polygon_within_a_hole_is_outside() -> None:
    """The hole's border is what is closest."""
    outer, hole = ragged(0.0, 0.0, 500_000, 90, 0, 1), ragged(0.0, 0.0, 400_000, 90, 0, 1)
    within = ragged(0.0, 0.0, 100_000, 90, 0, 1)
    closest = Region(polygon(outer, hole)).closest(Region(polygon(within)))
    # Of two rings with vertices in the same directions, the outer one's edges sag.
    assert 299_000 < closest.distance_m < 300_000


def test_shapely_geometries_are_regions() -> None:
    """Anything that can say its GeoJSON is; collections are what is in them."""
    point, square = shapely.Point(1, 2, 3), shapely.box(10, 10, 11, 11)
    region = Region(shapely.GeometryCollection([point, shapely.GeometryCollection([square])]))
    assert [part.has_inside for part in region.parts] == [False, True]
    assert region.nearest([1.0, 10.5], [2.0, 10.5]).distance_m.tolist() == [0, 0]
    assert region.contains([1.0, 10.5], [2.0, 10.5]).tolist() == [False, True]


def test_nodes_lie_on_the_edges_close_enough_together() -> None:
    """Vertices are among them, and neighbours no farther apart than asked."""
    border = [[170.0, 40.0], [-160.0, 50.0], [-150.0, 52.0]]
    region = Region(line(border))
    assert [list(pair) for pair in zip(*region.vertices, strict=True)] == border
    for lon, lat in (region.nodes(30_000), (region.node_lon, region.node_lat)):
        steps = away(lon[:-1], lat[:-1], lon[1:], lat[1:])
        assert steps.max() <= 30_000
        total = sum(WGS84.inv(a[0], a[1], b[0], b[1])[2] for a, b in itertools.pairwise(border))
        assert steps.sum() == pytest.approx(total, abs=1e-3)
    assert region.node_lon.size > 1_000


def test_longitudes_count_modulo_360() -> None:
    """A border written past 180 is the same border."""
    plain, turned = Region(line([[175, 0], [-175, 5]])), Region(line([[175, 0], [185, 5]]))
    assert plain.nearest([0.0], [10.0]) == turned.nearest([360.0], [10.0])


def test_nothing_asked_is_nothing_answered() -> None:
    """Empty columns make empty answers."""
    region = Region(polygon(BORDERS["over the antimeridian"]))
    assert len(region.nearest([], []).lon) == len(region.farthest([], []).lon) == 0
    assert len(region.within([], [], 1e5)) == len(region.contains([], [])) == 0


SQUARE = [[0, 0], [1, 0], [1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        ({"type": "GeometryCollection", "geometries": []}, "empty geometry"),
        ({"type": "MultiPolygon", "coordinates": []}, "empty geometry"),
        ({"type": "Point", "coordinates": []}, "empty geometry"),
        ({"type": "Feature", "geometry": None}, "'Feature'"),
        ({"coordinates": [1, 2]}, "None"),
        (None, "not a GeoJSON geometry"),
        ({"type": "GeometryCollection", "geometries": [None]}, "not a GeoJSON geometry"),
        ({"type": "MultiPoint", "coordinates": [[1, 2], [1, 95]]}, "part 2, position 1: latitude 95.0"),
        ({"type": "MultiPoint", "coordinates": [[1, 2], [110, 20], [20, 110]]}, "part 3.*did you mean"),
        ({"type": "LineString", "coordinates": [[1, 2], [float("nan"), 5]]}, "part 1, position 2: .*finite"),
        ({"type": "LineString", "coordinates": [[1, 2], ["3", 5]]}, "part 1, position 2"),
        ({"type": "LineString", "coordinates": [[1, 2], [True, 5]]}, "part 1, position 2"),
        ({"type": "LineString", "coordinates": [[1, 2], [3]]}, "part 1, position 2"),
        ({"type": "LineString", "coordinates": [[1, 2]]}, "a line of 1"),
        ({"type": "LineString", "coordinates": 5}, "not a list"),
        ({"type": "Polygon", "coordinates": [SQUARE, SQUARE[:3]]}, "ring 2: a ring of 3"),
        ({"type": "Polygon", "coordinates": [[*SQUARE, [0, 2]]]}, "ring 1: .*not closed"),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], []]}, "part 2: a polygon without rings"),
        ({"type": "LineString", "coordinates": [[0, 0], [5, 1], [185, -1]]}, "positions 2 and 3.*antipodes"),
        ({"type": "LineString", "coordinates": [[0, 90], [40, -90]]}, "antipodes"),
        ({"type": "MultiLineString", "coordinates": [[[0, 0], [170, 0]]] * 300}, "simplify"),
    ],
)
def test_what_is_no_region_is_refused(geometry: Any, message: str) -> None:
    """With what is wrong, and where."""
    with pytest.raises(WeaponsRefError, match=message):
        Region(geometry)


def test_what_is_no_question_is_refused() -> None:
    """Positions that are not on Earth, by row, and ranges that are none."""
    region = Region({"type": "Point", "coordinates": [0, 0]})
    for lon, lat in (([0.0, np.nan], [0.0, 0.0]), ([0.0, 0.0], [0.0, 91.0]), ([0.0, 541.0], [0.0, 0.0])):
        with pytest.raises(CoordinateError, match="row 2"):
            region.nearest(lon, lat)
        with pytest.raises(CoordinateError, match="row 2"):
            region.within(lon, lat, 1e5)
    with pytest.raises(CoordinateError, match="columns"):
        region.contains([0.0], [0.0, 1.0])
    for maximum_m, minimum_m in ((-1.0, 0.0), (1.0, 2.0), (float("nan"), 0.0), (1.0, float("nan"))):
        with pytest.raises(QueryError, match="range"):
            region.within([0.0], [0.0], maximum_m, minimum_m)
    with pytest.raises(QueryError, match="reading"):
        region.within([0.0], [0.0], 1.0, reading="somewhere")
    with pytest.raises(QueryError, match="spacing"):
        region.nodes(0)
