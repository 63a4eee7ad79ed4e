"""Which of millions of points lie within a distance: look-ups decide nearly all, exact distances the rest.

A grid of cells is laid over the polylines of `weapons_ref.geo.bandtable`. One look-up says that a point's
cell is all in or all out; points in cells that a polyline crosses are compared with the polylines; points
between those, a strip some millionths of the radius wide, are measured. The answers are those of
exact distances for every point.

`docs/method.md` has the mathematics with its sources.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt

from weapons_ref.errors import CoordinateError, QueryError
from weapons_ref.geo import geodesy
from weapons_ref.geo.bandcells import Cells, Room
from weapons_ref.geo.bandtable import COARSE, FINE, Bins, Table, decide

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: After so many points in all the cells pay, after so many that those leave open the bins do, and after so many
#: that these leave open polylines closer to the circle.
_CELLS_FROM = 100_000
_BINS_FROM = 2000
_FINE_FROM = 20_000
#: Points looked at together, which with what is computed from them stay in the cache.
BLOCK = 32768
#: After a block of which most points are in the disk's box, so many are looked up as a whole.
_ALIKE = 8


class Band:
    """Which of many points lie within a disk or annulus round an origin, by a certified table over latitude.

    Parameters
    ----------
    lon, lat : float
        The origin, degrees.
    maximum_m, minimum_m : float
        Metres; both ends belong to the ring.

    Raises
    ------
    CoordinateError
        If the origin is not on Earth.
    QueryError
        If the distances are not 0 <= minimum <= maximum, or the maximum is not finite and above 0.
    """

    def __init__(self, lon: float, lat: float, maximum_m: float, minimum_m: float = 0.0) -> None:
        if not (math.isfinite(maximum_m) and maximum_m > 0):
            raise QueryError(f"a maximum of {maximum_m:g} m: it must be finite and above 0")
        if not 0 <= minimum_m <= maximum_m:
            raise QueryError(f"a minimum of {minimum_m:g} m: it must be from 0 to the maximum of {maximum_m:g} m")
        self.lon, self.lat = geodesy.check_position(float(lon), float(lat))
        self.maximum_m, self.minimum_m = float(maximum_m), float(minimum_m)
        self._asked = self._settled = self._measured = 0

    @functools.cached_property
    def _table(self) -> Table:
        return Table(self.lat, self.maximum_m, self.minimum_m, COARSE)

    @functools.cached_property
    def _bins(self) -> Bins:
        return Bins(self._table)

    @functools.cached_property
    def _cells(self) -> Cells:
        return Cells(self.lon, self._table)

    @functools.cached_property
    def _fine(self) -> Table:
        return Table(self.lat, self.maximum_m, self.minimum_m, FINE)

    def within(self, lon: Floats, lat: Floats) -> Bools:
        """Say of each point whether its distance is in the ring, exactly as the inverse problem says.

        Parameters
        ----------
        lon, lat : array of float64, shape (n,)
            Degrees, already checked: longitudes in [-180, 180], latitudes in [-90, 90].

        Returns
        -------
        array of bool, shape (n,)
        """
        answers = self._answers(len(lon))
        for start in range(0, len(lon), BLOCK):
            answers.add(start, lon[start : start + BLOCK], lat[start : start + BLOCK])
        return answers.finish()

    def within_checked(self, lon: Floats, lat: Floats) -> Bools:
        """Say the same of points that may be nowhere on Earth; see `tidy`."""
        answers = self._answers(len(lon))
        for start in range(0, len(lon), BLOCK):
            # In blocks, since what has just been checked is still in the cache.
            answers.add(start, *tidy(lon[start : start + BLOCK], lat[start : start + BLOCK], start))
        return answers.finish()

    def _answers(self, count: int) -> _Answers:
        # Batches of one file count together.
        self._asked += count
        return _Answers(self, self._cells if self._asked >= _CELLS_FROM else None, count)

    def settle(self, lon: Floats, lat: Floats) -> Bools:
        """Say the same of points that the cells leave open, or that are too few for them."""
        self._settled += len(lon)
        if self._settled < _BINS_FROM:
            return self._measure(lon, lat)
        dl = np.abs(lon - self.lon)
        dl = np.minimum(dl, 360 - dl)
        inside, outside = decide(self._bins.at(lat), dl, dl)
        rows = np.flatnonzero(~(inside | outside))
        self._measured += len(rows)
        if self._measured >= _FINE_FROM:
            inside[rows], outside = decide(self._fine.at(lat[rows]), dl[rows], dl[rows])
            rows = rows[~(inside[rows] | outside)]
        inside[rows] = self._measure(lon[rows], lat[rows])
        return inside

    def _measure(self, lon: Floats, lat: Floats) -> Bools:
        metres = np.asarray(geodesy.distances(self.lon, self.lat, lon, lat)[0], dtype=np.float64)
        return (metres >= self.minimum_m) & (metres <= self.maximum_m)


def within(
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    *,
    origin: tuple[float, float],
    maximum_m: float,
    minimum_m: float = 0.0,
) -> Bools:
    """Say of each of many points whether it lies within a distance of an origin.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        Degrees; whatever numpy makes an array of doubles of. Longitudes up to 540 either way are turned back.
    origin : (float, float)
        Longitude and latitude, degrees.
    maximum_m, minimum_m : float
        Metres; a distance equal to one of them is within.

    Returns
    -------
    array of bool, shape (n,)
        As the exact geodesic distance says, for every point.

    Raises
    ------
    CoordinateError
        If a point or the origin is not on Earth, not a number included; the first such row is named,
        counted from 0. Or if the arrays are not two of one dimension and equal length.
    QueryError
        If the distances are not 0 <= minimum <= maximum, or the maximum is not finite and above 0.
    """
    if isinstance(origin, str) or len(origin) != 2:
        raise CoordinateError(f"an origin of {origin!r}: it must be a longitude and a latitude, degrees")
    band = Band(*origin, maximum_m, minimum_m)
    return band.within_checked(*columns(lon, lat))


def columns(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return longitudes and latitudes as arrays of doubles, not yet checked one by one.

    Raises
    ------
    CoordinateError
        If they are not numbers, or not two columns of equal length.
    """
    x, y = _column("longitudes", lon), _column("latitudes", lat)
    if len(x) != len(y):
        raise CoordinateError(f"{len(x)} longitudes and {len(y)} latitudes: there must be as many of both")
    return x, y


