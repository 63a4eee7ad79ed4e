"""Users' location files, read as batches of places and of rejected rows.

Here a file is opened and formats are told apart; `_csv` and `_geojson` know one family of formats
each. Such a reader takes a `Source` and a `Gather` of `batches`, hands every row to `Gather.place`
or `Gather.reject`, and yields the batches that are ready.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator

from weapons_ref.errors import FileError
from weapons_ref.places import _csv, _geojson
from weapons_ref.places.batches import Batch, Gather, Source

__all__ = ["Batch", "read_locations"]

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # two letters or more: C:/ is a drive


def read_locations(
    path: str | os.PathLike[str],
    *,
    lat_column: str | None = None,
    lon_column: str | None = None,
    name_column: str | None = None,
    batch_rows: int = 8192,
) -> Iterator[Batch]:
    """Read the places of a user's file, in order.

    Delimited text needs a header line; its separator is one of comma, semicolon, TAB and bar.
    GeoJSON (RFC 7946) is known by its extension or its first character, and may be a text sequence
    (RFC 8142) or have one feature a line; otherwise it is read whole, up to 1 GiB.

    Parameters
    ----------
    path : str or path-like
        The file, or ``-`` for standard input.
    lat_column, lon_column : str, optional
        Headers of the coordinates, degrees; for delimited text only, as GeoJSON has geometries.
        Without them lat or latitude with lon, lng, long or longitude is looked for, then y with x.
    name_column : str, optional
        Header or property of the name. Without it, or where it is blank: place, name, id, and
        then the number of the row.
    batch_rows : int
        The most rows in a batch. Batches of long rows have fewer.

    Yields
    ------
    Batch
        Never an empty one: a file with a header and no rows, or a collection without features,
        is whole, and gives no batch.

    Raises
    ------
    FileError
        If the file cannot be read whole and with certainty. Batches may have come before.
    """
    if batch_rows < 1:
        raise ValueError(f"batch_rows is {batch_rows}; it must be 1 or more")
    text = os.fsdecode(os.fspath(path))
    with opened(text) as source:
        gather = Gather(source, batch_rows)
        suffix = os.path.splitext(text)[1].lower()
        if _geojson.recognises(suffix, source.head):
            yield from _geojson.read(source, gather, suffix, name_column)
        else:
            yield from _csv.read(source, gather, (lat_column, lon_column, name_column))


@contextlib.contextmanager
def opened(path: str) -> Iterator[Source]:
    """Open a file, or standard input for ``-``, and close it at the end.

    Raises
    ------
    FileError
        If it is not a file that can be opened, or not text.
    """
    if path == "-":
        if sys.stdin is None:
            raise FileError("standard input is closed")
        yield Source("standard input", sys.stdin.buffer)
        return
    name = path if path.isprintable() else repr(path)  # a message is one line, and encodable
    if _URL.match(path):
        raise FileError(f"{name}: is a URL, and nothing is fetched from a network; name a file")
    if os.path.isdir(path):
        raise FileError(f"{name}: is a directory; name a file")
    try:
        stream = open(path, "rb")  # noqa: SIM115 - closed below; only opening it is guarded here
    except (OSError, ValueError) as error:
        raise FileError(f"{name}: cannot be opened: {getattr(error, 'strerror', None) or error}") from error
    with stream:
        yield Source(name, stream)
