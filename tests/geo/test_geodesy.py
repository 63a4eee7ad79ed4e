"""Distances and azimuths against published values and independent code."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from weapons_ref.errors import CoordinateError
from weapons_ref.geo import geodesy

DATA = Path(__file__).parent.parent / "data"
TOLERANCE_M = 1e-7


def _published() -> list[tuple[float, ...]]:
    """Rows of lat1, lon1, azi1, lat2, lon2, azi2, s12 from both published tables."""
    rows = [tuple(map(float, line.split()[:7])) for line in (DATA / "GeodTest-100.dat").read_text().splitlines()]
    with open(DATA / "testcases20.csv", newline="") as stream:
        rows += [tuple(float(value) for value in list(row.values())[:7]) for row in csv.DictReader(stream)]
    return rows


PUBLISHED = _published()


def _awkward() -> list[dict[str, str]]:
    with open(DATA / "geodsolve_inverse.csv", newline="") as stream:
        return [r for r in csv.DictReader(stream) if r["a"] == "6378137" and r["f"] == "1/298.257223563"]


def test_the_tables_are_whole() -> None:
    """All 120 published geodesics are there to be tested against."""
    assert len(PUBLISHED) == 120
    assert len(_awkward()) >= 15


@pytest.mark.parametrize("row", PUBLISHED)
def test_distance_equals_the_published_one(row: tuple[float, ...]) -> None:
    """Distances agree with the published tables to 1e-7 m."""
    lat1, lon1, _, lat2, lon2, _, metres = row
    assert geodesy.inverse(lon1, lat1, lon2, lat2).distance_m == pytest.approx(metres, abs=TOLERANCE_M, rel=0)


@pytest.mark.parametrize("row", PUBLISHED)
def test_azimuths_equal_the_published_ones(row: tuple[float, ...]) -> None:
    """Azimuths agree to what 1e-7 m across the line makes of them."""
    lat1, lon1, azimuth, lat2, lon2, ahead, _ = row
    line = geodesy.inverse(lon1, lat1, lon2, lat2)
    assert line.azimuth_deg is not None
    assert line.back_azimuth_deg is not None
    # Near the antipode a nanometre turns the azimuth by much; the reduced length says how much.
    reduced_m = max(abs(Geodesic.WGS84.Inverse(lat1, lon1, lat2, lon2, Geodesic.ALL)["m12"]), 1.0)
    tolerance_deg = max(1e-9, math.degrees(1e-6 / reduced_m))
    assert _turn(line.azimuth_deg, azimuth) < tolerance_deg
    assert _turn(line.back_azimuth_deg, ahead + 180) < tolerance_deg


def _turn(a: float, b: float) -> float:
    return abs((a - b + 180) % 360 - 180)


@pytest.mark.parametrize("case", _awkward(), ids=lambda case: case["id"])
def test_awkward_lines_are_right(case: dict[str, str]) -> None:
    """Antipodal, polar and equatorial problems are solved, and NaN is refused."""
    lat1, lon1, lat2, lon2 = (float(case[key]) for key in ("lat1", "lon1", "lat2", "lon2"))
    if any(map(math.isnan, (lat1, lon1, lat2, lon2))) or max(abs(lat1), abs(lat2)) > 90:
        with pytest.raises(CoordinateError):
            geodesy.inverse(lon1, lat1, lon2, lat2)
        return
    line = geodesy.inverse(lon1, lat1, lon2, lat2)
    if case["exp_s12"] and not math.isnan(float(case["exp_s12"])):
        assert line.distance_m == pytest.approx(float(case["exp_s12"]), abs=float(case["tol_s12"]), rel=0)
    if case["exp_azi1"] and line.azimuth_deg is not None:
        assert _turn(line.azimuth_deg, float(case["exp_azi1"])) <= float(case["tol_azi1"])


LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-540, 540)


@given(LONGITUDES, LATITUDES, LONGITUDES, LATITUDES)
def test_distance_is_symmetric_bounded_and_independent_code_agrees(
    lon1: float, lat1: float, lon2: float, lat2: float
) -> None:
    """GeographicLib's own Python code finds the same distance, from either end."""
    there = geodesy.inverse(lon1, lat1, lon2, lat2).distance_m
    back = geodesy.inverse(lon2, lat2, lon1, lat1).distance_m
    other = Geodesic.WGS84.Inverse(lat1, lon1, lat2, lon2)["s12"]
    assert there == pytest.approx(back, abs=1e-8, rel=0)
    assert there == pytest.approx(other, abs=2e-8, rel=0)
    assert 0 <= there <= geodesy.HALF_MERIDIAN_M + 1e-8


