"""Answers as a folder of parts, one for each piece of the files, written by whoever answers the piece.

The pieces depend on the files alone, and each part is written beside its place and moved there, so that
the folder is the same to the byte whoever writes it, and a part that is written again does no harm.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from weapons_ref.atomic import replacing
from weapons_ref.backends import Columns, Progress, Task, in_processes, options, tallied, work_of
from weapons_ref.blocks import Verdicts
from weapons_ref.cluster import on_dask, open_url, remote_pieces
from weapons_ref.errors import FileError, QueryError
from weapons_ref.model import VERDICTS, ReachResult, Rejection, Verdict
from weapons_ref.output import BINARY, write
from weapons_ref.places.files import Batch, Piece, is_url, pieces, read_piece
from weapons_ref.reaching import Reaching


class Written(NamedTuple):
    """What became of one piece, or of all."""

    counts: dict[str, int]
    tally: Counter[str]
    rejected: list[Rejection]  #: all of them, or only the first if no one asked


def write_parts(
    result: ReachResult,
    paths: Sequence[str],
    folder: str,
    format_: str,
    *,
    columns: Columns | None = None,
    workers: int = 1,
    dask: str | None = None,
    force: bool = False,
    on_reject: Callable[[Rejection], None] | None = None,
    progress: Progress | None = None,
) -> Written:
    """Write the answers of a question to a folder, part by part.

    Parameters
    ----------
    result : ReachResult
        The question, its ranges and sources, from `reach`; its verdicts are not read, its counts are filled in.
    paths : sequence of str
        Files, folders and patterns; with `dask` also addresses that fsspec knows.
    folder : str
        Where to. It is filled beside its place and moved there; at an address, parts are moved one by one.
    format_ : str
        One of `weapons_ref.output.FORMATS`.
    columns : Columns, optional
        Where the coordinates and names are.
    workers : int
        How many processes of this machine answer.
    dask : str, optional
        The address of a Dask scheduler whose workers answer instead; they see the same files and have
        this version of the package.
    force : bool
        Whether a folder that is there already is replaced.
    on_reject : callable, optional
        Called with each row that has no verdict, in order, at the end.
    progress : callable, optional
        Told how far the work has come.

    Returns
    -------
    Written

    Raises
    ------
    WeaponsRefError
        If a file cannot be read or a part not written, or there is no cluster at the address.
    """
    question = _question(result)
    listed = [piece for path in paths for piece in (remote_pieces(path) if dask and is_url(path) else pieces(path))]
    if any(piece.path == "-" for piece in listed):
        raise QueryError("standard input has no parts; name a file")
    total = Written(result.counts, Counter(), [])
    finished = dict.fromkeys(range(len(listed)), 0)
    whole = sum(piece.size for piece in listed)
    found: dict[int, Written] = {}
    with _folder(folder, force) as place:
        tasks: list[Task] = [
            (
                write_part,
                (question, piece, columns or Columns(), part_name(place, number, format_), format_, bool(on_reject)),
            )
            for number, piece in enumerate(listed)
        ]
        for number, written in _mapped(tasks, workers, dask):
            found[number] = written
            total.tally.update(written.tally)
            finished[number] = listed[number].size
            if progress is not None:
                progress(sum(finished.values()) / whole if whole else None, total.tally["rows"])
    for number in sorted(found):
        for name in (*VERDICTS, "rejected"):
            total.counts[name] += found[number].counts[name]
        total.rejected.extend(found[number].rejected[: None if on_reject else 1 - len(total.rejected)])
    if on_reject is not None:
        for rejection in total.rejected:
            on_reject(rejection)
    return total


def _mapped(tasks: Sequence[Task], workers: int, dask: str | None) -> Iterator[tuple[int, Written]]:
    """Yield the number of each task and its result, as they come."""
    if dask is not None:
        yield from on_dask(tasks, dask)
    elif workers > 1 and len(tasks) > 1:
        yield from enumerate(in_processes(tasks, workers))
    else:
        for number, (function, arguments) in enumerate(tasks):
            yield number, function(*arguments)


def part_name(place: str, number: int, format_: str) -> str:
    """Return where a part is written."""
    return f"{place.rstrip('/')}/part-{number:05d}.{format_}"


@contextlib.contextmanager
def _folder(folder: str, force: bool) -> Iterator[str]:
    """Yield where to write parts, and at the end move that to its place."""
    if is_url(folder):
        yield folder
        _clear(folder)
        return
    place = Path(os.path.realpath(folder))
    if place.exists() and not place.is_dir():
        raise FileError(f"{folder}: is a file; parts are written to a folder")
    if place.exists() and not force and any(place.iterdir()):
        raise FileError(f"{folder}: exists; --force replaces it")
    temporary = place.with_name(f".{place.name[:40]}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
    try:
        try:
            temporary.mkdir()
        except OSError as error:
            raise FileError(f"{folder}: {error.strerror or error}") from error
        yield str(temporary)
        for unfinished in temporary.glob(".*.tmp"):  # of a worker that was killed
            unfinished.unlink()
        if place.exists():
            old = temporary.with_suffix(".old")
            os.replace(place, old)
            os.replace(temporary, place)
            shutil.rmtree(old)
        else:
            os.replace(temporary, place)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _clear(folder: str) -> None:
    """Remove what killed workers left at an address."""
    import fsspec

    system, path = fsspec.core.url_to_fs(folder)
    for unfinished in system.glob(f"{path}/part-*.tmp"):
        system.rm(unfinished)


# ---------------------------------------------------------------- one part, in whatever process


def _question(result: ReachResult) -> bytes:
    """Return all of a result but its answers."""
    shell = {name: getattr(result, name) for name in result.__struct_fields__ if name not in ("verdicts", "counts")}
    return pickle.dumps((result.query, result.ranges, shell))


def write_part(
    question: bytes, piece: Piece, columns: Columns, target: str, format_: str, keep_rejected: bool
) -> Written:
    """Answer one piece and write its part; this runs in a worker."""
    rejected: list[Rejection] = []
    work = work_of(question).again(rejected.append)
    tally: Counter[str] = Counter()

    def blocks() -> Iterator[Sequence[Verdict]]:
        for batch in _read(piece, columns, work):
            tally.update(tallied(batch))
            yield work.batch(batch)
            if not keep_rejected:
                del rejected[1:]

    result = ReachResult(**_shell(question), verdicts=Verdicts(blocks()), counts=work.counts)
    try:
        with _open(target, format_) as stream:
            write(result, format_, stream)
    except OSError as error:
        raise FileError(f"{target}: {error.strerror or error}") from error
    return Written(work.counts, tally, rejected)


@functools.lru_cache(maxsize=1)
def _shell(question: bytes) -> dict[str, Any]:
    shell: dict[str, Any] = pickle.loads(question)[2]
    return shell


def _read(piece: Piece, columns: Columns, work: Reaching) -> Iterator[Batch]:
    if not is_url(piece.path):
        return read_piece(piece, **options(columns), boxes=work.boxes())
    return open_url(piece, columns, work.boxes())


@contextlib.contextmanager
def _open(target: str, format_: str) -> Iterator[Any]:
    text: dict[str, Any] = {} if format_ in BINARY else {"encoding": "utf-8", "newline": ""}
    mode = "wb" if format_ in BINARY else "w"
    if not is_url(target):
        with replacing(Path(target)) as temporary, open(temporary, mode, **text) as stream:
            yield stream
        return
    import fsspec

    system, path = fsspec.core.url_to_fs(target)
    system.makedirs(path.rpartition("/")[0], exist_ok=True)
    temporary_path = f"{path}.{os.urandom(4).hex()}.tmp"
    with system.open(temporary_path, mode, **text) as stream:
        yield stream
    system.mv(temporary_path, path)
