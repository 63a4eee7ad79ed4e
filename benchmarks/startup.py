"""What one question at the prompt costs, beside the libraries that it cannot do without.

Run as ``python benchmarks/startup.py [RUNS]``. Each command is timed as a whole process, in turn with
``python -c "import click, yaml, pyproj"``, and the ratio is that of the neighbours in time, since
machines drift. The bar is 1.5.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

FLOOR = [sys.executable, "-c", "import click, yaml, pyproj"]
BAR = 1.5
QUESTIONS = {
    "one place": "reach atacms --from Kherson --to Sevastopol",
    "one place, as JSON": "reach atacms --from Kherson --to Sevastopol -f json",
    "a distance": "distance Kherson Sevastopol",
    "a place": "place Херсон",
    "a record": "show atacms",
    "the list": "list",
    "a search": "search himars",
    "the gazetteer, one system": "reach gmlrs --from Kherson",
    "the gazetteer, five systems": "reach himars --from Kherson",
    "a ring (needs numpy and shapely)": "ring atacms --from Kherson",
}


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    # As it is installed, with its byte code written.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=environment)
    return time.perf_counter() - start


def main(runs: int) -> None:
    """Print a line per question: medians in milliseconds, and the ratio."""
    beside = Path(sys.executable).with_name("weapons-ref")
    tool = [str(beside)] if beside.exists() else [shutil.which("weapons-ref") or "weapons-ref"]
    libraries = ", ".join(f"{name} {version(name)}" for name in ("click", "pyyaml", "pyproj"))
    print(f"Python {platform.python_version()}, {libraries}; {runs} runs each, in turn; medians")
    print(f"{'question':34} {'floor':>8} {'ours':>8} {'ratio':>6}")
    for name, arguments in QUESTIONS.items():
        command = [*tool, *arguments.split()]
        _seconds(command)
        pairs = [(_seconds(FLOOR), _seconds(command)) for _ in range(runs)]
        floor, ours = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
        ratio = statistics.median(own / least for least, own in pairs)
        print(f"{name:34} {floor:5.0f} ms {ours:5.0f} ms {ratio:6.2f}{'' if ratio <= BAR else '  above the bar'}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
