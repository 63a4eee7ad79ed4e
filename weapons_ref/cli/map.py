"""``weapons-ref map``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.locations import Locations, rejects_file, shown_location_options
from weapons_ref.cli.options import (
    dark_option,
    drawing_options,
    min_population_option,
    notice,
    notice_unranged,
    origin_options,
    projection_option,
    quiet_option,
    subject_options,
    tell_notes,
    title_option,
    to_option,
    write_file,
)
from weapons_ref.model import Area, Place

_TOWNS = 75


@click.command(epilog=example("weapons-ref map atacms --from Kherson -o atacms.html"))
@subject_options
@origin_options
@to_option
@shown_location_options
@min_population_option
@click.option("--all", "show_all", is_flag=True, help="Show places out of reach too.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(), required=True, help="The page, an HTML file.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@title_option
@dark_option
@projection_option
@drawing_options
@quiet_option
def command(
    systems: tuple[str, ...],
    origin: list[Place | Area],
    folders: tuple[str, ...],
    to: tuple[Place, ...],
    locations: Locations,
    rejects: str | None,
    output: str,
    force: bool,
    dark: bool,
    projection: Any,
    quiet: bool,
    **question: Any,
) -> None:
    """Write rings and places as one page that opens from disk, without a network.

    The page turns from a globe to other projections, and answers for any point typed or clicked, by the
    shortest geodesic on the ellipsoid. Without --to and --locations it shows places of the gazetteer."""
    from weapons_ref.catalog.loading import load_catalog
    from weapons_ref.mapping import map_of
    from weapons_ref.maps.page import page

    locations.refuse_to_replace(output, rejects)
    files = locations.files()
    with rejects_file(rejects, output, force=force) as on_reject, locations.bar(output, quiet):
        result = map_of(
            *systems,
            origin=origin,
            to=to or None,
            locations=files,
            towns=_TOWNS,
            catalog=load_catalog(*folders),
            on_reject=on_reject,
            **question,
        )
    notice_unranged(result.rings, quiet)
    write_file(page(result, dark=dark, projection=projection), output, force=force)
    tell_notes(result.rings, "html", quiet)
    if result.places is not None:
        locations.report(result.places.counts, quiet)
    if result.places_left_out:
        notice(f"{result.places_left_out:,} answers for the least populous places are left out", quiet)
