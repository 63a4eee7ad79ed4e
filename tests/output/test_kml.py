"""KML that the OGC's schema takes, that draws no line where a map ends, and that runs nobody's script."""

from __future__ import annotations

import importlib.resources
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas
import msgspec
import pytest
import shapely
from lxml import etree

from weapons_ref import queries
from weapons_ref.catalog.loading import load_catalog
from weapons_ref.errors import FileError
from weapons_ref.model import (
    VERDICTS,
    Area,
    DistanceResult,
    Origin,
    Place,
    Query,
    ReachResult,
    RingResult,
    Source,
    SystemsResult,
    Verdict,
)
from weapons_ref.output import kml, write

Written = Callable[[Any, str], str]
Reached = Callable[..., ReachResult]
Row = Callable[..., Place]
Element = Any  # of lxml
Read = Callable[[Any], Element]

SCRIPT = "</script><img src=x onerror=alert(1)>"
NASTY = [
    SCRIPT, "]]>", "a & b &amp; <b>c</b>", "\x00\x1b[31m\x7f\x85\ufffe\ud800", "線\u3000路 𠮷野家",
    "$[description]$[name]", "'\"\r\n\t", "", "\u202egnp.exe",
]  # fmt: skip

#: A plain ring, an annulus, over the antimeridian, both poles, past half the globe, the whole globe, a wedge.
RINGS: list[tuple[float, float, float, float | None, tuple[float, float] | None]] = [
    (46.6, 32.6, 300e3, None, None),
    (46.6, 32.6, 300e3, 70e3, None),
    (-17.0, 179.9, 300e3, 50e3, None),
    (10.0, 180.0, 2000e3, None, None),
    (89.0, 0.0, 500e3, 100e3, None),
    (-90.0, 0.0, 5500e3, None, None),
    (47.5, 34.6, 15000e3, 300e3, None),
    (10.0, -170.0, 25_000e3, None, None),
    (10.0, 179.0, 800e3, 100e3, (45.0, 200.0)),
]


@pytest.fixture(scope="module")
def schema() -> Any:
    """The schema of OGC 07-147r2."""
    with importlib.resources.as_file(importlib.resources.files("fastkml") / "schema") as folder:
        return etree.XMLSchema(etree.parse(str(folder / "ogckml22.xsd")))


@pytest.fixture
def read(schema: Any, written: Written) -> Read:
    """Write a result, hold it against the schema, and read it."""

    def run(result: Any) -> Element:
        text = written(result, "kml")
        root = etree.fromstring(text.encode())
        schema.assertValid(root)
        return root

    return run


def ringed_at(*asked: Any) -> RingResult:
    lat, lon, range_m, minimum_m, sector = asked
    place = Place(name="o", lat=lat, lon=lon, notation="decimal")
    return queries.rings(
        origin=place, range_m=range_m, minimum_range_m=minimum_m, sector=sector, catalog=load_catalog()
    )


def positions(element: Element) -> list[tuple[float, float]]:
    """The positions of an element that has one list of them."""
    (found,) = element.iter("{*}coordinates")
    pairs = [token.split(",") for token in (found.text or "").split()]
    return [(float(lon), float(lat)) for lon, lat in pairs]


def polygon(element: Element) -> shapely.Polygon:
    (outer,) = element.findall("{*}outerBoundaryIs")
    return shapely.Polygon(positions(outer), [positions(inner) for inner in element.findall("{*}innerBoundaryIs")])


def data(placemark: Element) -> dict[str, str]:
    return {one.attrib["name"]: one[0].text or "" for one in placemark.iter("{*}Data")}


def text(element: Element, tag: str) -> str:
    return element.findtext("{*}" + tag) or ""


