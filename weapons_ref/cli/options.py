"""Options that several commands share, with their help written once, and what they do."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from weapons_ref.cli.types import LENGTH, PLACE, SECTOR, SIZE, SYSTEM, complete_basis, complete_country, complete_view
from weapons_ref.errors import FileError, QueryError
from weapons_ref.model import Area, Place, ReachResult, RingResult
from weapons_ref.output import BINARY, FORMATS, format_of, open_output, views, write
from weapons_ref.queries import MIN_POPULATION

Command = TypeVar("Command", bound=Callable[..., Any])


def _all(*decorators: Callable[[Any], Any]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


#: Settings of a command whose arguments are places: -33.9,18.4 is one, not the option -3.
south_of_the_equator = {"ignore_unknown_options": True}

catalog_option = click.option(
    "--catalog",
    "folders",
    metavar="DIR",
    multiple=True,
    type=click.Path(),
    help="A catalog folder of your own, added to the one that comes with the tool. May repeat.",
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No notices on stderr, only errors.")


def output_options(*formats: str) -> Callable[[Command], Command]:
    """Return the options that say in which of some formats and where to write; the first is the default."""
    assert set(formats) <= set(FORMATS)
    return _all(
        click.option(
            "-f",
            "--format",
            "format_",
            type=click.Choice(formats),
            help=f"Default: what the ending of --output says, else {formats[0]}.",
        ),
        click.option("-o", "--output", metavar="FILE", type=click.Path(), help="Write to a file, whole or not at all."),
        click.option("--force", is_flag=True, help="Replace the file if it exists."),
        quiet_option,
    )


claims_options = _all(
    click.option(
        "--basis",
        default="span",
        show_default=True,
        metavar="span|low|high|SOURCE",
        shell_complete=complete_basis,
        help="Which claims count: from lowest to highest, only the lowest, only the highest, or one source's.",
    ),
    click.option(
        "--as-of", metavar="DATE", help="Leave out claims published after a day, month or year; undated ones too."
    ),
    click.option("--variants", is_flag=True, help="Let a munition's named variants answer too."),
    catalog_option,
)

subject_options = _all(
    click.argument("systems", metavar="[ID]...", nargs=-1, type=SYSTEM),
    click.option("--range", "range_m", metavar="LENGTH", type=LENGTH, help="A range in place of systems: 300km."),
    click.option("--min-range", "minimum_range_m", metavar="LENGTH", type=LENGTH, help="A minimum range with it."),
    claims_options,
)

to_option = click.option("--to", "to", metavar="PLACE", multiple=True, type=PLACE, help="A place to judge. May repeat.")

min_population_option = click.option(
    "--min-population",
    metavar="N",
    type=click.IntRange(min=0),
    default=MIN_POPULATION,
    show_default=True,
    help="Without --to and --locations: which places of the gazetteer to look through.",
)

all_option = click.option("--all", "show_all", is_flag=True, help="Show places of files out of reach too.")
title_option = click.option("--title", metavar="TEXT", help="In place of the one made of the question.")
dark_option = click.option("--dark", is_flag=True, help="On a dark ground.")
projection_option = click.option(
    "--projection",
    type=click.Choice(["azimuthal-equidistant", "globe", "natural-earth", "mercator"]),
    help="Default: azimuthal equidistant up to 2,000 km, a globe up to 7,000 km, else natural-earth.",
)

_picture_options = _all(
    click.option(
        "--size",
        metavar="WxH",
        type=SIZE,
        help="Pixels. Default: 1600x1200, and 1600x1060 of the whole world; a chart is as high as its rows.",
    ),
    click.option(
        "--style",
        type=click.Choice(["minimal", "press", "print"]),
        default="press",
        show_default=True,
        help="With title and key, without, or in tones for paper.",
    ),
    dark_option,
    projection_option,
    click.option(
        "--towns",
        metavar="N",
        type=click.IntRange(min=0, max=200),
        default=45,
        show_default=True,
        help="How many towns of the gazetteer to show at most, to know one's way by.",
    ),
)


def picture_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a picture; the command is given them as `look`, by their names in `maps.picture.Look`."""

    @functools.wraps(command)
    def with_look(*, size: Any, style: str, dark: bool, projection: str | None, towns: int, **rest: Any) -> None:
        command(look={"size": size, "style": style, "dark": dark, "projection": projection, "towns": towns}, **rest)

    return _picture_options(with_look)


drawing_options = _all(
    click.option(
        "--max-error",
        "max_error_m",
        metavar="LENGTH",
        type=LENGTH,
        default="10m",
        show_default=True,
        help="How far an edge may lie from the true outline.",
    ),
    click.option("--dissolve", is_flag=True, help="Merge the rings of all origins into one, per system and role."),
)

border_view_option = click.option(
    "--border-view",
    "view",
    metavar="VIEW",
    shell_complete=complete_view,
    help="Whose view of disputed borders a country is drawn by; see docs/countries.md.",
)

_area_options = _all(
    click.option(
        "--from-area",
        "areas",
        metavar="FILE",
        multiple=True,
        type=click.Path(allow_dash=True),
        help="Where from: the lines, polygons and points of a GeoJSON file, - for stdin. May repeat.",
    ),
    click.option(
        "--from-country",
        "countries",
        metavar="CC",
        multiple=True,
        shell_complete=complete_country,
        help="Where from: a country's generalised outline (Natural Earth 10 m), by ISO code. May repeat.",
    ),
    border_view_option,
)


