"""Geodesic edges: nodes along them, and the nearest of their points.

Every edge is cut into segments of at most 2 km, whose ends, the nodes, are exact. A k-d tree on the
nodes' Earth-centred coordinates says which segments can hold the nearest point; bounds that hold
everywhere on the ellipsoid leave few of them, and those are solved with exact inverses.

Three bounds do the work. With c the straight chord between two points, their distance s satisfies
2 R asin(c / 2R) <= s for R = a^2/b, and s <= 2 R asin(c / 2R) for R = b^2/a, the largest and least
radii of curvature. Where curvature is positive (Toponogov), a segment of length l whose interior
holds the nearest point, at distance s, has an end no farther than sqrt(s^2 + (l/2)^2). And where
curvature is at most 1/b^2, a triangle's third side is at least that of the triangle with the same
two sides and angle on a sphere of radius b (Rauch), up to distances of pi b.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from weapons_ref.errors import QueryError
from weapons_ref.geo import geodesy

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

SPACING_M = 2000.0
#: Some 400 MB; the borders of all countries at 1:10 million take a third of it.
MOST_NODES = 2_000_000

LARGEST_RADIUS_M = geodesy.EQUATORIAL_RADIUS_M**2 / geodesy.POLAR_RADIUS_M
LEAST_RADIUS_M = geodesy.POLAR_RADIUS_M**2 / geodesy.EQUATORIAL_RADIUS_M
_ECCENTRICITY_SQUARED = geodesy.FLATTENING * (2 - geodesy.FLATTENING)

_BLOCK = 20_000
_NEIGHBOURS = 8
_CLUSTER = 32
_PAIRS = 2_000_000
#: What the distance may still be off by when the search for the foot of a perpendicular ends.
_PRECISION_M = 1e-10


class Path(NamedTuple):
    """Vertices joined by geodesic edges; a point is a path of one."""

    lon: Floats
    lat: Floats


class Nodes(NamedTuple):
    """Vertices and points on the edges between them; each begins a segment that ends at the next one."""

    lon: Floats
    lat: Floats
    azimuth_deg: Floats  #: the segment's direction at its start
    arrival_deg: Floats  #: its direction at its end
    length_m: Floats  #: 0 where a path ends
    vertex: Indices  #: which vertex this is, counted through all paths, or -1


class Found(NamedTuple):
    """Points of the edges, one for each point asked about."""

    distance_m: Floats
    lon: Floats
    lat: Floats


def earth_centred(lon: Floats, lat: Floats) -> Floats:
    """Return Cartesian coordinates in metres, shape (n, 3)."""
    lam, phi = np.radians(lon), np.radians(lat)
    normal = geodesy.EQUATORIAL_RADIUS_M / np.sqrt(1 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2)
    level = normal * np.cos(phi)
    height = normal * (1 - _ECCENTRICITY_SQUARED) * np.sin(phi)
    return np.stack([level * np.cos(lam), level * np.sin(lam), height], axis=-1)


def least_distance(chord_m: Floats) -> Floats:
    """Return what a distance is at least, given the chord."""
    return 2 * LARGEST_RADIUS_M * np.arcsin(np.minimum(chord_m / (2 * LARGEST_RADIUS_M), 1.0))


def largest_distance(chord_m: Floats) -> Floats:
    """Return what a distance is at most, given the chord."""
    share = chord_m / (2 * LEAST_RADIUS_M)
    arc = 2 * LEAST_RADIUS_M * np.arcsin(np.minimum(share, 1.0))
    return np.where(share < 1, np.minimum(arc, geodesy.HALF_MERIDIAN_M), geodesy.HALF_MERIDIAN_M)


def squared_chords(xyz: Floats, others: Floats) -> Floats:
    """Return the squares of all chords from some points to others, shape (n, m), to about 0.1 square metres."""
    squares: Floats = (xyz**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * xyz @ others.T
    return squares


def longest_chord(distance_m: Floats) -> Floats:
    """Return the chord that points at this distance have at most, with a millimetre to spare."""
    return 2 * LARGEST_RADIUS_M * np.sin(np.minimum(distance_m / (2 * LARGEST_RADIUS_M), np.pi / 2)) + 1e-3


def densify(paths: Sequence[Path], spacing_m: float) -> Nodes:
    """Return the vertices of some paths, and points on the edges at most a spacing apart.

    Raises
    ------
    QueryError
        If that makes more than `MOST_NODES`.
    """
    lon = np.concatenate([path.lon for path in paths])
    lat = np.concatenate([path.lat for path in paths])
    azimuth, arrival, length = _edges(lon, lat, np.cumsum([len(path.lon) for path in paths]) - 1)
    pieces = np.maximum(np.ceil(length / spacing_m), 1).astype(np.intp)
    if pieces.sum() > MOST_NODES:
        raise QueryError(
            f"{len(lon)} vertices and {length.sum() / 1000:.0f} km of edges take more than {MOST_NODES} points"
            f" {spacing_m / 1000:g} km apart: simplify the geometry, or divide it"
        )
    edge = np.repeat(np.arange(len(lon)), pieces)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    lengths = length[edge] / pieces[edge]
    lons, lats, azimuths = lon[edge], lat[edge], azimuth[edge]
    inner = np.flatnonzero(step)
    of = edge[inner]
    lons[inner], lats[inner], azimuths[inner] = geodesy.onward(
        lon[of], lat[of], azimuth[of], step[inner] * lengths[inner]
    )
    arrivals = np.append(azimuths[1:], 0.0)
    arrivals[np.cumsum(pieces) - 1] = arrival
    return Nodes(lons, lats, azimuths, arrivals, lengths, np.where(step, -1, edge))


def _edges(lon: Floats, lat: Floats, ends: Indices) -> tuple[Floats, Floats, Floats]:
    """Return azimuth, arrival and length of the edge that each vertex begins; at `ends` the length is 0."""
    after = np.minimum(np.arange(len(lon)) + 1, len(lon) - 1)
    after[ends] = ends
    length, azimuth = geodesy.pairwise(lon, lat, lon[after], lat[after])
    _, back = geodesy.pairwise(lon[after], lat[after], lon, lat)
    arrival = back + 180
    # From pole to pole every meridian is as short; the one written is meant.
    between_poles = (np.abs(lat) == 90) & (lat[after] == -lat)
    azimuth[between_poles] = np.where(lat[between_poles] > 0, 180.0, 0.0)
    arrival[between_poles] = azimuth[between_poles]
    return azimuth, arrival, length


class Edges:
    """The nodes and segments of some paths, searchable."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)
        self.nodes = densify(paths, SPACING_M)
        self.lon, self.lat = self.nodes.lon, self.nodes.lat
        self.xyz = earth_centred(self.lon, self.lat)
        self.longest_m = float(self.nodes.length_m.max())

    @functools.cached_property
    def tree(self) -> cKDTree:
        """The nodes, searchable by their Earth-centred coordinates."""
        from scipy.spatial import cKDTree

        return cKDTree(self.xyz)

    @functools.cached_property
    def _clusters(self) -> tuple[Indices, Floats, Floats]:
        """Nodes that lie close together, some dozens a row (the last row repeats one); a middle one; radii."""
        order = np.asarray(self.tree.indices, dtype=np.intp)
        order = np.pad(order, (0, -len(order) % _CLUSTER), mode="edge").reshape(-1, _CLUSTER)
        xyz = self.xyz[order]
        middle = ((xyz - xyz.mean(axis=1)[:, None]) ** 2).sum(axis=2).argmin(axis=1)
        centres = xyz[np.arange(len(xyz)), middle]
        radii = largest_distance(np.sqrt(((xyz - centres[:, None]) ** 2).sum(axis=2).max(axis=1)))
        return order, centres, radii

    @property
    def vertices(self) -> tuple[Floats, Floats]:
        """Longitudes and latitudes of the vertices."""
        return np.concatenate([path.lon for path in self.paths]), np.concatenate([path.lat for path in self.paths])

    @functools.cached_property
    def path_bounds(self) -> Indices:
        """Each path's first node, and one past the last path's last."""
        vertices = np.cumsum([0, *(len(path.lon) for path in self.paths)])
        first = np.flatnonzero(self.nodes.vertex >= 0)
        bounds: Indices = np.append(first, len(self.lon))[vertices]
        return bounds

    def nearest(self, lon: Floats, lat: Floats) -> Found:
        """Return the nearest point of the edges to each point."""
        found = Found(np.empty(len(lon)), np.empty(len(lon)), np.empty(len(lon)))
        for start in range(0, len(lon), _BLOCK):
            block = slice(start, start + _BLOCK)
            for whole, part in zip(found, self._nearest(lon[block], lat[block]), strict=True):
                whole[block] = part
        return found

    def bounds(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Return what the distance to the nearest point of the edges is at least and at most, found quickly."""
        chord = np.asarray(self.tree.query(earth_centred(lon, lat))[0], dtype=np.float64)
        # The nearest node is at least as near as the nearer end of the segment with the nearest point.
        least = np.sqrt(np.maximum(least_distance(chord) ** 2 - (self.longest_m / 2) ** 2, 0))
        return least, largest_distance(chord)

    def _nearest(self, lon: Floats, lat: Floats) -> Found:
        point, node, metres, azimuth = self._near_nodes(lon, lat)
        best = np.full(len(lon), np.inf)
        np.minimum.at(best, point, metres)
        first = np.empty(len(lon), dtype=np.intp)
        winners = np.flatnonzero(metres == best[point])
        first[point[winners]] = node[winners]
        found = Found(best, self.lon[first], self.lat[first])
        point, segment, along = self._promising(point, node, metres, azimuth, best)
        metres, foot_lon, foot_lat = self._feet(lon[point], lat[point], segment, along)
        np.minimum.at(best, point, metres)
        better = np.flatnonzero(metres == best[point])
        found.lon[point[better]] = foot_lon[better]
        found.lat[point[better]] = foot_lat[better]
        return found

    def _near_nodes(self, lon: Floats, lat: Floats) -> tuple[Indices, Indices, Floats, Floats]:
        """Return pairs of a point and a node next to what may be its nearest segment.

        With them the distance, and the azimuth at the node. Each point's nearest node is among them.
        """
        xyz = earth_centred(lon, lat)
        count = min(_NEIGHBOURS, len(self.lon))
        found = self.tree.query(xyz, k=list(range(1, count + 1)))
        chord, neighbour = np.asarray(found[0]), np.asarray(found[1], dtype=np.intp)
        closest = neighbour[:, 0]
        metres, azimuth = geodesy.pairwise(self.lon[closest], self.lat[closest], lon, lat)
        limit = longest_chord(np.hypot(metres, self.longest_m / 2))
        settled = (chord[:, -1] > limit) | (count == len(self.lon))
        row, column = np.nonzero((chord <= limit[:, None]) & settled[:, None])
        points, nodes = [row], [neighbour[row, column]]
        crowded = np.flatnonzero(~settled)
        size = max(1, _PAIRS // len(self.lon))
        for start in range(0, len(crowded), size):
            rows = crowded[start : start + size]
            row, node = self._in_a_crowd(xyz[rows], closest[rows], metres[rows], azimuth[rows], limit[rows])
            points.append(rows[row])
            nodes.append(node)
        point, node = np.concatenate(points), np.concatenate(nodes)
        metres, azimuth = geodesy.pairwise(self.lon[node], self.lat[node], lon[point], lat[point])
        return point, node, metres, azimuth

    def _in_a_crowd(
        self, xyz: Floats, closest: Indices, metres: Floats, azimuth: Floats, limit: Floats
    ) -> tuple[Indices, Indices]:
        """Return pairs of a point's row and a node, where more nodes are near than a few neighbours.

        `metres` and `azimuth` lead from the closest node to the point.
        """
        order, centres, radii = self._clusters
        row, cluster = np.nonzero(squared_chords(xyz, centres) <= (limit[:, None] + radii) ** 2 + 1)
        reach = np.hypot(metres, self.longest_m / 2) + 1e-3
        origin, towards = self.xyz[closest], self._tangents(closest, azimuth)
        up = self._normals(closest)

        def least(row: Indices, xyz: Floats) -> Floats:
            return _third_side(metres[row], xyz - origin[row], towards[row], up[row])

        keep = least(row, centres[cluster]) - radii[cluster] <= reach[row]
        row, node = np.repeat(row[keep], _CLUSTER), order[cluster[keep]].ravel()
        keep = np.sqrt(((self.xyz[node] - xyz[row]) ** 2).sum(axis=1)) <= limit[row]
        row, node = row[keep], node[keep]
        keep = least(row, self.xyz[node]) <= reach[row]
        keep |= node == closest[row]
        return row[keep], node[keep]

    def _normals(self, node: Indices) -> Floats:
        lam, phi = np.radians(self.lon[node]), np.radians(self.lat[node])
        return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)

    def _tangents(self, node: Indices, azimuth: Floats) -> Floats:
        """Return unit vectors that leave the nodes at given azimuths."""
        lam, phi, turn = np.radians(self.lon[node]), np.radians(self.lat[node]), np.radians(azimuth)
        north = np.stack([-np.sin(phi) * np.cos(lam), -np.sin(phi) * np.sin(lam), np.cos(phi)], axis=-1)
        east = np.stack([-np.sin(lam), np.cos(lam), np.zeros_like(lam)], axis=-1)
        tangents: Floats = north * np.cos(turn)[:, None] + east * np.sin(turn)[:, None]
        return tangents

    def _promising(
        self, point: Indices, node: Indices, metres: Floats, azimuth: Floats, best: Floats
    ) -> tuple[Indices, Indices, Floats]:
        """Return pairs of a point and a segment within which a nearer point may lie, and about where."""
        keep = metres <= np.hypot(best[point], self.longest_m / 2) + 1e-6
        point, node, metres, azimuth = point[keep], node[keep], metres[keep], azimuth[keep]
        segment, turn, length = self.from_nodes(node, azimuth)
        backward = np.arange(len(segment)) >= len(node)
        point, metres = np.tile(point, 2), np.tile(metres, 2)
        ahead, aside = np.cos(np.radians(turn)), np.abs(np.sin(np.radians(turn)))
        arc = metres / LARGEST_RADIUS_M
        along = LARGEST_RADIUS_M * np.arctan2(np.sin(arc) * ahead, np.cos(arc))
        arc = np.minimum(metres / geodesy.POLAR_RADIUS_M, np.pi / 2)
        across = geodesy.POLAR_RADIUS_M * np.arcsin(np.minimum(np.sin(arc) * aside, 1.0))
        keep = (ahead > 0) & (length > 0) & (along <= 1.02 * length + 1e-3) & (across <= best[point] + 1e-6)
        point, segment, length = point[keep], segment[keep], length[keep]
        along = np.clip(np.where(backward[keep], length - along[keep], along[keep]), 0.0, length)
        # A segment is seen from both its ends.
        _, once = np.unique(point * len(self.lon) + segment, return_index=True)
        return point[once], segment[once], along[once]

    def from_nodes(self, node: Indices, azimuth: Floats) -> tuple[Indices, Floats, Floats]:
        """Return the segments that leave each node, first those ahead, then those behind, twice as many.

        With them, by how much each turns from the azimuth, and its length.
        """
        behind = np.maximum(node - 1, 0)
        ahead_turn = azimuth - self.nodes.azimuth_deg[node]
        behind_turn = azimuth - self.nodes.arrival_deg[behind] + 180
        behind_length = np.where(node > 0, self.nodes.length_m[behind], 0.0)
        return (
            np.concatenate([node, behind]),
            np.concatenate([ahead_turn, behind_turn]),
            np.concatenate([self.nodes.length_m[node], behind_length]),
        )

    def along(self, segment: Indices, metres: Floats, lon: Floats, lat: Floats) -> Found:
        """Return the points so far along their segments, and their distances from other points."""
        nodes = self.nodes
        here = geodesy.onward(nodes.lon[segment], nodes.lat[segment], nodes.azimuth_deg[segment], metres)
        distance_m, _ = geodesy.pairwise(here[0], here[1], lon, lat)
        return Found(distance_m, here[0], here[1])

    def _feet(self, lon: Floats, lat: Floats, segment: Indices, along: Floats) -> Found:
        """Return the point of a segment nearest to each point, beginning the search at `along`."""
        found = Found(np.full(len(lon), np.inf), np.empty(len(lon)), np.empty(len(lon)))
        active = np.arange(len(lon))
        low, high = np.zeros(len(lon)), self.nodes.length_m[segment].copy()
        for _ in range(60):
            if not len(active):
                break
            at = segment[active]
            here = geodesy.onward(self.lon[at], self.lat[at], self.nodes.azimuth_deg[at], along[active])
            metres, azimuth = geodesy.pairwise(here[0], here[1], lon[active], lat[active])
            nearer = metres < found.distance_m[active]
            for whole, part in zip(found, (metres, here[0], here[1]), strict=True):
                whole[active[nearer]] = part[nearer]
            ahead = np.cos(np.radians(azimuth - here[2]))
            # Past an end once tried, so that it is not tried again.
            low[active] = np.where(ahead > 0, np.maximum(along[active], 1e-9), low[active])
            high[active] = np.where(ahead > 0, high[active], np.minimum(along[active], self.nodes.length_m[at] - 1e-9))
            step = _step(metres, ahead)
            target = along[active] + step
            # Newton's step, unless it leaves what is left: then half of that, or its end.
            middle = (low[active] + high[active]) / 2
            outside = (target < low[active]) | (target > high[active])
            edge = np.clip(target, 0.0, self.nodes.length_m[at])
            untried = outside & ((edge == low[active]) | (edge == high[active])) & (edge != along[active])
            target = np.where(untried, edge, np.where(outside, middle, target))
            gain = np.abs(ahead * (target - along[active])) / 2
            along[active] = target
            active = active[gain > _PRECISION_M]
        return found


def _step(metres: Floats, ahead: Floats) -> Floats:
    """Return how far along a geodesic the foot of the perpendicular lies, by Newton's method on a sphere."""
    arc = np.maximum(metres / geodesy.POLAR_RADIUS_M, 1e-9)
    slope = ahead**2 + (1 - ahead**2) * arc / np.tan(arc)
    return metres * ahead / np.maximum(slope, 1e-3)


def _third_side(metres: Floats, offset: Floats, towards: Floats, up: Floats) -> Floats:
    """Return what the distance to each point is at least, known from a reference node.

    From the node `towards` and `metres` lead to the point asked about, `offset` to another place. The
    slack stands for taking the chord and its direction for those of the geodesic: less than what
    flattening changes either by. Past 3,000 km from the node nothing is said.
    """
    chord = np.sqrt((offset**2).sum(axis=1))
    level = offset - (offset * up).sum(axis=1)[:, None] * up
    ahead = (level * towards).sum(axis=1) / np.maximum(np.sqrt((level**2).sum(axis=1)), 1e-9)
    a = metres / geodesy.POLAR_RADIUS_M
    b = 2 * np.arcsin(np.minimum(chord / (2 * geodesy.POLAR_RADIUS_M), 1.0))
    haversine = np.sin((a - b) / 2) ** 2 + np.sin(a) * np.sin(b) * np.maximum(1 - ahead, 0) / 2
    side = 2 * geodesy.POLAR_RADIUS_M * np.arcsin(np.sqrt(np.clip(haversine, 0, 1)))
    known = (chord < 3e6) & (metres + chord < 0.99 * geodesy.SHORTEST_ALWAYS_M)
    return np.where(known, side - 2e-3 * chord * b**2 - 1e-3, 0.0)
