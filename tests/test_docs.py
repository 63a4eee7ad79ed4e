"""What the documentation shows is what the tool prints."""

from __future__ import annotations

import code
import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "catalog" / "README.md"]
CONSOLE = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.DOTALL | re.MULTILINE)
PYTHON = re.compile(r"(?<=^```python\n)(.*?)(?=^```$)", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def run_console(block: str, folder: Path) -> str:
    """Return a console block with every `$ command` followed by what it prints now."""
    shown = []
    # A function rather than a script on the path, so that it is this interpreter that answers.
    tool = f'weapons-ref() {{ "{sys.executable}" -m weapons_ref "$@"; }}\n'
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    for line in block.splitlines():
        if line.startswith("$ "):
            command = ["bash", "-c", tool + line[2:]]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            shown.append(f"{line}\n{done.stdout}{done.stderr}")
    return "".join(shown)


def run_python(block: str, folder: Path) -> str:
    """Return a Python session with what it prints now."""
    console = code.InteractiveConsole()
    with contextlib.chdir(folder):
        return _session(console, block)


def _session(console: code.InteractiveConsole, block: str) -> str:
    shown: list[str] = []
    pending = False

    def push(line: str) -> bool:
        with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.redirect_stderr(printed):
            more = console.push(line)
        shown.extend(printed.getvalue().splitlines())
        return more

    for line in block.splitlines():
        if pending and not line.startswith("... "):
            pending = push("")  # an empty line ends a loop
        if line.startswith((">>> ", "... ")):
            shown.append(line)
            pending = push(line[4:])
    if pending:
        push("")
    return "".join(line + "\n" for line in shown)


def renewed(page: Path, folder: Path) -> str:
    """Return a page with all its output renewed."""
    for name in ("examples", "queries"):
        (folder / name).symlink_to(ROOT / name)
    text = CONSOLE.sub(lambda match: run_console(match[1], folder), page.read_text("utf-8"))
    return PYTHON.sub(lambda match: run_python(match[1], folder), text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_show_what_the_tool_prints(page: Path, tmp_path: Path) -> None:
    """Every command and every line of Python gives what the page shows under it."""
    assert renewed(page, tmp_path) == page.read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Links to files of the repository resolve."""
    missing = [link for link in LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()]
    assert missing == []


if __name__ == "__main__":
    import tempfile

    for page in PAGES:
        with tempfile.TemporaryDirectory() as folder:
            page.write_text(renewed(page, Path(folder)), "utf-8")
