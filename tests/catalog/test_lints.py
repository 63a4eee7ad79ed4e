"""What is valid and yet looks odd is told with its line, and a note answers it."""

from __future__ import annotations

from pathlib import Path

import pytest

from weapons_ref.catalog.checking import check_catalog

RECORD = """\
id: long-rocket
kind: munition
class: srbm
origin: [NO]
names:
  en: [Long Rocket]
range_max:
  - {km: 400, src: gazette-2020}
  - {km: 450, src: herald-2021}
  - {km: 500, src: gazette-2020}
"""
SOURCES = """\
gazette-2020: {publisher: Gazette, title: First text, url: "https://example.org/a", date: 2020}
herald-2021: {publisher: Herald, title: Second text, url: "https://example.org/b", date: 2021}
"""


def odd(folder: Path, record: str = RECORD, sources: str = SOURCES, **others: str) -> list[str]:
    """Return what looks odd in a user's folder, without what is in the catalog of the package."""
    (folder / "systems" / "no").mkdir(parents=True)
    (folder / "sources.yaml").write_text(sources)
    (folder / "systems" / "no" / "long-rocket.yaml").write_text(record)
    for name, text in others.items():
        (folder / "systems" / "no" / f"{name}.yaml").write_text(text)
    _, found = check_catalog(folder)
    return [str(one).removeprefix(f"{folder}/") for one in found if one.file.startswith(str(folder))]


def test_a_tidy_catalog_has_nothing_odd(tmp_path: Path) -> None:
    """Else nothing below means anything."""
    assert odd(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("km: 500", "km: 1500", ":10: more than 3 times off the median of 450 km; flag it, or note why"),
        ("km: 400", "km: 100", ":8: more than 3 times off the median of 450 km; flag it, or note why"),
        ("class: srbm", "class: mrbm", ":3: class mrbm, but the claims of long-rocket are srbm"),
        ("km: 450", "km: 350", ":9: claims are sorted by unit, then by figure"),
        ("km: 450", "mi: 280", ":10: claims are sorted by unit, then by figure"),
    ],
)
def test_what_looks_odd_in_a_record(old: str, new: str, said: str, tmp_path: Path) -> None:
    """Each with its line."""
    assert RECORD.count(old) == 1
    assert [f"systems/no/long-rocket.yaml{said}"] == odd(tmp_path, RECORD.replace(old, new))


def test_a_note_answers(tmp_path: Path) -> None:
    """On the claim what is said of it, on the record what is said of its class."""
    record = RECORD.replace("km: 500, src: gazette-2020", "km: 1500, src: gazette-2020, note: a study")
    assert odd(tmp_path, record.replace("class: srbm", "class: crbm\nnote: so called")) == []


def test_a_flagged_claim_is_not_odd(tmp_path: Path) -> None:
    """It says itself that it is suspect."""
    record = RECORD.replace("km: 500, src: gazette-2020", "km: 5000, src: gazette-2020, flag: suspect, reason: a slip")
    assert odd(tmp_path, record) == []


def test_a_launcher_that_fires_nothing(tmp_path: Path) -> None:
    """It answers no question; a note says why it is there all the same."""
    launcher = "id: big-truck\nkind: launcher\nclass: mlrs\norigin: [NO]\nnames: {en: [Big Truck]}\n"
    assert odd(tmp_path / "a", **{"big-truck": launcher}) == [
        "systems/no/big-truck.yaml:2: a launcher that no munition is fired from"
    ]
    assert odd(tmp_path / "b", **{"big-truck": launcher + "note: its rocket has no published range\n"}) == []
    fired = RECORD.replace("names:\n", "fired_from: [big-truck]\nnames:\n")
    assert odd(tmp_path / "c", fired, **{"big-truck": launcher}) == []


def test_sources_that_nothing_cites(tmp_path: Path) -> None:
    """A left-over, unless another carries its text."""
    more = 'zeit-2022: {publisher: Zeit, title: Third, url: "https://example.org/c"}\n'
    assert odd(tmp_path / "a", sources=SOURCES + more) == ["sources.yaml:3: nothing cites 'zeit-2022'"]
    copied = SOURCES.replace("date: 2021", "date: 2021, copy_of: zeit-2022")
    assert odd(tmp_path / "b", sources=copied + more) == []


def test_one_text_under_two_keys(tmp_path: Path) -> None:
    """By its address, or by its title under two publishers."""
    assert odd(tmp_path / "a", sources=SOURCES.replace("org/b", "org/a/")) == [
        "sources.yaml:2: the address is that of 'gazette-2020' too"
    ]
    same = SOURCES.replace("Second text", "first TEXT")
    assert odd(tmp_path / "b", sources=same) == [
        "sources.yaml:2: the title is that of 'gazette-2020'; one that carries it has copy_of:"
    ]
    assert odd(tmp_path / "c", sources=same.replace("date: 2021", "copy_of: gazette-2020")) == []


def test_words_that_no_record_uses(tmp_path: Path) -> None:
    """And words that are not sorted."""
    words = "classes:\n  zeppelin: airship\n  balloon: balloon\nqualifiers: {}\n"
    tmp_path.joinpath("mine").mkdir()
    (tmp_path / "mine" / "vocabulary.yaml").write_text(words)
    assert odd(tmp_path / "mine") == [
        "vocabulary.yaml:2: no record uses 'zeppelin'",
        "vocabulary.yaml:3: no record uses 'balloon'",
        "vocabulary.yaml:3: 'balloon' comes after 'zeppelin'; sort the words",
    ]


def test_the_built_in_catalog_is_tidy() -> None:
    """Nothing in it looks odd without an answer."""
    assert check_catalog()[1] == []
