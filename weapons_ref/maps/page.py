"""A map as one self-contained page: opens from disk, asks nothing of any network, and judges points itself."""

from __future__ import annotations

import html
import json
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

from msgspec import structs

from weapons_ref.errors import QueryError
from weapons_ref.maps import basemap, labelling, picture, scene, specification, theme
from weapons_ref.maps.frame import Frame, Projection
from weapons_ref.maps.specification import Content, Spec
from weapons_ref.maps.theme import Theme
from weapons_ref.model import (
    Claim,
    MapResult,
    Origin,
    Place,
    RangeInterval,
    ReachResult,
    RingResult,
    Source,
    VerdictName,
)
from weapons_ref.output import wording

#: The scripts of a page, in their order.
SCRIPTS = ("geodesic.js", "regions.js", "judge.js", "view.js", "labels.js", "map.js")
_VERDICTS: tuple[VerdictName, ...] = ("within", "disputed", "inside-minimum", "beyond")
_MARKS: Mapping[VerdictName, str] = {"within": "●", "disputed": "◆", "inside-minimum": "▼", "beyond": "✚"}
#: How many places the table under the map has.
_LISTED = 300
#: The finest map goes with a page whose rings are no larger, degrees, and so far beyond them.
_NEAR_DEG = 12.0
_ROUND_ABOUT = 2.5


def page(result: MapResult, *, dark: bool = False, projection: Projection | None = None) -> bytes:
    """Return a map as a page of HTML.

    Parameters
    ----------
    result : MapResult
        Rings, places and towns.
    dark : bool
        Whether on a dark ground.
    projection : str, optional
        The one that it opens with, instead of the one that fits.

    Raises
    ------
    WeaponsRefError
        If there is nothing to draw, or vl-convert is not installed.
    """
    look = theme.theme(dark=dark)
    shapes = scene.shapes(result.rings)
    if not shapes:
        raise QueryError("no ring to draw: nothing lies within it")
    spots = scene.spots(result.places.verdicts, result.places.ranges) if result.places else []
    view = picture.frame_of(result, shapes, [], projection)
    ranges = result.rings.ranges
    numbers = {key: number for number, key in enumerate(_used(ranges), 1)}
    spec = _specify(result, shapes, view, look)
    data = {
        "spec": spec,
        "frame": {"projection": view.projection, "lon": view.lon, "lat": view.lat, "radius_deg": view.radius_deg},
        "question": question_of(result.rings),
        "ranges": [{"system": r.system, "name": r.name, "span": wording.span(r)} for r in ranges],
        "numbers": numbers,
        "origins": [{"name": name, "lon": lon, "lat": lat} for name, lon, lat in _starts(result)],
        "areas": [origin.name for origin in result.rings.query.origins if origin.area is not None],
        "captions": _captions(shapes, several=len(ranges) > 1),
        "places": _columns(spots),
        "towns": _towns(result.towns),
        **_base(view),
    }
    values = {
        "title": html.escape(result.title),
        "subtitle": html.escape(picture.subtitle(result)),
        "description": html.escape(picture.describe(result), quote=True),
        "summary": html.escape(_summary(result)),
        "style": _style(look),
        "layers": "\n".join(_layers(ranges, look)),
        "key": "\n".join(_key(shapes, spots, look)),
        "places": _table(result, spots),
        "claims": "\n".join(_claims(result, numbers)),
        "credits": html.escape(_credits(result)),
        "licences": html.escape(_read("LICENCES.txt")),
        "data": _json(data),
        "vega": _vega(),
        "script": "\n".join(_read(name) for name in SCRIPTS),
    }
    return string.Template(_read("page.html")).substitute(values).encode()


def _read(name: str) -> str:
    return (resources.files("weapons_ref.maps") / name).read_text(encoding="utf-8")


def _json(data: Any) -> str:
    # A "<" in a name could end the script that holds it.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _vega() -> str:
    """Return Vega as one script that needs nothing else."""
    bundle: str = picture.vl_convert().javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script")


def _style(look: Theme) -> str:
    colours = {
        "ink": look.ink,
        "soft_ink": look.soft_ink,
        "page": look.page,
        "sea": look.sea,
        "line": look.border,
        "link": look.systems[0],
        "inside": look.verdicts["inside-minimum"],
        **{name: look.verdicts[name] for name in ("within", "disputed", "beyond")},
    }
    return string.Template(_read("page.css")).substitute(colours)


# ---------------------------------------------------------------- what the script is given


