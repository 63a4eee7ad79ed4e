"""A map as a picture for a page of a newspaper: PNG, SVG or PDF."""

from __future__ import annotations

import html
import math
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from weapons_ref.errors import QueryError, WeaponsRefError
from weapons_ref.maps import basemap, scene, specification, theme
from weapons_ref.maps.frame import RADIUS_KM, Frame, Projection, frame
from weapons_ref.maps.labelling import LETTER, Labelling
from weapons_ref.maps.specification import Content, Spec
from weapons_ref.maps.theme import FONT, SHAPES, Style, Theme
from weapons_ref.model import MapResult, RingResult, VerdictName
from weapons_ref.output import wording

Kind = Literal["png", "svg", "pdf"]

#: A picture is laid out at this width and then drawn at the size asked for.
_WIDTH = 960
_SIZE = (1600, 1200)
_SIZES: dict[Projection, tuple[int, int]] = {"natural-earth": (1600, 1060)}
_MARGIN = 18
_SOURCES = 12  #: publishers that the words under a picture name
_VERDICT_WORDS: dict[VerdictName, str] = {
    "within": "within every published range",
    "disputed": "within some, not all",
    "inside-minimum": "too near",
    "beyond": "beyond every one",
}


class Look(NamedTuple):
    """How a picture looks."""

    size: tuple[int, int] | None = None  #: pixels, width and height; None for one that fits
    style: Style = "press"
    dark: bool = False
    projection: Projection | None = None
    towns: int = 45  #: how many names of towns at most


def picture(result: MapResult, kind: Kind, look: Look = Look()) -> bytes:  # noqa: B008 -- frozen
    """Draw a map.

    Parameters
    ----------
    result : MapResult
        Rings, places and towns.
    kind : {"png", "svg", "pdf"}
        The format.
    look : Look
        Size in pixels, style and projection.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    WeaponsRefError
        If there is nothing to draw, or vl-convert is not installed.
    """
    spec = specify(result, look)
    return render(spec, kind, look.size[0] if look.size else _SIZE[0])


def specify(result: MapResult, look: Look = Look()) -> Spec:  # noqa: B008
    """Return the Vega specification of a picture."""
    colours = theme.theme(look.style, dark=look.dark)
    shapes = scene.shapes(result.rings)
    if not shapes:
        raise QueryError("no ring to draw: nothing lies within it")
    spots = scene.spots(result.places.verdicts, result.places.ranges) if result.places else []
    head = look.style != "minimal"
    foot = list(_foot(result, shapes, spots, look))
    view = frame_of(result, shapes, spots, look.projection)
    width, height = look.size or _SIZES.get(view.projection, _SIZE)
    tall = _WIDTH * height / width
    top = 66.0 if head else 0.0
    bottom = sum(line.high for line in foot) + (10 if foot else 0)
    high = tall - top - bottom
    if high < tall / 3:
        raise QueryError("too small a picture for its words; make it larger, or take --style minimal")
    content = _content(result, shapes, spots, view, look.towns, _WIDTH, high)
    seen_deg = view.seen_deg(_WIDTH, high)
    boxes = view.cap(seen_deg).boxes()
    many = len(result.rings.ranges)
    marks = [
        *specification.ground(colours),
        *specification.rings(colours, many),
        *specification.captions(colours, many),
        *specification.starts(colours),
        *specification.spots(colours),
        *specification.names(colours),
        *specification.scale_bar(colours),
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "description": describe(result),
        "width": _WIDTH,
        "height": round(tall, 2),
        "padding": 0,
        "background": colours.page,
        "config": {"text": {"font": FONT}},
        "signals": specification.signals(view, _WIDTH, high),
        "projections": [specification.projection()],
        "data": specification.data(content, specification.graticule(specification.graticule_step(seen_deg), boxes)),
        "marks": [
            *([text_mark(result.title, _MARGIN, 30, colours.ink, 22, bold=True)] if head else []),
            *([text_mark(subtitle(result), _MARGIN, 52, colours.soft_ink, 13)] if head else []),
            specification.group(marks, y=top),
            *_drawn(foot, top + high + 12, colours),
        ],
    }


