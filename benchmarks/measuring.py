"""How `benchmarks/points.py` measures: contestants take turns, and every verdict is held against the exact one."""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.cases import MAIN, RINGS, Floats, Points, Ring, distances, inside, near, places, within_any
from benchmarks.rivals import Contestant, Index, Kernel, MissingError, Opened, Sum

#: Points put near each ring.
NEAR_POINTS = 100_000
#: Who takes longer than this, seconds, is asked in the first rounds only.
SLOW_S, SLOW_ROUNDS = 1.0, 3
ORIGINS = 1_000
#: Origins that PostGIS is asked about, and the index's rounds with all.
FEW_ORIGINS, BUILDS = 50, 3


#: Seconds, by ring.
Times = dict[str, list[float]]


class Wrong(NamedTuple):
    """How often a contestant is wrong about a ring."""

    points: int
    wrong: int
    near_points: int
    near_wrong: int
    farthest_m: float  #: from the ring's edge, of the points it is wrong about


class Entry(NamedTuple):
    """What came out for a contestant."""

    name: str
    note: str
    points: int
    prepares: bool
    build_s: float  #: means nothing where nothing is made
    seconds: Times  #: asked after another contestant
    again: Times  #: the same, asked again at once; empty unless it prepares
    wrong: dict[str, Wrong]
    facts: dict[str, float]

    def median(self, ring: Ring) -> float:
        """Return the seconds that a question takes."""
        return statistics.median(self.seconds[ring.name])

    def median_again(self, ring: Ring) -> float:
        """Return the seconds that a question takes when it has just been asked."""
        return statistics.median(self.again[ring.name])

    def per_point(self, ring: Ring) -> float:
        """Return the seconds that a point takes."""
        return self.median(ring) / self.points

    def times(self, other: Entry, ring: Ring) -> float:
        """Return how many times as long as another it takes for a point, the median over rounds."""
        pairs = zip(self.seconds[ring.name], other.seconds[ring.name], strict=False)
        return statistics.median(own / theirs for own, theirs in pairs) * other.points / self.points


class Many(NamedTuple):
    """What came out for a thousand origins."""

    name: str
    points: int
    origins: int  #: asked about
    build_s: float
    seconds: float  #: for as many as were asked about
    wrong: int | None = None
    judged: int = 0

    @property
    def scaled_s(self) -> float:
        """The seconds that all origins would take."""
        return self.seconds * ORIGINS / self.origins


class Field(NamedTuple):
    """What came out for points spread in one way."""

    name: str
    points: int
    entries: list[Entry]
    many: list[Many]
    missing: list[str]  #: who is not there, and what to install

    def entry(self, kind: type[Contestant]) -> Entry | None:
        """Return what came out for a contestant, if it was there."""
        return next((entry for entry in self.entries if entry.name == kind.name), None)


class Large(NamedTuple):
    """What came out for the table that is ten times as large."""

    points: int
    seconds: dict[str, float]
    sum_s: float
    processor_share: float  #: processor time over time
    judged: int
    wrong: int


def say(text: str) -> None:
    """Tell whoever waits."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def measure(name: str, points: Points, kinds: Sequence[type[Contestant]], rounds: int, *, many: bool) -> Field:
    """Let contestants take turns at all rings; one that is missing is left out with a notice."""
    running, builds, missing = [], [], []
    for kind in kinds:
        say(f"{name}: preparing {kind.name}")
        try:
            # What is loaded only when it is first needed is not counted.
            kind(points.head(1000)).close()
        except MissingError as error:
            say(str(error))
            missing.append(str(error))
            continue
        start = time.perf_counter()
        running.append(kind(points))
        builds.append(time.perf_counter() - start)
    say(f"{name}: exact distances")
    metres = distances(points)
    wrong = [_wrong(one, metres) for one in running]
    first, again = _rounds(name, running, rounds)
    entries = [
        Entry(one.name, one.note, len(one), one.prepares, build, taken, repeated, missed, _facts(one))
        for one, build, taken, repeated, missed in zip(running, builds, first, again, wrong, strict=True)
    ]
    found = _many(name, points, running, builds) if many else []
    for one in running:
        one.close()
    return Field(name, len(points.lon), [_rebuilt(entry, found) for entry in entries], found, missing)


def _rounds(name: str, running: list[Contestant], rounds: int) -> tuple[list[Times], list[Times]]:
    """Ask all about all rings, in turn, forwards and backwards; return times of first questions, and of repeated ones.

    Whoever comes after another finds the processor's cache filled with what that one needed.
    """
    first: list[Times] = [{ring.name: [] for ring in RINGS} for _ in running]
    again: list[Times] = [{ring.name: [] for ring in RINGS} for _ in running]
    turns = list(zip(running, first, again, strict=True))
    for number in range(rounds):
        say(f"{name}: round {number + 1} of {rounds}")
        for ring in RINGS:
            for one, taken, repeated in turns:
                so_far = taken[ring.name]
                if len(so_far) >= SLOW_ROUNDS and statistics.median(so_far) >= SLOW_S:
                    continue
                so_far.append(one.seconds(ring))
                if one.prepares:
                    repeated[ring.name].append(one.seconds(ring))
        turns.reverse()
    return first, again


def _rebuilt(entry: Entry, many: list[Many]) -> Entry:
    """Return an entry for the index with the median time of its builds."""
    again = next((one for one in many if one.name == entry.name == Index.name), None)
    return entry if again is None else entry._replace(build_s=again.build_s)


def _facts(one: Contestant) -> dict[str, float]:
    names = ("load_seconds", "index_seconds", "save_seconds", "open_seconds", "size")
    return {name: getattr(one, name) for name in names if hasattr(one, name)}


def _wrong(one: Contestant, metres: Floats) -> dict[str, Wrong]:
    """Count a contestant's wrong verdicts about its points, and about points near each ring."""
    if not one.judges:
        return {}
    say(f"wrong verdicts of {one.name}")
    counts = {}
    for seed, ring in enumerate(RINGS):
        own = metres[: len(one)]
        beside = type(one)(near(ring, NEAR_POINTS, seed))
        close = distances(beside.points)
        missed = [own[one.verdicts(ring) != inside(own, ring)], close[beside.verdicts(ring) != inside(close, ring)]]
        beside.close()
        edges = [edge for edge in (ring.maximum_m, ring.minimum_m) if edge > 0]
        off = np.min([np.abs(np.concatenate(missed) - edge) for edge in edges], axis=0)
        counts[ring.name] = Wrong(len(own), len(missed[0]), len(close), len(missed[1]), float(off.max(initial=0.0)))
    return counts


