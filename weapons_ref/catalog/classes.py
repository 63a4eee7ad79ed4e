"""Bands of declared schemes, computed from published figures: range classes, MTCR, INF.

A band is arithmetic on what sources print. It is no legal finding, and nobody was asked.
"""

from __future__ import annotations

import math
from typing import Literal

from weapons_ref.catalog.loading import Catalog
from weapons_ref.catalog.ranges import interval
from weapons_ref.model import Band, Membership, System

#: The scheme whose bands are classes too, so that a record's class can be held against its figures.
RANGE_CLASSES = "range-class"


def bands(system: System, catalog: Catalog) -> tuple[Membership, ...]:
    """Return the bands that a system's published figures put it in, or may put it in.

    Parameters
    ----------
    system : System
        One without a maximum range, and a launcher, is in none.
    catalog : Catalog
        For the schemes.

    Returns
    -------
    tuple of Membership
        In order of the schemes. Bands that no claim puts it in are left out.
    """
    range_ = interval(system, catalog)
    if range_ is None:
        return ()
    found = []
    for scheme in catalog.schemes.values():
        if system.class_ not in scheme.classes:
            continue
        for key, band in scheme.bands.items():
            holds = _holds(band, (range_.low_m / 1000, range_.high_m / 1000), _payload_kg(system))
            if holds is not None:
                found.append(Membership(band=key, scheme=scheme.key, holds=holds))
    return tuple(found)


def range_classes(system: System, catalog: Catalog) -> tuple[str, ...]:
    """Return the range classes that a ballistic missile's claims fall into, shortest first."""
    scheme = catalog.schemes.get(RANGE_CLASSES)
    if scheme is None:
        return ()
    found = [one.band for one in bands(system, catalog) if one.scheme == RANGE_CLASSES]
    return tuple(sorted(found, key=lambda key: scheme.bands[key].over_km or scheme.bands[key].from_km or 0.0))


def has_class(system: System, class_: str, catalog: Catalog) -> bool:
    """Say whether a class is the record's own, or one that its claims fall into."""
    return class_ == system.class_ or class_ in range_classes(system, catalog)


def _payload_kg(system: System) -> tuple[float, float] | None:
    masses = [claim.kilograms for claim in system.claims if claim.attribute == "payload" and claim.flag is None]
    known = [mass for mass in masses if mass is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def _holds(
    band: Band, range_km: tuple[float, float], payload_kg: tuple[float, float] | None
) -> Literal["all", "some", "unknown"] | None:
    if not _meets(band, range_km):
        return None
    # Both ends of the interval are claims; what lies between need not be.
    by_all = all(_meets(band, (km, km)) for km in range_km)
    if band.from_kg is None and band.below_kg is None:
        return "all" if by_all else "some"
    if payload_kg is None:
        return "unknown"
    low, high = payload_kg
    least, most = band.from_kg or 0.0, band.below_kg or math.inf
    if high < least or low >= most:
        return None
    return "all" if by_all and low >= least and high < most else "some"


def _meets(band: Band, range_km: tuple[float, float]) -> bool:
    """Say whether an interval has a figure in a band."""
    low, high = range_km
    return (
        (band.from_km is None or high >= band.from_km)
        and (band.over_km is None or high > band.over_km)
        and (band.up_to_km is None or low <= band.up_to_km)
        and (band.below_km is None or low < band.below_km)
    )
