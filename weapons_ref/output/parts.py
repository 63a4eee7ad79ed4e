"""The parts of results as plain data: places, ranges, claims, verdicts, rings."""

from __future__ import annotations

import itertools
import math
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from weapons_ref.model import (
    Claim,
    Finding,
    Origin,
    Place,
    Query,
    RangeInterval,
    Ring,
    Source,
    System,
    SystemsResult,
    Verdict,
)

VERDICT_COLUMNS = [
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
WIDE_COLUMNS = ["nearest_km", "farthest_km", "nearest_lat", "nearest_lon"]
#: What a row for each place says of it, beside what it says of each system.
PLACE_COLUMNS = ["place", "lat", "lon", "distance_km", "azimuth_deg", "origin", "sources"]
CLAIM_FIELDS = [name for name in Claim.__struct_fields__ if name not in ("metres", "kilograms")]
FINDING_COLUMNS = [
    "id",
    "outcome",
    "reason",
    "statement",
    "from",
    "to",
    "distance_km",
    "claimed_km",
    "system",
    "range_km",
    "range_low_km",
    "range_high_km",
    "sources",
    "source_url",
    "source",
    "file",
    "line",
]
#: What is said wherever bands are shown.
BAND_NOTE = "a band is arithmetic on published figures, not a legal finding"


def km(metres: float | None) -> float | None:
    """Return kilometres to the millimetre; what is finer is noise."""
    return None if metres is None else round(metres / 1000, 6) + 0.0


def degrees(angle: float | None) -> float | None:
    """Return an angle to seven decimals, some centimetres."""
    if angle is None:
        return None
    rounded = round(angle, 7) + 0.0
    return 0.0 if rounded == 360 else rounded


def has_wide(query: Query) -> bool:
    """Say whether an origin is more than a point."""
    return any(origin.reading for origin in query.origins)


def query_of(query: Query) -> dict[str, Any]:
    """Describe what was asked, leaving out what was not."""
    asked = {
        "systems": list(query.systems) or None,
        "origins": [origin_of(origin) for origin in query.origins],
        "range_km": km(query.range_m),
        "minimum_range_km": km(query.minimum_range_m),
        "basis": query.basis,
        "as_of": query.as_of,
        "variants": query.variants,
        "min_population": query.min_population,
        "all": query.show_all,
        "sector_deg": query.sector,
        "dissolve": query.dissolve or None,
        "distances": None if query.distances == "all" else query.distances,
        "by_place": query.by_place or None,
    }
    return {key: value for key, value in asked.items() if value is not None}


def origin_of(origin: Origin) -> dict[str, Any]:
    """Describe where a question starts."""
    described = {"name": origin.name, "lat": degrees(origin.lat), "lon": degrees(origin.lon)}
    return described if origin.reading is None else {**described, **extent_of(origin)}


def extent_of(origin: Origin) -> dict[str, Any]:
    """Describe how wide an origin is, and how it answers."""
    return {"uncertainty_km": km(origin.uncertainty_m) if origin.uncertainty_m else None, "reading": origin.reading}


def place_of(place: Place) -> dict[str, Any]:
    """Describe a place."""
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


def range_of(range_: RangeInterval) -> dict[str, Any]:
    """Describe an interval with its claims."""
    return {
        "system": range_.system,
        "name": range_.name,
        **limits(range_),
        "open_ended": range_.open_ended,
        "claims": [claim_of(claim) for claim in range_.claims],
    }


def limits(range_: RangeInterval) -> dict[str, Any]:
    """Return what bounds an interval, kilometres."""
    return {
        "range_low_km": km(range_.low_m),
        "range_high_km": km(range_.high_m),
        "minimum_low_km": km(range_.minimum_low_m),
        "minimum_high_km": km(range_.minimum_high_m),
    }


def claim_of(claim: Claim) -> dict[str, Any]:
    """Describe a claim, leaving out what is unknown."""
    return {name: value for name in CLAIM_FIELDS if (value := getattr(claim, name)) is not None}


def claim_row(system: System, claim: Claim) -> dict[str, Any]:
    """Describe a claim as one row of its system."""
    return {"system": system.id, "name": system.name, **{name: getattr(claim, name) for name in CLAIM_FIELDS}}


def attributes_of(result: SystemsResult) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Describe records attribute by attribute, each system's claims apart."""
    names = dict.fromkeys(claim.attribute for system in result.systems for claim in system.claims)
    return {
        name: {
            system.id: [claim_of(claim) for claim in system.claims if claim.attribute == name]
            for system in result.systems
        }
        for name in names
    }


def source_of(source: Source) -> dict[str, Any]:
    """Describe a source, leaving out what is unknown."""
    fields = {name: getattr(source, name) for name in source.__struct_fields__ if name != "key"}
    return {name: value for name, value in fields.items() if value not in (None, False)}


def system_of(system: System, result: SystemsResult) -> dict[str, Any]:
    """Describe a record with its claims."""
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
        "range": limits(range_) if range_ else None,
        "independent_sources": result.independent.get(system.id) or None,
        "bands": {one.band: one.holds for one in result.bands.get(system.id, ())} or None,
        "claims": [claim_of(claim) for claim in system.claims],
    }
    return {key: value for key, value in record.items() if value not in (None, [])}


