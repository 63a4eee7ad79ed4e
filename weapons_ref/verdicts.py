"""Distance against range interval: the verdict, its margin, and its reason in words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import NamedTuple

from weapons_ref.model import Claim, RangeInterval, VerdictName, kilometres


class Judgement(NamedTuple):
    """What a range interval says of a distance."""

    verdict: VerdictName
    margin_m: float  #: range minus distance; negative exactly when beyond
    reason: str


class Judge:
    """Judges distances against one range interval.

    `within` if the distance is at most the lowest maximum range and at least the highest minimum
    range, `beyond` if it is more than the highest maximum, `inside-minimum` if it is less than the
    lowest minimum, else `disputed`. Boundaries are inclusive. The margin is measured to the figure
    that decides: to the lowest maximum range within it, else to the highest.

    Parameters
    ----------
    range_ : RangeInterval
        Its claims give the reason; a plain `--range` has none.
    """

    def __init__(self, range_: RangeInterval) -> None:
        self.range = range_
        maximum = [c for c in range_.claims if c.attribute == "range_max"]
        minimum = [c for c in range_.claims if c.attribute == "range_min"]
        self._maximum, self._minimum = maximum, minimum
        # The reason changes only at a figure, so it is worded once for each gap between figures.
        self._max_figures = sorted({m for c in maximum for m in (c.low_m, c.high_m)} | {range_.low_m, range_.high_m})
        given = {m for m in (range_.minimum_low_m, range_.minimum_high_m) if m is not None}
        self._min_figures = sorted({m for c in minimum for m in (c.low_m, c.high_m)} | given)
        self._worded: dict[tuple[int, int], tuple[VerdictName, str]] = {}

    def judge(self, distance_m: float) -> Judgement:
        """Return the judgement of a distance in metres."""
        key = bisect_left(self._max_figures, distance_m), bisect_right(self._min_figures, distance_m)
        known = self._worded.get(key)
        if known is None:
            verdict = self._verdict(distance_m)
            known = self._worded[key] = (verdict, self._reason(verdict, distance_m))
        verdict, reason = known
        decides = self.range.low_m if distance_m <= self.range.low_m else self.range.high_m
        return Judgement(verdict, decides - distance_m, reason)

    def _verdict(self, distance_m: float) -> VerdictName:
        range_ = self.range
        if distance_m > range_.high_m:
            return "beyond"
        if distance_m < (range_.minimum_low_m or 0.0):
            return "inside-minimum"
        if distance_m <= range_.low_m and distance_m >= (range_.minimum_high_m or 0.0):
            return "within"
        return "disputed"

    def _reason(self, verdict: VerdictName, distance_m: float) -> str:
        range_ = self.range
        if range_.system is None:
            return {
                "within": "within the range given",
                "beyond": "farther than the range given",
                "inside-minimum": "nearer than the minimum range given",
            }[verdict]
        if verdict == "beyond":
            floor = "; that figure is a floor, so the source leaves more open" if range_.open_ended else ""
            return f"farther than {self._chosen(range_.high_m, 'highest', self._maximum, 'figure')}{floor}"
        if verdict == "inside-minimum":
            least = min(claim.low_m for claim in self._minimum)
            return (
                f"nearer than {self._chosen(range_.minimum_low_m or least, 'lowest', self._minimum, 'minimum range')}"
            )
        if verdict == "within":
            return f"covered by {self._chosen(range_.low_m, 'lowest', self._maximum, 'figure')}" + self._of_minimum()
        parts = []
        if distance_m > range_.low_m:
            near = [c for c in self._maximum if distance_m <= c.low_m]
            far = [c for c in self._maximum if distance_m > c.high_m]
            open_ = [c for c in self._maximum if c.low_m < distance_m <= c.high_m]
            parts += _sides("in reach by", near) + _sides("out of reach by", far) + _sides("left open by", open_)
        if self._minimum and distance_m < (range_.minimum_high_m or 0.0):
            inside = [c for c in self._minimum if distance_m < c.low_m]
            clear = [c for c in self._minimum if distance_m >= c.high_m]
            open_ = [c for c in self._minimum if c.low_m <= distance_m < c.high_m]
            parts += _sides("nearer than the minimum range by", inside)
            parts += _sides("past the minimum range by", clear) + _sides("minimum range left open by", open_)
        return "; ".join(parts) + self._of_minimum()

    def _chosen(self, metres: float, which: str, among: list[Claim], what: str) -> str:
        """Name the figure that decides, and what it was chosen among."""
        basis = self.range.basis
        claims = [claim for claim in among if metres in (claim.low_m, claim.high_m)]
        if basis in ("low", "high"):
            # A printed span counts with one of its ends here, so the end is what is named.
            sources = sorted({claim.source for claim in claims})
            return f"the {basis}est {what}, {kilometres(metres)} km ({', '.join(sources)})"
        every = f"every {what}" if basis == "span" else f"every {what} of {basis}"
        return f"{every}, the {which} being {_grouped(claims)}"

    def _of_minimum(self) -> str:
        if self._minimum:
            return ""
        # A choice of claims may have left out those that give one.
        chosen = self.range.basis != "span" or self.range.as_of is not None
        return "; no minimum range among the claims chosen" if chosen else "; minimum range unknown"


def _sides(words: str, claims: list[Claim]) -> list[str]:
    return [f"{words} {_grouped(claims)}"] if claims else []


def _grouped(claims: list[Claim]) -> str:
    """Word claims by figure, highest first: ``306 km (a), 300 km (b, c)``."""
    groups: dict[str, list[str]] = {}
    for claim in sorted(claims, key=lambda c: (-c.high_m, c.printed, c.source)):
        sources = groups.setdefault(claim.figure, [])
        if claim.source not in sources:
            sources.append(claim.source)
    return ", ".join(f"{figure} ({', '.join(sources)})" for figure, sources in groups.items())
