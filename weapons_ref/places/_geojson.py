"""GeoJSON (RFC 7946) and its text sequences (RFC 8142): features, handed to a `Gather`.

A document is read whole, but its features are parsed one at a time, as batches are asked for.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

from weapons_ref.errors import WeaponsRefError
from weapons_ref.places.batches import Batch, Gather, Source

if TYPE_CHECKING:
    from weapons_ref.geo.regions import Region

DOCUMENT_BYTES = 1 << 30  #: the longest document that is not a text sequence

DOCUMENTS = {".geojson", ".json"}
LINES = {".geojsonl", ".geojsons", ".geojsonseq", ".ndjson", ".jsonl"}
NAMES = ("place", "name")
RS = b"\x1e"  # the record separator that starts each text of a sequence

_EXTENDED = ("MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
_WGS84 = re.compile(
    r"(?:urn:(?:x-)?ogc:def:crs:)?(?:ogc:(?:[\d.]*:)?)?crs84h?"
    r"|(?:urn:(?:x-)?ogc:def:crs:)?epsg:(?:[\d.]*:)?(?:4326|4979)"
    r"|https?://www\.opengis\.net/def/crs/(?:ogc/[\d.]+/crs84h?|epsg/[\d.]+/(?:4326|4979))"
    r"|https?://www\.opengis\.net/gml/srs/epsg\.xml#4326"
    r"|wgs ?84"
)
_BYTE = re.compile(r" \(byte (\d+)\)$")
_MEMBER = re.compile(rb'[\s,{]*("[^"\\]*(?:\\.[^"\\]*)*")\s*:\s*', re.DOTALL)
_GAP = re.compile(rb"[\s,]*")
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_DEEP = 500  # msgspec gives up at Python's recursion limit, some way below this or above

Text = bytes | bytearray
Members = dict[str, tuple[int, Raw]]  #: each member's value, and the byte at which it starts


class _MalformedError(Exception):
    """A text that is not one JSON object; `byte` counts from the text's start."""

    def __init__(self, reason: str, byte: int) -> None:
        super().__init__(reason)
        self.byte = byte


class _NoPlaceError(Exception):
    """Why a feature is not a place, in words."""


def recognises(suffix: str, head: bytes) -> bool:
    """Return whether a file is JSON, by its lower-case extension or the first bytes of its text."""
    return suffix in DOCUMENTS or suffix in LINES or head.lstrip()[:1] in (b"{", b"[", RS)


def read(source: Source, gather: Gather, suffix: str, name_property: str | None) -> Iterator[Batch]:
    """Yield the batches of a document or a text sequence."""
    gather.expected_name = name_property
    separator = _separator(source.head, suffix)
    for start, text in _records(source, separator) if separator else _document(source):
        for row in _rows(source, start, text):
            _add(gather, row, name_property)
            if gather.ready:
                yield from gather.release()
    yield from gather.finish()


def geometries(source: Source, suffix: str) -> Iterator[tuple[int, Mapping[str, Any] | None]]:
    """Yield the number and the geometry of each feature of a document or a text sequence, None for an empty one.

    Raises
    ------
    FileError
        If the file or one of its features is not GeoJSON.
    """
    separator = _separator(source.head, suffix)
    number = 0
    for start, text in _records(source, separator) if separator else _document(source):
        for row in _rows(source, start, text):
            number += 1
            try:
                yield number, _geometry(row)
            except _NoPlaceError as problem:
                raise source.error(str(problem), row=number) from problem
            except RecursionError as error:
                raise source.error("it is nested too deeply", row=number) from error


def _geometry(row: Members | str) -> Mapping[str, Any] | None:
    """Return a feature's geometry, None if it has none."""
    if isinstance(row, str):
        raise _NoPlaceError(f"the feature {row}")
    kind = _value(row, "type")
    if kind != "Feature":
        raise _NoPlaceError(f"it is no Feature, its type is {_short(kind)}")
    if problem := _foreign(_value(row, "crs")):
        raise _NoPlaceError(f"it {problem}")
    geometry = _value(row, "geometry")
    if geometry is None:
        return None
    if not isinstance(geometry, dict):
        raise _NoPlaceError("its geometry is not an object")
    if problem := _foreign(geometry.get("crs")):
        raise _NoPlaceError(f"its geometry {problem}")
    return None if geometry.get("coordinates") == [] or geometry.get("geometries") == [] else geometry


def _separator(head: bytes, suffix: str) -> bytes | None:
    """Return what parts the texts of a sequence, or None for a single document."""
    head = head.lstrip()
    if head.startswith(RS):
        return RS
    if suffix in LINES:
        return b"\n"
    line, _, rest = head.partition(b"\n")
    if not rest.strip() or not line.startswith(b"{"):
        return None
    try:
        kind = msgspec.json.decode(line, type=dict[str, Raw]).get("type")
    except (msgspec.DecodeError, RecursionError):
        return None
    # A feature is complete on the first line, and more follows it.
    return None if kind is not None and bytes(kind) == b'"FeatureCollection"' else b"\n"


