"""The map under the rings: land where there is land, no seams, and disputed lines told apart."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from weapons_ref.geo.caps import Cap
from weapons_ref.maps import basemap


def area(ring: Any) -> float:
    """Return what lies to the right of a line on the unit sphere, up to whole turns: a sum over its steps."""
    lon, lat = np.radians(np.array(ring)).T
    step = (np.diff(lon) + np.pi) % (2 * np.pi) - np.pi
    half = np.tan(np.pi / 4 + lat / 2)
    between = half[:-1] * half[1:]
    return float(2 * np.arctan2(between * np.sin(step), 1 + between * np.cos(step)).sum())


@pytest.mark.parametrize("scale", [110, 50, 10])
def test_land_is_three_tenths_of_the_globe(scale: Any) -> None:
    """29.2 % by every atlas, lakes and all; the inside of every polygon is to the right, as d3-geo wants it."""
    rings = basemap.layers(scale).land["coordinates"]
    total = sum(area(ring) for ring in rings) % (4 * math.pi)
    assert total / (4 * math.pi) == pytest.approx(0.292, abs=0.006)


@pytest.mark.parametrize("cap", [None, Cap(179, -18, 9), Cap(0, 89, 8), Cap(-175, 66, 12), Cap(30, -88, 14)], ids=str)
@pytest.mark.parametrize("scale", [50, 10])
def test_nothing_is_cut_at_the_antimeridian(cap: Cap | None, scale: Any) -> None:
    """Chukotka and Antarctica are whole, but for a tenth of a degree where the two sides of the data differ."""
    for layer in ("land", "lakes"):
        along = 0.0
        for ring in getattr(basemap.layers(scale, cap), layer)["coordinates"]:
            points = np.array(ring)
            assert (points[0] == points[-1]).all()
            on_seam = np.abs(points[:, 0]) == 180
            edges = on_seam[:-1] & on_seam[1:]
            along += float(np.abs(np.diff(points[:, 1])[edges]).sum())
        # Cut, Chukotka would have four degrees, and Antarctica six.
        assert along < 0.5


def distance_deg(lines: Any, lon: float, lat: float) -> float:
    return min(float(np.hypot(*(np.array(line) - [lon, lat]).T).min()) for line in lines)


@pytest.mark.parametrize("scale", [110, 50, 10])
@pytest.mark.parametrize(
    ("lon", "lat", "disputed"),
    [
        pytest.param(34.0, 46.1, True, id="Crimea"),
        pytest.param(76.0, 34.6, True, id="Kashmir"),
        pytest.param(20.8, 43.2, True, id="Kosovo"),
        pytest.param(127.5, 38.3, True, id="Korea"),
        pytest.param(-13.9, 23.7, True, id="Western Sahara"),
        pytest.param(-100.0, 49.0, False, id="Canada and the United States"),
        pytest.param(7.6, 48.0, False, id="France and Germany"),
    ],
)
def test_disputed_lines_are_told_apart(lon: float, lat: float, disputed: bool, scale: Any) -> None:
    """By what Natural Earth says, or one of the points of view that it gives."""
    layers = basemap.layers(scale)
    near = distance_deg(layers.disputed["coordinates"], lon, lat)
    settled = distance_deg(layers.settled["coordinates"], lon, lat)
    assert (near < settled) == disputed


def test_a_part_of_the_map_is_that_part() -> None:
    """What is far away is left out, and what is near is as it was."""
    cap = Cap(32.6, 46.6, 5)
    part, whole = basemap.layers(10, cap), basemap.layers(10)
    points = np.concatenate([np.array(ring) for ring in part.land["coordinates"]])
    every = {tuple(point) for ring in whole.land["coordinates"] for point in ring}
    inside = points[cap.holds(points)]
    assert len(inside) > 500
    assert sum(tuple(point) in every for point in inside.tolist()) > 0.99 * len(inside)
    assert len(points) < 20_000
