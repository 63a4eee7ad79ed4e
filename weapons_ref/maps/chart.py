"""Published ranges of several systems on one axis: a row for each claim, by its source."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from weapons_ref.errors import QueryError
from weapons_ref.maps import theme
from weapons_ref.maps.picture import Kind, Look, render, text_mark
from weapons_ref.maps.specification import Spec
from weapons_ref.maps.theme import FONT, Theme
from weapons_ref.model import Claim, System, SystemsResult
from weapons_ref.output import wording

_TITLE = "Published maximum ranges"
_WIDTH = 960
_MARGIN = 18
_ROW = 17.0
_LOOSEST = 30.0  # so far rows stand apart where the size asked for has room
_HEADING = 32.0
_AXIS = 34.0  # the miles above the rows
_YEARS = 52.0  # the column of years, between names and axis
_NAMES = (110.0, 252.0)  # the column of publishers at the narrowest and the widest
_FIGURES = (110.0, 300.0)  # the column of figures as printed
_GAP = 10.0
_BEYOND = 18.0  # what an arrow takes at the end of the axis
_SMALL = 11.0
#: Where the greatest range is so many times the least, the axis counts in powers of ten.
_LOG_FROM = 30
_MILE_M = 1609.344
_CROSS = "M-1,-1L1,1M1,-1L-1,1"


class Row(NamedTuple):
    """A claim on the axis."""

    system: int
    low_m: float
    high_m: float
    who: str
    year: str
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


class Frame(NamedTuple):
    """Where the axis lies, in pixels, and how far rows stand apart."""

    left: float
    right: float
    top: float
    bottom: float
    pitch: float
    height: float  #: of the whole picture


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
        rows = tuple(_rows(system, len(found), result))
        if range_ is not None and rows:
            found.append(Block(len(found), system.name, wording.span(range_), range_.low_m, range_.high_m, rows))
    return found


def _rows(system: System, number: int, result: SystemsResult) -> Iterator[Row]:
    sources = result.sources
    # What a launcher's record says `of` a munition is that munition's, and is not judged.
    claims = [c for c in system.claims if c.attribute == "range_max" and c.metres is not None and c.of is None]
    for claim in sorted(claims, key=lambda c: (c.low_m, c.high_m, sources[c.source].publisher.casefold(), c.source)):
        source = sources[claim.source]
        yield Row(
            system=number,
            low_m=claim.low_m,
            high_m=claim.high_m,
            who=source.publisher + (f", citing {claim.speaker}" if claim.speaker else ""),
            year=source.date[:4] if source.date else "undated",
            figure=wording.said(claim) + (", suspect" if claim.flag else ""),
            kind=_kind(claim, result.qualifiers),
        )


def _kind(claim: Claim, meanings: Mapping[str, str]) -> str:
    if claim.flag:
        return "suspect"
    meaning = meanings.get(claim.qualifier)
    if meaning in ("floor", "ceiling"):
        return str(meaning)
    return "figure" if claim.qualifier == "stated" else "hedged"


def specify(result: SystemsResult, look: Look = Look(), title: str | None = None) -> Spec:  # noqa: B008
    """Return the Vega specification of a chart.

    Parameters
    ----------
    result, look, title
        As `chart` takes them.

    Raises
    ------
    QueryError
        If no system has a published range, or the size asked for is too small for its rows.
    """
    found = blocks(result)
    if not found:
        raise QueryError("no published maximum range to draw")
    colours = theme.theme(look.style, dark=look.dark)
    plain = look.style == "minimal"
    rows = [row for block in found for row in block.rows]
    frame = _frame(found, look, head=6.0 if plain else 46.0, foot=58.0 if plain else 78.0)
    ends = min(row.low_m for row in rows if row.low_m > 0) / 1000, max(row.high_m for row in rows) / 1000
    power = ends[1] / ends[0] > _LOG_FROM
    domain = (ends[0] / 1.3 if power else 0.0, ends[1])
    return {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "description": _describe(found),
        "width": _WIDTH,
        "height": round(frame.height, 2),
        "padding": 0,
        "background": colours.page,
        "data": [
            {"name": "claims", "values": list(_claims(found, frame, colours))},
            {"name": "spans", "values": list(_spans(found, frame, colours))},
        ],
        "scales": [
            _scale("km", domain, frame, power=power),
            _scale("mi", [end * 1000 / _MILE_M for end in domain], frame, power=power),
        ],
        "marks": [
            *([] if plain else [text_mark(title or _TITLE, _MARGIN, 30, colours.ink, 22, bold=True)]),
            *_axes(colours, frame, domain, power=power),
            *_marks(colours, frame),
            *([] if plain else _key(colours, frame.bottom + 46, rows)),
            text_mark(_remark(result, power=power), _MARGIN, frame.height - 12, colours.soft_ink, 10.5),
        ],
    }


def _frame(found: Sequence[Block], look: Look, head: float, foot: float) -> Frame:
    rows = [row for block in found for row in block.rows]
    fixed = head + _AXIS + _HEADING * len(found) + foot
    needed = fixed + _ROW * len(rows)
    tall, pitch = needed, _ROW
    if look.size:
        width, height = look.size
        tall = _WIDTH * height / width
        if tall < needed:
            least = math.ceil(needed * width / _WIDTH)
            claims = f"{len(rows)} claim{'s' if len(rows) > 1 else ''}"
            raise QueryError(f"{claims} take {least:,} pixels of height at that width: --size {width}x{least}")
        pitch = min(_LOOSEST, (tall - fixed) / len(rows))
    names = _column(_NAMES, (row.who for row in rows))
    # Spans stand above the figures, in bold, which takes a tenth more.
    spans = max(1.1 * _width(block.span) for block in found)
    figures = max(spans, _column(_FIGURES, (row.figure for row in rows)))
    top = head + _AXIS
    return Frame(
        left=_MARGIN + names + _YEARS + _GAP,
        right=_WIDTH - _MARGIN - figures - _GAP,
        top=top,
        bottom=top + _HEADING * len(found) + pitch * len(rows),
        pitch=pitch,
        height=tall,
    )


def _column(bounds: tuple[float, float], texts: Iterable[str]) -> float:
    least, most = bounds
    return min(most, max(least, *(_width(text) for text in texts)))


def _width(text: str, size: float = _SMALL) -> float:
    """Return about how wide a text is, rather more than less."""
    return size * sum(
        0.34 if letter in " ijlftI.,:;'()[]/-" else 0.86 if letter in "mwMW" else 1.0 if letter > "\u2e7f"
        else 0.72 if letter.isupper() else 0.56
        for letter in text
    )  # fmt: skip


def _remark(result: SystemsResult, *, power: bool) -> str:
    said = [
        "weapons-ref: claims as printed, never averaged; shaded from the lowest to the highest that is not suspect."
    ]
    if power:
        said.append("The axis counts in powers of ten.")
    said += {f"Published by {r.as_of}; undated ones left out." for r in result.ranges.values() if r and r.as_of}
    return " ".join(said)


def _placed(found: Iterable[Block], frame: Frame) -> Iterator[tuple[Block, float]]:
    """Yield blocks with the height that each begins at."""
    y = frame.top
    for block in found:
        yield block, y
        y += _HEADING + frame.pitch * len(block.rows)


def _claims(found: Iterable[Block], frame: Frame, colours: Theme) -> Iterator[Spec]:
    for block, top in _placed(found, frame):
        for number, row in enumerate(block.rows):
            yield {
                **row._asdict(),
                "low": row.low_m / 1000,
                "high": row.high_m / 1000,
                "y": top + _HEADING + frame.pitch * (number + 0.5),
                "colour": theme.colour(colours, row.system),
            }


def _spans(found: Iterable[Block], frame: Frame, colours: Theme) -> Iterator[Spec]:
    for block, top in _placed(found, frame):
        yield {
            "name": block.name,
            "span": block.span,
            "low": block.low_m / 1000,
            "high": block.high_m / 1000,
            "y": top,
            "below": top + _HEADING + frame.pitch * len(block.rows),
            "colour": theme.colour(colours, block.number),
        }


def _scale(name: str, domain: Sequence[float], frame: Frame, *, power: bool) -> Spec:
    ends = [frame.left, frame.right - _BEYOND]
    return {"name": name, "type": "log" if power else "linear", "domain": list(domain), "range": ends}


def _axes(colours: Theme, frame: Frame, domain: Sequence[float], *, power: bool) -> Iterator[Spec]:
    """Yield kilometres below the rows, with their lines, and miles above."""
    words = {"labelFont": FONT, "titleFont": FONT, "labelColor": colours.soft_ink, "titleColor": colours.soft_ink}
    common = {**words, "domain": False, "tickColor": colours.coast, "labelOverlap": "greedy", "format": ",~r"}
    rows = {"name": "rows", "type": "linear", "domain": [0, 1], "range": [0, frame.bottom - frame.top]}
    for scale, said, side, y, unit_m in (
        ("km", "kilometres", "bottom", frame.bottom, 1000.0),
        ("mi", "miles", "top", frame.top, _MILE_M),
    ):
        axis: Spec = {**common, "scale": scale, "orient": side, "title": said, "titleFontWeight": "normal"}
        # Vega's own ticks of a logarithm are nine a decade, and most have no label.
        axis |= {"values": _steps(*(end * 1000 / unit_m for end in domain))} if power else {"tickCount": 6}
        if scale == "km":
            axis |= {"grid": True, "gridColor": colours.graticule, "gridScale": "rows"}
        yield {"type": "group", "encode": {"update": {"y": {"value": y}}}, "scales": [rows], "axes": [axis]}


def _steps(low: float, high: float) -> list[float]:
    """Return the lengths 1, 2 and 5 of every power of ten between two."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [step for power in powers for factor in (1, 2, 5) if low <= (step := factor * 10.0**power) <= high]


