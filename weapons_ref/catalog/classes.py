"""Bands of declared schemes, computed from published figures: range classes, MTCR, INF.

A band is arithmetic on what sources print. It is no legal finding, and nobody was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from weapons_ref.catalog.loading import Catalog
from weapons_ref.catalog.sourcing import range_claims
from weapons_ref.model import Band, Holds, Membership, System

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
    ranges = _spans((claim.metres for claim in range_claims(system)), 1000.0)
    payloads = _spans((c.kilograms for c in system.claims if c.attribute == "payload" and c.flag is None), 1.0)
    if not ranges:
        return ()
    found = []
    for scheme in catalog.schemes.values():
        if system.class_ not in scheme.classes:
            continue
        for key, band in scheme.bands.items():
            holds = _holds(band, ranges, payloads)
            if holds is not None:
                found.append(Membership(band=key, scheme=scheme.key, holds=holds))
    return tuple(found)


def _spans(figures: Iterable[tuple[float, float] | None], unit: float) -> list[tuple[float, float]]:
    return [(low / unit, high / unit) for low, high in filter(None, figures)]


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


def _holds(
    band: Band, ranges_km: Sequence[tuple[float, float]], payloads_kg: Sequence[tuple[float, float]]
) -> Holds | None:
    """Say by how many claims a band holds; a printed span is in a band wholly, in part or not at all."""
    by_range = _by([_share(band.from_km, band.over_km, band.up_to_km, band.below_km, span) for span in ranges_km])
    if by_range is None or (band.from_kg is None and band.below_kg is None):
        return by_range
    if not payloads_kg:
        return "unknown" if by_range == "all" else "some-unknown"
    by_payload = _by([_share(band.from_kg, None, None, band.below_kg, span) for span in payloads_kg])
    if by_payload is None:
        return None
    return "all" if by_range == by_payload == "all" else "some"


def _by(shares: Sequence[Literal["all", "some"] | None]) -> Literal["all", "some"] | None:
    if not any(shares):
        return None
    return "all" if all(share == "all" for share in shares) else "some"


def _share(
    from_: float | None, over: float | None, up_to: float | None, below: float | None, span: tuple[float, float]
) -> Literal["all", "some"] | None:
    """Say whether a printed figure or span lies within bounds."""

    def above(figure: float) -> bool:
        return (from_ is None or figure >= from_) and (over is None or figure > over)

    def under(figure: float) -> bool:
        return (up_to is None or figure <= up_to) and (below is None or figure < below)

    low, high = span
    if not (above(high) and under(low)):
        return None
    return "all" if above(low) and under(high) else "some"
