"""The page's own geodesics against published values and PROJ's."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from weapons_ref.geo import geodesy

Floats = npt.NDArray[np.float64]
#: As in conftest.py.
RunJs = Callable[[str, Sequence[object]], list[dict[str, float | None]]]

DATA = Path(__file__).parent.parent / "data"
INVERSE = "(points) => geodesicInverse(...points)"
DIRECT = "(line) => { const [lon, lat] = geodesicDirect(...line); return { lon, lat }; }"
#: As for the core. Both are off by some nanometres, and a distance has no more digits.
TOLERANCE_M = 1e-7
SEED = 20_240_229
PAIRS = 2_000


def _published() -> list[tuple[float, ...]]:
    """Rows of lat1, lon1, azi1, lat2, lon2, azi2, s12 from both published tables."""
    rows = [tuple(map(float, line.split()[:7])) for line in (DATA / "GeodTest-100.dat").read_text().splitlines()]
    with open(DATA / "testcases20.csv", newline="") as stream:
        rows += [tuple(float(value) for value in list(row.values())[:7]) for row in csv.DictReader(stream)]
    return rows


def _turn(a: float, b: float) -> float:
    return abs((a - b + 180) % 360 - 180)


def _reduced_m(metres: float) -> float:
    """About how far a line's end moves with its azimuth, per radian: little near the start and near the antipode."""
    return max(6.3e6 * math.sin(min(metres / 6.3567e6, math.pi)), 1.0)


def test_published_distances_and_azimuths(run_js: RunJs) -> None:
    """Distances agree with the published tables to 1e-7 m, azimuths to what that makes of them."""
    rows = _published()
    assert len(rows) == 120
    lines = run_js(INVERSE, [(lon1, lat1, lon2, lat2) for lat1, lon1, _, lat2, lon2, *_ in rows])
    for (_, _, azimuth, _, _, ahead, metres), line in zip(rows, lines, strict=True):
        assert line["distance_m"] == pytest.approx(metres, abs=TOLERANCE_M, rel=0)
        assert line["azimuth_deg"] is not None
        assert line["back_azimuth_deg"] is not None
        tolerance_deg = max(1e-9, math.degrees(1e-6 / _reduced_m(metres)))
        assert _turn(line["azimuth_deg"], azimuth) < tolerance_deg
        assert _turn(line["back_azimuth_deg"], ahead + 180) < tolerance_deg


def test_published_ends(run_js: RunJs) -> None:
    """Lines end where the published tables say, to 1e-7 m."""
    rows = _published()
    ends = run_js(DIRECT, [(lon1, lat1, azimuth, metres) for lat1, lon1, azimuth, _, _, _, metres in rows])
    for (_, _, _, lat2, lon2, _, _), end in zip(rows, ends, strict=True):
        assert end["lon"] is not None
        assert end["lat"] is not None
        assert geodesy.inverse(lon2, lat2, end["lon"], end["lat"]).distance_m < TOLERANCE_M


def test_awkward_lines_are_right(run_js: RunJs) -> None:
    """Antipodal, polar and equatorial problems of GeographicLib are solved."""
    with open(DATA / "geodsolve_inverse.csv", newline="") as stream:
        cases = [row for row in csv.DictReader(stream) if (row["a"], row["f"]) == ("6378137", "1/298.257223563")]
    asked = [tuple(float(case[key]) for key in ("lon1", "lat1", "lon2", "lat2")) for case in cases]
    kept = [i for i, (_, lat1, _, lat2) in enumerate(asked) if not math.isnan(sum(asked[i])) and abs(lat1) <= 90]
    assert len(kept) >= 12
    for i, line in zip(kept, run_js(INVERSE, [asked[i] for i in kept]), strict=True):
        case = cases[i]
        if case["exp_s12"]:
            assert line["distance_m"] == pytest.approx(float(case["exp_s12"]), abs=float(case["tol_s12"]), rel=0)
        if case["exp_azi1"] and line["azimuth_deg"] is not None:
            assert line["distance_m"] is not None
            # GeographicLib carries some differences as two doubles, and we one: some nanometres aside.
            tolerance_deg = max(float(case["tol_azi1"]), math.degrees(1e-8 / _reduced_m(line["distance_m"])))
            assert _turn(line["azimuth_deg"], float(case["exp_azi1"])) <= tolerance_deg


def test_what_is_not_on_earth_is_refused(run_js: RunJs) -> None:
    """As by the core."""
    refused = "(p) => { try { geodesicInverse(...p); return false; } catch (error) { return error.message; } }"
    points = [(0, 90.1, 0, 0), (0, 0, 541, 0), ("no", 0, 0, 0)]
    assert all("not on Earth" in str(message) for message in run_js(refused, points))


