"""GeoPackages that other programs open, that QGIS draws in their own style, and that lose nothing."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas
import msgspec
import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely

from weapons_ref import queries
from weapons_ref.blocks import Verdicts
from weapons_ref.errors import FileError
from weapons_ref.model import VERDICTS, DistanceResult, Place, ReachResult, RingResult, Source, Verdict
from weapons_ref.output import open_output, parts, views, write
from weapons_ref.places.batches import Batch
from weapons_ref.places.columns import Columns

Reached = Callable[..., ReachResult]
Row = Callable[..., Place]

KEYS = {"first-paper-2020", "second-paper-2021"}


def saved(result: Any, path: Path) -> Path:
    with open_output(str(path), binary=True) as stream:
        write(result, "gpkg", stream)
    return path


def asked(path: Path, question: str) -> list[tuple[Any, ...]]:
    """What SQLite answers."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        return database.execute(question).fetchall()


def frame(path: Path, layer: str) -> Any:
    return geopandas.read_file(path, layer=layer, engine="pyogrio")


def batches(count: int, size: int) -> Iterator[Batch]:
    """Places round Kherson in columns, with a file's own columns of many types."""
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(30, 35, count), rng.uniform(45, 48, count)
    own = pa.table(
        {
            "name": pa.array([f"House {row}" for row in range(count)]),
            "lat": pa.array(range(count), type=pa.int32()),
            "floor": pa.array([None] * count, type=pa.int8()),
            "tags": pa.array([["a", str(row)] for row in range(count)]),
            "old": pa.array([row % 2 == 0 for row in range(count)]),
            "id": pa.array([2**64 - 1 - row for row in range(count)], type=pa.uint64()),
        }
    )
    for start in range(0, count, size):
        piece = own.slice(start, size)
        places = Columns(
            lon[start : start + size], lat[start : start + size], None, start + 1,
            piece.take, ("name",),
        )  # fmt: skip
        yield Batch(places, [], len(places), 0, 0, 0)


def answered(count: int = 600, size: int = 250, **options: Any) -> ReachResult:
    question: dict[str, Any] = {"origin": "46.65581,32.6178"} | options
    return queries.reach("gmlrs", "atacms", locations=batches(count, size), stream=True, **question)


# ---------------------------------------------------------------- the container


def test_it_says_what_it_is(ringed: RingResult, tmp_path: Path) -> None:
    """The header and the tables are those that GeoPackage 1.3 asks for, and SQLite finds nothing wrong."""
    path = saved(ringed, tmp_path / "a.gpkg")
    assert asked(path, "PRAGMA application_id") == [(int.from_bytes(b"GPKG", "big"),)]
    assert asked(path, "PRAGMA user_version") == [(10300,)]
    assert asked(path, "PRAGMA integrity_check") == [("ok",)]
    assert asked(path, "PRAGMA foreign_key_check") == []
    systems = asked(path, "SELECT srs_id, organization FROM gpkg_spatial_ref_sys ORDER BY srs_id")
    assert systems == [(-1, "NONE"), (0, "NONE"), (4326, "EPSG")]
    contents = dict(asked(path, "SELECT table_name, data_type FROM gpkg_contents"))
    assert contents == {
        "rings": "features",
        "sources": "attributes",
        "about": "attributes",
        "layer_styles": "attributes",
    }
    columns = asked(path, "SELECT table_name, column_name, geometry_type_name, srs_id, z, m FROM gpkg_geometry_columns")
    assert columns == [("rings", "geom", "MULTIPOLYGON", 4326, 0, 0)]
    box = asked(path, "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE data_type = 'features'")
    assert box == [(-180.0, -1.0, 180.0, 1.0)]


def test_the_same_result_has_the_same_bytes(ringed: RingResult, tmp_path: Path) -> None:
    """No time of day is in the file; and it does not depend on the batches that rows come in."""
    assert saved(ringed, tmp_path / "a.gpkg").read_bytes() == saved(ringed, tmp_path / "b.gpkg").read_bytes()
    files = [saved(answered(size=size), tmp_path / f"{size}.gpkg").read_bytes() for size in (100, 5000)]
    assert files[0] == files[1]


