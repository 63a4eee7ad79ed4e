"""The command line. Errors become exit codes here, and only here."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn

import click

from weapons_ref.cli.examples import example
from weapons_ref.errors import CatalogError, WeaponsRefError

#: Commands in the order that help shows them; a module each, imported when asked for.
_COMMANDS = (
    "list",
    "show",
    "search",
    "ring",
    "reach",
    "distance",
    "place",
    "run",
    "catalog",
    "completion",
)

_MAX_PROBLEMS_SHOWN = 50


class _Commands(click.Group):
    """A group that imports a command when it is needed: start-up matters at a prompt."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"weapons_ref.cli.{cmd_name}").command
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=example("weapons-ref reach atacms --from Kherson --to Sevastopol"),
)
@click.version_option(None, "--version", package_name="weapons-ref", message="%(prog)s %(version)s")
def cli() -> None:
    """Published ranges of weapon systems, each with its source, and what lies within them.

    Distances are geodesics on the WGS 84 ellipsoid, right everywhere on Earth. Where sources
    disagree, so does the answer, and it says who says what.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 nothing within reach, 2 any error."""
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        # Data is UTF-8 with plain line feeds, whatever the locale says.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        status = _run(arguments or ["--help"])
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away, as `head` does. Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def _run(arguments: Sequence[str]) -> int:
    try:
        status: Any = cli.main(list(arguments), prog_name="weapons-ref", standalone_mode=False)
    except click.Abort:
        return 130
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.UsageError as error:
        hint = f" (see `{error.ctx.command_path} --help`)" if error.ctx else ""
        return _fail(error.format_message() + hint)
    except click.ClickException as error:
        return _fail(error.format_message())
    except CatalogError as error:
        code = _fail(str(error))
        for problem in error.problems[:_MAX_PROBLEMS_SHOWN]:
            click.echo(f"  {problem}", err=True)
        return code
    except WeaponsRefError as error:
        return _fail(str(error))
    return status if isinstance(status, int) else 0


def _fail(message: str) -> int:
    click.echo(f"weapons-ref: {message}", err=True)
    return 2


def _terminated(number: int, frame: FrameType | None) -> None:
    # An exception, so that half-written files are cleared away on the way out.
    raise SystemExit(128 + number)
