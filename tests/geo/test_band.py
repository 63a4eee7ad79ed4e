"""Which of many points lie within a distance: every answer is compared with that of the inverse problem."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pyproj
import pytest

from weapons_ref.errors import CoordinateError, QueryError
from weapons_ref.geo.band import BLOCK, Band, within
from weapons_ref.geo.bandtable import COARSE, FINE, Bins, Disk, Strip, Table

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

GEOD = pyproj.Geod(ellps="WGS84")
POINTS = 128_000
HALF_MERIDIAN_M = 20003931.458625


def measured(lon0: float, lat0: float, lon: Floats, lat: Floats) -> Floats:
    _, _, metres = GEOD.inv(np.full(len(lon), lon0), np.full(len(lon), lat0), lon, lat)
    return np.asarray(metres)


class Case:
    """An origin and a ring, as nasty as they come, and points packed round both of its circles."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.lon = float(self.pick(self.rng.uniform(-180, 180), 0.0, -0.0, 180.0, -180.0, 180 - self.tiny()))
        near_a_pole = 90 - self.tiny()
        lat = float(self.pick(self.rng.uniform(-90, 90), 0.0, 90.0, near_a_pole, self.tiny(), near_a_pole))
        self.lat = math.copysign(lat, self.rng.normal())
        poles = [measured(0.0, self.lat, np.zeros(1), np.full(1, pole))[0] for pole in (-90.0, 90.0)]
        self.scale_m = 1.0
        maximum_m = self.pick(
            10 ** self.rng.uniform(0, 7.3),
            self.rng.uniform(1e5, 2.0e7),
            self.rng.uniform(19.9e6, 20.004e6),
            self.rng.uniform(20e6, 25e6),
            # Circles through a pole, or next to it.
            max(poles[0] + self.shifts(1)[0], 1.0),
            max(poles[1] + self.shifts(1)[0], 1.0),
        )
        self.maximum_m = self.scale_m = float(maximum_m)
        minimum_m = self.pick(0.0, 0.0, self.rng.random(), self.maximum_m * self.rng.random(), self.maximum_m)
        self.minimum_m = min(float(minimum_m), self.maximum_m)

    def pick(self, *choices: float) -> float:
        return choices[self.rng.integers(len(choices))]

    def tiny(self) -> float:
        return float(10 ** self.rng.uniform(-14, 1))

    def shifts(self, count: int) -> Floats:
        """Metres to one side or the other, from a tenth of a nanometre to ten kilometres or some cells; or none."""
        size = 10 ** self.rng.uniform(-10, 4, count)
        size = np.where(self.rng.random(count) < 0.2, self.rng.uniform(0, 0.01, count) * self.scale_m, size)
        shifts: Floats = size * self.rng.choice([-1.0, 0.0, 1.0], count, p=[0.45, 0.1, 0.45])
        return shifts

    def azimuths(self, count: int) -> Floats:
        """In all directions, and very close to the four where something turns."""
        turns = 90.0 * self.rng.integers(-2, 3, count) + self.rng.normal(size=count) * 10 ** self.rng.uniform(
            -9, 1, count
        )
        return np.where(self.rng.random(count) < 0.6, self.rng.uniform(-180, 180, count), turns)

    def points(self, count: int) -> tuple[Floats, Floats]:
        """Points next to the circles, and some anywhere."""
        radii = np.where(self.rng.random(count) < 0.5, self.maximum_m, self.minimum_m or self.maximum_m)
        metres = np.maximum(radii + self.shifts(count), 0.0)
        here = np.full(count, self.lon), np.full(count, self.lat)
        lon, lat, _ = GEOD.fwd(*here, self.azimuths(count), metres)
        special = [self.lon, (self.lon + 360) % 360 - 180, 180.0, -180.0, 0.0, -0.0]
        snapped = self.rng.random(count) < 0.05
        lon = np.where(snapped, self.rng.choice(special, count), lon)
        lat = np.where(
            self.rng.random(count) < 0.02, self.rng.choice([90.0, -90.0, 0.0, self.lat, -self.lat], count), lat
        )
        anywhere = self.rng.random(count) < 0.03
        lon = np.where(anywhere, self.rng.uniform(-180, 180, count), lon)
        lat = np.where(anywhere, self.rng.uniform(-90, 90, count), lat)
        antipodal = self.rng.random(count) < (0.5 if self.maximum_m > 19.8e6 else 0.02)
        shift = self.rng.normal(size=(2, count)) * 10 ** self.rng.uniform(-9, 0.5, count)
        opposite = (self.lon + 360) % 360 - 180
        lon = np.where(antipodal, (opposite + shift[0] + 540) % 360 - 180, lon)
        lat = np.where(antipodal, np.clip(-self.lat + shift[1], -90, 90), lat)
        return np.asarray(lon), np.asarray(lat)

    def onto_the_lens(self, lon: Floats, lat: Floats) -> Floats:
        """Move points along their parallels to where the distance passes the maximum, if it does on it."""
        low, high = np.zeros(len(lat)), np.full(len(lat), 180.0)
        for _ in range(50):
            middle = (low + high) / 2
            inside = measured(0.0, self.lat, middle, lat) <= self.maximum_m
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        moved = low + self.rng.integers(-3, 4, len(lat)) * np.spacing(low)
        turned = (self.lon + np.where(lon > self.lon, moved, -moved) + 540) % 360 - 180
        return np.asarray(turned)

    def right(self, lon: Floats, lat: Floats) -> Bools:
        metres = measured(self.lon, self.lat, lon, lat)
        return np.asarray((self.minimum_m <= metres) & (metres <= self.maximum_m))

    def __repr__(self) -> str:
        return f"origin {self.lon!r}, {self.lat!r}, ring {self.minimum_m!r} to {self.maximum_m!r} m"


