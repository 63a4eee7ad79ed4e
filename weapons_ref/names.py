"""Folding of names, so that one spelling finds another: Знам'янка and ЗНАМ’ЯНКА, Łódź and Lodz.

Imports nothing of the package. Folding only forgives what people type differently (case, accents,
apostrophes, hyphens, spaces); it does not transliterate, and it keeps the marks that make another
letter in other scripts: vowel signs of Indic scripts, dakuten, Arabic hamza.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Mapping

# Signs are written by number: many look alike, and an editor that normalises would change some.

#: Signs written for an apostrophe, a glottal stop or a transliterated soft sign.
_APOSTROPHES = (
    "'`\"\u00b4"  # ASCII ones; acute accent
    "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\u2034\u2035"  # quotation marks, primes
    "\u02b9\u02ba\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\ua78b\ua78c"  # modifier letters, saltillo
    "\u05f3\u05f4\u055a\u055b\uff02\uff07\uff40"  # Hebrew, Armenian, full width
)

#: Signs without a shape of their own: soft hyphen, joiners, marks of direction, variation selectors;
#: the Arabic tatweel; and the Catalan middle dot (Marcel·lí), which parts nothing.
_INVISIBLE = (
    "\u00ad\u00b7\u061c\u0640\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufe00\ufe01\ufe0e\ufe0f\ufeff"
)

#: The only marks that are dropped: the accents of Latin, Greek and Cyrillic.
_ACCENTS = "".join(map(chr, range(0x300, 0x370)))

_SPACES = (
    "-~=_./\\|"
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2e3a\u2e3b\u2e40\ufe58\ufe63\uff0d\u05be\u1806"  # hyphens, dashes
    "\u2025\u2026\u2022\u2027\u2219\u22c5\u3002\u30fb\uff0e\uff61\uff65\u0f0b"  # dots, the Tibetan one too
    "\u2044\u2215\uff0f\uff3c\u301c\u30a0\uff1d"  # slashes; what parts the words of a foreign name in Japanese
)

#: Commas of other scripts; they too part a name from its region and country.
_COMMAS = "\u060c\uff0c\u3001\ufe50\ufe51\uff64\u1363\u055d"

#: Letters that have no decomposition in Unicode, as people type them on a plain keyboard.
_LETTERS = {
    "ł": "l", "ƚ": "l", "ɫ": "l", "ɬ": "l", "ø": "o", "ɔ": "o", "ɵ": "o", "đ": "d", "ð": "d", "ɖ": "d", "ɗ": "d",
    "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ɨ": "i", "ɪ": "i", "ɩ": "i", "ħ": "h", "ŋ": "n", "ɲ": "n", "ɳ": "n",
    "ƞ": "n", "ŧ": "t", "ʈ": "t", "ƭ": "t", "ə": "e", "ǝ": "e", "ɛ": "e", "ƶ": "z", "ʐ": "z", "ʑ": "z", "ȥ": "z",
    "ƀ": "b", "ɓ": "b", "ƃ": "b", "ƈ": "c", "ɕ": "c", "ƒ": "f", "ǥ": "g", "ɠ": "g", "ɡ": "g", "ɣ": "g", "ƣ": "g",
    "ƙ": "k", "ĸ": "k", "ƥ": "p", "ɍ": "r", "ɾ": "r", "ʂ": "s", "ʉ": "u", "ʊ": "u", "ʋ": "v", "ƴ": "y", "ɏ": "y",
}  # fmt: skip

#: What folding makes of single signs, after decomposition; others are left to their case.
SIGNS: Mapping[str, str] = {
    **dict.fromkeys(_ACCENTS + _APOSTROPHES + _INVISIBLE, ""),
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(_COMMAS, ","),
    **_LETTERS,
    **{letter.upper(): plain for letter, plain in _LETTERS.items() if len(letter.upper()) == 1},
}
_TABLE: dict[int, str] = str.maketrans(dict(SIGNS))

#: Compatibility decomposition would make an accent after a space of these, and a dot after an l of the last two.
_UNDECOMPOSED = str.maketrans(
    {**dict.fromkeys("\u00b4\u0384\u1fbd\u1fbf\u1ffd\u1ffe", ""), "\u0140": "l", "\u013f": "l"}
)


def fold(text: str) -> str:
    """Return the form of a name that equal names share.

    Parameters
    ----------
    text : str
        A name in any script.

    Returns
    -------
    str
        Lower case; without accents, apostrophes and invisible signs; hyphens, dots, slashes and
        white space as one space, commas as a comma and a space, none of them at the ends. ``ł``,
        ``ø``, ``ß`` and their like become plain letters. May be empty. Folding it again changes
        nothing.

    Notes
    -----
    Compatibility decomposition (NFKD), case folding and recomposition (NFC) follow Unicode
    Standard Annex 15. Only the marks U+0300 to U+036F are dropped.
    """
    if text.isascii():
        return _spaced(text.lower().translate(_TABLE))
    text = unicodedata.normalize("NFKD", text.translate(_UNDECOMPOSED)).translate(_TABLE).casefold()
    return unicodedata.normalize("NFC", _spaced(text))


# A catalog's few thousand names are looked through for every name that is asked for.
@functools.lru_cache(maxsize=1 << 14)
def squeeze(text: str) -> str:
    """Return a folded name without its spaces: what ``KN-23``, ``KN 23`` and ``kn23`` share."""
    return fold(text).replace(" ", "")


def _spaced(text: str) -> str:
    text = " ".join(text.split())
    if "," in text:
        text = ", ".join(part for part in map(str.strip, text.split(",")) if part)
    return text
