"""When something is wrong, one clear line says what, and nothing is left half-done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

KHERSON = ("--from", "Kherson")


def refused(done: subprocess.CompletedProcess[str], *needles: str) -> None:
    """Exit status 2, nothing on stdout, and a first line on stderr that says what is wrong."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    first = done.stderr.splitlines()[0]
    assert first.startswith("weapons-ref: ")
    assert len(first) > len("weapons-ref: ")
    assert "Traceback" not in done.stderr
    for needle in needles:
        assert needle in done.stderr


@pytest.mark.parametrize(
    ("arguments", "needles"),
    [
        (("reach", "atacsm", *KHERSON), ("'atacsm'", "atacms")),
        (("show", "himar"), ("'himar'", "himars")),
        (("search", "no-such-thing"), ("no-such-thing",)),
        (("reach", "atacms", "--from", "Khersn"), ("'Khersn'", "Kherson")),
        (("distance", "Khersn", "Odesa, UA"), ("Kherson",)),
        (("place", ""), ("empty",)),
        (("place", "Xqzzyqx"), ("Xqzzyqx",)),
        (("reach", "atacms", "--from", "91,0"), ("latitude 91", "latitude 0, longitude 91")),
        (("reach", "atacms", "--from", "90.000000001,0"), ("90.000000001",)),
        (("reach", "atacms", *KHERSON, "--to", "48,5;30"), ("decimal", "point")),
        (("place", "NaN,1"), ("NaN",)),
        (("place", "1,inf"), ("inf",)),
        (("place", "1,2,3"), ("3",)),
        (("place", "1,541"), ("541",)),
        (("ring", *KHERSON, "--range", "300"), ("'300'", "unit", "300km")),
        (("ring", *KHERSON, "--range", "3 parsecs"), ("parsecs", "km")),
        (("ring", *KHERSON, "--range", "0km"), ("0 km",)),
        (("ring", *KHERSON, "--range", "-5km"), ("-5",)),
        (("ring", *KHERSON, "--range", "1km", "--min-range", "2km"), ("1 km", "2 km")),
        (("ring", *KHERSON, "--range", "1km", "--min-range", "0km"), ("0 km",)),
        (("ring", "atacms", *KHERSON, "--min-range", "2km"), ("minimum",)),
        (("ring", "atacms", *KHERSON, "--range", "1km"), ("systems", "range")),
        (("ring", *KHERSON), ("no system", "himars")),
        (("ring", "atacms"), ("--from",)),
        (("ring", "atacms", *KHERSON, "--max-error", "0m"), ("error",)),
        (("reach", "atacms", *KHERSON, "--basis", "hearsay"), ("'hearsay'", "span, low, high")),
        (("reach", "atacms", *KHERSON, "--basis", "24hu-2022-06"), ("atacms",)),
        (("reach", "atacms", *KHERSON, "--as-of", "yesterday"), ("'yesterday'", "YYYY")),
        (("reach", "atacms", *KHERSON, "--as-of", "2023-13"), ("'2023-13'",)),
        (("reach", "atacms", *KHERSON, "--min-population", "few"), ("--min-population",)),
        (("reach", "--no-such-option"), ("--no-such-option", "weapons-ref reach --help")),
        (("reech",), ("'reech'", "weapons-ref --help")),
        (("catalog", "reech"), ("'reech'", "weapons-ref catalog --help")),
        (("list", "-f", "xml"), ("'xml'", "ndjson")),
        (("list", "-f", "geojson"), ("'geojson'",)),
        (("list", "--kind", "toy"), ("'toy'", "launcher")),
        (("list", "--class", "toy"), ("'toy'", "srbm")),
        (("list", "--fired-by", "himar"), ("himars",)),
        (("list", "--catalog", "no-such-folder"), ("no-such-folder",)),
        (("show",), ("ID",)),
        (("distance", "Kherson"), ("PLACE",)),
        (("distance", "Kherson", "Odesa, UA", "--no-such-option"), ("--no-such-option",)),
        (("distance", "--no-such-option", "Kherson", "Odesa, UA"), ("'--no-such-option'",)),
        (("place", "--no-such-option"), ("No such option '--no-such-option'",)),
        (("run", "no-such-file.yaml"), ("no-such-file.yaml",)),
        (("run", "."), (".",)),
        (("completion", "cmd"), ("'cmd'", "bash")),
        (("place", "x" * 300), ("300 characters",)),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, tuple) else None,
)
def test_a_wrong_question_is_refused_in_one_line(
    arguments: tuple[str, ...], needles: tuple[str, ...], weapons_ref: Run
) -> None:
    """The line names what was wrong and what would be right."""
    refused(weapons_ref(*arguments), *needles)


