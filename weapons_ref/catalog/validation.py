"""Every problem of a catalog, with file and line, in one run.

Shape is jsonschema's business, with the schema that editors use; what one file cannot know about
another (sources, ids, names) is checked here.
"""

from __future__ import annotations

import difflib
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from weapons_ref.catalog import records
from weapons_ref.catalog.yamlfile import Problem, Tree, TreePath, shown
from weapons_ref.geo.units import METRES_PER_UNIT
from weapons_ref.names import squeeze

if TYPE_CHECKING:
    from jsonschema import ValidationError

_NUMBER = re.compile(r"[0-9]{1,15}([.][0-9]{1,15})?")
_INTEGER = re.compile(r"[0-9]{1,15}")
_FIGURE = re.compile(rf"{_NUMBER.pattern}(-{_NUMBER.pattern})?")
_MAX_RANGE_M = 25_000_000
_MAX_GUN_RANGE_M = 200_000
_NO_MUNITIONS = ("launcher", "gun", "system")
_RANGES = ("range_max", "range_min", "flight_test_distance")


def shape_problems(tree: Tree, schema: dict[str, Any]) -> list[Problem]:
    """Return what is wrong with one file by itself, in order of lines.

    Parameters
    ----------
    tree : Tree
        The file.
    schema : dict
        What it should hold, as JSON Schema.
    """
    if tree.content is None:
        return list(tree.problems)
    errors = _validator(schema).iter_errors(tree.content)
    found = [*tree.problems, *(problem for error in errors for problem in _explain(error, tree))]
    return sorted(found, key=lambda problem: problem.line)


def _validator(schema: dict[str, Any]) -> Any:
    from jsonschema import Draft202012Validator, validators

    # The trees hold text alone, so a number is text that looks like one.
    def number(_: Any, value: Any) -> bool:
        return isinstance(value, str) and bool(_NUMBER.fullmatch(value))

    def integer(_: Any, value: Any) -> bool:
        return isinstance(value, str) and bool(_INTEGER.fullmatch(value))

    def boolean(_: Any, value: Any) -> bool:
        return value in ("true", "false")

    def bound(holds: Any, words: str) -> Any:
        def check(validator: Any, limit: float, value: Any, schema: Any) -> Iterator[ValidationError]:
            from jsonschema import ValidationError

            if number(None, value) and not holds(float(value), limit):
                yield ValidationError(f"{value} is not {words} {limit:g}")

        return check

    def pattern(_: Any, wanted: str, value: Any, __: dict[str, Any]) -> Iterator[ValidationError]:
        from jsonschema import ValidationError

        # In Python, unlike in JSON Schema, `$` also matches before a last line feed.
        if isinstance(value, str) and (value.endswith("\n") or not re.search(wanted, value)):
            yield ValidationError(f"{shown(value)} does not match {wanted}")

    checker = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"number": number, "integer": integer, "boolean": boolean}
    )
    keywords = {
        "pattern": pattern,
        "exclusiveMinimum": bound(lambda value, limit: value > limit, "more than"),
        "minimum": bound(lambda value, limit: value >= limit, "at least"),
        "maximum": bound(lambda value, limit: value <= limit, "at most"),
    }
    strict = validators.extend(Draft202012Validator, validators=keywords, type_checker=checker)
    return strict(schema)


