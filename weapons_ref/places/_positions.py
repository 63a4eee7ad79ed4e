"""Positions of Arrow columns, handed to a `Gather` in blocks, and lines and polygons row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from weapons_ref.places import _csv, _wkb
from weapons_ref.places._layout import Layout
from weapons_ref.places._wkb import EMPTY, NULL, Points
from weapons_ref.places.batches import Batch, File, Gather, Sign

if TYPE_CHECKING:
    import pyarrow as pa

    from weapons_ref.geo.boxes import Box
    from weapons_ref.places.columns import Fetch, Floats, Indices

#: Points between lines and polygons are a block of their own from this many on.
_RUN = 256
#: Rows that are taken one by one are fetched so many at a time.
_SINGLY = 512
#: Numbers that Arrow and Python surely read alike.
_PLAIN_NUMBER = r"^-?[0-9]{1,17}(\.[0-9]{1,17})?$"


class Feed(NamedTuple):
    """What takes the rows of a file's batches."""

    file: File
    gather: Gather
    layout: Layout
    boxes: Sequence[Box] | None  #: rows with a valid position outside all of them may be left out, and are counted

    def batch(self, batch: pa.RecordBatch, fetch: Fetch, numbers: Indices | None = None) -> Iterator[Batch]:
        """Hand rows on, and yield the batches that are ready.

        Parameters
        ----------
        batch : pyarrow.RecordBatch
            With the columns that positions are in.
        fetch : callable
            Returns the file's own columns of some of these rows.
        numbers : array of int64, optional
            The rows' numbers in the file, from 0, ascending. Without it they are those that come next.
        """
        points = positions(batch, self.layout)
        count = batch.num_rows
        if not len(points.others):
            self._block(points, range(count), fetch, numbers)
            yield from self.gather.release()
            return
        assert self.layout.geometry is not None
        column = _binary(_plain(batch.column(self.layout.geometry.column)))
        for rows, plain in _runs(points.others, count):
            if plain:
                self._block(points, rows, fetch, numbers)
                yield from self.gather.release()
                continue
            for start in range(0, len(rows), _SINGLY):
                self._singly(points, column, rows[start : start + _SINGLY], fetch, numbers)
                yield from self.gather.release()

    def _block(self, points: Points, rows: range, fetch: Fetch, numbers: Indices | None) -> None:
        """Hand on rows that are points, or nothing at all."""
        import numpy as np

        if not rows:
            return
        start, stop = rows.start, rows.stop
        lon, lat, problems = points.lon[start:stop], points.lat[start:stop], points.problems
        if len(rows) < len(points.lon) and problems:
            problems = {row - start: problems[row] for row in rows if row in problems}
        at = None if numbers is None else numbers[start:stop] - self.gather.rows

        def own(asked: Indices) -> pa.Table:
            return fetch((asked if at is None else np.searchsorted(at, asked)) + start)

        if self.boxes is not None and not problems and at is None and _is_outside(lon, lat, self.boxes):
            self.gather.skip(len(lon), own)
            return
        heights = 0
        if points.heights is not None:
            good = points.heights[start:stop] & (np.abs(lat) <= 90) & (np.abs(lon) <= 540)
            good[list(problems)] = False
            heights = int(good.sum())
        names = self.layout.names
        self.gather.block(lon, lat, own, name_columns=names, problems=problems, ignored_z=heights, at=at)

    def _singly(self, points: Points, column: pa.Array, rows: range, fetch: Fetch, numbers: Indices | None) -> None:
        """Hand on rows one by one, among them lines and polygons."""
        import numpy as np

        from weapons_ref.places.columns import names
        from weapons_ref.tables import records

        gather = self.gather
        low, high = np.searchsorted(points.others, (rows.start, rows.stop)).tolist()
        shapes = points.others[low:high].tolist()
        texts = column.take(points.others[low:high]).to_pylist()
        said = dict(zip(shapes, _wkb.shaped(texts, self.boxes), strict=True))
        sizes = dict(zip(shapes, map(len, texts), strict=True))
        if numbers is None:
            numbers = np.arange(len(points.lon), dtype=np.int64) + (gather.rows - rows.start)
        kept = np.array([row for row in rows if said.get(row, "") is not None], dtype=np.int64)
        own = fetch(kept)
        carried = iter(zip(names(own, self.layout.names, numbers[kept] + 1), records(own), strict=True))
        for row in rows:
            self.file.position += sizes.get(row, 0)  # so that batches of large shapes are small
            shape = said.get(row)
            if shape is None and row in said:
                continue
            if gap := int(numbers[row]) - gather.rows:
                gather.skip(gap)
            name, columns = next(carried)
            if isinstance(shape, str):
                gather.reject(shape, columns)
            elif row in points.problems:
                gather.reject(points.problems[row][0], columns, points.problems[row][1])
            elif shape is not None:
                gather.place(shape.lon, shape.lat, name, columns, z=shape.height, shape=shape.region)
            else:
                high_up = points.heights is not None and bool(points.heights[row])
                gather.place(float(points.lon[row]), float(points.lat[row]), name, columns, z=high_up)
        if gap := int(numbers[rows[-1]]) + 1 - gather.rows:
            gather.skip(gap)


