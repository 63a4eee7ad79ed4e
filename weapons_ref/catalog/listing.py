"""Records and sources picked from the catalog: `list`, `search`, `show`, `compare` and `sources`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from weapons_ref.catalog.classes import bands, has_class
from weapons_ref.catalog.loading import Catalog
from weapons_ref.catalog.ranges import check_date, interval, published_by
from weapons_ref.catalog.sourcing import independent, range_claims
from weapons_ref.errors import QueryError
from weapons_ref.model import Claim, SourcesResult, System, SystemsResult


def list_systems(
    catalog: Catalog,
    *,
    class_: str | None = None,
    origin_country: str | None = None,
    kind: str | None = None,
    fired_by: str | None = None,
    range_over_m: float | None = None,
    range_under_m: float | None = None,
    band: str | None = None,
) -> SystemsResult:
    """Return the records that fit every condition given, variants left out.

    Parameters
    ----------
    catalog : Catalog
        Where to look.
    class_ : str, optional
        The record's own class, or a range class that its claims fall into.
    kind : str, optional
        As in the record.
    origin_country : str, optional
        ISO code; any of a record's countries of origin.
    fired_by : str, optional
        A launcher's id or name.
    range_over_m, range_under_m : float, optional
        Metres. At least one published maximum range is more, or less, than this.
    band : str, optional
        A band of a declared scheme, such as ``mtcr-1``: by all claims, by some, or perhaps.

    Raises
    ------
    QueryError
        If there is no such class, band or launcher, or the country is no two-letter code.
    """
    if class_ is not None and class_ not in catalog.classes:
        raise QueryError(f"unknown class {class_!r}; known are {', '.join(sorted(catalog.classes))}")
    known = [key for scheme in catalog.schemes.values() for key in scheme.bands]
    if band is not None and band not in known:
        raise QueryError(f"unknown band {band!r}; known are {', '.join(sorted(known))}")
    launcher = catalog.system(fired_by) if fired_by is not None else None
    if launcher is not None and launcher.kind == "munition":
        raise QueryError(f"{launcher.id} is a munition, and fires nothing; name a launcher")
    if origin_country is not None and not (len(origin_country) == 2 and origin_country.isalpha()):
        raise QueryError(f"{origin_country!r} is not a country's two-letter code, such as US")
    result = _result(
        catalog,
        (
            system
            for system in catalog.systems.values()
            if system.variant_of is None
            and (class_ is None or has_class(system, class_, catalog))
            and (band is None or any(one.band == band for one in bands(system, catalog)))
            and kind in (None, system.kind)
            and (origin_country is None or origin_country.upper() in system.origin)
            and (launcher is None or launcher.id in system.fired_from)
            and _range_fits(system, catalog, range_over_m, range_under_m)
        ),
    )
    return msgspec.structs.replace(result, band=band)


def _range_fits(system: System, catalog: Catalog, over_m: float | None, under_m: float | None) -> bool:
    if over_m is None and under_m is None:
        return True
    range_ = interval(system, catalog)
    if range_ is None:
        return False
    return (over_m is None or range_.high_m > over_m) and (under_m is None or range_.low_m < under_m)


def search_systems(catalog: Catalog, text: str) -> SystemsResult:
    """Return the records and variants whose id or a name holds a text.

    Raises
    ------
    QueryError
        If there is none.
    """
    found = catalog.search(text)
    if not found:
        raise QueryError(f"nothing in the catalog is called {text[:60]!r}")
    return _result(catalog, found)


def show_systems(catalog: Catalog, names: Sequence[str], *, by_source: bool = False) -> SystemsResult:
    """Return whole records, with everything they refer to; claims under their sources if asked for.

    Raises
    ------
    QueryError
        If a name is no record's.
    """
    return _result(catalog, (catalog.system(name) for name in names), view="show", by_source=by_source)


def charted_systems(
    catalog: Catalog, names: Sequence[str], *, variants: bool = False, as_of: str | None = None
) -> SystemsResult:
    """Return records whose ranges stand side by side: of a launcher the munitions that it fires.

    Parameters
    ----------
    catalog : Catalog
        Where to look.
    names : sequence of str
        Ids or names.
    variants : bool
        Whether a munition's named variants stand beside it.
    as_of : str, optional
        YYYY, YYYY-MM or YYYY-MM-DD. Leaves out claims published later, and those without a date.

    Raises
    ------
    QueryError
        If a name is no record's, none is given, the date is none, or no range is left to show.
    """
    if not names:
        raise QueryError("no system; name one or more, such as himars")
    check_date(as_of)
    chosen: dict[str, System] = {}
    for system in map(catalog.system, names):
        # A launcher whose munitions nobody names stays, to be told of.
        for one in (catalog.munitions_of(system.id) if system.kind == "launcher" else ()) or (system,):
            chosen |= {one.id: one} | ({key: catalog.systems[key] for key in one.variants} if variants else {})
    dated = (_as_of(system, catalog, as_of) for system in chosen.values())
    result = _result(catalog, dated, view="show", as_of=as_of)
    if not any(result.ranges.values()):
        raise QueryError(f"no published maximum range{f' by {as_of}' if as_of else ''} for {', '.join(chosen)}")
    return result


def _as_of(system: System, catalog: Catalog, as_of: str | None) -> System:
    if as_of is None:
        return system
    kept = tuple(claim for claim in system.claims if published_by(catalog.sources[claim.source].date, as_of))
    return msgspec.structs.replace(system, claims=kept)


def compare_systems(catalog: Catalog, names: Sequence[str]) -> SystemsResult:
    """Return records to be read side by side.

    Raises
    ------
    QueryError
        If a name is no record's, or there are fewer than two.
    """
    systems = {system.id: system for system in map(catalog.system, names)}
    if len(systems) < 2:
        raise QueryError("comparing takes two systems or more; show prints one")
    return _result(catalog, systems.values(), view="compare")


def list_sources(catalog: Catalog, keys: Sequence[str] = ()) -> SourcesResult:
    """Return sources with the claims that rest on them: those named in full, or all.

    Raises
    ------
    QueryError
        If a key is no source's.
    """
    for key in keys:
        if key not in catalog.sources:
            close = difflib.get_close_matches(key, catalog.sources, 3)
            hint = f"; did you mean {' or '.join(close)}?" if close else "; `weapons-ref sources` lists all"
            raise QueryError(f"no source {key[:60]!r} in the catalog{hint}")
    picked = list(dict.fromkeys(keys)) or list(catalog.sources)
    claims: dict[str, list[tuple[System, Claim]]] = {key: [] for key in catalog.sources}
    for system in catalog.systems.values():
        for claim in system.claims:
            claims[claim.source].append((system, claim))
    return SourcesResult(
        sources={key: catalog.sources[key] for key in picked},
        claims={key: tuple(claims[key]) for key in picked},
        copies={key: tuple(other.key for other in catalog.sources.values() if other.copy_of == key) for key in picked},
        full=bool(keys),
    )


def _result(
    catalog: Catalog,
    systems: Iterable[System],
    *,
    view: Literal["list", "show", "compare"] = "list",
    by_source: bool = False,
    as_of: str | None = None,
) -> SystemsResult:
    picked = tuple(systems)
    cited = {claim.source for system in picked for claim in system.claims}
    return SystemsResult(
        systems=picked,
        ranges={system.id: interval(system, catalog, as_of=as_of) for system in picked},
        munitions={
            system.id: tuple(m.id for m in catalog.munitions_of(system.id)) if system.kind == "launcher" else ()
            for system in picked
        },
        names={key: system.name for key, system in catalog.systems.items()},
        sources={key: catalog.sources[key] for key in sorted(cited)},
        view=view,
        bands={system.id: bands(system, catalog) for system in picked},
        independent={system.id: independent(range_claims(system), catalog.sources) for system in picked},
        schemes=catalog.schemes,
        by_source=by_source,
        qualifiers=catalog.qualifiers,
    )
