"""Well-known binary: points of whole columns at once, and lines and polygons as regions.

A column is looked at as an array of bytes. Where all rows are plain points, which is the rule, nothing
is done row by row. Standards: OGC 06-103r4 (ISO WKB); PostGIS's flags for heights and reference
systems are understood as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from weapons_ref.errors import WeaponsRefError
from weapons_ref.places.batches import Sign

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from weapons_ref.geo.boxes import Box
    from weapons_ref.geo.regions import Region
    from weapons_ref.places.columns import Bools, Floats, Indices

    Bytes = npt.NDArray[np.uint8]

_HEAD_BYTES = 5  #: the byte order and the type
_POINT_BYTES = 21
NULL: tuple[str, Sign] = ("its geometry is null", "other")
EMPTY: tuple[str, Sign] = ("its geometry is empty", "other")
_Z, _M, _SRID = 0x80000000, 0x40000000, 0x20000000
_WGS84_SRIDS = (0, 4326)
_COLLECTION = 7
#: Members of a collection, collections in it or not. GEOS follows them by recursion, and would overrun the stack.
_DEEP = 500
#: A line or polygon is put aside by its bounds alone if they are no wider. No edge within can then come near
#: half way round the globe, and none bulges north or south by more than `_BULGE_DEGREES`: at most
#: tan φ' = tan φ / cos 5° on a sphere, 0.11 degrees.
_SMALL_DEGREES = 10.0
_BULGE_DEGREES = 0.2
_FEW_VERTICES = 1000


class Points(NamedTuple):
    """What a column says of its rows' positions; n rows."""

    lon: Floats  #: degrees, not a number in rows of `problems` and `others`, shape (n,)
    lat: Floats
    problems: dict[int, tuple[str, Sign]]  #: of rows that name no place, as `Gather.block` takes it
    heights: Bools | None  #: which rows have a height or measure, None if none has, shape (n,)
    others: Indices  #: rows with something else than a point, ascending


class Shaped(NamedTuple):
    """A line, a polygon or several points; a single point has no region."""

    lon: float  #: of any vertex, that farthest from the zero meridian
    lat: float
    height: bool
    region: Region | None


def points(column: pa.Array) -> Points:
    """Return the positions of a column of WKB, binary or large_binary."""
    import numpy as np

    data, starts, lengths = _layout(column)
    known = None if column.null_count == 0 else column.is_valid().to_numpy(zero_copy_only=False)
    plain = _all_plain(data, starts, lengths, known)
    if plain is None:
        return _mixed(data, starts, lengths, np.ones(len(starts), dtype=bool) if known is None else known)
    lon, lat = plain
    problems: dict[int, tuple[str, Sign]] = {}
    if len(lon) and np.isnan(lon.min()):
        empty = np.isnan(lon) & np.isnan(lat)
        if known is not None:
            problems = dict.fromkeys(np.flatnonzero(~known).tolist(), NULL)
            empty &= known
        problems |= dict.fromkeys(np.flatnonzero(empty).tolist(), EMPTY)
    return Points(lon, lat, problems, None, np.empty(0, dtype=np.int64))


def _layout(column: pa.Array) -> tuple[Bytes, Any, Any]:
    """Return a column's bytes, and where in them each row starts and how long it is."""
    import numpy as np
    import pyarrow as pa

    width = np.int64 if pa.types.is_large_binary(column.type) else np.int32
    _, offsets, values = column.buffers()
    if offsets is None or not len(column):
        return np.empty(0, dtype=np.uint8), np.zeros(len(column), dtype=width), np.zeros(len(column), dtype=width)
    bounds = np.frombuffer(offsets, dtype=width)[column.offset : column.offset + len(column) + 1]
    data = np.frombuffer(values, dtype=np.uint8) if values is not None else np.empty(0, dtype=np.uint8)
    return data, bounds[:-1], np.diff(bounds)


def _all_plain(data: Bytes, starts: Any, lengths: Any, known: Bools | None) -> tuple[Floats, Floats] | None:
    """Return longitudes and latitudes where all rows are plain points, little end first, or null; else None."""
    import numpy as np

    if not len(starts) or ((lengths if known is None else lengths[known]) != _POINT_BYTES).any():
        return None
    if known is not None and lengths[~known].any():
        return None
    whole = data[starts[0] : starts[-1] + lengths[-1]].view(_point(np))
    if (whole["head"] != 0x0101).any() or whole["rest"].any():
        return None
    if known is None:
        return np.ascontiguousarray(whole["x"]), np.ascontiguousarray(whole["y"])
    lon, lat = np.full(len(known), np.nan), np.full(len(known), np.nan)
    lon[known], lat[known] = whole["x"], whole["y"]
    return lon, lat