def _records(source: Source, separator: bytes) -> Iterator[tuple[int, Text]]:
    for begin, piece in source.pieces(separator):
        start = begin
        for part in piece.split(separator):
            text = part.strip()
            if text:
                yield start + part.find(text), text
            start += len(part) + 1


def _document(source: Source) -> Iterator[tuple[int, Text]]:
    text = bytearray()
    for block in source.blocks():
        text += block
        if len(text) > DOCUMENT_BYTES:
            raise source.error(
                f"is larger than {DOCUMENT_BYTES >> 20} MiB, the most for GeoJSON that must be read whole;"
                " write it as a GeoJSON text sequence, one feature a line"
            )
    yield source.start, text


def _rows(source: Source, start: int, text: Text) -> Iterator[Members | str]:
    """Yield the features of one GeoJSON text, or why an item is none."""
    try:
        members = _members(text)
        kind = _value(members, "type")
        if problem := _foreign(_value(members, "crs")):
            raise source.error(f"{problem}; convert it to WGS 84 (EPSG:4326) first", byte=start)
    except (_MalformedError, _NoPlaceError) as error:
        raise source.error(str(error), byte=start + getattr(error, "byte", 0)) from error
    except RecursionError as error:
        raise source.error("is nested too deeply", byte=start + _deepest(text)) from error
    if kind == "Feature":
        yield members
    elif kind == "Point" or kind in _EXTENDED:
        yield {"type": (0, Raw(b'"Feature"')), "geometry": (0, Raw(text))}
    elif kind != "FeatureCollection":
        what = f"its type is {_short(kind)}" if "type" in members else "it has no type"
        raise source.error(f"is not GeoJSON, {what}; a FeatureCollection, a Feature or a geometry is", byte=start)
    else:
        yield from _features(source, start, text, members)


def _features(source: Source, start: int, text: Text, members: Members) -> Iterator[Members | str]:
    at, features = members.get("features", (0, Raw(b"null")))
    try:
        items = msgspec.json.decode(features, type=list[Raw])
    except msgspec.DecodeError as error:
        raise source.error("has a FeatureCollection whose features are not an array", byte=start + at) from error
    at += 1
    for item in items:
        match = _GAP.match(text, at)
        at = match.end() if match else at
        source.position = start + at  # so that batches of a document are bounded too
        try:
            yield _members(bytes(item))
        except _MalformedError as error:
            yield str(error)
        at += memoryview(item).nbytes


def _members(text: Text) -> Members:
    """Return the members of an object, having made sure that none comes twice.

    msgspec keeps the last of several without a word. So the text is walked from member to member:
    where a value is not the one that msgspec kept, its name comes again.
    """
    try:
        values = msgspec.json.decode(text, type=dict[str, Raw])
    except msgspec.ValidationError as error:
        raise _MalformedError("is not a JSON object", 0) from error
    except msgspec.DecodeError as error:
        found = _BYTE.search(str(error))
        if found is None:  # "Input data was truncated"
            raise _MalformedError("is malformed JSON: it is cut short", len(text)) from error
        reason = _BYTE.sub("", str(error)).replace("JSON is malformed", "is malformed JSON")
        raise _MalformedError(reason, int(found[1])) from error
    members: Members = {}
    at = 0
    while match := _MEMBER.match(text, at):
        name = msgspec.json.decode(match[1], type=str)
        value = values[name]
        if name in members or not text.startswith(value, match.end()):
            raise _MalformedError(f"has the member {_short(name)} twice", match.start(1))
        members[name] = match.end(), value
        at = match.end() + memoryview(value).nbytes
    if text[at:].strip() != b"}" and values:
        raise _MalformedError("has a member twice", at)  # the first value begins like the last
    return members


def _value(members: Members, name: str) -> Any:
    """Return a member's value, None if there is none."""
    if name not in members:
        return None
    try:
        return msgspec.json.decode(members[name][1])
    except msgspec.ValidationError as error:  # a number of thousands of digits, or 1e400
        reason = str(error).split(" - at ")[0].lower()
        raise _NoPlaceError(f"its {name} cannot be read: {reason}") from error


def _deepest(text: Text) -> int:
    """Return the byte at which brackets are nested more than deep, or the most."""
    depth = most = byte = 0
    for token in _TOKEN.finditer(text):
        if token[0] in b"[{":
            depth += 1
            if depth > most:
                most, byte = depth, token.start()
            if most > _DEEP:
                break
        elif token[0] in b"]}":
            depth -= 1
    return byte


