"""Where the outline of something drawn is off, on the map in steps of 1e-7 degrees."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from weapons_ref.geo import geodesy, rings
from weapons_ref.geo.edges import earth_centred

if TYPE_CHECKING:
    from weapons_ref.geo.regions import Nearest

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

#: A degree, of latitude or along the equator, is nowhere longer.
_MOST_METRES_PER_DEGREE = 111_700.0
#: Sizes of cells are rounded down to powers of 2 with this many steps between.
_STEPS = 4


class Off(NamedTuple):
    """Points of an outline that are off, the worst first, and the points of the region that say so."""

    lon: Floats
    lat: Floats
    region_lon: Floats
    region_lat: Floats


class Outline:
    """Finds where an outline is off, and remembers which of its edges are not.

    Parameters
    ----------
    locate : callable
        A region's `nearest` or `farthest`.
    off_m : callable
        Says by how much a distance is off.
    radius_m : float
        The distance that the outline is about.
    missed_m : float
        By how much it may be off between two samples.
    """

    def __init__(
        self,
        locate: Callable[[Floats, Floats], Nearest],
        off_m: Callable[[Floats], Floats],
        radius_m: float,
        missed_m: float,
    ) -> None:
        self._locate, self._off_m, self._missed_m = locate, off_m, missed_m
        # How fast the slope of the distance can change along a geodesic, per metre.
        self._bend = 1 / min(radius_m, max(geodesy.HALF_MERIDIAN_M - radius_m, missed_m))
        self._good: set[tuple[int, ...]] = set()

    def off(self, drawn: shapely.Geometry, extra: tuple[Floats, Floats] | None = None, every: int = 1) -> Off:
        """Return where what is drawn is off, looking at one edge in every so many.

        Extra points, longitudes and latitudes, are looked at where what is drawn holds them.
        """
        keys = [key for key in map(tuple, _edges(drawn).tolist()) if key not in self._good][::every]
        first, lon, lat = self._samples(np.array(keys, dtype=float).reshape(-1, 4) / rings.GRID)
        if extra is not None:
            inside = shapely.intersects_xy(drawn, extra[0] * rings.GRID, extra[1] * rings.GRID)
            lon, lat = np.append(lon, extra[0][inside]), np.append(lat, extra[1][inside])
        found = self._locate(lon, lat)
        off_m = self._off_m(found.distance_m)
        if len(first):
            worst = np.maximum.reduceat(off_m, first)
            self._good.update(key for key, off in zip(keys, worst.tolist(), strict=True) if off <= 0)
        order = np.argsort(-off_m)[: np.count_nonzero(off_m > 0)]
        return Off(lon[order], lat[order], found.lon[order], found.lat[order])

    def _samples(self, edges: Floats) -> tuple[Indices, Floats, Floats]:
        """Return points along edges, in degrees, and which of them is each edge's first.

        Between two samples s apart the distance is off by no more than bend s^2 / 8 beyond the samples.
        """
        starts, steps = edges[:, :2], edges[:, 2:] - edges[:, :2]
        least, most = (bound(np.abs(edges[:, 1]), np.abs(edges[:, 3])) for bound in (np.minimum, np.maximum))
        length_m = np.hypot(steps[:, 0] * np.cos(np.radians(least)), steps[:, 1]) * _MOST_METRES_PER_DEGREE
        spacing_m = np.sqrt(8 * self._missed_m / (self._bend + straight_bend(most)))
        pieces = np.maximum(np.ceil(length_m / spacing_m), 1).astype(np.intp)
        first = np.cumsum(pieces) - pieces
        edge = np.repeat(np.arange(len(edges)), pieces)
        part = (np.arange(len(edge)) - first[edge]) / pieces[edge]
        lon, lat = (starts[edge] + steps[edge] * part[:, None]).T
        return first, lon, lat


def straight_bend(lat: Floats) -> Floats:
    """Return how much, per metre, lines straight in longitude and latitude bend at most: twice what parallels do."""
    bend: Floats = 2 * np.tan(np.radians(np.minimum(np.abs(lat), 89.9))) / geodesy.POLAR_RADIUS_M
    return bend


def polygons_only(drawn: shapely.Geometry) -> shapely.Geometry:
    """Return a geometry without its lines and points."""
    parts = shapely.get_parts(shapely.get_parts(drawn))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def thinned(lon: Floats, lat: Floats, cell_m: float | Floats) -> Indices:
    """Return the first of the points in each cell of a cube of cells, whose sizes may differ."""
    sizes = np.exp2(np.floor(_STEPS * np.log2(np.broadcast_to(cell_m, lon.shape))) / _STEPS)[:, None]
    cells = np.concatenate([np.floor(earth_centred(lon, lat) / sizes), sizes], axis=1)
    chosen: Indices = np.sort(np.unique(cells, axis=0, return_index=True)[1])
    return chosen


def _edges(drawn: shapely.Geometry) -> npt.NDArray[np.int64]:
    """Return the edges of polygons, shape (n, 4), without those along poles and the antimeridian."""
    lines = shapely.get_rings(shapely.get_parts(polygons_only(drawn)))
    coordinates, ring = shapely.get_coordinates(lines, return_index=True)
    joined = ring[1:] == ring[:-1]
    starts, ends = coordinates[:-1][joined], coordinates[1:][joined]
    cut = (np.abs(starts[:, 0]) == 180 * rings.GRID) & (starts[:, 0] == ends[:, 0])
    cut |= (np.abs(starts[:, 1]) == 90 * rings.GRID) & (starts[:, 1] == ends[:, 1])
    edges: npt.NDArray[np.int64] = np.concatenate([starts, ends], axis=1)[~cut].astype(np.int64)
    return edges
