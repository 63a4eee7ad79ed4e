"""Columns of any type become values that every format can show."""

from __future__ import annotations

import datetime
import json
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from weapons_ref.tables import records, values

DAY = datetime.datetime(2024, 5, 17, 1, 2, 3, 4)
NANOSECONDS = 1_715_907_723_000_000_007

CASES: dict[str, tuple[Any, Any]] = {
    "nanoseconds": (pa.array([NANOSECONDS, None], pa.timestamp("ns")), ["2024-05-17T01:02:03.000000007", None]),
    "microseconds": (pa.array([DAY], pa.timestamp("us")), ["2024-05-17T01:02:03.000004"]),
    "seconds": (pa.array([DAY], pa.timestamp("s")), ["2024-05-17T01:02:03"]),
    "a zone": (pa.array([NANOSECONDS], pa.timestamp("ns", "Europe/Kyiv")), ["2024-05-17T01:02:03.000000007Z"]),
    "an unknown zone": (pa.array([0], pa.timestamp("s", "Mars/Olympus")), ["1970-01-01T00:00:00Z"]),
    "a year past 9999": (pa.array([300_000_000_000], pa.timestamp("s")), ["11476-08-15T05:20:00"]),
    "a day": (pa.array([DAY.date(), None]), ["2024-05-17", None]),
    "a time": (pa.array([DAY.time()], pa.time64("us")), ["01:02:03.000004"]),
    "a duration": (pa.array([90_000_000_001, None], pa.duration("ns")), ["PT90.000000001S", None]),
    "a duration backwards": (pa.array([-1500], pa.duration("ms")), ["-PT1.5S"]),
    "a number": (pa.array([1.5, float("nan"), float("inf"), None]), [1.5, None, None, None]),
    "a dictionary": (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
    "a list": (pa.array([[1.0, float("nan")], None]), [[1.0, None], None]),
    "a structure": (pa.array([{"day": DAY.date(), "to": [DAY]}]), [{"day": "2024-05-17", "to": [DAY.isoformat()]}]),
    "nothing": (pa.nulls(2), [None, None]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values_are_plain(name: str) -> None:
    """And JSON takes them as they are."""
    column, expected = CASES[name]
    found = values(pa.chunked_array([column]), "x")
    assert found == expected
    assert json.loads(msgspec.json.encode(found)) == expected


def test_records_have_every_column() -> None:
    """A table without columns has rows all the same."""
    assert records(pa.table({"a": [1, 2], "b": ["x", None]})) == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
    assert records(pa.table({"a": [1, 2]}).select([])) == [{}, {}]
