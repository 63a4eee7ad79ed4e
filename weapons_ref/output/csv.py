"""CSV (RFC 4180, lines ended by LF), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from weapons_ref.errors import FileError
from weapons_ref.output import views
from weapons_ref.output.json import encode

#: Cells of users' CSV files are text, their numbers too.
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class RowWriter:
    """Writes a header, then rows of cells."""

    def __init__(self, stream: TextIO, header: Sequence[str]) -> None:
        self._writer = csv.writer(stream, lineterminator="\n")
        self.write(header)

    def write(self, cells: Iterable[Any]) -> None:
        """Write one row."""
        self._writer.writerow([cell(value) for value in cells])


def write(result: Any, stream: TextIO) -> None:
    """Write a result as CSV, with the columns of its first row.

    Raises
    ------
    FileError
        If a later row has a column that the first has not, which CSV could only drop.
    """
    writer: RowWriter | None = None
    header: dict[str, Any] = {}
    for row in views.rows(result):
        if writer is None:
            header = row
            writer = RowWriter(stream, list(header))
        if not row.keys() <= header.keys():
            alien = next(name for name in row if name not in header)
            raise FileError(f"a row has a column {alien!r} that the first has not; write ndjson or geojson instead")
        writer.write(row.get(name) for name in header)


def cell(value: Any) -> str | float | int | None:
    """Return a value as CSV shows it; text that a spreadsheet would run as a formula is prefixed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        value = ";".join(value)
    elif isinstance(value, Mapping | list | tuple):
        value = encode(value)
    text = str(value)
    formula = text.startswith(("=", "+", "-", "@", "\t", "\r")) and not _NUMBER.fullmatch(text)
    return "'" + text if formula else text
