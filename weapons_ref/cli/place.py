"""``weapons-ref place``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import building, emit, output_options


@click.command(epilog=example("weapons-ref place Херсон"))
@click.argument("text")
@output_options("table", "json", "csv", "ndjson", "geojson", "geojsonseq")
def command(text: str, quiet: bool, **output: Any) -> None:
    """Say what a name or position means, in every notation."""
    from weapons_ref.queries import find_candidates

    with building() as progress:
        emit(find_candidates(text, progress=progress), default="table", **output)
