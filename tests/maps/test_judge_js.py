"""The page judges points as the core does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely

import weapons_ref
from weapons_ref import Area, find_country, reach
from weapons_ref.geo import geodesy
from weapons_ref.maps.page import question_of
from weapons_ref.model import Place

Node = Callable[..., Any]

HOLED = {
    "type": "Polygon",
    "coordinates": [
        [[10, 40], [20, 40], [20, 50], [10, 50], [10, 40]],
        [[13, 43], [13, 47], [17, 47], [17, 43], [13, 43]],
    ],
}
ISLANDS = {
    "type": "MultiPolygon",
    "coordinates": [
        [[[177, -19], [179, -19], [179, -17], [177, -17], [177, -19]]],
        [[[-179.5, -17], [-178, -17], [-178, -16], [-179.5, -16], [-179.5, -17]]],
    ],
}
POLAR = {"type": "Polygon", "coordinates": [[[0, -80], [-120, -75], [120, -78], [0, -80]]]}
LINE = {"type": "LineString", "coordinates": [[30, 50], [45, 52], [50, 40]]}

QUESTIONS: dict[str, dict[str, Any]] = {
    "a plain range": {"range_m": 3e5, "origin": "46.6,32.6"},
    "a ring": {"range_m": 3e5, "minimum_range_m": 1e5, "origin": "-17,179.9"},
    "a launcher": {"systems": ["himars"], "origin": "Kherson"},
    "near the antipode": {"range_m": 1.99e7, "origin": "10,20"},
    "from a pole": {"range_m": 1e7, "origin": "90,0"},
    "several origins": {"range_m": 5e5, "minimum_range_m": 2e5, "origin": ["46.6,32.6", "48,37", "50,36"]},
    "a sector": {"systems": ["atacms"], "origin": "46.6,32.6", "sector": (330.0, 60.0)},
    "somewhere in a disk": {"systems": ["atacms"], "origin": "46.6,32.6", "uncertainty_m": 4e4},
    "anywhere in a disk": {
        "systems": ["atacms"], "origin": "46.6,32.6", "uncertainty_m": 4e4, "reading": "anywhere",
    },
    "everywhere in a disk": {
        "range_m": 1.8e7, "origin": "46.6,32.6", "uncertainty_m": 4e5, "reading": "everywhere",
    },
    "a polygon with a hole": {"systems": ["atacms"], "origin": Area(name="holed", geometry=HOLED)},
    "everywhere in a polygon": {
        "range_m": 1.5e6, "origin": Area(name="holed", geometry=HOLED), "reading": "everywhere",
    },
    "somewhere in islands": {
        "range_m": 8e5, "minimum_range_m": 1e5,
        "origin": Area(name="islands", geometry=ISLANDS), "reading": "somewhere",
    },
    "islands and a minimum": {
        "range_m": 8e5, "minimum_range_m": 3e5, "origin": Area(name="islands", geometry=ISLANDS),
    },
    "a cap": {"range_m": 1e6, "origin": Area(name="cap", geometry=POLAR)},
    "a line": {"range_m": 4e5, "origin": Area(name="line", geometry=LINE)},
    "a country": {"systems": ["atacms"], "origin": find_country("UA")},
}  # fmt: skip


def points(asked: dict[str, Any], many: int) -> list[tuple[float, float]]:
    """Return points all over, many of them about where verdicts change."""
    source = np.random.default_rng(20261123)
    lon, lat = source.uniform(-180, 180, many // 4), np.degrees(np.arcsin(source.uniform(-1, 1, many // 4)))
    found = list(zip(lon.tolist(), lat.tolist(), strict=True))
    rings = weapons_ref.rings(*asked.get("systems", ()), **{k: v for k, v in asked.items() if k != "systems"})
    vertices = np.concatenate([shapely.get_coordinates(ring.geometry) for ring in rings.rings])
    while len(found) < many:
        x, y = map(float, vertices[int(source.integers(len(vertices)))])
        out_m = float(source.choice([20, 2e3, 5e4, 3e5])) * source.uniform()
        lons, lats = geodesy.destinations(x, y, source.uniform(-180, 180, 1), out_m)
        found.append((float(lons[0]), float(lats[0])))
    return found


@pytest.mark.parametrize("name", QUESTIONS)
def test_verdicts_are_the_cores(name: str, node: Node) -> None:
    """For many points: the same verdict, from the same origin, the distance to a metre, and the same margin."""
    asked = QUESTIONS[name]
    many = 80 if isinstance(asked["origin"], Area) else 200
    options = {key: value for key, value in asked.items() if key != "systems"}
    places = [Place(name=str(n), lon=lon, lat=lat) for n, (lon, lat) in enumerate(points(asked, many))]
    result = reach(*asked.get("systems", ()), **options, to=places, show_all=True)
    given = {"question": question_of(result), "points": [[place.lon, place.lat] for place in places]}
    found = node(
        "(() => { const judge = makeJudge(given.question);"
        " return given.points.map(([lon, lat]) => judge.judge(lon, lat)); })()",
        given, "geodesic", "region", "judge",
    )  # fmt: skip
    said = iter(result.verdicts)
    verdicts = set()
    for answers in found:
        for answer in answers:
            wanted = next(said)
            verdicts.add(wanted.verdict)
            assert answer["verdict"] == wanted.verdict, wanted
            assert wanted.distance_m is not None
            assert answer["distance_m"] == pytest.approx(wanted.distance_m, abs=1, rel=0)
            assert result.query.origins[answer["origin"]].name == wanted.origin.name
            if wanted.margin_m is None:
                assert answer["margin_m"] is None
            else:
                assert answer["margin_m"] == pytest.approx(wanted.margin_m, abs=1, rel=0)
            if wanted.azimuth_deg is not None and 1e3 < wanted.distance_m < 1.9e7:
                turned = abs((answer["azimuth_deg"] - wanted.azimuth_deg + 180) % 360 - 180)
                assert turned < 0.1
    assert len(verdicts) > 1
    assert next(said, None) is None


def test_sources_on_either_side_are_named(node: Node) -> None:
    """Who puts a place in reach, and who does not, as the claims say."""
    result = reach("atacms", origin="Kherson", to="Sevastopol")
    (verdict,) = result.verdicts
    given = {"question": question_of(result), "point": [verdict.place.lon, verdict.place.lat]}
    (answer,) = node("makeJudge(given.question).judge(...given.point)", given, "geodesic", "region", "judge")
    claims = [claim for claim in verdict.range.claims if claim.attribute == "range_max"]
    assert verdict.distance_m is not None
    assert answer["reach"] == sorted({c.source for c in claims if c.low_m >= verdict.distance_m})
    assert answer["not"] == sorted({c.source for c in claims if c.high_m < verdict.distance_m})


def test_the_farthest_point_of_a_disk_near_the_antipode(node: Node) -> None:
    """Where the way straight on is no longer the shortest."""
    asked: dict[str, Any] = {"range_m": 1.9999e7, "origin": "10,20", "uncertainty_m": 4e4, "reading": "everywhere"}
    places = [Place(name=str(n), lon=-160 + n * 0.09, lat=-10 + n * 0.05) for n in range(-20, 20)]
    result = reach(**asked, to=places, show_all=True)
    given = {"question": question_of(result), "points": [[place.lon, place.lat] for place in places]}
    found = node(
        "given.points.map(([lon, lat]) => makeJudge(given.question).judge(lon, lat)[0])",
        given, "geodesic", "region", "judge",
    )  # fmt: skip
    verdicts = list(result.verdicts)
    assert {verdict.verdict for verdict in verdicts} == {"within", "beyond"}
    for answer, verdict in zip(found, verdicts, strict=True):
        assert answer["verdict"] == verdict.verdict
        assert answer["margin_m"] == pytest.approx(verdict.margin_m, abs=1, rel=0)