def _specify(result: MapResult, shapes: Sequence[scene.Shape], view: Frame, look: Theme) -> Spec:
    """Return the specification of a picture, but for what the script puts in: the map, places and words."""
    empty = basemap.Layers(*({"type": "MultiLineString", "coordinates": []} for _ in basemap.Layers._fields))
    content = Content(
        layers=empty,
        shapes=shapes,
        edges=scene.edges(result.rings.query.origins),
        origins=_starts(result),
    )
    many = len(result.rings.ranges)
    marks = [
        *specification.ground(look),
        *specification.rings(look, many),
        *specification.captions(look, many),
        *specification.starts(look),
        *specification.spots(look),
        *specification.names(look),
        *specification.chosen(look),
        *specification.scale_bar(look),
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "description": picture.describe(result),
        "width": {"signal": "mapWidth"},
        "height": {"signal": "mapHeight"},
        "padding": 0,
        "background": look.page,
        "signals": [
            *specification.signals(view, 900, 600),
            {"name": "width", "update": "mapWidth"},
            {"name": "height", "update": "mapHeight"},
            {"name": "step", "value": 30},
            {"name": "hidden", "value": []},
        ],
        "projections": [specification.projection()],
        "data": specification.data(content, specification.graticule(None), hides=True),
        "marks": [specification.group(marks)],
    }


def _starts(result: MapResult) -> list[tuple[str, float, float]]:
    return list(scene.starts(result.rings.query.origins))


def question_of(result: RingResult | ReachResult) -> dict[str, Any]:
    """Return what the script judges points by: origins, ranges with their claims, a sector."""
    query = result.query
    return {
        "origins": [_origin(origin) for origin in query.origins],
        "ranges": [
            {
                "low_m": range_.low_m,
                "high_m": range_.high_m,
                "minimum_low_m": range_.minimum_low_m,
                "minimum_high_m": range_.minimum_high_m,
                "claims": [
                    {"attribute": c.attribute, "low_m": c.low_m, "high_m": c.high_m, "source": c.source}
                    for c in range_.claims
                ],
            }
            for range_ in result.ranges
        ],
        "sector": list(query.sector) if query.sector else None,
    }


def _origin(origin: Origin) -> dict[str, Any]:
    return {
        "name": origin.name,
        "lon": origin.lon,
        "lat": origin.lat,
        "uncertainty_m": origin.uncertainty_m,
        "reading": origin.reading,
        "area": origin.area.geometry if origin.area else None,
    }


def _captions(shapes: Sequence[scene.Shape], *, several: bool) -> list[dict[str, Any]]:
    """Return the words along rings, the smallest ring first, with the points where each may stand."""
    return [
        {
            "text": text,
            "system": shape.system,
            "anchors": [
                [round(float(number), 6) for number in (*start, *end)]
                for start, end in scene.anchors(line, shape.ring.origin)
            ],
        }
        for shape, line, text in reversed(list(labelling.captions(shapes, several=several)))
    ]


def _columns(spots: Sequence[scene.Spot]) -> dict[str, Any]:
    return {
        "name": [spot.name for spot in spots],
        "lon": [round(spot.lon, 6) for spot in spots],
        "lat": [round(spot.lat, 6) for spot in spots],
        "population": [spot.population for spot in spots],
        "verdicts": ["".join(str(_VERDICTS.index(verdict)) for verdict in spot.verdicts) for spot in spots],
    }


def _towns(towns: Sequence[Place]) -> dict[str, Any]:
    return {
        "name": [town.name for town in towns],
        "lon": [round(town.lon, 5) for town in towns],
        "lat": [round(town.lat, 5) for town in towns],
        "population": [town.population or 0 for town in towns],
    }


def _base(view: Frame) -> dict[str, Any]:
    base = {"coarse": _packed(basemap.layers(110), 110), "fine": _packed(basemap.layers(50), 50)}
    if view.radius_deg > _NEAR_DEG:
        return {"base": base}
    cap = view.cap(view.radius_deg * _ROUND_ABOUT)
    base["near"] = _packed(basemap.layers(10, cap), 10)
    return {"base": base, "near": {"lon": cap.lon, "lat": cap.lat, "radius_deg": cap.radius_deg}}


def _packed(layers: basemap.Layers, scale: basemap.Scale) -> dict[str, Any]:
    """Return layers in whole steps from point to point, a fraction of the size."""
    decimals = basemap.DECIMALS[scale]
    return {
        name: {"decimals": decimals, "rings": [list(_steps(ring, decimals)) for ring in geometry["coordinates"]]}
        for name, geometry in layers._asdict().items()
    }


def _steps(ring: Iterable[Sequence[float]], decimals: int) -> Iterator[int]:
    last = (0, 0)
    for lon, lat in ring:
        here = round(lon * 10**decimals), round(lat * 10**decimals)
        yield here[0] - last[0]
        yield here[1] - last[1]
        last = here


# ---------------------------------------------------------------- what stands on the page


