"""GeoJSON as RFC 7946 has it, and text sequences as RFC 8142 has them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import shapely

from weapons_ref import queries
from weapons_ref.catalog.loading import load_catalog
from weapons_ref.model import Place, PlaceResult, ReachResult, RingResult

Written = Callable[[Any, str], str]
Reached = Callable[..., ReachResult]
Row = Callable[..., Place]

#: Over the antimeridian, over a pole, at the zero meridian, past half the globe; with and without a hole.
CASES = [
    (-17.0, 179.9, 300e3, None),
    (89.0, 0.0, 500e3, 100e3),
    (-90.0, 0.0, 5500e3, None),
    (0.0, 0.0, 100e3, 1e3),
    (47.5, 34.6, 15000e3, 300e3),
    (10.0, -170.0, 19_900e3, None),
    (10.0, -170.0, 25_000e3, None),
]


def numbers(text: str) -> Iterator[Decimal]:
    def walk(value: Any) -> Iterator[Decimal]:
        if isinstance(value, Decimal):
            yield value
        elif isinstance(value, dict):
            for inner in value.values():
                yield from walk(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(inner)

    yield from walk(json.loads(text, parse_float=Decimal, parse_int=Decimal))


def polygons(feature: dict[str, Any]) -> list[list[list[list[float]]]]:
    shape = feature["geometry"]
    assert shape["type"] in ("Polygon", "MultiPolygon")
    parts: list[list[list[list[float]]]] = shape["coordinates"]
    return parts if shape["type"] == "MultiPolygon" else [shape["coordinates"]]


@pytest.mark.parametrize(("lat", "lon", "range_m", "minimum_m"), CASES)
def test_real_rings_follow_the_standard(
    lat: float, lon: float, range_m: float, minimum_m: float | None, written: Written
) -> None:
    """Closed, within bounds, the right-hand rule, at most seven decimals, and no minus zero."""
    place = Place(name="o", lat=lat, lon=lon, notation="decimal")
    result = queries.rings(origin=place, range_m=range_m, minimum_range_m=minimum_m, catalog=load_catalog())
    text = written(result, "geojson")
    assert "-0.0," not in text
    assert "-0.0]" not in text
    for feature in json.loads(text)["features"]:
        for part in polygons(feature):
            for number, line in enumerate(part):
                assert line[0] == line[-1]
                assert len(line) >= 4
                assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in line)
                assert shapely.LinearRing(line).is_ccw == (number == 0)
    coordinates = json.dumps([feature["geometry"] for feature in json.loads(text)["features"]])
    assert all(number == round(number, 7) for number in numbers(coordinates))


def test_a_feature_holds_what_json_holds(written: Written, ringed: RingResult, reached: Reached, row: Row) -> None:
    """The properties of a feature are the row of the other formats; points have longitude first."""
    for result in (ringed, reached(row("A", 1.0, 2.0, note="x"))):
        features = json.loads(written(result, "geojson"))["features"]
        rows = [json.loads(line) for line in written(result, "ndjson").splitlines()]
        for found in rows:
            found.pop("wkt", None)
        assert [feature["properties"] for feature in features] == rows
    (point,) = json.loads(written(reached(row("A", 1.0, 2.0)), "geojson"))["features"]
    assert point["geometry"] == {"type": "Point", "coordinates": [2.0, 1.0]}


def test_holes_and_parts_are_written(written: Written, ringed: RingResult) -> None:
    """A ring with a hole is a polygon of two lines, one cut at the antimeridian a multipolygon."""
    first, second = json.loads(written(ringed, "geojson"))["features"]
    assert (first["geometry"]["type"], len(first["geometry"]["coordinates"])) == ("Polygon", 2)
    assert (second["geometry"]["type"], len(second["geometry"]["coordinates"])) == ("MultiPolygon", 2)


def test_positions_have_at_most_seven_decimals(written: Written, reached: Reached) -> None:
    """A finer position than a centimetre is rounded, in geometry and properties alike."""
    place = Place(name="p", lat=1 / 3, lon=-2 / 3, notation="decimal")
    candidates = PlaceResult(text="p", candidates=(place,), notations=({"decimal": "x"},))
    for result in (reached(place), candidates):
        (feature,) = json.loads(written(result, "geojson"))["features"]
        assert feature["geometry"]["coordinates"] == [-0.6666667, 0.3333333]
        assert (feature["properties"]["lat"], feature["properties"]["lon"]) == (0.3333333, -0.6666667)


def test_an_empty_collection_is_one(written: Written, reached: Reached) -> None:
    """No result is still GeoJSON, and still a sequence."""
    collection = json.loads(written(reached(), "geojson"))
    assert (collection["type"], collection["features"]) == ("FeatureCollection", [])
    assert written(reached(), "geojsonseq") == ""


def test_a_collection_says_its_sources(written: Written, ringed: RingResult, reached: Reached, row: Row) -> None:
    """Whoever is handed the file has every source that its features name, and the credit that is due."""
    for result in (ringed, reached(row("a"))):
        collection = json.loads(written(result, "geojson"))
        cited = {key for feature in collection["features"] for key in feature["properties"]["sources"]}
        assert cited <= collection["sources"].keys()
        assert "GeoNames" in collection["credit"]


def test_a_sequence_parts_its_records(written: Written, ringed: RingResult, reached: Reached, row: Row) -> None:
    """U+001E before each feature, a line feed after it, and neither within, whatever a name holds."""
    for result in (ringed, reached(row("a\x1eb\nc"), row("d"))):
        text = written(result, "geojsonseq")
        before, *records = text.split("\x1e")
        assert before == ""
        assert len(records) == 2
        assert all(json.loads(record)["type"] == "Feature" for record in records)
        assert all(record.endswith("}\n") and record.count("\n") == 1 for record in records)
