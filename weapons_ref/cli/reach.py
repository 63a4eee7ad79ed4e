"""``weapons-ref reach``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.locations import Locations, location_options, rejects_file
from weapons_ref.cli.options import (
    emit,
    min_population_option,
    notice_unranged,
    origin_options,
    output_options,
    subject_options,
    to_option,
)
from weapons_ref.cli.progress import building
from weapons_ref.errors import QueryError
from weapons_ref.model import Area, Place


@click.command(epilog=example("weapons-ref reach himars --from Kherson --to Sevastopol --to 'Odesa, UA'"))
@subject_options
@origin_options
@to_option
@location_options
@min_population_option
@click.option("--all", "show_all", is_flag=True, help="Print what is out of reach too.")
@click.option(
    "--distance",
    "distances",
    type=click.Choice(["all", "within", "none"]),
    default="all",
    show_default=True,
    help="Which of the places printed get their distance and margin; within are also those disputed.",
)
@click.option("--by-place", is_flag=True, help="One row a place, with columns for each system; not for tables.")
@click.option("--exit-status", is_flag=True, help="Exit with 1 when nothing is within reach.")
@output_options("table", "json", "csv", "ndjson", "geojson", "geojsonseq", "kml", "kmz", "parquet", "gpkg")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    systems: tuple[str, ...],
    origin: list[Place | Area],
    folders: tuple[str, ...],
    to: tuple[Place, ...],
    locations: Locations,
    rejects: str | None,
    exit_status: bool,
    quiet: bool,
    format_: str | None,
    output: str | None,
    force: bool,
    **question: Any,
) -> None:
    """Say which places lie within reach, and who says so.

    A launcher answers per munition. Without --to and --locations, the built-in gazetteer is looked
    through, nearest places first. Files are read a batch at a time, however large. With an --output
    that ends in / the answers are a folder of parts, one for each piece of the files.
    """
    from weapons_ref.catalog.loading import load_catalog
    from weapons_ref.queries import reach

    in_parts = locations.in_parts(output)
    locations.refuse_to_replace(output, rejects)
    if in_parts and to:
        raise QueryError("a folder of parts holds the rows of files; judge --to by itself")
    with rejects_file(rejects, output, force=force) as on_reject, building() as progress:
        result = reach(
            *systems,
            origin=origin,
            to=to or None,
            locations=locations.files(),
            catalog=load_catalog(*folders),
            on_reject=on_reject,
            stream=True,
            progress=progress,
            **question,
        )
        notice_unranged(result, quiet)
        if in_parts:
            locations.write_parts(result, str(output), format_=format_, force=force, quiet=quiet, on_reject=on_reject)
        else:
            with locations.bar(output, quiet):
                emit(result, default="table", format_=format_, output=output, force=force, quiet=quiet)
    locations.report(result.counts, quiet)
    if exit_status and not result.counts["within"]:
        ctx.exit(1)
