"""Disks of one radius round many points, on the map.

A circle's shape depends on the latitude of its centre alone, and changes slowly with it: circles
round centres at much the same latitude can be drawn from the same azimuths.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import shapely

from weapons_ref.geo import geodesy, rings

Floats = npt.NDArray[np.float64]

#: Latitudes count as much the same within this share of the way from the circle to the nearer pole,
#: the only place where the shape changes fast; strays then differ by less than the share left for it.
_ALIKE = 0.02
_LEFT = 0.1
_METRES_PER_DEGREE = 111_000.0


def disks(lon: Floats, lat: Floats, radius_m: float, tolerance_m: float) -> list[shapely.Geometry]:
    """Return the disks round many points, cut at the antimeridian, in steps of 1e-7 degrees.

    Parameters
    ----------
    lon, lat : array of float64, shape (n,)
        The centres, degrees, already checked.
    radius_m : float
        Metres.
    tolerance_m : float
        How far sampled points of an edge may lie from the circle; see `weapons_ref.geo.drawing`.
    """
    widths = _band_widths(lat, radius_m)
    drawn: list[shapely.Geometry] = []
    bands = np.stack([widths, np.floor(lat / np.where(widths > 0, widths, 1))], axis=1)
    for width, number in np.unique(bands, axis=0):
        members = np.flatnonzero((bands[:, 0] == width) & (bands[:, 1] == number))
        if width == 0:
            sheets = [rings.disk(float(lon[i]), float(lat[i]), radius_m, tolerance_m) for i in members]
        else:
            azimuths = _azimuths(float(width), float(number), radius_m, tolerance_m)
            sheets = _alike(lon[members], lat[members], radius_m, azimuths)
        drawn.extend(rings.cut_at_antimeridian(sheet) for sheet in sheets)
    return drawn


def _band_widths(lat: Floats, radius_m: float) -> Floats:
    """Return in how wide a band of latitudes circles are alike, in degrees, powers of 2; 0 for none."""
    if radius_m > geodesy.SHORTEST_ALWAYS_M:
        return np.zeros(len(lat))
    zeros = np.zeros(len(lat))
    clear_m = np.full(len(lat), np.inf)
    for pole in (90.0, -90.0):
        metres, _ = geodesy.pairwise(zeros, lat, zeros, np.full(len(lat), pole))
        clear_m = np.minimum(clear_m, np.abs(metres - radius_m))
        clear_m = np.minimum(clear_m, metres)
    widths: Floats = np.exp2(np.floor(np.log2(np.maximum(_ALIKE * clear_m / _METRES_PER_DEGREE, 1e-12))))
    return np.where(widths < 1e-3, 0.0, widths)


@functools.lru_cache(maxsize=1024)
def _azimuths(width: float, number: float, radius_m: float, tolerance_m: float) -> Floats:
    """Return azimuths, 0 to 180, that draw the circles of a band of latitudes."""
    ends = [rings.azimuths(number * width, radius_m, tolerance_m * (1 - _LEFT))]
    ends.append(rings.azimuths((number + 1) * width, radius_m, tolerance_m * (1 - _LEFT)))
    return np.union1d(*ends)


def _alike(lon: Floats, lat: Floats, radius_m: float, azimuths: Floats) -> list[shapely.Geometry]:
    """Return the sheets of disks that are drawn from the same azimuths, and reach the same poles."""
    shape = len(lat), len(azimuths)
    metres = np.full(lat.size * azimuths.size, radius_m)
    x, y, _ = geodesy.onward(np.zeros_like(metres), lat.repeat(shape[1]), np.tile(azimuths, shape[0]), metres)
    dl, phi = x.reshape(shape), y.reshape(shape)
    # A hair west of the meridian is rounding: these geodesics stay on the eastern half.
    dl = np.where(dl < -90, 180.0, np.maximum(dl, 0.0))
    for column, pole in ((0, 90.0), (-1, -90.0)):
        reached = geodesy.inverse(0.0, float(lat[0]), 0.0, pole).distance_m <= radius_m
        dl[:, column] = 180.0 if reached else 0.0
        if reached:
            at = 0 if pole > 0 else dl.shape[1]
            dl, phi = np.insert(dl, at, 180.0, axis=1), np.insert(phi, at, pole, axis=1)
    x = np.concatenate([-dl[:, ::-1], dl], axis=1) + lon[:, None]
    y = np.concatenate([phi[:, ::-1], phi], axis=1)
    sheets = shapely.polygons(np.rint(np.stack([x, y], axis=-1) * rings.GRID))
    broken = ~shapely.is_valid(sheets)
    sheets[broken] = shapely.set_precision(sheets[broken], 1)
    return list(sheets)
