"""Pictures: rings where they belong on every projection, words that do not lie on each other, what is owed said."""

from __future__ import annotations

import io
import math
import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pyproj import Geod

import weapons_ref
from weapons_ref.errors import FileError, QueryError
from weapons_ref.mapping import map_of
from weapons_ref.maps.frame import PROJECTIONS, Projection
from weapons_ref.maps.picture import Look, picture, specify
from weapons_ref.model import MapResult
from weapons_ref.output import write

GEOD = Geod(ellps="WGS84")
SVG = "{http://www.w3.org/2000/svg}"
Floats = npt.NDArray[np.float64]


def drawn(*systems: str, **question: Any) -> MapResult:
    return map_of(*systems, **{"min_population": None, **question})


def outlines(svg: bytes, colour: str = "#0063a0") -> Iterator[Floats]:
    """Yield the points of the paths that are stroked in a colour, in pixels of the map."""

    def walk(element: ET.Element, dx: float, dy: float) -> Iterator[tuple[ET.Element, float, float]]:
        found = re.match(r"translate\(([-\d.]+),\s*([-\d.]+)\)", element.get("transform", ""))
        if found:
            dx, dy = dx + float(found[1]), dy + float(found[2])
        yield element, dx, dy
        for child in element:
            yield from walk(child, dx, dy)

    for element, dx, dy in walk(ET.fromstring(svg), 0, 0):
        if element.tag == f"{SVG}path" and element.get("stroke") == colour and element.get("fill") in (None, "none"):
            for line in element.get("d", "").split("M")[1:]:
                numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", line)]
                yield np.array(numbers).reshape(-1, 2) + np.array([dx, dy])


def signal(spec: dict[str, Any], name: str) -> Any:
    return next(one["value"] for one in spec["signals"] if one["name"] == name)


# ---------------------------------------------------------------- inverses, from the projections' own formulas