def _add(gather: Gather, row: Members | str, name_property: str | None) -> None:
    """Hand a feature on as a place, or with the reason why it is none."""
    properties: Mapping[str, Any] = {}
    try:
        if isinstance(row, str):
            raise _NoPlaceError(f"the feature {row}")
        given = _value(row, "properties")
        if isinstance(given, dict):
            properties = given
        kind = _value(row, "type")
        if kind != "Feature":
            raise _NoPlaceError(f"it is no Feature, its type is {_short(kind)}")
        if not (given is None or isinstance(given, dict)):
            raise _NoPlaceError("its properties are not an object")
        if problem := _foreign(_value(row, "crs")):
            raise _NoPlaceError(f"it {problem}")
        if name_property is not None and not gather.found_name:
            gather.found_name = _find(properties, name_property) is not None
        geometry = _value(row, "geometry")
        shape = _shape(geometry)
        if shape is None:
            lon, lat, z = _position(geometry)
        else:
            # The vertex that is turned back, if one is, so that it is counted.
            x, y, *_ = max(positions(geometry), key=lambda position: abs(position[0]))
            lon, lat, z = float(x), float(y), has_heights(geometry)
        name = _name(properties, _value(row, "id"), name_property)
    except _NoPlaceError as problem:
        gather.reject(str(problem), properties)
        return
    except RecursionError:
        gather.reject("it is nested too deeply", properties)
        return
    gather.place(lon, lat, name, properties, z=z, shape=shape)


def _shape(geometry: Any) -> Region | None:
    """Return what is not a single point as a region, which the point of it nearest to an origin will stand for."""
    if not isinstance(geometry, dict) or geometry.get("type") not in _EXTENDED:
        return None
    position = geometry.get("coordinates")
    if position == [] or geometry.get("geometries") == [] or geometry.get("crs") is not None:
        return None  # for `_position` to reject
    if geometry["type"] == "MultiPoint" and isinstance(position, list) and len(position) == 1:
        return None
    from weapons_ref.geo.regions import Region

    try:
        return Region(geometry)
    except WeaponsRefError as problem:
        raise _NoPlaceError(str(problem)) from problem


def positions(geometry: Any) -> Iterator[list[Any]]:
    """Yield the positions of a geometry, however deep, in their order."""
    pending = [geometry]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending += [item.get("geometries"), item.get("coordinates")]
        elif isinstance(item, list) and item and type(item[0]) in (int, float):
            yield item
        elif isinstance(item, list):
            pending += reversed(item)


def has_heights(geometry: Any) -> bool:
    """Return whether a position has more than longitude and latitude."""
    return any(len(position) > 2 for position in positions(geometry))


def _position(geometry: Any) -> tuple[float, float, bool]:
    """Return a geometry's longitude and latitude, and whether it has more than those."""
    if geometry is None:
        raise _NoPlaceError("its geometry is null")
    if not isinstance(geometry, dict):
        raise _NoPlaceError("its geometry is not an object")
    kind, position = geometry.get("type"), geometry.get("coordinates")
    if problem := _foreign(geometry.get("crs")):
        raise _NoPlaceError(f"its geometry {problem}")
    if position == [] or geometry.get("geometries") == []:
        raise _NoPlaceError("its geometry is empty")
    if kind == "MultiPoint" and isinstance(position, list) and len(position) == 1:
        position = position[0]
    elif kind != "Point":
        raise _NoPlaceError(f"{_short(kind)} is no type of geometry")
    if not isinstance(position, list):
        raise _NoPlaceError("its coordinates are not an array")
    if not position:
        raise _NoPlaceError("its geometry is empty")
    if len(position) < 2:
        raise _NoPlaceError("it has one coordinate; longitude and latitude are needed")
    if any(type(value) not in (int, float) for value in position):  # bool is an int
        raise _NoPlaceError(f"its coordinates are not numbers: {_short(position)}")
    try:
        return float(position[0]), float(position[1]), len(position) > 2
    except OverflowError:
        raise _NoPlaceError("its coordinates are too large") from None


def _name(properties: Mapping[str, Any], feature_id: Any, asked: str | None) -> str | None:
    for name in NAMES if asked is None else (asked, *NAMES):
        if label := _label(_find(properties, name)):
            return label
    return _label(feature_id) or _label(_find(properties, "id")) or None


def _find(properties: Mapping[str, Any], name: str) -> Any:
    """Return the property of this name, or of this name but for its case."""
    if name in properties:
        return properties[name]
    folded = name.strip().casefold()
    return next((value for key, value in properties.items() if key.strip().casefold() == folded), None)


def _label(value: Any) -> str:
    """Return a name or number as text; a list, an object or a truth value names nothing."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if type(value) in (int, float) else ""


def _foreign(crs: Any) -> str | None:
    """Return what is wrong with a `crs` member, which RFC 7946 has done away with."""
    if crs is None:
        return None
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if isinstance(name, str) and _WGS84.fullmatch(name.strip().casefold()):
        return None
    return f"is in another reference system, {_short(crs if name is None else name)}"


def _short(value: Any) -> str:
    if isinstance(value, str) and len(value) <= 80:
        return repr(value)
    return reprlib.repr(value)  # bounded in length and depth
