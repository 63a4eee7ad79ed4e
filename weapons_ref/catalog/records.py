"""The shape of the catalog's YAML files: one model that validates them and that editors read.

`schema()` turns these structures into the JSON Schema that `weapons-ref catalog schema` prints and
that validation applies, so that the two cannot differ.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

from weapons_ref.model import Kind

Id = Annotated[
    str,
    Meta(
        pattern="^[a-z0-9]+(-[a-z0-9]+)*$",
        description="lower-case ASCII letters, digits and hyphens; never renamed, never reused",
    ),
]
SourceKey = Annotated[
    str,
    Meta(
        pattern="^[a-z0-9]+(-[a-z0-9]+)*$",
        description="a key of sources.yaml: lower-case ASCII letters, digits and hyphens",
    ),
]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$", description="an ISO 3166-1 alpha-2 code, two capitals")]
Language = Annotated[
    str, Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]+)*$", description="a language code (BCP 47), such as en")
]
Text = Annotated[str, Meta(min_length=1, max_length=500)]
Date = Annotated[
    str,
    Meta(
        pattern="^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$",
        description="a date: YYYY, YYYY-MM or YYYY-MM-DD",
    ),
]
# An editor reads a bare year as a number; the catalog reads every scalar as text.
LooseDate = Annotated[int, Meta(ge=1000, le=9999, description="a year")] | Date
Url = Annotated[str, Meta(pattern="^https?://[^\\s]+$", description="an address that begins with https:// or http://")]
Number = Annotated[float, Meta(gt=0, description="a plain number above 0")]
# The pattern is the schema's alone: to msgspec every figure is text, kept as printed. No figure is 0 or infinite.
Span = Annotated[
    str,
    Meta(
        description="a printed span, 165-300",
        extra_json_schema={"pattern": "^(?!0+([.]0+)?-)[0-9]{1,15}([.][0-9]{1,15})?-[0-9]{1,15}([.][0-9]{1,15})?$"},
    ),
]
Figure = Number | Span

#: Which keys of a claim hold its figure; a claim has exactly one of them.
UNITS = ("km", "mi", "nmi", "m", "ft", "mm", "cm", "in", "kg", "t", "lb", "year", "count", "country", "text")

#: Those of them whose figure stands without a unit.
WORDLESS = ("year", "count", "country", "text")


class _Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _Claim(_Record, frozen=True, kw_only=True):
    src: SourceKey
    as_: Annotated[Text, Meta(description="the qualifier, from vocabulary.yaml")] = field(name="as", default="stated")
    by: Annotated[Text, Meta(description="whom the source cites")] | UnsetType = UNSET
    note: Text | UnsetType = UNSET
    flag: Literal["suspect"] | UnsetType = UNSET
    reason: Annotated[Text, Meta(description="why the claim is flagged")] | UnsetType = UNSET


class RangeClaim(_Claim, frozen=True, kw_only=True):
    """A distance, in the source's own unit."""

    km: Figure | UnsetType = UNSET
    mi: Figure | UnsetType = UNSET
    nmi: Figure | UnsetType = UNSET
    m: Figure | UnsetType = UNSET
    ft: Figure | UnsetType = UNSET
    of: Annotated[Text, Meta(description="on a launcher: the munition's id, or unclear")] | UnsetType = UNSET


class SizeClaim(_Claim, frozen=True, kw_only=True):
    """A size, in the source's own unit."""

    m: Figure | UnsetType = UNSET
    cm: Figure | UnsetType = UNSET
    mm: Figure | UnsetType = UNSET
    in_: Figure | UnsetType = field(name="in", default=UNSET)
    ft: Figure | UnsetType = UNSET


class MassClaim(_Claim, frozen=True, kw_only=True):
    """A mass, in the source's own unit."""

    kg: Figure | UnsetType = UNSET
    t: Figure | UnsetType = UNSET
    lb: Figure | UnsetType = UNSET


class YearClaim(_Claim, frozen=True, kw_only=True):
    """A year."""

    year: Annotated[int, Meta(ge=1800, le=2100)]


class CountClaim(_Claim, frozen=True, kw_only=True):
    """A number of things, or the source's words for it."""

    count: Annotated[int, Meta(gt=0)] | UnsetType = UNSET
    text: Text | UnsetType = UNSET


class TextClaim(_Claim, frozen=True, kw_only=True):
    """Words, paraphrased."""

    text: Text


class OperatorClaim(_Claim, frozen=True, kw_only=True):
    """A country whose forces have the system."""

    country: Country
    from_: LooseDate | UnsetType = field(name="from", default=UNSET)


class StatusClaim(_Claim, frozen=True, kw_only=True):
    """Who had the system in which status, from when."""

    text: Annotated[Text, Meta(description="in service, in use, ordered, ...")]
    from_: LooseDate | UnsetType = field(name="from", default=UNSET)
    who: Country | UnsetType = UNSET


