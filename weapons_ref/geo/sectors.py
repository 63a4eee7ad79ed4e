"""Sectors: the azimuths at an origin from one direction clockwise to another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from weapons_ref.errors import QueryError
from weapons_ref.geo import geodesy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

#: Longer texts are refused unread.
MAX_LENGTH = 100

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")


class Sector(NamedTuple):
    """The azimuths from one to another, clockwise, both in [0, 360); both ends belong to it."""

    start_deg: float
    end_deg: float

    @property
    def width_deg(self) -> float:
        """How many degrees it is from start to end."""
        return (self.end_deg - self.start_deg) % 360

    def holds(self, azimuth_deg: float) -> bool:
        """Say whether an azimuth, in degrees clockwise from north, lies in the sector."""
        azimuth = geodesy.azimuth_0_360(azimuth_deg)
        if self.start_deg <= self.end_deg:
            return self.start_deg <= azimuth <= self.end_deg
        return azimuth >= self.start_deg or azimuth <= self.end_deg

    def holds_all(self, azimuths_deg: Floats) -> npt.NDArray[np.bool_]:
        """Say of each azimuth, shape (n,), whether it lies in the sector; pyproj's (-180, 180] will do."""
        azimuths = azimuths_deg % 360
        azimuths[azimuths == 360] = 0.0  # -1e-15 % 360 rounds to 360.0
        after, before = azimuths >= self.start_deg, azimuths <= self.end_deg
        held: npt.NDArray[np.bool_] = after & before if self.start_deg <= self.end_deg else after | before
        return held


def parse_sector(text: str) -> Sector:
    """Return a sector such as ``30:90`` or ``330:30``, from the first azimuth clockwise to the second.

    Raises
    ------
    QueryError
        If it is not two plain numbers with a colon between, or they make no sector; see `check_sector`.
    """
    shown = text if len(text) <= 40 else text[:37] + "..."
    parts = [part.strip() for part in text.split(":")] if len(text) <= MAX_LENGTH else []
    if len(parts) != 2 or not all(_NUMBER.fullmatch(part) for part in parts):
        hint = "; write the decimal point as a point" if "," in text else ""
        raise QueryError(
            f"{shown!r} is not a sector; write two azimuths of 0 to 360 degrees, clockwise, such as 30:90{hint}"
        )
    return check_sector(float(parts[0]), float(parts[1]))


def check_sector(start_deg: float, end_deg: float) -> Sector:
    """Return the sector between two azimuths in degrees, clockwise, where 360 is north as well as 0.

    Raises
    ------
    QueryError
        If one is not a number from 0 to 360, or both are the same direction, which could mean all
        round as well as nothing.
    """
    for azimuth in (start_deg, end_deg):
        if not 0 <= azimuth <= 360:
            raise QueryError(f"a sector with an azimuth of {azimuth:g} degrees; azimuths run from 0 to 360")
    sector = Sector(start_deg % 360, end_deg % 360)
    if sector.start_deg == sector.end_deg:
        raise QueryError(
            f"the sector {start_deg:g}:{end_deg:g} starts where it ends; for the full circle leave --sector out"
        )
    return sector
