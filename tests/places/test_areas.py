"""What is promised of files to start from: all of a file is one area, or each of its points an origin."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyproj
import pytest

from weapons_ref import reach
from weapons_ref.errors import FileError, WeaponsRefError
from weapons_ref.model import Area, Place
from weapons_ref.places.areas import read_area, read_origins

Write = Callable[..., Path]

WGS84 = pyproj.Geod(ellps="WGS84")

POINT = {"type": "Point", "coordinates": [32.6, 46.6]}
LINE = {"type": "LineString", "coordinates": [[30.0, 46.0], [31.0, 47.0]]}
SQUARE = {"type": "Polygon", "coordinates": [[[20, 40], [21, 40], [21, 41], [20, 41], [20, 40]]]}
GEOMETRIES = [
    POINT,
    LINE,
    SQUARE,
    {"type": "MultiPoint", "coordinates": [[1.0, 2.0], [3.0, 4.0]]},
    {"type": "MultiLineString", "coordinates": [LINE["coordinates"], [[1.0, 2.0], [3.0, 4.0]]]},
    {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]},
    {"type": "GeometryCollection", "geometries": [POINT, {"type": "GeometryCollection", "geometries": [LINE, SQUARE]}]},
]


def feature(geometry: Any, **members: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": None, "geometry": geometry, **members}


def collection(*geometries: Any, **members: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", **members, "features": [feature(geometry) for geometry in geometries]}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of this content: text, bytes, or an object as JSON."""

    def writer(content: str | bytes | dict[str, Any], name: str = "area.geojson") -> Path:
        if isinstance(content, dict):
            content = json.dumps(content)
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return writer


def error(question: Callable[[Path], Any], path: Path) -> str:
    with pytest.raises(FileError) as caught:
        question(path)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


def vertices(area: Area) -> list[list[float]]:
    """Return the positions of an area in their order, two numbers each."""
    found: list[list[float]] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            walk(value.get("geometries"))
            walk(value.get("coordinates"))
        elif isinstance(value, list) and value and isinstance(value[0], int | float):
            found.append(value[:2])
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(area.geometry)
    return found


# --- One area --------------------------------------------------------------------------------------


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=lambda geometry: geometry["type"])
@pytest.mark.parametrize("wrap", [lambda g: g, feature, collection], ids=["bare", "feature", "collection"])
def test_every_type_of_geometry_is_an_area(geometry: dict[str, Any], wrap: Any, write: Write) -> None:
    """As a geometry, a feature or a collection; named after its file, with nothing to note."""
    path = write(wrap(geometry))
    area = read_area(path)
    assert area == Area(name=str(path), geometry=geometry)
    (verdict,) = reach(range_m=1000.0, origin=area, to="0,0").verdicts
    assert verdict.verdict == "beyond"


def test_all_features_are_one_area(write: Write) -> None:
    """In the order of the file; the nearest of them counts."""
    area = read_area(write(collection(POINT, LINE, SQUARE)))
    assert vertices(area) == [POINT["coordinates"], *LINE["coordinates"], *SQUARE["coordinates"][0]]
    for lon, lat, nearest in ((32.7, 46.6, (32.6, 46.6)), (29.9, 45.9, (30.0, 46.0)), (19.9, 39.9, (20.0, 40.0))):
        (verdict,) = reach(range_m=1e6, origin=area, to=Place(name="x", lat=lat, lon=lon)).verdicts
        assert (verdict.nearest_lon, verdict.nearest_lat) == pytest.approx(nearest, abs=1e-7)
        assert verdict.distance_m == pytest.approx(WGS84.inv(lon, lat, *nearest)[2], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.geojsonl", ""), ("a.ndjson", ""), ("a.geojson", ""), ("a.geojsons", "\x1e"), ("a.txt", "\x1e")],
)
def test_text_sequences_are_read(name: str, start: str, write: Write) -> None:
    """One feature a line, or behind record separators (RFC 8142), whatever the file's name."""
    text = "".join(f"{start}{json.dumps(feature(geometry))}\n" for geometry in (POINT, LINE))
    assert vertices(read_area(write(text, name))) == [POINT["coordinates"], *LINE["coordinates"]]


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a file named -."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(LINE).encode())))
    assert read_area("-") == Area(name="standard input", geometry=LINE)


