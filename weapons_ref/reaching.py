"""From ranges, origins and places to verdicts: the work behind `reach` and `which`."""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from weapons_ref.blocks import Verdicts
from weapons_ref.geo import geodesy
from weapons_ref.geo.sectors import Sector
from weapons_ref.model import VERDICTS, Place, Query, RangeInterval, Rejection, Verdict, VerdictName, kilometres
from weapons_ref.origins import SAME_DISTANCE_M, Measured, Needs, Option, starts
from weapons_ref.verdicts import Judge

if TYPE_CHECKING:
    from weapons_ref.bulk import Bulk
    from weapons_ref.geo.boxes import Box
    from weapons_ref.places.batches import Batch
    from weapons_ref.places.columns import Columns
    from weapons_ref.places.opening import Progress


class Locations(Protocol):
    """Files of places that know how to have themselves answered: here, or by other processes."""

    def answers(self, work: Reaching) -> Iterator[Sequence[Verdict]]:
        """Yield the verdicts of all rows that are printed, in their order, and add to the counts of `work`."""


class _Best(NamedTuple):
    """What one range interval says of a place, from where that says most."""

    verdict: VerdictName
    margin_m: float | None
    reason: str
    option: Option


class Reaching:
    """One run of `reach`: its judges, and its counts as they grow.

    Parameters
    ----------
    query : Query
        Its origins and sector, and whether all is to be answered.
    ranges : sequence of RangeInterval
        What answers.
    on_reject : callable, optional
        Called with each row of a file that has no verdict.
    """

    def __init__(
        self,
        query: Query,
        ranges: Sequence[RangeInterval],
        on_reject: Callable[[Rejection], None] | None = None,
    ) -> None:
        self.query = query
        self.ranges = tuple(ranges)
        self._judges = [Judge(range_) for range_ in ranges]
        self._on_reject = on_reject
        self._sector = Sector(*query.sector) if query.sector else None
        self._starts = starts(query.origins, query.sector)
        self._printed = VERDICTS if query.show_all else ("within", "disputed")
        self._farthest_m = math.inf if query.show_all else max(range_.high_m for range_ in ranges)
        self._minimum_m = max(range_.minimum_high_m or 0.0 for range_ in ranges)
        self.counts: dict[str, int] = dict.fromkeys((*VERDICTS, "rejected"), 0)

    def again(self, on_reject: Callable[[Rejection], None] | None = None) -> Reaching:
        """Return the same work with new counts, for another piece of the same question."""
        other = copy.copy(self)
        other._on_reject = on_reject
        other.counts = dict.fromkeys(self.counts, 0)
        if self._bulk is not None:
            other.__dict__["_bulk"] = self._bulk.again()
        return other

    def places(self, named: Sequence[Place], locations: Iterable[Batch] | Locations = ()) -> Verdicts:
        """Return the verdicts of places named, then of files' rows, in their order."""
        return Verdicts(self._blocks(named, locations))

    def _blocks(self, named: Sequence[Place], locations: Iterable[Batch] | Locations) -> Iterator[Sequence[Verdict]]:
        if named:
            yield list(self._judge_all(named, VERDICTS, math.inf))
        if isinstance(locations, Iterable):
            yield from map(self.batch, locations)
        else:
            yield from locations.answers(self)

    def batch(self, batch: Batch) -> Sequence[Verdict]:
        """Return the verdicts of a batch's places that are printed."""
        from weapons_ref.places.columns import Columns

        for rejection in batch.rejected:
            self.reject(rejection)
        self.counts["beyond"] += batch.outside * len(self._judges)
        places = batch.places
        if isinstance(places, Columns) and self._bulk is not None:
            block, counts = self._bulk.answer(places)
            for name, count in counts.items():
                self.counts[name] += count
            return block
        if isinstance(places, Columns) and not self.query.show_all:
            near = self._near(places)
            self.counts["beyond"] += (len(places) - len(near)) * len(self._judges)
            places = near
        return list(self._judge_all(places, self._printed, self._farthest_m))

    def reject(self, rejection: Rejection) -> None:
        """Count a row that has no verdict, and hand it on."""
        self.counts["rejected"] += 1
        if self._on_reject is not None:
            self._on_reject(rejection)

    def boxes(self) -> list[Box] | None:
        """Return boxes outside of which everything is beyond and not printed, None if all rows are."""
        if self.query.show_all:
            return None
        return [box for start in self._starts for box in start.boxes(self._farthest_m)]

    @functools.cached_property
    def _bulk(self) -> Bulk | None:
        if self._sector is not None or any(origin.reading for origin in self.query.origins):
            return None
        from weapons_ref.bulk import Bulk

        return Bulk(self.query, self._judges)

    def _near(self, places: Columns) -> list[Place]:
        """Return the places that may be within a range of an origin."""
        import numpy as np

        near = np.zeros(len(places), dtype=bool)
        for start in self._starts:
            near |= start.near(places.lon, places.lat, self._farthest_m)
        return places.places(np.flatnonzero(near))

    def _judge_all(self, places: Sequence[Place], printed: Iterable[str], farthest_m: float) -> Iterator[Verdict]:
        places = [place if place.shape is None else self._nearest_point(place) for place in places]
        measured = self._measure([p.lon for p in places], [p.lat for p in places], farthest_m)
        for row, place in enumerate(places):
            if all(one.near[row] > farthest_m for one in measured):
                self.counts["beyond"] += len(self._judges)
                continue
            said = list(self._best(measured, row, place.lon, place.lat))
            for _, best in said:
                self.counts[best.verdict] += 1
            whole = self.query.by_place and any(best.verdict in printed for _, best in said)
            for judge, best in said:
                if whole or best.verdict in printed:
                    yield self._answer(judge, place, best)

    def _nearest_point(self, place: Place) -> Place:
        """Return a line or polygon as the point of it that is nearest to the origins."""
        nearest = min((start.closest(place.shape) for start in self._starts), key=lambda found: found.distance_m)
        return msgspec.structs.replace(place, lon=nearest.lon2, lat=nearest.lat2, shape=None)

    def gazetteer(self, progress: Progress | None) -> Iterator[Verdict]:
        """Yield the verdicts of the gazetteer's places, nearest first."""
        from weapons_ref.places.gazetteer import open_gazetteer

        gazetteer = open_gazetteer(progress)
        assert self.query.min_population is not None
        south, north = self._latitudes()
        columns = gazetteer.places(self.query.min_population, south, north)
        measured = self._measure(columns.lons, columns.lats, self._farthest_m)
        nearest = [min(metres) for metres in zip(*(one.near for one in measured), strict=True)]
        rows = [row for row, metres in enumerate(nearest) if metres <= self._farthest_m]
        # What is farther than every range, and what lay too far north or south to be measured.
        outside = gazetteer.count(self.query.min_population) - len(rows)
        self.counts["beyond"] += outside * len(self._judges)
        found = []
        for row in rows:
            said = list(self._best(measured, row, columns.lons[row], columns.lats[row]))
            whole = self.query.by_place and any(best.verdict in self._printed for _, best in said)
            nearest_m = min(best.option.distance_m for _, best in said)
            for order, (judge, best) in enumerate(said):
                self.counts[best.verdict] += 1
                if whole or best.verdict in self._printed:
                    # By the distance that is answered: the origin that reaches best need not be the nearest.
                    metres = nearest_m if whole else best.option.distance_m
                    found.append(((metres, columns.ids[row], order), row, judge, best))
        found.sort(key=lambda item: item[0])
        for _, row, judge, best in found:
            yield self._answer(judge, gazetteer.place(columns, row), best)

    def _latitudes(self) -> tuple[float, float]:
        if self.query.show_all:
            return -90.0, 90.0
        degrees = self._farthest_m / geodesy.LEAST_METRES_PER_DEGREE_OF_LATITUDE + 1e-6
        souths, norths = zip(*(start.latitudes() for start in self._starts), strict=True)
        return min(souths) - degrees, max(norths) + degrees

    def _answer(self, judge: Judge, place: Place, best: _Best) -> Verdict:
        asked = self.query.distances
        measured = asked == "all" or (asked == "within" and best.verdict in ("within", "disputed"))
        return _answer(judge, place, best, measured)

    def _measure(self, lons: Sequence[float], lats: Sequence[float], farthest_m: float) -> list[Measured]:
        return [start.measure(lons, lats, Needs(farthest_m, self._minimum_m)) for start in self._starts]

    def _best(self, measured: Sequence[Measured], row: int, lon: float, lat: float) -> Iterator[tuple[Judge, _Best]]:
        """Yield what each judge says from the origin that reaches a place best, the nearest among equals."""
        options = [option for one in measured for option in one.options(row)]
        for judge in self._judges:
            said = (self._judge(judge, option, lon, lat) for option in options)
            yield judge, min(said, key=lambda best: (VERDICTS.index(best.verdict), best.option.near_m))

    def _judge(self, judge: Judge, option: Option, lon: float, lat: float) -> _Best:
        if self._sector is not None:
            azimuth = _azimuth(option, lon, lat)
            if azimuth is not None and not self._sector.holds(azimuth):
                start, end = self._sector
                return _Best("beyond", None, f"outside the sector from {start:g}° to {end:g}°", option)
        far_m = None if math.isnan(option.far_m) else option.far_m
        best = _Best(*judge.judge(option.near_m, far_m, option.origin.reading), option)
        if option.point is None or option.near_m <= option.distance_m + SAME_DISTANCE_M:
            return best
        other = f"; the nearest part of the origin is too near, so one {kilometres(option.near_m)} km away decides"
        return best._replace(reason=best.reason + other)


