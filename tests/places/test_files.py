"""What is promised of users' location files: every row is accounted for, and nothing is guessed."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import sys
import tracemalloc
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from weapons_ref import reach
from weapons_ref.errors import FileError
from weapons_ref.model import Area, Place, Rejection
from weapons_ref.places import _csv, _geojson, batches
from weapons_ref.places.files import Batch, read_locations

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of this content: text, bytes, or an object as JSON."""

    def writer(content: str | bytes | dict[str, Any], name: str | None = None) -> Path:
        if isinstance(content, dict):
            content, name = json.dumps(content), name or "places.geojson"
        path = tmp_path / (name or "places.csv")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return writer


def merge(batches: list[Batch]) -> Batch:
    """All batches as one."""
    for batch in batches:
        assert batch.rows == len(batch.places) + len(batch.rejected) > 0
    return Batch(
        [place for batch in batches for place in batch.places],
        [rejection for batch in batches for rejection in batch.rejected],
        sum(batch.rows for batch in batches),
        sum(batch.normalised for batch in batches),
        sum(batch.ignored_z for batch in batches),
        sum(batch.swapped for batch in batches),
    )


def read(path: str | Path, **options: Any) -> Batch:
    return merge(list(read_locations(path, **options)))


def one(path: Path, **options: Any) -> Place:
    batch = read(path, **options)
    assert batch.rejected == []
    (place,) = batch.places
    return place


def reasons(path: Path, **options: Any) -> list[str]:
    return [rejection.reason for rejection in read(path, **options).rejected]


