"""A catalog is refused with every problem it has, each with its file and line, in one run."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from weapons_ref.catalog.checking import check_catalog
from weapons_ref.catalog.loading import _File as File
from weapons_ref.catalog.loading import catalog_folder, compile_catalog, load_catalog
from weapons_ref.errors import CatalogError

VOCABULARY = """\
classes:
  howitzer: towed howitzer
  rocket: guided rocket
  truck: launcher on a truck
qualifiers:
  about: value
  more than: floor
  stated: value
  up to: ceiling
"""
SOURCES = """\
gazette-2020: {publisher: Gazette, url: "https://example.org/a", date: 2020}
herald-2021-05: {publisher: Herald, title: "A title: with a colon", date: 2021-05-17, inferred: true}
"""
LAUNCHER = """\
id: big-truck
kind: launcher
class: truck
origin: [NO]
names:
  en: [Big Truck]
range_max:
  - {km: 70, src: gazette-2020, of: long-rocket}
"""
ROCKET = """\
id: long-rocket
kind: munition
class: rocket
origin: [NO, SE]
names:
  en: [Long Rocket, LR]
fired_from: [big-truck]

range_max:
  - {km: 70, as: up to, src: gazette-2020}
  - {km: 165-300, src: herald-2021-05}
variants:
  - id: long-rocket-b
    names: {en: [Long Rocket B]}
    range_min:
      - {mi: 5, src: gazette-2020}
"""
GUN = """\
id: old-gun
kind: gun
class: howitzer
origin: [NO]
names: {en: [Old Gun]}
range_max:
  - {km: 30, src: gazette-2020}
"""
#: A whole catalog that has no problem, by file.
VALID = {
    "vocabulary.yaml": VOCABULARY,
    "sources.yaml": SOURCES,
    "systems/no/big-truck.yaml": LAUNCHER,
    "systems/no/long-rocket.yaml": ROCKET,
    "systems/no/old-gun.yaml": GUN,
}
_ROCKET = "systems/no/long-rocket.yaml"


def problems_of(contents: dict[str, str]) -> list[str]:
    kinds = {"vocabulary.yaml": "vocabulary", "sources.yaml": "sources"}
    files = [File(kinds.get(name, "system"), name, text.encode()) for name, text in contents.items()]
    try:
        compile_catalog(files)
    except CatalogError as error:
        return list(error.problems) or [f"an error without problems: {error}"]
    return []


def broken(name: str, old: str, new: str) -> list[str]:
    """Return the problems of the valid catalog after one replacement in one file."""
    assert VALID[name].count(old) == 1, f"{old!r} is not once in {name}"
    return problems_of({**VALID, name: VALID[name].replace(old, new)})


def with_claim(claim: str, attribute: str = "mass") -> list[str]:
    """Return the problems of the valid catalog with one more claim, on line 18 of the rocket's file."""
    lines = f"{attribute}:\n  - {claim}\n"
    return problems_of({**VALID, _ROCKET: ROCKET + lines})


def test_the_minimal_catalog_is_valid() -> None:
    """Else nothing below means anything."""
    assert problems_of(VALID) == []


