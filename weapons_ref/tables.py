"""Arrow tables as rows of plain values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from weapons_ref.errors import FileError

if TYPE_CHECKING:
    import pyarrow as pa


def pyarrow(what: str) -> Any:
    """Return the module pyarrow, for reading or writing something.

    Raises
    ------
    FileError
        If it is not installed.
    """
    try:
        import pyarrow
    except ImportError as error:
        raise FileError(f"{what} needs pyarrow; install it with: pip install 'weapons-ref[data]'") from error
    return pyarrow


def records(table: pa.Table) -> list[dict[str, Any]]:
    """Return the rows of a table as dictionaries, fit for JSON and CSV."""
    if not table.num_columns:
        return [{} for _ in range(table.num_rows)]
    columns = [values(column, name) for name, column in zip(table.column_names, table.columns, strict=True)]
    return [dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True)]


def values(column: pa.ChunkedArray, name: str) -> list[Any]:
    """Return a column as Python values that JSON and CSV can show.

    Numbers that JSON has not are None; dates and times are text as ISO 8601 has it, UTC where they have a
    zone. Not by way of Python's own, which end with the year 9999 and know no nanoseconds.

    Raises
    ------
    FileError
        If a value cannot be read.
    """
    import pyarrow as pa

    try:
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_temporal(column.type):
            return _times(column, pa)
        found: list[Any] = column.to_pylist()
        if pa.types.is_floating(column.type):
            return [value if value is None or math.isfinite(value) else None for value in found]
        return [_plain(value) for value in found] if pa.types.is_nested(column.type) else found
    except (pa.ArrowException, OverflowError, ValueError, TypeError) as error:
        raise FileError(f"the column {name!r}, {column.type}, holds what cannot be written: {error}") from error


def _times(column: pa.ChunkedArray, pa: Any) -> list[str | None]:
    type_ = column.type
    if pa.types.is_duration(type_):
        digits = {"s": 0, "ms": 3, "us": 6, "ns": 9}[type_.unit]
        return [None if count is None else _seconds(count, digits) for count in column.cast(pa.int64()).to_pylist()]
    if pa.types.is_timestamp(type_):
        zone = "Z" if type_.tz else ""
        texts = column.cast(pa.timestamp(type_.unit)).cast(pa.string()).to_pylist()
        return [None if text is None else text.replace(" ", "T") + zone for text in texts]
    if pa.types.is_interval(type_):
        return [None if value is None else str(tuple(value)) for value in column.to_pylist()]
    found: list[str | None] = column.cast(pa.string()).to_pylist()
    return found


def _seconds(count: int, digits: int) -> str:
    """Word a duration as ISO 8601 has it."""
    whole, rest = divmod(abs(count), 10**digits)
    fraction = f".{rest:0{digits}d}".rstrip("0").rstrip(".") if rest else ""
    return f"{'-' if count < 0 else ''}PT{whole}{fraction}S"


def _plain(value: Any) -> Any:
    """Return what is in a list or structure as JSON can show it."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int | bytes):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
