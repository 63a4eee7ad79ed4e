"""Saved queries: a YAML file that asks what `ring`, `reach` or `which` ask, in the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from weapons_ref.catalog.records import LooseDate
from weapons_ref.errors import QueryError, UnitError
from weapons_ref.geo.sectors import parse_sector
from weapons_ref.geo.units import parse_length_m
from weapons_ref.model import Distances, Reading
from weapons_ref.output import FORMATS

if TYPE_CHECKING:
    from weapons_ref.catalog.loading import Catalog
    from weapons_ref.catalog.yamlfile import Problem, Tree
    from weapons_ref.model import ReachResult, RingResult
    from weapons_ref.origins import OriginLike
    from weapons_ref.places.files import Batch
    from weapons_ref.places.opening import Progress
    from weapons_ref.reaching import Locations

_Text = Annotated[str, Meta(min_length=1, max_length=500)]
_Texts = _Text | tuple[_Text, ...]
_Files = Annotated[_Texts, Meta(description="files, from where the query file is")]

_OF_FILES = {"locations", "lat-column", "lon-column", "name-column", "min-population"}
#: The keys that a command does not take.
_ALIEN = {
    "ring": {"to", "all", "distance", "by-place", "class", "origin-country", *_OF_FILES},
    "reach": {"max-error", "dissolve", "class", "origin-country"},
    "which": {"systems", "range", "min-range", "max-error", "dissolve", "distance", "by-place", *_OF_FILES},
}
_ORIGINS = ("from", "from-file", "from-area", "from-country")
_READ = {
    **dict.fromkeys(("range", "min-range", "max-error", "uncertainty"), parse_length_m),
    "sector": parse_sector,
}


class SavedQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a file of `queries/` may hold; each key is the long name of an option."""

    command: Literal["ring", "reach", "which"]
    systems: _Texts = ()
    from_: _Texts = field(name="from", default=())
    from_file: _Files = field(name="from-file", default=())
    from_area: _Files = field(name="from-area", default=())
    from_country: _Texts = field(name="from-country", default=())
    border_view: _Text | None = field(name="border-view", default=None)
    uncertainty: _Text | None = None
    reading: Reading | None = None
    sector: _Text | None = None
    dissolve: bool = False
    to: _Texts = ()
    locations: _Files = ()
    lat_column: _Text | None = field(name="lat-column", default=None)
    lon_column: _Text | None = field(name="lon-column", default=None)
    name_column: _Text | None = field(name="name-column", default=None)
    range: _Text | None = None
    min_range: _Text | None = field(name="min-range", default=None)
    basis: _Text = "span"
    as_of: LooseDate | None = field(name="as-of", default=None)
    variants: bool = False
    min_population: Annotated[int, Meta(ge=0)] | None = field(name="min-population", default=None)
    all: bool = False
    class_: _Text | None = field(name="class", default=None)
    origin_country: _Text | None = field(name="origin-country", default=None)
    distance: Distances = "all"
    by_place: bool = field(name="by-place", default=False)
    max_error: _Text | None = field(name="max-error", default=None)
    format: Annotated[_Text, Meta(extra_json_schema={"enum": list(FORMATS)})] | None = None


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a saved query."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **msgspec.json.schema(SavedQuery),
        "title": "weapons-ref saved query",
    }


def read(path: Path) -> SavedQuery:
    """Read a saved query.

    Raises
    ------
    QueryError
        With the first problem, its file and line, and how many more there are.
    """
    from weapons_ref.catalog.validation import shape_problems
    from weapons_ref.catalog.yamlfile import read_tree

    tree = read_tree(path, str(path))
    problems = shape_problems(tree, schema()) or sorted(_misplaced(tree), key=lambda problem: problem.line)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise QueryError(f"{problems[0]}{more}")
    return msgspec.convert(tree.content, SavedQuery, strict=False)