def _marks(colours: Theme, frame: Frame) -> Iterator[Spec]:
    """Yield the marks of blocks and claims, from the bottom up."""
    low, high = ({"scale": "km", "field": end} for end in ("low", "high"))
    yield _of("spans", "rect", {
        "x": low, "x2": high, "y": {"signal": f"datum.y + {_HEADING - 1}"}, "y2": {"field": "below"},
        "fill": {"field": "colour"}, "fillOpacity": {"value": 0.1},
        "stroke": {"field": "colour"}, "strokeOpacity": {"value": 0.7}, "strokeDash": {"value": [4, 3]},
    })  # fmt: skip
    yield from _columns(colours, frame)
    yield _of("claims", "rule", {
        "x": {"value": frame.left}, "x2": {"value": frame.right}, "y": {"field": "y"},
        "stroke": {"value": colours.coast}, "strokeDash": {"value": [1, 3]}, "strokeOpacity": {"value": 0.7},
    })  # fmt: skip
    yield from _dots(colours, low, high)


def _columns(colours: Theme, frame: Frame) -> Iterator[Spec]:
    """Yield the words: of each system its name and span, of each claim who says it, when, and what."""
    figures, years = frame.right + _GAP, frame.left - _GAP
    name = {
        "x": {"value": _MARGIN}, "y": {"signal": f"datum.y + {_HEADING - 9}"}, "text": {"field": "name"},
        "fontWeight": {"value": "bold"}, "fontSize": {"value": 14}, "limit": {"value": frame.right - _MARGIN},
    }  # fmt: skip
    # A long name crosses the lines of the axis.
    halo = {"stroke": {"value": colours.page}, "strokeWidth": {"value": 4}, "strokeJoin": {"value": "round"}}
    yield _words("spans", {**name, **halo})
    yield _words("spans", {**name, "fill": {"field": "colour"}})
    wide = _WIDTH - _MARGIN / 2 - figures
    yield _words("spans", {
        "x": {"value": figures}, "y": {"signal": f"datum.y + {_HEADING - 9}"},
        "text": {"field": "span"}, "fill": {"value": colours.ink}, "fontWeight": {"value": "bold"},
        "fontSize": {"value": _SMALL}, "limit": {"value": wide},
    })  # fmt: skip
    small = {"fontSize": {"value": _SMALL}, "y": {"signal": "datum.y + 4"}}
    yield _words("claims", {
        **small, "x": {"value": years - _YEARS}, "text": {"field": "who"}, "align": {"value": "right"},
        "fill": {"value": colours.ink}, "limit": {"value": years - _YEARS - _MARGIN - 3},
    })  # fmt: skip
    yield _words("claims", {
        **small, "x": {"value": years}, "text": {"field": "year"}, "align": {"value": "right"},
        "fill": {"value": colours.soft_ink},
    })  # fmt: skip
    yield _words("claims", {
        **small, "x": {"value": figures}, "text": {"field": "figure"}, "limit": {"value": wide},
        "fill": {"signal": f"datum.kind === 'suspect' ? '{colours.soft_ink}' : '{colours.ink}'"},
    })  # fmt: skip


