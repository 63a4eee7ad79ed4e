"""Published statements against geometry and catalog: four outcomes, each with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from weapons_ref.catalog.loading import Catalog
from weapons_ref.errors import FileError
from weapons_ref.model import Claim, Finding, Source, Statement, System
from weapons_ref.statements import Thresholds, check, read_statements

ROOT = Path(__file__).resolve().parent.parent

#: Along the equator a degree is a * pi / 180 = 111.3195 km (WGS 84, a = 6,378,137 m).
ONE_DEGREE: dict[str, Any] = {"start": "0,0", "end": "0,1"}


def claim(low: float, high: float | None = None, source: str = "gazette", **fields: Any) -> Claim:
    metres = (low * 1000, (high or low) * 1000)
    return Claim(attribute="range_max", printed=f"{low:g}", unit="km", metres=metres, source=source, **fields)


def catalog(*claims: Claim, **systems: System) -> Catalog:
    rocket = System(id="rocket", kind="munition", class_="srbm", names={"en": ("Rocket",)}, claims=claims)
    sources = {
        "gazette": Source(key="gazette", publisher="Gazette", url="https://example.org/a"),
        "herald": Source(key="herald", publisher="Herald"),
        "echo": Source(key="echo", publisher="Echo", copy_of="gazette"),
    }
    return Catalog(
        systems={"rocket": rocket, **systems},
        sources=sources,
        classes={"srbm": "short"},
        qualifiers={"stated": "value", "more than": "floor"},
    )


def found(*claims: Claim, thresholds: Thresholds | None = None, **fields: Any) -> Finding:
    result = check([Statement(id="x", **fields)], thresholds=thresholds, catalog=catalog(*claims))
    assert sum(result.counts.values()) == len(result.findings) == 1
    return result.findings[0]


# --- Distances ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claimed_m", "outcome"),
    [
        ((111_000, 111_000), "supported"),
        ((105_600, 105_600), "contradicted"),
        ((105_800, 105_800), "supported"),
        ((116_800, 116_800), "supported"),
        ((117_000, 117_000), "contradicted"),
        ((90_000, 106_000), "supported"),
        ((90_000, 130_000), "supported"),
        ((130_000, 150_000), "contradicted"),
    ],
)
def test_a_distance_may_be_off_by_a_share_or_a_length(claimed_m: tuple[float, float], outcome: str) -> None:
    """5 % of 111.32 km is 5.57 km, more than 5 km; a span counts from its nearer end."""
    finding = found(**ONE_DEGREE, claimed_m=claimed_m)
    assert finding.outcome == outcome
    assert finding.distance_m == pytest.approx(111_319.49, abs=0.01)


def test_short_distances_may_be_off_by_the_length() -> None:
    """5 % of 11 km is little; 5 km are let pass."""
    assert found(start="0,0", end="0,0.1", claimed_m=(16_000, 16_000)).outcome == "supported"
    strict = Thresholds(distance_m=1_000)
    finding = found(start="0,0", end="0,0.1", claimed_m=(16_000, 16_000), thresholds=strict)
    assert finding.outcome == "contradicted"
    assert (
        finding.reason == "the places are 11.1 km apart, 16 km is stated, which is 4.868 km off; 1 km would be let pass"
    )


# --- Reach -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "outcome"),
    [
        ([claim(300)], "supported"),
        ([claim(50)], "contradicted"),
        ([claim(90), claim(200)], "undecidable"),
        ([claim(115)], "borderline"),
        ([claim(105)], "borderline"),
        ([claim(121.4)], "supported"),
        ([claim(101.2)], "contradicted"),
        ([claim(300, flag="suspect", reason="a slip")], "undecidable"),
    ],
)
def test_reach_is_the_verdict_or_hangs_on_little(claims: list[Claim], outcome: str) -> None:
    """Within 10 km of the figure that decides it is borderline; where sources disagree, undecidable."""
    assert found(*claims, **ONE_DEGREE, system="rocket").outcome == outcome


@pytest.mark.parametrize(
    ("minimum_km", "outcome"), [(50, "supported"), (105, "borderline"), (115, "borderline"), (140, "contradicted")]
)
def test_reach_may_hang_on_the_minimum_range(minimum_km: float, outcome: str) -> None:
    """Just outside it and just inside it are borderline."""
    minimum = Claim(
        attribute="range_min", printed="1", unit="km", metres=(minimum_km * 1000, minimum_km * 1000), source="gazette"
    )
    assert found(claim(300), minimum, **ONE_DEGREE, system="rocket").outcome == outcome


def test_a_plain_range_needs_no_catalog() -> None:
    """`range_km` with from and to, and no system."""
    finding = found(**ONE_DEGREE, range_m=(300_000, 300_000))
    assert (finding.outcome, finding.sources) == ("supported", ())


def test_a_launcher_reaches_what_its_best_munition_does() -> None:
    """And the reason names that one."""
    launcher = System(id="truck", kind="launcher", class_="mlrs", names={"en": ("Truck",)})
    far = System(
        id="far", kind="munition", class_="srbm", names={"en": ("Far",)}, fired_from=("truck",), claims=(claim(900),)
    )
    near = System(
        id="near", kind="munition", class_="srbm", names={"en": ("Near",)}, fired_from=("truck",), claims=(claim(9),)
    )
    known = catalog(truck=launcher, far=far, near=near)
    statements = [
        Statement(id="a", **ONE_DEGREE, system="truck"),
        Statement(id="b", start="0,0", end="0,20", system="truck"),
    ]
    one, other = check(statements, catalog=known).findings
    assert (one.outcome, other.outcome) == ("supported", "contradicted")
    assert "Far: " in one.reason
    assert "Far: " in other.reason


# --- Ranges ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated_km", "outcome"),
    [((300, 300), "supported"), ((310, 310), "supported"), ((400, 400), "borderline"), ((700, 700), "contradicted"),
     ((100, 100), "contradicted"), ((300, 520), "borderline")],
)  # fmt: skip
def test_a_stated_range_against_what_others_print(stated_km: tuple[float, float], outcome: str) -> None:
    """A figure that another prints is supported; one between their figures is borderline."""
    low, high = stated_km
    finding = found(claim(300), claim(500, source="herald"), system="rocket", range_m=(low * 1000, high * 1000))
    assert finding.outcome == outcome


def test_a_floor_leaves_more_open() -> None:
    """ "More than 500" does not contradict 600."""
    finding = found(claim(500, qualifier="more than"), system="rocket", range_m=(600_000, 600_000))
    assert finding.outcome == "undecidable"


@pytest.mark.parametrize("own", [{"source": "gazette"}, {"source_url": "https://example.org/a"}])
def test_a_statement_is_no_witness_for_itself(own: dict[str, Any]) -> None:
    """Its own source in the catalog does not count for it, nor does a page that carries its text."""
    alone = found(claim(300), claim(300, source="echo"), system="rocket", range_m=(300_000, 300_000), **own)
    assert alone.outcome == "undecidable"
    assert alone.reason == "no published maximum range of rocket in the catalog but the statement's own"
    other = found(claim(300), claim(900, source="herald"), system="rocket", range_m=(300_000, 300_000), **own)
    assert (other.outcome, other.sources) == ("contradicted", ("herald",))


def test_a_misspelt_source_of_its_own_is_an_error() -> None:
    """It would otherwise be a witness for itself."""
    with pytest.raises(FileError, match="unknown source 'gazete'; did you mean 'gazette'"):
        found(claim(300), system="rocket", range_m=(300_000, 300_000), source="gazete")


@pytest.mark.parametrize("own", [{"source_url": "http://www.example.org/a/"}, {"source": "echo"}])
def test_its_own_text_is_known_by_any_address_and_copy(own: dict[str, Any]) -> None:
    """Without regard to the scheme of the address; and a copy stands for its original."""
    assert found(claim(300), system="rocket", range_m=(300_000, 300_000), **own).outcome == "undecidable"


def test_beyond_a_floor_is_left_open() -> None:
    """More than 90 km may be 111 km."""
    assert found(claim(90, qualifier="more than"), **ONE_DEGREE, system="rocket").outcome == "undecidable"


def test_an_unknown_place_does_not_excuse_a_wrong_range() -> None:
    """Each thing that is said is looked at."""
    finding = found(claim(300), start="Qqqqqq", end="0,0", claimed_m=(1.0, 1.0), system="rocket", range_m=(9e6, 9e6))
    assert finding.outcome == "contradicted"
    assert finding.reason.startswith("no place is called 'Qqqqqq'")
    unknown = found(claim(300), **ONE_DEGREE, claimed_m=(5e6, 5e6), system="rokcet")
    assert unknown.outcome == "contradicted"


# --- What cannot be decided --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "it states no distance"),
        ({"start": "0,0"}, "a distance takes both from and to"),
        ({**ONE_DEGREE}, "it states no distance"),
        ({"claimed_m": (1.0, 1.0)}, "claimed_km is a distance, and takes from and to"),
        ({"range_m": (1.0, 1.0)}, "range_km is held against a system"),
        ({**ONE_DEGREE, "system": "rokcet"}, "no system 'rokcet' in the catalog; did you mean rocket"),
        ({"start": "Qqqqqq", "end": "0,0", "claimed_m": (1.0, 1.0)}, "no place is called 'Qqqqqq'"),
    ],
)
def test_what_cannot_be_decided_says_why(fields: dict[str, Any], reason: str) -> None:
    """It ends as a finding, and stops no other."""
    finding = found(claim(300), **fields)
    assert finding.outcome == "undecidable"
    assert finding.reason.startswith(reason)


def test_the_worst_of_several_things_decides() -> None:
    """A right range does not make a wrong distance right."""
    finding = found(claim(300), **ONE_DEGREE, system="rocket", range_m=(300_000, 300_000), claimed_m=(50_000, 50_000))
    assert finding.outcome == "contradicted"
    assert len(finding.reason.split("; ")) >= 3


# --- Files -------------------------------------------------------------------------------------

YAML = """\
- id: a
  statement: The places are 30 km apart
  from: 0,0
  to: 0,0.3
  claimed_km: 30
