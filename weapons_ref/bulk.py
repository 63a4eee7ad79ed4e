"""Verdicts for places held as columns, from plain points: the way of a file of millions of rows.

What is out of every range is settled by tables (`geo.band`, or a region's raster for many origins);
exact distances are measured for the rest, and read off against each range's figures.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from weapons_ref.blocks import Block
from weapons_ref.geo import geodesy
from weapons_ref.geo.band import Band
from weapons_ref.model import VERDICTS, Query
from weapons_ref.origins import CROWD
from weapons_ref.verdicts import Judge

if TYPE_CHECKING:
    from weapons_ref.geo.regions import Region
    from weapons_ref.places.columns import Columns, Rows

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Distances from all origins to some places are taken this many at a time.
_MATRIX = 1 << 20
#: Verdicts that stand before this in VERDICTS are within or disputed.
_REACHED = VERDICTS.index("inside-minimum")


class _Found(NamedTuple):
    """What some places are measured from; of one judge or of all."""

    distance_m: Floats  #: infinite where it is out of every range, and was not measured
    origin: Indices
    azimuth_deg: Floats


class _Tables(NamedTuple):
    """What takes time to make, and is made when it is first needed; all pieces of a question share it."""

    bands: list[Band]  #: of the farthest range, for each origin
    limit_bands: dict[float, Band]  #: of each figure, for a single origin
    regions: list[Region]  #: of many origins, one at most


class Bulk:
    """Answers batches of columns.

    Parameters
    ----------
    query : Query
        With plain points for origins, and no sector.
    judges : sequence of Judge
        What answers.
    """

    def __init__(self, query: Query, judges: Sequence[Judge]) -> None:
        self._query = query
        self._ranges = tuple(judge.range for judge in judges)
        limits, outcomes = zip(*(judge.outcomes() for judge in judges), strict=True)
        self._limits = [np.array(one) for one in limits]
        self._outcomes = tuple(outcomes)
        #: Of each range's outcomes, where in VERDICTS theirs stands: what says most comes first.
        self._ranks = [np.array([VERDICTS.index(said.verdict) for said in one]) for one in outcomes]
        self._farthest_m = max(range_.high_m for range_ in self._ranges)
        self._minimum_m = max(range_.minimum_high_m or 0.0 for range_ in self._ranges)
        self._printed = np.array([query.show_all or name in ("within", "disputed") for name in VERDICTS])
        # Of several origins at one position the first is named.
        positions: dict[tuple[float, float], int] = {}
        for number, origin in enumerate(query.origins):
            positions.setdefault(origin.position, number)
        self._positions = positions
        self._nothing: Rows | None = None
        self._tables = _Tables([], {}, [])
        self._crowd = len(query.origins) >= CROWD

    def again(self) -> Bulk:
        """Return the same for another file, with all tables kept."""
        other = copy.copy(self)
        other._nothing = None
        return other

    @property
    def _bands(self) -> list[Band]:
        if not self._tables.bands:
            self._tables.bands.extend(Band(lon, lat, self._farthest_m) for lon, lat in self._positions)
        return self._tables.bands

    @property
    def _limit_bands(self) -> dict[float, Band]:
        if not self._tables.limit_bands:
            (position,) = self._positions
            limits = {limit for limits in self._limits for limit in limits.tolist()}
            self._tables.limit_bands.update({limit: Band(*position, limit) for limit in limits})
        return self._tables.limit_bands

    @property
    def _region(self) -> Region:
        if not self._tables.regions:
            from weapons_ref.geo.regions import Region

            self._tables.regions.append(Region({"type": "MultiPoint", "coordinates": list(self._positions)}))
        return self._tables.regions[0]

    def answer(self, columns: Columns) -> tuple[Block, dict[str, int]]:
        """Return the verdicts to be printed, and how many there are of each kind."""
        rows, found, codes = self._settle(columns.lon, columns.lat)
        ranks = np.stack([ranks[code] for ranks, code in zip(self._ranks, codes, strict=True)])
        tally = np.bincount(ranks.ravel(), minlength=len(VERDICTS)).tolist()
        counts = dict(zip(VERDICTS, tally, strict=True))
        counts["beyond"] += (len(columns) - len(rows)) * len(self._ranges)
        chosen = self._printed[ranks]
        if self._query.by_place:
            chosen = np.broadcast_to(chosen.any(axis=0), chosen.shape)
        at, range_ = np.nonzero(chosen.T)
        which = range_ if len(found) > 1 else np.zeros_like(range_)
        distance_m = np.stack([one.distance_m for one in found])[which, at]
        keep, place = np.unique(at, return_inverse=True)
        known = np.isfinite(distance_m)
        if self._query.distances == "none":
            known[:] = False
        elif self._query.distances == "within":
            known &= ranks[range_, at] < _REACHED
        taken = self._take(columns, rows[keep])
        block = Block(
            ranges=self._ranges,
            origins=self._query.origins,
            outcomes=self._outcomes,
            names=taken.names,
            lon=columns.lon[rows[keep]],
            lat=columns.lat[rows[keep]],
            own=taken.own,
            place=place,
            range_=range_,
            outcome=np.stack(codes)[range_, at],
            origin=np.stack([one.origin for one in found])[which, at],
            distance_m=np.where(known, distance_m, np.nan),
            azimuth_deg=np.where(known, np.stack([one.azimuth_deg for one in found])[which, at], np.nan),
        )
        return block, counts

    def _take(self, columns: Columns, rows: Indices) -> Rows:
        """Return names and own columns, without touching the file where no row is asked for."""
        if self._nothing is None:
            self._nothing = columns.take(rows[:0])
        return columns.take(rows) if len(rows) else self._nothing

    def _settle(self, lon: Floats, lat: Floats) -> tuple[Indices, list[_Found], list[Indices]]:
        """Return the rows that may be printed, what they are measured from, and each range's outcomes."""
        one = len(self._positions) == 1
        # Of several origins the nearest is named even where no distance is asked for.
        all_measured = self._query.show_all and (self._query.distances == "all" or not one)
        near = np.ones(len(lon), dtype=bool) if all_measured else self._near(lon, lat)
        rows = np.arange(len(lon)) if self._query.show_all else np.flatnonzero(near)
        x, y = lon[rows], lat[rows]
        if self._query.distances == "none" and one:
            codes = self._codes_unmeasured(x, y)
            nothing = np.full(len(rows), np.nan)
            return rows, [_Found(nothing, np.zeros(len(rows), dtype=np.int64), nothing)], codes
        found = self._measure(x, y, near[rows])
        codes = [
            np.searchsorted(limits, one.distance_m)
            for limits, one in zip(self._limits, found * (len(self._limits) if len(found) == 1 else 1), strict=True)
        ]
        return rows, found, codes

    def _near(self, lon: Floats, lat: Floats) -> Bools:
        """Say which places are within the farthest range of an origin."""
        if self._crowd:
            return self._region.within(lon, lat, self._farthest_m)
        first, *rest = (band.within(lon, lat) for band in self._bands)
        for mask in rest:
            first |= mask
        return first

    def _codes_unmeasured(self, lon: Floats, lat: Floats) -> list[Indices]:
        """Return each range's outcomes from one origin without measuring: how many of its limits are passed."""
        passed = {limit: ~band.within(lon, lat) for limit, band in self._limit_bands.items()}
        return [np.sum([passed[limit] for limit in limits.tolist()], axis=0, dtype=np.int64) for limits in self._limits]

    def _measure(self, lon: Floats, lat: Floats, wanted: Bools) -> list[_Found]:
        """Return what decides: the nearest origin, for each range by itself where that may be too near."""
        found = _Found(np.full(len(lon), math.inf), np.zeros(len(lon), dtype=np.int64), np.full(len(lon), np.nan))
        rows = np.flatnonzero(wanted)
        if self._crowd:
            self._from_crowd(found, lon, lat, rows)
        else:
            self._from_each(found, lon, lat, rows)
        close = np.flatnonzero(found.distance_m < self._minimum_m)
        if len(self._positions) == 1 or not len(close):
            return [found]
        each = [_Found(found.distance_m.copy(), found.origin.copy(), found.azimuth_deg.copy()) for _ in self._ranges]
        step = max(1, _MATRIX // len(self._positions))
        for start in range(0, len(close), step):
            self._choose(each, lon, lat, close[start : start + step])
        return each

    def _from_each(self, found: _Found, lon: Floats, lat: Floats, rows: Indices) -> None:
        """Measure from every origin that may be in range, and keep the nearest."""
        for (position, number), band in zip(self._positions.items(), self._bands, strict=True):
            here = rows
            if len(self._positions) > 1 and not self._query.show_all:
                here = rows[band.within(lon[rows], lat[rows])]
            metres, azimuths = _distances(position, lon[here], lat[here])
            nearer = metres < found.distance_m[here]
            here = here[nearer]
            found.distance_m[here] = metres[nearer]
            found.origin[here] = number
            found.azimuth_deg[here] = azimuths[nearer]

    def _from_crowd(self, found: _Found, lon: Floats, lat: Floats, rows: Indices) -> None:
        nearest = self._region.nearest(lon[rows], lat[rows])
        found.distance_m[rows] = nearest.distance_m
        pairs = zip(nearest.lon.tolist(), nearest.lat.tolist(), strict=True)
        found.origin[rows] = np.fromiter((self._positions[pair] for pair in pairs), dtype=np.int64, count=len(rows))
        metres, azimuths = geodesy.pairwise(nearest.lon, nearest.lat, lon[rows], lat[rows])
        found.azimuth_deg[rows] = _azimuths(azimuths, metres, nearest.lat)

    def _choose(self, each: Sequence[_Found], lon: Floats, lat: Floats, rows: Indices) -> None:
        """For places nearer to an origin than a minimum range, choose the one that says most, the nearest of equals."""
        positions = list(self._positions.items())
        metres, azimuths = (
            np.stack(columns)
            for columns in zip(*(_distances(position, lon[rows], lat[rows]) for position, _ in positions), strict=True)
        )
        numbers = np.array([number for _, number in positions])
        for found, limits, ranks in zip(each, self._limits, self._ranks, strict=True):
            rank = ranks[np.searchsorted(limits, metres)]
            best = np.where(rank == rank.min(axis=0), metres, np.inf).argmin(axis=0)
            column = np.arange(len(rows))
            found.distance_m[rows] = metres[best, column]
            found.origin[rows] = numbers[best]
            found.azimuth_deg[rows] = azimuths[best, column]


def _distances(position: tuple[float, float], lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    metres, azimuths = (np.asarray(column, dtype=np.float64) for column in geodesy.distances(*position, lon, lat))
    return metres, _azimuths(azimuths, metres, position[1])


def _azimuths(azimuths: Floats, metres: Floats, lat: Floats | float) -> Floats:
    """Return pyproj's azimuths in [0, 360), and not a number where there is no direction."""
    turned = azimuths % 360
    turned[turned == 360] = 0.0
    turned[(metres < geodesy.SAME_POINT_M) | (np.abs(lat) == 90)] = np.nan
    return turned
