"""Boxes of longitude and latitude that surely hold all that is within a distance."""

from __future__ import annotations

import math
from typing import NamedTuple

from weapons_ref.geo import geodesy

#: Added on every side, degrees: some 100 m, far more than rounding.
_SPARE_DEGREES = 1e-3


class Box(NamedTuple):
    """From west to east, which never crosses ±180, and from south to north; degrees."""

    west: float
    south: float
    east: float
    north: float


def boxes_round(west: float, south: float, east: float, north: float, distance_m: float) -> list[Box]:
    """Return the one or two boxes that hold every point within a distance of a box.

    Parameters
    ----------
    west, south, east, north : float
        Degrees; `east` may pass 180, or be less than `west` where the box crosses ±180.
    distance_m : float
        Metres.

    Notes
    -----
    On a sphere of radius a the meridians that touch a circle of angular radius r round latitude φ lie
    asin(sin r / cos φ) away. Degrees of latitude on WGS 84 are at least `LEAST_METRES_PER_DEGREE_OF_LATITUDE`
    long, so an angle of distance / b is never too small for r.
    """
    degrees = distance_m / geodesy.LEAST_METRES_PER_DEGREE_OF_LATITUDE + _SPARE_DEGREES
    low, high = max(south - degrees, -90.0), min(north + degrees, 90.0)
    width = (east - west) % 360 if east < west else east - west
    steepest = max(abs(south), abs(north))
    ratio = math.sin(math.radians(min(degrees, 90.0))) / max(math.cos(math.radians(min(steepest, 90.0))), 1e-12)
    if low == -90 or high == 90 or degrees >= 90 or ratio >= 1:
        return [Box(-180.0, low, 180.0, high)]
    aside = math.degrees(math.asin(ratio)) * 1.01 + _SPARE_DEGREES
    if width + 2 * aside >= 360:
        return [Box(-180.0, low, 180.0, high)]
    left = (west - aside + 180) % 360 - 180
    right = left + width + 2 * aside
    if right <= 180:
        return [Box(left, low, right, high)]
    return [Box(left, low, 180.0, high), Box(-180.0, low, right - 360, high)]