def _column(name: str, values: npt.ArrayLike) -> Floats:
    # What is masked is not a number.
    array = np.ma.filled(values.astype(np.float64), math.nan) if np.ma.isMaskedArray(values) else np.asarray(values)
    try:
        # What has an imaginary part, or counts days, numpy would turn into numbers all the same.
        column = array.astype(np.float64, copy=False) if array.dtype.kind not in "cmM" else None
    except (TypeError, ValueError):
        column = None
    if column is None:
        raise CoordinateError(f"{name} of type {array.dtype}: they must be numbers, degrees")
    if column.ndim != 1:
        raise CoordinateError(f"{name} of shape {column.shape}: they must have one dimension")
    return column


def tidy(lon: Floats, lat: Floats, first: int = 0) -> tuple[Floats, Floats]:
    """Return points with their longitudes brought into [-180, 180].

    Parameters
    ----------
    lon, lat : array of float64, shape (n,)
        Degrees. They are not changed.
    first : int
        The number of the first row, for messages.

    Raises
    ------
    CoordinateError
        If a point is not on Earth; see `geodesy.check_position`. The first one is named.
    """
    if not len(lon):
        return lon, lat
    west, east = np.minimum.reduce(lon), np.maximum.reduce(lon)
    # Comparisons with what is not a number are false.
    if not (np.minimum.reduce(lat) >= -90 and np.maximum.reduce(lat) <= 90 and west >= -540 and east <= 540):
        row = int(np.argmin((np.abs(lat) <= 90) & (np.abs(lon) <= 540)))
        try:
            geodesy.check_position(float(lon[row]), float(lat[row]))
        except CoordinateError as error:
            raise CoordinateError(f"row {first + row}: {error}") from None
    if west < -180 or east > 180:
        lon = np.where(np.abs(lon) > 180, lon - np.copysign(360.0, lon), lon)
    return lon, lat


class _Kept:
    """Points from some blocks, kept together until there are enough to go on with."""

    def __init__(self, most: int) -> None:
        self._rows, self._lon, self._lat = np.empty(most, dtype=np.int64), np.empty(most), np.empty(most)
        self._count = 0

    def add(self, rows: Indices, lon: Floats, lat: Floats) -> bool:
        """Keep a block's rows, and say whether there may be no room for another's."""
        part = slice(self._count, self._count + len(rows))
        self._rows[part], self._lon[part], self._lat[part] = rows, lon, lat
        self._count = part.stop
        return self._count + BLOCK > len(self._rows)

    def take(self) -> tuple[Indices, Floats, Floats]:
        """Return all of them, and keep none."""
        count, self._count = self._count, 0
        return self._rows[:count], self._lon[:count], self._lat[:count]


class _Answers:
    """What a band says of points that come block by block."""

    def __init__(self, band: Band, cells: Cells | None, count: int) -> None:
        self._band = band
        self._cells = cells
        self._answers = np.zeros(count, dtype=bool)
        if cells:
            self._room = Room.make(BLOCK)
            self._near, self._open = _Kept(2 * BLOCK), _Kept(3 * BLOCK)
            self._dense_until = 0

    def add(self, start: int, lon: Floats, lat: Floats) -> None:
        """Answer the next block."""
        answers = self._answers[start : start + len(lon)]
        if not self._cells:
            answers[:] = self._band.settle(lon, lat)
            return
        room = self._room.upto(len(lon))
        rows = None
        if start >= self._dense_until:
            rows = self._cells.near(lon, lat, room)
            self._dense_until = start + _ALIKE * BLOCK if rows is None else 0
        if rows is None:
            unsure = self._cells.look_up(lon, lat, False, room, answers.view(np.uint8))
            self._keep_open(unsure + start, lon[unsure], lat[unsure])
        elif len(rows) and self._near.add(rows + start, lon[rows], lat[rows]):
            self._look_up_near(self._cells)

    def _look_up_near(self, cells: Cells) -> None:
        """Look up the points in the disk's box, from several blocks."""
        rows, lon, lat = self._near.take()
        for start in range(0, len(rows), BLOCK):
            part = slice(start, start + BLOCK)
            row, x, y = rows[part], lon[part], lat[part]
            codes = np.empty(len(row), dtype=np.uint8)
            unsure = cells.look_up(x, y, True, self._room.upto(len(row)), codes)
            self._answers.view(np.uint8)[row] = codes
            self._keep_open(row[unsure], x[unsure], y[unsure])

    def _keep_open(self, rows: Indices, lon: Floats, lat: Floats) -> None:
        """Keep points of whose cells nothing is known."""
        if len(rows) and self._open.add(rows, lon, lat):
            self._settle()

    def _settle(self) -> None:
        rows, lon, lat = self._open.take()
        self._answers[rows] = self._band.settle(lon, lat)

    def finish(self) -> Bools:
        """Return the answers."""
        if self._cells:
            self._look_up_near(self._cells)
            self._settle()
        return self._answers
