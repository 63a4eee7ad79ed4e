"""What is promised of FlatGeobuf and GeoPackage: every row is accounted for, also where an index is asked."""

from __future__ import annotations

import math
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import geopandas
import numpy as np
import pyogrio
import pytest
import shapely

from weapons_ref.errors import FileError
from weapons_ref.geo.boxes import Box
from weapons_ref.model import Place, Rejection
from weapons_ref.places import _indexes, _vector
from weapons_ref.places.batches import Batch

#: Two that meet at ±180, two that overlap, and one that is in another.
BOXES = [
    Box(170, -20, 180, 20),
    Box(-180, -20, -170, 20),
    Box(30, 40, 60, 55),
    Box(50, 45, 70, 60),
    Box(31, 41, 32, 42),
]
FORMS = ["gpkg", "fgb", "fgb without index"]


class Read(NamedTuple):
    """All batches of a file."""

    places: list[Place]
    rejected: list[Rejection]
    rows: int
    outside: int
    ignored_z: int


def gathered(batches: Iterator[Batch]) -> Read:
    """Take each batch before the next one is asked for."""
    found = Read([], [], 0, 0, 0)
    for batch in batches:
        assert batch.rows == len(batch.places) + len(batch.rejected) + batch.outside > 0
        assert batch.share is None or 0 <= batch.share <= 1
        found = Read(
            found.places + list(batch.places),
            found.rejected + batch.rejected,
            found.rows + batch.rows,
            found.outside + batch.outside,
            found.ignored_z + batch.ignored_z,
        )
    return found


def read(path: Path, *options: str | None, boxes: Sequence[Box] | None = None, batch_rows: int = 65536) -> Read:
    lat, lon, name = (*options, None, None, None)[:3]
    return gathered(_vector.read(str(path), str(path), (lat, lon, name), boxes=boxes, batch_rows=batch_rows))


def error(path: Path, *options: str | None, **more: Any) -> str:
    with pytest.raises(FileError) as caught:
        read(path, *options, **more)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 2000
    return message


def write(path: Path, shapes: Sequence[Any], form: str, *, crs: Any = 4326, **columns: Any) -> Path:
    """Write a file of rows with an id."""
    path = path.with_suffix("." + form.split()[0])
    path.unlink(missing_ok=True)
    table = {"id": [f"r{row}" for row in range(1, len(shapes) + 1)], **columns}
    with np.errstate(invalid="ignore"):
        frame = geopandas.GeoDataFrame(table, geometry=list(shapes), crs=crs)
        pyogrio.write_dataframe(frame, path, SPATIAL_INDEX="NO" if form.endswith("without index") else "YES")
    return path


def points(count: int, seed: int = 6) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [
        shapely.Point(*pair) for pair in zip(rng.uniform(-180, 180, count), rng.uniform(-90, 90, count), strict=True)
    ]


def inside(place: Place, boxes: Sequence[Box] = BOXES) -> bool:
    return any(box.west <= place.lon <= box.east and box.south <= place.lat <= box.north for box in boxes)


def same_but_for_what_is_outside(found: Read, whole: Read, boxes: Sequence[Box] = BOXES) -> None:
    assert found.rejected == whole.rejected
    assert found.rows == whole.rows == len(found.places) + len(found.rejected) + found.outside
    expected = [place for place in whole.places if place.shape is None and inside(place, boxes)]
    assert [place for place in found.places if place.shape is None and inside(place, boxes)] == expected
    came = {place.name for place in found.places}
    assert len(came) == len(found.places)
    assert [place.name for place in whole.places if place.name in came] == [place.name for place in found.places]


