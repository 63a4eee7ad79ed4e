"""A site as a user has it, written once."""

from __future__ import annotations

from pathlib import Path

import pytest

from weapons_ref.catalog.loading import load_catalog
from weapons_ref.site.pages import write_site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the catalog that comes with the package."""
    folder = tmp_path_factory.mktemp("site") / "pages"
    write_site(load_catalog(), folder)
    return folder
