"""Range charts: every claim in its place, with who says so."""

from __future__ import annotations

import itertools
import struct
import xml.etree.ElementTree as ET
from typing import Any

import msgspec
import pytest

from weapons_ref.catalog.listing import charted_systems
from weapons_ref.catalog.loading import load_catalog
from weapons_ref.catalog.ranges import interval
from weapons_ref.errors import QueryError
from weapons_ref.maps.chart import chart, specify
from weapons_ref.maps.picture import Look, render
from weapons_ref.model import SystemsResult

FACTORS = {"km": 1.0, "mi": 1.609344, "nmi": 1.852, "m": 0.001}


def charted(*names: str, **options: Any) -> SystemsResult:
    return charted_systems(load_catalog(), names, **options)


def values(spec: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(data for data in spec["data"] if data["name"] == name)["values"]
    return found


def texts_of(spec: dict[str, Any], field: str) -> list[dict[str, Any]]:
    """The marks that print a field."""
    marks: list[dict[str, Any]] = spec["marks"]
    return [m for m in marks if m["type"] == "text" and m["encode"]["update"].get("text") == {"field": field}]


@pytest.mark.parametrize("name", ["atacms", "gmlrs", "nodong", "hwasong-14"])
def test_every_claim_has_a_row(name: str) -> None:
    """In kilometres, whatever the unit it is printed in, with its publisher."""
    result = charted(name)
    claims = [c for c in result.systems[0].claims if c.attribute == "range_max"]
    rows = values(specify(result), "claims")
    assert len(rows) == len(claims)
    wanted = set()
    for claim in claims:
        figures = [float(part.replace(",", "")) for part in claim.printed.replace("to", "-").split("-")]
        ends = [figure * FACTORS[claim.unit or "km"] for figure in figures]
        wanted.add((result.sources[claim.source].publisher, round(ends[0], 3), round(ends[-1], 3)))
    assert {(row["who"].split(", citing")[0], round(row["low"], 3), round(row["high"], 3)) for row in rows} == wanted


def test_every_row_says_when() -> None:
    """The year stands in a column of its own, so that no long name takes its place."""
    result = charted("atacms")
    claims = [c for c in result.systems[0].claims if c.attribute == "range_max"]
    rows = values(specify(result), "claims")
    dates = [result.sources[claim.source].date for claim in claims]
    assert sorted(row["year"] for row in rows) == sorted(date[:4] if date else "undated" for date in dates)
    spec = specify(result)
    places = {mark["encode"]["update"]["x"]["value"] for mark in texts_of(spec, "who") + texts_of(spec, "year")}
    assert max(places) - min(places) > 40


def test_rows_go_from_the_lowest_figure_to_the_highest() -> None:
    """Within each system, one below the other without overlap."""
    rows = values(specify(charted("atacms", "gmlrs")), "claims")
    for system in (0, 1):
        mine = [row for row in rows if row["system"] == system]
        order = [(row["low"], row["high"], row["who"].split(", citing")[0].casefold()) for row in mine]
        assert order == sorted(order)
    heights = [row["y"] for row in rows]
    assert all(after - before >= 16 for before, after in itertools.pairwise(heights))


def test_suspect_claims_are_told_apart_and_not_counted() -> None:
    """They lie outside of the span that is shaded."""
    spec = specify(charted("gmlrs"))
    (suspect,) = [row for row in values(spec, "claims") if row["kind"] == "suspect"]
    (span,) = values(spec, "spans")
    assert suspect["high"] > span["high"]


def test_floors_and_ceilings_have_marks_of_their_own() -> None:
    """By what the vocabulary says of their qualifiers, also of one that a catalog of one's own adds."""
    result = charted("atacms")
    kinds = {row["figure"]: row["kind"] for row in values(specify(result), "claims")}
    assert kinds["300 km (and more)"] == "floor"
    assert kinds["300 km (maximum)"] == "ceiling"
    assert kinds["305 km (about)"] == "hedged"
    assert kinds["306 km"] == "figure"
    other = msgspec.structs.replace(result, qualifiers={**result.qualifiers, "about": "floor"})
    kinds = {row["figure"]: row["kind"] for row in values(specify(other), "claims")}
    assert kinds["305 km (about)"] == "floor"


def test_a_launcher_stands_for_its_munitions() -> None:
    """And variants answer when they are asked for."""
    names = [span["name"] for span in values(specify(charted("himars")), "spans")]
    assert names == ["ATACMS", "ER GMLRS", "GLSDB", "GMLRS", "PrSM"]
    assert len(values(specify(charted("atacms", variants=True)), "spans")) > 1


def test_what_a_launcher_s_record_says_of_others_is_not_drawn() -> None:
    """Neither is a launcher lost whose munitions the catalog does not name: it is among those without a range."""
    of_others = {c.source for c in load_catalog().system("himars").claims if c.attribute == "range_max"}
    own = {c.source for system in charted("himars").systems for c in system.claims}
    rows = values(specify(charted("himars")), "claims")
    assert len(rows) == sum(c.attribute == "range_max" for s in charted("himars").systems for c in s.claims)
    assert of_others - own
    assert charted("gmars", "atacms").ranges["gmars"] is None


def test_later_claims_are_left_out_on_demand() -> None:
    """And undated ones, which the picture says; a date before all of them is refused."""
    dates = {row["year"] for row in values(specify(charted("atacms", as_of="2022")), "claims")}
    assert dates == {"2016", "2019", "2022"}
    result = charted("atacms", as_of="2022")
    assert result.ranges["atacms"] == interval(load_catalog().system("atacms"), load_catalog(), as_of="2022")
    assert b"Published by 2022; undated ones left out" in chart(result, "svg")
    with pytest.raises(QueryError, match="no published maximum range by 1980 for atacms"):
        charted("atacms", as_of="1980")
    with pytest.raises(QueryError, match="is not a date"):
        charted("atacms", as_of="yesterday")


def test_very_different_ranges_have_an_axis_in_powers_of_ten() -> None:
    """And a line that says so; others begin at 0."""
    scales = specify(charted("gmlrs", "df-5c"))["scales"]
    assert {scale["type"] for scale in scales} == {"log"}
    assert {scale["type"] for scale in specify(charted("gmlrs", "atacms"))["scales"]} == {"linear"}
    assert b"powers of ten" in chart(charted("gmlrs", "df-5c"), "svg")


@pytest.mark.parametrize(
    "names", [("atacms",), ("tomahawk", "musudan", "nasams"), ("kp-240-mm-mrl",), ("topol",)], ids="-".join
)
def test_every_figure_stands_in_the_picture(names: tuple[str, ...]) -> None:
    """As printed and never cut, with each system's name and span; the same question gives the same bytes."""
    result = charted(*names)
    svg = chart(result, "svg")
    texts = {element.text for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")}
    spec = specify(result)
    assert {row["figure"] for row in values(spec, "claims")} <= texts
    assert {span[key] for span in values(spec, "spans") for key in ("name", "span")} <= texts
    assert svg == chart(result, "svg")
    assert chart(result, "png") == chart(result, "png")


def test_the_whole_catalog_can_be_drawn() -> None:
    """No figure of any system is cut, and no row lies on another."""
    catalog = load_catalog()
    spec = specify(charted(*(key for key, system in catalog.systems.items() if system.variant_of is None)))
    rows = values(spec, "claims")
    assert all(after["y"] - before["y"] >= 16 for before, after in itertools.pairwise(rows))
    assert max(row["y"] for row in rows) < spec["height"] - 60
    texts = {e.text for e in ET.fromstring(render(spec, "svg", 1600)).iter("{http://www.w3.org/2000/svg}text")}
    assert {row["figure"] for row in rows} <= texts


def test_publishers_stand_beside_the_axis() -> None:
    """Every one that fits its column is named in full, and the words for those who cannot see name all."""
    result = charted("gmlrs")
    svg = chart(result, "svg")
    texts = {element.text for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")}
    publishers = {result.sources[c.source].publisher for c in result.systems[0].claims if c.attribute == "range_max"}
    assert all(any((text or "").startswith(publisher) for text in texts) for publisher in publishers)
    assert all(publisher in specify(result)["description"] for publisher in publishers)


def test_the_style_without_words_has_neither_title_nor_key() -> None:
    """But says all the same that nothing is averaged."""
    bare, press = (chart(charted("gmlrs"), "svg", Look(style=style)) for style in ("minimal", "press"))
    for words in (b">Published maximum ranges<", b">up to, maximum<"):
        assert words in press
        assert words not in bare
    assert b"never averaged" in bare


def test_dots_lie_in_their_places() -> None:
    """On the axis that the picture shows, a figure in miles as far to the right as its kilometres."""
    spec = specify(charted("atacms"))
    km, mi = (next(scale for scale in spec["scales"] if scale["name"] == name) for name in ("km", "mi"))
    assert km["range"] == mi["range"]
    assert km["domain"] == [0, 306]
    assert mi["domain"] == pytest.approx([0, 306 / 1.609344])


def test_a_size_that_is_too_small_is_refused() -> None:
    """With what it would take; one that is large enough is kept."""
    with pytest.raises(QueryError, match="pixels of height"):
        chart(charted("atacms"), "png", Look(size=(1600, 400)))
    png = chart(charted("atacms"), "png", Look(size=(800, 900)))
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">II", png[16:24]) == (800, 900)
    low, high = (values(specify(charted("atacms"), Look(size=size)), "claims") for size in ((800, 500), (800, 900)))
    assert high[-1]["y"] > low[-1]["y"]
    assert chart(charted("atacms"), "pdf").startswith(b"%PDF")
    with pytest.raises(QueryError, match="no system"):
        charted()