class TestCounts:
    @pytest.mark.parametrize("form", ["gpkg", "fgb without index"])
    @pytest.mark.parametrize("batch_rows", [300, 65536])
    def test_every_row_is_a_place_or_rejected_with_its_reason(self, tmp_path: Path, form: str, batch_rows: int) -> None:
        """Null and empty geometries and impossible positions strewn in are told by number, with their columns."""
        shapes = points(3000)
        odd = [None, shapely.Point(), shapely.Point(5, 91), shapely.Point(541, 5), shapely.Point(200, 5)]
        rows = np.random.default_rng(1).choice(3000, 100, replace=False).tolist()
        for number, row in enumerate(rows):
            shapes[row] = odd[number % len(odd)]
        path = write(tmp_path / "p", shapes, form)
        found = read(path, batch_rows=batch_rows)
        bad = sorted(row for row in rows if not (shapes[row] is not None and shapes[row].equals(odd[4])))
        assert [rejection.row - 1 for rejection in found.rejected] == bad
        assert [rejection.columns["id"] for rejection in found.rejected] == [f"r{row + 1}" for row in bad]
        words = ["null", "empty", "latitude", "longitude"]
        for rejection in found.rejected:
            kind = rows.index(rejection.row - 1) % len(odd)
            # A FlatGeobuf does not tell a geometry that is empty from none.
            assert words[kind] in rejection.reason or (kind < 2 and form != "gpkg")
        good = [(f"r{row + 1}", shape) for row, shape in enumerate(shapes) if row not in bad]
        assert [place.name for place in found.places] == [name for name, _ in good]
        for place, (_, shape) in zip(found.places, good, strict=True):
            assert (place.lon, place.lat) == (shape.x - 360 if shape.x > 180 else shape.x, shape.y)
        same_but_for_what_is_outside(read(path, boxes=BOXES, batch_rows=batch_rows), found)

    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("boxes", [BOXES, BOXES[:2], BOXES[4:], [Box(-180, -90, 180, 90)], [Box(0, 0, 0, 0)]])
    def test_boxes_leave_out_good_rows_alone(self, tmp_path: Path, form: str, boxes: list[Box]) -> None:
        """All rows in a box come once, in order, with their number in the whole file, whichever boxes overlap."""
        path = write(tmp_path / "p", points(20_000), form)
        whole = read(path)
        assert whole.outside == 0
        found = read(path, boxes=boxes, batch_rows=500)
        same_but_for_what_is_outside(found, whole, boxes)
        assert (found.outside > 15_000) == (boxes[0].west > -180 and form != "fgb without index")

    @pytest.mark.parametrize("form", ["gpkg", "fgb"])
    def test_names_are_row_numbers_of_the_whole_file(self, tmp_path: Path, form: str) -> None:
        """A row without a name has the same number whether an index left out those before it or not."""
        path = write(tmp_path / "p", points(5000), form, id=[None] * 5000)
        numbers = {(place.lon, place.lat): place.name for place in read(path, None, None, "id").places}
        found = read(path, boxes=BOXES)
        assert found.outside > 3000
        assert all(numbers[place.lon, place.lat] == place.name for place in found.places)

    @pytest.mark.parametrize("form", ["gpkg", "fgb", "fgb without index"])
    @pytest.mark.parametrize("odd", [None, (), (math.nan, math.nan), (math.nan, 5.0), (5.0, 95.0), (600.0, 0.0)])
    def test_a_bad_row_does_not_hide_from_an_index(self, tmp_path: Path, form: str, odd: Any) -> None:
        """One row without a position among thousands far from the box is rejected."""
        shapes = [shapely.Point(-100 + row / 1000, -50) for row in range(3000)]
        shapes[1234] = None if odd is None else shapely.Point(*odd) if odd else shapely.Point()
        if form == "fgb" and (not odd or (math.isnan(odd[0]) and math.isnan(odd[1]))):
            with pytest.raises(Exception, match="NULL geometry not supported"):
                write(tmp_path / "p", shapes, form)
            return
        found = read(write(tmp_path / "p", shapes, form), boxes=[Box(30, 40, 60, 55)])
        assert [rejection.columns["id"] for rejection in found.rejected] == ["r1235"]
        assert len(found.places) + found.outside == 2999

    @pytest.mark.parametrize("form", ["gpkg", "fgb"])
    def test_longitudes_past_180_are_not_left_out(self, tmp_path: Path, form: str) -> None:
        """What is turned back may lie in a box then."""
        path = write(tmp_path / "p", [shapely.Point(200, 5)] * 10 + points(1000), form)
        found = read(path, boxes=[Box(-161, 4, -159, 6)])
        assert sum(place.lon == -160 for place in found.places) == 10

    def test_an_index_that_lacks_rows_or_has_gaps_is_not_asked(self, tmp_path: Path) -> None:
        """Rows added behind the index's back, and keys with gaps, cost the use of the index and nothing else."""
        path = write(tmp_path / "p", points(2000), "gpkg")
        for change in (
            "DELETE FROM rtree_p_geom WHERE id = 700",
            "DELETE FROM p WHERE fid = 800",
            "DELETE FROM p WHERE fid = 800; DELETE FROM rtree_p_geom WHERE id = 800",
            "UPDATE p SET geom = NULL WHERE fid = 800",
        ):
            other = tmp_path / "q.gpkg"
            shutil.copy(path, other)
            with sqlite3.connect(other) as database:
                names = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
                for (name,) in names:
                    database.execute(f'DROP TRIGGER "{name}"')
                database.executescript(change)
            database.close()
            whole, found = read(other), read(other, boxes=BOXES[:3])
            same_but_for_what_is_outside(found, whole, BOXES[:3])
            assert found.outside == 0

    @pytest.mark.parametrize("form", ["gpkg", "fgb"])
    def test_the_whole_index_is_looked_through(self, tmp_path: Path, form: str) -> None:
        """The index settles most rows where it is certain: they are counted, not read."""
        path = write(tmp_path / "p", points(20_000), form)
        found = read(path, boxes=[Box(30, 40, 32, 42)])
        expected = sum(30 <= shape.x <= 32 and 40 <= shape.y <= 42 for shape in points(20_000))
        assert abs(len(found.places) - expected) <= 2
        assert found.outside == 20_000 - len(found.places)


