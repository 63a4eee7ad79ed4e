"""JSON: one object, its long list streamed; and NDJSON, one row a line."""

from __future__ import annotations

from typing import Any, TextIO

import msgspec

from weapons_ref.model import ReachResult
from weapons_ref.output import views


def encode(value: Any) -> str:
    """Return a value as one line of JSON."""
    return msgspec.json.encode(value).decode()


def write(result: Any, stream: TextIO) -> None:
    """Write a result as one JSON object."""
    if not isinstance(result, ReachResult):
        stream.write(msgspec.json.format(encode(views.document(result)), indent=2) + "\n")
        return
    # The counts are known only once the results have gone by, so they come after them.
    whole = views.document(result)
    stream.write('{\n"query": ' + encode(whole.pop("query")) + ',\n"results": [')
    separator = "\n"
    for row in views.rows(result):
        stream.write(separator + encode(row))
        separator = ",\n"
    whole = {"counts": result.counts, **whole}
    stream.write("\n]" + "".join(f",\n{encode(key)}: {encode(value)}" for key, value in whole.items()) + "\n}\n")


def write_lines(result: Any, stream: TextIO) -> None:
    """Write a result as NDJSON, one row a line."""
    for row in views.rows(result):
        stream.write(encode(row) + "\n")
