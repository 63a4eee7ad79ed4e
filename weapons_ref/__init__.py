"""A sourced catalog of weapon ranges, and exact geodesic rings and reach.

The public names load what they need when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weapons_ref.catalog.loading import Catalog, load_catalog
    from weapons_ref.errors import WeaponsRefError
    from weapons_ref.places.files import read_locations
    from weapons_ref.places.finding import find_place
    from weapons_ref.queries import distance, reach, rings

_HOMES = {
    "Catalog": "weapons_ref.catalog.loading",
    "WeaponsRefError": "weapons_ref.errors",
    "distance": "weapons_ref.queries",
    "find_place": "weapons_ref.places.finding",
    "load_catalog": "weapons_ref.catalog.loading",
    "reach": "weapons_ref.queries",
    "read_locations": "weapons_ref.places.files",
    "rings": "weapons_ref.queries",
}

__all__ = [
    "Catalog",
    "WeaponsRefError",
    "distance",
    "find_place",
    "load_catalog",
    "reach",
    "read_locations",
    "rings",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