def rings_alone(result: RingResult) -> bytes:
    """Draw rings with nothing under them and no words on them, as SVG on a transparent ground.

    The projection is azimuthal equidistant round the origin, or round the middle of several: the ring of a
    point is a circle. The description says how many kilometres a pixel has.

    Raises
    ------
    WeaponsRefError
        If there is nothing to draw, or vl-convert is not installed.
    """
    whole = MapResult(title=", ".join(dict.fromkeys(range_.name for range_ in result.ranges)), rings=result)
    shapes = scene.shapes(result)
    if not shapes:
        raise QueryError("no ring to draw: nothing lies within it")
    view = frame_of(whole, shapes, [], "azimuthal-equidistant")
    nothing = basemap.Layers(*({"type": "MultiLineString", "coordinates": []} for _ in basemap.Layers._fields))
    pixel_km = RADIUS_KM / view.scale(_WIDTH, _WIDTH)
    spec = {
        "description": f"{describe(whole)} A pixel is {pixel_km:.6g} km, along any line through the middle.",
        "width": _WIDTH,
        "height": _WIDTH,
        "padding": 0,
        "background": None,
        "signals": specification.signals(view, _WIDTH, _WIDTH),
        "projections": [specification.projection()],
        "data": specification.data(Content(layers=nothing, shapes=shapes), specification.graticule(30)),
        "marks": [specification.group(specification.rings(theme.theme(), len(result.ranges)))],
    }
    return render(spec, "svg", _WIDTH)


def render(spec: Spec, kind: Kind, width: int) -> bytes:
    """Have Vega draw a specification at a width in pixels.

    Raises
    ------
    WeaponsRefError
        If vl-convert is not installed.
    """
    converter = vl_convert()
    scale = width / spec["width"]
    if kind == "png":
        return bytes(converter.vega_to_png(spec, scale=scale))
    svg = _renumbered(converter.vega_to_svg(spec))
    # Vega knows one size; the view box keeps it.
    size = f'width="{width}" height="{round(spec["height"] * scale)}"'
    svg = re.sub(r'width="[^"]*" height="[^"]*"', size, svg, count=1)
    if kind == "pdf":
        return bytes(converter.svg_to_pdf(svg))
    # In front of everything else, where readers aloud look for it (SVG 2, section 5.7).
    described = f"<desc>{html.escape(spec['description'], quote=False)}</desc>"
    return re.sub(r"(<svg[^>]*>)", lambda found: found[1] + described, svg, count=1).encode()


def _renumbered(svg: str) -> str:
    """Number the clip paths from 1; Vega goes on counting from picture to picture."""
    numbers: dict[str, str] = {}
    return re.sub(r"\bclip\d+\b", lambda found: numbers.setdefault(found[0], f"clip{len(numbers) + 1}"), svg)


def vl_convert() -> Any:
    """Return the library that draws.

    Raises
    ------
    WeaponsRefError
        If it is not installed.
    """
    try:
        import vl_convert as library
    except ImportError as error:
        raise WeaponsRefError(
            "maps need vl-convert: install weapons-ref with [map] (python -m pip install 'weapons-ref[map]')"
        ) from error
    return library


def describe(result: MapResult) -> str:
    """Say in words what a map shows, for who cannot see it, with every source."""
    said = "; ".join(f"{range_.name} {wording.span(range_)}" for range_ in result.rings.ranges)
    origins = ", ".join(dict.fromkeys(ring.origin.name for ring in result.rings.rings))
    error = max((ring.max_edge_error_m for ring in result.rings.rings), default=0.0)
    sources = "; ".join(scene.sources(result))
    return (
        f"{result.title}. Published maximum range round {origins}: {said}. "
        f"Rings are drawn within {error:g} m of the range." + (f" Sources: {sources}." if sources else "")
    )


