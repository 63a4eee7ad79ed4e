"""From what a map shows to the things that are drawn: shapes for d3-geo, words and where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from weapons_ref.model import Area, MapResult, Origin, RangeInterval, Ring, RingResult, Verdict, VerdictName
from weapons_ref.output import views

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weapons_ref.geo.seamless import Outline

    Floats = npt.NDArray[np.float64]

#: Verdicts from the one that says most to the least; a place of several systems shows its first.
_ORDER: tuple[VerdictName, ...] = ("within", "disputed", "inside-minimum", "beyond")

#: In which directions from a ring's middle its words are tried, degrees.
BEARINGS = (0, 180, 90, 270, 45, 315, 135, 225)


class Shape(NamedTuple):
    """A ring, as d3-geo draws it."""

    system: int  #: its number among the ranges
    role: str
    geometry: Mapping[str, Any]
    outline: Outline
    ring: Ring


class Spot(NamedTuple):
    """A place and what is said of it."""

    name: str
    lon: float
    lat: float
    population: int
    verdict: VerdictName
    verdicts: tuple[VerdictName, ...]  #: one for each range


def shapes(result: RingResult) -> list[Shape]:
    """Return rings, the largest first, so that the smaller lie on top."""
    from weapons_ref.geo import seamless

    numbers = {id(range_): number for number, range_ in enumerate(result.ranges)}
    found = []
    for ring in result.rings:
        # Half of the error that the result states is left to the drawing.
        outline = seamless.outline(ring.geometry)
        geometry = seamless.geometry(outline, ring.max_edge_error_m)
        if geometry is not None:
            found.append(Shape(numbers[id(ring.range)], ring.role, geometry, outline, ring))
    return sorted(found, key=lambda shape: -(shape.ring.range.high_m + (shape.role == "disputed")))


def starts(origins: Iterable[Origin]) -> Iterator[tuple[str, float, float]]:
    """Yield names and positions of origins that are points."""
    for origin in origins:
        if origin.area is None and origin.lat is not None:
            # A place of the gazetteer has its region and country behind its name; a typed position is its name.
            name = origin.name.split(",")[0] if origin.geonameid is not None else origin.name
            yield name, *origin.position


def edges(origins: Iterable[Origin]) -> list[Mapping[str, Any]]:
    """Return what else origins are made of, as lines: areas, and how far uncertain points may lie."""
    from weapons_ref.geo import rings, seamless

    drawn: list[Mapping[str, Any]] = []
    for origin in origins:
        if origin.area is not None:
            drawn.extend(_lines(origin.area))
        elif origin.uncertainty_m > 0:
            disk = rings.annulus(*origin.position, origin.uncertainty_m)
            drawn.append(seamless.geometry(seamless.outline(disk), 10.0) or {})
    return drawn


def _lines(area: Area) -> Iterator[Mapping[str, Any]]:
    import shapely
    from shapely.geometry import shape

    for part in shapely.get_parts(shapely.get_parts(shape(area.geometry))):
        boundary = part.boundary if part.geom_type == "Polygon" else part
        for line in shapely.get_parts(boundary):
            if line.geom_type == "Point":
                yield {"type": "Point", "coordinates": [line.x, line.y]}
            else:
                yield {"type": "LineString", "coordinates": shapely.get_coordinates(line).round(5).tolist()}


def spots(verdicts: Iterable[Verdict], ranges: Sequence[RangeInterval]) -> list[Spot]:
    """Return places, each once, with the verdict of each range."""
    numbers = {id(range_): number for number, range_ in enumerate(ranges)}
    found: dict[tuple[str, float, float], list[VerdictName]] = {}
    people: dict[tuple[str, float, float], int] = {}
    for verdict in verdicts:
        place = verdict.place
        key = (place.name, place.lon, place.lat)
        said = found.setdefault(key, ["beyond"] * len(ranges))
        said[numbers[id(verdict.range)]] = verdict.verdict
        people[key] = place.population or 0
    return [Spot(*key, people[key], min(said, key=_ORDER.index), tuple(said)) for key, said in found.items()]


def sources(result: MapResult) -> list[str]:
    """Return the publishers behind the rings, each once."""
    keys = dict.fromkeys(claim.source for range_ in result.rings.ranges for claim in range_.claims)
    return list(dict.fromkeys(result.rings.sources[key].publisher for key in keys))


def credits_of(result: MapResult) -> list[str]:
    """Return what licences and good manners ask to be shown, but for the map under the rings."""
    owed = [*views.credit(result.rings), *(views.credit(result.places) if result.places else ())]
    if result.towns:
        owed.append(views.GEONAMES_CREDIT)
    # The map says so itself of Natural Earth.
    return list(dict.fromkeys(credit for credit in owed if "Natural Earth" not in credit))


def anchors(line: Floats, origin: Origin) -> Iterator[tuple[Floats, Floats]]:
    """Yield points of a ring's line where words may stand, and the points after them, by `BEARINGS`."""
    import numpy as np

    from weapons_ref.geo import caps

    lon, lat = origin.position if origin.lat is not None and not origin.area else caps.round_points(line)[:2]
    bearings = _bearings(lon, lat, line[:-1])
    for wanted in BEARINGS:
        away = np.abs((bearings - wanted + 180) % 360 - 180)
        at = int(away.argmin())
        yield line[at], line[at + 1]


def outer_and_inner(outline: Outline) -> tuple[Floats, Floats | None]:
    """Return the line of an outline that goes farthest round, and the one that goes least, if that is another."""
    from weapons_ref.geo import caps

    by_size = sorted(outline.rings, key=lambda ring: -caps.round_points(ring).radius_deg)
    return by_size[0], by_size[-1] if len(by_size) > 1 else None


def _bearings(lon: float, lat: float, points: Floats) -> Floats:
    import numpy as np

    dl, phi, phi0 = np.radians(points[:, 0] - lon), np.radians(points[:, 1]), np.radians(lat)
    x = np.cos(phi) * np.sin(dl)
    y = np.cos(phi0) * np.sin(phi) - np.sin(phi0) * np.cos(phi) * np.cos(dl)
    found: Floats = np.degrees(np.arctan2(x, y)) % 360
    return found
