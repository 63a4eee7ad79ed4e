"""Questions and their answers: which ranges, from where, to which places.

Verdicts come from geodesic distances alone; rings are drawn beside them.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from weapons_ref.catalog.listing import list_systems
from weapons_ref.catalog.loading import Catalog, load_catalog
from weapons_ref.catalog.ranges import check_date, interval
from weapons_ref.errors import QueryError
from weapons_ref.geo import geodesy
from weapons_ref.model import (
    Area,
    DistanceResult,
    Distances,
    Origin,
    Place,
    Query,
    RangeInterval,
    ReachResult,
    Reading,
    Rejection,
    RingResult,
    Source,
    System,
    Verdict,
)
from weapons_ref.origins import OriginLike, origins, point_region, region, sector_at
from weapons_ref.places.finding import PlaceLike, find_place
from weapons_ref.reaching import Locations, Reaching

if TYPE_CHECKING:
    from weapons_ref.places.batches import Batch
    from weapons_ref.places.opening import Progress

MIN_POPULATION = 15000


def distance(start: OriginLike, end: OriginLike) -> DistanceResult:
    """Return the shortest geodesic between two places, or from the nearest point of an area.

    Parameters
    ----------
    start, end : str, Place or Area
        See `find_place` for how to name places. Inside an area the distance is 0.

    Returns
    -------
    DistanceResult
        Of an area, `start` or `end` is its nearest point. From an area to a place, the distance
        from the area's farthest point is there too.
    """
    if isinstance(start, Area) and isinstance(end, Area):
        return closest(start, end)
    if isinstance(end, Area):
        turned = distance(end, start)
        return msgspec.structs.replace(
            turned,
            start=turned.end,
            end=turned.start,
            azimuth_deg=turned.back_azimuth_deg,
            back_azimuth_deg=turned.azimuth_deg,
        )
    b = find_place(end)
    if not isinstance(start, Area):
        return _line(find_place(start), b)
    shape = region(start)
    found, farthest = shape.nearest([b.lon], [b.lat]), shape.farthest([b.lon], [b.lat])
    a = _nearest_point(start, float(found.lon[0]), float(found.lat[0]))
    line = _line(a, b, areas=(start,))
    return msgspec.structs.replace(line, farthest_m=float(farthest.distance_m[0]))


def closest(start: OriginLike, end: OriginLike) -> DistanceResult:
    """Return the closest pair of points of two areas, lines or sets of points, and the geodesic between.

    Parameters
    ----------
    start, end : str, Place or Area
        Areas, from `read_area` or `find_country`; a place stands for its point.

    Returns
    -------
    DistanceResult
        Where they touch or overlap, the distance is 0 and both ends are a point that they share.
    """
    sides = [side if isinstance(side, Area) else find_place(side) for side in (start, end)]
    shapes = [region(side) if isinstance(side, Area) else point_region(side.lon, side.lat) for side in sides]
    found = shapes[0].closest(shapes[1])
    points = ((found.lon1, found.lat1), (found.lon2, found.lat2))
    a, b = (
        _nearest_point(side, *point) if isinstance(side, Area) else side
        for side, point in zip(sides, points, strict=True)
    )
    return _line(a, b, areas=tuple(side for side in sides if isinstance(side, Area)))


def rings(
    *systems: str,
    origin: OriginLike | Sequence[OriginLike],
    range_m: float | None = None,
    minimum_range_m: float | None = None,
    basis: str = "span",
    as_of: str | None = None,
    variants: bool = False,
    uncertainty_m: float = 0.0,
    reading: Reading | None = None,
    sector: tuple[float, float] | None = None,
    dissolve: bool = False,
    max_error_m: float = 10.0,
    catalog: Catalog | None = None,
) -> RingResult:
    """Return the range rings of systems round origins.

    Parameters
    ----------
    *systems : str
        Ids or names; a launcher stands for the munitions it fires.
    origin : str, Place, Area, or a sequence of them
        One ring each, unless they are dissolved.
    range_m, minimum_range_m : float, optional
        A length in metres in place of systems.
    basis, as_of : str
        Which claims count; see `weapons_ref.catalog.ranges.interval`.
    variants : bool
        Whether a munition's named variants answer too.
    uncertainty_m, reading : float, str
        As in `weapons_ref.origins.origins`: how far from its point an origin may lie, and whether
        reach is asked for from anywhere in a wide origin, from somewhere or from everywhere.
    sector : (float, float), optional
        Only what lies between two azimuths of a plain origin, clockwise, degrees.
    dissolve : bool
        Whether the rings of all origins become one union, per system and role.
    max_error_m : float
        How far, in metres, an edge may lie from the true outline.
    catalog : Catalog, optional
        Instead of the one that comes with the package.

    Returns
    -------
    RingResult
        Per origin and system a ring `within` and, where it is not the same, one `disputed`.

    Raises
    ------
    WeaponsRefError
        If a system, place or number makes no sense; the message says which.
    """
    from weapons_ref.ringing import draw

    chosen = origins(origin, uncertainty_m, reading)
    query = Query(
        systems=systems,
        origins=chosen,
        range_m=range_m,
        minimum_range_m=minimum_range_m,
        basis=basis,
        as_of=as_of,
        variants=variants,
        max_error_m=max_error_m,
        sector=sector_at(chosen, sector),
        dissolve=dissolve,
    )
    catalog = catalog or load_catalog()
    ranges, unranged = _ranges(query, catalog)
    return RingResult(
        query=query,
        ranges=ranges,
        unranged=unranged,
        rings=tuple(draw(query, ranges)),
        sources=_sources(ranges, catalog),
        shows_gazetteer=any(id_ is not None for id_ in _geonameids(query.origins)),
    )


def reach(
    *systems: str,
    origin: OriginLike | Sequence[OriginLike],
    to: PlaceLike | Sequence[PlaceLike] | None = None,
    locations: Iterable[Batch] | Locations | None = None,
    range_m: float | None = None,
    minimum_range_m: float | None = None,
    basis: str = "span",
    as_of: str | None = None,
    variants: bool = False,
    uncertainty_m: float = 0.0,
    reading: Reading | None = None,
    sector: tuple[float, float] | None = None,
    min_population: int = MIN_POPULATION,
    show_all: bool = False,
    catalog: Catalog | None = None,
    on_reject: Callable[[Rejection], None] | None = None,
    stream: bool = False,
    progress: Progress | None = None,
    distances: Distances = "all",
    by_place: bool = False,
) -> ReachResult:
    """Return which places lie within reach of an origin, and why.

    Parameters
    ----------
    *systems, origin, range_m, minimum_range_m, basis, as_of, variants, uncertainty_m, reading, sector, catalog
        As in `rings`. With several origins the nearest one decides and is named, unless the place is
        nearer to it than its minimum range: then the nearest of those that reach it.
    to : str, Place, or a sequence of them
        Places to judge; all of them are answered, in this order.
    locations : iterable of Batch, or Locations
        Rows of files, from `weapons_ref.places.files.read_locations`, answered in their order; or
        files that answer for themselves, as those of `weapons_ref.backends` do.
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
    distances : {"all", "within", "none"}
        Which answers have their distance, azimuth and margin: all that are answered, those within
        reach or disputed, or none, which is quickest.
    by_place : bool
        Whether rows are written one for each place, with columns for each system.

    Returns
    -------
    ReachResult

    Raises
    ------
    WeaponsRefError
        If a system, place, number or file makes no sense; the message says which.
    """
    if locations is not None and not (isinstance(locations, Iterable) or hasattr(locations, "answers")):
        raise QueryError("locations are read by weapons_ref.Files or read_locations")
    if isinstance(locations, str | os.PathLike):
        raise QueryError(f"{locations}: files are read by weapons_ref.Files: locations=weapons_ref.Files([...])")
    named = tuple(find_place(place) for place in _listed(() if to is None else to))
    from_gazetteer = to is None and locations is None
    chosen = origins(origin, uncertainty_m, reading)
    query = Query(
        systems=systems,
        origins=chosen,
        range_m=range_m,
        minimum_range_m=minimum_range_m,
        basis=basis,
        as_of=as_of,
        variants=variants,
        min_population=min_population if from_gazetteer else None,
        show_all=show_all,
        sector=sector_at(chosen, sector),
        distances=distances,
        by_place=by_place,
    )
    if distances not in ("all", "within", "none"):
        raise QueryError(f"{distances!r} says not which answers have their distance; use all, within or none")
    catalog = catalog or load_catalog()
    ranges, unranged = _ranges(query, catalog)
    work = Reaching(query, ranges, on_reject)
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


def which(
    *,
    origin: OriginLike | Sequence[OriginLike],
    to: PlaceLike | Sequence[PlaceLike],
    basis: str = "span",
    as_of: str | None = None,
    variants: bool = False,
    uncertainty_m: float = 0.0,
    reading: Reading | None = None,
    sector: tuple[float, float] | None = None,
    show_all: bool = False,
    class_: str | None = None,
    origin_country: str | None = None,
    catalog: Catalog | None = None,
) -> ReachResult:
    """Return the systems of the catalog that reach places, those with the largest margin first.

    A place that none reaches is answered with the system that comes nearest to it.

    Parameters
    ----------
    origin, to, basis, as_of, variants, uncertainty_m, reading, sector, catalog
        As in `reach`; with several places, those of the first come first.
    show_all : bool
        Whether systems that do not reach a place are answered too; they are counted either way.
    class_, origin_country : str, optional
        Only systems of a class or of a country of origin, as `weapons_ref.catalog.listing.list_systems` takes them.

    Returns
    -------
    ReachResult

    Raises
    ------
    WeaponsRefError
        If a place, number or class makes no sense; the message says which.
    """
    named = tuple(find_place(place) for place in _listed(to))
    chosen = origins(origin, uncertainty_m, reading)
    query = Query(
        origins=chosen,
        basis=basis,
        as_of=as_of,
        variants=variants,
        show_all=show_all,
        sector=sector_at(chosen, sector),
    )
    catalog = catalog or load_catalog()
    check_date(query.as_of)
    asked = {system.id for system in list_systems(catalog, class_=class_, origin_country=origin_country).systems}
    munitions = [
        key for key, system in catalog.systems.items() if key in asked or (variants and system.variant_of in asked)
    ]
    ranges, _ = _intervals(munitions, catalog, query)
    if not ranges:
        raise QueryError("no such system has a published maximum range by that basis and date")
    work = Reaching(query, ranges)
    verdicts: list[Verdict] = []
    for place in named:
        said = sorted(work.places((place,)), key=lambda v: (-_margin(v), v.range.system or ""))
        reaching = [v for v in said if v.verdict in ("within", "disputed")]
        verdicts += said if show_all else reaching or said[:1]
    return ReachResult(
        query=query,
        ranges=tuple(range_ for range_ in ranges if any(v.range is range_ for v in verdicts)),
        unranged=(),
        verdicts=tuple(verdicts),
        counts=work.counts,
        sources=_sources({v.range.system: v.range for v in verdicts}.values(), catalog),
        shows_gazetteer=any(id_ is not None for id_ in _geonameids(query.origins, named)),
        by_margin=True,
    )


def _margin(verdict: Verdict) -> float:
    return -math.inf if verdict.margin_m is None else verdict.margin_m


def _line(start: Place, end: Place, areas: tuple[Area, ...] = ()) -> DistanceResult:
    line = geodesy.inverse(start.lon, start.lat, end.lon, end.lat)
    return DistanceResult(
        start=start,
        end=end,
        distance_m=line.distance_m,
        azimuth_deg=line.azimuth_deg,
        back_azimuth_deg=line.back_azimuth_deg,
        areas=areas,
    )


def _nearest_point(area: Area, lon: float, lat: float) -> Place:
    return Place(name=area.name, lon=lon, lat=lat, notation="area")


def _listed(places: PlaceLike | Sequence[PlaceLike]) -> Sequence[PlaceLike]:
    return (places,) if isinstance(places, str | Place) else places


def _geonameids(origins: Iterable[Origin], places: Iterable[Place] = ()) -> Iterator[int | None]:
    yield from (origin.geonameid for origin in origins)
    yield from (place.geonameid for place in places)


def _ranges(query: Query, catalog: Catalog) -> tuple[tuple[RangeInterval, ...], tuple[str, ...]]:
    """Return the intervals a query asks for, and the ids that have none."""
    check_date(query.as_of)
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
    ranges, unranged = _intervals(asked, catalog, query)
    if not ranges:
        why = "by that basis and date" if query.basis != "span" or query.as_of else "in the catalog"
        raise QueryError(f"no published maximum range {why} for {', '.join(unranged) or ', '.join(query.systems)}")
    return ranges, unranged


def _intervals(
    asked: Iterable[str], catalog: Catalog, query: Query
) -> tuple[tuple[RangeInterval, ...], tuple[str, ...]]:
    found = {key: interval(catalog.systems[key], catalog, query.basis, query.as_of) for key in asked}
    ranges = tuple(range_ for range_ in found.values() if range_ is not None)
    return ranges, tuple(key for key, range_ in found.items() if range_ is None)


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