# --- One thing wrong in a record ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: munition", "kind: munition\nfire_from: [x]", ":3: unknown key 'fire_from'; did you mean 'fired_from'?"),
        ("as: up to,", "as: up to, bye: A,", ":10: unknown key 'bye'; did you mean 'by'?"),
        ("  - {km: 70,", "  - {zzzzz: 1, km: 70,", ":10: unknown key 'zzzzz'; known are src, as, "),
        ("    names: {en: [Long Rocket B]}", "    kind: munition\n    names: {en: [B]}", ":14: unknown key 'kind'"),
        ("id: long-rocket\n", "", ":1: the file: 'id' is a required property"),
        ("origin: [NO, SE]\n", "", ":1: the file: 'origin' is a required property"),
        (", src: herald-2021-05", "", ":11: range_max.1: 'src' is a required property"),
        ("src: herald-2021-05", "src: herald-2021-06", ":11: unknown source 'herald-2021-06'; did you mean 'herald-2"),
        ("src: herald-2021-05", "src: Herald 2021", ":11: range_max.1.src: 'Herald 2021' is not a key of sources.yaml"),
        ("src: herald-2021-05", "src: ''", ":11: range_max.1.src: '' is not a key of sources.yaml"),
        ("src: herald-2021-05", "src: [a]", ":11: range_max.1.src: ['a'] is not "),
        ("[big-truck]", "[big-trukc]", ":7: unknown launcher 'big-trukc'; did you mean 'big-truck'?"),
        ("[big-truck]", "[old-gun, zzz]", ":7: unknown launcher 'zzz'"),
        ("[big-truck]", "[long-rocket-b]", ":7: 'long-rocket-b' is a munition, and cannot fire one"),
        ("[big-truck]", "[long-rocket]", ":7: 'long-rocket' is a munition, and cannot fire one"),
        ("[big-truck]", "big-truck", ":7: fired_from: 'big-truck' is not a list"),
        ("class: rocket", "class: roket", ":3: unknown class 'roket'; did you mean 'rocket'?"),
        ("as: up to", "as: upto", ":10: unknown qualifier 'upto'; did you mean 'up to'?"),
        ("kind: munition", "kind: missile", ":2: kind: 'missile' is not one of "),
        ("kind: munition", "kind: [munition]", ":2: kind: "),
        ("[NO, SE]", "[NO, Sweden]", ":4: origin.1: 'Sweden' is not an ISO 3166-1 alpha-2 code, two capitals"),
        ("[NO, SE]", "[no]", ":4: origin.0: 'no' is not an ISO 3166-1 alpha-2 code, two capitals"),
        ("[NO, SE]", "[]", ":4: origin: [] should be non-empty"),
        ("[NO, SE]", "NO", ":4: origin: 'NO' is not a list"),
        ("id: long-rocket\n", "id: Long-Rocket\n", ":1: id: 'Long-Rocket' is not lower-case ASCII"),
        ("id: long-rocket\n", "id: long_rocket\n", ":1: id: 'long_rocket' is not lower-case ASCII"),
        ("id: long-rocket\n", "id: ракета\n", ":1: id: 'ракета' is not lower-case ASCII"),
        ("id: long-rocket\n", "id: -rocket\n", ":1: id: '-rocket' is not lower-case ASCII"),
        ("id: long-rocket\n", 'id: "long-rocket\\n"\n', ":1: id: 'long-rocket\\n' is not lower-case ASCII"),
        ("id: long-rocket-b", "id: long rocket b", ":13: variants.0.id: 'long rocket b' is not lower-case ASCII"),
        ("  en: [Long Rocket, LR]", "  English: [LR]", ":6: names: 'English' is not a language code (BCP 47)"),
        ("  en: [Long Rocket, LR]", "  en: []", ":6: names.en: [] should be non-empty"),
        ("  en: [Long Rocket, LR]", "  en: Long Rocket", ":6: names.en: 'Long Rocket' is not a list"),
        ("  en: [Long Rocket, LR]", "  en: ['']", ":6: names.en.0: '' should be non-empty"),
        ("  en: [Long Rocket, LR]", "  en: ['- -']", ":6: name '- -' has no letters"),
        ("km: 70", "yards: 70", ":10: range_max.0 needs exactly one of km, mi, nmi, m, ft"),
        ("km: 70", "km: 70, mi: 43", ":10: range_max.0 needs exactly one of km, mi, nmi, m, ft"),
        ("km: 70, ", "", ":10: range_max.0 needs exactly one of km, mi, nmi, m, ft"),
        ("km: 70", "km: 70, flag: suspect", ":10: flag and reason go together"),
        ("km: 70", "km: 70, reason: a slip", ":10: flag and reason go together"),
        ("km: 70", "km: 70, flag: wrong, reason: a slip", ":10: range_max.0.flag: 'wrong' is not one of ['suspect']"),
        ("km: 70", "km: 70, of: long-rocket", ":10: a range printed for a munition has no of:"),
        ("mi: 5", "mi: 5, of: unclear", ":16: a range printed for a munition has no of:"),
        ("km: 70", "km: 25001", ":10: 25001 km is past 25,000 km; flag it as suspect"),
        ("km: 70", "mi: 15535", ":10: 15535 mi is past 25,000 km; flag it as suspect"),
        ("km: 165-300", "km: 300-26000", ":11: 300-26000 km is past 25,000 km; flag it as suspect"),
        (
            "  - {km: 70, as: up to, src: gazette-2020}",
            "  -",
            ":10: range_max.0: '' is not a mapping of keys to values",
        ),
        ("  - {km: 165-300, src: herald-2021-05}", "  - km", ":11: range_max.1: 'km' is not a mapping"),
    ],
)
def test_one_thing_wrong_in_a_record_is_found_where_it_is(old: str, new: str, said: str) -> None:
    """The file, the line, what is wrong, and what would be right."""
    found = broken(_ROCKET, old, new)
    assert any(line.startswith(_ROCKET + said) for line in found), found
    # Nothing else is blamed, but for what no longer finds the record by its id, and the line itself.
    others = [line for line in found if not line.startswith(_ROCKET + said.partition(" ")[0])]
    assert all("unknown munition" in line for line in others), others


