"""``weapons-ref ring``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import emit, notice_unranged, output_options, subject_options
from weapons_ref.cli.types import LENGTH
from weapons_ref.model import Place


@click.command(epilog=example("weapons-ref ring atacms --from Kherson -o rings.geojson"))
@subject_options
@click.option(
    "--max-error",
    metavar="LENGTH",
    type=LENGTH,
    default="10m",
    show_default=True,
    help="How far an edge may lie from the true circle.",
)
@output_options("geojson", "geojsonseq", "json", "ndjson", "csv", "table")
def command(
    systems: tuple[str, ...],
    origins: tuple[Place, ...],
    range_m: float | None,
    minimum_range_m: float | None,
    basis: str,
    as_of: str | None,
    variants: bool,
    folders: tuple[str, ...],
    max_error: float,
    quiet: bool,
    **output: Any,
) -> None:
    """Draw range rings as GeoJSON.

    One ring holds what every claim puts within reach, another what is disputed."""
    from weapons_ref.catalog.loading import load_catalog
    from weapons_ref.queries import rings

    result = rings(
        *systems,
        origin=origins,
        range_m=range_m,
        minimum_range_m=minimum_range_m,
        basis=basis,
        as_of=as_of,
        variants=variants,
        max_error_m=max_error,
        catalog=load_catalog(*folders),
    )
    notice_unranged(result, quiet)
    emit(result, default="geojson", quiet=quiet, **output)
