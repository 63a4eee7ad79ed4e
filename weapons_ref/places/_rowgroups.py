"""The row groups of a Parquet file: positions read ahead in a thread, own columns where they are asked for."""

from __future__ import annotations

import queue
import threading
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from weapons_ref.places._layout import CORNERS, Layout
from weapons_ref.places.batches import MIB

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from weapons_ref.geo.boxes import Box
    from weapons_ref.places._parquet import Opened
    from weapons_ref.places.columns import Indices

_AHEAD = 3  #: batches read before they are asked for
_BATCH_BYTES = 32 * MIB  #: of columns as the file has them; a batch of long rows has fewer
_LEAST_ROWS = 1024
_KEPT_BYTES = 256 * MIB  #: of own columns in memory; more if one batch is larger
_RUN_ROWS = 1 << 20  #: of small row groups that are read as one
#: Added to a covering's bounds, which may be rounded to float32.
_SPARE_DEGREES = 1e-4

T = TypeVar("T")


class Item(NamedTuple):
    """Some consecutive rows."""

    row: int  #: the first of them, from 0 in the whole file
    rows: int
    batch: pa.RecordBatch | None  #: of the columns that positions are in; None if all are outside the boxes


class Work:
    """Which row groups are read, and how; `items` may run in a thread of its own."""

    def __init__(
        self, file: Opened, found: Layout, groups: range, boxes: Sequence[Box] | None, batch_rows: int
    ) -> None:
        self._file = file
        self._layout = found
        self._groups = groups
        self._boxes = boxes
        self._columns = [found.lon, found.lat] if found.geometry is None else [found.geometry.column]
        self.rows = file.starts[groups.stop] - file.starts[groups.start]
        longest = max(file.bytes_a_row(set(columns), groups) for columns in (self._columns, found.own))
        #: A batch of positions and one of own columns are of the same rows, and neither is long.
        self.batch_rows = min(batch_rows, max(_LEAST_ROWS, int(_BATCH_BYTES / max(longest, 1))))

    def items(self) -> Iterator[Item]:
        """Yield the rows in their order."""
        file = self._file
        with file.guarded():
            reader = file.reader()
            for run, outside in self._runs(reader):
                start, stop = file.starts[run.start], file.starts[run.stop]
                if outside:
                    yield Item(start, stop - start, None)
                    continue
                for batch in reader.iter_batches(self.batch_rows, row_groups=list(run), columns=self._columns):
                    yield Item(start, batch.num_rows, batch)
                    start += batch.num_rows
                if start != stop:
                    raise file.error(f"is damaged: {stop - start} rows are missing", row=start)

    def _runs(self, reader: pq.ParquetFile) -> Iterator[tuple[range, bool]]:
        """Yield runs of row groups, and whether they are outside of all boxes."""
        starts = self._file.starts
        first = self._groups.start
        for group in self._groups:
            if self._is_outside(reader, group):
                if first < group:
                    yield range(first, group), False
                yield range(group, group + 1), True
                first = group + 1
            elif starts[group + 1] - starts[first] >= _RUN_ROWS:
                yield range(first, group + 1), False
                first = group + 1
        if first < self._groups.stop:
            yield range(first, self._groups.stop), False

    def _is_outside(self, reader: pq.ParquetFile, group: int) -> bool:
        """Return whether the covering shows that all of a row group are good points, and none is in a box."""
        geometry = self._layout.geometry
        if self._boxes is None or geometry is None or geometry.bounds is None or not geometry.only_points:
            return False
        if set(geometry.bounds) != set(CORNERS):
            return False
        about = self._file.metadata.row_group(group)
        chunks = map(about.column, range(about.num_columns))
        said = {chunk.path_in_schema: chunk.statistics for chunk in chunks}
        paths = [".".join(geometry.bounds[corner]) for corner in CORNERS]
        stated: list[Any] = [said.get(path) for path in paths]
        if not about.num_rows or not all(map(_has_no_null, (said.get(geometry.column), *stated))):
            return False
        if not all(one.has_min_max and one.physical_type in ("FLOAT", "DOUBLE") for one in stated):
            return False
        west, south, east, north = stated[0].min, stated[1].min, stated[2].max, stated[3].max
        if not (west >= -180 and south >= -90 and east <= 180 and north <= 90):
            return False
        if any(
            east + _SPARE_DEGREES >= box.west
            and west - _SPARE_DEGREES <= box.east
            and north + _SPARE_DEGREES >= box.south
            and south - _SPARE_DEGREES <= box.north
            for box in self._boxes
        ):
            return False
        return self._are_finite(reader, group, [geometry.bounds[corner] for corner in CORNERS[:2]])

    def _are_finite(self, reader: pq.ParquetFile, group: int, fields: Sequence[tuple[str, str]]) -> bool:
        """Return whether there is a number in every row: statistics leave out what is none, as empty points have it."""
        import numpy as np

        paths = [".".join(field) for field in fields]
        rows = 0
        for batch in reader.iter_batches(self.batch_rows, row_groups=[group], columns=paths):
            for column, field in fields:
                values = batch.column(column).field(field)
                if values.null_count or not np.isfinite(values.to_numpy(zero_copy_only=False)).all():
                    return False
            rows += batch.num_rows
        return rows == self._file.starts[group + 1] - self._file.starts[group]


