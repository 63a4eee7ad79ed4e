"""From a question to what a map shows: its rings, the places judged, and towns to know one's way by."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from weapons_ref.errors import QueryError
from weapons_ref.model import MapResult, Origin, Place, ReachResult, Rejection, RingResult
from weapons_ref.output.wording import kilometres
from weapons_ref.queries import MIN_POPULATION, reach, rings

if TYPE_CHECKING:
    from weapons_ref.origins import OriginLike
    from weapons_ref.places.batches import Batch
    from weapons_ref.places.finding import PlaceLike
    from weapons_ref.reaching import Locations

#: As many places as a page can show at ease.
MOST_PLACES = 20_000

_NAMED = 3  # systems that a title names
#: Towns are shown so far beyond the rings, which lie in the midst of a map that is wider than high.
_ROUND_ABOUT = 2.2
#: There are enough of them when there are enough so far beyond.
_NEAR_BY = 1.2
#: How many more to return, since not all are in the picture, and not all names find room.
_SPARE = 4
#: How many people a town has at least; the first that gives enough of them.
_LEAST = (300_000, 30_000, 3_000, 0)


def map_of(
    *systems: str,
    origin: OriginLike | Sequence[OriginLike],
    to: PlaceLike | Sequence[PlaceLike] | None = None,
    locations: Iterable[Batch] | Locations | None = None,
    min_population: int | None = MIN_POPULATION,
    most_places: int = MOST_PLACES,
    show_all: bool = False,
    towns: int = 0,
    title: str | None = None,
    dissolve: bool = False,
    max_error_m: float = 10.0,
    on_reject: Callable[[Rejection], None] | None = None,
    **question: Any,
) -> MapResult:
    """Return what a map of rings and places shows.

    Parameters
    ----------
    *systems, origin, dissolve, max_error_m
        As in `weapons_ref.rings`.
    to, locations, show_all, on_reject
        As in `weapons_ref.reach`. All places that are named are shown.
    min_population : int, optional
        Without `to` and `locations`: which places of the gazetteer to judge, None for none.
    most_places : int
        How many places are shown at most. Of the gazetteer's, the most populous are; a file may not have more.
    towns : int
        How many towns of the gazetteer to show besides, the most populous in and round the rings.
    title : str, optional
        In place of one made of the question.
    **question
        What else `weapons_ref.rings` takes: `range_m`, `basis`, `sector`, `catalog` and so on.

    Returns
    -------
    MapResult

    Raises
    ------
    WeaponsRefError
        If a system, place, number or file makes no sense; the message says which.
    """
    drawn = rings(*systems, origin=origin, dissolve=dissolve, max_error_m=max_error_m, **question)
    places = None
    left_out = 0
    if to is not None or locations is not None or min_population is not None:
        found = reach(
            *systems,
            origin=origin,
            to=to,
            locations=locations,
            min_population=min_population or 0,
            show_all=show_all,
            on_reject=on_reject,
            stream=True,
            **question,
        )
        places, left_out = _read(found, most_places * len(found.ranges))
    return MapResult(
        rings=drawn,
        places=places,
        places_left_out=left_out,
        towns=_towns(drawn, towns) if towns else (),
        title=title or _title(drawn),
    )


def _read(found: ReachResult, most: int) -> tuple[ReachResult, int]:
    """Read the verdicts that a map has room for, and say how many places it has none for."""
    if found.query.min_population is None:
        verdicts = tuple(itertools.islice(found.verdicts, most + 1))
        if len(verdicts) > most:
            raise QueryError(f"a map shows {most // len(found.ranges):,} places at most; the files have more")
        left_out = 0
    else:
        every = list(found.verdicts)
        left_out = max(0, len(every) - most)
        if left_out:
            every = sorted(every, key=lambda verdict: -(verdict.place.population or 0))[:most]
        verdicts = tuple(every)
    fields = {name: getattr(found, name) for name in found.__struct_fields__} | {"verdicts": verdicts}
    return ReachResult(**fields), left_out


def _title(drawn: RingResult) -> str:
    starts = list(dict.fromkeys(_short(origin) for origin in drawn.query.origins))
    start = starts[0] if len(starts) == 1 else f"{len(starts)} places"
    if drawn.ranges[0].system is None:
        return f"Within {kilometres(drawn.ranges[0].high_m)} of {start}"
    names = list(dict.fromkeys(range_.name for range_ in drawn.ranges))
    if len(names) > _NAMED + 1:
        names[_NAMED:] = [f"{len(names) - _NAMED} more"]
    said = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{said}: published range from {start}"


def _short(origin: Origin) -> str:
    """Name an origin without its region and country, an area without whose outline it is, a file without its folder."""
    if origin.area is not None:
        name = origin.name.split(" (")[0]
        return PurePath(name).stem if PurePath(name).suffix else name
    return origin.name.split(",")[0] if origin.geonameid is not None else origin.name


def _towns(drawn: RingResult, many: int) -> tuple[Place, ...]:
    """Return the most populous towns in and round the rings."""
    import numpy as np
    import shapely

    from weapons_ref.geo import caps
    from weapons_ref.places.gazetteer import open_gazetteer

    cap = caps.round_points(np.concatenate([shapely.get_coordinates(ring.geometry) for ring in drawn.rings]))
    near = cap._replace(radius_deg=min(180.0, cap.radius_deg * _NEAR_BY))
    cap = cap._replace(radius_deg=min(180.0, cap.radius_deg * _ROUND_ABOUT))
    gazetteer = open_gazetteer()
    for least in _LEAST:
        columns = gazetteer.places(least, max(-90.0, cap.lat - cap.radius_deg), min(90.0, cap.lat + cap.radius_deg))
        points = np.column_stack([columns.lons, columns.lats])
        close = np.flatnonzero(near.holds(points))
        if len(close) >= many:
            break
    around = np.flatnonzero(cap.holds(points))
    rows = np.union1d(close[: many * _SPARE], around[: many * _SPARE])
    return tuple(gazetteer.place(columns, int(row)) for row in rows)
