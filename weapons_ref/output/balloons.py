"""What a map says of a thing that is clicked: small pages of HTML, every text of others escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from weapons_ref.geo.units import METRES_PER_UNIT
from weapons_ref.model import (
    VERDICTS,
    Claim,
    DistanceResult,
    RangeInterval,
    ReachResult,
    Ring,
    RingResult,
    Source,
    VerdictName,
)
from weapons_ref.output import parts, views, wording

_NAMED = 3  # systems and origins that a title names
_ROLES = {
    "within": "every claim chosen puts it within reach",
    "disputed": "the claims differ on it",
}
_WIDE_ROLES = {**_ROLES, "disputed": "the claims differ on it, or it depends on where the origin lies"}


def title(result: ReachResult | RingResult | DistanceResult) -> str:
    """Return what a result is about, in a line of plain text."""
    if isinstance(result, DistanceResult):
        return f"{result.start.label} to {result.end.label}"
    systems = _few([range_.name for range_ in result.ranges])
    origins = _few([origin.name for origin in result.query.origins])
    return f"{'Range rings' if isinstance(result, RingResult) else 'Reach'}: {systems} from {origins}"


def of_document(result: Any, legend: str) -> str:
    """Return what a whole result says: how to read it, what to know of it, whom to credit."""
    unranged = () if isinstance(result, DistanceResult) else result.unranged
    said = [
        legend,
        f"No published maximum range: {', '.join(unranged)}" if unranged else "",
        *views.notes(result),
        *views.credit(result),
    ]
    return "".join(f"<p>{_escaped(line)}</p>" for line in said if line)


def of_ring(ring: Ring, result: RingResult) -> str:
    """Return what a ring says."""
    roles = _WIDE_ROLES if parts.has_wide(result.query) else _ROLES
    sector = result.query.sector
    return (
        f"<h3>{_escaped(ring.range.name)}</h3><p><b>{ring.role}</b>: {roles[ring.role]}</p>"
        + _table(
            ("system", ring.range.system),
            ("range", _range(ring.range)),
            ("from", ring.origin.name),
            ("sector", f"{sector[0]:g}° clockwise to {sector[1]:g}°" if sector else None),
            ("drawn to within", wording.length(ring.max_edge_error_m)),
        )
        + sources_of(ring.range, result.sources)
    )


def of_verdict(row: Mapping[str, Any], range_: RangeInterval, wide: bool, sources: str) -> str:
    """Return what a verdict says, from its row and its sources in HTML."""
    azimuth = wording.azimuth(row["azimuth_deg"])
    return (
        f"<h3>{_place(row)}</h3><p><b>{row['verdict']}</b>: {_escaped(row['reason'])}</p>"
        + _table(
            ("system", f"{range_.name} ({range_.system})" if range_.system else None),
            ("range", _range(range_)),
            ("from", row["origin"]),
            ("distance", _kilometres(row["distance_km"])),
            ("azimuth", azimuth),
            ("nearest point", _kilometres(row["nearest_km"]) if wide else None),
            ("farthest point", _kilometres(row["farthest_km"]) if wide else None),
            ("margin", _kilometres(row["margin_km"])),
        )
        + sources
    )


def of_place(row: Mapping[str, Any], ranges: Sequence[RangeInterval], sources: str) -> str:
    """Return what a row with a verdict for each system says, with their sources in HTML."""
    said = []
    for range_ in ranges:
        verdict, margin = (row[name] for name in parts.system_columns(range_))
        by = f", margin {_kilometres(margin)}" if margin is not None else ""
        said.append((f"{range_.name}, {_range(range_)}", f"{verdict}{by}"))
    origin = [("from", row["origin"]), ("distance", _kilometres(row["distance_km"]))]
    return f"<h3>{_place(row)}</h3>" + _table(*origin, *said) + sources


def of_distance(result: DistanceResult) -> str:
    """Return what a line between two places says."""
    units = (f"{result.distance_m / METRES_PER_UNIT[unit]:,.3f} {unit}" for unit in ("km", "mi", "nmi"))
    farthest = "" if result.farthest_m is None else wording.length(result.farthest_m)
    return f"<h3>{_escaped(title(result))}</h3>" + _table(
        ("distance", " = ".join(units)),
        ("azimuth", wording.azimuth(result.azimuth_deg)),
        ("back azimuth", wording.azimuth(result.back_azimuth_deg)),
        ("farthest point", farthest),
    )


def sources_of(range_: RangeInterval, sources: Mapping[str, Source]) -> str:
    """Return the figures behind a range, by the source that prints them, as a list; nothing if there are none."""
    figures: dict[str, dict[str, None]] = {}
    for claim in range_.claims:
        figures.setdefault(claim.source, {})[_figure(claim)] = None
    if not figures:
        return ""
    items = "".join(
        f"<li>{_escaped(', '.join(said))}: {_cited(key, sources.get(key))}</li>" for key, said in figures.items()
    )
    return f"<p>Sources on {_escaped(range_.name)}</p><ul>{items}</ul>"


def best(verdicts: Iterable[str]) -> VerdictName:
    """Return the verdict that is nearest to being within reach."""
    found = set(verdicts)
    return next((verdict for verdict in VERDICTS if verdict in found), VERDICTS[-1])


def distance_of(row: Mapping[str, Any]) -> str:
    """Word a row's distance; nothing if it has none."""
    return _kilometres(row["distance_km"])


def _few(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return "; ".join(names[:_NAMED]) + more


def _range(range_: RangeInterval) -> str:
    return wording.span(range_) + wording.minimum_unknown(range_)


def _kilometres(km: float | None) -> str:
    return "" if km is None else wording.length(km * 1000 + 0.0)


def _place(row: Mapping[str, Any]) -> str:
    told = (row["place"], row.get("region"), row.get("country"))
    return _escaped(", ".join(part for part in told if isinstance(part, str) and part))


def _figure(claim: Claim) -> str:
    """Word a figure, and whom its source cites for it."""
    least = "minimum " if claim.attribute == "range_min" else ""
    return least + wording.said(claim) + (f" citing {claim.speaker}" if claim.speaker else "")


def _cited(key: str, source: Source | None) -> str:
    if source is None:
        return _escaped(key)
    words = _escaped(wording.cite(msgspec.structs.replace(source, url=None)))
    if not source.url:
        return words
    url = _escaped(source.url)
    # A catalog of one's own may hold any text; only what leads to a page is made a link.
    return f"{words}, " + (f'<a href="{url}">{url}</a>' if source.url.startswith(("https://", "http://")) else url)


def _table(*rows: tuple[str, str | None]) -> str:
    return f"<table>{''.join(_cells(rows))}</table>"


def _cells(rows: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    for name, text in rows:
        if text:
            yield f"<tr><td>{_escaped(name)}</td><td>{_escaped(text)}</td></tr>"


def _escaped(text: str) -> str:
    # Google Earth puts a feature's values in place of $[name] within a balloon; a text of others is but text.
    return html.escape(text).replace("$[", "&#36;[")
