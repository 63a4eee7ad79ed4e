"""The farthest point of geodesic edges.

Up to about a quarter of the globe the distance from a place is convex along an edge, so that the
farthest point is a vertex. Beyond, it is concave and may have its maximum between two nodes: there
the segments that can hold a greater distance than any node are searched by golden section.

Few nodes are measured exactly. Up to a quarter the chord bounds of `edges` leave out the others. For
more, put the ellipsoid on the unit sphere by reduced latitude: lengths there are between 1/a and 1/b
of what they were, so that a distance lies between b and a times the angle.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from weapons_ref.geo import geodesy
from weapons_ref.geo.edges import (
    LEAST_RADIUS_M,
    Edges,
    Found,
    earth_centred,
    largest_distance,
    least_distance,
    squared_chords,
)

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

#: Short of this, whatever the latitude, the distance is convex; a quarter of a sphere of radius b is 9,985 km.
_CONVEX_M = 9_900_000.0
_PAIRS = 2_000_000
_GOLDEN = (math.sqrt(5) - 1) / 2
#: Shrinks 2 km to a millimetre, which the distance cannot be off by more than.
_ROUNDS = 31
#: What a matrix product leaves a squared chord off by at most, in square metres and on the unit sphere.
_SLACK_M2 = 0.5
_SLACK = 2e-15


def farthest(edges: Edges, lon: Floats, lat: Floats) -> Found:
    """Return the farthest point of the edges from each point, exact to a millimetre."""
    found = Found(np.empty(len(lon)), np.empty(len(lon)), np.empty(len(lon)))
    sphere = _on_sphere(edges.lon, edges.lat)
    size = max(1, _PAIRS // len(edges.lon))
    for start in range(0, len(lon), size):
        block = slice(start, start + size)
        for whole, part in zip(found, _farthest(edges, sphere, lon[block], lat[block]), strict=True):
            whole[block] = part
    return found


def _farthest(edges: Edges, sphere: Floats, lon: Floats, lat: Floats) -> Found:
    best = np.zeros(len(lon))
    found = Found(best, np.empty(len(lon)), np.empty(len(lon)))
    vertices = np.flatnonzero(edges.nodes.vertex >= 0)
    squares = squared_chords(earth_centred(lon, lat), edges.xyz[vertices])
    convex = largest_distance(np.sqrt(squares.max(axis=1) + _SLACK_M2)) < _CONVEX_M
    near, far = np.flatnonzero(convex), np.flatnonzero(~convex)
    if len(near):
        point, node = _far_by_chord(squares[near])
        point, node = near[point], vertices[node]
        metres, _ = geodesy.pairwise(edges.lon[node], edges.lat[node], lon[point], lat[point])
        _improve(found, point, metres, edges.lon[node], edges.lat[node])
    if len(far):
        point, node = _far_by_angle(squared_chords(_on_sphere(lon[far], lat[far]), sphere), edges.longest_m)
        metres, azimuth = geodesy.pairwise(edges.lon[node], edges.lat[node], lon[far[point]], lat[far[point]])
        _improve(found, far[point], metres, edges.lon[node], edges.lat[node])
        point, segment = _promising(edges, far[point], node, metres, azimuth, best)
        _improve(found, point, *_summits(edges, segment, lon[point], lat[point]))
    return found


def _improve(found: Found, point: Indices, metres: Floats, lon: Floats, lat: Floats) -> None:
    """Keep what is farther than what was found before."""
    np.maximum.at(found.distance_m, point, metres)
    winners = np.flatnonzero(metres == found.distance_m[point])
    found.lon[point[winners]], found.lat[point[winners]] = lon[winners], lat[winners]


def _far_by_chord(squares: Floats) -> tuple[Indices, Indices]:
    """Return pairs of a row and a column that may be its farthest, from squared chords."""
    least = least_distance(np.sqrt(np.maximum(squares.max(axis=1) - _SLACK_M2, 0)))
    chord = 2 * LEAST_RADIUS_M * np.sin(np.minimum(least / (2 * LEAST_RADIUS_M), np.pi / 2))
    row, column = np.nonzero(squares >= (chord**2 - 2 * _SLACK_M2)[:, None])
    return row, column


def _far_by_angle(squares: Floats, spare_m: float) -> tuple[Indices, Indices]:
    """Return the same from squared chords on the unit sphere, and with them what may be nearer by `spare_m`."""
    angle = 2 * np.arcsin(np.sqrt(np.clip(squares.max(axis=1) - _SLACK, 0, 4)) / 2)
    angle = np.maximum(geodesy.POLAR_RADIUS_M * angle - spare_m, 0) / geodesy.EQUATORIAL_RADIUS_M
    row, column = np.nonzero(squares >= ((2 * np.sin(angle / 2)) ** 2 - _SLACK)[:, None])
    return row, column


def _on_sphere(lon: Floats, lat: Floats) -> Floats:
    """Return unit vectors, shape (n, 3), by reduced latitude."""
    lam, phi = np.radians(lon), np.radians(lat)
    beta = np.arctan2((1 - geodesy.FLATTENING) * np.sin(phi), np.cos(phi))
    return np.stack([np.cos(beta) * np.cos(lam), np.cos(beta) * np.sin(lam), np.sin(beta)], axis=-1)


def _promising(
    edges: Edges, point: Indices, node: Indices, metres: Floats, azimuth: Floats, best: Floats
) -> tuple[Indices, Indices]:
    """Return pairs of a point and a segment within which a farther point may lie."""
    segment, turn, length = edges.from_nodes(node, azimuth)
    point, metres = np.tile(point, 2), np.tile(metres, 2)
    # The distance is concave, so that it grows no further than at the slope it has at the node.
    keep = metres - np.cos(np.radians(turn)) * length > best[point] + 1e-3
    pairs = np.unique(point[keep] * len(edges.lon) + segment[keep])
    return pairs // len(edges.lon), pairs % len(edges.lon)


def _summits(edges: Edges, segment: Indices, lon: Floats, lat: Floats) -> Found:
    """Return the farthest point of a segment from each point, by golden section."""
    low, high = np.zeros(len(segment)), edges.nodes.length_m[segment].copy()
    inner, outer = high * (1 - _GOLDEN), high * _GOLDEN
    at_inner, at_outer = edges.along(segment, inner, lon, lat), edges.along(segment, outer, lon, lat)
    for _ in range(_ROUNDS):
        right = at_inner.distance_m < at_outer.distance_m
        low, high = np.where(right, inner, low), np.where(right, high, outer)
        inner, outer = high - (high - low) * _GOLDEN, low + (high - low) * _GOLDEN
        fresh = edges.along(segment, np.where(right, outer, inner), lon, lat)
        at_inner, at_outer = (
            Found(*(np.where(right, b, new) for b, new in zip(at_outer, fresh, strict=True))),
            Found(*(np.where(right, new, a) for a, new in zip(at_inner, fresh, strict=True))),
        )
    return at_inner
