"""``weapons-ref which``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import claims_options, emit, origin_options, output_options
from weapons_ref.cli.types import PLACE, complete_class
from weapons_ref.model import Place


@click.command(epilog=example("weapons-ref which --from Kherson --to Sevastopol --class guided-rocket"))
@origin_options
@click.option(
    "--to", "to", metavar="PLACE", multiple=True, required=True, type=PLACE, help="A place to judge. May repeat."
)
@claims_options
@click.option("--class", "class_", metavar="CLASS", shell_complete=complete_class, help="Only systems of a class.")
@click.option("--origin-country", metavar="CC", help="Only systems of a country of origin: US.")
@click.option("--all", "show_all", is_flag=True, help="Print the systems that do not reach it too.")
@click.option("--exit-status", is_flag=True, help="Exit with 1 when no system reaches it by every source.")
@output_options("table", "json", "csv", "ndjson", "geojson", "geojsonseq", "kml", "kmz")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    to: tuple[Place, ...],
    folders: tuple[str, ...],
    exit_status: bool,
    quiet: bool,
    format_: str | None,
    output: str | None,
    force: bool,
    **question: Any,
) -> None:
    """List the systems that reach a place, and by how much.

    The largest margin comes first. Systems whose sources disagree about it are marked disputed.
    """
    from weapons_ref.catalog.loading import load_catalog
    from weapons_ref.queries import which

    result = which(to=to, catalog=load_catalog(*folders), **question)
    emit(result, default="table", format_=format_, output=output, force=force, quiet=quiet)
    if exit_status and not result.counts["within"]:
        ctx.exit(1)
