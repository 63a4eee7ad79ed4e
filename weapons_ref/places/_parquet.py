"""Parquet and GeoParquet: positions read ahead in a thread, own columns only where they are asked for.

Nothing is read whole. Row groups that cannot hold a place asked for are left out where it is certain that
no row without a position hides in them; `docs/files.md` says when that is.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from weapons_ref.errors import FileError
from weapons_ref.places import _csv
from weapons_ref.places._layout import Geometry, geometry_of, layout
from weapons_ref.places._positions import Feed
from weapons_ref.places._rowgroups import Own, Work, ahead
from weapons_ref.places.batches import MIB, SAMPLE_ROWS, Batch, Gather

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from weapons_ref.geo.boxes import Box

SUFFIXES = {".parquet", ".geoparquet", ".pq"}

_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"
_BUFFER_BYTES = MIB  #: of each column chunk that are read at a time
_SINGLY_ROWS = 2048  #: of lines and polygons in a batch


def recognises(suffix: str, head: bytes) -> bool:
    """Return whether a file is Parquet, by its lower-case extension or its first bytes."""
    return suffix in SUFFIXES or head.startswith((_MAGIC, _ENCRYPTED))


def groups(name: str, source: str | BinaryIO, split_rows: int) -> list[tuple[int, int, int, int, int]]:
    """Return a file cut into runs of row groups of about some rows.

    Returns
    -------
    list of tuple
        The first row group, that after the last, the rows before, the rows, and about how many bytes they
        have in the file. The first run has the rows by which a file is judged, if there are so many.

    Raises
    ------
    FileError
        If it is not Parquet that can be read.
    """
    file = Opened(name, source)
    metadata = file.metadata
    sizes = [metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)]
    scale = file.size / max(sum(sizes), 1)
    found = []
    start = first_row = rows = size = 0
    for group in range(metadata.num_row_groups):
        rows += metadata.row_group(group).num_rows
        size += sizes[group]
        if rows >= max(split_rows, 0 if first_row else SAMPLE_ROWS):
            found.append((start, group + 1, first_row, rows, round(size * scale)))
            start, first_row, rows, size = group + 1, first_row + rows, 0, 0
    if rows or not found:
        found.append((start, metadata.num_row_groups, first_row, rows, round(size * scale)))
    return found


def read(
    name: str,
    source: str | BinaryIO,
    options: _csv.Options,
    *,
    groups: tuple[int, int] | None,
    first_row: int,
    boxes: Sequence[Box] | None,
    batch_rows: int,
) -> Iterator[Batch]:
    """Yield the batches of a file, or of some of its row groups.

    Parameters
    ----------
    name : str
        As messages call the file.
    source : str or binary file
        A local path, or an open file that can be sought in; it stays open.
    options : tuple of str or None
        Columns of latitude, longitude and name.
    groups : tuple of int, optional
        The first row group and that after the last.
    first_row : int
        How many rows come before them in the file.
    boxes : sequence of Box, optional
        Outside of which valid rows need not come.
    batch_rows : int
        The most rows in a batch.

    Raises
    ------
    FileError
        If the file cannot be read whole and with certainty. Batches may have come before.
    """
    file = Opened(name, source)
    found = layout(file, file.schema, file.geometry(options), options)
    first, end = groups if groups is not None else (0, file.metadata.num_row_groups)
    if not first <= end < len(file.starts) or file.starts[first] != first_row:
        raise file.error("has changed since it was looked at; ask again")
    work = Work(file, found, range(first, end), boxes, batch_rows)
    gather = Gather(file, min(batch_rows, _SINGLY_ROWS), first_row)
    own = Own(file, found.own, range(first, end), work.batch_rows)
    feed = Feed(file, gather, found, boxes)
    with contextlib.closing(own), contextlib.closing(ahead(work.items)) as items:
        for item in items:
            file.done = (item.row + item.rows - first_row) / max(work.rows, 1)
            fetch = functools.partial(own.rows, item.row)
            if item.batch is None:
                gather.skip(item.rows, fetch)
                yield from gather.release()
            else:
                yield from feed.batch(item.batch, fetch)
    yield from gather.finish()


class Opened:
    """A file, as a `Gather` has to know it; its readers share its bytes and its footer."""

    def __init__(self, name: str, source: str | BinaryIO) -> None:
        import pyarrow as pa

        self.name = name
        self.position = 0
        self.done = 0.0
        with self.guarded():
            if isinstance(source, str):
                self._bytes = pa.OSFile(os.fsencode(source), "rb")
            else:
                if not source.seekable():
                    raise self.error("is Parquet, which cannot be read from a pipe or standard input; name a file")
                self._bytes = pa.PythonFile(source, "r")
            self.size: int = self._bytes.size()
            self._check_ends()
            self._metadata: pq.FileMetaData | None = None
            reader = self.reader()
            self._metadata = reader.metadata
            self.schema: pa.Schema = reader.schema_arrow
        # Where each row group starts in the file, and where the last ends.
        counts = (self.metadata.row_group(group).num_rows for group in range(self.metadata.num_row_groups))
        self.starts = [0]
        for count in counts:
            self.starts.append(self.starts[-1] + count)

    @property
    def metadata(self) -> pq.FileMetaData:
        return self._metadata

    def error(self, reason: str, *, byte: int | None = None, row: int | None = None) -> FileError:
        """Return an error that says which file, and where in it."""
        where = f" (row {row})" if row is not None else f" (byte {byte})" if byte is not None else ""
        return FileError(f"{self.name}: {reason}{where}")

    def share(self) -> float | None:
        """Return how much of what is read of the file has been handed out, 0 to 1."""
        return self.done

    @contextlib.contextmanager
    def guarded(self, row: int | None = None) -> Iterator[None]:
        """Turn what pyarrow has to say of a file that it cannot read into an error of ours."""
        import pyarrow as pa

        try:
            yield
        except (pa.ArrowException, OSError, MemoryError, UnicodeDecodeError) as error:
            reason = (str(error) or type(error).__name__).partition("\n")[0].strip()
            if "decrypt" in reason:
                raise self.error("is encrypted; decrypt it first") from error
            raise self.error(f"cannot be read, it is damaged or cut short: {reason[:300]}", row=row) from error

    def reader(self) -> pq.ParquetFile:
        """Return a reader for one thread."""
        import pyarrow.parquet as pq

        return pq.ParquetFile(
            self._bytes,
            metadata=self._metadata,
            buffer_size=_BUFFER_BYTES,
            pre_buffer=False,  # which would hold whole column chunks
            page_checksum_verification=True,
            arrow_extensions_enabled=False,
        )

    def geometry(self, options: _csv.Options) -> Geometry | None:
        """Return what the file says of its geometries; nothing if columns are asked for."""
        if options[0] is not None or options[1] is not None:
            return None
        leaves = self.metadata.schema
        columns = map(leaves.column, range(len(leaves)))
        native = {column.path: str(column.logical_type) for column in columns}
        return geometry_of(self, self.schema, (self.metadata.metadata or {}).get(b"geo"), native)

    def bytes_a_row(self, columns: set[str], groups: range) -> float:
        """Return how long rows of some columns are, before compression and after encoding."""
        size = rows = 0
        for group in groups:
            about = self.metadata.row_group(group)
            rows += about.num_rows
            for chunk in map(about.column, range(about.num_columns)):
                path = chunk.path_in_schema
                if path in columns or path.split(".")[0] in columns:
                    size += chunk.total_uncompressed_size
        return size / max(rows, 1)

    def _check_ends(self) -> None:
        if not self.size:
            raise self.error("is empty")
        head = self._bytes.read_at(4, 0)
        tail = self._bytes.read_at(4, max(self.size - 4, 0))
        if _ENCRYPTED in (head, tail):
            raise self.error("is encrypted; decrypt it first")
        if head != _MAGIC:
            raise self.error("is not Parquet, though its name says so")
        if tail != _MAGIC or self.size < 12:
            raise self.error("is cut short or damaged: it does not end as Parquet does", byte=self.size)