_BAD_FIGURES = """
    abc -5 +5 0 0.0 00 .inf -.inf .nan inf 1e999 1e3 0x1F 1_000 1,5 '1,500' .5 5. ٣٠٠ ３００ '' true ~ 300+
    300- -300 0-300 0.00-3 1-2-3 1–2 [300]
"""
_LONG = "9" * 400


@pytest.mark.parametrize(
    "figure",
    [*_BAD_FIGURES.split(), "300 km", "1 - 2", "{low: 1}", '"300\\n"', '"1-300\\n"', _LONG, f"1-{_LONG}"],
)
def test_a_bad_figure_is_refused(figure: str) -> None:
    """Signs, exponents, infinities, nothing, zero, other digits, words, lists: in ranges and anywhere else."""
    for attribute, unit, line in (("flight_test_distance", "km", 18), ("mass", "kg", 18), ("length", "in", 18)):
        found = with_claim(f"{{{unit}: {figure}, src: gazette-2020}}", attribute)
        assert [problem.partition(" ")[0] for problem in found] == [f"{_ROCKET}:{line}:"], found
        assert "\n" not in found[0]
        assert len(found[0]) < 300


def test_a_span_runs_upwards() -> None:
    """300-165 is a slip, of kilograms too; 165-165 is printed by nobody, yet no contradiction."""
    assert broken(_ROCKET, "165-300", "300-165") == [f"{_ROCKET}:11: the span 300-165 runs downwards"]
    assert with_claim("{kg: 20-10, src: gazette-2020}") == [f"{_ROCKET}:18: the span 20-10 runs downwards"]
    assert broken(_ROCKET, "165-300", "165-165.0") == []


def test_the_longest_ranges_pass_up_to_the_limit() -> None:
    """25,000 km is allowed; more is, where it is flagged as suspect, with a reason."""
    assert broken(_ROCKET, "km: 70", "km: 25000") == []
    assert broken(_ROCKET, "km: 70", "km: 40000, flag: suspect, reason: farther than there is Earth") == []


def test_a_gun_reaches_200_kilometres_at_most() -> None:
    """And more only where it is flagged."""
    gun = "systems/no/old-gun.yaml"
    assert broken(gun, "km: 30", "km: 200") == []
    assert broken(gun, "km: 30", "m: 200001") == [f"{gun}:7: 200001 m is past 200 km; flag it as suspect"]
    assert broken(gun, "km: 30", "km: 201, flag: suspect, reason: metres meant") == []


def test_a_launchers_range_says_of_which_munition() -> None:
    """By its id, or `unclear`; a launcher is none."""
    launcher = "systems/no/big-truck.yaml"
    assert broken(launcher, ", of: long-rocket", "") == [
        f"{launcher}:8: a range printed for a launcher has of: the munition whose range it is, or unclear"
    ]
    assert broken(launcher, "of: long-rocket", "of: unclear") == []
    assert broken(launcher, "of: long-rocket", "of: long-rocket-b") == []
    assert broken(launcher, "of: long-rocket", "of: lang-rocket") == [
        f"{launcher}:8: unknown munition 'lang-rocket'; did you mean 'long-rocket'?"
    ]
    assert broken(launcher, "of: long-rocket", "of: big-truck") == [
        f"{launcher}:8: 'big-truck' is a launcher; of: names what it fires"
    ]


