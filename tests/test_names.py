"""Folding: what people type differently is the same, what means another letter stays another."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weapons_ref.names import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Kherson", "kherson"),
        ("  São   Paulo ", "sao paulo"),
        ("Łódź", "lodz"),
        ("Ørsta", "orsta"),
        ("Đà Nẵng", "da nang"),
        ("Ísafjörður", "isafjordur"),
        ("Þorlákshöfn", "thorlakshofn"),
        ("Æbeltoft Œuilly", "aebeltoft oeuilly"),
        ("Iğdır", "igdir"),
        ("İzmir", "izmir"),
        ("Ħamrun", "hamrun"),
        ("Gießen", "giessen"),
        ("GIESSEN", "giessen"),
        ("Kaŋŋá", "kanna"),
        ("Gəncə", "gence"),
        ("Ἀθῆναι", "αθηναι"),
        ("Ташкёнт", "ташкент"),
        ("St.-Denis / Réunion", "st denis reunion"),
        ("Stoke–on—Trent‑upon", "stoke on trent upon"),
        ("サン・パウロ", "サン パウロ"),
        ("Marcel·lí", "marcelli"),
        ("Marceŀlí", "marcelli"),
        ("Church End ,Eversholt", "church end, eversholt"),
        ("خرسون، اوکراین", "خرسون, اوکراین"),
        (", a,, b,", "a, b"),
        ("کرمان\u200cشاه", "کرمانشاه"),
        ("Ｋｙｉｖ", "kyiv"),
        ("", ""),
        ("—", ""),
    ],
)
def test_folds_what_people_leave_out(text: str, folded: str) -> None:
    """Case, accents, hyphens, dots, slashes, spaces and letters without a decomposition are forgiven."""
    assert fold(text) == folded


@pytest.mark.parametrize("sign", "'’‘ʼʻʹʾʿ′`´＇\"”“״׳")
def test_every_apostrophe_is_no_apostrophe(sign: str) -> None:
    """Whatever sign is typed for an apostrophe, the name is the same as without one."""
    assert fold(f"Знам{sign}янка") == fold("ЗНАМЯНКА")
    assert fold(f"Znam{sign}yanka") == "znamyanka"


@pytest.mark.parametrize(
    ("one", "other"),
    [("が", "か"), ("ぱ", "は"), ("कि", "क"), ("กา", "ก"), ("אָ", "א"), ("أ", "ا"), ("ี", "ิ")],
)
def test_marks_that_make_another_letter_stay(one: str, other: str) -> None:
    """Vowel signs, dakuten, hamza and niqqud are letters of their scripts, not accents."""
    assert fold(one) != fold(other)


def test_composed_and_decomposed_text_are_one_name() -> None:
    """A file from a system that decomposes names finds the same places."""
    for text in ("Kyōto", "Київ", "헤르손", "ヴォルゴグラード", "खेर्सन", "Việt Trì"):
        assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def test_folding_twice_is_folding_once_for_every_character() -> None:
    """No character of Unicode folds to something that folds on, alone or between letters."""
    for code in range(sys.maxunicode + 1):
        folded = fold(chr(code))
        assert fold(folded) == folded, hex(code)
        between = fold(f"a{chr(code)}b")
        assert fold(between) == between, hex(code)


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    """Folding a folded name changes nothing, whatever the text."""
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=40))
def test_a_folded_name_is_tidy(text: str) -> None:
    """No space or comma stands at an end of a folded name, and no space beside another."""
    folded = fold(text)
    assert folded == folded.strip(" ,")
    assert "  " not in folded
