"""GeoPackage 1.3 (OGC 12-128r17): rings or places as a layer with its style, their sources, and what to know of them.

A GeoPackage is a database of SQLite, which comes with Python; no other library is needed to write one.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import sqlite3
import stat
import struct
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from weapons_ref.blocks import Block, blocks
from weapons_ref.errors import FileError
from weapons_ref.model import ReachResult, RingResult, Source, Verdict
from weapons_ref.output import columnar, parts, qgis, views
from weapons_ref.output.gpkglayer import LAST_CHANGE, WGS_84, Layer
from weapons_ref.output.json import encode

if TYPE_CHECKING:
    import pyarrow as pa
    from shapely import MultiPolygon

_APPLICATION_ID = 0x47504B47  # GPKG
_VERSION = 10300
#: Rows that are written together when they come one by one.
_CHUNK = 8192

_SCHEMA = """
CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL,
    srs_id INTEGER NOT NULL PRIMARY KEY,
    organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL,
    definition TEXT NOT NULL,
    description TEXT
);
CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY,
    data_type TEXT NOT NULL,
    identifier TEXT UNIQUE,
    description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    min_x DOUBLE,
    min_y DOUBLE,
    max_x DOUBLE,
    max_y DOUBLE,
    srs_id INTEGER,
    CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id)
);
CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL,
    column_name TEXT NOT NULL,
    geometry_type_name TEXT NOT NULL,
    srs_id INTEGER NOT NULL,
    z TINYINT NOT NULL,
    m TINYINT NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
    CONSTRAINT uk_gc_table_name UNIQUE (table_name),
    CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents (table_name),
    CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id)
);
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256),
    f_table_schema TEXT(256),
    f_table_name TEXT(256),
    f_geometry_column TEXT(256),
    styleName TEXT(30),
    styleQML TEXT,
    styleSLD TEXT,
    useAsDefault BOOLEAN,
    description TEXT,
    owner TEXT(30),
    ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE TABLE about (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL);
"""
_WGS_84_WKT = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],'
    'UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]'
)
_REFERENCE_SYSTEMS = [
    ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian coordinate reference system"),
    ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinate reference system"),
    ("WGS 84 geodetic", WGS_84, "EPSG", WGS_84, _WGS_84_WKT, "longitude and latitude in degrees on WGS 84"),
]

#: Our columns that are no lengths or angles, which are DOUBLE.
_WORDS = {
    "system", "name", "role", "place", "verdict", "reason", "sources", "origin", "region", "country", "reading",
    "sector_deg",
}  # fmt: skip
_OTHERS = {"population": "INTEGER", "covers_globe": "BOOLEAN"} | dict.fromkeys(_WORDS, "TEXT")


def write(result: Any, stream: BinaryIO) -> None:
    """Write rings or verdicts as a GeoPackage, which QGIS shows in the style that it carries.

    SQLite needs a file of its own; it is written beside the stream's, or in the folder for temporary files if
    that is a pipe, and copied when it is whole.

    Raises
    ------
    FileError
        If the result is of another kind, or SQLite cannot write it.
    """
    if not isinstance(result, ReachResult | RingResult):
        raise FileError("gpkg holds rings and verdicts; write this as csv, ndjson or json")
    with tempfile.NamedTemporaryFile(dir=_folder(stream), prefix=".", suffix=".gpkg.tmp") as file:
        try:
            with contextlib.closing(sqlite3.connect(file.name, isolation_level=None)) as database:
                _fill(database, result)
        except (sqlite3.OperationalError, sqlite3.DataError) as error:
            raise FileError(f"cannot be written as GeoPackage: {error}") from error
        shutil.copyfileobj(file, stream, 1 << 20)


def _folder(stream: BinaryIO) -> str | None:
    """Return the folder of the file that a stream writes to, which has room for what is to be written there."""
    name = getattr(stream, "name", None)
    if isinstance(name, str) and os.path.exists(name) and stat.S_ISREG(os.stat(name).st_mode):
        return os.path.dirname(os.path.abspath(name))
    return None


def _fill(database: sqlite3.Connection, result: ReachResult | RingResult) -> None:
    # Nobody reads the file before it is whole, so that nothing need be undone or be safe on disk on the way.
    database.executescript(
        f"PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {_VERSION};"
        f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN; {_SCHEMA}"
    )
    database.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", _REFERENCE_SYSTEMS)
    layer = _rings(database, result) if isinstance(result, RingResult) else _places(database, result)
    layer.register()
    _add_sources(database, result)
    # The counts are known only now.
    database.executemany("INSERT INTO about (name, value) VALUES (?, ?)", _said(result))
    tables = {
        "sources": "The sources that the figures come from",
        "about": "What was asked, and what to know of the answer",
        "layer_styles": "Styles that QGIS takes up",
    }
    for name, description in tables.items():
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
            "VALUES (?, 'attributes', ?, ?, ?)",
            (name, name, description, LAST_CHANGE),
        )
    for number, style in enumerate(qgis.styles(result)):
        database.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) "
            "VALUES ('', '', ?, 'geom', ?, ?, ?, ?, ?, '', NULL, ?)",
            (layer.name, style.name, style.qml, style.sld, number == 0, style.description, LAST_CHANGE),
        )
    database.execute("COMMIT")
    if layer.rebuilt:
        database.execute("VACUUM")


def _rings(database: sqlite3.Connection, result: RingResult) -> Layer:
    import shapely

    layer = Layer(database, "rings", "MULTIPOLYGON", "Range rings", _kinds(result))
    geometries = [ring.geometry for ring in result.rings]
    if geometries:
        rows = [parts.ring_of(ring, result.query) for ring in result.rings]
        layer.insert(_columns(rows), [_multipolygon(geometry) for geometry in geometries])
        layer.widen(*shapely.total_bounds(geometries).tolist())
    return layer


def _places(database: sqlite3.Connection, result: ReachResult) -> Layer:
    layer = Layer(database, "places", "POINT", "Places and their verdicts", _kinds(result))
    for columns in _chunks(result, layer):
        if columns and columns["lon"]:
            lon, lat = columns["lon"], columns["lat"]
            layer.insert(columns, _points(lon, lat))
            layer.widen(min(lon), min(lat), max(lon), max(lat))
    return layer


def _chunks(result: ReachResult, layer: Layer) -> Iterator[dict[str, list[Any]]]:
    """Yield the rows of a result in columns, some thousands at a time."""

    def noted() -> Iterator[Sequence[Verdict]]:
        for block in blocks(result.verdicts, len(result.ranges) if result.query.by_place else 1):
            if isinstance(block, Block):
                # An answer without rows has the file's columns all the same.
                layer.add(_own_kinds(block, _ours(result)))
            yield block

    if result.query.by_place:
        # The verdicts of a place may stand in two blocks.
        rows = views.reach_rows(noted(), result)
        while chunk := list(itertools.islice(rows, _CHUNK)):
            yield _columns(chunk)
        return
    for block in noted():
        yield columnar.lists(block) if isinstance(block, Block) else _columns(list(views.reach_rows([block], result)))


def _ours(result: ReachResult | RingResult) -> list[str]:
    return [name for name in views.columns(result) if name != "wkt"]


def _kinds(result: ReachResult | RingResult) -> dict[str, str]:
    """Return the types of the columns that are not a file's own."""
    return {name: "TEXT" if name.endswith("_verdict") else _OTHERS.get(name, "DOUBLE") for name in _ours(result)}


