"""Files from end to end, beside merely reading them: rows a second, and the most memory.

    python benchmarks/files.py [--rows 100000000] [--rounds 3] [--folder DIR]

Each contestant is a process of its own, and they take turns. The files are made in a temporary
folder, or kept in DIR and used again.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ORIGIN = "46.65581,32.6178"
_GROUP = 1_000_000
_GEO = (
    '{"version":"1.1.0","primary_column":"geometry",'
    '"columns":{"geometry":{"encoding":"WKB","geometry_types":["Point"]}}}'
)

#: Reads a file's columns with pyarrow as it comes, and keeps nothing.
READ_PARQUET = """
import sys, pyarrow.parquet as pq
columns = sys.argv[2].split(",") if sys.argv[2] else None
for batch in pq.ParquetFile(sys.argv[1]).iter_batches(batch_size=131072, columns=columns):
    pass
"""
READ_CSV = """
import sys, pyarrow.csv
for batch in pyarrow.csv.open_csv(sys.argv[1]):
    pass
"""


MEASURE = """
import os, resource, subprocess, sys, time
begun = time.perf_counter()
subprocess.run(sys.argv[1:], check=True)
print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


class Contestant(NamedTuple):
    """What is run, on which file, and what it should reach."""

    name: str
    command: list[str]
    rows: int
    bar: float | None = None  #: rows a second, millions
    beside: str | None = None  #: whose rate it is held against


class Run(NamedTuple):
    """One run of a contestant."""

    seconds: float
    peak_mib: float


def places(rows: int, seed: int) -> tuple[Floats, Floats]:
    """Points as settlements are: round the places of the gazetteer, more of them where more people live."""
    from weapons_ref.places.gazetteer import open_gazetteer

    columns = open_gazetteer().places(1, -90, 90)
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, len(columns.lons), rows)
    lon = np.asarray(columns.lons)[chosen] + rng.normal(0, 0.05, rows)
    lat = np.clip(np.asarray(columns.lats)[chosen] + rng.normal(0, 0.05, rows), -90, 90)
    return (lon + 180) % 360 - 180, lat


def write_parquet(path: Path, rows: int, *, wkb: bool) -> None:
    """Write a file of buildings, its positions as WKB or as two columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = None
    for start in range(0, rows, _GROUP):
        count = min(_GROUP, rows - start)
        lon, lat = places(count, start)
        columns = {"id": pa.array(np.arange(start, start + count)), "height": pa.array(np.float32(lat % 30))}
        if wkb:
            points = np.empty(count, dtype=[("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])
            points["order"], points["type"], points["x"], points["y"] = 1, 1, lon, lat
            offsets = np.arange(count + 1, dtype=np.int32) * 21
            columns["geometry"] = pa.Array.from_buffers(
                pa.binary(), count, [None, pa.py_buffer(offsets), pa.py_buffer(points.tobytes())]
            )
        else:
            columns |= {"lon": pa.array(lon), "lat": pa.array(lat)}
        table = pa.table(columns).replace_schema_metadata({"geo": _GEO} if wkb else None)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="snappy")
        writer.write_table(table, row_group_size=_GROUP)
    assert writer is not None
    writer.close()


def write_csv(path: Path, rows: int) -> None:
    """Write a table of places as people have it."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write("id,name,lon,lat,kind,height\n")
        for start in range(0, rows, _GROUP):
            lon, lat = places(min(_GROUP, rows - start), start)
            stream.writelines(
                f"{start + row},House {row},{x:.7f},{y:.7f},building,{row % 30}.5\n"
                for row, (x, y) in enumerate(zip(lon.tolist(), lat.tolist(), strict=True))
            )


@contextmanager
def folder(given: str | None) -> Iterator[Path]:
    """Yield where the files are."""
    if given is not None:
        Path(given).mkdir(parents=True, exist_ok=True)
        yield Path(given)
        return
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def made(path: Path, make: Callable[[Path], None]) -> Path:
    """Return a file, made if it is not there."""
    if not path.exists():
        beside = path.with_suffix(".part")
        make(beside)
        beside.rename(path)
    return path


def run(command: list[str]) -> Run:
    """Run a command, and return how long it took and the most memory it held."""
    # By way of a small process, since what a process starts with counts as held by what it starts.
    done = subprocess.run([sys.executable, "-S", "-c", MEASURE, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"failed: {' '.join(command)}\n{done.stderr}")
    seconds, kilobytes = done.stdout.split()
    return Run(float(seconds), float(kilobytes) / 1024)


def contestants(where: Path, rows: int) -> list[Contestant]:
    """Return what is to be run; to measure something else, add a line."""
    wkb = made(where / f"wkb-{rows}.parquet", lambda path: write_parquet(path, rows, wkb=True))
    columns = made(where / f"columns-{rows}.parquet", lambda path: write_parquet(path, rows, wkb=False))
    lines = max(rows // 10, 1)
    text = made(where / f"places-{lines}.csv", lambda path: write_csv(path, lines))
    python = sys.executable

    def reach(path: Path, format_: str, range_: str, *options: str) -> list[str]:
        out = str(where / f"out.{format_}")
        ask = ["reach", "--range", range_, "--from", ORIGIN, "--locations", str(path), "-o", out, "--force", "-q"]
        return [python, "-m", "weapons_ref", *ask, *options]

    def read(path: Path, names: str) -> list[str]:
        return [python, "-c", READ_PARQUET, str(path), names]

    all_, two = "pyarrow reads GeoParquet", "pyarrow reads lon and lat"
    return [
        Contestant(all_, read(wkb, ""), rows),
        Contestant("within 30 km, to CSV", reach(wkb, "csv", "30km"), rows, 10, all_),
        Contestant("within 300 km, to GeoParquet", reach(wkb, "parquet", "300km"), rows, 10, all_),
        Contestant("within 300 km, to CSV", reach(wkb, "csv", "300km"), rows, 10, all_),
        Contestant("the same, --workers 2", reach(wkb, "csv", "300km", "--workers", "2"), rows, 10, all_),
        Contestant(two, read(columns, "lon,lat"), rows),
        Contestant("within 30 km, lon and lat", reach(columns, "csv", "30km"), rows, 10, two),
        Contestant("pyarrow reads CSV", [python, "-c", READ_CSV, str(text)], lines),
        Contestant("within 300 km, CSV to CSV", reach(text, "csv", "300km"), lines, 4, "pyarrow reads CSV"),
    ]


def main() -> None:
    """Print a line per contestant."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder")
    parser.add_argument("--only", default="", help="only contestants whose name has this")
    options = parser.parse_args()
    with folder(options.folder) as where:
        wanted = [one for one in contestants(where, options.rows) if options.only in one.name]
        runs: dict[str, list[Run]] = {one.name: [] for one in wanted}
        for _ in range(options.rounds):
            for one in wanted:
                runs[one.name].append(run(one.command))
    print(f"{'':30} {'rows':>12} {'s':>7} {'M rows/s':>9} {'MiB':>6}")
    seconds = {name: statistics.median(run.seconds for run in found) for name, found in runs.items()}
    for one in wanted:
        rate = one.rows / seconds[one.name] / 1e6
        peak = max(run.peak_mib for run in runs[one.name])
        said = "" if one.bar is None else f"  bar {one.bar:g}{'' if rate >= one.bar else ', below it'}"
        if one.beside in seconds:
            said += f"; {seconds[one.name] / seconds[one.beside]:.2f} x the time to read"
        print(f"{one.name:30} {one.rows:12,} {seconds[one.name]:7.2f} {rate:9.2f} {peak:6.0f}{said}")


if __name__ == "__main__":
    main()