class Balloon(HTMLParser):
    """What a browser makes of a description: its words, its elements and its links."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.words, self.tags, self.links = "", set[str](), list[str]()
        self.feed(source)
        self.close()

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for _, value in attrs]


@pytest.mark.parametrize("asked", RINGS, ids=str)
def test_polygons_are_the_ring(asked: Any, read: Read) -> None:
    """Valid by the schema; the fill is the ring's own geometry, holes and all, and has no outline of its own."""
    result = ringed_at(*asked)
    (placemark,) = read(result).iter("{*}Placemark")
    drawn = [polygon(element) for element in placemark.iter("{*}Polygon")]
    (ring,) = result.rings
    assert len(drawn) == len(ring.geometry.geoms)
    for one, other in zip(drawn, ring.geometry.geoms, strict=True):
        assert one.is_valid
        assert len(one.interiors) == len(other.interiors)
        assert set(other.exterior.coords) <= set(one.exterior.coords)
        assert shapely.hausdorff_distance(one.boundary, other.boundary) < 1e-6
        assert one.exterior.is_ccw
    for element in placemark.iter("{*}Polygon"):
        assert (text(element, "tessellate"), text(element, "altitudeMode")) == ("1", "clampToGround")
        for line in element.iter("{*}LinearRing"):
            assert all(abs(b[0] - a[0]) <= 1 + 1e-6 for a, b in pairwise(positions(line)))


@pytest.mark.parametrize("asked", RINGS, ids=str)
def test_no_outline_runs_along_the_end_of_a_map(asked: Any, read: Read) -> None:
    """Lines are all the edges of the polygons but those at a pole and along the antimeridian."""
    (placemark,) = read(ringed_at(*asked)).iter("{*}Placemark")
    edges = {
        edge
        for line in placemark.iter("{*}LinearRing")
        for edge in pairwise(positions(line))
        if not (abs(edge[0][0]) == 180 and edge[0][0] == edge[1][0])
        and not (abs(edge[0][1]) == 90 and edge[0][1] == edge[1][1])
    }
    drawn = [edge for line in placemark.iter("{*}LineString") for edge in pairwise(positions(line))]
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == edges


def test_a_ring_that_ends_at_the_antimeridian_is_bounded_there(read: Read, ringed: RingResult) -> None:
    """An edge there is left out only where the other side is covered."""
    ring = ringed.rings[1]
    half = msgspec.structs.replace(ring, geometry=shapely.MultiPolygon([shapely.box(179, -1, 180, 1, ccw=True)]))
    (line,) = read(msgspec.structs.replace(ringed, rings=(half,))).iter("{*}LineString")
    assert shapely.Polygon(positions(line)).equals(shapely.box(179, -1, 180, 1))


def test_roles_are_told_apart(read: Read, ringed: RingResult) -> None:
    """By colour, by the width of the outline, and by name."""
    root = read(ringed)
    within, disputed = root.iter("{*}Placemark")
    assert [text(one, "styleUrl") for one in (within, disputed)] == ["#within", "#disputed"]
    assert (text(within, "name"), text(disputed, "name")) == (
        "Rocket from Start: within, 100 km",
        "Rocket from Start: disputed, 100-200 km",
    )
    styles = {style.attrib["id"]: style for style in root.iter("{*}Style")}
    for tag in ("{*}LineStyle/{*}color", "{*}LineStyle/{*}width", "{*}PolyStyle/{*}color"):
        assert styles["within"].findtext(tag) != styles["disputed"].findtext(tag)
    assert {style.findtext("{*}PolyStyle/{*}outline") for style in styles.values()} == {"0"}
    assert len([*within.iter("{*}innerBoundaryIs")]) == 1