@given(LONGITUDES, LATITUDES, LONGITUDES, LATITUDES)
def test_an_azimuth_is_in_0_to_360_or_undefined(lon1: float, lat1: float, lon2: float, lat2: float) -> None:
    """No azimuth is negative, 360 or -0.0."""
    line = geodesy.inverse(lon1, lat1, lon2, lat2)
    for azimuth in (line.azimuth_deg, line.back_azimuth_deg):
        assert azimuth is None or (0 <= azimuth < 360 and math.copysign(1, azimuth) == 1)


@given(LONGITUDES, LATITUDES, st.floats(0, 180), LATITUDES)
def test_distance_grows_with_longitude(lon: float, lat: float, apart: float, other: float) -> None:
    """Between two parallels the distance never decreases as the longitudes draw apart: rings rest on it."""
    nearer = geodesy.inverse(0.0, lat, apart / 2, other).distance_m
    farther = geodesy.inverse(0.0, lat, apart, other).distance_m
    assert nearer <= farther + 1e-8


def test_a_degree_of_latitude_is_nowhere_shorter_than_stated() -> None:
    """The bound that spares measuring places far north or south holds along every meridian."""
    bound = geodesy.LEAST_METRES_PER_DEGREE_OF_LATITUDE
    for tenth in range(-900, 900):
        metres = geodesy.inverse(0.0, tenth / 10, 0.0, (tenth + 1) / 10).distance_m
        assert metres >= bound / 10 - 1e-8
    assert bound > 110_000


def test_half_a_meridian_is_the_longest_distance() -> None:
    """Pole to pole is as far as one can get."""
    assert geodesy.inverse(0, 90, 77, -90).distance_m == pytest.approx(geodesy.HALF_MERIDIAN_M, abs=1e-8)
    assert geodesy.inverse(0, 0, 180, 0).distance_m == pytest.approx(geodesy.HALF_MERIDIAN_M, abs=1e-8)


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_an_azimuth_at_a_pole_is_undefined(pole: float) -> None:
    """At a pole every direction is south, or north."""
    line = geodesy.inverse(30, pole, 40, 50)
    assert line.azimuth_deg is None
    assert line.back_azimuth_deg == pytest.approx(0.0 if pole > 0 else 180.0)


def test_equal_points_are_0_m_apart_in_no_direction() -> None:
    """The same place, also when it is written a turn away."""
    assert geodesy.inverse(190, 10, -170, 10) == (0.0, None, None)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(0, 90.000000001), (0, -91), (541, 0), (-540.1, 0), (math.nan, 0), (0, math.nan), (math.inf, 0), (0, -math.inf)],
)
def test_what_is_not_on_earth_is_refused(lon: float, lat: float) -> None:
    """Nothing is clamped or wrapped into place."""
    with pytest.raises(CoordinateError):
        geodesy.check_position(lon, lat)


def test_a_swapped_pair_is_pointed_out() -> None:
    """Latitude 151 with longitude -33 looks like Sydney the wrong way round."""
    with pytest.raises(CoordinateError, match=r"did you mean latitude -33\.8.*longitude 151"):
        geodesy.check_position(-33.8, 151.2)


@pytest.mark.parametrize(
    ("lon", "kept"), [(180.0, 180.0), (-180.0, -180.0), (181.0, -179.0), (-190.0, 170.0), (540.0, 180.0), (-0.0, 0.0)]
)
def test_a_longitude_is_turned_back(lon: float, kept: float) -> None:
    """Up to 540 degrees either way; and a zero has no sign."""
    turned, _ = geodesy.check_position(lon, 0.0)
    assert turned == kept
    assert math.copysign(1, turned) == math.copysign(1, kept)


@given(LONGITUDES, LATITUDES, st.lists(st.tuples(st.floats(-180, 180), LATITUDES), max_size=5))
def test_many_distances_equal_single_ones(lon: float, lat: float, points: list[tuple[float, float]]) -> None:
    """Arrays give what one point at a time gives, bit for bit."""
    metres, _ = geodesy.distances(lon, lat, [p[0] for p in points], [p[1] for p in points])
    assert list(metres) == [geodesy.inverse(lon, lat, *point).distance_m for point in points]


@pytest.mark.parametrize(
    ("lon", "lat", "zone"),
    [(32.6, 46.6, 36), (5.3, 60.4, 32), (2.9, 60.4, 31), (10.0, 78.2, 33), (-180.0, 0.0, 1), (180.0, 0.0, 60)],
)
def test_utm_zones_follow_the_grid(lon: float, lat: float, zone: int) -> None:
    """Norway and Svalbard have wider zones (Defense Mapping Agency TM 8358.2)."""
    utm = geodesy.lonlat_to_utm(lon, lat)
    assert utm is not None
    assert utm.zone == zone


def test_utm_ends_before_the_poles() -> None:
    """North of 84 and south of -80 there is no UTM."""
    assert geodesy.lonlat_to_utm(0, 84.1) is None
    assert geodesy.lonlat_to_utm(0, -80.1) is None
    with pytest.raises(CoordinateError):
        geodesy.utm_to_lonlat(61, True, 500000, 0)
