"""A sector holds the azimuths from one direction clockwise to another, as a text, a test and a wedge of a ring."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from weapons_ref.errors import CoordinateError, QueryError
from weapons_ref.geo import geodesy
from weapons_ref.geo.rings import annulus, bands
from weapons_ref.geo.sectors import Sector, check_sector, parse_sector

WGS84 = pyproj.Geod(ellps="WGS84")
ERROR_M = 10.0
Floats = npt.NDArray[np.float64]

ORIGINS = {
    "equator": (0.0, 0.0),
    "antimeridian east": (180.0, 10.0),
    "antimeridian west": (-180.0, -45.0),
    "Fiji": (178.4415, -18.1416),
    "Wrangel Island": (179.6, 71.23),
    "a metre from the pole": (-70.0, 89.99999),
    "near the south pole": (12.3, -89.9),
    "Kherson": (32.61458, 46.63695),
    "south of the equator": (-58.5, -34.6),
}
RANGES_KM: tuple[float, ...] = (1, 300, 5_500, 10_000, 15_000, 19_000)
SECTORS: tuple[tuple[float, float], ...] = (
    (30, 90), (330, 30), (0, 90), (90, 180), (180, 270), (270, 0), (0, 180), (180, 0), (45, 46), (359.5, 0.5),
    (100, 40), (179.5, 180.5), (22.5, 322.5), (181, 179), (0, 1), (0.001, 0.3), (269, 271),
)  # fmt: skip
#: Every origin at every range, with the sectors in turn.
CASES = [
    (origin, outer_km, SECTORS[(3 * i + k) % len(SECTORS)])
    for i, (origin, outer_km) in enumerate(itertools.product(ORIGINS, RANGES_KM))
    for k in range(3)
]


def _points(lon: float, lat: float, radii_m: list[float], sector: tuple[float, float], seed: int) -> list[Floats]:
    """Points all over the ring and past it, and as many close to the rays and the circles."""
    rng = np.random.default_rng(seed)
    outer, width = radii_m[0], (sector[1] - sector[0]) % 360

    def from_origin(azimuths: Floats, metres: Floats) -> tuple[Floats, Floats]:
        there: tuple[Floats, Floats, Floats]
        there = WGS84.fwd(np.full(len(metres), lon), np.full(len(metres), lat), azimuths, metres)
        return there[0], there[1]

    def offset(count: int) -> Floats:
        return np.asarray(np.abs(rng.normal(0, 1, count)) * rng.choice([15, 100, 10_000], count))

    over = outer * np.sqrt(rng.uniform(0, 1.2, 3000))
    found = [from_origin(rng.uniform(0, 360, 3000), over)]
    near_width = sector[0] + rng.uniform(-0.1, 1.1, 1000) * width
    found.append(from_origin(near_width, outer * rng.uniform(0, 1.1, 1000)))
    found.append((rng.uniform(-180, 180, 1000), np.degrees(np.arcsin(rng.uniform(-1, 1, 1000)))))
    for azimuth in sector:
        x, y = from_origin(np.full(2000, azimuth), outer * rng.uniform(0, 1.05, 2000))
        found.append(WGS84.fwd(x, y, rng.uniform(0, 360, 2000), offset(2000))[:2])
    for radius in radii_m:
        count = 1000 // len(radii_m)
        metres = np.abs(radius + offset(count) * rng.choice([-1, 1], count))
        found.append(from_origin(sector[0] + rng.uniform(-0.1, 1.1, count) * width, metres))
    return [np.concatenate(part) for part in zip(*found, strict=True)]


def _disagreements(lon: float, lat: float, radii_m: list[float], sector: tuple[float, float], seed: int) -> int:
    """How many of 10,000 points a drawn sector puts on the wrong side, farther from its outline than the error."""
    x, y = _points(lon, lat, radii_m, sector, seed)
    count = len(x)
    assert count >= 10_000
    start = np.full(count, lon), np.full(count, lat)
    azimuths, _, metres = WGS84.inv(*start, x, y)
    inner = radii_m[1] if len(radii_m) > 1 else 0.0
    width = (sector[1] - sector[0]) % 360
    expected = (metres <= radii_m[0]) & (metres >= inner) & ((azimuths - sector[0]) % 360 <= width)
    settled = np.ones(count, dtype=bool)
    for radius in radii_m:
        settled &= np.abs(metres - radius) > ERROR_M
    for azimuth in sector:
        # From the ray's own point at the same distance; that is the cross-track distance where it is small.
        ray = WGS84.fwd(*start, np.full(count, azimuth), metres)[:2]
        settled &= WGS84.inv(*ray, x, y)[2] > ERROR_M
    assert settled.sum() > 5_000
    ring = annulus(lon, lat, radii_m[0], inner, ERROR_M, sector=Sector(*sector))
    assert_rfc_7946(ring)
    return int((shapely.intersects_xy(ring, x, y) != expected)[settled].sum())


def assert_rfc_7946(ring: shapely.MultiPolygon) -> None:
    """Valid, closed, in bounds, wound to the right, cut at the antimeridian, on seven decimals."""
    assert ring.is_valid, shapely.is_valid_reason(ring)
    for polygon in ring.geoms:
        assert shapely.is_ccw(polygon.exterior)
        assert not any(shapely.is_ccw(hole) for hole in polygon.interiors)
        for line in (polygon.exterior, *polygon.interiors):
            xy = shapely.get_coordinates(line)
            assert (xy[0] == xy[-1]).all()
            assert (np.abs(xy) <= (180, 90)).all()
            assert (np.abs(np.diff(xy, axis=0)) <= 180).all()
            assert (np.abs(np.diff(xy, axis=0)).max(axis=1) > 0).all()
            assert (np.round(xy, 7) == xy).all()


@pytest.mark.parametrize(("origin", "outer_km", "sector"), CASES)
def test_membership_is_that_of_distance_and_azimuth(origin: str, outer_km: float, sector: tuple[float, float]) -> None:
    """10,000 points, half of them close to the outline, lie in it exactly when distance and azimuth say so."""
    case = CASES.index((origin, outer_km, sector))
    radii = [outer_km * 1000] if case % 2 else [outer_km * 1000, outer_km * 400]
    assert _disagreements(*ORIGINS[origin], radii, sector, seed=case) == 0


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-180, 180),
    st.floats(-89.999, 89.999),
    st.floats(1_000, 19_970_000),
    st.floats(0, 360),
    st.floats(0.5, 359.5),
    st.integers(0, 2**32),
)
def test_any_sector_agrees_with_distance_and_azimuth(
    lon: float, lat: float, outer: float, start: float, width: float, seed: int
) -> None:
    """Property: wherever the origin, whatever the range and the azimuths."""
    assert _disagreements(lon, lat, [outer], (start % 360, (start + width) % 360), seed) == 0


def _area_m2(ring: shapely.MultiPolygon) -> tuple[float, float]:
    # Geodesics between points so close hardly differ from edges straight in longitude and latitude.
    parts = [WGS84.geometry_area_perimeter(part) for part in shapely.segmentize(ring.geoms, 0.05)]
    return sum(area for area, _ in parts), sum(perimeter for _, perimeter in parts)


@settings(max_examples=20, deadline=None)
@given(
    st.floats(-180, 180),
    st.floats(-89, 89),
    st.floats(10_000, 9_000_000),
    st.integers(0, 359),
    st.integers(1, 359),
)
def test_a_sector_and_its_complement_cover_the_disk(
    lon: float, lat: float, radius: float, start: int, width: int
) -> None:
    """Property: together they hold the disk's area and nothing twice, to the error along their outlines."""
    one, other = Sector(start, (start + width) % 360), Sector((start + width) % 360, start)
    whole, *parts = (annulus(lon, lat, radius, 0, 1.0, sector=sector) for sector in (None, one, other))
    areas = [_area_m2(part) for part in parts]
    disk, around = _area_m2(whole)
    slack = around + sum(perimeter for _, perimeter in areas)  # times an error of one metre
    assert sum(area for area, _ in areas) == pytest.approx(disk, abs=slack)
    assert areas[0][0] == pytest.approx(disk * width / 360, rel=0.01, abs=slack)