def _explain(error: ValidationError, tree: Tree) -> Iterator[Problem]:
    """Turn one jsonschema error into problems that say what would be right."""
    path: TreePath = tuple(error.absolute_path)
    name = ".".join(str(part) for part in path) or "the file"
    if "propertyNames" in error.absolute_schema_path:
        path = (*path, error.instance)  # a key is at fault, and has a line of its own
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        for key in [key for key in error.instance if key not in known]:
            guess = difflib.get_close_matches(key, known, 1)
            hint = f"; did you mean {guess[0]!r}?" if guess else f"; known are {', '.join(known)}"
            yield tree.problem((*path, key), f"unknown key {shown(key)}{hint}")
    elif error.validator == "oneOf":
        units = [option["required"][0] for option in error.schema["oneOf"]]
        yield tree.problem(path, f"{name} needs exactly one of {', '.join(units)}")
    elif error.validator == "anyOf":
        wanted = " or ".join(_described(option) for option in error.validator_value if option.get("type") != "null")
        yield tree.problem(path, f"{name}: {shown(error.instance)} is not {wanted}")
    elif error.validator == "type":
        yield tree.problem(path, f"{name}: {shown(error.instance)} is not {_article(error.validator_value)}")
    elif error.validator == "pattern":
        meaning = error.schema.get("description", f"of the form {error.validator_value}")
        yield tree.problem(path, f"{name}: {shown(error.instance)} is not {meaning}")
    else:
        yield tree.problem(path, f"{name}: {error.message[:200]}")


def _described(option: Mapping[str, Any]) -> str:
    if "enum" in option:
        return f"one of {', '.join(map(str, option['enum']))}"
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


def reference_problems(
    systems: Sequence[Tree], sources: Sequence[Tree], vocabularies: Sequence[Tree], schemes: Sequence[Tree] = ()
) -> list[Problem]:
    """Return what the files of catalogs get wrong about each other.

    Parameters
    ----------
    systems, sources, vocabularies, schemes : sequence of Tree
        The files. What is misshapen in them is passed over, since `shape_problems` tells of it.
    """
    check = _References()
    for tree in vocabularies:
        check.take_vocabulary(tree)
    for tree in sources:
        check.take_sources(tree)
    for tree in schemes:
        check.take_schemes(tree)
    for tree in systems:
        check.take_system(tree)
    check.check_copies()
    for tree in systems:
        check.check_system(tree)
    return check.problems