def _pairs() -> dict[str, Floats]:
    """Pairs of positions by what is awkward about them, each of shape (n, 4)."""
    random = np.random.default_rng(SEED)
    lon, other = random.uniform(-180, 180, (2, PAIRS))
    lat, at = np.degrees(np.arcsin(random.uniform(-1, 1, (2, PAIRS))))
    antipode = np.where(lon > 0, lon - 180, lon + 180)
    nought = np.zeros(PAIRS)

    def off(most: float = 3.0) -> Floats:
        """Return from 1e-16 of a degree to some degrees, either way."""
        return random.choice([-1.0, 1.0], PAIRS) * most * 10 ** random.uniform(-16, 0, PAIRS)

    lons = [-180, 180, -179.5, -90, 0, 1e-20, 1e-9, 90, 179.5, math.nextafter(180, 0)]
    lats = [-90, 90, 0, 1e-20, -1e-9, 30, -30, 45, -45, 89.999999, math.nextafter(90, 0)]
    columns: dict[str, tuple[Floats, ...]] = {
        "anywhere": (lon, lat, other, at),
        "antipodal": (lon, lat, antipode + off(), np.clip(-lat + off(), -90, 90)),
        "antipodal, on the opposite parallel": (lon, lat, antipode + off(), -lat),
        "close": (lon, lat, lon + off(), np.clip(lat + off(), -90, 90)),
        "on one parallel": (lon, lat, lon + off(), lat),
        "on the equator": (lon, nought, other, nought),
        "antipodal on the equator": (lon, nought, antipode + off(1), nought),
        "close to the equator": (lon, off(1), other, off(1)),
        "antipodal close to the equator": (lon, off(1), antipode + off(1), off(1)),
        "on one meridian": (lon, lat, lon + random.choice([0, 180, -180, 360], PAIRS), at),
        "from a pole": (lon, random.choice([-90.0, 90.0], PAIRS), other, random.choice([-90.0, 90.0, 12.0], PAIRS)),
        "special": (random.choice(lons, PAIRS), random.choice(lats, PAIRS), random.choice(lons, PAIRS), lat),
    }
    return {name: np.stack(four, axis=1) for name, four in columns.items()}


def test_distances_and_azimuths_are_those_of_the_core(run_js: RunJs) -> None:
    """On 24,000 pairs, adversarial ones most: distances to 1e-7 m, azimuths where they mean something."""
    for name, pairs in _pairs().items():
        lines = run_js(INVERSE, pairs.tolist())
        for points, line in zip(pairs.tolist(), lines, strict=True):
            core = geodesy.inverse(*points)
            assert line["distance_m"] == pytest.approx(core.distance_m, abs=TOLERANCE_M, rel=0), (name, points)
            # Where lines turn about freely, be it between close points or between antipodes, there is none to compare.
            if _reduced_m(core.distance_m) < 1e3:
                continue
            for ours, theirs in (
                (line["azimuth_deg"], core.azimuth_deg),
                (line["back_azimuth_deg"], core.back_azimuth_deg),
            ):
                assert (ours is None) == (theirs is None), (name, points)
                if ours is not None and theirs is not None:
                    assert 0 <= ours < 360
                    tolerance_deg = math.degrees(1e-4 / _reduced_m(core.distance_m))
                    assert _turn(ours, theirs) < tolerance_deg, (name, points)


def test_ends_are_those_of_the_core(run_js: RunJs) -> None:
    """Lines of up to half round the Earth end within 1e-7 m of where the core's do, from poles and the equator too."""
    random = np.random.default_rng(SEED)
    lon, azimuth = random.uniform(-180, 180, (2, PAIRS))
    lat = np.where(random.uniform(size=PAIRS) < 0.2, random.choice([-90, 0, 90], PAIRS), random.uniform(-90, 90, PAIRS))
    azimuth = np.where(random.uniform(size=PAIRS) < 0.2, random.choice([-90, 0, 90, 180, 270], PAIRS), azimuth)
    metres = geodesy.HALF_MERIDIAN_M * random.uniform(0, 1, PAIRS) ** 4
    lines = np.stack([lon, lat, azimuth, metres], axis=1)
    for line, end in zip(lines.tolist(), run_js(DIRECT, lines.tolist()), strict=True):
        lons, lats = geodesy.destinations(line[0], line[1], np.array(line[2:3]), line[3])
        assert end["lon"] is not None
        assert end["lat"] is not None
        assert -180 <= end["lon"] <= 180
        assert geodesy.inverse(float(lons[0]), float(lats[0]), end["lon"], end["lat"]).distance_m < TOLERANCE_M
