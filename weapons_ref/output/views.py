"""Results as plain data: a document, flat rows, GeoJSON features.

Every format is written from one of these three, so that no format can lose a source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import singledispatch
from typing import Any

from weapons_ref.blocks import Block, blocks
from weapons_ref.errors import FileError
from weapons_ref.geo.units import METRES_PER_UNIT
from weapons_ref.model import (
    Area,
    CheckResult,
    DistanceResult,
    Place,
    PlaceResult,
    Query,
    ReachResult,
    RingResult,
    SourcesResult,
    StatsResult,
    SystemsResult,
    Verdict,
)
from weapons_ref.output.parts import (
    BAND_NOTE,
    CLAIM_FIELDS,
    FINDING_COLUMNS,
    PLACE_COLUMNS,
    VERDICT_COLUMNS,
    WIDE_COLUMNS,
    attributes_of,
    by_place,
    claim_of,
    claim_row,
    degrees,
    finding_of,
    geometry_of,
    has_wide,
    km,
    place_of,
    query_of,
    range_of,
    ring_of,
    source_of,
    system_columns,
    system_of,
    verdict_of,
)

#: Where shown places come from, as the licence asks.
GEONAMES_CREDIT = "Places: GeoNames (geonames.org), CC BY 4.0"


# ---------------------------------------------------------------- document: one JSON object


@singledispatch
def document(result: Any) -> dict[str, Any]:
    """Return a whole result as one object; `reach` leaves out its results, which stream."""
    raise TypeError(type(result).__name__)


@document.register
def _(result: ReachResult) -> dict[str, Any]:
    return {"query": query_of(result.query), "ranges": [range_of(r) for r in result.ranges], **_tail(result)}


@document.register
def _(result: RingResult) -> dict[str, Any]:
    return {
        "query": query_of(result.query),
        "ranges": [range_of(r) for r in result.ranges],
        "results": [{**ring_of(ring, result.query), "geometry": geometry_of(ring)} for ring in result.rings],
        **_tail(result),
    }


@document.register
def _(result: DistanceResult) -> dict[str, Any]:
    return {
        "distance_km": km(result.distance_m),
        "distance_mi": round(result.distance_m / METRES_PER_UNIT["mi"], 6),
        "distance_nmi": round(result.distance_m / METRES_PER_UNIT["nmi"], 6),
        "azimuth_deg": degrees(result.azimuth_deg),
        "back_azimuth_deg": degrees(result.back_azimuth_deg),
        **({} if result.farthest_m is None else {"farthest_km": km(result.farthest_m)}),
        "from": place_of(result.start),
        "to": place_of(result.end),
        **_tail(result),
    }


@document.register
def _(result: PlaceResult) -> dict[str, Any]:
    return {"text": result.text, "candidates": list(rows(result)), **_tail(result)}


@document.register
def _(result: SystemsResult) -> dict[str, Any]:
    if result.view == "list":
        return {"results": list(rows(result)), "note": BAND_NOTE}
    whole: dict[str, Any] = {"results": [system_of(system, result) for system in result.systems]}
    if result.view == "compare":
        whole["attributes"] = attributes_of(result)
    return {**whole, "sources": {key: source_of(source) for key, source in result.sources.items()}, "note": BAND_NOTE}


@document.register
def _(result: SourcesResult) -> dict[str, Any]:
    if not result.full:
        return {"results": list(rows(result))}
    return {
        "results": [
            {
                "key": key,
                **source_of(source),
                "copies": list(result.copies[key]),
                "claims": [{"system": system.id, **claim_of(claim)} for system, claim in result.claims[key]],
            }
            for key, source in result.sources.items()
        ]
    }


@document.register
def _(result: CheckResult) -> dict[str, Any]:
    return {
        "counts": dict(result.counts),
        "results": [finding_of(finding) for finding in result.findings],
        **_tail(result),
    }


@document.register
def _(result: StatsResult) -> dict[str, Any]:
    return {name: getattr(result, name) for name in result.__struct_fields__}


# ---------------------------------------------------------------- rows: flat, one per answer


@singledispatch
def rows(result: Any) -> Iterator[dict[str, Any]]:
    """Yield a result as flat rows, all with the same keys but for a file's own columns."""
    raise TypeError(type(result).__name__)


