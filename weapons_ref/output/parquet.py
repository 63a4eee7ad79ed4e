"""GeoParquet 1.1: a row per verdict, its position as a WKB point, and who says so in the file's metadata."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any, BinaryIO, NamedTuple

from weapons_ref.blocks import Block, blocks
from weapons_ref.errors import FileError
from weapons_ref.model import ReachResult, Verdict
from weapons_ref.output import columnar, parts, views
from weapons_ref.output.json import encode
from weapons_ref.tables import pyarrow

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows are written in groups of this many, however they come, so that a file depends on its rows alone.
GROUP_ROWS = 1 << 17

_GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    # Without a crs it is OGC:CRS84, longitude and latitude on WGS 84.
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
}


def write(result: Any, stream: BinaryIO) -> None:
    """Write a result as GeoParquet, with the own columns of its first rows.

    Raises
    ------
    FileError
        If pyarrow is not there, or a later row has a column, or a type of value, that the first ones have not.
    """
    if not isinstance(result, ReachResult):
        raise FileError("parquet holds verdicts; write this as csv, ndjson or json")
    pa = pyarrow("parquet")
    import pyarrow.parquet as pq

    tables = _alike(_tables(result, pa), pa)
    first = next(tables)
    schema = first.schema.with_metadata(_metadata())
    with pq.ParquetWriter(stream, schema, compression="snappy") as writer:
        for group in _grouped(first, tables, pa):
            writer.write_table(group, row_group_size=GROUP_ROWS)
        # The counts are known only now.
        said = {**views.document(result), "counts": result.counts}
        writer.add_key_value_metadata({"weapons_ref": encode(said)})


class Described(NamedTuple):
    """What a file that `write` has made is like."""

    schema: pa.Schema  #: without metadata
    rows: int
    said: bytes  #: of the result as a whole, JSON


def describe(stream: IO[bytes]) -> Described:
    """Return the columns, the number of rows and the metadata of a file."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(stream)
    return Described(
        file.schema_arrow.remove_metadata(), file.metadata.num_rows, file.metadata.metadata[b"weapons_ref"]
    )


def write_nothing(stream: IO[bytes], schema: pa.Schema, said: bytes) -> None:
    """Write a file without rows, with the columns and the metadata of others."""
    import pyarrow.parquet as pq

    with pq.ParquetWriter(stream, schema.with_metadata(_metadata()), compression="snappy") as writer:
        writer.add_key_value_metadata({"weapons_ref": said})


def difference(one: pa.Schema, other: pa.Schema) -> str:
    """Return in words what two schemas differ in."""
    for name in dict.fromkeys([*one.names, *other.names]):
        if name not in other.names or name not in one.names:
            return f"the column {name!r}, which only one has"
        if one.field(name).type != other.field(name).type:
            return f"the column {name!r}, {one.field(name).type} and {other.field(name).type}"
    return "the order of their columns"


def _metadata() -> dict[str, str]:
    return {"geo": json.dumps(_GEO, separators=(",", ":"))}


def _tables(result: ReachResult, pa: Any) -> Iterator[pa.Table]:
    """Yield a result as tables, the first of which may be empty."""
    empty = True
    for block in blocks(result.verdicts, len(result.ranges) if result.query.by_place else 1):
        if isinstance(block, Block) and not result.query.by_place:
            table = _of_block(block, pa)
        elif len(block):
            table = _of_rows(block, result, pa)
        elif isinstance(block, Block):
            table = _of_nothing(result, pa, block.own)
        else:
            continue
        if empty or table.num_rows:
            yield table
        empty = False
    if empty:
        yield _of_nothing(result, pa, None)


def _of_block(block: Block, pa: Any) -> pa.Table:
    columns = columnar.arrays(block)
    own = block.own.take(pa.array(block.place))
    for name, column in zip(own.column_names, own.columns, strict=True):
        columns[parts.own_name(name, columns)] = column
    return _with_points(pa.table(columns), pa)


