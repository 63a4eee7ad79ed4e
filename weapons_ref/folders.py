"""Folders that several processes fill, here or at an address that fsspec knows.

A file in them is written beside its place and moved there. A folder of this machine is filled beside
its own place and moved there at the end; at an address files appear one by one.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from weapons_ref.atomic import replacing, replacing_folder
from weapons_ref.errors import FileError
from weapons_ref.places.files import is_url

PREFIX = "part-"


@contextlib.contextmanager
def filling(folder: str, *, force: bool) -> Iterator[str]:
    """Yield where to write parts, and at the end move that to its place.

    Parameters
    ----------
    folder : str
        Where to; made if it is not there.
    force : bool
        Whether parts that are there already are replaced. Nothing but parts ever is.

    Raises
    ------
    FileError
        If it holds parts, or anything else, or cannot be written to.
    """
    with _guarded(folder):
        if is_url(folder):
            with _at_address(folder, force):
                yield folder
            return
        place = Path(os.path.realpath(folder))
        _check(folder, place, force)
        with replacing_folder(place) as temporary:
            yield str(temporary)
            for unfinished in temporary.glob(".*.tmp"):  # of a worker that was killed
                unfinished.unlink()


def _check(folder: str, place: Path, force: bool) -> None:
    if not place.exists():
        return
    if not place.is_dir():
        raise FileError(f"{folder}: is a file; parts are written to a folder")
    if place.is_mount():
        raise FileError(f"{folder}: is where a disk is mounted, and cannot be replaced as a whole; name a folder in it")
    held = sorted(place.iterdir())
    alien = next((path for path in held if not (path.is_file() and path.name.startswith(PREFIX))), None)
    if alien is not None:
        raise FileError(f"{folder}: holds {alien.name}, which is no part; name a folder of its own")
    if held and not force:
        raise FileError(f"{folder}: exists; --force replaces it")


@contextlib.contextmanager
def _at_address(folder: str, force: bool) -> Iterator[None]:
    system, path = _system(folder)
    held = system.glob(f"{path}/{PREFIX}*")
    if held and not force:
        raise FileError(f"{folder}: holds parts; --force replaces them")
    for part in held:
        system.rm(part)
    try:
        yield
    finally:
        for mark in ("", "."):
            for unfinished in system.glob(f"{path}/{mark}{PREFIX}*.tmp"):
                system.rm(unfinished)


@contextlib.contextmanager
def written(target: str, *, binary: bool) -> Iterator[IO[Any]]:
    """Open a file of a folder to be written whole, or not at all."""
    text: dict[str, Any] = {} if binary else {"encoding": "utf-8", "newline": ""}
    mode = "wb" if binary else "w"
    with _guarded(target):
        if not is_url(target):
            with replacing(Path(target)) as temporary, open(temporary, mode, **text) as stream:
                yield stream
            return
        system, path = _system(target)
        system.makedirs(path.rpartition("/")[0], exist_ok=True)
        beside = f"{path}.{os.urandom(4).hex()}.tmp"
        with system.open(beside, mode, **text) as stream:
            yield stream
        system.mv(beside, path)


@contextlib.contextmanager
def read(target: str) -> Iterator[IO[bytes]]:
    """Open a file of a folder."""
    with _guarded(target):
        if is_url(target):
            system, path = _system(target)
            with system.open(path, "rb") as stream:
                yield stream
        else:
            with open(target, "rb") as stream:
                yield stream


def remove(target: str) -> None:
    """Remove a file of a folder."""
    with _guarded(target):
        if is_url(target):
            system, path = _system(target)
            system.rm(path)
        else:
            os.unlink(target)


def _system(url: str) -> tuple[Any, str]:
    import fsspec

    system, path = fsspec.core.url_to_fs(url)
    return system, path.rstrip("/")


@contextlib.contextmanager
def _guarded(target: str) -> Iterator[None]:
    """Turn what file systems have to say into an error of ours."""
    try:
        yield
    except BrokenPipeError:
        raise
    except ImportError as error:
        raise FileError(f"{target}: cannot be reached: {error}") from error
    except OSError as error:
        raise FileError(f"{target}: {error.strerror or error}") from error
    except ValueError as error:
        if not is_url(target):
            raise
        raise FileError(f"{target}: is no address that fsspec knows: {error}") from error
