"""Delimited text with a header line: its columns, and the exact reader, which takes rows one by one.

What this module says of a file holds; `_csvblocks` reads the same faster, where it is certain to say the same.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from weapons_ref.places.batches import Batch, File, Gather, Sign

FIELD_CHARACTERS = 1 << 20  #: the longest field
RECORD_CHARACTERS = 16 << 20  #: of a record that goes on over many lines, give or take a block
NUMBER_CHARACTERS = 256  #: the longest coordinate

SEPARATORS = (",", ";", "\t", "|")
LATITUDES = ("lat", "latitude")
LONGITUDES = ("lon", "lng", "long", "longitude")
NAMES = ("place", "name", "id")

#: Under this key a rejected row keeps the fields for which there is no header.
SURPLUS = "(surplus)"

_MISSING = {"", "na", "n/a", "null", "none", "-"}
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
_CHUNK_ROWS = 512

Options = tuple[str | None, str | None, str | None]  #: columns of latitude, longitude and name, as asked for


class Layout(NamedTuple):
    """Where the columns are."""

    separator: str
    header: list[str]
    lat: int
    lon: int
    names: tuple[int, ...]  #: the first that is not blank is the name


class _HeaderError(Exception):
    """Why a header will not do, in words."""


def one_by_one(
    file: File, gather: Gather, layout: Layout, pieces: Iterator[tuple[int, bytes]], *, header: bool = False
) -> Iterator[Batch]:
    """Take the rows of one piece of a file, and yield the batches that are ready.

    Parameters
    ----------
    file : File
        Whose `position` is set to the end of each piece that is begun.
    gather : Gather
        What takes the rows.
    layout : Layout
        Where the columns are.
    pieces : iterator of (int, bytes)
        Whole lines, and the byte at which they start; the first of them starts with a row. As long as a row goes
        on at the end of a piece the next is taken too.
    header : bool
        Whether the file begins here, with the header.

    Raises
    ------
    FileError
        If this is not valid CSV, or a field or row is too long.
    """
    lines = _Lines(file, pieces)
    # Strict: a quoted field that the end of the file cuts short must not pass for a whole one.
    reader = csv.reader(lines, delimiter=layout.separator, strict=True)
    if header:
        with _field_limit():
            _header_record(reader)
        lines.end_record()
    # In chunks because csv's limit is the whole process's: it is set only while rows are parsed,
    # never while a caller has the control.
    more = True
    while more:
        chunk: list[list[str]] = []
        try:
            with _field_limit():
                more = _fill(chunk, reader, lines)
        except csv.Error as error:
            raise file.error(_reason(error), row=gather.rows + len(chunk) + 1) from error
        for fields in chunk:
            _add(gather, layout, fields)
            if gather.ready:
                yield from gather.release()


class _Lines:
    """The lines of some pieces, their ends kept, for `csv.reader`; and the bound on a record's length."""

    def __init__(self, file: File, pieces: Iterator[tuple[int, bytes]]) -> None:
        self.begun = 0  #: how many pieces
        self._file = file
        self._pieces = pieces
        self._between = False  #: whether the last line is the end of a record
        self._record_start: int | None = None  #: the end of the piece in which a record last ended

    def __iter__(self) -> Iterator[str]:
        for start, piece in self._pieces:
            if self._record_start is None:
                self._record_start = start
            if start - self._record_start > RECORD_CHARACTERS:
                raise self._file.error("has a record longer than 16 MiB", byte=self._record_start)
            self._file.position = start + len(piece)
            self.begun += 1
            # Not str.splitlines, for which a line also ends at U+2028 and its like.
            for line in io.StringIO(str(piece, "utf-8"), newline=""):
                self._between = False
                yield line
            if self._between:
                return

    def end_record(self) -> None:
        """Be told that a record has ended with the last line."""
        self._between = True
        self._record_start = self._file.position


def _fill(chunk: list[list[str]], reader: Iterator[list[str]], lines: _Lines) -> bool:
    """Read rows up to a chunk's worth or to the end of a piece; return whether there may be more."""
    begun = lines.begun
    for fields in reader:
        lines.end_record()
        if fields:  # a blank line is no row
            chunk.append(fields)
        if len(chunk) >= _CHUNK_ROWS or lines.begun != begun:
            return True
    return False


@contextlib.contextmanager
def _field_limit() -> Iterator[None]:
    before = csv.field_size_limit(FIELD_CHARACTERS)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _reason(error: csv.Error) -> str:
    if "field larger" in str(error):
        return "has a field longer than 1 MiB; is a quotation mark never closed?"
    if "unexpected end of data" in str(error):
        return "ends inside a quoted field; it is cut short, or a quotation mark is never closed"
    return f"is not valid CSV: {error}"


