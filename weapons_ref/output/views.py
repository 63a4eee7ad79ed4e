"""Results as plain data: a document, flat rows, GeoJSON features.

Every format is written from one of these three, so that no format can lose a source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import singledispatch
from typing import Any

from weapons_ref.errors import FileError
from weapons_ref.geo.units import METRES_PER_UNIT
from weapons_ref.model import (
    Area,
    Claim,
    DistanceResult,
    Origin,
    Place,
    PlaceResult,
    Query,
    RangeInterval,
    ReachResult,
    Ring,
    RingResult,
    Source,
    System,
    SystemsResult,
    Verdict,
)

#: Where shown places come from, as the licence asks.
GEONAMES_CREDIT = "Places: GeoNames (geonames.org), CC BY 4.0"


def km(metres: float | None) -> float | None:
    """Return kilometres to the millimetre; what is finer is noise."""
    return None if metres is None else round(metres / 1000, 6) + 0.0


def degrees(angle: float | None) -> float | None:
    """Return an angle to seven decimals, some centimetres."""
    if angle is None:
        return None
    rounded = round(angle, 7) + 0.0
    return 0.0 if rounded == 360 else rounded


# ---------------------------------------------------------------- document: one JSON object


@singledispatch
def document(result: Any) -> dict[str, Any]:
    """Return a whole result as one object; `reach` leaves out its results, which stream."""
    raise TypeError(type(result).__name__)


@document.register
def _(result: ReachResult) -> dict[str, Any]:
    return {"query": _query(result.query), "ranges": [_range(r) for r in result.ranges], **_tail(result)}


@document.register
def _(result: RingResult) -> dict[str, Any]:
    return {
        "query": _query(result.query),
        "ranges": [_range(r) for r in result.ranges],
        "results": [{**_ring(ring, result.query), "geometry": _geometry(ring)} for ring in result.rings],
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
        "from": _place(result.start),
        "to": _place(result.end),
        **_tail(result),
    }


@document.register
def _(result: PlaceResult) -> dict[str, Any]:
    return {"text": result.text, "candidates": list(rows(result)), **_tail(result)}


@document.register
def _(result: SystemsResult) -> dict[str, Any]:
    if not result.full:
        return {"results": list(rows(result))}
    return {
        "results": [_system(system, result) for system in result.systems],
        "sources": {key: _source(source) for key, source in result.sources.items()},
    }


# ---------------------------------------------------------------- rows: flat, one per answer


@singledispatch
def rows(result: Any) -> Iterator[dict[str, Any]]:
    """Yield a result as flat rows, all with the same keys but for a file's own columns."""
    raise TypeError(type(result).__name__)


@rows.register
def _(result: ReachResult) -> Iterator[dict[str, Any]]:
    wide = has_wide(result.query)
    return (_verdict(verdict, wide) for verdict in result.verdicts)


@rows.register
def _(result: RingResult) -> Iterator[dict[str, Any]]:
    return ({**_ring(ring, result.query), "wkt": ring.geometry.wkt} for ring in result.rings)


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
        yield {**_place(place), **{key.replace("-", "_"): text for key, text in notations.items()}}


@rows.register
def _(result: SystemsResult) -> Iterator[dict[str, Any]]:
    if result.full:
        yield from (_claim_row(system, claim) for system in result.systems for claim in system.claims)
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
            "variant_of": system.variant_of,
            "sources": sorted({claim.source for claim in system.claims}),
        }


_SYSTEM_COLUMNS = [
    "id",
    "name",
    "kind",
    "class",
    "origin",
    "range_low_km",
    "range_high_km",
    "claims",
    "variant_of",
    "sources",
]
_CLAIM_FIELDS = [name for name in Claim.__struct_fields__ if name != "metres"]
_CLAIM_COLUMNS = ["system", "name", *_CLAIM_FIELDS]
_VERDICT_COLUMNS = [
    "system",
    "place",
    "lat",
    "lon",
    "distance_km",
    "azimuth_deg",
    "range_low_km",
    "range_high_km",
    "minimum_low_km",
    "minimum_high_km",
    "margin_km",
    "verdict",
    "reason",
    "sources",
    "origin",
]
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
_WIDE_COLUMNS = ["nearest_km", "farthest_km", "nearest_lat", "nearest_lon"]
_GAZETTEER_COLUMNS = ["region", "country", "population"]


def columns(result: Any) -> list[str]:
    """Return the keys of a result's rows when it has none; that of `place` and `distance` always has."""
    if isinstance(result, ReachResult):
        gazetteer = _GAZETTEER_COLUMNS if result.query.min_population is not None else []
        return _VERDICT_COLUMNS + (_WIDE_COLUMNS if has_wide(result.query) else []) + gazetteer
    if isinstance(result, RingResult):
        extent = ["uncertainty_km", "reading"] if has_wide(result.query) else []
        return [*_RING_COLUMNS, *extent, *(["sector_deg"] if result.query.sector else []), "wkt"]
    return _CLAIM_COLUMNS if result.full else _SYSTEM_COLUMNS


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
    return (_feature(_geometry(ring), _ring(ring, result.query)) for ring in result.rings)


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
    gazetteer = isinstance(result, ReachResult | RingResult) and result.shows_gazetteer
    owed = [GEONAMES_CREDIT] if gazetteer or any(place.geonameid is not None for place in shown) else []
    return list(dict.fromkeys([*owed, *(area.credit for area in _areas(result) if area.credit)]))


def notes(result: Any) -> list[str]:
    """Return what there is to know of a result's areas, such as whose line an outline draws, each once."""
    return list(dict.fromkeys(f"{area.name}: {note}" for area in _areas(result) for note in area.notes))


def has_wide(query: Query) -> bool:
    """Say whether an origin is more than a point."""
    return any(origin.reading for origin in query.origins)


