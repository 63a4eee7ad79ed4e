"""The command line. Errors become exit codes here, and only here."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click

from weapons_ref.cli.examples import example
from weapons_ref.errors import CatalogError, WeaponsRefError

#: Commands in the order that help shows them; a module each, imported when asked for.
_COMMANDS = (
    "list",
    "show",
    "search",
    "compare",
    "sources",
    "ring",
    "plot",
    "map",
    "reach",
    "which",
    "distance",
    "closest",
    "place",
    "check",
    "site",
    "run",
    "catalog",
    "completion",
)

_MAX_PROBLEMS_SHOWN = 50
_NAME = "weapons-ref"
#: Where a shell says that it wants completions.
COMPLETE_VARIABLE = "_WEAPONS_REF_COMPLETE"


class _Commands(click.Group):
    """A group that imports a command when it is needed: start-up matters at a prompt."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        # Not `list(...)`: in this package that is the module of a command, once it is imported.
        return [*_COMMANDS]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            import difflib

            close = difflib.get_close_matches(args[0], _COMMANDS, 1)
            ctx.fail(f"no command {args[0]!r}" + (f"; did you mean {close[0]}?" if close else ""))
        return super().resolve_command(ctx, args)

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
    # Importing makes many objects and little garbage; looking for it 700 objects apart is a twentieth of
    # the time of one question.
    gc.set_threshold(100_000)
    if sys.stdout is None:
        sys.exit(_fail("standard output is closed"))
    for stream in (sys.stdout, sys.stderr):
        # Data is UTF-8 with plain line feeds, whatever the locale says.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")
    try:
        status = _run(sys.argv[1:] if arguments is None else [*arguments])
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = 130
    except OSError as error:
        if error.filename is not None:
            raise
        # Only a stream has no file name. The reader went away, as `head` does, or a disk is full.
        broken = isinstance(error, BrokenPipeError)
        status = 141 if broken else _fail(f"standard output: {error.strerror or error}")
        # Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)


def _run(arguments: list[str]) -> int:
    wanted = os.environ.get(COMPLETE_VARIABLE)
    if wanted:
        from click.shell_completion import shell_complete

        return shell_complete(cli, {}, _NAME, COMPLETE_VARIABLE, wanted)
    try:
        # Not `cli.main`, which makes a closed pipe exit with 1.
        with cli.make_context(_NAME, arguments) as ctx:
            cli.invoke(ctx)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.UsageError as error:
        hint = f" (see `{error.ctx.command_path} --help`)" if error.ctx else ""
        return _fail(error.format_message() + hint)
    except click.ClickException as error:
        return _fail(error.format_message())
    except CatalogError as error:
        # The message has the first already.
        shown = error.problems[1 : _MAX_PROBLEMS_SHOWN + 1]
        more = len(error.problems) - 1 - len(shown)
        return _fail("\n  ".join((str(error), *shown, *([f"and {more} more"] if more > 0 else []))))
    except WeaponsRefError as error:
        return _fail(str(error))
    return 0


def _fail(message: str) -> int:
    from weapons_ref.output.wording import plain

    # Names of files may hold anything. Where even stderr is full, the status must do.
    with contextlib.suppress(OSError):
        # click lists choices with tabs. No `map(...)`: that is a command here, as `list` is.
        lines = message.replace("\n\t", " ").split("\n")
        click.echo("weapons-ref: " + "\n".join([plain(line) for line in lines]), err=True)
    return 2


def _terminated(number: int, frame: FrameType | None) -> None:
    # An exception, so that half-written files are cleared away on the way out.
    raise SystemExit(128 + number)