@pytest.mark.parametrize("sector", [(0, 90), (40, 220), (300, 20)])
def test_quarters_of_a_sector_lie_where_the_compass_has_them(sector: tuple[float, float]) -> None:
    """From 0, 0 north-east is where longitude and latitude both are positive, and so on round."""
    ring = annulus(0, 0, 5_000_000, sector=sector)
    inside = {45: (20.0, 20.0), 135: (20.0, -20.0), 225: (-20.0, -20.0), 315: (-20.0, 20.0)}
    for azimuth, (x, y) in inside.items():
        assert ring.intersects(shapely.Point(x, y)) == ((azimuth - sector[0]) % 360 < (sector[1] - sector[0]) % 360)
    if sector == (0, 90):
        assert ring.bounds[:2] == (0, 0)


@pytest.mark.parametrize("origin", ["Fiji", "Wrangel Island", "Kherson"])
@pytest.mark.parametrize("sector", [(330, 30), (100, 250), (10, 10.5)])
def test_bands_end_at_the_same_rays(origin: str, sector: tuple[float, float]) -> None:
    """Within and disputed do not overlap, leave no gap, and are a sector of the farthest claim's ring."""
    lon, lat = ORIGINS[origin]
    within, disputed = bands(lon, lat, (1_650_000, 3_060_000), (250_000, 700_000), sector=sector)
    assert shapely.intersection(within, disputed).area < 1e-9
    farthest = annulus(lon, lat, 3_060_000, 250_000, sector=sector)
    assert shapely.symmetric_difference(shapely.union(within, disputed), farthest).area < 1e-6
    assert_rfc_7946(within)
    assert_rfc_7946(disputed)


