"""What is promised of coordinates as text.

Expectations are the published examples that each table names, plain arithmetic, or, where it says
GeoConvert, the answers of GeographicLib 2.1.2's program of that name: another implementation than
the ones used here, by C. F. F. Karney.
"""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
import sys
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from weapons_ref.errors import CoordinateError
from weapons_ref.geo.coordinates import MAX_LENGTH, Coordinate, format_decimal, notations, parse
from weapons_ref.geo.geodesy import inverse

LAT_DMS, LON_DMS = 46 + 38 / 60 + 13 / 3600, 32 + 36 / 60 + 52 / 3600
MINUS = "\N{MINUS SIGN}"


def read(text: str) -> Coordinate:
    found = parse(text)
    assert found is not None, f"{text!r} was left to be a name"
    return found


def apart_m(one: Coordinate | tuple[float, float], other: Coordinate | tuple[float, float]) -> float:
    """How far two positions, latitude first, lie from each other."""
    return inverse(one[1], one[0], other[1], other[0]).distance_m


# --- decimal degrees ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "46.6,32.6",
        "46.6 32.6",
        "46.6, 32.6",
        "46.6 ,32.6",
        "  46.6\t32.6\n",
        "+46.6, +32.6",
        "46.6N 32.6E",
        "46.6N, 32.6E",
        "46.6N32.6E",
        "46.6 N 32.6 E",
        "46.6n 32.6e",
        "N46.6 E32.6",
        "N 46.6, E 32.6",
        "N46.6E32.6",
        "46.6°N, 32.6°E",
        "46.6° N 32.6° E",
        "46.6°, 32.6°",
        "46.6d 32.6d",
        "E32.6 N46.6",
        "32.6E 46.6N",
        "46.60000,032.6",
    ],
)
def test_decimal_degrees_are_read_latitude_first(text: str) -> None:
    """Latitude first, unless letters say otherwise; marks, commas and blanks at will."""
    assert parse(text) == Coordinate(46.6, 32.6, "decimal", None)


@pytest.mark.parametrize(
    "text",
    ["-33.9 18.4", f"{MINUS}33.9, 18.4", "33.9S 18.4E", "S33.9 E18.4", "33.9s 18.4e", "18.4E, 33.9S", "－33.9 18.4"],
)
def test_south_is_a_minus_or_an_s(text: str) -> None:
    """The typographer's minus and the full-width one count as well."""
    assert parse(text) == Coordinate(-33.9, 18.4, "decimal", None)


@pytest.mark.parametrize("text", ["４６．６，３２．６", "46.6\u300032.6", "46.6\u00a032.6", "46.6,\u2009\u202f32.6"])
def test_full_width_digits_and_odd_spaces_are_read(text: str) -> None:
    """What an input method or a typesetter put in is taken for what it stands for."""
    assert parse(text) == Coordinate(46.6, 32.6, "decimal", None)


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [("0,181", 0, -179), ("0,360", 0, 0), ("10 -190", 10, 170), ("10,540", 10, 180), ("10N 190.5E", 10, -169.5)],
)
def test_longitudes_up_to_540_are_brought_into_range(text: str, lat: float, lon: float) -> None:
    """Data that count longitudes eastwards to 360, or on past 180, mean the same places."""
    assert read(text)[:2] == (lat, lon)


@pytest.mark.parametrize("text", ["-0,-0", "-0.0 -0.0", "0S 0W", "0°0'0\"S 0°0'0\"W", "geo:-0,-0", "0,-360"])
def test_there_is_no_negative_zero(text: str) -> None:
    """Zero has no sign that could be printed."""
    lat, lon, *_ = read(text)
    assert (math.copysign(1, lat), math.copysign(1, lon)) == (1, 1)


@pytest.mark.parametrize("text", ["90 0", "-90 0", "90N 180E", "0 180", "0 -180", "90°0'0\"S 180°0'0\"W"])
def test_the_poles_and_the_antimeridian_are_on_earth(text: str) -> None:
    """The limits themselves are inside."""
    lat, lon, *_ = read(text)
    assert abs(lat) in (0, 90)
    assert abs(lon) in (0, 180)


