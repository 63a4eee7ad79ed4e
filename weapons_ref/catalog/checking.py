"""The whole of a catalog checked afresh: what is wrong, and what looks odd."""

from __future__ import annotations

from pathlib import Path

from weapons_ref.catalog.lints import lints
from weapons_ref.catalog.loading import Catalog, join, read_trees
from weapons_ref.catalog.yamlfile import Problem


def check_catalog(*folders: str | Path) -> tuple[Catalog, list[Problem]]:
    """Return the catalog as `load_catalog` does, every file read and checked afresh, and what looks odd in it.

    Raises
    ------
    CatalogError
        As `load_catalog` does, with every problem.
    """
    trees = read_trees(*folders)
    catalog = join(trees)
    return catalog, lints(trees, catalog)
