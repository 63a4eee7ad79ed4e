"""The page's own verdicts against the core's, on points anywhere and within metres of where verdicts change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest

from weapons_ref import find_country, reach
from weapons_ref.catalog.loading import Catalog
from weapons_ref.geo import geodesy
from weapons_ref.geo.regions import Region
from weapons_ref.maps.page import question_of
from weapons_ref.model import Area, Claim, Place, ReachResult, Source, System, Verdict
from weapons_ref.origins import OriginLike

#: As in conftest.py.
RunJs = Callable[[str, Sequence[Any]], list[Any]]

JUDGE = "(() => {{ const judge = makeJudge({}); return (point) => judge.judge(...point); }})()"
SEED = 5_318_008
SLOW = ("half the globe", "over both poles", "scattered", "everywhere scattered")
#: Distances are to be right to a metre; they are to a micrometre but where the core says a millimetre itself.
TOLERANCE_M = 1e-6
FARTHEST_TOLERANCE_M = 2e-3

#: Maximum and minimum ranges, km: disputed, with minimum ranges known and disputed, half and almost all of the globe.
SYSTEMS = {
    "one": ((40,), ()),
    "two": ((100, 200, 500), ()),
    "annulus": ((300,), (50,)),
    "both": ((120, 180), (20, 60)),
    "impossible": ((30, 90), (70,)),
    "far": ((4_000, 11_000), (1_500, 2_500)),
    "farther": ((15_000, 19_990), (10_500,)),
    "globe": ((20_004,), (19_980,)),
}


def _catalog() -> Catalog:
    systems, sources = {}, {}
    for key, figures in SYSTEMS.items():
        claims = []
        for attribute, kilometres in zip(("range_max", "range_min"), figures, strict=True):
            for km in kilometres:
                source = f"press-{km}"
                sources[source] = Source(key=source, publisher=source, date="2020")
                claims.append(
                    Claim(attribute=attribute, printed=f"{km}", unit="km", metres=(km * 1e3, km * 1e3), source=source)
                )
        systems[key] = System(id=key, kind="munition", class_="rocket", names={"en": (key,)}, claims=tuple(claims))
    return Catalog(systems=systems, sources=sources, classes={"rocket": "rocket"}, qualifiers={"stated": "value"})


CATALOG = _catalog()


class Asked(NamedTuple):
    """A question: from where, and how."""

    origins: tuple[OriginLike, ...]
    options: Mapping[str, Any] = MappingProxyType({})


def _point(lon: float, lat: float) -> Place:
    return Place(name=f"{lon} {lat}", lon=lon, lat=lat)


def _area(kind: str, coordinates: object) -> Area:
    return Area(name=kind, geometry={"type": kind, "coordinates": coordinates})


KYIV = _point(30.52, 50.45)
ALEUTIANS = _point(179.2, 51.9)
POLE = _point(0, 90)
BORDER = _area("LineString", [[22.1, 48.4], [24.0, 50.5], [23.6, 51.5], [31.8, 52.1], [40.1, 49.6]])
#: Its hole is wide enough for the smaller ranges to end in it.
WITH_A_HOLE = _area(
    "Polygon",
    [[[10, 40], [30, 38], [32, 55], [12, 52], [10, 40]], [[15, 42], [15.5, 50], [27, 51], [26, 42], [15, 42]]],
)
FIJI = _area(
    "MultiPolygon",
    [
        [[[177, -18], [180, -19], [180, -16], [178, -16], [177, -18]]],
        [[[-180, -19], [-178, -18.5], [-179, -16], [-180, -16], [-180, -19]]],
        [[[178.5, -12.3], [-178.5, -12.6], [-179.2, -12.1], [178.5, -12.3]]],
    ],
)
#: Round the pole at irregular latitudes, with a hole off it.
ARCTIC = _area(
    "Polygon",
    [
        [[-180, 70], [-120, 75], [-60, 68], [0, 78], [60, 72], [120, 74], [180, 70]],
        [[40, 84], [60, 88], [100, 86], [70, 83], [40, 84]],
    ],
)
#: An edge over the north pole, another one over the south pole.
ORANGE = _area("Polygon", [[[10, 0], [10, 80], [-170, 80], [-170, 0], [-100, -20], [-170, -80], [10, -80], [10, 0]]])
SOUTH = _area("Polygon", [[[-180, -90], [-180, -72], [-60, -65], [60, -70], [180, -72], [180, -90], [-180, -90]]])
#: Both sides of the equator are as large: the one to the left of the ring is inside.
NORTH = _area("Polygon", [[[0, 0], [90, 0], [180, 0], [-90, 0], [0, 0]]])
SCATTERED = Area(
    name="scattered",
    geometry={
        "type": "GeometryCollection",
        "geometries": [
            {"type": "MultiPoint", "coordinates": [[5, 5], [7, 5.5], [-175, -5]]},
            {"type": "LineString", "coordinates": [[100, 10], [-120, 60]]},
            {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 1], [0, 1], [0, 0]]]},
        ],
    },
)

#: Each is asked of all systems at once.
QUESTIONS: dict[str, Asked] = {
    "a point": Asked((KYIV,)),
    "a point by the antimeridian": Asked((ALEUTIANS,)),
    "a pole": Asked((POLE,)),
    "two points": Asked((KYIV, _point(30.9, 50.6))),
    "thirty points": Asked(tuple(_point(20 + 7.3 * i % 40, 40 + 3.7 * i % 20) for i in range(30))),
    "a sector": Asked((KYIV,), {"sector": (300, 60)}),
    "a sector of two": Asked((KYIV, ALEUTIANS), {"sector": (45, 100)}),
    "from anywhere round a point": Asked((KYIV,), {"uncertainty_m": 45e3, "reading": "anywhere"}),
    "from somewhere round a point": Asked((KYIV,), {"uncertainty_m": 45e3, "reading": "somewhere"}),
    "from everywhere round a point": Asked((KYIV, ALEUTIANS), {"uncertainty_m": 8e3, "reading": "everywhere"}),
    "a line": Asked((BORDER,)),
    "everywhere on a line": Asked((BORDER,), {"reading": "everywhere"}),
    "a polygon with a hole": Asked((WITH_A_HOLE,)),
    "somewhere in a polygon with a hole": Asked((WITH_A_HOLE,), {"reading": "somewhere"}),
    "parts across the antimeridian": Asked((FIJI,)),
    "everywhere in parts across the antimeridian": Asked((FIJI,), {"reading": "everywhere"}),
    "round a pole": Asked((ARCTIC,)),
    "somewhere round a pole": Asked((ARCTIC,), {"reading": "somewhere"}),
    "over both poles": Asked((ORANGE,)),
    "round a pole, as written": Asked((SOUTH,), {"reading": "somewhere"}),
    "half the globe": Asked((NORTH,)),
    "scattered": Asked((SCATTERED, KYIV)),
    "everywhere scattered": Asked((SCATTERED,), {"reading": "everywhere"}),
    "a country": Asked((find_country("UA"),)),
    "somewhere in a country": Asked((find_country("FJ"),), {"reading": "somewhere"}),
}


def core(asked: Asked, places: Sequence[Place]) -> ReachResult:
    """Return the core's answers on places, for each of them all systems."""
    return reach(*SYSTEMS, origin=asked.origins, to=places, catalog=CATALOG, **asked.options)