def test_an_ambiguous_name_lists_its_candidates(weapons_ref: Run) -> None:
    """Each candidate comes with country, region and population, and with a text that means it alone."""
    done = weapons_ref("reach", "atacms", "--from", "Springfield")
    refused(done, "'Springfield'", "Missouri, United States, population 170,188")
    lines = done.stderr.splitlines()[1:]
    assert len(lines) > 2
    for line in lines[:3]:
        assert weapons_ref("distance", line.rpartition(": ")[2], "0,0").returncode == 0


@pytest.mark.parametrize(
    ("content", "needles"),
    [
        (b"", ("empty",)),
        (b"\n\n", ("empty",)),
        (b"\x7fELF\x02\x01\x01\0\0\0", ("NUL",)),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", ("UTF-8",)),
        (b"lat,lon\n1,2\n\xff,3\n", ("UTF-8",)),
        (b"a,b\n1,2\n", ("'a', 'b'", "--lat-column")),
        (b'{"type":"FeatureCollection","features":[', ()),
        (b'{"type":"FeatureCollection","features":[NaN]}', ()),
        (b"[" * 100_000, ()),
        (b"name,lat,lon\nA,412345.1,5123456.2\n", ("projected",)),
        (b"name;lat;lon\nA;48,5;30,2\n", ("decimal comma",)),
    ],
    ids=["empty", "blank", "binary", "image", "latin", "columns", "cut", "nan", "deep", "projected", "comma"],
)
def test_a_wrong_file_is_refused(content: bytes, needles: tuple[str, ...], weapons_ref: Run, tmp_path: Path) -> None:
    """A file that cannot be read whole and with certainty gives an error that names it, not an answer."""
    (tmp_path / "places.csv").write_bytes(content)
    done = weapons_ref("reach", "--range", "300km", *KHERSON, "--locations", "places.csv", "-o", "out.csv")
    refused(done, "places.csv", *needles)
    assert sorted(os.listdir(tmp_path)) == ["places.csv"]


@pytest.mark.parametrize("path", [".", "no-such-file.csv", "https://example.org/places.csv"])
def test_what_is_no_file_is_refused(path: str, weapons_ref: Run) -> None:
    """Folders, missing files and addresses are refused by name; nothing is fetched."""
    refused(weapons_ref("reach", "--range", "300km", *KHERSON, "--locations", path, "-o", "out.csv"), path)


@pytest.mark.parametrize(
    ("text", "needles"),
    [
        ("command: reach\nfrom: [Kherson\n", ("query.yaml:", "YAML")),
        ("", ("query.yaml",)),
        ("- reach\n", ("query.yaml:1",)),
        ("command: reach\nsystem: himars\nfrom: Kherson\n", ("query.yaml:2", "'system'", "'systems'")),
        ("command: reach\nsystems: himars\n", ("query.yaml", "from")),
        ("command: fire\nsystems: himars\nfrom: Kherson\n", ("query.yaml:1", "fire")),
        ("command: ring\nsystems: himars\nfrom: Kherson\nto: Odesa\n", ("'to'", "ring")),
        ("command: ring\nrange: 300\nfrom: Kherson\n", ("'300'", "unit")),
        ("command: ring\nsystems: &a himars\nfrom: *a\n", ("query.yaml:2",)),
        ("command: ring\nsystems: himars\nfrom: Kherson\nfrom: Odesa\n", ("query.yaml:4",)),
        ("command: !!python/object/apply:os.system [id]\n", ("query.yaml:1",)),
    ],
    ids=["syntax", "empty", "list", "key", "missing", "command", "alien", "unit", "anchor", "twice", "tag"],
)
def test_a_wrong_query_is_refused_with_its_line(
    text: str, needles: tuple[str, ...], weapons_ref: Run, tmp_path: Path
) -> None:
    """A saved query with a mistake is not answered; the message says where the mistake is."""
    (tmp_path / "query.yaml").write_text(text)
    refused(weapons_ref("run", "query.yaml"), *needles)


@pytest.mark.parametrize("command", [["list"], ["catalog", "validate"], ["reach", "himars", *KHERSON]])
def test_a_wrong_catalog_lists_every_problem(command: list[str], weapons_ref: Run, tmp_path: Path) -> None:
    """A user's own catalog is held to the rules, and all that breaks them is listed with file and line."""
    folder = tmp_path / "mine" / "systems"
    folder.mkdir(parents=True)
    (folder / "a.yaml").write_text("id: [\n")
    (folder / "b.yaml").write_text("id: b-b\nkin: munition\nclass: mlrs\norigin: [US]\nnames: {en: [B]}\n")
    done = weapons_ref(*command, "--catalog", "mine")
    refused(done, "a.yaml:", "b.yaml:2: unknown key 'kin'; did you mean 'kind'?")
    assert weapons_ref(*command, "--catalog", "mine/systems/a.yaml").returncode == 2