# --- degrees, minutes, seconds --------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "46°38'13\"N 32°36'52\"E",
        "46°38'13\"N, 32°36'52\"E",
        "46° 38' 13\" N 32° 36' 52\" E",
        "46º38’13”N 32º36’52”E",
        "46°38′13″N, 32°36′52″E",
        "46˚38´13''N 32˚36´52''E",
        "46°38'13N 32°36'52E",
        "N46°38'13\" E32°36'52\"",
        "E32°36'52\" N46°38'13\"",
        "46°38'13\", 32°36'52\"",
        "46°38'13\" 32°36'52\"",
        "46d38m13sN 32d36m52sE",
        "46d38m13s 32d36m52s",
        "46d38'13\"N 32d36'52\"E",
        "46:38:13N 32:36:52E",
        "46:38:13, 32:36:52",
        "46 38 13 N 32 36 52 E",
        "46 38 13N, 32 36 52E",
        "N 46 38 13 E 32 36 52",
        "463813N0323652E",
        "463813N 0323652E",
        "N463813 E0323652",
    ],
)
def test_degrees_minutes_and_seconds_are_read(text: str) -> None:
    """With marks, letters, colons, blanks, or as pilots write them."""
    assert read(text)[:4] == pytest.approx((LAT_DMS, LON_DMS, "dms", None), abs=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        # GeoConvert's manual page calls the first four equivalent to 33.3 44.4
        "E44.4 N33.3",
        "33d18'N 44d24'E",
        "44d24E 33d18N",
        "33:18 +44:24",
        "33°18.000'N 44°24.000'E",
        "33°18N 44°24E",
        "33 18 N 44 24 E",
        "33 18.0N 44 24.0E",
        "3318N04424E",
    ],
)
def test_degrees_and_minutes_are_read(text: str) -> None:
    """The least of the units may be left out, and may have decimals."""
    assert read(text)[:2] == pytest.approx((33.3, 44.4), abs=1e-12)


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        # GeoConvert -g
        ("33d55'31\"S 18d25'26\"E", -33.9252777778, 18.4238888889),
        ("46:38:13.02 32:36:52.49", 46.63695, 32.6145805556),
        # a sign is for the whole angle, minutes and all
        ("-33°55'31\" 18°25'26\"", -33.9252777778, 18.4238888889),
        ("-0:30 -0:06", -0.5, -0.1),
        ("003015S0000600W", -0.5041666667, -0.1),
    ],
)
def test_signs_and_decimals_belong_to_the_whole_angle(text: str, lat: float, lon: float) -> None:
    """Half a degree south of the equator stays south though its degrees are zero."""
    assert read(text)[:2] == pytest.approx((lat, lon), abs=1e-10)


# --- MGRS ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lat", "lon", "precision_m"),
    [
        # GeoConvert -g -p 6, which answers the centre of a cell too. 38SMB4488 is its manual's own.
        ("38SMB4488", 33.33423508461, 44.40362784784, 500),
        ("38SMB", 32.98724444864, 44.46483901721, 50_000),
        ("38SMB4414084706", 33.30000130053, 44.39999950862, 0.5),
        ("36TWS16", 46.63839333861, 33.19598372141, 5_000),
        ("36TWS123678", 46.66409535238, 33.16143638133, 50),
        ("36TWS1234567890", 46.66445990532, 33.16137864316, 0.5),
        ("36tws1234567890", 46.66445990532, 33.16137864316, 0.5),
        ("36T WS 12345 67890", 46.66445990532, 33.16137864316, 0.5),
        ("36 T WS 12345 67890", 46.66445990532, 33.16137864316, 0.5),
        ("36 TWS 1234567890", 46.66445990532, 33.16137864316, 0.5),
        ("33XVK9556495053", 81.01647905419, 14.74556283487, 0.5),
        ("32VKM7697958157", 60.00000243435, 4.99999205166, 0.5),
        ("33XUG8408563320", 78.00000268440, 9.99999997098, 0.5),
        # the polar caps
        ("ZAG5206546829", 89.32972600103, 44.39840444607, 0.5),
        ("ZAG 52065 46829", 89.32972600103, 44.39840444607, 0.5),
        ("YZH99", 89.14315873497, -176.98721249582, 5_000),
        ("BAN1234567890", -89.37848289006, 10.30629467000, 0.5),
        ("AZN1234", -89.15284671413, -68.48139068261, 500),
    ],
)
def test_mgrs_is_the_centre_of_its_cell(text: str, lat: float, lon: float, precision_m: float) -> None:
    """Of any size from 1 m to 100 km, never its corner; the precision is half its side."""
    found = read(text)
    assert apart_m(found, (lat, lon)) < 0.001
    assert (found.notation, found.precision_m) == ("mgrs", precision_m)


