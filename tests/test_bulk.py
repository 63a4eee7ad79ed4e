"""Places in columns are answered as single places are, whatever the question."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from weapons_ref import queries
from weapons_ref.model import Place, ReachResult
from weapons_ref.output import views
from weapons_ref.places.batches import Batch
from weapons_ref.places.columns import Columns
from weapons_ref.tables import records

Floats = npt.NDArray[np.float64]

KHERSON = "46.65581,32.6178"


class Question(NamedTuple):
    """What is asked of both."""

    systems: tuple[str, ...]
    options: dict[str, Any]


def around(lon: float, lat: float, count: int, degrees: float, seed: int) -> tuple[Floats, Floats]:
    """Points near a place, and some anywhere."""
    rng = np.random.default_rng(seed)
    lons = np.concatenate([lon + rng.uniform(-degrees, degrees, count), rng.uniform(-180, 180, count // 4)])
    lats = np.concatenate([lat + rng.uniform(-degrees, degrees, count), rng.uniform(-90, 90, count // 4)])
    lons[0], lats[0] = lon, lat
    return (lons + 180) % 360 - 180, np.clip(lats, -90, 90)


def table(count: int) -> pa.Table:
    """What a file may say of its places beside where they are."""
    return pa.table(
        {
            "id": [f"b{row}" for row in range(count)],
            "name": [None if row % 3 else f"House {row}" for row in range(count)],
            "lat": [str(row) for row in range(count)],
            "height": [row / 7 if row % 5 else None for row in range(count)],
        }
    )


def in_columns(lon: Floats, lat: Floats, size: int) -> Iterator[Batch]:
    """The places in batches of columns, as a reader gives them."""
    own = table(len(lon))
    for start in range(0, len(lon), size):
        rows = slice(start, start + size)
        piece = own.slice(start, size)
        places = Columns(lon[rows], lat[rows], None, start + 1, piece.take, ("name",))
        yield Batch(places, [], len(places), 0, 0, 0)


def one_by_one(lon: Floats, lat: Floats) -> Iterator[Batch]:
    """The same places as values."""
    places = [
        Place(name=columns["name"] or str(number), lat=y + 0.0, lon=x + 0.0, notation="file", columns=columns)
        for number, (x, y, columns) in enumerate(
            zip(lon.tolist(), lat.tolist(), records(table(len(lon))), strict=True), 1
        )
    ]
    yield Batch(places, [], len(places), 0, 0, 0)


def asked(question: Question, locations: Iterator[Batch]) -> ReachResult:
    return queries.reach(*question.systems, locations=locations, stream=True, **question.options)


def three() -> list[str]:
    return [KHERSON, "46.9,32.9", "45.0,33.0"]


def crowd() -> list[str]:
    rng = np.random.default_rng(3)
    return [f"{lat},{lon}" for lat, lon in zip(rng.uniform(44, 49, 40), rng.uniform(29, 36, 40), strict=True)]


QUESTIONS = {
    "a range": Question((), {"origin": KHERSON, "range_m": 300e3}),
    "a ring": Question((), {"origin": KHERSON, "range_m": 300e3, "minimum_range_m": 70e3}),
    "a ring, all": Question((), {"origin": KHERSON, "range_m": 300e3, "minimum_range_m": 70e3, "show_all": True}),
    "half the globe": Question((), {"origin": "89.9999,10", "range_m": 15e6, "show_all": True}),
    "several systems": Question(("himars",), {"origin": KHERSON}),
    "several systems, all": Question(("himars",), {"origin": KHERSON, "show_all": True}),
    "one basis": Question(("atacms",), {"origin": KHERSON, "basis": "low"}),
    "three origins": Question(("himars",), {"origin": three()}),
    "three origins and a minimum": Question((), {"origin": three(), "range_m": 90e3, "minimum_range_m": 40e3}),
    "three origins, all": Question((), {"origin": three(), "range_m": 90e3, "minimum_range_m": 40e3, "show_all": True}),
    "many origins": Question(("gmlrs", "atacms"), {"origin": crowd()}),
    "many origins and a minimum": Question((), {"origin": crowd(), "range_m": 60e3, "minimum_range_m": 20e3}),
    "a row a place": Question(("himars",), {"origin": three(), "by_place": True}),
    "distances within": Question(("himars",), {"origin": KHERSON, "show_all": True, "distances": "within"}),
    "no distances": Question(("himars",), {"origin": KHERSON, "show_all": True, "distances": "none"}),
    "no distances, three origins": Question(("gmlrs",), {"origin": three(), "distances": "none", "show_all": True}),
    "a sector": Question(("atacms",), {"origin": KHERSON, "sector": (300, 60)}),
    "a wide origin": Question(("atacms",), {"origin": KHERSON, "uncertainty_m": 5e3}),
}  # fmt: skip


@pytest.mark.parametrize("name", QUESTIONS)
def test_columns_are_answered_as_single_places_are(name: str) -> None:
    """Every row and every count is the same, and so is what Python is given."""
    question = QUESTIONS[name]
    lon, lat = around(32.6178, 46.65581, 700, 4.5, seed=len(name))
    single, bulk = asked(question, one_by_one(lon, lat)), asked(question, in_columns(lon, lat, 256))
    expected, found = list(views.rows(single)), list(views.rows(bulk))
    assert found == expected
    assert bulk.counts == single.counts
    assert sum(bulk.counts.values()) == len(lon) * len(bulk.ranges)
    assert any(row.get("verdict", "within") == "within" for row in found)


def test_verdicts_from_columns_are_values() -> None:
    """A script that goes through the verdicts sees the same objects either way."""
    lon, lat = around(32.6178, 46.65581, 300, 3, seed=5)
    question = QUESTIONS["several systems"]
    assert list(asked(question, in_columns(lon, lat, 100)).verdicts) == list(
        asked(question, one_by_one(lon, lat)).verdicts
    )


def test_batches_may_be_of_any_size() -> None:
    """Rows come out the same however they were cut."""
    lon, lat = around(32.6178, 46.65581, 500, 3, seed=6)
    question = QUESTIONS["three origins"]
    cut = [list(views.rows(asked(question, in_columns(lon, lat, size)))) for size in (1, 97, 4096)]
    assert cut[0] == cut[1] == cut[2]
