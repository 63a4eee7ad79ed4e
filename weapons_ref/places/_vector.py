"""FlatGeobuf and GeoPackage, read through GDAL in batches of Arrow; where a ring is small, by their indexes.

Only files that are one of the two are opened, and only local ones. A row's number is its place in the
whole file, also where an index leaves most rows out.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from weapons_ref.errors import FileError
from weapons_ref.places import _csv
from weapons_ref.places._indexes import count, header, identifiers, is_certain
from weapons_ref.places._layout import Geometry, geometry_of, layout
from weapons_ref.places._positions import Feed
from weapons_ref.places.batches import Batch, Gather

if TYPE_CHECKING:
    import pyarrow as pa

    from weapons_ref.geo.boxes import Box
    from weapons_ref.places.columns import Indices

SUFFIXES = {".fgb", ".gpkg"}

_FLATGEOBUF, _SQLITE = b"fgb\x03fgb", b"SQLite format 3\x00"
_HEAD_BYTES = 100
_DRIVERS = {"FlatGeobuf", "GPKG"}
_SINGLY_ROWS = 2048  #: of lines and polygons in a batch
_MOST_ROWS = 65536  #: in a batch of GDAL's, whose rows are read whole
_MOST_KEYS = 8192  #: asked for at once
_MOST_BOXES = 8  #: read side by side


def recognises(suffix: str, head: bytes) -> bool:
    """Return whether a file is one of the two, by its lower-case extension or its first bytes."""
    return suffix in SUFFIXES or head.startswith(_FLATGEOBUF) or (head.startswith(_SQLITE) and _is_geopackage(head))


def _is_geopackage(head: bytes) -> bool:
    """Return whether a database says that it is a GeoPackage: in its application id."""
    return head[68:72] in (b"GPKG", b"GP10", b"GP11")


def _database_bytes(head: bytes) -> int:
    """Return how long a database of SQLite is at least, as it says itself."""
    if len(head) < _HEAD_BYTES:
        return _HEAD_BYTES
    page, pages, counter, counted = (
        int.from_bytes(head[at : at + size]) for at, size in ((16, 2), (28, 4), (24, 4), (92, 4))
    )
    return (65536 if page == 1 else page) * pages if counter == counted else 0


def read(
    name: str, path: str, options: _csv.Options, *, boxes: Sequence[Box] | None, batch_rows: int
) -> Iterator[Batch]:
    """Yield the batches of a file.

    Parameters
    ----------
    name : str
        As messages call the file.
    path : str
        A local file.
    options : tuple of str or None
        Columns of latitude, longitude and name.
    boxes : sequence of Box, optional
        Outside of which valid rows need not come.
    batch_rows : int
        The most rows in a batch.

    Raises
    ------
    FileError
        If the file cannot be read whole and with certainty. Batches may have come before.
    """
    file = _Vector(name, path)
    asked = options[0] is not None or options[1] is not None
    found = layout(file, file.schema, None if asked else file.geometry, options)
    gather = Gather(file, min(batch_rows, _SINGLY_ROWS))
    feed = Feed(file, gather, found, boxes)
    size = min(batch_rows, _MOST_ROWS)
    some = None if boxes is None or found.geometry is None else file.rows_in(boxes, size)
    with contextlib.closing(file.all_rows(size) if some is None else some) as parts:
        for part in parts:
            numbers = None if some is None else part.numbers
            file.done = (int(part.numbers[-1]) + 1) / max(file.rows, 1)
            yield from feed.batch(part.batch, _Fetch(part.batch, found.own), numbers)
    if some is not None and file.rows > gather.rows:
        gather.skip(file.rows - gather.rows, _Fetch(file.schema.empty_table(), found.own))
    file.check_end(gather.rows)
    yield from gather.finish()


class _Part(NamedTuple):
    """Some rows of a file."""

    numbers: Indices  #: their numbers in the file, from 0, ascending
    batch: pa.RecordBatch


class _Fetch:
    """Returns the own columns of some rows of a batch."""

    def __init__(self, batch: pa.RecordBatch | pa.Table, own: list[str]) -> None:
        self._batch, self._own = batch, own

    def __call__(self, rows: Indices) -> pa.Table:
        import pyarrow as pa

        taken = self._batch.select(self._own).take(pa.array(rows))
        return taken if isinstance(taken, pa.Table) else pa.Table.from_batches([taken])


def _keys(batch: pa.RecordBatch | pa.Table) -> Indices:
    """Return GDAL's numbers of rows, which come first."""
    keys: Indices = batch.column(0).to_numpy()
    return keys


