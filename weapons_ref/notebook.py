"""What results are to others: features for GeoPandas and its like, and HTML for a notebook."""

from __future__ import annotations

import base64
import html
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from weapons_ref.model import MapResult, ReachResult, RingResult
from weapons_ref.output import views

#: Rows of a table in a notebook; the rest is counted.
_SHOWN = 20
_SIZE = (960, 720)
_COLUMNS = ("system", "place", "verdict", "distance_km", "margin_km", "range_low_km", "range_high_km", "reason")


def geo_interface(result: Any) -> dict[str, Any]:
    """Return a result as a GeoJSON feature collection.

    See https://gist.github.com/sgillies/2217756: ``geopandas.GeoDataFrame.from_features(result, crs=4326)``.

    Raises
    ------
    FileError
        If the result has no place on a map.
    """
    return {"type": "FeatureCollection", "features": list(_features(result))}


def _features(result: Any) -> Iterator[dict[str, Any]]:
    if isinstance(result, MapResult):
        yield from views.features(result.rings)
        if result.places is not None:
            yield from views.features(result.places)
    else:
        yield from views.features(result)


def as_html(result: Any) -> str:
    """Return a result as HTML: rings as a picture where one can be drawn, places as a table."""
    if isinstance(result, RingResult):
        return _picture(MapResult(title="", rings=result), views.rows(result))
    if isinstance(result, MapResult):
        places = _table(result.places) if result.places is not None else ""
        return _picture(result, views.rows(result.rings)) + places
    return _table(result)


def _picture(result: MapResult, rows: Iterable[Mapping[str, Any]]) -> str:
    try:
        import vl_convert  # noqa: F401
    except ImportError:
        return _drawn(({name: value for name, value in row.items() if name != "wkt"} for row in rows), "")
    if not result.rings.rings:
        return "<p>no ring: nothing lies within it</p>"
    from weapons_ref.maps.picture import Look, describe, picture
    from weapons_ref.maps.theme import Style

    style: Style = "press" if result.title else "minimal"
    svg = base64.b64encode(picture(result, "svg", Look(size=_SIZE, style=style))).decode()
    return f'<img width="720" src="data:image/svg+xml;base64,{svg}" alt="{html.escape(describe(result), quote=True)}">'


def _table(result: ReachResult) -> str:
    if not isinstance(result.verdicts, tuple):
        return html.escape(repr(result))
    counts = ", ".join(f"{count:,} {name}" for name, count in result.counts.items())
    left = len(result.verdicts) - _SHOWN
    notes = [counts, *([f"{left:,} more rows"] if left > 0 else []), *views.credit(result)]
    rows = itertools.islice(views.rows(result), _SHOWN)
    return _drawn(({name: row.get(name) for name in _COLUMNS} for row in rows), "; ".join(notes))


def _drawn(rows: Iterable[Mapping[str, Any]], note: str) -> str:
    from tabulate import tabulate

    body = [{name: ", ".join(v) if isinstance(v, list) else v for name, v in row.items()} for row in rows]
    drawn: str = tabulate(body, headers="keys", tablefmt="html", floatfmt=".1f")
    return f"{drawn}<p>{html.escape(note)}</p>" if note else drawn
