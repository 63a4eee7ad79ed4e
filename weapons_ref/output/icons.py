"""Small white PNG pictures, one for each verdict, told apart by their shape; KML colours them."""

from __future__ import annotations

import math
import struct
import zlib

from weapons_ref.model import VerdictName

_SIZE = 32
_REACH = 12.0  # from the middle to the edge of a shape, pixels
_RIM = 2.5


def png(verdict: VerdictName) -> bytes:
    """Return a verdict's picture: a disc, a diamond, a square or a cross, white with a dark rim."""
    rows = bytearray()
    for line in range(_SIZE):
        rows.append(0)  # the row is not filtered
        for column in range(_SIZE):
            outside = _outside(verdict, column + 0.5 - _SIZE / 2, line + 0.5 - _SIZE / 2)
            white = round(255 * _share(outside + _RIM))
            rows += bytes((white, white, white, round(255 * _share(outside))))
    header = struct.pack(">IIBBBBB", _SIZE, _SIZE, 8, 6, 0, 0, 0)  # eight bits each of red, green, blue and alpha
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    )


def _outside(verdict: VerdictName, x: float, y: float) -> float:
    """Return how far a point is outside a shape, pixels; negative within."""
    x, y = abs(x), abs(y)
    if verdict == "within":
        return math.hypot(x, y) - _REACH
    if verdict == "disputed":
        return (x + y) / math.sqrt(2) - _REACH * 0.85
    if verdict == "inside-minimum":
        return max(x, y) - _REACH * 0.85
    along, across = (x + y) / math.sqrt(2), abs(x - y) / math.sqrt(2)
    return max(along - _REACH, across - _REACH / 3)


def _share(outside: float) -> float:
    """Return how much of a pixel is covered, for edges without steps."""
    return min(max(0.5 - outside, 0.0), 1.0)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
