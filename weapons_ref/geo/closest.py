"""The closest points of two sets of geodesic edges.

Where curvature is positive, geodesics that leave two others at right angles to a common one draw
nearer to each other; so the least distance between two edges is never between their insides, unless
they cross. It is that of a vertex of either from the edges of the other, or 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from weapons_ref.geo import geodesy
from weapons_ref.geo.edges import Edges, longest_chord

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Pair = tuple[float, float, float, float, float]


def closest_pair(first: Edges, second: Edges) -> Pair:
    """Return the least distance and the two points, lon1, lat1, lon2, lat2."""
    if len(first.lon) > len(second.lon):
        metres, lon1, lat1, lon2, lat2 = closest_pair(second, first)
        return metres, lon2, lat2, lon1, lat1
    found = second.nearest(first.lon, first.lat)
    row = int(found.distance_m.argmin())
    best: Pair = (
        float(found.distance_m[row]),
        float(first.lon[row]),
        float(first.lat[row]),
        float(found.lon[row]),
        float(found.lat[row]),
    )
    crossing = _crossing(first, second, found.distance_m)
    if crossing is not None:
        return 0.0, *crossing, *crossing
    # The other way round, only vertices that can be nearer are measured.
    vertices = np.flatnonzero(second.nodes.vertex >= 0)
    vertices = vertices[first.bounds(second.lon[vertices], second.lat[vertices])[0] < best[0]]
    if len(vertices):
        lon, lat = second.lon[vertices], second.lat[vertices]
        found = first.nearest(lon, lat)
        row = int(found.distance_m.argmin())
        if found.distance_m[row] < best[0]:
            best = (
                float(found.distance_m[row]),
                float(found.lon[row]),
                float(found.lat[row]),
                float(lon[row]),
                float(lat[row]),
            )
    if best[0] < geodesy.SAME_POINT_M:
        return 0.0, best[1], best[2], best[1], best[2]
    return best


def _crossing(first: Edges, second: Edges, metres: Floats) -> tuple[float, float] | None:
    """Return a point where segments cross, if any do; `metres` are the first's nodes' distances from the second."""
    length = first.nodes.length_m
    # A segment that meets an edge is no longer than its ends' distances from it together.
    close = np.flatnonzero((length > 0) & (metres + np.append(metres[1:], np.inf) <= length * 1.001 + 1e-3))
    if not len(close):
        return None
    reach = longest_chord(metres[close] + second.longest_m)
    near = second.tree.query_ball_point(first.xyz[close], reach)
    of = np.repeat(close, [len(nodes) for nodes in near])
    node = np.concatenate([np.asarray(nodes, dtype=np.intp) for nodes in near])
    ours = np.concatenate([of, of])
    theirs = np.concatenate([node, np.maximum(node - 1, 0)])
    keep = second.nodes.length_m[theirs] > 0
    ours, theirs = ours[keep], theirs[keep]
    crossed = (_sides(first, ours, second, theirs) < 0) & (_sides(second, theirs, first, ours) < 0)
    pairs = np.flatnonzero(crossed)
    if not len(pairs):
        return None
    return _meeting(first, int(ours[pairs[0]]), second, int(theirs[pairs[0]]))


def _sides(line: Edges, segment: Indices, other: Edges, crossing: Indices) -> Floats:
    """Return less than 0 where a segment's ends lie on two sides of another one's geodesic."""
    sides = [_side(line, segment, other.lon[end], other.lat[end]) for end in (crossing, crossing + 1)]
    return sides[0] * sides[1]


def _side(line: Edges, segment: Indices, lon: Floats, lat: Floats) -> Floats:
    """Return how far right of a segment's geodesic points lie, metres, about."""
    metres, azimuth = geodesy.pairwise(line.lon[segment], line.lat[segment], lon, lat)
    aside: Floats = metres * np.sin(np.radians(azimuth - line.nodes.azimuth_deg[segment]))
    return aside


def _meeting(first: Edges, ours: int, second: Edges, theirs: int) -> tuple[float, float]:
    """Return where two segments cross, by halving the first."""
    mine, other = np.array([ours]), np.array([theirs])
    low, high = np.zeros(1), first.nodes.length_m[mine].copy()
    begin = _side(second, other, first.lon[mine], first.lat[mine])
    for _ in range(50):
        middle = (low + high) / 2
        here = first.along(mine, middle, first.lon[mine], first.lat[mine])
        before = _side(second, other, here.lon, here.lat) * begin > 0
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    here = first.along(mine, low, first.lon[mine], first.lat[mine])
    return float(here.lon[0]), float(here.lat[0])