def points(asked: Asked, count: int, seed: int) -> list[tuple[float, float]]:
    """Return points anywhere, around the origins, and on the rings or within some metres of them."""
    random = np.random.default_rng(seed)
    shapes = [
        Region(one.geometry if isinstance(one, Area) else {"type": "Point", "coordinates": [one.lon, one.lat]})
        for one in asked.origins
        if not isinstance(one, str)
    ]
    spread = asked.options.get("uncertainty_m", 0.0)
    figures = sorted({km * 1000.0 for spans in SYSTEMS.values() for span in spans for km in span if km < 20_000})
    found: list[tuple[float, float]] = [(0.0, 90.0), (12.0, -90.0), (180.0, 0.0), (-180.0, 51.9)]
    for shape in shapes:
        lons, lats = shape.vertices
        at = random.integers(len(lons), size=3)
        found += zip(lons[at].tolist(), lats[at].tolist(), strict=True)
        found += [(lon + 180 if lon < 0 else lon - 180, -lat) for lon, lat in found[-1:]]
    while len(found) < count:
        lon, lat = float(random.uniform(-180, 180)), float(np.degrees(np.arcsin(random.uniform(-1, 1))))
        shape = shapes[random.integers(len(shapes))]
        start = shape.nearest([lon], [lat])
        x, y = float(start.lon[0]), float(start.lat[0])
        azimuth = geodesy.inverse(x, y, lon, lat).azimuth_deg or 0.0
        far_m = random.choice(figures) + random.choice([-spread, spread]) + random.normal() * random.choice([1e-3, 5])
        near_m = 700e3 * random.uniform()
        for metres in (far_m, near_m):
            lons, lats = geodesy.destinations(x, y, np.array([azimuth]), abs(metres))
            found.append((float(lons[0]), float(lats[0])))
        found.append((lon, lat))
    return found[:count]


