"""Which columns of a table hold what: GeoParquet, geoarrow and Parquet's own geometries, else columns by name.

Standards: GeoParquet 1.0 and 1.1, the extension types of geoarrow 0.2, and the logical types GEOMETRY and
GEOGRAPHY of Parquet. All of them put the longitude first, whatever the reference system says of its axes.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from weapons_ref.places import _csv, _geojson
from weapons_ref.places.batches import File

if TYPE_CHECKING:
    import pyarrow as pa

CORNERS = ("xmin", "ymin", "xmax", "ymax")

_IDS = {("OGC", "CRS84"), ("OGC", "CRS84H"), ("EPSG", "4326"), ("EPSG", "4979")}
_EXTENSIONS: dict[str, Literal["wkb", "point"]] = {"geoarrow.wkb": "wkb", "ogc.wkb": "wkb", "geoarrow.point": "point"}
_ENCODINGS: dict[str, Literal["wkb", "point"]] = {"WKB": "wkb", "point": "point"}
_NATIVE = re.compile(r"(?:Geometry|Geography)\(crs=(.*?)(?:, (?:edges|algorithm)=\w*)?\)", re.DOTALL)
#: The end of a reference system's description as text, in either version of WKT.
_WKT_ID = re.compile(r'(?:ID|AUTHORITY)\["(\w+)",\s*"?(\w+)"?\]\]\s*$')


class Geometry(NamedTuple):
    """A column of geometries."""

    column: str
    encoding: Literal["wkb", "point"]
    crs: Any = None  #: PROJJSON, or a name, or WKT; None is WGS 84
    only_points: bool = False
    bounds: Mapping[str, tuple[str, str]] | None = None  #: of each of `CORNERS`, the column and its field


class Layout(NamedTuple):
    """Where positions are: in a geometry, or in two columns."""

    geometry: Geometry | None
    lon: str
    lat: str
    own: list[str]  #: the columns that come with a place, in the file's order
    names: list[str]  #: of which the first that is not blank is the name


def layout(file: File, schema: pa.Schema, geometry: Geometry | None, options: _csv.Options) -> Layout:
    """Return where positions and names are.

    A geometry is what the file itself says where things are, and goes before columns that are merely
    called `lat` and `lon`, which of a building may be those of its middle; but not before columns asked for.

    Raises
    ------
    FileError
        If there are none, or they are in another reference system.
    """
    header = list(schema.names)
    repeated = next((name for name, count in Counter(header).items() if count > 1), None)
    if repeated is not None:
        raise file.error(f"has the column {repeated!r} twice; give each column a name of its own")
    lat, lon, name = options
    names = _names(file, header, name)
    if geometry is not None and lat is None and lon is None:
        if not is_wgs84(geometry.crs):
            raise file.error(
                f"is in another reference system, {_system(geometry.crs)}; convert it to WGS 84 (EPSG:4326) first"
            )
        kind = _storage(schema.field(geometry.column).type)
        if not (_is_bytes(kind) if geometry.encoding == "wkb" else _is_point(kind)):
            raise file.error(
                f"has the type {kind} in the column {geometry.column!r}, which is not that of its geometries"
            )
        carried = {geometry.column, *(column for column, _ in (geometry.bounds or {}).values())}
        own = [column for column in header if column not in carried]
        return Layout(geometry, "", "", own, [column for column in names if column in own])
    lon_column, lat_column = _coordinates(file, header, lon, lat)
    for column in (lon_column, lat_column):
        if not _is_number(schema.field(column).type):
            raise file.error(f"has the type {schema.field(column).type} in the column {column!r}; numbers are needed")
    return Layout(None, lon_column, lat_column, header, names)


def _coordinates(file: File, header: Sequence[str], lon: str | None, lat: str | None) -> tuple[str, str]:
    """Return the columns of longitude and latitude."""
    lon_column = _asked(file, header, lon, "--lon-column")
    lat_column = _asked(file, header, lat, "--lat-column")
    if lon_column is None and lat_column is None:
        # Never x with lat: x may then be anything.
        lon_column, lat_column = _known(file, header, _csv.LONGITUDES), _known(file, header, _csv.LATITUDES)
        if lon_column is None or lat_column is None:
            lon_column, lat_column = _known(file, header, ("x",)), _known(file, header, ("y",))
    elif lon_column is None:
        lon_column = _known(file, header, (*_csv.LONGITUDES, "x"))
    elif lat_column is None:
        lat_column = _known(file, header, (*_csv.LATITUDES, "y"))
    if lon_column is None or lat_column is None:
        raise file.error(
            "has no geometries that say of themselves what they are, and no columns lat and lon; name these with"
            f" --lat-column and --lon-column; it has {_listed(header)}"
        )
    if lon_column == lat_column:
        raise file.error("has one column for both coordinates; see --lat-column and --lon-column")
    return lon_column, lat_column


def _names(file: File, header: Sequence[str], name: str | None) -> list[str]:
    asked = _asked(file, header, name, "--name-column")
    found = [] if asked is None else [asked]
    for known in _csv.NAMES:
        found += [column for column in header if column.strip().casefold() == known and column not in found][:1]
    return found


def _asked(file: File, header: Sequence[str], name: str | None, option: str) -> str | None:
    if name is None or name in header:
        return name
    column = _known(file, header, (name.strip().casefold(),))
    if column is None:
        raise file.error(f"has no column {name!r}, as {option} asks; it has {_listed(header)}")
    return column


def _known(file: File, header: Sequence[str], names: Sequence[str]) -> str | None:
    """Return the column with the first of these names, whatever its case."""
    for name in names:
        found = [column for column in header if column.strip().casefold() == name]
        if len(found) > 1:
            raise file.error(f"has the column {name!r} twice, but for its case")
        if found:
            return found[0]
    return None


def _listed(header: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:80]) for name in header[:20])
    return f"{shown} and {len(header) - 20} more" if len(header) > 20 else shown or "no columns"


def _storage(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_bytes(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    return bool(
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_binary_view(kind)
        or types.is_fixed_size_binary(kind)
        or types.is_null(kind)
    )


def _is_point(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    if types.is_struct(kind):
        fields = {field.name: field.type for field in kind}
        return all(name in fields and types.is_floating(fields[name]) for name in ("x", "y"))
    return bool(types.is_fixed_size_list(kind) and kind.list_size >= 2 and types.is_floating(kind.value_type))


def _is_number(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    kind = _storage(kind)
    tests = (types.is_integer, types.is_floating, types.is_decimal, types.is_null)
    texts = (types.is_string, types.is_large_string, types.is_string_view)
    return any(test(kind) for test in (*tests, *texts))


# ---------------------------------------------------------------- what files say of their geometries


def geometry_of(
    file: File, schema: pa.Schema, geo: bytes | None = None, native: Mapping[str, str] | None = None
) -> Geometry | None:
    """Return the column of geometries, None if the file speaks of none.

    Parameters
    ----------
    file : File
        For errors.
    schema : pyarrow.Schema
        With geoarrow's metadata of fields, if there are any.
    geo : bytes, optional
        GeoParquet's metadata.
    native : mapping, optional
        The logical types of columns, as pyarrow words them.

    Raises
    ------
    FileError
        If that cannot be understood, or there are several and none is the first.
    """
    if geo is not None:
        said = _primary(file, geo)
        if said is not None and said.column in schema.names:
            return said
    found = [one for field in schema if (one := _extension(file, field)) is not None]
    known = {one.column for one in found}
    for name, kind in (native or {}).items():
        if name not in known and (match := _NATIVE.fullmatch(kind)):
            found.append(Geometry(name, "wkb", _parsed(match[1]) or None))
    if len(found) > 1:
        listed = _listed([one.column for one in found])
        raise file.error(f"has geometries in {listed}, and does not say which are the places")
    return found[0] if found else None


def _primary(file: File, geo: bytes) -> Geometry | None:
    try:
        said = json.loads(geo)
        column = said["primary_column"]
        about = said["columns"][column]
        encoding, crs, kinds = about.get("encoding"), about.get("crs"), about.get("geometry_types")
        covering = (about.get("covering") or {}).get("bbox")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise file.error("has GeoParquet metadata that cannot be understood") from error
    if encoding not in _ENCODINGS:
        raise file.error(f"has geometries in the encoding {encoding!r}; WKB and point are read")
    only_points = isinstance(kinds, list) and bool(kinds) and all(str(kind).split()[0:1] == ["Point"] for kind in kinds)
    return Geometry(str(column), _ENCODINGS[encoding], crs, only_points, _covering(covering))


def _covering(said: Any) -> dict[str, tuple[str, str]] | None:
    try:
        bounds = {corner: tuple(map(str, said[corner])) for corner in CORNERS}
    except (TypeError, KeyError):
        return None
    return {corner: (path[0], path[1]) for corner, path in bounds.items() if len(path) == 2} or None


def _extension(file: File, field: pa.Field) -> Geometry | None:
    """Return what a field's extension type says, None if it is none of geometries."""
    import pyarrow as pa

    if isinstance(field.type, pa.BaseExtensionType):
        name, said = field.type.extension_name, field.type.__arrow_ext_serialize__()
    else:
        metadata = field.metadata or {}
        name = metadata.get(b"ARROW:extension:name", b"").decode("utf-8", "replace")
        said = metadata.get(b"ARROW:extension:metadata", b"")
    if name not in _EXTENSIONS:
        return None
    try:
        about = json.loads(said or b"{}")
        crs = about.get("crs")
    except (ValueError, AttributeError, RecursionError) as error:
        raise file.error(f"has geoarrow metadata of {field.name!r} that cannot be understood") from error
    return Geometry(field.name, _EXTENSIONS[name], _parsed(crs))


