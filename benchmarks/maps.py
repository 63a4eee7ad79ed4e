"""How long pictures take, how large and how quick pages are: ``python -m benchmarks.maps``.

Pictures are timed as commands, from start to end. Pages are opened in headless chromium and dragged by events, one
for each frame.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PICTURES = {
    "300 km round Kherson": ("--range", "300km", "--from", "Kherson"),
    "ATACMS from Kherson": ("atacms", "--from", "Kherson"),
    "10,000 km round Pyongyang": ("--range", "10000km", "--from", "Pyongyang"),
    "150 km round Luxembourg": ("--range", "150km", "--from-country", "LU"),
}
PAGES = {
    "ATACMS from Kherson": ("atacms", "--from", "Kherson"),
    "10,000 km, places of 85,000 people or more": (
        "--range", "10000km", "--from", "Pyongyang", "--min-population", "85000",
    ),
    "10,000 km, places of 15,000 people or more": ("--range", "10000km", "--from", "Pyongyang"),
}  # fmt: skip
KINDS = ("png", "svg")
PROJECTIONS = ("azimuthal-equidistant", "globe", "natural-earth", "mercator")
DRAG = """async () => {
  const map = document.getElementById("map"), box = map.getBoundingClientRect(), times = [];
  map.setPointerCapture = () => {};
  const event = (kind, x, y) => map.dispatchEvent(
    new PointerEvent(kind, { pointerId: 1, clientX: box.left + x, clientY: box.top + y, bubbles: true }));
  event("pointerdown", 300, 300);
  for (let frame = 0; frame < 120; frame++) {
    event("pointermove", 300 + ((frame * 3) % 300), 300 + (frame % 150));
    await new Promise((done) => requestAnimationFrame(done));
    times.push(performance.now());
  }
  event("pointerup", 300, 300);
  return (1000 * (times.length - 1)) / (times.at(-1) - times[0]);
}"""


def run(*arguments: str) -> float:
    """Return the seconds that a command takes."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "weapons_ref", *arguments, "--force", "--quiet"], check=True)
    return time.perf_counter() - start


def drag(browser: Any, file: Path) -> tuple[float, list[float]]:
    """Return the seconds until a page can be used, and its frames a second while it is dragged, by projection."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    start = time.perf_counter()
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-ready]")
    ready = time.perf_counter() - start
    rates = []
    for projection in PROJECTIONS:
        page.select_option("#projection", projection)
        page.wait_for_timeout(1000)
        rates.append(page.evaluate(DRAG))
        page.wait_for_timeout(1000)
    page.close()
    return ready, rates


def main() -> None:
    """Print the tables."""
    from playwright.sync_api import sync_playwright
    from tabulate import tabulate

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        drawn = [
            (title, *(min(run("plot", *asked, "-o", str(folder / f"a.{kind}")) for _ in range(5)) for kind in KINDS))
            for title, asked in PICTURES.items()
        ]
        print(tabulate(drawn, ["a picture, seconds, best of 5", *KINDS], floatfmt=".2f"), end="\n\n")
        rows = []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            for title, asked in PAGES.items():
                file = folder / "a.html"
                run("map", *asked, "-o", str(file))
                many = file.read_text(encoding="utf-8").split('"verdicts":[')[1].split("]")[0].count('"') // 2
                ready, rates = drag(browser, file)
                rows.append(
                    (title, f"{many:,}", f"{file.stat().st_size / 1e6:.1f}", f"{ready:.1f}", *map(round, rates))
                )
            browser.close()
        print(
            "Pages in headless chromium, drawn by the processor; the last columns are frames a second while dragging."
        )
        print(tabulate(rows, ["a page", "places", "MB", "ready, s", *PROJECTIONS], disable_numparse=True))


if __name__ == "__main__":
    main()
