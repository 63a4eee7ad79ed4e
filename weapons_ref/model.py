"""The values that everything else passes around: frozen, and free of behaviour beyond small views.

Names of fields carry their unit where a number could be mistaken. `msgspec` structures rather than
dataclasses, because they also read and write JSON and describe themselves as a JSON Schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field

if TYPE_CHECKING:
    from shapely import MultiPolygon

Kind = Literal["munition", "launcher", "gun", "system"]
VerdictName = Literal["within", "disputed", "beyond", "inside-minimum"]
VERDICTS: tuple[VerdictName, ...] = ("within", "disputed", "inside-minimum", "beyond")

#: How a wide origin answers: from at least one point of it, from one unknown point, from every point.
Reading = Literal["anywhere", "somewhere", "everywhere"]

#: Which answers have their distance, azimuth and margin: all, those within reach or disputed, or none.
Distances = Literal["all", "within", "none"]


class Place(Struct, frozen=True, kw_only=True):
    """A gazetteer entry, a typed coordinate, or a row of the user's own file."""

    name: str
    lat: float
    lon: float
    country: str | None = None  #: ISO 3166-1 alpha-2
    country_name: str | None = None
    region: str | None = None  #: name of the first-order division
    population: int | None = None  #: None is unknown, never empty
    geonameid: int | None = None
    notation: str = "name"  #: how the text was read: name, decimal, dms, mgrs, utm, plus-code, geo-uri
    precision_m: float | None = None  #: half the size of the cell that the notation names
    turned_back: bool = False  #: the longitude was typed past 180 either way
    columns: Mapping[str, Any] = field(default_factory=dict)  #: a row's own columns, as they came
    shape: Any = None  #: of a line or polygon its `geo.regions.Region`; lat and lon are then a point of it

    @property
    def label(self) -> str:
        """The name with what tells it from its namesakes: ``Kherson, Kherson Oblast, UA``."""
        return ", ".join(part for part in (self.name, self.region, self.country) if part)


class Source(Struct, frozen=True, kw_only=True):
    """Where a claim was read."""

    key: str
    publisher: str
    title: str | None = None
    url: str | None = None
    date: str | None = None  #: YYYY, YYYY-MM or YYYY-MM-DD
    inferred: bool = False  #: the date was inferred; the text gives no full one
    unchecked: bool = False  #: a transcription that nobody compared with its original
    copy_of: str | None = None  #: the key of the source whose text this one carries
    note: str | None = None


def kilometres(metres: float) -> str:
    """Word a length to four figures, and from 1,000 km on to the kilometre: ``305.8``, ``12875``."""
    return f"{metres / 1000:.4g}" if metres < 1e6 else f"{metres / 1000:.0f}"


class Claim(Struct, frozen=True, kw_only=True):
    """One published figure, as printed."""

    attribute: str  #: such as range_max; see catalog/vocabulary.yaml
    printed: str  #: the figure as the source prints it, without its unit
    unit: str | None = None  #: the source's own unit; None for a plain number or words
    metres: tuple[float, float] | None = None  #: of a length: lowest and highest, as for "165 to 300"
    kilograms: tuple[float, float] | None = None  #: of a mass, the same
    qualifier: str = "stated"
    source: str = ""  #: a source's key
    speaker: str | None = None  #: whom the source cites
    of: str | None = None  #: on a launcher: the munition whose range this is
    who: str | None = None  #: in a status: the operator, an ISO code
    since: str | None = None  #: in a status: the date it began
    note: str | None = None
    flag: str | None = None  #: "suspect" claims are shown and make no ring
    reason: str | None = None  #: why it is flagged

    @property
    def figure(self) -> str:
        """The figure as printed, with its unit; miles and feet in kilometres too, to compare by."""
        if self.unit is None:
            return self.printed
        text = f"{self.printed} {self.unit}"
        if self.metres is not None and self.unit in ("mi", "nmi", "ft"):
            text += f" = {'-'.join(dict.fromkeys(kilometres(metres) for metres in self.metres))} km"
        return text

    @property
    def low_m(self) -> float:
        """The lowest figure of a length."""
        assert self.metres is not None, f"{self.attribute} is no length"
        return self.metres[0]

    @property
    def high_m(self) -> float:
        """The highest figure of a length."""
        assert self.metres is not None, f"{self.attribute} is no length"
        return self.metres[1]


