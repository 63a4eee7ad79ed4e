"""CSV (RFC 4180, lines ended by LF), safe to open in a spreadsheet."""

from __future__ import annotations

import base64
import csv
import itertools
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, TextIO

from weapons_ref.blocks import Block, blocks
from weapons_ref.errors import FileError
from weapons_ref.model import ReachResult, Verdict
from weapons_ref.output import views
from weapons_ref.output.json import encode

#: Cells of users' CSV files are text, their numbers too.
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


#: How many rows may tell of their columns before the header is written.
_LOOKED_AHEAD = 8192


class RowWriter:
    """Writes a header, then rows of cells."""

    def __init__(self, stream: IO[str], header: Sequence[str]) -> None:
        self._writer = csv.writer(stream, lineterminator="\n")
        self.write(header)

    def write(self, cells: Iterable[Any]) -> None:
        """Write one row."""
        self._writer.writerow([cell(value) for value in cells])


def write(result: Any, stream: TextIO) -> None:
    """Write a result as CSV, with the columns of all its first rows; an empty one has its header.

    Raises
    ------
    FileError
        If a later row has a column that the first few thousand have not, which CSV could only drop.
    """
    if isinstance(result, ReachResult) and not result.query.by_place:
        _write_verdicts(result, stream)
    else:
        _write_rows(views.rows(result), result, stream)


def _write_verdicts(result: ReachResult, stream: TextIO) -> None:
    """Write verdicts a block at a time, those that come in columns as such."""
    found = blocks(result.verdicts, len(result.ranges) if result.query.by_place else 1)
    begun: list[Sequence[Verdict]] = []
    # A block in columns knows its file's columns; of single verdicts many may be needed to know them all.
    while not (begun and isinstance(begun[-1], Block)) and sum(map(len, begun)) < _LOOKED_AHEAD:
        block = next(found, None)
        if block is None:
            break
        begun.append(block)
    names = (name for block in begun for name in _names(block, result))
    header = list(dict.fromkeys(names)) or views.columns(result)
    writer = RowWriter(stream, header)
    known = set(header)
    for block in itertools.chain(begun, found):
        if isinstance(block, Block):
            from weapons_ref.output import csvcells

            columns = csvcells.cells(block, cell)
            _refuse_alien(columns, known)
            stream.write(csvcells.lines([columns.get(name) for name in header], len(block)))
            continue
        for row in views.reach_rows([block], result):
            _refuse_alien(row, known)
            writer.write(row.get(name) for name in header)


def _names(block: Sequence[Verdict], result: ReachResult) -> Iterable[str]:
    if isinstance(block, Block):
        from weapons_ref.output import columnar

        return columnar.names(block)
    rows = itertools.islice(views.reach_rows([block], result), _LOOKED_AHEAD)
    return (name for row in rows for name in row)


def _write_rows(rows: Iterator[dict[str, Any]], result: Any, stream: TextIO) -> None:
    first = list(itertools.islice(rows, _LOOKED_AHEAD))
    header = list(dict.fromkeys(name for row in first for name in row)) or views.columns(result)
    writer = RowWriter(stream, header)
    known = set(header)
    for row in itertools.chain(first, rows):
        _refuse_alien(row, known)
        writer.write(row.get(name) for name in header)


def _refuse_alien(row: Mapping[str, Any], known: Container[str]) -> None:
    alien = next((name for name in row if name not in known), None)
    if alien is not None:
        raise FileError(f"a row has a column {alien!r} that those before have not; write ndjson or geojson instead")


def cell(value: Any) -> str | float | int | None:
    """Return a value as CSV shows it; text that a spreadsheet would run as a formula is prefixed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        value = ";".join(value)
    elif isinstance(value, Mapping | list | tuple):
        value = encode(value)
    text = str(value)
    formula = text.startswith(("=", "+", "-", "@", "\t", "\r")) and not _NUMBER.fullmatch(text)
    return "'" + text if formula else text