def error(path: str | Path, **options: Any) -> str:
    with pytest.raises(FileError) as caught:
        read(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 2000
    return message


def feature(geometry: Any, properties: Any = None, **members: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties, **members}


def point(*position: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(position)}


def collection(*features: Any, **members: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", **members, "features": list(features)}


GOOD = feature(point(32.6, 46.6), {"name": "Kherson"})


class TestTable:
    def test_a_row_becomes_a_place_with_all_its_columns_in_order(self, write: Write) -> None:
        """A place has checked numbers, and the row's own texts as they came."""
        place = one(write('\ufeffid,lat,place,lon,note\n7,46.60,"Kherson, UA",32.6,"two\nlines "\n'))
        assert (place.name, place.lat, place.lon, place.notation) == ("Kherson, UA", 46.6, 32.6, "file")
        assert list(place.columns.items()) == [
            ("id", "7"),
            ("lat", "46.60"),
            ("place", "Kherson, UA"),
            ("lon", "32.6"),
            ("note", "two\nlines "),
        ]

    @pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_the_separator_is_read_off_the_header(self, write: Write, separator: str, end: str) -> None:
        """Comma, semicolon, TAB and bar separate, and lines end in any of the three ways."""
        rows = [["name", "lat", "lon"], ["A", "1.5", "2"], ["B", "3", "4"]]
        batch = read(write(end.join(separator.join(row) for row in rows)))
        assert [(place.name, place.lat, place.lon) for place in batch.places] == [("A", 1.5, 2.0), ("B", 3.0, 4.0)]

    def test_other_separators_inside_a_header_do_not_mislead(self, write: Write) -> None:
        """The separator is the one under which the columns are found."""
        assert one(write('lat;"a,b,c,d";lon\n1;x;2\n')).columns == {"lat": "1", "a,b,c,d": "x", "lon": "2"}

    @pytest.mark.parametrize(
        "header", ["lat,lon", "LAT,Lng", " latitude , Long", '"Latitude","LONGITUDE"', "y,x", "Y,X"]
    )
    def test_coordinate_headers_are_found_whatever_their_case(self, write: Write, header: str) -> None:
        """The usual names are known, trimmed and in any case."""
        place = one(write(f"{header}\n46.6,32.6\n"))
        assert (place.lat, place.lon) == (46.6, 32.6)

    def test_x_is_never_paired_with_lat(self, write: Write) -> None:
        """Next to a `lat` an `x` may be anything, so it is not taken for the longitude."""
        assert "--lon-column" in error(write("lat,x\n46.6,32.6\n"))
        assert one(write("x,y,lat,lon\n500000,5000000,46.6,32.6\n")).lat == 46.6

    def test_columns_can_be_named(self, write: Write) -> None:
        """The options name any column; the rest are found as ever."""
        path = write("Breite,Länge,lat,lon,Ort\n46.6,32.6,1,2,Kherson\n")
        place = one(path, lat_column="Breite", lon_column="länge", name_column="Ort")
        assert (place.name, place.lat, place.lon) == ("Kherson", 46.6, 32.6)
        assert one(path, lat_column="Breite").lon == 2.0

    @pytest.mark.parametrize(
        ("content", "options", "expected"),
        [
            ("breite,länge\n1,2\n", {}, ["'breite'", "'länge'", "--lat-column", "--lon-column"]),
            ("46.6,32.6\n47,33\n", {}, ["'46.6'", "'32.6'", "--lat-column"]),
            ("lat,lon\n1,2\n", {"lat_column": "north"}, ["'north'", "--lat-column", "'lat', 'lon'"]),
            ("lat,lon\n1,2\n", {"name_column": "city"}, ["'city'", "--name-column", "'lat', 'lon'"]),
            ("lat,lon\n1,2\n", {"lat_column": "lon"}, ["one column for both"]),
            ("lat,lon,note, note\n1,2,3,4\n", {}, ["'note' twice", "'lat', 'lon'"]),
            ("lat,LAT,lon\n1,2,3\n", {}, ["'lat' twice", "'LAT'"]),
            (",".join(f"column{n}" for n in range(9999)) + "\n", {}, ["'column0'", "9979 more"]),
        ],
    )
    def test_a_header_that_will_not_do_is_listed(
        self, write: Write, content: str, options: dict[str, str], expected: list[str]
    ) -> None:
        """Missing and duplicate headers are an error that lists those seen and the options to use."""
        message = error(write(content), **options)
        assert all(part in message for part in expected), message

    def test_a_name_is_the_place_then_the_name_then_the_id_then_the_row(self, write: Write) -> None:
        """A blank name falls through to the next column, and in the end to the row's number."""
        path = write("id,name,place,lat,lon\n7,n,p,1,2\n7,n, ,1,2\n7,,,1,2\n,,,1,2\n")
        assert [place.name for place in read(path).places] == ["p", "n", "7", "4"]
        assert [place.name for place in read(path, name_column="id").places] == ["7", "7", "7", "4"]

    def test_a_row_with_the_wrong_number_of_fields_is_rejected_whole(self, write: Write) -> None:
        """Too few and too many fields are rejected with what they hold."""
        batch = read(write("lat,lon,name\n1,2\n1,2,A\n1,2,B,C,D\n\n1,2,E\n"))
        assert [place.name for place in batch.places] == ["A", "E"]
        few, many = batch.rejected
        assert (few.row, few.reason) == (1, "too few fields: 2 where the header has 3")
        assert (many.row, many.reason) == (3, "too many fields: 5 where the header has 3")
        assert many.columns == {"lat": "1", "lon": "2", "name": "B", _csv.SURPLUS: "C,D"}

    @pytest.mark.parametrize("text", ["", " ", "NA", "n/a", "null", "None"])
    def test_missing_coordinates_are_rejected(self, write: Write, text: str) -> None:
        """An empty coordinate, or a word for one, has no place."""
        path = write(f"name,lat,lon\nA,{text},32.6\nB,46.6,{text}\n")
        first, second = reasons(path)
        assert first.startswith(("latitude is empty", "latitude is missing"))
        assert second.startswith(("longitude is empty", "longitude is missing"))

    def test_na_stays_text_elsewhere(self, write: Write) -> None:
        """Namibia keeps its code."""
        place = one(write("name,country,lat,lon\nNA,NA,-22.6,17.1\n"))
        assert (place.name, place.columns["country"]) == ("NA", "NA")

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "nan",
                "NaN",
                "inf",
                "-Infinity",
                "1e999",
                "1_000",
                "0x1F",
                "1 2",
                "--1",
                "=1",
                "1e",
                ".",
                "+",
                "1" * 257,
            ),
            *("\u0664\u0666", "\uff14\uff16", "46°", "46.6N"),
        ],
    )
    def test_only_plain_decimals_are_numbers(self, write: Write, text: str) -> None:
        """What Python or a spreadsheet would take for a number is rejected, never let through."""
        batch = read(write(f"lat,lon\n{text},2\n1,{text}\n1,2\n"))
        assert (len(batch.places), len(batch.rejected)) == (1, 2)

    @pytest.mark.parametrize(
        ("text", "value"), [(" 46.6 ", 46.6), ("+46.6", 46.6), ("4.66E1", 46.6), ("466e-1", 46.6), (".5", 0.5)]
    )
    def test_exponents_signs_and_white_space_are_plain(self, write: Write, text: str, value: float) -> None:
        """A number may have a sign, an exponent and white space round it."""
        assert one(write(f"lat,lon\n{text},2\n")).lat == value

    def test_zero_has_no_sign(self, write: Write) -> None:
        """-0.0 never comes out."""
        place = one(write("lat,lon\n-0.0,-0\n"))
        assert (str(place.lat), str(place.lon)) == ("0.0", "0.0")

    def test_a_decimal_comma_is_rejected_with_a_hint(self, write: Write) -> None:
        """One such row says what to write."""
        assert reasons(write('lat,lon\n"48,5",2\n1,2\n')) == ["latitude '48,5' has a decimal comma; write '48.5'"]
        assert "'37,1' has a decimal comma" in reasons(write("lat;lon\n48.5;37,1\n1;2\n"))[0]

    def test_a_file_of_decimal_commas_is_refused(self, write: Write) -> None:
        """Between semicolons, when all coordinates look so, it is the file and not the row."""
        assert "decimal comma" in error(write("lat;lon;name\n48,5;37,1;A\n49;36,2;B\n;;C\n"))

    def test_a_header_alone_is_a_file_without_rows(self, write: Write) -> None:
        """It gives no batch, and is no error."""
        assert list(read_locations(write("lat,lon\n"))) == []
        assert list(read_locations(write("lat,lon\n\n\r\n"))) == []

    @pytest.mark.parametrize("rest", ['1,2,"open', '1,2,"open\n3,4,x\n', '1,2,"open""'])
    def test_a_quoted_field_cut_short_is_no_whole_file(self, write: Write, rest: str) -> None:
        """The end of the file inside quotation marks is an error that names the row."""
        message = error(write("lat,lon,name\n5,6,first\n" + rest))
        assert "inside a quoted field" in message
        assert "row 2" in message

    def test_text_after_a_closing_quotation_mark_is_refused(self, write: Write) -> None:
        """Where quoting is broken, fields cannot be told apart."""
        assert "row 1" in error(write('lat,lon,name\n1,2,"A"B\n'))

    def test_fields_records_and_lines_are_bounded(self, write: Write) -> None:
        """Up to 1 MiB a field is read; beyond, and beyond 16 MiB a line or record, it is an error."""
        head, mib = "lat,lon,note\n", 1 << 20
        assert len(one(write(f"{head}1,2,{'x' * mib}\n")).columns["note"]) == mib
        assert "row 1" in error(write(f"{head}1,2,{'x' * (mib + 1)}\n"))
        assert "longer than 16 MiB (byte 13)" in error(write(head + "x" * (18 * mib)))
        line = '"' + "\n" * (mib - 1) + '",'
        assert "record longer than 16 MiB" in error(write(head + line * 20 + "\n"))
        assert "field longer than 1 MiB" in error(write(head + '1,2,"' + "\n" * 2 * mib))

    def test_a_header_of_a_million_columns_costs_no_more_than_reading_it(self, write: Write) -> None:
        """Looking for duplicates takes no square time; this would not end in a day."""
        header = ",".join(f"c{n}" for n in range(1_000_000))
        assert one(write(f"{header},lat,lon\n{',' * 1_000_000}1,2\n")).lon == 2.0

    def test_the_limit_on_fields_is_left_as_it_was(self, write: Write) -> None:
        """csv's limit is the whole process's, so it is set back whenever the caller has control."""
        before = csv.field_size_limit()
        batches = read_locations(write("lat,lon\n" + "1,2\n" * 3), batch_rows=1)
        next(batches)
        assert csv.field_size_limit() == before
        error(write('lat,lon\n1,"2'))
        assert csv.field_size_limit() == before


