"""Boxes hold every point within a distance, wherever on Earth."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest

from weapons_ref.geo.boxes import Box, boxes_round

GEOD = pyproj.Geod(ellps="WGS84")
RNG = np.random.default_rng(8)
LATITUDES = [0.0, 45.0, -66.5, 88.0, -89.9999, 90.0, *RNG.uniform(-90, 90, 40)]


def held(boxes: list[Box], lon: float, lat: float) -> bool:
    return any(box.west <= lon <= box.east and box.south <= lat <= box.north for box in boxes)


@pytest.mark.parametrize("kilometres", [0.001, 1, 30, 300, 2_000, 9_990, 10_010, 19_900, 20_100])
def test_a_disk_is_held(kilometres: float) -> None:
    """Every point of its circle, found by the direct geodesic problem."""
    azimuths = np.linspace(0, 360, 361)
    for lat in LATITUDES:
        lon = RNG.choice([RNG.uniform(-180, 180), 180.0, -180.0, 179.99])
        boxes = boxes_round(lon, lat, lon, lat, kilometres * 1000)
        lons, lats, _ = GEOD.fwd(np.full(361, lon), np.full(361, lat), azimuths, np.full(361, kilometres * 1000))
        assert all(held(boxes, *point) for point in zip(lons, lats, strict=True))
        assert held(boxes, lon, lat)
        assert all(-180 <= box.west <= box.east <= 180 and -90 <= box.south <= box.north <= 90 for box in boxes)


def test_a_circle_that_all_but_touches_a_pole_is_held() -> None:
    """Where its longitudes spread most, from a metre to a hundred kilometres short of the pole and past it."""
    azimuths = np.concatenate([np.linspace(0, 10, 2001), np.linspace(350, 360, 2001), np.linspace(0, 360, 721)])
    for lat in (5.0, 52.0, 85.0, -30.0):
        pole = GEOD.inv(0, lat, 0, np.copysign(90, lat))[2]
        for short in (1e5, 1e4, 1e3, 100, 1, -1, -1e4):
            distance = np.full(len(azimuths), pole - short)
            turned = azimuths if lat > 0 else 180 - azimuths
            lons, lats, _ = GEOD.fwd(np.full(len(azimuths), 20.0), np.full(len(azimuths), lat), turned, distance)
            boxes = boxes_round(20.0, lat, 20.0, lat, pole - short)
            assert all(held(boxes, *point) for point in zip(lons, lats, strict=True))


def test_they_are_tight() -> None:
    """A box is a filter: a ring of 300 km at 47 north takes a few degrees each way."""
    (box,) = boxes_round(32.6, 46.6, 32.6, 46.6, 300e3)
    assert 2.6 < 46.6 - box.south < 2.8
    assert 3.8 < box.east - 32.6 < 4.2


def test_they_never_cross_the_antimeridian() -> None:
    """There they are two; round a pole, one that goes all the way round."""
    west, east = sorted(boxes_round(179.5, 10, 179.5, 10, 200e3))
    assert (west.west, east.east) == (-180, 180)
    assert west.east < -178
    assert east.west > 177
    (cap,) = boxes_round(0, 89, 0, 89, 200e3)
    assert (cap.west, cap.east, cap.north) == (-180, 180, 90)
    assert 87.1 < cap.south < 87.3


def test_a_wide_origin_is_held_with_all_round_it() -> None:
    """From its west over its east, on either side of the antimeridian."""
    for west, east in ((10.0, 30.0), (170.0, -170.0), (170.0, 190.0)):
        boxes = boxes_round(west, -5.0, east, 5.0, 100e3)
        for lon in (west - 0.8, west, (west + 10), east % 360, (east + 0.8)):
            assert held(boxes, (lon + 180) % 360 - 180, 5.8)
        assert not held(boxes, (west - 2 + 180) % 360 - 180, 0)