def _runs(others: Indices, count: int) -> Iterator[tuple[range, bool]]:
    """Yield stretches of rows: long runs of points, and all between them, which are taken row by row."""
    import numpy as np

    bounds = np.concatenate([[-1], others, [count]]).astype(np.int64)
    long = np.flatnonzero(np.diff(bounds) > _RUN)
    starts = set((bounds[long] + 1).tolist())
    for start, stop in pairwise(sorted({0, count, *starts, *bounds[long + 1].tolist()})):
        yield range(start, stop), start in starts


def _is_outside(lon: Floats, lat: Floats, boxes: Sequence[Box]) -> bool:
    """Return whether all of some positions are valid, as they are, and none is in a box."""
    if not len(lon):
        return False
    west, east, south, north = lon.min(), lon.max(), lat.min(), lat.max()
    # What is not a number makes these false.
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        return False
    return not any(east >= box.west and west <= box.east and north >= box.south and south <= box.north for box in boxes)


# ---------------------------------------------------------------- what columns say


def positions(batch: pa.RecordBatch, layout: Layout) -> Points:
    """Return what the rows of a batch say of where they are."""
    if layout.geometry is None:
        return _of_columns(_plain(batch.column(layout.lon)), _plain(batch.column(layout.lat)))
    column = _plain(batch.column(layout.geometry.column))
    return _wkb.points(_binary(column)) if layout.geometry.encoding == "wkb" else _of_points(column)


def _plain(column: pa.Array) -> pa.Array:
    """Return a column without its extension type and its dictionary."""
    import pyarrow as pa

    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    return column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column


def _binary(column: pa.Array) -> pa.Array:
    import pyarrow as pa

    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return column
    return column.cast(pa.binary() if pa.types.is_null(column.type) else pa.large_binary())


def _of_columns(lon: pa.Array, lat: pa.Array) -> Points:
    import numpy as np

    (x, bad_x), (y, bad_y) = _numbers(lon), _numbers(lat)
    bad = np.union1d(bad_x, bad_y).tolist()
    problems = {row: _why(lat[row].as_py(), lon[row].as_py()) for row in bad}
    return Points(x, y, problems, None, np.empty(0, dtype=np.int64))


def _numbers(column: pa.Array) -> tuple[Floats, Indices]:
    """Return a column as numbers, and the rows that have none."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_decimal(kind):
        column = column.cast(pa.string())  # whose digits are then read to the nearest float
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind)):
        column = column.cast(pa.large_string())
    texts = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    if texts and not pc.all(pc.match_substring_regex(column, _PLAIN_NUMBER), min_count=0).as_py():
        found = [None if text is None else _csv.number(text) for text in column.to_pylist()]
        column = pa.array(found, type=pa.float64(), from_pandas=False)
    # Past 2^53 not every whole number has its float, but none of these is a degree.
    values = column.cast(pa.float64(), safe=False)
    numbers: Floats = values.to_numpy(zero_copy_only=False)
    if not values.null_count:
        return numbers, np.empty(0, dtype=np.int64)
    return numbers, np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False))


def _why(lat: Any, lon: Any) -> tuple[str, Sign]:
    """Return why two values are not both numbers, and what that tells of the file."""
    for label, value in (("latitude", lat), ("longitude", lon)):
        if value is None:
            return f"{label} is null", "missing"
    return _csv._why(str(lat).strip(), str(lon).strip())


def _of_points(column: pa.Array) -> Points:
    """Return the positions of geoarrow's points: fields x and y, or lists of as many numbers."""
    import numpy as np
    import pyarrow as pa

    count = len(column)
    if pa.types.is_struct(column.type):
        lon, lat = (column.field(name).cast(pa.float64()).to_numpy(zero_copy_only=False) for name in ("x", "y"))
        more = column.type.num_fields > 2
    else:
        size = column.type.list_size
        values = column.values.slice(column.offset * size, count * size).cast(pa.float64())
        table = values.to_numpy(zero_copy_only=False).reshape(count, size)
        lon, lat = (np.ascontiguousarray(table[:, axis]) for axis in (0, 1))
        more = size > 2
    problems: dict[int, tuple[str, Sign]] = {}
    if column.null_count:
        null = np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))
        lon, lat = lon.copy(), lat.copy()
        lon[null] = lat[null] = np.nan
        problems = dict.fromkeys(null.tolist(), NULL)
    if count and np.isnan(lon.min()):
        empty = np.flatnonzero(np.isnan(lon) & np.isnan(lat)).tolist()
        problems = dict.fromkeys(empty, EMPTY) | problems
    return Points(lon, lat, problems, np.ones(count, dtype=bool) if more else None, np.empty(0, dtype=np.int64))
