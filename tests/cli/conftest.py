"""The command line as a user has it: a process of its own, with its real exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
Done = subprocess.CompletedProcess[str]


@pytest.fixture
def environment() -> dict[str, str]:
    """An environment in which this checkout is the tool, and no one's settings show through."""
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "FORCE_COLOR", "NO_COLOR")}
    return {**kept, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def weapons_ref(tmp_path: Path, environment: dict[str, str]) -> Callable[..., Done]:
    """Run the tool in an empty folder; variables set to None are taken out of the environment."""

    def run(
        *arguments: str | Path,
        stdin: str | None = None,
        env: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
    ) -> Done:
        changed = {**environment, **(env or {})}
        return subprocess.run(
            [sys.executable, "-m", "weapons_ref", *arguments],
            input=stdin if stdin is not None else "",
            env={key: value for key, value in changed.items() if value is not None},
            cwd=cwd or tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def stub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a `weapons-ref` that runs this checkout, to be put on the path."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "weapons-ref"
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m weapons_ref "$@"\n')
    script.chmod(0o755)
    return folder


@pytest.fixture
def shell(tmp_path: Path, environment: dict[str, str], stub: Path) -> Callable[..., Done]:
    """Run a line in bash, where `weapons-ref` is a command."""

    def run(line: str, *, shell: str = "bash", cwd: Path | None = None) -> Done:
        return subprocess.run(
            [shell, "-c", line],
            stdin=subprocess.DEVNULL,
            env={**environment, "PATH": f"{stub}{os.pathsep}{os.environ['PATH']}"},
            cwd=cwd or tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return run


#: A catalog of two rockets whose claims are round numbers, and a launcher that fires both.
_CATALOG = {
    "sources.yaml": """\
test-paper-2020: {publisher: Test Paper, title: What was said, url: "https://example.org/a", date: 2020-05}
test-times-2022: {publisher: Test Times, date: 2022}
test-undated: {publisher: Test Undated}
""",
    "systems/us/test-launcher.yaml": """\
id: test-launcher
kind: launcher
class: mlrs
origin: [US]
names:
  en: [Test Launcher]
""",
    "systems/us/test-rocket.yaml": """\
id: test-rocket
kind: munition
class: guided-rocket
origin: [US]
names:
  en: [Test Rocket]
  uk: [Пробна ракета]
fired_from: [test-launcher]
range_min:
  - {km: 10, as: from, src: test-paper-2020}
range_max:
  - {km: 100, as: up to, src: test-paper-2020}
  - {km: 200, as: stated, src: test-times-2022, by: A Minister}
  - {km: 900, as: stated, src: test-undated, flag: suspect, reason: a slip}
variants:
  - id: test-rocket-b
    names: {en: [Test Rocket B]}
    range_max:
      - {mi: 50, as: stated, src: test-undated}
""",
    "systems/us/test-shell.yaml": """\
id: test-shell
kind: munition
class: guided-rocket
origin: [SE]
names:
  en: [Test Shell]
fired_from: [test-launcher]
range_max:
  - {km: 40, as: more than, src: test-times-2022}
""",
}


@pytest.fixture
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog folder of one's own, with figures that no news will change."""
    folder = tmp_path_factory.mktemp("catalog")
    for name, text in _CATALOG.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
