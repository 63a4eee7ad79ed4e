"""Answers from areas, uncertain points and by margin, in every format: nothing lost, nothing that is no number."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
import shapely

from weapons_ref.model import (
    Area,
    DistanceResult,
    Origin,
    Place,
    Query,
    RangeInterval,
    ReachResult,
    Reading,
    Ring,
    RingResult,
    Verdict,
)
from weapons_ref.output import BINARY, FORMATS

Written = Callable[[Any, str], str]
TEXT = [name for name in FORMATS if name not in BINARY | {"svg"}]  # bytes and pictures have tests of their own

RANGE = RangeInterval(system="rocket", name="Rocket", low_m=100e3, high_m=100e3)
LAND = Area(
    name="Land",
    geometry={"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
    credit="Borders: Somebody",
    notes=("the line is Somebody's", "some islands are left out"),
)
SEA = Area(name="Sea", geometry={"type": "Point", "coordinates": [5, 5]}, credit="Borders: Somebody")
ORIGINS = {
    "area": Origin(name="Land", area=LAND, reading="anywhere"),
    "disk": Origin(name="Home", lat=1.0, lon=2.0, uncertainty_m=5000.0, reading="somewhere"),
    "point": Origin(name="Post", lat=3.0, lon=4.0),
}
WIDE: dict[str, dict[str, Any]] = {
    "area": {"nearest_m": 12_345.6, "farthest_m": None, "nearest_lat": 1 / 3, "nearest_lon": -2 / 3},
    "disk": {"nearest_m": 7_345.6, "farthest_m": 17_345.6},
    "point": {},
}
COLUMNS = ["nearest_km", "farthest_km", "nearest_lat", "nearest_lon"]


def reached(*kinds: str, by_margin: bool = False, counted: bool = True, **changes: Any) -> ReachResult:
    """Return an answer with a verdict from each kind of origin."""
    verdicts = tuple(
        Verdict(
            place=Place(name=f"to {kind}", lat=1.0, lon=2.0, notation="decimal"),
            origin=ORIGINS[kind],
            distance_m=12_345.6,
            azimuth_deg=90.0,
            range=RANGE,
            margin_m=87_654.4,
            verdict="within",
            reason="from at least one point of the origin within the range given",
            **{**WIDE[kind], **changes},
        )
        for kind in kinds
    )
    return ReachResult(
        query=Query(systems=("rocket",), origins=tuple(ORIGINS[kind] for kind in kinds), sector=(330.0, 30.0)),
        ranges=(RANGE,),
        unranged=(),
        verdicts=verdicts if counted else (),
        counts={"within": len(verdicts), "disputed": 0, "inside-minimum": 0, "beyond": 0, "rejected": 0},
        sources={},
        by_margin=by_margin,
    )


def measured(*areas: Area) -> DistanceResult:
    start = Place(name="Land", lat=1.0, lon=179.0, notation="area")
    return DistanceResult(
        start=start,
        end=Place(name="There", lat=2.0, lon=-178.0, notation="decimal"),
        distance_m=350_000.0,
        azimuth_deg=70.0,
        back_azimuth_deg=250.0,
        farthest_m=400_000.0,
        areas=areas,
    )


def ringed(kind: str, dissolve: bool = False) -> RingResult:
    origin = Origin(name="Land; Home") if dissolve else ORIGINS[kind]
    ring = Ring(
        range=RANGE, origin=origin, role="within", geometry=shapely.MultiPolygon([shapely.box(0, 0, 1, 1)]),
        max_edge_error_m=10.0, covers_globe=False,
    )  # fmt: skip
    query = Query(systems=("rocket",), origins=(ORIGINS[kind], ORIGINS["point"]), dissolve=dissolve)
    return RingResult(query=query, ranges=(RANGE,), unranged=(), rings=(ring,), sources={})


def strict(text: str) -> Any:
    def refuse(token: str) -> None:
        raise AssertionError(token)

    return json.loads(text, parse_constant=refuse)


def read(text: str, name: str) -> list[dict[str, Any]]:
    """Return the rows of an answer, whatever its format."""
    if name == "csv":
        return list(csv.DictReader(io.StringIO(text)))
    if name == "kml":
        placemarks = ElementTree.fromstring(text).findall(".//{*}Placemark")
        return [{one.attrib["name"]: one[0].text or "" for one in mark.findall(".//{*}Data")} for mark in placemarks]
    if name in ("geojson", "geojsonseq"):
        features = strict(text)["features"] if name == "geojson" else [strict(t) for t in text.split("\x1e")[1:]]
        return [feature["properties"] for feature in features]
    rows = strict(text)["results"] if name == "json" else [strict(line) for line in text.splitlines()]
    assert isinstance(rows, list)
    return rows


@pytest.mark.parametrize("name", [name for name in TEXT if name != "table"])
def test_every_format_tells_the_nearest_point(name: str, written: Written) -> None:
    """Nearest and farthest distance in km, and the point; null, or empty, of an origin that has none."""
    area, disk, point = read(written(reached("area", "disk", "point"), name), name)
    none = "" if name in ("csv", "kml") else None

    def told(row: dict[str, Any]) -> list[Any]:
        return [float(row[key]) if row[key] not in ("", None) else none for key in COLUMNS]

    assert told(area) == [12.3456, none, 0.3333333, -0.6666667]
    assert told(disk) == [7.3456, 17.3456, none, none]
    assert told(point) == [none] * 4
    assert [row["origin"] for row in (area, disk, point)] == ["Land", "Home", "Post"]


@pytest.mark.parametrize("kinds", [("area",), ("disk", "point"), ("point",)])
def test_the_header_is_the_same_for_an_empty_answer(kinds: tuple[str, ...], written: Written) -> None:
    """The columns of a wide origin are there exactly if one of the origins asked about is wide."""
    # A typed place has three columns more, of which only the gazetteer is known to have some.
    full, empty = (written(reached(*kinds, counted=some), "csv").splitlines()[0].split(",") for some in (True, False))
    assert full == [*empty, "region", "country", "population"]
    assert all((column in full) == (kinds != ("point",)) for column in COLUMNS)
    for kind, dissolve in (("area", False), ("disk", True)):
        result = ringed(kind, dissolve)
        nothing = msgspec.structs.replace(result, rings=())
        assert written(result, "csv").splitlines()[0] == written(nothing, "csv").splitlines()[0]


@pytest.mark.parametrize("name", ["json", "ndjson", "geojson", "geojsonseq"])
@pytest.mark.parametrize("bad", [math.nan, math.inf, None])
def test_what_is_no_number_is_null(name: str, bad: float | None, written: Written) -> None:
    """A distance that was not measured, a margin and an azimuth that there are not."""
    result = reached("area", "disk", nearest_m=12_345.6, farthest_m=bad, nearest_lat=None, nearest_lon=None)
    result.verdicts = tuple(
        msgspec.structs.replace(verdict, margin_m=None, azimuth_deg=None) for verdict in result.verdicts
    )
    for row in read(written(result, name), name):
        assert [row[key] for key in ("farthest_km", "margin_km", "azimuth_deg")] == [None] * 3


def test_areas_are_described_with_the_question(written: Written) -> None:
    """How wide an origin is and how it is read; an area has no position of its own."""
    document = strict(written(reached("area", "disk", "point"), "json"))
    assert document["query"]["origins"] == [
        {"name": "Land", "lat": None, "lon": None, "uncertainty_km": None, "reading": "anywhere"},
        {"name": "Home", "lat": 1.0, "lon": 2.0, "uncertainty_km": 5.0, "reading": "somewhere"},
        {"name": "Post", "lat": 3.0, "lon": 4.0},
    ]
    assert document["query"]["sector_deg"] == [330.0, 30.0]


@pytest.mark.parametrize("name", ["json", "geojson"])
def test_notes_and_credits_of_areas_go_with_the_answer(name: str, written: Written) -> None:
    """Each once, whoever is handed the file; those of rings and distances too."""
    results = [reached("area"), ringed("area"), measured(LAND, SEA), ringed("area", dissolve=True)]
    for result in results:
        document = strict(written(result, name))
        assert document["notes"] == [f"Land: {note}" for note in LAND.notes]
        assert document["credit"] == "Borders: Somebody"
    for result in (reached("point"), measured()):
        document = strict(written(result, name))
        assert "notes" not in document
        assert "credit" not in document


@pytest.mark.parametrize(("kind", "extent"), [("area", [None, "anywhere"]), ("disk", [5.0, "somewhere"])])
def test_a_ring_tells_how_wide_its_origin_is(kind: str, extent: list[Any], written: Written) -> None:
    """As properties of the feature; the rings of points beside it have the same keys."""
    (feature,) = strict(written(ringed(kind), "geojson"))["features"]
    assert [feature["properties"][key] for key in ("uncertainty_km", "reading")] == extent
    assert feature["geometry"]["type"] == "Polygon"
    (row,) = read(written(ringed(kind), "csv"), "csv")
    assert row.keys() == {*feature["properties"], "wkt"}


def test_a_dissolved_ring_has_no_one_position(written: Written) -> None:
    """It names its origins."""
    (row,) = read(written(ringed("area", dissolve=True), "ndjson"), "ndjson")
    assert (row["origin"], row["origin_lat"], row["origin_lon"]) == ("Land; Home", None, None)
    assert strict(written(ringed("area", dissolve=True), "json"))["query"]["dissolve"] is True


@pytest.mark.parametrize("name", [name for name in TEXT if name != "table"])
def test_a_distance_from_an_area_is_told_in_every_format(name: str, written: Written) -> None:
    """With the farthest point's distance; a distance between places has no such column."""
    for result, has in ((measured(LAND), True), (msgspec.structs.replace(measured(), farthest_m=None), False)):
        text = written(result, name)
        row = strict(text) if name == "json" else read(text, name)[0]
        assert ("farthest_km" in row) == has
        assert float(row["distance_km"]) == 350.0
    if name == "geojson":
        (feature,) = strict(text)["features"]
        assert feature["geometry"]["type"] == "MultiLineString"


