"""The polylines between which the circle round an origin runs, as a graph over latitude.

For a fixed latitude the distance to the origin never decreases as the difference in longitude grows
from 0 to 180 degrees, so that a disk of radius S is exactly ``|dl| <= h(latitude)``. Every point of
the inner polyline is nearer than S, every point of the outer one farther. By monotony, what lies left of
the inner one is within, and what lies right of the outer one is beyond, at whatever latitude.

`docs/method.md` has the mathematics with its sources.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from weapons_ref.geo import drawing, geodesy

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Half the strip between the polylines is at least so wide: a thousand times the margin that rounding of
#: coordinates and distances needs.
_LEAST_STRIP_M = 1e-3
#: A circle on a plane takes so many edges, over the square root of the strip as a share of the radius, for half
#: of it. Circles on the Earth are refined where they need more.
_EDGES = 2.3
#: Where along an edge its distance from the origin is measured.
_SAMPLES = np.array([0.25, 0.5, 0.75])
#: Smaller disks have no inner polyline, and the outer one of a disk so large.
_LEAST_RADIUS_M = 2.0
#: What vertices may lie out of order, degrees: 0.1 um, far more than rounding.
_DISORDER_DEG = 1e-12
#: Nothing is farther from anything than this.
_WHOLE_GLOBE_M = geodesy.HALF_MERIDIAN_M + 1e-3

_BINS = 8192
#: What bins and cells are taken to reach beyond their edges, as a share of their width: far more than rounding.
SPARE = 1e-3


class Polyline(NamedTuple):
    """A difference in longitude as a function of latitude, straight between vertices."""

    lat: Floats  #: degrees, ascending
    dl: Floats  #: degrees, 0 to 180; -1 where there is none
    south: float  #: the value south of the first vertex
    north: float  #: the value north of the last one

    def at(self, lat: Floats) -> Floats:
        """Return the values at some latitudes."""
        values: Floats = np.interp(lat, self.lat, self.dl, left=self.south, right=self.north)
        return values

    def extreme(self, south: Floats, north: Floats, pick: np.ufunc) -> Floats:
        """Return the least or greatest values, by `np.minimum` or `np.maximum`, between latitudes."""
        ends = pick(self.at(south), self.at(north))
        first, last = np.searchsorted(self.lat, south, "left"), np.searchsorted(self.lat, north, "right")
        # Where no vertex lies between, `reduceat` gives one that is not asked for.
        between = pick.reduceat(np.append(self.dl, 0.0), np.stack([first, last], axis=1).ravel())[::2]
        extremes: Floats = np.where(first < last, pick(ends, between), ends)
        return extremes


_NOWHERE = Polyline(np.zeros(1), np.full(1, -1.0), -1.0, -1.0)
_EVERYWHERE = Polyline(np.zeros(1), np.full(1, 180.0), 180.0, 180.0)


class Strip(NamedTuple):
    """How far polylines are from their circle: more than a quarter of this, less than five times."""

    share: float  #: of the radius
    most_m: float


#: What is enough to lay cells over, and made in 2 to 4 ms, and what keeps exact distances rare in 8 to 20 ms.
COARSE = Strip(1e-4, 500.0)
FINE = Strip(2e-6, 10.0)


class Disk:
    """The points within a distance of a latitude at longitude 0, between two polylines.

    Parameters
    ----------
    lat : float
        Of the centre, degrees.
    radius_m : float
        Above 0.
    strip : Strip
        How far apart the polylines may be.

    Attributes
    ----------
    inner, outer : Polyline
        Points with a difference in longitude of at most `inner` are within, by more than a tenth of a
        millimetre, and points with one of more than `outer` are beyond, by as much.
    """

    def __init__(self, lat: float, radius_m: float, strip: Strip) -> None:
        edges = math.ceil(_EDGES / math.sqrt(strip.share))
        strip_m = max(min(strip.share * radius_m, strip.most_m), _LEAST_STRIP_M)
        most_m = geodesy.SHORTEST_ALWAYS_M - 1
        self.inner, self.outer = _NOWHERE, _EVERYWHERE
        if radius_m >= _WHOLE_GLOBE_M:
            self.inner = _EVERYWHERE
            return
        if radius_m >= _LEAST_RADIUS_M:
            self.inner = _polyline(lat, min(radius_m, most_m), -strip_m, edges) or self.inner
        if radius_m + 4 * strip_m < most_m:
            self.outer = _polyline(lat, max(radius_m, _LEAST_RADIUS_M), strip_m, edges) or self.outer


def _polyline(lat: float, radius_m: float, strip_m: float, edges: int) -> Polyline | None:
    """Return a polyline whose points are farther than a radius, or nearer if the strip is negative.

    By half the strip at least: its vertices are off by the strip or up to four times as much, and its edges
    stray from there by a quarter of it at the samples, and so by less than half of it between them.
    """
    width = abs(strip_m)
    poles = [geodesy.inverse(0.0, lat, 0.0, pole).distance_m for pole in (-90.0, 90.0)]
    if min(poles) <= width / 2:
        return _round_the_pole(lat, radius_m + strip_m)
    # A circle that all but touches a pole is no curve to draw: one of these keeps away from both.
    circles = (radius_m + step * strip_m for step in (1, 2, 3, 4))
    circle_m = next(metres for metres in circles if min(abs(pole - metres) for pole in poles) >= width / 2)
    ends = [180.0 if pole < circle_m else 0.0 for pole in poles]

    def place(azimuths: Floats) -> Floats:
        lons, lats = geodesy.destinations(0.0, lat, azimuths, circle_m)
        # A hair west of the meridian is rounding: these geodesics stay on the eastern half.
        lons = np.where(lons < -90, 180.0, np.maximum(lons, 0.0))
        lons[azimuths == 0], lons[azimuths == 180] = ends[1], ends[0]
        return np.stack([lons, lats])

    def strays(starts: Floats, stops: Floats) -> Floats:
        lons, lats = (starts[..., None] + (stops - starts)[..., None] * _SAMPLES).reshape(2, -1)
        metres, _ = geodesy.distances(0.0, lat, lons, lats)
        most: Floats = np.abs(np.asarray(metres) - circle_m).reshape(-1, len(_SAMPLES)).max(axis=1)
        return most

    _, (lons, lats) = drawing.refine(np.linspace(0.0, 180.0, edges + 1), place, strays, width / 4)
    return _ascending(lons[::-1], lats[::-1], ends, np.maximum if strip_m > 0 else np.minimum)


def _ascending(lons: Floats, lats: Floats, ends: list[float], pick: np.ufunc) -> Polyline | None:
    """Return the polyline through vertices, of which one is kept at each latitude."""
    lat = np.maximum.accumulate(lats)
    if (lat - lats).max() > _DISORDER_DEG:
        return None
    first = np.flatnonzero(np.append(True, np.diff(lat) > 0))
    south, north = (end if end == 180 else -1.0 for end in ends)
    return Polyline(lat[first], pick.reduceat(lons, first), south, north)


def _round_the_pole(lat: float, circle_m: float) -> Polyline:
    """Return the polyline of a circle round the pole that is half a strip or less from a latitude: a parallel."""
    pole = math.copysign(90.0, lat)
    _, (edge,) = geodesy.destinations(0.0, pole, np.array([180.0 if pole > 0 else 0.0]), circle_m)
    values = (-1.0, 180.0) if pole > 0 else (180.0, -1.0)
    return Polyline(np.array([edge]), np.array([180.0]), *values)


#: Up to what difference in longitude all is nearer, and past what farther: of a disk, and of the hole in it if any.
Bounds = list[tuple[Floats, Floats]]


class Table:
    """The polylines of a ring's disk, and of the hole in it.

    Parameters
    ----------
    lat : float
        Of the origin, degrees.
    maximum_m, minimum_m : float
        Of the ring; no hole if the minimum is 0.
    strip : Strip
        How far apart the polylines may be.
    """

    def __init__(self, lat: float, maximum_m: float, minimum_m: float, strip: Strip) -> None:
        self.disks = [Disk(lat, metres, strip) for metres in (maximum_m, minimum_m) if metres > 0]

    def extent(self) -> tuple[float, float, float]:
        """Return the latitudes and the difference in longitude past which everything is beyond."""
        outer = self.disks[0].outer
        south = -90.0 if outer.south == 180 else float(outer.lat[0])
        north = 90.0 if outer.north == 180 else float(outer.lat[-1])
        return south, north, 1.001 * float(max(outer.dl.max(), outer.south, outer.north))

    def at(self, lat: Floats) -> Bounds:
        """Return the bounds at some latitudes."""
        return [(disk.inner.at(lat), disk.outer.at(lat)) for disk in self.disks]

    def between(self, south: Floats, north: Floats) -> Bounds:
        """Return bounds that hold at all latitudes from `south` to `north`, for each of some bands of latitude."""
        return [
            (disk.inner.extreme(south, north, np.minimum), disk.outer.extreme(south, north, np.maximum))
            for disk in self.disks
        ]


class Bins:
    """The bounds of a table in equal steps of latitude, found without a search."""

    def __init__(self, table: Table) -> None:
        self._south, north, _ = table.extent()
        self._scale = (_BINS - 4) / (north - self._south)
        steps = np.arange(_BINS, dtype=np.float64) - 2
        below, above = (self._south + (steps + shift) / self._scale for shift in (-SPARE, 1 + SPARE))
        self._bounds = table.between(below, above)

    def at(self, lat: Floats) -> Bounds:
        """Return bounds at some latitudes, no closer than they hold at all latitudes near by."""
        bins = ((lat - self._south) * self._scale + 2).astype(np.int64)
        return [(inner.take(bins, mode="clip"), outer.take(bins, mode="clip")) for inner, outer in self._bounds]


def decide(bounds: Bounds, least: Floats, most: Floats) -> tuple[Bools, Bools]:
    """Return what is surely in the ring and what surely not, of points or cells between differences in longitude."""
    (inner, outer), *holes = bounds
    inside, outside = most <= inner, least > outer
    for inner, outer in holes:
        inside &= least > outer
        outside |= most <= inner
    return inside, outside
