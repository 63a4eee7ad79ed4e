"""Range rings as polygons that hold what they claim, everywhere on Earth.

A disk of radius S round an origin is drawn on a sheet: latitude against the difference in longitude
from the origin, dl in [-180, 180]. For a fixed latitude the distance never decreases as |dl| grows,
so that the disk is exactly ``|dl| <= h(latitude)``, its boundary a graph over latitude, mirrored at
the origin's meridian. Three things follow. The boundary cannot cross itself. A pole inside is
nothing but a sheet that reaches the top or bottom edge. And when every point of an edge lies within
E of the radius, every point farther than E from the circle lies on the right side of it: by
monotony a point left of the edge is nearer than the edge's own point at that latitude.

The sheet is then laid on the map, cut at +-180 degrees and sewn together where it had its own seam.
This happens on a grid of 1e-7 degrees in whole numbers, where cutting and sewing are exact.

`docs/method.md` has the mathematics with its sources.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import shapely

from weapons_ref.errors import QueryError
from weapons_ref.geo import drawing, geodesy, wedges
from weapons_ref.geo.sectors import check_sector

Floats = npt.NDArray[np.float64]

GRID = drawing.GRID
_BASE_STEP_DEG = 5.0


def annulus(
    lon: float,
    lat: float,
    outer_m: float,
    inner_m: float = 0.0,
    max_error_m: float = 10.0,
    sector: tuple[float, float] | None = None,
) -> shapely.MultiPolygon:
    """Return the points from `inner_m` to `outer_m` of an origin as an RFC 7946 polygon.

    Parameters
    ----------
    lon, lat : float
        The origin, degrees.
    outer_m, inner_m : float
        The radii, metres; no inner one cuts nothing out.
    max_error_m : float
        How far, in metres, an edge may lie from the true circle or ray. Vertices lie on it.
    sector : (float, float), optional
        The azimuths at the origin to keep, degrees clockwise from one to the other; all if not given.

    Returns
    -------
    shapely.MultiPolygon
        Longitude and latitude on seven decimals; exteriors counter-clockwise, cut at the
        antimeridian, pole edges written out, no edge longer than 90 degrees.

    Raises
    ------
    CoordinateError
        If the origin is not on Earth.
    QueryError
        If the radii are not 0 <= inner < outer, the error is too small for seven decimals, the
        ring too small to show on them, or the sector one that cannot be; see `check_sector` and `wedge`.
    """
    if not (math.isfinite(outer_m) and 0 <= inner_m < outer_m):
        raise QueryError(f"a ring from {inner_m:g} m to {outer_m:g} m: the minimum must be below the maximum")
    ring = _lay_on_map(_Sheets(lon, lat, max_error_m, sector, outer_m).annulus(outer_m, inner_m))
    if ring.is_empty:
        raise QueryError(f"a ring from {inner_m:g} m to {outer_m:g} m is too small to draw")
    return ring


def bands(
    lon: float,
    lat: float,
    maximum_m: tuple[float, float],
    minimum_m: tuple[float, float] = (0.0, 0.0),
    max_error_m: float = 10.0,
    sector: tuple[float, float] | None = None,
) -> tuple[shapely.MultiPolygon, shapely.MultiPolygon]:
    """Return what is within every one of several radii, and what only within some.

    Parameters
    ----------
    lon, lat, max_error_m, sector
        As in `annulus`.
    maximum_m, minimum_m : (float, float)
        The lowest and the highest outer radius, and the same of the inner one, metres. A lowest one
        of 0 or less leaves nothing that is certain.

    Returns
    -------
    within, disputed : shapely.MultiPolygon
        From the highest inner to the lowest outer radius; and the rest, from the lowest inner to
        the highest outer one. Either may be empty.

    Raises
    ------
    CoordinateError, QueryError
        As in `annulus`.
    """
    low, high = maximum_m
    if not (math.isfinite(high) and 0 <= minimum_m[0] <= minimum_m[1] and minimum_m[0] < high and low <= high):
        raise QueryError(f"a ring from {minimum_m[0]:g} m to {high:g} m: the minimum must be below the maximum")
    sheets = _Sheets(lon, lat, max_error_m, sector, high)
    certain = sheets.annulus(low, minimum_m[1]) if minimum_m[1] < low else shapely.Polygon()
    if low == high and minimum_m[0] == minimum_m[1]:
        return _lay_on_map(certain), shapely.MultiPolygon()
    possible = sheets.annulus(high, minimum_m[0])
    return _lay_on_map(certain), _lay_on_map(shapely.difference(possible, certain, grid_size=1))


def covers_globe(radius_m: float) -> bool:
    """Say whether a radius reaches every point on Earth, from wherever."""
    return radius_m >= geodesy.HALF_MERIDIAN_M


class _Sheets:
    """Disks and annuli round one origin, on its sheet: longitude `lon` - 180 to `lon` + 180, in grid steps."""

    def __init__(
        self,
        lon: float,
        lat: float,
        max_error_m: float,
        sector: tuple[float, float] | None = None,
        reach_m: float = 0.0,
    ) -> None:
        self._lon, self._lat = geodesy.check_position(lon, lat)
        self._tolerance_m = drawing.tolerance_m(max_error_m)
        # One wedge for every radius up to `reach_m`, so that all bands end at the same edges.
        self._wedge: shapely.Geometry | None = None
        if sector is not None:
            self._wedge = wedges.wedge(self._lon, self._lat, reach_m, check_sector(*sector), self._tolerance_m)

    def annulus(self, outer_m: float, inner_m: float) -> shapely.Geometry:
        sheet = disk(self._lon, self._lat, outer_m, self._tolerance_m)
        if inner_m > 0:
            sheet = shapely.difference(sheet, disk(self._lon, self._lat, inner_m, self._tolerance_m), grid_size=1)
        return sheet if self._wedge is None else wedges.cut(sheet, self._wedge)


def disk(lon: float, lat: float, radius_m: float, tolerance_m: float) -> shapely.Geometry:
    """Return a disk as a sheet: longitude `lon` - 180 to `lon` + 180, and latitude, in grid steps."""
    if covers_globe(radius_m):
        dl, phi = np.array([180.0, 180.0]), np.array([90.0, -90.0])
    else:
        dl, phi = _half_circle(lon, lat, radius_m, tolerance_m)
        if _reaches_pole(lat, radius_m, 90.0):
            dl, phi = np.insert(dl, 0, 180.0), np.insert(phi, 0, 90.0)
        if _reaches_pole(lat, radius_m, -90.0):
            dl, phi = np.append(dl, 180.0), np.append(phi, -90.0)
    # West side up, east side down: the boundary once round, clockwise.
    x = np.concatenate([-dl[::-1], dl]) + lon
    y = np.concatenate([phi[::-1], phi])
    polygon = shapely.Polygon(np.column_stack([np.rint(x * GRID), np.rint(y * GRID)]))
    return shapely.set_precision(polygon, 1)


def azimuths(lat: float, radius_m: float, tolerance_m: float) -> Floats:
    """Return at which azimuths, 0 to 180, a circle has its vertices, for radii that no geodesic outgrows."""
    return _refine(0.0, lat, radius_m, tolerance_m, 0.0, 180.0)[0]


def _reaches_pole(lat: float, radius_m: float, pole: float) -> bool:
    return geodesy.inverse(0.0, lat, 0.0, pole).distance_m <= radius_m


def _half_circle(lon: float, lat: float, radius_m: float, tolerance_m: float) -> tuple[Floats, Floats]:
    """Return the eastern half of a circle, from its northernmost azimuth to its southernmost.

    Vertices are halved in azimuth until no sampled point of an edge, straight in longitude and
    latitude as GeoJSON has it, is farther than `tolerance_m` from the radius.
    """
    corner = _cut_locus_corner(lon, lat, radius_m)
    if corner is None:
        dl, phi = _refine(lon, lat, radius_m, tolerance_m, 0.0, 180.0)[1]
        return dl, phi
    azimuth, dl_corner = corner
    north = _refine(lon, lat, radius_m, tolerance_m, 0.0, azimuth)[1]
    south = _refine(lon, lat, radius_m, tolerance_m, 180.0 - azimuth, 180.0)[1]
    dl = np.concatenate([north[0][:-1], [dl_corner], south[0][1:]])
    phi = np.concatenate([north[1][:-1], [-lat], south[1][1:]])
    return dl, phi


def _cut_locus_corner(lon: float, lat: float, radius_m: float) -> tuple[float, float] | None:
    """Return the azimuth and dl where the circle runs into itself near the antipode, if it does.

    Geodesics that leave at azimuths A and 180 - A meet again on the opposite parallel and are no
    longer the shortest beyond it (Karney 2013, section 3). The first to do so leave due east. From
    there on the circle is made of two arcs, and what lies between them is out of reach.
    """
    if radius_m <= geodesy.SHORTEST_ALWAYS_M:
        return None
    dl, phi = _vertices(lon, lat, radius_m, np.array([90.0]))
    if geodesy.inverse(0.0, lat, float(dl[0]), float(phi[0])).distance_m >= radius_m - 1e-6:
        return None
    near, far = 90.0, 180.0
    for _ in range(80):
        middle = (near + far) / 2
        if geodesy.inverse(0.0, lat, middle, -lat).distance_m < radius_m:
            near = middle
        else:
            far = middle
    azimuth = geodesy.inverse(0.0, lat, near, -lat).azimuth_deg
    assert azimuth is not None  # the corner is near the antipode, and its origin is not a pole
    return min(azimuth, 180.0 - azimuth), near


def _refine(
    lon: float, lat: float, radius_m: float, tolerance_m: float, first_deg: float, last_deg: float
) -> tuple[Floats, Floats]:
    """Return azimuths between two, and the vertices there, shape (2, n), as many as the tolerance takes."""
    azimuths = np.linspace(first_deg, last_deg, 2 + int((last_deg - first_deg) / _BASE_STEP_DEG))
    return drawing.refine(
        azimuths,
        lambda halves: np.stack(_vertices(lon, lat, radius_m, halves)),
        lambda starts, ends: _edge_errors(lat, radius_m, tolerance_m, starts, ends),
        tolerance_m,
    )


def _vertices(lon: float, lat: float, radius_m: float, azimuths: Floats) -> tuple[Floats, Floats]:
    """Return dl in [0, 180] and latitude of the circle at azimuths in [0, 180]."""
    # From longitude 0, so that dl keeps all its digits; the ellipsoid is the same all round.
    dl, phi = geodesy.destinations(0.0, lat, azimuths, radius_m)
    # Due north and south the circle lies on the origin's meridian or, past a pole, opposite it.
    for azimuth, pole in ((0.0, 90.0), (180.0, -90.0)):
        on_meridian = azimuths == azimuth
        if abs(lat) != 90:
            dl[on_meridian] = 180.0 if _reaches_pole(lat, radius_m, pole) else 0.0
    # A hair west of either meridian is rounding: these geodesics stay on the eastern half.
    dl = np.where(dl < -90, 180.0, np.maximum(dl, 0.0))
    return dl, phi


def _edge_errors(lat: float, radius_m: float, tolerance_m: float, starts: Floats, ends: Floats) -> Floats:
    """Return how far each edge strays from the circle, in metres; if its middle is too far, how far that does."""
    worst = _strays(lat, radius_m, (starts + ends) / 2)
    close = np.flatnonzero(worst <= tolerance_m)
    samples = drawing.samples(starts[:, close], ends[:, close])
    worst[close] = _strays(lat, radius_m, samples).max(axis=1, initial=0.0)
    return worst


def _strays(lat: float, radius_m: float, points: Floats) -> Floats:
    """Return how far points, dl and latitude, are from the circle, in metres."""
    metres, _ = geodesy.distances(0.0, lat, points[0].ravel(), points[1].ravel())
    strays: Floats = np.abs(np.asarray(metres) - radius_m).reshape(points.shape[1:])
    return strays


def _lay_on_map(sheet: shapely.Geometry) -> shapely.MultiPolygon:
    return finish(cut_at_antimeridian(sheet))


def cut_at_antimeridian(sheet: shapely.Geometry) -> shapely.Geometry:
    """Cut what is drawn in grid steps, on longitudes from -540 to 540, at +-180, and sew it together there."""
    west, _, east, _ = sheet.bounds
    turn = 360 * GRID
    if -turn / 2 <= west and east <= turn / 2:
        return sheet
    pieces = []
    for world in (-1, 0, 1):
        window = shapely.box((world - 0.5) * turn, -90 * GRID, (world + 0.5) * turn, 90 * GRID)
        piece = shapely.intersection(sheet, window, grid_size=1)
        pieces.append(shapely.transform(piece, lambda xy, world=world: xy - [world * turn, 0.0]))
    return shapely.union_all(pieces, grid_size=1)


def finish(drawn: shapely.Geometry) -> shapely.MultiPolygon:
    """Return what lies on the map in grid steps in degrees, wound and closed, without lines and points."""
    polygons = [part for part in shapely.get_parts(drawn) if part.geom_type == "Polygon"]
    polygons = shapely.segmentize(polygons, 90 * GRID)
    polygons = shapely.transform(polygons, lambda xy: np.rint(xy) / GRID)
    return shapely.MultiPolygon(list(shapely.orient_polygons(polygons, exterior_cw=False)))