def _parsed(crs: Any) -> Any:
    """Return a reference system given as text as what it is: PROJJSON, or a name, or WKT."""
    if isinstance(crs, str) and crs.lstrip().startswith("{"):
        try:
            return json.loads(crs)
        except (ValueError, RecursionError):
            return crs
    return crs


def is_wgs84(crs: Any) -> bool:
    """Return whether a reference system is longitude and latitude on WGS 84; none given is."""
    if crs is None:
        return True
    if isinstance(crs, Mapping):
        several = crs.get("ids")
        ids = several if isinstance(several, list) else [crs.get("id")]
        return any(
            isinstance(one, Mapping) and (str(one.get("authority")).upper(), str(one.get("code")).upper()) in _IDS
            for one in ids
        )
    if not isinstance(crs, str):
        return False
    if match := _WKT_ID.search(crs):
        return (match[1].upper(), match[2].upper()) in _IDS
    # Parquet's own types may have "srid:4326".
    name = re.sub(r"^srid:", "epsg:", crs.strip().casefold())
    return _geojson._WGS84.fullmatch(name) is not None


def _system(crs: Any) -> str:
    if isinstance(crs, Mapping):
        one = crs.get("id")
        if isinstance(one, Mapping):
            return f"{one.get('authority')}:{one.get('code')}"[:80]
        crs = crs.get("name")
    return repr(crs)[:80]
