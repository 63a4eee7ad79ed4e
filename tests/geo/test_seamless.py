"""Rings on the sphere: what RFC 7946 cuts is whole again."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from weapons_ref.geo import rings, seamless

GEOD = Geod(ellps="WGS84")

#: Origin, radius, and how many lines the ring has.
CASES = [
    pytest.param((32.6, 46.6), 3e5, 1, id="ordinary"),
    pytest.param((178, -18), 8e5, 1, id="over the antimeridian"),
    pytest.param((20, 84), 1.5e6, 1, id="over the pole"),
    pytest.param((10, 90), 1e6, 1, id="round the pole"),
    pytest.param((125.75, 39.03), 1e7, 1, id="a hemisphere"),
    pytest.param((177, 52), 1.5e7, 1, id="more than a hemisphere"),
    pytest.param((-180, 0), 1e6, 1, id="on the antimeridian"),
]


@pytest.mark.parametrize(("origin", "radius_m", "lines"), CASES)
def test_a_ring_is_one_line_on_its_circle(origin: tuple[float, float], radius_m: float, lines: int) -> None:
    """No vertex is left on the seam or a pole that is not on the circle."""
    outline = seamless.outline(rings.annulus(*origin, radius_m))
    assert len(outline.rings) == lines
    assert not outline.everything
    for ring in outline.rings:
        assert (ring[0] == ring[-1]).all()
        many = len(ring)
        _, _, metres = GEOD.inv(np.full(many, origin[0]), np.full(many, origin[1]), ring[:, 0], ring[:, 1])
        assert np.abs(metres - radius_m).max() < 10


def test_an_annulus_has_two_lines() -> None:
    """Also where both of its circles are cut."""
    assert len(seamless.outline(rings.annulus(179.9, 60, 1e6, 4e5)).rings) == 2


def test_all_of_the_globe_has_no_line() -> None:
    """It is told from nothing."""
    outline = seamless.outline(rings.annulus(10, 20, 2.1e7))
    assert outline.everything
    assert not outline.is_empty
    assert seamless.geometry(outline, 10.0) == {"type": "Sphere"}
    assert seamless.outline(shapely.MultiPolygon()).is_empty
    assert seamless.geometry(seamless.outline(shapely.MultiPolygon()), 10.0) is None


def test_a_boundary_on_the_seam_stays() -> None:
    """A polygon that ends at 180 degrees ends there on the sphere too."""
    (ring,) = seamless.outline(shapely.box(170, 10, 180, 20)).rings
    assert sorted(map(tuple, ring[:-1])) == [(170, 10), (170, 20), (180, 10), (180, 20)]


def test_two_polygons_that_share_half_a_seam_join_there() -> None:
    """Only the half that both have cancels out."""
    both = shapely.MultiPolygon([shapely.box(170, 0, 180, 20), shapely.box(-180, 10, -170, 30)])
    (ring,) = seamless.outline(both).rings
    corners = {(abs(lon) if abs(lon) == 180 else lon, lat) for lon, lat in map(tuple, ring)}
    assert corners == {(170, 0), (180, 0), (180, 10), (-170, 10), (-170, 30), (180, 30), (180, 20), (170, 20)}


@settings(max_examples=60, deadline=None)
@given(lon=st.floats(-180, 180), lat=st.floats(-90, 90), radius_m=st.floats(1e3, 1.95e7), share=st.floats(0, 0.9))
def test_the_inside_is_to_the_left(lon: float, lat: float, radius_m: float, share: float) -> None:
    """By the signed area of its lines on the sphere, which knows nothing of seams."""
    inner_m = radius_m * share if share > 0.05 else 0.0
    outline = seamless.outline(rings.annulus(lon, lat, radius_m, inner_m, max(10.0, radius_m / 1000)))
    area = sum(_left_of(ring) for ring in outline.rings) % (4 * math.pi)
    expected = _cap(radius_m) - _cap(inner_m)
    # The ellipsoid's circles drawn on a sphere, by latitude as it is, are not quite circles.
    assert area == pytest.approx(expected, rel=0.02, abs=0.02)


def _cap(radius_m: float) -> float:
    return 2 * math.pi * (1 - math.cos(radius_m / 6371008.8))


def _left_of(ring: np.ndarray) -> float:
    """Return the area to the left of a line on the unit sphere, by the sum of spherical triangles with the pole."""
    lon, lat = np.radians(seamless.subdivided(ring, 1e3)).T
    dl = np.diff(lon)
    dl = (dl + np.pi) % (2 * np.pi) - np.pi
    half = np.tan(np.pi / 4 + lat / 2)
    t = half[:-1] * half[1:]
    # Between a line and the south pole; where it winds round the south pole, that is the complement.
    excess = 2 * np.arctan2(t * np.sin(dl), 1 + t * np.cos(dl))
    return float(-excess.sum())


def test_a_ring_that_touches_a_pole_keeps_to_its_meridians() -> None:
    """Its two edges there stay straight, though the pole is one point."""
    (ring,) = seamless.outline(shapely.box(10, 80, 100, 90)).rings
    drawn = seamless.subdivided(ring, 10.0)
    assert set(drawn[(drawn[:, 1] > 80) & (drawn[:, 1] < 90)][:, 0]) <= {10.0, 100.0}


def _merged(found: Any) -> list[tuple[float, float]]:
    parts = [part for part in shapely.get_parts(found) if part.length]
    return sorted(part.bounds[1::2] for part in shapely.get_parts(shapely.line_merge(shapely.union_all(parts))))


def test_lines_have_no_cut_but_where_one_side_goes_on_alone() -> None:
    """Whatever vertices either side has on the way."""
    east = shapely.Polygon([(170, 0), (180, 0), (180, 3), (180, 7), (180, 10), (170, 10)])
    west = [shapely.box(-180, 5, -170, 8), shapely.box(-180, 8, -175, 9), shapely.box(-180, 9.5, -170, 15)]
    lines = seamless.lines(seamless.outline(shapely.MultiPolygon([east, *west])))
    seam = shapely.union_all([shapely.LineString(line) for line in lines])
    assert _merged(shapely.intersection(seam, shapely.LineString([(180, -90), (180, 90)]))) == [(0, 5), (9, 9.5)]
    assert _merged(shapely.intersection(seam, shapely.LineString([(-180, -90), (-180, 90)]))) == [(10, 15)]


def test_a_cap_has_its_parallel_alone_for_a_line() -> None:
    """And the whole Earth has none."""
    cap = shapely.Polygon([(-180, 80), (-90, 80), (0, 80), (90, 80), (180, 80), (180, 90), (0, 90), (-180, 90)])
    (line,) = seamless.lines(seamless.outline(cap))
    assert sorted(map(tuple, line)) == [(-180, 80), (-90, 80), (0, 80), (90, 80), (180, 80)]
    assert seamless.lines(seamless.outline(shapely.box(-180, -90, 180, 90))) == []


@pytest.mark.parametrize("lon", [179.9, -178.5, 180.0, 20.0])
@pytest.mark.parametrize(("radius_m", "inner_m"), [(300e3, 0.0), (300e3, 250e3), (5000e3, 100e3)])
def test_the_lines_are_those_of_the_uncut_ring(lon: float, radius_m: float, inner_m: float) -> None:
    """Moved together, they are the boundary that shapely finds of the polygons moved together."""
    drawn = rings.annulus(lon, -17.0, radius_m, inner_m)
    lines = shapely.MultiLineString(seamless.lines(seamless.outline(drawn)))

    def together(shape: Any) -> Any:
        return shapely.transform(shape, lambda xy: xy + np.column_stack([360.0 * (xy[:, 0] < 0), 0 * xy[:, 0]]))

    near = abs(lon) < 100
    whole = drawn if near else shapely.union_all([together(part) for part in drawn.geoms])
    outline = lines if near else together(lines)
    assert shapely.hausdorff_distance(outline, whole.boundary) < 1e-6
    assert outline.length == pytest.approx(whole.boundary.length, abs=1e-6)


def _vectors(lon: Any, lat: Any) -> Any:
    lon, lat = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


@pytest.mark.parametrize("max_error_m", [1.0, 10.0, 1000.0])
@pytest.mark.parametrize(
    "edge",
    [
        [(0.0, 85.0), (5.0, 85.0)], [(0.0, 45.0), (90.0, 45.0)], [(-3.0, -60.0), (1.0, -58.0)],
        [(10.0, 89.9), (60.0, 89.5)], [(0.0, -5.0), (4.0, 5.0)], [(0.0, 0.0), (90.0, 0.0)],
    ],
)  # fmt: skip
def test_great_circles_between_points_follow_the_line(edge: list[tuple[float, float]], max_error_m: float) -> None:
    """On a sphere, to the error asked for; the points are on the line, and no step is wide."""
    line = seamless.subdivided(np.array(edge), max_error_m)
    assert (line[[0, -1]] == edge).all()
    assert np.abs(np.diff(line[:, 0])).max() <= 1 + 1e-6
    assert max(shapely.LineString(edge).distance(shapely.Point(vertex)) for vertex in line) < 1e-6
    for (x0, y0), (x1, y1) in itertools.pairwise(line):
        start, end = _vectors(x0, y0), _vectors(x1, y1)
        normal = np.cross(start, end)
        along = np.linspace(0, 1, 21)[1:-1]
        stray = np.arcsin(np.abs(_vectors(x0 + (x1 - x0) * along, y0 + (y1 - y0) * along) @ normal))
        assert 6_371_008.8 * stray.max() / np.linalg.norm(normal) <= max_error_m * 1.02 + 0.02


def test_subdividing_goes_the_shorter_way_round() -> None:
    """A step over the antimeridian stays a short one."""
    line = seamless.subdivided(np.array([[179.0, 10.0], [-179.0, 10.0]]), 10.0)
    assert ((line[:, 0] >= 179) | (line[:, 0] <= -179)).all()


def test_polygons_wind_clockwise_for_d3() -> None:
    """Unlike RFC 7946's."""
    geometry = seamless.geometry(seamless.outline(rings.annulus(32.6, 46.6, 3e5)), 10.0)
    assert geometry is not None
    assert not shapely.LinearRing(geometry["coordinates"][0]).is_ccw