def _many(name: str, points: Points, running: list[Contestant], builds: list[float]) -> list[Many]:
    """Ask which points are within the range of any of a thousand places."""
    origins = places(ORIGINS, 5)
    found = []
    for one, build in zip(running, builds, strict=True):
        if not one.prepares or isinstance(one, Opened):
            continue
        say(f"{name}: {ORIGINS:,} origins, {one.name}")
        if isinstance(one, Index):
            found.append(_many_by_index(points, origins))
        else:
            asked = origins if len(one) == len(points.lon) else origins.head(FEW_ORIGINS)
            taken = one.any_seconds(asked, MAIN.maximum_m)
            found.append(Many(one.name, len(one), len(asked.lon), build, taken))
    return found


def _many_by_index(points: Points, origins: Points) -> Many:
    """Measure the index, made anew each time, and check its answers on a sample and near the rings."""
    builds, asks = [], []
    for _ in range(BUILDS):
        gc.collect()
        start = time.perf_counter()
        one = Index(points)
        builds.append(time.perf_counter() - start)
        asks.append(one.any_seconds(origins, MAIN.maximum_m))
    each = NEAR_POINTS // ORIGINS
    close = [near(MAIN, each, row, *where) for row, where in enumerate(zip(*map(list, origins), strict=True))]
    sample = points.head(NEAR_POINTS)
    mixed = Points(*(np.concatenate(parts) for parts in zip(sample, *close, strict=True)))
    verdicts = np.zeros(len(mixed.lon), dtype=bool)
    verdicts[Index(mixed).any(origins, MAIN.maximum_m)] = True
    wrong = int((verdicts != within_any(mixed, origins, MAIN.maximum_m)).sum())
    build, ask = statistics.median(builds), statistics.median(asks)
    return Many(Index.name, len(points.lon), ORIGINS, build, ask, wrong, len(verdicts))


def measure_large(make: Callable[[int, int], Points], count: int, rounds: int) -> Large:
    """Ask the kernel about a table that fills memory rather than a cache."""
    say(f"{count:,} points in memory")
    lon, lat = np.empty(count), np.empty(count)
    step = max(count // 20, 1)
    for start in range(0, count, step):
        part = make(min(step, count - start), 1000 + start // step)
        lon[start : start + step], lat[start : start + step] = part
    points = Points(lon, lat)
    kernel, total = Kernel(points), Sum(points)
    seconds: dict[str, list[float]] = {ring.name: [] for ring in RINGS}
    sums = []
    busy, begun = 0.0, 0.0
    for _ in range(rounds):
        for ring in RINGS:
            sums.append(total.seconds(ring))
            busy -= time.process_time()
            seconds[ring.name].append(kernel.seconds(ring))
            busy += time.process_time()
            begun += seconds[ring.name][-1]
    last = Points(lon[-1_000_000:], lat[-1_000_000:])
    metres = distances(last)
    wrong = sum(int((kernel.verdicts(ring)[-1_000_000:] != inside(metres, ring)).sum()) for ring in RINGS)
    medians = {ring: statistics.median(taken) for ring, taken in seconds.items()}
    return Large(count, medians, statistics.median(sums), busy / begun, len(metres) * len(RINGS), wrong)
