"""Geodesics on the WGS 84 ellipsoid. The only module that touches pyproj.

Distances are metres, angles degrees, and arguments come in the order longitude, latitude. The
algorithms are C. F. F. Karney's, "Algorithms for geodesics", J. Geodesy 87, 43-55 (2013),
https://doi.org/10.1007/s00190-012-0578-z, as PROJ implements them: exact to some nanometres for
every pair of points, antipodes and poles included.
"""

from __future__ import annotations

import array
import functools
import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from weapons_ref.errors import CoordinateError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyproj

    Floats = npt.NDArray[np.float64]

EQUATORIAL_RADIUS_M = 6378137.0
FLATTENING = 1 / 298.257223563
POLAR_RADIUS_M = EQUATORIAL_RADIUS_M * (1 - FLATTENING)

#: Half a meridian ellipse, pole to pole: no two points are farther apart than this.
HALF_MERIDIAN_M = 20003931.458625447

#: Every geodesic shorter than this, pi times the polar radius, is a shortest one (Karney 2013, section 3).
SHORTEST_ALWAYS_M = math.pi * POLAR_RADIUS_M

#: A degree of latitude is nowhere shorter than this (the meridian's radius of curvature is least
#: at the equator, a(1 - e^2)), so a difference in latitude bounds the distance from below.
LEAST_METRES_PER_DEGREE_OF_LATITUDE = math.radians(EQUATORIAL_RADIUS_M * (1 - FLATTENING) ** 2)


#: Nearer than this two points are one, and there is no direction: doubles near 360 degrees are a few
#: nanometres apart, and the algorithms good to fifteen.
SAME_POINT_M = 2e-8


class Inverse(NamedTuple):
    """The shortest geodesic from one point to another."""

    distance_m: float
    azimuth_deg: float | None  #: at the first point, in [0, 360); None where it has no meaning
    back_azimuth_deg: float | None  #: at the second point, towards the first


class Utm(NamedTuple):
    """A position on the Universal Transverse Mercator grid."""

    zone: int
    north: bool
    easting_m: float
    northing_m: float


@functools.cache
def _geod() -> pyproj.Geod:
    # PROJ would otherwise read this variable as leave to fetch grids from the network.
    os.environ["PROJ_NETWORK"] = "OFF"
    import pyproj

    return pyproj.Geod(a=EQUATORIAL_RADIUS_M, rf=1 / FLATTENING)


def check_position(lon: float, lat: float) -> tuple[float, float]:
    """Return a position with its longitude brought into [-180, 180].

    Parameters
    ----------
    lon, lat : float
        Degrees. Longitudes up to 540 either way are turned back; latitudes never are.

    Raises
    ------
    CoordinateError
        If a number is not finite, the latitude passes 90 or the longitude 540. When the pair
        would be valid the other way round, the message says so.
    """
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise CoordinateError(f"latitude {lat}, longitude {lon}: not finite numbers")
    if abs(lat) > 90:
        hint = ""
        if abs(lon) <= 90 and abs(lat) <= 180:
            hint = f" (did you mean latitude {lon:g}, longitude {lat:g}?)"
        raise CoordinateError(f"latitude {lat!r} is outside -90 to 90{hint}")
    if abs(lon) > 540:
        raise CoordinateError(f"longitude {lon!r} is outside -180 to 180")
    if abs(lon) > 180:
        lon = lon - math.copysign(360, lon)
    return lon + 0.0, lat + 0.0  # adding zero turns -0.0 into 0.0


def inverse(lon1: float, lat1: float, lon2: float, lat2: float) -> Inverse:
    """Return the shortest geodesic between two points.

    Parameters
    ----------
    lon1, lat1, lon2, lat2 : float
        Degrees.

    Returns
    -------
    Inverse
        Distance in metres and the azimuths both ways. An azimuth is None where every direction
        will do: at a pole, and between equal points.

    Raises
    ------
    CoordinateError
        If a position is not on Earth; see `check_position`.
    """
    lon1, lat1 = check_position(lon1, lat1)
    lon2, lat2 = check_position(lon2, lat2)
    azimuth, back, distance_m = _geod().inv(lon1, lat1, lon2, lat2)
    same = distance_m < SAME_POINT_M
    return Inverse(
        distance_m,
        None if same or abs(lat1) == 90 else azimuth_0_360(azimuth),
        None if same or abs(lat2) == 90 else azimuth_0_360(back),
    )


def azimuth_0_360(azimuth_deg: float) -> float:
    """Return an azimuth in [0, 360), where pyproj gives (-180, 180]."""
    turned = azimuth_deg % 360
    return 0.0 if turned == 360 else turned  # -1e-15 % 360 rounds to 360.0


