"""``weapons-ref search``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import catalog_option, emit, output_options


@click.command(epilog=example("weapons-ref search 海马斯"))
@click.argument("text")
@catalog_option
@output_options("table", "json", "csv", "ndjson")
def command(text: str, folders: tuple[str, ...], quiet: bool, **output: Any) -> None:
    """Find systems by id or name, in any script."""
    from weapons_ref.catalog.listing import search_systems
    from weapons_ref.catalog.loading import load_catalog

    emit(search_systems(load_catalog(*folders), text), default="table", quiet=quiet, **output)