def subtitle(result: MapResult) -> str:
    """Word what the rings are, and on how many sources they rest."""
    ranges = result.rings.ranges
    if len(ranges) == 1 and ranges[0].system is None:
        return "Geodesic distance on the WGS 84 ellipsoid"
    said = f"Published maximum range, {wording.span(ranges[0])}" if len(ranges) == 1 else "Published maximum ranges"
    count = len({claim.source for range_ in ranges for claim in range_.claims})
    return f"{said}; {count} source{'s' if count > 1 else ''}{_chosen(result)}"


def _chosen(result: MapResult) -> str:
    """Say which claims were left out, if any were."""
    query = result.rings.query
    picked = {"span": "", "low": "; of each, the lowest figure", "high": "; of each, the highest figure"}
    return picked.get(query.basis, f"; {query.basis} alone") + (f"; published by {query.as_of}" if query.as_of else "")


def frame_of(
    result: MapResult, shapes: Sequence[scene.Shape], spots: Sequence[scene.Spot], projection: Projection | None
) -> Frame:
    """Return the view of a map that shows its rings and its places."""
    return frame(
        [line for shape in shapes for line in shape.outline.rings],
        origins=[(lon, lat) for _, lon, lat in scene.starts(result.rings.query.origins)],
        places=[(spot.lon, spot.lat) for spot in spots],
        everywhere=any(shape.outline.everything for shape in shapes),
        projection=projection,
    )


def _content(
    result: MapResult,
    shapes: Sequence[scene.Shape],
    spots: Sequence[scene.Spot],
    view: Frame,
    most_towns: int,
    width: float,
    height: float,
) -> Content:
    seen_deg = view.seen_deg(width, height)
    seen_km = math.radians(seen_deg) * 6371
    scale: basemap.Scale = 10 if seen_km <= 1500 else 50
    origins = list(scene.starts(result.rings.query.origins))
    labelling = Labelling(view, width, height)
    known = {spot.name for spot in spots} | {name.split(",")[0] for name, *_ in origins}
    named = [*labelling.beside(origins, 13, "origin")]
    labelling.keep_off(((lon, lat) for _, lon, lat in origins), 8)
    words = [*labelling.along(shapes, several=len(result.rings.ranges) > 1)]
    labelling.keep_off(((spot.lon, spot.lat) for spot in spots), 4)
    named += labelling.beside(((spot.name, spot.lon, spot.lat) for spot in _populous(spots)), 12, "place")
    towns = ((town.name, town.lon, town.lat) for town in result.towns if town.name not in known)
    named += labelling.beside(towns, 11, "town", most_towns)
    return Content(
        layers=basemap.layers(scale, view.cap(seen_deg * 1.05)),
        shapes=shapes,
        words=words,
        edges=scene.edges(result.rings.query.origins),
        origins=origins,
        spots=spots,
        names=named,
    )


def _populous(spots: Sequence[scene.Spot]) -> list[scene.Spot]:
    return sorted(spots, key=lambda spot: -spot.population)


# ---------------------------------------------------------------- the words under the map


class _Line(NamedTuple):
    """A line under the map: words, or swatches with words."""

    high: float
    text: str = ""
    size: float = 11
    entries: tuple[tuple[str, Any, str], ...] = ()  #: of what kind, of which number or verdict, and the words


