"""``weapons-ref closest``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import border_view_option, emit, output_options, south_of_the_equator
from weapons_ref.cli.types import AREA, COUNTRY
from weapons_ref.errors import QueryError
from weapons_ref.model import Area, Place


@click.command(
    context_settings=south_of_the_equator, epilog=example("weapons-ref closest examples/lower-dnipro.geojson Odesa,UA")
)
@click.argument("start", metavar="A", type=AREA)
@click.argument("end", metavar="B", type=AREA)
@border_view_option
@output_options("table", "json", "csv", "ndjson", "geojson", "geojsonseq", "kml", "kmz")
def command(start: Place | Area | str, end: Place | Area | str, view: str | None, quiet: bool, **output: Any) -> None:
    """Find the closest points of two areas, lines or sets of points.

    A and B are GeoJSON files, places, or countries as country:UA. As GeoJSON or KML the answer
    is the shortest line between them.
    """
    from weapons_ref.places.countries import find_country
    from weapons_ref.queries import closest

    if view is not None and not any(isinstance(side, str) for side in (start, end)):
        raise QueryError("a view of borders goes with a country (country:CC)")
    sides = [find_country(side[len(COUNTRY) :], view) if isinstance(side, str) else side for side in (start, end)]
    emit(closest(*sides), default="table", quiet=quiet, **output)
