"""The page in a real browser, opened from disk, with every request to a network refused."""

from __future__ import annotations

import functools
import json
import math
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import weapons_ref
from weapons_ref import reach, read_locations
from weapons_ref.mapping import map_of
from weapons_ref.maps.page import SCRIPTS
from weapons_ref.maps.page import page as write_page
from weapons_ref.model import Place

MAPS = Path(weapons_ref.__file__).parent / "maps"
NODE = Path(__file__).resolve().parent.parent / "node"
AXE = NODE / "node_modules" / "axe-core" / "axe.min.js"
NASTY = "</script><img src=x onerror=alert(1)>"
PROJECTIONS = ("azimuthal-equidistant", "globe", "natural-earth", "mercator")
BLUE = (0x00, 0x63, 0xA0)
Open = Callable[..., Any]

#: The questions whose pages are opened, by name.
QUESTIONS: dict[str, dict[str, Any]] = {
    "atacms": {"systems": ["atacms"], "origin": "Kherson", "min_population": 15_000, "towns": 200},
    "kherson": {"range_m": 3e5, "origin": "46.6,32.6", "min_population": None},
    "pole": {"range_m": 1.5e6, "origin": "84,20", "min_population": None},
    "fiji": {"range_m": 8e5, "origin": "-18,179", "min_population": None},
    "hemisphere": {"range_m": 1e7, "origin": "39.03,125.75", "min_population": None},
    "himars": {"systems": ["himars"], "origin": ["Kherson", "Mykolaiv, UA"], "min_population": 100_000},
}


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pages, one with a name that wants to be markup."""
    folder = tmp_path_factory.mktemp("maps")
    for name, asked in QUESTIONS.items():
        options = {key: value for key, value in asked.items() if key != "systems"}
        (folder / f"{name}.html").write_bytes(write_page(map_of(*asked.get("systems", ()), **options)))
    (folder / "nasty.csv").write_text(f'name,lat,lon\n"{NASTY}",47.7,33.7\n"=1+1",45.5,32.5\n')
    result = map_of("atacms", origin="Kherson", locations=read_locations(folder / "nasty.csv"), title=NASTY, towns=10)
    (folder / "nasty.html").write_bytes(write_page(result, dark=True))
    return folder


@pytest.fixture
def open_page(browser: Any, pages: Path) -> Iterator[Open]:
    """Open a page; errors on its console, dialogs and requests to elsewhere fail the test."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def make(name: str, *, width: int = 1100, fragment: str = "", test: bool = False) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, bypass_csp=test)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(f"dialog {dialog.message}"))
        page.on("request", lambda asked: None if asked.url.startswith("file:") else wrong.append(asked.url))
        page.goto((pages / f"{name}.html").as_uri() + fragment)
        page.wait_for_selector("body[data-ready]", timeout=15_000)
        return page

    yield make
    for context in contexts:
        context.close()
    assert wrong == []


def settled(page: Any, act: Callable[[], Any]) -> None:
    """Do something that moves the map, and wait until it stands still."""
    before = int(page.evaluate("document.getElementById('map').dataset.settled"))
    act()
    page.wait_for_function(f"Number(document.getElementById('map').dataset.settled) > {before}", timeout=10_000)


def state(page: Any) -> dict[str, str]:
    return dict(part.split("=") for part in page.evaluate("location.hash")[1:].split("&"))


def natural_earth(phi: float) -> tuple[float, float]:
    p2, p4 = phi**2, phi**4
    across = 0.8707 - 0.131979 * p2 + p4 * (-0.013791 + p4 * (0.003971 * p2 - 0.001529 * p4))
    return across, phi * (1.007226 + p2 * (0.015085 + p4 * (-0.044475 + 0.028874 * p2 - 0.005916 * p4)))


