"""The bytes of a user's file, and its rows gathered into batches, each row in exactly one place.

What is decided about a file as a whole is decided on its first rows, however large the batches are,
so that memory stays flat and a result never depends on `batch_rows`.
"""

from __future__ import annotations

import codecs
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple, Protocol

from weapons_ref.errors import CoordinateError, FileError
from weapons_ref.geo.geodesy import check_position
from weapons_ref.model import Place, Rejection

if TYPE_CHECKING:
    from weapons_ref.geo.regions import Region
    from weapons_ref.places.columns import Columns, Fetch, Floats, Indices

MIB = 1 << 20
BLOCK_BYTES = MIB  #: read at a time
RECORD_BYTES = 16 * MIB  #: a line or record may be this long, give or take a block
BATCH_BYTES = 8 * MIB  #: of input; a batch of long rows is closed early
SAMPLE_ROWS = 8192  #: on which a whole file is judged: is it projected, are its commas decimal
SAMPLE_BYTES = 32 * MIB  #: the sample of a file with long rows ends here

_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
    b"BZh91AY&SY": "bzip2",
}

#: What a row tells of its file: read; degrees, but not on Earth; neither number fits degrees; both
#: with a decimal comma; no coordinates given; anything else.
Sign = Literal["place", "degrees", "projected", "comma", "missing", "other"]


class Batch(NamedTuple):
    """Some consecutive rows of a file, each of them in `places` or in `rejected`."""

    places: Sequence[Place]  #: a list, or `columns.Columns`
    rejected: list[Rejection]
    rows: int  #: places, rejected rows and those outside together
    normalised: int  #: places whose longitude was brought back from beyond 180 either way
    ignored_z: int  #: places whose height or measure was left out
    swapped: int  #: rejected rows that would be valid with latitude and longitude exchanged
    outside: int = 0  #: rows with a valid position outside the boxes that were asked for, and not read further
    share: float | None = None  #: how much of its file has been read with it, 0 to 1; None if that is unknown


class File(Protocol):
    """What a `Gather` has to know of a file: a `Source` of text, or one of columns."""

    name: str
    position: int  #: bytes handed out so far; 0 where rows are not counted by bytes

    def error(self, reason: str, *, byte: int | None = None, row: int | None = None) -> FileError:
        """Return an error that says which file, and where in it."""

    def share(self) -> float | None:
        """Return how much has been handed out, 0 to 1, or None if that is unknown."""


