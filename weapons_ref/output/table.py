"""Tables and plain text, for a person at a terminal."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import singledispatch
from typing import Any, TextIO

from weapons_ref.errors import FileError
from weapons_ref.geo.coordinates import format_decimal
from weapons_ref.geo.units import METRES_PER_UNIT
from weapons_ref.model import (
    CheckResult,
    DistanceResult,
    Origin,
    Place,
    PlaceResult,
    Query,
    RangeInterval,
    ReachResult,
    RingResult,
    SourcesResult,
    StatsResult,
    SystemsResult,
    Verdict,
)
from weapons_ref.output import parts, records, views, wording

_NAMED = 3  # places that a reason names
_LISTED = 10  # origins that have a line each
_MOST_ROWS = 200_000  # which are held in memory to be aligned


def write(result: Any, stream: TextIO) -> None:
    """Write a result as text, a line at a time."""
    for line in lines(result):
        stream.write(line + "\n")


@singledispatch
def lines(result: Any) -> Iterator[str]:
    """Yield the lines of a result."""
    raise TypeError(type(result).__name__)


@lines.register
def _(result: ReachResult) -> Iterator[str]:
    verdicts = list(itertools.islice(result.verdicts, _MOST_ROWS + 1))
    if len(verdicts) > _MOST_ROWS:
        raise FileError(f"a table of more than {_MOST_ROWS:,} rows is no table to read; write csv, ndjson or parquet")
    yield from _choice(result.query)
    yield ""
    several_origins = len(result.query.origins) > 1
    if result.by_margin:
        yield from _systems_table(verdicts, several_origins)
    elif len(result.ranges) == 1 or several_origins or result.query.min_population is None:
        yield from _verdict_table(verdicts, len(result.ranges) > 1, several_origins)
    else:
        yield from _matrix(verdicts, result.ranges)
    yield ""
    if not result.by_margin:
        yield from _ranges(result.ranges)
        if any(range_.system for range_ in result.ranges):
            yield ""
    yield _counted(result)
    yield from _beside(result)


def _beside(result: Any) -> Iterator[str]:
    """Word what is to be known of a result's areas, and the credits it owes."""
    yield from map(wording.plain, views.notes(result))
    yield from views.credit(result)


def _from(origin: Origin) -> str:
    name = origin.name
    if origin.lat is not None and origin.lon is not None and name != format_decimal(origin.lat, origin.lon):
        name += f" ({parts.degrees(origin.lat)}, {parts.degrees(origin.lon)})"
    if origin.reading is None:
        return f"From {name}"
    where = "every point" if origin.reading == "everywhere" else origin.reading
    if origin.area is not None:
        return f"From {where} {'of' if origin.reading == 'everywhere' else 'in'} {name}"
    return f"From {where} within {wording.length(origin.uncertainty_m)} of {name}"


def _choice(query: Query) -> Iterator[str]:
    """Say where from, and which claims were chosen, if not all were."""
    if len(query.origins) > _LISTED:
        yield wording.plain(
            f"From {len(query.origins):,} origins: {'; '.join(o.name for o in query.origins[:_NAMED])} and so on"
        )
    else:
        yield from (wording.plain(_from(origin)) for origin in query.origins)
    if query.basis in ("low", "high"):
        yield f"Only the {query.basis}est figure of each system counts (--basis {query.basis})"
    elif query.basis != "span":
        yield f"Only the claims of {query.basis} count (--basis)"
    if query.as_of is not None:
        yield f"Only claims published by {query.as_of} count (--as-of); undated ones are left out"
    if query.sector is not None:
        start, end = query.sector
        yield f"Only azimuths from {start:g}° clockwise to {end:g}° count (--sector)"


