"""``weapons-ref sources``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import catalog_option, emit, output_options
from weapons_ref.cli.types import complete_source


@click.command(epilog=example("weapons-ref sources hromadske-2024-03"))
@click.argument("keys", metavar="[KEY]...", nargs=-1, shell_complete=complete_source)
@catalog_option
@output_options("table", "json", "csv", "ndjson")
def command(keys: tuple[str, ...], folders: tuple[str, ...], quiet: bool, **output: Any) -> None:
    """List sources, or the claims that rest on one."""
    from weapons_ref.catalog.listing import list_sources
    from weapons_ref.catalog.loading import load_catalog

    emit(list_sources(load_catalog(*folders), keys), default="table", quiet=quiet, **output)
