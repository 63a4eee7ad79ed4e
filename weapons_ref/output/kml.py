"""KML 2.2 (OGC 07-147r2), and KMZ: the same zipped, with a picture for each verdict.

It is written as text, a placemark at a time, so that an answer may be as large as it likes. Elements
come in the order that the schema has them in.
"""

from __future__ import annotations

import itertools
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import singledispatch
from typing import Any, BinaryIO, NamedTuple, TextIO
from xml.sax.saxutils import escape, quoteattr

import msgspec

from weapons_ref.errors import FileError
from weapons_ref.model import VERDICTS, DistanceResult, RangeInterval, ReachResult, Ring, RingResult
from weapons_ref.output import balloons, parts, views, wording
from weapons_ref.output.json import encode

#: What XML 1.0 cannot hold, not even escaped (its section 2.2).
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: XML's readers turn a bare carriage return into a line feed.
_KEPT = {"\r": "&#13;"}
#: Of everything in a KMZ, so that the same answer has the same bytes: the first that a zip file can name.
_TIME = (1980, 1, 1, 0, 0, 0)

#: What a zip file holds without an extension that not every program reads.
_MOST_BYTES = zipfile.ZIP64_LIMIT

# Colours are alpha, blue, green and red. KML has no dashes; a ring's role shows in the width of its outline, too.
_BLUE, _ORANGE, _VIOLET, _GREY = "9f6f2f", "1482e0", "a8487a", "8c8c8c"
_RINGS = {"within": (_BLUE, "59", 3.0), "disputed": (_ORANGE, "38", 1.5)}
_PLACES = dict(
    zip(VERDICTS, ((_BLUE, 1.0), (_ORANGE, 0.9), (_VIOLET, 0.8), (_GREY, 0.6)), strict=True)
)  # colour and size
_RING_LEGEND = (
    "Blue with a wide outline: within, by every claim. Orange with a narrow outline: disputed. "
    "A ring is a picture of the answer; its balloon says how exact."
)
_PLACE_LEGEND = "Blue: within. Orange: disputed. Violet: nearer than the minimum range. Grey: beyond."
#: Without it, programs make a balloon of their own from names, and may take these for HTML.
_BALLOON = "<BalloonStyle><text>$[description]</text></BalloonStyle>"


def write(result: Any, stream: TextIO) -> None:
    """Write a result as KML.

    Raises
    ------
    FileError
        If it is neither verdicts, rings nor a line.
    """
    stream.writelines(_document(_content(result, icons=False), result))


def write_zipped(result: Any, stream: BinaryIO) -> None:
    """Write a result as KMZ.

    Raises
    ------
    FileError
        As `write`; or if it is larger than a plain zip file can hold.
    """
    content = _content(result, icons=True)
    with zipfile.ZipFile(stream, "w") as archive:
        written = 0
        with archive.open(_entry("doc.kml"), "w") as entry:
            for text in _document(content, result):
                piece = text.encode()
                written += len(piece)
                if written > _MOST_BYTES:
                    raise FileError("a KMZ holds 2 GiB at most; write kml, parquet or csv")
                entry.write(piece)
        if isinstance(result, ReachResult):
            from weapons_ref.output import icons

            for verdict in VERDICTS:
                archive.writestr(_entry(_icon(verdict)), icons.png(verdict))


class _Content(NamedTuple):
    styles: list[str]
    legend: str
    features: Iterator[str]


@singledispatch
def _content(result: Any, icons: bool) -> _Content:
    raise FileError("kml holds verdicts, rings and lines, which have a position on a map; write this as json or csv")


@_content.register
def _(result: RingResult, icons: bool) -> _Content:
    styles = [
        f'<Style id="{role}"><LineStyle><color>ff{colour}</color><width>{width:g}</width></LineStyle>'
        f"<PolyStyle><color>{alpha}{colour}</color><fill>1</fill><outline>0</outline></PolyStyle>{_BALLOON}</Style>"
        for role, (colour, alpha, width) in _RINGS.items()
    ]
    return _Content(styles, _RING_LEGEND, _ring_folders(result))


