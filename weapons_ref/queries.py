"""Questions and their answers: which ranges, from where, to which places.

Verdicts come from geodesic distances alone; rings are drawn beside them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from weapons_ref.catalog.loading import Catalog, load_catalog
from weapons_ref.catalog.ranges import interval
from weapons_ref.errors import QueryError
from weapons_ref.geo import geodesy
from weapons_ref.model import (
    VERDICTS,
    DistanceResult,
    Origin,
    Place,
    Query,
    RangeInterval,
    ReachResult,
    Rejection,
    Ring,
    RingResult,
    Source,
    System,
    Verdict,
)
from weapons_ref.places.finding import PlaceLike, find_place
from weapons_ref.verdicts import Judge, Judgement

if TYPE_CHECKING:
    from weapons_ref.places.batches import Batch
    from weapons_ref.places.opening import Progress

MIN_POPULATION = 15000

_AS_OF = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")


def distance(start: PlaceLike, end: PlaceLike) -> DistanceResult:
    """Return the shortest geodesic between two places; see `find_place` for how to name them."""
    a, b = find_place(start), find_place(end)
    line = geodesy.inverse(a.lon, a.lat, b.lon, b.lat)
    return DistanceResult(
        start=a,
        end=b,
        distance_m=line.distance_m,
        azimuth_deg=line.azimuth_deg,
        back_azimuth_deg=line.back_azimuth_deg,
    )


def rings(
    *systems: str,
    origin: PlaceLike | Sequence[PlaceLike],
    range_m: float | None = None,
    minimum_range_m: float | None = None,
    basis: str = "span",
    as_of: str | None = None,
    variants: bool = False,
    max_error_m: float = 10.0,
    catalog: Catalog | None = None,
) -> RingResult:
    """Return the range rings of systems round origins.

    Parameters
    ----------
    *systems : str
        Ids or names; a launcher stands for the munitions it fires.
    origin : str, Place, or a sequence of them
        One ring each.
    range_m, minimum_range_m : float, optional
        A length in metres in place of systems.
    basis, as_of : str
        Which claims count; see `weapons_ref.catalog.ranges.interval`.
    variants : bool
        Whether a munition's named variants answer too.
    max_error_m : float
        How far, in metres, an edge may lie from the true circle.
    catalog : Catalog, optional
        Instead of the one that comes with the package.

    Returns
    -------
    RingResult
        Per origin and system a ring `within` and, where claims differ, one `disputed`.

    Raises
    ------
    WeaponsRefError
        If a system, place or number makes no sense; the message says which.
    """
    from weapons_ref.geo.rings import bands, covers_globe

    query = Query(
        systems=systems,
        origins=_origins(origin),
        range_m=range_m,
        minimum_range_m=minimum_range_m,
        basis=basis,
        as_of=as_of,
        variants=variants,
        max_error_m=max_error_m,
    )
    catalog = catalog or load_catalog()
    ranges, unranged = _ranges(query, catalog)
    drawn = []
    for start in query.origins:
        for range_ in ranges:
            minimum = (range_.minimum_low_m or 0.0, range_.minimum_high_m or 0.0)
            try:
                pair = bands(start.lon, start.lat, (range_.low_m, range_.high_m), minimum, max_error_m)
            except QueryError as error:
                raise QueryError(f"{range_.name}: {error}") from error
            reaches = (range_.low_m, range_.high_m)
            for role, geometry, outer in zip(("within", "disputed"), pair, reaches, strict=True):
                if not geometry.is_empty:
                    drawn.append(
                        Ring(
                            range=range_,
                            origin=start,
                            role=role,  # type: ignore[arg-type]  # the tuple above holds the two roles
                            geometry=geometry,
                            max_edge_error_m=max_error_m,
                            covers_globe=covers_globe(outer) and minimum == (0.0, 0.0) and role == "within",
                        )
                    )
    return RingResult(
        query=query,
        ranges=ranges,
        unranged=unranged,
        rings=tuple(drawn),
        sources=_sources(ranges, catalog),
        shows_gazetteer=any(id_ is not None for id_ in _geonameids(query.origins)),
    )


def reach(
    *systems: str,
    origin: PlaceLike | Sequence[PlaceLike],
    to: PlaceLike | Sequence[PlaceLike] | None = None,
    locations: Iterable[Batch] | None = None,
    range_m: float | None = None,
    minimum_range_m: float | None = None,
    basis: str = "span",
    as_of: str | None = None,
    variants: bool = False,
    min_population: int = MIN_POPULATION,
    show_all: bool = False,
    catalog: Catalog | None = None,
    on_reject: Callable[[Rejection], None] | None = None,
    stream: bool = False,
    progress: Progress | None = None,
) -> ReachResult:
    """Return which places lie within reach of an origin, and why.

    Parameters
    ----------
    *systems, origin, range_m, minimum_range_m, basis, as_of, variants, catalog
        As in `rings`. With several origins, the verdict is that from the origin which reaches the
        place best, the nearest among equals; it is named.
    to : str, Place, or a sequence of them
        Places to judge; all of them are answered, in this order.
    locations : iterable of Batch
        Rows of files, from `weapons_ref.places.files.read_locations`, answered in their order.
    min_population : int
        Without `to` and `locations`: which places of the gazetteer are looked through. Answers
        come sorted by distance.
    show_all : bool
        Whether rows and gazetteer places that are beyond or inside the minimum range are answered
        too; they are counted either way.
    on_reject : callable, optional
        Called with each row that has no verdict.
    stream : bool
        Whether `verdicts` is an iterator to be read once, in flat memory, rather than a tuple.
    progress : callable, optional
        As in `find_place`.

    Returns
    -------
    ReachResult

    Raises
    ------
    WeaponsRefError
        If a system, place, number or file makes no sense; the message says which.
    """
    named = tuple(find_place(place) for place in _listed(() if to is None else to))
    from_gazetteer = to is None and locations is None
    query = Query(
        systems=systems,
        origins=_origins(origin),
        range_m=range_m,
        minimum_range_m=minimum_range_m,
        basis=basis,
        as_of=as_of,
        variants=variants,
        min_population=min_population if from_gazetteer else None,
        show_all=show_all,
    )
    catalog = catalog or load_catalog()
    ranges, unranged = _ranges(query, catalog)
    work = _Reach(query, ranges, on_reject)
    verdicts = work.gazetteer(progress) if from_gazetteer else work.places(named, locations or ())
    return ReachResult(
        query=query,
        ranges=ranges,
        unranged=unranged,
        verdicts=verdicts if stream else tuple(verdicts),
        counts=work.counts,
        sources=_sources(ranges, catalog),
        shows_gazetteer=from_gazetteer or any(id_ is not None for id_ in _geonameids(query.origins, named)),
    )


class _Reach:
    """One run of `reach`: its judges, and its counts as they grow."""

    def __init__(
        self, query: Query, ranges: tuple[RangeInterval, ...], on_reject: Callable[[Rejection], None] | None
    ) -> None:
        self._query = query
        self._judges = [Judge(range_) for range_ in ranges]
        self._on_reject = on_reject
        self.counts: dict[str, int] = dict.fromkeys((*VERDICTS, "rejected"), 0)

    def places(self, named: Sequence[Place], locations: Iterable[Batch]) -> Iterator[Verdict]:
        """Yield the verdicts of places named, then of files' rows, in their order."""
        yield from self._judge_all(named, printed=VERDICTS)
        printed = VERDICTS if self._query.show_all else ("within", "disputed")
        for batch in locations:
            for rejection in batch.rejected:
                self.counts["rejected"] += 1
                if self._on_reject is not None:
                    self._on_reject(rejection)
            yield from self._judge_all(batch.places, printed)

    def _judge_all(self, places: Sequence[Place], printed: Iterable[str]) -> Iterator[Verdict]:
        measured = self._measure([p.lon for p in places], [p.lat for p in places])
        for row, place in enumerate(places):
            for judge in self._judges:
                best, judgement, (metres, azimuths) = self._best(judge, measured, row)
                self.counts[judgement.verdict] += 1
                if judgement.verdict in printed:
                    yield self._answer(judge, place, best, judgement, metres[row], azimuths[row])

    def gazetteer(self, progress: Progress | None) -> Iterator[Verdict]:
        """Yield the verdicts of the gazetteer's places, nearest first."""
        from weapons_ref.places.gazetteer import open_gazetteer

        gazetteer = open_gazetteer(progress)
        assert self._query.min_population is not None
        south, north = self._latitudes()
        columns = gazetteer.places(self._query.min_population, south, north)
        measured = self._measure(columns.lons, columns.lats)
        nearest = [min(metres) for metres in zip(*(metres for metres, _ in measured), strict=True)]
        printed = VERDICTS if self._query.show_all else ("within", "disputed")
        farthest = math.inf if self._query.show_all else self._farthest_m()
        rows = [row for row, metres in enumerate(nearest) if metres <= farthest]
        # What is farther than every range, and what lay too far north or south to be measured.
        outside = gazetteer.count(self._query.min_population) - len(rows)
        self.counts["beyond"] += outside * len(self._judges)
        found = []
        for row in rows:
            for order, judge in enumerate(self._judges):
                best, judgement, (metres, azimuths) = self._best(judge, measured, row)
                self.counts[judgement.verdict] += 1
                if judgement.verdict in printed:
                    # By the distance that is answered: the origin that reaches best need not be the nearest.
                    key = (metres[row], columns.ids[row], order)
                    found.append((key, row, judge, best, judgement, azimuths[row]))
        found.sort(key=lambda item: item[0])
        for (distance_m, *_), row, judge, best, judgement, azimuth in found:
            yield self._answer(judge, gazetteer.place(columns, row), best, judgement, distance_m, azimuth)

    def _farthest_m(self) -> float:
        return max(judge.range.high_m for judge in self._judges)

    def _latitudes(self) -> tuple[float, float]:
        if self._query.show_all:
            return -90.0, 90.0
        degrees = self._farthest_m() / geodesy.LEAST_METRES_PER_DEGREE_OF_LATITUDE + 1e-6
        latitudes = [origin.lat for origin in self._query.origins]
        return min(latitudes) - degrees, max(latitudes) + degrees

    def _measure(self, lons: Sequence[float], lats: Sequence[float]) -> list[tuple[Sequence[float], Sequence[float]]]:
        return [geodesy.distances(origin.lon, origin.lat, lons, lats) for origin in self._query.origins]

    def _best(
        self, judge: Judge, measured: list[tuple[Sequence[float], Sequence[float]]], row: int
    ) -> tuple[Origin, Judgement, tuple[Sequence[float], Sequence[float]]]:
        """Return the origin that reaches a row best, the nearest among equals."""
        options = zip(self._query.origins, (judge.judge(m[row]) for m, _ in measured), measured, strict=True)
        return min(options, key=lambda option: (VERDICTS.index(option[1].verdict), option[2][0][row]))

    def _answer(
        self, judge: Judge, place: Place, origin: Origin, judgement: Judgement, metres: float, azimuth: float
    ) -> Verdict:
        undefined = metres < geodesy.SAME_POINT_M or abs(origin.lat) == 90
        return Verdict(
            place=place,
            origin=origin,
            distance_m=metres,
            azimuth_deg=None if undefined else geodesy.azimuth_0_360(azimuth),
            range=judge.range,
            margin_m=judgement.margin_m,
            verdict=judgement.verdict,
            reason=judgement.reason,
        )


