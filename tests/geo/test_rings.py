"""Rings hold what their distances hold, everywhere on Earth."""

from __future__ import annotations

import functools
import itertools
import json
import math
import shutil
import subprocess
from pathlib import Path

import antimeridian
import numpy as np
import numpy.typing as npt
import pyproj
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from weapons_ref.errors import CoordinateError, QueryError
from weapons_ref.geo import geodesy
from weapons_ref.geo.rings import annulus, bands, covers_globe

WGS84 = pyproj.Geod(ellps="WGS84")
NODE = Path(__file__).parent.parent / "node"

ORIGINS = {
    "equator": (0.0, 0.0),
    "north pole": (0.0, 90.0),
    "south pole": (123.0, -90.0),
    "antimeridian east": (180.0, 10.0),
    "antimeridian west": (-180.0, -45.0),
    "Fiji": (178.4415, -18.1416),
    "Wrangel Island": (179.6, 71.23),
    "a metre from the pole": (-70.0, 89.99999),
    "Kherson": (32.61458, 46.63695),
    "Pyongyang": (125.75432, 39.03385),
}
RANGES_KM: tuple[float, ...] = (1, 300, 5_500, 10_000, 15_000, 19_900, 20_003, 25_000)
CASES = list(itertools.product(ORIGINS, RANGES_KM))
ERROR_M = 10.0
Floats = npt.NDArray[np.float64]
LONGITUDES, LATITUDES = st.floats(-180, 180), st.floats(-90, 90)


@functools.cache
def _ring(origin: str, outer_km: float, inner_km: float) -> shapely.MultiPolygon:
    return annulus(*ORIGINS[origin], outer_km * 1000, inner_km * 1000, ERROR_M)


def _points(lon: float, lat: float, radii_m: list[float], seed: int) -> tuple[Floats, Floats]:
    """Points spread evenly over the globe, points near each circle, and the awkward places."""
    rng = np.random.default_rng(seed)
    lons, lats = [rng.uniform(-180, 180, 5000)], [np.degrees(np.arcsin(rng.uniform(-1, 1, 5000)))]
    for radius in radii_m:
        count = 5000 // len(radii_m)
        near = radius + rng.normal(0, 1, count) * rng.choice([15, 100, 10_000], count)
        start = np.full(count, lon), np.full(count, lat)
        x, y, _ = WGS84.fwd(*start, rng.uniform(0, 360, count), np.abs(near))
        lons.append(x)
        lats.append(y)
    awkward = [(x, y) for x in (-180.0, 180.0, lon, 0.0) for y in (-90.0, 90.0, lat, -lat, 0.0, 89.999999, -89.999999)]
    lons.append(np.array([x for x, _ in awkward]))
    lats.append(np.array([y for _, y in awkward]))
    return np.concatenate(lons), np.concatenate(lats)


@pytest.mark.parametrize("share", [0, 0.4], ids=["disk", "annulus"])
@pytest.mark.parametrize(("origin", "outer_km"), CASES)
def test_membership_is_that_of_the_distance(origin: str, outer_km: float, share: float) -> None:
    """10,000 points and more lie in the ring exactly when their distance does, outside the stated error."""
    lon, lat = ORIGINS[origin]
    outer, inner = outer_km * 1000, outer_km * 1000 * share
    lons, lats = _points(lon, lat, [outer, inner] if inner else [outer], seed=CASES.index((origin, outer_km)))
    assert len(lons) >= 10_000
    metres = np.asarray(geodesy.distances(lon, lat, lons, lats)[0])
    expected = (metres <= outer) & (metres >= inner)
    settled = (np.abs(metres - outer) > ERROR_M) & ((np.abs(metres - inner) > ERROR_M) | (inner == 0))
    drawn = shapely.intersects_xy(_ring(origin, outer_km, outer_km * share), lons, lats)
    assert settled.sum() > 8_000
    assert not (drawn != expected)[settled].any()


@pytest.mark.parametrize("share", [0, 0.4], ids=["disk", "annulus"])
@pytest.mark.parametrize(("origin", "outer_km"), CASES)
def test_every_ring_is_what_rfc_7946_asks_for(origin: str, outer_km: float, share: float) -> None:
    """Valid, closed, in bounds, wound to the right, cut at the antimeridian, on seven decimals."""
    ring = _ring(origin, outer_km, outer_km * share)
    assert ring.is_valid, shapely.is_valid_reason(ring)
    for polygon in ring.geoms:
        assert shapely.is_ccw(polygon.exterior)
        assert not any(shapely.is_ccw(hole) for hole in polygon.interiors)
        for line in (polygon.exterior, *polygon.interiors):
            xy = shapely.get_coordinates(line)
            assert (xy[0] == xy[-1]).all()
            assert (np.abs(xy) <= (180, 90)).all()
            assert (np.abs(np.diff(xy, axis=0)) <= 180).all()
            assert (np.round(xy, 7) == xy).all()


