"""What is promised of lengths: a number never goes without its unit, and is never misread."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weapons_ref.errors import UnitError
from weapons_ref.geo.units import parse_length_m


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        # By definition: the international mile of 1959, the nautical mile of 1929, the foot of 0.3048 m.
        ("1km", 1000.0),
        ("1mi", 1609.344),
        ("1nmi", 1852.0),
        ("1m", 1.0),
        ("1ft", 0.3048),
        ("5280ft", 1609.344),
    ],
)
def test_every_unit_has_its_defined_length(text: str, metres: float) -> None:
    """A mile is a mile, to the last digit that the definition has."""
    assert parse_length_m(text) == pytest.approx(metres, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("300km", 300_000),
        ("300 km", 300_000),
        ("  300\u00a0km\n", 300_000),
        ("300KM", 300_000),
        ("48 Mi", 48 * 1609.344),
        ("1,200 nmi", 1200 * 1852),
        ("1,234,567.5 m", 1_234_567.5),
        ("1,500 km", 1_500_000),
        ("0.5km", 500),
        (".5km", 500),
        ("+70km", 70_000),
        ("0km", 0),
    ],
)
def test_lengths_are_read_as_people_write_them(text: str, metres: float) -> None:
    """Blanks, either case and thousands separators make no difference."""
    assert parse_length_m(text) == pytest.approx(metres, rel=1e-15)


def test_a_negative_length_is_a_length() -> None:
    """Whether a range may be negative is for the question to say, which knows what it is asked."""
    assert parse_length_m("-5km") == -5000


@pytest.mark.parametrize("text", ["300", "300 ", "1,200", ".5"])
def test_a_bare_number_is_refused_with_the_ways_to_mend_it(text: str) -> None:
    """No unit is ever assumed."""
    with pytest.raises(UnitError, match=r"has no unit; write .*km, .*mi or .*nmi"):
        parse_length_m(text)


@pytest.mark.parametrize("text", ["300 leagues", "300k", "300nm", "300kms", "5 kmm"])
def test_an_unknown_unit_is_refused_with_the_known_ones(text: str) -> None:
    """``nm`` stays unknown: it is the nanometre, however many mean the nautical mile."""
    with pytest.raises(UnitError, match=r"unknown unit .*known are km, mi, nmi, m, ft"):
        parse_length_m(text)


@pytest.mark.parametrize("text", ["1,5 km", "1,50km", "12,5000km", "1.500,5km", "1,200,30km", ",5km"])
def test_a_decimal_comma_is_refused(text: str) -> None:
    """``1,5 km`` must never be taken for 15 km, nor 1,500 km for 1.5."""
    with pytest.raises(UnitError):
        parse_length_m(text)


def test_a_decimal_comma_is_named_as_such() -> None:
    """The message says what would be right."""
    with pytest.raises(UnitError, match="write the decimal point as a point"):
        parse_length_m("1,5 km")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "km",
        "km300",
        "five km",
        "nan km",
        "inf km",
        "1e3km",
        "0x10km",
        "1_000km",
        "1 000 km",
        "1.2.3km",
        "--5km",
        "300km/h",
        "300km 5",
        "300km300km",
        "300;km",
        "300kmé",
        "300\u200bkm",
        "５km",
        "٣km",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """Only plain decimal numbers and one unit."""
    with pytest.raises(UnitError):
        parse_length_m(text)


@pytest.mark.parametrize(
    "text",
    ["3" + " " * 255 + "mi", "300km" + " " * 300 + "and more", "1" * 100_000 + "km", " " * 100_000, "1 " * 50_000],
    ids=["unit at the limit", "rest beyond the limit", "many digits", "blanks", "groups"],
)
def test_a_long_text_is_refused_whole(text: str) -> None:
    """A text is never cut short and then read: ``mi`` would turn into ``m``. The message stays short."""
    with pytest.raises(UnitError) as caught:
        parse_length_m(text)
    assert len(str(caught.value)) < 200


@given(st.text())
def test_no_text_does_worse_than_a_unit_error(text: str) -> None:
    """Whatever is typed, the answer is a finite length or one line that says what is wrong."""
    try:
        metres, problem = parse_length_m(text), ""
    except UnitError as error:
        metres, problem = 0.0, str(error)
    assert math.isfinite(metres)
    assert "\n" not in problem
