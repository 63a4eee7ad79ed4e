"""Range charts: every claim in its place, with who says so."""

from __future__ import annotations

import itertools
import struct
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from weapons_ref.catalog.listing import charted_systems
from weapons_ref.catalog.loading import load_catalog
from weapons_ref.errors import QueryError
from weapons_ref.maps.chart import chart, specify
from weapons_ref.maps.picture import Look
from weapons_ref.model import SystemsResult

FACTORS = {"km": 1.0, "mi": 1.609344, "nmi": 1.852, "m": 0.001}


def charted(*names: str, **options: Any) -> SystemsResult:
    return charted_systems(load_catalog(), names, **options)


def values(spec: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(data for data in spec["data"] if data["name"] == name)["values"]
    return found


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
    assert {(row["who"].split(",")[0], round(row["low"], 3), round(row["high"], 3)) for row in rows} == {
        (who.split(",")[0], low, high) for who, low, high in wanted
    }


def test_rows_go_from_the_lowest_figure_to_the_highest() -> None:
    """Within each system, one below the other without overlap."""
    rows = values(specify(charted("atacms", "gmlrs")), "claims")
    for system in (0, 1):
        mine = [row for row in rows if row["system"] == system]
        assert [(row["low"], row["high"]) for row in mine] == sorted((row["low"], row["high"]) for row in mine)
    heights = [row["y"] for row in rows]
    assert all(after - before >= 16 for before, after in itertools.pairwise(heights))


def test_suspect_claims_are_told_apart_and_not_counted() -> None:
    """They lie outside of the span that is shaded."""
    spec = specify(charted("gmlrs"))
    (suspect,) = [row for row in values(spec, "claims") if row["kind"] == "suspect"]
    (span,) = values(spec, "spans")
    assert suspect["high"] > span["high"]


def test_floors_and_ceilings_have_marks_of_their_own() -> None:
    """By what the vocabulary says of their qualifiers."""
    kinds = {row["figure"]: row["kind"] for row in values(specify(charted("atacms")), "claims")}
    assert kinds["300 km (and more)"] == "floor"
    assert kinds["300 km (maximum)"] == "ceiling"
    assert kinds["305 km (about)"] == "hedged"
    assert kinds["306 km"] == "figure"


def test_a_launcher_stands_for_its_munitions() -> None:
    """And variants answer when they are asked for."""
    names = [span["name"] for span in values(specify(charted("himars")), "spans")]
    assert names == ["ATACMS", "ER GMLRS", "GLSDB", "GMLRS", "PrSM"]
    assert len(values(specify(charted("atacms", variants=True)), "spans")) > 1


def test_very_different_ranges_have_an_axis_in_powers_of_ten() -> None:
    """And a line that says so; others begin at 0."""
    scales = specify(charted("gmlrs", "df-5c"))["scales"]
    assert {scale["type"] for scale in scales} == {"log"}
    assert {scale["type"] for scale in specify(charted("gmlrs", "atacms"))["scales"]} == {"linear"}
    assert b"powers of ten" in chart(charted("gmlrs", "df-5c"), "svg")


def test_every_figure_stands_in_the_picture() -> None:
    """As printed; the same question gives the same bytes."""
    result = charted("atacms")
    svg = chart(result, "svg")
    texts = {element.text for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")}
    assert {"190 mi = 305.8 km (up to)", "165-306 km, minimum 25 km", "Published maximum ranges"} <= texts
    assert svg == chart(result, "svg")


def test_a_size_that_is_too_small_is_refused() -> None:
    """With what it would take; one that is large enough is kept."""
    with pytest.raises(QueryError, match="pixels of height"):
        chart(charted("atacms"), "png", Look(size=(1600, 400)))
    png = chart(charted("atacms"), "png", Look(size=(800, 900)))
    assert struct.unpack(">II", png[16:24]) == (800, 900)
    with pytest.raises(QueryError, match="no system"):
        charted()