@pytest.mark.parametrize(("origin", "outer_km"), [case for case in CASES if case[1] <= 20_003])
def test_vertices_lie_on_the_circle(origin: str, outer_km: float) -> None:
    """Every vertex that is not on a cut lies at the range itself, to the rounding of seven decimals."""
    lon, lat = ORIGINS[origin]
    xy = shapely.get_coordinates(_ring(origin, outer_km, 0))
    free = xy[(np.abs(xy[:, 0]) < 180) & (np.abs(xy[:, 1]) < 90)]
    metres = np.array([Geodesic.WGS84.Inverse(lat, lon, y, x)["s12"] for x, y in free[:: max(1, len(free) // 400)]])
    assert (np.abs(metres - outer_km * 1000) <= ERROR_M).all()
    assert np.median(np.abs(metres - outer_km * 1000)) < 0.01


@pytest.mark.parametrize("error_m", [0.1, 1.0, 10.0, 1000.0])
@pytest.mark.parametrize("origin", ["Kherson", "Wrangel Island", "Fiji"])
def test_edges_keep_to_the_error_asked_for(origin: str, error_m: float) -> None:
    """No point of an edge is farther from the circle than the error, by independent code."""
    lon, lat = ORIGINS[origin]
    ring = annulus(lon, lat, 2_000_000, 0, error_m)
    xy = shapely.get_coordinates(ring.geoms[0].exterior)
    cut = (np.abs(xy[:-1, 0]) == 180) & (np.abs(xy[1:, 0]) == 180) | (np.abs(xy[:-1, 1]) == 90)
    starts, steps = xy[:-1][~cut], np.diff(xy, axis=0)[~cut]
    worst = 0.0
    for start, step in list(zip(starts, steps, strict=True))[:: max(1, len(starts) // 300)]:
        for part in (0.21, 0.5, 0.79):
            x, y = start + part * step
            worst = max(worst, abs(Geodesic.WGS84.Inverse(lat, lon, y, x)["s12"] - 2_000_000))
    assert worst <= error_m


def _worst_edge_m(lon: float, lat: float, radius: float, ring: shapely.MultiPolygon) -> float:
    """How far the edges of a disk stray from its circle, looked at closely; cuts are not edges of it."""
    worst = 0.0
    parts = np.linspace(0, 1, 101)[1:-1]
    for polygon in ring.geoms:
        for line in (polygon.exterior, *polygon.interiors):
            xy = shapely.get_coordinates(line)
            cut = (np.abs(xy[:-1, 0]) == 180) & (xy[:-1, 0] == xy[1:, 0]) | (np.abs(xy[:-1, 1]) == 90)
            starts, steps = xy[:-1][~cut], np.diff(xy, axis=0)[~cut]
            points = (starts[:, None, :] + steps[:, None, :] * parts[:, None]).reshape(-1, 2)
            count = len(points)
            _, _, metres = WGS84.inv(np.full(count, lon), np.full(count, lat), points[:, 0], points[:, 1])
            worst = max(worst, float(np.abs(metres - radius).max(initial=0)))
    return worst


def test_an_s_shaped_edge_keeps_to_the_error() -> None:
    """Near the equator the circle bends both ways along one edge, and strays most at a fifth of it."""
    lon, lat, radius = 70.42049437416576, 10.0, 9_958_306.456059474
    assert _worst_edge_m(lon, lat, radius, annulus(lon, lat, radius)) <= ERROR_M


@pytest.mark.parametrize("band", [(0, 30), (30, 60), (60, 89), (89, 90)])
def test_edges_keep_to_the_error_everywhere(band: tuple[float, float]) -> None:
    """Rings of every size round origins at every latitude, each edge looked at in ninety-nine places."""
    rng = np.random.default_rng(int(band[0]))
    for _ in range(60):
        lon, lat = rng.uniform(-180, 180), rng.uniform(*band) * rng.choice([-1, 1])
        radius, error = 10 ** rng.uniform(3, math.log10(19.9e6)), rng.choice([1.0, 10.0, 100.0])
        assert _worst_edge_m(lon, lat, radius, annulus(lon, lat, radius, 0, error)) <= error, (lon, lat, radius, error)


def test_a_smaller_error_takes_more_vertices() -> None:
    """Vertices are chosen from the error, not by number."""
    counts = [len(shapely.get_coordinates(annulus(32.6, 46.6, 3e5, 0, error))) for error in (100, 10, 1)]
    assert counts == sorted(counts)
    assert counts[0] < counts[2]


def test_the_published_distance_of_a_ring_is_not_a_plate_carree_circle() -> None:
    """At 75 N a 3,000 km ring reaches over the pole, where a naive one holds nothing."""
    ring = annulus(0, 75, 3_000_000)
    assert ring.intersects(shapely.Point(180, 80))
    assert ring.bounds[3] == 90


@pytest.mark.parametrize("radius_m", [geodesy.HALF_MERIDIAN_M, 20_003_932.0, 25_000_000.0])
def test_half_the_globe_round_is_the_whole_world(radius_m: float) -> None:
    """From 20,003.9 km on everything is within, and the ring says so."""
    assert covers_globe(radius_m)
    assert annulus(10, 20, radius_m).equals(shapely.box(-180, -90, 180, 90))


@pytest.mark.parametrize("lat", [0.0, 0.001, 30.0, 60.0, 89.0, 90.0])
@pytest.mark.parametrize("short_m", [0.5, 5, 100, 1_000, 20_000, 33_000, 34_000])
def test_what_is_left_round_the_antipode_is_right(lat: float, short_m: float) -> None:
    """Just short of half the globe, where geodesics cross, only what is too far is left out."""
    radius = geodesy.HALF_MERIDIAN_M - short_m
    ring = annulus(20.0, lat, radius, 0, 0.5)
    rng = np.random.default_rng(7)
    x = np.concatenate([rng.uniform(-180, 180, 4000), -160 + rng.normal(0, 1, 8000) * rng.choice([0.01, 0.3, 1], 8000)])
    y = np.concatenate([rng.uniform(-90, 90, 4000), -lat + rng.normal(0, 1, 8000) * rng.choice([0.001, 0.1, 1], 8000)])
    y = np.clip(y, -90, 90)
    metres = np.array([Geodesic.WGS84.Inverse(lat, 20.0, b, a)["s12"] for a, b in zip(x, y, strict=True)])
    settled = np.abs(metres - radius) > 0.5
    assert ((metres <= radius) == shapely.intersects_xy(ring, x, y))[settled].all()
    assert ring.is_valid


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-180, 180), st.floats(-90, 90), st.floats(1_000, 20_000_000), st.floats(0, 0.99), st.integers(0, 2**32)
)
def test_any_ring_agrees_with_distances(lon: float, lat: float, outer: float, share: float, seed: int) -> None:
    """Property: wherever the origin and whatever the radii, ring and distance agree and the ring is valid."""
    inner = outer * share
    if outer - inner < 100:
        inner = 0.0
    ring = annulus(lon, lat, outer, inner)
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-180, 180, 2000), np.degrees(np.arcsin(rng.uniform(-1, 1, 2000)))
    metres = np.asarray(geodesy.distances(lon, lat, x, y)[0])
    settled = (np.abs(metres - outer) > ERROR_M) & (np.abs(metres - inner) > ERROR_M)
    expected = (metres <= outer) & (metres >= inner)
    assert ring.is_valid
    assert (expected == shapely.intersects_xy(ring, x, y))[settled].all()


@settings(max_examples=60, deadline=None)
@given(LONGITUDES, LATITUDES, st.floats(2_000, 19_000_000), st.floats(1.01, 3))
def test_a_smaller_ring_lies_inside_a_larger_one(lon: float, lat: float, radius: float, times: float) -> None:
    """Property: nothing within a range is outside a longer one."""
    inside, outside = annulus(lon, lat, radius), annulus(lon, lat, radius * times)
    stray = shapely.difference(inside, outside)
    assert stray.is_empty or stray.area < 1e-9


@settings(max_examples=40, deadline=None)
@given(st.floats(-180, 180), st.floats(-85, 85), st.floats(1_000, 9_000_000))
def test_the_area_is_that_of_the_disk(lon: float, lat: float, radius: float) -> None:
    """Property: the polygon's geodesic area is near that of a cap, so nothing is inverted."""
    polygon_area = 0.0
    for part in annulus(lon, lat, radius, 0, 10).geoms:
        traced = Geodesic.WGS84.Polygon()
        # Cut edges lie on meridians and poles, and short chords hardly differ from geodesics.
        for x, y in shapely.get_coordinates(part.exterior)[:-1]:
            traced.AddPoint(y, x)
        polygon_area += abs(traced.Compute(False, True)[2])
    sphere = 6_371_007.181
    cap = 2 * math.pi * sphere**2 * (1 - math.cos(radius / sphere))
    # A thousandth per 10 m of edge error, and half a per cent for the flattening.
    assert polygon_area == pytest.approx(cap, rel=0.012 + 60 / radius)


def test_bands_part_what_is_certain_from_what_is_disputed() -> None:
    """Within and disputed do not overlap, and together are what the farthest claim reaches."""
    within, disputed = bands(178.4415, -18.1416, (165_000, 306_000), (25_000, 70_000))
    assert shapely.intersection(within, disputed).area < 1e-9
    farthest = annulus(178.4415, -18.1416, 306_000, 25_000)
    assert shapely.symmetric_difference(shapely.union(within, disputed), farthest).area < 1e-9
    assert shapely.symmetric_difference(within, annulus(178.4415, -18.1416, 165_000, 70_000)).area < 1e-9


def test_claims_that_agree_leave_nothing_disputed() -> None:
    """One figure makes one band."""
    within, disputed = bands(0, 0, (70_000, 70_000), (15_000, 15_000))
    assert disputed.is_empty
    assert within.equals(annulus(0, 0, 70_000, 15_000))


def test_claims_that_exclude_each_other_leave_nothing_certain() -> None:
    """A minimum range past the lowest maximum: all that is left is disputed."""
    within, disputed = bands(0, 0, (50_000, 90_000), (10_000, 60_000))
    assert within.is_empty
    assert disputed.equals(annulus(0, 0, 90_000, 10_000))


@pytest.mark.parametrize(
    ("outer", "inner"), [(0, 0), (-1, 0), (math.nan, 0), (math.inf, 0), (10, 10), (10, 20), (10, -1), (10, math.nan)]
)
def test_radii_that_make_no_ring_are_refused(outer: float, inner: float) -> None:
    """Zero, negative, not finite, or the minimum past the maximum."""
    with pytest.raises(QueryError):
        annulus(0, 0, outer, inner)


@pytest.mark.parametrize("error", [0, -1, 0.01, math.nan])
def test_an_error_below_what_seven_decimals_hold_is_refused(error: float) -> None:
    """A centimetre cannot be kept by coordinates that are a centimetre apart."""
    with pytest.raises(QueryError):
        annulus(0, 0, 1000, 0, error)


def test_an_origin_off_the_earth_is_refused() -> None:
    """Latitude 91 is no origin."""
    with pytest.raises(CoordinateError):
        annulus(0, 91, 1000)


def _collection(cases: list[tuple[str, float, float]]) -> dict[str, object]:
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(_ring(*case)))}
            for case in cases
        ],
    }