@pytest.mark.parametrize(
    "text",
    [
        "Ayr",
        "ZAH",
        "Ayr 4807",
        "AYR 4807",
        "Zug 6300",
        "12 Pau",
        "12 PAU",
        "9 Jul 1981",
        "3 May 2020",
        "36 TWS",
        "3eme",
    ],
)
def test_three_letters_with_a_number_may_be_a_town(text: str) -> None:
    """Ayr is in Scotland and 4807 its namesake's post code; neither is in Antarctica."""
    assert parse(text) is None


# --- UTM ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        # GeoConvert -g -p 6; the first is its manual's own example, for 33.3 N 44.4 E.
        ("38N 444140.54 3684706.36", 33.30000003988, 44.39999994690),
        ("38n 444140.54 3684706.36", 33.30000003988, 44.39999994690),
        ("36T 470000 5164000", 46.62889065974, 32.60810103259),
        ("36N 470000 5164000", 46.62889065974, 32.60810103259),
        ("36 N 470000 5164000", 46.62889065974, 32.60810103259),
        ("36 north 470000 5164000", 46.62889065974, 32.60810103259),
        ("36North, 470000, 5164000", 46.62889065974, 32.60810103259),
        ("UTM 36T 470000 5164000", 46.62889065974, 32.60810103259),
        ("36T 470000mE 5164000mN", 46.62889065974, 32.60810103259),
        ("36T 470000 m E, 5164000 m N", 46.62889065974, 32.60810103259),
        ("36T 470000E 5164000N", 46.62889065974, 32.60810103259),
        ("36H 470000 6100000", -35.24262854192, 32.67026317288),
        ("36 south 470000 6100000", -35.24262854192, 32.67026317288),
        ("36 south 470000 3900000", -55.04590095430, 32.53048145582),
        ("36 north 470000 3900000", 35.24262854192, 32.67026317288),
        ("1C 500000 2000000", -72.09922252511, -177.0),
        ("31N 500000 0", 0, 3),
        ("31M 500000 10000000", 0, 3),
    ],
)
def test_utm_is_read_by_band_or_hemisphere(text: str, lat: float, lon: float) -> None:
    """A letter is a latitude band; N does for the whole hemisphere; north and south in words."""
    found = read(text)
    assert apart_m(found, (lat, lon)) < 0.001
    assert (found.notation, found.precision_m) == ("utm", None)


def test_utm_s_is_south_where_the_northing_rules_the_band_out() -> None:
    """6,100 km cannot be in band S, 32 to 40 N, so that S must be the hemisphere."""
    assert apart_m(read("36S 470000 6100000"), (-35.24262854192, 32.67026317288)) < 0.001