class _Vector:
    """A file, as a `Gather` has to know it."""

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.position = 0
        self.done = 0.0
        self._path = os.path.abspath(path)
        self._is_flatgeobuf = self._check_start()
        try:
            import pyogrio
        except ImportError as error:
            raise self.error("needs pyogrio; install it with: pip install 'weapons-ref[data]'") from error
        with self.guarded():
            self._layer = self._only_layer(pyogrio.list_layers(self._path))
            about = pyogrio.read_info(self._path, layer=self._layer)
            if about["driver"] not in _DRIVERS:
                raise self.error(f"is taken for {about['driver']}, not for FlatGeobuf or GeoPackage")
            self.rows = max(about["features"], 0)  #: 0 where that is unknown
            self._avoid_quick_ways(pyogrio)
            with self._opened() as (meta, reader):
                # The key that GDAL makes up for a FlatGeobuf is no column, that of a GeoPackage is.
                self.schema: pa.Schema = reader.schema.remove(0) if self._is_flatgeobuf else reader.schema
        self._key: str = meta["fid_column"]
        self._only_points = str(about["geometry_type"]).replace("2.5D ", "").split()[0:1] == ["Point"]
        self.geometry = self._geometry(about["crs"])

    def _avoid_quick_ways(self, pyogrio: Any) -> None:
        """Have GDAL read row by row where what it does in blocks is wrong; that holds for this process from now on."""
        if self._is_flatgeobuf:
            # It crashes on rows without a geometry, and makes up rows where a filter leaves none.
            pyogrio.set_gdal_config_options({"OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES"})
            return
        # It trusts the number that is kept beside the table, and where that is wrong a row comes twice.
        rows = count(self._path, self._layer)
        if rows is None or rows != self.rows:
            pyogrio.set_gdal_config_options({"OGR_GPKG_STREAM_BASE_IMPL": "YES"})
        self.rows = rows or 0

    def error(self, reason: str, *, byte: int | None = None, row: int | None = None) -> FileError:
        """Return an error that says which file, and where in it."""
        where = f" (row {row})" if row is not None else f" (byte {byte})" if byte is not None else ""
        return FileError(f"{self.name}: {reason}{where}")

    def share(self) -> float | None:
        """Return how much of the file has been handed out, 0 to 1, or None if that is unknown."""
        return min(self.done, 1.0) if self.rows else None

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn what GDAL has to say of a file that it cannot read into an error of ours; its warnings are not told."""
        import pyarrow as pa

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except (RuntimeError, ValueError, OSError, MemoryError, pa.ArrowException) as error:
            reason = (str(error) or type(error).__name__).partition("\n")[0].replace(self._path, "it")
            raise self.error(f"cannot be read, it is damaged or cut short: {reason[:300]}") from error

    def check_end(self, rows: int) -> None:
        """Make sure that all rows have come, as far as the file says how many it has."""
        if self.rows and rows != self.rows:
            raise self.error(f"is damaged or cut short: it has {rows} rows where it says {self.rows}")

    def all_rows(self, size: int) -> Generator[_Part, None, None]:
        """Yield all rows, some at a time."""
        import numpy as np

        row, last = 0, -1
        for batch in self._batches(size):
            keys = _keys(batch)
            if keys[0] <= last or (np.diff(keys) <= 0).any():
                raise self.error("is damaged: its rows are out of order", row=row + 1)
            last = int(keys[-1])
            yield _Part(np.arange(row, row + batch.num_rows), self._without_key(batch))
            row += batch.num_rows

    def rows_in(self, boxes: Sequence[Box], size: int) -> Generator[_Part, None, None] | None:
        """Return parts with at least the rows in some boxes, None if it is not certain that all others are good."""
        if not boxes or not self._only_points or self.geometry is None:
            return None
        if not self._is_flatgeobuf:
            found = identifiers(self._path, self._layer, self.geometry.column, self._key, boxes)
            if found is None:
                return None
            self.rows, first, keys = found
            return self._with_keys(keys, first, min(size, _MOST_KEYS))
        if len(boxes) > _MOST_BOXES:
            return None
        with open(self._path, "rb") as stream:
            about = header(stream)
            if about is None or about.features != self.rows or not is_certain(stream, about, boxes):
                return None
        return self._in_order(boxes, size)

    def _with_keys(self, keys: Indices, first: int, size: int) -> Generator[_Part, None, None]:
        """Yield the rows of a GeoPackage with some keys."""
        import numpy as np

        for start in range(0, len(keys), size):
            asked = keys[start : start + size]
            batches = list(self._batches(size, fids=asked))
            found = [_keys(batch) for batch in batches]
            if not np.array_equal(np.concatenate(found or [asked[:0]]), asked):
                raise self.error("is damaged: its index and its table do not agree")
            for keys_found, batch in zip(found, batches, strict=True):
                yield _Part(keys_found - first, batch)

    def _in_order(self, boxes: Sequence[Box], size: int) -> Generator[_Part, None, None]:
        """Yield the rows of a FlatGeobuf in some boxes, each once, in the file's order."""
        import numpy as np
        import pyarrow as pa

        streams = [self._batches(size, bbox=tuple(box)) for box in boxes]
        with contextlib.ExitStack() as stack:
            for stream in streams:
                stack.enter_context(contextlib.closing(stream))
            heads: dict[int, pa.RecordBatch] = {}
            waiting = set(range(len(streams)))
            while True:
                for number in sorted(waiting):
                    batch = next(streams[number], None)
                    if batch is not None:
                        heads[number] = batch
                waiting = set()
                if not heads:
                    return
                # Up to where all have been read, rows may be put in order.
                cut = min(int(_keys(batch)[-1]) for batch in heads.values())
                taken = []
                for number, batch in list(heads.items()):
                    count = int(np.searchsorted(_keys(batch), cut, side="right"))
                    taken.append(batch.slice(0, count))
                    heads[number] = batch.slice(count)
                    if count == batch.num_rows:
                        del heads[number]
                        waiting.add(number)
                together = pa.Table.from_batches(taken).combine_chunks()
                numbers, order = np.unique(_keys(together), return_index=True)
                for batch in together.take(pa.array(order)).to_batches():
                    yield _Part(numbers, self._without_key(batch))

    def _batches(self, size: int, **filters: Any) -> Generator[pa.RecordBatch, None, None]:
        with self.guarded():
            stack = contextlib.ExitStack()
            _, reader = stack.enter_context(self._opened(batch_size=size, **filters))
        with stack:
            while True:
                with self.guarded():
                    batch = next(reader, None)
                if batch is None:
                    return
                if batch.num_rows:
                    yield batch

    def _opened(self, **options: Any) -> Any:
        from pyogrio.raw import open_arrow

        return open_arrow(self._path, layer=self._layer, use_pyarrow=True, return_fids=True, **options)

    def _without_key(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        return batch.select(range(1, batch.num_columns)) if self._is_flatgeobuf else batch

    def _check_start(self) -> bool:
        """Return whether it is a FlatGeobuf, not a GeoPackage, having made sure that it is one of them, and local."""
        if self._path.startswith("/vsi"):
            raise self.error("is not a local file")
        try:
            with open(self._path, "rb") as stream:
                head = stream.read(_HEAD_BYTES)
                size = os.fstat(stream.fileno()).st_size
        except OSError as error:
            raise self.error(f"cannot be opened: {error.strerror or error}") from error
        if not head:
            raise self.error("is empty")
        if head.startswith(_FLATGEOBUF):
            return True
        if head.startswith(_SQLITE) and _is_geopackage(head):
            if size < _database_bytes(head):
                raise self.error("is cut short", byte=size)
            return False
        raise self.error("is neither FlatGeobuf nor GeoPackage, though its name says so")

    def _only_layer(self, layers: Any) -> str:
        """Return the one layer with places; tables without geometries, such as those of styles, are not."""
        names = [str(name) for name, _ in layers]
        spatial = [str(name) for name, kind in layers if kind is not None] or names
        if len(spatial) != 1:
            listed = ", ".join(map(repr, spatial[:20])) or "none"
            raise self.error(f"has {len(spatial)} layers, and one is read: {listed}; export one of them")
        return spatial[0]

    def _geometry(self, crs: str | None) -> Geometry | None:
        found = geometry_of(self, self.schema)
        if found is None:
            return None
        # GeoPackage's own name for none at all.
        unknown = crs is None or "Undefined geographic SRS" in crs
        return found._replace(crs=None if unknown else crs)
