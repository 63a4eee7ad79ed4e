"""Sectors as polygons that cut a ring.

On the sheet of `rings`, latitude against the difference in longitude dl from the origin, a geodesic
that leaves eastwards is a graph over dl, and at a fixed dl the azimuth falls as the latitude rises.
So what lies clockwise of a ray is what lies below it, and a sector is what lies between two rays.
Its far end needs no care: due east of a point the distance from the origin only grows, so that from
the end of a ray, past the ring, a parallel leads to the sheet's edge without touching the ring.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from weapons_ref.errors import QueryError
from weapons_ref.geo import drawing, geodesy, lines
from weapons_ref.geo.sectors import Sector

Floats = npt.NDArray[np.float64]


def wedge(lon: float, lat: float, radius_m: float, sector: Sector, tolerance_m: float) -> shapely.Geometry:
    """Return the sheet of a sector, to be intersected with that of a disk or annulus.

    Parameters
    ----------
    lon, lat : float
        The origin, degrees.
    radius_m : float
        The greatest radius, in metres, that it will cut; past it the wedge holds more than the sector.
    sector : Sector
        The azimuths at the origin.
    tolerance_m : float
        How far, in metres, sampled points of an edge may lie from the geodesic rays.

    Returns
    -------
    shapely.Geometry
        Longitude, `lon` - 180 to `lon` + 180, and latitude, in whole steps of 1e-7 degrees.

    Raises
    ------
    CoordinateError
        If the origin is not on Earth.
    QueryError
        If it is a pole, which has no azimuths, or the radius so long that geodesics cross.
    """
    lon, lat = geodesy.check_position(lon, lat)
    if abs(lat) == 90:
        raise QueryError("no sector can start at a pole, where every direction is the same; move the origin off it")
    if not radius_m <= geodesy.SHORTEST_ALWAYS_M:
        raise QueryError(
            f"a sector {radius_m / 1000:,.0f} km long: past {geodesy.SHORTEST_ALWAYS_M / 1000:,.0f} km directions "
            "cross near the antipode; shorten the range or leave --sector out"
        )
    # A little past the ring, so that the two outlines do not run along each other.
    reach_m = min(radius_m + 2 * tolerance_m, geodesy.SHORTEST_ALWAYS_M)
    end = sector.end_deg + (360 if sector.end_deg < sector.start_deg else 0)
    pieces = []
    for turn in (0, 360):
        first, last = max(sector.start_deg, turn), min(end, turn + 180)
        if first < last:
            pieces.append(_half(lat, first - turn, last - turn, reach_m, tolerance_m))
        first, last = max(sector.start_deg, turn + 180), min(end, turn + 360)
        if first < last:
            pieces.append(_half(lat, turn + 360 - last, turn + 360 - first, reach_m, tolerance_m) * (-1, 1))
    polygons = [shapely.Polygon(np.rint((piece + np.array([lon, 0.0])) * drawing.GRID)) for piece in pieces]
    # Near the origin two rays can be closer than the tolerance, and their edges cross.
    valid = shapely.make_valid(polygons, method="structure", keep_collapsed=False)
    return shapely.union_all(shapely.set_precision(valid, 1), grid_size=1)


def cut(sheet: shapely.Geometry, wedge: shapely.Geometry) -> shapely.Geometry:
    """Return what of a disk's or annulus's sheet lies in a wedge, without the lines and points where they touch."""
    parts = shapely.get_parts(shapely.intersection(sheet, wedge, grid_size=1))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def _half(lat: float, first_deg: float, last_deg: float, reach_m: float, tolerance_m: float) -> Floats:
    """Return the outline of the azimuths from one to another, both in [0, 180], as dl and latitude."""
    inner = np.array([azimuth for azimuth in (first_deg, last_deg) if 0 < azimuth < 180])
    rays = []
    if len(inner):
        _, dl, phi = lines.trace(lat, inner, np.array([0.0, reach_m]), tolerance_m)
        rays = [np.column_stack(ray) for ray in zip(dl, phi, strict=True)]
    # Due north or south everything on this half lies to the one side: the outline is that of the half.
    if first_deg == 0:
        rays.insert(0, np.array([[0.0, lat], [0.0, 90.0]]))
    if last_deg == 180:
        rays.append(np.array([[0.0, lat], [0.0, -90.0]]))
    north, south = rays
    return np.concatenate([north, [[180.0, north[-1, 1]], [180.0, south[-1, 1]]], south[:0:-1]])
