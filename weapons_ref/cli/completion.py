"""``weapons-ref completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from weapons_ref.cli.examples import example


@click.command(epilog=example('eval "$(weapons-ref completion bash)"'))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print a script for completion in a shell.

    It completes commands, options, system ids and names of places.

    Put the example's line into ~/.bashrc, or the same with zsh into ~/.zshrc. For fish, write the
    output to ~/.config/fish/completions/weapons-ref.fish.
    """
    from weapons_ref.cli import cli

    completion = get_completion_class(shell)
    assert completion is not None
    click.echo(completion(cli, {}, "weapons-ref", "_WEAPONS_REF_COMPLETE").source())