- {id: b, system: NO, range_km: 10-12, source_url: "https://example.org/a"}
"""
CSV = """\
id,statement,from,to,claimed_km,system,range_km,source_url
a,The places are 30 km apart,"0,0","0,0.3",30,,,
b,,,,,NO,10-12,https://example.org/a
"""


def test_yaml_and_csv_say_the_same(tmp_path: Path) -> None:
    """Field by field, but for the file and its lines."""
    (tmp_path / "a.yaml").write_text(YAML)
    (tmp_path / "a.csv").write_text("\ufeff" + CSV)
    from_yaml, from_csv = (read_statements(tmp_path / name) for name in ("a.yaml", "a.csv"))
    assert [one.line for one in from_yaml] == [1, 6]
    assert [one.line for one in from_csv] == [2, 3]
    for one, other in zip(from_yaml, from_csv, strict=True):
        fields = [name for name in one.__struct_fields__ if name not in ("file", "line")]
        assert [getattr(one, name) for name in fields] == [getattr(other, name) for name in fields]
    assert from_yaml[1].range_m == (10_000, 12_000)
    assert from_yaml[1].system == "NO"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "- {id: a, clamed_km: 3}", ":1: unknown key 'clamed_km'; did you mean 'claimed_km'?"),
        ("a.yaml", "- {id: a}\n- {id: a}", ":2: id 'a' is also on line 1"),
        ("a.yaml", "- {id: a, claimed_km: 0}", ":1: 0.claimed_km: '0' is not "),
        ("a.yaml", "- {id: a, claimed_km: 3 km}", ":1: 0.claimed_km: '3 km' is not kilometres: a plain number above 0"),
        ("a.yaml", "- {statement: x}", "'id' is a required property"),
        ("a.yaml", "id: a", "is not a list"),
        ("a.csv", "id,id\na,b\n", "two columns have one name"),
        ("a.csv", "", "is empty"),
        ("a.csv", "id,to\na,b,c\n", ":2: 3 cells for 2 columns"),
        ("a.csv", 'id\n"a\n', ":2: "),
        ("a.csv", "id,when\na,b\n", ":2: unknown key 'when'"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line(name: str, text: str, said: str, tmp_path: Path) -> None:
    """Nothing of it is presented as checked."""
    (tmp_path / name).write_text(text)
    with pytest.raises(FileError) as caught:
        read_statements(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert said in str(caught.value)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators_are_read_too(separator: str, tmp_path: Path) -> None:
    """As in other files of rows."""
    (tmp_path / "a.csv").write_text(f"ID{separator}System{separator}range_km\na{separator}rocket{separator}12\n")
    (one,) = read_statements(tmp_path / "a.csv")
    assert (one.id, one.system, one.range_m) == ("a", "rocket", (12_000, 12_000))


def test_every_problem_is_told(tmp_path: Path) -> None:
    """In one run, in order of lines."""
    (tmp_path / "a.yaml").write_text("- {id: a, x: 1}\n- {id: b, y: 1}\n")
    with pytest.raises(FileError) as caught:
        read_statements(tmp_path / "a.yaml")
    assert [line.split(":")[1] for line in str(caught.value).split("\n")] == ["1", "2"]


@pytest.mark.parametrize("data", [b"id\n\xff\n", b"id\na\0b\n"])
def test_bytes_that_are_no_text_are_refused(data: bytes, tmp_path: Path) -> None:
    """With what is wrong."""
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(FileError):
        read_statements(tmp_path / "a.csv")


# --- The examples ------------------------------------------------------------------------------


def test_the_examples_hold_what_they_say() -> None:
    """The seed report's statements and at least 20 more, each with a source; its thirty kilometres are nineteen."""
    statements = read_statements(ROOT / "examples" / "statements.yaml")
    findings = {finding.statement.id: finding for finding in check(statements).findings}
    seed = [one for one in statements if one.source == "seed-report-2024-06"]
    assert seed
    assert len(statements) - len(seed) >= 20
    assert all(one.source_url for one in statements if one not in seed)
    plant = findings["seed-velyka-znamianka"]
    assert plant.outcome == "contradicted"
    assert plant.distance_m == pytest.approx(19_230, abs=5)
