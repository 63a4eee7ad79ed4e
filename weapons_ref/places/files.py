"""Users' location files, read as batches of places and of rejected rows.

Here files are found, opened and told apart; modules of a format each know the rest. A reader of text
takes a `Source` of `batches`, one of columns a path; each hands every row to a `Gather` and yields the
batches that are ready.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple, cast

from weapons_ref.errors import FileError
from weapons_ref.places import _compressed, _csv, _delimited, _geojson
from weapons_ref.places._delimited import ROWS_ONE_BY_ONE
from weapons_ref.places.batches import Batch, Gather, Source

if TYPE_CHECKING:
    from weapons_ref.geo.boxes import Box

__all__ = ["BATCH_ROWS", "SPLIT_ROWS", "Batch", "Piece", "is_url", "opened", "pieces", "read_locations", "read_piece"]

BATCH_ROWS = 65_536  #: in a batch of columns
SPLIT_ROWS = 1_000_000  #: in a piece of a Parquet file, about

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # two letters or more: C:/ is a drive
_PATTERN = re.compile(r"[*?[]")
_HEAD_BYTES = 100  # a GeoPackage says what it is from byte 68 on

_DELIMITED = {".csv", ".tsv", ".tab", ".psv"}
_TEXT = _DELIMITED | _geojson.DOCUMENTS | _geojson.LINES


Kind = Literal["text", "Parquet", "FlatGeobuf or GeoPackage"]
Share = Callable[[], float | None]


class Piece(NamedTuple):
    """A file, or a run of row groups of a Parquet file."""

    path: str  #: ``-`` is standard input
    groups: tuple[int, int] | None  #: the first row group, and that after the last; None is the whole file
    first_row: int  #: rows before it in the file
    rows: int | None  #: its own, if that is known beforehand
    size: int  #: bytes, 0 if unknown


def pieces(path: str | os.PathLike[str], *, split_rows: int = SPLIT_ROWS) -> list[Piece]:
    """Return the files that a path names, those of Parquet cut into runs of row groups.

    Parameters
    ----------
    path : str or path-like
        A file; ``-`` for standard input; a folder, for all files below it with the usual extensions but those
        whose names start with a dot or an underscore; or a pattern with ``*``, ``?``, ``[...]`` or ``**``, for
        the files and folders that it fits.
    split_rows : int
        A piece has so many rows or few more, but at least one row group.

    Returns
    -------
    list of Piece
        In the order of the files' names, which depends on nothing else.

    Raises
    ------
    FileError
        If there is no such file, none in the folder or none that fits, or Parquet cannot be read.
    """
    text = os.fsdecode(os.fspath(path))
    if text == "-":
        return [Piece(text, None, 0, None, 0)]
    if is_url(text):
        raise FileError(f"{_name(text)}: is a URL, and nothing is fetched from a network; name a file")
    with _guarded(text):
        found = _found(text)
    return [piece for name in found for piece in _cut(name, split_rows)]


def read_locations(
    path: str | os.PathLike[str],
    *,
    lat_column: str | None = None,
    lon_column: str | None = None,
    name_column: str | None = None,
    batch_rows: int = BATCH_ROWS,
    boxes: Sequence[Box] | None = None,
) -> Iterator[Batch]:
    """Read the places of users' files, in order.

    Delimited text needs a header line; its separator is one of comma, semicolon, TAB and bar.
    GeoJSON (RFC 7946) is known by its extension or its first character, and may be a text sequence
    (RFC 8142) or have one feature a line; otherwise it is read whole, up to 1 GiB. Either may be
    compressed by gzip or Zstandard. Parquet, GeoParquet, FlatGeobuf and GeoPackage are known by their
    extensions or first bytes.

    Parameters
    ----------
    path : str or path-like
        A file, a folder or a pattern, as `pieces` takes them, or ``-`` for standard input.
    lat_column, lon_column : str, optional
        Headers of the coordinates, degrees; for tables only, as GeoJSON has geometries.
        Without them lat or latitude with lon, lng, long or longitude is looked for, then y with x.
    name_column : str, optional
        Header or property of the name. Without it, or where it is blank: place, name, id, and
        then the number of the row.
    batch_rows : int
        The most rows in a batch. Batches of long rows have fewer, and those of rows that have to
        be read one by one 8192 at most.
    boxes : sequence of Box, optional
        Rows with a valid position outside all of them may be left out, and are then counted in
        `Batch.outside`.

    Yields
    ------
    Batch
        Never an empty one: a file with a header and no rows, or a collection without features,
        is whole, and gives no batch.

    Raises
    ------
    FileError
        If a file cannot be read whole and with certainty. Batches may have come before.
    """
    if batch_rows < 1:
        raise ValueError(f"batch_rows is {batch_rows}; it must be 1 or more")
    for piece in pieces(path):
        yield from read_piece(
            piece,
            lat_column=lat_column,
            lon_column=lon_column,
            name_column=name_column,
            batch_rows=batch_rows,
            boxes=boxes,
        )


def read_piece(
    piece: Piece,
    *,
    lat_column: str | None = None,
    lon_column: str | None = None,
    name_column: str | None = None,
    batch_rows: int = BATCH_ROWS,
    boxes: Sequence[Box] | None = None,
) -> Iterator[Batch]:
    """Read the places of one piece, as `read_locations` does; rows are numbered through the whole file."""
    path, options = piece.path, (lat_column, lon_column, name_column)
    suffix = _suffix(path)
    with _stream(path) as (name, stream, share):
        kind = _kind(suffix, stream.head)
        if kind == "text":
            source = _source(name, stream, share)
            if _geojson.recognises(suffix, source.head):
                if lat_column is not None or lon_column is not None:
                    raise source.error("is GeoJSON, where geometries say the positions; no columns can be named for it")
                gather = Gather(source, min(batch_rows, ROWS_ONE_BY_ONE))
                yield from _geojson.read(source, gather, suffix, name_column)
            else:
                yield from _delimited.read(source, options, batch_rows)
            return
        if path == "-" or not os.path.isfile(path):
            raise FileError(f"{name}: holds {kind}, which is read from a file alone; name one")
    # These open the file themselves.
    if kind == "Parquet":
        yield from _read_parquet(piece, name, options, batch_rows, boxes)
    else:
        from weapons_ref.places import _vector

        _require(kind, name)
        yield from _vector.read(name, path, options, boxes=boxes, batch_rows=batch_rows)


def _read_parquet(
    piece: Piece, name: str, options: _csv.Options, batch_rows: int, boxes: Sequence[Box] | None
) -> Iterator[Batch]:
    from weapons_ref.places import _parquet

    _require("Parquet", name)
    yield from _parquet.read(
        name,
        piece.path,
        options,
        groups=piece.groups,
        first_row=piece.first_row,
        boxes=boxes,
        batch_rows=batch_rows,
    )


def _require(kind: str, name: str) -> None:
    """Make sure that a format can be read."""
    from weapons_ref.tables import pyarrow

    pyarrow(f"{name}: {kind}")


@contextlib.contextmanager
def opened(path: str) -> Iterator[Source]:
    """Open a file of text, or standard input for ``-``, and close it at the end.

    Raises
    ------
    FileError
        If it is not a file that can be opened, or not text.
    """
    with _stream(path) as (name, stream, share):
        yield _source(name, stream, share)


def is_url(path: str) -> bool:
    """Return whether a path is the address of something on a network."""
    return _URL.match(path) is not None


# ---------------------------------------------------------------- finding files


def _found(path: str) -> list[str]:
    """Return the files that a path names."""
    if os.path.isdir(path):
        found = _below(path)
        if not found:
            raise FileError(
                f"{_name(path)}: is a folder without any file of places; known by their extensions are"
                f" {', '.join(sorted(_suffixes()))}"
            )
        return found
    if os.path.lexists(path) or not _PATTERN.search(path):
        return [path]
    found = _fitting(path)
    if not found:
        raise FileError(f"{_name(path)}: no file fits this pattern")
    return found


def _below(folder: str) -> list[str]:
    """Return the files below a folder that are known by their extensions, in the order of their names."""

    def complain(error: OSError) -> None:
        raise error

    known = _suffixes()
    found = []
    for parent, folders, names in os.walk(folder, onerror=complain):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        found += [
            os.path.join(parent, name)
            for name in names
            if not name.startswith((".", "_")) and _suffix(name) in (_TEXT if _is_packed(name) else known)
        ]
    return sorted(found)


def _fitting(pattern: str) -> list[str]:
    """Return the files that fit a pattern, and those in folders that do, once each."""
    found: set[str] = set()
    for path in glob.glob(pattern, recursive=True):
        if os.path.basename(path).startswith("_") and not os.path.basename(pattern).startswith("_"):
            continue
        if not os.path.isdir(path):
            found.add(path)
        elif "**" not in pattern:
            found.update(_below(path))
    return sorted(found)


def _cut(path: str, split_rows: int) -> list[Piece]:
    """Return a file in pieces."""
    size, head = 0, b""
    with _guarded(path):
        if os.path.isfile(path):  # what is read of a pipe would be lost
            size = os.path.getsize(path)
            with open(path, "rb") as stream:
                head = stream.read(_HEAD_BYTES)
    if not size or _kind(_suffix(path), head) != "Parquet":
        return [Piece(path, None, 0, None, size)]
    from weapons_ref.places import _parquet

    _require("Parquet", _name(path))
    return [
        Piece(path, (first, end), before, rows, compressed)
        for first, end, before, rows, compressed in _parquet.groups(_name(path), path, split_rows)
    ]


def _kind(suffix: str, head: bytes) -> Kind:
    """Return what a file holds, by its extension and its first bytes."""
    from weapons_ref.places import _parquet, _vector

    if not _compressed.is_compressed(head):
        if _parquet.recognises(suffix, head):
            return "Parquet"
        if _vector.recognises(suffix, head):
            return "FlatGeobuf or GeoPackage"
    return "text"


def _suffixes() -> set[str]:
    from weapons_ref.places import _parquet, _vector

    return _TEXT | _parquet.SUFFIXES | _vector.SUFFIXES


def _suffix(path: str) -> str:
    """Return a path's extension in lower case, that of what is compressed if it says so."""
    stem, suffix = os.path.splitext(path.lower())
    return os.path.splitext(stem)[1] if suffix in _compressed.SUFFIXES else suffix


