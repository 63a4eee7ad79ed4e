"""What is promised of Parquet and GeoParquet: every row is accounted for, and nothing but what is asked is read."""

from __future__ import annotations

import contextlib
import datetime
import json
import math
import os
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from pyproj import Geod

from weapons_ref.errors import FileError
from weapons_ref.geo.boxes import Box
from weapons_ref.model import Place, Rejection
from weapons_ref.places import _parquet
from weapons_ref.places.batches import Batch
from weapons_ref.places.columns import Columns
from weapons_ref.places.files import read_locations

NAN, INF = math.nan, math.inf
Position = tuple[float | None, float | None]
#: What is strewn in: a position, and how the reason begins; None is a place.
ODD: list[tuple[Position, str | None]] = [
    ((None, None), "null"),
    ((NAN, NAN), "empty"),
    ((NAN, 5.0), "longitude"),
    ((5.0, NAN), "latitude"),
    ((INF, 5.0), "longitude"),
    ((5.0, 90.5), "latitude"),
    ((541.0, 5.0), "longitude"),
    ((200.0, 5.0), None),
    ((-180.0, -90.0), None),
    ((0.0, 0.0), None),
]
BOXES = [Box(30.0, 40.0, 60.0, 55.0), Box(-180.0, -10.0, -150.0, 10.0), Box(50.0, 45.0, 70.0, 60.0)]


class Read(NamedTuple):
    """All batches of a file."""

    places: list[Place]
    rejected: list[Rejection]
    rows: int
    outside: int
    normalised: int
    ignored_z: int
    batches: int


def gathered(batches: Iterator[Batch]) -> Read:
    """Take each batch before the next one is asked for."""
    found = Read([], [], 0, 0, 0, 0, 0)
    for batch in batches:
        assert batch.rows == len(batch.places) + len(batch.rejected) + batch.outside > 0
        assert batch.share is not None
        assert 0 <= batch.share <= 1
        places = list(batch.places)
        found = Read(
            found.places + places,
            found.rejected + batch.rejected,
            found.rows + batch.rows,
            found.outside + batch.outside,
            found.normalised + batch.normalised,
            found.ignored_z + batch.ignored_z,
            found.batches + 1,
        )
    return found


def read(
    path: Path | str,
    lat: str | None = None,
    lon: str | None = None,
    name: str | None = None,
    *,
    boxes: Sequence[Box] | None = None,
    batch_rows: int = 65536,
) -> Read:
    options = (lat, lon, name)
    batches = _parquet.read(str(path), str(path), options, groups=None, first_row=0, boxes=boxes, batch_rows=batch_rows)
    return gathered(batches)


