"""``weapons-ref compare``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import catalog_option, emit, output_options
from weapons_ref.cli.types import SYSTEM


@click.command(epilog=example("weapons-ref compare atacms gmlrs"))
@click.argument("systems", metavar="ID ID...", nargs=-1, required=True, type=SYSTEM)
@catalog_option
@output_options("table", "json", "csv", "ndjson")
def command(systems: tuple[str, ...], folders: tuple[str, ...], quiet: bool, **output: Any) -> None:
    """Put records side by side, attribute by attribute."""
    from weapons_ref.catalog.listing import compare_systems
    from weapons_ref.catalog.loading import load_catalog

    emit(compare_systems(load_catalog(*folders), systems), default="table", quiet=quiet, **output)