# --- Plus codes, geo URIs -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "low_lat", "low_lon", "high_lat", "high_lon"),
    [
        # github.com/google/open-location-code, test_data/decoding.csv
        ("7FG49Q00+", 20.35, 2.75, 20.4, 2.8),
        ("7FG49QCJ+2V", 20.37, 2.782125, 20.370125, 2.78225),
        ("7FG49QCJ+2VX", 20.3701, 2.78221875, 20.370125, 2.78225),
        ("7FG49QCJ+2VXGJ", 20.370113, 2.782234375, 20.370114, 2.78223632813),
        ("8FVC2222+22", 47.0, 8.0, 47.000125, 8.000125),
        ("4VCPPQGP+Q9", -41.273125, 174.785875, -41.273, 174.786),
        ("62G20000+", 0.0, -180.0, 1, -179),
        ("22222222+22", -90.0, -180.0, -89.999875, -179.999875),
        ("CFX3X2X2+X2", 89.9998750, 1, 90, 1.0001250),
        ("84000000+", 30, -140, 50, -120),
        ("849VGJQF+VX7QR3J", 37.5396691200, -122.3750698242, 37.5396691600, -122.3750697021),
        ("849vgjqf+vx7qr3j", 37.5396691200, -122.3750698242, 37.5396691600, -122.3750697021),
    ],
)
def test_a_plus_code_is_the_centre_of_its_cell(
    code: str, low_lat: float, low_lon: float, high_lat: float, high_lon: float
) -> None:
    """Its precision is half the longer side."""
    found = read(code)
    lat, lon = (low_lat + high_lat) / 2, (low_lon + high_lon) / 2
    assert found[:3] == pytest.approx((lat, lon, "plus-code"), abs=1e-9)
    half_m = max(apart_m((lat, lon), (high_lat, lon)), apart_m((lat, lon), (lat, high_lon)))
    assert found.precision_m == pytest.approx(half_m, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(
    ("uri", "lat", "lon", "uncertainty"),
    [
        # RFC 5870, sections 1 and 6
        ("geo:13.4125,103.8667", 13.4125, 103.8667, None),
        ("geo:48.2010,16.3695,183", 48.2010, 16.3695, None),
        ("geo:48.198634,16.371648;crs=wgs84;u=40", 48.198634, 16.371648, 40),
        ("geo:66,30;u=6.500;FOo=this%2dthat", 66, 30, 6.5),
        ("geo:90,-22.43;crs=WGS84", 90, -22.43, None),
        ("GEO:46.6,32.6;u=35", 46.6, 32.6, 35),
        ("geo:46.6,32.6;u=0", 46.6, 32.6, 0),
    ],
)
def test_a_geo_uri_is_read_with_its_uncertainty(uri: str, lat: float, lon: float, uncertainty: float | None) -> None:
    """An altitude and unknown parameters do not matter."""
    assert parse(uri) == Coordinate(lat, lon, "geo-uri", uncertainty)


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Kherson",
        "Херсон",
        "Знам'янка",
        "北京",
        "Kherson, UA",
        "Paris, TX",
        "'s-Hertogenbosch",
        "St. John's",
        "Sens",
        "Essen",
        "Nes 2",
        "Å",
        "Y",
        "E",
        "N",
        "Nan",
        "Nan, Thailand",
        "Inf",
        "100 Mile House",
        "29 Palms",
        "Al Anbar 7",
        "Pale 1",
        "25 de Mayo",
        "6th of October City",
        "12, 14 Rue Foch",
        "3 S 5 Este",
        "N. 7 Street",
        "42nd Street",
        "10 000 Maniacs",
        "1st",
        "M4",
        "東京 23",
        "C++",
        "",
        "   ",
        "+",
        "°",
        "٤٦٫٦ ٣٢٫٦",
    ],
)
def test_a_name_is_left_to_those_who_know_names(text: str) -> None:
    """None is the answer to what has the shape of no notation, whatever digits it holds."""
    assert parse(text) is None


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        # text, what the caret must stand under (its first occurrence), what the first line must say
        ("48,5;30", ",5", "decimal"),
        ("48,5 30,2", ",5", "decimal"),
        ("48,5, 30,2", ",5", "decimal"),
        ("48,5,30,2", ",5", "decimal"),
        ("48,5°N 30,2°E", ",5", "decimal"),
        ("46.6;32.6", ";", "';'"),
        ("46.6/32.6", "/", "'/'"),
        ("(46.6, 32.6)", "(", r"'\('"),
        ("91,0", "91", "latitude 91.0 is outside -90 to 90"),
        ("91,32", "91", "did you mean latitude 32, longitude 91"),
        ("90.000000001 0", "90.0", "latitude 90.000000001 is outside"),
        ("90°00'00.01\"N 0°E", "90", "latitude 90.0.* is outside"),
        ("0E 91S", "91", "latitude -91.0 is outside"),
        ("46,541", "541", "longitude 541.0 is outside"),
        ("46N 541W", "541", "longitude -541.0 is outside"),
        ("nan,nan", "nan", "not a finite number"),
        ("NaN, 32.6", "NaN", "not a finite number"),
        ("46.6, -inf", "inf", "not a finite number"),
        ("46.6,Infinity", "Infinity", "not a finite number"),
        ("-46N 32E", "-", "both a sign and the letter N"),
        ("46N -32E", "-", "both a sign and the letter E"),
        ("S-33.9 E18.4", "-", "both a sign and the letter S"),
        ("46N 32N", "N", "two latitudes"),
        ("46E 32W", "W", "two longitudes"),
        ("46°60'N 32°E", "60", "minutes"),
        ("46°10'60\"N 32°E", "60", "seconds"),
        ("46 75 N 32 36 E", "75", "minutes"),
        ("46:38:99N 32:36:52E", "99", "seconds"),
        ("466013N0323652E", "60", "minutes"),
        ("46.5°38'N 32°E", "46.5", "decimals"),
        ("46.6N 32.6", "N", "N stands alone"),
        ("46°38'13\"N", "N", "N stands alone"),
        ("46.6 32.6 100", "100", "left over"),
        ("46.6,32.6,100", ",100", "left over"),
        ("46.6, 32.6,", ",", "left over"),
        ("46.6, 32.6 Kherson", "Kherson", "'Kherson' is left over"),
        ("46.6N 32.6E Kherson", "Kherson", "left over"),
        ("46°38'13\"N 32°36'52\"E foo", "foo", "left over"),
        ("46 32 10", "10", "left over"),
        ("46.6--32.6", "46", "not a latitude and longitude"),
        # MGRS
        ("36TWS123", "123", "as many of northing"),
        ("36TWS 12 345", "12 3", "as many of northing"),
        ("36TWS123456789012", "1234", "as many of northing"),
        ("61TWS12", "61", "outside 1 to 60"),
        ("0TWS12", "0", "outside 1 to 60"),
        ("36TZZ12", "ZZ", "zone 36T has no such point in square ZZ"),
        ("36IWS1234567890", "WS", "zone 36I"),
        ("1CAJ", "AJ", "zone 1C"),
        ("36TWS1234567890 Kherson", "Kherson", "left over"),
        # UTM
        ("36S 470000 3900000", "S", "Write 36 south or 36 north"),
        ("36C 470000 5164000", "5164000", "not in C"),
        ("36T 470000 6100000", "6100000", "not in T"),
        ("36 south 470000 500000", "500000", "not in south"),
        ("36A 470000 5164000", "A", "no UTM latitude band"),
        ("61T 470000 5164000", "61", "outside 1 to 60"),
        ("36T 47000 5164000", "47000", "easting 47000 is outside"),
        ("36T 470000 51640000", "51640000", "northing 51640000 is outside"),
        ("36N 470000 9900000", "9900000", "not in N"),
        ("36T 470000,5 5164000,3", "5164000", "left over"),
        # Plus codes (the last four: test_data/validityTests.csv says they are not valid)
        ("6J44+4Q Kherson", "+", "short Plus code"),
        ("WC2345+G6g", "+", "short Plus code"),
        ("8GXX6J44+4Q Kherson", "Kherson", "left over"),
        ("8FWC2345+G", "8F", "not a valid full Plus code"),
        ("8FWC2300+G6", "8F", "not a valid full Plus code"),
        ("849VGJQF+VX7QR3U", "U", "not in the alphabet"),
        ("849VGJQF+VX7QR3JU", "U", "not in the alphabet"),
        # geo URIs
        ("geo:46.6,32.6;crs=epsg27700", "crs", "'epsg27700' is not read, only wgs84"),
        ("geo:91,0", "91", "latitude"),
        ("geo:46.6,181", "181", "longitude"),
        ("geo:46.6", "46.6", "expected 'lat,lon'"),
        ("geo:46.6,32.6?z=12", "?", "no '\\?' part"),
        ("geo:46.6,32.6;u=-1", ";", "uncertainty"),
        ("geo:Kherson", "Kherson", "geo: URI"),
    ],
)
def test_a_wrong_coordinate_is_refused_with_a_caret_under_the_place(text: str, place: str, why: str) -> None:
    """The first line makes sense on its own, the next shows the text, the last has the caret."""
    column = text.rindex(place) if place in ("N", "W", ",", "U") else text.index(place)
    with pytest.raises(CoordinateError, match=f"(?s)\\A[^\n]*{why}") as caught:
        parse(text)
    problem, shown, caret = str(caught.value).split("\n")
    assert problem == problem.strip() != ""
    assert shown == f"  {text}"
    assert caret == " " * (2 + column) + "^"


