"""CSV that opens safely in a spreadsheet, and drops nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weapons_ref.errors import FileError
from weapons_ref.model import Place, ReachResult, RingResult
from weapons_ref.output.csv import cell

Written = Callable[[Any, str], str]
Reached = Callable[..., ReachResult]
Row = Callable[..., Place]


@pytest.mark.parametrize(
    "text", ["=1+1", "+SUM(A1)", "-1+1", "@x", "\tx", "\rx", "=", "-", "+", "-10, 20", "+7 x", "--5"]
)
def test_text_that_a_spreadsheet_would_run_is_prefixed(text: str) -> None:
    """Whatever begins like a formula gets an apostrophe."""
    assert cell(text) == "'" + text


@pytest.mark.parametrize("text", ["-5", "+7", "-33.9", "-.5", "-5.", "-1e-7", "+1.5E+3", "5", "x=1", "a-b", "", " =1"])
def test_numbers_and_plain_text_are_left_alone(text: str) -> None:
    """A southern latitude is no formula, also where a user's file has it as text."""
    assert cell(text) == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(-5.5, -5.5), (-3, -3), (None, None), (True, "true"), (False, "false"), (["a", "b"], "a;b"), ([], ""),
     (["=a"], "'=a"), ({"a": 1}, '{"a":1}'), ([1, "a"], '[1,"a"]')],
)  # fmt: skip
def test_values_are_shown_simply(value: Any, shown: Any) -> None:
    """Numbers stay numbers, lists of texts are parted by semicolons, what is deeper is JSON."""
    assert cell(value) == shown


@given(st.text())
def test_no_cell_begins_like_a_formula_unless_it_is_a_number(text: str) -> None:
    """For every text there is."""
    shown = cell(text)
    assert isinstance(shown, str)
    if shown[:1] in ("=", "+", "-", "@", "\t", "\r") and shown:
        float(shown)
    assert shown.removeprefix("'") == text.removeprefix("'")


def test_headers_are_cells_too(written: Written, reached: Reached, row: Row) -> None:
    """A user's header that is a formula is prefixed as well."""
    header = written(reached(row("A", **{"=cmd()": "x"})), "csv").splitlines()[0]
    assert header.endswith(",'=cmd()")


def test_any_text_survives_csv(written: Written, reached: Reached, row: Row) -> None:
    """Separators, quotation marks and line ends within a cell come back as they were."""
    evil = 'a,b;"c"\nd\re\u2028'
    text = written(reached(row(evil, note=evil)), "csv")
    header, body = csv.reader(io.StringIO(text, newline=""), strict=True)
    found = dict(zip(header, body, strict=True))
    assert (found["place"], found["note"]) == (evil, evil)
    assert text.endswith("\n")
    assert not text.endswith("\r\n")


def test_rows_may_differ_in_their_columns(written: Written, reached: Reached, row: Row) -> None:
    """The header has the columns of all the first rows; what a row has not is empty."""
    text = written(reached(row("A", note="x"), row("B", note="y", extra="z"), row("C")), "csv")
    found = list(csv.DictReader(io.StringIO(text)))
    assert [(line["note"], line["extra"]) for line in found] == [("x", ""), ("y", "z"), ("", "")]


def test_a_column_is_never_dropped(
    written: Written, reached: Reached, row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A column that only turns up after the header is written is an error that names it."""
    monkeypatch.setattr("weapons_ref.output.csv._LOOKED_AHEAD", 1)
    with pytest.raises(FileError, match="'extra'"):
        written(reached(row("A", note="x"), row("B", note="x", extra="y")), "csv")


def test_an_empty_answer_has_its_header(written: Written, reached: Reached, row: Row) -> None:
    """A program that reads the file finds the columns that an answer would have."""
    assert written(reached(), "csv") == written(reached(row("A")), "csv").splitlines(keepends=True)[0]


def test_rings_have_their_shape_as_text(written: Written, ringed: RingResult) -> None:
    """CSV of rings holds each polygon as well-known text."""
    rows = list(csv.DictReader(io.StringIO(written(ringed, "csv"))))
    assert [row["role"] for row in rows] == ["within", "disputed"]
    assert all(row["wkt"].startswith("MULTIPOLYGON") for row in rows)