def test_a_path_is_taken_as_it_is(write: Write, tmp_path: Path) -> None:
    """Through links and upwards, as the system reads it; the name is tidy."""
    (tmp_path / "far" / "away").mkdir(parents=True)
    write(LINE, "far/area.geojson")
    write(POINT)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "away")
    assert read_area(f"{tmp_path}/link/../area.geojson").geometry == LINE
    area = read_area(f"{tmp_path}/far/.././area.geojson")
    assert (area.name, area.geometry) == (f"{tmp_path}/area.geojson", POINT)


def test_a_mark_and_white_space_are_no_trouble(write: Write) -> None:
    """A byte order mark before, an empty line after."""
    assert read_area(write("\ufeff\n " + json.dumps(LINE) + "\n\n", "area")).geometry == LINE


def test_what_is_left_out_is_counted(write: Write) -> None:
    """Features without geometry, heights, and longitudes past 180; each once, with its number."""
    path = write(
        collection(
            None,
            {"type": "MultiPoint", "coordinates": []},
            {"type": "GeometryCollection", "geometries": []},
            {"type": "LineString", "coordinates": [[179, 10, 5], [181, 11, 6], [182, 12]]},
            {"type": "Polygon", "coordinates": [[[190, 1], [191, 1], [191, 2], [190, 1]]]},
        )
    )
    area = read_area(path)
    assert area.notes == (
        "features without geometry, left out: 3",
        "heights, ignored: 2",
        "longitudes beyond 180, turned back by 360 degrees: 6",
    )
    (verdict,) = reach(range_m=1000.0, origin=area, to="12,-178").verdicts
    assert verdict.distance_m == pytest.approx(0, abs=1e-6)


