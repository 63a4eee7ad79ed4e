"""What the catalog promises as a whole: how much there is, that all has its source, and that all of it draws."""

from __future__ import annotations

from urllib.parse import urlsplit

import numpy as np
import pytest
import shapely

import weapons_ref
from weapons_ref.catalog.loading import Catalog, load_catalog
from weapons_ref.catalog.stats import catalog_stats
from weapons_ref.geo import geodesy
from weapons_ref.model import System

CATALOG = load_catalog()
#: Origins where drawing goes wrong first: ordinary, near a pole, near the antimeridian.
ORIGINS = ("48,11", "-89.5,10", "-17,179.9")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return CATALOG


def test_the_counts_that_the_catalog_promises(catalog: Catalog) -> None:
    """Two hundred systems with a maximum range, more than half of them from two independent sources or more."""
    stats = catalog_stats(catalog)
    assert stats.systems_with_maximum_range >= 200
    assert stats.systems_with_two_sources >= 120
    assert stats.countries >= 25


def test_every_kind_of_system_is_there(catalog: Catalog) -> None:
    """Tube and rocket artillery, ballistic and cruise missiles, anti-ship, air-launched, surface-to-air, one-way."""
    classes = {system.class_ for system in catalog.systems.values()}
    assert classes >= {
        *("tube-artillery", "guided-rocket", "artillery-rocket", "mlrs"),
        *("crbm", "srbm", "mrbm", "irbm", "icbm", "slbm", "albm"),
        *("glcm", "slcm", "alcm", "ashm", "asm", "sam", "uav-owa"),
    }


def test_every_source_resolves_and_every_address_is_one(catalog: Catalog) -> None:
    """A claim without a source does not exist; a source without an address says what it is."""
    for system in catalog.systems.values():
        for claim in system.claims:
            assert claim.source in catalog.sources
    for key, source in catalog.sources.items():
        if source.url is None:
            assert source.note, f"{key} has no address and no note"
            continue
        address = urlsplit(source.url)
        assert address.scheme in ("http", "https")
        assert "." in address.netloc
        assert not set(source.url) & set(' <>"{}|\\^`')
        assert source.publisher


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("SS-26", "iskander-m"),
        ("ss 26", "iskander-m"),
        ("Искандер", "iskander-m"),
        ("KN-23", "kn-23"),
        ("Hwasong 12", "hwasong-12"),
        ("hwasong12", "hwasong-12"),
        ("海马斯", "himars"),
        ("MGM-140", "atacms"),
        ("DF 21", "df-21"),
        ("东风 21", "df-21"),
        ("Герань 2", "shahed-136"),
    ],
)
def test_search_knows_designations_in_any_script(text: str, wanted: str, catalog: Catalog) -> None:
    """NATO, national and transliterated; whatever the case and the hyphens."""
    assert wanted in [system.id for system in catalog.search(text)]


def _ranged() -> list[System]:
    return [system for system in CATALOG.systems.values() if system.kind != "launcher" and _has_range(system)]


def _has_range(system: System) -> bool:
    return any(claim.attribute == "range_max" and claim.flag is None for claim in system.claims)


@pytest.mark.parametrize("origin", ORIGINS)
def test_every_system_draws(origin: str, catalog: Catalog) -> None:
    """Each ring is valid, holds what lies just within the range and not what lies just beyond."""
    lat, lon = map(float, origin.split(","))
    for system in _ranged():
        result = weapons_ref.rings(system.id, origin=origin, catalog=catalog)
        whole = shapely.unary_union([ring.geometry for ring in result.rings])
        (range_,) = result.ranges
        for ring in result.rings:
            assert ring.geometry.is_valid, system.id
            assert ring.covers_globe or not ring.geometry.is_empty
        just_within = max(range_.high_m - 300.0, range_.high_m * 0.98)
        azimuths = np.array([13.0, 103.0, 193.0])
        for metres, covered in ((just_within, True), (range_.high_m + 300.0, False)):
            # What lies beyond half the Earth's girth lies nearer the other way round.
            if covered or range_.high_m < 19_900_000:
                points = shapely.points(*geodesy.destinations(lon, lat, azimuths, metres))
                assert (shapely.covers(whole, points) == covered).all(), f"{system.id} at {origin}"


def test_launchers_have_munitions_or_say_why_not(catalog: Catalog) -> None:
    """A launcher answers with what it fires."""
    for system in catalog.systems.values():
        if system.kind == "launcher":
            assert catalog.munitions_of(system.id) or system.note, system.id