def where(page: Any, lon: float, lat: float) -> tuple[float, float] | None:
    """Return the pixel of a point by the view in the address, from the projections' own formulas; None if unseen."""
    now = state(page)
    size = page.evaluate("[document.getElementById('map').clientWidth, document.getElementById('map').clientHeight]")
    lat0, lon0 = map(float, now["c"].split(","))
    zoom = float(now["z"]) * min(size)
    moved = [float(part) * zoom for part in now.get("m", "0,0").split(",")]
    dl = math.radians((lon - lon0 + 180) % 360 - 180)
    phi, phi0 = math.radians(lat), math.radians(lat0)
    if now["p"] == "mercator":
        x, y = dl, math.asinh(math.tan(phi)) - math.asinh(math.tan(phi0))
    elif now["p"] == "natural-earth":
        x, y = dl * natural_earth(phi)[0], natural_earth(phi)[1] - natural_earth(phi0)[1]
    else:
        x = math.cos(phi) * math.sin(dl)
        y = math.cos(phi0) * math.sin(phi) - math.sin(phi0) * math.cos(phi) * math.cos(dl)
        ahead = math.sin(phi0) * math.sin(phi) + math.cos(phi0) * math.cos(phi) * math.cos(dl)
        if now["p"] == "globe" and ahead < 0.1:
            return None
        if now["p"] == "azimuthal-equidistant":
            stretch = math.acos(max(-1, min(1, ahead))) / math.hypot(x, y)
            x, y = x * stretch, y * stretch
    px, py = size[0] / 2 + moved[0] + zoom * x, size[1] / 2 + moved[1] - zoom * y
    return (px, py) if 4 < px < size[0] - 4 and 4 < py < size[1] - 60 else None


def closest_colour(page: Any, x: float, y: float, wanted: tuple[int, int, int] = BLUE) -> float:
    """Return how far the pixels about a position are from a colour, the best of them."""
    pixels = page.evaluate(
        """([x, y]) => { const canvas = document.querySelector('#map canvas');
        const by = canvas.width / canvas.clientWidth;
        const square = [Math.round(x * by) - 2, Math.round(y * by) - 2, 5, 5];
        return [...canvas.getContext('2d').getImageData(...square).data]; }""",
        [x, y],
    )
    return min(math.dist(pixels[at : at + 3], wanted) for at in range(0, len(pixels), 4))


def test_scripts_do_not_share_names() -> None:
    """They run in one scope, where a second function of a name silently takes the place of the first."""
    names = [
        name
        for script in SCRIPTS
        for name in re.findall(
            r"^(?:async )?(?:function|const|let|class) (\w+)", (MAPS / script).read_text(encoding="utf-8"), re.MULTILINE
        )
    ]
    assert [name for name in set(names) if names.count(name) > 1] == []


@pytest.mark.parametrize("projection", PROJECTIONS)
@pytest.mark.parametrize("name", ["kherson", "pole", "fiji", "hemisphere"])
def test_the_ring_is_drawn_where_it_belongs(name: str, projection: str, open_page: Open) -> None:
    """On every projection, over the pole and the antimeridian too: its line has its colour there."""
    page = open_page(name)
    if state(page)["p"] != projection:
        settled(page, lambda: page.select_option("#projection", projection))
    asked = {key: value for key, value in QUESTIONS[name].items() if key in ("range_m", "origin")}
    rings = weapons_ref.rings(*QUESTIONS[name].get("systems", ()), **asked)
    (ring,) = [ring for ring in rings.rings if ring.role == "within"]
    vertices = [vertex for part in ring.geometry.geoms for vertex in part.exterior.coords]
    # What runs along the end of a map is no line of the ring.
    vertices = [(lon, lat) for lon, lat in vertices if abs(lon) < 179.9 and abs(lat) < 85]
    shown = [at for lon, lat in random.Random(5).sample(vertices, 60) if (at := where(page, lon, lat))]
    assert len(shown) > (5 if projection == "globe" and name == "hemisphere" else 15)
    # A name may stand on a line here and there.
    close = [closest_colour(page, *at) < 60 for at in shown]
    assert sum(close) > 0.85 * len(close)