@pytest.mark.parametrize("text", ["46.6", "-46.6", "46", "1770", "46.6°", "N 46", "46.6E"])
def test_a_single_number_is_refused(text: str) -> None:
    """The caret stands where the longitude is missing."""
    with pytest.raises(CoordinateError, match="only one number") as caught:
        parse(text)
    assert str(caught.value).split("\n")[2] == " " * (2 + len(text)) + "^"


@pytest.mark.parametrize("text", ["46 38 13 32 36 52", "46 38 32 36", "46 38 13, 32 36 52"])
def test_degrees_and_minutes_without_marks_need_letters(text: str) -> None:
    """Six bare numbers could be parted in several ways."""
    with pytest.raises(CoordinateError, match="need N or S, and E or W"):
        parse(text)


def test_letters_of_either_case_but_not_where_s_could_be_seconds() -> None:
    """``31s`` before another angle is 31 seconds or 31 south; nobody can know."""
    with pytest.raises(CoordinateError):
        parse("33d55m31s 18d25m26e")


@pytest.mark.parametrize("text", ["46.6\u202e, 32.6", "46.6\x1b[31m, 32.6", "46.6\x00 32.6", "46.6\ud800 32.6"])
def test_a_refusal_shows_no_control_characters(text: str) -> None:
    """A text must not reorder the message, nor drive the terminal."""
    with pytest.raises(CoordinateError) as caught:
        parse(text)
    categories = {unicodedata.category(char) for char in str(caught.value).replace("\n", "")}
    assert not categories & {"Cc", "Cf", "Cs"}