class Attributes(_Record, frozen=True, kw_only=True):
    """The published figures; each a list of claims, never averaged."""

    range_max: tuple[RangeClaim, ...] = ()
    range_min: tuple[RangeClaim, ...] = ()
    flight_test_distance: tuple[RangeClaim, ...] = ()
    called: tuple[TextClaim, ...] = ()
    basing: tuple[TextClaim, ...] = ()
    propulsion: tuple[TextClaim, ...] = ()
    accuracy_cep: tuple[SizeClaim, ...] = ()
    caliber: tuple[SizeClaim, ...] = ()
    length: tuple[SizeClaim, ...] = ()
    diameter: tuple[SizeClaim, ...] = ()
    wingspan: tuple[SizeClaim, ...] = ()
    mass: tuple[MassClaim, ...] = ()
    payload: tuple[MassClaim, ...] = ()
    in_service: tuple[YearClaim, ...] = ()
    crew: tuple[CountClaim, ...] = ()
    rounds_per_pod: tuple[CountClaim, ...] = ()
    load: tuple[TextClaim, ...] = ()
    fires: tuple[TextClaim, ...] = ()
    composition: tuple[TextClaim, ...] = ()
    submunitions: tuple[CountClaim, ...] = ()
    operators: tuple[OperatorClaim, ...] = ()
    status: tuple[StatusClaim, ...] = ()


class Variant(Attributes, frozen=True, kw_only=True):
    """A munition's named version. Ranges are never inherited; the rest of the heading is."""

    id: Id
    names: Annotated[dict[Language, Annotated[tuple[Text, ...], Meta(min_length=1)]], Meta(min_length=1)]
    was: tuple[Id, ...] = ()
    note: Text | UnsetType = UNSET


class Record(Variant, frozen=True, kw_only=True):
    """One file of systems/: a system with its variants."""

    kind: Kind
    class_: Annotated[Text, Meta(description="our label, from vocabulary.yaml; not a claim")] = field(name="class")
    origin: Annotated[tuple[Country, ...], Meta(min_length=1)]
    fired_from: Annotated[tuple[Id, ...], Meta(description="launchers; a launcher's own list is derived")] = ()
    variants: tuple[Variant, ...] = ()


class SourceRecord(_Record, frozen=True, kw_only=True):
    """One entry of sources.yaml."""

    publisher: Text
    title: Text | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    date: LooseDate | UnsetType = UNSET
    inferred: bool = False
    unchecked: Annotated[bool, Meta(description="a transcription that was not compared with its original")] = False
    copy_of: Annotated[SourceKey, Meta(description="the source whose text this page carries")] | UnsetType = UNSET
    note: Text | UnsetType = UNSET


class Vocabulary(_Record, frozen=True, kw_only=True):
    """vocabulary.yaml: the words that records may use."""

    classes: dict[Id, Text]
    qualifiers: dict[Text, Literal["value", "ceiling", "floor"]]


class BandRecord(_Record, frozen=True, kw_only=True):
    """A band of a scheme: bounds of the maximum range and, where the scheme has them, of the payload."""

    label: Text
    from_km: Number | UnsetType = UNSET
    over_km: Number | UnsetType = UNSET
    up_to_km: Number | UnsetType = UNSET
    below_km: Number | UnsetType = UNSET
    from_kg: Number | UnsetType = UNSET
    below_kg: Number | UnsetType = UNSET


class SchemeRecord(_Record, frozen=True, kw_only=True):
    """One entry of schemes.yaml: bands that are computed from claims."""

    title: Text
    src: SourceKey
    classes: Annotated[tuple[Id, ...], Meta(min_length=1, description="the classes that the scheme speaks of")]
    bands: Annotated[dict[Id, BandRecord], Meta(min_length=1)]


def figures(printed: str) -> tuple[float, float]:
    """Return the lowest and highest number of a figure as printed, such as ``300`` or ``165-300``."""
    low, _, high = printed.partition("-")
    return float(low), float(high or low)


#: What each kind of file holds.
FILES: dict[str, Any] = {
    "system": Record,
    "sources": dict[SourceKey, SourceRecord],
    "vocabulary": Vocabulary,
    "schemes": dict[Id, SchemeRecord],
}


def schema(kind: str = "system") -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one kind of catalog file.

    Parameters
    ----------
    kind : {"system", "sources", "vocabulary", "schemes"}
    """
    document = msgspec.json.schema(FILES[kind])
    for name, definition in document.get("$defs", {}).items():
        units = [unit for unit in UNITS if unit in definition["properties"]]
        # msgspec has no word for "exactly one of these keys"; a required one needs none.
        if name.endswith("Claim") and not set(units) & set(definition.get("required", [])):
            definition["oneOf"] = [{"required": [unit]} for unit in units]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"weapons-ref catalog: {kind} file",
        **document,
    }