def _point(np: Any) -> Any:
    """Return the layout of a point: the byte order and three bytes of the type, the last of it, the coordinates."""
    return np.dtype([("head", "<u4"), ("rest", "u1"), ("x", "<f8"), ("y", "<f8")])


def _mixed(data: Bytes, starts: Any, lengths: Any, known: Bools) -> Points:
    """Return the positions of rows of which some are no plain points."""
    import numpy as np

    count = len(starts)
    found = Points(np.full(count, np.nan), np.full(count, np.nan), {}, np.zeros(count, dtype=bool), starts[:0])
    found.problems.update(dict.fromkeys(np.flatnonzero(~known).tolist(), NULL))
    short = np.flatnonzero(known & (lengths < _HEAD_BYTES))
    found.problems.update(dict.fromkeys(short.tolist(), _damaged("it is cut short")))
    rows = np.flatnonzero(known & (lengths >= _HEAD_BYTES))
    heads = data[starts[rows, np.newaxis] + np.arange(_HEAD_BYTES)]
    strange = heads[:, 0] > 1
    found.problems.update(dict.fromkeys(rows[strange].tolist(), _damaged("it has no byte order")))
    little = heads[:, 0] == 1
    types = np.ascontiguousarray(heads[:, 1:])
    kinds = np.where(little, types.view("<u4")[:, 0], types.view(">u4")[:, 0])
    iso = kinds & ~np.uint32(_Z | _M | _SRID)
    single = (iso % 1000 == 1) & (iso < 4000) & ~strange
    others = rows[~single & ~strange].astype(np.int64)
    # Of the few forms that points have, each is read at once.
    height = ((kinds & _Z) > 0) | (iso // 1000 % 2 == 1)
    measure = ((kinds & _M) > 0) | (iso >= 2000)
    forms = np.stack([little, (kinds & _SRID) > 0, height, measure])[:, single]
    rows = rows[single]
    for form in np.unique(forms, axis=1).T:
        some = rows[(forms == form[:, np.newaxis]).all(axis=0)]
        _read_points(found, data, starts, lengths, some, *form.tolist())
    heights = found.heights if found.heights is not None and found.heights.any() else None
    return found._replace(heights=heights, others=others)


def _read_points(
    found: Points,
    data: Bytes,
    starts: Any,
    lengths: Any,
    rows: Indices,
    little: bool,
    has_srid: bool,
    has_z: bool,
    has_m: bool,
) -> None:
    """Fill in rows that are points of one form."""
    import numpy as np

    fits = lengths[rows] == _POINT_BYTES + 4 * has_srid + 8 * has_z + 8 * has_m
    wrong = _damaged("it is cut short, or goes on after its end")
    found.problems.update(dict.fromkeys(rows[~fits].tolist(), wrong))
    rows = rows[fits]
    order = "<" if little else ">"
    at = starts[rows].astype(np.int64) + _HEAD_BYTES
    if has_srid:
        srids = _numbers(data, at, f"{order}u4")
        foreign = ~np.isin(srids, _WGS84_SRIDS)
        for row, srid in zip(rows[foreign].tolist(), srids[foreign].tolist(), strict=True):
            found.problems[row] = _foreign(srid), "other"
        rows, at = rows[~foreign], at[~foreign] + 4
    lon, lat = _numbers(data, at, f"{order}f8"), _numbers(data, at + 8, f"{order}f8")
    found.lon[rows], found.lat[rows] = lon, lat
    assert found.heights is not None
    found.heights[rows] = has_z or has_m
    empty = np.isnan(lon) & np.isnan(lat)
    found.problems.update(dict.fromkeys(rows[empty].tolist(), EMPTY))


def _foreign(srid: int) -> str:
    return f"its geometry is in another reference system, SRID {srid}"


def _damaged(why: str) -> tuple[str, Sign]:
    return f"its geometry is not well-known binary: {why}", "other"


def _numbers(data: Bytes, at: Indices, kind: str) -> Any:
    import numpy as np

    size = np.dtype(kind).itemsize
    if not len(at):
        return np.empty(0, dtype=kind)
    return data[at[:, np.newaxis] + np.arange(size)].view(kind)[:, 0]


def shaped(texts: Sequence[bytes], boxes: Sequence[Box] | None) -> Iterator[Shaped | str | None]:
    """Yield what each of some geometries that are no single points is.

    Parameters
    ----------
    texts : sequence of bytes
        WKB.
    boxes : sequence of Box, optional
        What surely lies outside of all of them is not made a region.

    Yields
    ------
    Shaped, str or None
        A str is the reason why it is no place; None is one outside the boxes.
    """
    import numpy as np
    import shapely

    deep = [_members(text) > _DEEP for text in texts]
    with np.errstate(invalid="ignore"):  # GEOS trips over what is not a number
        geometries = shapely.from_wkb(
            [None if late else text for late, text in zip(deep, texts, strict=True)], on_invalid="ignore"
        )
        outside = [False] * len(texts) if boxes is None else _outside(geometries, boxes)
    for text, geometry, late, away in zip(texts, geometries, deep, outside, strict=True):
        if away:
            yield None
        elif late:
            yield "its geometry has too many members, or is nested too deeply"
        else:
            yield _why(text) if geometry is None else _shape(geometry)


def _members(text: bytes) -> int:
    """Return how many collections there may be in a geometry: never fewer than there are."""
    little = text[:1] == b"\x01"
    kind = int.from_bytes(text[1:5], "little" if little else "big")
    if (kind & ~(_Z | _M | _SRID)) % 1000 != _COLLECTION:
        return 0
    # The bytes of its type and of the types with heights and measures, in either order.
    codes = [_COLLECTION + add for add in (0, 1000, 2000, 3000)]
    return sum(text.count(code.to_bytes(2, order)) for code in codes for order in ("little", "big"))


def _why(text: bytes) -> str:
    """Return why GEOS cannot read a geometry."""
    import shapely

    try:
        shapely.from_wkb(text)
    except shapely.errors.GEOSException as error:
        reason = str(error).partition("\n")[0]
        return f"its geometry cannot be read: {reason[:200]}"
    return "its geometry cannot be read"


def _shape(geometry: Any) -> Shaped | str:
    import shapely

    from weapons_ref.geo.regions import Region

    if shapely.is_empty(geometry):
        return EMPTY[0]
    if (srid := shapely.get_srid(geometry)) not in _WGS84_SRIDS:
        return _foreign(srid)
    vertices = shapely.get_coordinates(geometry)
    lon, lat = max(vertices.tolist(), key=lambda vertex: abs(vertex[0]))
    height = bool(shapely.has_z(geometry) or shapely.has_m(geometry))
    if geometry.geom_type == "MultiPoint" and len(vertices) == 1:
        return Shaped(lon, lat, height, None)
    try:
        return Shaped(lon, lat, height, Region(shapely.geometry.mapping(geometry)))
    except (WeaponsRefError, ValueError) as problem:
        return str(problem)


def _outside(geometries: Any, boxes: Sequence[Box]) -> list[bool]:
    """Say which geometries are surely good and surely outside of all boxes, edges and insides too."""
    import numpy as np
    import shapely

    kinds = shapely.get_type_id(geometries)
    sure = np.isin(kinds, (1, 3, 4, 5, 6)) & np.isin(shapely.get_srid(geometries), _WGS84_SRIDS)  # no collections
    sure &= ~shapely.is_empty(geometries)
    vertices, owner = shapely.get_coordinates(geometries, return_index=True)
    good = (np.abs(vertices) <= (180, 90)).all(axis=1)
    sure[owner[~good]] = False
    number = np.bincount(owner, minlength=len(geometries))
    sure &= number <= _FEW_VERTICES
    parts, owner = shapely.get_parts(geometries, return_index=True)
    sure[owner[shapely.is_empty(parts)]] = False
    rings, part = shapely.get_rings(parts, return_index=True)
    sure[owner[part[shapely.get_num_coordinates(rings) < 4]]] = False  # GEOS takes rings of three positions
    west, south, east, north = shapely.bounds(geometries).T
    sure &= (east - west <= _SMALL_DEGREES) & (north - south <= _SMALL_DEGREES)
    for box in boxes:
        sure &= (
            (east < box.west)
            | (west > box.east)
            | (north + _BULGE_DEGREES < box.south)
            | (south - _BULGE_DEGREES > box.north)
        )
    found: list[bool] = sure.tolist()
    return found
