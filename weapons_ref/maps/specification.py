"""One Vega specification of a map, for pictures and for the page.

Vega draws with d3-geo, on the sphere: a ring over a pole or across the antimeridian is a ring like others.
The view is in signals, which a picture gives fixed values and the page turns and moves.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from weapons_ref.maps import theme
from weapons_ref.maps.basemap import Layers
from weapons_ref.maps.frame import D3, RADIUS_KM, Frame
from weapons_ref.maps.labelling import CAPTION_SIZE, Name, Words
from weapons_ref.maps.scene import Shape, Spot
from weapons_ref.maps.theme import FONT, SHAPES, Theme
from weapons_ref.model import VERDICTS

Spec = dict[str, Any]

#: Degrees from one line of the graticule to the next, of which the one that fits is taken.
_STEPS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30)
#: The line of a ring without the edges that a projection cuts it at.
_LINE: Spec = {
    "type": "formula",
    "as": "line",
    "expr": "datum.geometry.type === 'Sphere' ? datum.geometry : "
    "{type: 'MultiLineString', coordinates: datum.geometry.coordinates}",
}
_POINTS = "datum.behind ? 0 : 1"


class Content(NamedTuple):
    """What is drawn on a map, from the bottom up."""

    layers: Layers
    shapes: Sequence[Shape] = ()
    words: Sequence[Words] = ()
    edges: Sequence[Mapping[str, Any]] = ()
    origins: Sequence[tuple[str, float, float]] = ()
    spots: Sequence[Spot] = ()
    names: Sequence[Name] = ()


def graticule_step(seen_deg: float) -> float:
    """Return the degrees between two lines of a graticule, of which some six fit into a view."""
    return next((step for step in _STEPS if step >= seen_deg / 5), _STEPS[-1])


def signals(frame: Frame, width: float, height: float) -> list[Spec]:
    """Return the signals that the view is in: the projection, its centre and scale, and what follows from them."""
    phi = "lat * PI / 180"
    return [
        {"name": "mapWidth", "value": width},
        {"name": "mapHeight", "value": height},
        {"name": "projection", "value": D3[frame.projection]},
        {"name": "lon", "value": round(frame.lon, 6)},
        {"name": "lat", "value": round(frame.lat, 6)},
        {"name": "zoom", "value": round(frame.scale(width, height), 4)},
        # How far the map was moved from where its centre stands in the middle.
        {"name": "moved", "value": [0, 0]},
        {"name": "turned", "update": "projection === 'orthographic' || projection === 'azimuthalEquidistant'"},
        {"name": "phi", "update": phi},
        {
            "name": "up",
            "update": "projection === 'mercator' ? log(tan(PI / 4 + phi / 2)) : projection === 'naturalEarth1' ? "
            "phi * (1.007226 + phi * phi * (0.015085 + pow(phi, 4) * "
            "(-0.044475 + 0.028874 * phi * phi - 0.005916 * pow(phi, 4)))) : 0",
        },
        {
            "name": "here",
            "update": "projection === 'mercator' ? 1 / cos(phi) : projection === 'naturalEarth1' ? "
            "(0.8707 - 0.131979 * phi * phi + pow(phi, 4) * (-0.013791 + pow(phi, 4) * "
            "(0.003971 * phi * phi - 0.001529 * pow(phi, 4)))) / cos(phi) : 1",
        },
        {"name": "pxPerKm", "update": f"zoom * here / {RADIUS_KM}"},
        {"name": "power", "update": "pow(10, floor(log(mapWidth / 6 / pxPerKm) / LN10))"},
        {"name": "leading", "update": "mapWidth / 6 / pxPerKm / power"},
        {"name": "barKm", "update": "power * (leading >= 5 ? 5 : leading >= 2 ? 2 : 1)"},
    ]


def projection() -> Spec:
    """Return the projection that the signals describe."""
    return {
        "name": "map",
        "type": {"signal": "projection"},
        "rotate": {"signal": "[-lon, turned ? -lat : 0, 0]"},
        "scale": {"signal": "zoom"},
        "translate": {"signal": "[mapWidth / 2 + moved[0], mapHeight / 2 + moved[1] + zoom * up]"},
        "clipExtent": {"signal": "[[-8, -8], [mapWidth + 8, mapHeight + 8]]"},
    }


def data(content: Content, lines: Spec, *, hides: bool = False) -> list[Spec]:
    """Return the data of a map.

    Parameters
    ----------
    content : Content
        What is drawn.
    lines : dict
        The graticule, see `graticule`.
    hides : bool
        Whether there is a signal ``hidden`` with the numbers of systems that are not drawn.
    """
    seen = [{"type": "filter", "expr": "indexof(hidden, datum.system) < 0"}] if hides else []
    layers = {name: [_feature(shape)] for name, shape in content.layers._asdict().items()}
    rings = [_feature(s.geometry, system=s.system, role=s.role, key=f"{s.system}") for s in content.shapes]
    words = [{**w._asdict(), "key": f"{w.system}"} for w in content.words]
    spots = [
        {"id": number, "name": s.name, "lon": s.lon, "lat": s.lat, "population": s.population, "verdict": s.verdict}
        for number, s in enumerate(content.spots)
    ]
    named = ({"name": name, "lon": lon, "lat": lat} for name, lon, lat in content.origins)
    return [
        {"name": "sphere", "values": [{"type": "Sphere"}]},
        {"name": "graticule", "transform": [lines]},
        *({"name": name, "values": values} for name, values in layers.items()),
        {"name": "rings", "values": rings, "transform": [*seen, _LINE]},
        {"name": "edges", "values": [_feature(edge) for edge in content.edges]},
        {"name": "words", "values": words, "transform": [*_placed(), *_placed("next_"), *_sloped()]},
        {"name": "origins", "values": list(named), "transform": _placed()},
        {"name": "spots", "values": spots, "transform": _placed()},
        {"name": "chosen", "values": [], "transform": _placed()},
        {"name": "names", "values": [name._asdict() for name in content.names], "transform": _placed()},
    ]


def _feature(geometry: Mapping[str, Any], **properties: Any) -> Spec:
    # Vega draws a datum of a geometry's type as it stands; a sphere is no geometry of GeoJSON's.
    return {"type": "Feature", "geometry": geometry, **properties}


def graticule(step_deg: float | None, boxes: Sequence[tuple[float, ...]] | None = None) -> Spec:
    """Return the graticule of some boxes or of the globe; the step is the signal ``step`` if none is given."""
    if step_deg is None:
        return {"type": "graticule", "step": {"signal": "[step, step]"}, "precision": 2}
    lines: Spec = {"type": "graticule", "step": [step_deg, step_deg], "precision": min(step_deg, 1)}
    if boxes is not None:
        # d3-geo is at ease with longitudes past 180.
        west, south, east, north = boxes[0][0], boxes[0][1], boxes[-1][2], boxes[0][3]
        if len(boxes) > 1:
            east += 360
        corners = [
            [step_deg * math.floor(west / step_deg), max(-90, step_deg * math.floor(south / step_deg))],
            [step_deg * math.ceil(east / step_deg), min(90, step_deg * math.ceil(north / step_deg))],
        ]
        # A meridian at the very end is left out.
        corners[1] = [corners[1][0] + step_deg / 100, corners[1][1] + step_deg / 100]
        lines |= {"extent": corners}
    return lines


def _placed(prefix: str = "") -> list[Spec]:
    """Return transforms that say where a point stands, and whether it is behind the globe."""
    lon, lat = f"{prefix}lon", f"{prefix}lat"
    ahead = (
        f"sin(phi) * sin(datum.{lat} * PI / 180) + cos(phi) * cos(datum.{lat} * PI / 180) "
        f"* cos((datum.{lon} - lon) * PI / 180)"
    )
    return [
        {"type": "geopoint", "projection": "map", "fields": [lon, lat], "as": [f"{prefix}x", f"{prefix}y"]},
        *(
            []
            if prefix
            else [{"type": "formula", "as": "behind", "expr": f"projection === 'orthographic' && {ahead} < 0.02"}]
        ),
    ]


def _sloped() -> list[Spec]:
    slope = "atan2(datum.next_y - datum.y, datum.next_x - datum.x) * 180 / PI"
    return [
        {"type": "formula", "as": "slope", "expr": slope},
        {"type": "formula", "as": "angle", "expr": "abs(datum.slope) > 90 ? datum.slope + 180 : datum.slope"},
    ]


def ground(look: Theme) -> list[Spec]:
    """Return the marks of the map under the rings."""
    line = {"strokeJoin": "round", "strokeCap": "round"}
    return [
        _shape("sphere", fill=look.sea),
        _shape("graticule", stroke=look.graticule, strokeWidth=0.6),
        _shape("land", fill=look.land, stroke=look.coast, strokeWidth=0.7, **line),
        _shape("lakes", fill=look.lakes, stroke=look.coast, strokeWidth=0.5),
        _shape("settled", stroke=look.border, strokeWidth=0.8, **line),
        _shape("disputed", stroke=look.border, strokeWidth=0.9, strokeDash=[3, 2.5]),
        _shape("sphere", stroke=look.coast, strokeWidth=0.8),
    ]


def rings(look: Theme, many: int) -> list[Spec]:
    """Return the marks of rings: fills first, so that no line is dimmed; what is disputed is dashed and paler."""
    colours = _choice("datum.system", [theme.colour(look, number) for number in range(max(many, 1))])
    within, disputed = (0.26, 0.09) if many <= 1 else (0.14, 0.05)
    opacity = {"signal": f"datum.role === 'within' ? {within} : {disputed}"}
    line = {
        "stroke": {"signal": colours},
        "strokeWidth": {"signal": "datum.role === 'within' ? 2 : 1.6"},
        "strokeDash": {"signal": "datum.role === 'within' ? [1, 0] : [6, 4]"},
        "strokeJoin": {"value": "round"},
    }
    return [
        _marked("shape", "rings", {"fill": {"signal": colours}, "fillOpacity": opacity}),
        _marked("shape", "rings", line, field="line"),
    ]


def starts(look: Theme) -> list[Spec]:
    """Return the marks of origins: a star, which nothing else is, or the line of an area."""
    points = {
        **_at(),
        "shape": {"value": _STAR},
        "size": {"value": 230},
        "fill": {"value": look.ink},
        "stroke": {"value": look.halo},
        "strokeWidth": {"value": 1.2},
        "opacity": {"signal": _POINTS},
    }
    return [
        _shape("edges", stroke=look.ink, strokeWidth=1),
        _marked("symbol", "origins", points),
    ]


#: A star of five points, one wide and high, about the middle.
_STAR = (
    "M"
    + "L".join(
        f"{r * math.sin(math.pi * i / 5):.3f},{-r * math.cos(math.pi * i / 5):.3f}"
        for i, r in enumerate([1.0, 0.42] * 5)
    )
    + "Z"
)


def spots(look: Theme) -> list[Spec]:
    """Return the marks of judged places: shape and colour by verdict."""
    fixed = {
        "shape": {"signal": _by_verdict(SHAPES)},
        "size": {"signal": "datum.verdict === 'disputed' ? 62 : 46"},
        "fill": {"signal": _by_verdict(look.verdicts)},
        "stroke": {"value": look.halo},
        "strokeWidth": {"value": 0.8},
    }
    mark = _marked("symbol", "spots", {**_at(), "opacity": {"signal": _POINTS}})
    # There may be thousands: what does not change with the view is worked out once.
    mark["encode"]["enter"] = fixed
    return [mark]


def chosen(look: Theme) -> list[Spec]:
    """Return the mark of the point that a page tells of."""
    ring = {
        **_at(),
        "size": {"value": 260},
        "stroke": {"value": look.ink},
        "strokeWidth": {"value": 2},
        "fill": {"value": "transparent"},
        "opacity": {"signal": _POINTS},
    }
    halo = {**ring, "stroke": {"value": look.halo}, "strokeWidth": {"value": 5}}
    return [_marked("symbol", "chosen", halo), _marked("symbol", "chosen", ring)]


def names(look: Theme) -> list[Spec]:
    """Return the marks of names beside points, and the dots of towns, which have no other mark."""
    dot = {
        **_at(),
        "size": {"value": 14},
        "fill": {"value": look.ink},
        "stroke": {"value": look.halo},
        "strokeWidth": {"value": 0.8},
        "opacity": {"signal": "datum.behind || datum.kind !== 'town' ? 0 : 1"},
    }
    text = {
        **_at(),
        "text": {"field": "name"},
        "dx": {"field": "dx"},
        "dy": {"field": "dy"},
        "align": {"field": "align"},
        "baseline": {"value": "middle"},
        "font": {"value": FONT},
        "fontSize": {
            "signal": "datum.kind === 'town' || datum.kind === 'many' ? 11 : datum.kind === 'origin' ? 13 : 12"
        },
        "fontWeight": {"signal": "datum.kind === 'town' || datum.kind === 'many' ? 'normal' : 'bold'"},
        "opacity": {"signal": _POINTS},
    }
    return [
        _marked("symbol", "names", dot),
        _marked("text", "names", {**text, **_halo(look)}),
        _marked("text", "names", {**text, "fill": {"value": look.ink}}),
    ]


def captions(look: Theme, many: int) -> list[Spec]:
    """Return the marks of words along rings."""
    text = {
        **_at(),
        "text": {"field": "text"},
        "angle": {"field": "angle"},
        "dy": {"signal": "datum.side * 9"},
        "align": {"value": "center"},
        "baseline": {"value": "middle"},
        "font": {"value": FONT},
        "fontSize": {"value": CAPTION_SIZE},
        "fontWeight": {"value": "bold"},
        "opacity": {"signal": _POINTS},
    }
    colours = _choice("datum.system", [theme.colour(look, number) for number in range(max(many, 1))])
    return [
        _marked("text", "words", {**text, **_halo(look)}),
        _marked("text", "words", {**text, "fill": {"signal": colours}}),
    ]


def _halo(look: Theme) -> Spec:
    return {"stroke": {"value": look.halo}, "strokeWidth": {"value": 3}, "strokeJoin": {"value": "round"}}


def scale_bar(look: Theme) -> list[Spec]:
    """Return the marks of a scale bar at the lower left, true at the centre of the map."""
    left, bottom = 16, "mapHeight - 16"
    long = "barKm * pxPerKm"
    words = "format(barKm, ',~r') + ' km (' + format(barKm / 1.609344, ',.2~r') + ' mi)'"
    path = {"signal": f"'M0,-6V0H' + ({long}) + 'V-6'"}
    text = {"x": {"value": left}, "y": {"signal": f"{bottom} - 9"}, "text": {"signal": words}}
    face = {"font": {"value": FONT}, "fontSize": {"value": 11}}
    line = {"x": {"value": left}, "y": {"signal": bottom}, "path": path}
    return [
        _still("path", {**line, "stroke": {"value": look.halo}, "strokeWidth": {"value": 4}}),
        _still("path", {**line, "stroke": {"value": look.ink}, "strokeWidth": {"value": 1.4}}),
        _still("text", {**text, **face, "stroke": {"value": look.halo}, "strokeWidth": {"value": 3}}),
        _still("text", {**text, **face, "fill": {"value": look.ink}}),
    ]


def _still(kind: str, update: Spec) -> Spec:
    return {"type": kind, "interactive": False, "encode": {"update": update}}


def _at() -> Spec:
    return {"x": {"field": "x"}, "y": {"field": "y"}}


def _shape(source: str, **style: Any) -> Spec:
    update = {name: {"value": value} for name, value in style.items()}
    return _marked("shape", source, update)


def _marked(kind: str, source: str, update: Spec, name: str | None = None, field: str | None = None) -> Spec:
    mark: Spec = {"type": kind, "from": {"data": source}, "interactive": False, "encode": {"update": update}}
    if name:
        mark["name"] = name
    if kind == "shape":
        mark["transform"] = [
            {"type": "geoshape", "projection": "map", **({"field": f"datum.{field}"} if field else {})}
        ]
    return mark


def _choice(what: str, values: Sequence[str]) -> str:
    return f"{json.dumps(list(values))}[{what}]"


def _by_verdict(values: Mapping[Any, str]) -> str:
    return f"{json.dumps({verdict: values[verdict] for verdict in VERDICTS})}[datum.verdict]"


def group(marks: Iterable[Spec], *, x: float = 0, y: float = 0) -> Spec:
    """Return a group that clips its marks to the size of the map."""
    area = {"width": {"signal": "mapWidth"}, "height": {"signal": "mapHeight"}}
    place = {"x": {"value": x}, "y": {"value": y}}
    return {"type": "group", "encode": {"update": {**place, **area, "clip": {"value": True}}}, "marks": list(marks)}
