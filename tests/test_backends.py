"""Files are answered the same by one process, by several, and on a cluster, and whoever dies on the way."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import distributed
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from weapons_ref import backends, queries
from weapons_ref.backends import Files
from weapons_ref.errors import FileError, QueryError
from weapons_ref.output import views

ROOT = Path(__file__).resolve().parent.parent
PARTS, ROWS = 24, 3000
KHERSON = "46.65581,32.6178"
QUESTION = ["gmlrs", "atacms", "--from", KHERSON]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of Parquet files, some of their rows without a position."""
    where = tmp_path_factory.mktemp("buildings")
    rng = np.random.default_rng(4)
    for number in range(PARTS):
        lon, lat = 32.6 + rng.normal(0, 4, ROWS), np.clip(46.7 + rng.normal(0, 4, ROWS), -90, 90)
        lat[rng.integers(0, ROWS, 5)] = np.nan
        lon[rng.integers(0, ROWS, 5)] = 700
        table = pa.table(
            {"id": [f"{number}-{row}" for row in range(ROWS)], "lon": lon, "lat": lat, "part": [number] * ROWS}
        )
        pq.write_table(table, where / f"{number:03d}.parquet", row_group_size=1000)
    return where


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "weapons_ref", "reach", *QUESTION, *map(str, arguments)]


def run(*arguments: str | Path) -> str:
    """What a command says, once it has succeeded."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("format_", ["csv", "parquet", "geojson"])
def test_the_same_bytes_however_many_workers(format_: str, folder: Path, tmp_path: Path) -> None:
    """And the same notices, and the same rejected rows in the same order."""
    said, rejected = set(), set()
    for workers in ("1", "3"):
        out, rejects = tmp_path / f"{workers}.{format_}", tmp_path / f"{workers}.rejects"
        said.add(run("--locations", folder, "--workers", workers, "-o", out, "--rejects", rejects))
        rejected.add(rejects.read_bytes())
    assert len({(tmp_path / f"{workers}.{format_}").read_bytes() for workers in (1, 3)}) == 1
    assert len(said) == len(rejected) == 1
    assert f"{PARTS * ROWS:,} rows read" in said.pop()


def test_counts_add_up(folder: Path) -> None:
    """Every row has a verdict of each system, or is rejected."""
    files = Files([str(folder)], workers=2)
    result = queries.reach("gmlrs", "atacms", origin=KHERSON, locations=files)
    rejected = result.counts["rejected"]
    assert files.tally["rows"] == PARTS * ROWS
    assert 0 < rejected <= PARTS * 10
    assert sum(result.counts.values()) - rejected == 2 * (PARTS * ROWS - rejected)
    assert files.first_rejected is not None
    assert files.first_rejected.file.endswith("000.parquet")


def test_python_gets_the_same_from_workers(folder: Path) -> None:
    """The verdicts are values, equal one by one."""
    paths = [str(folder / f"{number:03d}.parquet") for number in (3, 1)]
    one, two = (
        queries.reach("atacms", origin=KHERSON, locations=Files(paths, workers=workers), stream=True)
        for workers in (1, 2)
    )
    assert list(views.rows(one)) == list(views.rows(two))
    assert one.counts == two.counts


def children(parent: int) -> list[int]:
    """The processes that a process has started, those of its own kind alone."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if int(fields[1]) == parent and b"spawn_main" in line:
                found.append(int(entry.name))
    return found