@pytest.mark.parametrize(
    ("kind", "reading", "line"),
    [
        ("area", "anywhere", "From anywhere in Land"),
        ("area", "somewhere", "From somewhere in Land"),
        ("area", "everywhere", "From every point of Land"),
        ("disk", "anywhere", "From anywhere within 5.0 km of Home (1.0, 2.0)"),
        ("disk", "somewhere", "From somewhere within 5.0 km of Home (1.0, 2.0)"),
        ("disk", "everywhere", "From every point within 5.0 km of Home (1.0, 2.0)"),
        ("point", None, "From Post (3.0, 4.0)"),
    ],
)
def test_a_table_says_how_its_origin_is_read(kind: str, reading: Reading | None, line: str, written: Written) -> None:
    """In its first line."""
    origin = msgspec.structs.replace(ORIGINS[kind], reading=reading)
    result = reached(kind)
    result = msgspec.structs.replace(result, query=msgspec.structs.replace(result.query, origins=(origin,)))
    assert written(result, "table").splitlines()[0] == line


def test_a_table_of_many_origins_is_short(written: Written) -> None:
    """Some are named, and all counted."""
    origins = tuple(Origin(name=f"o{number}", lat=0.0, lon=float(number % 90)) for number in range(1200))
    result = reached("point")
    result = msgspec.structs.replace(result, query=Query(origins=origins))
    first, *rest = written(result, "table").splitlines()
    assert first == "From 1,200 origins: o0; o1; o2 and so on"
    assert len(rest) < 30


