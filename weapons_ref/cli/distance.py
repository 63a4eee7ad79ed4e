"""``weapons-ref distance``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import emit, output_options, south_of_the_equator
from weapons_ref.cli.types import PLACE
from weapons_ref.model import Place


@click.command(
    context_settings=south_of_the_equator, epilog=example("weapons-ref distance 'Velyka Znamianka' 47.5119,34.5863")
)
@click.argument("start", metavar="PLACE", type=PLACE)
@click.argument("end", metavar="PLACE", type=PLACE)
@output_options("table", "json", "csv", "ndjson", "geojson", "geojsonseq")
def command(start: Place, end: Place, quiet: bool, **output: Any) -> None:
    """Measure the shortest line between two places.

    In km, mi and nmi, on the ellipsoid, with the azimuths both ways."""
    from weapons_ref.queries import distance

    emit(distance(start, end), default="table", quiet=quiet, **output)
