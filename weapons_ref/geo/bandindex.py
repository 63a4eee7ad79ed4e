"""An index over millions of points, for many questions of which of them lie within a distance.

Points are sorted by bands of a tenth of a degree of latitude, and by longitude within each. In a band, what is
surely within a distance lies between two longitudes (see `weapons_ref.geo.bandtable`), and so side by
side in the index: two binary searches find it, and no point of it is looked at. Only what lies near the ends,
where the circle crosses the band, is measured.

The index is three columns. The first holds whole numbers that sort as the points do: the band, the
longitude in small steps, and the row, from the highest bits to the lowest.
"""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from weapons_ref.errors import CoordinateError, FileError
from weapons_ref.geo.band import Band, columns, tidy
from weapons_ref.geo.bandtable import Strip, Table

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_PER_DEGREE = 10
_BANDS = 180 * _PER_DEGREE
_BAND_BITS = 11
#: What bands are taken to reach beyond their edges, for rounding.
_SPARE_DEG = 1e-9
#: Bands are so high that polylines need not be closer.
_STRIP = Strip(1e-3, 2000.0)
#: Points sorted into bands together.
_BLOCK = 1 << 16
#: Where more than this share of the rows is found, they are counted off instead of sorted.
_MANY = 1 / 64

_MAGIC = b"weapons-ref band index\n"
_VERSION = 1
#: Magic, version, a number that tells the order of bytes, rows, and checksums of the columns and of all before.
_HEADER = struct.Struct("=23sBIQII")
_ORDER = 0x01020304
#: Where the columns begin: a page, so that they can be mapped.
_OFFSET = 4096


def index(lon: npt.ArrayLike, lat: npt.ArrayLike) -> BandIndex:
    """Return an index over points.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        Degrees; whatever numpy makes an array of doubles of. Longitudes up to 540 either way are turned back.

    Raises
    ------
    CoordinateError
        If a point is not on Earth, not a number included; the first such row is named, counted from 0. Or if
        the arrays are not two of one dimension and equal length.
    """
    x, y = tidy(*columns(lon, lat))
    layout = _Layout.of(len(x))
    keys = np.empty(len(x), dtype=np.int64)
    for start in range(0, len(x), _BLOCK):
        part = slice(start, start + _BLOCK)
        band = np.minimum((y[part] + 90) * _PER_DEGREE, _BANDS - 1).astype(np.int64)
        rows = np.arange(start, start + len(band))
        keys[part] = layout.keys(band, layout.steps(x[part])) | rows
    keys.sort()
    order = keys & layout.row_mask
    return BandIndex(keys, x[order], y[order])


class _Layout(NamedTuple):
    """How the bits of a key are shared out; those of the longitude are what the others leave."""

    row_bits: int
    lon_bits: int

    @classmethod
    def of(cls, count: int) -> _Layout:
        row_bits = max(count - 1, 1).bit_length()
        return cls(row_bits, 63 - _BAND_BITS - row_bits)

    @property
    def row_mask(self) -> int:
        return (1 << self.row_bits) - 1

    @property
    def end(self) -> int:
        """The step past the last longitude."""
        return (1 << self.lon_bits) - 1

    def steps(self, lon: Floats) -> Indices:
        """Return longitudes in small steps; what is farther east never has fewer."""
        return np.minimum((lon + 180) * ((self.end - 1) / 360), self.end - 1).astype(np.int64)

    def keys(self, band: Indices, steps: Indices) -> Indices:
        """Return the least key of a band and a step."""
        return (band << (self.lon_bits + self.row_bits)) + (steps << self.row_bits)