class System(Struct, frozen=True, kw_only=True):
    """One catalog record, or one named variant of a munition."""

    id: str
    kind: Kind
    class_: str = field(name="class")
    origin: tuple[str, ...] = ()  #: ISO codes of the countries of origin
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: by language code
    was: tuple[str, ...] = ()  #: ids it had before
    fired_from: tuple[str, ...] = ()  #: ids of launchers
    variant_of: str | None = None
    variants: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    note: str | None = None

    @property
    def name(self) -> str:
        """The first name in English, else the first in any language."""
        names = self.names.get("en") or next(iter(self.names.values()), (self.id,))
        return names[0]


class Band(Struct, frozen=True, kw_only=True):
    """A band of a scheme: bounds of the maximum range and, where it has them, of the payload."""

    label: str
    from_km: float | None = None
    over_km: float | None = None
    up_to_km: float | None = None
    below_km: float | None = None
    from_kg: float | None = None
    below_kg: float | None = None


class Scheme(Struct, frozen=True, kw_only=True):
    """A declared scheme whose bands are computed from published figures."""

    key: str
    title: str
    source: str  #: a source's key
    classes: tuple[str, ...]  #: the classes that it speaks of
    bands: Mapping[str, Band]


#: By all claims; by some; by all, or by some, if a payload that nobody publishes fits.
Holds = Literal["all", "some", "unknown", "some-unknown"]


class Membership(Struct, frozen=True, kw_only=True):
    """Where a system's published figures put it in a band. Arithmetic, and no finding."""

    band: str
    scheme: str
    holds: Holds


