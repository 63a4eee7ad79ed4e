"""Distance against range interval: the verdict, its margin, and its reason in words."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from weapons_ref.blocks import Outcome
from weapons_ref.model import Claim, RangeInterval, Reading, VerdictName, kilometres

_NEAREST, _FARTHEST = "from the nearest point of the origin ", "from the farthest point of the origin "
_EVERY = "from every point of the origin "
#: From where in a wide origin a verdict, or a disputed maximum or minimum ("inner") range, is measured.
_FROM: Mapping[Reading | None, Mapping[str, str]] = {
    None: dict.fromkeys(("within", "beyond", "inside-minimum", "disputed", "inner"), ""),
    "anywhere": {
        "within": "from at least one point of the origin ",
        "beyond": "even " + _NEAREST,
        "inside-minimum": "even " + _FARTHEST,
        "disputed": _NEAREST,
        "inner": _FARTHEST,
    },
    "somewhere": {
        "within": _EVERY,
        "beyond": "even " + _NEAREST,
        "inside-minimum": "even " + _FARTHEST,
        "disputed": "",
        "inner": "",
    },
    "everywhere": {
        "within": _EVERY,
        "beyond": _FARTHEST,
        "inside-minimum": _NEAREST,
        "disputed": _FARTHEST,
        "inner": _NEAREST,
    },
}
#: What a plain range says, which has no sources to name.
_PLAIN: Mapping[VerdictName, str] = {
    "within": "within the range given",
    "beyond": "farther than the range given",
    "inside-minimum": "nearer than the minimum range given",
}


class Judgement(NamedTuple):
    """What a range interval says of a distance."""

    verdict: VerdictName
    margin_m: float  #: range minus distance; negative exactly when beyond
    reason: str


class Judge:
    """Judges distances against one range interval.

    From a point: `within` if the distance is at most the lowest maximum range and at least the
    highest minimum range, `beyond` if it is more than the highest maximum, `inside-minimum` if it
    is less than the lowest minimum, else `disputed`. Boundaries are inclusive. The margin is
    measured to the figure that decides: to the lowest maximum range within it, else to the highest.

    From a wide origin the same is asked of its nearest and its farthest point, by how it is read:
    reach from `anywhere` in it takes the nearest point for the maximum range and the farthest for
    the minimum, from `everywhere` the other way round. From `somewhere`, one unknown point, it is
    within if it is from everywhere, and beyond or inside the minimum if it is so from everywhere.

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
        self._worded: dict[tuple[Reading | None, int, int, int, int], tuple[VerdictName, str]] = {}

    def judge(self, near_m: float, far_m: float | None = None, reading: Reading | None = None) -> Judgement:
        """Return the judgement of a distance in metres, or of those to a wide origin's nearest and farthest points."""
        far_m = near_m if far_m is None else far_m
        key = (
            reading,
            bisect_left(self._max_figures, near_m),
            bisect_left(self._max_figures, far_m),
            bisect_right(self._min_figures, near_m),
            bisect_right(self._min_figures, far_m),
        )
        known = self._worded.get(key)
        if known is None:
            verdict = self._verdict(near_m, far_m, reading)
            known = self._worded[key] = (verdict, self._reason(verdict, near_m, far_m, reading))
        verdict, reason = known
        # What must be within the lowest figure for certainty, and within the highest for a chance.
        certain = near_m if reading == "anywhere" else far_m
        possible = far_m if reading == "everywhere" else near_m
        margin_m = self.range.low_m - certain if certain <= self.range.low_m else self.range.high_m - possible
        return Judgement(verdict, margin_m, reason)

    def outcomes(self) -> tuple[list[float], tuple[Outcome, ...]]:
        """Return all that can be said of distances from a point.

        Returns
        -------
        limits_m : list of float
            Ascending. All distances past one limit and up to the next are judged alike.
        outcomes : tuple of Outcome
            Of the distances up to each limit, and last of those past the highest.
        """
        # A minimum range belongs to what is past it, and so the limit is the number before it.
        before = {math.nextafter(metres, 0.0) for metres in self._min_figures}
        limits = sorted(before | set(self._max_figures))
        said = []
        for metres in (*limits, math.nextafter(limits[-1], math.inf)):
            figure = self.range.low_m if metres <= self.range.low_m else self.range.high_m
            judgement = self.judge(metres)
            said.append(Outcome(judgement.verdict, judgement.reason, figure))
        return limits, tuple(said)

    def _verdict(self, near_m: float, far_m: float, reading: Reading | None) -> VerdictName:
        low_m, high_m = self.range.low_m, self.range.high_m
        least_m, most_m = self.range.minimum_low_m or 0.0, self.range.minimum_high_m or 0.0
        if (far_m if reading == "everywhere" else near_m) > high_m:
            return "beyond"
        if (near_m if reading == "everywhere" else far_m) < least_m:
            return "inside-minimum"
        outer, inner = (near_m, far_m) if reading == "anywhere" else (far_m, near_m)
        return "within" if outer <= low_m and inner >= most_m and most_m <= low_m else "disputed"

    def _reason(self, verdict: VerdictName, near_m: float, far_m: float, reading: Reading | None) -> str:
        range_ = self.range
        if verdict == "disputed":
            return self._open(near_m, far_m, reading)
        since = _FROM[reading][verdict]
        if range_.system is None:
            return since + _PLAIN[verdict]
        if verdict == "beyond":
            floor = "; that figure is a floor, so the source leaves more open" if range_.open_ended else ""
            return f"{since}farther than {self._chosen(range_.high_m, 'highest', self._maximum, 'figure')}{floor}"
        if verdict == "inside-minimum":
            least = range_.minimum_low_m or min(claim.low_m for claim in self._minimum)
            return f"{since}nearer than {self._chosen(least, 'lowest', self._minimum, 'minimum range')}"
        covered = self._chosen(range_.low_m, "lowest", self._maximum, "figure")
        return f"{since}covered by {covered}" + self._of_minimum()

    def _open(self, near_m: float, far_m: float, reading: Reading | None) -> str:
        """Say what leaves a verdict open: sources that disagree, or an origin of which only some points would do."""
        range_ = self.range
        if range_.system is None:
            return (
                "the origin leaves it open: in reach, by the range given, from some of its points and not from others"
            )
        least_m, most_m = range_.minimum_low_m or 0.0, range_.minimum_high_m or 0.0
        outer = inner = (near_m, far_m)
        if reading != "somewhere":
            at_outer, at_inner = (far_m, near_m) if reading == "everywhere" else (near_m, far_m)
            outer, inner = (at_outer, at_outer), (at_inner, at_inner)
        of_maximum, of_minimum = outer[1] > range_.low_m, inner[0] < most_m
        parts: list[str] = []
        if of_maximum:
            reached, missed, open_, depends = _sorted_out([(c, c.low_m, c.high_m) for c in self._maximum], *outer)
            sides = _sides("in reach by", reached) + _sides("out of reach by", missed)
            sides += _sides("left open by", open_) + _sides("depending on where in the origin by", depends)
            parts.append(_FROM[reading]["disputed"] + "; ".join(sides))
        some = bool(of_maximum and depends)
        if of_minimum:
            # Mirrored, since a distance passes a minimum range from below.
            claims = [(c, -c.high_m, -c.low_m) for c in self._minimum]
            clear, inside, open_, depends = _sorted_out(claims, -inner[1], -inner[0])
            sides = _sides("nearer than the minimum range by", inside) + _sides("past the minimum range by", clear)
            sides += _sides("minimum range left open by", open_)
            sides += _sides("past the minimum range or not, depending on where in the origin, by", depends)
            parts.append(_FROM[reading]["inner"] + "; ".join(sides))
            some |= bool(depends)
        if not parts:
            return "the lowest maximum range is less than the highest minimum range"
        said = "; ".join(parts) + self._of_minimum()
        if reading == "somewhere":
            sources = (of_maximum and range_.low_m < range_.high_m) or (of_minimum and least_m < most_m)
            who = [words for words, leaves in (("the sources", sources), ("the origin", some)) if leaves]
            said = f"{' and '.join(who)} leave{'' if sources else 's'} it open: {said}"
        return said

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


def _sorted_out(claims: Iterable[tuple[Claim, float, float]], near_m: float, far_m: float) -> tuple[list[Claim], ...]:
    """Part claims, each with its lowest and highest figure, by what they say of all distances from near to far.

    They reach all of them, none, leave that open themselves, or it depends on the distance.
    """
    reached, missed, open_, depends = [], [], [], []
    for claim, low_m, high_m in claims:
        if far_m <= low_m:
            reached.append(claim)
        elif near_m > high_m:
            missed.append(claim)
        elif low_m < near_m and far_m <= high_m:
            open_.append(claim)
        else:
            depends.append(claim)
    return reached, missed, open_, depends


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
