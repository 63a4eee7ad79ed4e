"""Where words stand on a map, so that none covers another: along rings, and beside points.

Words are measured by the number of their letters. First come, first served: rings before judged places,
these before towns, the more populous before the less.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from weapons_ref.maps.frame import RADIUS_KM, Frame
from weapons_ref.maps.scene import Shape, anchors, outer_and_inner
from weapons_ref.output import wording

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

Box = tuple[float, float, float, float]  # left, top, right, bottom, pixels

#: The mean width of a letter, by its size.
LETTER = 0.54
CAPTION_SIZE = 12
_GAP = 5  # from a point to its name
_ORIGIN_GAP = 9
_APART = {"origin": 0.0, "place": 0.0, "town": 7.0}  # from a name to other words, so that towns are not a carpet
_THIN = 14  # pixels between two lines that have one caption
_CLAIM = {False: (", lowest claim", ", highest claim"), True: ("", "")}  # the key says it where there is little room
_EDGE = 3  # from a word to the edge of the map
#: How a name stands to its point, best first: aligned, and how far right and down its middle line is.
_ANCHORS = (
    ("left", 1, 0.0),
    ("right", -1, 0.0),
    ("left", 0.7, -0.75),
    ("left", 0.7, 0.75),
    ("right", -0.7, -0.75),
    ("right", -0.7, 0.75),
    ("center", 0, -1.1),
    ("center", 0, 1.1),
)


class Words(NamedTuple):
    """Words that stand along a ring: where, and in which direction it runs there."""

    text: str
    system: int
    lon: float
    lat: float
    next_lon: float
    next_lat: float
    side: float  #: negative above the line, positive below it; 1 is close to it


class Name(NamedTuple):
    """A name beside its point."""

    name: str
    lon: float
    lat: float
    dx: float
    dy: float
    align: str
    kind: str


class Labelling:
    """The words of one map, with the room that is left.

    Parameters
    ----------
    view : Frame
        What is shown.
    width, height : float
        The size of the map, pixels.
    """

    def __init__(self, view: Frame, width: float, height: float) -> None:
        self._view, self._width, self._height = view, width, height
        self._scale = view.scale(width, height)
        # The scale bar's corner.
        self._taken = [(0.0, height - 44, width / 3 + 30, height)]

    def position(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where a point stands, pixels from the left and from above; NaN behind the globe."""
        import numpy as np

        x, y = self._view.projected(np.array([[lon, lat]]))[0] * self._scale
        return float(x) + self._width / 2, float(y) + self._height / 2

    def along(self, shapes: Sequence[Shape], *, several: bool) -> Iterator[Words]:
        """Yield what stands along the rings, each in the first direction that has room; nothing where none has."""
        # The smallest first, since it has the least room.
        for shape, line, text in reversed([*captions(shapes, several=several, thin=self._is_thin)]):
            # Close to the line in any direction, else a little away from it.
            tries = ((away, *pair) for away in (1.0, 2.5) for pair in anchors(line, shape.ring.origin))
            words = next(filter(None, (self._placed(shape, text, *one) for one in tries)), None)
            if words is not None:
                yield words

    def _placed(self, shape: Shape, text: str, away: float, start: Floats, end: Floats) -> Words | None:
        x, y = self.position(float(start[0]), float(start[1]))
        to_x, to_y = self.position(float(end[0]), float(end[1]))
        if math.isnan(x + to_x):
            return None
        # Above the ring in the upper half, below it in the lower: outside.
        side = -away if y <= self._height / 2 else away
        box = self._turned(text, x, y + side * 9, math.atan2(to_y - y, to_x - x))
        if not self._is_free(box):
            return None
        self._taken.append(box)
        return Words(text, shape.system, float(start[0]), float(start[1]), float(end[0]), float(end[1]), side)

    def _is_thin(self, metres: float) -> bool:
        return metres / 1000 / RADIUS_KM * self._scale < _THIN

    def _turned(self, text: str, x: float, y: float, angle: float) -> Box:
        half = len(text) * CAPTION_SIZE * LETTER / 2
        wide = abs(half * math.cos(angle)) + abs(8 * math.sin(angle))
        tall = abs(half * math.sin(angle)) + abs(8 * math.cos(angle)) + 8
        return x - wide, y - tall, x + wide, y + tall

    def _is_free(self, box: Box) -> bool:
        inner = (_EDGE, _EDGE, self._width - _EDGE, self._height - _EDGE)
        inside = box[0] >= inner[0] and box[1] >= inner[1] and box[2] <= inner[2] and box[3] <= inner[3]
        return inside and not any(_meet(box, other) for other in self._taken)

    def keep_off(self, points: Iterable[tuple[float, float]], radius: float) -> None:
        """Keep names off points' marks."""
        for lon, lat in points:
            x, y = self.position(lon, lat)
            if not math.isnan(x):
                self._taken.append((x - radius, y - radius, x + radius, y + radius))

    def beside(self, points: Iterable[tuple[str, float, float]], size: float, kind: str, most: int = 200) -> list[Name]:
        """Return the names that find room, in the order of their points; towns take the room of their dots too."""
        return list(itertools.islice(self._beside(points, size, kind), most))

    def _beside(self, points: Iterable[tuple[str, float, float]], size: float, kind: str) -> Iterator[Name]:
        for name, lon, lat in points:
            x, y = self.position(lon, lat)
            if math.isnan(x) or not (0 < x < self._width and 0 < y < self._height):
                continue
            dot = (x - 3, y - 3, x + 3, y + 3)
            if kind == "town" and any(_meet(dot, other) for other in self._taken):
                continue
            gap = _ORIGIN_GAP if kind == "origin" else _GAP
            for align, right, down in _ANCHORS:
                box = _box(x + right * gap, y + down * size, len(name) * size * LETTER, size, align)
                if self._is_free(_wider(box, _APART[kind])):
                    self._taken += [box, dot] if kind == "town" else [box]
                    yield Name(name, lon, lat, right * gap, round(down * size, 2), align, kind)
                    break