def test_nothing_is_left_beside_the_file(reached: Reached, row: Row, tmp_path: Path) -> None:
    """Neither after a file has been written, nor when the answers break off, which leaves no half of a file."""

    def broken(result: ReachResult) -> Iterator[Sequence[Verdict]]:
        yield list(result.verdicts)
        raise ZeroDivisionError

    result = reached(row("A"))
    saved(result, tmp_path / "a.gpkg")
    with pytest.raises(ZeroDivisionError):
        saved(msgspec.structs.replace(result, verdicts=Verdicts(broken(result))), tmp_path / "b.gpkg")
    assert os.listdir(tmp_path) == ["a.gpkg"]


def test_a_pipe_gets_the_same_bytes(ringed: RingResult, tmp_path: Path) -> None:
    """A stream that is no file is written to as well."""
    stream = io.BytesIO()
    write(ringed, "gpkg", stream)
    assert stream.getvalue() == saved(ringed, tmp_path / "a.gpkg").read_bytes()


def test_what_sqlite_cannot_hold_is_an_error_in_words(reached: Reached, row: Row) -> None:
    """A row of too many columns is refused as any file that cannot be written, without a traceback."""
    with pytest.raises(FileError, match=r"cannot be written as GeoPackage: .*columns"):
        write(reached(row("A", **{f"c{number}": number for number in range(3000)})), "gpkg", io.BytesIO())


def test_a_distance_is_neither_a_ring_nor_a_place(measured: DistanceResult) -> None:
    """The message names what else there is."""
    with pytest.raises(FileError, match=r"gpkg holds rings and verdicts; .*csv"):
        write(measured, "gpkg", io.BytesIO())


# ---------------------------------------------------------------- rings

RINGS: dict[str, dict[str, Any]] = {
    "ordinary": {"origin": "46.65581,32.6178"},
    "polar": {"origin": "89.5,10"},
    "antimeridian": {"origin": "0,179.5"},
    "many": {"origin": ["46,32", "-89.9,0", "10,-179.9"]},
    "wide": {"origin": "46,32", "uncertainty_m": 5e3},
    "sector": {"origin": "46,32", "sector": (330.0, 30.0)},
}


@pytest.mark.parametrize("name", RINGS)
def test_rings_open_in_geopandas(name: str, tmp_path: Path) -> None:
    """As multipolygons on WGS 84, vertex by vertex those of the result, with all columns that GeoJSON has."""
    result = queries.rings("atacms", **RINGS[name])
    found = frame(saved(result, tmp_path / "a.gpkg"), "rings")
    assert found.crs.to_epsg() == 4326
    assert set(found.geom_type) == {"MultiPolygon"}
    assert found.geometry.is_valid.all()
    assert found.geometry.to_wkb().tolist() == [shapely.to_wkb(ring.geometry) for ring in result.rings]
    expected = [parts.ring_of(ring, result.query) for ring in result.rings]
    assert [name for name in found.columns if name != "geometry"] == list(expected[0])
    for row, properties in zip(found.to_dict("records"), expected, strict=True):
        for key, value in properties.items():
            assert plain(row[key]) == shown(key, value), key


def shown(key: str, value: Any) -> Any:
    """A property as a cell."""
    if key == "sources":
        return "; ".join(value)
    return json.dumps(value, separators=(",", ":")) if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """A cell, None where pandas has NaN."""
    return None if isinstance(value, float) and math.isnan(value) else value


def test_a_ring_may_cover_the_globe(tmp_path: Path) -> None:
    """Which is said in a column of truth values, and drawn from edge to edge."""
    found = frame(saved(queries.rings(range_m=20_010e3, origin="10,10"), tmp_path / "a.gpkg"), "rings")
    assert found["covers_globe"].tolist() == [True]
    assert found["covers_globe"].dtype == bool
    assert found.total_bounds.tolist() == [-180, -90, 180, 90]


def test_no_ring_is_a_layer_without_rows(ringed: RingResult, tmp_path: Path) -> None:
    """With the columns that a ring would have, so that whoever opens it sees what it is."""
    path = saved(msgspec.structs.replace(ringed, rings=()), tmp_path / "a.gpkg")
    found = frame(path, "rings")
    assert len(found) == 0
    assert {"role", "range_low_km", "sources", "geometry"} <= set(found.columns)
    assert pyogrio.read_info(path, layer="rings")["geometry_type"] == "MultiPolygon"


