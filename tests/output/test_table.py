"""Text for a terminal, which no name can take over."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weapons_ref.model import Place, ReachResult
from weapons_ref.output.wording import plain

Written = Callable[[Any, str], str]
Reached = Callable[..., ReachResult]
Row = Callable[..., Place]


def test_a_name_cannot_take_over_the_terminal(written: Written, reached: Reached, row: Row) -> None:
    """Control and bidirectional characters of a user's file are shown escaped wherever the name is shown."""
    text = written(reached(row("\u202eevil\x1b[31m"), row("a\rb\x07\u200fc\u2066d\x9be")), "table")
    assert r"\u202eevil\x1b[31m" in text
    assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in text.replace("\n", ""))


@pytest.mark.parametrize("name", ["Херсон", "東京", "خرسون", "Łódź", "Знам'янка", "खेर्सन", "Kherson"])
def test_names_in_any_script_are_left_alone(name: str) -> None:
    """Escaping is for what hides, not for what people write."""
    assert plain(name) == name


@given(st.text())
def test_what_is_escaped_can_be_told(text: str) -> None:
    """No text becomes one with a control, format or line-parting character."""
    shown = plain(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in shown)


def test_a_table_is_credited(written: Written, reached: Reached, row: Row) -> None:
    """Wherever places are shown to people, GeoNames is credited, as its licence asks."""
    assert "GeoNames" in written(reached(row("A")), "table")
    assert "CC BY" in written(reached(row("A")), "table")


def test_nothing_within_reach_is_said(written: Written, reached: Reached) -> None:
    """An empty answer says that it is one."""
    assert "nothing within reach" in written(reached(), "table")
