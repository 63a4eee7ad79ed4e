"""Styles of rings and places for QGIS (QML), and for other programs (OGC SLD 1.1).

What is within reach and what is disputed is told apart by pattern, outline and shape too, not by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

from weapons_ref.model import ReachResult, RingResult
from weapons_ref.output import parts

#: The style is written as this version of QGIS does; later ones read it.
_VERSION = "3.22.0"
_NAMES_IN_SLD = {
    "version": "1.1.0",
    "xmlns": "http://www.opengis.net/sld",
    "xmlns:se": "http://www.opengis.net/se",
    "xmlns:ogc": "http://www.opengis.net/ogc",
}
#: Labels on one map at most; more could not be read.
_MOST_LABELS = 2000


class Style(NamedTuple):
    """One way to draw a layer."""

    name: str
    description: str
    qml: str
    sld: str


class _Fill(NamedTuple):
    """How rings of a role are drawn."""

    value: str
    label: str
    rgb: tuple[int, int, int]
    opacity: float
    brush: str  #: of Qt
    brush_opacity: float  #: of its lines, if it is a pattern
    pen: str  #: of Qt
    dashes: str | None  #: the pen in SLD, which has no pattern that all programs draw


class _Marker(NamedTuple):
    """How places of a verdict are drawn."""

    value: str
    label: str
    rgb: tuple[int, int, int]
    shape: str  #: of QGIS
    mark: str  #: of SLD
    size_mm: float


#: All of one kind.
_Looks: TypeAlias = Sequence[_Fill | _Marker]

# Blue and orange are those of the catalog's web pages.
_BLUE, _ORANGE, _PURPLE, _GREY = (47, 111, 159), (164, 90, 0), (130, 60, 130), (110, 110, 110)
_FILLS = (
    _Fill("within", "Within reach, by every claim", _BLUE, 0.25, "solid", 0.25, "solid", None),
    _Fill("disputed", "Disputed: the claims differ", _ORANGE, 0.15, "f_diagonal", 0.6, "dash", "4 2"),
)
_MARKERS = (
    _Marker("within", "Within reach, by every claim", _BLUE, "circle", "circle", 2.6),
    _Marker("disputed", "Disputed", _ORANGE, "triangle", "triangle", 3.2),
    _Marker("inside-minimum", "Nearer than the minimum range", _PURPLE, "square", "square", 2.6),
    _Marker("beyond", "Beyond reach", _GREY, "cross2", "x", 2.4),
)


def styles(result: ReachResult | RingResult) -> list[Style]:
    """Return the styles of a result's layer, the first of which is to be the default.

    Rings are drawn by their role, places by their verdict; where places have a verdict for each system, there
    is a style for each.
    """
    if isinstance(result, RingResult):
        return [_style("role", "role", "Rings by role", _FILLS)]
    if not result.query.by_place:
        return [_style("verdict", "verdict", "Places by verdict", _MARKERS)]
    return [
        _style(range_.system or "range", parts.system_columns(range_)[0], f"Places by verdict: {range_.name}", _MARKERS)
        for range_ in result.ranges
    ]


def _style(name: str, column: str, description: str, looks: _Looks) -> Style:
    return Style(name, description, _qml(column, looks), _sld(column, looks))


# ---------------------------------------------------------------- QML


def _qml(column: str, looks: _Looks) -> str:
    labelled = isinstance(looks[0], _Marker)
    root = Element(
        "qgis",
        version=_VERSION,
        styleCategories="Symbology|Labeling" if labelled else "Symbology",
        labelsEnabled="1" if labelled else "0",
    )
    renderer = SubElement(
        root, "renderer-v2", type="categorizedSymbol", attr=column, symbollevels="1", forceraster="0", enableorderby="0"
    )
    categories = SubElement(renderer, "categories")
    symbols = SubElement(renderer, "symbols")
    for number, look in enumerate(looks):
        SubElement(
            categories, "category", value=look.value, label=look.label, symbol=str(number), type="string", render="true"
        )
        # What comes first lies on top, and so do its outlines.
        symbols.append(_symbol(number, len(looks) - number, look))
    if labelled:
        root.append(_labels())
    SubElement(root, "layerGeometryType").text = "0" if labelled else "2"
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + tostring(root, encoding="unicode")


def _symbol(number: int, level: int, look: _Fill | _Marker) -> Element:
    fill = isinstance(look, _Fill)
    symbol = Element("symbol", name=str(number), type="fill" if fill else "marker", alpha="1", clip_to_extent="1")
    layer = SubElement(
        symbol,
        "layer",
        {"class": "SimpleFill" if fill else "SimpleMarker", "enabled": "1", "locked": "0", "pass": str(level)},
    )
    settings = _fill_settings(look) if isinstance(look, _Fill) else _marker_settings(look)
    map_ = SubElement(layer, "Option", type="Map")
    for name, value in settings.items():
        SubElement(map_, "Option", name=name, type="QString", value=value)
    return symbol


def _fill_settings(look: _Fill) -> Mapping[str, str]:
    return {
        "color": _rgba(look.rgb, look.brush_opacity),
        "style": look.brush,
        "outline_color": _rgba(look.rgb),
        "outline_style": look.pen,
        "outline_width": "0.5",
        "outline_width_unit": "MM",
        "joinstyle": "round",
    }


def _marker_settings(look: _Marker) -> Mapping[str, str]:
    # A cross is nothing but its outline.
    line = _rgba(look.rgb) if look.shape == "cross2" else _rgba((255, 255, 255))
    return {
        "name": look.shape,
        "color": _rgba(look.rgb),
        "size": f"{look.size_mm:g}",
        "size_unit": "MM",
        "outline_color": line,
        "outline_style": "solid",
        "outline_width": "0.5" if look.shape == "cross2" else "0.2",
        "outline_width_unit": "MM",
    }


def _labels() -> Element:
    """Return the labels of places: their names, where there is room."""
    labeling = Element("labeling", type="simple")
    settings = SubElement(labeling, "settings", calloutType="simple")
    text = SubElement(
        settings, "text-style", fieldName="place", isExpression="0", fontSize="8", fontSizeUnit="Point",
        textColor="40,40,40,255", textOpacity="1",
    )  # fmt: skip
    SubElement(
        text, "text-buffer", bufferDraw="1", bufferSize="0.7", bufferSizeUnits="MM", bufferColor="255,255,255,255",
        bufferOpacity="0.8",
    )  # fmt: skip
    # 6 is beside the point, where the rules of cartography would have it.
    SubElement(settings, "placement", placement="6", dist="1", distUnits="MM")
    SubElement(settings, "rendering", drawLabels="1", limitNumLabels="1", maxNumLabels=str(_MOST_LABELS))
    return labeling


def _rgba(rgb: Iterable[int], opacity: float = 1) -> str:
    return ",".join(map(str, (*rgb, round(255 * opacity))))


# ---------------------------------------------------------------- SLD


def _sld(column: str, looks: _Looks) -> str:
    root = Element("StyledLayerDescriptor", _NAMES_IN_SLD)
    layer = SubElement(root, "NamedLayer")
    SubElement(layer, "se:Name").text = "rings" if isinstance(looks[0], _Fill) else "places"
    style = SubElement(SubElement(layer, "UserStyle"), "se:FeatureTypeStyle")
    for look in looks:
        rule = SubElement(style, "se:Rule")
        SubElement(rule, "se:Name").text = look.label
        equal = SubElement(SubElement(rule, "ogc:Filter"), "ogc:PropertyIsEqualTo")
        SubElement(equal, "ogc:PropertyName").text = column
        SubElement(equal, "ogc:Literal").text = look.value
        rule.append(_polygon_symbolizer(look) if isinstance(look, _Fill) else _point_symbolizer(look))
    return tostring(root, encoding="unicode")


def _polygon_symbolizer(look: _Fill) -> Element:
    symbolizer = Element("se:PolygonSymbolizer")
    fill = {"fill": _hex(look.rgb), "fill-opacity": f"{look.opacity:g}"}
    _set(SubElement(symbolizer, "se:Fill"), fill)
    stroke = {"stroke": _hex(look.rgb), "stroke-width": "2"}
    _set(SubElement(symbolizer, "se:Stroke"), stroke | ({"stroke-dasharray": look.dashes} if look.dashes else {}))
    return symbolizer


def _point_symbolizer(look: _Marker) -> Element:
    symbolizer = Element("se:PointSymbolizer")
    graphic = SubElement(symbolizer, "se:Graphic")
    mark = SubElement(graphic, "se:Mark")
    SubElement(mark, "se:WellKnownName").text = look.mark
    _set(SubElement(mark, "se:Fill"), {"fill": _hex(look.rgb)})
    _set(SubElement(mark, "se:Stroke"), {"stroke": _hex(look.rgb if look.mark == "x" else (255, 255, 255))})
    # Pixels of 0.28 mm, as the standard has them.
    SubElement(graphic, "se:Size").text = f"{look.size_mm / 0.28:.0f}"
    return symbolizer


def _set(parent: Element, parameters: Mapping[str, str]) -> None:
    for name, value in parameters.items():
        SubElement(parent, "se:SvgParameter", name=name).text = value


def _hex(rgb: Iterable[int]) -> str:
    return "#" + "".join(f"{part:02x}" for part in rgb)