def test_a_launcher_is_fired_from_nothing() -> None:
    """Nor is a gun; only munitions say what fires them."""
    assert broken("systems/no/big-truck.yaml", "range_max:", "fired_from: [old-gun]\nrange_max:") == [
        "systems/no/big-truck.yaml:7: only a munition is fired from something; this is a launcher"
    ]


@pytest.mark.parametrize(
    ("attribute", "claim"),
    [
        ("crew", "{count: 3.5, src: gazette-2020}"),
        ("crew", "{count: 0, src: gazette-2020}"),
        ("crew", "{count: -1, src: gazette-2020}"),
        ("crew", f"{{count: {'9' * 30}, src: gazette-2020}}"),
        ("crew", f"{{count: {'9' * 5000}, src: gazette-2020}}"),
        ("crew", "{count: 3, text: three, src: gazette-2020}"),
        ("crew", "{src: gazette-2020}"),
        ("in_service", "{year: 1700, src: gazette-2020}"),
        ("in_service", "{year: 2024-05, src: gazette-2020}"),
        ("in_service", "{src: gazette-2020}"),
        ("status", "{text: in use, from: 2024-13, src: gazette-2020}"),
        ("status", "{text: in use, from: 99, src: gazette-2020}"),
        ("status", "{text: in use, who: Norway, src: gazette-2020}"),
        ("load", "{text: '', src: gazette-2020}"),
        ("load", f"{{text: {'x' * 501}, src: gazette-2020}}"),
    ],
)
def test_a_bad_claim_of_any_attribute_is_refused(attribute: str, claim: str) -> None:
    """Counts, years, dates, countries and words have their forms as well."""
    found = with_claim(claim, attribute)
    assert [line.partition(" ")[0] for line in found] == [f"{_ROCKET}:18:"], found


def test_countries_stay_text() -> None:
    """`NO` is Norway, wherever it stands."""
    assert with_claim("{text: in use, who: NO, from: 2024, src: gazette-2020}", "status") == []


# --- Sources and vocabulary --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("date: 2021-05-17", "date: 2021-13", ":2: herald-2021-05.date: '2021-13' is not a year or a date: YYYY, "),
        ("date: 2021-05-17", "date: 2021-00", ":2: herald-2021-05.date: '2021-00' is not a year or a date"),
        ("date: 2021-05-17", "date: 17.05.2021", ":2: herald-2021-05.date: '17.05.2021' is not a year or a date"),
        ("date: 2021-05-17", "date: yesterday", ":2: herald-2021-05.date: 'yesterday' is not a year or a date"),
        ("date: 2021-05-17", "date: 2021-05-32", ":2: herald-2021-05.date: '2021-05-32' is not a year or a date"),
        ("inferred: true", "inferred: maybe", ":2: herald-2021-05.inferred: 'maybe' is not true or false"),
        ("https://example.org/a", "example.org/a", ":1: gazette-2020.url: 'example.org/a' is not an address"),
        ("https://example.org/a", "ftp://example.org/a", ":1: gazette-2020.url: 'ftp://example.org/a' is not an add"),
        ("https://example.org/a", "javascript:alert(1)", ":1: gazette-2020.url: 'javascript:alert(1)' is not an addr"),
        ("https://example.org/a", "https://example.org/a b", ":1: gazette-2020.url: 'https://example.org/a b' is not"),
        ("publisher: Herald, ", "", ":2: herald-2021-05: 'publisher' is a required property"),
        ("publisher: Herald", "publishr: Herald", ":2: unknown key 'publishr'; did you mean 'publisher'?"),
        ("herald-2021-05: {", "Herald 2021: {", ":2: the file: 'Herald 2021' is not a key of sources.yaml: lower-"),
        ("herald-2021-05: {", "another: {}\nherald-2021-05: {", ":2: source 'another' comes after 'gazette-2020'; so"),
        ("herald-2021-05: {", "gazette-2020: {publisher: A}\nherald-2021-05: {", ":2: duplicate key 'gazette-2020'"),
    ],
)
def test_one_thing_wrong_in_the_sources_is_found_where_it_is(old: str, new: str, said: str) -> None:
    """Dates, addresses, keys and their order."""
    found = broken("sources.yaml", old, new)
    assert any(line.startswith("sources.yaml" + said) for line in found), found


