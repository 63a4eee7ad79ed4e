"""Saved queries: the same words as on the command line, checked before anything is computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from weapons_ref import saved
from weapons_ref.catalog.loading import load_catalog
from weapons_ref.errors import QueryError, WeaponsRefError
from weapons_ref.model import ReachResult, RingResult
from weapons_ref.output import FORMATS
from weapons_ref.places.areas import read_area, read_origins
from weapons_ref.places.countries import find_country
from weapons_ref.places.files import read_locations
from weapons_ref.queries import reach, rings, which

QUERIES = sorted((Path(__file__).parent.parent / "queries").glob("*.yaml"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "query.yaml"


def read(file: Path, text: str) -> saved.SavedQuery:
    file.write_text(text, encoding="utf-8")
    return saved.read(file)


def refused(file: Path, text: str) -> str:
    with pytest.raises(QueryError) as caught:
        read(file, text)
    message = str(caught.value)
    assert message.startswith(f"{file}:")
    assert "\n" not in message
    return message.removeprefix(f"{file}:")


def test_every_key_of_reach_is_read(file: Path) -> None:
    """Under the long name of its option; one text or a list where there may be several."""
    query = read(
        file,
        """\
command: reach
systems: [atacms, gmlrs]
from: 46.6,32.6
to: [Odesa, "Mykolaiv, UA"]
locations: places.csv
basis: high
as-of: 2024-05-01
variants: true
min-population: 5000
all: true
format: csv
""",
    )
    assert (query.command, query.systems, query.from_, query.to) == (
        "reach",
        ("atacms", "gmlrs"),
        "46.6,32.6",
        ("Odesa", "Mykolaiv, UA"),
    )
    assert (query.locations, query.basis, query.as_of) == ("places.csv", "high", "2024-05-01")
    assert (query.variants, query.min_population, query.all, query.format) == (True, 5000, True, "csv")


def test_every_key_of_ring_is_read(file: Path) -> None:
    """A range in place of systems, with its unit."""
    query = read(file, "command: ring\nfrom: [Kherson, Odesa]\nrange: 300 km\nmin-range: 10mi\nmax-error: 100m\n")
    assert (query.command, query.from_, query.range) == ("ring", ("Kherson", "Odesa"), "300 km")
    assert (query.min_range, query.max_error) == ("10mi", "100m")


def test_keys_left_out_have_the_commands_defaults(file: Path) -> None:
    """Nothing but the command and an origin must be there."""
    query = read(file, "command: reach\nfrom: Kherson\n")
    assert query == saved.SavedQuery(command="reach", from_="Kherson")
    assert (query.basis, query.as_of, query.min_population, query.all, query.format) == (
        "span",
        None,
        None,
        False,
        None,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("command: ring\nfrom: a\nform: b\n", "3: unknown key 'form'; did you mean 'format'?"),
        ("command: ring\nfrom: a\nmin_range: 3km\n", "3: unknown key 'min_range'; did you mean 'min-range'?"),
        ("command: rings\nfrom: a\n", "1: command: 'rings' is not one of "),
        ("from: a\n", "1: the file: 'command' is a required property"),
        ("command: ring\n", "1: no origin; give one of from, from-file, from-area, from-country"),
        ("command: which\nfrom: a\n", "1: a saved 'which' needs a place to reach: to"),
        ("command: ring\nfrom: ''\n", "2: from: '' is not "),
        ("command: ring\nfrom: {a: b}\n", "2: from: {'a': 'b'} is not "),
        ("command: ring\nfrom: a\nrange: [3km]\n", "3: range: ['3km'] is not "),
        ("command: ring\nfrom: a\nrange: 300\n", "3: range: '300' has no unit"),
        ("command: ring\nfrom: a\nmin-range: 3 parsecs\n", "3: min-range: unknown unit 'parsecs'"),
        ("command: ring\nfrom: a\n\nmax-error: much\n", "4: max-error: 'much' is not a length"),
        ("command: reach\nfrom: a\nas-of: yesterday\n", "3: as-of: 'yesterday' is not "),
        ("command: reach\nfrom: a\nas-of: 2024-13\n", "3: as-of: '2024-13' is not a year or a date: YYYY, YYYY-MM"),
        ("command: reach\nfrom: a\nmin-population: many\n", "3: min-population: 'many' is not a whole number"),
        ("command: reach\nfrom: a\nmin-population: -1\n", "3: min-population: '-1' is not "),
        ("command: reach\nfrom: a\nall: perhaps\n", "3: all: 'perhaps' is not true or false"),
        ("command: reach\nfrom: a\nformat: docx\n", "3: format: 'docx' is not one of table, json"),
        ("command: ring\nfrom: a\nto: b\n", "3: 'to' is no key of a saved 'ring'"),
        ("command: ring\nfrom: a\nlocations: b\n", "3: 'locations' is no key of a saved 'ring'"),
        ("command: ring\nfrom: a\nmin-population: 0\n", "3: 'min-population' is no key of a saved 'ring'"),
        ("command: ring\nfrom: a\nall: false\n", "3: 'all' is no key of a saved 'ring'"),
        ("command: reach\nfrom: a\nmax-error: 3m\n", "3: 'max-error' is no key of a saved 'reach'"),
        ("command: ring\nfrom: a\nfrom: b\n", "3: duplicate key 'from'"),
        ("command: ring\nfrom: &a b\n", "2: anchor &a: anchors are not allowed"),
        ("command: ring\nfrom: a\nsector: 30\n", "3: sector: '30' is not a sector; write two azimuths"),
        ("command: which\nfrom: a\nto: b\n\nsector: 30:400\n", "5: sector: a sector with an azimuth of 400"),
        ("command: ring\nfrom: a\nuncertainty: 5\n", "3: uncertainty: '5' has no unit"),
        ("command: ring\nfrom: a\nreading: nowhere\n", "3: reading: 'nowhere' is not one of anywhere, everywhere"),
        ("command: ring\nfrom: a\nborder-view: UA\n", "3: a view of borders goes with a country: from-country"),
        ("command: ring\nfrom: a\ndissolve: perhaps\n", "3: dissolve: 'perhaps' is not true or false"),
        ("command: ring\nfrom-area: ''\n", "2: from-area: '' is not "),
        ("command: ring\nfrom: []\n", "1: no origin"),
        ("command: ring\nfrom_area: a\n", "2: unknown key 'from_area'; did you mean 'from-area'?"),
        ("command: reach\nfrom: a\ndissolve: true\n", "3: 'dissolve' is no key of a saved 'reach'"),
        ("command: which\nfrom: a\nto: b\nsystems: c\n", "4: 'systems' is no key of a saved 'which'"),
        ("command: which\nfrom: a\nto: b\nrange: 3km\n", "4: 'range' is no key of a saved 'which'"),
        ("command: which\nfrom: a\nto: b\nlocations: c\n", "4: 'locations' is no key of a saved 'which'"),
        ("command: which\nfrom: a\nto: b\ndissolve: true\n", "4: 'dissolve' is no key of a saved 'which'"),
        ("command: which\nfrom: a\nto: []\n", "1: a saved 'which' needs a place to reach: to"),
        ("- ring\n", "1: the file: ['ring'] is not a mapping of keys to values"),
        ("", "1: the file is empty"),
        ("command: ring\nfrom: a: b\n", "2: not valid YAML"),
    ],
)
def test_a_slip_is_an_error_with_file_and_line(file: Path, text: str, said: str) -> None:
    """Before any place is looked up or any range drawn."""
    assert refused(file, text).startswith(said)


def test_the_first_of_several_slips_is_told_and_the_others_are_counted(file: Path) -> None:
    """By line, not by kind."""
    message = refused(file, "comand: ring\nfrom: a\nfrom: b\nrange: [1]\n")
    assert message.startswith("1: ")
    assert message.endswith("(and 3 more)")
    assert refused(file, "command: ring\nfrom: a\nrange: 300\nto: b\n").endswith("(and 1 more)")


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """A file that is not there, and one that is a folder."""
    for path in (tmp_path / "gone.yaml", tmp_path):
        with pytest.raises(WeaponsRefError, match=str(path)):
            saved.read(path)


def test_dates_and_countries_stay_text(file: Path) -> None:
    """A bare year too."""
    query = read(file, "command: reach\nfrom: NO\nto: [no, 1:30]\nas-of: 2024\n")
    assert (query.from_, query.to) == ("NO", ("no", "1:30"))
    assert str(query.as_of) == "2024"


def test_files_of_locations_are_looked_for_beside_the_query(tmp_path: Path) -> None:
    """Wherever the command is run; an absolute path stays what it is."""
    path = tmp_path / "queries" / "q.yaml"
    path.parent.mkdir()
    query = read(path, f"command: reach\nfrom: Kherson\nlocations: [a.csv, ../b.csv, {tmp_path}/c.csv]\n")
    assert [Path(name).resolve() for name in saved.location_files(query, path)] == [
        path.parent / "a.csv",
        tmp_path / "b.csv",
        tmp_path / "c.csv",
    ]
    assert saved.location_files(read(path, "command: reach\nfrom: Kherson\n"), path) == []


def test_a_saved_reach_answers_as_reach_does(tmp_path: Path) -> None:
    """With the same places, claims and rows."""
    (tmp_path / "rows.csv").write_text("name,lat,lon\nA,46.9,32.0\nB,95,0\nC,50.4,30.5\n")
    path = tmp_path / "q.yaml"
    query = read(
        path,
        "command: reach\nsystems: himars\nfrom: 46.6,32.6\nto: 46.5,30.7\nlocations: rows.csv\nall: true\n"
        "as-of: 2023\nvariants: true\nbasis: high\n",
    )
    batches = (batch for name in saved.location_files(query, path) for batch in read_locations(name))
    answer = saved.answer(query, path, load_catalog(), batches)
    assert isinstance(answer, ReachResult)
    expected = reach(
        "himars",
        origin="46.6,32.6",
        to="46.5,30.7",
        locations=read_locations(tmp_path / "rows.csv"),
        show_all=True,
        as_of="2023",
        variants=True,
        basis="high",
    )
    assert tuple(answer.verdicts) == expected.verdicts
    assert answer.counts == expected.counts
    assert answer.counts["rejected"] == 1
    assert answer.query == expected.query


def test_a_saved_ring_draws_as_rings_does(file: Path) -> None:
    """With the same origins, ranges and error."""
    query = read(file, "command: ring\nfrom: [46.6,32.6]\nrange: 300km\nmin-range: 20 km\nmax-error: 1km\n")
    assert query.from_ == ("46.6", "32.6")
    query = read(file, 'command: ring\nfrom: ["46.6,32.6", "50,30"]\nrange: 300km\nmin-range: 20 km\nmax-error: 1km\n')
    answer = saved.answer(query, file, load_catalog())
    assert isinstance(answer, RingResult)
    assert answer == rings(
        origin=["46.6,32.6", "50,30"], range_m=300_000.0, minimum_range_m=20_000.0, max_error_m=1000.0
    )


def test_every_key_of_a_wide_origin_is_read(file: Path) -> None:
    """Under the long name of its option; the three readings are the values of one key."""
    query = read(
        file,
        """\
