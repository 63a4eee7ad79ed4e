"""What is allowed in a catalog, and yet looks odd: each with file and line, for a person to look at.

A `note:` on a claim, or on a record, answers what is said of it: whoever wrote the note has looked.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterable, Iterator, Sequence

from weapons_ref.catalog import records
from weapons_ref.catalog.classes import range_classes
from weapons_ref.catalog.loading import Catalog
from weapons_ref.catalog.yamlfile import Problem, Tree, TreePath, shown
from weapons_ref.geo.units import METRES_PER_UNIT
from weapons_ref.names import fold

_TIMES_OFF = 3


def lints(trees: Sequence[tuple[str, Tree]], catalog: Catalog) -> list[Problem]:
    """Return what looks odd in a catalog that is valid, in order of files and lines.

    Parameters
    ----------
    trees : sequence of (str, Tree)
        The files it was made of, each with its kind.
    catalog : Catalog
        What they were joined into.
    """
    found: list[Problem] = []
    for kind, tree in trees:
        if kind == "system":
            found += _record(tree, catalog)
        elif kind == "sources":
            found += _dead_sources(tree, trees)
        elif kind == "vocabulary":
            found += _vocabulary(tree, catalog)
    found += _same_texts([tree for kind, tree in trees if kind == "sources"])
    order = {tree.name: position for position, (_, tree) in enumerate(trees)}
    return sorted(found, key=lambda problem: (order[problem.file], problem.line))


def _record(tree: Tree, catalog: Catalog) -> Iterator[Problem]:
    record = tree.content
    for path, entry in ((), record), *((("variants", i), v) for i, v in enumerate(record.get("variants", ()))):
        for attribute in records.Attributes.__struct_fields__:
            yield from _unsorted(tree, (*path, attribute), entry.get(attribute, ()))
        yield from _far_off(tree, (*path, "range_max"), entry.get("range_max", ()))
    # A variant has its class from the record, whose figures it need not share.
    system = catalog.systems[record["id"]]
    computed = range_classes(system, catalog)
    if computed and system.class_ not in computed and "note" not in record:
        said = f"class {system.class_}, but the claims of {system.id} are {' or '.join(computed)}"
        yield tree.problem(("class",), said)
    if record["kind"] == "launcher" and not catalog.munitions_of(record["id"]) and "note" not in record:
        yield tree.problem(("kind",), "a launcher that no munition is fired from")


def _figures(claim: dict[str, str]) -> tuple[str, float, float] | None:
    for unit in records.UNITS:
        if unit in claim and unit not in records.WORDLESS:
            return unit, *records.figures(claim[unit])
    return None


def _unsorted(tree: Tree, path: TreePath, claims: Iterable[dict[str, str]]) -> Iterator[Problem]:
    keys = []
    for index, claim in enumerate(claims):
        figures = _figures(claim)
        if figures is None:
            return
        unit, low, high = figures
        keys.append((index, records.UNITS.index(unit), low, high))
    for before, after in itertools.pairwise(keys):
        if after[1:] < before[1:]:
            yield tree.problem((*path, after[0]), "claims are sorted by unit, then by figure")


def _far_off(tree: Tree, path: TreePath, claims: Sequence[dict[str, str]]) -> Iterator[Problem]:
    lengths = []
    for index, claim in enumerate(claims):
        figures = _figures(claim)
        if figures and "flag" not in claim and "of" not in claim:
            unit, low, high = figures
            lengths.append((index, low * METRES_PER_UNIT[unit], high * METRES_PER_UNIT[unit]))
    if len(lengths) < 2:
        return
    median = statistics.median((low + high) / 2 for _, low, high in lengths)
    for index, low, high in lengths:
        if (high > _TIMES_OFF * median or low * _TIMES_OFF < median) and "note" not in claims[index]:
            yield tree.problem(
                (*path, index),
                f"more than {_TIMES_OFF} times off the median of {median / 1000:g} km; flag it, or note why",
            )


def _dead_sources(tree: Tree, trees: Sequence[tuple[str, Tree]]) -> Iterator[Problem]:
    cited = {key for _, other in trees for key in _cited(other.content)}
    for key in tree.content:
        if key not in cited:
            yield tree.problem((key,), f"nothing cites {shown(key)}")


def _cited(content: object) -> Iterator[str]:
    """Yield the keys of sources that a file names."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key in ("src", "copy_of") and isinstance(value, str):
                yield value
            else:
                yield from _cited(value)
    elif isinstance(content, list):
        for value in content:
            yield from _cited(value)


def _vocabulary(tree: Tree, catalog: Catalog) -> Iterator[Problem]:
    used = {
        "classes": {system.class_ for system in catalog.systems.values()}
        | {class_ for scheme in catalog.schemes.values() for class_ in scheme.classes},
        "qualifiers": {claim.qualifier for system in catalog.systems.values() for claim in system.claims},
    }
    for group, words in used.items():
        given = list(tree.content[group])
        for word in given:
            if word not in words:
                yield tree.problem((group, word), f"no record uses {shown(word)}")
        for before, after in itertools.pairwise(given):
            if after < before:
                yield tree.problem((group, after), f"{shown(after)} comes after {shown(before)}; sort the words")


def _same_texts(trees: Iterable[Tree]) -> Iterator[Problem]:
    """Find one text under two keys: by its address, or by its title under two publishers."""
    addresses: dict[str, str] = {}
    titles: dict[str, tuple[str, str]] = {}
    for tree in trees:
        for key, source in tree.content.items():
            url = source.get("url", "").removeprefix("https://").removeprefix("http://").rstrip("/")
            if url and url in addresses:
                yield tree.problem((key,), f"the address is that of {shown(addresses[url])} too")
            addresses.setdefault(url, key)
            title = fold(source.get("title", ""))
            if not title or "copy_of" in source or "note" in source:
                continue
            other, publisher = titles.setdefault(title, (key, source["publisher"]))
            if publisher != source["publisher"]:
                yield tree.problem((key,), f"the title is that of {shown(other)}; one that carries it has copy_of:")