def _verdict_table(verdicts: Sequence[Verdict], systems: bool, origins: bool) -> Iterator[str]:
    """Draw a row per verdict; who answers and from where only if there is a choice."""
    columns: dict[str, list[str]] = {
        "place": [v.place.label for v in verdicts],
        "system": [str(v.range.system) for v in verdicts] if systems else [],
        "from": [v.origin.name for v in verdicts] if origins else [],
        "distance": [wording.length(v.distance_m) for v in verdicts],
        "azimuth": [wording.azimuth(v.azimuth_deg) for v in verdicts],
        "farthest": [wording.length(v.farthest_m) for v in verdicts] if any(map(_takes_all, verdicts)) else [],
        "nearest point": [_point(v) for v in verdicts] if any(v.nearest_lat is not None for v in verdicts) else [],
        "verdict": [v.verdict for v in verdicts],
        "margin": [wording.length(v.margin_m) for v in verdicts],
    }
    shown = {name: cells for name, cells in columns.items() if cells}
    align = "".join("r" if name in ("distance", "azimuth", "farthest", "margin") else "l" for name in shown)
    yield wording.draw(list(shown), zip(*shown.values(), strict=True), align) if verdicts else "nothing within reach"
    # Places far apart share a reason, since it changes only where a figure ends.
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for verdict in verdicts:
        of = f" ({verdict.range.system})" if systems else ""
        reasons.setdefault((of, verdict.verdict, verdict.reason), []).append(verdict.place.name)
    if verdicts:
        yield ""
    for (of, said, reason), names in reasons.items():
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        yield wording.plain(f"{'; '.join(names[:_NAMED])}{more}{of}, {said}: {reason}")


def _takes_all(verdict: Verdict) -> bool:
    """Say whether a verdict is about every point of its origin."""
    return verdict.farthest_m is not None and verdict.origin.reading != "anywhere"


def _point(verdict: Verdict) -> str:
    """Word the nearest point of a wide origin, to about a metre."""
    if verdict.nearest_lat is None or verdict.nearest_lon is None:
        return ""
    return f"{verdict.nearest_lat:.5f}, {verdict.nearest_lon:.5f}"


def _systems_table(verdicts: Sequence[Verdict], origins: bool) -> Iterator[str]:
    """Draw a row per system, by place and margin."""
    by_place: dict[int, list[Verdict]] = {}
    for verdict in verdicts:
        by_place.setdefault(id(verdict.place), []).append(verdict)
    for number, found in enumerate(by_place.values()):
        first = found[0]
        if number:
            yield ""
        since = f" from {_point(first)}" if first.nearest_lat is not None else ""
        azimuth = wording.azimuth(first.azimuth_deg) or "undefined"
        yield wording.plain(f"To {first.place.label}, {wording.length(first.distance_m)}{since}, azimuth {azimuth}")
        yield ""
        body = [
            [
                v.range.system,
                v.range.name,
                *([v.origin.name] if origins else []),
                v.verdict,
                wording.length(v.margin_m),
                wording.span(v.range),
                len(v.range.sources),
            ]
            for v in found
        ]
        header = ["system", "name", *(["from"] if origins else []), "verdict", "margin", "range", "sources"]
        yield wording.draw(header, body, "".join("r" if name in ("margin", "sources") else "l" for name in header))
        disputed = [wording.plain(f"{v.range.system}, disputed: {v.reason}") for v in found if v.verdict == "disputed"]
        yield from ("", *disputed) if disputed else ()
    if verdicts:
        yield ""
        yield "Who says so, and where: weapons-ref show ID"


def _matrix(verdicts: Sequence[Verdict], ranges: Sequence[RangeInterval]) -> Iterator[str]:
    """Draw a row per place and a column per system."""
    by_place: dict[int | None, list[Verdict]] = {}
    for verdict in verdicts:
        by_place.setdefault(verdict.place.geonameid, []).append(verdict)
    if not verdicts:
        yield "nothing within reach"
        return
    body = []
    for found in by_place.values():
        first = found[0]
        said = {verdict.range.system: verdict.verdict for verdict in found}
        marks = [said.get(range_.system, "-") for range_ in ranges]
        body.append([first.place.label, wording.length(first.distance_m), wording.azimuth(first.azimuth_deg), *marks])
    yield wording.draw(["place", "distance", "azimuth", *(str(r.system) for r in ranges)], body, "lrr")
    if any("-" in row for row in body):
        yield "- is out of reach: beyond the range, or nearer than the minimum range"