def test_a_thousand_heights_are_told_with_a_comma(write: Write) -> None:
    """As all counts are."""
    path = write({"type": "LineString", "coordinates": [[n / 1000, 1, 0] for n in range(1500)]})
    assert read_area(path).notes == ("heights, ignored: 1,500",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        (b"\xff\xfe\x00", "UTF-16"),
        (b'{"type":"Point","coordinates":[1,2],"x":"\xff"}', "not UTF-8"),
        ("lat,lon\n1,2\n", "malformed JSON"),
        ('{"type":"Point","coordinates":[1,2]', "cut short"),
        ('{"type":"Point","coordinates":[NaN,1]}', "malformed JSON"),
        ('{"type":"Point","coordinates":[1,2],"type":"Point"}', "twice"),
        ('{"type":"Point","coordinates":[1e400,1]}', "out of range"),
        ("[1,2]", "not a JSON object"),
        ("[" * 100_000, "not a JSON object"),
        ('{"type":"Polygon","coordinates":' + "[" * 100_000, "nested too deeply"),
        ('{"type":"Polygon","coordinates":' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ({}, "no type"),
        ({"type": "Topology"}, "'Topology'"),
        ({"type": "FeatureCollection"}, "not an array"),
        ({"type": "FeatureCollection", "features": []}, "holds no geometry"),
        ({"type": "FeatureCollection", "features": [3]}, "(row 1)"),
        ({"type": "FeatureCollection", "features": [feature(LINE), LINE]}, "its type is 'LineString' (row 2)"),
        (collection(None), "holds no geometry"),
        (collection(POINT, [1, 2]), "its geometry is not an object (row 2)"),
        (collection(POINT, crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32636"}}), "EPSG::32636"),
        (feature(POINT, crs={"type": "name", "properties": {"name": "EPSG:3857"}}), "EPSG:3857"),
        (feature({**POINT, "crs": {"type": "link"}}), "another reference system"),
        (collection({"type": "LineString", "coordinates": [[412345.1, 5123456.2], [4e5, 5.2e6]]}), "looks projected"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_is_no_area_is_refused(content: Any, said: str, write: Write) -> None:
    """In one line that names the file and says what is wrong in it, and where."""
    assert said in error(read_area, write(content))


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "LineString"},
        {"type": "LineString", "coordinates": "abc"},
        {"type": "LineString", "coordinates": [["30", "46"], ["31", "47"]]},
        {"type": "LineString", "coordinates": [[1, 2]]},
        {"type": "Polygon", "coordinates": [[]]},
        {"type": "Polygon", "coordinates": [[[20, 40], [21, 40], [21, 41], [20, 41]]]},
        {"type": "Point", "coordinates": [1]},
        {"type": "Point", "coordinates": [1, True]},
        {"type": "Point", "coordinates": {"x": 1}},
        {"type": "MultiPoint", "coordinates": [[412345.1, 5123456.2], [3, 4]]},
    ],
)
def test_a_geometry_that_makes_no_sense_is_refused(geometry: dict[str, Any], write: Write) -> None:
    """At the latest when something is asked from it; never called projected when it is only malformed."""
    path = write(feature(geometry))
    with pytest.raises(WeaponsRefError) as caught:
        reach(range_m=1000.0, origin=read_area(path), to="0,0")
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert "projected" not in message


@pytest.mark.parametrize(("question", "why"), [(read_area, "is a directory"), (read_origins, "without any file")])
def test_what_is_no_file_is_refused(question: Callable[[Any], Any], why: str, tmp_path: Path) -> None:
    """Nothing is fetched; of a folder, areas are not read, and origins are those of the files in it."""
    assert why in error(question, tmp_path)
    assert "cannot be opened" in error(question, tmp_path / "gone.geojson")
    with pytest.raises(FileError, match=r"^https://example\.org/a\.geojson: is a URL"):
        question("https://example.org/a.geojson")


def test_a_table_is_no_area(write: Write) -> None:
    """It has no edges; the message says what does."""
    message = error(read_area, write("lat,lon\n1,2\n3,4\n", "points.csv"))
    assert message.endswith("points.csv: is not GeoJSON, which lines and polygons are read from")


# --- Many origins ----------------------------------------------------------------------------------


def test_every_row_of_a_file_is_an_origin(write: Write) -> None:
    """Of a table or GeoJSON; in order, by name, else by its number."""
    table = write("name,lat,lon\nA,1,2\n,3,4\nC,5,6\n", "o.csv")
    points = [(2.0, 1.0), (4.0, 3.0), (6.0, 5.0)]
    shapes = write(collection(*({"type": "Point", "coordinates": list(point)} for point in points)))
    for path, names in ((table, ["A", "2", "C"]), (shapes, ["1", "2", "3"])):
        found = read_origins(path)
        assert [(place.lon, place.lat) for place in found] == points
        assert [place.name for place in found] == names


def test_a_thousand_origins_are_ordinary(write: Write) -> None:
    """All of them count, and the nearest is named."""
    rows = [f"at {n},{n / 100:.2f},{n / 50:.2f}" for n in range(1, 2001)]
    found = read_origins(write("name,lat,lon\n" + "\n".join(rows) + "\n", "o.csv"))
    assert len(found) == 2000
    (verdict,) = reach(range_m=1e5, origin=found, to="12.341,24.681").verdicts
    assert verdict.origin.name == "at 1234"


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("name,lat,lon\nA,1,2\nB,95,3\n", "o.csv", "o.csv, row 2: latitude 95.0 is outside -90 to 90"),
        ("name,lat,lon\nA,1,2\nB,,3\n", "o.csv", "o.csv, row 2: "),
        ("name,lat,lon\n", "o.csv", "o.csv: holds no point"),
        ("lat,lon\n412345.1,5123456.2\n", "o.csv", "projected"),
        (json.dumps(collection(POINT, LINE)), "o.geojson", "is not a point; --from-area takes lines and polygons"),
        (json.dumps(collection(POINT, SQUARE)), "o.geojson", "'2' is not a point"),
        (json.dumps(collection(POINT, None)), "o.geojson", "row 2: its geometry is null; every row must be an origin"),
        (json.dumps(collection()), "o.geojson", "holds no point"),
    ],
)
def test_a_file_with_a_row_that_is_no_origin_is_refused(content: str, name: str, said: str, write: Write) -> None:
    """An answer from the others would look like one from all."""
    assert said in error(read_origins, write(content, name))