@_content.register
def _(result: ReachResult, icons: bool) -> _Content:
    styles = [
        f'<Style id="{verdict}"><IconStyle><color>ff{colour}</color><scale>{size:g}</scale>'
        + (f"<Icon><href>{_icon(verdict)}</href></Icon>" if icons else "")
        + f"</IconStyle><LabelStyle><scale>0.8</scale></LabelStyle>{_BALLOON}</Style>"
        for verdict, (colour, size) in _PLACES.items()
    ]
    return _Content(styles, _PLACE_LEGEND, _places(result))


@_content.register
def _(result: DistanceResult, icons: bool) -> _Content:
    style = f'<Style id="line"><LineStyle><color>ff{_BLUE}</color><width>3</width></LineStyle>{_BALLOON}</Style>'
    return _Content([style], "", _distance(result))


def _document(content: _Content, result: Any) -> Iterator[str]:
    """Return the text of a file, in pieces."""
    # Notes and credits are in the description.
    beside = {key: value for key, value in views.foreign(result).items() if key not in ("notes", "credit")}
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n<Document>\n',
        f"<name>{_xml(balloons.title(result))}</name><open>1</open>",
        f"<description>{_xml(balloons.of_document(result, content.legend))}</description>\n",
        *(style + "\n" for style in content.styles),
        _data(beside) + "\n" if beside else "",
    )
    return itertools.chain(head, content.features, ("</Document>\n</kml>\n",))


def _ring_folders(result: RingResult) -> Iterator[str]:
    """Yield a folder for each system, and in it one for each origin if there are several."""
    by_system: dict[tuple[str | None, str], dict[tuple[Any, ...], list[Ring]]] = {}
    for ring in result.rings:
        origins = by_system.setdefault((ring.range.system, ring.range.name), {})
        origins.setdefault((ring.origin.name, ring.origin.lat, ring.origin.lon), []).append(ring)
    several = len({origin for origins in by_system.values() for origin in origins}) > 1
    for (_, name), origins in by_system.items():
        yield f"<Folder><name>{_xml(name)}</name>\n"
        for (origin, *_), rings in origins.items():
            yield f"<Folder><name>{_xml(origin)}</name>\n" if several else ""
            yield from (_ring(ring, result) for ring in rings)
            yield "</Folder>\n" if several else ""
        yield "</Folder>\n"


def _ring(ring: Ring, result: RingResult) -> str:
    metres = (ring.range.low_m,) if ring.role == "within" else (ring.range.low_m, ring.range.high_m)
    said = f"{ring.role}, {wording.kilometres(*metres)}"
    import shapely

    from weapons_ref.geo import seamless

    def drawn(line: Any) -> Any:
        return seamless.subdivided(shapely.get_coordinates(line), ring.max_edge_error_m)

    polygons = [[drawn(line) for line in (part.exterior, *part.interiors)] for part in ring.geometry.geoms]
    outline = seamless.lines(seamless.outline(ring.geometry))
    lines = [seamless.subdivided(line, ring.max_edge_error_m) for line in outline]
    shapes = [*map(_polygon, polygons), *map(_line, lines)]
    return _placemark(
        f"{ring.range.name} from {ring.origin.name}: {said}",
        said,
        balloons.of_ring(ring, result),
        ring.role,
        parts.ring_of(ring, result.query),
        _several(shapes),
    )


def _places(result: ReachResult) -> Iterator[str]:
    """Yield a point for each verdict, or each place, in their order."""
    ranges = {range_.system: range_ for range_ in result.ranges}
    sources = {system: balloons.sources_of(range_, result.sources) for system, range_ in ranges.items()}
    of_all = "".join(sources.values())
    wide = parts.has_wide(result.query)
    yield "<Folder><name>Places</name>\n"
    for row in views.rows(result):
        name = row["place"]
        if result.query.by_place:
            verdict = balloons.best(row[parts.system_columns(range_)[0]] for range_ in result.ranges)
            said = balloons.of_place(row, result.ranges, of_all)
        else:
            verdict, range_ = row["verdict"], ranges[row["system"]]
            said = balloons.of_verdict(row, range_, wide, sources[row["system"]])
            name += _of_system(range_, ranges)
        short = ", ".join(part for part in (verdict, balloons.distance_of(row)) if part)
        point = f"<Point><coordinates>{_coordinates([(row['lon'], row['lat'])])}</coordinates></Point>"
        yield _placemark(name, short, said, verdict, row, point)
    yield "</Folder>\n"