command: which
from: Kherson
from-file: origins.csv
from-area: [a.geojson, b.geojson]
from-country: [UA, MD]
border-view: UA
uncertainty: 5 km
reading: everywhere
sector: 330:30
to: Odesa
all: true
""",
    )
    assert (query.from_, query.from_file, query.from_area) == ("Kherson", "origins.csv", ("a.geojson", "b.geojson"))
    assert (query.from_country, query.border_view, query.uncertainty) == (("UA", "MD"), "UA", "5 km")
    assert (query.reading, query.sector, query.dissolve) == ("everywhere", "330:30", False)
    assert read(file, "command: ring\nfrom-country: NO\ndissolve: true\n").dissolve
    # A country's code is text where YAML 1.1 has a truth value.
    assert read(file, "command: ring\nfrom-country: NO\n").from_country == "NO"


LINE = '{"type": "LineString", "coordinates": [[33.0, 47.0], [33.0, 46.0]]}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a line, and one beside it with points."""
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "line.geojson").write_text(LINE)
    (tmp_path / "points.csv").write_text("name,lat,lon\nA,46.0,30.0\nB,46.5,31.0\n")
    return tmp_path


def names(query: saved.SavedQuery, path: Path) -> list[str]:
    return [one if isinstance(one, str) else one.name for one in saved.origins(query, path)]