ALL_RINGS: list[tuple[str, float, float]] = [
    (origin, outer, outer * share) for origin, outer in CASES for share in (0, 0.4)
]


def test_geojson_validator_finds_nothing() -> None:
    """Winding, bounds, holes: the Python validator has no complaint about any ring."""
    import geojson_validator

    # Left out are its tastes (holes, over 999 vertices, more than six decimals) and its check of the
    # antimeridian, which takes 180 for -180 and so complains of every ring that is cut there.
    found = geojson_validator.validate_geometries(
        _collection(ALL_RINGS),
        criteria_invalid=["unclosed", "less_three_unique_nodes", "exterior_not_ccw", "interior_not_cw"],
        criteria_problematic=[
            "inner_and_exterior_ring_intersect",
            "self_intersection",
            "duplicate_nodes",
            "3d_coordinates",
            "outside_lat_lon_boundaries",
        ],
    )
    assert found["invalid"] == {}
    assert found["problematic"] == {}
    assert found["count_geometry_types"] == {"MultiPolygon": len(ALL_RINGS)}


@pytest.mark.skipif(
    not (shutil.which("node") and (NODE / "node_modules").is_dir()), reason="needs node and `npm ci` in tests/node"
)
def test_check_geojson_finds_nothing(tmp_path: Path) -> None:
    """Closure and structure: @placemarkio/check-geojson takes every ring."""
    file = tmp_path / "rings.geojson"
    file.write_text(json.dumps(_collection(ALL_RINGS)))
    script = (
        "const {check} = require('@placemarkio/check-geojson');"
        "const read = require('fs').readFileSync(process.argv[1], 'utf8');"
        "console.log(check(read).features.length)"
    )
    done = subprocess.run(["node", "-e", script, str(file)], cwd=NODE, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert int(done.stdout) == len(ALL_RINGS)


@pytest.mark.parametrize("origin", ["Fiji", "Wrangel Island", "antimeridian east", "antimeridian west"])
def test_the_cut_is_that_of_the_antimeridian_package(origin: str) -> None:
    """A ring drawn past 180 and cut by an independent package covers the same."""
    lon, lat = ORIGINS[origin]
    circle = [Geodesic.WGS84.Direct(lat, lon, azimuth / 4, 300_000) for azimuth in range(1440)]
    unrolled = [((p["lon2"] - lon + 180) % 360 - 180 + lon, p["lat2"]) for p in circle]
    cut = antimeridian.fix_polygon(shapely.Polygon(unrolled), fix_winding=True)
    ours = _ring(origin, 300, 0)
    assert len(ours.geoms) == 2
    assert shapely.symmetric_difference(ours, cut).area < 1e-3 * ours.area
