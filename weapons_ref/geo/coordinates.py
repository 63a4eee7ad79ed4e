"""Positions as people write them: text to latitude and longitude, and back.

Six notations, each with a small parser of its own, tried in turn: ``geo:`` URIs (RFC 5870), full
Plus codes (Open Location Code), MGRS, UTM, and latitude and longitude in decimal degrees or in degrees,
minutes and seconds. Nothing is guessed. A text either has the shape of one notation, and is then
read or refused; or it has the shape of none, and is left to those who look up names of places.

People write latitude first, and so does this module; the rest of the package puts longitude first.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Literal, NamedTuple, NoReturn

from weapons_ref.errors import CoordinateError
from weapons_ref.geo.geodesy import check_position, inverse, lonlat_to_utm, utm_to_lonlat

Notation = Literal["decimal", "dms", "mgrs", "utm", "plus-code", "geo-uri"]

#: Longer texts are refused unread, so that no input is expensive.
MAX_LENGTH = 256


class Coordinate(NamedTuple):
    """A position, and how it was written."""

    lat: float
    lon: float
    notation: Notation
    #: Half the side of the cell that an MGRS reference or Plus code names (its longer side), or
    #: the uncertainty that a geo URI states; None where the text says nothing of the kind.
    precision_m: float | None
    turned_back: bool = False  #: the longitude was past 180 either way


def parse(text: str) -> Coordinate | None:
    """Return the position that a text writes as a coordinate, or None if it must be a name.

    Parameters
    ----------
    text : str
        Decimal degrees (``46.6, 32.6``; ``N46.6 E32.6``), degrees, minutes and seconds
        (``46°38'13"N 32°36'52"E``, with ``d m s``, colons or spaces instead, or as
        ``463813N0323652E``), MGRS of any precision (``36TWS1234567890``), UTM
        (``36T 470000 5164000``), a full Plus code (``8GXX6J44+4Q``) or a ``geo:`` URI.

    Returns
    -------
    Coordinate or None
        For MGRS and Plus codes, the centre of the cell. Longitudes past 180 come back into range.

    Raises
    ------
    CoordinateError
        If the text is meant as a coordinate but is not a right one. The first line of the message
        says why, the second shows the text, the third has a caret under the place.

    Notes
    -----
    The letter after a UTM zone is a latitude band, C to X, as in MGRS, and must agree with the
    northing. Many write N and S for the hemispheres instead. For N that makes no difference. S
    is read only where the northing rules band S (32 to 40 N) out; ``north`` and ``south`` always are.

    Three letters with or without a number can be a town (Ayr 4807, 12 Pau, 3eme). So MGRS without
    digits needs capitals; a polar reference needs both, and a blank before its digits must come with
    one between easting and northing (``ZAH 48 07``); and a zone that a blank parts from three
    letters in one word needs six digits or more.
    """
    if len(text) > MAX_LENGTH:
        shown = " ".join(text[:60].split())
        _refuse(f"{shown}...", len(shown), f"{len(text)} characters; a place or coordinate has at most {MAX_LENGTH}")
    text = " ".join(unicodedata.normalize("NFKC", text.translate(_MARKS)).split())
    for read in (_read_geo_uri, _read_plus_code, _read_mgrs, _read_utm, _read_lat_lon):
        if (found := read(text)) is not None:
            return found
    return None


def notations(lat: float, lon: float) -> dict[str, str]:
    """Return a position in every notation, keyed by the notation's name.

    Each text is one that `parse` takes back: decimal and geo-uri to a centimetre, dms to 0.3 m, MGRS
    and UTM to a metre, plus-code to 10 m. UTM is absent beyond 80 S and 84 N, where it ends.

    Parameters
    ----------
    lat, lon : float
        Degrees.

    Raises
    ------
    CoordinateError
        If the position is not on Earth.
    """
    import geouri
    import mgrs
    from openlocationcode import openlocationcode

    lon, lat = check_position(lon, lat)
    # A hair south of the equator MGRS would name a square that other programs do not know.
    lon, lat = round(lon, 7) + 0.0, round(lat, 7) + 0.0
    written = {
        "decimal": format_decimal(lat, lon),
        "dms": f"{_format_dms(lat, 'NS')} {_format_dms(lon, 'EW')}",
        "mgrs": mgrs.MGRS().toMGRS(lat, lon),
        "utm": _format_utm(lat, lon),
        "plus-code": openlocationcode.encode(lat, lon),
        "geo-uri": geouri.build(lat, lon),
    }
    return {name: text for name, text in written.items() if text is not None}


def format_decimal(lat: float, lon: float) -> str:
    """Return ``46.63695, 32.61458``: latitude first, at most seven decimals (about a centimetre)."""
    return ", ".join(f"{round(degrees, 7) + 0.0:.7f}".rstrip("0").rstrip(".") for degrees in (lat, lon))


def _format_dms(degrees: float, letters: str) -> str:
    # Rounded once, as a whole number of hundredths, so that no part can come out as 60.
    total = round(degrees * 360000)
    minutes, hundredths = divmod(abs(total), 6000)
    return f"{minutes // 60}°{minutes % 60:02d}'{hundredths // 100:02d}.{hundredths % 100:02d}\"{letters[total < 0]}"


def _format_utm(lat: float, lon: float) -> str | None:
    utm = lonlat_to_utm(lon, lat)
    if utm is None:
        return None
    band = _BANDS[min(int((lat + 80) // 8), len(_BANDS) - 1)]
    # Band S would be taken for the southern hemisphere.
    zone = f"{utm.zone} north" if band == "S" else f"{utm.zone}{band}"
    return f"{zone} {utm.easting_m:.0f} {utm.northing_m:.0f}"


# --- refusing ---------------------------------------------------------------------------------


def _refuse(text: str, at: int, problem: str) -> NoReturn:
    # Control and bidirectional characters would displace the caret, or play with the terminal.
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    raise CoordinateError(f"{problem}\n  {shown}\n  {' ' * at}^")


def _end_here(text: str, at: int) -> None:
    if rest := text[at:].lstrip():
        _refuse(text, len(text) - len(rest), f"{rest[:40]!r} is left over after a whole coordinate")


# --- geo URIs, Plus codes -----------------------------------------------------------------------

_PLUS_ALPHABET = "23456789CFGHJMPQRVWX"


def _read_geo_uri(text: str) -> Coordinate | None:
    if text[:4].lower() != "geo:":
        return None
    import geouri

    try:
        uri = geouri.parse(text)
    except geouri.GeoURIError as error:
        places = {"coordinates": 4, "number": 4, "latitude-range": 4, "longitude-range": text.find(",") + 1}
        after = re.search("[;?#]", text)
        at = places.get(error.reason, after.start() if after else 4)
        _refuse(text, at, "a geo: URI has no '?' part" if error.reason == "query" else f"geo: URI: {error.message}")
    if not uri.is_wgs84:
        _refuse(text, text.lower().find("crs="), f"reference system {uri.crs!r} is not read, only wgs84")
    return Coordinate(uri.lat + 0.0, uri.lon + 0.0, "geo-uri", uri.uncertainty)


def _read_plus_code(text: str) -> Coordinate | None:
    shape = re.match(r"([0-9A-Z]{2,})\+([0-9A-Z]*)(?=[ ,]|$)", text, re.IGNORECASE | re.ASCII)
    if shape is None or not (len(shape[1]) == 8 or re.search("[0-9]", shape[0])):
        return None
    if wrong := re.search(f"[^{_PLUS_ALPHABET}0+]", shape[0], re.IGNORECASE):
        _refuse(text, wrong.start(), f"{wrong[0]!r} is not in the alphabet of Plus codes, {_PLUS_ALPHABET}")
    if len(shape[1]) < 8:
        _refuse(text, len(shape[1]), "a short Plus code; write it in full, eight characters before the +")
    _end_here(text, shape.end())
    from openlocationcode import openlocationcode

    if not openlocationcode.isFull(text):
        _refuse(text, 0, f"{text!r} is not a valid full Plus code")
    cell = openlocationcode.decode(text)
    lat, lon = cell.latitudeCenter, cell.longitudeCenter
    sides = inverse(lon, lat, lon, cell.latitudeHi), inverse(lon, lat, cell.longitudeHi, lat)
    return Coordinate(lat + 0.0, lon + 0.0, "plus-code", max(side.distance_m for side in sides))


# --- MGRS and UTM -------------------------------------------------------------------------------

#: The latitude bands of the UTM zones, 8 degrees each from 80 S; the last has 12.
_BANDS = "CDEFGHJKLMNPQRSTUVWX"

_MGRS = (
    r"(?:(?P<zone>[0-9]{1,2})(?P<gap> ?)(?P<band>[C-HJ-NP-X]|[A-Z](?=.*[0-9]))|(?P<pole>[ABYZ])) ?"
    r"(?P<square>[A-Z]{2})(?![A-Z])(?P<digits>[0-9 ]*)"
)


def _read_mgrs(text: str) -> Coordinate | None:
    match = re.match(_MGRS, text, re.IGNORECASE | re.ASCII)
    if match is None or not _meant_as_mgrs(text, match):
        return None
    _end_here(text, match.end())
    if match["zone"] and not 1 <= int(match["zone"]) <= 60:
        _refuse(text, 0, f"zone {match['zone']} is outside 1 to 60")
    groups = match["digits"].split()
    digits = "".join(groups)
    at = match.start("digits") + match["digits"].startswith(" ")
    if len(groups) > 2 or len(digits) % 2 or len(digits) > 10 or len({len(group) for group in groups}) > 1:
        _refuse(text, at, "MGRS has one to five digits of easting, and as many of northing")
    try:
        lat, lon = _mgrs_centre(text.replace(" ", ""))
    except ValueError:
        zone = (match["zone"] or "") + (match["band"] or match["pole"])
        _refuse(text, match.start("square"), f"MGRS zone {zone} has no such point in square {match['square']}")
    return Coordinate(lat + 0.0, lon + 0.0, "mgrs", 0.5 * 10 ** (5 - len(digits) // 2))


def _meant_as_mgrs(text: str, match: re.Match[str]) -> bool:
    """Tell a reference from a town of three letters with a number; see the notes of `parse`."""
    digits = match["digits"]
    if match["pole"]:
        parted = digits.startswith(" ")
        return bool(digits.strip()) and match[0].isupper() and (not parted or len(digits.split()) == 2)
    if match["gap"] and match.end("band") == match.start("square"):
        return len(digits.replace(" ", "")) >= 6
    return bool(digits.strip()) or (match.end() == len(text) and match["square"].isupper())


def _mgrs_centre(reference: str) -> tuple[float, float]:
    import warnings

    import mgrs

    # From 1.6 on the library answers the centre of the cell; before, it was the corner. It merely
    # warns where the latitude lies outside the band that was named.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            lat, lon = mgrs.MGRS().toLatLon(reference)
    except (mgrs.core.MGRSError, RuntimeWarning) as error:
        raise ValueError(reference) from error
    return lat, lon


_UTM = (
    r"(?:UTM )?(?P<zone>[0-9]{1,3}) ?(?P<band>[A-Z]|north|south),? "
    r"(?P<easting>[0-9]{4,}(?:\.[0-9]+)?)(?: ?m)?(?: ?E)?(?: ?, ?| )"
    r"(?P<northing>[0-9]+(?:\.[0-9]+)?)(?: ?m)?(?: ?N)?"
)

_UTM_RANGES = (("zone", 1, 60), ("easting", 100_000, 900_000), ("northing", 0, 10_000_000))

#: The latitudes that the word or letter after a zone stands for; N for the whole hemisphere.
_SPANS = {band: (8 * index - 80, 8 * index - 72) for index, band in enumerate(_BANDS)}
_SPANS |= {"X": (72, 84), "N": (0, 84), "NORTH": (0, 84), "SOUTH": (-80, 0)}

#: A northing typed in round numbers may overshoot the edge of its band by about a kilometre.
_BAND_TOLERANCE_DEG = 0.01


def _read_utm(text: str) -> Coordinate | None:
    match = re.match(_UTM, text, re.IGNORECASE | re.ASCII)
    if match is None:
        return None
    _end_here(text, match.end())
    for name, low, high in _UTM_RANGES:
        if not low <= float(match[name]) <= high:
            _refuse(text, match.start(name), f"UTM {name} {match[name]} is outside {low} to {high}")
    zone, band = int(match["zone"]), match["band"].upper()
    easting_m, northing_m = float(match["easting"]), float(match["northing"])
    if band == "S":
        if _in_band(utm_to_lonlat(zone, True, easting_m, northing_m)[1], "S"):
            _refuse(text, match.start("band"), f"S: south, or band S (32 to 40 N)? Write {zone} south or {zone} north")
        band = "SOUTH"
    elif band not in _SPANS:
        _refuse(text, match.start("band"), f"{match['band']} is no UTM latitude band; those are C to X without I and O")
    lon, lat = utm_to_lonlat(zone, band != "SOUTH" and band >= "N", easting_m, northing_m)
    if not _in_band(lat, band):
        place = f"latitude {lat:.2f}, not in {match['band']}"
        _refuse(text, match.start("northing"), f"northing {match['northing']} lies at {place}")
    lon, lat = check_position(lon, lat)
    return Coordinate(lat, lon, "utm", None)


def _in_band(lat: float, band: str) -> bool:
    low, high = _SPANS[band]
    return low - _BAND_TOLERANCE_DEG <= lat <= high + _BAND_TOLERANCE_DEG


# --- latitude and longitude ---------------------------------------------------------------------

# What people type for one mark: minus, ordinal and ring, curly quotes, primes and accents. NFKC, which
# sees to full-width forms and odd spaces, would turn some of these into something else.
_SAME_MARKS = {
    "-": "\u2212",
    "°": "\u00ba\u02da",
    "'": "\u2018\u2019\u201b\u2032\u02b9\u00b4`",
    '"': "\u201c\u201d\u201e\u2033\u02ba",
}
_MARKS = {ord(char): mark for mark, chars in _SAME_MARKS.items() for char in chars}

_NUMBER = r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+"
_DEG, _MIN, _SEC = (rf"(?P<{part}#>{_NUMBER})" for part in ("deg", "min", "sec"))

# How one angle is written; # stands for its place in the pair. Seconds may be marked by '' too. The
# last mark may be missing only where a letter ends the angle.
_COMPACT = r"(?P<deg#>[0-9]{2,3})(?P<min#>[0-9]{2}(?:\.[0-9]+)?)(?P<sec#>[0-9]{2}(?:\.[0-9]+)?)?"
_MARKED = rf"{_DEG}(?: ?[°d](?: ?{_MIN} ?['m](?: ?{_SEC} ?(?:''|[\"s]))?)?)?"
_OPEN = rf"{_DEG}(?: ?[°d](?: ?{_MIN}(?: ?['m](?: ?{_SEC}(?: ?(?:''|[\"s]))?)?)?)?)?"
_COLONS = rf"{_DEG}:{_MIN}(?::{_SEC})?"
_SPACED = rf"{_DEG} {_MIN}(?: {_SEC})?"

# Where the letters stand, if anywhere; angles without letters must be parted by a comma or a blank.
_BEFORE = ("(?P<letter#>[NSEW]) ?(?P<sign#>[+-]?){}", "(?: ?,)? ?")
_AFTER = ("(?P<sign#>[+-]?){} ?(?P<letter#>[NSEW])", "(?: ?,)? ?")
_BARE = ("(?P<letter#>)(?P<sign#>[+-]?){}", "(?: ?, ?| )")

_NOT_FINITE = ",".join(rf" ?[-+]?(?:(?P<{name}>nan|inf(?:inity)?)|{_NUMBER}) ?" for name in ("first", "second"))


@functools.cache
def _pairs() -> tuple[re.Pattern[str], ...]:
    styles = [(layout, angle) for angle in (_COMPACT, _OPEN, _COLONS, _SPACED) for layout in (_BEFORE, _AFTER)]
    styles += [(_BARE, angle) for angle in (_MARKED, _COLONS)]
    halves = ((half.format(angle), join) for (half, join), angle in styles)
    return tuple(re.compile(half.replace("#", "1") + join + half.replace("#", "2")) for half, join in halves)


def _read_lat_lon(text: str) -> Coordinate | None:
    # Letters may be of either case, unless d, m and s serve as marks: 31s would be south or seconds.
    plain = text if "d" in text else text.translate(str.maketrans("nsew", "NSEW"))
    # Most texts are names without a digit, and compiling the patterns takes longer than looking one up.
    has_digits = re.search("[0-9]", text) is not None
    for pattern in _pairs() if has_digits else ():
        if match := pattern.fullmatch(plain):
            return _pair(text, match)
    words = re.findall(r"[^\W\d_]+", text)
    if has_digits and all(re.fullmatch("[NSEWnsew]|[dms][NSEW]?", word) for word in words):
        _explain(text, plain)
    if (found := re.fullmatch(_NOT_FINITE, text, re.IGNORECASE)) and (found["first"] or found["second"]):
        name = "first" if found["first"] else "second"
        _refuse(text, found.start(name), f"{found[name]!r} is not a finite number")
    if not has_digits:
        return None
    # Only after a pair that begins no address: "46.6, 32.6 Kherson", but not "12, 14 Rue Foch" nor "3 S 5 Este".
    at = _end_of_pair(plain)
    if re.search("[.:°'\"]" if plain[at - 1 : at + 1].isalpha() else "[.:°'\"NSEW]", plain[:at]):
        _end_here(text, at)
    return None


def _pair(text: str, match: re.Match[str]) -> Coordinate:
    letters = match["letter1"], match["letter2"]
    if letters[0] and (letters[0] in "NS") == (letters[1] in "NS"):
        what = "latitudes" if letters[0] in "NS" else "longitudes"
        _refuse(text, match.start("letter2"), f"two {what}; a position has one latitude and one longitude")
    lat_place, lon_place = "21" if letters[0] in ("E", "W") else "12"
    lat, lon = _angle(text, match, lat_place), _angle(text, match, lon_place)
    turned_back = abs(lon) > 180
    try:
        lon, lat = check_position(lon, lat)
    except CoordinateError as error:
        _refuse(text, match.start(f"deg{lon_place if abs(lat) <= 90 else lat_place}"), str(error))
    return Coordinate(lat, lon, "dms" if match["min1"] else "decimal", None, turned_back)


def _angle(text: str, match: re.Match[str], place: str) -> float:
    letter, sign = match[f"letter{place}"], match[f"sign{place}"]
    if letter and sign:
        _refuse(text, match.start(f"sign{place}"), f"both a sign and the letter {letter}; write one of them")
    names = [name + place for name in ("deg", "min", "sec") if match[name + place]]
    for name in names[:-1]:
        if "." in match[name]:
            _refuse(text, match.start(name), f"{match[name]} has decimals, and smaller units after it")
    for name, unit in zip(names[1:], ("minutes", "seconds"), strict=False):
        if float(match[name]) >= 60:
            _refuse(text, match.start(name), f"{match[name]} {unit} are too many; they end before 60")
    degrees = sum(float(match[name]) / unit for name, unit in zip(names, (1, 60, 3600), strict=False))
    return -degrees if sign == "-" or letter in ("S", "W") else degrees


def _end_of_pair(text: str) -> int:
    """Return where the longest pair of angles that begins a text ends, or 0."""
    return max(match.end() if (match := pattern.match(text)) else 0 for pattern in _pairs())


def _explain(text: str, plain: str) -> NoReturn:
    """Refuse a text that is made of numbers, marks and letters, but is no pair of angles."""
    numbers, letters = re.findall(_NUMBER, text), re.findall("[NSEW]", plain)
    comma = re.search("(?<=[0-9]),(?=[0-9])", text)
    if comma and "." not in text and len(numbers) > 2 and (len(numbers), text.count(",")) != (3, 2):
        _refuse(text, comma.start(), "a decimal comma? Write decimals with a point, as in 48.5, 30.2")
    if stray := re.search(r"[^0-9 .,:+\-°'\"NSEWdms]", plain):
        _refuse(text, stray.start(), f"{stray[0]!r} has no place in a coordinate; write it as 46.6, 32.6")
    if len(numbers) == 1:
        _refuse(text, len(text), "only one number; a position has a latitude and a longitude, as in 46.6, 32.6")
    if len(letters) == 1:
        _refuse(text, plain.index(letters[0]), f"{letters[0]} stands alone; latitude and longitude need a letter each")
    if len(numbers) > 3 and not re.search("[^0-9 .,]", text):
        _refuse(text, len(text), "degrees, minutes and seconds without marks need N or S, and E or W")
    if at := _end_of_pair(plain):
        _end_here(text, at)
    _refuse(text, 0, "not a latitude and longitude; write 46.6, 32.6 or 46°38'13\"N 32°36'52\"E")
