"""Catalog records as text, for a person at a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from weapons_ref.model import Claim, Membership, SourcesResult, StatsResult, System, SystemsResult
from weapons_ref.output import wording
from weapons_ref.output.parts import BAND_NOTE

_HOLDS = {
    "all": "",
    "some": "by some claims",
    "unknown": "if its payload, which is unknown, fits",
    "some-unknown": "by some claims, and if its payload, which is unknown, fits",
}
_MARKS = {"all": "", "some": " (some)", "unknown": " (?)", "some-unknown": " (some, ?)"}
_SHOWN = ("range_max", "range_min")
_COLUMN = 44  # of `compare`, in which long words are wrapped


def systems(result: SystemsResult) -> Iterator[str]:
    """Yield the lines of records: a table, whole records, or records side by side."""
    if result.view == "list":
        yield from _listed(result)
    elif result.view == "compare":
        yield from _compared(result)
    else:
        for number, system in enumerate(result.systems):
            if number:
                yield ""
            yield from _record(system, result)


def _listed(result: SystemsResult) -> Iterator[str]:
    if not result.systems:
        yield "no system fits"
        return
    body = []
    band = result.band
    for system in result.systems:
        range_ = result.ranges[system.id]
        independent = result.independent.get(system.id, 0)
        body.append(
            [
                system.id,
                system.name,
                _class(system, result.bands.get(system.id, ())),
                "/".join(system.origin),
                wording.span(range_) if range_ else "",
                independent or "",
                *([_held(band, result.bands[system.id])] if band else []),
            ]
        )
    header = ["id", "name", "class", "origin", "range", "sources", *([band] if band else [])]
    yield wording.draw(header, body, "lllllr")
    count = len(result.systems)
    yield f"{count:,} system{'s' if count > 1 else ''}; sources are the independent ones of the range"
    if band:
        yield BAND_NOTE[0].upper() + BAND_NOTE[1:]


def _held(band: str, bands: Sequence[Membership]) -> str:
    """Word by how many claims a record is in a band."""
    holds = next(one.holds for one in bands if one.band == band)
    return _HOLDS[holds] or "by all claims"


def _class(system: System, bands: Sequence[Membership]) -> str:
    """Word a record's class, with those that its claims fall into where they are several."""
    computed = [one.band for one in bands if one.scheme == "range-class"]
    others = [band for band in computed if band != system.class_]
    return system.class_ + (f" (or {', '.join(others)})" if others else "")


def _record(system: System, result: SystemsResult) -> Iterator[str]:
    """Word a whole record."""
    used = {claim.source for claim in system.claims}
    sources = {key: source for key, source in result.sources.items() if key in used}
    numbers = {key: number for number, key in enumerate(sources, 1)}
    yield wording.plain(f"{system.name} ({system.id})")
    yield f"  {'kind':<21} {system.kind}, class {system.class_}, from {'/'.join(system.origin)}"
    for language, names in system.names.items():
        yield wording.plain(f"  {'name in ' + language:<21} {', '.join(names)}")
    range_ = result.ranges[system.id]
    if range_ is not None:
        yield f"  {'range by all claims':<21} {wording.span(range_)}{wording.minimum_unknown(range_)}"
        yield f"  {'':<21} {_sourced(result.independent.get(system.id, 0))}"
    related: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("variant of", (system.variant_of,) if system.variant_of else ()),
        ("variants", system.variants),
        ("fired from", system.fired_from),
        ("fires", result.munitions[system.id]),
    )
    for label, ids in related:
        if ids:
            yield wording.plain(f"  {label:<21} " + ", ".join(f"{result.names[i]} ({i})" for i in ids))
    yield from _bands(result.bands.get(system.id, ()), result)
    if system.note:
        yield wording.plain(f"  {'note':<21} {system.note}")
    if result.by_source:
        yield from _by_source(system, result, numbers)
        return
    yield from wording.claims(system.claims, numbers, bars=True)
    yield from wording.footnotes(sources, numbers)


def _sourced(independent: int) -> str:
    if independent == 1:
        return "from one source alone"
    return f"from {independent} sources that do not rest on each other, as far as they tell"


def _bands(bands: Sequence[Membership], result: SystemsResult) -> Iterator[str]:
    if not bands:
        return
    label = "bands"
    for one in bands:
        scheme = result.schemes[one.scheme]
        holds = _HOLDS[one.holds]
        said = f"{one.band}, {scheme.bands[one.band].label}{f' ({holds})' if holds else ''}"
        yield f"  {label:<21} {said}"
        label = ""
    yield f"  {'':<21} {BAND_NOTE}"


def _by_source(system: System, result: SystemsResult, numbers: Mapping[str, int]) -> Iterator[str]:
    """Word a record's claims under the source that each was read in."""
    for key, number in numbers.items():
        yield wording.plain(f"  [{number}] {wording.cite(result.sources[key])} ({key})")
        if result.sources[key].note:
            yield wording.plain(f"      {result.sources[key].note}")
        yield from (f"    {line}" for line in _said(claim for claim in system.claims if claim.source == key))