class Source:
    """A file's bytes, checked to be UTF-8 text and read in bounded pieces."""

    def __init__(self, name: str, stream: BinaryIO, progress: Callable[[], float | None] | None = None) -> None:
        self.name = name
        self._stream = stream
        self._progress = progress
        head = self._read()
        for magic, kind in _COMPRESSED.items():
            if head.startswith(magic):
                raise self.error(f"is compressed ({kind}), which is not supported yet; decompress it first")
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise self.error("is UTF-16, not UTF-8; save it as UTF-8", byte=0)
        self.start = 3 if head.startswith(codecs.BOM_UTF8) else 0  #: of the text, after the mark
        self.position = self.start  #: the byte up to which the text has been handed out
        self.head = head[self.start :]  #: the first block
        self._refuse_blank()

    def error(self, reason: str, *, byte: int | None = None, row: int | None = None) -> FileError:
        """Return an error that says which file, and where in it."""
        where = f" (row {row})" if row is not None else f" (byte {byte})" if byte is not None else ""
        return FileError(f"{self.name}: {reason}{where}")

    def share(self) -> float | None:
        """Return how much of the file has been read, 0 to 1, or None if that is unknown."""
        return self._progress() if self._progress else None

    def blocks(self) -> Iterator[bytes]:
        """Yield the text in blocks of some bytes, refusing what is not UTF-8."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        block, offset, more = self.head, self.start, True
        while more:
            pending = len(decoder.getstate()[0])
            nul = block.find(b"\0")
            if nul >= 0:
                raise self.error("holds a NUL; it is not text, or not UTF-8", byte=offset + nul)
            more = bool(block)
            if pending or not block.isascii() or not more:
                try:
                    decoder.decode(block, not more)
                except UnicodeDecodeError as error:
                    raise self.error("is not UTF-8; save it as UTF-8", byte=offset - pending + error.start) from error
            offset += len(block)
            self.position = offset
            if more:
                yield block
                block = self._read()

    def pieces(self, end: bytes, other: bytes = b"") -> Iterator[tuple[int, bytes]]:
        """Yield whole lines or records, many at a time, and the byte at which each piece starts.

        `end` is what ends a record; `other` does where a block has no `end`.
        """
        start, rest = self.start, b""
        for block in self.blocks():
            cut = block.rfind(end) + 1
            if not cut and other:
                # Not the last byte: a carriage return there may have its line feed in the next block.
                cut = block.rfind(other, 0, -1) + 1
            if cut:
                piece, rest = rest + block[:cut], block[cut:]
                yield start, piece
                start += len(piece)
            else:
                rest += block
            if len(rest) > RECORD_BYTES:
                raise self.error(f"has a line or record longer than {RECORD_BYTES // MIB} MiB", byte=start)
        if rest:
            yield start, rest

    def _read(self) -> bytes:
        try:
            return self._stream.read(BLOCK_BYTES)
        except OSError as error:
            raise self.error(f"cannot be read: {error.strerror or error}") from error

    def _refuse_blank(self) -> None:
        block = self.head
        while block and not block.strip():
            block = self._read()
        if not block:
            raise self.error("is empty")
        if not self.head.strip():
            raise self.error(f"starts with more than {BLOCK_BYTES // MIB} MiB of white space")


class Gather:
    """Gathers rows into batches, and judges a file by its first rows before any batch is out."""

    def __init__(self, source: File, batch_rows: int, first_row: int = 0) -> None:
        self.rows = first_row  #: so far; the number of the row that came last
        self.ready: list[Batch] = []  #: to be yielded by the reader
        self.expected_name: str | None = None  #: a property that some row of the sample must have
        self.found_name = False
        self._source = source
        self._batch_rows = batch_rows
        self._held: list[Batch] = []
        self._signs: set[Sign] = set()
        self._judged = first_row > 0  # by whoever reads the file's beginning
        self._first = self._first_byte = 0
        self._normalised = self._ignored_z = self._swapped = self._outside = 0
        self._places: list[Place] = []
        self._columns: Columns | None = None
        self._rejected: list[Rejection] = []
        self._begin()

    def place(
        self,
        lon: float,
        lat: float,
        name: str | None,
        columns: Mapping[str, Any],
        *,
        z: bool = False,
        shape: Region | None = None,
    ) -> None:
        """Take a row with both coordinates; the row's number stands in for a missing name.

        Of a line or polygon the `shape` comes too, and the coordinates are those of any point of it.
        """
        try:
            turned, checked = check_position(lon, lat)
        except CoordinateError as error:
            self._swapped += abs(lat) > 90 and abs(lat) <= 180 and abs(lon) <= 90
            self.reject(str(error), columns, _sign(lon, lat))
            return
        self._normalised += abs(lon) > 180
        self._ignored_z += z
        name = name or str(self.rows + 1)
        self._places.append(Place(name=name, lat=checked, lon=turned, notation="file", columns=columns, shape=shape))
        self._end_row("place")

    def reject(self, reason: str, columns: Mapping[str, Any], sign: Sign = "other") -> None:
        """Take a row that names no place."""
        self._rejected.append(Rejection(file=self._source.name, row=self.rows + 1, reason=reason, columns=columns))
        self._end_row(sign)

    def block(
        self,
        lon: Floats,
        lat: Floats,
        fetch: Fetch,
        *,
        name_columns: Sequence[str] = (),
        problems: Mapping[int, tuple[str, Sign]] | None = None,
        ignored_z: int = 0,
        at: Indices | None = None,
    ) -> None:
        """Take many rows as a batch of their own.

        Parameters
        ----------
        lon, lat : array of float64, shape (n,)
            Degrees; anything in rows with problems. Kept, not copied.
        fetch, name_columns
            As `columns.Columns` has them.
        problems : mapping, optional
            Of rows that name no place, by their number in the block from 0: the reason, and what
            it tells of the file.
        ignored_z : int
            How many of the rows that are places have a height or measure.
        at : array of int64, shape (n,), optional
            Ascending: which rows of the batch these are, and what `fetch` is asked for. The others have
            valid positions outside what was asked for.
        """
        from weapons_ref.places.columns import Columns

        self._close()
        first_row, count = self.rows + 1, len(lon) if at is None else int(at[-1]) + 1
        wrong = dict(problems or {})
        lon = self._checked(lon, lat, wrong)
        rows: Indices | None = at
        if wrong:
            rows = self._without(wrong, len(lon), fetch, at)
            lon, lat = lon[rows], lat[rows]
            rows = rows if at is None else at[rows]
        self._outside += count - len(lon) - len(wrong)
        self._ignored_z += ignored_z
        self._columns = Columns(lon, lat, rows, first_row, fetch, name_columns)
        if not self._judged:
            seen = range(min(count, SAMPLE_ROWS - self.rows))
            signs = {row if at is None else int(at[row]): sign for row, (_, sign) in wrong.items()}
            self._signs |= {signs.get(row, "place") for row in seen}
        self.rows += count
        self._close()
        if not self._judged and (self.rows >= SAMPLE_ROWS or self._source.position >= SAMPLE_BYTES):
            self._judge()

    def _checked(self, lon: Floats, lat: Floats, wrong: dict[int, tuple[str, Sign]]) -> Floats:
        """Return longitudes in [-180, 180], and add the rows whose position is none to those that are wrong."""
        odd = [row for row in _odd_rows(lon, lat).tolist() if row not in wrong]
        if odd:
            lon = lon.copy()
        for row in odd:
            x, y = float(lon[row]), float(lat[row])
            try:
                lon[row], _ = check_position(x, y)
                self._normalised += 1
            except CoordinateError as error:
                self._swapped += abs(y) > 90 and abs(y) <= 180 and abs(x) <= 90
                wrong[row] = str(error), _sign(x, y)
        return lon

    def _without(self, wrong: Mapping[int, tuple[str, Sign]], count: int, fetch: Fetch, at: Indices | None) -> Indices:
        """Reject the rows that are wrong, and return the others."""
        import numpy as np

        from weapons_ref.tables import records

        rows = np.array(sorted(wrong), dtype=np.int64)
        places = rows if at is None else at[rows]
        for row, place, columns in zip(rows.tolist(), places.tolist(), records(fetch(places)), strict=True):
            self._rejected.append(
                Rejection(file=self._source.name, row=self.rows + 1 + place, reason=wrong[row][0], columns=columns)
            )
        good = np.ones(count, dtype=bool)
        good[rows] = False
        return np.flatnonzero(good)

    def skip(self, rows: int, fetch: Fetch | None = None) -> None:
        """Take rows that are known to have valid positions outside what was asked for.

        With `fetch`, as `block` has it, they are a batch of their own, which knows the file's own columns;
        without it they go with the rows that come by `place` and `reject`.
        """
        if fetch is not None:
            import numpy as np

            from weapons_ref.places.columns import Columns

            self._close()
            self._columns = Columns(np.empty(0), np.empty(0), None, self.rows + 1, fetch, ())
        self._outside += rows
        self.rows += rows - 1
        self._end_row("place")
        if fetch is not None:
            self._close()

    def release(self) -> Iterator[Batch]:
        """Yield the batches that are ready, and forget them."""
        ready, self.ready = self.ready, []
        yield from ready

    def finish(self) -> Iterator[Batch]:
        """Yield what is left when the file has been read to its end."""
        self._close()
        self._judge()
        yield from self.release()

    def _begin(self) -> None:
        self._places = []
        self._columns = None
        self._rejected = []
        self._outside = 0
        self._normalised = self._ignored_z = self._swapped = 0
        self._first = self.rows
        self._first_byte = self._source.position

    def _end_row(self, sign: Sign) -> None:
        self.rows += 1
        position = self._source.position
        if self.rows - self._first >= self._batch_rows or position - self._first_byte >= BATCH_BYTES:
            self._close()
        if not self._judged:
            self._signs.add(sign)
            if self.rows >= SAMPLE_ROWS or position >= SAMPLE_BYTES:
                self._judge()

    def _close(self) -> None:
        rows = self.rows - self._first
        if rows:
            batch = Batch(
                places=self._places if self._columns is None else self._columns,
                rejected=self._rejected,
                rows=rows,
                normalised=self._normalised,
                ignored_z=self._ignored_z,
                swapped=self._swapped,
                outside=self._outside,
                share=self._source.share(),
            )
            (self.ready if self._judged else self._held).append(batch)
        self._begin()

    def _judge(self) -> None:
        if self._judged:
            return
        sample = f"of the first {min(self.rows, SAMPLE_ROWS)} rows" if self.rows > 1 else "of its row"
        if self._signs - {"other", "missing"} == {"projected"}:
            raise self._source.error(
                f"looks projected: no coordinate {sample} fits latitude and longitude in degrees;"
                " convert it to WGS 84 (EPSG:4326) first"
            )
        if self._signs - {"missing"} == {"comma"}:
            raise self._source.error(f"every coordinate {sample} has a decimal comma; write 48.5 for 48,5")
        if self.expected_name is not None and self.rows and not self.found_name:
            raise self._source.error(f"no feature {sample} has a value for {self.expected_name!r}; see --name-column")
        self._judged = True
        self.ready, self._held = self._held, []


def _odd_rows(lon: Floats, lat: Floats) -> Indices:
    """Return the rows whose position is none, or has a longitude beyond 180 either way."""
    import numpy as np

    # Least and most are not numbers where one value is not, and then compare as false.
    if len(lon) and lat.min() >= -90 and lat.max() <= 90 and lon.min() >= -180 and lon.max() <= 180:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(~((np.abs(lat) <= 90) & (np.abs(lon) <= 180)))


def _sign(lon: float, lat: float) -> Sign:
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return "other"
    return "degrees" if abs(lat) <= 90 or abs(lon) <= 180 else "projected"
