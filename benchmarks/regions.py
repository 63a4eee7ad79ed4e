"""What regions cost, beside what a user would pick instead.

Run as ``python benchmarks/regions.py [RUNS]``. The region is a polygon of 5,000 vertices and some
1,300 km, the same at every run. Measurements are made in turn, and medians printed with their bars.
The rival takes the region and the points to an azimuthal equidistant projection round its middle,
where it draws a buffer and measures distances with shapely.
"""

from __future__ import annotations

import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from weapons_ref.geo import buffers
from weapons_ref.geo.regions import Region

Floats = npt.NDArray[np.float64]

VERTICES = 5_000
POINTS = 10_000_000
#: What the slower ones are measured on.
SAMPLE = 200_000
RADIUS_M = 70_000.0
LON, LAT = 31.0, 48.5


class Measurement(NamedTuple):
    """Something to time: what it is, its bar, the unit, and what the seconds are divided by for that."""

    name: str
    run: Callable[[], object]
    bar: float | None = None
    unit: str = "s"
    per: float = 1.0


def border() -> dict[str, Any]:
    """A polygon round a centre, ragged at every scale."""
    rng = np.random.default_rng(1)
    angle = np.linspace(0, 360, VERTICES, endpoint=False)
    shape = np.ones(VERTICES)
    for wave in range(2, VERTICES // 6):
        shape += 0.35 * rng.normal() / wave**1.1 * np.cos(np.radians(wave * angle) + rng.uniform(0, 7))
    metres = 600_000 * np.clip(shape, 0.2, 2)
    lon, lat, _ = pyproj.Geod(ellps="WGS84").fwd(np.full(VERTICES, LON), np.full(VERTICES, LAT), -angle, metres)
    ring = np.column_stack([lon, lat]).tolist()
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


class Rival:
    """The same questions, on a projection."""

    def __init__(self, geometry: dict[str, Any]) -> None:
        self._project = pyproj.Proj(proj="aeqd", lon_0=LON, lat_0=LAT, ellps="WGS84")
        ring = np.array(geometry["coordinates"][0])
        self._polygon = shapely.Polygon(np.column_stack(self._project(ring[:, 0], ring[:, 1])))
        self._buffer = self._polygon.buffer(RADIUS_M, quad_segs=32)
        shapely.prepare([self._polygon, self._buffer])

    def within(self, lon: Floats, lat: Floats) -> npt.NDArray[np.bool_]:
        """Say which points the buffer holds."""
        found: npt.NDArray[np.bool_] = shapely.contains_xy(self._buffer, *self._project(lon, lat))
        return found

    def distances(self, lon: Floats, lat: Floats) -> Floats:
        """Return distances on the projection."""
        found: Floats = shapely.distance(self._polygon, shapely.points(*self._project(lon, lat)))
        return found


def measurements(geometry: dict[str, Any], lon: Floats, lat: Floats) -> list[Measurement]:
    """Return what is to be timed; to measure something else, add a line."""
    region, rival = Region(geometry), Rival(geometry)
    region.within(lon, lat, RADIUS_M)
    outside = np.flatnonzero(~region.contains(lon[:SAMPLE], lat[:SAMPLE]))
    x, y = lon[outside], lat[outside]
    few = slice(0, len(x) // 10)
    each, one_of_few = len(x) / 1e6, len(x[few]) / 1e6

    def set_up() -> None:
        Region(geometry).within(lon[:100_000], lat[:100_000], RADIUS_M)

    return [
        Measurement("set-up for a radius of 70 km", set_up),
        Measurement("within 70 km, 10 million points", lambda: region.within(lon, lat, RADIUS_M), 0.5),
        Measurement("the rival's buffer, a point", lambda: rival.within(x, y), None, "us", each),
        Measurement("distance, a point outside", lambda: region.nearest(x, y), 30, "us", each),
        Measurement("the rival's, a point", lambda: rival.distances(x[few], y[few]), None, "us", one_of_few),
        Measurement("farthest distance, a point", lambda: region.farthest(x[few], y[few]), None, "us", one_of_few),
        Measurement("a ring of 300 km, within 10 m", lambda: buffers.near(region, 300_000), 5),
    ]


def wrong_answers(geometry: dict[str, Any], lon: Floats, lat: Floats) -> str:
    """Say how often each is wrong about 70 km, and by how much the rival's distances are off."""
    region, rival = Region(geometry), Rival(geometry)
    exact = region.nearest(lon, lat).distance_m
    ours = int((region.within(lon, lat, RADIUS_M) != (exact <= RADIUS_M)).sum())
    theirs = int((rival.within(lon, lat) != (exact <= RADIUS_M)).sum())
    few = slice(0, SAMPLE // 10)
    off = np.abs(rival.distances(lon[few], lat[few]) - exact[few]).max()
    return (
        f"of {len(lon):,} points about 70 km wrong: ours {ours}, the rival {theirs};"
        f" its distances are off by up to {off:.0f} m"
    )


def main(runs: int) -> None:
    """Print a line per measurement."""
    geometry = border()
    ring = np.array(geometry["coordinates"][0])
    assert shapely.Polygon(ring).is_valid
    (west, south), (east, north) = ring.min(axis=0) - 2, ring.max(axis=0) + 2
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(west, east, POINTS), rng.uniform(south, north, POINTS)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "shapely", "pyproj"))
    print(f"Python {platform.python_version()}, {libraries}; {runs} runs each, in turn; medians")
    wanted = measurements(geometry, lon, lat)
    seconds: list[list[float]] = [[] for _ in wanted]
    for _ in range(runs):
        for taken, measurement in zip(seconds, wanted, strict=True):
            start = time.perf_counter()
            measurement.run()
            taken.append(time.perf_counter() - start)
    for taken, (name, _, bar, unit, per) in zip(seconds, wanted, strict=True):
        value = statistics.median(taken) / per
        verdict = "" if bar is None else f"  bar {bar:g}{'' if value <= bar else ', above it'}"
        print(f"{name:34} {value:9.3f} {unit:2}{verdict}")
    print(wrong_answers(geometry, lon[:SAMPLE], lat[:SAMPLE]))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
