"""The Makefile as an interface: questions pass through it whole, and answers are made again when they must be."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
Done = subprocess.CompletedProcess[str]
Make = Callable[..., Done]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="no make on this machine")

#: When every file of a copy was last changed; what is built later is newer.
LONG_AGO = 1_000_000_000


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the Makefile reads, all of it old."""
    folder = tmp_path / "copy"
    left_out = shutil.ignore_patterns("_data", "__pycache__", "node_modules")
    for name in ("catalog", "examples", "queries", "requirements", "weapons_ref"):
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    for name in ("Makefile", "setup.cfg", "setup.py", "pyproject.toml", "tests/node/package-lock.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for path in folder.rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    return folder


@pytest.fixture
def make(copy: Path) -> Make:
    """Run make in the copy, with a stand-in for its environment: this interpreter, or one that shows its arguments."""

    def environment(script: str) -> Path:
        folder = copy.parent / ("env" if "weapons_ref" in script else "echo")
        if not folder.exists():
            (folder / "bin").mkdir(parents=True)
            (folder / "bin" / "weapons-ref").write_text(f"#!/bin/sh\n{script}\n")
            (folder / "bin" / "weapons-ref").chmod(0o755)
            (folder / "ready").touch()
            os.utime(folder / "ready", (LONG_AGO + 1, LONG_AGO + 1))
        return folder

    def run(*arguments: str, shows: bool = False) -> Done:
        ours = f'PYTHONPATH="{ROOT}" exec "{sys.executable}" -m weapons_ref "$@"'
        venv = environment("printf '<%s>' \"$@\"" if shows else ours)
        # What an outer make or another tool has set is not ours.
        variables = ("SYSTEM", "FROM", "AREA", "COUNTRY", "TO", "RANGE", "TEXT", "FORMAT", "OUT", "ARGS")
        alien = ("MAKE", "MFLAGS", "GNUMAKE", *variables)
        return subprocess.run(
            ["make", f"VENV={venv}", *arguments],
            cwd=copy,
            env={key: value for key, value in os.environ.items() if not key.startswith(alien)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )

    return run


def answers(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "out").iterdir())}