def test_a_folder_for_each_system_and_origin(read: Read) -> None:
    """Systems have folders, and in them origins, if there are several; every ring is in its own."""
    origins = [
        Place(name=name, lat=46.0, lon=lon, notation="decimal") for name, lon in (("West", 30.0), ("East", 34.0))
    ]
    result = queries.rings("atacms", "gmlrs", origin=origins, catalog=load_catalog())
    document = read(result).find("{*}Document")
    assert document is not None
    folders = document.findall("{*}Folder")
    assert [text(folder, "name") for folder in folders] == [range_.name for range_ in result.ranges]
    for folder, range_ in zip(folders, result.ranges, strict=True):
        assert [text(inner, "name") for inner in folder.findall("{*}Folder")] == ["West", "East"]
        for inner in folder.findall("{*}Folder"):
            for placemark in inner.findall("{*}Placemark"):
                assert (data(placemark)["system"], data(placemark)["origin"]) == (range_.system, text(inner, "name"))
    assert len([*document.iter("{*}Placemark")]) == len(result.rings)
    one = queries.rings("atacms", origin=origins[0], catalog=load_catalog())
    assert len([*read(one).iter("{*}Folder")]) == 1


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_but_a_name(name: str, read: Read, reached: Reached, row: Row) -> None:
    """Whatever a name holds, the file is valid and a balloon shows it as text, without an element or entity of its own.

    What XML cannot hold is shown to be missing.
    """
    shown = "".join(c if c in "\t\n\r" or (c >= " " and c not in "\ufffe\ud800") else "\ufffd" for c in name)
    place = row(name, 1.0, 2.0, **{f"own {name}": name})
    (placemark,) = read(reached(place)).iter("{*}Placemark")
    assert text(placemark, "name") == shown
    assert data(placemark)["place"] == data(placemark)[f"own {shown}"] == shown
    description = text(placemark, "description")
    balloon = Balloon(description)
    assert shown in balloon.words
    assert balloon.tags == {"h3", "p", "b", "table", "tr", "td", "ul", "li", "a"}
    assert "$[" not in description


def test_names_of_origins_systems_and_sources_are_but_names(read: Read, ringed: RingResult) -> None:
    """A catalog and an area of one's own may hold anything, too; only a link to a page is one."""
    range_ = msgspec.structs.replace(ringed.ranges[0], name=SCRIPT)
    area = Area(name=SCRIPT, geometry={"type": "Point", "coordinates": [0, 0]}, credit=SCRIPT, notes=(SCRIPT,))
    origin = Origin(name=SCRIPT, area=area, reading="anywhere")
    sources = {
        "first-paper-2020": Source(key="first-paper-2020", publisher=SCRIPT, title=SCRIPT, url="javascript:alert(1)"),
        "second-paper-2021": Source(key="second-paper-2021", publisher="P", url="https://example.org/?a=1&b='\">"),
    }
    rings = tuple(msgspec.structs.replace(ring, range=range_, origin=origin) for ring in ringed.rings)
    root = read(
        RingResult(
            query=Query(origins=(origin,)), ranges=(range_,), unranged=(SCRIPT,), rings=rings, sources=sources,
        )
    )  # fmt: skip
    for element in root.iter("{*}description"):
        balloon = Balloon(element.text or "")
        assert SCRIPT in balloon.words
        assert not balloon.tags & {"script", "img"}
        assert set(balloon.links) <= {"https://example.org/?a=1&b='\">"}
    assert balloon.links


def test_a_balloon_says_it_all(read: Read, reached: Reached, row: Row) -> None:
    """System, verdict, range, distance, margin, reason, and every figure with its source and a link to it."""
    root = read(reached(row("Town")))
    (placemark,) = root.iter("{*}Placemark")
    balloon = Balloon(text(placemark, "description"))
    for words in (
        "Town", "Rocket (rocket)", "disputed", "100-200 km or more, minimum unknown", "Start", "150.0 km", "90.0°",
        "49.6 km", "in reach by 124 mi (second-paper-2021)", "100 km: First Paper",
        '124 mi = 199.6 km (more than) citing A Minister: Second Paper, "Said", 2021',
    ):  # fmt: skip
        assert words in balloon.words
    assert balloon.links == ["https://example.org/1"]
    assert {style.findtext("{*}BalloonStyle/{*}text") for style in root.iter("{*}Style")} == {"$[description]"}


def test_it_has_what_geojson_has(read: Read, written: Written, ringed: RingResult, reached: Reached, row: Row) -> None:
    """The same properties, the same sources, credits and notes; what is no text is JSON, what is unknown empty."""
    line = queries.distance(*(Place(name=name, lat=1.0, lon=lon) for name, lon in (("a", 1.0), ("b", 2.0))))
    for result in (ringed, reached(row("A", note="x", none=None, flag=True, size=1.5)), line):
        collection = json.loads(written(result, "geojson"))
        root = read(result)
        for placemark, feature in zip(root.iter("{*}Placemark"), collection["features"], strict=True):
            found, wanted = data(placemark), feature["properties"]
            assert list(found) == list(wanted)
            for name, value in wanted.items():
                if isinstance(value, str):
                    assert found[name] == value
                else:
                    assert (json.loads(found[name]) if found[name] else None) == value
        document = root.find("{*}Document")
        assert document is not None
        beside = {key: value for key, value in collection.items() if key not in ("type", "features", "credit", "notes")}
        held = document.findall("{*}ExtendedData")
        assert beside == {key: json.loads(value) for one in held for key, value in data(one).items()}
        assert collection.get("credit", "") in Balloon(text(document, "description")).words


