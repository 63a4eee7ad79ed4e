"""``weapons-ref place``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import emit, output_options, south_of_the_equator
from weapons_ref.cli.progress import building
from weapons_ref.cli.types import PLACE_TEXT


@click.command(context_settings=south_of_the_equator, epilog=example("weapons-ref place Херсон"))
@click.argument("text", type=PLACE_TEXT)
@output_options("table", "json", "csv", "ndjson", "geojson", "geojsonseq")
def command(text: str, quiet: bool, **output: Any) -> None:
    """Say what a name or position means, in every notation."""
    from weapons_ref.places.finding import find_candidates

    with building() as progress:
        emit(find_candidates(text, progress=progress), default="table", quiet=quiet, **output)
