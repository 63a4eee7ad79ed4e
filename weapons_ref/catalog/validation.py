"""Every problem of a catalog, with file and line, in one run.

Shape is jsonschema's business, with the schema that editors use; what one file cannot know about
another (sources, ids, names) is checked here.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from weapons_ref.catalog import records
from weapons_ref.catalog.yamlfile import Tree, TreePath
from weapons_ref.geo.units import METRES_PER_UNIT
from weapons_ref.names import fold

if TYPE_CHECKING:
    from jsonschema import ValidationError

_NUMBER = re.compile(r"[0-9]+([.][0-9]+)?")
_MAX_RANGE_M = 25_000_000
_MAX_GUN_RANGE_M = 200_000
_RANGES = ("range_max", "range_min", "flight_test_distance")


def shape_problems(tree: Tree, schema: dict[str, Any]) -> list[str]:
    """Return what is wrong with one file by itself.

    Parameters
    ----------
    tree : Tree
        The file.
    schema : dict
        What it should hold, as JSON Schema.
    """
    if tree.content is None:
        return list(tree.problems)
    errors = sorted(
        _validator(schema).iter_errors(tree.content), key=lambda error: tree.line(tuple(error.absolute_path))
    )
    return [*tree.problems, *(line for error in errors for line in _explain(error, tree))]


def _validator(schema: dict[str, Any]) -> Any:
    from jsonschema import Draft202012Validator, validators

    # The trees hold text alone, so a number is text that looks like one.
    def number(_: Any, value: Any) -> bool:
        return isinstance(value, str) and bool(_NUMBER.fullmatch(value))

    def integer(_: Any, value: Any) -> bool:
        return isinstance(value, str) and value.isascii() and value.isdigit()

    def boolean(_: Any, value: Any) -> bool:
        return value in ("true", "false")

    def bound(holds: Any, words: str) -> Any:
        def check(validator: Any, limit: float, value: Any, schema: Any) -> Iterator[ValidationError]:
            from jsonschema import ValidationError

            if number(None, value) and not holds(float(value), limit):
                yield ValidationError(f"{value} is not {words} {limit:g}")

        return check

    checker = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"number": number, "integer": integer, "boolean": boolean}
    )
    bounds = {
        "exclusiveMinimum": bound(lambda value, limit: value > limit, "more than"),
        "minimum": bound(lambda value, limit: value >= limit, "at least"),
        "maximum": bound(lambda value, limit: value <= limit, "at most"),
    }
    strict = validators.extend(Draft202012Validator, validators=bounds, type_checker=checker)
    return strict(schema)


def _explain(error: ValidationError, tree: Tree) -> Iterator[str]:
    """Turn one jsonschema error into lines that say what would be right."""
    path: TreePath = tuple(error.absolute_path)
    where = f"{tree.where(path)}: "
    name = ".".join(str(part) for part in path) or "the file"
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        for key in [key for key in error.instance if key not in known]:
            guess = difflib.get_close_matches(key, known, 1)
            hint = f"; did you mean {guess[0]!r}?" if guess else f"; known are {', '.join(known)}"
            yield f"{tree.where((*path, key))}: unknown key {key!r}{hint}"
    elif error.validator == "oneOf":
        units = [option["required"][0] for option in error.schema["oneOf"]]
        yield f"{where}{name} needs exactly one of {', '.join(units)}"
    elif error.validator == "anyOf":
        wanted = " or ".join(_described(option) for option in error.validator_value)
        yield f"{where}{name}: {_shown(error.instance)} is not {wanted}"
    elif error.validator == "type":
        yield f"{where}{name}: {_shown(error.instance)} is not {_article(error.validator_value)}"
    elif error.validator == "pattern":
        meaning = error.schema.get("description", f"of the form {error.validator_value}")
        yield f"{where}{name}: {_shown(error.instance)} is not {meaning}"
    else:
        yield f"{where}{name}: {error.message[:200]}"


def _described(option: Mapping[str, Any]) -> str:
    return str(option.get("description") or _article(option.get("type", "value")))


_KINDS = {
    "array": "a list",
    "object": "a mapping of keys to values",
    "string": "text",
    "integer": "a whole number",
    "number": "a plain number",
    "boolean": "true or false",
    "null": "left out",
}


def _article(kind: str) -> str:
    return _KINDS.get(kind, f"a {kind}")


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def reference_problems(
    systems: Iterable[Tree], sources: Iterable[Tree], vocabulary: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """Return what the files of well-shaped catalogs get wrong about each other.

    Parameters
    ----------
    systems, sources : iterable of Tree
        The files, each already free of problems by itself.
    vocabulary : mapping
        The merged words of all vocabulary files: classes and qualifiers.
    """
    check = _References(vocabulary)
    for tree in sources:
        check.take_sources(tree)
    trees = list(systems)
    for tree in trees:
        check.take_system(tree)
    for tree in trees:
        check.check_system(tree)
    return check.problems


class _References:
    def __init__(self, vocabulary: Mapping[str, Mapping[str, str]]) -> None:
        self.problems: list[str] = []
        self._vocabulary = vocabulary
        self._sources: dict[str, str] = {}
        self._kinds: dict[str, str] = {}
        self._where: dict[str, str] = {}
        self._names: dict[str, tuple[str, str]] = {}

    def take_sources(self, tree: Tree) -> None:
        keys = list(tree.content)
        for before, key in itertools.pairwise(keys):
            if key < before:
                self.problems.append(f"{tree.where((key,))}: source {key!r} comes after {before!r}; sort by key")
        for key in keys:
            if key in self._sources:
                self.problems.append(f"{tree.where((key,))}: source {key!r} is also in {self._sources[key]}")
            self._sources.setdefault(key, tree.where((key,)))

    def take_system(self, tree: Tree) -> None:
        for path, record in _entries(tree):
            for key in (record["id"], *record.get("was", ())):
                if key in self._where:
                    self.problems.append(f"{tree.where((*path, 'id'))}: id {key!r} is also in {self._where[key]}")
                self._where.setdefault(key, tree.where((*path, "id")))
            self._kinds[record["id"]] = tree.content["kind"]
            for language, names in record["names"].items():
                for name in names:
                    self._take_name(name, record["id"], tree.where((*path, "names", language)))

    def _take_name(self, name: str, owner: str, where: str) -> None:
        key = fold(name)
        if not key:
            self.problems.append(f"{where}: name {name!r} has no letters")
        other, other_where = self._names.setdefault(key, (owner, where))
        if other != owner:
            self.problems.append(f"{where}: name {name!r} is also {other!r}'s, in {other_where}")

    def check_system(self, tree: Tree) -> None:
        record = tree.content
        if record["class"] not in self._vocabulary["classes"]:
            self._unknown(tree, ("class",), "class", record["class"], self._vocabulary["classes"])
        for index, launcher in enumerate(record.get("fired_from", ())):
            where = tree.where(("fired_from", index))
            if launcher not in self._kinds:
                self._unknown(tree, ("fired_from", index), "launcher", launcher, self._kinds)
            elif self._kinds[launcher] == "munition":
                self.problems.append(f"{where}: {launcher!r} is a munition, and cannot fire one")
            if record["kind"] != "munition":
                self.problems.append(f"{where}: only a munition is fired from something; this is a {record['kind']}")
        for path, entry in _entries(tree):
            for attribute in records.Attributes.__struct_fields__:
                for index, claim in enumerate(entry.get(attribute, ())):
                    self._check_claim(tree, (*path, attribute, index), claim)

    def _check_claim(self, tree: Tree, path: TreePath, claim: Mapping[str, str]) -> None:
        where = tree.where(path)
        if claim["src"] not in self._sources:
            self._unknown(tree, (*path, "src"), "source", claim["src"], self._sources)
        qualifier = claim.get("as", "stated")
        if qualifier not in self._vocabulary["qualifiers"]:
            self._unknown(tree, (*path, "as"), "qualifier", qualifier, self._vocabulary["qualifiers"])
        if ("flag" in claim) != ("reason" in claim):
            self.problems.append(f"{where}: flag and reason go together")
        attribute, kind = path[-2], tree.content["kind"]
        if attribute in ("range_max", "range_min") and (kind == "launcher") != ("of" in claim):
            wanted = "of: the munition whose range it is, or unclear" if kind == "launcher" else "no of:"
            self.problems.append(f"{where}: a range printed for a {kind} has {wanted}")
        if claim.get("of", "unclear") != "unclear" and claim["of"] not in self._kinds:
            self._unknown(tree, (*path, "of"), "munition", claim["of"], self._kinds)
        if attribute in _RANGES:
            self._check_range(where, kind, claim)

    def _check_range(self, where: str, kind: str, claim: Mapping[str, str]) -> None:
        unit = next(unit for unit in METRES_PER_UNIT if unit in claim)
        low, high = records.figures(claim[unit])
        limit = _MAX_GUN_RANGE_M if kind == "gun" else _MAX_RANGE_M
        if low > high:
            self.problems.append(f"{where}: the span {claim[unit]} runs downwards")
        if high * METRES_PER_UNIT[unit] > limit and "flag" not in claim:
            self.problems.append(f"{where}: {claim[unit]} {unit} is past {limit / 1000:,.0f} km; flag it as suspect")

    def _unknown(self, tree: Tree, path: TreePath, what: str, value: str, known: Iterable[str]) -> None:
        guess = difflib.get_close_matches(value, list(known), 1)
        hint = f"; did you mean {guess[0]!r}?" if guess else ""
        self.problems.append(f"{tree.where(path)}: unknown {what} {value!r}{hint}")


def _entries(tree: Tree) -> Iterator[tuple[TreePath, dict[str, Any]]]:
    """Yield a record and its variants, each with its path in the file."""
    yield (), tree.content
    for index, variant in enumerate(tree.content.get("variants", ())):
        yield ("variants", index), variant