def _misplaced(tree: Tree) -> Iterator[Problem]:
    """Yield what the schema cannot say: keys of another command, lengths and sectors that are none, what is missing."""
    command = tree.content["command"]
    for key, value in tree.content.items():
        if key in _ALIEN[command]:
            yield tree.problem((key,), f"{key!r} is no key of a saved {command!r}")
        elif key in _READ:
            try:
                _READ[key](value)
            except (QueryError, UnitError) as error:
                yield tree.problem((key,), f"{key}: {error}")
    if not any(tree.content.get(key) for key in _ORIGINS):
        yield tree.problem((), f"no origin; give one of {', '.join(_ORIGINS)}")
    if tree.content.get("border-view") and not tree.content.get("from-country"):
        yield tree.problem(("border-view",), "a view of borders goes with a country: from-country")
    if command == "which" and not tree.content.get("to"):
        yield tree.problem((), "a saved 'which' needs a place to reach: to")


def location_files(query: SavedQuery, path: Path) -> list[str]:
    """Return the files of locations that the query read from `path` names."""
    return _paths(query.locations, path)


def origins(
    query: SavedQuery, path: Path, progress: Progress | None = None, on_note: Callable[[str], None] | None = None
) -> list[OriginLike]:
    """Return where the query read from `path` starts; `on_note` as in `read_origins`.

    Raises
    ------
    WeaponsRefError
        If a place, file or country cannot be found.
    """
    from weapons_ref.places.areas import read_area, read_origins
    from weapons_ref.places.countries import find_country
    from weapons_ref.places.finding import find_place

    return [
        *(find_place(text, progress=progress) for text in _listed(query.from_)),
        *(place for file in _paths(query.from_file, path) for place in read_origins(file, on_note)),
        *(read_area(file) for file in _paths(query.from_area, path)),
        *(find_country(code, query.border_view) for code in _listed(query.from_country)),
    ]


def answer(
    query: SavedQuery,
    path: Path,
    catalog: Catalog,
    locations: Iterable[Batch] | Locations | None = None,
    progress: Progress | None = None,
    on_note: Callable[[str], None] | None = None,
) -> ReachResult | RingResult:
    """Return the answer to a saved query.

    Parameters
    ----------
    query : SavedQuery
        The question.
    path : Path
        The file that it was read from, beside which it names others.
    catalog : Catalog
        The systems it may name.
    locations : iterable of Batch, or Locations, optional
        The rows of its `location_files`.
    on_note : callable, optional
        As in `weapons_ref.places.areas.read_origins`.
    progress : callable, optional
        As in `weapons_ref.places.finding.find_place`.

    Raises
    ------
    WeaponsRefError
        As `rings` and `reach` do.
    """
    from weapons_ref import queries

    asked: dict[str, Any] = {
        "origin": origins(query, path, progress, on_note),
        "basis": query.basis,
        "as_of": None if query.as_of is None else str(query.as_of),
        "variants": query.variants,
        "uncertainty_m": _metres(query.uncertainty) or 0.0,
        "reading": query.reading,
        "catalog": catalog,
    }
    if query.sector is not None:
        asked["sector"] = parse_sector(query.sector)
    if query.command == "which":
        return queries.which(
            to=_listed(query.to),
            show_all=query.all,
            class_=query.class_,
            origin_country=query.origin_country,
            **asked,
        )
    asked |= {"range_m": _metres(query.range), "minimum_range_m": _metres(query.min_range)}
    systems = _listed(query.systems)
    if query.command == "ring":
        asked["dissolve"] = query.dissolve
        if query.max_error is not None:
            asked["max_error_m"] = _metres(query.max_error)
        return queries.rings(*systems, **asked)
    if query.locations and locations is None:
        raise QueryError("the query names files of locations, whose rows were not given")
    if query.min_population is not None:
        asked["min_population"] = query.min_population
    return queries.reach(
        *systems,
        to=_listed(query.to) or None,
        locations=locations,
        show_all=query.all,
        distances=query.distance,
        by_place=query.by_place,
        stream=True,
        progress=progress,
        **asked,
    )


def _listed(texts: str | tuple[str, ...]) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else texts


def _paths(texts: str | tuple[str, ...], path: Path) -> list[str]:
    return [str(path.parent / name) for name in _listed(texts)]


def _metres(text: str | None) -> float | None:
    return None if text is None else parse_length_m(text)
