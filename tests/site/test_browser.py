"""The site in a real browser, opened from disk, with every request to a network refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from weapons_ref.catalog.loading import load_catalog
from weapons_ref.names import squeeze

NODE = Path(__file__).resolve().parent.parent / "node"
AXE = NODE / "node_modules" / "axe-core" / "axe.min.js"
PAGES = ("index.html", "about.html", "sources.html", "systems/atacms.html", "systems/himars.html")
Open = Callable[..., Any]


@pytest.fixture
def open_page(browser: Any, site: Path) -> Iterator[Open]:
    """Open a page; errors on its console and requests to elsewhere fail the test."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def watch(request: Any) -> None:
        if not request.url.startswith(("file:", "data:")):
            wrong.append(f"asked for {request.url}")

    def make(name: str, *, width: int = 1100, dark: bool = False, script: bool = True, test: bool = False) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            offline=True,
            bypass_csp=test,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", watch)
        page.goto((site / name).as_uri())
        return page

    yield make
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [320, 1100])
def test_a_page_fits_a_telephone(name: str, width: int, open_page: Open) -> None:
    """Nothing is wider than the window, and the style sheet has come."""
    page = open_page(name, width=width)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") != "none"


def shown(page: Any) -> list[str]:
    names: list[str] = page.evaluate(
        "[...document.querySelectorAll('#systems tr:not([hidden]) a')].map(link => link.textContent)"
    )
    return names


@pytest.mark.parametrize("text", ["ATACMS", "atacms", "MGM 140", "mgm-140", "陆军战术导弹", "에이태킴스", "M39A1"])
def test_search_finds_by_any_name(text: str, open_page: Open) -> None:
    """In any script, without regard to case, hyphens and spaces, and by a variant's name."""
    page = open_page("index.html")
    page.fill("#text", text)
    assert "ATACMS" in shown(page)
    assert len(shown(page)) < 5
    assert "of" in page.inner_text("#count")


def test_the_page_folds_names_as_the_catalog_does(site: Path, browser: Any, open_page: Open) -> None:
    """Every name of every record finds it; the script's folding is that of names.py."""
    page = open_page("index.html")
    catalog = load_catalog()
    names = [name for system in catalog.systems.values() for group in system.names.values() for name in group]
    names += ["Błyskawica", "Ærø", "Straße", "Şahin", "ısı", "Đorđe", "Знам’янка", "ｆｕｌｌ　ｗｉｄｔｈ", "Ο ΔΟΜΟΣ"]
    # The script keeps its function to itself, so it is read from the file.
    source = (site / "search.js").read_text(encoding="utf-8")
    body = source.partition("const letters = ")[2].partition("const texts")[0]
    folded = page.evaluate(f"names => {{ const letters = {body}; return names.map(fold); }}", names)
    assert folded == [squeeze(name) for name in names]


def test_search_narrows_by_class_and_country(open_page: Open) -> None:
    """And shows all again."""
    page = open_page("index.html")
    everything = shown(page)
    page.select_option("#country", "SE")
    assert "GLSDB" in shown(page)
    assert "ATACMS" not in shown(page)
    page.select_option("#class", "mlrs")
    assert "GLSDB" not in shown(page)
    page.select_option("#country", "")
    page.select_option("#class", "")
    assert shown(page) == everything


def test_without_scripts_all_is_there(open_page: Open) -> None:
    """The table whole, and no search that would not work."""
    page = open_page("index.html", script=False)
    assert page.locator("#systems tr").count() > 5
    assert not page.locator("#text").is_visible()


def test_the_pictures_are_drawn(open_page: Open) -> None:
    """Both have a size, and the spread has a dot for the highest figure right of that for the lowest."""
    page = open_page("systems/atacms.html")
    for name in ("spread", "ring"):
        box = page.locator(f"svg.{name}").first.bounding_box()
        assert box["width"] > 200
        assert box["height"] > 100
    xs = page.evaluate(
        "[...document.querySelector('svg.spread').querySelectorAll('.dot')].map(d => d.getBoundingClientRect().x)"
    )
    assert max(xs) - min(xs) > 100


@pytest.mark.skipif(not AXE.is_file(), reason="needs `npm ci` in tests/node")
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(name: str, dark: bool, open_page: Open) -> None:
    """Accessibility: contrast, labels, landmarks, headings. (The checker itself is let past the page's policy.)"""
    page = open_page(name, dark=dark, test=True)
    page.add_script_tag(path=str(AXE))
    found = page.evaluate(
        "axe.run({preload: false}).then(result => result.violations.map(v => v.id + ': ' + v.nodes[0].html))"
    )
    assert found == []