def test_an_envelope_stands_before_each_ring(ringed: RingResult, tmp_path: Path) -> None:
    """So that a reader need not look at the vertices of what lies elsewhere."""
    for (blob,), ring in zip(
        asked(saved(ringed, tmp_path / "a.gpkg"), "SELECT geom FROM rings ORDER BY fid"), ringed.rings, strict=True
    ):
        west, south, east, north = ring.geometry.bounds
        assert np.frombuffer(blob, "<f8", 4, 8).tolist() == [west, east, south, north]
        assert shapely.from_wkb(blob[40:]).equals(ring.geometry)


# ---------------------------------------------------------------- places


@pytest.mark.parametrize("by_place", [False, True])
def test_places_say_what_the_rows_say(by_place: bool, tmp_path: Path) -> None:
    """Value for value what csv, ndjson and the others are made from, a file's own columns among them."""
    path = saved(answered(by_place=by_place, show_all=True), tmp_path / "a.gpkg")
    found = frame(path, "places")
    expected = list(views.rows(answered(by_place=by_place, show_all=True)))
    assert len(found) == len(expected) > 100
    assert [name for name in found.columns if name != "geometry"] == list(expected[0])
    assert found.geometry.x.tolist() == [row["lon"] for row in expected]
    assert found.geometry.y.tolist() == [row["lat"] for row in expected]
    for row, wanted in zip(found.to_dict("records"), expected, strict=True):
        for key, value in wanted.items():
            cell = str(value) if key == "id" else shown(key, value)
            assert plain(row[key]) == cell, key


def test_own_columns_keep_their_types(tmp_path: Path) -> None:
    """Numbers are numbers and truth values are such, even where a column is empty or the whole answer is."""
    for name, result in {"some": answered(), "none": answered(origin="-40,0")}.items():
        info = pyogrio.read_info(saved(result, tmp_path / f"{name}.gpkg"), layer="places")
        types = dict(zip(info["fields"], info["dtypes"], strict=True))
        assert (info["features"] > 0) == (name == "some")
        assert types["input_lat"] == types["floor"] == "int64"
        assert types["old"] == "bool"
        assert types["distance_km"] == "float64"
        assert info["geometry_type"] == "Point"
        # More than SQLite's numbers hold.
        assert types["id"] == "object"


def test_a_row_for_each_place_may_come_in_pieces(tmp_path: Path) -> None:
    """The verdicts of a place are one row, also where they come apart."""

    def apart(result: ReachResult) -> Iterator[Sequence[Verdict]]:
        for verdict in result.verdicts:
            yield [verdict]

    options: dict[str, Any] = {"by_place": True, "show_all": True}
    result = answered(20, **options)
    result = msgspec.structs.replace(result, verdicts=Verdicts(apart(answered(20, **options))))
    path = saved(result, tmp_path / "a.gpkg")
    assert frame(path, "places")["place"].tolist() == [f"House {row}" for row in range(20)]


def test_an_answer_without_places_is_a_layer(reached: Reached, tmp_path: Path) -> None:
    """Empty, and of the columns that it would have."""
    found = frame(saved(reached(), tmp_path / "a.gpkg"), "places")
    assert len(found) == 0
    assert {"system", "verdict", "margin_km"} <= set(found.columns)


NASTY = [
    "quote \" and ' and ; DROP TABLE places; --",
    "</script><b>&amp;",
    "%s {0} \\ \t",
    "Знам'янка 🏠 \u202e",
    "",
]


@pytest.mark.parametrize("text", NASTY)
def test_nasty_names_stay_as_they_are(text: str, reached: Reached, row: Row, tmp_path: Path) -> None:
    """Of places, of columns, of values and of sources."""
    source = Source(key=text, publisher=text, title=text, url=text)
    result = msgspec.structs.replace(reached(row(text, **{f"c{text}": text})), sources={text: source})
    path = saved(result, tmp_path / "a.gpkg")
    (found,) = frame(path, "places").to_dict("records")
    assert found["place"] == text
    assert found[f"c{text}"] == text
    assert asked(path, "SELECT key, publisher, title, url FROM sources") == [(text,) * 4]


