"""How tables and plain text word things: lengths, ranges, claims, sources."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from weapons_ref.model import Claim, RangeInterval, Source


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


def draw(header: Sequence[str], body: Iterable[Sequence[Any]], right: str = "", *, lines: bool = False) -> str:
    """Draw a table.

    `right` has a character per column, ``r`` for those aligned right. With `lines`, a line feed within a
    cell begins a new line of it.
    """
    from tabulate import tabulate

    def cell(value: Any) -> str:
        text = "" if value is None else str(value)
        return "\n".join(map(plain, text.split("\n"))) if lines else plain(text)

    cells = [[cell(value) for value in row] for row in body]
    align = ["right" if side == "r" else "left" for side in right.ljust(len(header), "l")]
    return tabulate(cells, header, tablefmt="simple", colalign=align if cells else None, disable_numparse=True)


def length(metres: float | None) -> str:
    """Word a length: metres below 1 km, else kilometres to the 100 m."""
    if metres is None:
        return ""
    return f"{round(metres)} m" if abs(metres) < 1000 else f"{metres / 1000:,.1f} km"


def span(range_: RangeInterval) -> str:
    """Word an interval: ``165-306 km, minimum 70 km``."""
    text = kilometres(range_.low_m, range_.high_m) + (" or more" if range_.open_ended else "")
    if range_.minimum_low_m is None or range_.minimum_high_m is None:
        return text
    return f"{text}, minimum {kilometres(range_.minimum_low_m, range_.minimum_high_m)}"


def minimum_unknown(range_: RangeInterval) -> str:
    """Say that no minimum range is known, or that none was chosen."""
    if range_.minimum_low_m is not None:
        return ""
    chosen = range_.basis != "span" or range_.as_of is not None
    return ", no minimum among the claims chosen" if chosen else ", minimum unknown"


def kilometres(*metres: float) -> str:
    """Word a length or a span: to the kilometre, below 100 of them to the hundred metres, below ten to the metre."""
    words = (f"{m / 1000:,.0f}" if m >= 100_000 else _decimals(m / 1000, 1 if m >= 10_000 else 3) for m in metres)
    return "-".join(dict.fromkeys(words)) + " km"


def _decimals(number: float, most: int) -> str:
    return f"{number:.{most}f}".rstrip("0").rstrip(".")


def azimuth(degrees: float | None) -> str:
    """Word an azimuth."""
    return "" if degrees is None else f"{round(degrees, 1) % 360:.1f}°"


def claims(
    given: Iterable[Claim], numbers: Mapping[str, int] | None = None, *, bars: bool = False, own: bool = True
) -> Iterator[str]:
    """Word claims, those alike but for their source on one line; sources by key, or by footnote.

    With `bars`, each maximum range has its place drawn between the lowest and the highest. Without
    `own`, who says so is left out.
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    ordered = in_order(given)
    drawn = _Axis([c for c in ordered if c.attribute == "range_max" and c.flag is None and c.of is None])
    marks: dict[tuple[str, str, str], str] = {}
    for claim in ordered:
        key = claim.attribute.replace("_", " "), said(claim), remarks(claim)
        source = f"[{numbers[claim.source]}]" if numbers else claim.source
        groups.setdefault(key, []).append(source + (f" citing {claim.speaker}" if claim.speaker else ""))
        marks.setdefault(key, drawn.mark(claim) if bars and claim.attribute == "range_max" else "")
    previous = ""
    for key, cited in groups.items():
        label, figure, note = key
        bar = f"{marks[key]} " if marks[key] else ""
        # A figure may be a sentence; then it stands alone, and its sources after it.
        line = f"  {label if label != previous else '':<21} {figure:<30} {bar}{', '.join(cited) if own else ''}"
        yield plain(line.rstrip() + (f"  ({note})" if note else ""))
        previous = label


def said(claim: Claim) -> str:
    """Word a figure as printed, with its qualifier."""
    return claim.figure + ("" if claim.qualifier == "stated" else f" ({claim.qualifier})")


def remarks(claim: Claim) -> str:
    """Word what is to be known of a claim beside its figure and its source."""
    texts = (
        f"of {claim.of}" if claim.of else "",
        claim.who or "",
        f"since {claim.since}" if claim.since else "",
        f"suspect: {claim.reason}" if claim.flag else "",
        claim.note or "",
    )
    return "; ".join(text for text in texts if text)


class _Axis:
    """Draws where a figure lies between the lowest and the highest of some."""

    _WIDTH = 22

    def __init__(self, ordered: Sequence[Claim]) -> None:
        self._low = min((claim.low_m for claim in ordered), default=0.0)
        self._high = max((claim.high_m for claim in ordered), default=0.0)

    def mark(self, claim: Claim) -> str:
        """Return a bar with a figure's place, or nothing where all figures are one."""
        if self._high <= self._low:
            return ""
        if claim.flag is not None or claim.of is not None:
            return " " * (self._WIDTH + 2)
        first, last = (
            round((metres - self._low) / (self._high - self._low) * (self._WIDTH - 1))
            for metres in (claim.low_m, claim.high_m)
        )
        cells = ["●" if at in (first, last) else "━" if first < at < last else "─" for at in range(self._WIDTH)]
        return f"├{''.join(cells)}┤"


def footnotes(sources: Mapping[str, Source], numbers: Mapping[str, int]) -> Iterator[str]:
    """Word sources by their numbers."""
    if sources:
        yield "Sources"
    for key, source in sources.items():
        yield plain(f"  [{numbers[key]}] {cite(source)} ({key})")


def cite(source: Source) -> str:
    """Word a source in full."""
    date = f"{source.date}{' (inferred)' if source.inferred else ''}" if source.date else "undated"
    title = f'"{source.title}"' if source.title else "(title not seen)"
    copied = f"carries {source.copy_of}" if source.copy_of else None
    unchecked = "a transcription, not compared with its original" if source.unchecked else None
    return ", ".join(part for part in (source.publisher, title, date, source.url, copied, unchecked) if part)


def in_order(claims: Iterable[Claim]) -> list[Claim]:
    """Order claims by attribute as they came, ranges by figure within."""
    attributes: dict[str, list[Claim]] = {}
    for claim in claims:
        attributes.setdefault(claim.attribute, []).append(claim)
    for name in ("range_max", "range_min"):
        if name in attributes:
            attributes[name].sort(key=lambda c: (c.low_m, c.high_m, c.qualifier, c.source))
    return [claim for group in attributes.values() for claim in group]
