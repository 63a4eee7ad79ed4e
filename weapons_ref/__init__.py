"""A sourced catalog of weapon ranges, and exact geodesic rings and reach.

The public names load what they need when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weapons_ref.backends import Files
    from weapons_ref.catalog.loading import Catalog, load_catalog
    from weapons_ref.errors import WeaponsRefError
    from weapons_ref.geo.band import within
    from weapons_ref.geo.bandindex import BandIndex, index
    from weapons_ref.geo.regions import Region
    from weapons_ref.mapping import map_of
    from weapons_ref.model import Area
    from weapons_ref.places.areas import read_area
    from weapons_ref.places.countries import find_country
    from weapons_ref.places.files import read_locations
    from weapons_ref.places.finding import find_place
    from weapons_ref.queries import closest, distance, reach, rings, which

_HOMES = {
    "Area": "weapons_ref.model",
    "BandIndex": "weapons_ref.geo.bandindex",
    "Catalog": "weapons_ref.catalog.loading",
    "Files": "weapons_ref.backends",
    "Region": "weapons_ref.geo.regions",
    "WeaponsRefError": "weapons_ref.errors",
    "closest": "weapons_ref.queries",
    "distance": "weapons_ref.queries",
    "find_country": "weapons_ref.places.countries",
    "find_place": "weapons_ref.places.finding",
    "index": "weapons_ref.geo.bandindex",
    "load_catalog": "weapons_ref.catalog.loading",
    "reach": "weapons_ref.queries",
    "read_area": "weapons_ref.places.areas",
    "read_locations": "weapons_ref.places.files",
    "map_of": "weapons_ref.mapping",
    "rings": "weapons_ref.queries",
    "which": "weapons_ref.queries",
    "within": "weapons_ref.geo.band",
}

#: What results ask for to show themselves.
_HOMES |= {"as_html": "weapons_ref.notebook", "geo_interface": "weapons_ref.notebook"}

__all__ = [
    "Area",
    "BandIndex",
    "Catalog",
    "Files",
    "Region",
    "WeaponsRefError",
    "closest",
    "distance",
    "find_country",
    "find_place",
    "index",
    "load_catalog",
    "map_of",
    "reach",
    "read_area",
    "read_locations",
    "rings",
    "which",
    "within",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