def finding_of(finding: Finding) -> dict[str, Any]:
    """Describe what is found of a statement as a flat row."""
    statement = finding.statement
    return {
        "id": statement.id,
        "outcome": finding.outcome,
        "reason": finding.reason,
        "statement": statement.text,
        "from": statement.start,
        "to": statement.end,
        "distance_km": km(finding.distance_m),
        "claimed_km": _stated(statement.claimed_m),
        "system": statement.system,
        "range_km": _stated(statement.range_m),
        "range_low_km": km(finding.range_low_m),
        "range_high_km": km(finding.range_high_m),
        "sources": list(finding.sources),
        "source_url": statement.source_url,
        "source": statement.source,
        "file": statement.file,
        "line": statement.line,
    }


def _stated(span_m: tuple[float, float] | None) -> float | str | None:
    """Return a stated figure in kilometres, or a span as text."""
    if span_m is None:
        return None
    low, high = span_m
    return km(low) if low == high else f"{low / 1000:g}-{high / 1000:g}"


def verdict_of(verdict: Verdict, wide: bool) -> dict[str, Any]:
    """Describe a verdict as a flat row, with what a wide origin adds to it."""
    place, range_ = verdict.place, verdict.range
    row = {
        "system": range_.system,
        "place": place.name,
        "lat": degrees(place.lat),
        "lon": degrees(place.lon),
        "distance_km": km(verdict.distance_m),
        "azimuth_deg": degrees(verdict.azimuth_deg),
        **limits(range_),
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
    return add_own(row, place.columns)


def by_place(rows: Iterator[dict[str, Any]], ranges: Sequence[RangeInterval]) -> Iterator[dict[str, Any]]:
    """Turn the rows of a place, one for each range, into one row."""
    sources = sorted({key for range_ in ranges for key in range_.sources})
    columns = set(VERDICT_COLUMNS) | set(WIDE_COLUMNS)
    while group := list(itertools.islice(rows, len(ranges))):
        # From the nearest origin; one that is too near may have left a verdict to another.
        nearest = min(group, key=lambda row: math.inf if row["distance_km"] is None else row["distance_km"])
        row = {name: nearest[name] for name in PLACE_COLUMNS} | {"sources": sources}
        for range_, said in zip(ranges, group, strict=True):
            verdict, margin = system_columns(range_)
            row |= {verdict: said["verdict"], margin: said["margin_km"]}
        own = {name: value for name, value in group[0].items() if name not in columns}
        yield add_own(row, own)


def system_columns(range_: RangeInterval) -> tuple[str, str]:
    """Return the names of the columns that a row for each place has for a system."""
    system = range_.system or "range"
    return f"{system}_verdict", f"{system}_margin_km"


def add_own(row: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Add a file's own columns to a row; one that bears a name of ours keeps its value under another."""
    for name, value in own.items():
        row[own_name(name, row)] = value
    return row


def own_name(name: str, taken: Container[str]) -> str:
    """Return the name under which a file's own column is written."""
    while name in taken:
        name = f"input_{name}"
    return name


def geometry_of(ring: Ring) -> Mapping[str, Any]:
    """Return a ring's geometry as GeoJSON."""
    parts = list(ring.geometry.geoms)
    shape: Mapping[str, Any] = (parts[0] if len(parts) == 1 else ring.geometry).__geo_interface__
    return shape


def ring_of(ring: Ring, query: Query) -> dict[str, Any]:
    """Describe a ring, without its geometry."""
    row = {
        "system": ring.range.system,
        "name": ring.range.name,
        "role": ring.role,
        **limits(ring.range),
        "origin": ring.origin.name,
        "origin_lat": degrees(ring.origin.lat),
        "origin_lon": degrees(ring.origin.lon),
        "sources": list(ring.range.sources),
        "max_edge_error_m": ring.max_edge_error_m,
        "covers_globe": ring.covers_globe,
    }
    if has_wide(query):
        row |= extent_of(ring.origin)
    if query.sector is not None:
        row["sector_deg"] = list(query.sector)
    return row
