"""``weapons-ref ring``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import (
    drawing_options,
    emit,
    notice,
    notice_unranged,
    origin_options,
    output_options,
    subject_options,
)


@click.command(epilog=example("weapons-ref ring atacms --from Kherson -o rings.geojson"))
@subject_options
@origin_options
@drawing_options
@output_options("geojson", "geojsonseq", "kml", "kmz", "gpkg", "svg", "json", "ndjson", "csv", "table")
def command(
    systems: tuple[str, ...],
    folders: tuple[str, ...],
    max_error_m: float,
    quiet: bool,
    format_: str | None,
    output: str | None,
    force: bool,
    **question: Any,
) -> None:
    """Draw range rings as GeoJSON.

    One ring holds what every claim puts within reach, another what is disputed."""
    from weapons_ref.catalog.loading import load_catalog
    from weapons_ref.queries import rings

    result = rings(*systems, max_error_m=max_error_m, catalog=load_catalog(*folders), **question)
    notice_unranged(result, quiet)
    if not result.rings:
        notice("no ring: nothing lies within it, or it is too small to draw", quiet)
    emit(result, default="geojson", format_=format_, output=output, force=force, quiet=quiet)
