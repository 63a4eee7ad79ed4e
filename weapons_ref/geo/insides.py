"""Which points lie inside polygons of geodesic edges, poles and antimeridian included.

A ring is unrolled: its longitudes go on from node to node, each turning by less than 180 degrees, and
poles are written out, so that it becomes a closed curve in the plane of longitude and latitude. A
point is inside when its meridian, from the point north to the pole, crosses the curve an odd number
of times. `unroll` says how poles are understood.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from weapons_ref.geo import geodesy

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

#: A segment of 2 km, however near a pole, passes its ends' latitudes by less.
_MARGIN_DEG = 0.01
_HALF_GLOBE_M2 = 255_032_810_862_044.2
_MOST_BINS = 1 << 17
_PAIRS = 1_000_000


class Ring(NamedTuple):
    """A closed curve in the plane: longitudes go on past 180, and the first node is repeated last.

    From node to node runs a geodesic of at most 2 km; a meridian, when one is a pole; or, when both
    are, the pole itself, across all longitudes between.
    """

    lon: Floats
    lat: Floats


def unroll(lon: Floats, lat: Floats, written_lon: Floats) -> Ring:
    """Return a ring of nodes, the first repeated last, as a closed curve in the plane.

    Parameters
    ----------
    lon, lat : array of float64, shape (n,)
        Nodes at most 2 km apart, an edge over a pole having one there.
    written_lon : array of float64, shape (n,)
        Longitudes as written, which matter where two vertices are at the same pole: they turn by
        their difference, as RFC 7946 writes polygons round a pole. A single vertex there has the
        longitudes of its neighbours.

    Returns
    -------
    Ring
        If the ring closes in the plane, that curve. If it goes round a pole, or runs over both, so
        that it could be closed on either side, the side with the smaller area is inside.
    """
    start = int(np.argmax(np.abs(lat) < 90))
    if abs(lat[start]) == 90:
        return Ring(np.zeros(2), lat[:1].repeat(2))
    # Begin away from the poles.
    order = np.append(np.roll(np.arange(len(lon) - 1), -start), start)
    lon, lat, turn, free = _write_poles(lon[order], lat[order], written_lon[order])
    either = free[np.abs(np.abs(turn[free]) - 180) < 1e-9]
    rounds = round(turn.sum() / 360)
    for place in either:
        # An edge over a pole turns either way; the way that closes the ring is meant.
        if rounds * turn[place] > 0:
            turn[place] -= np.copysign(360, turn[place])
            rounds = round(turn.sum() / 360)
    ring = _closed(lon, lat, turn)
    over = np.array([i for pole in (90, -90) for i in either[lat[either] == pole][:1]], dtype=np.intp)
    if not rounds and len(over) < 2:
        return ring
    area_m2 = geodesy.signed_area(lon, lat)
    # Of two halves of the globe it is the left one, as RFC 7946 winds.
    left = area_m2 > 0 or -area_m2 > (1 - 1e-9) * _HALF_GLOBE_M2
    if rounds:
        return _closed_at_pole(ring, 90.0 if left == (rounds > 0) else -90.0)
    if left != (_plane_area(ring) > 0):
        turn[over] -= np.copysign(360, turn[over])
        ring = _closed(lon, lat, turn)
    return ring


def _write_poles(lon: Floats, lat: Floats, written_lon: Floats) -> tuple[Floats, Floats, Floats, Indices]:
    """Return nodes and the turn from each to the next; a stay at a pole becomes two nodes and its turn.

    With them, which nodes begin a stay of a single vertex, whose longitude does not count.
    """
    polar = np.abs(lat) == 90
    single = polar & ~np.roll(polar, 1) & ~np.roll(polar, -1)
    twice = np.repeat(np.arange(len(lon)), np.where(single, 2, 1))
    lon, lat, written_lon, polar, single = lon[twice], lat[twice], written_lon[twice], polar[twice], single[twice]
    turn = np.append(_shortest(lon[1:] - lon[:-1]), 0.0)
    kept = ~polar
    begins, ends = np.flatnonzero(polar & ~np.roll(polar, 1)), np.flatnonzero(polar & ~np.roll(polar, -1))
    for begin, end in zip(begins, ends, strict=True):
        before, after = lon[begin - 1], lon[end + 1]
        sweep = _shortest(after - before)
        if not single[begin]:
            first, last = written_lon[begin], written_lon[end]
            sweep = _shortest(first - before) + last - first + _shortest(after - last)
        lon[begin], lon[end] = before, after
        turn[begin - 1 : end + 1] = 0.0
        turn[begin] = sweep
        kept[[begin, end]] = True
    return lon[kept], lat[kept], turn[kept], np.flatnonzero(single[kept] & np.roll(single[kept], -1))


def _shortest(turn: Floats) -> Floats:
    shortest: Floats = (turn + 180) % 360 - 180
    return shortest


def _closed(lon: Floats, lat: Floats, turn: Floats) -> Ring:
    """Return the curve that these turns make, on longitudes that are those of the nodes but for whole rounds."""
    unrolled = lon[0] + np.concatenate([[0.0], np.cumsum(turn[:-1])])
    return Ring(lon + 360 * np.rint((unrolled - lon) / 360), lat)


def _closed_at_pole(ring: Ring, pole: float) -> Ring:
    lon, lat = ring
    return Ring(np.append(lon, [lon[-1], lon[0], lon[0]]), np.append(lat, [pole, pole, lat[0]]))


def _plane_area(ring: Ring) -> float:
    lon, lat = ring
    return float((lon[:-1] * lat[1:] - lon[1:] * lat[:-1]).sum()) / 2


class Insides:
    """The insides of some polygons, each an exterior and its holes."""

    def __init__(self, polygons: Sequence[Sequence[Ring]]) -> None:
        #: Of each ring: a number that is the same for all rings of a polygon, and whether it is a hole.
        self._polygon = np.array([number for number, rings in enumerate(polygons) for _ in rings])
        self._hole = np.array([place > 0 for rings in polygons for place in range(len(rings))])
        self._lay_out([ring for rings in polygons for ring in rings])

    def _lay_out(self, rings: Sequence[Ring]) -> None:
        """Sort the rings' segments into bins of longitude, those of one bin by ring."""
        lon, lat = (np.concatenate([getattr(ring, axis)[:-1] for ring in rings]) for axis in ("lon", "lat"))
        lon2, lat2 = (np.concatenate([getattr(ring, axis)[1:] for ring in rings]) for axis in ("lon", "lat"))
        ring = np.repeat(np.arange(len(rings)), [len(ring.lon) - 1 for ring in rings])
        polar, polar2 = np.abs(lat) == 90, np.abs(lat2) == 90
        # Meridians and the south pole are never crossed on the way north; the north pole always is.
        crossed = np.flatnonzero(np.where(polar & polar2, lat == 90, ~polar & ~polar2))
        lon, lat, lon2, lat2, ring = lon[crossed], lat[crossed], lon2[crossed], lat2[crossed], ring[crossed]
        self._zero = _widest_gap(lon)
        west, east, of = _intervals(self._turned(lon), self._turned(lon2), lon2 - lon)
        _, self._azimuth = geodesy.pairwise(lon, lat, lon2, lat2)
        self._lon, self._lat, self._ring, self._eastward = lon, lat, ring, lon2 > lon
        self._low, self._high = np.minimum(lat, lat2) - _MARGIN_DEG, np.maximum(lat, lat2) + _MARGIN_DEG
        self._low[lat == 90] = np.inf
        self._bins(west, east, of)

    def _bins(self, west: Floats, east: Floats, of: Indices) -> None:
        order = np.argsort(of, kind="stable")
        west, east, of = west[order], east[order], of[order]
        count = min(max(len(west), 1), _MOST_BINS)
        self._begin, self._end = float(west.min(initial=360)), float(east.max(initial=0))
        self._per_degree = count / max(self._end - self._begin, 1e-9)
        first, last = self._bin(west, count), self._bin(east, count)
        spans = last - first + 1
        entry = np.repeat(np.arange(len(of)), spans)
        into = np.arange(len(entry)) + np.repeat(first - np.cumsum(spans) + spans, spans)
        by_bin = np.argsort(into, kind="stable")
        self._entry = entry[by_bin]
        self._offsets = np.searchsorted(into[by_bin], np.arange(count + 1))
        self._west, self._east, self._of = west, east, of

    def _bin(self, turned: Floats, count: int) -> Indices:
        bins: Indices = np.clip((turned - self._begin) * self._per_degree, 0, count - 1).astype(np.intp)
        return bins

    def _turned(self, lon: Floats) -> Floats:
        """Return longitudes counted from `_zero`, in [0, 360)."""
        turned = (lon - self._zero) % 360
        turned[turned >= 360] = 0.0
        return turned

    def contains(self, lon: Floats, lat: Floats) -> Bools:
        """Say which points lie inside at least one polygon; on an edge, either."""
        inside = np.zeros(len(lon), dtype=bool)
        turned = self._turned(lon)
        rows = np.flatnonzero((turned >= self._begin) & (turned < self._end))
        bins = self._bin(turned[rows], len(self._offsets) - 1)
        counts = self._offsets[bins + 1] - self._offsets[bins]
        for block in _blocks(counts):
            inside[self._inside(rows[block], bins[block], counts[block], turned, lon, lat)] = True
        return inside

    def _inside(
        self, rows: Indices, bins: Indices, counts: Indices, turned: Floats, lon: Floats, lat: Floats
    ) -> Indices:
        """Return which of some rows are inside."""
        point = np.repeat(rows, counts)
        within = np.arange(len(point)) - np.repeat(np.cumsum(counts) - counts, counts)
        entry = self._entry[np.repeat(self._offsets[bins], counts) + within]
        here = turned[point]
        keep = (self._west[entry] <= here) & (here < self._east[entry])
        point, segment = point[keep], self._of[entry[keep]]
        height = lat[point]
        keep = height <= self._high[segment]
        point, segment, height = point[keep], segment[keep], height[keep]
        below = height < self._low[segment]
        close = np.flatnonzero(~below)
        below[close] = self._is_below(segment[close], lon[point[close]], height[close])
        return self._odd(point[below], self._ring[segment[below]])

    def _is_below(self, segment: Indices, lon: Floats, lat: Floats) -> Bools:
        """Say which points lie south of the geodesic of a segment: on its right, when it runs east."""
        _, azimuth = geodesy.pairwise(self._lon[segment], self._lat[segment], lon, lat)
        right = np.sin(np.radians(azimuth - self._azimuth[segment])) > 0
        south: Bools = right == self._eastward[segment]
        return south

    def _odd(self, point: Indices, ring: Indices) -> Indices:
        """Return the points inside a polygon, from every crossing's point and ring, sorted by both."""
        begins = np.ones(len(point), dtype=bool)
        begins[1:] = (point[1:] != point[:-1]) | (ring[1:] != ring[:-1])
        begins = np.flatnonzero(begins)
        odd = begins[np.diff(np.append(begins, len(point))) % 2 == 1]
        point, ring = point[odd], ring[odd]
        # Rings follow their exterior, so that a hole that holds the point comes right after it.
        in_hole = np.zeros(len(point), dtype=bool)
        in_hole[:-1] = (
            (point[1:] == point[:-1]) & (self._polygon[ring[1:]] == self._polygon[ring[:-1]]) & self._hole[ring[1:]]
        )
        inside: Indices = point[~self._hole[ring] & ~in_hole]
        return inside