def azimuthal(x: Floats, y: Floats, lat0: float, angle: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
    """Snyder, Map Projections: A Working Manual (1987), equations 20-14 and 20-15."""
    rho = np.hypot(x, y)
    c = angle(rho)
    phi0 = math.radians(lat0)
    lat = np.arcsin(np.cos(c) * math.sin(phi0) + y * np.sin(c) * math.cos(phi0) / np.maximum(rho, 1e-300))
    lon = np.arctan2(x * np.sin(c), rho * math.cos(phi0) * np.cos(c) - y * math.sin(phi0) * np.sin(c))
    return np.degrees(lon), np.degrees(lat)


def natural_earth(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Jenny, Patterson and Hurni (2011), by Newton's method."""
    phi = y.copy()
    for _ in range(30):
        p2 = phi**2
        up = phi * (1.007226 + p2 * (0.015085 + p2**2 * (-0.044475 + 0.028874 * p2 - 0.005916 * p2**2)))
        slope = 1.007226 + 3 * 0.015085 * p2 - 7 * 0.044475 * p2**3 + 9 * 0.028874 * p2**4 - 11 * 0.005916 * p2**5
        phi = phi - (up - y) / slope
    p2 = phi**2
    across = 0.8707 - 0.131979 * p2 + p2**2 * (-0.013791 + p2**2 * (0.003971 * p2 - 0.001529 * p2**2))
    return np.degrees(x / across), np.degrees(phi)


def inverse(spec: dict[str, Any], points: Floats) -> tuple[Floats, Floats]:
    """Return longitude and latitude of pixels, by the view that a specification has."""
    name, zoom = signal(spec, "projection"), signal(spec, "zoom")
    lon0, lat0 = signal(spec, "lon"), signal(spec, "lat")
    group = next(mark for mark in spec["marks"] if mark["type"] == "group")
    x = (points[:, 0] - signal(spec, "mapWidth") / 2) / zoom
    y = -(points[:, 1] - group["encode"]["update"]["y"]["value"] - signal(spec, "mapHeight") / 2) / zoom
    if name == "azimuthalEquidistant":
        lon, lat = azimuthal(x, y, lat0, lambda rho: rho)
    elif name == "orthographic":
        lon, lat = azimuthal(x, y, lat0, lambda rho: np.arcsin(np.minimum(rho, 1)))
    elif name == "mercator":
        lon, lat = np.degrees(x), np.degrees(np.arctan(np.sinh(y + math.asinh(math.tan(math.radians(lat0))))))
    else:
        lon, lat = natural_earth(x, y)
    return (lon + lon0 + 180) % 360 - 180, lat


PLACES = {
    "ordinary": ("46.6,32.6", 3e5),
    "over the pole": ("84,20", 1.5e6),
    "over the antimeridian": ("-18,179", 8e5),
    "a hemisphere": ("39,125.75", 1e7),
    "near the antipode": ("10,20", 1.9e7),
}


@pytest.mark.parametrize("projection", PROJECTIONS)
@pytest.mark.parametrize("case", PLACES)
def test_the_ring_is_where_it_belongs(case: str, projection: Projection) -> None:
    """Transformed back, what is drawn lies within the stated error of the range, but for the rounding of pixels."""
    origin, range_m = PLACES[case]
    look = Look(projection=projection)
    result = drawn(origin=origin, range_m=range_m)
    spec = specify(result, look)
    lat, lon = map(float, origin.split(","))
    checked = 0
    width, height = signal(spec, "mapWidth"), signal(spec, "mapHeight")
    top = next(mark for mark in spec["marks"] if mark["type"] == "group")["encode"]["update"]["y"]["value"]
    for points in outlines(picture(result, "svg", look)):
        # A line that leaves the picture is cut there, eight pixels outside.
        inside = (points[:, 0] > 0) & (points[:, 0] < width) & (points[:, 1] > top) & (points[:, 1] < top + height)
        points = points[inside]
        if projection == "globe":
            # At the rim of a globe a pixel is any number of kilometres, and a line is cut.
            middle = [width / 2, top + height / 2]
            points = points[np.hypot(*(points - middle).T) < 0.97 * signal(spec, "zoom")]
        if not len(points):
            continue
        lons, lats = inverse(spec, points)
        many = len(points)
        _, _, metres = GEOD.inv(np.full(many, lon), np.full(many, lat), lons, lats)
        # Half of a thousandth of a pixel either way, by the metres of a pixel there.
        moved = [inverse(spec, points + np.array([dx, dy])) for dx, dy in ((0.001, 0), (0, 0.001))]
        rounding = sum(GEOD.inv(lons, lats, *there)[2] for there in moved)
        assert (np.abs(metres - range_m) <= 10 + 1 + rounding).all()
        checked += many
    assert checked > 50 or (projection == "globe" and range_m > 9e6)


def test_a_ring_round_its_origin_is_a_circle() -> None:
    """On the projection that is taken for regional maps; the ellipsoid shows by less than half a percent."""
    result = drawn(origin="46.6,32.6", range_m=3e5)
    spec = specify(result)
    assert signal(spec, "projection") == "azimuthalEquidistant"
    (points,) = outlines(picture(result, "svg"))
    top = next(mark for mark in spec["marks"] if mark["type"] == "group")["encode"]["update"]["y"]["value"]
    middle = [signal(spec, "mapWidth") / 2, top + signal(spec, "mapHeight") / 2]
    radii = np.hypot(*(points - middle).T)
    assert radii.max() / radii.min() < 1.005


@pytest.mark.parametrize(
    ("range_m", "projection"),
    [(3e5, "azimuthalEquidistant"), (1.9e6, "azimuthalEquidistant"), (5e6, "orthographic"), (1e7, "naturalEarth1")],
)
def test_the_projection_fits_the_range(range_m: float, projection: str) -> None:
    """Regional maps are equidistant, larger ones a globe, and the largest show the world."""
    assert signal(specify(drawn(origin="Pyongyang", range_m=range_m)), "projection") == projection


def test_bands_are_told_apart_without_colour() -> None:
    """What is certain has a solid line, what is disputed a dashed one, and both are in the key."""
    svg = picture(drawn("atacms", origin="Kherson"), "svg").decode()
    lines = re.findall(r'<path[^>]*stroke="#0063a0"[^>]*>', svg)
    assert {"dasharray" in line and "6" in line.split("dasharray")[1][:6] for line in lines} == {True, False}
    assert "within every published range" in svg
    assert "disputed: within some, not all" in svg
    assert "165 km, lowest claim" in svg
    assert "306 km, highest claim" in svg


@pytest.mark.parametrize("style", ["minimal", "press", "print"])
def test_every_map_says_what_is_owed(style: Any) -> None:
    """Credits, and that boundaries imply no position."""
    svg = picture(drawn(origin="Kherson", range_m=3e5, towns=100), "svg", Look(style=style)).decode()
    words = re.sub(r"\s+", " ", " ".join(re.findall(r">([^<]+)</text>", svg)))
    assert "Boundaries imply no position" in words
    assert "Natural Earth" in words
    assert "GeoNames (geonames.org), CC BY 4.0" in words


def test_sources_are_named() -> None:
    """Some under the picture, all of them in its description."""
    result = drawn("atacms", origin="Kherson")
    svg = picture(result, "svg").decode()
    assert "Sources: " in svg
    described = specify(result)["description"]
    assert all(source.publisher in described for source in result.rings.sources.values())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"basis": "low"}, "of each, the lowest figure"),
        ({"basis": "janes-2023-08"}, "janes-2023-08 alone"),
        ({"as_of": "2023"}, "published by 2023"),
    ],
)
def test_claims_that_were_left_out_are_told_of(options: dict[str, Any], said: str) -> None:
    """A map of some claims does not pass for one of all."""
    assert said in picture(drawn("atacms", origin="Kherson", **options), "svg").decode()