class TestShapes:
    @pytest.mark.parametrize("form", FORMS)
    def test_lines_and_polygons_are_regions(self, tmp_path: Path, form: str) -> None:
        """They keep their distance, whatever stands for them, and those outside the boxes are counted."""
        rng = np.random.default_rng(2)
        shapes: list[Any] = [shapely.box(x, y, x + 1, y + 1) for x, y in rng.uniform(-89, 88, (600, 2))]
        shapes[::7] = [shapely.LineString([(x, y), (x + 1, y)]) for x, y in rng.uniform(-80, 80, (86, 2))]
        path = write(tmp_path / "p", shapes, form)
        whole, found = read(path), read(path, boxes=BOXES)
        assert len(whole.places) == 600
        by_name = {f"r{row}": shape for row, shape in enumerate(shapes, 1)}
        for place in whole.places[:50]:
            assert place.shape is not None
            x, y = (
                by_name[place.name].exterior.coords[0]
                if "POLY" in by_name[place.name].wkt
                else by_name[place.name].coords[0]
            )
            assert place.shape.nearest([x], [y]).distance_m[0] < 1e-6
        assert found.outside > 400
        came = {place.name for place in found.places}
        met = {name for name, shape in by_name.items() if any(shape.intersects(shapely.box(*box)) for box in BOXES)}
        assert met <= came
        assert [place.name for place in whole.places if place.name in came] == [place.name for place in found.places]

    @pytest.mark.parametrize("form", FORMS)
    def test_heights_are_left_out_and_counted(self, tmp_path: Path, form: str) -> None:
        """A third number of a point is not its own column."""
        path = write(tmp_path / "p", [shapely.Point(1, 2, 3)] * 3, form)
        found = read(path)
        assert (found.ignored_z, found.places[0].lon) == (3, 1.0)
        assert read(path, boxes=[Box(0, 0, 5, 5)]).places == found.places


class TestColumns:
    @pytest.mark.parametrize("form", FORMS)
    def test_own_columns_are_carried(self, tmp_path: Path, form: str) -> None:
        """Texts, numbers, nulls and bytes, and the key of a GeoPackage; not the geometry."""
        path = write(tmp_path / "p", points(3), form, n=[1, 2, 3], x=[1.5, None, 2.5], lat=["a", None, ""])
        found = read(path)
        expected = {f"r{row}": {"id": f"r{row}", "n": row, "x": x, "lat": lat} for row, x, lat in
                    [(1, 1.5, "a"), (2, None, None), (3, 2.5, "")]}  # fmt: skip
        for place in found.places:
            columns = dict(place.columns)
            if form == "gpkg":
                assert columns.pop("fid") == int(place.name[1:])
            assert columns == expected[place.name]

    def test_columns_can_be_named(self, tmp_path: Path) -> None:
        """Who asks for columns gets them, geometry or not."""
        for form in FORMS:
            path = write(tmp_path / "p", points(2), form, north=[1.0, 2.0], east=[3.0, 4.0], boss=["k", "l"])
            for boxes in (None, BOXES):
                places = read(path, "north", "east", "boss", boxes=boxes).places
                assert sorted((place.lat, place.lon) for place in places) in ([(1.0, 3.0), (2.0, 4.0)], [])
            assert sorted(place.name for place in read(path, None, None, "BOSS").places) == ["k", "l"]
            assert "'south'" in error(path, "south")

    def test_a_table_without_geometries_has_its_columns(self, tmp_path: Path) -> None:
        """A GeoPackage may hold a plain table."""
        import pandas  # type: ignore[import-untyped]

        pyogrio.write_dataframe(pandas.DataFrame({"lat": [1.0], "lon": [2.0]}), tmp_path / "p.gpkg")
        assert [(place.lat, place.lon) for place in read(tmp_path / "p.gpkg", boxes=[Box(0, 0, 9, 9)]).places] == [
            (1.0, 2.0)
        ]


