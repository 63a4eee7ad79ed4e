"""``weapons-ref show``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import catalog_option, emit, output_options
from weapons_ref.cli.types import SYSTEM


@click.command(epilog=example("weapons-ref show atacms"))
@click.argument("systems", metavar="ID...", nargs=-1, required=True, type=SYSTEM)
@click.option("--sources", is_flag=True, help="What each source says, source by source.")
@catalog_option
@output_options("table", "json", "csv", "ndjson")
def command(systems: tuple[str, ...], sources: bool, folders: tuple[str, ...], quiet: bool, **output: Any) -> None:
    """Show whole records, every figure with its source."""
    from weapons_ref.catalog.listing import show_systems
    from weapons_ref.catalog.loading import load_catalog

    emit(show_systems(load_catalog(*folders), systems, by_source=sources), default="table", quiet=quiet, **output)