def test_a_typed_point_has_the_verdict_of_reach(open_page: Open) -> None:
    """200 random points, typed in several ways: verdict, distance and origin are the core's."""
    page = open_page("himars")
    source = random.Random(20261123)
    places = [
        Place(name=str(number), lat=round(source.uniform(40, 54), 5), lon=round(source.uniform(22, 44), 5))
        for number in range(200)
    ]
    result = reach("himars", origin=["Kherson", "Mykolaiv, UA"], to=places, show_all=True)
    verdicts = iter(result.verdicts)
    seen = set()
    texts = [
        (f"{place.lat}, {place.lon}", f"{place.lat} {place.lon}", f"{place.lat}°N {place.lon}°E")[number % 3]
        for number, place in enumerate(places)
    ]
    answered = page.evaluate(
        """texts => texts.map(text => { document.getElementById('search').value = text;
        document.getElementById('find').requestSubmit();
        return JSON.parse(document.getElementById('answers').dataset.answers); })""",
        texts,
    )
    assert len(answered) == 200
    for answers in answered:
        assert len(answers) == len(result.ranges)
        for answer in answers:
            wanted = next(verdicts)
            assert (answer["verdict"], result.query.origins[answer["origin"]].name) == (
                wanted.verdict,
                wanted.origin.name,
            )
            assert wanted.distance_m is not None
            assert answer["distance_m"] == pytest.approx(wanted.distance_m, abs=1)
            seen.add(wanted.verdict)
    assert {"within", "disputed", "beyond"} <= seen


def test_a_click_on_a_place_opens_its_panel(open_page: Open) -> None:
    """With verdict, distance, margin and sources that link to the list below."""
    page = open_page("atacms")
    (verdict,) = reach("atacms", origin="Kherson", to="Melitopol").verdicts
    at = where(page, verdict.place.lon, verdict.place.lat)
    assert at is not None
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + at[0], box["y"] + at[1])
    assert page.inner_text("#panel-title") == "Melitopol"
    said = page.inner_text("#answers")
    assert verdict.verdict in said
    assert verdict.distance_m is not None
    assert f"{verdict.distance_m / 1000:.1f} km away" in said
    assert "margin" in said
    links = page.eval_on_selector_all("#answers a", "links => links.map(link => link.hash)")
    assert links
    assert all(page.locator(f"#sources {link}").count() == 1 for link in links)
    page.press("body", "Escape")
    assert page.locator("#panel").is_hidden()


def test_a_click_beside_places_judges_the_point(open_page: Open) -> None:
    """The sea has no name, and a verdict all the same."""
    page = open_page("atacms")
    at = where(page, 31.5, 45.0)
    assert at is not None
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + at[0], box["y"] + at[1])
    lat, lon = map(float, page.inner_text("#panel-title").split(","))
    assert (lat, lon) == pytest.approx((45.0, 31.5), abs=0.02)
    (answer,) = json.loads(page.get_attribute("#answers", "data-answers"))
    (verdict,) = reach("atacms", origin="Kherson", to=Place(name="sea", lat=lat, lon=lon)).verdicts
    assert answer["verdict"] == verdict.verdict
    assert answer["distance_m"] == pytest.approx(verdict.distance_m, abs=2)


def test_a_system_can_be_switched_off(open_page: Open) -> None:
    """Its ring goes, its answers go, and the address remembers."""
    page = open_page("himars")
    page.fill("#search", "47.5, 33")
    page.press("#search", "Enter")
    before = page.locator("#answers .answer").count()
    names = page.eval_on_selector_all("#layers li", "items => items.map(item => item.innerText.trim())")
    settled(page, lambda: page.uncheck("#layers li:nth-child(1) input"))
    assert page.locator("#answers .answer").count() == before - 1
    assert names[0].split()[0] not in page.inner_text("#answers")
    assert state(page)["h"] == "0"


