"""An index finds the same points as measuring all of them, and its file is whole or refused."""

from __future__ import annotations

import itertools
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyproj
import pytest

from weapons_ref.errors import CoordinateError, FileError, QueryError
from weapons_ref.geo.bandindex import BandIndex, index

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

ROOT = Path(__file__).resolve().parents[2]
GEOD = pyproj.Geod(ellps="WGS84")
RANGES = [
    (1.0, 0.0),
    (3e4, 0.0),
    (3e5, 0.0),
    (2e6, 5e5),
    (6e6, 6e6),
    (1.2e7, 1e7),
    (1.2e7, 0.0),
    (1.997e7, 1.99e7),
    (1.9999e7, 0.0),
    (2.5e7, 1e3),
]
ORIGINS = [
    (0.0, 0.0),
    (30.5, 50.4),
    (180.0, 10.0),
    (-180.0, -45.0),
    (179.9, -71.2),
    (-0.05, 89.9999999),
    (0.0, 90.0),
    (77.0, -90.0),
]


def scattered(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Points all over the globe, in clusters, on the edges of bands, at poles, at +-180, and several in one place."""
    lon, lat = rng.uniform(-180, 180, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    centres = rng.integers(0, min(40, count), count)
    cluster = rng.random(count) < 0.5
    lon = np.where(cluster, (lon[centres] + rng.normal(0, 0.3, count) + 540) % 360 - 180, lon)
    lat = np.where(cluster, np.clip(lat[centres] + rng.normal(0, 0.2, count), -90, 90), lat)
    lat = np.where(rng.random(count) < 0.1, np.round(lat, 1), lat)
    lat = np.where(rng.random(count) < 0.01, rng.choice([-90.0, 90.0, 0.0, -0.0], count), lat)
    lon = np.where(rng.random(count) < 0.02, rng.choice([-180.0, 180.0, 0.0, -0.0], count), lon)
    again = rng.integers(0, count, count // 20)
    lon[: len(again)], lat[: len(again)] = lon[again], lat[again]
    return lon, lat


def on_rings(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Points within kilometres to nanometres of the rings."""
    origins = np.array(ORIGINS)[rng.integers(0, len(ORIGINS), count)]
    metres = np.array([metre for pair in RANGES for metre in pair if metre])
    shifts = rng.choice([-1.0, 0.0, 1.0], count) * 10 ** rng.uniform(-10, 4, count)
    metres = np.maximum(metres[rng.integers(0, len(metres), count)] + shifts, 0.0)
    lon, lat, _ = GEOD.fwd(origins[:, 0], origins[:, 1], rng.uniform(-180, 180, count), metres)
    return np.asarray(lon), np.asarray(lat)


def measured(origin: tuple[float, float], lon: Floats, lat: Floats) -> Floats:
    lon0, lat0 = origin
    return np.asarray(GEOD.inv(np.full(len(lon), lon0), np.full(len(lon), lat0), lon, lat)[2])


def right(origin: tuple[float, float], maximum_m: float, minimum_m: float, lon: Floats, lat: Floats) -> Indices:
    metres = measured(origin, lon, lat)
    return np.flatnonzero((minimum_m <= metres) & (metres <= maximum_m))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("points", [scattered, on_rings])
def test_the_index_finds_what_measuring_finds(points: object, seed: int) -> None:
    """The same rows in the same order, from every origin at every range."""
    assert callable(points)
    lon, lat = points(np.random.default_rng(seed), 40_000)
    found = index(lon, lat)
    assert len(found) == 40_000
    for origin in ORIGINS:
        metres = measured(origin, lon, lat)
        for maximum_m, minimum_m in RANGES:
            rows = found.within(origin, maximum_m, minimum_m)
            assert rows.dtype == np.int64
            expected = np.flatnonzero((minimum_m <= metres) & (metres <= maximum_m))
            assert np.array_equal(rows, expected), (origin, maximum_m, minimum_m)


def test_any_origin_and_ring() -> None:
    """Origins and rings drawn at random, among few and many points."""
    rng = np.random.default_rng(8)
    for count in (1, 2, 300, 20_000):
        lon, lat = scattered(rng, count)
        found = index(lon, lat)
        for _ in range(60):
            origin = float(rng.uniform(-540, 540)), float(rng.uniform(-90, 90))
            maximum_m = float(10 ** rng.uniform(0, 7.3))
            minimum_m = float(rng.choice([0.0, 0.3, 0.999999, 1.0])) * maximum_m
            assert np.array_equal(
                found.within(origin, maximum_m, minimum_m), right(origin, maximum_m, minimum_m, lon, lat)
            )


@pytest.mark.parametrize("minimum_m", [0.0, 4e5])
def test_rings_of_many_origins_are_joined(minimum_m: float) -> None:
    """A row is found once if it is within the ring of at least one origin."""
    rng = np.random.default_rng(5)
    lon, lat = scattered(rng, 50_000)
    origins = [*ORIGINS, *zip(*(column[:50].tolist() for column in scattered(rng, 60)), strict=True), ORIGINS[0]]
    expected: set[int] = set()
    for origin in origins:
        expected.update(right(origin, 5e5, minimum_m, lon, lat).tolist())
    found = index(lon, lat)
    assert found.within_any(origins, 5e5, minimum_m).tolist() == sorted(expected)
    assert found.within_any(np.array(origins), 5e5, minimum_m).tolist() == sorted(expected)
    assert found.within_any([], 5e5, minimum_m).tolist() == []


def test_an_index_does_not_depend_on_what_is_done_to_the_columns() -> None:
    """The columns are not changed, and may be changed afterwards; longitudes up to 540 are turned back."""
    lon, lat = scattered(np.random.default_rng(6), 5000)
    east = np.where(lon < 0, lon + 360, lon)
    kept = east.copy(), lat.copy()
    found = index(east, lat)
    assert (east == kept[0]).all()
    assert (lat == kept[1]).all()
    east[:], lat[:] = 0, 0
    assert np.array_equal(found.within((10.0, 40.0), 4e6), index(*kept).within((10.0, 40.0), 4e6))


def test_an_index_of_nothing_finds_nothing(tmp_path: Path) -> None:
    """An empty index is saved, opened and asked like others."""
    found = index([], [])
    found.save(tmp_path / "empty.index")
    for one in (found, BandIndex.open(tmp_path / "empty.index", check=True)):
        assert len(one) == 0
        assert one.within((0.0, 0.0), 1e7).tolist() == []
        assert one.within_any([(0.0, 0.0)], 3e7).tolist() == []


def test_what_is_not_on_earth_is_refused() -> None:
    """No row that is not a position gets into an index, and the first one is named."""
    lon, lat = np.zeros(200_000), np.zeros(200_000)
    for column, value in itertools.product((lon, lat), (math.nan, math.inf, 541.0)):
        column[123_456] = value
        with pytest.raises(CoordinateError, match="row 123456"):
            index(lon, lat)
        column[123_456] = 0.0
    with pytest.raises(CoordinateError, match="1 longitudes and 2 latitudes"):
        index([0.0], [0.0, 1.0])


def test_questions_that_cannot_be_asked_are_refused() -> None:
    """Origins are positions, and ranges are above 0 and the right way round."""
    found = index([0.0], [0.0])
    with pytest.raises(CoordinateError):
        found.within((0.0, 91.0), 1.0)
    with pytest.raises(QueryError):
        found.within((0.0, 0.0), 0.0)
    with pytest.raises(QueryError):
        found.within_any([(0.0, 0.0)], 1.0, 2.0)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    index(*scattered(np.random.default_rng(7), 10_000)).save(tmp_path / "places.index")
    return tmp_path / "places.index"


def test_a_saved_index_gives_the_same_rows(saved: Path) -> None:
    """What is opened finds what was saved, in whole and byte for byte."""
    lon, lat = scattered(np.random.default_rng(7), 10_000)
    found, opened = index(lon, lat), BandIndex.open(saved)
    assert len(opened) == 10_000
    for origin, (maximum_m, minimum_m) in itertools.product(ORIGINS, RANGES):
        rows = opened.within(origin, maximum_m, minimum_m)
        assert np.array_equal(rows, found.within(origin, maximum_m, minimum_m))
        rows[:] = 0  # an answer is the asker's own
    opened.save(saved.with_name("again.index"))
    assert saved.with_name("again.index").read_bytes() == saved.read_bytes()
    BandIndex.open(saved, check=True)
    assert [path.name for path in sorted(saved.parent.iterdir())] == ["again.index", "places.index"]


def test_an_existing_file_is_kept(saved: Path) -> None:
    """A file is replaced only by force, and then an index that was opened from it goes on as before."""
    before = saved.read_bytes()
    opened = BandIndex.open(saved)
    rows = opened.within((0.0, 0.0), 5e6)
    with pytest.raises(FileError, match="exists"):
        index([0.0], [0.0]).save(saved)
    assert saved.read_bytes() == before
    index([0.0], [0.0]).save(saved, force=True)
    assert len(BandIndex.open(saved)) == 1
    assert np.array_equal(opened.within((0.0, 0.0), 5e6), rows)


def test_a_failed_write_leaves_nothing(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full or writing is stopped, the old file stays, and nothing beside it."""
    before = saved.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="No space left"):
        index([0.0], [0.0]).save(saved, force=True)

    def stopped(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stopped)
    with pytest.raises(KeyboardInterrupt):
        index([0.0], [0.0]).save(saved, force=True)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_killed_in_the_middle_the_old_file_stays(saved: Path) -> None:
    """After kill -9 while an index is written, the file is the old one, whole."""
    before = saved.read_bytes()
    code = f"""
import os, signal
from weapons_ref.geo.bandindex import index
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
index([0.0], [0.0]).save({str(saved)!r}, force=True)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == -signal.SIGKILL
    assert saved.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """Missing and read-only folders, and a folder in the file's place, are one line each."""
    found = index([0.0], [0.0])
    with pytest.raises(FileError, match="No such file"):
        found.save(tmp_path / "missing" / "places.index")
    with pytest.raises(FileError):
        found.save(tmp_path, force=True)
    if os.geteuid():
        tmp_path.chmod(0o500)
        with pytest.raises(FileError, match="Permission denied"):
            found.save(tmp_path / "places.index")
        tmp_path.chmod(0o700)
    else:
        with pytest.raises(FileError):
            found.save("/proc/places.index")


@pytest.mark.parametrize("length", [0, 1, 10, 23, 47, 48, 4095, 4096, 5000, 244_095])
def test_a_truncated_file_is_refused(saved: Path, length: int) -> None:
    """Wherever a file was cut off, it is no index."""
    data = saved.read_bytes()
    assert length < len(data)
    saved.write_bytes(data[:length])
    with pytest.raises(FileError, match=r"places\.index"):
        BandIndex.open(saved)


def test_a_longer_file_is_refused(saved: Path) -> None:
    """Nothing follows an index."""
    with saved.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(FileError, match="bytes long"):
        BandIndex.open(saved)


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    """Other files, folders and what is not there are not indexes."""
    path = tmp_path / "places.csv"
    path.write_text("lon,lat\n" * 10_000)
    with pytest.raises(FileError, match="not an index"):
        BandIndex.open(path)
    with pytest.raises(FileError):
        BandIndex.open(tmp_path)
    with pytest.raises(FileError, match="No such file"):
        BandIndex.open(tmp_path / "missing")


@pytest.mark.parametrize("place", [0, 5, 22, 23, 24, 27, 28, 31, 33, 35, 36, 40, 44, 47, 48, 1000, 4095])
def test_a_damaged_header_is_refused(saved: Path, place: int) -> None:
    """A single wrong byte before the columns is seen at once."""
    data = bytearray(saved.read_bytes())
    data[place] ^= 0x10
    saved.write_bytes(data)
    with pytest.raises(FileError):
        BandIndex.open(saved)


def test_damaged_columns_are_found_by_their_checksum(saved: Path) -> None:
    """What is damaged farther on is seen when the whole file is checked."""
    data = bytearray(saved.read_bytes())
    data[-1] ^= 0x01
    saved.write_bytes(data)
    BandIndex.open(saved)
    with pytest.raises(FileError, match="checksum"):
        BandIndex.open(saved, check=True)


def test_damaged_columns_never_give_rows_that_are_not_there(saved: Path) -> None:
    """Rows past the end and points off the Earth are errors even where the file was not checked."""
    data = bytearray(saved.read_bytes())
    places = 4096 + 8 * 10_000
    data[places:] = np.full(20_000, math.nan).tobytes()
    saved.write_bytes(data)
    with pytest.raises(FileError, match="damaged"):
        BandIndex.open(saved).within((0.0, 0.0), 5e6)
    keys = np.frombuffer(data[4096:places], dtype=np.int64)
    data[4096:places] = (keys | 0x3FFF).tobytes()
    saved.write_bytes(data)
    with pytest.raises(FileError, match="damaged"):
        BandIndex.open(saved).within((0.0, 0.0), 2.1e7)
