"""A drawn geodesic runs where the geodesic does, and is cut as RFC 7946 wants it."""

from __future__ import annotations

import itertools
import math

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from weapons_ref.errors import CoordinateError, QueryError
from weapons_ref.geo.lines import geodesic_geometry, geodesic_line

Position = tuple[float, float]

LINES: dict[str, tuple[float, float, float, float]] = {
    "Kherson to Sevastopol": (32.61458, 46.63695, 33.5254, 44.58883),
    "Pyongyang to Washington": (125.75432, 39.03385, -77.03637, 38.89511),
    "London to Tokyo": (-0.12574, 51.50853, 139.69171, 35.6895),
    "Fiji to Samoa": (178.4415, -18.1416, -171.76666, -13.83333),
    "Samoa to Fiji": (-171.76666, -13.83333, 178.4415, -18.1416),
    "Santiago to Sydney": (-70.64827, -33.45694, 151.20732, -33.86785),
    "from the antimeridian east": (180.0, 10.0, -160.0, 20.0),
    "from the antimeridian west": (180.0, 10.0, 160.0, 20.0),
    "to the antimeridian from the west": (160.0, 20.0, -180.0, 10.0),
    "along the equator": (10.0, 0.0, 120.0, 0.0),
    "along the equator over the antimeridian": (170.0, 0.0, -120.0, 0.0),
    "up a meridian": (12.5, -70.0, 12.5, 80.0),
    "along the antimeridian": (180.0, -10.0, -180.0, 10.0),
    "past the pole": (0.0, 89.999, 179.0, 89.9),
    "a metre past the pole": (20.0, 60.0, 199.99998 - 360, 70.0),
    "millimetres past the pole": (20.0, 60.0, 199.99999999 - 360, 70.0),
    "round the south pole": (-60.0, -85.0, 100.0, -80.0),
    "a metre": (32.61458, 46.63695, 32.614593, 46.63695),
    "a metre over the antimeridian": (179.999995, 10.0, -179.999995, 10.0),
    "near the antipode": (0.0, 0.0, 179.5, 0.3),
    "nearer the antipode": (30.0, -30.0, -149.9, 29.95),
    "along the equator as far as it is the shortest": (0.0, 0.0, 179.3, 0.0),
    "past where it is": (0.0, 0.0, 179.6, 0.0),
}


def _off_m(line: tuple[float, float, float, float], lon: float, lat: float) -> float:
    """How far a point is from a geodesic, by GeographicLib's Python code."""
    lon1, lat1, lon2, lat2 = line
    geodesic = Geodesic.WGS84.InverseLine(lat1, lon1, lat2, lon2)
    along = min(Geodesic.WGS84.Inverse(lat1, lon1, lat, lon)["s12"], geodesic.s13)
    metres = math.inf
    for _ in range(5):
        foot = geodesic.Position(along)
        across = Geodesic.WGS84.Inverse(foot["lat2"], foot["lon2"], lat, lon)
        metres = min(metres, across["s12"])
        step = across["s12"] * math.cos(math.radians(across["azi1"] - foot["azi2"]))
        along = min(max(along + step, 0.0), geodesic.s13)
    return metres


