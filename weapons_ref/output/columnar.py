"""Blocks of verdicts as columns of values, as rows, and as Arrow arrays.

The values are those that `views` gives of single verdicts, and so are the names of the columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from weapons_ref.blocks import Block, known
from weapons_ref.output.parts import VERDICT_COLUMNS, limits, own_name
from weapons_ref.tables import values

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

#: Nearer than this to half a last digit, a rounding in floating point may go the wrong way.
_UNSURE = 1e-4


def rows(block: Block) -> Iterator[dict[str, Any]]:
    """Yield the verdicts of a block as flat rows."""
    found = lists(block)
    return (dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True))


def names(block: Block) -> list[str]:
    """Return the names of the columns of a block's rows."""
    found = list(VERDICT_COLUMNS)
    for name in block.own.column_names:
        found.append(own_name(name, found))
    return found


def lists(block: Block) -> dict[str, list[Any]]:
    """Return the columns of a block's rows as Python values."""
    found: dict[str, list[Any]] = {
        name: known(options) if at is None else _chosen(options, at) for name, (options, at) in columns(block).items()
    }
    place = block.place.tolist()
    for name, column in zip(block.own.column_names, block.own.columns, strict=True):
        own = values(column, name)
        found[own_name(name, found)] = [own[at] for at in place]
    return found


def arrays(block: Block) -> dict[str, pa.Array]:
    """Return the same, without the file's own columns, as Arrow arrays."""
    import numpy as np
    import pyarrow as pa

    found = {}
    for name, (options, at) in columns(block).items():
        if at is None:
            found[name] = pa.array(options, type=pa.float64(), mask=np.isnan(options))
        else:
            type_ = pa.list_(pa.string()) if name == "sources" else pa.float64() if _is_length(name) else pa.string()
            found[name] = pa.array(options, type=type_).take(pa.array(at))
    return found


def columns(block: Block) -> dict[str, tuple[Any, Indices | None]]:
    """Return each column as numbers, or as some options and which of them each row has."""
    import numpy as np

    # The outcomes of all ranges, one after the other.
    outcomes = [said for of_range in block.outcomes for said in of_range]
    first = np.cumsum([0, *(len(said) for said in block.outcomes[:-1])])
    outcome = block.outcome + first[block.range_]
    figures = np.array([said.figure_m for said in outcomes])
    bounds = [limits(range_) for range_ in block.ranges]
    azimuth = rounded(block.azimuth_deg, 7)
    azimuth[azimuth == 360] = 0.0
    found: dict[str, tuple[Any, Indices | None]] = {
        "system": ([range_.system for range_ in block.ranges], block.range_),
        "place": (block.names, block.place),
        "lat": (rounded(block.lat, 7)[block.place], None),
        "lon": (rounded(block.lon, 7)[block.place], None),
        "distance_km": (rounded(block.distance_m / 1000, 6), None),
        "azimuth_deg": (azimuth, None),
        **{name: ([of[name] for of in bounds], block.range_) for name in bounds[0]},
        "margin_km": (rounded((figures[outcome] - block.distance_m) / 1000, 6), None),
        "verdict": ([said.verdict for said in outcomes], outcome),
        "reason": ([said.reason for said in outcomes], outcome),
        "sources": ([list(range_.sources) for range_ in block.ranges], block.range_),
        "origin": ([origin.name for origin in block.origins], block.origin),
    }
    assert list(found) == VERDICT_COLUMNS
    return found


def rounded(numbers: Floats, digits: int) -> Floats:
    """Return numbers rounded as Python's `round` does, to the nearest decimal, and never -0.0."""
    import numpy as np

    scaled = numbers * 10**digits
    whole = np.rint(scaled)
    # A whole number of less than 2**53 over a power of ten is the double nearest to that decimal.
    found: Floats = whole / 10**digits + 0.0
    for row in np.flatnonzero(np.abs(np.abs(scaled - whole) - 0.5) < _UNSURE).tolist():
        found[row] = round(float(numbers[row]), digits) + 0.0
    return found


def _chosen(options: Sequence[Any], at: Indices) -> list[Any]:
    return [options[index] for index in at.tolist()]


def _is_length(name: str) -> bool:
    return name.endswith("_km")