@pytest.mark.parametrize(
    "name", ["fid", "FID", "geom", "geometry", "Verdict", "input_fid", "rowid", "select", "", "a\0b"]
)
def test_a_column_of_any_name_is_kept(name: str, reached: Reached, row: Row, tmp_path: Path) -> None:
    """Under another name where SQLite, which does not tell capitals from small letters, has it already."""
    place = row("A", **{name: "theirs", name.upper() + "2": "x"})
    (found,) = frame(saved(reached(place), tmp_path / "a.gpkg"), "places").to_dict("records")
    (bare,) = frame(saved(reached(row("A")), tmp_path / "b.gpkg"), "places").to_dict("records")
    assert [plain(found[key]) for key in bare] == [plain(value) for value in bare.values()]
    assert sorted(value for key, value in found.items() if key not in bare) == ["theirs", "x"]


def test_columns_that_differ_in_capitals_are_both_kept(reached: Reached, row: Row, tmp_path: Path) -> None:
    """SQLite takes them for one."""
    (found,) = frame(saved(reached(row("A", Use=1, use=2, USE=3)), tmp_path / "a.gpkg"), "places").to_dict("records")
    assert [found["Use"], found["input_use"], found["input_input_USE"]] == [1, 2, 3]


def one_by_one(reached: Reached, *places: Place) -> ReachResult:
    """An answer whose places come in batches of one."""

    def blocks(result: ReachResult) -> Iterator[Sequence[Verdict]]:
        for verdict in result.verdicts:
            yield [verdict]

    result = reached(*places)
    return msgspec.structs.replace(result, verdicts=Verdicts(blocks(result)))


def test_later_columns_and_kinds_are_taken_in(reached: Reached, row: Row, tmp_path: Path) -> None:
    """Rows may have columns that those before had not, and values of other kinds, to the last digit."""
    result = one_by_one(
        reached,
        row("A", number=1, mixed=0.1 + 0.2, flag=True, raw=b"x", none=None),
        row("B", number=2.5, mixed=7, flag=False, raw=b"\xff", none=None, late=1),
        row("C", number=None, mixed="far", flag="no", raw="text", none=3, late=2, huge=2**80),
        row("D", number=math.inf, mixed=[1, None], flag=None, raw=None, late=3, huge=1),
    )
    path = saved(result, tmp_path / "a.gpkg")
    assert asked(path, "SELECT place, number, mixed, flag, raw, none, late, huge FROM places ORDER BY fid") == [
        ("A", 1.0, "0.30000000000000004", "true", "eA==", None, None, None),
        ("B", 2.5, "7", "false", "/w==", None, 1, None),
        ("C", None, "far", "no", "text", 3, 2, str(2**80)),
        ("D", None, "[1,null]", None, None, None, 3, "1"),
    ]
    declared = {name: type_ for _, name, type_, *_ in asked(path, "PRAGMA table_info(places)")}
    assert [declared[name] for name in ("number", "mixed", "flag", "late", "none")] == [
        "DOUBLE", "TEXT", "TEXT", "INTEGER", "INTEGER",
    ]  # fmt: skip
    assert asked(path, "PRAGMA freelist_count") == [(0,)]
    assert len(frame(path, "places")) == 4


# ---------------------------------------------------------------- what stands beside


def test_sources_and_credits_are_in_tables(ringed: RingResult, reached: Reached, row: Row, tmp_path: Path) -> None:
    """Every source in full; what was asked, who says what, what to know, and whom to credit."""
    results: dict[str, RingResult | ReachResult] = {"rings": ringed, "places": reached(row("A"))}
    for name, result in results.items():
        path = saved(msgspec.structs.replace(result, unranged=("a", "b")), tmp_path / f"{name}.gpkg")
        sources = pyogrio.read_dataframe(path, layer="sources")
        assert set(sources["key"]) == KEYS
        assert set(Source.__struct_fields__) <= set(sources.columns)
        assert sources.set_index("key").loc["second-paper-2021", "title"] == "Said"
        about = pyogrio.read_dataframe(path, layer="about")[["name", "value"]].values.tolist()
        assert ["credit", views.GEONAMES_CREDIT] in about
        assert ["without_range", "a"] in about
        said = dict(about)
        assert json.loads(said["query"])["systems"] == ["rocket"]
        assert {claim["source"] for claim in json.loads(said["ranges"])[0]["claims"]} == KEYS
        assert ("counts" in said) == (name == "places")


