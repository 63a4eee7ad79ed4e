"""GeoParquet that other programs open, and that loses nothing of what the other formats say."""

from __future__ import annotations

import io
import json
import math
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import geopandas
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from weapons_ref import queries
from weapons_ref.blocks import Block, Verdicts
from weapons_ref.errors import FileError
from weapons_ref.model import Place, ReachResult, RingResult, Verdict
from weapons_ref.output import parquet, views, write
from weapons_ref.output.columnar import rounded
from weapons_ref.places.batches import Batch
from weapons_ref.places.columns import Columns

Reached = Callable[..., ReachResult]
Row = Callable[..., Place]


def saved(result: Any, path: Path) -> Path:
    with path.open("wb") as stream:
        write(result, "parquet", stream)
    return path


def own(count: int) -> pa.Table:
    """A file's own columns, of many types."""
    return pa.table(
        {
            "name": pa.array([f"House {row}" for row in range(count)]),
            "lat": pa.array(range(count), type=pa.int32()),
            "built": pa.array([None] * count, type=pa.date32()),
            "tags": pa.array([["a", str(row)] for row in range(count)]),
            "kind": pa.array(["hut"] * count).dictionary_encode(),
        }
    )


def batches(count: int, size: int) -> Iterator[Batch]:
    """Places round Kherson in columns."""
    rng = np.random.default_rng(1)
    lon, lat, table = rng.uniform(30, 35, count), rng.uniform(45, 48, count), own(count)
    for start in range(0, count, size):
        piece = table.slice(start, size)
        places = Columns(
            lon[start : start + size], lat[start : start + size], None, start + 1,
            piece.take, ("name",),
        )  # fmt: skip
        yield Batch(places, [], len(places), 0, 0, 0)


def answered(count: int = 900, size: int = 250, **options: Any) -> ReachResult:
    return queries.reach(
        "gmlrs", "atacms", origin="46.65581,32.6178", locations=batches(count, size), stream=True, **options
    )


def test_it_opens_in_geopandas(tmp_path: Path) -> None:
    """With the points where the columns say, on WGS 84, and the file's own columns of their own types."""
    frame = geopandas.read_parquet(saved(answered(), tmp_path / "a.parquet"))
    assert len(frame) > 100
    assert frame.crs.to_authority() == ("OGC", "CRS84")
    assert (frame.geometry.x == frame["lon"]).all()
    assert (frame.geometry.y == frame["lat"]).all()
    assert set(frame["system"]) == {"gmlrs", "atacms"}
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.schema.field("input_lat").type == pa.int32()
    assert table.schema.field("built").type == pa.date32()
    assert table["tags"][0].as_py()[0] == "a"


def test_it_is_valid_geoparquet(tmp_path: Path) -> None:
    """The metadata is that of GeoParquet 1.1, and the positions are WKB points."""
    import struct

    path = saved(answered(), tmp_path / "a.parquet")
    told = json.loads(pq.read_schema(path).metadata[b"geo"])
    assert told["version"] == "1.1.0"
    assert told["columns"][told["primary_column"]] == {"encoding": "WKB", "geometry_types": ["Point"]}
    row = pq.read_table(path).slice(5, 1).to_pylist()[0]
    assert struct.unpack("<BIdd", row["geometry"]) == (1, 1, row["lon"], row["lat"])


@pytest.mark.parametrize("by_place", [False, True])
def test_it_says_what_the_rows_say(by_place: bool, tmp_path: Path) -> None:
    """Value for value what csv, ndjson and the others are made from."""
    path = saved(answered(by_place=by_place, show_all=True), tmp_path / "a.parquet")
    found = pq.read_table(path).drop_columns(["geometry"]).to_pylist()
    assert found == list(views.rows(answered(by_place=by_place, show_all=True)))


def test_sources_and_counts_are_in_the_metadata(tmp_path: Path) -> None:
    """As JSON has them: the question, the claims, who published them, and how many rows there were."""
    result = answered()
    path = saved(result, tmp_path / "a.parquet")
    said = json.loads(pq.read_metadata(path).metadata[b"weapons_ref"])
    assert said["counts"] == result.counts
    assert set(said["sources"]) == set(result.sources)
    assert said["ranges"][0]["claims"]
    assert said["query"]["systems"] == ["gmlrs", "atacms"]


