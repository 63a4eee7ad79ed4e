"""What every format promises: the same sources, nothing lost, nothing that is no number."""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from weapons_ref.errors import FileError
from weapons_ref.model import DistanceResult, Place, ReachResult, RingResult, SystemsResult
from weapons_ref.output import BINARY, FORMATS, format_of, open_output, views

Written = Callable[[Any, str], str]
Reached = Callable[..., ReachResult]
Row = Callable[..., Place]

KEYS = ("first-paper-2020", "second-paper-2021")
TEXT = [name for name in FORMATS if name not in BINARY | {"svg"}]  # bytes and pictures have tests of their own


@pytest.mark.parametrize("name", TEXT)
def test_no_format_loses_a_source(name: str, written: Written, reached: Reached, ringed: RingResult, row: Row) -> None:
    """The same verdicts and the same rings name the same sources in every format."""
    for result in (reached(row("A")), ringed):
        text = written(result, name)
        for key in KEYS:
            assert key in text


@pytest.mark.parametrize("name", ["table", "json", "csv", "ndjson"])
def test_no_record_loses_a_source(name: str, written: Written, shown: SystemsResult) -> None:
    """A record names the source and the speaker of every figure, as printed."""
    text = written(shown, name)
    for word in (*KEYS, "A Minister", "100", "124", "mi", "more than"):
        assert word in text


@pytest.mark.parametrize("name", TEXT)
def test_minus_zero_is_never_printed(
    name: str, written: Written, reached: Reached, ringed: RingResult, measured: DistanceResult
) -> None:
    """A number that rounds to nothing has no sign."""
    places = [
        Place(name="typed", lat=-0.0, lon=-1e-9, notation="decimal"),
        Place(name="found", lat=-1e-12, lon=-0.0, geonameid=1),
        Place(name="row", lat=-0.0, lon=-0.0, notation="file"),
    ]
    for distance_m, margin_m in ((1e-9, -1e-9), (0.0, -0.0), (100e3, -0.3)):
        results: list[Any] = [
            ringed,
            measured,
            *(reached(place, distance_m=distance_m, margin_m=margin_m) for place in places),
        ]
        for result in results:
            text = written(result, name)
            for token in text.replace(",", " ").replace("]", " ").replace("}", " ").replace(":", " ").split():
                assert token.lstrip("[") not in ("-0.0", "-0", "-0.0°", "-0e0"), text


@pytest.mark.parametrize("angle", [359.96, 359.99999999, 0.04, 180.0])
def test_an_azimuth_is_less_than_360(angle: float, written: Written, reached: Reached, row: Row) -> None:
    """Rounded for people or for programs, an azimuth stays in [0, 360)."""
    result = reached(row("A"))
    (verdict,) = result.verdicts
    result.verdicts = (msgspec.structs.replace(verdict, azimuth_deg=angle),)
    assert "360.0" not in written(result, "table")
    shown = json.loads(written(result, "ndjson"))["azimuth_deg"]
    assert 0 <= shown < 360
    assert shown == pytest.approx(angle % 360, abs=1e-6) or (angle > 359.9999999 and shown == 0)


@pytest.mark.parametrize("name", ["json", "ndjson", "geojson", "geojsonseq"])
def test_json_holds_no_nan(name: str, written: Written, reached: Reached, row: Row) -> None:
    """Should a number that is none come by, JSON shows null, which every reader takes."""

    def refuse(token: str) -> None:
        raise AssertionError(token)

    text = written(reached(row("A", weight=math.nan, height=math.inf)), name).replace("\x1e", "")
    for line in [text] if name in ("json", "geojson") else text.splitlines():
        json.loads(line, parse_constant=refuse)


def test_rows_have_the_same_keys(reached: Reached) -> None:
    """A place found by name and a position typed side by side have the same columns, empty ones if need be."""
    found = Place(name="Kherson", lat=46.0, lon=32.0, country="UA", region="Kherson", population=1, geonameid=1)
    typed = Place(name="46, 32", lat=46.0, lon=32.0, notation="decimal")
    one, other = views.rows(reached(typed, found))
    assert list(one) == list(other)


@pytest.mark.parametrize("column", ["distance_km", "verdict", "system", "lat", "sources", "origin", "input_verdict"])
def test_a_column_of_a_file_is_never_overwritten(column: str, reached: Reached, row: Row) -> None:
    """A user's column that bears the name of one of ours is there, unchanged, under another name."""
    place = msgspec.structs.replace(row("A"), columns={column: "theirs", f"input_{column}": "theirs too"})
    (found,) = views.rows(reached(place))
    (bare,) = views.rows(reached(row("A")))
    assert {key: found[key] for key in bare} == bare
    added = {key: value for key, value in found.items() if key not in bare}
    assert sorted(added.values()) == ["theirs", "theirs too"]


def test_every_ending_means_its_format() -> None:
    """Endings are read without regard to case; an unknown one means nothing."""
    assert format_of("a/b.GeoJSON") == "geojson"
    assert format_of("a.geojson.txt") == "table"
    assert format_of("out") is None
    assert format_of("out.shp") is None


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    """While it is being written the old file stands; when writing fails it stays, and nothing is left beside it."""
    target = tmp_path / "out.csv"
    target.write_text("old")
    with open_output(str(target), force=True) as stream:
        stream.write("new")
        stream.flush()
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    with pytest.raises(ZeroDivisionError), open_output(str(target), force=True) as stream:
        stream.write("half" * 10_000 + str(1 / 0))
    assert target.read_text() == "new"
    assert os.listdir(tmp_path) == ["out.csv"]


def test_a_new_file_has_the_usual_rights(tmp_path: Path) -> None:
    """What is written beside its place first is as readable as any other file."""
    (tmp_path / "plain").touch()
    with open_output(str(tmp_path / "out.csv")):
        pass
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "out.csv")]
    assert modes[0] == modes[1]


def test_an_existing_file_needs_force(tmp_path: Path) -> None:
    """A file that appears is not replaced unasked."""
    (tmp_path / "out.csv").write_text("old")
    with pytest.raises(FileError, match="--force"), open_output(str(tmp_path / "out.csv")):
        pass


def test_a_list_of_systems_has_no_map(written: Written, shown: SystemsResult) -> None:
    """What has no position is refused as GeoJSON in words, not with a traceback."""
    for name in ("geojson", "geojsonseq"):
        with pytest.raises(FileError, match="position"):
            written(shown, name)
