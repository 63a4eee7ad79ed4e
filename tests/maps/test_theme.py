"""Colours: words can be read, and systems told apart."""

from __future__ import annotations

from typing import Any

import pytest

from weapons_ref.maps import theme

THEMES = {
    "light": theme.theme(),
    "dark": theme.theme(dark=True),
    "minimal": theme.theme("minimal"),
    "print": theme.theme("print"),
}


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", THEMES)
def test_words_have_contrast(name: str) -> None:
    """At least 4.5 on the page and on their halo; on the map itself too but for those in colours, which have one."""
    look: Any = THEMES[name]
    for ink in (look.ink, look.soft_ink, *look.systems, *look.verdicts.values()):
        assert contrast(ink, look.page) >= 4.5, ink
        assert contrast(ink, look.halo) >= 4.5, ink
    for ground in (look.sea, look.land, look.lakes):
        assert contrast(look.ink, ground) >= 4.5


@pytest.mark.parametrize("name", THEMES)
def test_systems_differ(name: str) -> None:
    """Six colours, none like another; what is certain and what is disputed differ by their dashes, not by colour."""
    look: Any = THEMES[name]
    assert len(set(look.systems)) == 6
    assert len({theme.SHAPES[verdict] for verdict in look.verdicts}) == 4
