"""Options for large files: what is measured, in which shape it comes, and how far the work has come."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest

from weapons_ref import Files, reach
from weapons_ref.errors import QueryError

Done = subprocess.CompletedProcess[str]

ROWS = "id,lat,lon,floors\n" + "".join(f"h{row},{46 + row / 100},{32 + row / 50},{row % 4}\n" for row in range(300))
ASK = ["reach", "gmlrs", "atacms", "--from", "46.65581,32.6178", "--locations", "houses.csv"]


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    path = tmp_path / "houses.csv"
    path.write_text(ROWS)
    return path


def test_by_place_has_a_column_for_each_system(weapons_ref: Callable[..., Done], houses: Path) -> None:
    """One row a place that any of them reaches, with what each says and the file's own columns."""
    done = weapons_ref(*ASK, "--by-place", "-f", "csv", "-q")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    each = list(csv.DictReader(io.StringIO(weapons_ref(*ASK, "--all", "-f", "csv", "-q").stdout)))
    said = {(row["place"], row["system"]): row for row in each}
    reached = {place for (place, _), row in said.items() if row["verdict"] in ("within", "disputed")}
    assert {row["place"] for row in rows} == reached
    assert len(rows) == len(reached)
    for row in rows:
        for system in ("gmlrs", "atacms"):
            assert row[f"{system}_verdict"] == said[row["place"], system]["verdict"]
            assert row[f"{system}_margin_km"] == said[row["place"], system]["margin_km"]
        assert row["distance_km"] == said[row["place"], "atacms"]["distance_km"]
        assert row["floors"] == str(int(row["place"][1:]) % 4)
        assert "profile-2023-09" in row["sources"]


@pytest.mark.parametrize("format_", ["csv", "ndjson", "json", "geojson"])
def test_distances_are_left_out_on_request(format_: str, weapons_ref: Callable[..., Done], houses: Path) -> None:
    """The verdicts stay the same; `within` keeps the distances of what is within reach or disputed."""
    if format_ != "csv":
        done = weapons_ref(*ASK, "--all", "--distance", "none", "-f", format_, "-q")
        assert done.returncode == 0
        assert '"margin_km":null' in done.stdout
        return
    rows = {
        asked: list(
            csv.DictReader(io.StringIO(weapons_ref(*ASK, "--all", "--distance", asked, "-f", "csv", "-q").stdout))
        )
        for asked in ("all", "within", "none")
    }
    verdicts = [
        [(row["place"], row["system"], row["verdict"], row["reason"]) for row in found] for found in rows.values()
    ]
    assert verdicts[0] == verdicts[1] == verdicts[2]
    assert all(row["distance_km"] and row["azimuth_deg"] and row["margin_km"] for row in rows["all"])
    for row in rows["within"]:
        assert bool(row["distance_km"]) == (row["verdict"] in ("within", "disputed"))
    assert not any(row["distance_km"] or row["azimuth_deg"] or row["margin_km"] for row in rows["none"])


def test_a_table_shows_what_was_not_measured_as_empty(weapons_ref: Callable[..., Done], houses: Path) -> None:
    """Not as zero."""
    done = weapons_ref(
        "reach", "--range", "30km", "--from", "46.65581,32.6178", "--locations", "houses.csv", "--distance", "none"
    )
    assert done.returncode == 0, done.stderr
    assert "0.0 km" not in done.stdout


def test_parquet_goes_to_a_file_or_a_pipe(weapons_ref: Callable[..., Done], houses: Path, tmp_path: Path) -> None:
    """By its ending, and to standard output when asked for."""
    assert weapons_ref(*ASK, "-o", "near.parquet").returncode == 0
    command = [sys.executable, "-m", "weapons_ref", *ASK, "-f", "parquet", "-q"]
    piped = subprocess.run(command, capture_output=True, cwd=tmp_path, timeout=60, check=True).stdout
    assert piped == (tmp_path / "near.parquet").read_bytes()
    assert pq.read_table(tmp_path / "near.parquet").num_rows > 0


def test_geopackage_goes_to_a_file_or_a_pipe(weapons_ref: Callable[..., Done], houses: Path, tmp_path: Path) -> None:
    """Places as well as rings, though it is made in a file of its own."""
    for name, question in {"places": ASK, "rings": ("ring", "--range", "30km", "--from", "46.65581,32.6178")}.items():
        assert weapons_ref(*question, "-o", f"{name}.gpkg").returncode == 0
        command = [sys.executable, "-m", "weapons_ref", *question, "-f", "gpkg", "-q"]
        piped = subprocess.run(command, capture_output=True, cwd=tmp_path, timeout=60, check=True).stdout
        assert piped == (tmp_path / f"{name}.gpkg").read_bytes()
        assert pyogrio.read_info(tmp_path / f"{name}.gpkg", layer=name)["features"] > 0


