"""Tables and plain text, for a person at a terminal."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import singledispatch
from typing import Any, TextIO

from weapons_ref.errors import FileError
from weapons_ref.geo.coordinates import format_decimal
from weapons_ref.geo.units import METRES_PER_UNIT
from weapons_ref.model import (
    Claim,
    DistanceResult,
    Origin,
    Place,
    PlaceResult,
    Query,
    RangeInterval,
    ReachResult,
    RingResult,
    Source,
    System,
    SystemsResult,
    Verdict,
)
from weapons_ref.output import parts, views

_NAMED = 3  # places that a reason names
_LISTED = 10  # origins that have a line each
_MOST_ROWS = 200_000  # which are held in memory to be aligned


def write(result: Any, stream: TextIO) -> None:
    """Write a result as text, a line at a time."""
    for line in lines(result):
        stream.write(line + "\n")


def plain(text: str) -> str:
    """Return a text with control and bidirectional characters shown escaped.

    They could otherwise hide or rewrite what a terminal shows.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs") else c
        for c in text
    )


def _table(header: Sequence[str], body: Iterable[Sequence[Any]], right: str = "") -> str:
    """Draw a table; `right` has a character per column, ``r`` for those aligned right."""
    from tabulate import tabulate

    cells = [["" if value is None else plain(str(value)) for value in row] for row in body]
    align = ["right" if side == "r" else "left" for side in right.ljust(len(header), "l")]
    return tabulate(cells, header, tablefmt="simple", colalign=align if cells else None, disable_numparse=True)


def _km(metres: float | None) -> str:
    """Word a length: metres below 1 km, else kilometres to the 100 m."""
    if metres is None:
        return ""
    return f"{round(metres)} m" if abs(metres) < 1000 else f"{metres / 1000:,.1f} km"


def _span(range_: RangeInterval) -> str:
    """Word an interval: ``165-306 km, minimum 70 km``."""
    text = _kilometres(range_.low_m, range_.high_m) + (" or more" if range_.open_ended else "")
    if range_.minimum_low_m is None or range_.minimum_high_m is None:
        return text
    return f"{text}, minimum {_kilometres(range_.minimum_low_m, range_.minimum_high_m)}"


def _minimum_unknown(range_: RangeInterval) -> str:
    if range_.minimum_low_m is not None:
        return ""
    chosen = range_.basis != "span" or range_.as_of is not None
    return ", no minimum among the claims chosen" if chosen else ", minimum unknown"


def _kilometres(*metres: float) -> str:
    """Word a length or a span, to the kilometre, and below ten of them to the metre."""
    words = (f"{m / 1000:,.0f}" if m >= 10_000 else f"{m / 1000:.3f}".rstrip("0").rstrip(".") for m in metres)
    return "-".join(dict.fromkeys(words)) + " km"


def _azimuth(degrees: float | None) -> str:
    return "" if degrees is None else f"{round(degrees, 1) % 360:.1f}°"


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
    yield from map(plain, views.notes(result))
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
    return f"From {where} within {_km(origin.uncertainty_m)} of {name}"


def _choice(query: Query) -> Iterator[str]:
    """Say where from, and which claims were chosen, if not all were."""
    if len(query.origins) > _LISTED:
        yield plain(
            f"From {len(query.origins):,} origins: {'; '.join(o.name for o in query.origins[:_NAMED])} and so on"
        )
    else:
        yield from (plain(_from(origin)) for origin in query.origins)
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
        "distance": [_km(v.distance_m) for v in verdicts],
        "azimuth": [_azimuth(v.azimuth_deg) for v in verdicts],
        "farthest": [_km(v.farthest_m) for v in verdicts] if any(map(_takes_all, verdicts)) else [],
        "nearest point": [_point(v) for v in verdicts] if any(v.nearest_lat is not None for v in verdicts) else [],
        "verdict": [v.verdict for v in verdicts],
        "margin": [_km(v.margin_m) for v in verdicts],
    }
    shown = {name: cells for name, cells in columns.items() if cells}
    align = "".join("r" if name in ("distance", "azimuth", "farthest", "margin") else "l" for name in shown)
    yield _table(list(shown), zip(*shown.values(), strict=True), align) if verdicts else "nothing within reach"
    # Places far apart share a reason, since it changes only where a figure ends.
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for verdict in verdicts:
        of = f" ({verdict.range.system})" if systems else ""
        reasons.setdefault((of, verdict.verdict, verdict.reason), []).append(verdict.place.name)
    if verdicts:
        yield ""
    for (of, said, reason), names in reasons.items():
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        yield plain(f"{'; '.join(names[:_NAMED])}{more}{of}, {said}: {reason}")


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
        azimuth = _azimuth(first.azimuth_deg) or "undefined"
        yield plain(f"To {first.place.label}, {_km(first.distance_m)}{since}, azimuth {azimuth}")
        yield ""
        body = [
            [
                v.range.system,
                v.range.name,
                *([v.origin.name] if origins else []),
                v.verdict,
                _km(v.margin_m),
                _span(v.range),
                len(v.range.sources),
            ]
            for v in found
        ]
        header = ["system", "name", *(["from"] if origins else []), "verdict", "margin", "range", "sources"]
        yield _table(header, body, "".join("r" if name in ("margin", "sources") else "l" for name in header))
        disputed = [plain(f"{v.range.system}, disputed: {v.reason}") for v in found if v.verdict == "disputed"]
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
        body.append([first.place.label, _km(first.distance_m), _azimuth(first.azimuth_deg), *marks])
    yield _table(["place", "distance", "azimuth", *(str(r.system) for r in ranges)], body, "lrr")
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
        yield plain(f"{range_.name} ({range_.system}): {_span(range_)}{_minimum_unknown(range_)}")
        yield from _claims(range_.claims)
    if named:
        yield f"Sources in full: weapons-ref show {' '.join(str(range_.system) for range_ in named)}"