def _worst_m(line: tuple[float, float, float, float], drawn: list[list[Position]], most: int = 60) -> float:
    """How far the drawn edges are from the geodesic at worst, looked at in five places of some of them."""
    edges = [(a, b) for part in drawn for a, b in itertools.pairwise(part)]
    worst = 0.0
    for (x1, y1), (x2, y2) in edges[:: max(1, len(edges) // most)]:
        for share in (0.0, 0.21, 0.5, 0.79, 1.0):
            worst = max(worst, _off_m(line, x1 + share * (x2 - x1), y1 + share * (y2 - y1)))
    return worst


def _check_drawn(line: tuple[float, float, float, float], drawn: list[list[Position]]) -> None:
    """Ends, bounds, decimals and cuts."""
    lon1, lat1, lon2, lat2 = line
    assert 1 <= len(drawn) <= 2
    for (x, y), lon, lat in ((drawn[0][0], lon1, lat1), (drawn[-1][-1], lon2, lat2)):
        assert y == round(lat, 7)
        # Towards a pole meridians come together, and mean nothing at it.
        assert abs(math.remainder(x - round(lon, 7), 360)) * math.cos(math.radians(y)) < 1e-9
    for part in drawn:
        assert len(part) >= 2
        for x, y in part:
            assert abs(x) <= 180
            assert abs(y) <= 90
            assert (round(x, 7), round(y, 7)) == (x, y)
            assert math.copysign(1, x) == 1 or x != 0
            assert math.copysign(1, y) == 1 or y != 0
        if len(drawn) == 2 or part[0] != part[1]:
            assert all(a != b for a, b in itertools.pairwise(part))
        assert all(abs(a[0] - b[0]) <= 180 for a, b in itertools.pairwise(part))
    if len(drawn) == 2:
        (end_x, end_y), (start_x, start_y) = drawn[0][-1], drawn[1][0]
        assert end_y == start_y
        if abs(end_y) < 90:
            assert {end_x, start_x} == {-180, 180}


@pytest.mark.parametrize("error_m", [1.0, 100.0])
@pytest.mark.parametrize("name", LINES)
def test_edges_keep_to_the_error(name: str, error_m: float) -> None:
    """No point of an edge is farther from the geodesic than the error."""
    drawn = geodesic_line(*LINES[name], error_m)
    _check_drawn(LINES[name], drawn)
    assert _worst_m(LINES[name], drawn) <= error_m


@pytest.mark.parametrize("name", LINES)
def test_vertices_lie_on_the_geodesic(name: str) -> None:
    """Cuts at the antimeridian included, to the rounding of seven decimals."""
    vertices = [position for part in geodesic_line(*LINES[name], 100.0) for position in part]
    assert max(_off_m(LINES[name], *vertex) for vertex in vertices[:: max(1, len(vertices) // 100)]) < 0.01


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-180, 180),
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.floats(-90, 90),
    st.sampled_from([0.1, 10.0, 1000.0]),
)
def test_any_line_keeps_to_the_error(lon1: float, lat1: float, lon2: float, lat2: float, error_m: float) -> None:
    """Property: wherever the ends."""
    line = (lon1, lat1, lon2, lat2)
    # Nearer the antipode than this the geodesic itself is not settled to metres by the digits of its ends.
    assume(Geodesic.WGS84.Inverse(lat1, lon1, lat2, lon2)["s12"] < 20_003_900)
    drawn = geodesic_line(*line, error_m)
    _check_drawn(line, drawn)
    assert _worst_m(line, drawn, most=20) <= error_m


@settings(max_examples=60, deadline=None)
@given(st.floats(-180, 180), st.floats(-90, 90), st.floats(-1, 1), st.floats(-1, 1), st.floats(-9, 0))
def test_lines_to_near_the_antipode_keep_to_the_error(
    lon: float, lat: float, east: float, north: float, power: float
) -> None:
    """Property: where the shortest geodesic hangs on a hair."""
    turned = math.remainder(lon + 180 + east * 10**power, 360)
    line = (lon, lat, turned, max(min(-lat + north * 10**power, 90), -90))
    drawn = geodesic_line(*line)
    _check_drawn(line, drawn)
    length = sum(
        Geodesic.WGS84.Inverse(a[1], a[0], b[1], b[0])["s12"] for part in drawn for a, b in itertools.pairwise(part)
    )
    assert length == pytest.approx(Geodesic.WGS84.Inverse(line[1], line[0], line[3], line[2])["s12"], abs=5)


@settings(max_examples=100, deadline=None)
@given(st.floats(-180, 180), st.floats(-90, 90), st.floats(-1, 1), st.floats(-1, 1), st.floats(-12, -1))
def test_short_lines_keep_their_ends(lon: float, lat: float, east: float, north: float, power: float) -> None:
    """Property: down to nothing at all, wherever they are."""
    line = (lon, lat, math.remainder(lon + east * 10**power, 360), max(min(lat + north * 10**power, 90), -90))
    drawn = geodesic_line(*line)
    _check_drawn(line, drawn)
    assert _worst_m(line, drawn, most=5) <= 10


def test_a_line_is_cut_at_the_antimeridian() -> None:
    """Both sides get the latitude of the crossing, which on the equator is 0."""
    assert geodesic_line(170, 0, -170, 0) == [[*_stops(170, 180)], [*_stops(-180, -170)]]
    east, west = geodesic_line(178.4415, -18.1416, -171.76666, -13.83333)
    assert east[-1][0] == 180
    assert west[0] == (-180, east[-1][1])


def _stops(first: float, last: float) -> list[Position]:
    """The whole line, with the vertices that 500 km at most leave between."""
    count = math.ceil(math.radians(abs(last - first)) * 6378137 / 500_000)
    return [(round(first + (last - first) * i / count, 7), 0.0) for i in range(count + 1)]


def test_a_line_that_ends_at_the_antimeridian_is_not_cut() -> None:
    """180 and -180 are one meridian, and a line stays on its own side of it."""
    for start, end in ((170.0, 180.0), (170.0, -180.0)):
        (line,) = geodesic_line(start, 5, end, 10)
        assert line[-1] == (180, 10)
    (line,) = geodesic_line(180, 10, -170, 5)
    assert line[0] == (-180, 10)


def test_over_a_pole_it_is_two_meridians() -> None:
    """Up one to the pole, down the other."""
    assert geodesic_line(10, 80, -170, 70) == [[(10, 80), (10, 90)], [(-170, 90), (-170, 70)]]
    assert geodesic_line(-10, -80, 170, -70) == [[(-10, -80), (-10, -90)], [(170, -90), (170, -70)]]
    assert geodesic_line(0, 0, 180, 0) == [[(0, 0), (0, 90)], [(180, 90), (180, 0)]]


def test_to_a_pole_it_is_the_meridian_of_the_other_end() -> None:
    """A pole has every longitude, and takes the one that makes the edge straight."""
    assert geodesic_line(10, 90, 50, 60) == [[(50, 90), (50, 60)]]
    assert geodesic_line(50, 60, 10, -90) == [[(50, 60), (50, -90)]]
    assert geodesic_line(50, 90, 10, -90) == [[(50, 90), (50, -90)]]


@pytest.mark.parametrize(
    ("line", "position"),
    [
        ((5, 6, 5, 6), (5, 6)),
        ((180, 6, -180, 6), (180, 6)),
        ((-0.0, -0.0, 0.0, 0.0), (0, 0)),
        ((10, 90, 50, 90), (10, 90)),
        ((5, 6, 5 + 1e-12, 6), (5, 6)),
        ((5, 6, 5.00000001, 6.00000001), (5, 6)),
    ],
)
def test_equal_points_make_a_line_of_two_equal_positions(
    line: tuple[float, float, float, float], position: Position
) -> None:
    """RFC 7946 wants two positions or more; points that seven decimals cannot tell apart are equal."""
    assert geodesic_line(*line) == [[position, position]]


def test_a_line_runs_from_its_first_point_to_its_second() -> None:
    """Turned round it is the same line the other way, within the error."""
    there, back = geodesic_line(125.75, 39.03, -77.04, 38.9), geodesic_line(-77.04, 38.9, 125.75, 39.03)
    assert there[0][0] == back[-1][-1] == (125.75, 39.03)
    assert there[-1][-1] == back[0][0] == (-77.04, 38.9)


def test_a_smaller_error_takes_more_vertices() -> None:
    """Vertices are chosen from the error, not by number."""
    counts = [len(geodesic_line(-0.1, 51.5, 139.7, 35.7, error)[0]) for error in (1000, 10, 0.1)]
    assert counts == sorted(counts)
    assert counts[0] < counts[2]


def test_the_geometry_is_geojson() -> None:
    """A LineString, or a MultiLineString where it is cut."""
    assert geodesic_geometry(5, 6, 5, 6) == {"type": "LineString", "coordinates": [[5, 6], [5, 6]]}
    assert geodesic_geometry(10, 80, -170, 70) == {
        "type": "MultiLineString",
        "coordinates": [[[10, 80], [10, 90]], [[-170, 90], [-170, 70]]],
    }


def test_longitudes_past_180_are_turned_back() -> None:
    """190 E is 170 W."""
    assert geodesic_line(190, 5, 200, 6) == geodesic_line(-170, 5, -160, 6)


@pytest.mark.parametrize("line", [(0, 91, 0, 0), (0, 0, 0, -90.1), (math.nan, 0, 0, 0), (0, 0, math.inf, 0)])
def test_ends_off_the_earth_are_refused(line: tuple[float, float, float, float]) -> None:
    """Latitude 91 is no position."""
    with pytest.raises(CoordinateError):
        geodesic_line(*line)


@pytest.mark.parametrize("error", [0, -1, 0.01, math.nan, math.inf])
def test_an_error_below_what_seven_decimals_hold_is_refused(error: float) -> None:
    """A centimetre cannot be kept by coordinates that are a centimetre apart."""
    with pytest.raises(QueryError):
        geodesic_line(0, 0, 10, 10, error)
