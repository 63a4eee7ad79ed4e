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
            yield np.concatenate([chain[:-1], chain[:1]])
        else:
            waiting[_place(chain[0])].append(chain)
    while waiting:
        first = next(iter(waiting))
        ring = [_taken(waiting, first)]
        while _place(ring[-1][-1]) != first:
            ring.append(_taken(waiting, _place(ring[-1][-1])))
        # Where one ends the next begins, on the other side of the seam perhaps.
        yield np.concatenate([*(piece[:-1] for piece in ring), ring[0][:1]])


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


def subdivided(line: Floats, max_error_m: float) -> Floats:
    """Return a line with points added, so that drawn as great circles it stays where it was.

    Parameters
    ----------
    line : array of float64, shape (n, 2)
        Longitude and latitude, straight in these from point to point.
    max_error_m : float
        How far a great circle between neighbours may stray from that. Over a step of d radians the two
        part by at most d**2 * sin(latitude) * cos(latitude) / 8 radians.
    """
    most_deg = np.degrees(np.sqrt(16 * max_error_m / caps.RADIUS_M))
    steps = np.diff(line, axis=0)
    steps[:, 0] = (steps[:, 0] + 180) % 360 - 180
    many = np.maximum(np.ceil(np.abs(steps).max(axis=1) / most_deg), 1).astype(int)
    if many.max(initial=1) == 1:
        return line
    at = np.repeat(np.arange(len(steps)), many)
    share = (np.arange(len(at)) - np.repeat(np.cumsum(many) - many, many)) / many[at]
    points = line[at] + steps[at] * share[:, None]
    points[:, 0] = (points[:, 0] + 180) % 360 - 180
    # The vertices themselves as they were, so that 180 does not become -180.
    points[share == 0] = line[:-1]
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
