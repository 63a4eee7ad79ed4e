"""Sources are independent unless they say otherwise."""

from __future__ import annotations

from collections.abc import Callable

from weapons_ref.catalog.loading import Catalog
from weapons_ref.catalog.sourcing import independent, range_claims
from weapons_ref.catalog.stats import catalog_stats
from weapons_ref.model import Claim, Source

Claims = Callable[..., Claim]
Catalogs = Callable[..., Catalog]


def count(catalog: Catalog) -> int:
    return independent(range_claims(catalog.systems["x"]), catalog.sources)


def test_two_publishers_are_two(claim: Claims, catalog_of: Catalogs) -> None:
    """Whatever figures they print."""
    assert count(catalog_of(claim(300), claim(300, source="herald"))) == 2


def test_one_publisher_twice_is_one(claim: Claims, catalog_of: Catalogs) -> None:
    """Two texts of one outlet rest on each other, as far as anyone can tell."""
    later = Source(key="later", publisher="GAZETTE")
    assert count(catalog_of(claim(300), claim(310, source="later"), sources={"later": later})) == 1


def test_one_speaker_in_two_papers_is_one(claim: Claims, catalog_of: Catalogs) -> None:
    """Also where one of them says whom the speaker cites."""
    said = claim(300, speaker="Reuters"), claim(300, source="herald", speaker="Reuters, citing an official")
    assert count(catalog_of(*said)) == 1


def test_a_speaker_who_is_the_other_publisher_is_one(claim: Claims, catalog_of: Catalogs) -> None:
    """The Gazette citing the Herald is the Herald."""
    assert count(catalog_of(claim(300, source="herald"), claim(300, speaker="The Herald"))) == 1


def test_a_copy_is_what_it_carries(claim: Claims, catalog_of: Catalogs) -> None:
    """A syndicated page is marked as one source with its original."""
    assert count(catalog_of(claim(300, source="herald"), claim(300, source="echo"))) == 1


def test_one_text_that_cites_two_speakers_is_one(claim: Claims, catalog_of: Catalogs) -> None:
    """And joins what rests on either of them."""
    said = claim(300, speaker="Reuters"), claim(310, speaker="A general")
    assert count(catalog_of(*said)) == 1
    assert count(catalog_of(*said, claim(320, source="herald", speaker="A general"))) == 1
    assert count(catalog_of(*said, claim(320, source="herald"))) == 2


def test_launchers_and_suspect_claims_do_not_count(claim: Claims, catalog_of: Catalogs) -> None:
    """They make no range."""
    assert count(catalog_of(claim(300, of="y"), kind="launcher")) == 0
    assert count(catalog_of(claim(300), claim(900, source="herald", flag="suspect", reason="a slip"))) == 1


def test_stats_tell_transcriptions_apart(claim: Claims, catalog_of: Catalogs) -> None:
    """What nobody compared with its original is counted, and counted apart."""
    copied = Source(key="copied", publisher="Copied", unchecked=True)
    stats = catalog_stats(catalog_of(claim(300), claim(310, source="copied"), sources={"copied": copied}))
    assert (stats.systems_with_two_sources, stats.systems_with_two_checked_sources) == (1, 0)
    assert (stats.systems, stats.systems_with_maximum_range, stats.claims) == (1, 1, 2)
