"""GeoJSON (RFC 7946) as one collection, and GeoJSON text sequences (RFC 8142)."""

from __future__ import annotations

from typing import Any, TextIO

from weapons_ref.output import views
from weapons_ref.output.json import encode

_RECORD_SEPARATOR = "\x1e"


def write(result: Any, stream: TextIO) -> None:
    """Write a result as a feature collection, one feature a line."""
    stream.write('{"type":"FeatureCollection","features":[')
    separator = "\n"
    for feature in views.features(result):
        stream.write(separator + encode(feature))
        separator = ",\n"
    members = "".join(f",\n{encode(key)}:{encode(value)}" for key, value in views.foreign(result).items())
    stream.write(f"\n]{members}}}\n")


def write_sequence(result: Any, stream: TextIO) -> None:
    """Write a result as a sequence of features, each behind a record separator."""
    for feature in views.features(result):
        stream.write(_RECORD_SEPARATOR + encode(feature) + "\n")