def test_a_word_of_the_vocabulary_is_defined_once() -> None:
    """A second file cannot change what a qualifier means, nor a source who published it."""
    extra = {"more/vocabulary.yaml": VOCABULARY, "more/sources.yaml": SOURCES}
    files = [File(Path(name).stem, name, text.encode()) for name, text in extra.items()]
    files += [File("system" if "/" in name else Path(name).stem, name, text.encode()) for name, text in VALID.items()]
    with pytest.raises(CatalogError) as caught:
        compile_catalog(files)
    assert "vocabulary.yaml:7: qualifier 'more than' is also in more/vocabulary.yaml:7" in caught.value.problems
    assert "vocabulary.yaml:3: class 'rocket' is also in more/vocabulary.yaml:3" in caught.value.problems
    assert "sources.yaml:1: source 'gazette-2020' is also in more/sources.yaml:1" in caught.value.problems


def test_a_qualifier_points_one_way() -> None:
    """It is a value, a ceiling or a floor."""
    (found,) = broken("vocabulary.yaml", "more than: floor", "more than: upwards")
    assert found.startswith("vocabulary.yaml:7: qualifiers.more than: 'upwards' is not one of ")


# --- Collisions --------------------------------------------------------------------------------


def collide(record: str) -> list[str]:
    return problems_of({**VALID, "systems/no/second.yaml": record})


_SECOND = "id: {id}\nkind: system\nclass: truck\norigin: [NO]\nnames: {{en: [{name}]}}\nwas: [{was}]\n"


def test_an_id_is_used_once() -> None:
    """Across files, variants, and ids of before."""
    where = "systems/no/second.yaml"
    assert f"{where}:1: id 'long-rocket' is also in {_ROCKET}:1" in collide(
        _SECOND.format(id="long-rocket", name="X", was="x")
    )
    assert f"{where}:1: id 'long-rocket-b' is also in {_ROCKET}:13" in collide(
        _SECOND.format(id="long-rocket-b", name="X", was="x")
    )
    assert collide(_SECOND.format(id="second", name="X", was="long-rocket")) == [
        f"{where}:6: id 'long-rocket' is also in {_ROCKET}:1"
    ]
    assert collide(_SECOND.format(id="second", name="X", was="second")) == [
        f"{where}:6: id 'second' is also in {where}:1"
    ]
    was = {**VALID, _ROCKET: ROCKET.replace("kind:", "was: [second]\nkind:")}
    assert problems_of({**was, "systems/no/second.yaml": _SECOND.format(id="second", name="X", was="x")}) == [
        f"{where}:1: id 'second' is also in {_ROCKET}:2"
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Long Rocket",
        "LONG ROCKET",
        "long-rocket",
        "Ｌｏｎｇ　Ｒｏｃｋｅｔ",
        "Löng Rocket",
        "lr",
        "ＬＲ",
        "𝐋𝐑",
        "Long  Rocket",
        "BIG-TRUCK",
        "long rocket b",
        "old_gun",
    ],
)
def test_a_name_that_means_two_systems_is_refused(name: str) -> None:
    """However it is written: case, full width, mathematical letters, accents, hyphens; ids are names too."""
    (found,) = collide(_SECOND.format(id="second", name=name, was="x"))
    assert found.startswith(f"systems/no/second.yaml:5: name {name!r} is also a name of ")


def test_a_former_id_is_a_name_too() -> None:
    """Else it would depend on who asks which of the two answers."""
    first = {**VALID, _ROCKET: ROCKET.replace("kind:", "was: [short-rocket]\nkind:")}
    assert problems_of({**first, "systems/no/second.yaml": _SECOND.format(id="b", name="Short Rocket", was="x")}) == [
        "systems/no/second.yaml:5: name 'Short Rocket' is also a name of 'long-rocket', in " + f"{_ROCKET}:2"
    ]


def test_a_record_may_repeat_its_own_names() -> None:
    """In several languages, or as its id."""
    assert broken(_ROCKET, "  en: [Long Rocket, LR]", "  en: [Long Rocket, LR, long-rocket]\n  no: [LR]") == []


# --- All of it, in one run ---------------------------------------------------------------------


