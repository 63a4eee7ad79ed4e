"""Parts of the globe round a point, by their angle: what a map shows, roughly. No verdict comes from them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]

#: The radius of the sphere that maps are drawn on, metres: the mean one of WGS 84.
RADIUS_M = 6371008.8

_LARGE_DEG = 60.0
_STEPS = 200


class Cap(NamedTuple):
    """All points within an angle of a point."""

    lon: float
    lat: float
    radius_deg: float

    def boxes(self) -> list[Box] | None:
        """Return boxes that hold it, west, south, east, north, cut at +-180; None where it is much of the globe."""
        if self.radius_deg >= _LARGE_DEG:
            return None
        south, north = self.lat - self.radius_deg, self.lat + self.radius_deg
        if north >= 90 or south <= -90:
            return [(-180.0, max(south, -90.0), 180.0, min(north, 90.0))]
        half = math.degrees(math.asin(math.sin(math.radians(self.radius_deg)) / math.cos(math.radians(self.lat))))
        west, east = self.lon - half, self.lon + half
        if west < -180:
            return [(west + 360, south, 180.0, north), (-180.0, south, east, north)]
        if east > 180:
            return [(west, south, 180.0, north), (-180.0, south, east - 360, north)]
        return [(west, south, east, north)]

    def holds(self, points: Floats) -> npt.NDArray[np.bool_]:
        """Say which of some points, longitude and latitude, shape (n, 2), lie in it."""
        held: npt.NDArray[np.bool_] = angles_deg(self.lon, self.lat, points) <= self.radius_deg
        return held


def round_points(points: Floats, centre: tuple[float, float] | None = None) -> Cap:
    """Return the cap that holds points, longitude and latitude, round a centre or else round their middle."""
    lon, lat = centre or _middle(points)
    return Cap(lon, lat, float(angles_deg(lon, lat, points).max(initial=0.0)))


def angles_deg(lon: float, lat: float, points: Floats) -> Floats:
    """Return the angles between a point and others, on a sphere."""
    cosines = _vectors(points) @ _vectors(np.array([[lon, lat]]))[0]
    angles: Floats = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
    return angles


def _middle(points: Floats) -> tuple[float, float]:
    """Return about the middle of the smallest cap that holds points; where they balance out, the first of them.

    M. Badoiu and K. L. Clarkson, "Smaller core-sets for balls" (2003): again and again a shorter step towards
    the farthest point.
    """
    vectors = _vectors(points)
    middle = vectors.mean(axis=0)
    for step in range(1, _STEPS):
        middle = middle + (vectors[(vectors @ middle).argmin()] - middle) / (step + 1)
    x, y, z = map(float, middle)
    if math.hypot(x, y, z) < 1e-6:
        return float(points[0, 0]), float(points[0, 1])
    return math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))


def _vectors(points: Floats) -> Floats:
    lon, lat = np.radians(points).T
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
