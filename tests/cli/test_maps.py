"""`plot` and `map` at the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def test_a_picture_is_written(weapons_ref: Run, tmp_path: Path) -> None:
    """In the format that the ending says, and never over another file unless told to."""
    target = tmp_path / "a.png"
    done = weapons_ref("plot", "--range", "300km", "--from", "Kherson", "-o", str(target))
    assert done.returncode == 0
    assert target.read_bytes().startswith(b"\x89PNG")
    again = weapons_ref("plot", "--range", "300km", "--from", "Kherson", "-o", str(target))
    assert again.returncode == 2
    assert "--force" in again.stderr


def test_a_chart_is_written(weapons_ref: Run, catalog: Path, tmp_path: Path) -> None:
    """Without an origin, of the claims that a date leaves; who has none of them is named."""
    target = tmp_path / "a.svg"
    question = ("plot", "--chart", "ranges", "test-launcher", "--catalog", catalog, "--variants", "-o", target)
    done = weapons_ref(*question)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert all(f">{name}</text>" in target.read_text() for name in ("Test Rocket", "Test Rocket B", "Test Shell"))
    assert ">900 km, suspect</text>" in target.read_text()
    done = weapons_ref(*question, "--as-of", "2020", "--force")
    assert done.returncode == 0
    assert "no published maximum range by 2020 for test-rocket-b, test-shell" in done.stderr
    assert ">100 km (up to)</text>" in target.read_text()
    assert ">200 km</text>" not in target.read_text()


def test_a_page_is_written(weapons_ref: Run, tmp_path: Path) -> None:
    """Whole, with the notices that reach has."""
    target = tmp_path / "a.html"
    done = weapons_ref("map", "atacms", "--from", "Kherson", "--to", "Sevastopol", "-o", str(target))
    assert done.returncode == 0
    assert target.read_bytes().startswith(b"<!doctype html>")


def test_places_of_a_file_are_shown(weapons_ref: Run, tmp_path: Path) -> None:
    """And rows without a position are counted and kept."""
    (tmp_path / "a.csv").write_text("name,lat,lon\nA,46.5,32.0\nB,99,32\n")
    done = weapons_ref(
        "plot", "--range", "300km", "--from", "Kherson", "--locations", str(tmp_path / "a.csv"),
        "--rejects", str(tmp_path / "bad.csv"), "-o", str(tmp_path / "a.svg"),
    )  # fmt: skip
    assert done.returncode == 0
    assert "2 rows read: 1 within" in done.stderr
    assert "latitude 99" in (tmp_path / "bad.csv").read_text()
    assert ">A</text>" in (tmp_path / "a.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plot", "atacms", "--from", "Kherson", "-o", "a.txt"), "a picture is .png, .svg or .pdf"),
        (("plot", "atacms", "-o", "a.png"), "no origin"),
        (("plot", "atacms", "--from", "Kherson", "-o", "a.png", "--size", "big"), "1600x1200"),
        (("plot", "atacms", "--from", "Kherson", "-o", "a.png", "--size", "10x10"), "200 to 12,000"),
        (("plot", "--chart", "ranges", "atacms", "--from", "Kherson", "-o", "a.png"), "--from is for maps"),
        (("plot", "--chart", "ranges", "atacms", "--projection", "globe", "-o", "a.png"), "--projection is for maps"),
        (("plot", "--chart", "ranges", "atacms", "--range", "3km", "-o", "a.png"), "--range is for maps"),
        (("plot", "--chart", "ranges", "atacms", "--sector", "0:9", "-o", "a.png"), "--sector is for maps"),
        (("plot", "--chart", "ranges", "atacms", "--basis", "low", "-o", "a.png"), "shows them all"),
        (
            ("plot", "--chart", "ranges", "atacms", "--as-of", "1980", "-o", "a.png"),
            "no published maximum range by 1980",
        ),
        (("plot", "--chart", "ranges", "atacms", "--size", "1600x300", "-o", "a.png"), "pixels of height"),
        (("plot", "--chart", "ranges", "-o", "a.png"), "no system"),
        (("plot", "himars", "--from", "Kherson", "-o", "a.png", "--size", "2000x300"), "minimal"),
        (("plot", "--range", "50m", "--from", "Kherson", "-o", "a.png"), "too small for a map"),
        (("map", "--from", "Kherson", "-o", "a.html"), "no system and no range"),
        (("ring", "atacms", "--from", "Kherson", "-f", "svg", "--sector", "0:0"), "starts where it ends"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: tuple[str, ...], said: str, weapons_ref: Run, tmp_path: Path
) -> None:
    """In one line, with exit status 2 and no file."""
    done = weapons_ref(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []
