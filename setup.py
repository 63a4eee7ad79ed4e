"""What metadata cannot say: the gazetteer's index and the compiled catalog are made with the wheel."""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent


class BuildData(build_py):
    def run(self) -> None:
        sys.path.insert(0, str(HERE))
        from weapons_ref.catalog.loading import compile_packaged
        from weapons_ref.places import index

        data = HERE / "weapons_ref" / "_data"
        data.mkdir(exist_ok=True)
        if not index.is_current(data / "gazetteer.sqlite"):
            index.main([str(data / "gazetteer.sqlite")])
        compile_packaged(HERE / "catalog", data / "catalog.json")
        super().run()


setup(cmdclass={"build_py": BuildData})