def _counted(result: ReachResult) -> str:
    counts = [f"{count:,} {name}" for name, count in result.counts.items() if count or name == "within"]
    where = ""
    if result.query.min_population:
        where = f" of the gazetteer's places of {result.query.min_population:,} people or more"
        if len(result.ranges) > 1:
            where += ", each counted once per system"
    return ", ".join(counts) + where


def _ranges(ranges: Sequence[RangeInterval]) -> Iterator[str]:
    """Word each interval with its claims; `show` has the sources in full."""
    named = [range_ for range_ in ranges if range_.system is not None]
    for range_ in named:
        yield wording.plain(f"{range_.name} ({range_.system}): {wording.span(range_)}{wording.minimum_unknown(range_)}")
        yield from wording.claims(range_.claims)
    if named:
        yield f"Sources in full: weapons-ref show {' '.join(str(range_.system) for range_ in named)}"


@lines.register
def _(result: RingResult) -> Iterator[str]:
    yield from _choice(result.query)
    yield ""
    body = [
        [
            ring.range.system or ring.range.name,
            ring.role,
            wording.span(ring.range),
            ring.origin.name,
            sum(len(p.exterior.coords) + sum(len(i.coords) for i in p.interiors) for p in ring.geometry.geoms),
            f"{ring.max_edge_error_m:g} m",
        ]
        for ring in result.rings
    ]
    yield wording.draw(["system", "role", "range", "from", "vertices", "edge error"], body, "llllrr")
    yield ""
    yield from _ranges(result.ranges)
    yield from _beside(result)


@lines.register
def _(result: DistanceResult) -> Iterator[str]:
    metres = result.distance_m
    body = [
        ["distance", f"{metres / 1000:,.3f} km"],
        ["", f"{metres / METRES_PER_UNIT['mi']:,.3f} mi"],
        ["", f"{metres / METRES_PER_UNIT['nmi']:,.3f} nmi"],
        *([] if result.farthest_m is None else [["farthest point", f"{result.farthest_m / 1000:,.3f} km"]]),
        ["azimuth there", wording.azimuth(result.azimuth_deg) or "undefined"],
        ["azimuth back", wording.azimuth(result.back_azimuth_deg) or "undefined"],
        ["from", _where(result.start)],
        ["to", _where(result.end)],
    ]
    yield from (f"{label:<14} {wording.plain(text)}" for label, text in body)
    if result.areas and metres == 0:
        yield "They touch or overlap"
    yield from _beside(result)


def _where(place: Place) -> str:
    position = f"{parts.degrees(place.lat)}, {parts.degrees(place.lon)}"
    if place.notation == "area":
        return f"{position}, the nearest point of {place.name}"
    return f"{place.label} ({position})" if place.notation == "name" else position


@lines.register
def _(result: PlaceResult) -> Iterator[str]:
    for place, notations in zip(result.candidates, result.notations, strict=True):
        yield wording.plain(", ".join(t for t in (place.name, place.region, place.country_name or place.country) if t))
        if place.notation == "name":
            people = "population unknown" if place.population is None else f"population {place.population:,}"
            yield f"  {people}, geonames:{place.geonameid}"
        elif place.turned_back:
            yield "  the longitude was past 180, and was turned back"
        elif place.precision_m is not None:
            yield f"  read as {place.notation}, good to {place.precision_m:g} m"
        yield from (f"  {key:<10} {text}" for key, text in notations.items())
    yield from _beside(result)


lines.register(SystemsResult, records.systems)
lines.register(SourcesResult, records.sources)
lines.register(StatsResult, records.stats)


@lines.register
def _(result: CheckResult) -> Iterator[str]:
    for finding in result.findings:
        statement = finding.statement
        yield wording.plain(f"{finding.outcome:<13} {statement.id}: {statement.text or '(not worded)'}")
        yield wording.plain(f"{'':<13} {finding.reason}")
        if statement.source_url or statement.source:
            yield wording.plain(f"{'':<13} {statement.source_url or statement.source}")
    if result.findings:
        yield ""
    yield ", ".join(f"{count:,} {outcome}" for outcome, count in result.counts.items())
    yield from _beside(result)
