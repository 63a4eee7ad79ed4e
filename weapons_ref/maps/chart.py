"""Published ranges of several systems on one axis: a row for each claim, by its source."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from weapons_ref.errors import QueryError
from weapons_ref.maps import theme
from weapons_ref.maps.picture import Kind, Look, render, text_mark
from weapons_ref.maps.specification import Spec
from weapons_ref.maps.theme import FONT, Theme
from weapons_ref.model import Claim, Source, System, SystemsResult
from weapons_ref.output import wording

_TITLE = "Published maximum ranges"
_WIDTH = 960
_MARGIN = 18
_ROW = 17.0
_HEADING = 32.0
_NAMES = 300.0  # the column of sources
_FIGURES = 190.0  # the column of figures as printed
#: Where the greatest range is so many times the least, the axis counts in powers of ten.
_LOG_FROM = 30
_MILE_M = 1609.344
#: What the vocabulary of the catalog says of qualifiers; a figure that is merely stated has none.
_FLOORS = ("more than", "at least", "and more")
_CEILINGS = ("less than", "maximum", "not more than", "to", "up to")


class Row(NamedTuple):
    """A claim on the axis."""

    system: int
    low_m: float
    high_m: float
    who: str
    figure: str
    kind: str  #: figure, ceiling, floor, hedged or suspect


class Block(NamedTuple):
    """A system and its rows."""

    number: int
    name: str
    span: str
    low_m: float
    high_m: float
    rows: tuple[Row, ...]


def chart(result: SystemsResult, kind: Kind, look: Look = Look(), title: str | None = None) -> bytes:  # noqa: B008
    """Draw the claims of systems' maximum range as dots and bars.

    Parameters
    ----------
    result : SystemsResult
        The systems, with their claims and sources.
    kind : {"png", "svg", "pdf"}
        The format.
    look : Look
        Size in pixels and style. Without a size the picture is as high as its rows take.
    title : str, optional
        In place of "Published maximum ranges".

    Raises
    ------
    WeaponsRefError
        If no system has a published range, the size is too small, or vl-convert is not installed.
    """
    spec = specify(result, look, title)
    return render(spec, kind, look.size[0] if look.size else 1600)


def blocks(result: SystemsResult) -> list[Block]:
    """Return the systems that have a published range, each with its claims from the lowest figure to the highest."""
    found: list[Block] = []
    for system in result.systems:
        range_ = result.ranges[system.id]
        rows = tuple(_rows(system, len(found), result.sources))
        if range_ is not None and rows:
            found.append(Block(len(found), system.name, wording.span(range_), range_.low_m, range_.high_m, rows))
    return found


def _rows(system: System, number: int, sources: Any) -> Iterator[Row]:
    claims = [c for c in system.claims if c.attribute == "range_max" and c.metres is not None and c.of is None]
    for claim in sorted(claims, key=lambda c: (c.low_m, c.high_m, sources[c.source].publisher)):
        yield Row(
            number, claim.low_m, claim.high_m, _who(claim, sources[claim.source]), wording.said(claim), _kind(claim)
        )


def _who(claim: Claim, source: Source) -> str:
    year = f", {source.date[:4]}" if source.date else ""
    citing = f", citing {claim.speaker}" if claim.speaker else ""
    return f"{source.publisher}{year}{citing}"


def _kind(claim: Claim) -> str:
    if claim.flag:
        return "suspect"
    if claim.qualifier in _FLOORS:
        return "floor"
    if claim.qualifier in _CEILINGS:
        return "ceiling"
    return "figure" if claim.qualifier == "stated" else "hedged"


def specify(result: SystemsResult, look: Look = Look(), title: str | None = None) -> Spec:  # noqa: B008
    """Return the Vega specification of a chart."""
    found = blocks(result)
    if not found:
        raise QueryError("no published maximum range to draw")
    colours = theme.theme(look.style, dark=look.dark)
    head = 0.0 if look.style == "minimal" else 46.0
    body = sum(_HEADING + _ROW * len(block.rows) for block in found)
    needed = head + 34 + body + 78
    tall = needed
    if look.size:
        tall = _WIDTH * look.size[1] / look.size[0]
        if tall < needed:
            least = math.ceil(look.size[0] * needed / _WIDTH)
            raise QueryError(f"{sum(len(b.rows) for b in found)} claims take {least} pixels of height at that width")
    left, right = _MARGIN + _NAMES, _WIDTH - _MARGIN - _FIGURES
    most = max(row.high_m for block in found for row in block.rows)
    least_m = min(row.low_m for block in found for row in block.rows if row.low_m > 0)
    power = most / least_m > _LOG_FROM
    top, bottom = head + 34, head + 34 + body
    rows = [
        {
            **row._asdict(),
            "low": row.low_m / 1000,
            "high": row.high_m / 1000,
            "y": y,
            "colour": theme.colour(colours, row.system),
        }
        for row, y in _placed(found, top)
    ]
    spans = [
        {
            "name": block.name, "span": block.span, "low": block.low_m / 1000, "high": block.high_m / 1000,
            "y": y, "below": y + _HEADING + _ROW * len(block.rows) - 3, "colour": theme.colour(colours, block.number),
        }
        for block, y in _headings(found, top)
    ]  # fmt: skip
    domain = [least_m / 1000 / 1.3, most / 1000 * 1.15] if power else [0, most / 1000 * 1.04]
    return {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "description": _describe(found),
        "width": _WIDTH,
        "height": round(tall, 2),
        "padding": 0,
        "background": colours.page,
        "data": [{"name": "claims", "values": rows}, {"name": "spans", "values": spans}],
        "scales": [
            _scale("km", domain, left, right, power=power),
            _scale("mi", [end * 1000 / _MILE_M for end in domain], left, right, power=power),
        ],
        "axes": [],
        "marks": [
            *([text_mark(title or _TITLE, _MARGIN, 30, colours.ink, 22, bold=True)] if head else []),
            *_axes(colours, top, bottom),
            *_marks(colours, left, right),
            *_key(colours, bottom + 44, {row.kind for block in found for row in block.rows}),
            text_mark(
                "Claims as printed, never averaged; shaded: from the lowest to the highest that is not suspect."
                + (" The axis counts in powers of ten." if power else ""),
                _MARGIN, bottom + 66, colours.soft_ink, 10.5,
            ),
        ],
    }  # fmt: skip


def _scale(name: str, domain: Sequence[float], left: float, right: float, *, power: bool) -> Spec:
    return {"name": name, "type": "log" if power else "linear", "domain": list(domain), "range": [left, right]}


def _headings(found: Iterable[Block], top: float) -> Iterator[tuple[Block, float]]:
    y = top
    for block in found:
        yield block, y
        y += _HEADING + _ROW * len(block.rows)


def _placed(found: Iterable[Block], top: float) -> Iterator[tuple[Row, float]]:
    for block, y in _headings(found, top):
        for number, row in enumerate(block.rows):
            yield row, y + _HEADING + _ROW * (number + 0.5)


def _axes(colours: Theme, top: float, bottom: float) -> Iterator[Spec]:
    """Yield kilometres below the rows, with their lines, and miles above."""
    words = {"labelFont": FONT, "titleFont": FONT, "labelColor": colours.soft_ink, "titleColor": colours.soft_ink}
    common = {**words, "domain": False, "ticks": False, "tickCount": 6, "labelOverlap": "greedy", "format": ",~r"}
    for scale, side, y in (("km", "bottom", bottom), ("mi", "top", top)):
        axis: Spec = {**common, "scale": scale, "orient": side, "title": scale, "titleFontWeight": "normal"}
        if scale == "km":
            axis |= {"grid": True, "gridColor": colours.graticule, "gridScale": "rows"}
        scales = [{"name": "rows", "type": "linear", "domain": [0, 1], "range": [0, bottom - top]}]
        yield {"type": "group", "encode": {"update": {"y": {"value": y}}}, "scales": scales, "axes": [axis]}


def _marks(colours: Theme, left: float, right: float) -> Iterator[Spec]:
    low, high = ({"scale": "km", "field": end} for end in ("low", "high"))
    middle = {"field": "y"}
    colour = {"signal": f"datum.kind === 'suspect' ? '{colours.soft_ink}' : datum.colour"}
    yield _of("spans", "rect", {
        "x": low, "x2": high, "y": {"signal": f"datum.y + {_HEADING - 3}"}, "y2": {"field": "below"},
        "fill": {"field": "colour"}, "fillOpacity": {"value": 0.1},
        "stroke": {"field": "colour"}, "strokeOpacity": {"value": 0.6}, "strokeDash": {"value": [4, 3]},
    })  # fmt: skip
    yield _words("spans", {
        "x": {"value": _MARGIN}, "y": {"signal": f"datum.y + {_HEADING - 9}"}, "text": {"field": "name"},
        "fill": {"field": "colour"}, "fontWeight": {"value": "bold"}, "fontSize": {"value": 14},
        "limit": {"value": left - _MARGIN - 8},
    })  # fmt: skip
    yield _words("spans", {
        "x": {"value": right + 10}, "y": {"signal": f"datum.y + {_HEADING - 9}"}, "text": {"field": "span"},
        "fill": {"value": colours.ink}, "fontWeight": {"value": "bold"}, "fontSize": {"value": 11.5},
        "limit": {"value": _FIGURES - 4},
    })  # fmt: skip
    yield _words("claims", {
        "x": {"value": left - 10}, "y": {"signal": "datum.y + 4"}, "text": {"field": "who"},
        "align": {"value": "right"}, "fill": {"value": colours.ink}, "fontSize": {"value": 11},
        "limit": {"value": _NAMES - 10},
    })  # fmt: skip
    yield _words("claims", {
        "x": {"value": right + 10}, "y": {"signal": "datum.y + 4"},
        "text": {"signal": "datum.figure + (datum.kind === 'suspect' ? ', suspect' : '')"},
        "fill": {"value": colours.soft_ink}, "fontSize": {"value": 11}, "limit": {"value": _FIGURES - 4},
    })  # fmt: skip
    yield _of("claims", "rule", {
        "x": {"value": left}, "x2": low, "y": middle,
        "stroke": {"value": colours.graticule}, "strokeDash": {"value": [1, 3]},
    })  # fmt: skip
    yield _of("claims", "rule", {"x": low, "x2": high, "y": middle, "stroke": colour, "strokeWidth": {"value": 3}})
    dot = {"y": middle, "stroke": colour, "strokeWidth": {"value": 1.6}}
    filled = {"signal": f"datum.kind === 'hedged' || datum.kind === 'suspect' ? '{colours.page}' : datum.colour"}
    cross = {"signal": "datum.kind === 'suspect' ? 'M-.7,-.7L.7,.7M.7,-.7L-.7,.7' : 'circle'"}
    for end in (low, high):
        yield _of("claims", "symbol", {**dot, "x": end, "fill": filled, "shape": cross, "size": {"value": 46}})
    yield _of("claims", "rule", {
        "x": {**high, "offset": 8}, "y": {"field": "y", "offset": -5}, "y2": {"field": "y", "offset": 5},
        "stroke": colour, "strokeWidth": {"value": 1.8}, "opacity": {"signal": "datum.kind === 'ceiling' ? 1 : 0"},
    })  # fmt: skip
    yield _of("claims", "symbol", {
        "y": middle, "x": {**high, "offset": 11}, "shape": {"value": "triangle-right"}, "fill": colour,
        "size": {"value": 44}, "opacity": {"signal": "datum.kind === 'floor' ? 1 : 0"},
    })  # fmt: skip


def _of(source: str, kind: str, update: Spec) -> Spec:
    return {"type": kind, "from": {"data": source}, "encode": {"update": update}}


def _words(source: str, update: Spec) -> Spec:
    return _of(source, "text", {"font": {"value": FONT}, **update})


_KEY = (
    ("figure", "stated; a span has a bar"),
    ("ceiling", "up to, maximum"),
    ("floor", "more than, at least"),
    ("hedged", "about, reported, planned, ..."),
    ("suspect", "suspect: shown, not counted"),
)


def _key(colours: Theme, y: float, shown: set[str]) -> Iterator[Spec]:
    x = float(_MARGIN)
    for kind, words in _KEY:
        if kind not in shown and kind != "figure":
            continue
        style: Spec = {
            "x": x + 6, "y": y, "size": 46, "stroke": colours.soft_ink, "strokeWidth": 1.6,
            "fill": colours.page if kind in ("hedged", "suspect") else colours.soft_ink,
            "shape": "M-.7,-.7L.7,.7M.7,-.7L-.7,.7" if kind == "suspect" else "circle",
        }  # fmt: skip
        yield _fixed(style)
        if kind == "floor":
            yield _fixed({"x": x + 17, "y": y, "size": 44, "shape": "triangle-right", "fill": colours.soft_ink})
        if kind == "ceiling":
            yield _fixed(
                {"x": x + 14, "y": y, "size": 100, "shape": "M0,-1V1", "stroke": colours.soft_ink, "strokeWidth": 1.8}
            )
        yield text_mark(words, x + 28, y + 4, colours.ink, 11)
        x += 52 + len(words) * 11 * 0.5


def _fixed(style: Spec) -> Spec:
    return {"type": "symbol", "encode": {"update": {name: {"value": value} for name, value in style.items()}}}


def _describe(found: Iterable[Block]) -> str:
    """Say in words what the chart shows."""
    said = (
        f"{block.name}, {block.span}: " + "; ".join(f"{row.figure} ({row.who})" for row in block.rows)
        for block in found
    )
    return "Published maximum ranges. " + ". ".join(said) + "."