def wait_for(what: str, seconds: float = 60) -> Iterator[None]:
    """Come round until the body breaks out of the loop; fail if it takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.01)
    pytest.fail(f"{what} did not come")


def test_a_worker_that_dies_costs_no_rows(folder: Path, tmp_path: Path) -> None:
    """Killed with -9 in the middle, its piece is answered again."""
    run("--locations", folder, "-o", tmp_path / "one.csv")
    process = subprocess.Popen(
        command("--locations", folder, "--workers", "2", "-o", tmp_path / "two.csv"), stderr=subprocess.PIPE, text=True
    )
    for _ in wait_for("the first answers"):
        if any(path.stat().st_size for path in tmp_path.glob(".two.csv.*.tmp")):
            os.kill(children(process.pid)[0], signal.SIGKILL)
            break
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()


def test_an_interrupt_ends_it(folder: Path, tmp_path: Path) -> None:
    """With 130, no file, and no worker left behind."""
    process = subprocess.Popen(
        command("--locations", folder, "--workers", "2", "-o", tmp_path / "two.csv"),
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    for _ in wait_for("a worker"):
        if workers := children(process.pid):
            os.killpg(process.pid, signal.SIGINT)
            break
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
    for _ in wait_for("the end of the workers"):
        if not any(Path(f"/proc/{worker}").exists() for worker in workers):
            break


def test_a_folder_of_parts_holds_the_same_rows(folder: Path, tmp_path: Path) -> None:
    """One part for each piece of the files, whoever wrote it; together they are the whole answer."""
    run("--locations", folder, "-o", tmp_path / "whole.parquet")
    for workers in ("1", "2"):
        said = run("--locations", folder, "--workers", workers, "-o", f"{tmp_path}/{workers}/")
        assert f"{PARTS * ROWS:,} rows read" in said
    assert tree(tmp_path / "1") == tree(tmp_path / "2")
    assert list(tree(tmp_path / "1")) == [f"part-{number:05d}.parquet" for number in range(PARTS)]
    assert pq.read_table(tmp_path / "1").equals(pq.read_table(tmp_path / "whole.parquet"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2", "whole.parquet"]


@pytest.mark.parametrize("format_", ["csv", "ndjson"])
def test_parts_come_in_other_formats(format_: str, folder: Path, tmp_path: Path) -> None:
    """Named by their format."""
    run("--locations", folder / "000.parquet", "-f", format_, "-o", f"{tmp_path}/out/")
    run("--locations", folder / "000.parquet", "-f", format_, "-o", tmp_path / "one")
    assert tree(tmp_path / "out") == {f"part-00000.{format_}": (tmp_path / "one").read_bytes()}


def test_a_folder_is_kept_unless_forced(folder: Path, tmp_path: Path) -> None:
    """And replaced as a whole, with parts of an earlier answer that were more."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "part-00007.parquet").write_text("data")
    arguments = ["--locations", str(folder / "001.parquet"), "-o", f"{out}/"]
    refused = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 2
    assert "--force replaces it" in refused.stderr
    assert list(tree(out)) == ["part-00007.parquet"]
    run(*arguments, "--force")
    assert list(tree(out)) == ["part-00000.parquet"]
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("target", ["out/", "out.csv"])
def test_a_damaged_file_leaves_nothing(target: str, folder: Path, tmp_path: Path) -> None:
    """Not half an answer, and no temporary folder."""
    where = tmp_path / "in"
    where.mkdir()
    (where / "a.parquet").write_bytes((folder / "000.parquet").read_bytes())
    (where / "b.parquet").write_bytes((folder / "001.parquet").read_bytes()[:-100])
    for workers in ("1", "2"):
        arguments = command("--locations", where, "--workers", workers, "-o", f"{tmp_path}/{target}")
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2
        assert "b.parquet" in done.stderr
        assert done.stderr.count("\n") == 1
        assert list(tmp_path.iterdir()) == [where]