class _References:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._words: dict[tuple[str, str], str] = {}
        self._sources: dict[str, str] = {}
        self._originals: list[tuple[Tree, str, str]] = []
        self._bands: dict[str, str] = {}
        self._schemes: dict[str, str] = {}
        self._kinds: dict[str, str] = {}
        self._where: dict[str, str] = {}
        self._names: dict[str, tuple[str, str]] = {}
        # Whose files could not be read to their end: what is unknown may be defined there.
        self._unread: set[str] = set()

    def take_vocabulary(self, tree: Tree) -> None:
        self._note_unread(tree, "class", "qualifier")
        for group, what in (("classes", "class"), ("qualifiers", "qualifier")):
            for word in _mapping(_mapping(tree.content).get(group)):
                path = (group, word)
                if (what, word) in self._words:
                    self._report(tree, path, f"{what} {shown(word)} is also in {self._words[what, word]}")
                self._words.setdefault((what, word), tree.where(path))

    def take_sources(self, tree: Tree) -> None:
        self._note_unread(tree, "source")
        keys = list(_mapping(tree.content))
        for before, key in itertools.pairwise(keys):
            if key < before:
                self._report(tree, (key,), f"source {shown(key)} comes after {shown(before)}; sort by key")
        for key in keys:
            if key in self._sources:
                self._report(tree, (key,), f"source {shown(key)} is also in {self._sources[key]}")
            self._sources.setdefault(key, tree.where((key,)))
        for key, entry in _mapping(tree.content).items():
            self._originals.append((tree, key, _text(_mapping(entry).get("copy_of"))))

    def check_copies(self) -> None:
        """See that what a page is said to carry is a source, and no copy itself."""
        copies = {key: original for _, key, original in self._originals if original}
        for tree, key, original in self._originals:
            path = (key, "copy_of")
            self._check_known(tree, path, "source", original, self._sources)
            if original and original in copies:
                self._report(tree, path, f"{shown(original)} is a copy itself; name what it carries")

    def take_schemes(self, tree: Tree) -> None:
        for key, entry in _mapping(tree.content).items():
            scheme = _mapping(entry)
            self._check_known(tree, (key, "src"), "source", _text(scheme.get("src")), self._sources)
            for index, word in enumerate(_list(scheme.get("classes"))):
                self._check_word(tree, (key, "classes", index), "class", word)
            if key in self._schemes:
                self._report(tree, (key,), f"scheme {shown(key)} is also in {self._schemes[key]}")
            self._schemes.setdefault(key, tree.where((key,)))
            for band, bounds in _mapping(scheme.get("bands")).items():
                path = (key, "bands", band)
                if band in self._bands:
                    self._report(tree, path, f"band {shown(band)} is also in {self._bands[band]}")
                self._bands.setdefault(band, tree.where(path))
                self._check_bounds(tree, path, _mapping(bounds))

    def _check_bounds(self, tree: Tree, path: TreePath, bounds: Mapping[str, Any]) -> None:
        given = {name: float(text) for name, text in bounds.items() if _NUMBER.fullmatch(_text(text))}
        if not given:
            self._report(tree, path, "a band needs a bound, such as from_km")
        for one, other in (("from_km", "over_km"), ("up_to_km", "below_km")):
            if one in given and other in given:
                self._report(tree, path, f"{one} and {other} are one bound twice")
        low = max(given.get("from_km", 0.0), given.get("over_km", 0.0))
        high = min(given.get("up_to_km", math.inf), given.get("below_km", math.inf))
        if low > high or given.get("from_kg", 0.0) > given.get("below_kg", math.inf):
            self._report(tree, path, "no figure is in this band: its lower bound is above its upper")

    def take_system(self, tree: Tree) -> None:
        self._note_unread(tree, "launcher", "munition")
        kind = _text(_mapping(tree.content).get("kind"))
        for path, record in _entries(tree):
            own = _text(record.get("id"))
            for index, key in enumerate((own, *map(_text, _list(record.get("was"))))):
                if key:
                    self._take_id(tree, (*path, "was", index - 1) if index else (*path, "id"), key, own)
            if own:
                self._kinds.setdefault(own, kind)
            for language, names in _mapping(record.get("names")).items():
                for index, name in enumerate(_list(names)):
                    if _text(name):
                        self._take_name(tree, (*path, "names", language, index), _text(name), own)

    def _take_id(self, tree: Tree, path: TreePath, key: str, owner: str) -> None:
        if key in self._where:
            self._report(tree, path, f"id {shown(key)} is also in {self._where[key]}")
            return
        self._where[key] = tree.where(path)
        # People type an id as they type a name, so that it is one.
        self._take_name(tree, path, key, owner)

    def _take_name(self, tree: Tree, path: TreePath, name: str, owner: str) -> None:
        key = squeeze(name)
        if not key:
            self._report(tree, path, f"name {shown(name)} has no letters")
            return
        other, other_where = self._names.setdefault(key, (owner, tree.where(path)))
        if other != owner:
            self._report(tree, path, f"name {shown(name)} is also a name of {shown(other)}, in {other_where}")

    def check_system(self, tree: Tree) -> None:
        record = _mapping(tree.content)
        kind = _text(record.get("kind"))
        self._check_word(tree, ("class",), "class", record.get("class"))
        for index, launcher in enumerate(map(_text, _list(record.get("fired_from")))):
            path: TreePath = ("fired_from", index)
            self._check_known(tree, path, "launcher", launcher, self._kinds)
            if self._kinds.get(launcher) == "munition":
                self._report(tree, path, f"{shown(launcher)} is a munition, and cannot fire one")
            if kind in _NO_MUNITIONS:
                self._report(tree, path, f"only a munition is fired from something; this is a {kind}")
        for path, entry in _entries(tree):
            for attribute in records.Attributes.__struct_fields__:
                for index, claim in enumerate(_list(entry.get(attribute))):
                    self._check_claim(tree, (*path, attribute, index), _mapping(claim), kind)
            farthest, nearest = _metres(entry, "range_max"), _metres(entry, "range_min")
            if farthest and nearest and min(nearest) >= max(farthest):
                self._report(tree, (*path, "range_min"), "no minimum range is below any maximum range")

    def _check_claim(self, tree: Tree, path: TreePath, claim: Mapping[str, Any], kind: str) -> None:
        self._check_known(tree, (*path, "src"), "source", _text(claim.get("src")), self._sources)
        self._check_word(tree, (*path, "as"), "qualifier", claim.get("as"))
        if ("flag" in claim) != ("reason" in claim):
            self._report(tree, path, "flag and reason go together")
        attribute = path[-2]
        known_kind = kind == "munition" or kind in _NO_MUNITIONS
        if attribute in ("range_max", "range_min") and known_kind and (kind == "launcher") != ("of" in claim):
            wanted = "of: the munition whose range it is, or unclear" if kind == "launcher" else "no of:"
            self._report(tree, path, f"a range printed for a {kind} has {wanted}")
        of = _text(claim.get("of"))
        if of != "unclear":
            self._check_known(tree, (*path, "of"), "munition", of, self._kinds)
            if self._kinds.get(of) == "launcher":
                self._report(tree, (*path, "of"), f"{shown(of)} is a launcher; of: names what it fires")
        for unit in records.UNITS:
            if unit not in records.WORDLESS and _FIGURE.fullmatch(_text(claim.get(unit))):
                limit_m = _MAX_GUN_RANGE_M if kind == "gun" else _MAX_RANGE_M
                self._check_figure(tree, path, claim[unit], unit, limit_m if attribute in _RANGES else math.inf, claim)

    def _check_figure(
        self, tree: Tree, path: TreePath, printed: str, unit: str, limit_m: float, claim: Mapping[str, Any]
    ) -> None:
        low, high = records.figures(printed)
        if low > high:
            self._report(tree, path, f"the span {printed} runs downwards")
        if high * METRES_PER_UNIT.get(unit, 0) > limit_m and "flag" not in claim:
            self._report(tree, path, f"{printed} {unit} is past {limit_m / 1000:,.0f} km; flag it as suspect")

    def _check_word(self, tree: Tree, path: TreePath, what: str, word: Any) -> None:
        self._check_known(tree, path, what, _text(word), [known for group, known in self._words if group == what])

    def _check_known(self, tree: Tree, path: TreePath, what: str, value: str, known: Iterable[str]) -> None:
        if not value or value in known or what in self._unread:
            return
        guess = difflib.get_close_matches(value, list(known), 1)
        hint = f"; did you mean {guess[0]!r}?" if guess else ""
        self._report(tree, path, f"unknown {what} {shown(value)}{hint}")

    def _note_unread(self, tree: Tree, *kinds: str) -> None:
        if not isinstance(tree.content, dict):
            self._unread.update(kinds)

    def _report(self, tree: Tree, path: TreePath, text: str) -> None:
        self.problems.append(tree.problem(path, text))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _metres(entry: Mapping[str, Any], attribute: str) -> list[float]:
    """Return the figures of an attribute's unflagged claims, in metres."""
    return [
        figure * METRES_PER_UNIT[unit]
        for claim in map(_mapping, _list(entry.get(attribute)))
        for unit in METRES_PER_UNIT
        if "flag" not in claim and _FIGURE.fullmatch(_text(claim.get(unit)))
        for figure in records.figures(claim[unit])
    ]


def _entries(tree: Tree) -> Iterator[tuple[TreePath, dict[str, Any]]]:
    """Yield a record and its variants, each with its path in the file."""
    content = _mapping(tree.content)
    yield (), content
    for index, variant in enumerate(_list(content.get("variants"))):
        yield ("variants", index), _mapping(variant)