def on_terminal(command: list[str], cwd: Path, *, stdout: bool) -> tuple[int, str]:
    """Run a command with a terminal for its messages, and return its exit status and what is seen there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=theirs if stdout else subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:  # how Linux says that the other end is closed
            break
        if not chunk:
            break
        seen += chunk
    os.close(ours)
    return process.wait(60), seen.decode()


def test_bytes_are_not_for_a_terminal(houses: Path, tmp_path: Path) -> None:
    """They would garble it."""
    status, seen = on_terminal([sys.executable, "-m", "weapons_ref", *ASK, "-f", "parquet"], tmp_path, stdout=True)
    assert status == 2
    assert "name a file with --output" in seen


@pytest.mark.parametrize("quiet", [False, True])
def test_a_bar_shows_rows_and_rate(quiet: bool, houses: Path, tmp_path: Path) -> None:
    """On a terminal, while a file is written; never when quiet."""
    command = [sys.executable, "-m", "weapons_ref", *ASK, "-o", "out.csv", *(["-q"] if quiet else [])]
    status, seen = on_terminal(command, tmp_path, stdout=False)
    assert status == 0
    assert ("Judging" in seen) == (not quiet)
    assert ("300 rows" in seen) == (not quiet)


def test_a_saved_query_takes_the_same_words(weapons_ref: Callable[..., Done], houses: Path, tmp_path: Path) -> None:
    """`distance` and `by-place` are keys of a saved reach, and of no other."""
    query = {"command": "reach", "systems": "atacms", "from": "46.65581,32.6178", "locations": "houses.csv"}
    path = tmp_path / "near.parquet.yaml"
    path.write_text(json.dumps({**query, "distance": "none", "by-place": True}))
    assert weapons_ref("run", path, "-o", "out/").returncode == 0
    table = pq.read_table(tmp_path / "out" / "near.parquet")
    assert "atacms_verdict" in table.column_names
    assert table["distance_km"].null_count == table.num_rows > 0
    path.write_text(json.dumps({"command": "ring", "systems": "atacms", "from": "0,0", "by-place": True}))
    assert "'by-place' is no key of a saved 'ring'" in weapons_ref("run", path).stderr


def test_a_batch_out_of_reach_leaves_no_trace(weapons_ref: Callable[..., Done], tmp_path: Path) -> None:
    """Files of which nothing is printed, first, in the middle and last."""
    for name, lat, lon in (("a", 0.0, 0.0), ("b", 46.6, 32.6), ("c", 1.0, 1.0)):
        pq.write_table(pa.table({"id": [name], "lat": [lat], "lon": [lon]}), tmp_path / f"{name}.parquet")
    done = weapons_ref("reach", "--range", "300km", "--from", "46,32", "--locations", ".", "-f", "csv", "-q")
    assert "\0" not in done.stdout
    assert [row["place"] for row in csv.DictReader(io.StringIO(done.stdout))] == ["b"]


@pytest.mark.parametrize("options", [["-o", "houses.csv"], ["-o", "near.csv", "--rejects", "houses.csv"], ["-o", "./"]])
def test_what_is_read_is_never_replaced(
    options: list[str], weapons_ref: Callable[..., Done], houses: Path, tmp_path: Path
) -> None:
    """Not even when forced."""
    done = weapons_ref(*ASK, *options, "--force")
    assert done.returncode == 2
    assert "is read by this command" in done.stderr
    assert houses.read_text() == ROWS


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--by-place"], "--by-place is for the other formats"),
        (["-f", "table", "-o", "out/"], "parts are for programs"),
        (["--dask", "tcp://127.0.0.1:1", "-o", "out.parquet"], "--output DIR/"),
    ],
)
def test_what_does_not_go_together_is_refused(
    options: list[str], reason: str, weapons_ref: Callable[..., Done], houses: Path
) -> None:
    """With what would."""
    done = weapons_ref(*ASK, *options)
    assert done.returncode == 2
    assert reason in done.stderr


def test_columns_are_not_named_for_geojson(weapons_ref: Callable[..., Done], tmp_path: Path) -> None:
    """Where they could only be ignored."""
    (tmp_path / "a.geojson").write_text('{"type":"Point","coordinates":[32.6,46.6]}')
    ask = ["reach", "--range", "300km", "--from", "46,32", "--locations", "a.geojson"]
    done = weapons_ref(*ask, "--lat-column", "lat")
    assert done.returncode == 2
    assert "no columns can be named for it" in done.stderr


def test_a_path_alone_is_no_list_of_letters(houses: Path) -> None:
    """From Python one file is a file; and a path where files are asked for is told how."""
    asked = reach("atacms", origin="46.65581,32.6178", locations=Files(houses))
    assert sum(asked.counts.values()) == 300
    with pytest.raises(QueryError, match=r"weapons_ref\.Files"):
        reach("atacms", origin="0,0", locations=str(houses))  # type: ignore[arg-type]