def test_what_is_switched_off_is_not_drawn(open_page: Open) -> None:
    """No pixel of the ring's line is left."""
    page = open_page("fiji")
    ring = weapons_ref.rings(range_m=8e5, origin="-18,179").rings[0]
    vertices = [vertex for part in ring.geometry.geoms for vertex in part.exterior.coords if abs(vertex[0]) < 179.9]
    spots = [at for lon, lat in random.Random(5).sample(vertices, 20) if (at := where(page, lon, lat))]
    assert sum(closest_colour(page, *at) < 60 for at in spots) > 0.8 * len(spots)
    settled(page, lambda: page.uncheck("#layers li:nth-child(1) input"))
    assert sum(closest_colour(page, *at) < 60 for at in spots) == 0


@pytest.mark.parametrize("name", ["46.6", "Nowhere at all", "91, 10", "10, 200", ""])
def test_what_is_no_place_is_said_to_be_none(name: str, open_page: Open) -> None:
    """And the panel stays shut."""
    page = open_page("atacms")
    page.fill("#search", name)
    page.press("#search", "Enter")
    assert page.locator("#panel").is_hidden()
    assert bool(page.inner_text("#said")) == bool(name)


@pytest.mark.parametrize("typed", ["Sevastopol", "sevastopol", "SEVASTO", "Sévastopol"])
def test_search_finds_places(typed: str, open_page: Open) -> None:
    """Without regard to case and accents."""
    page = open_page("atacms")
    page.fill("#search", typed)
    page.click("#find button")
    assert page.inner_text("#panel-title") == "Sevastopol"


def test_names_are_text(open_page: Open) -> None:
    """A name that is markup is shown as it is: in title, table, panel and suggestions."""
    page = open_page("nasty")
    assert page.title() == NASTY
    assert page.inner_text("h1") == NASTY
    assert page.locator("img").count() == 0
    page.click("main summary")
    assert page.inner_text("#places tr:first-child button") == NASTY
    page.click("#places tr:first-child button")
    assert page.inner_text("#panel-title") == NASTY
    page.fill("#search", "</scr")
    assert page.locator("#suggestions option").first.get_attribute("value") == NASTY
    page.fill("#search", NASTY)
    page.press("#search", "Enter")
    assert page.inner_text("#panel-title") == NASTY


def test_a_link_brings_back_the_view(open_page: Open) -> None:
    """Projection, centre, scale, hidden systems and the point in the panel."""
    page = open_page("himars")
    settled(page, lambda: page.select_option("#projection", "globe"))
    settled(page, lambda: page.uncheck("#layers li:nth-child(2) input"))
    page.fill("#search", "48, 35")
    page.press("#search", "Enter")
    box = page.locator("#map").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)

    def drag() -> None:
        page.mouse.down()
        page.mouse.move(box["x"] + 260, box["y"] + 240, steps=4)
        page.mouse.up()

    settled(page, drag)
    fragment = page.evaluate("location.hash")
    again = open_page("himars", fragment=fragment)
    assert state(again) == state(page)
    assert again.inner_text("#answers") == page.inner_text("#answers")


@pytest.mark.parametrize("projection", PROJECTIONS)
def test_the_map_can_be_used_by_keyboard(projection: str, open_page: Open) -> None:
    """Arrows move it, plus and minus enlarge it, 0 brings all back, Enter judges the middle."""
    page = open_page("fiji")
    if state(page)["p"] != projection:
        settled(page, lambda: page.select_option("#projection", projection))
    whole = state(page)
    page.focus("#map")
    for key in ("ArrowLeft", "ArrowUp", "+"):
        before = page.evaluate("location.hash")
        settled(page, functools.partial(page.keyboard.press, key))
        assert page.evaluate("location.hash") != before
    page.keyboard.press("Enter")
    assert page.locator("#panel").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("0")
    # The panel may have changed the size of the map meanwhile, so that it settles more than once.
    page.wait_for_function(f"location.hash.includes('z={whole['z']}')", timeout=10_000)
    assert {key: value for key, value in state(page).items() if key != "at"} == whole