def _is_packed(name: str) -> bool:
    return os.path.splitext(name.lower())[1] in _compressed.SUFFIXES


# ---------------------------------------------------------------- opening files


def _name(path: str) -> str:
    """Return a path as messages have it: on one line, and encodable."""
    return path if path.isprintable() else repr(path)


@contextlib.contextmanager
def _guarded(path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise FileError(f"{_name(path)}: cannot be opened: {getattr(error, 'strerror', None) or error}") from error


@contextlib.contextmanager
def _stream(path: str) -> Iterator[tuple[str, _compressed.Peeked, Share | None]]:
    """Open a file; yield its name, its bytes, and what tells how much of it has been read."""
    if path == "-":
        if sys.stdin is None:
            raise FileError("standard input is closed")
        yield "standard input", _peeked("standard input", sys.stdin.buffer), None
        return
    name = _name(path)
    if is_url(path):
        raise FileError(f"{name}: is a URL, and nothing is fetched from a network; name a file")
    with _guarded(path):
        if os.path.isdir(path):
            raise FileError(f"{name}: is a directory; name a file")
        stream = open(path, "rb")  # noqa: SIM115 - closed below; only opening it is guarded here
    with stream:
        yield name, _peeked(name, stream), _progress(stream)


def _peeked(name: str, stream: BinaryIO) -> _compressed.Peeked:
    try:
        return _compressed.Peeked(stream, _HEAD_BYTES)
    except OSError as error:
        raise FileError(f"{name}: cannot be read: {error.strerror or error}") from error


def _progress(stream: BinaryIO) -> Share | None:
    """Return what tells how much of a file has been read; nothing does of a pipe."""
    about = os.fstat(stream.fileno())
    if not stat.S_ISREG(about.st_mode) or not about.st_size:
        return None
    return lambda: min(stream.tell() / about.st_size, 1.0)


def _source(name: str, stream: _compressed.Peeked, share: Share | None) -> Source:
    text = _compressed.text(name, stream) if _compressed.is_compressed(stream.head) else stream
    return Source(name, cast(BinaryIO, text), share)
