"""Geodesics drawn as lines that map programs show where they run.

GeoJSON joins two positions by an edge that is straight in longitude and latitude, which a geodesic
hardly ever is. So vertices are set on the geodesic, close enough together for every edge to stay
near it, and the line is cut where RFC 7946 wants it cut (section 3.1.9).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from weapons_ref.geo import drawing, geodesy

Floats = npt.NDArray[np.float64]
Line = list[tuple[float, float]]

_DECIMALS = 7
_LONGEST_EDGE_M = 500_000.0


def geodesic_line(lon1: float, lat1: float, lon2: float, lat2: float, max_error_m: float = 10.0) -> list[Line]:
    """Return the shortest geodesic between two points as the lines of an RFC 7946 geometry.

    Parameters
    ----------
    lon1, lat1, lon2, lat2 : float
        The ends, degrees. A pole takes the longitude of the other end.
    max_error_m : float
        How far, in metres, an edge may lie from the geodesic. Vertices lie on it.

    Returns
    -------
    list of list of (float, float)
        Longitude and latitude on seven decimals, from the first point to the second: one line, or
        two where it is cut at the antimeridian or runs over a pole. Equal points make a line of
        two equal positions. Where several geodesics are the shortest, it is the one of
        `geodesy.inverse`.

    Raises
    ------
    CoordinateError
        If an end is not on Earth.
    QueryError
        If the error is too small for seven decimals.
    """
    tolerance_m = drawing.tolerance_m(max_error_m)
    lon1, lat1 = geodesy.check_position(lon1, lat1)
    lon2, lat2 = geodesy.check_position(lon2, lat2)
    if abs(lat1) == 90:
        lon1 = lon2 if abs(lat2) < 90 else lon1
    if abs(lat2) == 90:
        lon2 = lon1
    turn = math.remainder(lon2 - lon1, 360)
    if turn == 0:
        # A meridian is straight in longitude and latitude as it is.
        return _finished([([lon1, lon1], [lat1, lat2])])
    azimuth = geodesy.inverse(lon1, lat1, lon2, lat2).azimuth_deg
    if azimuth is None:  # nanometres apart
        return _finished([([lon1, lon1], [lat1, lat1])])
    if abs(turn) == 180:
        pole = 90.0 if azimuth < 90 or azimuth > 270 else -90.0
        return _finished([([lon1, lon1], [lat1, pole]), ([lon2, lon2], [pole, lat2])])
    if turn > 0:
        return _finished(_eastward(lon1, lat1, lon2, lat2, tolerance_m))
    mirrored = _eastward(-lon1, lat1, -lon2, lat2, tolerance_m)
    return _finished([(-np.asarray(x), y) for x, y in mirrored])


def geodesic_geometry(lon1: float, lat1: float, lon2: float, lat2: float, max_error_m: float = 10.0) -> dict[str, Any]:
    """Return the shortest geodesic between two points as a GeoJSON geometry.

    Parameters
    ----------
    lon1, lat1, lon2, lat2, max_error_m : float
        As in `geodesic_line`.

    Returns
    -------
    dict
        A LineString, or a MultiLineString where the line is cut.

    Raises
    ------
    CoordinateError, QueryError
        As in `geodesic_line`.
    """
    lines = [[list(position) for position in line] for line in geodesic_line(lon1, lat1, lon2, lat2, max_error_m)]
    if len(lines) == 1:
        return {"type": "LineString", "coordinates": lines[0]}
    return {"type": "MultiLineString", "coordinates": lines}


def trace(lat: float, azimuths: Floats, stops_m: Floats, tolerance_m: float) -> tuple[Floats, Floats, Floats]:
    """Return vertices on geodesics that leave one point eastwards, all of them at the same distances.

    Parameters
    ----------
    lat : float
        Of the point, whose longitude is taken as 0; degrees.
    azimuths : array of float64, shape (k,)
        Degrees in (0, 180).
    stops_m : array of float64
        Distances in metres, ascending, that are to be among the vertices; the first and the last bound them.
    tolerance_m : float
        How far, in metres, sampled points of the edges, straight in longitude and latitude, may lie
        from the geodesics. Each must be the shortest between its ends.

    Returns
    -------
    metres : array of float64, shape (n,)
    lon, lat : array of float64, shape (k, n)
        Longitudes run on from 0, to 180 at most.
    """
    steps = [max(math.ceil(gap / _LONGEST_EDGE_M), 1) for gap in np.diff(stops_m)]
    spread = [np.linspace(a, b, n, endpoint=False) for a, b, n in zip(stops_m[:-1], stops_m[1:], steps, strict=True)]
    metres, (dl, phi) = drawing.refine(
        np.concatenate([*spread, stops_m[-1:]]), lambda halves: _points(lat, azimuths, halves), _strays, tolerance_m
    )
    return metres, dl, phi


def _points(lat: float, azimuths: Floats, metres: Floats) -> Floats:
    """Return dl in [0, 180] and latitude at each distance, shape (2, azimuths, distances)."""
    shape = len(azimuths), len(metres)
    dl, phi = geodesy.destinations(0.0, lat, np.repeat(azimuths, shape[1]), np.tile(metres, shape[0]))
    # A hair west of either meridian is rounding: these geodesics stay on the eastern half.
    dl = np.where(dl < -90, 180.0, np.maximum(dl, 0.0))
    return np.stack([dl.reshape(shape), phi.reshape(shape)])


def _strays(starts: Floats, ends: Floats) -> Floats:
    """Return how far edges stray sideways from their geodesics, in metres, the worst of those side by side."""
    x, y = drawing.samples(starts, ends)
    # Measured from the edge's own beginning, where the geodesic is the same and sideways is an angle.
    _, ahead = geodesy.pairwise(*(part.ravel() for part in (*starts, *ends)))
    x0, y0 = (np.broadcast_to(part[..., None], x.shape).ravel() for part in starts)
    metres, azimuths = geodesy.pairwise(x0, y0, x.ravel(), y.ravel())
    angles = (azimuths.reshape(x.shape) - ahead.reshape(*x.shape[:-1], 1) + 180) % 360 - 180
    sideways = metres.reshape(x.shape) * np.radians(np.abs(angles))
    worst: Floats = sideways.max(axis=(0, 2), initial=0.0)
    return worst


def _eastward(lon1: float, lat1: float, lon2: float, lat2: float, tolerance_m: float) -> list[tuple[Floats, Floats]]:
    """Return a line that turns east by less than 180 degrees, cut at 180."""
    start = -180.0 if lon1 == 180 else lon1
    end = start + math.remainder(lon2 - lon1, 360)
    length_m, azimuth = (float(part[0]) for part in geodesy.distances(0.0, lat1, [end - start], [lat2]))
    if end <= 180:
        _, dl, phi = trace(lat1, np.array([azimuth]), np.array([0.0, length_m]), tolerance_m)
        x, y = start + dl[0], phi[0]
        x[-1], y[-1] = end, lat2
        return [(x, y)]
    crossing_m = _distance_to_meridian(lat1, azimuth, length_m, 180 - start)
    metres, dl, phi = trace(lat1, np.array([azimuth]), np.array([0.0, crossing_m, length_m]), tolerance_m)
    cut = int(np.searchsorted(metres, crossing_m))
    x, y = start + dl[0], phi[0]
    x[cut] = 180.0
    before = x[: cut + 1], y[: cut + 1]
    x = x[cut:] - 360
    x[-1], y[-1] = lon2, lat2
    return [before, (x, y[cut:])]


def _distance_to_meridian(lat: float, azimuth_deg: float, length_m: float, dl: float) -> float:
    """Return where a geodesic that leaves eastwards from longitude 0 crosses another meridian."""
    near, far = 0.0, length_m
    for _ in range(80):
        middle = (near + far) / 2
        if _points(lat, np.array([azimuth_deg]), np.array([middle]))[0, 0, 0] < dl:
            near = middle
        else:
            far = middle
    return near


def _finished(lines: list[tuple[Any, Any]]) -> list[Line]:
    """Round, and leave out what is then no longer a line of its own."""
    finished: list[Line] = []
    for x, y in lines:
        xy = np.round(np.column_stack([x, y]).astype(float), _DECIMALS) + 0.0  # adding zero turns -0.0 into 0.0
        moves = np.any(np.diff(xy, axis=0) != 0, axis=1)
        if moves.any():
            finished.append([(lon, lat) for lon, lat in xy[np.append(True, moves)].tolist()])
    if finished:
        return finished
    position = (float(xy[0, 0]), float(xy[0, 1]))
    return [[position, position]]
