"""Rings alone as SVG, to lay on a map of one's own."""

from __future__ import annotations

from typing import Any, TextIO

from weapons_ref.errors import FileError
from weapons_ref.model import RingResult


def write(result: Any, stream: TextIO) -> None:
    """Write rings as SVG; see `weapons_ref.maps.picture.rings_alone`.

    Raises
    ------
    WeaponsRefError
        If the result is no ring, or vl-convert is not installed.
    """
    from weapons_ref.maps.picture import rings_alone

    if not isinstance(result, RingResult):
        raise FileError("svg is for rings alone; plot draws places on a map")
    stream.write(rings_alone(result).decode())
