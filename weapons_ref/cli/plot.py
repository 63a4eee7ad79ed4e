"""``weapons-ref plot``."""

from __future__ import annotations

import os
from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.locations import Locations, rejects_file, shown_location_options
from weapons_ref.cli.options import (
    all_option,
    dark_option,
    drawing_options,
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
from weapons_ref.cli.types import SIZE
from weapons_ref.errors import FileError
from weapons_ref.model import Area, Place

_KINDS = ("png", "svg", "pdf")


@click.command(epilog=example("weapons-ref plot atacms --from Kherson -o atacms.png"))
@subject_options
@origin_options
@to_option
@shown_location_options
@all_option
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(), required=True, help="The picture: .png, .svg or .pdf."
)
@click.option("-f", "--format", "format_", type=click.Choice(_KINDS), help="Default: what the ending of --output says.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@title_option
@click.option("--size", metavar="WxH", type=SIZE, help="Pixels. Default: 1600x1200, and 1600x1060 of the whole world.")
@click.option(
    "--style",
    type=click.Choice(["minimal", "press", "print"]),
    default="press",
    show_default=True,
    help="With title and key, without, or in tones for paper.",
)
@dark_option
@projection_option
@click.option(
    "--towns",
    metavar="N",
    type=click.IntRange(min=0, max=200),
    default=45,
    show_default=True,
    help="How many towns of the gazetteer to show at most, to know one's way by.",
)
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
    format_: str | None,
    force: bool,
    title: str | None,
    size: tuple[int, int] | None,
    style: Any,
    dark: bool,
    projection: Any,
    towns: int,
    quiet: bool,
    **question: Any,
) -> None:
    """Draw rings on a map: PNG, SVG or PDF.

    The map is centred on the origin, where a range ring is a circle. What every claim puts within reach has
    a solid line, what is disputed a dashed one."""
    from weapons_ref.catalog.loading import load_catalog
    from weapons_ref.mapping import map_of
    from weapons_ref.maps.picture import Look, picture

    kind = _kind(output, format_)
    locations.refuse_to_replace(output, rejects)
    with rejects_file(rejects, output, force=force) as on_reject:
        result = map_of(
            *systems,
            origin=origin,
            to=to or None,
            locations=locations.files(),
            min_population=None,
            towns=towns,
            title=title,
            catalog=load_catalog(*folders),
            on_reject=on_reject,
            **question,
        )
    notice_unranged(result.rings, quiet)
    look = Look(size=size, style=style, dark=dark, projection=projection, towns=towns)
    write_file(picture(result, kind, look), output, force=force)
    tell_notes(result.rings, kind, quiet)
    if result.places is not None:
        locations.report(result.places.counts, quiet)
    if output != "-":
        notice(f"written: {output}", quiet)


def _kind(output: str, format_: str | None) -> Any:
    ending = os.path.splitext(output)[1].lower().removeprefix(".")
    if format_ is None and ending not in _KINDS:
        raise FileError(f"{output}: a picture is .png, .svg or .pdf; or choose with --format")
    return format_ or ending