def disagreements(seed: int, count: int) -> int:
    """Compare the answers to one case: all points at once, then few, without a table, then batches, as of a file."""
    case = Case(seed)
    lon, lat = case.points(count)
    if case.maximum_m < HALF_MERIDIAN_M:
        lon[:2000] = case.onto_the_lens(lon[:2000], lat[:2000])
    right = case.right(lon, lat)
    band = Band(case.lon, case.lat, case.maximum_m, case.minimum_m)
    wrong = int((band.within(lon, lat) != right).sum())
    for part in (slice(0, 300), slice(300, 6000), slice(6000, 40_000)):
        answers = within(
            lon[part], lat[part], origin=(case.lon, case.lat), maximum_m=case.maximum_m, minimum_m=case.minimum_m
        )
        wrong += int((answers != right[part]).sum()) + int((band.within(lon[part], lat[part]) != right[part]).sum())
    if wrong:
        print(f"seed {seed}: {wrong} wrong; {case}")  # noqa: T201
    return wrong


@pytest.mark.parametrize("seed", range(16))
def test_no_verdict_is_wrong(seed: int) -> None:
    """Of twenty million points within kilometres to nanometres of a circle, every one is answered as measured."""
    assert sum(disagreements(1000 * seed + number, POINTS) for number in range(10)) == 0


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 2000))
def test_no_verdict_is_wrong_among_a_billion(seed: int) -> None:
    """The same for a thousand million points, a million at a time."""
    assert sum(disagreements(1000 * seed + number, POINTS) for number in range(8)) == 0


def half_widths(lat0: float, radius_m: float, lat: Floats) -> tuple[Floats, Floats]:
    """Up to what difference in longitude points at some latitudes are within, and from where beyond, by bisection."""
    inside, outside = np.zeros(len(lat)), np.full(len(lat), 180.0)
    for _ in range(60):
        middle = (inside + outside) / 2
        within_ = measured(0.0, lat0, middle, lat) <= radius_m
        inside, outside = np.where(within_, middle, inside), np.where(within_, outside, middle)
    nowhere = measured(0.0, lat0, np.zeros(len(lat)), lat) > radius_m
    everywhere = measured(0.0, lat0, np.full(len(lat), 180.0), lat) <= radius_m
    inside, outside = np.where(everywhere, 180.0, inside), np.where(everywhere, 180.0, outside)
    return np.where(nowhere, -1.0, inside), np.where(nowhere, -1.0, outside)