def test_a_table_has_the_nearest_point_and_the_credit(written: Written) -> None:
    """To some decimals that make a metre; the farthest distance only where it counts."""
    text = written(reached("area", "disk"), "table")
    assert "0.33333, -0.66667" in text
    assert "17.3 km" in text
    assert "Only azimuths from 330° clockwise to 30° count" in text
    assert text.endswith("\nLand: the line is Somebody's\nLand: some islands are left out\nBorders: Somebody\n")
    assert "farthest" not in written(reached("area"), "table")
    assert "nearest point" not in written(reached("disk"), "table")
    assert "the nearest point of Land" in written(measured(LAND), "table")
    assert "farthest point 400.000 km" in written(measured(LAND), "table")


def test_a_table_by_margin_has_a_row_per_system(written: Written) -> None:
    """Under the place and its distance; who disputes it stands below."""
    result = reached("area", by_margin=True)
    (verdict,) = result.verdicts
    other = msgspec.structs.replace(RANGE, system="shell", name="Shell", high_m=150e3)
    disputed = msgspec.structs.replace(verdict, range=other, verdict="disputed", reason="who knows", margin_m=-0.0)
    lines = written(msgspec.structs.replace(result, verdicts=(verdict, disputed)), "table").splitlines()
    assert "To to area, 12.3 km from 0.33333, -0.66667, azimuth 90.0°" in lines
    rocket, shell = (next(line for line in lines if line.startswith(key)) for key in ("rocket", "shell"))
    assert lines.index(rocket) < lines.index(shell)
    assert "within" in rocket
    assert "disputed" in shell
    assert "shell, disputed: who knows" in lines
    assert not any("rocket, within" in line for line in lines)


@pytest.mark.parametrize("name", TEXT)
def test_notes_and_credits_are_told_once(name: str, written: Written) -> None:
    """However often an area is asked from, or two areas share them."""
    result = reached("area", "area")
    text = written(result, name)
    assert text.count("some islands are left out") == (name in ("table", "json", "geojson", "kml"))
    assert text.count("Borders: Somebody") == (name in ("table", "json", "geojson", "kml"))


@pytest.mark.parametrize("name", TEXT)
def test_a_name_of_an_area_cannot_take_over_the_terminal(name: str, written: Written) -> None:
    """Nor can its notes, which are written into files as data alone."""
    evil = msgspec.structs.replace(LAND, name="\x1b[31mred\u202e", notes=("\x1b[0m",))
    result = reached("area", by_margin=True)
    origin = Origin(name=evil.name, area=evil, reading="anywhere")
    result = msgspec.structs.replace(result, query=msgspec.structs.replace(result.query, origins=(origin,)))
    place = msgspec.structs.replace(measured().start, name=evil.name)
    for one in (result, msgspec.structs.replace(measured(evil), start=place)):
        text = written(one, name)
        if name in ("table", "json", "geojson", "ndjson", "kml"):
            assert "\x1b" not in text
