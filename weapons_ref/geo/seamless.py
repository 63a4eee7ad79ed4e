"""Polygons of the map as rings on the sphere, without the seams that a flat map needs.

RFC 7946 cuts a polygon at +-180 degrees and writes out its edges along a pole. Who draws on another
projection wants neither: there the two sides of the cut are one line, and a pole is one point. Taken
together, edges along the cut that run up its western side and down its eastern side cancel out, edges
along a pole are none, and what is left joins to rings whose inside lies to their left.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from weapons_ref.geo import caps

Floats = npt.NDArray[np.float64]

#: Edges on the seam: longitude, and latitude at both ends.
_Seam = list[tuple[float, float, float]]
_SEAM = 180.0
_POLE = 90.0
#: The longest steps in longitude and latitude; a great circle is in no doubt which way to go.
_WIDEST_DEG = 1.0
_TALLEST_DEG = 45.0


class Outline(NamedTuple):
    """A part of the sphere."""

    rings: tuple[Floats, ...]  #: closed, longitude and latitude, shape (n, 2); the inside lies to the left
    everything: bool  #: there is no outline, because all of the sphere is inside

    @property
    def is_empty(self) -> bool:
        """Whether nothing is inside."""
        return not (self.rings or self.everything)


def outline(polygons: shapely.Geometry) -> Outline:
    """Return polygons without the seams of the map.

    Parameters
    ----------
    polygons : shapely.Polygon or shapely.MultiPolygon
        As RFC 7946 wants them: within +-180 degrees, exteriors counter-clockwise, valid.

    Returns
    -------
    Outline
        Steps from one vertex to the next go the shorter way round in longitude.
    """
    parts = shapely.get_parts(polygons)
    chains: list[Floats] = []
    seam: _Seam = []
    for ring in shapely.get_rings(parts):
        points = shapely.get_coordinates(ring)
        chains.extend(_chains(points, seam))
    chains.extend(_left_on_seam(seam))
    rings = tuple(_joined(chains))
    return Outline(rings, everything=len(parts) > 0 and not rings)


def _chains(points: Floats, seam: _Seam) -> Iterator[Floats]:
    """Yield the pieces of a ring between its edges on the seam, which are put aside, and on a pole, which are not."""
    starts, ends = points[:-1], points[1:]
    on_seam = (np.abs(starts[:, 0]) == _SEAM) & (starts[:, 0] == ends[:, 0])
    on_pole = (np.abs(starts[:, 1]) == _POLE) & (starts[:, 1] == ends[:, 1])
    gone = np.flatnonzero(on_seam | on_pole)
    if not len(gone):
        yield points
        return
    for at in np.flatnonzero(on_seam & ~on_pole):
        seam.append((float(starts[at, 0]), float(starts[at, 1]), float(ends[at, 1])))
    count = len(starts)
    for at, after in zip(gone, [*gone[1:], gone[0] + count], strict=True):
        if after - at > 1:
            yield points[np.arange(at + 1, after + 1) % count]


def _left_on_seam(seam: _Seam) -> Iterator[Floats]:
    """Yield the edges on the seam that nothing on its other side cancels: these are outline."""
    levels = sorted({latitude for _, *pair in seam for latitude in pair})
    if not levels:
        return
    sides: dict[tuple[float, float], set[float]] = defaultdict(set)
    for lon, *pair in seam:
        low, high = sorted(pair)
        pieces = levels[levels.index(low) : levels.index(high) + 1]
        for piece in itertools.pairwise(pieces):
            sides[piece].add(lon)
    for (low, high), found in sides.items():
        if len(found) == 1:
            # A polygon to the west of the seam has its edge at 180 and runs up it, one to the east at -180 and down.
            yield np.array([[_SEAM, low], [_SEAM, high]] if _SEAM in found else [[-_SEAM, high], [-_SEAM, low]])


def _joined(chains: Iterable[Floats]) -> Iterator[Floats]:
    """Yield the rings that pieces join to, end to start."""
    waiting: dict[tuple[float, float], list[Floats]] = defaultdict(list)
    for chain in chains:
        if _place(chain[0]) == _place(chain[-1]) and len(chain) > 2:
            yield np.concatenate([_without_twin(chain), chain[:1]])
        else:
            waiting[_place(chain[0])].append(chain)
    while waiting:
        first = next(iter(waiting))
        ring = [_taken(waiting, first)]
        while _place(ring[-1][-1]) != first:
            ring.append(_taken(waiting, _place(ring[-1][-1])))
        yield np.concatenate([*map(_without_twin, ring), ring[0][:1]])


def _without_twin(chain: Floats) -> Floats:
    """Leave out the end that the next piece begins with; at a pole the two differ in longitude, and both stay."""
    return chain if abs(chain[-1, 1]) == _POLE else chain[:-1]


def _taken(waiting: dict[tuple[float, float], list[Floats]], place: tuple[float, float]) -> Floats:
    """Take a piece that begins at a place."""
    chain = waiting[place].pop()
    if not waiting[place]:
        del waiting[place]
    return chain


def _place(point: Floats) -> tuple[float, float]:
    """Name a point so that both sides of the seam are one, and a pole is one point."""
    lon, lat = map(float, point)
    return (0.0 if abs(lat) == _POLE else _SEAM if abs(lon) == _SEAM else lon), lat


def lines(shape: Outline) -> list[Floats]:
    """Return the rings of an outline as lines for a flat map, which end and begin again at +-180 degrees."""
    found = []
    for ring in shape.rings:
        crossed = np.flatnonzero(np.abs(np.diff(ring[:, 0])) > 180)
        if not len(crossed):
            found.append(ring)
            continue
        # A line begins at the vertex on the seam, and the one before it ends there, on the other side.
        open_ = np.roll(ring[:-1], -(crossed[0] + 1), axis=0)
        pieces = np.split(open_, np.flatnonzero(np.abs(np.diff(open_[:, 0])) > 180) + 1)
        found += [
            np.concatenate([piece, _across(after[0], piece[-1])])
            for piece, after in zip(pieces, [*pieces[1:], pieces[0]], strict=True)
        ]
    return [line for line in found if len(line) > 1]


def _across(point: Floats, beside: Floats) -> Floats:
    """Return a point on the seam as it is on the side of another, or nothing if it is not on the seam."""
    if abs(point[0]) != _SEAM or point[0] == beside[0]:
        return np.empty((0, 2))
    return np.array([[-point[0], point[1]]])


def subdivided(line: Floats, max_error_m: float) -> Floats:
    """Return a line with points added, so that drawn as great circles it stays where it was.

    Parameters
    ----------
    line : array of float64, shape (n, 2)
        Longitude and latitude, straight in these from point to point, the shorter way round.
    max_error_m : float
        How far a great circle between neighbours may stray from that.

    Returns
    -------
    array of float64, shape (m, 2)
        All points of the line, and others between them; no step turns by more than a degree of longitude.

    Notes
    -----
    On a sphere an edge that is straight in longitude and latitude, `a` by `b` radians, bends sideways by
    sin(lat) a (a^2 cos(lat)^2 + 2 b^2) / v, v its length (the geodesic equations, put into those of the edge).
    A great circle between its ends is an eighth of that away in the middle; divided by n, an n-squared-th.
    """
    steps = np.diff(line, axis=0)
    steps[:, 0] = (steps[:, 0] + 180) % 360 - 180
    a, b = np.radians(np.abs(steps)).T
    levels = np.radians(np.abs(np.stack([line[:-1, 1], line[1:, 1]])))
    lowest = np.where(line[:-1, 1] * line[1:, 1] > 0, levels.min(axis=0), 0.0)
    width = a * np.cos(lowest)
    length = np.hypot(width, b)
    bend = np.sin(levels.max(axis=0)) * a * (width**2 + 2 * b**2) / np.where(length > 0, length, 1.0)
    strays_m = caps.RADIUS_M * bend / 8
    wanted = (np.abs(steps) / [_WIDEST_DEG, _TALLEST_DEG]).max(axis=1), np.sqrt(strays_m / max_error_m)
    many = np.maximum(np.ceil(np.maximum(*wanted)), 1).astype(int)
    if many.max(initial=1) == 1:
        return line
    at = np.repeat(np.arange(len(steps)), many)
    share = (np.arange(len(at)) - np.repeat(np.cumsum(many) - many, many)) / many[at]
    points = line[at] + steps[at] * share[:, None]
    points[:, 0] -= 360 * np.sign(points[:, 0]) * (np.abs(points[:, 0]) > _SEAM)
    return np.concatenate([points, line[-1:]])


def geometry(shape: Outline, max_error_m: float, decimals: int = 6) -> Mapping[str, Any] | None:
    """Return an outline as d3-geo draws it: on the sphere, the inside to the right; None if it is empty.

    Parameters
    ----------
    shape : Outline
        The outline.
    max_error_m : float
        As in `subdivided`.
    decimals : int
        Decimals of a degree to keep.

    References
    ----------
    d3-geo, "Spherical shapes": https://d3js.org/d3-geo. Its polygons wind clockwise, unlike those of RFC 7946.
    """
    if shape.is_empty:
        return None
    if shape.everything:
        return {"type": "Sphere"}
    rings = [subdivided(ring, max_error_m)[::-1].round(decimals) for ring in shape.rings]
    return {"type": "Polygon", "coordinates": [ring.tolist() for ring in rings]}