def _has_no_null(statistics: Any) -> bool:
    return statistics is not None and statistics.has_null_count and statistics.null_count == 0


class Own:
    """The file's own columns of some rows, read forwards, and ahead, from where they are first asked for."""

    def __init__(self, file: Opened, columns: list[str], groups: range, batch_rows: int) -> None:
        self._file = file
        self._columns = columns
        self._groups = groups
        self._batch_rows = batch_rows
        self._reader: pq.ParquetFile | None = None
        self._batches: Generator[pa.RecordBatch, None, None] | None = None
        self._next = 0  #: the row that comes next
        self._kept: list[tuple[int, pa.RecordBatch]] = []

    def close(self) -> None:
        """Read no further ahead; what is asked for later is read from its row group's beginning."""
        if self._batches is not None:
            self._batches.close()
            self._batches = None

    def rows(self, first: int, which: Indices) -> pa.Table:
        """Return the own columns of some rows.

        Parameters
        ----------
        first : int
            The row of the file, from 0, from which the others are counted; none before it is asked for again soon.
        which : array of int64
            In any order.
        """
        import numpy as np
        import pyarrow as pa

        schema = pa.schema([self._file.schema.field(name) for name in self._columns])
        if not len(which) or not self._columns:
            return pa.table({"rows": which}).select([]) if not self._columns else schema.empty_table()
        wanted = np.asarray(which) + first
        order = None if (np.diff(wanted) > 0).all() else np.argsort(wanted, kind="stable")
        wanted = wanted if order is None else wanted[order]
        self._kept = [kept for kept in self._kept if kept[0] + kept[1].num_rows > first]
        with self._file.guarded(row=int(wanted[0]) + 1):
            pieces = []
            at = 0
            while at < len(wanted):
                start, batch = self._batch_with(int(wanted[at]))
                stop = int(np.searchsorted(wanted, start + batch.num_rows))
                whole = stop - at == batch.num_rows and order is None
                pieces.append(batch if whole else batch.take(pa.array(wanted[at:stop] - start)))
                at = stop
            table = pa.Table.from_batches(pieces)
            table.validate(full=True)  # that texts are UTF-8, among other things
        return table if order is None else table.take(pa.array(np.argsort(order)))

    def _batch_with(self, row: int) -> tuple[int, pa.RecordBatch]:
        """Return a batch of own columns that has a row, and the row that it starts with."""
        for start, batch in self._kept:
            if start <= row < start + batch.num_rows:
                return start, batch
        group = bisect_right(self._file.starts, row) - 1
        if self._batches is None or row < self._next or self._next < self._file.starts[group]:
            self._open(group)
        assert self._batches is not None
        for batch in self._batches:
            start = self._next
            self._next += batch.num_rows
            if row < self._next:
                kept = start, batch.select(self._columns)
                self._kept.append(kept)
                while len(self._kept) > 1 and sum(batch.nbytes for _, batch in self._kept) > _KEPT_BYTES:
                    self._kept.pop(0)
                return kept
        raise self._file.error("is damaged: rows are missing", row=self._next)

    def _open(self, group: int) -> None:
        """Begin with a row group."""
        self.close()
        self._next = self._file.starts[group]
        reader = self._reader = self._reader or self._file.reader()
        groups = list(range(group, max(group + 1, self._groups.stop)))
        size, columns = self._batch_rows, self._columns
        self._batches = ahead(lambda: reader.iter_batches(size, row_groups=groups, columns=columns))


def ahead(items: Callable[[], Iterator[T]]) -> Generator[T, None, None]:
    """Yield items that a thread makes some ahead; it ends when it is no longer listened to."""
    line: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(_AHEAD)
    ended = threading.Event()

    def put(item: T | None, problem: BaseException | None = None) -> bool:
        while not ended.is_set():
            try:
                line.put((item, problem), timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def make() -> None:
        try:
            for item in items():
                if not put(item):
                    return
            put(None)
        except BaseException as error:  # whatever it is, it is raised where the items are taken
            put(None, error)

    thread = threading.Thread(target=make, name="read-ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, problem = line.get()
            if problem is not None:
                raise problem
            if item is None:
                return
            yield item
    finally:
        ended.set()
        thread.join()