def test_every_problem_is_listed_in_one_run_by_file_and_line() -> None:
    """Broken syntax here does not hide a dangling source there, nor a misspelt key a wrong figure."""
    found = problems_of(
        {
            "vocabulary.yaml": VOCABULARY.replace("up to: ceiling", "up to: roof"),
            "sources.yaml": SOURCES.replace("herald-2021-05", "april") + "zz: {publisher: Z, date: never}\n",
            "systems/a.yaml": LAUNCHER.replace("of: long-rocket", "of: lost").replace("class: truck", "class: tank"),
            "systems/b.yaml": ROCKET.replace("km: 70", "km: ten").replace("id: long-rocket-b", "id: old-gun")
            + "x: 1\n",
            "systems/c.yaml": GUN.replace("km: 30", "km: 300") + "crew: [{count: 3, src: nobody}]\ncrew: []\n",
        }
    )
    assert [line.split(": ")[0] for line in found] == [
        "vocabulary.yaml:9",
        "sources.yaml:2",
        "sources.yaml:3",
        "systems/a.yaml:3",
        "systems/a.yaml:8",
        "systems/b.yaml:10",
        "systems/b.yaml:11",
        "systems/b.yaml:17",
        "systems/c.yaml:1",
        "systems/c.yaml:7",
        "systems/c.yaml:9",
    ]
    words = ["roof", "april", "never", "tank", "lost", "ten", "herald-2021-05", "'x'", "old-gun", "300 km", "crew"]
    assert all(word in line for word, line in zip(words, found, strict=True)), found


def test_what_cannot_be_parsed_makes_no_false_problem_elsewhere() -> None:
    """Who cites a source of a broken sources.yaml is not told that there is no such source."""
    for name in VALID:
        found = problems_of({**VALID, name: "a: 'never closed"})
        assert [line.partition(": ")[0] for line in found] == [f"{name}:1"], found
        found = problems_of({**VALID, name: "- a list\n"})
        assert found == [f"{name}:1: the file: ['a list'] is not a mapping of keys to values"]
        found = problems_of({**VALID, name: "just text\n"})
        assert found == [f"{name}:1: the file: 'just text' is not a mapping of keys to values"]
        found = problems_of({**VALID, name: "# nothing\n"})
        assert found == [f"{name}:1: the file is empty"]


def test_a_file_full_of_problems_is_still_answered_in_time() -> None:
    """Suggestions are costly, and a thousand misspelt keys come from one slip of an editor."""
    start = time.process_time()
    found = problems_of({**VALID, _ROCKET: ROCKET + "".join(f"rnge_max{n}: 1\n" for n in range(5_000))})
    assert len(found) == 5_000
    assert time.process_time() - start < 5


