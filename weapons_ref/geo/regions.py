"""Regions: points, lines and polygons on the ellipsoid, and how far places are from them.

A region is what a GeoJSON geometry says, with edges that are shortest geodesics. The distance from a
region is that from its nearest point, 0 inside a polygon; its farthest point counts where a range
has to hold from all of it. `docs/method.md` has the mathematics.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from weapons_ref.errors import CoordinateError, QueryError
from weapons_ref.geo import geodesy
from weapons_ref.geo.closest import closest_pair
from weapons_ref.geo.edges import Edges, Path, densify
from weapons_ref.geo.farthest import farthest
from weapons_ref.geo.geometries import Shape, shapes
from weapons_ref.geo.insides import Insides, Ring, unroll
from weapons_ref.geo.raster import Raster

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Numbers = Floats | Sequence[float]

#: A raster is made in the time that this many points take to measure.
_WORTH_A_RASTER = 50_000
_MOST_RASTERS = 4


class SupportsGeoInterface(Protocol):
    """What shapely and its like are: an object that can say its GeoJSON."""

    @property
    def __geo_interface__(self) -> Mapping[str, Any]: ...


class Nearest(NamedTuple):
    """For each point asked about, the nearest (or the farthest) point of a region."""

    distance_m: Floats
    lon: Floats
    lat: Floats


class Closest(NamedTuple):
    """The closest points of two regions."""

    distance_m: float
    lon1: float
    lat1: float
    lon2: float
    lat2: float


class Region:
    """Points, lines and polygons as one set of points on the ellipsoid.

    Parameters
    ----------
    geometry : mapping or object with __geo_interface__
        A GeoJSON geometry of any type, collections included. Edges are shortest geodesics, longitudes
        count modulo 360, heights are left out. A polygon's inside is what RFC 7946 means, whatever
        its winding; a ring round a pole encloses the smaller area.

    Raises
    ------
    CoordinateError
        If a position is not on Earth.
    QueryError
        If the geometry is empty, of an unknown type, has rings that are not closed, an edge between
        antipodes, or more vertices and longer edges than memory allows.
    """

    def __init__(self, geometry: Mapping[str, Any] | SupportsGeoInterface) -> None:
        mapping = geometry if isinstance(geometry, Mapping) else getattr(geometry, "__geo_interface__", None)
        self._set_up(shapes(mapping))

    def _set_up(self, members: Sequence[Shape]) -> None:
        self._shapes = tuple(members)
        self._rasters: dict[float, Raster] = {}
        self._edges = Edges([Path(path.lon, path.lat) for shape in members for path in shape.paths])
        self.has_inside = any(shape.polygon for shape in members)

    @functools.cached_property
    def parts(self) -> tuple[Region, ...]:
        """Each point, line and polygon as a region of its own."""
        if len(self._shapes) == 1:
            return (self,)
        parts = []
        for shape in self._shapes:
            part = Region.__new__(Region)
            part._set_up([shape])
            parts.append(part)
        return tuple(parts)

    @property
    def node_lon(self) -> Floats:
        """Longitudes of the vertices and of points on the edges, at most 2 km apart."""
        return self._edges.lon

    @property
    def node_lat(self) -> Floats:
        """Their latitudes."""
        return self._edges.lat

    @property
    def vertices(self) -> tuple[Floats, Floats]:
        """Longitudes and latitudes of the vertices, and of the poles that edges run over."""
        return self._edges.vertices

    def nodes(self, spacing_m: float) -> tuple[Floats, Floats]:
        """Return longitudes and latitudes of the vertices and of points on the edges.

        Parameters
        ----------
        spacing_m : float
            How far apart neighbours on an edge may be, metres.

        Raises
        ------
        QueryError
            If that takes more points than memory allows.
        """
        if not spacing_m > 0:
            raise QueryError(f"a spacing of {spacing_m:g} m is not above 0")
        nodes = densify(self._edges.paths, spacing_m)
        return nodes.lon, nodes.lat

    @functools.cached_property
    def _polygons(self) -> tuple[tuple[Ring, ...], ...]:
        bounds = self._edges.path_bounds
        nodes = self._edges.nodes
        written = np.concatenate([path.written_lon for shape in self._shapes for path in shape.paths])
        written = np.where(nodes.vertex >= 0, written[nodes.vertex], nodes.lon)
        polygons, first = [], 0
        for shape in self._shapes:
            if shape.polygon:
                spans = [slice(*bounds[first + i : first + i + 2]) for i in range(len(shape.paths))]
                polygons.append(tuple(unroll(nodes.lon[s], nodes.lat[s], written[s]) for s in spans))
            first += len(shape.paths)
        return tuple(polygons)

    def polygons(self) -> tuple[tuple[Ring, ...], ...]:
        """Return each polygon's exterior and holes as closed curves in the plane; see `insides.Ring`."""
        return self._polygons

    @functools.cached_property
    def _insides(self) -> Insides:
        return Insides(self._polygons)

    def contains(self, lon: Numbers, lat: Numbers) -> Bools:
        """Say which points lie inside a polygon of the region; on an edge, either.

        Parameters
        ----------
        lon, lat : array of float64, shape (n,)
            Degrees.

        Raises
        ------
        CoordinateError
            If a point is not on Earth.
        """
        lon, lat = check_points(lon, lat)
        return self._contains(lon, lat)

    def _contains(self, lon: Floats, lat: Floats) -> Bools:
        return self._insides.contains(lon, lat) if self.has_inside else np.zeros(len(lon), dtype=bool)

    def nearest(self, lon: Numbers, lat: Numbers) -> Nearest:
        """Return the distance to the region and its nearest point, for each of many points.

        Parameters
        ----------
        lon, lat : array of float64, shape (n,)
            Degrees.

        Returns
        -------
        Nearest
            Arrays of shape (n,). Inside a polygon the distance is 0, and the point itself the nearest.
            Distances are those of the exact inverse to a point of the edges, which is nearest to
            within 1e-6 m.

        Raises
        ------
        CoordinateError
            If a point is not on Earth.
        """
        lon, lat = check_points(lon, lat)
        nearest = Nearest(np.zeros(len(lon)), lon + 0.0, lat + 0.0)
        outside = np.flatnonzero(~self._contains(lon, lat))
        found = self._edges.nearest(lon[outside], lat[outside])
        for whole, part in zip(nearest, found, strict=True):
            whole[outside] = part
        return nearest

    def farthest(self, lon: Numbers, lat: Numbers) -> Nearest:
        """Return the distance to the farthest point of the region, and that point, for each of many points.

        Parameters
        ----------
        lon, lat : array of float64, shape (n,)
            Degrees.

        Returns
        -------
        Nearest
            Arrays of shape (n,). Where a polygon holds a point's antipode, that is the farthest point.
            Elsewhere it lies on an edge: at a vertex as long as the distance is below a quarter of
            the globe, where it is convex along edges; beyond, on one of the segments of 2 km that
            could hold a greater distance than any of their ends, found there to a millimetre.

        Raises
        ------
        CoordinateError
            If a point is not on Earth.
        """
        lon, lat = check_points(lon, lat)
        antipode = np.where(lon > 0, lon - 180, lon + 180)
        result = Nearest(np.full(len(lon), geodesy.HALF_MERIDIAN_M), antipode, -lat)
        rest = np.flatnonzero(~self._contains(antipode, -lat))
        found = farthest(self._edges, lon[rest], lat[rest])
        for whole, part in zip(result, found, strict=True):
            whole[rest] = part
        return result

    def within(
        self, lon: Numbers, lat: Numbers, maximum_m: float, minimum_m: float = 0.0, reading: str = "anywhere"
    ) -> Bools:
        """Say which points are within range of the region.

        Parameters
        ----------
        lon, lat : array of float64, shape (n,)
            Degrees.
        maximum_m, minimum_m : float
            The range, metres; its ends belong to it.
        reading : {"anywhere", "everywhere"}
            Whether from at least one point of the region, one that is connected at a time (the nearest
            point within the maximum, the farthest beyond the minimum), or from every point of it.

        Returns
        -------
        array of bool, shape (n,)
            What the exact distances say, for every point. For tens of thousands of points and more,
            cells known to be within or outside answer for most of them.

        Raises
        ------
        CoordinateError
            If a point is not on Earth.
        QueryError
            If not 0 <= minimum <= maximum, or the reading is unknown.
        """
        if not 0 <= minimum_m <= maximum_m:
            raise QueryError(f"a range from {minimum_m:g} m to {maximum_m:g} m: not 0 <= minimum <= maximum")
        if reading not in ("anywhere", "everywhere"):
            raise QueryError(f"unknown reading {reading!r}: anywhere or everywhere")
        lon, lat = check_points(lon, lat)
        near = self._near(lon, lat, maximum_m)
        rows = np.flatnonzero(near)
        if reading == "everywhere":
            near[rows] = self.farthest(lon[rows], lat[rows]).distance_m <= maximum_m
            rows = np.flatnonzero(near)
            if minimum_m > 0:
                near[rows] = self.nearest(lon[rows], lat[rows]).distance_m >= minimum_m
        elif minimum_m > 0:
            near[rows] = self._beyond(lon[rows], lat[rows], maximum_m, minimum_m)
        return near

    def _near(self, lon: Floats, lat: Floats, radius_m: float) -> Bools:
        if radius_m >= geodesy.HALF_MERIDIAN_M:
            return np.ones(len(lon), dtype=bool)
        raster = self._rasters.get(radius_m)
        if raster is None and len(lon) < _WORTH_A_RASTER:
            return self.nearest(lon, lat).distance_m <= radius_m
        if raster is None:
            raster = Raster(self._edges, self._contains, radius_m)
            if len(self._rasters) >= _MOST_RASTERS:
                del self._rasters[next(iter(self._rasters))]
            self._rasters[radius_m] = raster
        return raster.within(lon, lat, lambda lon, lat: self.nearest(lon, lat).distance_m)

    def _beyond(self, lon: Floats, lat: Floats, maximum_m: float, minimum_m: float) -> Bools:
        """Say which points within the maximum of the region are so of a part that reaches to the minimum."""
        found = self.nearest(lon, lat).distance_m >= minimum_m
        for part in self.parts:
            rows = np.flatnonzero(~found)
            rows = rows[part.nearest(lon[rows], lat[rows]).distance_m <= maximum_m]
            found[rows] = part.farthest(lon[rows], lat[rows]).distance_m >= minimum_m
        return found

    def closest(self, other: Region) -> Closest:
        """Return the closest points of this region and another one; where they meet, one point twice.

        Parameters
        ----------
        other : Region
            The second point is its.

        Returns
        -------
        Closest
            The distance is exact to 1e-6 m.
        """
        for first, second in ((self, other), (other, self)):
            lon, lat = first._edges.vertices
            inside = np.flatnonzero(second._contains(lon, lat))
            if len(inside):
                x, y = float(lon[inside[0]]), float(lat[inside[0]])
                return Closest(0.0, x, y, x, y)
        return Closest(*closest_pair(self._edges, other._edges))


def check_points(lon: Numbers, lat: Numbers) -> tuple[Floats, Floats]:
    """Return checked arrays of positions, longitudes brought into [-180, 180].

    Raises
    ------
    CoordinateError
        If the arrays are not of one dimension and one length, or a position is not on Earth.
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if lon.ndim != 1 or lon.shape != lat.shape:
        raise CoordinateError(f"longitudes of shape {lon.shape} and latitudes of {lat.shape}: not two equal columns")
    # A NaN makes every comparison false.
    if len(lon) and lon.min() >= -180 and lon.max() <= 180 and lat.min() >= -90 and lat.max() <= 90:
        return lon, lat
    bad = ~((np.abs(lon) <= 540) & (np.abs(lat) <= 90))
    if bad.any():
        row = int(bad.argmax())
        try:
            geodesy.check_position(float(lon[row]), float(lat[row]))
        except CoordinateError as error:
            raise CoordinateError(f"row {row + 1}: {error}") from None
    return np.where(np.abs(lon) > 180, lon - np.copysign(360.0, lon), lon), lat
