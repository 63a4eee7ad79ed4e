"""``weapons-ref list``."""

from __future__ import annotations

from typing import Any, get_args

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import catalog_option, emit, output_options
from weapons_ref.cli.types import LENGTH, SYSTEM, complete_band, complete_class
from weapons_ref.model import Kind


@click.command("list", epilog=example("weapons-ref list --fired-by himars --range-over 100km"))
@click.option(
    "--class", "class_", metavar="CLASS", shell_complete=complete_class, help="Such as srbm or guided-rocket."
)
@click.option("--origin-country", metavar="CC", help="ISO code of a country of origin: US.")
@click.option("--kind", type=click.Choice(get_args(Kind)), help="What it is.")
@click.option("--fired-by", metavar="ID", type=SYSTEM, help="What a launcher fires.")
@click.option("--range-over", metavar="LENGTH", type=LENGTH, help="At least one claim is more than this: 300km.")
@click.option("--range-under", metavar="LENGTH", type=LENGTH, help="At least one claim is less than this.")
@click.option(
    "--band",
    metavar="BAND",
    shell_complete=complete_band,
    help="Of a declared scheme, such as mtcr-1. Arithmetic only.",
)
@catalog_option
@output_options("table", "json", "csv", "ndjson")
def command(
    class_: str | None,
    origin_country: str | None,
    kind: str | None,
    fired_by: str | None,
    range_over: float | None,
    range_under: float | None,
    band: str | None,
    folders: tuple[str, ...],
    quiet: bool,
    **output: Any,
) -> None:
    """List systems: all, or those that fit every condition."""
    from weapons_ref.catalog.listing import list_systems
    from weapons_ref.catalog.loading import load_catalog

    result = list_systems(
        load_catalog(*folders),
        class_=class_,
        origin_country=origin_country,
        kind=kind,
        fired_by=fired_by,
        range_over_m=range_over,
        range_under_m=range_under,
        band=band,
    )
    emit(result, default="table", quiet=quiet, **output)