@rows.register
def _(result: ReachResult) -> Iterator[dict[str, Any]]:
    return reach_rows(blocks(result.verdicts), result)


@rows.register
def _(result: RingResult) -> Iterator[dict[str, Any]]:
    return ({**ring_of(ring, result.query), "wkt": ring.geometry.wkt} for ring in result.rings)


@rows.register
def _(result: DistanceResult) -> Iterator[dict[str, Any]]:
    whole = document(result)
    for beside in ("credit", "notes"):
        whole.pop(beside, None)
    for end in ("from", "to"):
        place = whole.pop(end)
        whole.update({f"{end}_{key}": place[key] for key in ("name", "lat", "lon")})
    yield whole


@rows.register
def _(result: PlaceResult) -> Iterator[dict[str, Any]]:
    for place, notations in zip(result.candidates, result.notations, strict=True):
        yield {**place_of(place), **{key.replace("-", "_"): text for key, text in notations.items()}}


@rows.register
def _(result: SystemsResult) -> Iterator[dict[str, Any]]:
    if result.view != "list":
        yield from (claim_row(system, claim) for system in result.systems for claim in system.claims)
        return
    for system in result.systems:
        range_ = result.ranges[system.id]
        yield {
            "id": system.id,
            "name": system.name,
            "kind": system.kind,
            "class": system.class_,
            "origin": list(system.origin),
            "range_low_km": km(range_.low_m) if range_ else None,
            "range_high_km": km(range_.high_m) if range_ else None,
            "claims": len(system.claims),
            "independent_sources": result.independent.get(system.id) or None,
            "bands": [f"{one.band}:{one.holds}" for one in result.bands.get(system.id, ())],
            "variant_of": system.variant_of,
            "sources": sorted({claim.source for claim in system.claims}),
        }


@rows.register
def _(result: SourcesResult) -> Iterator[dict[str, Any]]:
    for key, source in result.sources.items():
        if result.full:
            yield from ({"source": key, **claim_row(system, claim)} for system, claim in result.claims[key])
        else:
            fields = {name: getattr(source, name) for name in source.__struct_fields__ if name != "key"}
            systems = {system.id for system, _ in result.claims[key]}
            yield {"key": key, **fields, "systems": len(systems), "claims": len(result.claims[key])}


@rows.register
def _(result: CheckResult) -> Iterator[dict[str, Any]]:
    return map(finding_of, result.findings)


@rows.register
def _(result: StatsResult) -> Iterator[dict[str, Any]]:
    yield {name: count for name, count in document(result).items() if isinstance(count, int)}


_SYSTEM_COLUMNS = [
    "id",
    "name",
    "kind",
    "class",
    "origin",
    "range_low_km",
    "range_high_km",
    "claims",
    "independent_sources",
    "bands",
    "variant_of",
    "sources",
]
_CLAIM_COLUMNS = ["system", "name", *CLAIM_FIELDS]
_RING_COLUMNS = [
    "system",
    "name",
    "role",
    "range_low_km",
    "range_high_km",
    "minimum_low_km",
    "minimum_high_km",
    "origin",
    "origin_lat",
    "origin_lon",
    "sources",
    "max_edge_error_m",
    "covers_globe",
]
_GAZETTEER_COLUMNS = ["region", "country", "population"]


def columns(result: Any) -> list[str]:
    """Return the keys of a result's rows when it has none; that of `place` and `distance` always has."""
    if isinstance(result, ReachResult):
        if result.query.by_place:
            return [*PLACE_COLUMNS, *(name for range_ in result.ranges for name in system_columns(range_))]
        gazetteer = _GAZETTEER_COLUMNS if result.query.min_population is not None else []
        return VERDICT_COLUMNS + (WIDE_COLUMNS if has_wide(result.query) else []) + gazetteer
    if isinstance(result, RingResult):
        extent = ["uncertainty_km", "reading"] if has_wide(result.query) else []
        return [*_RING_COLUMNS, *extent, *(["sector_deg"] if result.query.sector else []), "wkt"]
    if isinstance(result, CheckResult):
        return FINDING_COLUMNS
    if isinstance(result, SourcesResult):
        return _CLAIM_COLUMNS
    return _SYSTEM_COLUMNS if result.view == "list" else _CLAIM_COLUMNS