@pytest.mark.parametrize("projection", PROJECTIONS)
def test_the_wheel_keeps_what_is_under_it(projection: str, open_page: Open) -> None:
    """A point of the map stays where the pointer is."""
    page = open_page("atacms")
    if state(page)["p"] != projection:
        settled(page, lambda: page.select_option("#projection", projection))
    at = where(page, 33.5, 47.2)
    assert at is not None
    box = page.locator("#map").bounding_box()
    page.mouse.move(box["x"] + at[0], box["y"] + at[1])
    settled(page, lambda: page.mouse.wheel(0, -120))
    after = where(page, 33.5, 47.2)
    assert after == pytest.approx(at, abs=1.5)


@pytest.mark.parametrize("name", ["atacms", "nasty", "himars"])
def test_axe_finds_nothing(name: str, open_page: Open) -> None:
    """No finding of axe-core's standard rules, with the panel and the table open, light and dark."""
    if not AXE.is_file():
        pytest.skip("needs `npm ci` in tests/node")
    page = open_page(name, test=True)
    page.click("main summary")
    page.fill("#search", "47, 33")
    page.press("#search", "Enter")
    page.add_script_tag(path=str(AXE))
    found = page.evaluate("axe.run().then(result => result.violations)")
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []


@pytest.mark.parametrize("name", ["atacms", "nasty"])
def test_a_page_fits_a_telephone(name: str, open_page: Open) -> None:
    """Nothing is wider than the window."""
    page = open_page(name, width=320)
    page.fill("#search", "47, 33")
    page.press("#search", "Enter")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_page_is_valid_html(pages: Path) -> None:
    """By html-validate's standard rules, but for styles in elements and the length of lines."""
    program = NODE / "node_modules" / ".bin" / "html-validate"
    if not (shutil.which("node") and program.exists()):
        pytest.skip("needs node and `npm ci` in tests/node")
    rules = {"extends": ["html-validate:standard"], "rules": {"no-inline-style": "off", "long-title": "off"}}
    (pages / "rules.json").write_text(json.dumps(rules))
    done = subprocess.run(
        [str(program), "--config", str(pages / "rules.json"), "--formatter", "json", str(pages / "atacms.html")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = [message for file in json.loads(done.stdout) for message in file["messages"]]
    assert [(one["ruleId"], one["message"], one["line"]) for one in found] == []


def test_a_page_is_small_and_holds_no_address_that_loads(pages: Path) -> None:
    """With 5,000 places it stays under 4 MB; nothing in it is fetched from elsewhere."""
    result = map_of(range_m=1e7, origin="39.03,125.75", min_population=85_000, towns=600)
    assert result.places is not None
    assert len(list(result.places.verdicts)) > 4500
    text = write_page(result)
    assert len(text) < 4e6
    for file in pages.glob("*.html"):
        assert not re.search(
            rb"(?:src|href)=[\"'](?:https?:)?//(?!\S*rel=)", re.sub(rb"<a [^>]*>", b"", file.read_bytes())
        )


def test_every_page_says_what_is_owed(open_page: Open) -> None:
    """Credits, licences, and that boundaries imply no position."""
    page = open_page("atacms")
    said = page.inner_text("footer")
    for words in ("Natural Earth", "GeoNames", "Vega", "Boundaries imply no position"):
        assert words in said
    page.click("footer summary")
    assert "University of Washington Interactive Data Lab" in page.inner_text("footer pre")


def test_it_prints(open_page: Open) -> None:
    """The controls go, the map and what is said stay."""
    page = open_page("atacms")
    page.emulate_media(media="print")
    assert page.locator(".bar").is_hidden()
    assert page.locator("#map canvas").is_visible()
    assert page.pdf()[:5] == b"%PDF-"
