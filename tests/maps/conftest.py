"""The page's scripts in node, and its pages in a browser that may reach no host."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).resolve().parent.parent.parent / "weapons_ref" / "maps"


@pytest.fixture(scope="session")
def node() -> Callable[..., Any]:
    """Run an expression after some of the page's scripts; `given` is what it is given, and its value comes back."""
    path = shutil.which("node")
    if path is None:
        pytest.skip("needs node")

    def run(expression: str, given: Any, *scripts: str) -> Any:
        code = "\n".join((SCRIPTS / f"{name}.js").read_text(encoding="utf-8") for name in scripts)
        end = f"const given = JSON.parse(require('fs').readFileSync(0));\nconsole.log(JSON.stringify({expression}));"
        done = subprocess.run(
            [path, "--input-type=commonjs", "-e", f"{code}\n{end}"],
            input=json.dumps(given), capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        return json.loads(done.stdout)

    return run
