"""``weapons-ref run``."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.locations import Locations
from weapons_ref.cli.options import catalog_option, emit, notice, notice_unranged, quiet_option
from weapons_ref.cli.progress import building
from weapons_ref.errors import FileError, QueryError
from weapons_ref.model import ReachResult
from weapons_ref.output import FORMATS, format_of


@click.command(epilog=example("weapons-ref run queries/himars-kherson-rings.geojson.yaml -o out/"))
@click.argument("files", metavar="QUERY.yaml...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-f",
    "--format",
    "format_",
    metavar="FORMAT",
    type=click.Choice(FORMATS),
    help=f"One of {', '.join(FORMATS)}. Default: what the query or a file's ending says.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE|DIR/",
    type=click.Path(),
    help="A file, or a folder that takes one file per query.",
)
@click.option("--force", is_flag=True, help="Replace files that exist.")
@catalog_option
@quiet_option
def command(
    files: tuple[Path, ...],
    format_: str | None,
    output: str | None,
    force: bool,
    folders: tuple[str, ...],
    quiet: bool,
) -> None:
    """Answer saved queries.

    They are YAML files whose keys are the options of `ring`, `reach` and `which`.

    places.csv.yaml is written to DIR/places.csv when --output names a folder; its ending gives the
    format unless the query does.
    """
    from weapons_ref import saved
    from weapons_ref.catalog.loading import load_catalog

    catalog = load_catalog(*folders)
    into = Path(output) if output and (output.endswith("/") or Path(output).is_dir()) else None
    if output and into is None and len(files) > 1:
        raise QueryError(f"{len(files)} queries and one file; name a folder: -o {output}/")
    for file in files:
        query = saved.read(file)
        target = str(into / file.stem) if into else output
        paths = tuple(saved.location_files(query, file))
        locations = Locations(paths, query.lat_column, query.lon_column, query.name_column)
        locations.refuse_to_replace(target)
        with building() as progress:
            result = saved.answer(query, file, catalog, locations.files(), progress, partial(notice, quiet=quiet))
        notice_unranged(result, quiet)
        if into:
            try:
                into.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise FileError(f"{into}: {error.strerror or error}") from error
        chosen = format_ or query.format or format_of(file.stem)
        with locations.bar(target, quiet):
            emit(
                result,
                default="geojson" if query.command == "ring" else "table",
                format_=chosen,
                output=target,
                force=force,
                quiet=quiet,
            )
        if isinstance(result, ReachResult):
            locations.report(result.counts, quiet)