def test_make_alone_prints_help(make: Make) -> None:
    """`make` names every goal and every command, with an example, and does nothing."""
    done = make()
    assert (done.returncode, done.stderr) == (0, "")
    for goal in ("demo", "test", "setup", "lint", "queries", "clean", "help"):
        assert re.search(rf"^  make {goal} +\w", done.stdout, re.MULTILINE)
    for command in ("list", "show", "search", "ring", "reach", "which", "distance", "closest", "place"):
        assert re.search(rf"\b{command}\b", done.stdout)
    assert done.stdout == make("help").stdout


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [
        (["list"], ["list"]),
        (["show", "SYSTEM=himars m270"], ["show", "himars", "m270"]),
        (["search", "TEXT=海马斯"], ["search", "海马斯"]),
        (["reach", "SYSTEM=atacms", "FROM=Kherson"], ["reach", "atacms", "--from", "Kherson"]),
        (
            ["reach", "SYSTEM=prsm", "FROM=Знам'янка", "TO=Kherson, UA", "FORMAT=json", "OUT=a b.json"],
            ["reach", "prsm", "--from", "Знам'янка", "--to", "Kherson, UA", "--format", "json", "--output", "a b.json"],
        ),
        (["ring", "RANGE=300 km", "FROM=46°38'13\"N 32°36'52\"E"],
         ["ring", "--from", "46°38'13\"N 32°36'52\"E", "--range", "300 km"]),
        (["distance", "FROM=Velyka Znamianka", "TO=-33.9,18.4"], ["distance", "Velyka Znamianka", "-33.9,18.4"]),
        (["which", "FROM=Знам'янка", "AREA=a b.geojson", "COUNTRY=UA", "TO=Odesa, UA", "ARGS=--from-file 'c d.csv'"],
         ["which", "--from", "Знам'янка", "--from-area", "a b.geojson", "--from-country", "UA", "--to", "Odesa, UA",
          "--from-file", "c d.csv"]),
        (["ring", "RANGE=70km", "AREA=it's.geojson", "ARGS=--dissolve --sector 330:30"],
         ["ring", "--from-area", "it's.geojson", "--range", "70km", "--dissolve", "--sector", "330:30"]),
        (["closest", "FROM=a b.geojson", "TO=country:UA", "FORMAT=geojson"],
         ["closest", "a b.geojson", "country:UA", "--format", "geojson"]),
        (["distance", "AREA=a b.geojson", "TO=Odesa, UA"], ["distance", "Odesa, UA", "--from-area", "a b.geojson"]),
        (["distance", "COUNTRY=UA", "TO=-33.9,18.4"], ["distance", "-33.9,18.4", "--from-country", "UA"]),
        (["place", 'TEXT=a "b" `c` ;d &e *f |g >h \\i'], ["place", 'a "b" `c` ;d &e *f |g >h \\i']),
        (["reach", "SYSTEM=*", "FROM=x", "ARGS=--to 'Odesa, UA' --all"],
         ["reach", "*", "--from", "x", "--to", "Odesa, UA", "--all"]),
    ],
    ids=lambda value: value[0],
)  # fmt: skip
def test_a_question_passes_through_whole(variables: list[str], arguments: list[str], make: Make) -> None:
    """Apostrophes, spaces and signs that a shell knows arrive as they were typed, one argument each."""
    done = make(*variables, shows=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "".join(f"<{argument}>" for argument in arguments)


def test_make_prints_the_answer_and_nothing_else(make: Make) -> None:
    """What `make reach` prints is what the command prints; an error stays an error."""
    question = ["reach", "atacms", "--from", "Знам'янка, Odesa", "--to", "Kherson, UA", "-f", "json"]
    direct = subprocess.run(
        [sys.executable, "-m", "weapons_ref", *question],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    done = make("reach", "SYSTEM=atacms", "FROM=Знам'янка, Odesa", "TO=Kherson, UA", "FORMAT=json")
    assert (done.returncode, done.stdout) == (0, direct.stdout)
    wrong = make("reach", "SYSTEM=atacsm", "FROM=Kherson")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("weapons-ref: no system 'atacsm'")


def test_make_answers_a_distance_and_a_place(make: Make) -> None:
    """The examples of `make help` work."""
    assert "19." in make("distance", "FROM=Velyka Znamianka", "TO=47.5119,34.5863").stdout
    assert "706448" in make("place", "TEXT=Херсон").stdout
    assert "FeatureCollection" in make("ring", "SYSTEM=gmlrs atacms", "FROM=Kherson").stdout
    assert "atacms" in make("which", "FROM=Kherson", "TO=Sevastopol").stdout
    assert "19." in make("closest", "FROM=Velyka Znamianka", "TO=47.5119,34.5863").stdout


def test_queries_become_answers_when_something_changes(make: Make, copy: Path) -> None:
    """Each saved query has its answer; it is made again for a change of the query, catalog or code, and only then."""
    done = make("queries")
    assert done.returncode == 0, done.stderr
    assert answers(copy).keys() == {path.stem for path in (copy / "queries").iterdir()}
    assert make("-q", "queries").returncode == 0
    newest = max(path.stat().st_mtime for path in (copy / "out").iterdir())
    (query, *_) = sorted((copy / "queries").iterdir())
    changed = {
        query: 1,
        copy / "catalog" / "sources.yaml": len(answers(copy)),
        copy / "weapons_ref" / "verdicts.py": len(answers(copy)),
        copy / "weapons_ref" / "geo" / "rings.py": len(answers(copy)),
    }
    for path, renewed in changed.items():
        os.utime(path, (newest + 10, newest + 10))
        assert make("-q", "queries").returncode == 1, path
        assert make("-n", "queries").stdout.count("weapons-ref run") == renewed
        os.utime(path, (LONG_AGO, LONG_AGO))
    for path in (copy / "Makefile", copy / "catalog" / "README.md"):
        os.utime(path, (newest + 10, newest + 10))
    assert make("-q", "queries").returncode == 0


def test_a_query_that_fails_leaves_the_others(make: Make, copy: Path) -> None:
    """With a broken query make fails, names it, and keeps what was answered; no half answer is left."""
    (copy / "queries" / "a-broken.json.yaml").write_text("command: reach\nsystems: nope\nfrom: Kherson\n")
    done = make("-k", "queries")
    assert done.returncode == 2
    assert "'nope'" in done.stderr
    assert answers(copy).keys() == {path.stem for path in (ROOT / "queries").iterdir()}


def test_several_jobs_give_the_same_bytes(make: Make, copy: Path) -> None:
    """`make -j 4` writes what `make -j 1` writes, with nothing left over."""
    for number in range(4):
        (copy / "queries" / f"extra{number}.csv.yaml").write_text(
            f"command: reach\nrange: {number + 1}00 km\nfrom: Kherson\n"
        )
    assert make("-j", "1", "queries").returncode == 0
    one = answers(copy)
    shutil.rmtree(copy / "out")
    assert make("-j", "4", "queries").returncode == 0
    assert answers(copy) == one
    assert len(one) == len(list((copy / "queries").iterdir()))


def test_the_demo_answers_the_first_question(make: Make, copy: Path) -> None:
    """`make demo` writes the rings and the places, and measures the distance that the seed report has wrong."""
    done = make("demo")
    assert done.returncode == 0, done.stderr
    assert answers(copy).keys() >= {
        "himars-kherson-rings.geojson", "himars-kherson-places.txt", "himars-kherson-places.geojson",
    }  # fmt: skip
    assert re.search(r"^distance +19\.2\d* km$", done.stdout, re.MULTILINE)
    for system in ("atacms", "gmlrs", "er-gmlrs", "glsdb", "prsm"):
        assert system in done.stdout
