"""From ranges and origins to rings: the work behind `ring`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from weapons_ref.errors import QueryError
from weapons_ref.model import Origin, Query, RangeInterval, Ring
from weapons_ref.origins import region

if TYPE_CHECKING:
    from shapely import MultiPolygon

_ROLES: tuple[Literal["within", "disputed"], ...] = ("within", "disputed")
_NAMED = 3  # origins that a dissolved ring names


def draw(query: Query, ranges: Sequence[RangeInterval]) -> Iterator[Ring]:
    """Yield the rings of a query, per origin and range: `within` and, where it is not the same, `disputed`.

    Raises
    ------
    QueryError
        If one cannot be drawn; the message says whose.
    """
    drawn = [[_bands(origin, range_, query) for range_ in ranges] for origin in query.origins]
    if query.dissolve and len(query.origins) > 1:
        from weapons_ref.geo.buffers import dissolve_bands

        drawn = [[dissolve_bands(list(pairs)) for pairs in zip(*drawn, strict=True)]]
        starts = [_together(query.origins)]
    else:
        starts = list(query.origins)
    for start, pairs in zip(starts, drawn, strict=True):
        for range_, pair in zip(ranges, pairs, strict=True):
            for role, geometry in zip(_ROLES, pair, strict=True):
                if not geometry.is_empty:
                    yield Ring(
                        range=range_,
                        origin=start,
                        role=role,
                        geometry=geometry,
                        max_edge_error_m=query.max_error_m,
                        covers_globe=geometry.area >= 360 * 180,
                    )


def _bands(origin: Origin, range_: RangeInterval, query: Query) -> tuple[MultiPolygon, MultiPolygon]:
    maximum = range_.low_m, range_.high_m
    minimum = range_.minimum_low_m or 0.0, range_.minimum_high_m or 0.0
    error = query.max_error_m
    try:
        if origin.area is not None:
            from weapons_ref.geo.buffers import region_bands

            return region_bands(region(origin.area), maximum, minimum, origin.reading or "anywhere", error)
        if origin.reading is not None:
            from weapons_ref.geo.disks import bands as disk_bands

            return disk_bands(*origin.position, origin.uncertainty_m, maximum, minimum, origin.reading, error)
        from weapons_ref.geo.rings import bands

        return bands(*origin.position, maximum, minimum, error, sector=query.sector)
    except QueryError as error_:
        raise QueryError(f"{range_.name}: {error_}") from error_


def _together(origins: Sequence[Origin]) -> Origin:
    more = len(origins) - _NAMED
    names = [origin.name for origin in origins[:_NAMED]]
    extents = {(origin.uncertainty_m, origin.reading) for origin in origins}
    uncertainty_m, reading = extents.pop() if len(extents) == 1 else (0.0, None)
    name = "; ".join(names) + (f" and {more:,} more" if more > 0 else "")
    return Origin(name=name, uncertainty_m=uncertainty_m, reading=reading)