# --- what it may cost -----------------------------------------------------------------------------


@pytest.mark.parametrize("text", [" " * 100_000, "46.6" + " " * 100_000 + "32.6", "x" * 257, "1" * 257])
def test_more_than_256_characters_are_refused(text: str) -> None:
    """Blanks count: nothing that long is a place or a coordinate."""
    with pytest.raises(CoordinateError, match="at most 256") as caught:
        parse(text)
    assert len(str(caught.value)) < 300


def test_256_characters_are_read() -> None:
    """The limit itself is inside."""
    text = "46.6,".ljust(MAX_LENGTH - 4) + "32.6"
    assert (len(text), parse(text)) == (256, Coordinate(46.6, 32.6, "decimal", None))


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "1 ",
        "1.",
        "1,",
        "1:",
        "1°",
        "1°1'",
        "1'",
        "N",
        "1N",
        "+",
        "1+",
        "-",
        "'",
        " ",
        "12 ",
        "46 38 13 N ",
        "nan,",
        "½",
        "²",
        "A",
        "2C",
        "36TWS",
        "Ayr ",
        "geo:",
        "geo:1,1;a;",
        "\ufdfa",
        "\u3371",
    ],
)
def test_hostile_text_costs_under_50_ms(unit: str) -> None:
    """Whether a text is repeated to the limit or a hundred thousand times, and whatever comes last."""
    for text in (unit * (255 // len(unit)), unit * (255 // len(unit)) + "!", unit * 100_000):
        took_s = []
        for _ in range(3):
            start = time.process_time()
            with contextlib.suppress(CoordinateError):
                parse(text)
            took_s.append(time.process_time() - start)
        assert min(took_s) < 0.05


def test_heavy_libraries_wait_until_they_are_needed() -> None:
    """Start-up is for everyone; MGRS is for the few who type it."""
    script = (
        "import json, sys; from weapons_ref.geo.coordinates import parse; parse('46.6, 32.6'); parse('Kherson');"
        "print(json.dumps([name for name in ('mgrs', 'openlocationcode', 'geouri', 'pyproj') if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert json.loads(done.stdout) == []


@given(st.text(alphabet="0123456789 .,:;+-/°'\"NSEWnsewdmsTABCXZgeo=", max_size=40) | st.text(max_size=40))
@example("4N 3237 4N 3237")
def test_no_text_does_worse_than_a_coordinate_error(text: str) -> None:
    """Whatever is typed, the answer is a position on Earth, None, or three lines."""
    try:
        found = parse(text)
    except CoordinateError as error:
        problem, shown, caret = str(error).split("\n")
        assert problem
        assert caret.strip() == "^"
        assert len(caret) <= len(shown) + 1
    else:
        if found is not None:
            assert -90 <= found.lat <= 90
            assert -180 <= found.lon <= 180


# --- and back ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lat", "lon", "mgrs", "utm"),
    [
        # GeoConvert -m; GeoConvert -u -p 0, whose 'n' and 's' are put as bands
        (46.63695, 32.61458, "36TVS7050064893", "36T 470500 5164893"),
        (33.3, 44.4, "38SMB4414084706", "38 north 444141 3684706"),
        (-33.925, 18.424, "34HBH6187243171", "34H 261873 6243171"),
        (60, 5, "32VKM7697958157", "32V 276980 6658157"),
        (78, 10, "33XUG8408563320", "33X 384085 8663320"),
        (78, 33, "37XCG6097365496", "37X 360974 8665497"),
        (71.9999, 8.9, "32WME9655088924", "32W 496551 7988924"),
        (83.99, 41.9, "37XEP3388527830", "37X 533885 9327830"),
        (-0.0001, 0.0001, "31MAV6603299988", "31M 166033 9999989"),
        (90, 0, "ZAH0000000000", None),
        (-90, 0, "BAN0000000000", None),
    ],
)
def test_grids_agree_with_geographiclib(lat: float, lon: float, mgrs: str, utm: str | None) -> None:
    """The zones of Norway and Svalbard, the bands' edges and the poles included."""
    written = notations(lat, lon)
    assert (written["mgrs"], written.get("utm")) == (mgrs, utm)


@pytest.mark.parametrize(
    ("lat", "lon", "code"),
    [
        # github.com/google/open-location-code, test_data/encodingTests.csv
        (20.3700625, 2.7821875, "7FG49QCJ+2V"),
        (47.0000625, 8.0000625, "8FVC2222+22"),
        (-41.2730625, 174.7859375, "4VCPPQGP+Q9"),
        (-89.9999375, -179.9999375, "22222222+22"),
    ],
)
def test_plus_codes_agree_with_their_specification(lat: float, lon: float, code: str) -> None:
    """Ten digits, as people pass them on."""
    assert notations(lat, lon)["plus-code"] == code


def test_every_notation_is_given_in_one_order() -> None:
    """Latitude first, as people write it."""
    written = notations(46.63695, 32.61458)
    assert list(written) == ["decimal", "dms", "mgrs", "utm", "plus-code", "geo-uri"]
    assert written["decimal"] == "46.63695, 32.61458"
    assert written["dms"] == "46°38'13.02\"N 32°36'52.49\"E"
    assert written["geo-uri"] == "geo:46.63695,32.61458"


@pytest.mark.parametrize("lat", [84.000001, 90, -80.000001, -90])
def test_utm_is_left_out_where_it_ends(lat: float) -> None:
    """Beyond 84 N and 80 S there is no such grid; MGRS goes on."""
    assert list(notations(lat, 10)) == ["decimal", "dms", "mgrs", "plus-code", "geo-uri"]


@pytest.mark.parametrize(
    ("lat", "lon", "text"),
    [
        (46.6, 32.6, "46.6, 32.6"),
        (46, -32, "46, -32"),
        (0.0, -0.0, "0, 0"),
        (-0.00000004, 0.00000004, "0, 0"),
        (0.0000001, -0.0000001, "0.0000001, -0.0000001"),
        (1 / 3, -2 / 3, "0.3333333, -0.6666667"),
        (100.0, 179.99999999, "100, 180"),
        (-90, 10, "-90, 10"),
    ],
)
def test_decimals_are_seven_at_most_and_zero_has_no_sign(lat: float, lon: float, text: str) -> None:
    """No trailing zeros, no exponent, no -0; the zeros of 10 and 100 stay."""
    assert format_decimal(lat, lon) == text


@pytest.mark.parametrize(
    ("lat", "lon", "text"),
    [
        (59.9999999, 9.99999999, "60°00'00.00\"N 10°00'00.00\"E"),
        (-0.99999999, -0.016666666, "1°00'00.00\"S 0°01'00.00\"W"),
        (-0.0000001, -0.0000001, "0°00'00.00\"N 0°00'00.00\"E"),
        (-33.9252777778, 18.4238888889, "33°55'31.00\"S 18°25'26.00\"E"),
    ],
)
def test_minutes_and_seconds_never_come_out_as_60(lat: float, lon: float, text: str) -> None:
    """They carry over, and what rounds to zero is neither south nor west."""
    assert notations(lat, lon)["dms"] == text


@pytest.mark.parametrize(("lat", "lon"), [(91, 0), (0, 541), (math.nan, 0), (0, math.inf)])
def test_only_positions_on_earth_are_written(lat: float, lon: float) -> None:
    """The writer is as strict as the reader."""
    with pytest.raises(CoordinateError):
        notations(lat, lon)


#: How far a text may lead from the position it was made of: the rounding on both axes together.
ROUNDING_M = {"decimal": 0.01, "dms": 0.3, "mgrs": 0.75, "utm": 0.75, "plus-code": 10, "geo-uri": 0.01}

POINTS = st.one_of(
    st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
    st.tuples(st.floats(56, 84), st.floats(-1, 43)),  # Norway and Svalbard
    st.tuples(
        st.sampled_from([*range(-80, 81, 8), 84]).flatmap(lambda at: st.floats(at - 1e-5, at + 1e-5)),
        st.floats(-180, 180),
    ),
    st.tuples(st.floats(-90, 90), st.integers(-29, 29).flatmap(lambda at: st.floats(6 * at - 1e-5, 6 * at + 1e-5))),
    st.tuples(
        st.floats(-90, 90), st.sampled_from([-1, 1]).flatmap(lambda s: st.floats(0, 1e-5).map(lambda d: s * (180 - d)))
    ),
    st.tuples(
        st.sampled_from([-1, 1]).flatmap(lambda s: st.floats(0, 1e-5).map(lambda d: s * (90 - d))), st.floats(-180, 180)
    ),
)


@given(POINTS)
@example((90.0, 0.0))
@example((90.0, 8.59375))  # its Plus code, CFXCXHXV+XG, has not one digit
@example((-90.0, 180.0))
@example((0.0, 180.0))
@example((0.0, -180.0))
@example((-1e-9, -1e-9))
@example((84.0, 10.0))
@example((-80.0, 10.0))
@example((40.0, 30.0))
@example((39.9999999, 30.0))
@example((32.0, 30.0))
@example((5e-324, -5e-324))
def test_every_notation_leads_back(point: tuple[float, float]) -> None:
    """There and back stays within the rounding, at the poles, the antimeridian and the zones' edges too."""
    for name, text in notations(*point).items():
        found = read(text)
        assert found.notation == name
        assert apart_m(point, found) <= ROUNDING_M[name], text


def test_a_longitude_turned_back_is_marked() -> None:
    """Who typed 392.6 is told that it was read as 32.6."""
    found = read("46,392.6")
    assert found.lon == pytest.approx(32.6)
    assert found.turned_back
    assert not read("46,-180").turned_back
