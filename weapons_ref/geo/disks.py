"""Points known to within a radius: how far away their disk begins and ends, and its rings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from weapons_ref.errors import QueryError
from weapons_ref.geo import geodesy

if TYPE_CHECKING:
    import shapely

#: An origin known less well than this is an area, and wants its outline.
MOST_UNCERTAIN_M = 2e6


def check_uncertainty(radius_m: float) -> float:
    """Return a radius of uncertainty.

    Raises
    ------
    QueryError
        If it is not a number from 0 to 2,000 km.
    """
    if not 0 <= radius_m <= MOST_UNCERTAIN_M:
        raise QueryError(f"an uncertainty of {radius_m / 1000:g} km; it must be 0 to {MOST_UNCERTAIN_M / 1000:g} km")
    return radius_m


def farthest(
    lon: float, lat: float, radius_m: float, lons: Sequence[float], lats: Sequence[float], metres: Sequence[float]
) -> list[float]:
    """Return the distances from places to the farthest point of a disk.

    Exact: the farthest point lies straight behind the centre, at the distance of the centre plus the
    radius, as long as that geodesic is a shortest one, which all are up to pi times the polar radius
    (Karney 2013, section 3). Past that the distance grows towards the place's antipode, half a
    meridian away, and its maximum is there, or on the disk's edge, where it is searched for.

    Parameters
    ----------
    lon, lat, radius_m : float
        The disk: its centre in degrees, its radius in metres.
    lons, lats : sequence of float, shape (n,)
        Places, degrees.
    metres : sequence of float, shape (n,)
        Their distances from the centre.

    Returns
    -------
    list of float, length n
        Metres.
    """
    return [
        metre + radius_m
        if metre + radius_m <= geodesy.SHORTEST_ALWAYS_M
        else _farthest_near_antipode(lon, lat, radius_m, place_lon, place_lat)
        for place_lon, place_lat, metre in zip(lons, lats, metres, strict=True)
    ]


def _farthest_near_antipode(lon: float, lat: float, radius_m: float, place_lon: float, place_lat: float) -> float:
    antipode = place_lon - math.copysign(180, place_lon), -place_lat
    if geodesy.inverse(lon, lat, *antipode).distance_m <= radius_m:
        return geodesy.HALF_MERIDIAN_M
    import numpy as np

    azimuths = np.linspace(-180.0, 180.0, 721)
    # Each round looks twenty times closer, down to what doubles can tell apart.
    for _ in range(11):
        edge = geodesy.destinations(lon, lat, azimuths, radius_m)
        metres = np.asarray(geodesy.distances(place_lon, place_lat, *edge)[0])
        best = int(metres.argmax())
        step = azimuths[1] - azimuths[0]
        azimuths = np.linspace(azimuths[best] - step, azimuths[best] + step, 41)
    return float(metres[best])


def bands(
    lon: float,
    lat: float,
    radius_m: float,
    maximum_m: tuple[float, float],
    minimum_m: tuple[float, float],
    reading: str,
    max_error_m: float,
) -> tuple[shapely.MultiPolygon, shapely.MultiPolygon]:
    """Return the rings of a point known to within a radius, as `weapons_ref.geo.rings.bands` does of a point.

    Parameters
    ----------
    lon, lat, radius_m : float
        The disk that the origin lies in, degrees and metres.
    maximum_m, minimum_m, max_error_m
        As in `weapons_ref.geo.rings.bands`.
    reading : {"anywhere", "somewhere", "everywhere"}
        Reach from at least one point of the disk, from one unknown point, from every point.

    Raises
    ------
    QueryError
        As `weapons_ref.geo.rings.bands` does; and if reach is asked for from every point at a range so
        near to half a meridian that distances from the disk's edge no longer add up.
    """
    import shapely

    from weapons_ref.geo import rings

    for range_m in maximum_m:
        if reading != "anywhere" and geodesy.SHORTEST_ALWAYS_M < range_m < geodesy.HALF_MERIDIAN_M and radius_m:
            raise QueryError(
                f"no ring of {range_m / 1000:,.0f} km can be drawn round an uncertain point: so near to half the globe"
                " the farthest point of its disk is no longer the one behind the centre; reach answers exactly"
            )
    # What lies within S of every point of the disk lies within S less its radius of the centre, and
    # what lies within S of some point, within S and the radius.
    certain = radius_m if reading == "anywhere" else -radius_m
    possible = -radius_m if reading == "everywhere" else radius_m
    low, high = (
        range_m if rings.covers_globe(range_m) else range_m + more
        for range_m, more in zip(maximum_m, (certain, possible), strict=True)
    )
    least = max(0.0, minimum_m[0] - possible) if minimum_m[0] else 0.0
    most = max(0.0, minimum_m[1] - certain) if minimum_m[1] else 0.0
    if high <= least:
        return shapely.MultiPolygon(), shapely.MultiPolygon()
    return rings.bands(lon, lat, (low, high), (least, most), max_error_m)
