"""What the spatial indexes of GeoPackage and FlatGeobuf say, where they can be relied on.

An index leaves out rows without a position, or has them anywhere. So it is looked through whole first: it
must have every row, each with a position on Earth. Of layers that are not declared to be points nothing
is asked, since the bounds of a line may hide a vertex that is none.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    import sqlite3

    from weapons_ref.geo.boxes import Box
    from weapons_ref.places.columns import Indices

#: An index is of use where it leaves out at least so much of the rows.
_WORTH = 0.5

# Of FlatGeobuf's header, which is a table of FlatBuffers, the fields that matter.
_GEOMETRY_TYPE, _FEATURES, _NODE_SIZE = 2, 8, 9
_POINT = 1
_NODE_BYTES = 40
_READ_NODES = 1 << 16
_MOST_HEADER_BYTES = 64 << 20


class Header(NamedTuple):
    """What the header of a FlatGeobuf says."""

    only_points: bool
    features: int  #: 0 where that is unknown
    node_size: int  #: 0 without an index
    index_start: int  #: bytes


def count(path: str, table: str) -> int | None:
    """Return how many rows a table of a GeoPackage has, None if that cannot be found out."""
    import sqlite3

    try:
        with _database(path) as database:
            return int(database.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()[0])
    except sqlite3.Error:
        return None


def identifiers(
    path: str, table: str, geometry: str, key: str, boxes: Sequence[Box]
) -> tuple[int, int, Indices] | None:
    """Return what a GeoPackage's index finds in some boxes, None if it is not certain or not worth it.

    Returns
    -------
    rows : int
        How many rows the table has.
    first : int
        The least key; keys have no gaps.
    keys : array of int64
        Of the rows in the boxes, ascending.
    """
    import sqlite3

    import numpy as np

    rows, index, key = _quoted(table), _quoted(f"rtree_{table}_{geometry}"), _quoted(key)
    inside = "minx >= ? AND maxx <= ? AND miny >= ? AND maxy <= ?"
    met = f"SELECT id FROM {index} WHERE maxx >= ? AND minx <= ? AND maxy >= ? AND miny <= ?"
    try:
        with _database(path) as database:
            about = f"SELECT count(*), count({_quoted(geometry)}), min({key}), max({key}) FROM {rows}"
            number, not_null, first, last = database.execute(about).fetchone()
            if not number or not_null != number or last - first + 1 != number:
                return None
            good = database.execute(f"SELECT count(*) FROM {index} WHERE {inside}", (-180, 180, -90, 90)).fetchone()[0]
            if good != number:
                return None
            # What is not a number is 0 in an index, and then looked at.
            zero = f"SELECT id FROM {index} WHERE minx = 0 UNION SELECT id FROM {index} WHERE miny = 0"
            parts = [np.fromiter((row[0] for row in database.execute(zero)), dtype=np.int64)]
            for box in boxes:
                found = database.execute(met, (box.west, box.east, box.south, box.north))
                parts.append(np.fromiter((row[0] for row in found), dtype=np.int64))
                if sum(map(len, parts)) > number * _WORTH:
                    return None
    except (sqlite3.Error, TypeError, ValueError, OverflowError):
        return None
    keys = np.unique(np.concatenate(parts))
    return (number, first, keys) if not len(keys) or first <= keys[0] <= keys[-1] <= last else None


@contextlib.contextmanager
def _database(path: str) -> Iterator[sqlite3.Connection]:
    """Open a GeoPackage to be read; nothing in it is run."""
    import sqlite3
    from urllib.request import pathname2url

    with contextlib.closing(sqlite3.connect(f"file:{pathname2url(path)}?mode=ro", uri=True)) as database:
        database.execute("PRAGMA trusted_schema = OFF")
        yield database


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def header(stream: BinaryIO) -> Header | None:
    """Return what the header of a FlatGeobuf says, None if it cannot be understood."""
    try:
        stream.seek(8)
        (size,) = struct.unpack("<I", stream.read(4))
        data = stream.read(min(size, _MOST_HEADER_BYTES))
        (table,) = struct.unpack_from("<I", data)
        (back,) = struct.unpack_from("<i", data, table)
        fields = table - back
        (length,) = struct.unpack_from("<H", data, fields)

        def field(number: int, form: str, default: int) -> int:
            at = 4 + 2 * number
            offset = struct.unpack_from("<H", data, fields + at)[0] if at < length else 0
            return int(struct.unpack_from(form, data, table + offset)[0]) if offset else default

        kind = field(_GEOMETRY_TYPE, "<B", 0)
        return Header(kind == _POINT, field(_FEATURES, "<Q", 0), field(_NODE_SIZE, "<H", 16), 12 + size)
    except struct.error:
        return None


def is_certain(stream: BinaryIO, about: Header, boxes: Sequence[Box]) -> bool:
    """Return whether a FlatGeobuf's index has a good position for every row, and leaves out enough to be of use."""
    import numpy as np

    if not (about.only_points and about.features and about.node_size >= 2):
        return False
    # Level upon level, the root first; the leaves come last, in the order of the rows.
    nodes = level = about.features
    while True:
        level = -(-level // about.node_size)
        nodes += level
        if level == 1:
            break
    rows_start = about.index_start + nodes * _NODE_BYTES
    stream.seek(rows_start - about.features * _NODE_BYTES)
    left, met, last = about.features, 0, 0
    while left:
        some = min(left, _READ_NODES)
        data = stream.read(some * _NODE_BYTES)
        if len(data) != some * _NODE_BYTES:
            return False
        # The fifth number is no float: it says where the row is.
        west, south, east, north = np.frombuffer(data, dtype="<f8").reshape(some, 5).T[:4]
        last = max(last, int(np.frombuffer(data, dtype="<u8").reshape(some, 5)[:, 4].max()))
        good = (west == east) & (south == north) & (np.abs(west) <= 180) & (np.abs(south) <= 90)
        # An empty point may be written with bounds of nothing but 0.
        if not good.all() or ((west == 0) & (south == 0)).any():
            return False
        for box in boxes:
            met += int(((west >= box.west) & (west <= box.east) & (south >= box.south) & (south <= box.north)).sum())
        left -= some
    return met <= about.features * _WORTH and _ends_with(stream, rows_start + last)


def _ends_with(stream: BinaryIO, start: int) -> bool:
    """Return whether a row that starts there is the last, and whole."""
    size = stream.seek(0, 2)
    stream.seek(min(start, size))
    length = stream.read(4)
    return len(length) == 4 and start + 4 + int.from_bytes(length, "little") == size