class TestRefused:
    @pytest.mark.parametrize("form", FORMS)
    def test_another_reference_system(self, tmp_path: Path, form: str) -> None:
        """What is not WGS 84 is not taken for it; none at all is, unless the numbers are no degrees."""
        for crs in (3857, 4269, "ESRI:54009"):
            assert "convert it to WGS 84 (EPSG:4326) first" in error(write(tmp_path / "p", points(3), form, crs=crs))
        for crs in (4326, "OGC:CRS84"):
            assert len(read(write(tmp_path / "p", points(3), form, crs=crs)).places) == 3

    @pytest.mark.filterwarnings("ignore:'crs' was not provided")
    def test_none_given(self, tmp_path: Path) -> None:
        """A file that does not say is taken to be in degrees, unless it looks projected."""
        for form in FORMS:
            assert len(read(write(tmp_path / "p", points(3), form, crs=None)).places) == 3
            assert "looks projected" in error(write(tmp_path / "p", [shapely.Point(5e5, 5e6)] * 9, form, crs=None))

    def test_several_layers(self, tmp_path: Path) -> None:
        """They are listed; a table without geometries beside them is none."""
        import pandas

        frame = geopandas.GeoDataFrame({"id": [1]}, geometry=[shapely.Point(1, 2)], crs=4326)
        pyogrio.write_dataframe(frame, tmp_path / "p.gpkg", layer="towns")
        pyogrio.write_dataframe(pandas.DataFrame({"a": [1]}), tmp_path / "p.gpkg", layer="styles", append=True)
        assert len(read(tmp_path / "p.gpkg").places) == 1
        pyogrio.write_dataframe(frame, tmp_path / "p.gpkg", layer="roads", append=True)
        assert "'towns', 'roads'" in error(tmp_path / "p.gpkg")

    def test_other_formats(self, tmp_path: Path) -> None:
        """Only the two are opened, whatever a file is called."""
        frame = geopandas.GeoDataFrame({"id": [1]}, geometry=[shapely.Point(1, 2)], crs=4326)
        frame.to_file(tmp_path / "p.geojson", driver="GeoJSON")
        sqlite3.connect(tmp_path / "q.gpkg").execute("CREATE TABLE a (b)").connection.close()
        for name, suffix in [("p.geojson", "fgb"), ("q.gpkg", "gpkg")]:
            path = (tmp_path / name).rename(tmp_path / f"other.{suffix}")
            assert "is neither FlatGeobuf nor GeoPackage" in error(path)
        (tmp_path / "none.fgb").touch()
        assert "is empty" in error(tmp_path / "none.fgb")
        assert "cannot be opened" in error(tmp_path / "missing.fgb")
        assert "not a local file" in error(Path("/vsicurl/http://localhost/p.fgb"))

    def test_they_are_known_by_name_or_first_bytes(self) -> None:
        """A database is a GeoPackage only where it says so."""
        assert _vector.recognises(".fgb", b"")
        assert _vector.recognises(".gpkg", b"")
        assert _vector.recognises("", b"fgb\x03fgb\x01")
        start = b"SQLite format 3\0".ljust(68, b"\0")
        assert _vector.recognises(".dat", start + b"GPKG")
        assert not _vector.recognises(".dat", start + b"\0\0\0\0")

    @pytest.mark.parametrize("form", FORMS)
    def test_a_file_cut_short(self, tmp_path: Path, form: str) -> None:
        """Wherever it ends, it is an error, with boxes and without."""
        data = write(tmp_path / "p", points(2000), form).read_bytes()
        path = tmp_path / f"cut.{form.split()[0]}"
        for share in (0.001, 0.05, 0.3, 0.5, 0.9, 0.999):
            path.write_bytes(data[: int(len(data) * share)])
            for boxes in (None, BOXES):
                try:
                    found = read(path, boxes=boxes)
                except FileError as problem:
                    assert "\n" not in str(problem)  # noqa: PT017
                else:
                    raise AssertionError(f"{share} of the file were taken for the whole: {found.rows} rows")

    def test_no_rows(self, tmp_path: Path) -> None:
        """An empty layer is whole."""
        for form in FORMS:
            path = write(tmp_path / "p", [shapely.Point(1, 2)], form)
            frame = geopandas.GeoDataFrame({"id": np.array([], dtype=str)}, geometry=[], crs=4326)
            path.unlink()
            pyogrio.write_dataframe(frame, path, geometry_type="Point")
            for boxes in (None, BOXES):
                assert read(path, boxes=boxes).rows == 0


def test_the_index_of_a_flatgeobuf_is_where_it_is_looked_for(tmp_path: Path) -> None:
    """One level of nodes, several, and of the last only one: the leaves are the points, in the order of the rows."""
    for count in (1, 2, 15, 16, 17, 256, 257, 4097):
        path = write(tmp_path / "p", points(count), "fgb")
        with path.open("rb") as stream:
            about = _indexes.header(stream)
            assert about is not None
            assert (about.only_points, about.features, about.node_size) == (True, count, 16)
            assert _indexes.is_certain(stream, about, [])
            assert not _indexes.is_certain(stream, about, [Box(-180, -90, 180, 90)])