def test_an_existing_file_is_kept(weapons_ref: Run, tmp_path: Path) -> None:
    """A file that exists is replaced by `--force` alone."""
    (tmp_path / "list.csv").write_text("mine")
    for arguments in (("list", "-o", "list.csv"), ("run", "q.yaml", "-o", "list.csv")):
        (tmp_path / "q.yaml").write_text("command: ring\nrange: 5km\nfrom: 1,2\n")
        refused(weapons_ref(*arguments), "list.csv", "--force")
        assert (tmp_path / "list.csv").read_text() == "mine"
    done = weapons_ref("list", "-o", "list.csv", "--force")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "list.csv").read_text().startswith("id,name,")
    assert sorted(os.listdir(tmp_path)) == ["list.csv", "q.yaml"]


@pytest.mark.parametrize("path", ["missing/list.csv", "file/list.csv", ".", "/proc/list.csv", "", "x" * 300 + ".csv"])
def test_what_cannot_be_written_is_refused(path: str, weapons_ref: Run, tmp_path: Path) -> None:
    """A place where no file can be written gives one line and leaves nothing behind."""
    (tmp_path / "file").write_text("mine")
    (tmp_path / "q.csv.yaml").write_text("command: ring\nrange: 5km\nfrom: 1,2\n")
    refused(weapons_ref("list", "-o", path))
    refused(weapons_ref("run", "q.csv.yaml", "-o", "file/"), "file")
    refused(weapons_ref("reach", "--range", "5km", "--from", "1,2", "--to", "1,2", "--rejects", path or "."))
    assert sorted(os.listdir(tmp_path)) == ["file", "q.csv.yaml"]


@pytest.mark.parametrize("name", ["list.geojson", "list.geojsonseq", "list.kml", "list.kmz"])
def test_a_list_makes_no_map(name: str, weapons_ref: Run, tmp_path: Path) -> None:
    """A file's ending that means a format which the answer cannot have is an error, not another format."""
    refused(weapons_ref("list", "-o", name), "position")
    assert os.listdir(tmp_path) == []


def test_one_file_does_not_take_two_outputs(weapons_ref: Run, tmp_path: Path) -> None:
    """The answer and the rejected rows never overwrite each other."""
    (tmp_path / "places.csv").write_text("lat,lon\n1,2\n91,2\n")
    asked = ("reach", "--range", "300km", "--from", "1,2", "--locations", "places.csv")
    refused(weapons_ref(*asked, "-o", "out.csv", "--rejects", "./out.csv"), "out.csv")
    assert os.listdir(tmp_path) == ["places.csv"]


def test_a_link_stays_a_link(weapons_ref: Run, tmp_path: Path) -> None:
    """A file named by a link is replaced where it is."""
    (tmp_path / "list.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("list.csv")
    assert weapons_ref("list", "-o", "link.csv", "--force").returncode == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "list.csv").read_text().startswith("id,")