@pytest.mark.parametrize("lat", [90.0, -90.0])
def test_no_sector_starts_at_a_pole(lat: float) -> None:
    """Every direction from the north pole is south."""
    with pytest.raises(QueryError, match="pole"):
        annulus(0, lat, 1000, sector=(30, 90))


@pytest.mark.parametrize("radius_m", [geodesy.SHORTEST_ALWAYS_M + 1, 20_003_932.0, 25_000_000.0])
def test_no_sector_reaches_where_directions_cross(radius_m: float) -> None:
    """Round the antipode two azimuths lead to one place."""
    with pytest.raises(QueryError, match="19,970 km"):
        annulus(10, 20, radius_m, sector=(30, 90))


def test_a_sector_reaches_as_far_as_geodesics_are_the_shortest() -> None:
    """To pi times the polar radius, inclusive."""
    assert _disagreements(32.6, 0.0, [geodesy.SHORTEST_ALWAYS_M], (80, 90), seed=1) == 0
    assert _disagreements(32.6, 46.6, [geodesy.SHORTEST_ALWAYS_M], (10, 200), seed=2) == 0


def test_a_sector_too_narrow_to_show_is_refused() -> None:
    """A millionth of a degree is nothing on seven decimals."""
    with pytest.raises(QueryError, match="too small"):
        annulus(10, 20, 1000, sector=(30, 30.0000001))


def test_an_origin_off_the_earth_is_refused() -> None:
    """Latitude 91 is no origin."""
    with pytest.raises(CoordinateError):
        annulus(0, 91, 1000, sector=(30, 90))


@pytest.mark.parametrize(
    ("text", "sector"),
    [
        ("30:90", (30, 90)),
        ("330:30", (330, 30)),
        ("22.5:45", (22.5, 45)),
        ("0:359.999", (0, 359.999)),
        ("360:90", (0, 90)),
        ("270:360", (270, 0)),
        (" 5 : 6 ", (5, 6)),
        (".5:007.", (0.5, 7)),
    ],
)
def test_a_sector_is_two_azimuths(text: str, sector: tuple[float, float]) -> None:
    """Degrees from 0 to 360, whole or not; 360 is north."""
    assert parse_sector(text) == sector