class TestPositions:
    @pytest.mark.parametrize(
        ("lat", "lon"), [("90.000000001", "0"), ("-91", "10"), ("0", "540.1"), ("1e300", "0"), ("200", "100")]
    )
    def test_positions_off_the_earth_are_rejected(self, write: Write, lat: str, lon: str) -> None:
        """They are never clamped or wrapped."""
        assert "is outside" in reasons(write(f"lat,lon\n{lat},{lon}\n"))[0]

    def test_swapped_rows_are_counted_and_say_so(self, write: Write) -> None:
        """A row that is valid the other way round is rejected, never swapped."""
        batch = read(write("lat,lon\n132.6,46.6\n46.6,32.6\n-170,-20\n95,200\n"))
        assert (batch.rows, batch.swapped) == (4, 2)
        assert "did you mean latitude 46.6, longitude 132.6?" in batch.rejected[0].reason

    def test_longitudes_beyond_180_are_brought_back_and_counted(self, write: Write) -> None:
        """From beyond 180 to 540 either way they are turned by 360; 180 itself is as it came."""
        batch = read(write("lat,lon\n0,190\n0,-190\n0,540\n0,180\n0,-180\n91,190\n"))
        assert [place.lon for place in batch.places] == [-170.0, 170.0, 180.0, 180.0, -180.0]
        assert batch.normalised == 3

    @pytest.mark.parametrize("row", ["500000,5166000", "5166000,500000", "-8000000,9000000"])
    def test_a_projected_file_is_refused(self, write: Write, row: str) -> None:
        """When no coordinate can be degrees the file is refused, not its rows."""
        lon, lat = map(float, row.split(","))
        assert "looks projected" in error(write(f"x,y\n{row}\n{row}\n,\n"))
        assert "looks projected" in error(write(collection(feature(point(lon, lat)), feature(None))))

    def test_a_file_with_some_degrees_is_not_projected(self, write: Write) -> None:
        """Then the other rows are rejected one by one."""
        assert len(reasons(write("x,y\n500000,5166000\n32.6,46.6\n"))) == 1

    def test_a_long_projected_file_is_refused_before_any_batch(self, write: Write) -> None:
        """It is decided on the first rows, however small the batches are."""
        path = write("x,y\n" + "500000,5166000\n" * 20_000)
        with pytest.raises(FileError, match="first 8192 rows"):
            next(read_locations(path, batch_rows=10))


