"""A layer of a GeoPackage: a table of SQLite with the columns of the rows that come."""

from __future__ import annotations

import base64
import math
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from weapons_ref.output.json import encode

#: The number that EPSG gives longitude and latitude on WGS 84.
WGS_84 = 4326
#: When a table was last changed must be said; a time of day would make each file differ from the one before.
LAST_CHANGE = "1970-01-01T00:00:00.000Z"

#: Type of value -> type of column; all others are TEXT.
_KINDS = {bool: "BOOLEAN", int: "INTEGER", float: "DOUBLE", bytes: "BLOB"}
#: Names that a file's own columns cannot have here; the last is what programs call the geometry.
_TAKEN = ("fid", "geom", "geometry")


class Layer:
    """The table of a layer.

    A GeoPackage says what type a column's values are of. Where later rows have a column that those before had
    not, it is added; where their values are of another type, the column becomes one that holds both.

    Parameters
    ----------
    database : sqlite3.Connection
        With a transaction that is open.
    name : str
        Of the table, a plain word.
    shape : str
        What its geometries are, in the words of GeoPackage: ``POINT``, ``MULTIPOLYGON``.
    description : str
        For people.
    kinds : mapping of str to str
        The types of the columns that there are in any case.
    """

    def __init__(
        self, database: sqlite3.Connection, name: str, shape: str, description: str, kinds: Mapping[str, str]
    ) -> None:
        self.name = name
        self.rebuilt = False  # if so, there is room left over in the file
        self._database, self._shape, self._description = database, shape, description
        self._bounds: tuple[float, float, float, float] | None = None
        self._columns: dict[str, str] = {}
        self._kinds: dict[str, str | None] = {}
        for key, kind in kinds.items():
            self._columns[key], self._kinds[key] = self._named(key), kind
        self._create()

    def insert(self, columns: Mapping[str, list[Any]], geometries: Sequence[bytes]) -> None:
        """Add rows."""
        plain = {key: _plain(column, key) for key, column in columns.items()}
        self.add({key: _kind(column) for key, column in plain.items()})
        cells = [_texts(column) if self._kinds[key] in (None, "TEXT") else column for key, column in plain.items()]
        names = ", ".join(["geom", *(_quoted(self._columns[key]) for key in plain)])
        marks = ", ".join("?" for _ in range(len(plain) + 1))
        self._database.executemany(
            f"INSERT INTO {self.name} ({names}) VALUES ({marks})", zip(geometries, *cells, strict=True)
        )

    def add(self, kinds: Mapping[str, str | None]) -> None:
        """Have columns for values of some types; None is any, for want of values."""
        before = dict(self._kinds)
        for key, kind in kinds.items():
            if key not in self._columns:
                self._columns[key], self._kinds[key] = self._named(key), kind
                self._database.execute(
                    f"ALTER TABLE {self.name} ADD COLUMN {_quoted(self._columns[key])} {kind or 'TEXT'}"
                )
            else:
                self._kinds[key] = _joined(self._kinds[key], kind)
        if any((self._kinds[key] or "TEXT") != (kind or "TEXT") for key, kind in before.items()):
            self._rebuild(before)

    def widen(self, west: float, south: float, east: float, north: float) -> None:
        """Take a box into the bounds of the layer."""
        if self._bounds is not None:
            old = self._bounds
            west, south, east, north = min(old[0], west), min(old[1], south), max(old[2], east), max(old[3], north)
        self._bounds = west, south, east, north

    def register(self) -> None:
        """Say that the table is a layer."""
        self._database.execute(
            "INSERT INTO gpkg_contents VALUES (?, 'features', ?, ?, ?, ?, ?, ?, ?, ?)",
            (self.name, self.name, self._description, LAST_CHANGE, *(self._bounds or (None,) * 4), WGS_84),
        )
        self._database.execute(
            "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)", (self.name, self._shape, WGS_84)
        )

    def _create(self) -> None:
        columns = ["fid INTEGER PRIMARY KEY NOT NULL", f"geom {self._shape}"]
        columns += [f"{_quoted(column)} {self._kinds[key] or 'TEXT'}" for key, column in self._columns.items()]
        self._database.execute(f"CREATE TABLE {self.name} ({', '.join(columns)})")

    def _rebuild(self, before: Mapping[str, str | None]) -> None:
        self.rebuilt = True
        # What SQLite makes of a number as text has fewer digits than the number.
        self._database.create_function("as_text", 2, _as_text, deterministic=True)
        self._database.execute(f"ALTER TABLE {self.name} RENAME TO narrow")
        self._create()
        cells = []
        for key, column in self._columns.items():
            old, new = before.get(key), self._kinds[key]
            turned = new == "TEXT" and old not in (None, "TEXT")
            cells.append(f"as_text({_quoted(column)}, '{old}')" if turned else _quoted(column))
        self._database.execute(f"INSERT INTO {self.name} SELECT {', '.join(['fid', 'geom', *cells])} FROM narrow")
        self._database.execute("DROP TABLE narrow")

    def _named(self, key: str) -> str:
        """Return the name of a new column; SQLite takes capital and small letters for the same."""
        key = key.replace("\0", " ") or "unnamed"
        taken = {name.lower() for name in (*_TAKEN, *self._columns.values())}
        while key.lower() in taken:
            key = f"input_{key}"
        return key


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _joined(one: str | None, other: str | None) -> str | None:
    """Return the type of a column for values of two types."""
    if one is None or other is None or one == other:
        return one or other
    return "DOUBLE" if {one, other} == {"INTEGER", "DOUBLE"} else "TEXT"


def _kind(column: list[Any]) -> str | None:
    found = None
    for type_ in set(map(type, column)) - {type(None)}:
        found = _joined(found, _KINDS.get(type_, "TEXT"))
    return found


def _plain(column: list[Any], key: str) -> list[Any]:
    """Return values as SQLite has them, lists and structures as JSON; of our sources the keys."""
    if key == "sources":
        return ["; ".join(sources) for sources in column]
    if set(map(type, column)) <= {type(None), bool, str, bytes}:
        return column
    return [_plain_value(value) for value in column]


def _plain_value(value: Any) -> Any:
    if value is None or isinstance(value, bool | str | bytes):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value if -(1 << 63) <= value < 1 << 63 else str(value)
    return encode(value) if isinstance(value, list | tuple | Mapping) else str(value)


def _texts(column: list[Any]) -> list[Any]:
    return [value if value is None or isinstance(value, str) else _as_text(value, "") for value in column]


def _as_text(value: Any, kind: str) -> str | None:
    """Word a value, as it is or as a column of a type keeps it, as text."""
    if value is None:
        return None
    if isinstance(value, bool) or kind == "BOOLEAN":
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        # A whole number that stood in a column of numbers that were not.
        value = int(value)
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
