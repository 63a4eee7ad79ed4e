"""What metadata cannot say: gazetteer, countries, and the catalog with its compiled form go into the wheel."""

import shutil
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent


class BuildData(build_py):  # type: ignore[misc]  # setuptools is not typed
    """Makes the data before the packages are gathered."""

    def run(self) -> None:
        """Build the packages."""
        sys.path.insert(0, str(HERE))
        from weapons_ref.catalog.loading import compile_packaged
        from weapons_ref.maps import basemapfile
        from weapons_ref.places import borders, index

        data = HERE / "weapons_ref" / "_data"
        data.mkdir(exist_ok=True)
        if not index.is_current(data / "gazetteer.sqlite") and index.main([str(data / "gazetteer.sqlite")]):
            sys.exit("the gazetteer could not be built")
        if not borders.is_current(data / "countries.sqlite") and borders.main([str(data / "countries.sqlite")]):
            sys.exit("the outlines of countries could not be built")
        if not basemapfile.is_current(data / "basemap.sqlite") and basemapfile.main([str(data / "basemap.sqlite")]):
            sys.exit("the map could not be built")
        super().run()
        # An editable install reads the catalog where it is, and keeps its compiled form in the cache.
        if not self.editable_mode:
            package = Path(self.build_lib, "weapons_ref")
            shutil.copytree(HERE / "catalog", package / "_catalog", dirs_exist_ok=True)
            compile_packaged(HERE / "catalog", package / "_data" / "catalog.json")


setup(cmdclass={"build_py": BuildData})
