"""Commands that read the catalog, as a user types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]


def test_site_writes_pages(weapons_ref: Run, tmp_path: Path) -> None:
    """And says where to begin."""
    done = weapons_ref("site", "-o", "pages")
    assert done.returncode == 0
    assert (done.stdout, done.stderr) == ("pages/index.html\n", "")
    assert (tmp_path / "pages" / "index.html").is_file()
    again = weapons_ref("site", "-o", "pages")
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)


def test_compare_puts_claims_side_by_side(weapons_ref: Run) -> None:
    """In a table with footnotes, and attribute by attribute in JSON."""
    table = weapons_ref("compare", "atacms", "prsm").stdout
    assert table.splitlines()[0].split() == ["atacms", "prsm"]
    assert "not a legal finding" in table
    whole = json.loads(weapons_ref("compare", "ATACMS", "PrSM", "-f", "json").stdout)
    assert set(whole["attributes"]["range_max"]) == {"atacms", "prsm"}
    cited = {claim["source"] for by in whole["attributes"].values() for claims in by.values() for claim in claims}
    assert cited <= set(whole["sources"])


def test_compare_takes_two(weapons_ref: Run) -> None:
    """The same system twice is one."""
    done = weapons_ref("compare", "atacms", "ATACMS")
    assert (done.returncode, done.stdout) == (2, "")
    assert "takes two systems or more" in done.stderr


def test_show_draws_each_figure_between_lowest_and_highest(weapons_ref: Run) -> None:
    """The lowest at the left end of its bar, the highest at the right."""
    lines = weapons_ref("show", "atacms").stdout.splitlines()
    drawn = [line.replace("┤", "├").split("├") for line in lines if "├" in line]
    bars = {before.replace("range max", "").strip(): bar for before, bar, _ in drawn}
    assert bars["306 km"].endswith("●")
    assert bars["165-300 km (effective)"].startswith("●")
    assert bars["165-300 km (effective)"].count("●") == 2
    assert len({len(bar) for bar in bars.values()}) == 1


def test_show_sources_lists_what_each_says(weapons_ref: Run) -> None:
    """Every source of the record with its claims below it."""
    text = weapons_ref("show", "atacms", "--sources").stdout
    after = text.partition("(janes-2023-08)")[2]
    assert " ".join(after.splitlines()[1].split()) == "range max 300 km, citing Australian Department of Defence"


def test_sources_tells_which_claims_rest_on_one(weapons_ref: Run) -> None:
    """In every record that it speaks of."""
    whole = json.loads(weapons_ref("sources", "hromadske-2024-03", "-f", "json").stdout)
    (one,) = whole["results"]
    assert {"atacms", "atacms-m39"} <= {claim["system"] for claim in one["claims"]}
    every = json.loads(weapons_ref("sources", "-f", "json").stdout)["results"]
    assert one["key"] in {source["key"] for source in every}
    done = weapons_ref("sources", "hromadske-2024-3")
    assert done.returncode == 2
    assert "did you mean hromadske-2024-03" in done.stderr


def test_list_by_band_and_class(weapons_ref: Run) -> None:
    """A system stands in a band by all claims, by some, or perhaps."""
    found = json.loads(weapons_ref("list", "--band", "inf", "-f", "json").stdout)
    assert "legal finding" in found["note"]
    prsm = next(row for row in found["results"] if row["id"] == "prsm")
    assert "inf:some" in prsm["bands"]
    close = json.loads(weapons_ref("list", "--class", "crbm", "-f", "json").stdout)["results"]
    assert "atacms" in {row["id"] for row in close}
    done = weapons_ref("list", "--band", "mtcr")
    assert done.returncode == 2
    assert "mtcr-1" in done.stderr


def test_stats_count(weapons_ref: Run) -> None:
    """With the names that scripts rely on."""
    stats = json.loads(weapons_ref("catalog", "stats", "-f", "json").stdout)
    assert {
        "systems",
        "systems_with_maximum_range",
        "systems_with_two_sources",
        "countries",
        "claims",
        "sources",
    } <= set(stats)
    assert stats["systems_with_two_sources"] <= stats["systems_with_maximum_range"] <= stats["systems"]


def test_validate_tells_what_looks_odd(weapons_ref: Run, tmp_path: Path) -> None:
    """It passes, unless told to be strict."""
    folder = tmp_path / "mine" / "systems" / "no"
    folder.mkdir(parents=True)
    launcher = "id: big-truck\nkind: launcher\nclass: mlrs\norigin: [NO]\nnames: {en: [Big Truck]}\n"
    (folder / "big-truck.yaml").write_text(launcher)
    done = weapons_ref("catalog", "validate", "--catalog", "mine")
    assert done.returncode == 0
    assert "mine/systems/no/big-truck.yaml:2: a launcher that no munition is fired from (odd)" in done.stderr
    strict = weapons_ref("catalog", "validate", "--catalog", "mine", "--strict")
    assert strict.returncode == 2
    assert "big-truck.yaml:2: a launcher that no munition is fired from" in strict.stderr


@pytest.mark.parametrize("form", ["table", "json", "csv", "ndjson"])
def test_no_statements_are_no_error(form: str, weapons_ref: Run, tmp_path: Path) -> None:
    """An empty list is checked in every format."""
    (tmp_path / "said.yaml").write_text("[]\n")
    done = weapons_ref("check", "said.yaml", "-f", form)
    assert (done.returncode, done.stderr) == (0, "")


STATEMENTS = """\
- {id: right, from: "0,0", to: "0,1", claimed_km: 111}
- {id: wrong, from: "0,0", to: "0,1", claimed_km: 150}
"""


def test_check_holds_statements_against_geometry(weapons_ref: Run, tmp_path: Path) -> None:
    """A finding each; the exit status only if asked for."""
    (tmp_path / "said.yaml").write_text(STATEMENTS)
    done = weapons_ref("check", "said.yaml", "-f", "json")
    assert done.returncode == 0
    whole = json.loads(done.stdout)
    outcomes = {one["id"]: one["outcome"] for one in whole["results"]}
    assert outcomes == {"right": "supported", "wrong": "contradicted"}
    assert whole["results"][0]["distance_km"] == pytest.approx(111.319491)
    assert whole["counts"] == {"supported": 1, "borderline": 0, "undecidable": 0, "contradicted": 1}
    assert weapons_ref("check", "said.yaml", "--exit-status").returncode == 1
    assert weapons_ref("check", "said.yaml", "--exit-status", "--distance-share", "40").returncode == 0
    assert weapons_ref("check", "said.yaml", "--exit-status", "--distance-slack", "40km").returncode == 0
    assert weapons_ref("check", "missing.yaml").returncode == 2