# --- A user's own folder -----------------------------------------------------------------------


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Return a folder that adds one record and one source to the catalog of the package."""
    folder = tmp_path / "mine"
    (folder / "systems" / "no").mkdir(parents=True)
    (folder / "sources.yaml").write_text("gazette-2020: {publisher: Gazette}\n")
    record = ROCKET.replace("class: rocket", "class: srbm").replace("big-truck", "himars")
    (folder / "systems" / "no" / "long-rocket.yaml").write_text(record.replace("herald-2021-05", "gazette-2020"))
    return folder


def raised(folder: Path) -> CatalogError:
    with pytest.raises(CatalogError) as caught:
        check_catalog(folder)
    with pytest.raises(CatalogError) as again:
        load_catalog(folder)
    assert str(again.value) == str(caught.value)
    return caught.value


def test_a_users_folder_adds_to_the_catalog(mine: Path) -> None:
    """Its records stand beside the ones of the package, and refer to them."""
    catalog = load_catalog(mine)
    assert catalog.system("LR").id == "long-rocket"
    assert catalog.system("himars").kind == "launcher"
    assert "long-rocket" in [munition.id for munition in catalog.munitions_of("himars")]
    assert {"long-rocket", "long-rocket-b"} == set(catalog.systems) - set(load_catalog().systems)


def test_a_users_folder_is_held_to_the_same_rules(mine: Path) -> None:
    """Problems carry the path as the user gave it."""
    path = mine / "systems" / "no" / "long-rocket.yaml"
    path.write_text(path.read_text().replace("km: 70", "km: -70"))
    assert raised(mine).problems == (
        f"{path}:10: range_max.0.km: '-70' is not a plain number above 0 or a printed span, 165-300",
    )


def test_a_users_folder_cannot_take_the_packages_ids_names_and_sources(mine: Path) -> None:
    """A collision is an error, not an override."""
    path = mine / "systems" / "no" / "long-rocket.yaml"
    path.write_text(path.read_text().replace("id: long-rocket\n", "id: atacms\n").replace("LR", "ＨＩＭＡＲＳ"))
    (mine / "sources.yaml").write_text("anews-2022-08: {publisher: Another}\ngazette-2020: {publisher: Gazette}\n")
    (mine / "vocabulary.yaml").write_text("classes: {srbm: other}\nqualifiers: {more than: value}\n")
    named = catalog_folder().name
    found = raised(mine).problems
    for start in (
        f"{mine}/sources.yaml:1: source 'anews-2022-08' is also in {named}/sources.yaml:",
        f"{mine}/vocabulary.yaml:1: class 'srbm' is also in {named}/vocabulary.yaml:",
        f"{mine}/vocabulary.yaml:2: qualifier 'more than' is also in {named}/vocabulary.yaml:",
        f"{path}:1: id 'atacms' is also in {named}/systems/us/atacms.yaml:",
        f"{path}:6: name 'ＨＩＭＡＲＳ' is also a name of 'himars', in {named}/systems/us/himars.yaml:",
    ):
        assert any(line.startswith(start) for line in found), (start, found)


def test_a_folder_given_twice_collides_with_itself(mine: Path) -> None:
    """Two answers to one name are never merged in silence."""
    with pytest.raises(CatalogError, match="is also in"):
        load_catalog(mine, mine)


@pytest.mark.parametrize("inside", ["systems/no/link.yaml", "systems/link.yaml", "systems/link", "vocabulary.yaml"])
def test_no_link_leads_out_of_the_folder(mine: Path, inside: str) -> None:
    """Neither to a file nor to a folder, which would be passed over in silence."""
    outside = mine.parent / "outside"
    outside.mkdir()
    (outside / "other.yaml").write_text(GUN)
    (mine / inside).symlink_to(outside if inside.endswith("link") else outside / "other.yaml")
    assert str(raised(mine)) == f"{mine / inside}: leads out of the catalog folder"


def test_systems_itself_may_not_lead_out(mine: Path) -> None:
    """Nor may the folder of all records be elsewhere."""
    outside = mine.parent / "outside"
    (mine / "systems").rename(outside)
    (mine / "systems").symlink_to(outside)
    assert "leads out of the catalog folder" in str(raised(mine))


def test_links_within_the_folder_are_fine(mine: Path) -> None:
    """As long as they do not make two records of one."""
    (mine / "sources.yaml").rename(mine / "all-sources.yaml")
    (mine / "sources.yaml").symlink_to("all-sources.yaml")
    assert "long-rocket" in load_catalog(mine).systems


@pytest.mark.parametrize("target", ["nowhere.yaml", "loop.yaml"])
def test_a_link_to_nothing_or_to_itself_is_an_error(mine: Path, target: str) -> None:
    """With the file's name, and no traceback."""
    (mine / "systems" / "loop.yaml").symlink_to(target)
    assert str(raised(mine)).startswith(f"{mine / 'systems' / 'loop.yaml'}: ")


