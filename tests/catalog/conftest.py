"""A small catalog of its own, to be put together by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from weapons_ref.catalog.loading import Catalog
from weapons_ref.model import Band, Claim, Scheme, Source, System

SCHEMES = {
    "mtcr": Scheme(
        key="mtcr",
        title="thresholds",
        source="rules",
        classes=("rocket", "srbm"),
        bands={
            "one": Band(label="I", from_km=300, from_kg=500),
            "two": Band(label="II", from_km=300, below_kg=500),
        },
    ),
    "range-class": Scheme(
        key="range-class",
        title="classes",
        source="rules",
        classes=("crbm", "srbm", "mrbm"),
        bands={
            "mrbm": Band(label="medium", over_km=1000),
            "srbm": Band(label="short", from_km=300, up_to_km=1000),
            "crbm": Band(label="close", below_km=300),
        },
    ),
}


@pytest.fixture
def claim() -> Callable[..., Claim]:
    """A claim of a maximum range in km, or of a payload in kg."""

    def make(low: float, high: float | None = None, *, source: str = "gazette", **fields: Any) -> Claim:
        high = low if high is None else high
        if fields.pop("payload", False):
            return Claim(
                attribute="payload", printed=f"{low:g}", unit="kg", kilograms=(low, high), source=source, **fields
            )
        metres = (low * 1000, high * 1000)
        return Claim(attribute="range_max", printed=f"{low:g}", unit="km", metres=metres, source=source, **fields)

    return make


@pytest.fixture
def catalog_of() -> Callable[..., Catalog]:
    """A catalog of one record `x`, with schemes and sources `gazette`, `herald`, `echo` (a copy of it) and `rules`."""

    def make(*claims: Claim, class_: str = "srbm", kind: str = "munition", sources: Mapping[str, Any] = {}) -> Catalog:
        system = System(id="x", kind=kind, class_=class_, names={"en": ("X",)}, claims=claims)  # type: ignore[arg-type]
        known = {
            "gazette": Source(key="gazette", publisher="Gazette"),
            "herald": Source(key="herald", publisher="The Herald"),
            "echo": Source(key="echo", publisher="Echo", copy_of="herald"),
            "rules": Source(key="rules", publisher="Rules"),
            **sources,
        }
        return Catalog(
            systems={"x": system},
            sources=known,
            classes={class_: class_},
            qualifiers={"stated": "value"},
            schemes=SCHEMES,
        )

    return make
