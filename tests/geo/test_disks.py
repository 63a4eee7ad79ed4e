"""Points known to within a radius: the farthest point of their disk, and rings that hold what its points reach."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyproj
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from weapons_ref.errors import QueryError
from weapons_ref.geo import disks
from weapons_ref.geo.rings import bands as point_bands

Floats = npt.NDArray[np.float64]

WGS84 = pyproj.Geod(ellps="WGS84")
HALF_MERIDIAN_M = 20_003_931.458625447
ERROR_M = 10.0


def away(lon: float, lat: float, lons: Floats, lats: Floats) -> Floats:
    """Geodesic distances from one point to many."""
    return np.asarray(WGS84.inv(np.full(len(lons), lon), np.full(len(lons), lat), lons, lats)[2])


def towards(lon: float, lat: float, azimuths: Floats, metres: float | Floats) -> tuple[Floats, Floats]:
    count = len(azimuths)
    lons, lats, _ = WGS84.fwd(np.full(count, lon), np.full(count, lat), azimuths, np.full(count, metres))
    return lons, lats


def greatest(lon: float, lat: float, radius_m: float, place: tuple[float, float]) -> float:
    """Return the greatest distance found on a disk by looking everywhere on it, ever closer."""
    antipode = np.array([place[0] + 180]), np.array([-place[1]])
    best = float(away(*place, *antipode)[0]) if away(lon, lat, *antipode)[0] <= radius_m else 0.0
    for share in (1.0, 0.97, 0.8, 0.5, 0.2, 0.0):
        azimuths = np.linspace(-180, 180, 1801)
        metres = away(*place, *towards(lon, lat, azimuths, radius_m * share))
        peaks = azimuths[np.argsort(metres)[-40:]]
        best = max(best, float(metres.max()))
        for _ in range(3 if share == 1.0 else 0):
            step = azimuths[1] - azimuths[0]
            azimuths = (peaks[:, None] + np.linspace(-step, step, 81)).ravel()
            metres = away(*place, *towards(lon, lat, azimuths, radius_m))
            best = max(best, float(metres.max()))
            peaks = azimuths[np.argsort(metres)[-10:]]
            azimuths = np.array([0.0, step / 40])
    return best


def farthest(lon: float, lat: float, radius_m: float, place: tuple[float, float]) -> float:
    """Ask for the farthest distance, with the distance from the centre from an implementation that is not ours."""
    metres = float(Geodesic.WGS84.Inverse(place[1], place[0], lat, lon)["s12"])
    (found,) = disks.farthest(lon, lat, radius_m, [place[0]], [place[1]], [metres])
    return found


latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)
radii = st.floats(0, math.log(2e6)).map(math.exp)


@given(longitudes, latitudes, radii, longitudes, latitudes)
@settings(max_examples=30, deadline=None)
def test_the_farthest_point_is_the_greatest_of_all(
    lon: float, lat: float, radius_m: float, place_lon: float, place_lat: float
) -> None:
    """No point of the disk is farther, and one is as far, wherever the place lies."""
    place = (place_lon, place_lat)
    assert farthest(lon, lat, radius_m, place) == pytest.approx(greatest(lon, lat, radius_m, place), abs=2e-3)


@given(longitudes, latitudes, st.floats(1e3, 2e6), st.floats(0, 3), st.floats(-180, 180))
@settings(max_examples=30, deadline=None)
def test_the_farthest_point_near_the_antipode(
    lon: float, lat: float, radius_m: float, radii_away: float, azimuth: float
) -> None:
    """Where the geodesic behind the centre is no longer the shortest, and where the disk holds the antipode."""
    antipode = (lon + 180 if lon < 0 else lon - 180, -lat)
    (place_lon,), (place_lat,) = towards(*antipode, np.array([azimuth]), radius_m * radii_away)
    found = farthest(lon, lat, radius_m, (place_lon, place_lat))
    assert found == pytest.approx(greatest(lon, lat, radius_m, (place_lon, place_lat)), abs=0.02)
    assert found <= HALF_MERIDIAN_M + 1e-6
    if radii_away < 0.999:
        assert found == pytest.approx(HALF_MERIDIAN_M, abs=1e-6)


@pytest.mark.parametrize(
    ("disk", "place", "metres"),
    [
        ((0.0, 0.0, 1000.0), (0.0, 0.0), 1000.0),
        ((0.0, 90.0, 1000.0), (77.0, -90.0), HALF_MERIDIAN_M),
        ((0.0, 0.0, 1000.0), (180.0, 0.0), HALF_MERIDIAN_M),
        ((-180.0, 10.0, 1.0), (0.0, -10.0), HALF_MERIDIAN_M),
        # A quarter of the equator, a pi / 2, and the radius.
        ((0.0, 0.0, 5000.0), (90.0, 0.0), 10_018_754.171394622 + 5000),
        ((0.0, 0.0, 0.0), (0.0, 90.0), 10_001_965.729312722),
    ],
)
def test_known_farthest_distances(disk: tuple[float, float, float], place: tuple[float, float], metres: float) -> None:
    """Half the meridian is the farthest there is: 20 003 931.4586 m."""
    assert farthest(*disk, place) == pytest.approx(metres, abs=1e-6)


@pytest.mark.parametrize("radius_m", [-1.0, math.nan, math.inf, 2_000_001.0])
def test_an_uncertainty_that_makes_no_sense_is_refused(radius_m: float) -> None:
    """Below 0, no number, or so wide that the origin is an area."""
    with pytest.raises(QueryError, match="uncertainty"):
        disks.check_uncertainty(radius_m)
    assert disks.check_uncertainty(2e6) == 2e6


# --- Rings -----------------------------------------------------------------------------------------

Bounds = tuple[float, float]
#: Centre, uncertainty, maximum and minimum ranges, in km.
CASES: Mapping[str, tuple[tuple[float, float], float, Bounds, Bounds]] = {
    "a rocket": ((32.61458, 46.63695), 5, (70, 92), (15, 15)),
    "no minimum": ((32.61458, 46.63695), 20, (165, 306), (0, 0)),
    "disputed minimum": ((125.75, 39.03), 30, (300, 500), (50, 120)),
    "over the antimeridian": ((179.9, -17.0), 40, (300, 300), (0, 80)),
    "over a pole": ((20.0, 88.5), 100, (500, 800), (30, 60)),
    "at a pole": ((0.0, -90.0), 100, (500, 800), (150, 200)),
    "wider than the lowest range": ((0.0, 0.0), 100, (70, 200), (0, 0)),
    "wider than every range": ((10.0, 50.0), 400, (70, 200), (10, 10)),
    "wider than the minimum only": ((10.0, 50.0), 60, (300, 400), (20, 50)),
    "past half the globe": ((34.6, 47.5), 300, (12_000, 15_000), (500, 5_500)),
    "the whole globe by some": ((34.6, 47.5), 100, (15_000, 21_000), (0, 0)),
    "the whole globe by all": ((-70.0, 10.0), 100, (21_000, 25_000), (300, 300)),
}
READINGS = ("anywhere", "somewhere", "everywhere")


def scattered(lon: float, lat: float, figures_m: list[float], count: int) -> tuple[Floats, Floats]:
    """Return points all over the globe, and points near each distance where something changes."""
    rng = np.random.default_rng(7)
    lons, lats = [rng.uniform(-180, 180, count // 4)], [np.degrees(np.arcsin(rng.uniform(-1, 1, count // 4)))]
    for figure in figures_m:
        some = count // len(figures_m)
        metres = np.abs(figure + rng.normal(0, 1, some) * rng.choice([30, 1000, 50_000], some))
        x, y = towards(lon, lat, rng.uniform(-180, 180, some), np.minimum(metres, 1.999e7))
        lons.append(x)
        lats.append(y)
    return np.concatenate(lons), np.concatenate(lats)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", CASES)
def test_rings_hold_what_the_distances_hold(name: str, reading: str) -> None:
    """For 10,000 points and more, by the disk's nearest and farthest point; off by the stated error at most."""
    (lon, lat), radius_km, maximum_km, minimum_km = CASES[name]
    radius = radius_km * 1000
    (low, high), (least, most) = ((a * 1000, b * 1000) for a, b in (maximum_km, minimum_km))
    figures = [
        metres + side * radius
        for metres in {low, high, least, most}
        for side in (-1, 1)
        if 0 < metres + side * radius < 1.99e7
    ]
    x, y = scattered(lon, lat, figures, 10_000)
    centre = away(lon, lat, x, y)
    # Exact as long as the geodesic behind the centre is a shortest one; farther points are left out below.
    near, far = np.maximum(centre - radius, 0), centre + radius
    exact = (far < 19_970_000) | (low > HALF_MERIDIAN_M)
    outer, inner = (near, far) if reading == "anywhere" else (far, near)
    certain = (outer <= low) & (inner >= most) & exact
    outer, inner = (far, near) if reading == "everywhere" else (near, far)
    possible = (outer <= high) & (inner >= least)
    within, disputed = disks.bands(lon, lat, radius, (low, high), (least, most), reading, ERROR_M)
    clear = exact | (high < 19_900_000 - radius) | (reading == "anywhere")
    for side in (near, far):
        for figure in (low, high, least, most):
            clear &= (np.abs(side - figure) > ERROR_M + 1) | (side == 0) | (figure == 0)
    assert clear.sum() >= 10_000
    holds_certain, holds_disputed = (shapely.contains_xy(ring, x, y) for ring in (within, disputed))
    assert not (holds_certain != certain)[clear].any()
    assert not (holds_disputed != (possible & ~certain))[clear].any()