def _box(x: float, y: float, wide: float, size: float, align: str) -> Box:
    left = {"left": x, "right": x - wide, "center": x - wide / 2}[align]
    return left, y - size * 0.62, left + wide, y + size * 0.62


def _wider(box: Box, by: float) -> Box:
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def captions(
    shapes: Sequence[Shape], *, several: bool, thin: Callable[[float], bool] = lambda _: False
) -> Iterator[tuple[Shape, Floats, str]]:
    """Yield which line of which ring has which words, the largest ring first.

    Parameters
    ----------
    shapes : sequence of Shape
        The largest first.
    several : bool
        Whether there are several systems, so that words name theirs.
    thin : callable
        Says of metres whether a disputed band so wide is too thin to have words on either side.
    """
    certain = {
        (shape.system, id(shape.ring.origin)): shape
        for shape in shapes
        if shape.role == "within" and shape.outline.rings
    }
    told: set[tuple[int, int]] = set()
    for shape in shapes:
        if not shape.outline.rings:
            continue
        range_, key = shape.ring.range, (shape.system, id(shape.ring.origin))
        name = f"{range_.name} " if several and range_.system else ""
        more = " or more" if range_.open_ended else ""
        outer, inner = outer_and_inner(shape.outline)
        if shape.role == "disputed":
            within = certain.get(key)
            if within and several and thin(range_.high_m - range_.low_m):
                told.add(key)
                yield shape, outer, f"{name}{wording.kilometres(range_.low_m, range_.high_m)}{more}"
            elif range_.high_m > range_.low_m:
                yield shape, outer, f"{name}{wording.kilometres(range_.high_m)}{more}{_CLAIM[several][1]}"
            continue
        if key not in told:
            claim = _CLAIM[several][0] if range_.low_m < range_.high_m else more
            yield shape, outer, f"{name}{wording.kilometres(range_.low_m)}{claim}"
        if inner is not None and range_.minimum_high_m and not several and shape.ring.origin.area is None:
            yield shape, inner, f"minimum {wording.kilometres(range_.minimum_high_m)}"