def _used(ranges: Sequence[RangeInterval]) -> list[str]:
    return list(dict.fromkeys(claim.source for range_ in ranges for claim in range_.claims))


def _summary(result: MapResult) -> str:
    error = max(ring.max_edge_error_m for ring in result.rings.rings)
    said = [f"Rings are drawn within {error:g} m of the range; verdicts come from distances, not from the drawing."]
    if result.places is not None:
        counts = result.places.counts
        words = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in _VERDICTS if counts[verdict])
        said.append(f"Places judged: {words or 'none'}.")
    if result.places_left_out:
        said.append(f"{result.places_left_out:,} answers for the least populous places are left out.")
    return " ".join(said)


def _layers(ranges: Sequence[RangeInterval], look: Theme) -> Iterator[str]:
    for number, range_ in enumerate(ranges):
        name = f"{range_.name} {wording.span(range_)}" if range_.system else range_.name
        yield (
            f'<li><label><input type="checkbox" value="{number}" checked>'
            f'<span class="swatch" style="background:{theme.colour(look, number)}"></span>'
            f"<span>{html.escape(name)}</span></label></li>"
        )


def _key(shapes: Sequence[scene.Shape], spots: Sequence[scene.Spot], look: Theme) -> Iterator[str]:
    roles = {shape.role for shape in shapes}
    if "disputed" in roles:
        yield '<dt><i class="within"></i></dt><dd>within every published range</dd>'
        yield '<dt><i class="disputed"></i></dt><dd>disputed: within some, not all</dd>'
    shown = {spot.verdict for spot in spots}
    for verdict in _VERDICTS:
        if verdict in shown:
            yield f'<dt style="color:{look.verdicts[verdict]}">{_MARKS[verdict]}</dt><dd>place {verdict}</dd>'


def _table(result: MapResult, spots: Sequence[scene.Spot]) -> str:
    """Return the places as a table: what the map shows, for who does not see it."""
    if not spots or result.places is None:
        return ""
    ranges = result.places.ranges
    head = "".join(f'<th scope="col">{html.escape(r.name if r.system else "verdict")}</th>' for r in ranges)
    rows = "\n".join(
        f'<tr><th scope="row"><button type="button" value="{number}">{html.escape(spot.name)}</button></th>'
        + "".join(f"<td>{_MARKS[verdict]} {verdict}</td>" for verdict in spot.verdicts)
        + "</tr>"
        for number, spot in enumerate(spots[:_LISTED])
    )
    more = len(spots) - _LISTED
    note = f"<p>{more:,} more are on the map; the search finds them.</p>" if more > 0 else ""
    return (
        f"<details><summary>The places as a table ({min(len(spots), _LISTED):,})</summary>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="Places"><table id="places"><thead><tr>'
        f'<th scope="col">place</th>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>{note}</details>'
    )


def _claims(result: MapResult, numbers: Mapping[str, int]) -> Iterator[str]:
    for range_ in result.rings.ranges:
        if range_.system is None:
            continue
        yield f"<h3>{html.escape(range_.name)}: {html.escape(wording.span(range_))}</h3>"
        head = '<th scope="col">figure</th><th scope="col">source</th>'
        yield f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>'
        for claim in wording.in_order(range_.claims):
            yield f"<tr><td>{html.escape(_figure(claim))}</td><td>{_cited(claim, numbers)}</td></tr>"
        yield "</tbody></table></div>"
    if numbers:
        yield '<h3>Sources</h3><ol id="sources">'
        for key, number in numbers.items():
            yield f'<li id="source-{number}">{_source(result.rings.sources[key])}</li>'
        yield "</ol>"
    else:
        yield "<p>A range was given; it rests on no source.</p>"


def _figure(claim: Claim) -> str:
    return f"{claim.attribute.replace('_', ' ')}: {wording.said(claim)}"


def _cited(claim: Claim, numbers: Mapping[str, int]) -> str:
    number = numbers[claim.source]
    citing = f", citing {html.escape(claim.speaker)}" if claim.speaker else ""
    return f'<a href="#source-{number}">[{number}]</a>{citing}'


def _source(source: Source) -> str:
    # The address is a link, where it is one that a browser may follow.
    if source.url and source.url.startswith(("https://", "http://")):
        cited = wording.cite(structs.replace(source, url=None))
        url = html.escape(source.url, quote=True)
        return f'{html.escape(cited)}, <a href="{url}" rel="noreferrer">{url}</a>'
    return html.escape(wording.cite(source))


def _credits(result: MapResult) -> str:
    owed = [
        basemap.NO_POSITION,
        basemap.CREDIT,
        *scene.credits_of(result),
        "Drawn with Vega (BSD 3-Clause) and d3 (ISC)",
        "Distances are geodesics on the WGS 84 ellipsoid",
    ]
    return ". ".join(owed) + "."
