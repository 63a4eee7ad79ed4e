"""Many verdicts at once, as columns: what a file of millions of rows is answered with."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, overload

from weapons_ref.model import Origin, Place, RangeInterval, Verdict, VerdictName
from weapons_ref.tables import records

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

#: Verdicts that are written together when they come one by one.
_CHUNK = 8192


class Outcome(NamedTuple):
    """What a range interval says of all distances between two of its figures."""

    verdict: VerdictName
    reason: str
    figure_m: float  #: the margin is this less the distance


@dataclass(frozen=True, kw_only=True)
class Block(Sequence[Verdict]):
    """Verdicts of some places of a file, in their order; each is made a value where somebody asks for it.

    Of `n` verdicts on `m` places; a place has one for each range that answers.
    """

    ranges: tuple[RangeInterval, ...]
    origins: tuple[Origin, ...]
    outcomes: tuple[tuple[Outcome, ...], ...]  #: of each range
    names: list[str]  #: of the places, m
    lon: Floats  #: of the places, degrees, shape (m,)
    lat: Floats
    own: pa.Table  #: the file's own columns, m rows
    place: Indices  #: shape (n,)
    range_: Indices  #: which of `ranges`, shape (n,)
    outcome: Indices  #: which of the range's outcomes, shape (n,)
    origin: Indices  #: which of `origins`, shape (n,)
    distance_m: Floats  #: not a number where it was not measured, shape (n,)
    azimuth_deg: Floats  #: in [0, 360), not a number where there is none, shape (n,)

    def __len__(self) -> int:
        return len(self.place)

    @overload
    def __getitem__(self, item: int) -> Verdict: ...
    @overload
    def __getitem__(self, item: slice) -> list[Verdict]: ...
    def __getitem__(self, item: int | slice) -> Verdict | list[Verdict]:
        return list(self)[item]

    def __iter__(self) -> Iterator[Verdict]:
        places = [
            Place(name=name, lat=lat, lon=lon, notation="file", columns=columns)
            for name, lat, lon, columns in zip(
                self.names, (self.lat + 0.0).tolist(), (self.lon + 0.0).tolist(), records(self.own), strict=True
            )
        ]
        for place, range_, outcome, origin, distance_m, azimuth in zip(
            *(column.tolist() for column in (self.place, self.range_, self.outcome, self.origin)),
            *(known(column) for column in (self.distance_m, self.azimuth_deg)),
            strict=True,
        ):
            verdict, reason, figure_m = self.outcomes[range_][outcome]
            yield Verdict(
                place=places[place],
                origin=self.origins[origin],
                distance_m=distance_m,
                azimuth_deg=azimuth,
                range=self.ranges[range_],
                margin_m=None if distance_m is None else figure_m - distance_m,
                verdict=verdict,
                reason=reason,
            )


class Verdicts(Iterable[Verdict]):
    """Verdicts to be read once, one by one or in blocks.

    Parameters
    ----------
    blocks : iterator of sequence of Verdict
        Lists, or `Block` of many.
    """

    def __init__(self, blocks: Iterator[Sequence[Verdict]]) -> None:
        self.blocks = blocks

    def __iter__(self) -> Iterator[Verdict]:
        for block in self.blocks:
            yield from block


def blocks(verdicts: Iterable[Verdict], together: int = 1) -> Iterator[Sequence[Verdict]]:
    """Return verdicts in blocks, of whatever kind they come in, so many of them never apart."""
    if isinstance(verdicts, Verdicts):
        yield from verdicts.blocks
        return
    chunk: list[Verdict] = []
    for verdict in verdicts:
        chunk.append(verdict)
        if len(chunk) >= _CHUNK and len(chunk) % together == 0:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def known(column: Floats) -> list[float | None]:
    """Return numbers as Python's, None for what is not one."""
    return [None if math.isnan(value) else value for value in column.tolist()]