def area_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that name areas; the command is given them as `areas`."""

    @functools.wraps(command)
    def with_areas(*, areas: tuple[str, ...], countries: tuple[str, ...], view: str | None, **rest: Any) -> None:
        command(areas=_read_areas(areas, countries, view), **rest)

    return _area_options(with_areas)


def origin_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where from; the command is given them as `origin`, `uncertainty_m` and `reading`."""

    @functools.wraps(command)
    def with_origins(*, origins: tuple[Place, ...], files: tuple[str, ...], areas: list[Area], **rest: Any) -> None:
        from weapons_ref.places.areas import read_origins

        tell = functools.partial(notice, quiet=rest["quiet"])
        origin = [*origins, *(place for file in files for place in read_origins(file, tell)), *areas]
        if not origin and not rest.get("chart"):
            raise click.UsageError(
                "no origin; give --from, --from-file, --from-area or --from-country", click.get_current_context()
            )
        command(origin=origin, **rest)

    return _all(
        click.option(
            "--from",
            "origins",
            metavar="PLACE",
            multiple=True,
            type=PLACE,
            help="Where from: a name in any script, lat,lon, degrees-minutes-seconds, MGRS, UTM, a Plus code "
            "or a geo: URI. May repeat.",
        ),
        click.option(
            "--from-file",
            "files",
            metavar="FILE",
            multiple=True,
            type=click.Path(allow_dash=True),
            help="Where from: the points of a file, each an origin of its own, - for stdin. May repeat.",
        ),
        click.option(
            "--uncertainty",
            "uncertainty_m",
            metavar="LENGTH",
            type=LENGTH,
            default=0.0,
            help="How far from its point an origin may lie: 5km.",
        ),
        area_options,
        click.option(
            "--anywhere",
            "reading",
            flag_value="anywhere",
            help="Reach from at least one point of an area or an uncertain origin. An area's default.",
        ),
        click.option(
            "--somewhere",
            "reading",
            flag_value="somewhere",
            help="Reach from one point of it, unknown which. An uncertain origin's default.",
        ),
        click.option("--everywhere", "reading", flag_value="everywhere", help="Reach from every point of it."),
        click.option(
            "--sector",
            metavar="A:B",
            type=SECTOR,
            help="Only azimuths from A clockwise to B at a point, in degrees: 330:30.",
        ),
    )(with_origins)


def _read_areas(files: Sequence[str], countries: Sequence[str], view: str | None) -> list[Area]:
    if view is not None and not countries:
        raise QueryError("a view of borders goes with a country (--from-country)")
    from weapons_ref.places.areas import read_area

    areas = [read_area(file) for file in files]
    if countries:
        from weapons_ref.places.countries import find_country

        areas += [find_country(code, view) for code in countries]
    return areas


def notice(message: str, quiet: bool) -> None:
    """Tell a person something that is not the answer."""
    if not quiet:
        click.echo(f"weapons-ref: {message}", err=True)


def notice_unranged(result: ReachResult | RingResult, quiet: bool) -> None:
    """Tell which of the systems asked for have no published range."""
    if result.unranged:
        notice(f"no published maximum range for {', '.join(result.unranged)}", quiet)


def emit(result: Any, *, default: str, format_: str | None, output: str | None, force: bool, quiet: bool) -> None:
    """Write a result to stdout or a file."""
    ending = os.path.splitext(output or "")[1]
    chosen = format_ or (format_of(output or "") if ending else default)
    if chosen is None:
        raise FileError(f"{output}: the ending {ending} means no format that is known; choose one with --format")
    if chosen == "table" and isinstance(result, ReachResult) and result.query.by_place:
        raise QueryError("a table has a row for each verdict; --by-place is for the other formats, such as csv")
    if output is None or output == "-":
        if chosen in BINARY and sys.stdout.isatty():
            raise FileError(f"{chosen} is not for a terminal; name a file with --output")
        write(result, chosen, sys.stdout.buffer if chosen in BINARY else sys.stdout)
    else:
        with open_output(output, force=force, binary=chosen in BINARY) as stream:
            write(result, chosen, stream)
    tell_notes(result, chosen, quiet)


def write_file(content: bytes, output: str, *, force: bool) -> None:
    """Write a picture or a page to a file, or to stdout."""
    if output == "-":
        if sys.stdout.isatty():
            raise FileError("this is not for a terminal; name a file with --output")
        sys.stdout.buffer.write(content)
    else:
        with open_output(output, force=force, binary=True) as stream:
            stream.write(content)


def tell_notes(result: Any, chosen: str, quiet: bool) -> None:
    """Tell what a reader of a result should know, where the format has no room for it or may go unread."""
    if chosen != "table":
        # A table says so itself. Where a file has notes within, a person should read them all the same.
        for note in views.notes(result):
            notice(note, quiet)
    if chosen in ("csv", "ndjson", "geojsonseq"):
        # Rows have no room for it.
        for credit in views.credit(result):
            notice(credit, quiet)