def test_a_pipe_is_written_to_as_it_is(shell: Run, tmp_path: Path) -> None:
    """A pipe or device named as output takes the answer, and is neither refused nor replaced by a file."""
    done = shell("weapons-ref place 1,2 -f csv -o /dev/stdout --force | tail -1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith('"1, 2",')
    done = shell("mkfifo p; cat p & weapons-ref place 1,2 -f csv -o p --force; wait; test -p p")
    assert (done.returncode, done.stderr) == (0, "")
    assert '"1, 2",' in done.stdout


needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this machine")


@needs_full
@pytest.mark.parametrize("line", ["list", "catalog schema", "reach --help", "completion zsh", "ring himars --from 1,2"])
def test_a_full_disk_behind_stdout_is_an_error(line: str, shell: Run) -> None:
    """An answer that could not be written in full is never a success."""
    refused(shell(f"weapons-ref {line} > /dev/full"), "standard output: No space left on device")


@needs_full
def test_a_full_disk_behind_a_file_is_an_error(shell: Run) -> None:
    """A file that could not be written in full is named."""
    refused(shell("weapons-ref list -o /dev/full"), "/dev/full: No space left on device")
    done = shell("weapons-ref list > /dev/full 2>&1")
    assert done.returncode == 2


def test_a_closed_stdout_is_an_error(shell: Run) -> None:
    """Nowhere to write to is no success either."""
    refused(shell("weapons-ref list >&-"), "standard output")


LONG = "weapons-ref reach himars --from Kherson --all"


@pytest.mark.parametrize(
    "line",
    [
        f"{LONG} -f ndjson",
        f"{LONG} -f csv --rejects rejects.csv",
        f"{LONG} -f json -o /dev/stdout",
        LONG,
        "weapons-ref ring --range 15000km --from 1,2 --max-error 1m",
    ],
)
def test_a_reader_that_goes_away_ends_the_tool_quietly(line: str, shell: Run) -> None:
    """After `| head -1` the tool has stopped with 141 and said nothing."""
    done = shell(f"{line} | head -1 | wc -l; echo ${{PIPESTATUS[0]}}")
    assert done.stdout.split() == ["1", "141"]
    assert done.stderr == ""


#: Where the tests themselves run in the background, Ctrl-C would be ignored.
STARTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from weapons_ref.cli import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing_behind(
    number: signal.Signals, status: int, environment: dict[str, str], tmp_path: Path
) -> None:
    """Stopped in the middle of its work, the tool clears away what it had begun to write, and says nothing."""
    (tmp_path / "out.csv").write_text("old")
    running = interrupted(environment, tmp_path, "-o", "out.csv", "--rejects", "rejects.csv", "--force")
    running.send_signal(number)
    assert running.communicate(timeout=60)[1].strip() == b""
    assert running.returncode == status
    assert os.listdir(tmp_path) == ["out.csv"]
    assert (tmp_path / "out.csv").read_text() == "old"


def test_a_killed_process_leaves_the_old_file(environment: dict[str, str], tmp_path: Path) -> None:
    """After `kill -9` the file is the whole old one."""
    (tmp_path / "out.csv").write_text("old")
    running = interrupted(environment, tmp_path, "-o", "out.csv", "--force")
    running.kill()
    running.communicate(timeout=60)
    assert (tmp_path / "out.csv").read_text() == "old"


def interrupted(environment: dict[str, str], folder: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start an answer that waits for more rows, and has some on the way to its file."""
    running = subprocess.Popen(
        [sys.executable, "-c", STARTED, "reach", "--range", "300km", *KHERSON, "--locations", "-", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=folder,
    )
    assert running.stdin is not None
    running.stdin.write(b"lat,lon\n" + b"46.6,32.6\n" * 200_000)
    running.stdin.flush()
    deadline = time.monotonic() + 60
    while not any(path.stat().st_size for path in folder.glob(".out.csv.*")):
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return running


ASKED = ("reach", "atacms", "--from", "Херсон", "--to", "Знам'янка, Odesa", "--to", "Łódź")


@pytest.mark.parametrize(
    "changed",
    [
        {"LC_ALL": "C", "LANG": None},
        {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "utf-16", "PYTHONUTF8": "1"},
        {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null/cache"},
        {"HOME": None, "XDG_CACHE_HOME": None},
        {"WEAPONS_REF_CACHE": "/proc/nowhere"},
        {"TERM": None, "COLUMNS": "0"},
        {"PROJ_NETWORK": "ON"},
    ],
    ids=lambda changed: " ".join(f"{key}={value}" for key, value in changed.items()),
)
@pytest.mark.parametrize("format_", ["table", "json"])
def test_the_surroundings_change_no_byte(changed: dict[str, str | None], format_: str, weapons_ref: Run) -> None:
    """Locale, encoding, home and terminal have no say in the answer."""
    plain = weapons_ref(*ASKED, "-f", format_)
    assert (plain.returncode, plain.stderr) == (0, "")
    done = weapons_ref(*ASKED, "-f", format_, env=changed)
    assert (done.returncode, done.stdout, done.stderr) == (0, plain.stdout, "")


def test_a_home_that_cannot_be_written_only_costs_time(weapons_ref: Run, catalog: Path) -> None:
    """A catalog that cannot be kept in a cache is read all the same, and no word is lost about it."""
    done = weapons_ref("show", "test-rocket", "--catalog", catalog, "-f", "json", env={"WEAPONS_REF_CACHE": "/proc/no"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "test-paper-2020" in done.stdout


def test_an_error_shows_control_characters_escaped(weapons_ref: Run, tmp_path: Path) -> None:
    """No name of a file or place can hide or rewrite what a terminal shows."""
    evil = "\u202eevil\x1b[31m"
    for arguments in (
        ("place", evil),
        ("show", evil),
        (evil,),
        ("run", f"{evil}.yaml"),
        ("list", "-o", f"{evil}/x.csv"),
        ("list", "--catalog", evil),
        ("reach", "--range", "5km", "--from", "1,2", "--locations", evil),
    ):
        done = weapons_ref(*arguments)
        refused(done, "x1b[31m")
        assert "\x1b" not in done.stderr
        assert "\u202e" not in done.stderr


def test_bytes_that_are_no_text_are_refused(shell: Run) -> None:
    """An argument that is not UTF-8 is an error, not a crash."""
    refused(shell("weapons-ref place $'\\xff\\xfe'"))
    refused(shell("weapons-ref show $'\\xff'"))
    refused(shell("weapons-ref list --catalog $'\\xff'"))
