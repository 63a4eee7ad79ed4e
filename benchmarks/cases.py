"""What is asked in `benchmarks/points.py`: rings, points and the exact answers."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyproj

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]

#: Where the rings are drawn.
LON, LAT = 32.6178, 46.65581
GEOD = pyproj.Geod(ellps="WGS84")
#: A degree of latitude is nowhere shorter than this, metres: that at the equator, rounded down.
DEGREE_M = 110_574.0
#: Nearest and farthest that points near a ring lie from it, as powers of ten: a nanometre to ten kilometres.
NEAR = (-9, 4)


class Points(NamedTuple):
    """Columns of positions, degrees."""

    lon: Floats
    lat: Floats

    def head(self, count: int) -> Points:
        """Return the first points; they come in no order, so that these are a sample."""
        return Points(self.lon[:count], self.lat[:count])


class Ring(NamedTuple):
    """A disk, or an annulus, round the origin."""

    name: str
    maximum_m: float
    minimum_m: float = 0.0

    @property
    def nearer_m(self) -> float:
        """The greatest distance that is less than the minimum, for whoever can only ask what is within one."""
        return math.nextafter(self.minimum_m, 0.0)


RINGS = (
    Ring("30 km", 30e3),
    Ring("300 km", 300e3),
    Ring("2,000 km", 2_000e3),
    Ring("12,000 km", 12_000e3),
    Ring("70-300 km", 300e3, 70e3),
)
#: The one that bars speak of.
MAIN = RINGS[1]


def uniform(count: int, seed: int) -> Points:
    """Points as likely in one place on the globe as in another."""
    rng = np.random.default_rng(seed)
    return Points(rng.uniform(-180, 180, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count))))


def clustered(count: int, seed: int) -> Points:
    """Points round the places of the built-in gazetteer, by their population, some kilometres off."""
    lons, lats, people = _gazetteer()
    rng = np.random.default_rng(seed)
    chosen = np.searchsorted(np.cumsum(people) / people.sum(), rng.random(count), side="right")
    north = rng.normal(0, 0.05, count)
    east = rng.normal(0, 0.05, count)
    east /= np.maximum(np.cos(np.radians(lats[chosen])), 0.01)
    lon = (lons[chosen] + east + 180) % 360 - 180
    return Points(lon, np.clip(lats[chosen] + north, -90, 90))


def places(count: int, seed: int) -> Points:
    """Different places of the gazetteer, whatever their size."""
    lons, lats, _ = _gazetteer()
    chosen = np.random.default_rng(seed).choice(len(lons), count, replace=False)
    return Points(lons[chosen], lats[chosen])


def _gazetteer() -> tuple[Floats, Floats, Floats]:
    from weapons_ref.places.gazetteer import UNKNOWN_POPULATION, open_gazetteer

    columns = open_gazetteer().places(0, -90, 90)
    people = [count or UNKNOWN_POPULATION for count in columns.populations]
    lons, lats, weights = (np.array(column, dtype=np.float64) for column in (columns.lons, columns.lats, people))
    return lons, lats, weights


def distances(points: Points, lon: float = LON, lat: float = LAT) -> Floats:
    """Exact distances from the origin, by `pyproj.Geod.inv`."""
    count = len(points.lon)
    metres: Floats = GEOD.inv(np.full(count, lon), np.full(count, lat), points.lon, points.lat)[2]
    return metres


def inside(metres: Floats, ring: Ring) -> Bools:
    """Which distances a ring holds; both its edges count."""
    return (metres >= ring.minimum_m) & (metres <= ring.maximum_m)


def near(ring: Ring, count: int, seed: int, lon: float = LON, lat: float = LAT) -> Points:
    """Points on both sides of a ring's edges, a nanometre to ten kilometres off, as many at each scale."""
    rng = np.random.default_rng(seed)
    edges = np.array([edge for edge in (ring.maximum_m, ring.minimum_m) if edge > 0])
    off = 10 ** rng.uniform(*NEAR, count) * rng.choice([-1, 1], count)
    metres = np.maximum(edges[rng.integers(0, len(edges), count)] + off, 0.0)
    lons, lats, _ = GEOD.fwd(np.full(count, lon), np.full(count, lat), rng.uniform(-180, 180, count), metres)
    return Points(lons, lats)


def within_any(points: Points, origins: Points, maximum_m: float) -> Bools:
    """Which points are within a distance of an origin at least, by `Geod.inv`."""
    found = np.zeros(len(points.lon), dtype=bool)
    order = np.argsort(points.lat)
    lats = points.lat[order]
    belt = maximum_m / DEGREE_M
    for lon, lat in zip(origins.lon.tolist(), origins.lat.tolist(), strict=True):
        first, last = np.searchsorted(lats, [lat - belt, lat + belt])
        rows = order[first:last]
        rows = rows[~found[rows]]
        found[rows] = distances(Points(points.lon[rows], points.lat[rows]), lon, lat) <= maximum_m
    return found
