"""The catalog that comes with the package: it loads, fresh and from the cache; people find things in it."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from weapons_ref import cache
from weapons_ref.catalog import loading, records
from weapons_ref.catalog.checking import check_catalog
from weapons_ref.catalog.loading import Catalog, catalog_folder, load_catalog
from weapons_ref.errors import QueryError
from weapons_ref.geo.units import METRES_PER_UNIT
from weapons_ref.model import Source
from weapons_ref.names import fold

BUILT_IN = sorted((catalog_folder() / "systems").rglob("*.yaml"))


class _EditorLoader(yaml.SafeLoader):
    """Reads scalars as an editor does, which follows YAML 1.2: `NO`, dates and 1:30 are text."""


_EditorLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.nan", list("-+.0123456789")),
):
    _EditorLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


def as_an_editor_reads(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_EditorLoader)


def as_text(path: Path) -> Any:
    """Return a file with every scalar as it is written."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return check_catalog()[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the built-in catalog that stands in for it, with a cache of its own."""
    copy = tmp_path / "catalog"
    shutil.copytree(catalog_folder(), copy)
    monkeypatch.setattr(loading, "catalog_folder", lambda: copy)
    monkeypatch.setattr(cache, "packaged", lambda name: tmp_path / "packaged" / name)
    monkeypatch.setenv("WEAPONS_REF_CACHE", str(tmp_path / "cache"))
    return copy


@pytest.fixture(autouse=True)
def _a_new_process() -> Iterator[None]:
    loading._load.cache_clear()
    yield
    loading._load.cache_clear()


