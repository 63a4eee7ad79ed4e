"""Which claims make a system's range interval."""

from __future__ import annotations

import difflib
import re

from weapons_ref.catalog.loading import Catalog
from weapons_ref.errors import QueryError
from weapons_ref.model import Claim, RangeInterval, System

BASES = ("span", "low", "high")

_AS_OF = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")


def interval(system: System, catalog: Catalog, basis: str = "span", as_of: str | None = None) -> RangeInterval | None:
    """Return the range interval of a system, or None if no chosen claim gives a maximum range.

    Parameters
    ----------
    system : System
        A munition, gun or other system; a launcher has no range of its own.
    catalog : Catalog
        For the dates of sources and the meaning of qualifiers.
    basis : str
        ``span`` takes all unflagged claims; ``low`` and ``high`` only the lowest or the highest
        figure, of the maximum and of the minimum range alike; a source's key only that source's.
    as_of : str, optional
        YYYY, YYYY-MM or YYYY-MM-DD. Leaves out claims published after the end of that period, and
        those without a date, since nothing shows that they had been published.

    Raises
    ------
    QueryError
        If `basis` is neither a word above nor the key of a source.
    """
    if basis not in BASES and basis not in catalog.sources:
        close = difflib.get_close_matches(basis, (*BASES, *catalog.sources), 3)
        hint = f"; did you mean {' or '.join(close)}?" if close else f"; use {', '.join(BASES)} or the key of a source"
        raise QueryError(f"unknown basis {basis!r}{hint}")
    if system.kind == "launcher":
        return None
    maximum = _chosen(system, "range_max", catalog, basis, as_of)
    minimum = _chosen(system, "range_min", catalog, basis, as_of)
    if not maximum:
        return None
    low, high = min(c.low_m for c in maximum), max(c.high_m for c in maximum)
    minimum_low = min((c.low_m for c in minimum), default=None)
    minimum_high = max((c.high_m for c in minimum), default=None)
    if basis == "low":
        high, minimum_high = low, minimum_low
        maximum = [claim for claim in maximum if claim.low_m == low]
        minimum = [claim for claim in minimum if claim.low_m == minimum_low]
    elif basis == "high":
        low, minimum_low = high, minimum_high
        maximum = [claim for claim in maximum if claim.high_m == high]
        minimum = [claim for claim in minimum if claim.high_m == minimum_high]
    return RangeInterval(
        system=system.id,
        name=system.name,
        low_m=low,
        high_m=high,
        minimum_low_m=minimum_low,
        minimum_high_m=minimum_high,
        open_ended=any(c.high_m == high and catalog.qualifiers.get(c.qualifier) == "floor" for c in maximum),
        basis=basis,
        as_of=as_of,
        claims=(*maximum, *minimum),
    )


def _chosen(system: System, attribute: str, catalog: Catalog, basis: str, as_of: str | None) -> list[Claim]:
    return [
        claim
        for claim in system.claims
        if claim.attribute == attribute
        and claim.flag is None
        and (basis in BASES or claim.source == basis)
        and (as_of is None or published_by(catalog.sources[claim.source].date, as_of))
    ]


def check_date(as_of: str | None) -> None:
    """Refuse what is neither a year, a month nor a day.

    Raises
    ------
    QueryError
        If it is none of them.
    """
    if as_of is not None and not _AS_OF.fullmatch(as_of):
        raise QueryError(f"{as_of!r} is not a date; write YYYY, YYYY-MM or YYYY-MM-DD")


def published_by(date: str | None, as_of: str) -> bool:
    """Say whether a source of some date had been published by another."""
    # ISO dates sort as text; a period counts from its first day, and `as_of` lasts to its last.
    return date is not None and date <= as_of + "~"
