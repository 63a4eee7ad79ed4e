"""Columns of a block as lines of CSV, the same as `csv` writes row by row, many times as fast."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from weapons_ref.blocks import Block
from weapons_ref.output import columnar
from weapons_ref.output.parts import own_name
from weapons_ref.tables import values

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

#: Text of which something may have to be quoted or prefixed.
_SPECIAL = r'[",\r\n]|^[=+\-@\t]'


def cells(block: Block, cell: Callable[[Any], Any]) -> dict[str, pa.Array]:
    """Return the columns of a block's rows as CSV shows them, quoted where they have to be.

    Parameters
    ----------
    block : Block
        What is to be written.
    cell : callable
        Returns a single value as CSV shows it, before it is quoted.
    """
    import pyarrow as pa

    found = {
        name: _numbers(options) if at is None else _text(options, cell).take(pa.array(at))
        for name, (options, at) in columnar.columns(block).items()
    }
    place = pa.array(block.place)
    for name, column in zip(block.own.column_names, block.own.columns, strict=True):
        found[own_name(name, found)] = _own(name, column.combine_chunks(), cell).take(place)
    return found


def lines(columns: Sequence[pa.Array | None], count: int) -> str:
    """Return columns of cells, None for an empty one, as lines."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pa.large_string()
    nothing = pa.array([""] * count, type=text)
    filled = (nothing if column is None else column.cast(text) for column in columns)
    joined = pc.binary_join_element_wise(*filled, pa.scalar(",", text))
    whole = pc.binary_join_element_wise(joined, pa.scalar("\n", text), pa.scalar("", text))
    # The lines follow each other in one buffer, which may be longer than they are.
    _, offsets, data = whole.buffers()
    end = int(np.frombuffer(offsets, dtype=np.int64)[count]) if count else 0
    return str(memoryview(data)[:end], "utf-8") if end else ""


def _numbers(numbers: npt.NDArray[np.float64]) -> pa.Array:
    """Return numbers as Python writes them, nothing for what is none."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.cast(pa.array(numbers, type=pa.float64(), from_pandas=False), pa.string())
    size = np.abs(numbers)
    # Arrow writes whole numbers without a fraction, and puts exponents elsewhere.
    odd = ~((size >= 1e-4) & (size < 1e9) & (numbers != np.rint(numbers)))
    if odd.any():
        texts = ["" if value != value else repr(value) for value in numbers[odd].tolist()]
        found = pc.replace_with_mask(found, pa.array(odd), pa.array(texts, type=pa.string()))
    return found


def _own(name: str, column: pa.Array, cell: Callable[[Any], Any]) -> pa.Array:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_integer(kind):
        return pc.fill_null(pc.cast(column, pa.string()), "")
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        found = pc.fill_null(pc.cast(column, pa.string()), "")
        special = pc.match_substring_regex(found, _SPECIAL)
        if pc.any(special).as_py():
            rows = special.to_numpy(zero_copy_only=False)
            odd = found.filter(special).to_pylist()
            found = pc.replace_with_mask(found, pa.array(rows), _text(odd, cell))
        return found
    if pa.types.is_floating(kind):
        numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return _numbers(np.where(np.isfinite(numbers), numbers, np.nan))
    return _text(values(pa.chunked_array([column]), name), cell)


def _text(options: Iterable[Any], cell: Callable[[Any], Any]) -> pa.Array:
    """Return values as `csv` writes each of them."""
    import pyarrow as pa

    return pa.array([_quoted(cell(value)) for value in options], type=pa.string())


def _quoted(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, str) and not any(mark in value for mark in '",\r\n'):
        return value
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow([value])
    return stream.getvalue()[:-1]
