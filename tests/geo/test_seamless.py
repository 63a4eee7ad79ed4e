"""Rings on the sphere: what RFC 7946 cuts is whole again."""

from __future__ import annotations

import math

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


def test_subdividing_keeps_great_circles_to_the_error() -> None:
    """Along a parallel at 80 degrees, where the two part most visibly."""
    line = seamless.subdivided(np.array([[0.0, 80.0], [90.0, 80.0]]), 10.0)
    assert (line[:, 1] == 80).all()
    middle_lat = _great_circle_middle(line[0], line[1])
    assert abs(middle_lat - 80) * 111_195 <= 10
    assert abs(_great_circle_middle(line[0], line[2]) - 80) * 111_195 > 10


def _great_circle_middle(a: np.ndarray, b: np.ndarray) -> float:
    def vector(point: np.ndarray) -> np.ndarray:
        lon, lat = np.radians(point)
        return np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])

    x, y, z = vector(a) + vector(b)
    return math.degrees(math.atan2(z, math.hypot(x, y)))


def test_subdividing_goes_the_shorter_way_round() -> None:
    """A step over the antimeridian stays a short one."""
    line = seamless.subdivided(np.array([[179.0, 10.0], [-179.0, 10.0]]), 10.0)
    assert ((line[:, 0] >= 179) | (line[:, 0] <= -179)).all()


def test_polygons_wind_clockwise_for_d3() -> None:
    """Unlike RFC 7946's."""
    geometry = seamless.geometry(seamless.outline(rings.annulus(32.6, 46.6, 3e5)), 10.0)
    assert geometry is not None
    assert not shapely.LinearRing(geometry["coordinates"][0]).is_ccw
