"""Files are written whole or not at all, and the cache is never in the way."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from weapons_ref import cache
from weapons_ref.atomic import replacing, replacing_folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_its_place_at_the_end(tmp_path: Path) -> None:
    """Until then the old one is there, whole."""
    target = tmp_path / "file"
    target.write_text("old")
    with replacing(target) as temporary:
        assert temporary.parent == tmp_path
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert names(tmp_path) == ["file"]


def test_a_new_file_appears_whole(tmp_path: Path) -> None:
    """Nothing of that name is there before."""
    target = tmp_path / "file"
    with replacing(target) as temporary:
        temporary.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("existed", [True, False])
def test_a_failure_keeps_the_old_file_and_leaves_nothing_behind(
    tmp_path: Path, error: type[BaseException], existed: bool
) -> None:
    """Whatever the failure, Ctrl-C included; it is not swallowed."""
    target = tmp_path / "file"
    if existed:
        target.write_text("old")

    def fail() -> None:
        with replacing(target) as temporary:
            temporary.write_text("half of the new")
            raise error

    with pytest.raises(error):
        fail()
    assert names(tmp_path) == (["file"] if existed else [])
    assert not existed or target.read_text() == "old"


def test_a_target_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    """A folder of that name, or a body that removed its own file."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"), replacing(tmp_path / "folder") as temporary:
        temporary.write_text("x")
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "file") as temporary:
        temporary.unlink()
    assert names(tmp_path) == ["folder"]


def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    """None is made in passing."""
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "gone" / "file"):
        raise AssertionError("the body ran")
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["x" * 255, "й" * 127, ".", "-", "a b\n", "~"])
def test_any_name_that_a_file_may_have_will_do(tmp_path: Path, name: str) -> None:
    """The longest ones too, which leave no room for a suffix."""
    target = tmp_path / name
    if name == ".":
        target = tmp_path / "..."
    with replacing(target) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "new"
    assert len(names(tmp_path)) == 1


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    """As for any file that a program makes: a result is no secret of its writer."""
    before = os.umask(0o027)
    try:
        with replacing(tmp_path / "file") as temporary:
            temporary.write_text("new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    """Each has a file of its own; the last to end wins, whole."""
    target = tmp_path / "file"
    with replacing(target) as one, replacing(target) as other:
        assert one != other
        one.write_text("one")
        other.write_text("other")
    assert target.read_text() == "one"
    assert names(tmp_path) == ["file"]


_WRITER = """
import sys, time
from pathlib import Path
from weapons_ref.atomic import replacing

target, number = Path(sys.argv[1]), 0
print("ready", flush=True)
while True:
    number += 1
    with replacing(target) as temporary, open(temporary, "w") as stream:
        for _ in range(200):
            stream.write(f"{number:08d}\\n" * 50)
            stream.flush()
"""


@pytest.mark.parametrize("delay_s", [0.0, 0.003, 0.011, 0.017, 0.029, 0.041, 0.053, 0.067])
def test_killed_at_any_moment_the_file_is_whole(tmp_path: Path, delay_s: float) -> None:
    """`kill -9` while it is replaced over and over: the old one or a new one, never a part."""
    target = tmp_path / "file"
    target.write_text("00000000\n" * 10_000)
    with subprocess.Popen([sys.executable, "-c", _WRITER, target], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(delay_s)
        writer.kill()
    assert writer.returncode == -signal.SIGKILL
    lines = target.read_text().splitlines()
    assert len(lines) == 10_000
    assert len(set(lines)) == 1


def test_a_reader_never_sees_a_part(tmp_path: Path) -> None:
    """At any moment while another process replaces the file."""
    target = tmp_path / "file"
    target.write_text("00000000\n" * 10_000)
    with subprocess.Popen([sys.executable, "-c", _WRITER, target], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        seen = set()
        for _ in range(200):
            text = target.read_text()
            assert text == text[:9] * 10_000
            seen.add(text[:9])
        writer.kill()
    assert seen


# --- The cache -------------------------------------------------------------------------------------


def test_the_cache_folder_is_the_users_choice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By WEAPONS_REF_CACHE, else the platform's; an empty value is none."""
    monkeypatch.setenv("WEAPONS_REF_CACHE", str(tmp_path / "mine"))
    assert cache.folder() == tmp_path / "mine"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("WEAPONS_REF_CACHE", "")
    assert cache.folder().name == "weapons-ref"
    monkeypatch.delenv("WEAPONS_REF_CACHE")
    assert cache.folder().name == "weapons-ref"
    assert names(tmp_path) == []


def test_what_is_cached_is_there_and_makes_its_folder(tmp_path: Path) -> None:
    """Nobody has to make it before."""
    path = tmp_path / "deep" / "cache" / "thing-1.json"
    cache.write(path, b"data", replaces="thing-*.json")
    assert path.read_bytes() == b"data"
    assert names(path.parent) == ["thing-1.json"]


def test_a_few_versions_are_kept_and_nothing_else_is_touched(tmp_path: Path) -> None:
    """The newest of this file; other people's files stay."""
    (tmp_path / "other.json").write_text("x")
    (tmp_path / "gazetteer-1.sqlite").write_text("x")
    for number in range(9):
        cache.write(tmp_path / f"thing-{number}.json", b"data", replaces="thing-*.json")
        os.utime(tmp_path / f"thing-{number}.json", (number, number))
    kept = [name for name in names(tmp_path) if name.startswith("thing-")]
    assert "thing-8.json" in kept
    assert len(kept) <= 4
    assert kept == [f"thing-{number}.json" for number in range(9 - len(kept), 9)]
    assert {"other.json", "gazetteer-1.sqlite"} <= set(names(tmp_path))


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    """A file where the folder should be, a folder where the file should be, a loop of links."""
    (tmp_path / "file").write_text("kept")
    cache.write(tmp_path / "file" / "thing-1.json", b"data", replaces="thing-*.json")
    assert (tmp_path / "file").read_text() == "kept"
    (tmp_path / "cache" / "thing-1.json").mkdir(parents=True)
    cache.write(tmp_path / "cache" / "thing-1.json", b"data", replaces="thing-*.json")
    assert names(tmp_path / "cache") == ["thing-1.json"]
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    cache.write(tmp_path / "loop" / "thing-1.json", b"data", replaces="thing-*.json")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_cache_costs_nothing_but_time(tmp_path: Path) -> None:
    """As in a container, or another user's home."""
    tmp_path.chmod(0o500)
    try:
        cache.write(tmp_path / "thing-1.json", b"data", replaces="thing-*.json")
        assert names(tmp_path) == []
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_that_cannot_take_its_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the old one has been moved aside already."""
    target = tmp_path / "target"
    target.mkdir()
    (target / "old").write_text("old")
    really = os.replace

    def failing(source: Path, place: Path) -> None:
        if str(source).endswith(".tmp"):
            raise OSError(28, "No space left on device")
        really(source, place)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="No space"), replacing_folder(target) as folder:
        (folder / "new").write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
    assert (target / "old").read_text() == "old"