@pytest.mark.parametrize(
    "text",
    ["", ":", "30", "30:", ":90", "30:90:120", "30-90", "-30:90", "30:-90", "+30:90", "nan:90", "30:inf", "1e1:90",
     "30:361", "360.0001:90", "30,5:90", "a:b", "N:E", "٣٠:٩٠", "30°:90°", "3_0:90", "0x1:90", "30:90\n:",
     "0" * 98 + "1:90", "9" * 90 + ":1"],
)  # fmt: skip
def test_what_is_no_sector_is_refused_in_one_line(text: str) -> None:
    """The message says what would be right, and does not repeat a long text."""
    with pytest.raises(QueryError, match="0 to 360") as refused:
        parse_sector(text)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("text", ["0:360", "360:0", "0:0", "90:90", "90:90.0", "360:360"])
def test_equal_ends_are_refused(text: str) -> None:
    """All round or nothing: who wants all round leaves the option out, and is told so."""
    with pytest.raises(QueryError, match="leave --sector out"):
        parse_sector(text)


@pytest.mark.parametrize("ends", [(math.nan, 90), (30, math.inf), (-1, 90), (30, 360.5), (30, 30)])
def test_azimuths_as_numbers_are_checked_too(ends: tuple[float, float]) -> None:
    """From Python as from a text."""
    with pytest.raises(QueryError):
        check_sector(*ends)
    with pytest.raises(QueryError):
        annulus(0, 0, 1000, sector=ends)


@given(st.text(max_size=120) | st.text("0123456789.:- e", max_size=110))
def test_any_text_is_a_sector_or_refused(text: str) -> None:
    """Property: nothing else happens, and the message is one line."""
    try:
        sector = parse_sector(text)
    except QueryError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert 0 <= sector.start_deg < 360
        assert 0 <= sector.end_deg < 360
        assert 0 < sector.width_deg < 360
    assert "\n" not in refusal


AZIMUTHS = st.floats(0, 360, exclude_max=True) | st.integers(0, 359).map(float)


@given(AZIMUTHS, AZIMUTHS)
def test_a_sector_s_own_text_gives_it_back(start: float, end: float) -> None:
    """Property: there and back, for azimuths that are written out in full."""
    start, end = round(start, 6) % 360, round(end, 6) % 360
    if start != end:
        assert parse_sector(f"{start:f}:{end:f}") == (start, end)


@given(AZIMUTHS, AZIMUTHS, AZIMUTHS)
def test_a_sector_holds_what_lies_clockwise_from_its_start(start: float, end: float, azimuth: float) -> None:
    """Property: as far as its width, in exact arithmetic; ends and pyproj's negative azimuths included."""
    sector = Sector(start, end)
    expected = (Fraction(azimuth) - Fraction(start)) % 360 <= (Fraction(end) - Fraction(start)) % 360
    assert sector.holds(azimuth) == expected
    assert sector.holds(start)
    assert sector.holds(end)
    assert sector.holds_all(np.array([azimuth, start, end])).tolist() == [expected, True, True]
    assert sector.holds_all(np.array([90.0, -180.0, -90.0, 0.0])).tolist() == [
        sector.holds(direction) for direction in (90, 180, 270, 360)
    ]


def test_no_direction_is_in_no_sector() -> None:
    """NaN is neither clockwise nor counter-clockwise, and what is asked about stays as it is."""
    asked = np.array([math.nan, -10.0])
    assert Sector(330, 30).holds_all(asked).tolist() == [False, True]
    assert asked[1] == -10


def test_widths() -> None:
    """Clockwise, over north where need be."""
    assert Sector(330, 30).width_deg == 60
    assert Sector(30, 330).width_deg == 300
