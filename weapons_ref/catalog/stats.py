"""Counts of what the catalog holds."""

from __future__ import annotations

from collections import Counter

from weapons_ref.catalog.loading import Catalog
from weapons_ref.catalog.sourcing import independent, range_claims
from weapons_ref.model import StatsResult


def catalog_stats(catalog: Catalog) -> StatsResult:
    """Return the counts of a catalog. Records are counted; variants belong to theirs, and are counted apart."""
    records = [system for system in catalog.systems.values() if system.variant_of is None]
    ranged = [system for system in records if range_claims(system)]
    checked = {key for key, source in catalog.sources.items() if not source.unchecked}
    by_checked = {
        system.id: independent((c for c in range_claims(system) if c.source in checked), catalog.sources)
        for system in ranged
    }
    return StatsResult(
        systems=len(records),
        variants=len(catalog.systems) - len(records),
        systems_with_maximum_range=len(ranged),
        systems_with_two_sources=sum(independent(range_claims(s), catalog.sources) >= 2 for s in ranged),
        systems_with_two_checked_sources=sum(count >= 2 for count in by_checked.values()),
        countries=len({country for system in records for country in system.origin}),
        claims=sum(len(system.claims) for system in catalog.systems.values()),
        sources=len(catalog.sources),
        by_class=dict(sorted(Counter(system.class_ for system in records).items())),
        by_country=dict(sorted(Counter(country for system in records for country in system.origin).items())),
    )
