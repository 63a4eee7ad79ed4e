"""Origins, plain or wide, and how far places lie from them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from weapons_ref.errors import QueryError
from weapons_ref.geo import geodesy
from weapons_ref.geo.boxes import boxes_round
from weapons_ref.geo.sectors import check_sector
from weapons_ref.model import Area, Origin, Place, Reading
from weapons_ref.places.finding import PlaceLike, find_place

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weapons_ref.geo.boxes import Box
    from weapons_ref.geo.regions import Closest, Nearest, Region

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
    Indices = npt.NDArray[np.intp]

#: Where a question starts: a place, or an area from `read_area` or `find_country`.
OriginLike = PlaceLike | Area

_READINGS = ("anywhere", "somewhere", "everywhere")

#: From this many points on, a tree finds the nearest; fewer are all measured.
CROWD = 24
#: What a region and one of its parts may differ by in the distance from the nearest point of both.
SAME_DISTANCE_M = 1e-5
#: Nodes along a region's edges lie at most this far apart; see `geo.edges`.
NODE_SPACING_M = 2000.0


class Option(NamedTuple):
    """One way to reach a place: from a point, or from the points of one part of an area."""

    origin: Origin
    distance_m: float  #: as `Verdict` has it, from the whole of an area
    near_m: float  #: to the nearest point of the part
    far_m: float  #: to its farthest point; not a number where no verdict depends on it
    azimuth_deg: float | None = None  #: at the origin, as pyproj has it; None where the nearest point decides
    point: tuple[float, float] | None = None  #: longitude and latitude of an area's nearest point


class Needs(NamedTuple):
    """What a question has to know of the places it measures."""

    farthest_m: float  #: no verdict depends on what is farther, and is not shown
    minimum_m: float  #: nor on what else there is where the nearest point is at least this far


class Measured(Protocol):
    """Distances from one origin, or from many points, to some places."""

    near: Sequence[float]  #: to the nearest point, metres

    def options(self, row: int) -> list[Option]:
        """Return the ways to reach the place of a row that may decide, nearest first."""


class Start(Protocol):
    """What can measure distances: one origin, or many points at once."""

    def measure(self, lons: Sequence[float], lats: Sequence[float], needs: Needs) -> Measured:
        """Return the distances to places."""

    def latitudes(self) -> tuple[float, float]:
        """Return the southernmost and the northernmost latitude."""

    def boxes(self, distance_m: float) -> list[Box]:
        """Return boxes that hold every place within a distance."""

    def near(self, lon: Floats, lat: Floats, distance_m: float) -> Bools:
        """Say which places may lie within a distance; those that do not certainly lie beyond it."""

    def closest(self, shape: Region) -> Closest:
        """Return the shortest line to a shape."""


def origins(
    given: OriginLike | Sequence[OriginLike], uncertainty_m: float = 0.0, reading: Reading | None = None
) -> tuple[Origin, ...]:
    """Return origins, each once.

    Parameters
    ----------
    given : str, Place, Area, or a sequence of them
        Where from.
    uncertainty_m : float
        The radius round each point that it is known to lie in, metres.
    reading : {"anywhere", "somewhere", "everywhere"}, optional
        How wide origins answer: by default an area from anywhere in it, and an uncertain point from
        somewhere.

    Raises
    ------
    WeaponsRefError
        If there is none, one cannot be found, or the rest does not go with it.
    """
    if reading is not None and reading not in _READINGS:
        raise QueryError(f"{reading!r} is no way to read an origin; use {', '.join(_READINGS)}")
    listed = (given,) if isinstance(given, str | Place | Area) else given
    if uncertainty_m:
        from weapons_ref.geo.disks import check_uncertainty

        check_uncertainty(uncertainty_m)
    # A dictionary, since a thousand of them are ordinary.
    found: dict[object, Origin] = {}
    for one in listed:
        if isinstance(one, Area):
            found[id(one)] = Origin(name=one.name, area=one, reading=reading or "anywhere")
            continue
        place = find_place(one)
        origin = Origin(
            name=place.label,
            lat=place.lat,
            lon=place.lon,
            geonameid=place.geonameid,
            uncertainty_m=uncertainty_m,
            reading=(reading or "somewhere") if uncertainty_m else None,
        )
        found[origin] = origin
    if not found:
        raise QueryError("no origin; say where from")
    chosen = tuple(found.values())
    if uncertainty_m and all(origin.area for origin in chosen):
        raise QueryError("an uncertainty widens a point; an area has its own extent")
    if reading and not any(origin.reading for origin in chosen):
        raise QueryError(f"reach from {reading} is asked of an area or of a point with an uncertainty")
    return chosen


def sector_at(chosen: Sequence[Origin], sector: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return a sector with its azimuths in [0, 360).

    Raises
    ------
    QueryError
        If it is none, or an origin is wide or a pole, from which a place lies in no one direction.
    """
    if sector is None:
        return None
    for origin in chosen:
        if origin.reading is not None:
            raise QueryError(f"{origin.name}: a sector starts at a point; from a wide origin there is no one direction")
        if abs(origin.position[1]) == 90:
            raise QueryError("no sector can start at a pole, where every direction is the same; move the origin off it")
    return check_sector(*sector)


