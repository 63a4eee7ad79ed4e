"""The scripts of the map page, run by node outside of any page."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

MAPS = Path(__file__).resolve().parent.parent.parent / "weapons_ref" / "maps"

#: Reads the question from its input; the scripts share one context, as in a page, and nothing of node is in it.
RUNNER = """
const vm = require("vm");
const { sources, expression, cases } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const page = vm.createContext({});
for (const [name, text] of sources) vm.runInContext(text, page, { filename: name });
const answer = vm.runInContext(expression, page);
console.log(JSON.stringify(cases.map((one) => answer(one))));
"""

#: A JavaScript function, and what it is called with, one after the other.
RunJs = Callable[[str, Sequence[Any]], list[Any]]


@pytest.fixture(scope="session")
def run_js() -> RunJs:
    """Calls a JavaScript function with each of some cases, the scripts of the map page loaded."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    sources = [(name, (MAPS / name).read_text(encoding="utf-8")) for name in ("geodesic.js", "regions.js", "judge.js")]

    def run(expression: str, cases: Sequence[Any]) -> list[Any]:
        question = json.dumps({"sources": sources, "expression": expression, "cases": cases}, allow_nan=False)
        done = subprocess.run([node, "-e", RUNNER], input=question, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        answers: list[Any] = json.loads(done.stdout)
        return answers

    return run