def error(path: Path | str, *args: Any, **options: Any) -> str:
    with pytest.raises(FileError) as caught:
        read(path, *args, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 2000
    return message


def wkb(
    position: Position, *, form: str = "<", kind: int = 1, more: Sequence[float] = (), srid: int | None = None
) -> bytes:
    """A point by the book: OGC 06-103r4, 8.2."""
    head = struct.pack(f"{form}BI", form == "<", kind) + (b"" if srid is None else struct.pack(f"{form}I", srid))
    return head + struct.pack(f"{form}{2 + len(more)}d", *position, *more)


def geo(
    encoding: str = "WKB", *, types: Sequence[str] = ("Point",), covering: bool = False, **about: Any
) -> dict[str, str]:
    column: dict[str, Any] = {"encoding": encoding, "geometry_types": list(types), **about}
    if covering:
        column["covering"] = {"bbox": {corner: ["bbox", corner] for corner in ("xmin", "ymin", "xmax", "ymax")}}
    return {"geo": json.dumps({"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}})}


def bounds(positions: Sequence[Position], number: pa.DataType) -> pa.Array:
    """A covering as GeoPandas writes it: of what has no position, not numbers."""
    x, y = ([NAN if value is None else value for value in axis] for axis in zip(*positions, strict=True))
    corners = [pa.array(axis, type=pa.float64()).cast(number, safe=False) for axis in (x, y, x, y)]
    return pa.StructArray.from_arrays(corners, ["xmin", "ymin", "xmax", "ymax"])


def point_column(positions: Sequence[Position], form: str) -> tuple[pa.Array, dict[str, str]]:
    null = [position[0] is None for position in positions]
    if form.startswith("wkb"):
        texts = [None if position[0] is None else wkb(position) for position in positions]
        kind = pa.large_binary() if form == "wkb large" else pa.binary()
        return pa.array(texts, type=kind), geo(covering=form.startswith("wkb bbox"))
    x, y = ([0.0 if value is None else value for value in axis] for axis in zip(*positions, strict=True))
    if form == "struct":
        arrays = [pa.array(x), pa.array(y)]
        return pa.StructArray.from_arrays(arrays, ["x", "y"], mask=pa.array(null)), geo("point")
    pairs = [None if missing else pair for missing, pair in zip(null, zip(x, y, strict=True), strict=True)]
    return pa.array(pairs, type=pa.list_(pa.float64(), 2)), geo("point")


FORMS = ["columns", "wkb", "wkb large", "wkb bbox", "wkb bbox float32", "struct", "list"]


def write(path: Path, positions: Sequence[Position], form: str, rows_a_group: int = 1000) -> Path:
    """Write a file of rows with an id, a note and a position."""
    columns: dict[str, Any] = {"id": [f"r{row}" for row in range(1, len(positions) + 1)]}
    metadata = None
    if form == "columns":
        columns |= {"lon": [x for x, _ in positions], "lat": [y for _, y in positions]}
    else:
        columns["geometry"], metadata = point_column(positions, form)
        if form.startswith("wkb bbox"):
            columns["bbox"] = bounds(positions, pa.float32() if form.endswith("32") else pa.float64())
    columns["note"] = [None if row % 3 else f"n{row}" for row in range(1, len(positions) + 1)]
    table = pa.table(columns).replace_schema_metadata(metadata)
    pq.write_table(table, path, row_group_size=rows_a_group)
    return path


def strewn(count: int, bad: int) -> list[tuple[Position, str | None]]:
    """Good positions from west to east, with all that is odd among them."""
    rng = np.random.default_rng(4)
    lon, lat = np.sort(rng.uniform(-180, 180, count)), rng.uniform(-90, 90, count)
    rows: list[tuple[Position, str | None]] = [(pair, None) for pair in zip(lon.tolist(), lat.tolist(), strict=True)]
    for row in rng.choice(count, bad, replace=False).tolist():
        rows[row] = ODD[rng.integers(len(ODD))]
    return rows


def turned(lon: float) -> float:
    return lon - math.copysign(360, lon) if abs(lon) > 180 else lon


class TestCounts:
    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("batch_rows", [999, 65536])
    def test_every_row_is_a_place_or_rejected_with_its_reason(self, tmp_path: Path, form: str, batch_rows: int) -> None:
        """Bad rows strewn in are told by number and reason, with their own columns; all others are places."""
        rows = strewn(6000, 150)
        found = read(write(tmp_path / "p.parquet", [position for position, _ in rows], form), batch_rows=batch_rows)
        good = [(number, *position) for number, (position, why) in enumerate(rows, 1) if why is None]
        assert [(place.name, place.lon, place.lat) for place in found.places] == [
            (f"r{number}", turned(lon), lat)  # type: ignore[arg-type]
            for number, lon, lat in good
        ]
        bad = [(number, why) for number, (_, why) in enumerate(rows, 1) if why is not None]
        assert [rejection.row for rejection in found.rejected] == [number for number, _ in bad]
        for rejection, (number, why) in zip(found.rejected, bad, strict=True):
            # Columns have no empty points: the numbers are what is wrong.
            expected = "latitude is nan" if form == "columns" and why == "empty" else why
            assert expected is not None
            assert any(word in rejection.reason for word in (expected, "longitude" if why == "empty" else expected))
            assert rejection.columns["id"] == f"r{number}"
        assert found.rows == len(rows) == len(found.places) + len(found.rejected)
        assert found.outside == found.ignored_z == 0
        assert found.normalised == sum(position == (200.0, 5.0) for position, _ in rows)

    @pytest.mark.parametrize("form", FORMS)
    def test_boxes_leave_out_good_rows_alone(self, tmp_path: Path, form: str) -> None:
        """With boxes the same rows are rejected, and all that lie in a box come, in order and with their columns."""
        rows = strewn(20_000, 12)
        path = write(tmp_path / "p.parquet", [position for position, _ in rows], form, 500)
        whole, found = read(path), read(path, boxes=BOXES, batch_rows=700)
        assert found.rejected == whole.rejected
        assert found.rows == whole.rows == len(found.places) + len(found.rejected) + found.outside

        def inside(place: Place) -> bool:
            return any(box.west <= place.lon <= box.east and box.south <= place.lat <= box.north for box in BOXES)

        assert list(filter(inside, found.places)) == list(filter(inside, whole.places))
        assert found.outside > 5000
        came = {place.name for place in found.places}
        assert [place for place in whole.places if place.name in came] == found.places

    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize(("position", "why"), ODD[:7])
    def test_a_bad_row_does_not_hide_in_a_group_that_is_left_out(
        self, tmp_path: Path, form: str, position: Position, why: str
    ) -> None:
        """One row without a position among a thousand far from every box is found."""
        positions: list[Position] = [(-100.0 + row / 1000, -50.0) for row in range(1000)]
        positions[612] = position
        found = read(write(tmp_path / "p.parquet", positions, form), boxes=BOXES)
        assert [rejection.row for rejection in found.rejected] == [613]
        assert len(found.places) + found.outside == 999

    def test_a_longitude_past_180_is_not_left_out(self, tmp_path: Path) -> None:
        """What is turned back may lie in a box then."""
        for form in FORMS:
            found = read(write(tmp_path / "p.parquet", [(200.0, 5.0)] * 10, form), boxes=[Box(-161, 4, -159, 6)])
            assert [place.lon for place in found.places] == [-160.0] * 10
            assert found.normalised == 10

    def test_groups_far_away_are_not_read(self, tmp_path: Path) -> None:
        """Where the covering settles it, neither the geometry nor the own columns are touched."""
        positions: list[Position] = [*[(-100.0, -50.0)] * 3000, *[(50.0, 50.0)] * 1000]
        path = write(tmp_path / "p.parquet", positions, "wkb bbox")
        spoil(path, ["geometry", "id", "note"], range(3))
        found = read(path, boxes=BOXES)
        assert (len(found.places), found.outside) == (1000, 3000)
        assert found.places[0].name == "r3001"
        assert "damaged" in error(path)

    def test_the_covering_is_not_asked_of_what_may_be_lines(self, tmp_path: Path) -> None:
        """The bounds of a line may hide a vertex that is none, so it is read."""
        path = write(tmp_path / "p.parquet", [(-100.0, -50.0)] * 10, "wkb bbox")
        table = pq.read_table(path).replace_schema_metadata(geo(types=[], covering=True))
        pq.write_table(table, path)
        spoil(path, ["geometry"], range(1))
        assert "damaged" in error(path, boxes=BOXES)


def spoil(path: Path, columns: Sequence[str], groups: Sequence[int]) -> None:
    """Overwrite the pages of some columns, and nothing else."""
    metadata = pq.read_metadata(path)
    data = bytearray(path.read_bytes())
    for group in groups:
        about = metadata.row_group(group)
        for chunk in map(about.column, range(about.num_columns)):
            if chunk.path_in_schema in columns:
                start = min(filter(None, (chunk.dictionary_page_offset, chunk.data_page_offset)))
                data[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(data)


def line(*positions: tuple[float, float]) -> Any:
    with np.errstate(invalid="ignore"):
        return shapely.LineString(positions)


class TestGeometries:
    def one(self, path: Path, texts: Sequence[bytes | None], kind: pa.DataType | None = None, **about: Any) -> Read:
        table = pa.table({"geometry": pa.array(texts, type=kind or pa.binary())})
        pq.write_table(table.replace_schema_metadata(geo(types=[], **about)), path)
        return read(path)

    def test_all_forms_of_points_are_read(self, tmp_path: Path) -> None:
        """Both byte orders; heights and measures as ISO and as PostGIS write them, which are counted; SRIDs."""
        here = (30.5, -60.25)
        texts = [
            wkb(here, form=form, kind=kind, more=[7.0] * more, srid=srid)
            for form in "<>"
            for kind, more, srid in [
                (1, 0, None),
                (1001, 1, None),
                (2001, 1, None),
                (3001, 2, None),
                (0x80000001, 1, None),
                (0x40000001, 1, None),
                (0xC0000001, 2, None),
                (0x20000001, 0, 4326),
                (0xA0000001, 1, 0),
            ]
        ]
        for more in (texts, texts * 50):
            found = self.one(tmp_path / "p.parquet", more)
            assert {(place.lon, place.lat) for place in found.places} == {here}
            assert (len(found.places), found.ignored_z) == (len(more), len(more) * 14 // 18)

    def test_what_is_no_well_known_binary_is_rejected(self, tmp_path: Path) -> None:
        """Cut short, too long, of no byte order, of an unknown type, in another reference system."""
        good = wkb((1.0, 2.0))
        texts = [
            b"", b"\x01", good[:-1], good + b"\0", b"\x02" + good[1:], wkb((1.0, 2.0), kind=1001), b"\x01\xff\0\0\0",
            wkb((1.0, 2.0), kind=0x20000001, srid=3857), wkb((NAN, NAN), kind=1001, more=[NAN]), None, good,
        ]  # fmt: skip
        found = self.one(tmp_path / "p.parquet", texts)
        assert [rejection.row for rejection in found.rejected] == list(range(1, 11))
        said = [rejection.reason for rejection in found.rejected]
        assert all("well-known binary" in reason for reason in said[:6])
        assert "SRID 3857" in said[7]
        assert said[8:] == ["its geometry is empty", "its geometry is null"]
        assert len(found.places) == 1

    @pytest.mark.parametrize(
        "kind", [pa.large_binary(), pa.binary(21), pa.binary_view(), pa.dictionary(pa.int32(), pa.binary())]
    )
    def test_bytes_come_in_any_type(self, tmp_path: Path, kind: pa.DataType) -> None:
        """Large, of fixed size, as views and in dictionaries, with nulls."""
        texts = [wkb((x, 1.0)) for x in (1.0, 2.0, 1.0)] + [None]
        table = pa.table({"geometry": pa.array(texts, type=pa.binary()).cast(kind)})
        pq.write_table(table.replace_schema_metadata(geo()), tmp_path / "p.parquet")
        found = read(tmp_path / "p.parquet")
        assert [place.lon for place in found.places] == [1.0, 2.0, 1.0]
        assert [rejection.row for rejection in found.rejected] == [4]

    def shapes(self) -> list[Any]:
        return [
            shapely.Point(1, 2),
            shapely.LineString([(10, 0), (10, 20)]),
            shapely.Polygon([(30, 40), (31, 40), (31, 41), (30, 40)]),
            shapely.MultiPoint([(5, 6)]),
            shapely.MultiPoint([(5, 6), (7, 8)]),
            shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)]),
            shapely.GeometryCollection([shapely.Point(1, 1), shapely.LineString([(2, 2), (3, 3)])]),
            shapely.LineString([(185, 1, 9), (186, 2, 9)]),
            shapely.Polygon(),
            line((0, 0), (NAN, 1)),
            shapely.LineString([(0, 0), (0, 95)]),
            shapely.LineString([(0, 10), (180, -10)]),
            shapely.Point(3, 4),
        ]

    def test_lines_and_polygons_are_as_in_geojson(self, tmp_path: Path) -> None:
        """The same places come of the same geometries, as far from anywhere, and the same rows are rejected."""
        shapes = self.shapes()
        found = self.one(tmp_path / "p.parquet", [shapely.to_wkb(shape, flavor="iso") for shape in shapes])
        path = tmp_path / "p.geojsonl"
        features = [
            {"type": "Feature", "properties": None, "geometry": shapely.geometry.mapping(one)} for one in shapes
        ]
        path.write_text("\n".join(json.dumps(one).replace("NaN", "999") for one in features))
        other = gathered(batch._replace(share=0.0) for batch in read_locations(path))
        assert [place.name for place in found.places] == [place.name for place in other.places]
        assert [rejection.row for rejection in found.rejected] == [rejection.row for rejection in other.rejected]
        assert (found.normalised, found.ignored_z) == (other.normalised, other.ignored_z) == (1, 1)
        for mine, theirs in zip(found.places, other.places, strict=True):
            assert (mine.lon, mine.lat, mine.shape is None) == (theirs.lon, theirs.lat, theirs.shape is None)
            if mine.shape is not None and theirs.shape is not None:
                assert mine.shape.nearest([50.0], [30.0]).distance_m == theirs.shape.nearest([50.0], [30.0]).distance_m

    def test_rings_that_are_no_rings_are_rejected(self, tmp_path: Path) -> None:
        """Not closed, of three positions, of an unknown kind; nested a hundred thousand deep."""

        def polygon(*positions: tuple[float, float]) -> bytes:
            return struct.pack("<BIII", 1, 3, 1, len(positions)) + b"".join(
                struct.pack("<2d", *one) for one in positions
            )

        deep = struct.pack("<BII", 1, 7, 1) * 100_000 + struct.pack("<BII", 1, 7, 0)
        texts = [
            polygon((0, 0), (1, 0), (1, 1), (0, 1)), polygon((0, 0), (1, 1), (0, 0)), struct.pack("<BI", 1, 99), deep,
            deep[:50_000], polygon((0, 0), (1, 0), (1, 1), (0, 0)),
        ]  # fmt: skip
        found = self.one(tmp_path / "p.parquet", texts)
        assert [rejection.row for rejection in found.rejected] == [1, 2, 3, 4, 5]
        assert [place.name for place in found.places] == ["6"]
        near = read(tmp_path / "p.parquet", boxes=[Box(100, 10, 110, 20)])
        assert near.rejected == found.rejected
        assert near.outside == 1

    def test_polygons_outside_the_boxes_are_counted(self, tmp_path: Path) -> None:
        """Of many lines and polygons among points those whose every point is far from a box may be left out."""
        rng = np.random.default_rng(8)
        shapes: list[Any] = []
        for x, y in zip(rng.uniform(-179, 178, 3000), rng.uniform(-89, 88, 3000), strict=True):
            shapes.append([shapely.Point(x, y), shapely.box(x, y, x + 0.5, y + 0.5), None][int(rng.integers(3))])
            shapes[-1] = shapes[-1] if rng.random() > 0.02 else line((x, y), (x, NAN))
        shapes += [shapely.Point(0, 0)] * 900 + self.shapes()
        path = tmp_path / "p.parquet"
        whole = self.one(path, [None if shape is None else shapely.to_wkb(shape, flavor="iso") for shape in shapes])
        found = read(path, boxes=BOXES, batch_rows=1500)
        assert found.rejected == whole.rejected
        assert found.rows == whole.rows == len(shapes)
        assert found.outside > 800
        came = {place.name for place in found.places}
        boxes = [shapely.box(*box) for box in BOXES]
        for number, shape in enumerate(shapes, 1):
            if shape is not None and any(shape.intersects(box) for box in boxes) and str(number) not in came:
                assert number in {rejection.row for rejection in found.rejected}
        kept = [place for place in whole.places if place.name in came]
        assert [(place.name, place.lon, place.lat) for place in found.places] == [
            (place.name, place.lon, place.lat) for place in kept
        ]

    def test_an_edge_that_bulges_into_a_box_keeps_its_line(self, tmp_path: Path) -> None:
        """A shortest line between two places at 60 degrees north runs north of both."""
        line = shapely.LineString([(0, 60), (9.9, 60)])
        self.one(tmp_path / "p.parquet", [shapely.to_wkb(line)])
        north = Geod(ellps="WGS84").npts(0, 60, 9.9, 60, 1)[0][1]
        assert north > 60.09
        found = read(tmp_path / "p.parquet", boxes=[Box(4, north - 0.001, 6, 70)])
        assert len(found.places) == 1

    def test_measures_of_geoarrow_are_counted(self, tmp_path: Path) -> None:
        """Fields and lists with more than two numbers have their heights left out."""
        fields = [pa.array([1.0, 2.0]), pa.array([3.0, 99.0]), pa.array([5.0, 6.0])]
        lists = pa.array([[1.0, 3.0, 5.0], [2.0, 99.0, 6.0]], type=pa.list_(pa.float64(), 3))
        for column in (pa.StructArray.from_arrays(fields, ["x", "y", "z"]), lists):
            pq.write_table(pa.table({"geometry": column}).replace_schema_metadata(geo("point")), tmp_path / "p.parquet")
            found = read(tmp_path / "p.parquet")
            assert [(place.lon, place.lat) for place in found.places] == [(1.0, 3.0)]
            assert (found.ignored_z, len(found.rejected)) == (1, 1)


class TestWhatIsSaid:
    def write(self, path: Path, metadata: Any = None, field: Any = None, **columns: Any) -> Path:
        table = pa.table(columns or {"geometry": pa.array([wkb((3.0, 4.0))])})
        if field is not None:
            table = table.cast(pa.schema([table.schema.field(0).with_metadata(field)]))
        pq.write_table(table.replace_schema_metadata(metadata), path)
        return path

    def test_wgs84_is_known_however_it_is_said(self, tmp_path: Path) -> None:
        """Left out, null, by the ids of OGC and EPSG, in three dimensions."""
        ids = [
            {"authority": "OGC", "code": "CRS84"},
            {"authority": "EPSG", "code": 4326},
            {"authority": "EPSG", "code": 4979},
        ]
        abouts: list[dict[str, Any]] = [{}, {"crs": None}, *({"crs": {"name": "x", "id": one}} for one in ids)]
        for about in abouts:
            found = read(self.write(tmp_path / "p.parquet", geo(**about)))
            assert [(place.lon, place.lat) for place in found.places] == [(3.0, 4.0)]

    @pytest.mark.parametrize(
        "crs",
        [
            {"name": "Web", "id": {"authority": "EPSG", "code": 3857}},
            {"name": "WGS 84"},
            'PROJCRS["x"]',
            7,
            ["EPSG:4326"],
        ],
    )
    def test_another_reference_system_is_refused(self, tmp_path: Path, crs: Any) -> None:
        """What is not known to be WGS 84 is not taken for it."""
        assert "convert it to WGS 84 (EPSG:4326) first" in error(self.write(tmp_path / "p.parquet", geo(crs=crs)))

    @pytest.mark.parametrize("name", ["geoarrow.wkb", "ogc.wkb"])
    def test_geoarrow_is_known_by_its_metadata(self, tmp_path: Path, name: str) -> None:
        """Without GeoParquet's metadata the field's own say what it is."""
        for crs, good in [(None, True), ("EPSG:4326", True), ("OGC:CRS84", True), ("EPSG:3857", False)]:
            said = {"ARROW:extension:name": name, "ARROW:extension:metadata": json.dumps({"crs": crs} if crs else {})}
            path = self.write(tmp_path / "p.parquet", None, said)
            if good:
                assert read(path).places[0].lon == 3.0
            else:
                assert "EPSG:3857" in error(path)

    @pytest.mark.parametrize(("crs", "good"), [(None, True), ("OGC:CRS84", True), ("EPSG:3857", False)])
    def test_parquets_own_geometries_are_known(self, tmp_path: Path, crs: str | None, good: bool) -> None:
        """The logical type GEOMETRY says what a column is, and in which reference system."""

        class Wkb(pa.ExtensionType):  # type: ignore[misc]
            def __init__(self, said: bytes = b"") -> None:
                self.said = said
                super().__init__(pa.binary(), "geoarrow.wkb")

            def __arrow_ext_serialize__(self) -> bytes:
                return self.said

            @classmethod
            def __arrow_ext_deserialize__(cls, storage: pa.DataType, said: bytes) -> Wkb:
                return cls(said)

        said = json.dumps({"crs": crs} if crs else {}).encode()
        pa.register_extension_type(Wkb())
        try:
            column = pa.ExtensionArray.from_storage(Wkb(said), pa.array([wkb((3.0, 4.0)), None]))
            pq.write_table(pa.table({"where": column, "id": [1, 2]}), tmp_path / "p.parquet", store_schema=False)
        finally:
            pa.unregister_extension_type("geoarrow.wkb")
        assert "Geometry" in str(pq.ParquetFile(tmp_path / "p.parquet").schema.column(0).logical_type)
        if not good:
            assert "EPSG:3857" in error(tmp_path / "p.parquet")
            return
        found = read(tmp_path / "p.parquet")
        assert [(place.lon, place.columns) for place in found.places] == [(3.0, {"id": 1})]
        assert found.rejected[0].columns == {"id": 2}

    def test_geometries_go_before_columns_by_name_and_after_those_asked_for(self, tmp_path: Path) -> None:
        """`lat` and `lon` of a building may be those of its middle; who asks for them gets them."""
        columns = {"geometry": pa.array([wkb((3.0, 4.0))]), "lon": [7.0], "lat": [8.0]}
        path = self.write(tmp_path / "p.parquet", geo(), **columns)
        assert [(place.lon, place.columns) for place in read(path).places] == [(3.0, {"lon": 7.0, "lat": 8.0})]
        place = read(path, "lat").places[0]
        assert (place.lon, place.lat, list(place.columns)) == (7.0, 8.0, ["geometry", "lon", "lat"])

    def test_metadata_of_a_column_that_is_gone_say_nothing(self, tmp_path: Path) -> None:
        """A table from which the geometry was dropped has its columns still."""
        assert read(self.write(tmp_path / "p.parquet", geo(), lon=[1.0], lat=[2.0])).places[0].lat == 2.0

    @pytest.mark.parametrize(
        ("metadata", "expected"),
        [
            ({"geo": "{"}, "cannot be understood"),
            ({"geo": "[]"}, "cannot be understood"),
            ({"geo": json.dumps({"primary_column": "geometry", "columns": {}})}, "cannot be understood"),
            (geo("polygon"), "encoding 'polygon'"),
            (geo("point"), "which is not that of its geometries"),
            (None, "no columns lat and lon"),
        ],
    )
    def test_what_cannot_be_understood_is_refused(self, tmp_path: Path, metadata: Any, expected: str) -> None:
        """Broken metadata, encodings that are not read, and bytes that nobody says are geometries."""
        assert expected in error(self.write(tmp_path / "p.parquet", metadata))

    def test_metres_look_projected(self, tmp_path: Path) -> None:
        """A file that says nothing of its reference system, and has no number that fits degrees."""
        texts = pa.array([wkb((500000.0 + row, 5e6)) for row in range(100)])
        assert "looks projected" in error(self.write(tmp_path / "p.parquet", geo(), geometry=texts))


class TestColumns:
    def write(self, path: Path, **columns: Any) -> Path:
        pq.write_table(pa.table(columns), path)
        return path

    @pytest.mark.parametrize(
        ("lat", "lon"), [("lat", "lon"), ("LATITUDE", " Lng "), ("latitude", "Long"), ("y", "x"), ("Lat", "longitude")]
    )
    def test_they_are_found_by_name(self, tmp_path: Path, lat: str, lon: str) -> None:
        """The usual names are known, in any case."""
        path = self.write(tmp_path / "p.parquet", **{"a": ["k"], lat: [46.6], lon: [32.6]})
        assert [(place.lat, place.lon, place.name) for place in read(path).places] == [(46.6, 32.6, "1")]

    def test_x_is_never_paired_with_lat(self, tmp_path: Path) -> None:
        """Next to a `lat` an `x` may be anything; who asks for it gets it."""
        path = self.write(tmp_path / "p.parquet", lat=[46.6], x=[32.6])
        assert "'lat', 'x'" in error(path)
        assert read(path, None, "x").places[0].lon == 32.6

    def test_names_come_from_their_columns(self, tmp_path: Path) -> None:
        """The one asked for, then place, name and id, then the row's number."""
        path = self.write(
            tmp_path / "p.parquet",
            lat=[1.0] * 4, lon=[1.0] * 4, id=[7, 8, 9, None], Name=["a", " ", None, None], city=["k", None, None, ""],
        )  # fmt: skip
        assert [place.name for place in read(path).places] == ["a", "8", "9", "4"]
        assert [place.name for place in read(path, name="CITY").places] == ["k", "8", "9", "4"]
        assert "'town'" in error(path, name="town")

    @pytest.mark.parametrize(
        "kind",
        [pa.float64(), pa.float32(), pa.int8(), pa.uint64(), pa.decimal128(9, 4), pa.string(), pa.large_string(),
         pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int32(), pa.float64())],
        ids=str,
    )  # fmt: skip
    def test_any_kind_of_number_will_do(self, tmp_path: Path, kind: pa.DataType) -> None:
        """Whole, decimal, in dictionaries, and plain decimals as text; null is no number."""
        value = getattr(kind, "value_type", kind)
        numbers = pa.array([1, 2, None], type=pa.int8()).cast(value)
        numbers = numbers.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else numbers
        found = read(self.write(tmp_path / "p.parquet", lat=numbers, lon=numbers))
        assert [(place.lat, place.lon) for place in found.places] == [(1.0, 1.0), (2.0, 2.0)]
        assert [rejection.reason for rejection in found.rejected] == ["latitude is null"]

    def test_numbers_as_text_are_read_to_the_last_digit(self, tmp_path: Path) -> None:
        """Decimals and texts are the nearest float, as Python reads them, and what is no plain decimal is rejected."""
        rng = np.random.default_rng(5)
        texts = [f"{value:.{digits}f}" for value in rng.uniform(-90, 90, 2000) for digits in (3, 7, 15)]
        for column in (pa.array(texts), pa.array([Decimal(text) for text in texts], type=pa.decimal128(20, 15))):
            found = read(self.write(tmp_path / "p.parquet", lat=column, lon=column))
            assert [place.lat for place in found.places] == [float(text) for text in texts]
        odd = ["1e1", " +5 ", "1_0", "0x10", "48,5", "", "NA", "nan", "inf", "١", "46°", "1e999"]
        found = read(self.write(tmp_path / "p.parquet", lat=odd, lon=["1"] * len(odd)))
        assert [place.lat for place in found.places] == [10.0, 5.0]
        assert len(found.rejected) == 10
        assert "decimal comma" in found.rejected[2].reason

    def test_other_types_are_refused(self, tmp_path: Path) -> None:
        """A truth value or a date is no number, and two columns of one name are one too many."""
        for value in (True, datetime.date(2024, 1, 1), [1.0], b"1"):
            assert "numbers are needed" in error(self.write(tmp_path / "p.parquet", lat=[value], lon=[1.0]))
        table = pa.Table.from_arrays([pa.array([1.0])] * 3, ["lat", "lon", "lat"])
        pq.write_table(table, tmp_path / "p.parquet")
        assert "'lat' twice" in error(tmp_path / "p.parquet")
        assert "one column for both" in error(self.write(tmp_path / "p.parquet", lat=[1.0], lon=[1.0]), "lat", "lat")

    def test_own_columns_survive_as_they_are(self, tmp_path: Path) -> None:
        """Texts, nulls, dictionaries, nested values, bytes and times, in the file's order; not the position's."""
        when = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.UTC)
        own = {
            "kind": pa.array(["a", None, "a"]).dictionary_encode(),
            "tags": pa.array([[{"k": 1}], [], None]),
            "raw": pa.array([b"\0\xff", None, b""]),
            "a.b": pa.array([1, 2, 3], type=pa.uint8()),
            "a": pa.StructArray.from_arrays([pa.array([4, 5, 6])], ["b"]),
            "when": pa.array([when, None, when], type=pa.timestamp("us", "UTC")),
            "price": pa.array([Decimal("1.10"), None, Decimal("2.00")]),
        }
        texts = [wkb((1.0, 2.0)), wkb((1.0, 99.0)), wkb((3.0, 4.0))]
        columns = {**own, "bbox": bounds([(1.0, 2.0)] * 3, pa.float64()), "geometry": pa.array(texts)}
        pq.write_table(pa.table(columns).replace_schema_metadata(geo(covering=True)), tmp_path / "p.parquet")
        found = read(tmp_path / "p.parquet")
        # Times are text, in UTC, as every format shows them.
        expected = [{**row, "when": row["when"] and "2024-05-01T12:00:00.000000Z"} for row in pa.table(own).to_pylist()]
        assert [place.columns for place in found.places] == [expected[0], expected[2]]
        assert found.rejected[0].columns == expected[1]
        assert list(found.places[0].columns) == list(own)

    def test_rows_are_fetched_in_any_order_and_late(self, tmp_path: Path) -> None:
        """A batch gives its rows as asked, also when others have been taken since."""
        path = write(tmp_path / "p.parquet", [(1.0, 2.0)] * 5000, "wkb", 700)
        batches = list(
            _parquet.read("p", str(path), (None, None, None), groups=None, first_row=0, boxes=None, batch_rows=900)
        )
        for batch, which in [(3, [5, 2, 2, 800]), (0, [0, 899]), (5, [499, 0]), (3, []), (1, list(range(900)))]:
            places = batches[batch].places
            assert isinstance(places, Columns)
            taken = places.take(np.array(which, dtype=np.int64))
            assert taken.names == [f"r{batch * 900 + row + 1}" for row in which]
            assert taken.own.column_names == ["id", "note"]
            assert taken.own.column("id").to_pylist() == taken.names

    def test_own_columns_are_read_where_they_are_asked_for(self, tmp_path: Path) -> None:
        """A spoilt column of one's own is met where a row of it is printed, and not before."""
        path = write(tmp_path / "p.parquet", [(1.0, 2.0)] * 3000, "wkb")
        spoil(path, ["note"], [1])
        batches = list(
            _parquet.read("p", str(path), (None, None, None), groups=None, first_row=0, boxes=None, batch_rows=1000)
        )
        assert sum(batch.rows for batch in batches) == 3000
        assert len(list(batches[0].places)) == len(list(batches[2].places)) == 1000
        with pytest.raises(FileError, match="damaged"):
            list(batches[1].places)

    def test_texts_must_be_utf8(self, tmp_path: Path) -> None:
        """Bytes that are no text are not printed as if they were."""
        bad = pa.Array.from_buffers(
            pa.string(), 1, [None, pa.py_buffer(struct.pack("<2i", 0, 2)), pa.py_buffer(b"\xff\xfe")]
        )
        assert "UTF" in error(self.write(tmp_path / "p.parquet", lat=[1.0], lon=[1.0], note=bad))


class TestPieces:
    @pytest.mark.parametrize("split_rows", [1, 1000, 9000, 10**9])
    def test_pieces_are_whole_row_groups_one_after_another(self, tmp_path: Path, split_rows: int) -> None:
        """Read piece by piece a file is the same, row numbers and all; the first piece is large enough to be judged."""
        rows = strewn(12_000, 300)
        path = write(tmp_path / "p.parquet", [position for position, _ in rows], "wkb", 700)
        cut = _parquet.groups("p", str(path), split_rows)
        assert [piece[0] for piece in cut] == [0, *(piece[1] for piece in cut[:-1])]
        assert [piece[2] for piece in cut] == [sum(piece[3] for piece in cut[:at]) for at in range(len(cut))]
        assert sum(piece[3] for piece in cut) == 12_000
        assert cut[0][3] >= 8192
        assert sum(piece[4] for piece in cut) == pytest.approx(path.stat().st_size, abs=len(cut))
        whole = read(path)
        places: list[Place] = []
        rejected: list[Rejection] = []
        for first, end, first_row, count, _ in cut:
            found = gathered(
                _parquet.read(
                    str(path), str(path), (None, None, None),
                    groups=(first, end), first_row=first_row, boxes=None, batch_rows=800,
                )
            )  # fmt: skip
            assert found.rows == count
            places += found.places
            rejected += found.rejected
        assert places == whole.places
        assert rejected == whole.rejected

    def test_a_file_that_has_changed_since_is_refused(self, tmp_path: Path) -> None:
        """A piece that does not start where it did, or is not there any more, is not read."""
        path = write(tmp_path / "p.parquet", [(1.0, 2.0)] * 100, "wkb", 50)
        for groups, first_row in [((1, 2), 49), ((0, 3), 0), ((5, 6), 250)]:
            with pytest.raises(FileError, match="has changed"):
                list(
                    _parquet.read(
                        "p", str(path), (None,) * 3, groups=groups, first_row=first_row, boxes=None, batch_rows=9
                    )
                )

    def test_a_file_without_rows_is_whole(self, tmp_path: Path) -> None:
        """It gives no batch, but what is wrong with its columns is told."""
        for groups in (True, False):
            table = pa.table({"lat": pa.array([], type=pa.float64()), "lon": pa.array([], type=pa.float64())})
            with pq.ParquetWriter(tmp_path / "p.parquet", table.schema) as writer:
                if groups:
                    writer.write_table(table)
            assert read(tmp_path / "p.parquet").batches == 0
            assert [piece[2:4] for piece in _parquet.groups("p", str(tmp_path / "p.parquet"), 10)] == [(0, 0)]
            assert "'north'" in error(tmp_path / "p.parquet", "north")


class TestDamage:
    def test_what_is_not_parquet_is_refused(self, tmp_path: Path) -> None:
        """Nothing, text, an encrypted file, a folder, a file that is not there."""
        path = tmp_path / "p.parquet"
        for content, expected in [
            (b"", "is empty"),
            (b"lat,lon\n1,2\n", "is not Parquet"),
            (b"PAR1", "is cut short"),
            (b"PAR1PAR1", "is cut short"),
            (b"PAR1" + b"\0" * 8 + b"PAR1", "damaged"),
            (b"PARE" + b"\0" * 20 + b"PARE", "is encrypted"),
        ]:
            path.write_bytes(content)
            assert expected in error(path)
        assert "cannot be read" in error(tmp_path)
        assert "cannot be read" in error(tmp_path / "none.parquet")

    def test_it_is_known_by_its_name_or_its_first_bytes(self) -> None:
        """Nothing else is taken for it."""
        assert all(_parquet.recognises(suffix, b"") for suffix in (".parquet", ".geoparquet", ".pq"))
        assert _parquet.recognises(".dat", b"PAR1\x15")
        assert not _parquet.recognises(".csv", b"PARK,lat")

    def test_a_pipe_is_refused(self) -> None:
        """Parquet is read from its end, and a pipe has none yet."""
        ends = os.pipe()
        os.close(ends[1])
        with open(ends[0], "rb") as stream, pytest.raises(FileError, match="standard input; name a file"):
            _parquet.groups("standard input", stream, 10)

    def test_an_open_file_is_read(self, tmp_path: Path) -> None:
        """As it comes from an address of fsspec; it stays open."""
        path = write(tmp_path / "p.parquet", [(1.0, 2.0)] * 3000, "wkb bbox")
        with path.open("rb") as stream:
            assert len(_parquet.groups("p", stream, 1000)) == 1
            found = gathered(
                _parquet.read("p", stream, (None,) * 3, groups=None, first_row=0, boxes=None, batch_rows=500)
            )
            assert [place.name for place in found.places] == [f"r{row}" for row in range(1, 3001)]
            assert not stream.closed

    def test_a_file_cut_short_is_refused(self, tmp_path: Path) -> None:
        """Wherever it ends, it is never taken for a whole one."""
        data = write(tmp_path / "p.parquet", [(1.0, 2.0)] * 300, "wkb bbox").read_bytes()
        path = tmp_path / "cut.parquet"
        for end in range(0, len(data), 97):
            path.write_bytes(data[:end])
            error(path)

    def test_bytes_gone_wrong_are_an_error_or_no_matter(self, tmp_path: Path) -> None:
        """Checksums find every change in a page; no change anywhere has a traceback, or loses a row."""
        positions: list[Position] = [(row / 10, 2.0) for row in range(500)]
        path = write(tmp_path / "p.parquet", positions, "wkb bbox")
        table = pq.read_table(path)
        pq.write_table(table, path, write_page_checksum=True, row_group_size=200)
        data, footer = path.read_bytes(), pq.read_metadata(path).serialized_size
        whole = read(path)
        rng = np.random.default_rng(3)
        for at in rng.choice(len(data) - footer - 8, 150).tolist():
            path.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
            with contextlib.suppress(FileError):
                assert read(path) == whole

    def test_a_reader_that_is_left_leaves_no_thread(self, tmp_path: Path) -> None:
        """Who takes one batch and goes does not keep the file being read."""
        path = write(tmp_path / "p.parquet", [(1.0, 2.0)] * 20_000, "wkb")
        batches = _parquet.read("p", str(path), (None,) * 3, groups=None, first_row=0, boxes=None, batch_rows=500)
        next(batches)
        assert "read-ahead" in {thread.name for thread in threading.enumerate()}
        batches.close()  # type: ignore[attr-defined]
        assert "read-ahead" not in {thread.name for thread in threading.enumerate()}

    def test_memory_does_not_grow_with_the_row_group(self, tmp_path: Path) -> None:
        """Of one row group of 60 MB a few batches are in memory at a time, own columns and all."""
        count = 150_000
        table = pa.table(
            {
                "lat": np.zeros(count),
                "lon": np.linspace(-180, 180, count),
                "text": [f"{row:0400d}" for row in range(count)],
            }
        )
        pq.write_table(table, tmp_path / "p.parquet", row_group_size=count, use_dictionary=False)
        size = table.nbytes
        del table
        before = pa.total_allocated_bytes()
        most = rows = 0
        for batch in _parquet.read(
            "p", str(tmp_path / "p.parquet"), (None,) * 3, groups=None, first_row=0, boxes=None, batch_rows=4096
        ):
            assert isinstance(batch.places, Columns)
            rows += batch.places.take(np.arange(0, len(batch.places), 10)).own.num_rows
            most = max(most, pa.total_allocated_bytes() - before)
        assert rows > count / 10
        assert most < size / 4


class TestCallers:
    @pytest.fixture
    def make(self, tmp_path: Path) -> Callable[[], Path]:
        def maker() -> Path:
            import geopandas

            points = geopandas.GeoDataFrame(
                {"id": [1, 2, 3, 4]},
                geometry=[shapely.Point(1, 2), shapely.Point(), None, shapely.Point(3, 4)],
                crs=4326,
            )
            points.to_parquet(tmp_path / "g.parquet", write_covering_bbox=True, schema_version="1.1.0")
            return tmp_path / "g.parquet"

        return maker

    def test_files_of_geopandas_are_read(self, make: Callable[[], Path]) -> None:
        """As GeoPandas writes them: with a covering, an empty point and a row without geometry."""
        for boxes in (None, [Box(0, 0, 10, 10)], [Box(50, 50, 60, 60)]):
            found = read(make(), boxes=boxes)
            assert [rejection.columns for rejection in found.rejected] == [{"id": 2}, {"id": 3}]
            assert len(found.places) + found.outside == 2