class RangeInterval(Struct, frozen=True, kw_only=True):
    """What the chosen claims say of one system's range: lowest to highest, never an average."""

    system: str | None  #: None for a plain `--range`
    name: str
    low_m: float
    high_m: float
    minimum_low_m: float | None = None  #: None is unknown, never 0
    minimum_high_m: float | None = None
    open_ended: bool = False  #: the highest figure is a floor ("more than")
    basis: str = "span"  #: which claims were chosen; see `Query`
    as_of: str | None = None
    claims: tuple[Claim, ...] = ()  #: the claims it is made of, minimum range included

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of the sources behind the interval, sorted, each once."""
        return tuple(sorted({claim.source for claim in self.claims}))


class Area(Struct, frozen=True, kw_only=True):
    """Lines, polygons or points that together are one place to start from: a border, a coast, a district."""

    name: str
    geometry: Mapping[str, Any]  #: of GeoJSON, of any type; its edges are geodesics
    credit: str | None = None  #: what the data's licence or good manners ask to be shown
    notes: tuple[str, ...] = ()  #: what a reader should know of the outline, such as whose line it draws

    @property
    def __geo_interface__(self) -> Mapping[str, Any]:
        """The geometry, for shapely and its like."""
        return self.geometry

    def __repr__(self) -> str:
        # The outline of a country would fill a notebook.
        return f"<Area: {self.name}>"


class Origin(Struct, frozen=True, kw_only=True):
    """Where a ring starts: a point, a point known to within some metres, or an area."""

    name: str
    lat: float | None = None  #: None of an area
    lon: float | None = None
    geonameid: int | None = None
    uncertainty_m: float = 0.0  #: the radius round the point that the origin lies in
    area: Area | None = None
    reading: Reading | None = None  #: None of a plain point

    @property
    def position(self) -> tuple[float, float]:
        """Longitude and latitude of a point."""
        assert self.lon is not None, f"{self.name} is an area"
        assert self.lat is not None
        return self.lon, self.lat


class Query(Struct, frozen=True, kw_only=True):
    """A question: which ranges, from where, to which places."""

    systems: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()
    range_m: float | None = None
    minimum_range_m: float | None = None
    basis: str = "span"  #: span, low, high or a source's key
    as_of: str | None = None
    variants: bool = False
    min_population: int | None = None  #: of gazetteer places; None when places were given
    show_all: bool = False
    max_error_m: float = 10.0  #: of rings
    sector: tuple[float, float] | None = None  #: azimuths at the origin, clockwise, degrees
    dissolve: bool = False  #: one union of all origins' rings
    distances: Distances = "all"  #: which answers have their distance
    by_place: bool = False  #: one row for each place, with a verdict for each system


class Verdict(Struct, frozen=True, kw_only=True):
    """Whether one place lies within reach, and why."""

    place: Place
    origin: Origin
    distance_m: float | None  #: from the point, be it an uncertain one; from an area's nearest point; None if unasked
    azimuth_deg: float | None
    range: RangeInterval
    margin_m: float | None  #: None outside a sector, and where no distance was asked for
    verdict: VerdictName
    reason: str
    nearest_m: float | None = None  #: over all points of a wide origin; None of a plain point
    farthest_m: float | None = None  #: the same; None also where nothing is asked of all of it
    nearest_lat: float | None = None  #: the point of a wide origin that lies nearest to the place
    nearest_lon: float | None = None


class Ring(Struct, frozen=True, kw_only=True):
    """A drawn answer. A picture with a stated error; verdicts never come from it."""

    range: RangeInterval
    origin: Origin
    role: Literal["within", "disputed"]
    geometry: MultiPolygon
    max_edge_error_m: float
    covers_globe: bool


class Rejection(Struct, frozen=True, kw_only=True):
    """A row of a file that has no verdict, and why."""

    file: str
    row: int  #: from 1, as the file numbers its records; a header is not one
    reason: str
    columns: Mapping[str, Any] = field(default_factory=dict)


class _Shown:
    """Shows itself in a notebook, and is features to GeoPandas and its like.

    Both are the business of rooms above this one, which the front door of the package knows.
    """

    __slots__ = ()

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        """A GeoJSON feature collection."""
        import weapons_ref

        features: dict[str, Any] = weapons_ref.geo_interface(self)
        return features

    def _repr_html_(self) -> str:
        import weapons_ref

        text: str = weapons_ref.as_html(self)
        return text


class ReachResult(_Shown, Struct, kw_only=True):
    """Verdicts for places. `counts` is complete once `verdicts` has been read to its end."""

    query: Query
    ranges: tuple[RangeInterval, ...]
    unranged: tuple[str, ...]  #: ids that were asked for and have no range claim
    verdicts: Iterable[Verdict]
    counts: dict[str, int]  #: one per verdict, and `rejected`
    sources: Mapping[str, Source]
    shows_gazetteer: bool = False  #: whether a place of the gazetteer is among the origins or places
    by_margin: bool = False  #: whether the systems of each place come sorted by margin, as `which` gives them

    def __repr__(self) -> str:
        # A notebook shows what a line returns; every verdict with all its claims would fill it.
        return f"<ReachResult: {', '.join(f'{count:,} {name}' for name, count in self.counts.items())}>"


class RingResult(_Shown, Struct, frozen=True, kw_only=True):
    """The rings of a query."""

    query: Query
    ranges: tuple[RangeInterval, ...]
    unranged: tuple[str, ...]
    rings: tuple[Ring, ...]
    sources: Mapping[str, Source]
    shows_gazetteer: bool = False


class MapResult(_Shown, Struct, frozen=True, kw_only=True):
    """What a map shows."""

    title: str
    rings: RingResult
    places: ReachResult | None = None  #: judged places, all of them read
    places_left_out: int = 0  #: verdicts that the map has no room for: those of the least populous places
    towns: tuple[Place, ...] = ()  #: to know one's way by, the most populous first

    def __repr__(self) -> str:
        return f"<MapResult: {self.title}>"


class DistanceResult(Struct, frozen=True, kw_only=True):
    """The shortest geodesic between two places, or from the nearest point of an area."""

    start: Place
    end: Place
    distance_m: float
    azimuth_deg: float | None
    back_azimuth_deg: float | None
    farthest_m: float | None = None  #: from the farthest point of an area
    areas: tuple[Area, ...] = ()  #: of which `start` and `end` are the nearest points


class PlaceResult(Struct, frozen=True, kw_only=True):
    """What a text resolves to, best first, each with its position in every notation."""

    text: str
    candidates: tuple[Place, ...]
    notations: tuple[Mapping[str, str], ...]


class SystemsResult(Struct, frozen=True, kw_only=True):
    """Catalog records, for `list`, `search`, `show` and `compare`."""

    systems: tuple[System, ...]
    ranges: Mapping[str, RangeInterval | None]
    munitions: Mapping[str, tuple[str, ...]]  #: of each launcher
    names: Mapping[str, str]  #: of every system that the records refer to
    sources: Mapping[str, Source]
    view: Literal["list", "show", "compare"] = "list"
    bands: Mapping[str, tuple[Membership, ...]] = field(default_factory=dict)  #: of each record
    independent: Mapping[str, int] = field(default_factory=dict)  #: how many sources its range has, copies left out
    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    band: str | None = None  #: which band was asked for
    by_source: bool = False  #: whether claims come by their source, as `show --sources` gives them
    qualifiers: Mapping[str, str] = field(default_factory=dict)  #: what each means: value, ceiling or floor


class SourcesResult(Struct, frozen=True, kw_only=True):
    """Sources, each with the claims that rest on it, for `sources`."""

    sources: Mapping[str, Source]
    claims: Mapping[str, tuple[tuple[System, Claim], ...]]  #: by the source's key
    copies: Mapping[str, tuple[str, ...]]  #: keys of the sources that carry its text
    full: bool = False


class StatsResult(Struct, frozen=True, kw_only=True):
    """Counts of what a catalog holds."""

    systems: int
    variants: int
    systems_with_maximum_range: int
    systems_with_two_sources: int  #: two or more independent ones, of the maximum range
    systems_with_two_checked_sources: int  #: the same, transcriptions that nobody checked left out
    countries: int
    claims: int
    sources: int
    by_class: Mapping[str, int]
    by_country: Mapping[str, int]


#: What is found of a published statement.
Outcome = Literal["supported", "borderline", "undecidable", "contradicted"]


class Statement(Struct, frozen=True, kw_only=True):
    """A published statement, as a file gives it."""

    id: str
    text: str | None = None  #: in our own words
    start: str | None = None  #: place texts
    end: str | None = None
    claimed_m: tuple[float, float] | None = None  #: the distance stated, lowest and highest
    system: str | None = None  #: an id or a name
    range_m: tuple[float, float] | None = None  #: the range stated
    source_url: str | None = None
    source: str | None = None  #: the key of its source, if the catalog has it
    note: str | None = None
    file: str = ""
    line: int = 0


class Finding(Struct, frozen=True, kw_only=True):
    """What geometry and the catalog say of a statement."""

    statement: Statement
    outcome: Outcome
    reason: str
    distance_m: float | None = None
    range_low_m: float | None = None  #: of the claims that do not come from the statement's own source
    range_high_m: float | None = None
    sources: tuple[str, ...] = ()
    names_places: bool = False  #: whether a place of the gazetteer is named


class CheckResult(Struct, frozen=True, kw_only=True):
    """Findings, a statement each."""

    findings: tuple[Finding, ...]
    counts: Mapping[str, int]  #: one per outcome
    sources: Mapping[str, Source]
    shows_gazetteer: bool = False