def starts(chosen: Sequence[Origin], sector: tuple[float, float] | None = None) -> list[Start]:
    """Return what measures distances from origins; many plain points are measured together."""
    points = [origin for origin in chosen if origin.reading is None]
    together: list[Start] = [_Crowd(points)] if len(points) >= CROWD and sector is None else []
    return together + [
        _Outline(origin) if origin.area else _Point(origin)
        for origin in chosen
        if not (together and origin.reading is None)
    ]


class _Point:
    """A point, or a point known to within a radius."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def measure(self, lons: Sequence[float], lats: Sequence[float], needs: Needs) -> Measured:
        origin = self._origin
        metres, azimuths = geodesy.distances(*origin.position, lons, lats)
        if not origin.uncertainty_m:
            return _ToPoint(origin, metres, metres, metres, azimuths)
        from weapons_ref.geo import disks

        radius = origin.uncertainty_m
        near = [max(0.0, metre - radius) for metre in metres]
        far = disks.farthest(*origin.position, radius, lons, lats, metres)
        return _ToPoint(origin, metres, near, far, azimuths)

    def closest(self, shape: Region) -> Closest:
        return point_region(*self._origin.position).closest(shape)

    def boxes(self, distance_m: float) -> list[Box]:
        lon, lat = self._origin.position
        return boxes_round(lon, lat, lon, lat, distance_m + self._origin.uncertainty_m)

    def near(self, lon: Floats, lat: Floats, distance_m: float) -> Bools:
        from weapons_ref.geo.band import Band

        return Band(*self._origin.position, distance_m + self._origin.uncertainty_m).within(lon, lat)

    def latitudes(self) -> tuple[float, float]:
        _, lat = self._origin.position
        degrees = self._origin.uncertainty_m / geodesy.LEAST_METRES_PER_DEGREE_OF_LATITUDE
        return lat - degrees, lat + degrees


class _ToPoint:
    def __init__(
        self,
        origin: Origin,
        metres: Sequence[float],
        near: Sequence[float],
        far: Sequence[float],
        azimuths: Sequence[float],
    ) -> None:
        self.near = near
        self._origin = origin
        self._metres, self._far, self._azimuths = metres, far, azimuths

    def options(self, row: int) -> list[Option]:
        return [Option(self._origin, self._metres[row], self.near[row], self._far[row], self._azimuths[row])]


class _Crowd:
    """Many plain points, of which the nearest decides unless it is nearer than a minimum range."""

    def __init__(self, points: Sequence[Origin]) -> None:
        from weapons_ref.geo.regions import Region

        self._points: dict[tuple[float, float], Origin] = {}
        for origin in points:
            # Of several at one position the first is named, as it is of fewer points.
            self._points.setdefault(origin.position, origin)
        self._region = Region({"type": "MultiPoint", "coordinates": list(self._points)})

    def measure(self, lons: Sequence[float], lats: Sequence[float], needs: Needs) -> Measured:
        import numpy as np

        found = self._region.nearest(np.asarray(lons), np.asarray(lats))
        return _ToCrowd(self._points, lons, lats, found, needs.minimum_m)

    def closest(self, shape: Region) -> Closest:
        return self._region.closest(shape)

    def boxes(self, distance_m: float) -> list[Box]:
        lons, lats = zip(*self._points, strict=True)
        return boxes_round(min(lons), min(lats), max(lons), max(lats), distance_m)

    def near(self, lon: Floats, lat: Floats, distance_m: float) -> Bools:
        return self._region.within(lon, lat, distance_m)

    def latitudes(self) -> tuple[float, float]:
        latitudes = [lat for _, lat in self._points]
        return min(latitudes), max(latitudes)


class _ToCrowd:
    def __init__(
        self,
        points: Mapping[tuple[float, float], Origin],
        lons: Sequence[float],
        lats: Sequence[float],
        found: Nearest,
        minimum_m: float,
    ) -> None:
        self.near: Sequence[float] = found.distance_m.tolist()
        self._points = points
        self._lons, self._lats = lons, lats
        self._nearest = list(zip(found.lon.tolist(), found.lat.tolist(), strict=True))
        self._minimum_m = minimum_m

    def options(self, row: int) -> list[Option]:
        near = self.near[row]
        if near >= self._minimum_m:
            return [Option(self._points[self._nearest[row]], near, near, near)]
        lons, lats = zip(*self._points, strict=True)
        metres, _ = geodesy.distances(self._lons[row], self._lats[row], lons, lats)
        options = []
        for near, origin in sorted(zip(metres, self._points.values(), strict=True), key=lambda way: way[0]):
            options.append(Option(origin, near, near, near))
            if near >= self._minimum_m:
                break  # what is farther than far enough says no more
        return options


class _Outline:
    """An area: lines, polygons or points."""

    def __init__(self, origin: Origin) -> None:
        assert origin.area is not None
        self._origin = origin
        self._region = region(origin.area)

    def measure(self, lons: Sequence[float], lats: Sequence[float], needs: Needs) -> Measured:
        import numpy as np

        x, y = np.asarray(lons, dtype=np.float64), np.asarray(lats, dtype=np.float64)
        found = self._region.nearest(x, y)
        anywhere = self._origin.reading == "anywhere"
        wanted = found.distance_m < needs.minimum_m if anywhere else found.distance_m <= needs.farthest_m
        rows = np.flatnonzero(wanted)
        if anywhere and len(self._region.parts) > 1:
            return _ToOutline(self._origin, found, self._of_parts(x, y, rows, found, needs.minimum_m))
        far = self._region.farthest(x[rows], y[rows]).distance_m
        options = {
            row: [Option(self._origin, near, near, metres, None, point)]
            for row, near, metres, point in zip(
                rows.tolist(), found.distance_m[rows].tolist(), far.tolist(), _points(found, rows), strict=True
            )
        }
        return _ToOutline(self._origin, found, options)

    def _of_parts(
        self, x: Floats, y: Floats, rows: Indices, whole: Nearest, minimum_m: float
    ) -> dict[int, list[Option]]:
        """Return what each part says of places nearer than a minimum range, until the nearest one holds the answer."""
        import numpy as np

        options: dict[int, list[Option]] = {row: [] for row in rows.tolist()}
        for part in sorted(self._region.parts, key=lambda part: -len(part.node_lon)):
            if not len(rows):
                break
            found = part.nearest(x[rows], y[rows])
            far = np.full(len(rows), np.nan)
            close = np.flatnonzero(found.distance_m < minimum_m)
            far[close] = part.farthest(x[rows[close]], y[rows[close]]).distance_m
            for row, distance_m, near, metres, point in zip(
                rows.tolist(),
                whole.distance_m[rows].tolist(),
                found.distance_m.tolist(),
                far.tolist(),
                _points(whole, rows),
                strict=True,
            ):
                options[row].append(Option(self._origin, distance_m, near, metres, None, point))
            # A part that ends past the minimum range has points just that far. If it is the nearest part too,
            # no other says more, whatever the system.
            done = (found.distance_m <= whole.distance_m[rows] + SAME_DISTANCE_M) & (far >= minimum_m)
            rows = rows[~done]
        return {row: sorted(ways, key=lambda option: option.near_m) for row, ways in options.items()}

    def closest(self, shape: Region) -> Closest:
        return self._region.closest(shape)

    def boxes(self, distance_m: float) -> list[Box]:
        south, north = self.latitudes()
        lons = self._region.node_lon
        # Nodes lie every 2 km, so that between two of them no edge strays farther than that; near a pole, where
        # 2 km may be many degrees, all longitudes count.
        if max(-south, north) > 89:
            return boxes_round(-180.0, south, 180.0, north, distance_m)
        return boxes_round(float(lons.min()), south, float(lons.max()), north, distance_m + NODE_SPACING_M)

    def near(self, lon: Floats, lat: Floats, distance_m: float) -> Bools:
        return self._region.within(lon, lat, distance_m)

    def latitudes(self) -> tuple[float, float]:
        lats = self._region.node_lat
        south, north = self._region.contains([0.0, 0.0], [-90.0, 90.0])
        return -90.0 if south else float(lats.min()), 90.0 if north else float(lats.max())


class _ToOutline:
    def __init__(self, origin: Origin, found: Nearest, options: Mapping[int, list[Option]]) -> None:
        self.near: Sequence[float] = found.distance_m.tolist()
        self._origin, self._found, self._options = origin, found, options

    def options(self, row: int) -> list[Option]:
        if row in self._options:
            return self._options[row]
        near = self.near[row]
        return [Option(self._origin, near, near, math.nan, None, _points(self._found, [row])[0])]


def _points(found: Nearest, rows: Indices | list[int]) -> list[tuple[float, float]]:
    return list(zip(found.lon[rows].tolist(), found.lat[rows].tolist(), strict=True))


def region(area: Area) -> Region:
    """Return an area's points, lines and polygons on the ellipsoid.

    Raises
    ------
    WeaponsRefError
        If its geometry makes no sense; the message says where.
    """
    from weapons_ref.errors import WeaponsRefError
    from weapons_ref.geo.regions import Region

    try:
        return Region(area.geometry)
    except WeaponsRefError as error:
        raise type(error)(f"{area.name}: {error}") from error


def point_region(lon: float, lat: float) -> Region:
    """Return a point as a region."""
    from weapons_ref.geo.regions import Region

    return Region({"type": "Point", "coordinates": [lon, lat]})