def latitudes(case: Case, table: Table) -> Floats:
    """Latitudes all over a disk, at its vertices and ends and right next to them, and between the vertices."""
    south, north, _ = table.extent()
    (disk, *_) = table.disks
    vertices = np.concatenate([disk.inner.lat, disk.outer.lat])
    chosen = case.rng.choice(vertices, 200)
    ends = np.array([south, north, disk.inner.lat[0], disk.inner.lat[-1], disk.outer.lat[0], disk.outer.lat[-1]])
    close = np.concatenate([ends, ends]) + case.rng.normal(size=12) * 10 ** case.rng.uniform(-13, -1, 12)
    found = np.concatenate(
        [
            case.rng.uniform(south - 0.1, north + 0.1, 400),
            chosen,
            chosen + case.rng.normal(size=200) * 1e-9,
            (chosen[1:] + chosen[:-1]) / 2,
            ends,
            close,
            north - (north - south) * 10 ** case.rng.uniform(-12, 0, 100),
            south + (north - south) * 10 ** case.rng.uniform(-12, 0, 100),
            [90.0, -90.0, 0.0, case.lat],
        ]
    )
    clipped: Floats = np.clip(found, -90, 90)
    return clipped


@pytest.mark.parametrize("strip", [COARSE, FINE, Strip(1e-3, 2000.0)], ids=["coarse", "fine", "wide"])
@pytest.mark.parametrize("seed", range(10))
def test_the_polylines_bracket_the_circle(seed: int, strip: Strip) -> None:
    """At every latitude the half-width found by bisection lies between the polylines, and the bounds of its bin."""
    for number in range(10):
        case = Case(7000 + 100 * seed + number)
        table = Table(case.lat, case.maximum_m, 0.0, strip)
        lat = latitudes(case, table)
        inside, outside = half_widths(case.lat, case.maximum_m, lat)
        for (inner, outer), *_ in (table.at(lat), Bins(table).at(lat)):
            assert (inner <= inside).all(), case
            assert ((outer >= outside) | (outer == 180)).all(), case


@pytest.mark.parametrize("lat", [0.0, 47.0, -89.0, 89.999])
@pytest.mark.parametrize("radius_m", [5.0, 3e4, 3e5, 2e6, 9e6, 1.2e7, 1.99e7])
def test_the_polylines_are_close(lat: float, radius_m: float) -> None:
    """Vertices are off the circle by no more than five times the strip, so that few points are measured."""
    for strip in (COARSE, FINE):
        most_m = 5 * max(min(strip.share * radius_m, strip.most_m), 1e-3)
        disk = Disk(lat, radius_m, strip)
        for polyline, side in ((disk.inner, -1), (disk.outer, 1)):
            metres = measured(0.0, lat, polyline.dl, polyline.lat)
            off = side * (metres - radius_m)
            assert off.min() > 0
            assert off.max() < most_m


