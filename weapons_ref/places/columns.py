"""The places of a file held as columns: positions in arrays, the rest left in Arrow until somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from weapons_ref.model import Place
from weapons_ref.tables import records

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

    #: Returns a file's own columns for some rows of a batch, which are numbered from 0.
    Fetch = Callable[[Indices], pa.Table]


class Rows(NamedTuple):
    """Some rows of a file, with all that was read of them."""

    names: list[str]
    own: pa.Table  #: the file's own columns, in their order


class Columns(Sequence[Place]):
    """Places of a file, as a sequence that makes each `Place` when it is asked for.

    Parameters
    ----------
    lon, lat : array of float64, shape (n,)
        Degrees, checked and in [-180, 180] and [-90, 90].
    rows : array of int64, shape (n,), optional
        Which row of the batch each place is; without it every row is one.
    first_row : int
        The number in the file, from 1, of the batch's first row; it stands in for a missing name.
    fetch : callable
        Returns the file's own columns of some rows of the batch.
    name_columns : sequence of str
        Columns of which the first that is not blank is the name.
    """

    def __init__(
        self,
        lon: Floats,
        lat: Floats,
        rows: Indices | None,
        first_row: int,
        fetch: Fetch,
        name_columns: Sequence[str],
    ) -> None:
        self.lon, self.lat = lon, lat
        self._rows, self._first_row = rows, first_row
        self._fetch, self._name_columns = fetch, tuple(name_columns)

    def __len__(self) -> int:
        return len(self.lon)

    @overload
    def __getitem__(self, item: int) -> Place: ...
    @overload
    def __getitem__(self, item: slice) -> list[Place]: ...
    def __getitem__(self, item: int | slice) -> Place | list[Place]:
        import numpy as np

        chosen = np.arange(len(self), dtype=np.int64)[item]
        places = list(self._places(np.atleast_1d(chosen)))
        return places if isinstance(item, slice) else places[0]

    def __iter__(self) -> Iterator[Place]:
        import numpy as np

        step = 8192
        for start in range(0, len(self), step):
            yield from self._places(np.arange(start, min(start + step, len(self)), dtype=np.int64))

    def take(self, which: Indices) -> Rows:
        """Return the names and the own columns of some places."""
        rows = which if self._rows is None else self._rows[which]
        own = self._fetch(rows)
        return Rows(names(own, self._name_columns, rows + self._first_row), own)

    def places(self, which: Indices) -> list[Place]:
        """Return some of the places."""
        return list(self._places(which))

    def _places(self, which: Indices) -> Iterator[Place]:
        taken = self.take(which)
        for lon, lat, name, columns in zip(
            self.lon[which].tolist(), self.lat[which].tolist(), taken.names, records(taken.own), strict=True
        ):
            # Adding zero turns -0.0 into 0.0.
            yield Place(name=name, lat=lat + 0.0, lon=lon + 0.0, notation="file", columns=columns)


def names(own: pa.Table, name_columns: Sequence[str], numbers: Indices) -> list[str]:
    """Return the first of some columns that is not blank as each row's name, else the row's number."""
    found = [""] * own.num_rows
    for column in name_columns:
        if all(found):
            break
        labels = map(label, own[column].to_pylist())
        found = [name or other for name, other in zip(found, labels, strict=True)]
    return [name or str(number) for name, number in zip(found, numbers.tolist(), strict=True)]


def label(value: Any) -> str:
    """Return a name or number as text; a list, an object or a truth value names nothing."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if type(value) in (int, float) else ""