def answered(folder: Path, text: str) -> ReachResult | RingResult:
    path = folder / "queries" / "q.yaml"
    return saved.answer(read(path, text), path, load_catalog())


def test_files_of_origins_are_looked_for_beside_the_query(folder: Path) -> None:
    """Wherever the command is run; points, then areas, then countries, behind the places named."""
    query = "command: ring\nfrom: 1,2\nfrom-file: ../points.csv\nfrom-area: line.geojson\nfrom-country: MD\n"
    path = folder / "queries" / "q.yaml"
    found = names(read(path, query), path)
    assert found[:4] == ["1, 2", "A", "B", str(folder / "queries" / "line.geojson")]
    assert found[4].startswith("Moldova")
    absolute = f"command: ring\nfrom-area: {folder}/queries/line.geojson\n"
    assert names(read(path, absolute), path) == [str(folder / "queries" / "line.geojson")]
    with pytest.raises(WeaponsRefError, match=r"gone\.geojson"):
        saved.origins(read(path, "command: ring\nfrom-area: gone.geojson\n"), path)


def test_a_countrys_view_is_taken(folder: Path) -> None:
    """As the option takes it."""
    path = folder / "queries" / "q.yaml"
    (seen,) = saved.origins(read(path, "command: ring\nfrom-country: UA\nborder-view: UA\n"), path)
    assert seen == find_country("UA", "UA") != find_country("UA")