def _of_system(range_: RangeInterval, ranges: Mapping[str | None, RangeInterval]) -> str:
    """Return what tells a place's points from each other, if several systems answer."""
    return f" ({range_.name})" if len(ranges) > 1 else ""


def _distance(result: DistanceResult) -> Iterator[str]:
    import numpy as np

    from weapons_ref.geo import seamless

    (feature,) = views.features(result)
    shape = feature["geometry"]
    lines = shape["coordinates"] if shape["type"] == "MultiLineString" else [shape["coordinates"]]
    drawn = [_line(seamless.subdivided(np.array(line), _LINE_ERROR_M)) for line in lines]
    yield _placemark(
        balloons.title(result),
        wording.length(result.distance_m),
        balloons.of_distance(result),
        "line",
        feature["properties"],
        _several(drawn),
    )


def _placemark(name: str, snippet: str, said: str, style: str, properties: Mapping[str, Any], shape: str) -> str:
    return (
        f'<Placemark><name>{_xml(name)}</name><Snippet maxLines="1">{_xml(snippet)}</Snippet>'
        f"<description>{_xml(said)}</description><styleUrl>#{style}</styleUrl>\n"
        f"{_data(properties)}\n{shape}</Placemark>\n"
    )


def _data(properties: Mapping[str, Any]) -> str:
    """Return properties as data: text as it is, what is unknown empty, all else as JSON."""
    return f"<ExtendedData>{''.join(_datum(name, value) for name, value in properties.items())}</ExtendedData>"


def _datum(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else encode(value)
    if not isinstance(value, str) and text.startswith('"'):  # such as a date
        text = msgspec.json.decode(text)
    name = quoteattr(_NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", name))
    return f"<Data name={name}><value>{'' if text == 'null' and value != text else _xml(text)}</value></Data>"


def _several(shapes: Sequence[str]) -> str:
    return shapes[0] if len(shapes) == 1 else f"<MultiGeometry>\n{''.join(shapes)}</MultiGeometry>"


def _polygon(lines: Iterable[Any]) -> str:
    outer, *inner = (f"<LinearRing><coordinates>{_coordinates(line)}</coordinates></LinearRing>" for line in lines)
    holes = "".join(f"<innerBoundaryIs>{hole}</innerBoundaryIs>" for hole in inner)
    return f"<Polygon>{_ON_GROUND}<outerBoundaryIs>{outer}</outerBoundaryIs>{holes}</Polygon>\n"


def _line(line: Any) -> str:
    return f"<LineString>{_ON_GROUND}<coordinates>{_coordinates(line)}</coordinates></LineString>\n"


#: How far a line between two places may stray from the geodesic, besides its own error.
_LINE_ERROR_M = 10.0
_ON_GROUND = "<tessellate>1</tessellate><altitudeMode>clampToGround</altitudeMode>"


def _coordinates(line: Any) -> str:
    return " ".join(f"{_degrees(lon)},{_degrees(lat)}" for lon, lat in line)


def _degrees(angle: float) -> str:
    # Adding zero turns -0.0 into 0.0.
    return f"{round(angle, 7) + 0.0:.7f}".rstrip("0").rstrip(".")


def _xml(text: str) -> str:
    """Return a text as XML holds it; what it cannot hold is shown to be missing."""
    return escape(_NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text), _KEPT)


def _icon(verdict: str) -> str:
    return f"icons/{verdict}.png"


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # whichever system writes it
    entry.external_attr = 0o644 << 16
    return entry