def _dots(colours: Theme, low: Spec, high: Spec) -> Iterator[Spec]:
    """Yield dots, bars between two of them, and what tells ceilings, floors and suspect figures apart."""
    middle = {"field": "y"}
    colour = {"signal": f"datum.kind === 'suspect' ? '{colours.soft_ink}' : datum.colour"}
    yield _of("claims", "rule", {"x": low, "x2": high, "y": middle, "stroke": colour, "strokeWidth": {"value": 3}})
    dot = {
        "y": middle, "stroke": colour, "strokeWidth": {"value": 1.6}, "size": {"value": 46},
        "shape": {"signal": f"datum.kind === 'suspect' ? '{_CROSS}' : 'circle'"},
        "fill": {"signal": f"datum.kind === 'hedged' ? '{colours.page}' : datum.colour"},
    }  # fmt: skip
    for end in (low, high):
        yield _of("claims", "symbol", {**dot, "x": end})
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
    ("figure", "stated"),
    ("bar", "from, to"),
    ("ceiling", "up to, maximum"),
    ("floor", "more than, at least"),
    ("hedged", "about, estimated, planned, ..."),
    ("suspect", "suspect: shown, not counted"),
)


def _key(colours: Theme, y: float, rows: Iterable[Row]) -> Iterator[Spec]:
    """Yield the legend of the marks that are there."""
    shown = {kind for row in rows for kind in (row.kind, "bar" if row.high_m > row.low_m else row.kind)}
    ink, x = colours.soft_ink, float(_MARGIN)
    for kind, words in _KEY:
        if kind not in shown:
            continue
        dot: Spec = {"x": x + 4, "y": y, "size": 46, "stroke": ink, "strokeWidth": 1.6, "shape": "circle"}
        dot |= {"fill": colours.page if kind == "hedged" else ink, **({"shape": _CROSS} if kind == "suspect" else {})}
        wide = 14.0
        if kind == "bar":
            yield _fixed({"x": x + 14, "y": y, "size": 400, "shape": "M-1,0H1", "stroke": ink, "strokeWidth": 3})
            yield _fixed({**dot, "x": x + 24})
            wide = 34.0
        elif kind == "floor":
            yield _fixed({"x": x + 15, "y": y, "size": 44, "shape": "triangle-right", "fill": ink})
            wide = 25.0
        elif kind == "ceiling":
            yield _fixed({"x": x + 12, "y": y, "size": 100, "shape": "M0,-1V1", "stroke": ink, "strokeWidth": 1.8})
            wide = 20.0
        yield _fixed(dot)
        yield text_mark(words, x + wide, y + 4, colours.ink, _SMALL)
        x += wide + _width(words) + 20


def _fixed(style: Spec) -> Spec:
    return {"type": "symbol", "encode": {"update": {name: {"value": value} for name, value in style.items()}}}


def _describe(found: Iterable[Block]) -> str:
    """Say in words what the chart shows."""
    said = (
        f"{block.name}, {block.span}: " + "; ".join(f"{row.figure} ({row.who})" for row in block.rows)
        for block in found
    )
    return "Published maximum ranges. " + ". ".join(said) + "."