def test_few_points_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a million points all over a disk and around it, a few hundred at most are measured."""
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(-20, 20, 1_000_000), rng.uniform(40, 60, 1_000_000)
    count = 0
    measure = Band._measure

    def counted(self: Band, lon: Floats, lat: Floats) -> Bools:
        nonlocal count
        count += len(lon)
        return measure(self, lon, lat)

    monkeypatch.setattr(Band, "_measure", counted)
    Band(0.0, 50.0, 3e5).within(lon, lat)
    assert 0 < count < 500


PLACES = np.array([30.5, 30.6, -170.0]), np.array([50.4, 10.0, -33.0])


def test_ends_belong_to_the_ring() -> None:
    """A place exactly as far as the maximum or the minimum is within; the next number on either side is not."""
    metres = measured(30.0, 50.0, *PLACES)
    for place, metre in enumerate(metres.tolist()):
        x, y = (column[place : place + 1] for column in PLACES)
        for count in (1, 5000, 200_000):
            xs, ys = x.repeat(count), y.repeat(count)
            assert within(xs, ys, origin=(30.0, 50.0), maximum_m=metre).all()
            assert within(xs, ys, origin=(30.0, 50.0), maximum_m=metre, minimum_m=metre).all()
            assert not within(xs, ys, origin=(30.0, 50.0), maximum_m=math.nextafter(metre, 0)).any()
            above = math.nextafter(metre, math.inf)
            assert not within(xs, ys, origin=(30.0, 50.0), maximum_m=above, minimum_m=above).any()


def test_the_antimeridian_has_two_names() -> None:
    """-180 and 180, and 0.0 and -0.0, are the same; longitudes up to 540 are turned back."""
    lat = np.linspace(-89, 89, 60_000)
    for radius_m in (5e5, 7e6, 1.5e7):
        for lon0 in (180.0, -180.0, 179.5, -179.5, 0.0):
            answers = [
                within(np.full(60_000, lon), lat, origin=(lon0, 12.0), maximum_m=radius_m)
                for lon in (180.0, -180.0, 540.0, -540.0)
            ]
            assert all((answer == answers[0]).all() for answer in answers)
            zeros = [
                within(np.full(60_000, lon), lat, origin=(lon0, 12.0), maximum_m=radius_m)
                for lon in (0.0, -0.0, 360.0, -360.0)
            ]
            assert all((answer == zeros[0]).all() for answer in zeros)


def test_longitudes_to_360_are_turned_back() -> None:
    """Columns that count longitude from 0 to 360 are answered as those from -180 to 180, and are not changed."""
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(-180, 180, 150_000), rng.uniform(-90, 90, 150_000)
    east = np.where(lon < 0, lon + 360, lon)
    kept = east.copy()
    found = within(east, lat, origin=(-170.0, 5.0), maximum_m=3e6)
    assert (found == Band(-170.0, 5.0, 3e6).within(np.where(east > 180, east - 360, east), lat)).all()
    assert (east == kept).all()


@pytest.mark.parametrize("count", [3, 10_000, 200_000])
def test_columns_of_any_kind_are_read(count: int) -> None:
    """Lists, whole numbers, single precision, every other element, backwards, read-only: all are arrays of numbers."""
    rng = np.random.default_rng(4)
    lon, lat = rng.integers(-180, 181, count), rng.integers(-90, 91, count)
    right = measured(10.0, 20.0, lon.astype(float), lat.astype(float)) <= 4e6

    def found(x: npt.ArrayLike, y: npt.ArrayLike) -> Bools:
        return within(x, y, origin=(10.0, 20.0), maximum_m=4e6)

    spread = np.zeros((count, 2))
    spread[:, 0] = lon
    fixed = lon.astype(float)
    fixed.flags.writeable = False
    wide = np.zeros((2, 2 * count))
    wide[:, ::2] = lon, lat
    for x, y in (
        (lon, lat),
        (lon.tolist(), lat.tolist()),
        (lon.astype(np.float32), lat.astype(np.int8)),
        (spread[:, 0], wide[1, ::2]),
        (fixed, lat.astype(">f8")),
        (lon.astype(object), lat.astype(np.longdouble)),
        (np.ma.masked_array(lon, mask=False), lat),
    ):
        assert (found(x, y) == right).all()
    assert (found(lon[::-1].astype(float), lat[::-1].astype(float)) == right[::-1]).all()


def test_nothing_is_asked_of_nothing() -> None:
    """Empty columns have an empty answer."""
    found = within([], [], origin=(0, 0), maximum_m=1.0)
    assert (found.shape, found.dtype) == ((0,), np.dtype(bool))
    assert len(Band(0.0, 0.0, 1.0).within(np.empty(0), np.empty(0))) == 0


@pytest.mark.parametrize(
    ("lon", "lat", "said"),
    [
        (math.nan, 1.0, "not finite numbers"),
        (1.0, math.nan, "not finite numbers"),
        (math.inf, 1.0, "not finite numbers"),
        (1.0, -math.inf, "not finite numbers"),
        (1.0, 90 + 1e-9, "outside -90 to 90"),
        (1.0, math.nextafter(-90, -91), "outside -90 to 90"),
        (45.0, 120.0, "did you mean latitude 45, longitude 120"),
        (540.0000001, 1.0, "outside -180 to 180"),
        (-1e300, 1.0, "outside -180 to 180"),
    ],
)
@pytest.mark.parametrize("count", [6, 3 * BLOCK + 7])
def test_what_is_not_on_earth_is_refused(lon: float, lat: float, said: str, count: int) -> None:
    """The first row that is not a position is named, however many there are; none is quietly beyond."""
    lons, lats = np.full(count, 150.0), np.full(count, -60.0)
    row = 4 if count == 6 else 2 * BLOCK + 5
    lons[row], lats[row] = lon, lat
    lons[row + 1] = math.nan
    with pytest.raises(CoordinateError, match=rf"row {row}: .*{said}"):
        within(lons, lats, origin=(0.0, 0.0), maximum_m=1000.0)


def test_what_is_missing_is_refused() -> None:
    """Masked and missing values are not numbers."""
    masked = np.ma.masked_array([1.0, 2.0], mask=[False, True])
    with pytest.raises(CoordinateError, match="row 1"):
        within(masked, [1.0, 2.0], origin=(0.0, 0.0), maximum_m=1000.0)
    with pytest.raises(CoordinateError, match="row 0"):
        within(np.array([None, 1.0]), [1.0, 2.0], origin=(0.0, 0.0), maximum_m=1000.0)


@pytest.mark.parametrize(
    ("lon", "lat", "said"),
    [
        ([1.0], [1.0, 2.0], "1 longitudes and 2 latitudes"),
        ([[1.0]], [[1.0]], "one dimension"),
        (1.0, 2.0, "one dimension"),
        (["east"], ["north"], "must be numbers"),
        ([1j], [1.0], "must be numbers"),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), [1.0], "must be numbers"),
    ],
)
def test_what_is_no_column_is_refused(lon: npt.ArrayLike, lat: npt.ArrayLike, said: str) -> None:
    """Longitudes and latitudes are two columns of numbers of one length."""
    with pytest.raises(CoordinateError, match=said):
        within(lon, lat, origin=(0.0, 0.0), maximum_m=1000.0)


@pytest.mark.parametrize(
    ("maximum_m", "minimum_m"),
    [(0.0, 0.0), (-1.0, 0.0), (math.nan, 0.0), (math.inf, 0.0), (5.0, -1.0), (5.0, 6.0), (5.0, math.nan)],
)
def test_rings_that_cannot_be_are_refused(maximum_m: float, minimum_m: float) -> None:
    """A maximum is finite and above 0, a minimum from 0 to the maximum."""
    with pytest.raises(QueryError):
        within([0.0], [0.0], origin=(0.0, 0.0), maximum_m=maximum_m, minimum_m=minimum_m)


@pytest.mark.parametrize("origin", [(0.0, 91.0), (math.nan, 0.0), (600.0, 0.0)])
def test_origins_not_on_earth_are_refused(origin: tuple[float, float]) -> None:
    """An origin is a position too."""
    with pytest.raises(CoordinateError):
        within([0.0], [0.0], origin=origin, maximum_m=1.0)


def test_half_the_globe_holds_everything() -> None:
    """No place is farther than half a meridian, not even the other pole."""
    lat = np.linspace(-90, 90, 200_000)
    assert Band(0.0, 90.0, 20003931.46).within(np.zeros(200_000), lat).all()
    assert not Band(0.0, 90.0, 20003931.45).within(np.zeros(200_000), lat).all()