def test_styles_are_by_verdict(read: Read, reached: Reached, row: Row) -> None:
    """Each verdict has a colour of its own, a size of its own, and no picture to be fetched; the order is kept."""
    result = reached(*(row(verdict) for verdict in VERDICTS))
    result.verdicts = tuple(
        msgspec.structs.replace(one, verdict=said) for one, said in zip(result.verdicts, VERDICTS, strict=True)
    )
    root = read(result)
    styles = {style.attrib["id"]: style for style in root.iter("{*}Style")}
    assert [(text(one, "name"), text(one, "styleUrl")) for one in root.iter("{*}Placemark")] == [
        (verdict, f"#{verdict}") for verdict in VERDICTS
    ]
    for tag in ("color", "scale"):
        assert len({styles[verdict].findtext("{*}IconStyle/{*}" + tag) for verdict in VERDICTS}) == len(VERDICTS)
    assert not [*root.iter("{*}href")]
    assert positions(next(root.iter("{*}Point"))) == [(2.0, 1.0)]


def test_a_place_has_its_best_verdict(read: Read) -> None:
    """With a row for each place, its style is the verdict nearest to within, and the balloon has all of them."""
    places = [Place(name=name, lat=46.6, lon=lon, notation="decimal") for name, lon in (("near", 33.2), ("far", 40.0))]
    result = queries.reach(
        "gmlrs", "atacms", origin="46.6,32.6", to=places, by_place=True, show_all=True, catalog=load_catalog()
    )
    near, far = read(result).iter("{*}Placemark")
    assert (text(near, "styleUrl"), text(far, "styleUrl")) == ("#within", "#beyond")
    words = Balloon(text(far, "description")).words
    assert all(range_.name in words for range_ in result.ranges)
    assert "gmlrs_verdict" in data(near)


def test_several_systems_are_named(read: Read) -> None:
    """Where a place has a point for each system, the name says whose it is."""
    result = queries.reach("gmlrs", "atacms", origin="46.6,32.6", to="46.6,33.2", catalog=load_catalog())
    names = [text(one, "name") for one in read(result).iter("{*}Placemark")]
    assert sorted(names) == sorted(f"46.6, 33.2 ({range_.name})" for range_ in result.ranges)


@pytest.mark.parametrize(("lons", "lines"), [((10.0, 50.0), 1), ((170.0, -170.0), 2), ((10.0, 10.0), 1)])
def test_a_distance_is_a_line(lons: tuple[float, float], lines: int, read: Read) -> None:
    """From one place to the other, cut at the antimeridian."""
    start, end = (Place(name="p", lat=40.0, lon=lon, notation="decimal") for lon in lons)
    (placemark,) = read(queries.distance(start, end)).iter("{*}Placemark")
    drawn = [positions(line) for line in placemark.iter("{*}LineString")]
    assert len(drawn) == lines
    assert (drawn[0][0], drawn[-1][-1]) == ((lons[0], 40.0), (lons[1], 40.0))


def test_nothing_is_valid_too(read: Read, reached: Reached, ringed: RingResult, measured: DistanceResult) -> None:
    """An answer without a place or a ring, and a line without length."""
    for result in (reached(), msgspec.structs.replace(ringed, rings=()), measured):
        read(result)


def zipped(result: Any) -> bytes:
    stream = io.BytesIO()
    write(result, "kmz", stream)
    return stream.getvalue()


