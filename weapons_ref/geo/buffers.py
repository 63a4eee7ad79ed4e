"""Rings of regions: what lies within a range of some point of a region, or of all its points.

What lies within S of the nearest point of a region is its inside and all disks of radius S round
points of its edges; what lies within S of the farthest is what those disks have in common. A few
disks are enough. With E the error bound, disks may be left out as long as no point of the outline is
nearer than S - E (or farther than S + E). A point outside the outline that is nearer than that has a
shortest path to the region, on which the distance only falls, and which crosses the outline: there
the outline would be nearer too. So disks are added where the outline is off until it no longer is.

`docs/method.md` has the mathematics.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import shapely

from weapons_ref.errors import QueryError
from weapons_ref.geo import circles, drawing, fills, geodesy, rings, tiles
from weapons_ref.geo.edges import LARGEST_RADIUS_M
from weapons_ref.geo.outlines import Off, Outline, polygons_only, thinned

if TYPE_CHECKING:
    from weapons_ref.geo.regions import Region

Floats = npt.NDArray[np.float64]
Reading = Literal["anywhere", "everywhere", "somewhere"]

#: What cutting and joining on the grid can move an edge by, beside the rounding of its vertices.
_SNAPPING_M = 0.05
#: Disks are drawn to half of the error bound, so that few disks are needed along an edge.
_DISK_SHARE = 0.5
#: What samples of the outline may miss between them.
_MISSED_SHARE = 0.25
#: A body is drawn this much more roughly than its rim, unless the error is this part of the radius.
_ROUGHER = 32
_ROUGH = 1_500
#: Near the antipode circles are small, and geodesics cross.
_LONGEST_M = 0.9 * geodesy.HALF_MERIDIAN_M
#: All disks are drawn when there are not many times as many as the search would begin with.
_FEW = 4
#: More vertices of disks than this take longer than tiles, which leave more vertices in the outline.
_MOST_VERTICES = 250_000
#: That few are drawn whatever there is.
_FEW_DISKS = 32
_FEW_EDGES = 16

_WORLD = shapely.box(-180 * rings.GRID, -90 * rings.GRID, 180 * rings.GRID, 90 * rings.GRID)
_NOTHING = shapely.Polygon()


def near(region: Region, radius_m: float, max_error_m: float = 10.0) -> shapely.MultiPolygon:
    """Return what lies within a range of at least one point of a region.

    Parameters
    ----------
    region : Region
        Points, lines and polygons.
    radius_m : float
        The range, metres.
    max_error_m : float
        How far, in metres, the distance may be from the range along the outline.

    Returns
    -------
    shapely.MultiPolygon
        As `weapons_ref.geo.rings.annulus` returns it.

    Raises
    ------
    QueryError
        If the range is not above 0, the error too small for seven decimals, the ring too small to
        show on them, or the region too large.
    """
    ring = rings.finish(_near(region, _check_radius(radius_m), _tolerance_m(max_error_m)))
    if ring.is_empty:
        raise QueryError(f"a ring of {radius_m:g} m is too small to draw")
    return ring


def far(region: Region, radius_m: float, max_error_m: float = 10.0) -> shapely.MultiPolygon:
    """Return what lies within a range of every point of a region, which may be nothing.

    Parameters, result and errors are those of `near`.
    """
    return rings.finish(_far(region, _check_radius(radius_m), _tolerance_m(max_error_m)))


def region_bands(
    region: Region,
    maximum_m: tuple[float, float],
    minimum_m: tuple[float, float] = (0.0, 0.0),
    reading: Reading = "anywhere",
    max_error_m: float = 10.0,
) -> tuple[shapely.MultiPolygon, shapely.MultiPolygon]:
    """Return what is certainly within range of a region, and what only possibly.

    Parameters
    ----------
    region : Region
        Points, lines and polygons.
    maximum_m, minimum_m : (float, float)
        The lowest and the highest maximum range, and the same of the minimum range, metres.
    reading : {"anywhere", "everywhere", "somewhere"}
        Reach from at least one point of the region, from every point, from one unknown point.
    max_error_m : float
        As in `near`.

    Returns
    -------
    within, disputed : shapely.MultiPolygon
        They do not overlap; either may be empty.

    Raises
    ------
    QueryError
        As in `near`, and if the minimum is not below the maximum.
    """
    low, high = maximum_m
    if not (math.isfinite(high) and 0 <= minimum_m[0] <= minimum_m[1] and minimum_m[0] < high and 0 < low <= high):
        raise QueryError(f"a ring from {minimum_m[0]:g} m to {high:g} m: the minimum must be below the maximum")
    draw = _Primitives(region, _tolerance_m(max_error_m))
    if reading == "anywhere":
        certain, possible = draw.anywhere(low, minimum_m[1]), draw.anywhere(high, minimum_m[0])
    elif reading == "everywhere":
        certain, possible = draw.far_not_near(low, minimum_m[1]), draw.far_not_near(high, minimum_m[0])
    else:
        certain, possible = draw.far_not_near(low, minimum_m[1]), draw.near_not_far(region, high, minimum_m[0])
    # Drawn from different disks, what is certain can stick out of what is possible by the error.
    certain = shapely.intersection(certain, possible, grid_size=1)
    return rings.finish(certain), rings.finish(shapely.difference(possible, certain, grid_size=1))


def dissolve(geometries: Sequence[shapely.MultiPolygon]) -> shapely.MultiPolygon:
    """Return the union of finished rings, finished in the same way.

    Parameters
    ----------
    geometries : sequence of shapely.MultiPolygon
        In degrees, cut at the antimeridian, as `near` and `weapons_ref.geo.rings.annulus` return them.
    """
    return rings.finish(shapely.union_all(_on_grid(geometries), grid_size=1))


def dissolve_bands(
    bands: Sequence[tuple[shapely.MultiPolygon, shapely.MultiPolygon]],
) -> tuple[shapely.MultiPolygon, shapely.MultiPolygon]:
    """Return the union of what is within, and what is disputed everywhere in the union of both.

    Parameters
    ----------
    bands : sequence of (within, disputed)
        As `region_bands` and `weapons_ref.geo.rings.bands` return them.
    """
    within = shapely.union_all(_on_grid([certain for certain, _ in bands]), grid_size=1)
    possible = shapely.union_all(_on_grid([ring for pair in bands for ring in pair]), grid_size=1)
    return rings.finish(within), rings.finish(shapely.difference(possible, within, grid_size=1))


def _on_grid(geometries: Sequence[shapely.MultiPolygon]) -> list[shapely.Geometry]:
    return [shapely.transform(geometry, lambda xy: np.rint(xy * rings.GRID)) for geometry in geometries]


class _Primitives:
    """What is near a region, what is far from none of it, each drawn once, in grid steps."""

    def __init__(self, region: Region, tolerance_m: float) -> None:
        self._region = region
        self.near = functools.cache(functools.partial(_near, tolerance_m=tolerance_m))
        self.far = functools.cache(functools.partial(_far, tolerance_m=tolerance_m))

    def far_not_near(self, maximum_m: float, minimum_m: float) -> shapely.Geometry:
        """Return d+ <= maximum without d- < minimum."""
        drawn = self.far(self._region, maximum_m)
        if minimum_m == 0 or drawn.is_empty:
            return drawn
        return shapely.difference(drawn, self.near(self._region, minimum_m), grid_size=1)

    def near_not_far(self, region: Region, maximum_m: float, minimum_m: float) -> shapely.Geometry:
        """Return d- <= maximum without d+ < minimum."""
        drawn = self.near(region, maximum_m)
        if minimum_m == 0:
            return drawn
        return shapely.difference(drawn, self.far(region, minimum_m), grid_size=1)

    def anywhere(self, maximum_m: float, minimum_m: float) -> shapely.Geometry:
        """Return from where to where some part of the region reaches.

        A part is connected: it has points at every distance between its nearest and its farthest. What is
        near the region but reached by no part lies within the minimum range of all of a part, of a small one.
        """
        near = self.near(self._region, maximum_m)
        if minimum_m == 0:
            return near
        missed = [self._missed(number, maximum_m, minimum_m) for number in range(len(self._region.parts))]
        return shapely.difference(near, shapely.union_all(missed, grid_size=1), grid_size=1)

    def _missed(self, number: int, maximum_m: float, minimum_m: float) -> shapely.Geometry:
        """Return what is too near to all of one part, and out of reach of the others."""
        parts = self._region.parts
        missed = self.far(parts[number], minimum_m)
        if missed.is_empty:
            return missed
        lon, lat = np.array([[column[0] for column in part.vertices] for part in parts]).T
        start = lon[number : number + 1], lat[number : number + 1]
        metres, _ = geodesy.pairwise(np.repeat(start[0], len(lon)), np.repeat(start[1], len(lon)), lon, lat)
        # It lies within the minimum range of the part's first vertex.
        if ((metres >= 2 * minimum_m) & (metres + minimum_m <= maximum_m)).any():
            return _NOTHING
        for other, part in enumerate(parts):
            if other != number and part.nearest(*start).distance_m[0] <= maximum_m + minimum_m:
                missed = shapely.difference(missed, self.near_not_far(part, maximum_m, minimum_m), grid_size=1)
        return missed


def _check_radius(radius_m: float) -> float:
    if not (math.isfinite(radius_m) and radius_m > 0):
        raise QueryError(f"a ring of {radius_m:g} m: the range must be above 0")
    return radius_m


def _tolerance_m(max_error_m: float) -> float:
    """Return the error bound less what rounding takes."""
    return drawing.tolerance_m(max_error_m) - _SNAPPING_M


def _near(region: Region, radius_m: float, tolerance_m: float) -> shapely.Geometry:
    """Return what is near a region, on the map, in grid steps."""
    if rings.covers_globe(radius_m):
        return _WORLD
    disk_m = min(_DISK_SHARE * tolerance_m, radius_m / 4)
    nodes = region.nodes(_spacing_m(radius_m - disk_m, radius_m - tolerance_m))
    if len(nodes[0]) <= _FEW_DISKS:
        return _with_disks(region, nodes, radius_m, disk_m)
    outline = Outline(
        region.nearest,
        lambda metres: radius_m - tolerance_m * (1 - _MISSED_SHARE) - metres,
        radius_m,
        tolerance_m * _MISSED_SHARE,
    )
    few_only = tolerance_m < radius_m / _ROUGH and radius_m < _LONGEST_M
    from_disks = _near_from_disks(region, nodes, outline, radius_m, tolerance_m, few_only)
    if from_disks is not None:
        return from_disks
    # A body, drawn roughly, from which a rim is missing of at most twice its own tolerance.
    rough_m = min(tolerance_m * _ROUGHER, radius_m / 8)
    drawn = _near(region, radius_m - rough_m, rough_m)
    while True:
        off = outline.off(drawn)
        if not len(off.lon):
            return drawn
        chosen = thinned(off.lon, off.lat, tiles.half_length_m(off.lat, radius_m, disk_m))
        lon, lat, region_lon, region_lat = (column[chosen] for column in off)
        pieces = tiles.tiles(region_lon, region_lat, lon, lat, radius_m, 3 * rough_m, disk_m)
        drawn = shapely.union_all([drawn, *pieces], grid_size=1)


def _near_from_disks(
    region: Region,
    nodes: tuple[Floats, Floats],
    outline: Outline,
    radius_m: float,
    tolerance_m: float,
    few_only: bool,
) -> shapely.Geometry | None:
    """Return what is near a region from disks round nodes so close that all of them would do; None if it takes many."""
    disk_m = min(_DISK_SHARE * tolerance_m, radius_m / 4)
    # So close that no part of the region is left outside all disks.
    start = thinned(*nodes, radius_m / 3)
    # The vertices of a disk: chords of a circle that leave it by the tolerance.
    most = _MOST_VERTICES / (2 * math.pi * math.sqrt(radius_m / (8 * disk_m))) if few_only else math.inf
    if len(start) > most:
        return None
    if len(nodes[0]) <= _FEW * len(start):
        return _with_disks(region, nodes, radius_m, disk_m)
    drawn = _with_disks(region, (nodes[0][start], nodes[1][start]), radius_m, disk_m)
    while True:
        off = outline.off(drawn)
        if not len(off.lon):
            return drawn
        lon, lat = _one_in_each_cell(off, radius_m, tolerance_m)
        if len(lon) > most:
            return None
        drawn = shapely.union_all([drawn, *circles.disks(lon, lat, radius_m, disk_m)], grid_size=1)


def _with_disks(
    region: Region, centres: tuple[Floats, Floats], radius_m: float, tolerance_m: float
) -> shapely.Geometry:
    disks = circles.disks(*centres, radius_m, tolerance_m)
    return shapely.union_all([*fills.inside(region, radius_m), *disks], grid_size=1)


def _far(region: Region, radius_m: float, tolerance_m: float) -> shapely.Geometry:
    """Return what is far from no point of a region, on the map, in grid steps."""
    if rings.covers_globe(radius_m):
        return _WORLD
    disk_m = min(_DISK_SHARE * tolerance_m, radius_m / 4)
    limit_m = radius_m + tolerance_m * (1 - _MISSED_SHARE)
    lon, lat = region.vertices
    _, one_lon, one_lat = region.farthest(lon[:1], lat[:1])
    across_m, other_lon, other_lat = region.farthest(one_lon, one_lat)
    if across_m[0] > 2 * limit_m:
        return _NOTHING
    # The distance from a point rises on the way to its antipode, where what is drawn must not reach.
    antipodes = np.where(lon > 0, lon - 180, lon + 180), -lat
    outline = Outline(region.farthest, lambda metres: metres - limit_m, radius_m, tolerance_m * _MISSED_SHARE)
    drawn: shapely.Geometry = _WORLD
    lon, lat = np.append(one_lon, other_lon), np.append(one_lat, other_lat)
    # Farthest points take long to find; a few edges show most of the disks that are missing.
    every = _FEW_EDGES
    while True:
        for disk in circles.disks(lon, lat, radius_m, disk_m):
            drawn = polygons_only(shapely.intersection(drawn, disk, grid_size=1))
        if drawn.is_empty:
            return drawn
        off = outline.off(drawn, antipodes, every)
        if not len(off.lon) and every > 1:
            every = 1
            off = outline.off(drawn, antipodes)
        if not len(off.lon):
            return drawn
        lon, lat = _one_in_each_cell(off, radius_m, tolerance_m)


def _one_in_each_cell(off: Off, radius_m: float, tolerance_m: float) -> tuple[Floats, Floats]:
    """Return the centres of disks that are missing, the worst one in each cell."""
    cell_m = math.sqrt(tolerance_m * min(radius_m, max(geodesy.HALF_MERIDIAN_M - radius_m, tolerance_m)))
    chosen = thinned(off.region_lon, off.region_lat, cell_m)
    return off.region_lon[chosen], off.region_lat[chosen]


def _spacing_m(disk_m: float, limit_m: float) -> float:
    """Return how far apart disks round points of an edge may be, so that they hold all that is nearer than a limit.

    From a point at the limit from the edge it is no farther to a node half a spacing away than the
    hypotenuse on a sphere as little curved as the poles (Toponogov). Past a quarter of its girth
    the ends of an edge will do.
    """
    limit, disk = max(limit_m, 0.0) / LARGEST_RADIUS_M, disk_m / LARGEST_RADIUS_M
    if disk >= math.pi / 2:
        return math.pi * LARGEST_RADIUS_M
    # Twice acos(cos disk / cos limit), in a form that keeps small angles.
    square = math.sin((disk - limit) / 2) * math.sin((disk + limit) / 2) / math.cos(limit)
    return 4 * LARGEST_RADIUS_M * math.asin(math.sqrt(square))
