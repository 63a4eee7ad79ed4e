"""``weapons-ref distance``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import area_options, emit, output_options, south_of_the_equator
from weapons_ref.cli.types import PLACE
from weapons_ref.model import Area, Place


@click.command(
    context_settings=south_of_the_equator, epilog=example("weapons-ref distance 'Velyka Znamianka' 47.5119,34.5863")
)
@click.argument("places", metavar="PLACE [PLACE]", nargs=-1, type=PLACE)
@area_options
@output_options("table", "json", "csv", "ndjson", "geojson", "geojsonseq", "kml", "kmz")
@click.pass_context
def command(ctx: click.Context, /, *, places: tuple[Place, ...], areas: list[Area], quiet: bool, **output: Any) -> None:
    """Measure the shortest line between two places.

    In km, mi and nmi, on the ellipsoid, with the azimuths both ways. From an area (--from-area or
    --from-country) it starts at the area's nearest point; inside the distance is 0."""
    from weapons_ref.queries import distance

    ends: list[Place | Area] = [*areas, *places]
    if len(ends) != 2 or len(areas) > 1:
        raise click.UsageError(
            "distance takes PLACE PLACE, or one area and a PLACE; closest measures between areas", ctx
        )
    emit(distance(ends[0], ends[1]), default="table", quiet=quiet, **output)