def distances(
    lon: float, lat: float, lons: Sequence[float] | Floats, lats: Sequence[float] | Floats
) -> tuple[Sequence[float], Sequence[float]]:
    """Return the distances and azimuths from one point to many.

    Parameters
    ----------
    lon, lat : float
        The point to measure from, degrees.
    lons, lats : sequence of float, shape (n,)
        Degrees, already checked: a list, an `array.array` of doubles or a numpy array.

    Returns
    -------
    distance_m, azimuth_deg : sequence of float, shape (n,)
        Of the same type as the input. Azimuths are pyproj's, in (-180, 180].
    """
    count = len(lons)
    if count == 0:
        return [], []
    azimuths, _, metres = _geod().inv(array.array("d", [lon]) * count, array.array("d", [lat]) * count, lons, lats)
    return metres, azimuths


def pairwise(lons1: Floats, lats1: Floats, lons2: Floats, lats2: Floats) -> tuple[Floats, Floats]:
    """Return the distances and azimuths from each of many points to another one.

    Parameters
    ----------
    lons1, lats1, lons2, lats2 : array of float64, shape (n,)
        Degrees, already checked.

    Returns
    -------
    distance_m, azimuth_deg : array of float64, shape (n,)
        Azimuths are at the first points, pyproj's, in (-180, 180].
    """
    azimuths, _, metres = _geod().inv(lons1, lats1, lons2, lats2)
    return metres, azimuths


def destinations(lon: float, lat: float, azimuths: Floats, distance_m: float | Floats) -> tuple[Floats, Floats]:
    """Return longitude and latitude of the points that lie a distance away in given directions.

    Parameters
    ----------
    lon, lat : float
        The point to start from, degrees.
    azimuths : array of float64, shape (n,)
        Degrees clockwise from north.
    distance_m : float or array of float64, shape (n,)
        Metres along each geodesic, which past the cut locus is no longer the shortest.

    Returns
    -------
    lon, lat : array of float64, shape (n,)
    """
    import numpy as np

    count = len(azimuths)
    lons, lats, _ = _geod().fwd(np.full(count, lon), np.full(count, lat), azimuths, np.full(count, distance_m))
    return lons, lats


def onward(lons: Floats, lats: Floats, azimuths: Floats, metres: Floats) -> tuple[Floats, Floats, Floats]:
    """Return where each of many geodesics has come after its own distance, and its direction there.

    Parameters
    ----------
    lons, lats, azimuths : array of float64, shape (n,)
        Starts and directions, degrees.
    metres : array of float64, shape (n,)
        Distances along the geodesics.

    Returns
    -------
    lon, lat, azimuth : array of float64, shape (n,)
        Azimuths go on in the same direction, in (-180, 180].
    """
    return _geod().fwd(lons, lats, azimuths, metres, return_back_azimuth=False)


def signed_area(lons: Floats, lats: Floats) -> float:
    """Return the area of the smaller side of a ring of geodesic edges, square metres.

    Positive when that side lies to the left of the ring, even when it holds a pole.
    """
    area_m2, _ = _geod().polygon_area_perimeter(lons, lats)
    return float(area_m2)


def utm_to_lonlat(zone: int, north: bool, easting_m: float, northing_m: float) -> tuple[float, float]:
    """Return longitude and latitude of a UTM position.

    Raises
    ------
    CoordinateError
        If the zone is not 1 to 60, or the numbers lie outside the zone.
    """
    if not 1 <= zone <= 60:
        raise CoordinateError(f"UTM zone {zone} is outside 1 to 60")
    lon, lat = _utm(zone, north)(easting_m, northing_m, inverse=True)
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise CoordinateError(f"UTM easting {easting_m:g}, northing {northing_m:g}: not in zone {zone}")
    return lon, lat


def lonlat_to_utm(lon: float, lat: float) -> Utm | None:
    """Return the UTM position of a point, or None outside the grid's 80 S to 84 N.

    Zones follow the standard grid with its exceptions for Norway and Svalbard.
    """
    if not -80 <= lat <= 84:
        return None
    zone = min(int((lon + 180) // 6) + 1, 60)
    if 56 <= lat < 64 and 3 <= lon < 12:
        zone = 32
    elif lat >= 72 and 0 <= lon < 42:
        zone = 31 + 2 * int((lon + 3) // 12)
    easting, northing = _utm(zone, lat >= 0)(lon, lat)
    return Utm(zone, lat >= 0, easting, northing)


def _utm(zone: int, north: bool) -> pyproj.Proj:
    _geod()
    import pyproj

    return pyproj.Proj(proj="utm", zone=zone, south=not north, ellps="WGS84")