class TestBytes:
    @pytest.mark.parametrize("content", [b"", b"\n \t\r\n", b"\xef\xbb\xbf", b" " * (3 << 20)])
    @pytest.mark.parametrize("name", ["a.csv", "a.geojson", "a.ndjson"])
    def test_nothing_is_an_error(self, write: Write, content: bytes, name: str) -> None:
        """Zero bytes, and white space only, are not a file without rows."""
        assert "is empty" in error(write(content, name))

    @pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    def test_other_unicode_encodings_are_refused(self, write: Write, codec: str) -> None:
        """UTF-16 is refused at its mark or its first NUL."""
        message = error(write("lat,lon\n1,2\n".encode(codec)))
        assert "UTF-8" in message
        assert "byte" in message

    @pytest.mark.parametrize("padding", [0, (1 << 20) - 2, (1 << 20) - 1, 1 << 20, 3 << 20])
    def test_a_wrong_byte_is_named(self, write: Write, padding: int) -> None:
        """Latin-1 is refused at the very byte, wherever blocks begin."""
        content = b"lat,lon,name\n" + b"1,2,x\n" * (padding // 6) + b"1,2,M\xfcnchen\n"
        assert f"(byte {content.index(0xFC)})" in error(write(content))
        text = json.dumps(collection(GOOD)).encode()[:-2] + b" " * padding + b"\xff]}"
        assert f"(byte {len(text) - 3})" in error(write(text, "a.geojson"))

    def test_a_character_on_the_edge_of_a_block_is_whole(self, write: Write) -> None:
        """Blocks may part a character's bytes."""
        row = "1,2,Знам'янка\n"
        count = (3 << 20) // len(row.encode())
        for shift in range(4):
            batch = read(write("lat,lon,name\n1,2," + "x" * shift + "\n" + row * count))
            assert batch.rows == count + 1
            assert {place.name for place in batch.places[1:]} == {"Знам'янка"}

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_a_line_end_on_the_edge_of_a_block_is_one(self, write: Write, end: str) -> None:
        """CR and LF in two blocks end one line, inside quotation marks too."""
        for shift in range(3):
            row = f'1,2,"a{end}b"{end}'
            count = (1 << 20) // len(row) + 2
            batch = read(write(f"lat,lon,name{end}1,2,{'x' * shift}{end}" + row * count))
            assert batch.rows == count + 1
            assert {place.name for place in batch.places[1:]} == {f"a{end}b"}

    def test_a_character_cut_off_by_the_end_is_refused(self, write: Write) -> None:
        """The last byte counts too."""
        assert "(byte 12)" in error(write(b"lat,lon\n1,2 \xd0"))

    def test_nul_is_refused(self, write: Write) -> None:
        """A NUL is never text."""
        assert "NUL" in error(write(b"lat,lon\n1,2\n\x00\n"))
        assert "(byte 12)" in error(write(b"lat,lon\n1,2\n\x00\n"))
        assert "NUL" in error(write(b'{"type":"Point\x00"}', "a.json"))

    @pytest.mark.parametrize("magic", [b"PK\x03\x04", b"\xfd7zXZ\x00", b"BZh91AY&SY"])
    def test_other_compressed_files_are_refused_by_name(self, write: Write, magic: bytes) -> None:
        """They are told by their first bytes, whatever their extension."""
        assert "compressed" in error(write(magic + b"\x00" * 20))

    def test_a_header_may_begin_with_pk(self, write: Write) -> None:
        """PK is a usual name for a key."""
        assert one(write("PK,lat,lon\n1,2,3\n")).lat == 2.0

    def test_line_separators_of_unicode_do_not_end_a_row(self, write: Write) -> None:
        """Only CR and LF end lines."""
        text = "a\u2028b\x85c\x0bd\x1ce"
        assert one(write(f"lat,lon,name\n1,2,{text}\n")).name == text


class TestPaths:
    @pytest.mark.parametrize("url", ["http://example.org/a.csv", "https://example.org", "s3://a/b", "file:///etc/a"])
    def test_urls_are_refused(self, url: str) -> None:
        """Nothing is ever fetched."""
        assert "is a URL" in error(url)
        assert "is a URL" in error(Path(url))

    def test_what_cannot_be_opened_is_one_line(self, tmp_path: Path) -> None:
        """Empty folders, missing files and impossible names say what they are."""
        assert "is a folder without any file of places" in error(tmp_path)
        assert "No such file" in error(tmp_path / "missing.csv")
        assert "cannot be opened" in error("a\0b")
        assert "'a\\nb.csv'" in error("a\nb.csv")

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
    def test_an_unreadable_file_is_one_line(self, write: Write) -> None:
        """Permission denied is no traceback."""
        path = write("lat,lon\n1,2\n")
        path.chmod(0)
        assert "Permission denied" in error(path)

    @pytest.mark.parametrize(
        "content", ["lat,lon\n46.6,32.6\n", json.dumps(GOOD), json.dumps(GOOD, indent=1), "\ufeff" + json.dumps(GOOD)]
    )
    def test_standard_input_is_told_apart_by_its_first_character(
        self, monkeypatch: pytest.MonkeyPatch, content: str
    ) -> None:
        """`-` takes delimited text and GeoJSON."""
        stream = io.TextIOWrapper(io.BytesIO(content.encode()))
        monkeypatch.setattr(sys, "stdin", stream)
        batch = read("-")
        assert [(place.lat, place.lon) for place in batch.places] == [(46.6, 32.6)]
        assert not stream.closed

    def test_standard_input_is_named_in_errors(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An error says where it was, also there."""
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
        assert error("-") == "standard input: is empty"

    def test_a_device_that_fails_is_one_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An error while reading is no traceback either."""

        class Failing(io.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Failing()))
        assert error("-") == "standard input: cannot be read: Input/output error"

    def test_the_file_is_closed_and_left_alone(self, write: Write) -> None:
        """Reading changes nothing, and half a reading leaves nothing open."""
        path = write("lat,lon\n" + "1,2\n" * 100)
        before = path.read_bytes()
        batches = read_locations(str(path), batch_rows=1)
        next(batches)
        assert isinstance(batches, Generator)
        batches.close()  # an open file would be a ResourceWarning, which tests take for an error
        assert path.read_bytes() == before

    def test_a_batch_has_at_least_one_row(self, write: Write) -> None:
        """Zero is a mistake of the programmer's."""
        with pytest.raises(ValueError, match="batch_rows"):
            next(read_locations(write("lat,lon\n"), batch_rows=0))


class TestGeoJson:
    def test_features_become_places_with_their_properties(self, write: Write) -> None:
        """Properties keep their order, their types and what is nested in them."""
        properties = {"b": [1, {"c": None}], "name": "Kherson", "a": 1.5, "t": True}
        place = one(write(collection(feature(point(32.6, 46.6), properties))))
        assert (place.name, place.lat, place.lon, place.notation) == ("Kherson", 46.6, 32.6, "file")
        assert list(place.columns.items()) == list(properties.items())

    @pytest.mark.parametrize("document", [GOOD, collection(GOOD), point(32.6, 46.6)])
    @pytest.mark.parametrize("name", ["a.geojson", "a.JSON", "a.csv", "noextension"])
    def test_a_collection_a_feature_and_a_geometry_are_documents(
        self, write: Write, document: dict[str, Any], name: str
    ) -> None:
        """All three are known by extension or first character."""
        assert one(write(document, name)).lat == 46.6

    @pytest.mark.parametrize("properties", [None, {}])
    def test_properties_may_be_null(self, write: Write, properties: Any) -> None:
        """Then there are no columns, and the row's number is the name."""
        place = one(write(collection(feature(point(1, 2), properties))))
        assert (place.name, dict(place.columns)) == ("1", {})

    @pytest.mark.parametrize(
        ("properties", "members", "expected"),
        [
            ({"name": "n", "place": "p"}, {"id": "i"}, "p"),
            ({"NAME": "n", "place": " "}, {"id": "i"}, "n"),
            ({"name": None}, {"id": 7}, "7"),
            ({"id": "own"}, {}, "own"),
            ({"name": ["n"], "place": {"a": 1}}, {"id": True}, "1"),
            ({"name": 12}, {}, "12"),
        ],
    )
    def test_a_name_is_a_property_then_the_id_then_the_row(
        self, write: Write, properties: Any, members: dict[str, Any], expected: str
    ) -> None:
        """Only texts and numbers are names."""
        assert one(write(feature(point(1, 2), properties, **members))).name == expected

    def test_the_property_of_the_name_can_be_chosen(self, write: Write) -> None:
        """One that no feature has is an error, for it is a slip."""
        path = write(collection(feature(point(1, 2), {"stadt": "S", "name": "n"}), feature(point(1, 2), {"name": "n"})))
        assert [place.name for place in read(path, name_column="Stadt").places] == ["S", "n"]
        assert "'city'" in error(path, name_column="city")

    def test_a_multipoint_of_one_is_a_place(self, write: Write) -> None:
        """It can only mean that point."""
        assert one(write(feature({"type": "MultiPoint", "coordinates": [[32.6, 46.6]]}))).lat == 46.6

    @pytest.mark.parametrize(
        ("geometry", "reason"),
        [
            (None, "geometry is null"),
            (point(), "geometry is empty"),
            ({"type": "MultiPoint", "coordinates": []}, "geometry is empty"),
            ({"type": "MultiPoint", "coordinates": [[]]}, "geometry is empty"),
            ({"type": "GeometryCollection", "geometries": []}, "geometry is empty"),
            ({"type": "LineString", "coordinates": [[1, 2], [3, 94]]}, "outside -90 to 90"),
            ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 1], [1, 1]]]}, "closed"),
            ({"type": "GeometryCollection", "geometries": [point(1, 2), 3]}, "not a GeoJSON geometry"),
            ({"type": "Circle", "coordinates": [1, 2]}, "'Circle' is no type"),
            ({"coordinates": [1, 2]}, "no type of geometry"),
            ({"type": "Point"}, "not an array"),
            ({"type": "Point", "coordinates": "1,2"}, "not an array"),
            ("POINT (1 2)", "not an object"),
            (point(1), "one coordinate"),
            (point("1", "2"), "not numbers"),
            (point(True, False), "not numbers"),
            (point(None, 2), "not numbers"),
            (point(1, 2, None), "not numbers"),
            (point([1], 2), "not numbers"),
            (point(10**400, 2), "too large"),
            (point(2, 91), "outside -90 to 90"),
        ],
    )
    def test_what_is_not_a_point_is_rejected_by_row(self, write: Write, geometry: Any, reason: str) -> None:
        """Every geometry that names no one place is rejected with its reason; no centroids."""
        batch = read(write(collection(GOOD, feature(geometry, {"name": "A"}), GOOD)))
        assert len(batch.places) == 2
        (rejection,) = batch.rejected
        assert reason in rejection.reason
        assert (rejection.row, rejection.columns) == (2, {"name": "A"})

    @pytest.mark.parametrize(
        "geometry",
        [
            {"type": "MultiPoint", "coordinates": [[1, 2], [1, 2]]},
            {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 1], [0, 0]]]},
            {"type": "GeometryCollection", "geometries": [point(1, 2)]},
        ],
    )
    def test_what_is_more_than_a_point_comes_with_its_shape(self, write: Write, geometry: Any) -> None:
        """A line or polygon is kept whole, for its nearest point; never a centroid."""
        (place,) = read(write(collection(feature(geometry, {"name": "A"})))).places
        lon, lat = place.shape.vertices
        assert (place.lon, place.lat) in set(zip(lon.tolist(), lat.tolist(), strict=True))
        assert read(write(collection(GOOD))).places[0].shape is None

    def test_lines_and_polygons_are_rows_like_others(self, write: Write) -> None:
        """Each ends in one place; heights and longitudes turned back are counted by row, as those of points are."""
        path = write(
            collection(
                GOOD,
                feature({"type": "LineString", "coordinates": [[1, 2, 3], [3, 4, 5]]}, {"name": "high"}),
                feature({"type": "LineString", "coordinates": [[179, 2], [181, 4]]}, {"name": "over"}),
                feature({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 1], [0, 0]]]}),
                feature({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]]}),
                feature({"type": "LineString", "coordinates": [[541, 2], [3, 4]]}),
                feature({"type": "LineString", "coordinates": []}),
            )
        )
        batch = read(path)
        assert [place.name for place in batch.places] == ["Kherson", "high", "over", "4"]
        assert [rejection.row for rejection in batch.rejected] == [5, 6, 7]
        assert (batch.rows, batch.ignored_z, batch.normalised) == (7, 1, 1)
        assert all(-180 <= place.lon <= 180 for place in batch.places)

    @pytest.mark.parametrize("name", ["rows.geojson", "rows.geojsonl"])
    def test_a_row_of_lines_is_judged_by_its_nearest_point(self, write: Write, name: str) -> None:
        """From a point and from an area, in a document and in a sequence; the row keeps its columns."""
        rows = [
            feature({"type": "LineString", "coordinates": [[40, 40], [31, 46], [40, 50]]}, {"name": "bend", "n": 1}),
            feature({"type": "Polygon", "coordinates": [[[20, 40], [35, 40], [35, 50], [20, 40]]]}, {"name": "field"}),
            feature(point(31.0, 45.0), {"name": "post"}),
        ]
        text = "\n".join(map(json.dumps, rows)) if name.endswith("l") else json.dumps(collection(*rows))
        west = Area(name="west", geometry={"type": "LineString", "coordinates": [[29, 46], [30, 46]]})
        for origin, lon, lat in ((Place(name="o", lat=46.0, lon=30.0), 30.0, 46.0), (west, 30.0, 46.0)):
            result = reach(range_m=1e6, origin=origin, locations=read_locations(write(text, name)))
            bend, field, post = result.verdicts
            for verdict, end in ((bend, (31.0, 46.0)), (post, (31.0, 45.0))):
                assert (verdict.place.lon, verdict.place.lat) == pytest.approx(end, abs=1e-6)
                assert verdict.distance_m == pytest.approx(Geod(ellps="WGS84").inv(lon, lat, *end)[2], abs=1e-3)
            assert field.place.name == "field"
            assert field.distance_m == pytest.approx(0, abs=1e-6)
            assert bend.place.columns == {"name": "bend", "n": 1}
            assert sum(result.counts.values()) == 3

    @pytest.mark.parametrize(
        ("item", "reason"),
        [
            (1, "not a JSON object"),
            (None, "not a JSON object"),
            ({}, "no Feature"),
            ({"type": "Feature"}, "geometry is null"),
            (point(1, 2), "no Feature"),
            (feature(point(1, 2), [1]), "properties are not an object"),
        ],
    )
    def test_what_is_no_feature_is_rejected_by_row(self, write: Write, item: Any, reason: str) -> None:
        """One bad item does not cost the others."""
        assert reason in reasons(write(collection(GOOD, item)))[0]

    def test_a_number_beyond_floats_costs_its_row_only(self, write: Write) -> None:
        """1e400 is JSON, and no number here."""
        text = json.dumps(collection(GOOD, feature(point(1, 2)))).replace("[1, 2]", "[1e400, 2]")
        assert "out of range" in reasons(write(text, "a.geojson"))[0]

    def test_heights_and_measures_are_ignored_and_counted(self, write: Write) -> None:
        """Z and M do not move a place."""
        batch = read(write(collection(*(feature(point(*p)) for p in [(1, 2, 3), (1, 2, 3, 4), (1, 2), (1, 99, 3)]))))
        assert batch.ignored_z == 2
        assert {(place.lon, place.lat) for place in batch.places} == {(1.0, 2.0)}

    @pytest.mark.parametrize("document", [collection(), collection(bbox=[0, 0, 1, 1])])
    def test_a_collection_without_features_is_a_file_without_rows(self, write: Write, document: dict[str, Any]) -> None:
        """It gives no batch, and is no error."""
        assert list(read_locations(write(document))) == []

    @pytest.mark.parametrize(
        "name",
        [
            "urn:ogc:def:crs:OGC:1.3:CRS84",
            "urn:ogc:def:crs:OGC::CRS84",
            "OGC:CRS84",
            "EPSG:4326",
            "urn:ogc:def:crs:EPSG::4326",
            "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        ],
    )
    def test_a_crs_that_is_wgs_84_is_taken(self, write: Write, name: str) -> None:
        """Older files name it in many ways."""
        assert one(write(collection(GOOD, crs={"type": "name", "properties": {"name": name}}))).lat == 46.6

    @pytest.mark.parametrize(
        "crs",
        [
            {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32636"}},
            {"type": "name", "properties": {"name": "EPSG:14326"}},
            {"type": "link", "properties": {"href": "http://example.org/crs"}},
            "EPSG:4326",
        ],
    )
    def test_another_reference_system_is_refused(self, write: Write, crs: Any) -> None:
        """On the document the file is refused, on a feature the row."""
        assert "reference system" in error(write(collection(GOOD, crs=crs)))
        assert "reference system" in reasons(write(collection({**GOOD, "crs": crs})))[0]
        assert "reference system" in reasons(write(collection(feature({**point(1, 2), "crs": crs}))))[0]

    @pytest.mark.parametrize(
        ("text", "where"),
        [
            ('{"type": "Point", "coordinates": [NaN, 1]}', "byte 34"),
            ('{"type": "Point", "coordinates": [1, -Infinity]}', "byte 38"),
            ('{"type": "FeatureCollection", "features": [', "byte 43"),
            ('{"type": "Point" "coordinates": [1, 2]}', "byte 17"),
            ('{"type": "Point", "coordinates": [1, 2],}', "byte 40"),
            ('{"type": "Point", "coordinates": [1, 2]} {}', "trailing characters (byte 4"),
            ("[1, 2]", "byte 0"),
            ('{"a": 1}', "byte 0"),
            ('{"type": "Topology", "objects": {}}', "'Topology'"),
            ('{"type": "FeatureCollection", "features": {}}', "byte 42"),
            ('{"type": "FeatureCollection"}', "features are not an array"),
            ('{"type": "Feature", "type": "Point"}', "'type' twice (byte 1)"),
            ('{"type": "FeatureCollection", "features": [], "features": []}', "'features' twice (byte 46)"),
            ('{"type": "FeatureCollection", "features": [], "feat\\u0075res": [1]}', "'features' twice"),
            ('{"type": "Point", "a": 12, "a": 1, "coordinates": [1, 2]}', "twice"),
            ("lat,lon\n1,2\n", "byte 0"),
        ],
    )
    def test_malformed_documents_are_refused_with_the_place(self, write: Write, text: str, where: str) -> None:
        """An error says where the JSON breaks off, and is never a traceback."""
        assert where in error(write(text, "a.json"))

    def test_a_feature_with_two_geometries_is_rejected(self, write: Write) -> None:
        """Which of them is meant cannot be known."""
        text = '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null,"geometry":%s}]}'
        assert "'geometry' twice" in reasons(write(text % json.dumps(point(1, 2)), "a.json"))[0]

    @pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
    def test_a_hundred_thousand_brackets_are_an_error(self, write: Write, deep: str) -> None:
        """Deep nesting is refused at a byte."""
        for text in (deep, '{"type":"Feature","properties":{"a":' + deep + "}}"):
            for name in ("a.json", "a.ndjson"):
                assert "byte" in error(write(text, name))

    def test_nesting_near_the_limit_is_read_or_refused(self, write: Write) -> None:
        """There is no depth at which a traceback comes through."""
        for depth in range(300, 1100, 7):
            nested = "[" * depth + "]" * depth
            text = '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":%s},"geometry":%s}]}'
            try:
                batch = read(write(text % (nested, json.dumps(point(1, 2))), "a.json"))
            except FileError:
                continue
            assert batch.rows == 1

    def test_a_document_is_read_whole_and_so_bounded(self, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        """Beyond the bound the message says what to do instead; a sequence has no such bound."""
        monkeypatch.setattr(_geojson, "DOCUMENT_BYTES", 1 << 20)
        many = [GOOD] * 20_000
        assert "text sequence" in error(write(collection(*many)))
        assert read(write("\n".join(map(json.dumps, many)), "a.geojsonl")).rows == 20_000


class TestSequence:
    @pytest.mark.parametrize(
        ("lead", "trail"), [("", "\n"), ("", "\r\n"), ("\x1e", "\n"), ("\x1e", ""), ("\n", "\n\n"), ("\x1e\n", "\n\n")]
    )
    @pytest.mark.parametrize("name", ["a.geojsonl", "a.geojsons", "a.ndjson", "a.jsonl", "a.json", "a.txt"])
    def test_one_feature_after_another(self, write: Write, lead: str, trail: str, name: str) -> None:
        """Record separators and line ends part features, under any of the extensions."""
        if "\n" not in trail and "\x1e" not in lead:
            pytest.skip("nothing would part them")
        features = [feature(point(n, 2), {"name": str(n)}) for n in range(3)]
        path = write("".join(lead + json.dumps(item) + trail for item in features), name)
        assert [(place.name, place.lon) for place in read(path).places] == [("0", 0.0), ("1", 1.0), ("2", 2.0)]

    def test_a_text_after_a_record_separator_may_have_many_lines(self, write: Write) -> None:
        """RFC 8142 lets a text be indented."""
        text = "".join(f"\x1e{json.dumps(item, indent=2)}\n" for item in (GOOD, point(1, 2), collection(GOOD, GOOD)))
        assert read(write(text, "a.geojsons")).rows == 4

    def test_rows_are_numbered_through_the_whole_file(self, write: Write) -> None:
        """A rejected row is found again by its number."""
        lines = [json.dumps(GOOD), "", json.dumps(feature(None, {"a": 1})), json.dumps(GOOD)]
        (rejection,) = read(write("\n".join(lines), "a.ndjson"), batch_rows=1).rejected
        assert (rejection.row, rejection.columns) == (2, {"a": 1})

    def test_a_broken_line_is_an_error_at_its_byte(self, write: Write) -> None:
        """What is left of a text cut short is not passed off as the whole."""
        good = json.dumps(GOOD)
        assert f"(byte {len(good) + 1 + 19})" in error(write(f"{good}\n{good[:19]}\n", "a.ndjson"))
        assert f"(byte {len(good) + 3})" in error(write(f"{good}\n  3\n", "a.ndjson"))

    def test_two_collections_are_not_one_document(self, write: Write) -> None:
        """A second document after the first is an error, unless the file says that it is a sequence."""
        text = f"{json.dumps(collection(GOOD))}\n{json.dumps(collection(GOOD))}\n"
        assert "trailing" in error(write(text, "a.geojson"))
        assert read(write(text, "a.geojsonl")).rows == 2

    @pytest.mark.parametrize("lead", ["", "\x1e"])
    def test_gigantic_records_are_refused(self, write: Write, lead: str) -> None:
        """A record is at most 16 MiB."""
        text = lead + json.dumps(GOOD) + "\n" + lead + '{"a":"' + "x" * (18 << 20)
        assert "longer than 16 MiB" in error(write(text, "a.geojsons"))


TEXTS = st.one_of(
    st.floats(-1000, 1000).map(repr),
    st.floats(-80, 80).map(repr),
    st.sampled_from(["", "NA", "48,5", "nan", "1e400", "200", "-181", "91", "1_0"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
)


class TestEveryRow:
    # A first row with a position keeps the file from being refused as projected.
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
    @given(
        rows=st.lists(st.lists(TEXTS, min_size=2, max_size=4), max_size=30),
        separator=st.sampled_from(",;\t|"),
        batch_rows=st.integers(1, 40),
    )
    def test_every_row_ends_in_exactly_one_place(
        self, write: Write, rows: list[list[str]], separator: str, batch_rows: int
    ) -> None:
        """Whatever rows hold and batches are, places and rejected rows are the rows, once each, in order."""
        rows = [["1", "2", "first"], *rows]
        out = io.StringIO()
        writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL)
        writer.writerows([["lat", "lon", "note"], *rows])
        path = write(out.getvalue())
        batch = read(path, batch_rows=batch_rows)
        assert batch.rows == len(rows) == len(batch.places) + len(batch.rejected)
        rejected = {rejection.row for rejection in batch.rejected}
        kept = [row for number, row in enumerate(rows, 1) if number not in rejected]
        assert [list(place.columns.values()) for place in batch.places] == kept
        assert all(abs(place.lat) <= 90 and abs(place.lon) <= 180 for place in batch.places)
        assert batch == read(path)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
    @given(content=st.binary(max_size=200), head=st.sampled_from([b"", b"lat,lon\n", b"{", b"\x1e{", b'{"type":']))
    def test_any_bytes_are_read_or_refused(self, write: Write, content: bytes, head: bytes) -> None:
        """Noise is an error or rejected rows, and never a traceback."""
        try:
            read(write(head + content))
        except FileError:
            return

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
    @given(
        cut=st.integers(0, 300),
        document=st.sampled_from([collection(GOOD, GOOD), GOOD, collection(feature(point(1, 2), {"a": ["é", {}]}))]),
    )
    def test_a_document_cut_short_is_never_whole(self, write: Write, cut: int, document: dict[str, Any]) -> None:
        """Every true beginning of a document is an error."""
        text = json.dumps(document, ensure_ascii=False).encode()
        if cut < len(text):
            assert error(write(text[:cut], "a.geojson"))

    def test_a_result_does_not_depend_on_the_batches(self, write: Write) -> None:
        """Small, large and odd batches hold the same rows, across blocks, chunks and the sample."""
        lines = [f"{n % 100},{n % 600},n{n}" + ",surplus" * (n % 97 == 0) for n in range(40_000)]
        path = write("\n".join(["lat,lon,name", *lines]))
        whole = read(path, batch_rows=10**9)
        assert whole.rows == 40_000
        for batch_rows in (1, 8191, 8192, 8193):
            batches = list(read_locations(path, batch_rows=batch_rows))
            # Rows that are read one by one come 8192 at a time at most.
            assert all(batch.rows == min(batch_rows, 8192) for batch in batches[:-1])
            assert merge(batches) == whole

    def test_batches_of_long_rows_are_closed_early(self, write: Write) -> None:
        """So many rows of half a megabyte are never held at once."""
        path = write("lat,lon,note\n" + f"1,2,{'x' * (1 << 19)}\n" * 100)
        batches = list(read_locations(path))
        assert max(batch.rows for batch in batches) <= 34
        assert merge(batches).rows == 100

    @pytest.mark.parametrize("name", ["a.csv", "a.ndjson"])
    def test_memory_does_not_grow_with_the_file(self, write: Write, name: str) -> None:
        """Four times the rows take no more memory."""

        note = "x" * 300

        def peak(rows: int) -> int:
            if name == "a.csv":
                path = write("lat,lon,note\n" + f"46.6,32.6,{note}\n" * rows, name)
            else:
                path = write((json.dumps(feature(point(32.6, 46.6), {"note": note})) + "\n") * rows, name)
            tracemalloc.start()
            try:
                assert sum(batch.rows for batch in read_locations(path, batch_rows=1000)) == rows
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        # A long table is read some pieces ahead, how many at a time is the threads' business.
        rows, more = (60_000, 1.5) if name == "a.csv" else (15_000, 1.2)
        few = peak(rows)  # first, since what is imported on the way is not the file's
        assert peak(4 * rows) < more * few

    def test_rejections_name_file_row_and_columns(self, write: Write) -> None:
        """What is needed to mend a row comes with it."""
        path = write("lat,lon,name\n1,2,A\nx,2,B\n")
        assert read(path).rejected == [
            Rejection(
                file=str(path),
                row=2,
                reason="latitude 'x' is not a plain decimal number",
                columns={"lat": "x", "lon": "2", "name": "B"},
            )
        ]

    def test_reading_twice_gives_the_same(self, write: Write) -> None:
        """Nothing is kept from one reading to the next."""
        path = write("lat,lon\n1,2\nx,2\n0,190\n")
        assert list(read_locations(path)) == list(read_locations(path))
        assert batches.SAMPLE_ROWS == 8192