def _said(claims: Iterator[Claim]) -> Iterator[str]:
    """Word claims of one source, which need not be named again."""
    for claim in wording.in_order(claims):
        citing = f", citing {claim.speaker}" if claim.speaker else ""
        remarks = wording.remarks(claim)
        label = claim.attribute.replace("_", " ")
        yield wording.plain(f"  {label:<21} {wording.said(claim)}{citing}{f'  ({remarks})' if remarks else ''}")


def _compared(result: SystemsResult) -> Iterator[str]:
    """Draw records side by side, an attribute a row."""
    used = {claim.source for system in result.systems for claim in system.claims}
    numbers = {key: number for number, key in enumerate((key for key in result.sources if key in used), 1)}
    attributes = dict.fromkeys(claim.attribute for system in result.systems for claim in system.claims)
    leading = [name for name in _SHOWN if name in attributes]
    body: list[list[str]] = [
        ["name", *(system.name for system in result.systems)],
        ["kind", *(f"{system.kind}, {system.class_}" for system in result.systems)],
        ["origin", *("/".join(system.origin) for system in result.systems)],
        ["range by all claims", *(_interval(system, result) for system in result.systems)],
        ["independent sources", *(str(result.independent.get(s.id) or "") for s in result.systems)],
        ["bands", *(_bands_in_a_cell(result.bands.get(s.id, ())) for s in result.systems)],
    ]
    for attribute in [*leading, *(name for name in attributes if name not in leading)]:
        cells = [_cell(system, attribute, numbers) for system in result.systems]
        body.append([attribute.replace("_", " "), *cells])
    yield wording.draw(["", *(system.id for system in result.systems)], body, lines=True)
    yield from wording.footnotes({key: result.sources[key] for key in numbers}, numbers)
    yield BAND_NOTE[0].upper() + BAND_NOTE[1:]


def _interval(system: System, result: SystemsResult) -> str:
    range_ = result.ranges[system.id]
    if range_ is not None:
        return wording.span(range_)
    fires = result.munitions[system.id]
    return _wrapped("that of what it fires: " + ", ".join(fires)) if fires else ""


def _bands_in_a_cell(bands: Sequence[Membership]) -> str:
    return _wrapped(", ".join(one.band + _MARKS[one.holds] for one in bands))


def _cell(system: System, attribute: str, numbers: Mapping[str, int]) -> str:
    groups: dict[str, list[int]] = {}
    for claim in wording.in_order(claim for claim in system.claims if claim.attribute == attribute):
        rest = "".join(f", {text}" for text in (claim.of and f"of {claim.of}", claim.who, claim.since) if text)
        suspect = ", suspect" if claim.flag else ""
        groups.setdefault(wording.said(claim) + rest + suspect, []).append(numbers[claim.source])
    return "\n".join(_wrapped(f"{said} [{', '.join(map(str, sorted(set(at))))}]") for said, at in groups.items())


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, _COLUMN, subsequent_indent="  "))


def sources(result: SourcesResult) -> Iterator[str]:
    """Yield the lines of sources: a table, or each with the claims that rest on it."""
    if not result.full:
        body = [
            [
                key,
                source.publisher,
                source.date or "",
                len({s.id for s, _ in result.claims[key]}),
                len(result.claims[key]),
            ]
            for key, source in result.sources.items()
        ]
        yield wording.draw(["key", "publisher", "date", "systems", "claims"], body, "lllrr")
        yield "What rests on one: weapons-ref sources KEY"
        return
    for number, (key, source) in enumerate(result.sources.items()):
        if number:
            yield ""
        yield wording.plain(f"{key}: {wording.cite(source)}")
        if source.note:
            yield wording.plain(f"  {'note':<21} {source.note}")
        if result.copies[key]:
            yield f"  {'carried by':<21} {', '.join(result.copies[key])}"
        claims = result.claims[key]
        if not claims:
            yield "  no claim rests on it"
        for system in {system.id: system for system, _ in claims}.values():
            yield wording.plain(f"  {system.name} ({system.id})")
            yield from (f"  {line}" for line in _said(claim for owner, claim in claims if owner.id == system.id))


def stats(result: StatsResult) -> Iterator[str]:
    """Yield the lines of a catalog's counts."""
    body = [
        ["systems", result.systems],
        ["variants", result.variants],
        ["systems with a maximum range", result.systems_with_maximum_range],
        ["of two or more independent sources", result.systems_with_two_sources],
        ["the same, unchecked transcriptions left out", result.systems_with_two_checked_sources],
        ["countries of origin", result.countries],
        ["claims", result.claims],
        ["sources", result.sources],
    ]
    yield from (f"{label:<44} {count:>6,}" for label, count in body)
    for title, counts in (("class", result.by_class), ("country", result.by_country)):
        yield ""
        yield wording.draw([title, "systems"], sorted(counts.items(), key=lambda item: (-item[1], item[0])), "lr")
