"""Which of millions of points lie within a radius of a region, at a table look-up each.

The globe is cut into cells of an eighth of a degree. A cell is known to lie within the radius, or
outside, when its centre's distance says so for all of it; where the radius ends runs a band of mixed
cells, cut 32 by 32 in the same way. Only points in those still mixed are measured exactly, so that
no answer depends on the cells.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from weapons_ref.geo.edges import LARGEST_RADIUS_M, Edges

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]
Cells = npt.NDArray[np.int32]

_PER_DEGREE = 8
_SUB = 32
_WIDTH, _HEIGHT = 360 * _PER_DEGREE + 1, 180 * _PER_DEGREE + 1
#: Sides of the cells tried one after the other, in cells and then in sub-cells.
_SIZES = (64, 16, 4, 1)
_SUB_SIZES = (8, 2, 1)
#: Some 40 MB of sub-cells; what is mixed beyond that is measured exactly.
_MOST_SUBGRIDS = 40_000
_OUT, _IN, _MIXED = 0, 1, 2
#: Where bounds are so many times looser than cells are large, sub-cells would cost more than they save.
_TOO_LOOSE = 8
_BLOCK = 1 << 16
#: Added to a cell's radius for rounding in the look-up, which is far less.
_SPARE_M = 0.1


class Raster:
    """The points within a radius of a region.

    Parameters
    ----------
    edges : Edges
        The region's edges.
    contains : callable
        Says which points lie inside its polygons.
    radius_m : float
        Metres.
    """

    def __init__(self, edges: Edges, contains: Callable[[Floats, Floats], Bools], radius_m: float) -> None:
        self._edges, self._contains, self._radius_m = edges, contains, radius_m
        table = np.zeros((_HEIGHT, _WIDTH), dtype=np.int32)
        columns, rows = self._fill_cells(table)
        # A mixed cell's number is that of its sub-grid and 2; sub-grid 0 is mixed throughout.
        table[rows, columns] = _MIXED
        columns, rows = columns[:_MOST_SUBGRIDS], rows[:_MOST_SUBGRIDS]
        table[rows, columns] = _MIXED + 1 + np.arange(len(rows), dtype=np.int32)
        # Longitude 180 is -180; the north pole is measured.
        table[:, -1] = table[:, 0]
        table[-1] = _MIXED
        self._table = table.ravel()
        self._sub_cells = self._fill_sub_cells(columns, rows)

    def _fill_cells(self, table: Cells) -> tuple[Indices, Indices]:
        """Mark the cells within the radius, and return columns and rows of those that are mixed."""
        size = _SIZES[0]
        rows, columns = (axis.ravel() for axis in np.indices((-(-_HEIGHT // size), _WIDTH // size)))
        for finer in (*_SIZES[1:], 0):
            codes, _ = self._sort(columns, rows, size / _PER_DEGREE)
            inside, mixed = codes == _IN, codes == _MIXED
            all_columns, all_rows, _ = _cut(columns[inside], rows[inside], size)
            table[np.minimum(all_rows, _HEIGHT - 1), all_columns] = _IN
            columns, rows = columns[mixed], rows[mixed]
            if finer:
                columns, rows, _ = _cut(columns, rows, size // finer)
                size = finer
        return columns, rows

    def _fill_sub_cells(self, columns: Indices, rows: Indices) -> Codes:
        """Return the codes of all cells of the sub-grids, of which these cells have one each."""
        codes = np.zeros((len(rows) + 1, _SUB, _SUB), dtype=np.int8)
        codes[0] = _MIXED
        number, coarser = np.arange(1, len(rows) + 1), _SUB
        for size in _SUB_SIZES:
            columns, rows, of = _cut(columns, rows, coarser // size)
            number, coarser = number[of], size
            found, loose = self._sort(columns, rows, size / (_PER_DEGREE * _SUB))
            settled = (found != _MIXED) | loose | (size == 1)
            all_columns, all_rows, of = _cut(columns[settled], rows[settled], size)
            codes[number[settled][of], all_rows % _SUB, all_columns % _SUB] = found[settled][of]
            number, columns, rows = number[~settled], columns[~settled], rows[~settled]
        return codes.ravel()

    def _sort(self, columns: Indices, rows: Indices, degrees: float) -> tuple[Codes, Bools]:
        """Say which square cells of a grid are within the radius, outside it, or mixed, and where bounds are loose."""
        south = rows * degrees - 90
        north = np.minimum(south + degrees, 90.0)
        lon = ((columns + 0.5) * degrees - 180).astype(np.float64)
        lat = np.minimum((south + north) / 2, 90.0).astype(np.float64)
        closest_to_equator = np.where(south * north < 0, 0.0, np.minimum(np.abs(south), np.abs(north)))
        # No point of a cell is farther from its centre than the straight line on the map is long.
        width = np.cos(np.radians(closest_to_equator)) * degrees
        radius = LARGEST_RADIUS_M * np.radians(np.hypot(width, north - south)) / 2 + _SPARE_M
        least, most = self._edges.bounds(lon, lat)
        open_to = (most + radius > self._radius_m) & (least - radius <= self._radius_m)
        measured = open_to & (most - least > radius / 4)
        too_loose: Bools = most - least > _TOO_LOOSE * radius
        least[measured] = most[measured] = self._edges.nearest(lon[measured], lat[measured]).distance_m
        codes = np.where(most + radius <= self._radius_m, _IN, _MIXED).astype(np.int8)
        clear = np.flatnonzero((codes == _MIXED) & (least > radius))
        inside = self._contains(lon[clear], lat[clear])
        codes[clear[inside]] = _IN
        codes[clear[~inside & (least[clear] - radius[clear] > self._radius_m)]] = _OUT
        return codes, too_loose

    def within(self, lon: Floats, lat: Floats, measure: Callable[[Floats, Floats], Floats]) -> Bools:
        """Say which points lie within the radius.

        Parameters
        ----------
        lon, lat : array of float64, shape (n,)
            Degrees, in [-180, 180] and [-90, 90].
        measure : callable
            Returns the exact distances of points from the region.
        """
        result = np.empty(len(lon), dtype=bool)
        unsettled = []
        for start in range(0, len(lon), _BLOCK):
            rows = slice(start, start + _BLOCK)
            mixed = self._look_up(lon[rows], lat[rows], result[rows])
            unsettled.append(mixed + start)
        rest = np.concatenate(unsettled) if unsettled else np.empty(0, dtype=np.intp)
        result[rest] = measure(lon[rest], lat[rest]) <= self._radius_m
        return result

    def _look_up(self, lon: Floats, lat: Floats, result: Bools) -> Indices:
        """Answer for points in cells that are not mixed, and return the others' numbers."""
        x, y = lon * _PER_DEGREE + 180 * _PER_DEGREE, lat * _PER_DEGREE + 90 * _PER_DEGREE
        column, row = x.astype(np.int32), y.astype(np.int32)
        cell = self._table.take(row * np.int32(_WIDTH) + column)
        np.equal(cell, _IN, out=result)
        mixed: Indices = np.flatnonzero(cell >= _MIXED)
        sub_column = ((x[mixed] - column[mixed]) * _SUB).astype(np.int32)
        sub_row = ((y[mixed] - row[mixed]) * _SUB).astype(np.int32)
        code = self._sub_cells.take(((cell[mixed] - _MIXED) * _SUB + sub_row) * _SUB + sub_column)
        result[mixed] = code == _IN
        still: Indices = mixed[code == _MIXED]
        return still


def _cut(columns: Indices, rows: Indices, pieces: int) -> tuple[Indices, Indices, Indices]:
    """Cut cells into `pieces` by `pieces`; return columns, rows, and which cell each was cut from."""
    row, column = (axis.ravel() for axis in np.indices((pieces, pieces)))
    of = np.repeat(np.arange(len(columns)), pieces**2)
    return (
        (columns[:, None] * pieces + column).ravel(),
        (rows[:, None] * pieces + row).ravel(),
        of,
    )