def compare(asked: Asked, result: ReachResult, judged: Sequence[Sequence[dict[str, Any]]]) -> None:
    """Hold the page's answers to the core's."""
    verdicts = list(result.verdicts)
    origins = {id(origin): number for number, origin in enumerate(result.query.origins)}
    answers = [answer for place in judged for answer in place]
    assert len(answers) == len(verdicts)
    for verdict, answer in zip(verdicts, answers, strict=True):
        where = (verdict.place.lon, verdict.place.lat, verdict.range.name, verdict.reason, answer)
        assert answer["verdict"] == verdict.verdict, where
        assert answer["origin"] == origins[id(verdict.origin)], where
        assert answer["distance_m"] == pytest.approx(verdict.distance_m, abs=TOLERANCE_M, rel=0), where
        assert answer["nearest_m"] == _about(verdict.nearest_m, TOLERANCE_M), where
        assert answer["farthest_m"] == _about(verdict.farthest_m, FARTHEST_TOLERANCE_M), where
        assert answer["margin_m"] == _about(verdict.margin_m, FARTHEST_TOLERANCE_M), where
        assert answer["outside_sector"] == (verdict.margin_m is None), where
        _compare_azimuths(verdict, answer)


def _about(metres: float | None, tolerance_m: float) -> Any:
    return None if metres is None else pytest.approx(metres, abs=tolerance_m, rel=0)


def _compare_azimuths(verdict: Verdict, answer: dict[str, Any]) -> None:
    """Azimuths agree, unless the place is so near, or so near to the antipode, that they turn about freely."""
    metres = verdict.distance_m
    assert metres is not None
    if 1.0 < metres < 19.9e6:
        ours, theirs = answer["azimuth_deg"], verdict.azimuth_deg
        assert (ours is None) == (theirs is None)
        # Of an area, the nearest point may be any of several, or be known to a millimetre.
        if theirs is not None and verdict.origin.area is None:
            assert abs((ours - theirs + 180) % 360 - 180) < 1e-6


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_page_judges_as_the_core_does(name: str, run_js: RunJs) -> None:
    """On 200 points and more for most questions: every verdict the same, and every distance."""
    asked = QUESTIONS[name]
    # Of the largest areas fewer, since the core takes long over their farthest points.
    places = points(asked, 60 if name in SLOW else 220, SEED)
    result = core(asked, [_point(lon, lat) for lon, lat in places])
    judged = run_js(JUDGE.format(json.dumps(question_of(result))), places)
    compare(asked, result, judged)
    assert len({verdict.verdict for verdict in result.verdicts}) >= 3


def test_the_sources_are_those_of_the_reason(run_js: RunJs) -> None:
    """Who puts a place in reach, who does not, and by whom it is too near."""
    asked = QUESTIONS["a point"]
    places = points(asked, 200, SEED + 1)
    result = core(asked, [_point(lon, lat) for lon, lat in places])
    judged = run_js(JUDGE.format(json.dumps(question_of(result))), places)
    answers = [answer for place in judged for answer in place]
    sides = {"in reach by": "reach", "out of reach by": "not", "nearer than the minimum range by": "too_near"}
    checked = 0
    for verdict, answer in zip(result.verdicts, answers, strict=True):
        assert answer["open"] == []
        if verdict.verdict != "disputed":
            continue
        for words, key in sides.items():
            said = re.search(rf"(?:^|; ){words} ([^;]*)", verdict.reason)
            if said:
                assert set(answer[key]) == set(re.findall(r"press-\d+", said[1])), verdict.reason
                checked += 1
    assert checked > 50


def test_a_span_leaves_a_place_open(run_js: RunJs) -> None:
    """A source that prints a span neither reaches what lies in it nor misses it."""
    claims = [{"attribute": "range_max", "low_m": 100e3, "high_m": 200e3, "source": "span"}]
    range_ = {"low_m": 100e3, "high_m": 200e3, "claims": claims}
    asked = {"origins": [{"name": "", "lon": 0, "lat": 0}], "ranges": [range_]}
    [[answer]] = run_js(JUDGE.format(json.dumps(asked)), [(1.2, 0)])
    assert answer["verdict"] == "disputed"
    assert (answer["reach"], answer["not"], answer["open"]) == ([], [], ["span"])


def test_what_is_not_on_earth_is_refused(run_js: RunJs) -> None:
    """And a longitude past 180 is turned back."""
    judge = """(() => {
        const judge = makeJudge({ origins: [{ lon: 0, lat: 0 }], ranges: [{ low_m: 1, high_m: 1 }] });
        return (p) => { try { return judge.judge(...p)[0].distance_m; } catch (error) { return error.message; } };
    })()"""
    refused, turned, plain = run_js(judge, [(0, 91), (350, 0), (-10, 0)])
    assert "not on Earth" in refused
    assert turned == plain