def _own_kinds(block: Block, ours: Sequence[str]) -> dict[str, str | None]:
    """Return the types of a file's own columns, None where the values will tell."""
    import pyarrow as pa

    def kind(type_: pa.DataType) -> str | None:
        if pa.types.is_floating(type_):
            return "DOUBLE"
        # Numbers of 64 bits without a sign may be too large for SQLite.
        if pa.types.is_integer(type_) and not pa.types.is_uint64(type_):
            return "INTEGER"
        return "BOOLEAN" if pa.types.is_boolean(type_) else None

    names = columnar.names(block)[len(parts.VERDICT_COLUMNS) :]
    return {parts.own_name(name, ours): kind(field.type) for name, field in zip(names, block.own.schema, strict=True)}


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _add_sources(database: sqlite3.Connection, result: ReachResult | RingResult) -> None:
    names = Source.__struct_fields__
    flags = {"inferred", "unchecked"}
    columns = ", ".join(f"{name} {'BOOLEAN' if name in flags else 'TEXT'}" for name in names)
    database.execute(f"CREATE TABLE sources (id INTEGER PRIMARY KEY NOT NULL, {columns})")
    database.executemany(
        f"INSERT INTO sources ({', '.join(names)}) VALUES ({', '.join('?' for _ in names)})",
        [[getattr(source, name) for name in names] for source in result.sources.values()],
    )


def _said(result: ReachResult | RingResult) -> Iterator[tuple[str, str]]:
    """Yield what there is to say of a result as a whole, beside its sources, as names and values."""
    yield "query", encode(parts.query_of(result.query))
    yield "ranges", encode([parts.range_of(range_) for range_ in result.ranges])
    if isinstance(result, ReachResult):
        yield "counts", encode(result.counts)
    for name, value in views.foreign(result).items():
        if name != "sources":
            for one in value if isinstance(value, list) else [value]:
                yield name, one


# ---------------------------------------------------------------- geometries: a header, then WKB


def _points(lon: list[float], lat: list[float]) -> list[bytes]:
    import numpy as np

    header = [("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srs", "<i4")]
    points = np.zeros(len(lon), dtype=[*header, ("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])
    # A point needs no envelope; the flag says that numbers have their lowest byte first.
    points["magic"], points["flags"], points["srs"] = b"GP", 1, WGS_84
    points["order"], points["type"], points["x"], points["y"] = 1, 1, lon, lat
    found: list[bytes] = points.view(f"V{points.itemsize}").tolist()
    return found


def _multipolygon(geometry: MultiPolygon) -> bytes:
    import shapely

    west, south, east, north = geometry.bounds
    # With an envelope of four numbers, lowest bytes first.
    header = struct.pack("<2sBBi4d", b"GP", 0, 0b11, WGS_84, west, east, south, north)
    wkb: bytes = shapely.to_wkb(geometry, byte_order=1)
    return header + wkb
