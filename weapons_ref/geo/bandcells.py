"""A grid of cells over the circle round an origin: one look-up says of most points whether they are within.

Millions of points pass through here, and what they cost is what each of them costs in a few additions
and comparisons, made in place on blocks that stay in the processor's cache.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from weapons_ref.geo.bandtable import SPARE, Table, decide

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

_ROWS, _COLUMNS = 512, 512
_OUT, _IN, _UNSURE = 0, 1, 2
#: Doubles next to this one are a row of cells apart: what is added to it is rounded to whole rows.
_ROUNDER = 1.5 * 2**52 * _COLUMNS

#: Points outside the disk's box of longitude and latitude are left out beforehand, unless it is so high or goes round,
_HIGH_DEG = 120.0
#: or more of the points than this are inside: to pick those out would take longer than to look all of them up.
_MOST_NEAR = 0.3


class Room(NamedTuple):
    """Arrays to compute in, used again for every block."""

    x: Floats
    y: Floats
    flags: Bools
    other: Bools

    @classmethod
    def make(cls, size: int) -> Room:
        """Return room for so many points."""
        x, y = np.empty((2, size))
        flags, other = np.empty((2, size), dtype=bool)
        return cls(x, y, flags, other)

    def upto(self, count: int) -> Room:
        """Return the first so many elements of each."""
        return Room(self.x[:count], self.y[:count], self.flags[:count], self.other[:count])


class Cells:
    """A grid over latitude and longitude that knows of each cell whether all of it is in, all out, or neither.

    Columns count longitude or, where the disk lies across the antimeridian, the difference in longitude from the
    meridian opposite the origin's, which is the same at -180 and 180. The outermost rows and columns of a
    grid that does not go round the globe lie outside the disk, and stand for all that is farther.

    Parameters
    ----------
    lon : float
        Of the origin, degrees.
    table : Table
        Of the ring.
    """

    def __init__(self, lon: float, table: Table) -> None:
        self._south, self._north, width = table.extent()
        self._round = width > 90
        self._boxed = not self._round or self._north - self._south < _HIGH_DEG
        # Not all of these numbers mean something in all cases, as `_differences` and `near` tell.
        self._west, self._east = lon - width, lon + width
        self._across = not self._round and (self._west < -180 or self._east > 180)
        self._opposite = lon - math.copysign(180.0, lon)
        self._start, self._column, self._shift = self._west, (_COLUMNS - 4) / (2 * width), 2
        if self._round:
            self._start, self._column, self._shift = 0.0, (_COLUMNS - 4) / 360, _COLUMNS // 2
        elif self._across:
            self._start = 180 - width
            self._west += 360 * (self._west < -180)
            self._east -= 360 * (self._east > 180)
        # Rows are whole steps of latitude, since to round to those takes one addition; south's is the second or third.
        south, north = (self._south, self._north) if self._boxed else (-90.0, 90.0)
        row = (_ROWS - 4) / (north - south)
        first = math.floor(south * row) - 1
        self._row, self._first = row * _COLUMNS, first * float(_COLUMNS)
        steps: Floats = first + np.arange(_ROWS, dtype=np.float64)
        bounds = table.between((steps - 0.5 - SPARE) / row, (steps + 0.5 + SPARE) / row)
        bounds = [(inner[:, None], outer[:, None]) for inner, outer in bounds]
        inside, outside = decide(bounds, *self._differences(180.0 if self._across else lon))
        codes = np.full(inside.shape, _UNSURE, dtype=np.uint8)
        codes[outside], codes[inside] = _OUT, _IN
        self._codes = codes.ravel()[self._shift :]

    def _differences(self, middle: float) -> tuple[Floats, Floats]:
        """Return between which differences in longitude from the origin each column lies."""
        columns = np.arange(_COLUMNS) - self._shift
        west, east = (self._start + (columns + shift) / self._column - middle for shift in (-SPARE, 1 + SPARE))
        ends = [np.abs((end + 180) % 360 - 180) for end in (west, east)]
        least, most = np.minimum(*ends), np.maximum(*ends)
        for turn in (-360, 0, 360):
            least[(west <= turn) & (turn <= east)] = 0.0
            most[(west <= turn + 180) & (turn + 180 <= east)] = 180.0
        return least, most

    def near(self, lon: Floats, lat: Floats, room: Room) -> Indices | None:
        """Return which points lie in the disk's box, or None where those are too many to be picked out."""
        if not self._boxed:
            return None
        near, other = room.flags, room.other
        np.greater_equal(lat, self._south, out=near)
        np.logical_and(near, np.less_equal(lat, self._north, out=other), out=near)
        if self._across:
            np.greater_equal(lon, self._west, out=other)
            either = np.logical_or(other, lon <= self._east, out=other)
            np.logical_and(near, either, out=near)
        elif not self._round:
            np.logical_and(near, np.greater_equal(lon, self._west, out=other), out=near)
            np.logical_and(near, np.less_equal(lon, self._east, out=other), out=near)
        return np.flatnonzero(near) if np.count_nonzero(near) < _MOST_NEAR * len(lat) else None

    def look_up(self, lon: Floats, lat: Floats, in_box: bool, room: Room, codes: Bytes) -> Indices:
        """Say of points in known cells whether they are in the ring.

        Parameters
        ----------
        lon, lat : array of float64, shape (n,)
            Degrees.
        in_box : bool
            Whether all of them lie in the disk's box; see `near`.
        room : Room
            Of n elements.
        codes : array of uint8, shape (n,)
            Takes the answers: 1 in the ring, 0 not.

        Returns
        -------
        array of int64
            The points of whose cells nothing is known.
        """
        x, y, flags, _ = room
        np.multiply(lat, self._row, out=y)
        np.add(y, _ROUNDER, out=y)
        np.subtract(y, _ROUNDER + self._first, out=y)
        if self._across:
            lon = np.abs(np.subtract(lon, self._opposite, out=x), out=x)
        if self._round:
            np.multiply(lon, self._column, out=x)
        else:
            np.subtract(lon, self._start, out=x)
            np.multiply(x, self._column, out=x)
        if self._boxed and not in_box:
            np.clip(y, 0.0, (_ROWS - 1.0) * _COLUMNS, out=y)
            if not self._round:
                np.clip(x, -2.0, _COLUMNS - 2.5, out=x)
        np.add(x, y, out=x)
        # Whole parts, since nothing but points of the first row, all of it out, can be negative here.
        cells = y.view(np.int64)
        np.copyto(cells, x, casting="unsafe")
        self._codes.take(cells, out=codes, mode="clip")
        return np.flatnonzero(np.equal(codes, _UNSURE, out=flags))