def test_kmz_is_the_same_kml(written: Written, ringed: RingResult, reached: Reached, row: Row, schema: Any) -> None:
    """Zipped, first in the file, and but for the pictures the same to the byte."""
    with zipfile.ZipFile(io.BytesIO(zipped(ringed))) as archive:
        assert archive.namelist() == ["doc.kml"]
        assert archive.read("doc.kml").decode() == written(ringed, "kml")
    result = reached(row(SCRIPT))
    with zipfile.ZipFile(io.BytesIO(zipped(result))) as archive:
        assert archive.namelist()[0] == "doc.kml"
        text = archive.read("doc.kml")
        pictures = [element.text for element in etree.fromstring(text).iter("{*}href")]
        assert pictures == archive.namelist()[1:]
        assert len({archive.read(name) for name in pictures}) == len(VERDICTS)
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    schema.assertValid(etree.fromstring(text))
    plain = text.decode()
    for name in pictures:
        plain = plain.replace(f"<Icon><href>{name}</href></Icon>", "")
    assert plain == written(result, "kml")


def test_pictures_are_png(reached: Reached) -> None:
    """Whole ones, of the size they say they are, with a see-through corner and a white middle."""
    with zipfile.ZipFile(io.BytesIO(zipped(reached()))) as archive:
        for name in archive.namelist()[1:]:
            picture = archive.read(name)
            assert picture.startswith(b"\x89PNG\r\n\x1a\n")
            chunks, at = {}, 8
            while at < len(picture):
                (length,) = struct.unpack_from(">I", picture, at)
                kind, body = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
                assert struct.unpack_from(">I", picture, at + 8 + length) == (zlib.crc32(kind + body),)
                chunks[kind] = body
                at += 12 + length
            width, height = struct.unpack_from(">II", chunks[b"IHDR"])
            pixels = zlib.decompress(chunks[b"IDAT"])
            assert len(pixels) == height * (1 + 4 * width)
            assert pixels[4] == 0
            middle = (height // 2) * (1 + 4 * width) + 1 + 4 * (width // 2)
            assert pixels[middle : middle + 4] == b"\xff\xff\xff\xff"


def test_the_same_answer_has_the_same_bytes(ringed: RingResult, reached: Reached, row: Row) -> None:
    """Whenever and however often it is written, and where nothing can be gone back to."""
    assert zipped(ringed) == zipped(ringed)
    assert zipped(reached(row("A"))) == zipped(reached(row("A")))

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    pipe = Pipe()
    write(ringed, "kmz", pipe)
    with zipfile.ZipFile(io.BytesIO(pipe.getvalue())) as archive, zipfile.ZipFile(io.BytesIO(zipped(ringed))) as other:
        assert archive.testzip() is None
        assert archive.read("doc.kml") == other.read("doc.kml")


def test_a_kmz_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch, ringed: RingResult) -> None:
    """In words, not with a traceback."""
    monkeypatch.setattr(kml, "_MOST_BYTES", 5000)
    with pytest.raises(FileError, match="2 GiB"):
        zipped(ringed)


def test_places_are_written_as_they_come(reached: Reached, row: Row) -> None:
    """Before the last verdict is known the first places are out, so that an answer of any size fits in memory."""
    stream = io.StringIO()
    result = reached(row("A"))
    (verdict,) = result.verdicts
    sizes: list[int] = []

    def many() -> Iterator[Verdict]:
        for _ in range(20_000):
            sizes.append(stream.tell())
            yield verdict

    result.verdicts = many()
    write(result, "kml", stream)
    assert 5 * sizes[0] < sizes[10_000] < sizes[-1]


def test_what_has_no_place_is_refused(written: Written, shown: SystemsResult) -> None:
    """Before a byte is written."""
    stream = io.BytesIO()
    with pytest.raises(FileError, match="position"):
        written(shown, "kml")
    with pytest.raises(FileError, match="position"):
        write(shown, "kmz", stream)
    assert stream.getvalue() == b""


@pytest.mark.parametrize("name", ["kml", "kmz"])
def test_it_opens_in_geopandas(name: str, reached: Reached, row: Row, tmp_path: Path) -> None:
    """An independent reader finds the points and their names."""
    path = tmp_path / f"a.{name}"
    path.write_bytes(zipped(reached(row("線路", 1.5, -2.5))))
    if name == "kml":
        with path.open("w", encoding="utf-8") as stream:
            write(reached(row("線路", 1.5, -2.5)), name, stream)
    frame = geopandas.read_file(path)
    assert (frame["Name"][0], frame.geometry[0].x, frame.geometry[0].y) == ("線路", -2.5, 1.5)
