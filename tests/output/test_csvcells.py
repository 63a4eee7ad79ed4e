"""CSV written in columns is that written row by row, whatever a file's own columns hold."""

from __future__ import annotations

import datetime
import io
import random
import struct
from collections.abc import Sequence
from decimal import Decimal

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from weapons_ref import queries
from weapons_ref.blocks import Block, Verdicts
from weapons_ref.model import ReachResult
from weapons_ref.output import csvcells, write
from weapons_ref.output.csv import cell
from weapons_ref.places.batches import Batch
from weapons_ref.places.columns import Columns

DRAW = random.Random(5)
NASTY = [
    "",
    " ",
    "a,b",
    'say "x"',
    "two\nlines",
    "cr\rcr",
    "=1+1",
    "+1",
    "-1",
    "-x",
    "@a",
    "\ttab",
    "'",
    "é",
    "赫尔松",
    "-",
    "+-1",
    "1e5",
    "=",
    '"',
    "\r",
    "\n",
    "a\u2028b",
    "NA",
    None,
]
DOUBLES = [
    0.0,
    -0.0,
    1.0,
    -5.0,
    1e-5,
    9.9e-5,
    1e-4,
    0.00012,
    1e9,
    999999999.5,
    1e10,
    1e15,
    1e16,
    1e22,
    5e-324,
    float("nan"),
    float("inf"),
    None,
]
COUNT = 4000


def draw(options: Sequence[object]) -> list[object]:
    return [DRAW.choice(options) for _ in range(COUNT)]


OWN = pa.table(
    {
        "id": draw(NASTY),
        "text": pa.array(draw(NASTY), type=pa.large_string()),
        "kind": pa.array(draw(NASTY)).dictionary_encode(),
        "verdict": draw(["mine", 'your"s']),
        "double": pa.array(draw(DOUBLES), type=pa.float64()),
        "bits": [struct.unpack("<d", struct.pack("<Q", DRAW.getrandbits(64)))[0] for _ in range(COUNT)],
        "rounded": [round(DRAW.uniform(-2e4, 2e4), DRAW.randrange(8)) for _ in range(COUNT)],
        "float": pa.array([DRAW.uniform(-1e3, 1e3) for _ in range(COUNT)], type=pa.float32()),
        "whole": pa.array(draw([1, -1, 2**62, None]), type=pa.int64()),
        "flag": draw([True, False, None]),
        "day": draw([datetime.date(2024, 5, 17), None]),
        "time": draw([datetime.datetime(2024, 5, 17, 1, 2, 3, 4), None]),
        "price": pa.array(draw([Decimal("1.10"), None]), type=pa.decimal128(5, 2)),
        "tags": draw([["a", "b"], [], ["x,y"], None]),
        "nested": draw([{"a": 1, "b": None}, None]),
        "bytes": draw([b"\x00\xff", None]),
        "nothing": pa.nulls(COUNT),
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def block() -> Block:
    """Verdicts on places of which a file says all this."""
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(30, 35, COUNT), rng.uniform(44, 49, COUNT)
    places = Columns(lon, lat, None, 1, OWN.take, ("id",))
    result = queries.reach(
        "gmlrs", "atacms", origin=["46.65581,32.6178", "46,33"], locations=[Batch(places, [], COUNT, 0, 0, 0)],
        show_all=True, distances="within", stream=True,
    )  # fmt: skip
    assert isinstance(result.verdicts, Verdicts)
    (found,) = result.verdicts.blocks
    assert isinstance(found, Block)
    return found


def text(block: Block, *, single: bool) -> str:
    """The block as CSV: as it is, or as single verdicts."""
    result = queries.reach("gmlrs", "atacms", origin="0,0", to="0,0")
    assert isinstance(result, ReachResult)
    verdicts = Verdicts(iter([list(block) if single else block]))
    stream = io.StringIO(newline="")
    write(msgspec.structs.replace(result, verdicts=verdicts), "csv", stream)
    return stream.getvalue()


def test_columns_are_written_as_rows_are(block: Block) -> None:
    """To the last byte: quotes, formulas, numbers of every size, dates, lists and nothing at all."""
    expected, found = text(block, single=True), text(block, single=False)
    assert found.count("\n") >= 2 * COUNT
    # The first difference by itself, rather than two texts of a megabyte.
    different = [pair for pair in zip(found.split("\n"), expected.split("\n"), strict=True) if pair[0] != pair[1]]
    assert different[:1] == []
    assert found == expected


def test_a_batch_without_rows_is_nothing(block: Block) -> None:
    """Not a byte, wherever it stands; nor what Arrow keeps behind its text."""
    columns = csvcells.cells(block, cell)
    assert csvcells.lines(list(columns.values()), len(block)).endswith("\n")
    none = [column.slice(0, 0) for column in columns.values()]
    assert csvcells.lines(none, 0) == ""
    assert csvcells.lines([pa.array(["a"]), None], 1) == "a,\n"
