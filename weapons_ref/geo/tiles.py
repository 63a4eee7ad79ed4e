"""Pieces of the rim of a disk, on the map in steps of 1e-7 degrees.

A disk of which only a short arc is wanted is drawn as a tile: three vertices on the arc, two behind
it. The distance from a point has no maximum short of the antipode, so that a tile holds nothing that
is farther than its outline, and its outline is looked at.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from weapons_ref.geo import circles, geodesy, rings
from weapons_ref.geo.outlines import straight_bend

Floats = npt.NDArray[np.float64]

_SAMPLES = np.arange(6) / 6
#: A tile's edges are to take this part of what they may stray.
_STRAY = 0.44
#: Where a tile would stray, shorter ones are tried before the whole disk.
_TRIES = 4
_SHORTER = 4.0
#: So near to a pole that edges in longitude and latitude are no shape to speak of, there are no tiles.
_MOST_LATITUDE_DEG = 89.9


def half_length_m(lat: Floats, radius_m: float, tolerance_m: float) -> Floats:
    """Return how far a tile at some latitudes may reach along the arc to either side."""
    bend = abs(1 / np.tan(radius_m / geodesy.POLAR_RADIUS_M)) / geodesy.POLAR_RADIUS_M
    least = 1 / geodesy.POLAR_RADIUS_M
    length: Floats = np.sqrt(_STRAY * 8 * tolerance_m / np.maximum(bend + straight_bend(lat), least))
    return np.minimum(length, radius_m / 3)


def tiles(
    lon: Floats, lat: Floats, to_lon: Floats, to_lat: Floats, radius_m: float, depth_m: float, tolerance_m: float
) -> list[shapely.Geometry]:
    """Return pieces of the rims of disks, cut at the antimeridian; whole disks where a piece would stray.

    Parameters
    ----------
    lon, lat : array of float64, shape (n,)
        The disks' centres, degrees.
    to_lon, to_lat : array of float64, shape (n,)
        Points that the pieces have to hold, between `radius_m` - `depth_m` and `radius_m` from the centres.
    radius_m, depth_m : float
        The disks' radius, and the pieces' extent inwards, metres.
    tolerance_m : float
        How far outside a disk a sample of its piece may lie.
    """
    _, azimuth = geodesy.pairwise(lon, lat, to_lon, to_lat)
    half_m = half_length_m(to_lat, radius_m, tolerance_m)
    drawn: list[shapely.Geometry] = []
    left = np.arange(len(lon))
    for _ in range(_TRIES):
        if not len(left):
            return drawn
        at = lon[left], lat[left]
        vertices = _vertices(*at, azimuth[left], radius_m, depth_m, half_m[left])
        sheets = shapely.polygons(np.rint(vertices * rings.GRID))
        good = (np.abs(vertices[..., 1]).max(axis=1) < _MOST_LATITUDE_DEG) & shapely.is_valid(sheets)
        good &= _farthest_m(*at, vertices) <= radius_m + tolerance_m
        held_lon = to_lon[left] + 360 * np.rint((vertices[:, 0, 0] - to_lon[left]) / 360)
        good &= shapely.contains_xy(sheets, held_lon * rings.GRID, to_lat[left] * rings.GRID)
        drawn.extend(rings.cut_at_antimeridian(sheet) for sheet in sheets[good])
        left = left[~good]
        half_m = half_m / _SHORTER
    return drawn + circles.disks(lon[left], lat[left], radius_m, tolerance_m)


def _vertices(lon: Floats, lat: Floats, azimuth: Floats, radius_m: float, depth_m: float, half_m: Floats) -> Floats:
    """Return tiles as rings, longitudes unrolled, shape (n, 6, 2)."""
    turn = np.degrees(half_m / (geodesy.POLAR_RADIUS_M * np.sin(radius_m / geodesy.POLAR_RADIUS_M)))
    turns = np.minimum(turn, 60.0)[:, None] * np.array([-1, 0, 1, 1, -1])
    metres = np.array([radius_m] * 3 + [radius_m - depth_m] * 2)
    shape = turns.shape
    x, y, _ = geodesy.onward(
        np.repeat(lon, 5), np.repeat(lat, 5), (azimuth[:, None] + turns).ravel(), np.tile(metres, len(lon))
    )
    x, y = x.reshape(shape), y.reshape(shape)
    x = x[:, :1] + (x - x[:, :1] + 180) % 360 - 180
    vertices = np.stack([x, y], axis=-1)
    return np.concatenate([vertices, vertices[:, :1]], axis=1)


def _farthest_m(lon: Floats, lat: Floats, vertices: Floats) -> Floats:
    """Return how far from each centre the samples of its tile's outline are at most."""
    starts, steps = vertices[:, :-1], np.diff(vertices, axis=1)
    points = (starts[:, :, None] + steps[:, :, None] * _SAMPLES[:, None]).reshape(len(lon), -1, 2)
    many = points.shape[1]
    x, y = points.reshape(-1, 2).T
    metres, _ = geodesy.pairwise(np.repeat(lon, many), np.repeat(lat, many), x.copy(), y.copy())
    farthest: Floats = metres.reshape(len(lon), many).max(axis=1, initial=0.0)
    return farthest