def _widest_gap(lon: Floats) -> float:
    """Return a whole degree in the widest gap between longitudes, or next to it."""
    ordered = np.unique(lon % 360)
    if not len(ordered):
        return 0.0
    gaps = np.diff(np.append(ordered, ordered[0] + 360))
    widest = int(gaps.argmax())
    return float(np.rint(ordered[widest] + gaps[widest] / 2))


def _intervals(start: Floats, end: Floats, turn: Floats) -> tuple[Floats, Floats, Indices]:
    """Return half-open intervals [west, east) within [0, 360) that segments cross, and whose they are.

    Whole rounds, at a pole, are intervals of their own.
    """
    eastward = turn > 0
    west, east = np.where(eastward, start, end), np.where(eastward, end, start)
    wraps = east < west
    rounds = np.rint((np.abs(turn) - np.where(wraps, east + 360 - west, east - west)) / 360).astype(np.intp)
    number = np.arange(len(turn))
    one = np.flatnonzero(wraps & (east > 0))
    whole = np.repeat(number, rounds)
    return (
        np.concatenate([west, np.zeros(len(one) + len(whole))]),
        np.concatenate([np.where(wraps, 360.0, east), east[one], np.full(len(whole), 360.0)]),
        np.concatenate([number, one, whole]),
    )


def _blocks(counts: Indices) -> Iterator[slice]:
    """Return slices of rows whose counts add up to about `_PAIRS` at most."""
    total = np.cumsum(counts)
    begin = 0
    while begin < len(counts):
        done = total[begin - 1] if begin else 0
        end = max(int(np.searchsorted(total, done + _PAIRS, side="right")), begin + 1)
        yield slice(begin, end)
        begin = end
