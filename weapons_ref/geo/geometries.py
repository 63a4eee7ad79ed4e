"""GeoJSON geometries as paths of checked vertices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from weapons_ref.errors import CoordinateError, QueryError
from weapons_ref.geo import geodesy

Floats = npt.NDArray[np.float64]


class WrittenPath(NamedTuple):
    """Vertices joined by geodesic edges; a point is a path of one. Where an edge runs over a pole, it is a vertex."""

    lon: Floats  #: in [-180, 180]
    lat: Floats
    written_lon: Floats  #: as the geometry has it


class Shape(NamedTuple):
    """A point, a line or a polygon with its exterior first."""

    paths: tuple[WrittenPath, ...]
    polygon: bool


def shapes(geometry: object) -> list[Shape]:
    """Return the points, lines and polygons of a GeoJSON geometry, in its order.

    Raises
    ------
    CoordinateError
        If a position is not on Earth.
    QueryError
        If the geometry is empty, of an unknown type, its rings are not closed, or an edge runs
        between antipodes.
    """
    found: list[Shape] = []
    for kind, coordinates in _members(geometry):
        found.append(_shape(kind, coordinates, f"part {len(found) + 1}"))
    if not found:
        raise QueryError("an empty geometry: no point, line or polygon in it")
    return found


def _members(geometry: object) -> Iterator[tuple[str, object]]:
    """Walk a geometry's points, lines and polygons: type and coordinates."""
    waiting = [geometry]
    while waiting:
        member = waiting.pop()
        member = member if isinstance(member, Mapping) else {}
        kind = member.get("type")
        if kind == "GeometryCollection":
            waiting.extend(reversed(_listed(member.get("geometries"), "the geometries of a GeometryCollection")))
        elif kind in ("MultiPoint", "MultiLineString", "MultiPolygon"):
            for coordinates in _listed(member.get("coordinates"), f"the coordinates of a {kind}"):
                yield kind.removeprefix("Multi"), coordinates
        elif kind in ("Point", "LineString", "Polygon"):
            if _listed(member.get("coordinates"), f"the coordinates of a {kind}"):
                yield kind, member["coordinates"]
        else:
            raise QueryError(
                f"not a GeoJSON geometry: its type is {kind!r} and not Point, LineString, Polygon,"
                " one of their Multi forms or GeometryCollection"
            )


def _listed(value: object, what: str) -> Sequence[Any]:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, list | tuple):
        raise QueryError(f"{what} are not a list")
    return value


def _shape(kind: str, coordinates: object, part: str) -> Shape:
    if kind == "Point":
        return Shape((_path([coordinates], part),), False)
    if kind == "LineString":
        line = _listed(coordinates, f"{part}: the positions of a line")
        if len(line) < 2:
            raise QueryError(f"{part}: a line of {len(line)} positions, which takes two")
        return Shape((_path(line, part),), False)
    rings = _listed(coordinates, f"{part}: the rings of a polygon")
    if not rings:
        raise QueryError(f"{part}: a polygon without rings")
    return Shape(tuple(_ring(ring, f"{part}, ring {number}") for number, ring in enumerate(rings, 1)), True)


def _ring(positions: object, part: str) -> WrittenPath:
    positions = _listed(positions, f"{part}: its positions")
    if len(positions) < 4:
        raise QueryError(f"{part}: a ring of {len(positions)} positions, which takes four or more")
    ring = _path(positions, part)
    if (ring.lon[0] - ring.lon[-1]) % 360 or ring.lat[0] != ring.lat[-1]:
        raise QueryError(f"{part}: a ring that is not closed: its last position is not its first")
    return ring


def _path(positions: Sequence[Any], part: str) -> WrittenPath:
    for number, position in enumerate(positions, 1):
        if not _is_position(position):
            raise QueryError(f"{part}, position {number}: {str(position)[:60]} is not a longitude and a latitude")
    written = np.array([position[0] for position in positions], dtype=np.float64)
    lat = np.array([position[1] for position in positions], dtype=np.float64) + 0.0
    bad = ~((np.abs(written) <= 540) & (np.abs(lat) <= 90))
    if bad.any():
        number = int(bad.argmax())
        try:
            geodesy.check_position(float(written[number]), float(lat[number]))
        except CoordinateError as error:
            raise CoordinateError(f"{part}, position {number + 1}: {error}") from None
    lon = np.where(np.abs(written) > 180, written - np.copysign(360.0, written), written) + 0.0
    return _over_poles(WrittenPath(lon, lat, written), part)


def _is_position(position: object) -> bool:
    if not isinstance(position, list | tuple) or len(position) < 2:
        return False
    return all(type(value) in (float, int) or _is_number(value) for value in position[:2])


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


def _over_poles(path: WrittenPath, part: str) -> WrittenPath:
    """Make the pole a vertex where an edge runs over it, and refuse edges that could run anywhere."""
    lon, lat, written = path
    turn = (lon[1:] - lon[:-1]) % 360
    opposite = (turn == 180) & (np.abs(lat[1:]) < 90) & (np.abs(lat[:-1]) < 90)
    from_pole_to_pole = (lat[1:] == -lat[:-1]) & (np.abs(lat[1:]) == 90)
    metres, _ = geodesy.pairwise(lon[:-1], lat[:-1], lon[1:], lat[1:])
    # The meridian is the one shortest geodesic over a pole, unless both poles are as near.
    sure = (
        (metres <= geodesy.SHORTEST_ALWAYS_M) | (opposite & (lat[1:] != -lat[:-1])) | (from_pole_to_pole & (turn == 0))
    )
    if not sure.all():
        number = int(np.argmin(sure)) + 1
        raise QueryError(
            f"{part}, positions {number} and {number + 1}: an edge of {metres[number - 1] / 1000:.0f} km"
            " between antipodes could run either way: put a position between"
        )
    edges = np.flatnonzero(opposite)
    poles = np.copysign(90.0, lat[edges] + lat[edges + 1])
    return WrittenPath(
        np.insert(lon, edges + 1, lon[edges]),
        np.insert(lat, edges + 1, poles),
        np.insert(written, edges + 1, lon[edges]),
    )