def _areas(result: Any) -> list[Area]:
    if isinstance(result, DistanceResult):
        return list(result.areas)
    if isinstance(result, ReachResult | RingResult):
        return [origin.area for origin in result.query.origins if origin.area]
    return []


def _tail(result: Any) -> dict[str, Any]:
    tail: dict[str, Any] = {}
    if isinstance(result, ReachResult | RingResult):
        tail["sources"] = {key: _source(source) for key, source in result.sources.items()}
        if result.unranged:
            tail["without_range"] = list(result.unranged)
    if noted := notes(result):
        tail["notes"] = noted
    if owed := credit(result):
        tail["credit"] = "; ".join(owed)
    return tail


def _query(query: Query) -> dict[str, Any]:
    asked = {
        "systems": list(query.systems) or None,
        "origins": [_origin(origin) for origin in query.origins],
        "range_km": km(query.range_m),
        "minimum_range_km": km(query.minimum_range_m),
        "basis": query.basis,
        "as_of": query.as_of,
        "variants": query.variants,
        "min_population": query.min_population,
        "all": query.show_all,
        "sector_deg": query.sector,
        "dissolve": query.dissolve or None,
    }
    return {key: value for key, value in asked.items() if value is not None}


def _origin(origin: Origin) -> dict[str, Any]:
    described = {"name": origin.name, "lat": degrees(origin.lat), "lon": degrees(origin.lon)}
    return described if origin.reading is None else {**described, **_extent(origin)}


def _extent(origin: Origin) -> dict[str, Any]:
    """Describe how wide an origin is, and how it answers."""
    return {"uncertainty_km": km(origin.uncertainty_m) if origin.uncertainty_m else None, "reading": origin.reading}


def _place(place: Place) -> dict[str, Any]:
    return {
        "name": place.name,
        "lat": degrees(place.lat),
        "lon": degrees(place.lon),
        "region": place.region,
        "country": place.country,
        "population": place.population,
        "geonameid": place.geonameid,
        "notation": place.notation,
        "precision_m": place.precision_m,
    }


def _range(range_: RangeInterval) -> dict[str, Any]:
    return {
        "system": range_.system,
        "name": range_.name,
        **_limits(range_),
        "open_ended": range_.open_ended,
        "claims": [_claim(claim) for claim in range_.claims],
    }


def _limits(range_: RangeInterval) -> dict[str, Any]:
    return {
        "range_low_km": km(range_.low_m),
        "range_high_km": km(range_.high_m),
        "minimum_low_km": km(range_.minimum_low_m),
        "minimum_high_km": km(range_.minimum_high_m),
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {name: value for name in _CLAIM_FIELDS if (value := getattr(claim, name)) is not None}


def _claim_row(system: System, claim: Claim) -> dict[str, Any]:
    return {"system": system.id, "name": system.name, **{name: getattr(claim, name) for name in _CLAIM_FIELDS}}


def _source(source: Source) -> dict[str, Any]:
    fields = {name: getattr(source, name) for name in source.__struct_fields__ if name != "key"}
    return {name: value for name, value in fields.items() if value not in (None, False)}


def _system(system: System, result: SystemsResult) -> dict[str, Any]:
    range_ = result.ranges[system.id]
    record: dict[str, Any] = {
        "id": system.id,
        "kind": system.kind,
        "class": system.class_,
        "origin": list(system.origin),
        "names": system.names,
        "variant_of": system.variant_of,
        "variants": list(system.variants),
        "fired_from": list(system.fired_from),
        "munitions": list(result.munitions[system.id]),
        "note": system.note,
        "range": _limits(range_) if range_ else None,
        "claims": [_claim(claim) for claim in system.claims],
    }
    return {key: value for key, value in record.items() if value not in (None, [])}


def _verdict(verdict: Verdict, wide: bool) -> dict[str, Any]:
    place, range_ = verdict.place, verdict.range
    row = {
        "system": range_.system,
        "place": place.name,
        "lat": degrees(place.lat),
        "lon": degrees(place.lon),
        "distance_km": km(verdict.distance_m),
        "azimuth_deg": degrees(verdict.azimuth_deg),
        **_limits(range_),
        "margin_km": km(verdict.margin_m),
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "sources": list(range_.sources),
        "origin": verdict.origin.name,
    }
    if wide:
        row |= {
            "nearest_km": km(verdict.nearest_m),
            "farthest_km": km(verdict.farthest_m),
            "nearest_lat": degrees(verdict.nearest_lat),
            "nearest_lon": degrees(verdict.nearest_lon),
        }
    if place.notation != "file":
        row |= {"region": place.region, "country": place.country, "population": place.population}
    for name, value in place.columns.items():
        # A file's own column may bear one of these names; it keeps its value under another.
        while name in row:
            name = f"input_{name}"
        row[name] = value
    return row


def _geometry(ring: Ring) -> Mapping[str, Any]:
    parts = list(ring.geometry.geoms)
    shape: Mapping[str, Any] = (parts[0] if len(parts) == 1 else ring.geometry).__geo_interface__
    return shape


def _ring(ring: Ring, query: Query) -> dict[str, Any]:
    row = {
        "system": ring.range.system,
        "name": ring.range.name,
        "role": ring.role,
        **_limits(ring.range),
        "origin": ring.origin.name,
        "origin_lat": degrees(ring.origin.lat),
        "origin_lon": degrees(ring.origin.lon),
        "sources": list(ring.range.sources),
        "max_edge_error_m": ring.max_edge_error_m,
        "covers_globe": ring.covers_globe,
    }
    if has_wide(query):
        row |= _extent(ring.origin)
    if query.sector is not None:
        row["sector_deg"] = list(query.sector)
    return row
