"""Results made by hand, so that formats are tested without a catalog or a gazetteer."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Literal

import pytest
import shapely

from weapons_ref.model import (
    Claim,
    DistanceResult,
    Origin,
    Place,
    Query,
    RangeInterval,
    ReachResult,
    Ring,
    RingResult,
    Source,
    System,
    SystemsResult,
    Verdict,
)
from weapons_ref.output import write

KM_100 = Claim(attribute="range_max", printed="100", unit="km", metres=(100e3, 100e3), source="first-paper-2020")
MI_124 = Claim(
    attribute="range_max",
    printed="124",
    unit="mi",
    metres=(199558.656, 199558.656),
    qualifier="more than",
    source="second-paper-2021",
    speaker="A Minister",
)
SOURCES = {
    "first-paper-2020": Source(key="first-paper-2020", publisher="First Paper", url="https://example.org/1"),
    "second-paper-2021": Source(key="second-paper-2021", publisher="Second Paper", title="Said", date="2021"),
}
RANGE = RangeInterval(
    system="rocket", name="Rocket", low_m=100e3, high_m=199558.656, open_ended=True, claims=(KM_100, MI_124)
)
START = Origin(name="Start", lat=0.0, lon=0.0)
ROLES: tuple[Literal["within", "disputed"], ...] = ("within", "disputed")
QUERY = Query(systems=("rocket",), origins=(START,))


@pytest.fixture
def written() -> Callable[[Any, str], str]:
    """A result as text in a format."""

    def run(result: Any, name: str) -> str:
        stream = io.StringIO(newline="")
        write(result, name, stream)
        return stream.getvalue()

    return run


@pytest.fixture
def reached() -> Callable[..., ReachResult]:
    """An answer in which every place given has the same verdict."""

    def make(*places: Place, distance_m: float = 150e3, margin_m: float = 49558.656) -> ReachResult:
        verdicts = tuple(
            Verdict(
                place=place,
                origin=START,
                distance_m=distance_m,
                azimuth_deg=90.0,
                range=RANGE,
                margin_m=margin_m,
                verdict="disputed",
                reason="in reach by 124 mi (second-paper-2021); out of reach by 100 km (first-paper-2020)",
            )
            for place in places
        )
        counts = {"within": 0, "disputed": len(verdicts), "inside-minimum": 0, "beyond": 0, "rejected": 0}
        return ReachResult(
            query=QUERY,
            ranges=(RANGE,),
            unranged=(),
            verdicts=verdicts,
            counts=counts,
            sources=SOURCES,
            shows_gazetteer=True,
        )

    return make


@pytest.fixture
def row() -> Callable[..., Place]:
    """A row of a user's file."""

    def make(name: str, lat: float = 1.0, lon: float = 2.0, **columns: Any) -> Place:
        return Place(name=name, lat=lat, lon=lon, notation="file", columns=columns)

    return make


@pytest.fixture
def ringed() -> RingResult:
    """Two rings: one with a hole, one in two parts."""
    square = shapely.Polygon(
        [(-1, -1), (1, -1), (1, 1), (-1, 1)], [[(-0.5, -0.5), (-0.5, 0.5), (0.5, 0.5), (0.5, -0.5)]]
    )
    cut = [shapely.box(179, -1, 180, 1, ccw=True), shapely.box(-180, -1, -179, 1, ccw=True)]
    rings = tuple(
        Ring(range=RANGE, origin=START, role=role, geometry=geometry, max_edge_error_m=10.0, covers_globe=False)
        for role, geometry in zip(ROLES, (shapely.MultiPolygon([square]), shapely.MultiPolygon(cut)), strict=True)
    )
    return RingResult(query=QUERY, ranges=(RANGE,), unranged=(), rings=rings, sources=SOURCES, shows_gazetteer=True)


@pytest.fixture
def shown() -> SystemsResult:
    """One whole record."""
    record = System(
        id="rocket", kind="munition", class_="srbm", origin=("US",), names={"en": ("Rocket",)}, claims=(KM_100, MI_124)
    )
    return SystemsResult(
        systems=(record,),
        ranges={"rocket": RANGE},
        munitions={"rocket": ()},
        names={"rocket": "Rocket"},
        sources=SOURCES,
        view="show",
    )


@pytest.fixture
def measured() -> DistanceResult:
    """Two places that are one, so that both azimuths have no meaning."""
    place = Place(name="0, 0", lat=0.0, lon=0.0, notation="decimal")
    return DistanceResult(start=place, end=place, distance_m=0.0, azimuth_deg=None, back_azimuth_deg=None)
