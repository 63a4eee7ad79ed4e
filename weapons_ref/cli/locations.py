"""Users' files at the command line: which columns, what was rejected, what to warn of."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from weapons_ref.cli.options import notice
from weapons_ref.errors import FileError
from weapons_ref.model import Rejection
from weapons_ref.output import open_output

if TYPE_CHECKING:
    from weapons_ref.places.files import Batch

#: Above this share of swapped rows the file, not a row, is what looks wrong.
_NEARLY_ALL = 0.9


class Columns(NamedTuple):
    """Which columns of a CSV file or properties of a GeoJSON file to read; None is by their names."""

    lat: str | None = None
    lon: str | None = None
    name: str | None = None


class Locations:
    """The rows of files, as batches, and a tally of what a person should be told."""

    def __init__(self, paths: Sequence[str], columns: Columns) -> None:
        self._paths = paths
        self._columns = columns
        self.tally: Counter[str] = Counter()
        self._first_rejected: Rejection | None = None

    def __iter__(self) -> Iterator[Batch]:
        from weapons_ref.places.files import read_locations

        lat, lon, name = self._columns
        for path in self._paths:
            for batch in read_locations(path, lat_column=lat, lon_column=lon, name_column=name):
                for key in ("rows", "normalised", "ignored_z", "swapped"):
                    self.tally[key] += getattr(batch, key)
                if batch.rejected and self._first_rejected is None:
                    self._first_rejected = batch.rejected[0]
                yield batch

    def report(self, counts: dict[str, int], quiet: bool) -> None:
        """Tell what became of the rows."""
        tally = self.tally
        rows, rejected = tally["rows"], counts["rejected"]
        if sum(counts.values()) == rows:
            notice(f"{rows:,} rows read: {_listed(counts)}", quiet)
        else:
            # A row has a verdict for each system that answers, and a place of --to has one but is no row.
            verdicts = {name: count for name, count in counts.items() if name != "rejected"}
            notice(f"{rows:,} rows read: {rows - rejected:,} judged, {rejected:,} rejected", quiet)
            notice(f"verdicts, one for each place and system: {_listed(verdicts)}", quiet)
        if self._first_rejected is not None:
            rejected_row = self._first_rejected
            notice(f"first rejected: {rejected_row.file}, row {rejected_row.row}: {rejected_row.reason}", quiet)
        if tally["normalised"]:
            notice(f"longitudes beyond 180, turned back by 360 degrees: {tally['normalised']:,}", quiet)
        if tally["ignored_z"]:
            notice(f"heights, ignored: {tally['ignored_z']:,}", quiet)
        if tally["rows"] and tally["swapped"] > _NEARLY_ALL * tally["rows"]:
            notice("nearly all rows look as if latitude and longitude were swapped", quiet)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def location_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that name files of locations and their columns."""
    for option in reversed(
        (
            click.option(
                "--locations",
                metavar="FILE",
                multiple=True,
                type=click.Path(allow_dash=True),
                help="A CSV or GeoJSON file of places to judge, - for stdin. May repeat.",
            ),
            click.option("--lat-column", metavar="NAME", help="The column of latitudes, if not lat, latitude or y."),
            click.option(
                "--lon-column", metavar="NAME", help="The column of longitudes, if not lon, lng, longitude or x."
            ),
            click.option("--name-column", metavar="NAME", help="The column of names, if not place, name or id."),
            click.option(
                "--rejects",
                metavar="FILE",
                type=click.Path(),
                help="Write rows that have no verdict, with the reason, as CSV.",
            ),
        )
    ):
        command = option(command)
    return command


@contextlib.contextmanager
def rejects_file(path: str | None, output: str | None, *, force: bool) -> Iterator[Callable[[Rejection], None] | None]:
    """Yield what takes rejected rows and writes them to a CSV file."""
    if path is None:
        yield None
        return
    if output and os.path.realpath(path) == os.path.realpath(output):
        raise FileError(f"{path}: is named by --output and by --rejects")
    from weapons_ref.output.csv import RowWriter
    from weapons_ref.output.json import encode

    with open_output(path, force=force) as stream:
        writer = RowWriter(stream, ("file", "row", "reason", "columns"))

        def take(rejection: Rejection) -> None:
            # Files differ in their columns, and a broken row has none to speak of.
            writer.write((rejection.file, rejection.row, rejection.reason, encode(rejection.columns)))

        yield take
