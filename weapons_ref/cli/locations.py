"""Users' files at the command line: which columns, who reads them, what was rejected, what to warn of."""

from __future__ import annotations

import contextlib
import functools
import glob
import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from weapons_ref.cli.options import notice, tell_notes
from weapons_ref.cli.progress import judging
from weapons_ref.errors import FileError, QueryError
from weapons_ref.model import ReachResult, Rejection
from weapons_ref.output import open_output

if TYPE_CHECKING:
    from weapons_ref.backends import Files

#: Above this share of swapped rows the file, not a row, is what looks wrong.
_NEARLY_ALL = 0.9


class Locations:
    """The files of a command, how they are to be read, and what a person should be told of them."""

    def __init__(
        self,
        paths: tuple[str, ...],
        lat_column: str | None = None,
        lon_column: str | None = None,
        name_column: str | None = None,
        workers: int = 1,
        dask: str | None = None,
    ) -> None:
        self._paths = paths
        self._columns = (lat_column, lon_column, name_column)
        self._workers, self._dask = workers, dask
        self._tally: Mapping[str, int] = {}
        self._first_rejected: Rejection | None = None
        self._files: Files | None = None
        if not paths and (workers > 1 or dask):
            raise QueryError("--workers and --dask are for files; give --locations")

    def files(self) -> Files | None:
        """Return what answers for the files, None if there is none."""
        if not self._paths:
            return None
        from weapons_ref.backends import Columns, Files

        self._files = Files(self._paths, Columns(*self._columns), self._workers)
        return self._files

    @contextlib.contextmanager
    def bar(self, output: str | None, quiet: bool) -> Iterator[None]:
        """Show how far the work on the files has come."""
        if self._files is None:
            yield
            return
        with judging(shown=not quiet and output is not None) as progress:
            self._files.progress = progress
            yield
        self._tally, self._first_rejected = self._files.tally, self._files.first_rejected

    def in_parts(self, output: str | None) -> bool:
        """Say whether the answers are to be a folder of parts.

        Raises
        ------
        QueryError
            If a cluster is to answer, but there is no folder for it to write to.
        """
        if self._dask and not (output or "").endswith("/"):
            raise QueryError("the workers of a cluster write a folder of parts; name it with --output DIR/")
        return bool(self._paths) and output is not None and (self._dask is not None or output.endswith("/"))

    def refuse_to_replace(self, *targets: str | None) -> None:
        """Refuse to write over what is to be read, forced or not.

        Raises
        ------
        FileError
            If one of the targets is a file that is read, or a folder with one.
        """
        read = [os.path.realpath(path) for given in self._paths for path in glob.glob(given, recursive=True) or [given]]
        for target in targets:
            place = os.path.realpath(target) if target else None
            if place is None or not os.path.exists(place):
                continue
            if any(path == place or _holds(path, place) or _holds(place, path) for path in read):
                raise FileError(f"{target}: is read by this command; write somewhere else")

    def write_parts(
        self,
        result: ReachResult,
        output: str,
        *,
        format_: str | None,
        force: bool,
        quiet: bool,
        on_reject: Callable[[Rejection], None] | None,
    ) -> None:
        """Write the answers as a folder of parts, one for each piece of the files."""
        if format_ == "table":
            raise QueryError("parts are for programs; write them as parquet, csv, ndjson or geojsonseq")
        from weapons_ref.backends import Columns
        from weapons_ref.partitions import write_parts

        with judging(shown=not quiet) as progress:
            written = write_parts(
                result,
                self._paths,
                output,
                format_ or "parquet",
                columns=Columns(*self._columns),
                workers=self._workers,
                dask=self._dask,
                force=force,
                on_reject=on_reject,
                progress=progress,
            )
        self._tally, self._first_rejected = written.tally, written.first_rejected
        tell_notes(result, format_ or "parquet", quiet)

    def report(self, counts: dict[str, int], quiet: bool) -> None:
        """Tell what became of the rows."""
        if not self._paths:
            return
        tally = self._tally
        rows, rejected = tally.get("rows", 0), counts["rejected"]
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
        if tally.get("normalised"):
            notice(f"longitudes beyond 180, turned back by 360 degrees: {tally['normalised']:,}", quiet)
        if tally.get("ignored_z"):
            notice(f"heights, ignored: {tally['ignored_z']:,}", quiet)
        if tally.get("rows") and tally.get("swapped", 0) > _NEARLY_ALL * rows:
            notice("nearly all rows look as if latitude and longitude were swapped", quiet)


def _holds(folder: str, path: str) -> bool:
    return os.path.isdir(folder) and path.startswith(folder.rstrip(os.sep) + os.sep)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


_file_options = (
    click.option(
        "--locations",
        "paths",
        metavar="FILE",
        multiple=True,
        type=click.Path(allow_dash=True),
        help="Places to judge: a CSV, GeoJSON, Parquet, FlatGeobuf or GeoPackage file, a folder or a pattern of "
        "these, - for stdin. May repeat.",
    ),
    click.option("--lat-column", metavar="NAME", help="Of --locations: the latitudes, if not lat, latitude or y."),
    click.option(
        "--lon-column", metavar="NAME", help="Of --locations: the longitudes, if not lon, lng, longitude or x."
    ),
    click.option("--name-column", metavar="NAME", help="Of --locations: the names, if not place, name or id."),
)
_work_options = (
    click.option(
        "--workers",
        metavar="N",
        type=click.IntRange(min=1),
        default=1,
        help="How many processes of this machine read and judge files.",
    ),
    click.option(
        "--dask", metavar="ADDRESS", help="Let the workers of a Dask cluster judge files and write --output DIR/."
    ),
)

rejects_option = click.option(
    "--rejects", metavar="FILE", type=click.Path(), help="Write rows that have no verdict, with the reason, as CSV."
)


def _taking(*options: Callable[[Any], Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def with_locations(
            *,
            paths: tuple[str, ...],
            lat_column: str | None,
            lon_column: str | None,
            name_column: str | None,
            workers: int = 1,
            dask: str | None = None,
            **rest: Any,
        ) -> None:
            locations = Locations(paths, lat_column, lon_column, name_column, workers, dask)
            command(locations=locations, **rest)

        wrapped: Callable[..., None] = with_locations
        for option in reversed((*options, rejects_option)):
            wrapped = option(wrapped)
        return wrapped

    return decorate


#: The options that name files and say how to read them; the command is given them as `locations`, and `rejects`.
location_options = _taking(*_file_options, *_work_options)
#: The same for what shows places rather than streams them.
shown_location_options = _taking(*_file_options)


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