def layout(file: File, text: str, options: Options) -> Layout:
    """Return the columns, with the separator under which the header makes most sense.

    Raises
    ------
    FileError
        If the header will not do.
    """
    best: tuple[list[str], str] | None = None
    found: list[Layout] = []
    for separator in SEPARATORS:
        try:
            with _field_limit():
                header = _header_record(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
        except csv.Error:
            continue
        problem = ""
        try:
            found.append(_columns(separator, header, options))
        except _HeaderError as error:
            problem = str(error)
        if best is None or len(header) > len(best[0]):
            best = header, problem
    if found:
        return max(found, key=lambda columns: len(columns.header))
    if best is None:
        raise file.error("has a header line that is not valid CSV; is a quotation mark never closed?")
    raise file.error(f"{best[1]}; its first line has {_listed(best[0])}")


def _header_record(reader: Iterator[list[str]]) -> list[str]:
    return next((fields for fields in reader if any(map(str.strip, fields))), [])


def _columns(separator: str, header: list[str], options: Options) -> Layout:
    trimmed = [name.strip() for name in header]
    repeated = next((name for name, count in Counter(trimmed).items() if count > 1), None)
    if repeated is not None:
        raise _HeaderError(f"has the header {_short(repeated)} twice; give each column a name of its own")
    lat_option, lon_option, name_option = options
    lat = _asked(header, lat_option, "--lat-column")
    lon = _asked(header, lon_option, "--lon-column")
    if lat is None and lon is None:
        # Never x with lat: x may then be anything.
        lat, lon = _known(header, LATITUDES), _known(header, LONGITUDES)
        if lat is None or lon is None:
            lat, lon = _known(header, ("y",)), _known(header, ("x",))
    elif lat is None:
        lat = _known(header, (*LATITUDES, "y"))
    elif lon is None:
        lon = _known(header, (*LONGITUDES, "x"))
    if lat is None or lon is None:
        raise _HeaderError("has no columns lat and lon; name them with --lat-column and --lon-column")
    if lat == lon:
        raise _HeaderError("has one column for both coordinates; see --lat-column and --lon-column")
    asked = _asked(header, name_option, "--name-column")
    folded = [name.casefold() for name in trimmed]
    known = [folded.index(name) for name in NAMES if name in folded]
    return Layout(separator, header, lat, lon, tuple(known if asked is None else [asked, *known]))


def _asked(header: list[str], name: str | None, option: str) -> int | None:
    if name is None:
        return None
    if name in header:
        return header.index(name)
    index = _known(header, (name.strip().casefold(),))
    if index is None:
        raise _HeaderError(f"has no column {_short(name)}, as {option} asks")
    return index


def _known(header: list[str], names: tuple[str, ...]) -> int | None:
    """Return the column with the first of these names, whatever its case."""
    folded = [name.strip().casefold() for name in header]
    for name in names:
        if folded.count(name) > 1:
            raise _HeaderError(f"has the header {_short(name)} twice, but for its case")
        if name in folded:
            return folded.index(name)
    return None


def _listed(header: list[str]) -> str:
    shown = ", ".join(_short(name) for name in header[:20])
    return f"{shown} and {len(header) - 20} more" if len(header) > 20 else shown


def _add(gather: Gather, layout: Layout, fields: list[str]) -> None:
    header = layout.header
    columns = dict(zip(header, fields, strict=False))
    if len(fields) != len(header):
        if len(fields) > len(header):
            columns[SURPLUS] = layout.separator.join(fields[len(header) :])
        few = "few" if len(fields) < len(header) else "many"
        gather.reject(f"too {few} fields: {len(fields)} where the header has {len(header)}", columns)
        return
    lat_text, lon_text = fields[layout.lat], fields[layout.lon]
    lat, lon = number(lat_text), number(lon_text)
    if lat is None or lon is None:
        reason, sign = problem(lat_text, lon_text, layout.separator)
        gather.reject(reason, columns, sign)
        return
    name = next((name for index in layout.names if (name := fields[index].strip())), None)
    gather.place(lon, lat, name, columns)


def number(text: str) -> float | None:
    """Return a plain decimal number, or None; nan and inf come back as they are, to be rejected."""
    text = text.strip()
    # float() also takes 1_000 and the digits of every script.
    if len(text) > NUMBER_CHARACTERS or "_" in text or not text.isascii():
        return None
    try:
        return float(text)
    except ValueError:
        return None


def problem(lat: str, lon: str, separator: str) -> tuple[str, Sign]:
    """Return why two texts are not both numbers, and what that tells of the file."""
    reason, sign = _why(lat.strip(), lon.strip())
    # Between commas a decimal comma is quoted, and one row's slip; between semicolons it is a habit.
    return reason, "other" if sign == "comma" and separator != ";" else sign


def _why(lat: str, lon: str) -> tuple[str, Sign]:
    named = (("latitude", lat), ("longitude", lon))
    for label, text in named:
        if text.casefold() in _MISSING:
            return f"{label} is missing: {text!r}" if text else f"{label} is empty", "missing"
    for label, text in named:
        if number(text) is None and not _DECIMAL_COMMA.fullmatch(text):
            return f"{label} {_short(text)} is not a plain decimal number", "other"
    label, text = next(pair for pair in named if number(pair[1]) is None)
    return f"{label} {_short(text)} has a decimal comma; write {_short(text.replace(',', '.'))}", "comma"


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}...")
