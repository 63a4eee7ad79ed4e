"""The insides of polygons, on the map in steps of 1e-7 degrees."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely

from weapons_ref.geo import geodesy, rings
from weapons_ref.geo.edges import SPACING_M
from weapons_ref.geo.outlines import polygons_only

if TYPE_CHECKING:
    from weapons_ref.geo.insides import Ring
    from weapons_ref.geo.regions import Region

Floats = npt.NDArray[np.float64]

#: Nearer to a pole than this a straight edge of 2 km leaves the geodesic by metres.
_NEAR_POLE_DEG = 88.0


def inside(region: Region, radius_m: float) -> list[shapely.Geometry]:
    """Return the inside of a region's polygons on the map; near its edges only roughly, where the disks are."""
    drawn = []
    for exterior, *holes in region.polygons():
        held = _even_odd(exterior, radius_m)
        for hole in holes:
            held = shapely.difference(held, _even_odd(hole, radius_m), grid_size=1)
        drawn.append(held)
    return drawn


def _even_odd(ring: Ring, radius_m: float) -> shapely.Geometry:
    """Return what a ring encloses on the map."""
    lon, lat = _closer_near_poles(ring, radius_m / 4)
    if len(lon) < 4:
        return shapely.Polygon()
    sheet = shapely.Polygon(np.rint(np.column_stack([lon - 360 * np.rint(lon[0] / 360), lat]) * rings.GRID))
    return _laid_on_map(shapely.set_precision(polygons_only(shapely.make_valid(sheet)), 1))


def _laid_on_map(sheet: shapely.Geometry) -> shapely.Geometry:
    """Cut a sheet at the antimeridian; where it goes round the Earth and meets itself, even and odd count too."""
    drawn: shapely.Geometry = shapely.Polygon()
    if sheet.is_empty:
        return drawn
    west, _, east, _ = sheet.bounds
    turn = 360 * rings.GRID
    for world in range(math.floor(west / turn + 0.5), math.ceil(east / turn + 0.5)):
        window = shapely.box((world - 0.5) * turn, -90 * rings.GRID, (world + 0.5) * turn, 90 * rings.GRID)
        piece = shapely.intersection(sheet, window, grid_size=1)
        piece = shapely.transform(piece, lambda xy, world=world: xy - [world * turn, 0.0])
        drawn = polygons_only(shapely.symmetric_difference(drawn, polygons_only(piece), grid_size=1))
    return drawn


def _closer_near_poles(ring: Ring, spacing_m: float) -> tuple[Floats, Floats]:
    """Return a ring's nodes, closer where straight edges of 2 km would leave the geodesic by much."""
    pieces = math.ceil(SPACING_M / spacing_m)
    close = (np.maximum(np.abs(ring.lat[:-1]), np.abs(ring.lat[1:])) > _NEAR_POLE_DEG) & (ring.lon[:-1] != ring.lon[1:])
    close &= (np.abs(ring.lat[:-1]) < 90) & (np.abs(ring.lat[1:]) < 90)
    if pieces == 1 or not close.any():
        return ring.lon, ring.lat
    segment = np.repeat(np.arange(len(ring.lon)), np.append(np.where(close, pieces, 1), 1))
    part = np.arange(len(segment)) - np.searchsorted(segment, segment)
    lon, lat = ring.lon[segment], ring.lat[segment]
    inner = np.flatnonzero(part)
    of = segment[inner]
    metres, azimuth = geodesy.pairwise(ring.lon[of], ring.lat[of], ring.lon[of + 1], ring.lat[of + 1])
    there, lat[inner], _ = geodesy.onward(ring.lon[of], ring.lat[of], azimuth, metres * part[inner] / pieces)
    lon[inner] = there + 360 * np.rint((ring.lon[of] - there) / 360)
    return lon, lat
