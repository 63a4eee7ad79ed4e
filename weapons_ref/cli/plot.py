"""``weapons-ref plot``."""

from __future__ import annotations

import os
from typing import Any

import click
from click.core import ParameterSource

from weapons_ref.cli.examples import example
from weapons_ref.cli.locations import Locations, rejects_file, shown_location_options
from weapons_ref.cli.options import (
    all_option,
    drawing_options,
    notice,
    notice_unranged,
    origin_options,
    picture_options,
    quiet_option,
    subject_options,
    tell_notes,
    title_option,
    to_option,
    write_file,
)
from weapons_ref.errors import FileError
from weapons_ref.model import Area, Place

_KINDS = ("png", "svg", "pdf")
_CHART_OPTIONS = {
    "systems", "folders", "as_of", "variants",
    "output", "format_", "force", "title", "size", "style", "dark", "chart", "quiet",
}  # fmt: skip


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
@picture_options
@click.option("--chart", type=click.Choice(["ranges"]), help="No map: the claims of systems on one axis, by source.")
@drawing_options
@quiet_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
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
    look: dict[str, Any],
    chart: str | None,
    quiet: bool,
    **question: Any,
) -> None:
    """Draw rings on a map: PNG, SVG or PDF.

    The map is centred on the origin, where a range ring is a circle. What every claim puts within reach has
    a solid line, what is disputed a dashed one. With --chart ranges no map is drawn, but the claims themselves."""
    from weapons_ref.catalog.loading import load_catalog
    from weapons_ref.mapping import map_of
    from weapons_ref.maps.picture import Look, picture

    kind = _kind(output, format_)
    if chart:
        _refuse_but_for_charts(ctx)
        chosen = {name: question[name] for name in ("variants", "as_of")}
        drawn = _chart(load_catalog(*folders), systems, kind, Look(**look), title, quiet, **chosen)
        write_file(drawn, output, force=force)
        return
    locations.refuse_to_replace(output, rejects)
    files = locations.files()
    with rejects_file(rejects, output, force=force) as on_reject, locations.bar(output, quiet):
        result = map_of(
            *systems,
            origin=origin,
            to=to or None,
            locations=files,
            min_population=None,
            towns=look["towns"],
            title=title,
            catalog=load_catalog(*folders),
            on_reject=on_reject,
            **question,
        )
    notice_unranged(result.rings, quiet)
    write_file(picture(result, kind, Look(**look)), output, force=force)
    tell_notes(result.rings, kind, quiet)
    if result.places is not None:
        locations.report(result.places.counts, quiet)


def _chart(
    catalog: Any, systems: tuple[str, ...], kind: Any, look: Any, title: str | None, quiet: bool, **chosen: Any
) -> bytes:
    from weapons_ref.catalog.listing import charted_systems
    from weapons_ref.maps import chart

    result = charted_systems(catalog, systems, **chosen)
    if unranged := [system.id for system in result.systems if result.ranges[system.id] is None]:
        by = f" by {chosen['as_of']}" if chosen["as_of"] else ""
        notice(f"no published maximum range{by} for {', '.join(unranged)}", quiet)
    return chart.chart(result, kind, look, title)


def _refuse_but_for_charts(ctx: click.Context) -> None:
    """Refuse what only a map has, rather than ignore it."""
    for parameter in ctx.command.params:
        given = ctx.get_parameter_source(str(parameter.name)) is ParameterSource.COMMANDLINE
        if given and parameter.name == "basis":
            raise click.UsageError("--basis picks among claims; a chart of ranges shows them all", ctx)
        if given and parameter.name not in _CHART_OPTIONS:
            raise click.UsageError(f"{parameter.opts[-1]} is for maps; a chart of ranges has none", ctx)


def _kind(output: str, format_: str | None) -> Any:
    ending = os.path.splitext(output)[1].lower().removeprefix(".")
    if format_ is None and ending not in _KINDS:
        raise FileError(f"{output}: a picture is .png, .svg or .pdf; or choose with --format")
    return format_ or ending