# ---------------------------------------------------------------- styles

STYLE_COLUMNS = [
    "id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "styleName", "styleQML",
    "styleSLD", "useAsDefault", "description", "owner", "ui", "update_time",
]  # fmt: skip
SLD = {"se": "http://www.opengis.net/se", "ogc": "http://www.opengis.net/ogc"}


def default_style(path: Path) -> dict[str, Any]:
    """The style that QGIS takes up, found as QGIS looks for it."""
    table = [name for _, name, *_ in asked(path, "PRAGMA table_info(layer_styles)")]
    assert table == STYLE_COLUMNS
    (layer,) = asked(path, "SELECT table_name, column_name FROM gpkg_geometry_columns")
    (style,) = asked(path, "SELECT * FROM layer_styles WHERE useAsDefault")
    found = dict(zip(table, style, strict=True))
    assert (found["f_table_name"], found["f_geometry_column"]) == layer
    assert (found["f_table_catalog"], found["f_table_schema"]) == ("", "")
    return found


def categories(qml: str, column: str) -> dict[str, dict[str, str]]:
    """The settings of the symbol of each value of a column."""
    root = ElementTree.fromstring(qml)
    assert root.tag == "qgis"
    (renderer,) = root.findall("renderer-v2")
    assert (renderer.get("type"), renderer.get("attr")) == ("categorizedSymbol", column)
    symbols = {symbol.get("name"): symbol for symbol in renderer.iterfind("symbols/symbol")}
    return {
        category.get("value", ""): {
            option.get("name", ""): option.get("value", "")
            for option in symbols[category.get("symbol")].iterfind("layer/Option/Option")
        }
        for category in renderer.iterfind("categories/category")
    }


def values(sld: str, column: str) -> list[str | None]:
    """The values of a column that an SLD has rules for."""
    root = ElementTree.fromstring(sld)
    assert {name.text for name in root.iterfind(".//ogc:PropertyName", SLD)} == {column}
    return [literal.text for literal in root.iterfind(".//ogc:Literal", SLD)]


def test_rings_carry_a_style_by_role(ringed: RingResult, tmp_path: Path) -> None:
    """The default, a category for each role, told apart by pattern and outline and not by colour alone."""
    style = default_style(saved(ringed, tmp_path / "a.gpkg"))
    found = categories(style["styleQML"], "role")
    roles = [ring.role for ring in ringed.rings]
    assert list(found) == values(style["styleSLD"], "role") == roles
    within, disputed = (found[role] for role in roles)
    assert (within["style"], within["outline_style"]) == ("solid", "solid")
    assert (disputed["style"], disputed["outline_style"]) == ("f_diagonal", "dash")
    assert int(within["color"].split(",")[3]) < 128


def test_places_carry_a_style_by_verdict(reached: Reached, row: Row, tmp_path: Path) -> None:
    """The default, a category for each verdict, each with a shape and a colour of its own; places are labelled."""
    style = default_style(saved(reached(row("A")), tmp_path / "a.gpkg"))
    found = categories(style["styleQML"], "verdict")
    assert list(found) == list(VERDICTS)
    assert values(style["styleSLD"], "verdict") == list(VERDICTS)
    for setting in ("name", "color"):
        assert len({symbol[setting] for symbol in found.values()}) == len(VERDICTS)
    root = ElementTree.fromstring(style["styleQML"])
    assert root.get("labelsEnabled") == "1"
    assert [text.get("fieldName") for text in root.iter("text-style")] == ["place"]


def test_a_row_for_each_place_has_a_style_for_each_system(tmp_path: Path) -> None:
    """By the column that holds its verdicts; the first system's is the default."""
    path = saved(answered(by_place=True), tmp_path / "a.gpkg")
    styles = asked(path, "SELECT styleName, styleQML, useAsDefault FROM layer_styles ORDER BY id")
    assert [(name, default) for name, _, default in styles] == [("gmlrs", 1), ("atacms", 0)]
    columns = set(frame(path, "places").columns)
    for name, qml, _ in styles:
        assert f"{name}_verdict" in columns
        assert list(categories(qml, f"{name}_verdict")) == list(VERDICTS)
