"""Outlines as lines, without the edges that are there only because a map has an end.

A polygon that is cut at the antimeridian (RFC 7946, section 3.1.9) has edges along the cut, and one
that holds a pole has an edge along the top or bottom of the map. Neither is part of its boundary on
Earth, and a program that draws a globe should not stroke them. Such programs also join two positions
by a great circle, where GeoJSON's edges are straight in longitude and latitude.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

Position = tuple[float, float]
Line = list[Position]
Interval = tuple[float, float]

_MEAN_RADIUS_M = 6_371_008.8
#: The longest edges, in longitude and in latitude; a great circle is in no doubt which way to go.
_WIDEST_DEG = 1.0
_TALLEST_DEG = 45.0
_DECIMALS = 7


def boundary_lines(polygons: Sequence[Sequence[Sequence[Position]]]) -> list[Line]:
    """Return the boundary that polygons have on Earth, all of them taken together.

    Parameters
    ----------
    polygons : sequence of sequence of sequence of (float, float)
        The closed lines of each polygon, outer and inner, as longitude and latitude; the coordinates
        of an RFC 7946 MultiPolygon.

    Returns
    -------
    list of list of (float, float)
        Lines in the direction they had, without edges at a pole, and along the antimeridian only where
        one side of it is covered and the other is not. A line that closes is a boundary's whole turn.
    """
    east, west = _seam(polygons, 180.0), _seam(polygons, -180.0)
    kept = {180.0: _without(east, west), -180.0: _without(west, east)}
    return [line for polygon in polygons for ring in polygon for line in _opened(ring, kept)]


def follow(line: Sequence[Position], max_error_m: float = 10.0) -> Line:
    """Return a line with edges so short that great circles between its vertices follow it.

    Parameters
    ----------
    line : sequence of (float, float)
        Longitude and latitude, degrees, joined by edges that are straight in these.
    max_error_m : float
        How far, in metres, a great circle may lie from an edge.

    Returns
    -------
    list of (float, float)
        The same line: all its vertices, and others on its edges, to seven decimals. No edge turns by more
        than one degree of longitude.
    """
    drawn = [line[0]]
    for (x0, y0), (x1, y1) in pairwise(line):
        steps = _steps(x0, y0, x1, y1, max_error_m)
        for step in range(1, steps):
            t = step / steps
            drawn.append((_rounded(x0 + (x1 - x0) * t), _rounded(y0 + (y1 - y0) * t)))
        drawn.append((x1, y1))
    return drawn


def _steps(x0: float, y0: float, x1: float, y1: float, max_error_m: float) -> int:
    """Return into how many edges to divide one.

    On a sphere an edge that is straight in longitude and latitude, `a` by `b` radians, bends sideways by
    sin(lat) a (a^2 cos(lat)^2 + 2 b^2) / v, v its length (the geodesic equations, put into those of the edge).
    A great circle between its ends is an eighth of that away in the middle; divided by n, an n-squared-th.
    """
    a, b = math.radians(abs(x1 - x0)), math.radians(abs(y1 - y0))
    highest = math.radians(max(abs(y0), abs(y1)))
    lowest = math.radians(min(abs(y0), abs(y1))) if y0 * y1 > 0 else 0.0
    width = a * math.cos(lowest)
    length = math.hypot(width, b)
    bend = math.sin(highest) * a * (width**2 + 2 * b**2) / length if length else 0.0
    stray_m = _MEAN_RADIUS_M * bend / 8
    return max(
        1,
        math.ceil(abs(x1 - x0) / _WIDEST_DEG),
        math.ceil(abs(y1 - y0) / _TALLEST_DEG),
        math.ceil(math.sqrt(stray_m / max_error_m)),
    )


def _rounded(degrees: float) -> float:
    return round(degrees, _DECIMALS) + 0.0  # adding zero turns -0.0 into 0.0


def _seam(polygons: Sequence[Sequence[Sequence[Position]]], lon: float) -> list[Interval]:
    """Return between which latitudes there are edges along a meridian, from south to north."""
    edges = sorted(
        (min(y0, y1), max(y0, y1))
        for polygon in polygons
        for ring in polygon
        for (x0, y0), (x1, y1) in pairwise(ring)
        if x0 == x1 == lon
    )
    joined: list[Interval] = []
    for low, high in edges:
        if joined and low <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(high, joined[-1][1])
        else:
            joined.append((low, high))
    return joined


def _without(intervals: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    """Return what some intervals cover and others do not."""
    left = list(intervals)
    for start, end in others:
        left = [
            (low, high)
            for first, last in left
            for low, high in ((first, min(last, start)), (max(first, end), last))
            if low < high
        ]
    return left


def _opened(ring: Sequence[Position], kept: dict[float, list[Interval]]) -> list[Line]:
    """Return a closed line as the lines that are left of it."""
    lines: list[Line] = []
    for start, end in pairwise(ring):
        for first, last in _left_of(start, end, kept):
            if lines and lines[-1][-1] == first:
                lines[-1].append(last)
            else:
                lines.append([first, last])
    if len(lines) > 1 and lines[-1][-1] == lines[0][0]:
        # Where the closed line begins is the middle of a line.
        lines[0] = lines.pop()[:-1] + lines[0]
    return lines


def _left_of(start: Position, end: Position, kept: dict[float, list[Interval]]) -> Iterator[tuple[Position, Position]]:
    """Yield what is left of an edge, in its direction."""
    (x0, y0), (x1, y1) = start, end
    if abs(y0) == 90 and y0 == y1:
        return
    if x0 != x1 or x0 not in kept:
        yield start, end
        return
    low, high = min(y0, y1), max(y0, y1)
    pieces = sorted((max(low, first), min(high, last)) for first, last in kept[x0] if first < high and low < last)
    for first, last in pieces if y0 < y1 else reversed(pieces):
        yield ((x0, first), (x0, last)) if y0 < y1 else ((x0, last), (x0, first))
