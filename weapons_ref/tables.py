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
    columns = [values(table[index]) for index in range(table.num_columns)]
    return [dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True)]


def values(column: pa.ChunkedArray) -> list[Any]:
    """Return a column as Python values; numbers that JSON has not are None."""
    import pyarrow as pa

    found: list[Any] = column.to_pylist()
    if pa.types.is_floating(column.type):
        return [value if value is None or math.isfinite(value) else None for value in found]
    return found