# ---------------------------------------------------------------- features: GeoJSON


@singledispatch
def features(result: Any) -> Iterator[dict[str, Any]]:
    """Yield a result as GeoJSON features."""
    raise TypeError(type(result).__name__)


@features.register
def _(result: ReachResult) -> Iterator[dict[str, Any]]:
    for row in rows(result):
        yield _feature({"type": "Point", "coordinates": [row["lon"], row["lat"]]}, row)


@features.register
def _(result: RingResult) -> Iterator[dict[str, Any]]:
    return (_feature(geometry_of(ring), ring_of(ring, result.query)) for ring in result.rings)


@features.register
def _(result: DistanceResult) -> Iterator[dict[str, Any]]:
    from weapons_ref.geo.lines import geodesic_geometry

    a, b = result.start, result.end
    yield _feature(geodesic_geometry(a.lon, a.lat, b.lon, b.lat), next(rows(result)))


@features.register
def _(result: PlaceResult) -> Iterator[dict[str, Any]]:
    for row in rows(result):
        yield _feature({"type": "Point", "coordinates": [row["lon"], row["lat"]]}, row)


@features.register
def _(result: SystemsResult) -> Iterator[dict[str, Any]]:
    raise FileError("systems have no position on a map; write them as table, json, csv or ndjson")


def foreign(result: Any) -> dict[str, Any]:
    """Return what a collection of features says beside them, so that no file loses its sources and credit."""
    return _tail(result)


def _feature(geometry: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


# ---------------------------------------------------------------- the parts


def credit(result: Any) -> list[str]:
    """Return the credits that a result owes for the places and outlines it shows, each once."""
    shown: tuple[Place, ...] = ()
    if isinstance(result, DistanceResult):
        shown = (result.start, result.end)
    elif isinstance(result, PlaceResult):
        shown = result.candidates
    gazetteer = isinstance(result, ReachResult | RingResult | CheckResult) and result.shows_gazetteer
    owed = [GEONAMES_CREDIT] if gazetteer or any(place.geonameid is not None for place in shown) else []
    return list(dict.fromkeys([*owed, *(area.credit for area in _areas(result) if area.credit)]))


def notes(result: Any) -> list[str]:
    """Return what there is to know of a result's areas, such as whose line an outline draws, each once."""
    return list(dict.fromkeys(f"{area.name}: {note}" for area in _areas(result) for note in area.notes))


def _areas(result: Any) -> list[Area]:
    if isinstance(result, DistanceResult):
        return list(result.areas)
    if isinstance(result, ReachResult | RingResult):
        return [origin.area for origin in result.query.origins if origin.area]
    return []


def _tail(result: Any) -> dict[str, Any]:
    tail: dict[str, Any] = {}
    if isinstance(result, ReachResult | RingResult | CheckResult):
        tail["sources"] = {key: source_of(source) for key, source in result.sources.items()}
        if not isinstance(result, CheckResult) and result.unranged:
            tail["without_range"] = list(result.unranged)
    if noted := notes(result):
        tail["notes"] = noted
    if owed := credit(result):
        tail["credit"] = "; ".join(owed)
    return tail


def reach_rows(found: Iterable[Sequence[Verdict]], result: ReachResult) -> Iterator[dict[str, Any]]:
    """Return verdicts as flat rows, or as one for each place if that was asked for."""
    each = (row for block in found for row in _verdict_rows(block, result.query))
    return by_place(each, result.ranges) if result.query.by_place else each


def _verdict_rows(block: Sequence[Verdict], query: Query) -> Iterator[dict[str, Any]]:
    if isinstance(block, Block):
        from weapons_ref.output import columnar

        return columnar.rows(block)
    wide = has_wide(query)
    return (verdict_of(verdict, wide) for verdict in block)