def test_a_disk_of_no_radius_is_a_point() -> None:
    """However it is read, its rings are those of the point."""
    for reading in READINGS:
        rings = disks.bands(30.0, 50.0, 0.0, (70e3, 92e3), (15e3, 20e3), reading, ERROR_M)
        for ring, other in zip(rings, point_bands(30.0, 50.0, (70e3, 92e3), (15e3, 20e3), ERROR_M), strict=True):
            assert ring.equals_exact(other, 1e-7, normalize=True)


@given(st.floats(1, 400), st.floats(1, 300), st.floats(1, 1.5), st.floats(0, 1), st.sampled_from(READINGS))
@settings(max_examples=40, deadline=None)
def test_the_wider_the_origin_the_less_is_certain(
    radius_km: float, low_km: float, more: float, share: float, reading: str
) -> None:
    """But from anywhere more is in reach, and what a smaller disk reaches from somewhere a larger one may."""

    def areas(radius: float) -> tuple[float, float]:
        within, disputed = disks.bands(
            30.0,
            50.0,
            radius * 1000,
            (low_km * 1000, low_km * more * 1000),
            (0.0, share * low_km * 100),
            reading,
            100.0,
        )
        return within.area, within.area + disputed.area

    wide, narrow = areas(radius_km), areas(radius_km / 2)
    slack = 1e-6 + 1e-3 * max(*wide, *narrow)
    if reading == "anywhere":
        assert wide[0] >= narrow[0] - slack
    else:
        assert wide[0] <= narrow[0] + slack
    if reading == "everywhere":
        assert wide[1] <= narrow[1] + slack
    else:
        assert wide[1] >= narrow[1] - slack


@pytest.mark.parametrize("reading", ["somewhere", "everywhere"])
def test_a_ring_that_would_be_wrong_is_refused(reading: str) -> None:
    """Near half a meridian the farthest point of a disk is not the one behind its centre, and no circle is drawn."""
    with pytest.raises(QueryError, match="half the globe"):
        disks.bands(0.0, 10.0, 1000.0, (19_980_000.0, 19_990_000.0), (0.0, 0.0), reading, ERROR_M)
    within, _ = disks.bands(0.0, 10.0, 1000.0, (HALF_MERIDIAN_M + 1, 2.1e7), (0.0, 0.0), reading, ERROR_M)
    assert within.area == pytest.approx(360 * 180)
