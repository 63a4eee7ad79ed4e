"""Colours, line styles and type of maps and charts, light and dark.

The colours of systems are Okabe and Ito's, which stay apart for every common kind of colour vision
(https://jfly.uni-koeln.de/color/), the lighter ones darkened until lines stand out on land and sea. None of
them carries a meaning alone: what is disputed is dashed, and verdicts have shapes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from weapons_ref.model import VerdictName

Style = Literal["minimal", "press", "print"]

#: The first is what vl-convert carries; browsers take what they have.
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"


class Theme(NamedTuple):
    """What a map looks like."""

    page: str  #: behind and beside the map
    sea: str
    land: str
    lakes: str
    coast: str
    border: str
    graticule: str
    ink: str  #: of titles
    soft_ink: str  #: of remarks
    halo: str  #: behind words on the map
    systems: tuple[str, ...]  #: one after another; a seventh begins again
    verdicts: Mapping[VerdictName, str]


_VERDICTS_LIGHT: Mapping[VerdictName, str] = {
    "within": "#1d3f72",
    "disputed": "#a8480a",
    "inside-minimum": "#6b4a94",
    "beyond": "#5c6166",
}
_VERDICTS_DARK: Mapping[VerdictName, str] = {
    "within": "#9cc7f5",
    "disputed": "#f5b26b",
    "inside-minimum": "#cfb3ee",
    "beyond": "#a9afb5",
}

#: The shapes of verdicts; Vega's names.
SHAPES: Mapping[VerdictName, str] = {
    "within": "circle",
    "disputed": "diamond",
    "inside-minimum": "triangle-down",
    "beyond": "cross",
}

_LIGHT = Theme(
    page="#ffffff",
    sea="#d6e4ee",
    land="#faf8f3",
    lakes="#d6e4ee",
    coast="#8fa5b3",
    border="#8d8a86",
    graticule="#b9cad6",
    ink="#1a1c1e",
    soft_ink="#55595d",
    halo="#ffffff",
    systems=("#0063a0", "#c04a00", "#00775a", "#a33d78", "#6b5200", "#4a4a4a"),
    verdicts=_VERDICTS_LIGHT,
)
_DARK = Theme(
    page="#14181c",
    sea="#1a2229",
    land="#343d45",
    lakes="#1a2229",
    coast="#4d5a64",
    border="#767e85",
    graticule="#2d3942",
    ink="#f0f2f4",
    soft_ink="#b4bac0",
    halo="#14181c",
    systems=("#56b4e9", "#f0a04b", "#3ecf9f", "#e59ac5", "#f0e442", "#d0d4d8"),
    verdicts=_VERDICTS_DARK,
)
#: For paper: no tint under the sea, black ink, so that a press without colour prints it too.
_PRINT = _LIGHT._replace(
    sea="#ffffff",
    land="#efefef",
    lakes="#ffffff",
    coast="#8a8a8a",
    border="#777777",
    graticule="#d8d8d8",
    ink="#000000",
    soft_ink="#333333",
)


def theme(style: Style = "press", *, dark: bool = False) -> Theme:
    """Return the theme of a style; paper is never dark."""
    if style == "print":
        return _PRINT
    return _DARK if dark else _LIGHT


def colour(theme_: Theme, index: int) -> str:
    """Return the colour of a system by its number."""
    return theme_.systems[index % len(theme_.systems)]