def test_names_do_not_lie_on_each_other() -> None:
    """Boxes round the names of a crowded map, measured by their letters, are disjoint."""
    spec = specify(drawn(origin="Brussels, BE", range_m=3e5, towns=400))
    group = next(mark for mark in spec["marks"] if mark["type"] == "group")
    names = next(data for data in spec["data"] if data["name"] == "names")["values"]
    assert len(names) > 20
    # Each mark's place comes from Vega; here it is enough that all anchors differ and the most populous are there.
    assert len({(name["lon"], name["lat"]) for name in names}) == len(names)
    assert {"Paris", "London"} <= {name["name"] for name in names}
    assert group["encode"]["update"]["clip"] == {"value": True}


def test_judged_places_have_shapes_of_their_own() -> None:
    """A verdict is told by shape as well as colour, and the key tells which."""
    result = drawn("atacms", origin="Kherson", to=["Odesa, UA", "Sevastopol", "Kyiv"], show_all=True)
    spots = next(data for data in specify(result)["data"] if data["name"] == "spots")["values"]
    assert {spot["name"]: spot["verdict"] for spot in spots} == {
        "Odesa": "within",
        "Sevastopol": "disputed",
        "Kyiv": "beyond",
    }
    svg = picture(result, "svg").decode()
    assert "beyond every one" in svg


def test_files_are_what_they_say() -> None:
    """A PNG of the size asked for, an SVG that parses, a PDF."""
    result = drawn(origin="Kherson", range_m=3e5)
    png = picture(result, "png", Look(size=(800, 640)))
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (800, 640)
    root = ET.fromstring(picture(result, "svg", Look(size=(800, 640))))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("800", "640", "0 0 960 768")
    assert picture(result, "pdf").startswith(b"%PDF-")


def test_the_same_question_gives_the_same_picture() -> None:
    """Byte for byte, so that a page's pictures change only when the answer does."""
    result = drawn("atacms", origin="Kherson", towns=100)
    assert picture(result, "svg") == picture(result, "svg")


def test_a_name_is_text(tmp_path: Any) -> None:
    """Markup in a title or a place's name is shown, not obeyed."""
    nasty = "</text><script>alert(1)</script>"
    root = ET.fromstring(picture(drawn(origin="Kherson", range_m=3e5, title=nasty), "svg"))
    assert root.find(f".//{SVG}script") is None
    assert nasty in [element.text for element in root.iter(f"{SVG}text")]


def test_a_picture_too_small_for_its_words_is_refused() -> None:
    """With what would help."""
    with pytest.raises(QueryError, match="minimal"):
        picture(drawn("himars", origin="Kherson"), "png", Look(size=(2000, 300)))


def test_a_ring_alone_is_a_circle_of_its_range() -> None:
    """With nothing under it; the description has its sources, and how large a pixel is."""
    text = io.StringIO()
    write(weapons_ref.rings("atacms", origin="Kherson"), "svg", text)
    root = ET.fromstring(text.getvalue())
    said = root.findtext(f"{SVG}desc") or ""
    found = re.search(r"A pixel is ([\d.]+) km", said)
    assert found
    assert "Janes" in said
    lines = [line - 480 for line in outlines(text.getvalue().encode())]
    radii = sorted({round(float(np.hypot(*line.T).max()) * float(found[1])) for line in lines})
    # The lowest and the highest claim, and the minimum range; drawn on a sphere they are up to 0.4 % off.
    assert radii == pytest.approx([25, 165, 306], rel=0.004)
    assert root.find(f".//{SVG}text") is None
    assert root.find(f"{SVG}rect") is None


def test_places_are_no_rings() -> None:
    """What has no ring is refused, with where to go instead."""
    with pytest.raises(FileError, match="plot"):
        write(weapons_ref.reach("atacms", origin="Kherson", to="Sevastopol"), "svg", io.StringIO())
