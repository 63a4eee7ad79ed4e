"""Pictures of what sources say, as numbers that the templates turn into SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from weapons_ref.model import Claim, RangeInterval, kilometres
from weapons_ref.output.wording import in_order

#: The spread, in the units of its own view box.
SPREAD_WIDTH = 380
_LEFT = 8  # the axis keeps so far from either side
_ROW = 36  # a line of words, and the axis below it
_TICKS = 4
_NAMED = 4  # how many sources a row names by number

#: The ring picture.
RING_SIZE = 420
_RING_RADIUS = 180


class Tick(NamedTuple):
    """A round length on an axis."""

    x: float
    label: str


class Row(NamedTuple):
    """The place of one figure on the axis, and who prints it."""

    y: float
    left: float
    right: float
    figure: str
    sources: str
    suspect: bool


class Spread(NamedTuple):
    """Claims of the maximum range on one axis."""

    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    height: float
    bottom: float
    low: float  #: where the lowest unflagged figure lies
    high: float


def spread(claims: Iterable[Claim], numbers: Mapping[str, int]) -> Spread | None:
    """Lay out the maximum ranges of a record on an axis from 0, or return None if there are none."""
    groups: dict[tuple[str, bool], list[Claim]] = {}
    for claim in in_order(claims):
        if claim.attribute == "range_max" and claim.metres is not None and claim.of is None:
            said = "" if claim.qualifier == "stated" else f" ({claim.qualifier})"
            groups.setdefault((f"{claim.printed} {claim.unit}{said}", claim.flag is not None), []).append(claim)
    if not groups:
        return None
    most = max(claim.high_m for found in groups.values() for claim in found)
    scale = (SPREAD_WIDTH - 2 * _LEFT) / most
    rows = tuple(
        Row(
            y=_ROW * (at + 1) - 10,
            left=round(_LEFT + found[0].low_m * scale, 1),
            right=round(_LEFT + found[0].high_m * scale, 1),
            figure=figure,
            sources=_numbered({numbers[claim.source] for claim in found}),
            suspect=suspect,
        )
        for at, ((figure, suspect), found) in enumerate(groups.items())
    )
    sure = [row for row in rows if not row.suspect] or rows
    bottom = _ROW * len(rows) + 4
    ticks = tuple(Tick(round(_LEFT + metres * scale, 1), label(metres)) for metres in round_lengths(most))
    return Spread(rows, ticks, bottom + 26, bottom, min(row.left for row in sure), max(row.right for row in sure))


def _numbered(numbers: set[int]) -> str:
    named = ", ".join(map(str, sorted(numbers)[:_NAMED]))
    more = len(numbers) - _NAMED
    return f"[{named}]" + (f" and {more} more" if more > 0 else "")


class Ring(NamedTuple):
    """A range as it lies on an azimuthal equidistant map: a disk, true to scale in every direction."""

    within: float  #: radii in the units of the view box: the lowest maximum range
    disputed: float  #: the highest
    minimum: float  #: the lowest minimum range
    unsure: float  #: the highest minimum range, up to which it is disputed too
    scale: tuple[Tick, ...]  #: circles of round lengths
    title: str


def ring(range_: RangeInterval) -> Ring:
    """Lay out a range interval as concentric disks."""
    most = range_.high_m
    scale = _RING_RADIUS / most
    said = kilometres(range_.low_m) if range_.low_m == most else f"{kilometres(range_.low_m)}-{kilometres(most)}"
    return Ring(
        within=round(range_.low_m * scale, 1),
        disputed=float(_RING_RADIUS),
        minimum=round((range_.minimum_low_m or 0.0) * scale, 1),
        unsure=round((range_.minimum_high_m or 0.0) * scale, 1),
        scale=tuple(Tick(round(metres * scale, 1), label(metres)) for metres in round_lengths(most)[1:]),
        title=f"{said} km in every direction",
    )


def round_lengths(most_m: float) -> list[float]:
    """Return a few round lengths from 0 to at most some metres."""
    step = most_m / _TICKS
    power = 10.0 ** math.floor(math.log10(step))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= step)
    return [index * step for index in range(int(most_m / step + 1e-9) + 1)]


def label(metres: float) -> str:
    """Word a round length."""
    return f"{metres / 1000:,.6g} km" if metres >= 1000 else f"{metres:g} m"