def _claims(claims: Iterable[Claim], numbers: Mapping[str, int] | None = None) -> Iterator[str]:
    """Word claims, those alike but for their source on one line; sources by key, or by footnote."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for claim in _sorted(claims):
        said = "" if claim.qualifier == "stated" else f" ({claim.qualifier})"
        detail = (
            f"of {claim.of}" if claim.of else "",
            claim.who or "",
            f"since {claim.since}" if claim.since else "",
            f"suspect: {claim.reason}" if claim.flag else "",
            claim.note or "",
        )
        key = claim.attribute.replace("_", " "), claim.figure + said, "; ".join(text for text in detail if text)
        source = f"[{numbers[claim.source]}]" if numbers else claim.source
        groups.setdefault(key, []).append(source + (f" citing {claim.speaker}" if claim.speaker else ""))
    previous = ""
    for (label, figure, note), cited in groups.items():
        line = f"  {label if label != previous else '':<21} {figure:<30} {', '.join(cited)}"
        yield plain(line + (f"  ({note})" if note else ""))
        previous = label


def _footnotes(sources: Mapping[str, Source], numbers: Mapping[str, int]) -> Iterator[str]:
    if sources:
        yield "Sources"
    for key, source in sources.items():
        yield plain(f"  [{numbers[key]}] {_cite(source)} ({key})")


def _cite(source: Source) -> str:
    date = f"{source.date}{' (inferred)' if source.inferred else ''}" if source.date else "undated"
    title = f'"{source.title}"' if source.title else "(title not seen)"
    return ", ".join(part for part in (source.publisher, title, date, source.url) if part)


@lines.register
def _(result: RingResult) -> Iterator[str]:
    yield from _choice(result.query)
    yield ""
    body = [
        [
            ring.range.system or ring.range.name,
            ring.role,
            _span(ring.range),
            ring.origin.name,
            sum(len(p.exterior.coords) + sum(len(i.coords) for i in p.interiors) for p in ring.geometry.geoms),
            f"{ring.max_edge_error_m:g} m",
        ]
        for ring in result.rings
    ]
    yield _table(["system", "role", "range", "from", "vertices", "edge error"], body, "llllrr")
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
        ["azimuth there", _azimuth(result.azimuth_deg) or "undefined"],
        ["azimuth back", _azimuth(result.back_azimuth_deg) or "undefined"],
        ["from", _where(result.start)],
        ["to", _where(result.end)],
    ]
    yield from (f"{label:<14} {plain(text)}" for label, text in body)
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
        yield plain(", ".join(t for t in (place.name, place.region, place.country_name or place.country) if t))
        if place.notation == "name":
            people = "population unknown" if place.population is None else f"population {place.population:,}"
            yield f"  {people}, geonames:{place.geonameid}"
        elif place.turned_back:
            yield "  the longitude was past 180, and was turned back"
        elif place.precision_m is not None:
            yield f"  read as {place.notation}, good to {place.precision_m:g} m"
        yield from (f"  {key:<10} {text}" for key, text in notations.items())
    yield from _beside(result)


@lines.register
def _(result: SystemsResult) -> Iterator[str]:
    if result.full:
        for number, system in enumerate(result.systems):
            if number:
                yield ""
            yield from _record(system, result)
        return
    if not result.systems:
        yield "no system fits"
        return
    body = []
    for system in result.systems:
        range_ = result.ranges[system.id]
        sources = len({claim.source for claim in system.claims})
        body.append(
            [system.id, system.name, system.class_, "/".join(system.origin), _span(range_) if range_ else "", sources]
        )
    yield _table(["id", "name", "class", "origin", "range", "sources"], body, "lllllr")


def _record(system: System, result: SystemsResult) -> Iterator[str]:
    """Word a whole record."""
    used = {claim.source for claim in system.claims}
    sources = {key: source for key, source in result.sources.items() if key in used}
    numbers = {key: number for number, key in enumerate(sources, 1)}
    yield plain(f"{system.name} ({system.id})")
    yield f"  {'kind':<21} {system.kind}, class {system.class_}, from {'/'.join(system.origin)}"
    for language, names in system.names.items():
        yield plain(f"  {'name in ' + language:<21} {', '.join(names)}")
    range_ = result.ranges[system.id]
    if range_ is not None:
        yield f"  {'range by all claims':<21} {_span(range_)}{_minimum_unknown(range_)}"
    related: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("variant of", (system.variant_of,) if system.variant_of else ()),
        ("variants", system.variants),
        ("fired from", system.fired_from),
        ("fires", result.munitions[system.id]),
    )
    for label, ids in related:
        if ids:
            yield plain(f"  {label:<21} " + ", ".join(f"{result.names[i]} ({i})" for i in ids))
    if system.note:
        yield plain(f"  {'note':<21} {system.note}")
    yield from _claims(system.claims, numbers)
    yield from _footnotes(sources, numbers)


def _sorted(claims: Iterable[Claim]) -> list[Claim]:
    """Order claims by attribute as they came, ranges by figure within."""
    attributes: dict[str, list[Claim]] = {}
    for claim in claims:
        attributes.setdefault(claim.attribute, []).append(claim)
    for name in ("range_max", "range_min"):
        if name in attributes:
            attributes[name].sort(key=lambda c: (c.low_m, c.high_m, c.qualifier, c.source))
    return [claim for group in attributes.values() for claim in group]