def test_a_file_depends_on_its_rows_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes in whatever batches they come."""
    monkeypatch.setattr(parquet, "GROUP_ROWS", 64)
    files = [saved(answered(size=size), tmp_path / f"{size}.parquet") for size in (7, 100, 5000)]
    assert len({file.read_bytes() for file in files}) == 1
    groups = pq.read_metadata(files[0])
    assert {groups.row_group(index).num_rows for index in range(groups.num_row_groups - 1)} == {64}


def test_single_verdicts_are_written_too(reached: Reached, row: Row, tmp_path: Path) -> None:
    """With what a GeoJSON file says of each place, numbers as numbers and what is mixed as JSON."""
    result = reached(row("A", height=3, mixed="x", none=None), row("B", height=None, mixed=7, more=True))
    table = pq.read_table(saved(result, tmp_path / "a.parquet"))
    assert table["place"].to_pylist() == ["A", "B"]
    assert table["height"].to_pylist() == [3, None]
    assert table["mixed"].to_pylist() == ['"x"', "7"]
    assert table["none"].to_pylist() == [None, None]
    assert table["more"].to_pylist() == [None, True]


def test_a_column_called_geometry_keeps_its_value(reached: Reached, row: Row, tmp_path: Path) -> None:
    """Under another name, as other columns do that bear one of ours."""
    table = pq.read_table(saved(reached(row("A", geometry="far", origin="x")), tmp_path / "a.parquet"))
    assert table["input_geometry"].to_pylist() == ["far"]
    assert table["input_origin"].to_pylist() == ["x"]


def test_an_empty_answer_is_a_file_with_columns(tmp_path: Path) -> None:
    """The file's own are among them."""
    result = queries.reach(range_m=1.0, origin="0,0", locations=batches(10, 10), stream=True)
    frame = geopandas.read_parquet(saved(result, tmp_path / "a.parquet"))
    assert len(frame) == 0
    assert {"system", "verdict", "tags", "input_lat", "geometry"} <= set(frame.columns)


def test_a_later_column_is_refused(reached: Reached, row: Row) -> None:
    """A column that the first rows have not could only be dropped."""

    def blocks(result: ReachResult) -> Iterator[Sequence[Verdict]]:
        yield [next(iter(result.verdicts))]
        yield list(reached(row("B", late=1)).verdicts)

    first = reached(row("A"))
    result = msgspec.structs.replace(first, verdicts=Verdicts(blocks(first)))
    with pytest.raises(FileError, match="'late' that those before have not"):
        write(result, "parquet", io.BytesIO())


def test_rings_are_not_verdicts(ringed: RingResult) -> None:
    """Parquet is for rows of verdicts, and the message names what else there is."""
    with pytest.raises(FileError, match="parquet holds verdicts"):
        write(ringed, "parquet", io.BytesIO())


@pytest.mark.parametrize("digits", [6, 7])
def test_rounding_is_that_of_single_values(digits: int) -> None:
    """In columns as one by one, to the last bit, at halves above all."""
    draw = random.Random(digits)
    numbers = [draw.uniform(-20_000, 20_000) for _ in range(20_000)]
    numbers += [(draw.randrange(10**9) + 0.5) / 10**digits for _ in range(20_000)]
    numbers += [math.nextafter(number, 1e9) for number in numbers[-10_000:]] + [0.0, -0.0, -1e-12, 180.0, 90.0]
    expected = [round(number, digits) + 0.0 for number in numbers]
    found = rounded(np.array(numbers), digits).tolist()
    assert found == expected
    assert not any(math.copysign(1, value) < 0 for value in found if value == 0)


def test_blocks_come_as_blocks() -> None:
    """What these tests are about is the way in columns, not that of single verdicts."""
    found = answered().verdicts
    assert isinstance(found, Verdicts)
    assert all(isinstance(block, Block) for block in found.blocks)
