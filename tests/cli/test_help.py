"""Help shows examples that work, and shells complete what people type."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from weapons_ref.cli import cli

ROOT = Path(__file__).resolve().parent.parent.parent
Run = Callable[..., subprocess.CompletedProcess[str]]


def commands(command: click.Command = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command of the tool, groups too, as one types it."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))


def parameters() -> Iterator[tuple[str, click.Option]]:
    for path in commands():
        command: click.Command = cli
        for name in path:
            assert isinstance(command, click.Group)
            found = command.get_command(click.Context(command), name)
            assert found is not None
            command = found
        yield from ((" ".join(path), option) for option in command.params if isinstance(option, click.Option))


def example(help_: str) -> str:
    head, found, line = help_.partition("\n  Example:\n")
    assert found, head
    return line.strip()


every_command = pytest.mark.parametrize("path", list(commands()), ids=" ".join)


@every_command
def test_help_shows_an_example_that_works(path: tuple[str, ...], weapons_ref: Run, shell: Run, tmp_path: Path) -> None:
    """The line under `Example:`, typed in a folder that holds nothing but `queries/` and `examples/`, does its job."""
    line = example(weapons_ref(*path, "--help").stdout)
    assert line.removeprefix('eval "$(').startswith(" ".join(("weapons-ref", *path)))
    for folder in ("queries", "examples"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    done = shell(line)
    assert (done.returncode, done.stderr) == (0, "")


@every_command
def test_help_fits_the_screen(path: tuple[str, ...], weapons_ref: Run) -> None:
    """Help is at most 100 columns wide on a wide screen, 80 on a narrow one, and abridges nothing."""
    for columns in (100, 80):
        done = weapons_ref(*path, "--help", env={"COLUMNS": "300" if columns == 100 else "80"})
        assert done.returncode == 0
        assert done.stderr == ""
        assert max(map(len, done.stdout.splitlines())) <= columns
        assert not re.search(r"[a-z ]\.\.\.$", done.stdout.replace("yaml...", ""), re.MULTILINE)


def test_every_option_says_what_it_does() -> None:
    """No option is left to be guessed from its name."""
    assert [f"{path} {option.opts[-1]}" for path, option in parameters() if not option.help] == []


def test_a_group_alone_prints_its_help(weapons_ref: Run) -> None:
    """Whoever types a group of commands without one learns which there are, on stdout, without an error."""
    for path in ((), ("catalog",)):
        done = weapons_ref(*path)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == weapons_ref(*path, "--help").stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["rea"], ["reach"]),
        (["catalog", "va"], ["validate"]),
        (["reach", "atacms-m4"], ["atacms-m48"]),
        (["show", "ATACMS-M4"], ["atacms-m48"]),
        (["list", "--fired-by", "hima"], ["himars"]),
        (["reach", "atacms", "--from", "Khers"], ["Kherson"]),
        (["reach", "atacms", "--from", "Kherson", "--to", "Velyka Znam"], ["Velyka Znamianka"]),
        (["distance", "Velyka Znam"], ["Velyka Znamianka"]),
        (["place", "Херсо"], ["Херсон"]),
        (["reach", "atacms", "-f", "geo"], ["geojson", "geojsonseq"]),
        (["ring", "--for"], ["--format", "--force"]),
        (["completion", "z"], ["zsh"]),
    ],
)
def test_completes_what_people_type(words: list[str], expected: list[str], weapons_ref: Run) -> None:
    """Commands, options, ids, names of places in any script, and formats are completed, the likeliest first."""
    typed = " ".join(word.replace(" ", r"\ ") for word in ("weapons-ref", *words))
    asked = {"_WEAPONS_REF_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(len(words))}
    done = weapons_ref(env=asked)
    assert (done.returncode, done.stderr) == (0, "")
    values = [line.partition(",")[2] for line in done.stdout.splitlines()]
    assert values[: len(expected)] == expected


@pytest.mark.parametrize("option", ["-o", "--locations", "--rejects", "--catalog"])
def test_files_are_left_to_the_shell(option: str, weapons_ref: Run) -> None:
    """Where a file belongs, the shell completes names of files."""
    typed = {"COMP_WORDS": f"weapons-ref reach {option} a", "COMP_CWORD": "3"}
    done = weapons_ref(env={"_WEAPONS_REF_COMPLETE": "bash_complete", **typed})
    assert done.stdout == "file,a\n"


def test_a_broken_catalog_completes_nothing(weapons_ref: Run, tmp_path: Path) -> None:
    """What cannot be completed is not, and no error is thrown into the line being typed."""
    typed = {"COMP_WORDS": f"weapons-ref reach --catalog {tmp_path} ata", "COMP_CWORD": "4"}
    done = weapons_ref(env={"_WEAPONS_REF_COMPLETE": "bash_complete", **typed})
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("bash", "complete -p weapons-ref"),
        ("zsh", 'print "$_comps[weapons-ref]"'),
        ("fish", 'complete -C "weapons-ref reach atacms --from Kherst"'),
    ],
)
def test_the_shell_accepts_its_script(name: str, check: str, shell: Run) -> None:
    """Each shell takes the script it is given, and knows the tool afterwards."""
    if shutil.which(name) is None:
        pytest.skip(f"no {name} on this machine")
    before = "autoload -U compinit; compinit -u -D; " if name == "zsh" else ""
    script = f'{before}eval "$(weapons-ref completion {name})"; {check}'
    if name == "fish":
        script = f"weapons-ref completion fish | source; {check}"
    done = shell(script, shell=name)
    assert (done.returncode, done.stderr) == (0, "")
    # Fish completes for us at once: a name with a comma stays whole.
    assert ("Kherst, US" if name == "fish" else "weapons") in done.stdout


@pytest.mark.parametrize(
    ("typed", "becomes"),
    [
        (r"place Velyka\ Znam", "<place><Velyka Znamianka>"),
        ("place 'Velyka Znam", "<place><Velyka Znamianka>"),
        (r"reach atac", "<reach><atacms"),
        (r"distance Kherst\,\ U", "<distance><Kherst, US>"),
    ],
)
def test_a_completed_name_is_one_argument(typed: str, becomes: str, environment: dict[str, str], stub: Path) -> None:
    """At a prompt of bash, a name with spaces that is completed with the tab key arrives as one argument."""
    path = f"{stub}{os.pathsep}{os.environ['PATH']}"
    settings = {**environment, "PATH": path, "TERM": "dumb", "PS1": "", "LC_ALL": "C.UTF-8", "HISTFILE": ""}
    terminal, end = pty.openpty()
    bash = ["bash", "--norc", "--noprofile", "-i"]
    child = subprocess.Popen(bash, stdin=end, stdout=end, stderr=end, env=settings, start_new_session=True)
    os.close(end)

    def until(wanted: str) -> str:
        shown, deadline = "", time.monotonic() + 60
        while wanted not in shown:
            assert time.monotonic() < deadline, shown
            if select.select([terminal], [], [], 0.1)[0]:
                shown += os.read(terminal, 65536).decode(errors="replace")
        return shown

    try:
        os.write(terminal, b'show() { printf "<%s>" "$@"; echo "[end]"; }\n')
        os.write(terminal, b'eval "$(weapons-ref completion bash)"; show ready\n')
        until("<ready>[end]")
        # The rest of the line waits in the terminal until the completion is there.
        os.write(terminal, f"weapons-ref {typed}\t".encode() + b"\x01show \x05\n")
        until(f"<weapons-ref>{becomes}")
    finally:
        child.kill()
        child.wait()
        os.close(terminal)