def test_what_makes_no_sense_is_refused(folder: Path) -> None:
    """A cluster without a folder to write to, workers without files, parts of named places."""
    for arguments, reason in (
        (["--dask", "tcp://127.0.0.1:1", "--locations", folder], "--output DIR/"),
        (["--workers", "2"], "give --locations"),
        (["--locations", folder, "--to", "0,0", "-o", "x/"], "judge --to by itself"),
        (["--dask", "tcp://127.0.0.1:1", "--locations", folder, "-o", "x/"], "no Dask scheduler answers"),
        (["--locations", "-", "-o", "x/"], "standard input has no parts"),
    ):
        done = subprocess.run(
            command(*arguments), capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 2
        assert reason in done.stderr
    with pytest.raises(QueryError, match="0 workers"):
        Files(["x"], workers=0)
    with pytest.raises(FileError):
        list(queries.reach(range_m=1e3, origin="0,0", locations=Files(["missing.csv"]), stream=True).verdicts)


# ---------------------------------------------------------------- a cluster of processes on the loopback


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler and two workers."""
    told = tmp_path / "scheduler.json"

    def start(module: str, *options: str) -> subprocess.Popen[bytes]:
        arguments = [
            sys.executable,
            "-m",
            module,
            "--host",
            "127.0.0.1",
            "--no-dashboard",
            "--scheduler-file",
            str(told),
        ]
        quiet = subprocess.DEVNULL
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}  # the workers have the tool as well
        return subprocess.Popen([*arguments, *options], stdout=quiet, stderr=quiet, cwd=tmp_path, env=environment)

    processes = [start("distributed.cli.dask_scheduler", "--port", "0")]
    try:
        for _ in wait_for("the scheduler"):
            if told.exists() and told.read_text().strip().endswith("}"):
                break
        alone = ("--nthreads", "1", "--memory-limit", "0", "--no-nanny")
        processes += [start("distributed.cli.dask_worker", *alone) for _ in range(2)]
        address = json.loads(told.read_text())["address"]
        with distributed.Client(address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            client.wait_for_workers(2, timeout=60)
        yield address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_cluster_writes_the_same_parts(
    folder: Path, tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    """Byte for byte those of one process, with a worker killed with -9 in the middle."""
    address, workers = cluster
    run("--locations", folder, "-o", f"{tmp_path}/here/", "--rejects", tmp_path / "here.csv")
    process = subprocess.Popen(
        command(
            "--locations", folder, "--dask", address, "-o", f"{tmp_path}/there/", "--rejects", tmp_path / "there.csv"
        ),
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for _ in wait_for("a part"):
        if list(tmp_path.glob(".there.*/part-*")):
            workers[0].kill()
            break
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert tree(tmp_path / "there") == tree(tmp_path / "here")
    assert (tmp_path / "there.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()
    assert f"{PARTS * ROWS:,} rows read" in said


def test_a_cluster_reads_and_writes_at_addresses(
    folder: Path, tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    """Of any file system that fsspec knows and the workers see."""
    run("--locations", folder, "-o", f"{tmp_path}/here/")
    run("--locations", f"file://{folder}/*.parquet", "--dask", cluster[0], "-o", f"file://{tmp_path}/there/")
    assert tree(tmp_path / "there") == tree(tmp_path / "here")


def test_what_is_no_part_is_never_removed(folder: Path, tmp_path: Path) -> None:
    """A folder with anything else in it is refused, forced or not."""
    for name in ("precious", "part-00000.parquet"):
        out = tmp_path / name
        (out / "keep").mkdir(parents=True)
        (out / name).write_text("data")
        arguments = command("--locations", folder / "001.parquet", "-o", f"{out}/", "--force")
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2
        assert "which is no part" in done.stderr
        assert (out / name).read_text() == "data"


@pytest.mark.parametrize("url", ["ftp://127.0.0.1:9/x/", "s3://bucket/x/", "nosuch://x/"])
def test_nothing_is_written_to_a_url_without_a_cluster(url: str, folder: Path) -> None:
    """Nor is any asked for."""
    done = subprocess.run(
        command("--locations", folder, "-o", url), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "only the workers of a cluster (--dask) write to one" in done.stderr


def test_parts_without_rows_have_the_columns_of_the_others(tmp_path: Path) -> None:
    """So that the folder is one table; files that differ in more than that are refused."""
    where = tmp_path / "in"
    where.mkdir()
    (where / "1.csv").write_text("id,lat,lon,own\na,0,0,x\n")
    (where / "2.csv").write_text("id,lat,lon,own\nb,47,32.6,y\n")
    run("--locations", where, "-o", f"{tmp_path}/out/")
    table = pq.read_table(tmp_path / "out")
    assert table["own"].to_pylist() == ["y", "y"]
    for part in (tmp_path / "out").iterdir():
        assert {b"geo", b"weapons_ref"} <= set(pq.read_metadata(part).metadata)
    (where / "3.csv").write_text("id,lat,lon,other\nc,47,32.6,z\n")
    done = subprocess.run(
        command("--locations", where, "-o", f"{tmp_path}/more/"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "3.csv" in done.stderr
    assert "which only one has" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_other_processes_of_the_caller_are_left_alone(folder: Path) -> None:
    """A script may have started some of its own."""
    import multiprocessing

    own = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    own.start()
    try:
        files = Files([str(folder / "000.parquet"), str(folder / "001.parquet")], workers=2)
        queries.reach("atacms", origin=KHERSON, locations=files)
        assert own.is_alive()
    finally:
        own.kill()
        own.join()


def test_a_cluster_that_is_lost_is_one_line(
    folder: Path, tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    """Its workers gone and its scheduler killed, the command ends, and nothing is left of its folder."""
    address, workers = cluster
    for worker in workers:
        worker.kill()
        worker.wait()
    done = subprocess.run(
        command("--locations", folder, "--dask", address, "-o", f"{tmp_path}/there/"),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*there*"))


def test_half_an_answer_does_not_hold_everything_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process killed in the middle of handing over its result is seen to be dead."""
    monkeypatch.setattr(backends, "_PATIENCE_S", 0.5)
    with backends._Pool(2) as pool:
        assert pool.result(pool.submit((abs, (-1,)))) == 1
        slow = pool.submit((time.sleep, (60,)))
        # The length of an answer, and nothing after it.
        pool._pool._result_queue._writer._send(struct.pack("!i", 1000))  # type: ignore[attr-defined]
        for process in list(pool._pool._processes.values()):
            process.kill()
        with pytest.raises(BrokenProcessPool):
            pool.result(slow)
