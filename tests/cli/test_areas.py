"""The command line's contract for areas, uncertain points, many origins, sectors, `which` and `closest`."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyproj
import pytest

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]

WGS84 = pyproj.Geod(ellps="WGS84")

#: A line from 46 to 47 degrees north, and a polygon over the antimeridian.
LINE = {"type": "LineString", "coordinates": [[33.0, 47.0], [33.0, 46.0]]}
ISLANDS = {"type": "Polygon", "coordinates": [[[179, -18], [181, -18, 5], [181, -16], [179, -16], [179, -18]]]}


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    (tmp_path / "line.geojson").write_text(json.dumps(LINE))
    (tmp_path / "islands.geojson").write_text(json.dumps(ISLANDS))
    (tmp_path / "points.csv").write_text("name,lat,lon\nA,46.0,30.0\nB,46.5,31.0\n")
    (tmp_path / "bad.csv").write_text("name,lat,lon\nA,46.0,30.0\nB,96.5,31.0\n")


def answered(done: Done) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def read(text: str, f: str) -> Any:
    """Return the rows of an answer in a format; NaN is no JSON."""

    def refuse(token: str) -> None:
        raise AssertionError(token)

    if f == "csv":
        return list(csv.DictReader(io.StringIO(text), strict=True))
    if f in ("ndjson", "geojsonseq"):
        rows = [json.loads(line.lstrip("\x1e"), parse_constant=refuse) for line in text.split("\n")[:-1]]
        return [row["properties"] for row in rows] if f == "geojsonseq" else rows
    whole = json.loads(text, parse_constant=refuse)
    return [feature["properties"] for feature in whole["features"]] if f == "geojson" else whole["results"]


ROWS = ("json", "csv", "ndjson", "geojson", "geojsonseq")
FROM = ("--from-area", "line.geojson")


def test_reach_from_an_area_names_its_nearest_point(weapons_ref: Run) -> None:
    """In every format; the nearest point is on the line, and as far from the place as told."""
    asked = ("reach", "--range", "200km", *FROM, "--to", "46.4,34.5", "--to", "50,33", "--to", "46.5,33")
    for f in ROWS:
        rows = read(answered(weapons_ref(*asked, "-f", f)), f)
        assert [row["verdict"] for row in rows] == ["within", "beyond", "within"]
        for row in rows:
            lon, lat = float(row["nearest_lon"]), float(row["nearest_lat"])
            assert lon == pytest.approx(33, abs=1e-6)
            metres = WGS84.inv(lon, lat, float(row["lon"]), float(row["lat"]))[2]
            assert metres == pytest.approx(float(row["distance_km"]) * 1000, abs=0.1)
            assert row["nearest_km"] == row["distance_km"]
            assert row["origin"] == "line.geojson"
        assert float(rows[1]["nearest_lat"]) == 47.0
    table = answered(weapons_ref(*asked))
    assert table.startswith("From anywhere in line.geojson\n")
    assert "47.00000, 33.00000" in table


@pytest.mark.parametrize(
    ("reading", "verdicts"),
    [
        ("--anywhere", ["within", "within", "beyond"]),
        ("--somewhere", ["within", "disputed", "beyond"]),
        ("--everywhere", ["within", "beyond", "beyond"]),
    ],
)
def test_an_area_is_read_as_asked(reading: str, verdicts: list[str], weapons_ref: Run) -> None:
    """By the nearest point, by both, by the farthest; of a point with an uncertainty of 55 km the same."""
    places = ("--to", "46.5,33", "--to", "46.5,34.6", "--to", "46.5,36")
    asked = ("reach", "--range", "130km", reading, *places, "-f", "json")
    for origin in (FROM, ("--from", "46.5,33", "--uncertainty", "55 km")):
        rows = read(answered(weapons_ref(*asked, *origin)), "json")
        assert [row["verdict"] for row in rows] == verdicts
        assert all(row["reason"] for row in rows)


def test_a_dispute_says_whether_sources_or_origin_leave_it_open(weapons_ref: Run, catalog: Path) -> None:
    """The claims of the test catalog are 100 and 200 km, the minimum 10 km."""
    asked = ("reach", "test-rocket", "--from", "0,0", "--uncertainty", "20km", "--catalog", catalog, "-f", "json")
    degree = 111.31949079327357
    to = [word for km in (150, 100, 200, 15) for word in ("--to", f"0,{km / degree}")]
    rows = read(answered(weapons_ref(*asked, *to)), "json")
    assert [row["verdict"] for row in rows] == ["disputed"] * 4
    assert [row["reason"].partition(" it open: ")[0] for row in rows] == [
        "the sources leave",
        "the sources and the origin leave",
        "the sources and the origin leave",
        "the origin leaves",
    ]
    assert [row["farthest_km"] - row["nearest_km"] for row in rows[:3]] == pytest.approx([40] * 3, abs=1e-6)


def test_every_point_of_a_file_is_an_origin(weapons_ref: Run) -> None:
    """The nearest decides and is named; files, places and areas together too, from standard input as well."""
    asked = ("reach", "--range", "100km", "--to", "46,30.1", "--to", "46.5,31.1", "--to", "46,33.1", "-f", "json")
    rows = read(answered(weapons_ref(*asked, "--from-file", "points.csv", *FROM)), "json")
    assert [row["origin"] for row in rows] == ["A", "B", "line.geojson"]
    text = "lat,lon,name\n46.0,30.1,C\n"
    rows = read(answered(weapons_ref(*asked, "--from-file", "-", "--from", "46.5,31.1", stdin=text)), "json")
    assert [row["origin"] for row in rows] == ["C", "46.5, 31.1", "46.5, 31.1"]
    rows = read(answered(weapons_ref(*asked, "--from-area", "-", stdin=json.dumps(LINE))), "json")
    assert {row["origin"] for row in rows} == {"standard input"}


def test_what_was_left_out_of_an_area_is_told(weapons_ref: Run) -> None:
    """On stderr, unless it is to be quiet, and in the file that is handed on."""
    asked = ("reach", "--range", "100km", "--from-area", "islands.geojson", "--to", "-17,-179.5", "-f", "json")
    notes = [
        "islands.geojson: heights, ignored: 1",
        "islands.geojson: longitudes beyond 180, turned back by 360 degrees: 2",
    ]
    done = weapons_ref(*asked)
    assert json.loads(answered(done))["notes"] == notes
    assert done.stderr.splitlines() == [f"weapons-ref: {note}" for note in notes]
    assert weapons_ref(*asked, "-q").stderr == ""
    (row,) = json.loads(done.stdout)["results"]
    assert (row["distance_km"], row["azimuth_deg"], row["nearest_lon"]) == (0.0, None, -179.5)


def test_a_sector_keeps_what_lies_in_it(weapons_ref: Run) -> None:
    """In `reach` and `which` by the azimuth, in `ring` by the shape."""
    places = ("--to", "1,0", "--to", "0,1", "--to", "-1,0", "--to", "0,-1")
    done = weapons_ref("reach", "--range", "200km", "--from", "0,0", "--sector", "300:90", *places, "-f", "json")
    rows = read(answered(done), "json")
    assert [row["verdict"] for row in rows] == ["within", "within", "beyond", "beyond"]
    assert [row["margin_km"] is None for row in rows] == [False, False, True, True]
    assert json.loads(done.stdout)["query"]["sector_deg"] == [300, 90]
    (ring,) = read(answered(weapons_ref("ring", "--range", "200km", "--from", "0,0", "--sector", "300:90")), "geojson")
    assert ring["sector_deg"] == [300, 90]
    which = weapons_ref("which", "--from", "0,0", "--to", "-0.1,0", "--sector", "300:90", "-f", "json")
    assert {row["verdict"] for row in read(answered(which), "json")} == {"beyond"}


def test_which_lists_what_reaches_by_margin(weapons_ref: Run, catalog: Path) -> None:
    """The same as `reach` of each, disputed ones marked; the exit status on demand."""
    asked = ("--from", "0,0", "--to", "0,1.35", "--catalog", catalog)
    systems = ("test-rocket", "test-shell", "atacms", "gmlrs", "prsm")
    reached = {
        row["system"]: row for row in read(answered(weapons_ref("reach", *systems, *asked, "-f", "json")), "json")
    }
    for f in ROWS:
        rows = read(answered(weapons_ref("which", *asked, "-f", f)), f)
        margins = [float(row["margin_km"]) for row in rows]
        assert margins == sorted(margins, reverse=True)
        told = {row["system"]: row for row in rows}
        assert told["test-rocket"]["verdict"] == "disputed"
        assert "test-shell" not in told
        if f == "json":
            assert all(told[key] == reached[key] for key in systems if key in told)
    table = answered(weapons_ref("which", *asked))
    assert table.index("prsm") < table.index("test-rocket") < table.index("atacms")
    assert "test-rocket, disputed: in reach by 200 km (test-times-2022)" in table
    everything = read(answered(weapons_ref("which", *asked, "--all", "-f", "json")), "json")
    assert {row["verdict"] for row in everything} >= {"within", "disputed", "beyond"}
    assert weapons_ref("which", *asked, "--exit-status").returncode == 0
    # The antipode is farther than any range that is published.
    assert weapons_ref("which", "--from", "0,0", "--to", "0,180", "--exit-status").returncode == 1


def test_which_takes_areas_and_several_places(weapons_ref: Run) -> None:
    """Each place has its own list."""
    done = weapons_ref("which", *FROM, "--to", "46.5,33.1", "--to", "46.5,35.5", "-f", "json")
    rows = read(answered(done), "json")
    places = [row["place"] for row in rows]
    assert places == sorted(places)
    assert set(places) == {"46.5, 33.1", "46.5, 35.5"}
    assert all(row["origin"] == "line.geojson" and row["nearest_lon"] == 33.0 for row in rows)


def test_distance_from_an_area_is_a_line_to_draw(weapons_ref: Run) -> None:
    """From its nearest point; the farthest distance is told too, and azimuths both ways."""
    asked = ("distance", *FROM, "48,34")
    found = json.loads(answered(weapons_ref(*asked, "-f", "json")))
    azimuth, back, metres = WGS84.inv(33, 47, 34, 48)
    assert (found["from"]["lat"], found["from"]["lon"], found["from"]["name"]) == (47, 33, "line.geojson")
    assert found["distance_km"] == pytest.approx(metres / 1000, abs=1e-6)
    assert found["farthest_km"] == pytest.approx(WGS84.inv(33, 46, 34, 48)[2] / 1000, abs=1e-6)
    assert [found["azimuth_deg"], found["back_azimuth_deg"]] == pytest.approx([azimuth, back + 360], abs=1e-6)
    (feature,) = json.loads(answered(weapons_ref(*asked, "-f", "geojson")))["features"]
    assert feature["geometry"]["type"] == "LineString"
    assert feature["geometry"]["coordinates"][0] == [33, 47]
    assert feature["geometry"]["coordinates"][-1] == [34, 48]
    assert "33.0, the nearest point of line.geojson" in answered(weapons_ref(*asked))
    inside = json.loads(
        answered(weapons_ref("distance", "--from-area", "islands.geojson", "-17,180", "-q", "-f", "json"))
    )
    assert (inside["distance_km"], inside["azimuth_deg"]) == (0.0, None)


def test_closest_takes_files_places_and_countries(weapons_ref: Run) -> None:
    """And gives the line between, cut at the antimeridian where it crosses it."""
    found = json.loads(answered(weapons_ref("closest", "line.geojson", "48,34", "-f", "json")))
    assert found["distance_km"] == pytest.approx(WGS84.inv(33, 47, 34, 48)[2] / 1000, abs=1e-6)
    south = json.loads(answered(weapons_ref("closest", "-33.9,18.4", "line.geojson", "-f", "json")))
    assert (south["from"]["lat"], south["to"]["lat"]) == (-33.9, 46)
    done = weapons_ref("closest", "islands.geojson", "-17,178", "-q", "-f", "geojson")
    (feature,) = json.loads(answered(done))["features"]
    assert feature["geometry"]["type"] == "LineString"
    done = weapons_ref("closest", "-17,-178", "-17,178", "-f", "geojson")
    (feature,) = json.loads(answered(done))["features"]
    assert feature["geometry"]["type"] == "MultiLineString"
    done = weapons_ref("closest", "country:FR", "country:GB", "-f", "json")
    found = json.loads(answered(done))
    # The Strait of Dover is 33.3 km wide, and the outlines are a few kilometres off.
    assert 28 < found["distance_km"] < 38
    assert "Natural Earth" in found["credit"]
    assert found["notes"]
    assert all(line.startswith("weapons-ref: ") for line in done.stderr.splitlines())


def test_a_country_is_an_area_with_its_credit(weapons_ref: Run) -> None:
    """A point inside is at it; whose line is drawn is told in the file and on stderr."""
    done = weapons_ref("reach", "--range", "10km", "--from-country", "md", "--to", "47,28.8", "-f", "json")
    document = json.loads(answered(done))
    (row,) = document["results"]
    assert (row["verdict"], row["distance_km"]) == ("within", 0.0)
    assert row["origin"].startswith("Moldova (Natural Earth 10 m")
    assert "Natural Earth" in document["credit"]
    assert document["notes"]
    assert done.stderr.splitlines() == [f"weapons-ref: {note}" for note in document["notes"]]
    rows = weapons_ref("reach", "--range", "10km", "--from-country", "md", "--to", "47,28.8", "-f", "csv", "-q")
    assert (rows.stderr, rows.returncode) == ("", 0)


def test_rings_of_areas_are_features(weapons_ref: Run) -> None:
    """One each, or one union; with how the origin is read."""
    asked = ("ring", "--range", "50km", *FROM, "--from-file", "points.csv", "--max-error", "100m")
    rows = read(answered(weapons_ref(*asked)), "geojson")
    assert [(row["origin"], row["reading"]) for row in rows] == [("A", None), ("B", None), ("line.geojson", "anywhere")]
    (one,) = read(answered(weapons_ref(*asked, "--dissolve")), "geojson")
    assert one["origin"] == "A; B; line.geojson"
    assert "A; B; line.geojson" in answered(weapons_ref(*asked, "--dissolve", "-f", "table"))


def test_no_ring_is_told(weapons_ref: Run) -> None:
    """From every point of a line of 111 km nothing lies within 50 km."""
    done = weapons_ref("ring", "--range", "50km", *FROM, "--everywhere")
    assert read(answered(done), "geojson") == []
    assert done.stderr.startswith("weapons-ref: no ring: ")


def test_a_saved_query_answers_as_the_options_do(weapons_ref: Run, tmp_path: Path) -> None:
    """Of each command, with files from where the query is."""
    (tmp_path / "q").mkdir()
    saved = {
        "q/a.csv.yaml": (
            "command: which\nfrom-area: ../line.geojson\nto: 46.5,33.5\nreading: everywhere\nall: true\n",
            "which --from-area q/../line.geojson --to 46.5,33.5 --everywhere --all -f csv",
        ),
        "q/b.geojson.yaml": (
            "command: ring\nrange: 50km\nfrom-file: ../points.csv\ndissolve: true\nsector: 330:30\n",
            "ring --range 50km --from-file points.csv --dissolve --sector 330:30 -f geojson",
        ),
        "q/c.json.yaml": (
            "command: reach\nrange: 50km\nfrom: 46.5,33\nuncertainty: 5km\nto: 46.5,33.6\n",
            "reach --range 50km --from 46.5,33 --uncertainty 5km --to 46.5,33.6 -f json",
        ),
        "q/d.json.yaml": (
            "command: reach\nrange: 50km\nfrom-country: UA\nborder-view: UA\nto: 45,34\n",
            "reach --range 50km --from-country UA --border-view UA --to 45,34 -f json",
        ),
    }
    for name, (text, line) in saved.items():
        (tmp_path / name).write_text(text)
        by_query, by_hand = weapons_ref("run", name), weapons_ref(*line.split())
        assert answered(by_query) == answered(by_hand)
        assert by_query.stderr == by_hand.stderr
    done = weapons_ref("run", *saved, "-o", "out/", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.csv", "b.geojson", "c.json", "d.json"}


@pytest.mark.parametrize(
    ("arguments", "needles"),
    [
        ("reach --range 1km --to 1,2", ("no origin", "--from-area", "--from-country")),
        ("which --to 1,2", ("no origin",)),
        ("which --from 1,2", ("--to",)),
        ("which atacms --from 1,2 --to 1,2", ("atacms",)),
        ("which --from 1,2 --to 1,2 --as-of 1900", ("no such system has a published maximum range",)),
        ("reach --range 1km --from-area line.geojson --uncertainty 5km --to 1,2", ("widens a point",)),
        ("reach --range 1km --from 1,2 --uncertainty 5 --to 1,2", ("'5' has no unit",)),
        ("reach --range 1km --from 1,2 --uncertainty -5km --to 1,2", ("-5 km",)),
        ("reach --range 1km --from 1,2 --everywhere --to 1,2", ("everywhere", "an area")),
        ("reach --range 1km --from 1,2 --border-view US --to 1,2", ("--from-country",)),
        ("closest line.geojson 1,2 --border-view US", ("country:CC",)),
        ("reach --range 1km --from-country ZZ --to 1,2", ("'ZZ'",)),
        ("reach --range 1km --from-country UA --border-view ZZ --to 1,2", ("'ZZ'", "UA")),
        ("reach --range 1km --from 1,2 --to 1,2 --sector 30", ("'30'", "30:90")),
        ("reach --range 1km --from 1,2 --to 1,2 --sector 30:400", ("400", "0 to 360")),
        ("reach --range 1km --from 1,2 --to 1,2 --sector 0:360", ("leave --sector out",)),
        ("ring --range 1km --from-area line.geojson --sector 30:60", ("a sector starts at a point",)),
        ("reach --range 1km --from-area line.geojson --sector 30:60 --to 1,2", ("a sector starts at a point",)),
        ("which --from 1,2 --uncertainty 5km --sector 30:60 --to 1,2", ("a sector starts at a point",)),
        ("reach --range 1km --from 90,0 --sector 30:60 --to 89,2", ("pole",)),
        ("reach --range 1km --from-area gone.geojson --to 1,2", ("gone.geojson", "No such file")),
        ("reach --range 1km --from-area points.csv --to 1,2", ("points.csv", "not GeoJSON")),
        ("reach --range 1km --from-area . --to 1,2", (".", "directory")),
        ("reach --range 1km --from-area https://example.org/a.geojson --to 1,2", ("URL",)),
        ("reach --range 1km --from-file line.geojson --to 1,2", ("line.geojson", "--from-area")),
        ("reach --range 1km --from-file bad.csv --to 1,2", ("bad.csv, row 2", "96.5")),
        ("closest line.geojson", ("B",)),
        ("closest line.geojson nonsense-place", ("'nonsense-place'",)),
        ("closest gone.geojson 1,2", ("gone.geojson", "No such file")),
        ("closest country:ZZ 1,2", ("'ZZ'",)),
        ("distance 1,2 3,4 5,6", ("PLACE PLACE", "closest")),
        ("distance --from-area line.geojson", ("one area and a PLACE",)),
        ("distance --from-area line.geojson 1,2 3,4", ("one area and a PLACE",)),
        ("distance --from-area line.geojson --from-area islands.geojson -q", ("closest measures between areas",)),
    ],
)
def test_a_wrong_question_is_refused_in_one_line(arguments: str, needles: tuple[str, ...], weapons_ref: Run) -> None:
    """The line names what was wrong and what would be right."""
    done = weapons_ref(*arguments.split())
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("weapons-ref: ")
    for needle in needles:
        assert needle in line
