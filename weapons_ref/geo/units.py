"""Lengths as people write them: a number that always carries its unit."""

from __future__ import annotations

import math
import re

from weapons_ref.errors import UnitError

#: Metres in one of each: the international mile, the nautical mile and the foot are exact by definition.
METRES_PER_UNIT = {"km": 1000.0, "mi": 1609.344, "nmi": 1852.0, "m": 1.0, "ft": 0.3048}

#: Longer texts are refused unread. (Cut short instead, ``mi`` at the end could turn into ``m``.)
MAX_LENGTH = 256

_LENGTH = re.compile(r"\s*(?P<number>[+-]?[0-9][0-9 _.,]*|[+-]?\.[0-9]+)\s*(?P<unit>[a-zA-Z]*)\s*")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)?(?:\.[0-9]*)?")


def parse_length_m(text: str) -> float:
    """Return a length such as ``300km``, ``48 mi`` or ``1,200 nmi`` in metres.

    Raises
    ------
    UnitError
        If the unit is missing or unknown, or the number is not a plain one: a decimal comma is
        refused, since ``1,500 km`` and ``1,5 km`` must never be mistaken for one another.
    """
    shown = text if len(text) <= 40 else text[:37] + "..."
    match = _LENGTH.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if match is None:
        raise UnitError(f"{shown!r} is not a length; write a number and its unit, such as 300km")
    number, unit = match["number"].strip(), match["unit"].lower()
    if not unit:
        raise UnitError(f"{shown!r} has no unit; write {number}km, {number}mi or {number}nmi")
    if unit not in METRES_PER_UNIT:
        raise UnitError(f"unknown unit {match['unit']!r} in {shown!r}; known are {', '.join(METRES_PER_UNIT)}")
    if not _NUMBER.fullmatch(number):
        hint = "; write the decimal point as a point" if "," in number else ""
        raise UnitError(f"{shown!r} is not a plain number with a unit{hint}")
    metres = float(number.replace(",", "")) * METRES_PER_UNIT[unit]
    if not math.isfinite(metres):
        raise UnitError(f"{shown!r} is not a finite length")
    return metres