def _listed(places: PlaceLike | Sequence[PlaceLike]) -> Sequence[PlaceLike]:
    return (places,) if isinstance(places, str | Place) else places


def _origins(origin: PlaceLike | Sequence[PlaceLike]) -> tuple[Origin, ...]:
    found = [find_place(place) for place in _listed(origin)]
    if not found:
        raise QueryError("no origin; say where from")
    return tuple(
        dict.fromkeys(
            Origin(name=place.label, lat=place.lat, lon=place.lon, geonameid=place.geonameid) for place in found
        )
    )


def _geonameids(origins: Iterable[Origin], places: Iterable[Place] = ()) -> Iterator[int | None]:
    yield from (origin.geonameid for origin in origins)
    yield from (place.geonameid for place in places)


def _ranges(query: Query, catalog: Catalog) -> tuple[tuple[RangeInterval, ...], tuple[str, ...]]:
    """Return the intervals a query asks for, and the ids that have none."""
    if query.as_of is not None and not _AS_OF.fullmatch(query.as_of):
        raise QueryError(f"{query.as_of!r} is not a date; write YYYY, YYYY-MM or YYYY-MM-DD")
    if query.range_m is not None:
        if query.systems:
            raise QueryError("give systems or a range, not both")
        if query.basis != "span" or query.as_of is not None or query.variants:
            raise QueryError("a basis, a date and variants choose among claims; a plain range has none")
        return (_plain_range(query.range_m, query.minimum_range_m),), ()
    if query.minimum_range_m is not None:
        raise QueryError("a minimum range goes with a range; a system has its own")
    if not query.systems:
        raise QueryError("no system and no range; name a system, such as himars, or give a range, such as 300km")
    asked = list(dict.fromkeys(s for text in query.systems for s in _subjects(catalog.system(text), catalog, query)))
    found = {key: interval(catalog.systems[key], catalog, query.basis, query.as_of) for key in asked}
    ranges = tuple(range_ for range_ in found.values() if range_ is not None)
    unranged = tuple(key for key, range_ in found.items() if range_ is None)
    if not ranges:
        why = "by that basis and date" if query.basis != "span" or query.as_of else "in the catalog"
        raise QueryError(f"no published maximum range {why} for {', '.join(unranged) or ', '.join(query.systems)}")
    return ranges, unranged