def test_a_saved_which_answers_as_which_does(folder: Path) -> None:
    """With the same origins, reading and claims."""
    answer = answered(folder, "command: which\nfrom-area: line.geojson\nreading: everywhere\nto: 46.6,34\nbasis: low\n")
    area = read_area(folder / "queries" / "line.geojson")
    assert isinstance(answer, ReachResult)
    assert answer == which(origin=area, to="46.6,34", reading="everywhere", basis="low")
    assert answer.verdicts
    assert answered(folder, "command: which\nfrom: 1,2\nto: 1.5,2.5\nall: true\nvariants: true\n") == which(
        origin="1,2", to="1.5,2.5", show_all=True, variants=True
    )


def test_a_saved_reach_takes_a_sector_and_an_uncertainty(folder: Path) -> None:
    """As the options do."""
    text = "command: reach\nrange: 300km\nfrom: 46,30\nto: 46.5,31.0\n"
    answer = answered(folder, text + "sector: 0:30\n")
    assert isinstance(answer, ReachResult)
    assert tuple(answer.verdicts) == reach(range_m=3e5, origin="46,30", to="46.5,31.0", sector=(0, 30)).verdicts
    answer = answered(folder, text + "uncertainty: 250km\nreading: anywhere\n")
    assert isinstance(answer, ReachResult)
    expected = reach(range_m=3e5, origin="46,30", to="46.5,31.0", uncertainty_m=250e3, reading="anywhere")
    assert tuple(answer.verdicts) == expected.verdicts


def test_a_saved_ring_dissolves(folder: Path) -> None:
    """One union of all origins, an area among them."""
    answer = answered(
        folder,
        "command: ring\nrange: 50km\nfrom-file: ../points.csv\nfrom-area: line.geojson\n"
        "dissolve: true\nmax-error: 100m\n",
    )
    assert isinstance(answer, RingResult)
    area = read_area(folder / "queries" / "line.geojson")
    expected = rings(
        origin=[*read_origins(folder / "points.csv"), area], range_m=50e3, dissolve=True, max_error_m=100.0
    )
    assert len(answer.rings) == 1
    assert answer.rings == expected.rings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("command: ring\nrange: 1km\nfrom: 1,2\nreading: everywhere\n", "everywhere is asked of an area"),
        ("command: ring\nrange: 1km\nfrom-area: line.geojson\nuncertainty: 1km\n", "an uncertainty widens a point"),
        ("command: ring\nrange: 1km\nfrom-area: line.geojson\nsector: 1:2\n", "a sector starts at a point"),
        ("command: ring\nrange: 1km\nfrom-file: line.geojson\n", "is not a point"),
        ("command: ring\nrange: 1km\nfrom-country: ZZ\n", "unknown country code 'ZZ'"),
    ],
)
def test_a_saved_question_is_refused_as_the_command_refuses_it(folder: Path, text: str, said: str) -> None:
    """What only the files and places can tell."""
    with pytest.raises(WeaponsRefError, match=said):
        answered(folder, text)


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.name)
def test_our_own_queries_are_valid(path: Path) -> None:
    """To the command, and to an editor that uses the published schema; their names end in a format."""
    query = saved.read(path)
    assert query.format in (None, *FORMATS)
    jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), saved.schema())


@pytest.mark.parametrize(
    "document",
    [
        {"command": "reach", "from": "Kherson", "as-of": 2024, "min-population": 0, "all": True},
        {"command": "reach", "from": ["Kherson"], "to": "Odesa", "as-of": "2024-05-01", "variants": False},
        {"command": "ring", "from": "47,33", "range": "300km", "format": "geojson"},
        {"command": "which", "from-area": ["a.geojson"], "to": "Odesa", "reading": "somewhere", "sector": "330:30"},
        {"command": "ring", "from-country": "NO", "border-view": "US", "dissolve": True, "uncertainty": "5km"},
        {"command": "reach", "from-file": "points.csv", "all": True},
    ],
)
def test_an_editor_takes_what_the_command_takes(document: dict[str, Any], file: Path) -> None:
    """A bare year is a number to an editor, and text to the command."""
    schema = saved.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    assert read(file, yaml.safe_dump(document)).command == document["command"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "comand": "x"}, schema)
