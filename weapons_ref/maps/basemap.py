"""Land, lakes and boundary lines under a map, as d3-geo draws them.

The data are Natural Earth's, at 1:110, 1:50 and 1:10 million; `weapons_ref.maps.basemapfile` builds the file.
"""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from weapons_ref.errors import FileError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from shapely import Geometry, MultiPolygon

    from weapons_ref.geo.caps import Box, Cap

    Floats = npt.NDArray[np.float64]

#: Natural Earth's scales, in millions.
Scale = Literal[110, 50, 10]

#: Decimals of a degree that each scale is good for, and how far, in metres, its lines may be moved to draw them.
DECIMALS: Mapping[Scale, int] = {110: 2, 50: 3, 10: 4}
_ERROR_M: Mapping[Scale, float] = {110: 2000.0, 50: 400.0, 10: 60.0}

#: Raised whenever the tables change; a file of another number is never read.
SCHEMA = 1

CREDIT = "Map: Natural Earth (naturalearthdata.com), public domain"
#: Said on every map.
NO_POSITION = "Boundaries imply no position; disputed ones are dashed"


class Layers(NamedTuple):
    """The map under the rings; GeoJSON geometries, polygons with their inside to the right."""

    land: Mapping[str, Any]
    lakes: Mapping[str, Any]
    settled: Mapping[str, Any]  #: boundary lines between countries
    disputed: Mapping[str, Any]


def layers(scale: Scale, cap: Cap | None = None) -> Layers:
    """Return the map at a scale, and no more of it than a cap needs.

    Raises
    ------
    FileError
        If there is no file.
    """
    boxes = cap.boxes() if cap else None
    with _opened() as database:
        land, lakes = (_polygons(_read(database, scale, layer, boxes), boxes, scale) for layer in ("land", "lakes"))
        settled, disputed = (_lines(_read(database, scale, layer, boxes), scale) for layer in ("settled", "disputed"))
    return Layers(land, lakes, settled, disputed)


@contextlib.contextmanager
def _opened() -> Iterator[sqlite3.Connection]:
    found = resources.files("weapons_ref") / "_data" / "basemap.sqlite"
    with resources.as_file(found) as path:
        if not path.is_file():
            raise FileError("there is no map to draw on; install weapons-ref again")
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            if database.execute("PRAGMA user_version").fetchone() != (SCHEMA,):
                raise FileError("the map to draw on is of another version; install weapons-ref again")
            yield database


def _read(
    database: sqlite3.Connection, scale: Scale, layer: str, boxes: Sequence[Box] | None
) -> Iterator[list[Floats]]:
    query = "SELECT shape FROM shapes WHERE scale = ? AND layer = ?"
    boxes = boxes or [(-180.0, -90.0, 180.0, 90.0)]
    touching = " OR ".join(["(east >= ? AND north >= ? AND west <= ? AND south <= ?)"] * len(boxes))
    for (blob,) in database.execute(f"{query} AND ({touching})", (scale, layer, *(x for box in boxes for x in box))):
        yield _unpacked(blob, DECIMALS[scale])


def _unpacked(blob: bytes, decimals: int) -> list[Floats]:
    """Return the rings that `basemapfile` packed."""
    import numpy as np

    numbers = np.frombuffer(zlib.decompress(blob), "<i4").astype(np.int64)
    count = int(numbers[0])
    sizes, steps = numbers[1 : count + 1], numbers[count + 1 :]
    points = np.cumsum(steps.reshape(2, -1), axis=1).T / 10**decimals
    return np.split(points, np.cumsum(sizes)[:-1])


def _polygons(found: Iterator[list[Floats]], boxes: Sequence[Box] | None, scale: Scale) -> Mapping[str, Any]:
    import shapely

    from weapons_ref.geo import seamless

    polygons: Geometry = shapely.MultiPolygon([shapely.Polygon(rings[0], rings[1:]) for rings in found])
    if boxes is not None:
        polygons = _clipped(polygons, boxes)
    drawn = seamless.geometry(seamless.outline(polygons), _ERROR_M[scale], DECIMALS[scale])
    return drawn or {"type": "Polygon", "coordinates": []}


def _clipped(polygons: MultiPolygon, boxes: Sequence[Box]) -> Geometry:
    """Return what of polygons lies in boxes: a coast far away only takes time."""
    import shapely

    pieces = [shapely.intersection(shapely.get_parts(polygons), shapely.box(*box)) for box in boxes]
    parts = [part for piece in pieces for part in shapely.get_parts(piece) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon(list(shapely.orient_polygons([part for part in parts if not part.is_empty])))


def _lines(found: Iterator[list[Floats]], scale: Scale) -> Mapping[str, Any]:
    from weapons_ref.geo import seamless

    lines = [seamless.subdivided(line, _ERROR_M[scale]).round(DECIMALS[scale]) for (line,) in found]
    return {"type": "MultiLineString", "coordinates": [line.tolist() for line in lines]}