def _azimuth(option: Option, lon: float, lat: float) -> float | None:
    """Return the direction from the point that an option starts at, or None where there is none."""
    if option.azimuth_deg is None:
        start = option.point or option.origin.position
        return geodesy.inverse(*start, lon, lat).azimuth_deg
    if option.distance_m < geodesy.SAME_POINT_M or abs(option.origin.position[1]) == 90:
        return None
    return geodesy.azimuth_0_360(option.azimuth_deg)


def _answer(judge: Judge, place: Place, best: _Best, measured: bool) -> Verdict:
    option = best.option
    wide: dict[str, Any] = {}
    if not measured:
        return Verdict(
            place=place,
            origin=option.origin,
            distance_m=None,
            azimuth_deg=None,
            range=judge.range,
            margin_m=None,
            verdict=best.verdict,
            reason=best.reason,
        )
    if option.origin.reading is not None:
        farthest_m = None if math.isnan(option.far_m) or option.origin.reading == "anywhere" else option.far_m
        wide = {"nearest_m": option.near_m, "farthest_m": farthest_m}
    if option.point is not None:
        wide |= {"nearest_m": option.distance_m, "nearest_lon": option.point[0], "nearest_lat": option.point[1]}
    return Verdict(
        place=place,
        origin=option.origin,
        distance_m=option.distance_m,
        azimuth_deg=_azimuth(option, place.lon, place.lat),
        range=judge.range,
        margin_m=best.margin_m,
        verdict=best.verdict,
        reason=best.reason,
        **wide,
    )
