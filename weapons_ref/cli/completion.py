"""``weapons-ref completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from weapons_ref.cli.examples import example

#: What click's scripts get wrong about names of places. Bash puts them on the line as they are and
#: quotes only names of files: Velyka Znamianka would be two arguments, Знам'янка an open quotation.
#: Fish cuts them at a comma: Kherson, UA.
_MENDED = {
    "bash": (
        "COMPREPLY+=($value)",
        'COMPREPLY+=("$value")\n            [[ $value == *[[:space:]\\\'\\"]* ]] && compopt -o filenames',
    ),
    "fish": ('split "," $completion', 'split --max 1 "," $completion'),
}


@click.command(epilog=example('eval "$(weapons-ref completion bash)"'))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print a script for completion in a shell.

    It completes commands, options, system ids and names of places.

    Put the example's line into ~/.bashrc, or the same with zsh into ~/.zshrc. For fish, write the
    output to ~/.config/fish/completions/weapons-ref.fish.
    """
    from weapons_ref.cli import COMPLETE_VARIABLE, cli

    completion = get_completion_class(shell)
    assert completion is not None
    script = completion(cli, {}, "weapons-ref", COMPLETE_VARIABLE).source()
    click.echo(script.replace(*_MENDED.get(shell, ("", ""))))