def without_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, nothing can be read but compiled catalogs."""

    def parsed(files: Any) -> Catalog:
        raise AssertionError("the files were parsed")

    monkeypatch.setattr(loading, "compile_catalog", parsed)


# --- The data --------------------------------------------------------------------------------------


def test_the_built_in_catalog_loads(catalog: Catalog) -> None:
    """Every file of it is a record, and nothing else is in it."""
    assert len(BUILT_IN) >= 7
    ids = [as_text(path)["id"] for path in BUILT_IN]
    assert [system.id for system in catalog.systems.values() if system.variant_of is None] == sorted(ids)
    assert list(catalog.systems) == sorted(catalog.systems)
    assert load_catalog() == catalog


def test_every_claim_has_a_source_and_every_source_is_cited(catalog: Catalog) -> None:
    """Sources that nothing cites are left-overs; a figure without one must not exist."""
    claimed = {claim.source for system in catalog.systems.values() for claim in system.claims}
    schemes = {scheme.source for scheme in catalog.schemes.values()}
    copied = {source.copy_of for source in catalog.sources.values() if source.copy_of}
    assert claimed | schemes | copied == set(catalog.sources)
    assert all(source.publisher for source in catalog.sources.values())


def test_every_claim_of_the_files_is_in_the_catalog_as_printed(catalog: Catalog) -> None:
    """None lost, none added: figure, unit, qualifier, source, speaker, note and flag."""
    attributes = records.Attributes.__struct_fields__
    for path in BUILT_IN:
        record = as_text(path)
        for entry in (record, *record.get("variants", ())):
            written = [(attribute, claim) for attribute in attributes for claim in entry.get(attribute, ())]
            for claim, (attribute, given) in zip(catalog.systems[entry["id"]].claims, written, strict=True):
                assert claim.attribute == attribute
                assert claim.printed in given.values()
                assert claim.unit is None or given[claim.unit] == claim.printed
                assert claim.qualifier == given.get("as", "stated")
                assert (claim.source, claim.speaker, claim.of) == (given["src"], given.get("by"), given.get("of"))
                assert (claim.note, claim.flag, claim.reason) == tuple(map(given.get, ("note", "flag", "reason")))
                assert (claim.who, claim.since) == (given.get("who"), given.get("from"))


def test_lengths_are_in_metres(catalog: Catalog) -> None:
    """Ranges are, whatever the unit of the source; what is no length is not."""
    for system in catalog.systems.values():
        for claim in system.claims:
            if claim.attribute in ("range_max", "range_min", "flight_test_distance"):
                assert claim.unit is not None
                figures = [float(part) * METRES_PER_UNIT[claim.unit] for part in claim.printed.split("-")]
                assert (claim.low_m, claim.high_m) == (figures[0], figures[-1])
            if claim.unit is None:
                assert claim.metres is None


def test_no_variant_has_a_range_that_its_file_does_not_state(catalog: Catalog) -> None:
    """Variants inherit the heading, and never a figure."""
    variants = 0
    for path in BUILT_IN:
        record = as_text(path)
        for entry in record.get("variants", ()):
            variants += 1
            family, system = catalog.systems[record["id"]], catalog.systems[entry["id"]]
            for attribute in ("range_max", "range_min"):
                stated = [
                    (claim["src"], next(claim[u] for u in METRES_PER_UNIT if u in claim))
                    for claim in entry.get(attribute, ())
                ]
                assert [(c.source, c.printed) for c in system.claims if c.attribute == attribute] == stated
            assert system.variant_of == family.id
            assert entry["id"] in family.variants
            assert (system.kind, system.class_, system.origin, system.fired_from) == (
                family.kind,
                family.class_,
                family.origin,
                family.fired_from,
            )
            assert system.names["en"] == tuple(entry["names"]["en"])
    assert variants >= 6
    assert catalog.systems["atacms-m48"].claims == ()


def test_what_a_launcher_fires_comes_from_its_munitions(catalog: Catalog) -> None:
    """Families answer, in order of their ids; variants are left out."""
    munitions = [munition.id for munition in catalog.munitions_of("himars")]
    assert {"atacms", "er-gmlrs", "glsdb", "gmlrs", "prsm"} <= set(munitions)
    written = [record["id"] for record in map(as_text, BUILT_IN) if "himars" in record.get("fired_from", ())]
    assert munitions == sorted(written)
    assert catalog.munitions_of("atacms") == ()


def test_the_sources_own_slips_are_kept_and_flagged(catalog: Catalog) -> None:
    """A suspected figure stays in the catalog, with the reason."""
    flagged = [claim for claim in catalog.systems["gmlrs"].claims if claim.flag]
    assert [(claim.printed, claim.source) for claim in flagged] == [("150", "esut-2024-05"), ("30", "tass-2022-08")]
    assert all(claim.reason for claim in flagged)


# --- The schema ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["system", "sources", "vocabulary"])
def test_an_editor_shows_no_false_error_on_our_own_files(kind: str) -> None:
    """With the published schema, a plain validator, and scalars as YAML 1.2 has them."""
    schema = records.schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in BUILT_IN if kind == "system" else [catalog_folder() / f"{kind}.yaml"]:
        errors = [
            f"{path.name}: {error.json_path}: {error.message}"
            for error in validator.iter_errors(as_an_editor_reads(path))
        ]
        assert errors == []


@pytest.mark.parametrize(
    "change",
    [
        {"knd": "munition"},
        {"id": "Not An Id"},
        {"kind": "missile"},
        {"origin": ["Norway"]},
        {"names": {}},
        {"names": {"en": []}},
        {"range_max": [{"km": 300}]},
        {"range_max": [{"km": 300, "mi": 186, "src": "a"}]},
        {"range_max": [{"src": "a"}]},
        {"range_max": [{"km": 0, "src": "a"}]},
        {"range_max": [{"km": "0-300", "src": "a"}]},
        {"range_max": [{"km": "many", "src": "a"}]},
        {"range_max": [{"km": 300, "src": "a", "flag": "doubtful"}]},
        {"in_service": [{"year": "soon", "src": "a"}]},
        {"variants": [{"id": "x"}]},
    ],
)
def test_an_editor_shows_the_errors_that_the_catalog_has(change: dict[str, Any]) -> None:
    """The schema is the same one, so that a slip is underlined while it is typed."""
    valid = {"id": "x", "kind": "munition", "class": "srbm", "origin": ["US"], "names": {"en": ["X"]}}
    validator = jsonschema.Draft202012Validator(records.schema())
    assert not list(validator.iter_errors(valid))
    assert list(validator.iter_errors({**valid, **change}))


# --- Looking things up -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("atacms", "atacms"),
        ("ATACMS", "atacms"),
        ("  Atacms ", "atacms"),
        ("atacms-m39", "atacms-m39"),
        ("MGM-140", "atacms"),
        ("mgm 140", "atacms"),
        ("army tactical missile system", "atacms"),
        ("ＡＴＡＣＭＳ", "atacms"),
        ("陆军战术导弹", "atacms"),
        ("에이태킴스", "atacms"),
        ("এমজিএম-১৪০ আর্মি ট্যাকটিক্যাল মিসাইল সিস্টেম", "atacms"),
        ("海马斯", "himars"),
        ("ハイマース", "himars"),
        ("System Artylerii Rakietowej Wysokiej Mobilnosci", "himars"),
        ("NAGY MOBILITÁSÚ TÜZÉRSÉGI RAKÉTARENDSZER", "himars"),
        ("M142–HIMARS", "himars"),
        ("M31 Unitary", "gmlrs-m31"),
    ],
)
def test_a_system_is_found_by_its_id_or_any_name(catalog: Catalog, text: str, id_: str) -> None:
    """In any case, any script, with or without accents and hyphens."""
    assert catalog.system(text).id == id_


def test_every_id_and_name_of_the_catalog_finds_its_system(catalog: Catalog) -> None:
    """No name means two."""
    for system in catalog.systems.values():
        for name in (system.id, system.id.upper(), *itertools.chain(*system.names.values())):
            assert catalog.system(name) == system
            assert system in catalog.search(name)


@pytest.mark.parametrize("text", ["old-name", "OLD-NAME", " old-name "])
def test_a_former_id_still_finds_its_system(catalog: Catalog, text: str) -> None:
    """Ids that were given up are written in papers and scripts."""
    fields = {name: getattr(catalog.systems["gmlrs"], name) for name in catalog.systems["gmlrs"].__struct_fields__}
    renamed = type(catalog.systems["gmlrs"])(**{**fields, "was": ("old-name",)})
    with_it = Catalog(
        systems={**catalog.systems, "gmlrs": renamed},
        sources=catalog.sources,
        classes=catalog.classes,
        qualifiers=catalog.qualifiers,
    )
    assert with_it.system(text).id == "gmlrs"


@pytest.mark.parametrize(
    ("text", "suggested"),
    [("atacmz", "atacms"), ("hymars", "himars"), ("M140", "atacms"), ("gmrls", "gmlrs"), ("precision strike", "prsm")],
)
def test_an_unknown_system_is_an_error_that_suggests(catalog: Catalog, text: str, suggested: str) -> None:
    """The closest ids, or those whose name holds the text."""
    with pytest.raises(QueryError, match=rf"^no system '{text}' in the catalog; did you mean .*\b{suggested}\b"):
        catalog.system(text)


@pytest.mark.parametrize("text", ["", " ", "qqqqqq", "-", "x" * 10_000, "\0"])
def test_what_resembles_nothing_is_a_short_error(catalog: Catalog, text: str) -> None:
    """Of one line, however long the text was."""
    with pytest.raises(QueryError, match="no system") as caught:
        catalog.system(text)
    assert len(str(caught.value)) < 200
    assert catalog.search(text) == ()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("himars", ["himars"]),
        ("HI-MARS", ["himars"]),
        ("军战术", ["atacms"]),
        ("ロケット砲", ["himars"]),
        ("wysokiej mobilności", ["himars"]),
        ("m270", ["m270"]),
        ("gmlrs", ["gmlrs", "er-gmlrs", "gmlrs-m30", "gmlrs-m31"]),
        ("er gml", ["er-gmlrs"]),
        ("Ｍ５７", ["atacms-m57"]),
    ],
)
def test_search_finds_parts_of_names_in_any_script(catalog: Catalog, text: str, ids: list[str]) -> None:
    """Whole names first, then beginnings, then what holds the text anywhere."""
    assert [system.id for system in catalog.search(text)][: len(ids)] == ids


def test_search_misses_no_name_that_holds_the_text(catalog: Catalog) -> None:
    """Every three letters of every name find its record."""
    for system in catalog.systems.values():
        for name in itertools.chain(*system.names.values()):
            letters = fold(name).replace(" ", "")
            assert all(system in catalog.search(letters[at : at + 3]) for at in range(len(letters)))


# --- The compiled form -----------------------------------------------------------------------------


def test_a_catalog_is_compiled_once_and_read_back_the_same(
    folder: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes from the cache equals what comes from the files."""
    fresh = load_catalog()
    assert len(list((folder.parent / "cache").iterdir())) == 1
    loading._load.cache_clear()
    without_parsing(monkeypatch)
    cached = load_catalog()
    assert cached is not fresh
    assert cached == fresh == catalog
    assert repr(cached) == repr(fresh)


