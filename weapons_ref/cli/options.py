"""Options that several commands share, with their help written once, and what they do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from weapons_ref.cli.types import LENGTH, PLACE, SYSTEM, complete_basis
from weapons_ref.errors import FileError
from weapons_ref.model import ReachResult, RingResult
from weapons_ref.output import FORMATS, format_of, open_output, views, write

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
    click.option(
        "--from",
        "origins",
        metavar="PLACE",
        multiple=True,
        required=True,
        type=PLACE,
        help="Where from: a name in any script, lat,lon, degrees-minutes-seconds, MGRS, UTM, a Plus code "
        "or a geo: URI. May repeat.",
    ),
    click.option("--range", "range_m", metavar="LENGTH", type=LENGTH, help="A range in place of systems: 300km."),
    click.option("--min-range", "minimum_range_m", metavar="LENGTH", type=LENGTH, help="A minimum range with it."),
    claims_options,
)


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
    if output is None or output == "-":
        write(result, chosen, sys.stdout)
    else:
        with open_output(output, force=force) as stream:
            write(result, chosen, stream)
    if chosen in ("csv", "ndjson", "geojsonseq"):
        # Rows have no room for it.
        for credit in views.credit(result):
            notice(credit, quiet)