def test_a_missing_empty_or_wrong_folder_is_an_error(tmp_path: Path) -> None:
    """Each says what was looked for."""
    assert str(raised(tmp_path / "gone")) == f"{tmp_path / 'gone'}: no such catalog folder"
    (tmp_path / "file").write_text("")
    assert str(raised(tmp_path / "file")) == f"{tmp_path / 'file'}: no such catalog folder"
    (tmp_path / "empty").mkdir()
    assert "holds no systems/**/*.yaml" in str(raised(tmp_path / "empty"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_an_error(mine: Path) -> None:
    """Rather than a record that is missing."""
    (mine / "sources.yaml").chmod(0)
    assert "Permission denied" in str(raised(mine))


def test_a_folder_where_a_file_should_be_is_an_error(mine: Path) -> None:
    """However its name ends."""
    (mine / "systems" / "folder.yaml").mkdir()
    assert "Is a directory" in str(raised(mine))


def test_a_file_name_need_not_be_unicode(mine: Path) -> None:
    """File systems hold bytes; such a record is read like any other."""
    os.rename(mine / "systems/no/long-rocket.yaml", os.fsencode(mine) + b"/systems/no/\xff.yaml")
    assert "long-rocket" in load_catalog(mine).systems


@pytest.mark.parametrize("name", ["record.yaml", "systems/us/record.yml", "other/record.yaml"])
def test_a_file_that_would_not_be_read_is_pointed_out(tmp_path: Path, name: str) -> None:
    """A record in the wrong place or with the wrong ending is not passed over in silence."""
    (tmp_path / "sources.yaml").write_text("press-2020: {publisher: Press}\n")
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("id: x\n")
    with pytest.raises(CatalogError, match=r"would not be read; records are systems/COUNTRY/NAME\.yaml"):
        load_catalog(tmp_path)


# --- Schemes -----------------------------------------------------------------------------------

SCHEMES = """\
range-rule:
  title: ranges
  src: gazette-2020
  classes: [rocket]
  bands:
    near: {label: near, up_to_km: 300}
    far: {label: far, over_km: 300}
"""


def with_schemes(*texts: str) -> list[str]:
    """Return the problems of the valid catalog with files of schemes."""
    kinds = {"vocabulary.yaml": "vocabulary", "sources.yaml": "sources"}
    files = [File(kinds.get(name, "system"), name, text.encode()) for name, text in VALID.items()]
    files += [File("schemes", f"{number}/schemes.yaml", text.encode()) for number, text in enumerate(texts)]
    try:
        compile_catalog(files)
    except CatalogError as error:
        return list(error.problems)
    return []


def test_schemes_that_are_right_have_no_problem() -> None:
    """Else nothing below means anything."""
    assert with_schemes(SCHEMES) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("gazette-2020", "gazete-2020", "0/schemes.yaml:3: unknown source 'gazete-2020'; did you mean 'gazette-2020'?"),
        ("[rocket]", "[rokcet]", "0/schemes.yaml:4: unknown class 'rokcet'; did you mean 'rocket'?"),
        (", up_to_km: 300", "", "0/schemes.yaml:6: a band needs a bound, such as from_km"),
        ("up_to_km: 300", "from_km: 300, up_to_km: 30", "0/schemes.yaml:6: no figure is in this band"),
        ("up_to_km: 300", "up_to_km: 300, below_km: 9", "0/schemes.yaml:6: up_to_km and below_km are one bound twice"),
        ("up_to_km: 300", "upto_km: 300", "0/schemes.yaml:6: unknown key 'upto_km'; did you mean 'up_to_km'?"),
    ],
)
def test_a_scheme_that_is_wrong(old: str, new: str, said: str) -> None:
    """Each with its line."""
    found = with_schemes(SCHEMES.replace(old, new))
    assert any(problem.startswith(said) for problem in found), found


def test_a_scheme_is_declared_once() -> None:
    """A user's own does not take the place of ours in silence."""
    found = with_schemes(SCHEMES, SCHEMES.replace("near:", "nigh:"))
    assert found[0].startswith("1/schemes.yaml:1: scheme 'range-rule' is also in 0/schemes.yaml:1")
    assert found[1].startswith("1/schemes.yaml:7: band 'far' is also in 0/schemes.yaml:7")


def test_a_copy_names_its_original() -> None:
    """One that is there, and no copy itself."""
    copied = SOURCES + "zeit-2022: {publisher: Zeit, copy_of: herald-2021-05}\n"
    assert problems_of({**VALID, "sources.yaml": copied}) == []
    lost = copied.replace("copy_of: herald-2021-05", "copy_of: herald-2021-06")
    assert problems_of({**VALID, "sources.yaml": lost})[0].startswith("sources.yaml:3: unknown source 'herald-2021-06'")
    chain = copied + "zzz-2023: {publisher: Zzz, copy_of: zeit-2022}\n"
    assert "'zeit-2022' is a copy itself" in problems_of({**VALID, "sources.yaml": chain})[0]
