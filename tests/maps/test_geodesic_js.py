"""The page's geodesics against published values and independent code."""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from pyproj import Geod

DATA = Path(__file__).resolve().parent.parent / "data"
GEOD = Geod(ellps="WGS84")
#: Worst seen of a million adversarial pairs: 0.02 micrometres.
TOLERANCE_M = 1e-7
Node = Callable[..., Any]


def inverses(node: Node, pairs: Any) -> Any:
    return node("given.map((pair) => geodesicInverse(...pair))", pairs, "geodesic")


def turn(a: Any, b: Any) -> Any:
    return np.abs((np.asarray(a, float) - np.asarray(b, float) + 180) % 360 - 180)


def test_published_geodesics(node: Node) -> None:
    """All 120 of both published tables, distance and azimuths."""
    rows = [tuple(map(float, line.split()[:7])) for line in (DATA / "GeodTest-100.dat").read_text().splitlines()]
    with open(DATA / "testcases20.csv", newline="") as stream:
        rows += [tuple(float(value) for value in list(row.values())[:7]) for row in csv.DictReader(stream)]
    assert len(rows) == 120
    found = inverses(node, [(lon1, lat1, lon2, lat2) for lat1, lon1, _, lat2, lon2, *_ in rows])
    for (lat1, lon1, azimuth, lat2, lon2, ahead, metres), one in zip(rows, found, strict=True):
        assert one["distance_m"] == pytest.approx(metres, abs=TOLERANCE_M, rel=0)
        # Near the antipode a nanometre turns the azimuth by much; the reduced length says how much.
        reduced_m = max(abs(Geodesic.WGS84.Inverse(lat1, lon1, lat2, lon2, Geodesic.ALL)["m12"]), 1.0)
        tolerance_deg = max(1e-9, math.degrees(1e-6 / reduced_m))
        assert turn(one["azimuth_deg"], azimuth) < tolerance_deg
        assert turn(one["back_azimuth_deg"], ahead + 180) < tolerance_deg


def test_awkward_geodesics(node: Node) -> None:
    """Published problems at antipodes, poles and the equator."""
    with open(DATA / "geodsolve_inverse.csv", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["a"] == "6378137" and row["f"] == "1/298.257223563"]
    rows = [row for row in rows if all(math.isfinite(float(row[name])) for name in ("lat1", "lon1", "lat2", "lon2"))]
    rows = [row for row in rows if row["exp_s12"] and math.isfinite(float(row["exp_s12"]))]
    assert len(rows) >= 10
    pairs = [tuple(float(row[name]) for name in ("lon1", "lat1", "lon2", "lat2")) for row in rows]
    for row, one in zip(rows, inverses(node, pairs), strict=True):
        assert one["distance_m"] == pytest.approx(float(row["exp_s12"]), abs=float(row["tol_s12"]), rel=0)


def adversarial(many: int, seed: int) -> Any:
    """Return pairs of points: anywhere, close, antipodal to the last digit, on equator, poles and meridians."""
    source = random.Random(seed)

    def anywhere() -> tuple[float, float]:
        return source.uniform(-180, 180), math.degrees(math.asin(source.uniform(-1, 1)))

    pairs = []
    for number in range(many):
        lon, lat = anywhere()
        small = 10 ** source.uniform(-12, 0)
        kind = number % 7
        if kind < 2:
            other = anywhere()
        elif kind == 2:
            other = lon + 180 + source.uniform(-small, small), -lat + source.uniform(-small, small)
        elif kind == 3:
            other = lon + source.uniform(-small, small), lat + source.uniform(-small, small)
        elif kind == 4:
            lat = 0.0
            other = lon + source.choice([0, 90, 179, 179.4, 179.7, 180]), source.choice([0.0, small, -small])
        elif kind == 5:
            lat = source.choice([90.0, -90.0, 89.9999999, lat])
            other = lon + source.choice([0, 180, 90, 1e-9]), source.choice([90.0, -90.0, -lat, lat, 45.0])
        else:
            other = lon + 180 - 10 ** source.uniform(-9, 0.3), -lat
        pairs.append((lon, lat, (other[0] + 180) % 360 - 180, max(-90.0, min(90.0, other[1]))))
    return np.array(pairs)


def test_distances_are_exact_everywhere(node: Node) -> None:
    """As PROJ has them, near antipodes, poles and the equator too."""
    pairs = adversarial(21_000, 20261123)
    found = inverses(node, pairs.tolist())
    azimuths, backs, metres = GEOD.inv(*pairs.T)
    assert np.abs([one["distance_m"] for one in found] - metres).max() < TOLERANCE_M
    plain = (metres > 1e3) & (metres < 1.99e7) & (np.abs(pairs[:, [1, 3]]) < 89.99).all(axis=1)
    for name, wanted in (("azimuth_deg", azimuths), ("back_azimuth_deg", backs)):
        got = np.array([one[name] for one in found], dtype=float)
        assert turn(got[plain], wanted[plain]).max() < 1e-8


def test_there_is_no_direction_at_a_pole_or_between_equal_points(node: Node) -> None:
    """Every one will do there."""
    pole, same = inverses(node, [[10, 90, 20, 50], [3, 4, 3, 4]])
    assert pole["azimuth_deg"] is None
    assert pole["back_azimuth_deg"] == pytest.approx(0, abs=1e-9)
    assert same == {"distance_m": 0, "azimuth_deg": None, "back_azimuth_deg": None}


def test_going_there_and_measuring_back(node: Node) -> None:
    """The direct problem agrees with PROJ's."""
    pairs = adversarial(3_000, 5)[:, :2]
    azimuths = np.linspace(-180, 180, len(pairs))
    metres = np.linspace(0, 2e7, len(pairs))
    ways = np.column_stack([pairs, azimuths, metres])
    found = np.array(node("given.map((way) => geodesicDirect(...way))", ways.tolist(), "geodesic"))
    lon, lat, _ = GEOD.fwd(*ways.T)
    _, _, apart = GEOD.inv(found[:, 0], found[:, 1], lon, lat)
    assert np.max(apart) < 1e-6
