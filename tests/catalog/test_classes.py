"""Bands are arithmetic: bounds, both ends of an interval, and payloads that are not known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from weapons_ref.catalog.classes import bands, has_class, range_classes
from weapons_ref.catalog.loading import Catalog, load_catalog
from weapons_ref.model import Claim

Claims = Callable[..., Claim]
Catalogs = Callable[..., Catalog]


def found(catalog: Catalog) -> dict[str, str]:
    return {one.band: one.holds for one in bands(catalog.systems["x"], catalog)}


@pytest.mark.parametrize(
    ("km", "classes"),
    [
        ((299.9,), ("crbm",)),
        ((300,), ("srbm",)),
        ((1000,), ("srbm",)),
        ((1000.1,), ("mrbm",)),
        ((165, 306), ("crbm", "srbm")),  # a printed span
        ((200, 1500), ("crbm", "srbm", "mrbm")),
    ],
)
def test_a_range_class_holds_its_bounds(
    km: tuple[float, ...], classes: tuple[str, ...], claim: Claims, catalog_of: Catalogs
) -> None:
    """`from` and `up to` take the bound itself, `over` and `below` do not."""
    catalog = catalog_of(claim(*km))
    assert range_classes(catalog.systems["x"], catalog) == classes


def test_one_claim_in_a_band_and_one_outside_is_some(claim: Claims, catalog_of: Catalogs) -> None:
    """What sources do not agree on, the band does not decide."""
    assert found(catalog_of(claim(280), claim(310)))["srbm"] == "some"
    assert found(catalog_of(claim(310), claim(400)))["srbm"] == "all"


@pytest.mark.parametrize(
    ("payloads", "one", "two"),
    [
        ((), "unknown", "unknown"),
        ((500,), "all", None),
        ((499,), None, "all"),
        ((450, 600), "some", "some"),
    ],
)
def test_a_payload_decides_or_is_unknown(
    payloads: tuple[float, ...], one: str | None, two: str | None, claim: Claims, catalog_of: Catalogs
) -> None:
    """Nothing is taken for granted where no payload is published."""
    catalog = catalog_of(claim(400), *(claim(kg, payload=True) for kg in payloads))
    assert (found(catalog).get("one"), found(catalog).get("two")) == (one, two)


def test_between_two_claims_there_is_no_claim(claim: Claims, catalog_of: Catalogs) -> None:
    """Nobody prints a figure of the band that lies between theirs."""
    catalog = catalog_of(claim(200), claim(3000))
    assert range_classes(catalog.systems["x"], catalog) == ("crbm", "mrbm")


def test_some_claims_and_no_payload(claim: Claims, catalog_of: Catalogs) -> None:
    """Both doubts are told."""
    assert found(catalog_of(claim(200), claim(400)))["one"] == "some-unknown"


def test_a_range_too_short_needs_no_payload(claim: Claims, catalog_of: Catalogs) -> None:
    """It is in neither category, whatever it carries."""
    assert not {"one", "two"} & set(found(catalog_of(claim(299))))


def test_flagged_claims_put_nothing_in_a_band(claim: Claims, catalog_of: Catalogs) -> None:
    """A suspect figure makes no ring, and no band."""
    catalog = catalog_of(claim(200), claim(2000, flag="suspect", reason="a slip"))
    assert range_classes(catalog.systems["x"], catalog) == ("crbm",)


def test_a_scheme_speaks_only_of_its_classes(claim: Claims, catalog_of: Catalogs) -> None:
    """A gun of 40 km is no close-range ballistic missile; a launcher has no range of its own."""
    assert found(catalog_of(claim(40), class_="gun", kind="gun")) == {}
    assert found(catalog_of(claim(400, of="y"), kind="launcher")) == {}


def test_a_class_is_the_records_own_or_computed(claim: Claims, catalog_of: Catalogs) -> None:
    """So that a list by class does not hide what sources disagree about."""
    catalog = catalog_of(claim(165, 306))
    assert [has_class(catalog.systems["x"], key, catalog) for key in ("srbm", "crbm", "mrbm")] == [True, True, False]


def test_the_built_in_schemes_name_their_sources() -> None:
    """Every scheme has a source that resolves, and its classes are known."""
    catalog = load_catalog()
    assert set(catalog.schemes) == {"inf", "mtcr", "range-class"}
    for scheme in catalog.schemes.values():
        assert catalog.sources[scheme.source].url
        assert set(scheme.classes) <= set(catalog.classes)
