"""Users' files of lines, polygons and points, read as one area."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

from weapons_ref.errors import FileError
from weapons_ref.model import Area, Place
from weapons_ref.places import _geojson

_HEIGHTS = "heights, ignored"
_TURNED = "longitudes beyond 180, turned back by 360 degrees"


def read_area(path: str | os.PathLike[str]) -> Area:
    """Read a border, a coast, a district, or several, as one area to start from.

    Parameters
    ----------
    path : str or path-like
        A GeoJSON file (RFC 7946) with features of any type, a text sequence of them (RFC 8142), or
        ``-`` for standard input. Edges are geodesics; a polygon's inside belongs to it.

    Returns
    -------
    Area
        Named after the file. Its notes say what was left out.

    Raises
    ------
    FileError
        If the file cannot be read whole and with certainty, or holds no geometry.
    """
    from weapons_ref.places.files import opened

    text = os.fsdecode(os.fspath(path))
    suffix = os.path.splitext(text)[1].lower()
    with opened(text) as source:
        if not _geojson.recognises(suffix, source.head):
            raise source.error("is not GeoJSON, which lines and polygons are read from")
        found = list(_geojson.geometries(source, suffix))
        geometries = [geometry for _, geometry in found if geometry is not None]
        if not geometries:
            raise source.error("holds no geometry")
        whole = {"type": "GeometryCollection", "geometries": geometries} if len(geometries) > 1 else geometries[0]
        notes = _notes(source.name, whole, len(found) - len(geometries))
        # A tidy name for people; the file itself is opened by the path given, since a folder may be a link.
        return Area(name=os.path.normpath(source.name), geometry=whole, notes=notes)


def read_origins(path: str | os.PathLike[str], on_note: Callable[[str], None] | None = None) -> list[Place]:
    """Read a file of points, each of them a place to start from.

    Parameters
    ----------
    path : str or path-like
        Delimited text or GeoJSON, as `read_locations` takes it.
    on_note : callable, optional
        Called with what was changed: longitudes turned back, heights left out, each with its count.

    Raises
    ------
    FileError
        If the file cannot be read whole, or a row is not a point: an answer from fewer origins than
        the file has would look like one from all of them.
    """
    from weapons_ref.places.files import read_locations

    places = []
    changed: Counter[str] = Counter()
    for batch in read_locations(path):
        changed[_HEIGHTS] += batch.ignored_z
        changed[_TURNED] += batch.normalised
        for rejection in batch.rejected:
            raise FileError(f"{rejection.file}, row {rejection.row}: {rejection.reason}; every row must be an origin")
        for place in batch.places:
            if place.shape is not None:
                raise FileError(
                    f"{os.fspath(path)}: {place.name!r} is not a point; --from-area takes lines and polygons"
                )
            places.append(place)
    if not places:
        raise FileError(f"{os.fspath(path)}: holds no point")
    for what, count in changed.items():
        if count and on_note is not None:
            on_note(f"{os.fspath(path)}: {what}: {count:,}")
    return places


def _notes(name: str, geometry: Any, empty: int) -> tuple[str, ...]:
    heights = turned = projected = total = 0
    for position in _geojson.positions(geometry):
        total += 1
        heights += len(position) > 2
        lon, lat = (*position, 0)[:2]
        if type(lat) in (int, float):
            turned += 180 < abs(lon) <= 540
            projected += abs(lon) > 180 and abs(lat) > 90  # either alone may be a slip, or exchanged
    if total and projected == total:
        raise FileError(
            f"{name}: looks projected: none of its coordinates fits latitude and longitude in degrees;"
            " convert it to WGS 84 (EPSG:4326) first"
        )
    counted = (
        (empty, "features without geometry, left out"),
        (heights, _HEIGHTS),
        (turned, _TURNED),
    )
    return tuple(f"{what}: {count:,}" for count, what in counted if count)
