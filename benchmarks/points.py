"""Which of millions of points lie within a range: our kernel and index beside what one would use instead.

    python -m benchmarks.points [--points N] [--rounds N] [--only SECTION]... [--write docs/performance.md]

Contestants that are not installed are left out with a notice that says what to install; PostGIS is
started from what is there, on a socket in a temporary folder, and removed in the end.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import measuring, postgis, report, rivals
from benchmarks.cases import LAT, LON, Points, clustered, uniform

SPREADS: dict[str, Callable[[int, int], Points]] = {
    "evenly spread over the globe": uniform,
    "clustered as people are": clustered,
}
SECTIONS = ("points", "large", "scripts")
#: Other benchmarks, with their arguments, whose output the page quotes.
SCRIPTS = {
    "startup.py": ("One question at the prompt", ["7"]),
    "regions.py": ("Regions: borders, areas, fronts", ["3"]),
    "maps.py": ("Maps", []),
    "files.py": ("Files, from end to end", ["--rows", "{rows}"]),
}


def contestants(stack: contextlib.ExitStack, server_points: int) -> list[type[rivals.Contestant]]:
    """Return all contestants, PostGIS with its server if that starts."""
    try:
        postgis.Postgis.running = stack.enter_context(postgis.server())
    except rivals.MissingError as error:
        postgis.Postgis.why_not = str(error)
    postgis.Postgis.most = server_points
    return [*rivals.SCANS, *rivals.PREPARED, postgis.Postgis]


def quoted(options: argparse.Namespace, loads: list[float]) -> Iterator[str]:
    """Yield what the other benchmarks print, and note the machine's load after each."""
    for name, (title, arguments) in SCRIPTS.items():
        measuring.say(name)
        command = [argument.format(rows=options.rows) for argument in arguments]
        script = Path(__file__).with_name(name)
        done = subprocess.run([sys.executable, script, *command], stdout=subprocess.PIPE, text=True, check=False)
        loads.append(os.getloadavg()[0])
        yield from (f"## {title}", "")
        if done.returncode:
            yield from ("Not measured in this run.", "")
            continue
        yield from (f"`benchmarks/{' '.join([name, *command])}`:", "", "```text")
        yield from (*done.stdout.rstrip().splitlines(), "```", "")


def page(options: argparse.Namespace) -> Iterator[str]:
    """Yield the page, line by line."""
    begun, loads = datetime.datetime.now(datetime.UTC), [os.getloadavg()[0]]
    fields: list[measuring.Field] = []
    large, versions = None, list(rivals.versions())
    if "points" in options.only:
        with contextlib.ExitStack() as stack:
            kinds = contestants(stack, options.server_points)
            if postgis.Postgis.running:
                versions.append(postgis.version(postgis.Postgis.running))
            for name, make in SPREADS.items():
                fields.append(measuring.measure(name, make(options.points, 1), kinds, options.rounds, many=True))
    loads.append(os.getloadavg()[0])
    if "large" in options.only:
        large = measuring.measure_large(uniform, 10 * options.points, options.rounds)
    yield from ("# How fast, beside what one would use instead", "")
    yield from ("`make bench` measures this and writes this page; the figures are of one run on one machine.", "")
    yield from ("## What one sees", "", *report.reading(fields, large))
    yield from ("## What was to be reached", "", *report.bars_table(report.bars(fields, large)))
    for field in fields:
        yield from (f"## {field.points:,} points, {field.name}", "")
        yield from (*report.scans(field), *report.prepared(field), *report.wrong_table(field), *report.many(field))
    yield from report.large_table(large) if large else ()
    loads.append(os.getloadavg()[0])
    yield from quoted(options, loads) if "scripts" in options.only else ()
    yield from ("## How it was measured", "", *report.machine())
    yield f"- Python {platform.python_version()}, {', '.join(versions)}"
    ended = datetime.datetime.now(datetime.UTC)
    yield f"- {begun:%Y-%m-%d}, in {(ended - begun).total_seconds() / 60:.1f} minutes"
    told = ", ".join(f"{load:.1f}" for load in loads)
    yield f"- load at the start, and after each part (this is one of it): {told}"
    yield ""
    yield from (f"The rings are drawn round {LAT}, {LON}.", "", *report.notes(fields, options.rounds))


def main() -> None:
    """Measure, and print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--server-points", type=int, default=postgis.Postgis.most, help="how many PostGIS is given")
    parser.add_argument("--rows", type=int, default=100_000_000, help="how many files.py writes and reads")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="may repeat; all, unless given")
    parser.add_argument("--write", type=Path, metavar="FILE", help="where the page goes, instead of the terminal")
    options = parser.parse_args()
    options.only = options.only or list(SECTIONS)
    # So that the server is stopped then too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    text = "\n".join(page(options)).rstrip() + "\n"
    if options.write is None:
        print(text, end="")
        return
    beside = options.write.with_suffix(".part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(options.write)


if __name__ == "__main__":
    main()