def _of_rows(block: Sequence[Verdict], result: ReachResult, pa: Any) -> pa.Table:
    """Return single verdicts, or those of a place in one row, as a table."""
    own = block.own if isinstance(block, Block) else None
    if isinstance(block, Block):
        # Its own columns stay as they are, since there is a row for each of its places.
        block = dataclasses.replace(block, own=block.own.select([]))
    rows = list(views.reach_rows([block], result))
    types = _types(result, pa)
    columns = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        columns[name] = _array([row.get(name) for row in rows], types.get(name), pa)
    for name, column in zip(own.column_names, own.columns, strict=True) if own is not None else ():
        columns[parts.own_name(name, columns)] = column
    return _with_points(pa.table(columns), pa)


def _of_nothing(result: ReachResult, pa: Any, own: pa.Table | None) -> pa.Table:
    types = _types(result, pa)
    columns = {name: pa.array([], type=types[name]) for name in views.columns(result)}
    for field in own.schema if own is not None else ():
        columns[parts.own_name(field.name, columns)] = pa.array([], type=field.type)
    return _with_points(pa.table(columns), pa)


def _types(result: ReachResult, pa: Any) -> dict[str, Any]:
    """Return the types of the columns that are not a file's own."""
    text, number = pa.string(), pa.float64()
    words = {"system", "place", "verdict", "reason", "origin", "region", "country"}
    types = {name: text if name in words or name.endswith("_verdict") else number for name in views.columns(result)}
    return types | {"sources": pa.list_(text), "region": text, "country": text, "population": pa.int64()}


def _array(column: list[Any], type_: Any, pa: Any) -> pa.Array:
    try:
        found = pa.array(column, type=type_)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # Of several kinds, such as numbers and words in one property of a GeoJSON file.
        found = pa.array([None if value is None else encode(value) for value in column], type=pa.string())
    return found.cast(pa.string()) if pa.types.is_null(found.type) else found


def _with_points(table: pa.Table, pa: Any) -> pa.Table:
    """Add the positions as WKB."""
    import numpy as np

    points = np.empty(table.num_rows, dtype=[("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])
    points["order"], points["type"] = 1, 1
    points["x"], points["y"] = table["lon"].to_numpy(), table["lat"].to_numpy()
    offsets = np.arange(table.num_rows + 1, dtype=np.int32) * points.itemsize
    geometry = pa.Array.from_buffers(
        pa.binary(), table.num_rows, [None, pa.py_buffer(offsets), pa.py_buffer(points.tobytes())]
    )
    while "geometry" in table.column_names:
        renamed = parts.own_name("geometry", table.column_names)
        table = table.rename_columns([renamed if name == "geometry" else name for name in table.column_names])
    return table.append_column("geometry", geometry)


def _alike(tables: Iterator[pa.Table], pa: Any) -> Iterator[pa.Table]:
    """Give all tables the columns of the first; one that lacks a column has nulls there."""
    schema = None
    for table in tables:
        schema = schema or table.schema
        if table.schema.equals(schema):
            yield table
            continue
        if alien := next((name for name in table.column_names if name not in schema.names), None):
            raise FileError(f"a row has a column {alien!r} that those before have not; write ndjson or geojson instead")
        try:
            yield pa.table(
                [
                    table[field.name].cast(field.type)
                    if field.name in table.column_names
                    else pa.nulls(table.num_rows, field.type)
                    for field in schema
                ],
                schema=schema,
            )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise FileError(
                f"the files differ in {difference(table.schema, schema)}; write ndjson, or answer them apart"
            ) from error


def _grouped(first: pa.Table, rest: Iterator[pa.Table], pa: Any) -> Iterator[pa.Table]:
    """Yield rows in groups of `GROUP_ROWS`, the last one smaller.

    Each is one chunk, since pages of a file end where chunks do.
    """
    held, rows = [first], first.num_rows
    for table in rest:
        held.append(table)
        rows += table.num_rows
        if rows >= GROUP_ROWS:
            whole = pa.concat_tables(held)
            cut = rows - rows % GROUP_ROWS
            yield from (whole.slice(start, GROUP_ROWS).combine_chunks() for start in range(0, cut, GROUP_ROWS))
            held, rows = [whole.slice(cut)], rows - cut
    if rows:
        yield pa.concat_tables(held).combine_chunks()