def _foot(result: MapResult, shapes: Sequence[scene.Shape], spots: Sequence[scene.Spot], look: Look) -> Iterator[_Line]:
    """Yield the lines under a map: the key, the sources, the credits."""
    if look.style != "minimal":
        roles = {shape.role for shape in shapes}
        several = len(result.rings.ranges) > 1
        entries: list[tuple[str, Any, str]] = []
        if several:
            entries += [("ring", n, f"{r.name} {wording.span(r)}") for n, r in enumerate(result.rings.ranges)]
        if "within" in roles:
            entries.append(("within", None, "within every published range" if "disputed" in roles else "within range"))
        if "disputed" in roles:
            entries.append(("disputed", None, "disputed: within some, not all"))
        shown = {spot.verdict for spot in spots}
        entries += [("place", verdict, words) for verdict, words in _VERDICT_WORDS.items() if verdict in shown]
        yield from _entries(entries)
        names = scene.sources(result)
        more = len(names) - _SOURCES
        said = "; ".join(names[:_SOURCES]) + (f"; and {more} more" if more > 0 else "")
        if said:
            yield from _wrapped(f"Sources: {said}")
    error = max((shape.ring.max_edge_error_m for shape in shapes), default=0.0)
    credit = [basemap.CREDIT, *scene.credits_of(result)]
    exact = f"Geodesic rings (WGS 84), drawn within {error:g} m"
    yield from _wrapped(". ".join([basemap.NO_POSITION, exact, *credit]) + ".")


def _entries(entries: Sequence[tuple[str, Any, str]]) -> Iterator[_Line]:
    row: list[tuple[str, Any, str]] = []
    used = 0.0
    for entry in entries:
        wide = _entry_width(entry[2])
        if row and used + wide > _WIDTH - 2 * _MARGIN:
            yield _Line(20, entries=tuple(row))
            row, used = [], 0.0
        row.append(entry)
        used += wide
    yield _Line(22, entries=tuple(row))


def _entry_width(words: str) -> float:
    return 34 + len(words) * 12 * LETTER + 16


def _wrapped(text: str) -> Iterator[_Line]:
    size = 10.5
    for line in textwrap.wrap(text, int((_WIDTH - 2 * _MARGIN) / (size * 0.475))):
        yield _Line(14, line, size)


def _drawn(lines: Sequence[_Line], y: float, colours: Theme) -> Iterator[Spec]:
    for line in lines:
        if line.text:
            yield text_mark(line.text, _MARGIN, y + 8, colours.soft_ink, line.size)
        x = float(_MARGIN)
        for kind, which, words in line.entries:
            yield from _swatch(kind, which, x, y + 5, colours)
            yield text_mark(words, x + 32, y + 9, colours.ink, 12)
            x += _entry_width(words)
        y += line.high


def _swatch(kind: str, which: Any, x: float, y: float, colours: Theme) -> Iterator[Spec]:
    if kind == "place":
        style = {"shape": SHAPES[which], "size": 60, "fill": colours.verdicts[which], "x": x + 16, "y": y}
        yield {"type": "symbol", "encode": {"update": {name: {"value": value} for name, value in style.items()}}}
        return
    ink = theme.colour(colours, which) if kind == "ring" else colours.soft_ink
    style = {"x": x, "y": y - 6, "width": 26, "height": 12, "stroke": ink, "strokeWidth": 1.8}
    if kind == "disputed":
        style |= {"strokeDash": [5, 3], "fill": ink, "fillOpacity": 0.08}
    elif kind == "within":
        style |= {"fill": ink, "fillOpacity": 0.28}
    else:
        style |= {"fill": ink, "y": y - 1.5, "height": 3, "strokeWidth": 0}
    yield {"type": "rect", "encode": {"update": {name: {"value": value} for name, value in style.items()}}}


def text_mark(text: str, x: float, y: float, ink: str, size: float, *, bold: bool = False) -> Spec:
    """Return a mark of words that end at the margin."""
    style = {"x": x, "y": y, "text": text, "fill": ink, "font": FONT, "fontSize": size, "limit": _WIDTH - x - _MARGIN}
    if bold:
        style["fontWeight"] = "bold"
    return {"type": "text", "encode": {"update": {name: {"value": value} for name, value in style.items()}}}