class BandIndex:
    """Points in an order that finds those within a distance quickly; made by `index`, or opened from a file."""

    def __init__(self, keys: Indices, lon: Floats, lat: Floats) -> None:
        self._keys, self._lon, self._lat = keys, lon, lat
        self._layout = _Layout.of(len(keys))

    def __len__(self) -> int:
        return len(self._keys)

    def within(self, origin: tuple[float, float], maximum_m: float, minimum_m: float = 0.0) -> Indices:
        """Return the points that lie within a distance of an origin, exactly as the geodesic distance says.

        Parameters
        ----------
        origin : (float, float)
            Longitude and latitude, degrees.
        maximum_m, minimum_m : float
            Metres; a distance equal to one of them is within.

        Returns
        -------
        array of int64, shape (m,)
            Their rows, ascending, counted from 0.

        Raises
        ------
        CoordinateError
            If the origin is not on Earth.
        QueryError
            If the distances are not 0 <= minimum <= maximum, or the maximum is not finite and above 0.
        FileError
            If the index was opened from a file that turns out to be damaged.
        """
        found = self._find(Band(*origin, maximum_m, minimum_m))
        sure = [self._keys[start:stop] for start, stop in found.sure]
        return self._rows(np.concatenate([*sure, self._keys[found.measured]]))

    def within_any(self, origins: Iterable[tuple[float, float]], maximum_m: float, minimum_m: float = 0.0) -> Indices:
        """Return the points that lie within a distance of at least one of many origins.

        Parameters
        ----------
        origins : iterable of (float, float)
            Longitudes and latitudes, degrees.
        maximum_m, minimum_m : float
            As for `within`.

        Returns
        -------
        array of int64, shape (m,)
            Their rows, ascending, counted from 0.
        """
        marks = np.zeros(len(self), dtype=bool)
        for lon, lat in dict.fromkeys((float(lon), float(lat)) for lon, lat in origins):
            found = self._find(Band(lon, lat, maximum_m, minimum_m), marks)
            for start, stop in found.sure:
                marks[start:stop] = True
            marks[found.measured] = True
        return self._rows(self._keys[marks])

    def _find(self, band: Band, known: Bools | None = None) -> _Found:
        """Return where the points within a ring are in the index; those `known` to be are measured no more."""
        table = Table(band.lat, band.maximum_m, band.minimum_m, _STRIP)
        south, north, _ = table.extent()
        first, last = ((lat + 90) * _PER_DEGREE for lat in (south - _SPARE_DEG, north + _SPARE_DEG))
        bands = np.arange(max(int(first), 0), min(int(last), _BANDS - 1) + 1)
        edges = bands / _PER_DEGREE - 90
        (inner, outer), *holes = table.between(edges - _SPARE_DEG, edges + (1 / _PER_DEGREE + _SPARE_DEG))
        cover = self._spans(bands, band.lon - outer, band.lon + outer, whole=False)
        if holes:
            ((hole_inner, hole_outer),) = holes
            nearest = np.maximum(hole_outer, 0.0)
            sure = np.concatenate(
                [
                    self._spans(bands, band.lon + nearest, band.lon + inner, whole=True),
                    self._spans(bands, band.lon - inner, band.lon - nearest, whole=True),
                ],
                axis=1,
            )
            void = self._spans(bands, band.lon - hole_inner, band.lon + hole_inner, whole=True)
            settled = np.concatenate([sure, void], axis=1)
        else:
            settled = sure = self._spans(bands, band.lon - inner, band.lon + inner, whole=True)
        open_ = _all(_without(cover, settled))
        if known is not None:
            open_ = open_[~known[open_]]
        return _Found(sure.T.tolist(), open_[self._measured(band, open_)])

    def _spans(self, bands: Indices, west: Floats, east: Floats, whole: bool) -> Indices:
        """Return from where to where, in the index, points lie between two longitudes of each band.

        Bands whose longitudes are the wrong way round have none. Points in the same small step as an end are
        left out if `whole`, and taken in if not: they may lie on either side of it.
        """
        some = west <= east
        bands, west, east = bands[some], west[some], east[some]
        turn = 360.0 * (west < -180) - 360.0 * (west >= 180)
        west, east = west + turn, east + turn
        over = east > 180
        start = self._layout.steps(west) + whole
        stop = np.where(over, self._layout.end, self._layout.steps(east) + (not whole))
        # What passes 180 goes on from -180.
        rest = self._layout.steps(east[over] - 360) + (not whole)
        bands = np.append(bands, bands[over])
        start, stop = np.append(start, np.zeros_like(rest)), np.append(stop, rest)
        some = start < stop
        ends = np.stack([self._layout.keys(bands[some], steps[some]) for steps in (start, stop)])
        return np.searchsorted(self._keys, ends)

    def _measured(self, band: Band, places: Indices) -> Bools:
        lon, lat = self._lon[places], self._lat[places]
        try:
            return band.within(*tidy(lon, lat))
        except CoordinateError:
            raise FileError("the index is damaged: it holds points that are not on Earth") from None

    def _rows(self, keys: Indices) -> Indices:
        """Return the rows of keys, in order."""
        rows = keys & self._layout.row_mask
        if len(rows) and rows.max() >= len(self):
            raise FileError("the index is damaged: it holds rows that it cannot have")
        if len(rows) < _MANY * len(self):
            rows.sort()
            return rows
        marks = np.zeros(len(self), dtype=bool)
        marks[rows] = True
        return np.flatnonzero(marks)

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the index to a file, beside its target first and then moved into place.

        Parameters
        ----------
        path : str or path
            The file. It opens on machines with the same order of bytes.
        force : bool
            Replace the file if it exists.

        Raises
        ------
        FileError
            If the file exists, or cannot be written.
        """
        target = Path(path)
        if target.exists() and not force:
            raise FileError(f"{target}: exists; force=True replaces it")
        columns = [np.ascontiguousarray(column) for column in (self._keys, self._lon, self._lat)]
        checksum = 0
        for column in columns:
            checksum = zlib.crc32(column.data, checksum)
        header = _header(len(self), checksum)
        try:
            with _beside(target) as temporary, open(temporary, "wb") as file:
                file.write(header.ljust(_OFFSET, b"\0"))
                for column in columns:
                    file.write(column.data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise FileError(f"{target}: {error.strerror or error}") from None

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, check: bool = False) -> BandIndex:
        """Return the index of a file, which is mapped into memory and read where questions need it.

        Parameters
        ----------
        path : str or path
            A file that `save` wrote. It must stay as it is while the index is used.
        check : bool
            Read all of the file, and compare it with its checksum. Otherwise only its length and header are checked.

        Raises
        ------
        FileError
            If it cannot be read, or is not a whole index of this version.
        """
        try:
            with open(path, "rb") as file:
                count, checksum = _read_header(file.read(_OFFSET), os.fstat(file.fileno()).st_size)
            # Nothing cannot be mapped.
            mapped = np.memmap(path, np.uint8, "r", _OFFSET, (24 * count,)) if count else np.empty(0, np.uint8)
        except OSError as error:
            raise FileError(f"{path}: {error.strerror or error}") from None
        except _NotAnIndexError as error:
            raise FileError(f"{path}: {error}") from None
        if check and zlib.crc32(mapped.data) != checksum:
            raise FileError(f"{path}: is damaged, its checksum is another")
        parts = np.asarray(mapped).reshape(3, 8 * count)
        return cls(parts[0].view(np.int64), parts[1].view(np.float64), parts[2].view(np.float64))


class _Found(NamedTuple):
    """Where points are in an index."""

    sure: list[tuple[int, int]]
    measured: Indices


class _NotAnIndexError(Exception):
    """What is wrong with a file."""


def _without(cover: Indices, settled: Indices) -> Indices:
    """Return what is in some spans and not in others, as spans; of shape (2, n)."""
    places = np.concatenate([*cover, *settled])
    opens, closes = np.ones(cover.shape[1], dtype=np.int64), np.ones(settled.shape[1], dtype=np.int64)
    covered = np.concatenate([opens, -opens, 0 * closes, 0 * closes])
    left = np.concatenate([0 * opens, 0 * opens, closes, -closes])
    order = np.argsort(places, kind="stable")
    places = places[order]
    open_ = np.flatnonzero((np.cumsum(covered[order]) > 0) & (np.cumsum(left[order]) == 0))
    # The last place closes everything.
    return np.stack([places[open_], places[open_ + 1]])


def _all(spans: Indices) -> Indices:
    """Return every whole number in some spans."""
    lengths = spans[1] - spans[0]
    before = np.cumsum(lengths) - lengths
    every: Indices = np.repeat(spans[0] - before, lengths) + np.arange(lengths.sum())
    return every


def _header(count: int, checksum: int) -> bytes:
    fields = (_MAGIC, _VERSION, _ORDER, count, checksum)
    return _HEADER.pack(*fields, zlib.crc32(_HEADER.pack(*fields, 0)))


def _read_header(header: bytes, size: int) -> tuple[int, int]:
    """Return the number of rows and the checksum of the columns."""
    if not header.startswith(_MAGIC):
        raise _NotAnIndexError("is not an index: it does not begin as one")
    if len(header) < _OFFSET:
        raise _NotAnIndexError(f"is cut off after {size} bytes")
    _, version, order, count, checksum, _ = _HEADER.unpack_from(header)
    if version != _VERSION:
        raise _NotAnIndexError(f"is an index of version {version}, not {_VERSION}: make it anew")
    if order != _ORDER:
        raise _NotAnIndexError("was made on a machine with another order of bytes: make it anew")
    if _header(count, checksum).ljust(_OFFSET, b"\0") != header:
        raise _NotAnIndexError("is damaged at its beginning")
    if size != _OFFSET + 24 * count:
        raise _NotAnIndexError(f"is {size} bytes long, not {_OFFSET + 24 * count} as it should: cut off or damaged")
    return count, checksum


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Yield a path to write to, which takes the target's place at the end; `geo` knows nothing of other rooms."""
    temporary = target.with_name(f".{target.name[:40]}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
    try:
        yield temporary
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
