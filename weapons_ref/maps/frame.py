"""Which part of the globe a map shows, and on which projection.

The Natural Earth projection's polynomial is that of B. Jenny, T. Patterson and L. Hurni, "Natural Earth: a new
pseudocylindrical projection" (2011), as d3-geo has it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from weapons_ref.errors import QueryError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weapons_ref.geo import caps

    Floats = npt.NDArray[np.float64]

Projection = Literal["azimuthal-equidistant", "globe", "natural-earth", "mercator"]
PROJECTIONS: tuple[Projection, ...] = ("azimuthal-equidistant", "globe", "natural-earth", "mercator")

#: The names that d3-geo, and so Vega, has for them.
D3 = {
    "azimuthal-equidistant": "azimuthalEquidistant",
    "globe": "orthographic",
    "natural-earth": "naturalEarth1",
    "mercator": "mercator",
}

#: Kilometres to a radian of the sphere that maps are drawn on.
RADIUS_KM = 6371.0088

#: d3-geo takes points a few metres apart for one.
_LEAST_KM = 0.1
_REGIONAL_KM = 2000.0
_GLOBE_KM = 7000.0
#: Of the shorter half of a map, what the outermost thing on it takes.
_FILLED = 0.86
#: Half the width and height of the whole world on the Natural Earth projection, by its radius.
_NATURAL_EARTH = (2.7353, 1.4224)
_MERCATOR_LIMIT_DEG = 85.0


class Frame(NamedTuple):
    """A view: the projection, its centre, and how far from there is to be seen."""

    projection: Projection
    lon: float
    lat: float
    radius_deg: float

    def scale(self, width: float, height: float) -> float:
        """Return the pixels to a radian at the centre that let a map of a size show it all."""
        half = min(width, height) / 2
        radius = math.radians(self.radius_deg)
        if self.projection == "natural-earth":
            return min(width / 2 / _NATURAL_EARTH[0], height / 2 / _NATURAL_EARTH[1]) * 0.98
        if self.projection == "globe":
            # The whole globe, unless the part to be seen is small enough to look closer.
            return half * max(0.98, _FILLED / math.sin(min(radius, math.pi / 2)) if radius < 0.6 else 0.0)
        if self.projection == "mercator":
            north, south = (
                _mercator(max(-_MERCATOR_LIMIT_DEG, min(_MERCATOR_LIMIT_DEG, self.lat + side * self.radius_deg)))
                for side in (1, -1)
            )
            return _FILLED * min(height / max(north - south, 1e-9), half / (radius / math.cos(math.radians(self.lat))))
        return half * _FILLED / radius

    def seen_deg(self, width: float, height: float) -> float:
        """Return how far from the centre the corners of a map are, at most 180 degrees."""
        if self.projection in ("natural-earth", "globe"):
            return 180.0 if self.projection == "natural-earth" else 92.0
        corner = math.hypot(width, height) / 2 / self.scale(width, height)
        return min(180.0, math.degrees(corner))

    def cap(self, radius_deg: float) -> caps.Cap:
        """Return the part of the globe round the centre."""
        from weapons_ref.geo.caps import Cap

        return Cap(self.lon, self.lat, radius_deg)

    def projected(self, points: Floats) -> Floats:
        """Return where points lie on the map, by its scale, from its centre to the right and down.

        NaN for what lies behind the globe. A rough twin of what d3-geo draws, to see what stands where.
        """
        import numpy as np

        lon = np.radians((points[:, 0] - self.lon + 180) % 360 - 180)
        phi, phi0 = np.radians(points[:, 1]), math.radians(self.lat)
        if self.projection == "mercator":
            return np.column_stack([lon, _mercator(self.lat) - np.arcsinh(np.tan(phi))])
        if self.projection == "natural-earth":
            return np.column_stack([lon * _across(phi), -_up(phi)])
        x = np.cos(phi) * np.sin(lon)
        y = math.cos(phi0) * np.sin(phi) - math.sin(phi0) * np.cos(phi) * np.cos(lon)
        ahead = math.sin(phi0) * np.sin(phi) + math.cos(phi0) * np.cos(phi) * np.cos(lon)
        if self.projection == "globe":
            return np.where(ahead[:, None] > 0, np.column_stack([x, -y]), np.nan)
        angle = np.arctan2(np.hypot(x, y), ahead)
        stretch = np.divide(angle, np.hypot(x, y), out=np.ones_like(angle), where=np.hypot(x, y) > 0)
        return np.column_stack([x * stretch, -y * stretch])


def frame(
    outlines: Iterable[Floats],
    *,
    origins: Iterable[tuple[float, float]],
    places: Iterable[tuple[float, float]] = (),
    everywhere: bool = False,
    projection: Projection | None = None,
) -> Frame:
    """Return the view that shows rings and places, round their origin.

    Parameters
    ----------
    outlines : iterable of array of float64, shape (n, 2)
        The rings' vertices, longitude and latitude.
    origins, places : iterable of (float, float)
        Longitude and latitude. One origin is the centre; several, or none, have it in their midst.
    everywhere : bool
        Whether a ring takes in all of the globe.
    projection : str, optional
        Instead of the one that fits: azimuthal equidistant up to 2,000 km, a globe up to 7,000 km, beyond
        that the Natural Earth projection of the whole world.

    Raises
    ------
    QueryError
        If there is nothing to show, or the projection cannot show it.
    """
    import numpy as np

    from weapons_ref.geo import caps

    starts, named = list(origins), list(places)
    seen = np.concatenate([*outlines, np.array([*starts, *named], float).reshape(-1, 2)])
    if not len(seen):
        raise QueryError("there is nothing to draw on a map")
    lon, lat, radius_deg = caps.round_points(seen, starts[0] if len(starts) == 1 else None)
    radius_deg = 180.0 if everywhere else radius_deg
    reach_km = math.radians(radius_deg) * RADIUS_KM
    if reach_km < _LEAST_KM:
        raise QueryError(
            f"a ring of {reach_km * 1000:.0f} m is too small for a map; the least is {_LEAST_KM * 1000:.0f} m"
        )
    fitting: Projection = "natural-earth"
    if reach_km <= _GLOBE_KM:
        fitting = "azimuthal-equidistant" if reach_km <= _REGIONAL_KM else "globe"
    chosen = projection or fitting
    if chosen == "natural-earth":
        lat = 0.0
    if chosen == "mercator":
        lat = max(-_MERCATOR_LIMIT_DEG, min(_MERCATOR_LIMIT_DEG, lat))
    return Frame(chosen, lon, lat, radius_deg)


def _mercator(lat: float) -> float:
    return math.asinh(math.tan(math.radians(lat)))


def _across(phi: Any) -> Any:
    """Return the length of a parallel on the Natural Earth projection, by its angle."""
    p2 = phi * phi
    p4 = p2 * p2
    return 0.8707 - 0.131979 * p2 + p4 * (-0.013791 + p4 * (0.003971 * p2 - 0.001529 * p4))


def _up(phi: Any) -> Any:
    """Return the height of a parallel above the equator there."""
    p2 = phi * phi
    p4 = p2 * p2
    return phi * (1.007226 + p2 * (0.015085 + p4 * (-0.044475 + 0.028874 * p2 - 0.005916 * p4)))
