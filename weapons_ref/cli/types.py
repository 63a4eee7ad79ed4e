"""Text -> values: the parameter types of the command line, with what completes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from weapons_ref.cli.progress import building
from weapons_ref.errors import WeaponsRefError
from weapons_ref.model import Place

if TYPE_CHECKING:
    from weapons_ref.catalog.loading import Catalog


class LengthType(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks alone
    """A length with its unit, as metres."""

    name = "length"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return metres."""
        from weapons_ref.geo.units import parse_length_m

        return parse_length_m(value) if isinstance(value, str) else value


class SectorType(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks alone
    """Two azimuths with a colon between."""

    name = "sector"

    def convert(
        self, value: str | tuple[float, float], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        """Return the azimuths, in degrees."""
        from weapons_ref.geo.sectors import parse_sector

        return parse_sector(value) if isinstance(value, str) else value


class SizeType(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks alone
    """Width and height in pixels."""

    name = "size"

    def convert(
        self, value: str | tuple[int, int], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Return width and height."""
        if not isinstance(value, str):
            return value
        width, _, height = value.lower().partition("x")
        if not (width.isdecimal() and height.isdecimal()):
            self.fail(f"{value!r} is not a size; write 1600x1200", param, ctx)
        if not all(_LEAST_SIZE <= int(side) <= _MOST_SIZE for side in (width, height)):
            self.fail(f"{value!r}: either side has {_LEAST_SIZE} to {_MOST_SIZE:,} pixels", param, ctx)
        return int(width), int(height)


class PlaceTextType(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks alone
    """A place by name or position, as text."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text."""
        # With `south_of_the_equator` an unknown option comes here.
        if isinstance(value, str) and value.startswith("--"):
            raise click.NoSuchOption(value, ctx=ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return names of places that begin so."""
        from weapons_ref.places.gazetteer import open_gazetteer

        try:
            names = open_gazetteer().complete(incomplete)
        except WeaponsRefError:
            return []
        # A shell puts what all candidates have in common in the place of what was typed, and would
        # take letters away; a single one, without the accents that were left out, is welcome.
        literal = [name for name in names if name.casefold().startswith(incomplete.casefold())]
        return [CompletionItem(name) for name in literal or names[:1]]


class PlaceType(PlaceTextType):
    """A place by name or position."""

    def convert(self, value: str | Place, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """Return the one place meant."""
        from weapons_ref.places.finding import find_place

        with building() as progress:
            place = find_place(super().convert(value, param, ctx), progress=progress)
        if place.turned_back and value is not place:
            # Before `--quiet` is known; a position that changed is worth a line in any case.
            click.echo(f"weapons-ref: a longitude past 180 was turned back: {place.name}", err=True)
        return place


class AreaType(PlaceType):
    """A place, a GeoJSON file, or a country as ``country:UA``."""

    name = "area"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a file as an Area, a country's code as the text that it is, and else the one place meant."""
        if not isinstance(value, str) or value.lower().startswith(COUNTRY):
            return value
        ending = os.path.splitext(value)[1].lower()
        # By its name, not by what lies in the folder: a file Odesa must not stand for the city.
        if value == "-" or ending in _ENDINGS or os.sep in value:
            from weapons_ref.places.areas import read_area

            return read_area(value)
        return super().convert(value, param, ctx)


class SystemType(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks alone
    """A system by id or name, looked up in the core, since `--catalog` may add to it."""

    name = "id"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return ids that begin so."""
        catalog = _catalog(ctx)
        systems = catalog.systems if catalog else {}
        return [CompletionItem(key, help=systems[key].name) for key in systems if key.startswith(incomplete.lower())]


def complete_class(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return classes that begin so."""
    catalog = _catalog(ctx)
    classes = catalog.classes if catalog else {}
    return [CompletionItem(key, help=label) for key, label in classes.items() if key.startswith(incomplete)]


def complete_basis(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return bases that begin so, the keys of sources among them."""
    catalog = _catalog(ctx)
    bases = ("span", "low", "high", *(catalog.sources if catalog else ()))
    return [CompletionItem(key) for key in bases if key.startswith(incomplete)]


def complete_source(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return keys of sources that begin so."""
    catalog = _catalog(ctx)
    sources = catalog.sources.values() if catalog else ()
    return [CompletionItem(one.key, help=one.publisher) for one in sources if one.key.startswith(incomplete)]


def complete_band(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return bands of declared schemes that begin so."""
    catalog = _catalog(ctx)
    bands = {key: band for scheme in catalog.schemes.values() for key, band in scheme.bands.items()} if catalog else {}
    return [CompletionItem(key, help=band.label) for key, band in bands.items() if key.startswith(incomplete)]


def complete_country(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return codes of countries that begin so."""
    from weapons_ref.places.countries import country_codes

    try:
        return [CompletionItem(code) for code in country_codes() if code.startswith(incomplete.upper())]
    except WeaponsRefError:
        return []


def complete_view(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return views of borders that begin so."""
    from weapons_ref.places.countries import border_views

    try:
        return [CompletionItem(view) for view in border_views() if view.startswith(incomplete.upper())]
    except WeaponsRefError:
        return []


def _catalog(ctx: click.Context) -> Catalog | None:
    from weapons_ref.catalog.loading import load_catalog

    try:
        return load_catalog(*(ctx.params.get("folders") or ()))
    except WeaponsRefError:
        return None


_LEAST_SIZE, _MOST_SIZE = 200, 12_000
_ENDINGS = (".geojson", ".json", ".geojsonl", ".geojsons", ".geojsonseq", ".ndjson", ".jsonl")

#: What tells a country from a place where either may stand.
COUNTRY = "country:"

AREA = AreaType()
LENGTH = LengthType()
PLACE = PlaceType()
PLACE_TEXT = PlaceTextType()
SECTOR = SectorType()
SIZE = SizeType()
SYSTEM = SystemType()
