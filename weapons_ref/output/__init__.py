"""One module per format: a result in, text out."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from weapons_ref.atomic import replacing
from weapons_ref.errors import FileError

#: Format -> module and function, and the file endings that mean it.
_WRITERS = {
    "table": ("table", "write", (".txt",)),
    "json": ("json", "write", (".json",)),
    "csv": ("csv", "write", (".csv",)),
    "ndjson": ("json", "write_lines", (".ndjson", ".jsonl")),
    "geojson": ("geojson", "write", (".geojson",)),
    "geojsonseq": ("geojson", "write_sequence", (".geojsonseq", ".geojsons")),
    "kml": ("kml", "write", (".kml",)),
    "svg": ("svg", "write", (".svg",)),
    "kmz": ("kml", "write_zipped", (".kmz",)),
    "parquet": ("parquet", "write", (".parquet", ".geoparquet")),
    "gpkg": ("geopackage", "write", (".gpkg",)),
}
FORMATS = tuple(_WRITERS)
#: Formats of bytes; the others are text.
BINARY = {"kmz", "parquet", "gpkg"}


def format_of(path: str) -> str | None:
    """Return the format that a file's ending means, or None."""
    ending = Path(path).suffix.lower()
    return next((name for name, (*_, endings) in _WRITERS.items() if ending in endings), None)


def write(result: Any, name: str, stream: IO[Any]) -> None:
    """Write a result in a format, one of `FORMATS`, to a stream of text, or of bytes for those of `BINARY`."""
    module, function, _ = _WRITERS[name]
    getattr(importlib.import_module(f"weapons_ref.output.{module}"), function)(result, stream)


@contextlib.contextmanager
def open_output(path: str, *, force: bool = False, binary: bool = False) -> Iterator[IO[Any]]:
    """Open a file to be written whole or not at all.

    It is written beside its place and moved there at the end, so that whatever happens the place
    holds all of the old file or all of the new one. A link stays a link. A device or a pipe, such
    as /dev/stdout, holds nothing that could be lost, and is written to as it is.

    Raises
    ------
    FileError
        If the file exists and `force` is not given, or it cannot be written.
    """
    target = Path(path)
    try:
        if not path or target.is_dir():
            raise FileError(f"{path or 'an empty name'}: is a folder")
        if target.exists() and not target.is_file():
            with _open(target, binary) as stream:
                yield stream
            return
        if target.exists() and not force:
            raise FileError(f"{path}: exists; --force replaces it")
        place = Path(os.path.realpath(target))
        with replacing(place) as temporary, _open(temporary, binary) as stream:
            yield stream
    except BrokenPipeError:
        # A reader went away, behind this file or behind stdout; that is no error of a file.
        raise
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from error


def _open(path: str | Path, binary: bool) -> IO[Any]:
    return open(path, "wb") if binary else open(path, "w", encoding="utf-8", newline="")