@pytest.mark.parametrize("cleared", [True, False], ids=["another process", "the same process"])
def test_a_changed_byte_anywhere_is_read_afresh(folder: Path, cleared: bool) -> None:
    """Even with the file's size and time as they were."""
    assert load_catalog().systems["prsm"].name == "PrSM"
    path = folder / "systems" / "us" / "prsm.yaml"
    path.write_bytes(path.read_bytes().replace(b"[PrSM,", b"[PrSN,"))
    if cleared:
        loading._load.cache_clear()
    assert load_catalog().systems["prsm"].name == "PrSN"
    (folder / "systems" / "us" / "glsdb.yaml").unlink()
    if cleared:
        loading._load.cache_clear()
    assert "glsdb" not in load_catalog().systems


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data.replace(b"PrSM", b"Pr\xff\xffM"),
        lambda data: data.replace(b'"systems":{', b'"systems":[', 1),
        lambda data: b"\0" * len(data),
    ],
    ids=["empty", "half", "cut", "not UTF-8", "not JSON", "zeros"],
)
def test_a_damaged_cache_is_replaced(
    folder: Path, catalog: Catalog, spoil: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs time, and never an answer."""
    load_catalog()
    (cached,) = (folder.parent / "cache").iterdir()
    whole = cached.read_bytes()
    cached.write_bytes(spoil(whole))
    loading._load.cache_clear()
    assert load_catalog() == catalog
    assert cached.read_bytes() == whole


def test_a_cache_of_another_state_is_not_read(folder: Path, catalog: Catalog) -> None:
    """A file under the right name that holds the wrong digest is passed over."""
    load_catalog()
    (cached,) = (folder.parent / "cache").iterdir()
    cached.write_bytes(cached.read_bytes().replace(b'{"digest":"', b'{"digest":"0', 1).replace(b"PrSM", b"XXXX"))
    loading._load.cache_clear()
    assert load_catalog() == catalog


def test_a_changed_model_makes_old_caches_unreadable(
    folder: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A field that was added would otherwise be silently missing from what an older version cached."""
    load_catalog()
    before = {path.name for path in (folder.parent / "cache").iterdir()}

    added = msgspec.defstruct("Source", [("added", str | None, None)], bases=(Source,), frozen=True, kw_only=True)
    monkeypatch.setattr(loading, "Source", added)
    loading._load.cache_clear()
    assert {path.name for path in (folder.parent / "cache").iterdir()} == before
    load_catalog()
    assert {path.name for path in (folder.parent / "cache").iterdir()} > before


@pytest.mark.parametrize("obstacle", ["a file", "below a file", "a folder in the way", "a loop"])
def test_without_a_cache_folder_everything_works(
    folder: Path, catalog: Catalog, obstacle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read-only homes, and whatever else stands where the cache should be."""
    cache_folder = folder.parent / "cache"
    if obstacle == "a file":
        cache_folder.write_text("")
    elif obstacle == "below a file":
        (folder.parent / "file").write_text("")
        monkeypatch.setenv("WEAPONS_REF_CACHE", str(folder.parent / "file" / "cache"))
    elif obstacle == "a folder in the way":
        (cache_folder / f"catalog-{loading._digest(loading._all_files(()))}.json").mkdir(parents=True)
    else:
        cache_folder.symlink_to(cache_folder)
    assert load_catalog() == catalog
    assert load_catalog().system("himars").kind == "launcher"


def test_the_cache_does_not_grow_without_end(folder: Path) -> None:
    """A few versions are kept, for branches that people switch between."""
    path = folder / "systems" / "us" / "prsm.yaml"
    for number in range(10):
        path.write_bytes(path.read_bytes() + b"# more\n")
        assert load_catalog().systems["prsm"].name == "PrSM", number
    assert len(list((folder.parent / "cache").iterdir())) <= 5


def test_what_the_wheel_carries_is_read_first(folder: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled form beside the package needs neither a parser nor a cache folder."""
    target = cache.packaged("catalog.json")
    target.parent.mkdir()
    loading.compile_packaged(folder, target)
    without_parsing(monkeypatch)
    assert load_catalog() == catalog
    assert not (folder.parent / "cache").exists()


def test_two_users_folders_of_one_name_are_told_apart(folder: Path, tmp_path: Path) -> None:
    """By what is in them."""
    for number in ("one", "two"):
        mine = tmp_path / number / "mine" / "systems"
        mine.mkdir(parents=True)
        (mine / "a.yaml").write_text(
            f"id: my-{number}\nkind: gun\nclass: mlrs\norigin: [NO]\nnames: {{en: [Gun {number}]}}\n"
        )
    assert "my-one" in load_catalog(tmp_path / "one" / "mine").systems
    assert "my-two" in load_catalog(str(tmp_path / "two" / "mine")).systems
    assert {"my-one", "my-two"} <= set(load_catalog(tmp_path / "one" / "mine", tmp_path / "two" / "mine").systems)


@pytest.mark.parametrize("text", ["m142himars", "M-142 HIMARS", "m 142  himars", "高機動ロケット砲システム", "HIMARS"])
def test_a_name_is_known_without_its_hyphens_and_spaces(text: str, catalog: Catalog) -> None:
    """However people write it."""
    assert catalog.system(text).id == "himars"