def _subjects(system: System, catalog: Catalog, query: Query) -> Iterator[str]:
    """Yield the ids that answer for a system: a launcher's munitions, variants where asked for."""
    munitions = catalog.munitions_of(system.id) if system.kind == "launcher" else (system,)
    for munition in munitions:
        yield munition.id
        if query.variants:
            yield from munition.variants


def _plain_range(range_m: float, minimum_m: float | None) -> RangeInterval:
    for metres, name in ((range_m, "range"), (minimum_m, "minimum range")):
        if metres is not None and not (math.isfinite(metres) and metres > 0):
            raise QueryError(f"a {name} of {metres / 1000:g} km; it must be more than 0")
    if minimum_m is not None and minimum_m > range_m:
        raise QueryError(f"the minimum range, {minimum_m / 1000:g} km, is more than the range, {range_m / 1000:g} km")
    return RangeInterval(
        system=None,
        name=f"{range_m / 1000:g} km",
        low_m=range_m,
        high_m=range_m,
        minimum_low_m=minimum_m,
        minimum_high_m=minimum_m,
    )


def _sources(ranges: Iterable[RangeInterval], catalog: Catalog) -> Mapping[str, Source]:
    keys = sorted({key for range_ in ranges for key in range_.sources})
    return {key: catalog.sources[key] for key in keys}
