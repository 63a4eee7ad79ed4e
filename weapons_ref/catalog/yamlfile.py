"""YAML files as plain text trees, with the line of every value.

Every scalar is text: YAML 1.1 would turn `NO` into false, `1:30` into 90 and dates into three types.
Anchors, aliases, tags, duplicate keys and deep nesting are problems, so that a file is what it looks
like and no bomb goes off.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from weapons_ref.errors import CatalogError

MAX_BYTES = 5 * 2**20
MAX_DEPTH = 64
#: Five megabytes of one-letter values would take seconds and hundreds of megabytes.
MAX_VALUES = 200_000

TreePath = tuple[str | int, ...]


class Problem(NamedTuple):
    """What is wrong, and where."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class Tree(NamedTuple):
    """A file's content: text, lists and dictionaries, with the line (from 1) of each value."""

    name: str
    content: Any
    lines: dict[TreePath, int]
    problems: list[Problem]

    def problem(self, path: TreePath, text: str) -> Problem:
        """Return a problem with the value at a path."""
        return Problem(self.name, self.line(path), text)

    def where(self, path: TreePath) -> str:
        """Return ``file:line`` of a value, or of what holds it."""
        return f"{self.name}:{self.line(path)}"

    def line(self, path: TreePath) -> int:
        """Return the line of a value, or of what holds it."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_tree(path: Path, name: str) -> Tree:
    """Read one file; see `parse_tree`. A file that cannot be opened is a `CatalogError`."""
    try:
        with open(path, "rb") as stream:
            return parse_tree(stream.read(MAX_BYTES + 1), name)
    except OSError as error:
        raise CatalogError(f"{name}: {error.strerror or error}") from error


def parse_tree(data: bytes, name: str) -> Tree:
    """Parse one YAML document without a recursion, an alias or a guess at types.

    Parameters
    ----------
    data : bytes
        UTF-8, with or without a byte-order mark.
    name : str
        What messages call the file.

    Returns
    -------
    Tree
        With every problem found, in `problems`; a syntax error ends the reading.
    """
    import yaml

    tree = Tree(name, None, {}, [])
    if len(data) > MAX_BYTES:
        tree.problems.append(Problem(name, 1, f"the file is larger than {MAX_BYTES // 2**20} MiB"))
        return tree
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        tree.problems.append(Problem(name, line, f"byte {error.start} is not UTF-8"))
        return tree
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(tree)
    try:
        for event in yaml.parse(text, Loader=loader):
            if not builder.take(event):
                return tree
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else _unprintable_line(text)
        said = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        tree.problems.append(Problem(name, line, f"not valid YAML: {said}"))
        return tree._replace(content=None)
    if not builder.documents and not tree.problems:
        tree.problems.append(Problem(name, 1, "the file is empty"))
    return tree._replace(content=builder.root)


def _unprintable_line(text: str) -> int:
    """Return the line of the first character that YAML forbids: the one error that comes without its line."""
    import yaml

    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 1


class _Builder:
    """Puts parser events together, with a stack of its own in place of recursion."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.root: Any = None
        self.documents = 0
        self._open: list[tuple[Any, TreePath]] = []
        self._keys: list[str | None] = []
        self._values = 0

    def take(self, event: Any) -> bool:
        """Take one event; False asks the caller to stop."""
        kind = type(event).__name__
        line = event.start_mark.line + 1
        if kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                return self._stop(line, "a second document; one file holds one record")
        elif kind == "AliasEvent":
            return self._stop(line, f"alias *{event.anchor}: aliases are not allowed, write the value out")
        elif kind in ("ScalarEvent", "SequenceStartEvent", "MappingStartEvent"):
            if event.anchor:
                return self._stop(line, f"anchor &{event.anchor}: anchors are not allowed")
            if event.tag:
                return self._stop(line, f"tag {event.tag}: tags are not allowed")
            return self._value(kind, event, line)
        elif kind in ("SequenceEndEvent", "MappingEndEvent"):
            self._open.pop()
            self._keys.pop()
        return True

    def _value(self, kind: str, event: Any, line: int) -> bool:
        self._values += 1
        if self._values > MAX_VALUES:
            return self._stop(line, f"more than {MAX_VALUES} keys and values")
        holder, path = self._open[-1] if self._open else (None, ())
        if isinstance(holder, dict) and self._keys[-1] is None:
            if kind != "ScalarEvent":
                return self._stop(line, "a key must be plain text")
            if event.value in holder:
                self.tree.problems.append(Problem(self.tree.name, line, f"duplicate key {shown(event.value)}"))
            self._keys[-1] = event.value
            self.tree.lines[(*path, event.value)] = line
            return True
        value: Any = event.value if kind == "ScalarEvent" else [] if kind == "SequenceStartEvent" else {}
        if isinstance(holder, dict):
            key = self._keys[-1]
            assert key is not None
            holder[key] = value
            path = (*path, key)
            self._keys[-1] = None
        elif isinstance(holder, list):
            path = (*path, len(holder))
            holder.append(value)
            self.tree.lines[path] = line
        else:
            self.root = value
            self.tree.lines[path] = line
        if kind != "ScalarEvent":
            if len(self._open) >= MAX_DEPTH:
                return self._stop(line, f"nested deeper than {MAX_DEPTH} levels")
            self._open.append((value, path))
            self._keys.append(None)
        return True

    def _stop(self, line: int, problem: str) -> bool:
        self.tree.problems.append(Problem(self.tree.name, line, problem))
        return False


def shown(value: Any) -> str:
    """Return a value as messages show it: quoted, and cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
