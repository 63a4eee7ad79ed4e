"""Answers as a folder of parts, one for each piece of the files, written by whoever answers the piece.

The pieces depend on the files alone, and each part is written beside its place and moved there, so that
the folder is the same to the byte whoever writes it, and a part that is written again does no harm.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from weapons_ref import folders
from weapons_ref.backends import Columns, Progress, Task, in_processes, options, tallied, unpickled, work_of
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
    first_rejected: Rejection | None


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
        Where to, as `folders.filling` takes it; an address only with `dask`.
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
        Whether the parts that a folder holds already are replaced.
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
    if is_url(folder) and dask is None:
        raise QueryError(f"{folder}: is a URL; only the workers of a cluster (--dask) write to one")
    question = _question(result)
    listed = [piece for path in paths for piece in _pieces(path, dask)]
    if any(piece.path == "-" for piece in listed):
        raise QueryError("standard input has no parts; name a file")
    total = Written(result.counts, Counter(), None)
    whole, done = sum(piece.size for piece in listed), 0
    found: dict[int, Written] = {}
    with folders.filling(folder, force=force) as place:
        names = [part_name(place, number, format_) for number in range(len(listed))]
        common = (columns or Columns(), format_, on_reject is not None)
        tasks: list[Task] = [
            (write_part, (question, piece, name, *common)) for piece, name in zip(listed, names, strict=True)
        ]
        for number, one in _mapped(tasks, workers, dask):
            found[number] = one
            total.tally.update(one.tally)
            done += listed[number].size
            if progress is not None:
                progress(done / whole if whole else None, total.tally["rows"])
        if format_ == "parquet":
            _agree(names, listed)
        for name in names if on_reject is not None else ():
            _replay(_rejects(name), on_reject)
    for number in sorted(found):
        for verdict in (*VERDICTS, "rejected"):
            total.counts[verdict] += found[number].counts[verdict]
    first = (found[number].first_rejected for number in sorted(found))
    return total._replace(first_rejected=next((one for one in first if one is not None), None))


def _pieces(path: str, dask: str | None) -> list[Piece]:
    if dask is None:
        return pieces(path)
    # Workers have folders of their own to start from.
    return (
        remote_pieces(path)
        if is_url(path)
        else [
            piece._replace(path=os.path.abspath(piece.path)) if piece.path != "-" else piece for piece in pieces(path)
        ]
    )


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


def _rejects(part: str) -> str:
    """Return where the rejected rows of a part wait."""
    folder, _, name = part.rpartition("/")
    return f"{folder}/.{name}.rejected.tmp"


def _replay(name: str, on_reject: Callable[[Rejection], None] | None) -> None:
    assert on_reject is not None
    with folders.read(name) as stream:
        for rejected in unpickled(stream):
            for rejection in rejected:
                on_reject(rejection)
    folders.remove(name)


def _agree(names: Sequence[str], listed: Sequence[Piece]) -> None:
    """See to it that all parts have the same columns, so that they are one table.

    A part without rows, which need not know its file's columns, is given those of the others.

    Raises
    ------
    FileError
        If two parts differ.
    """
    from weapons_ref.output import parquet

    described = []
    for name in names:
        with folders.read(name) as stream:
            described.append(parquet.describe(stream))
    if not described:
        return
    # The first with rows, else the first of those with most columns.
    best = max(
        range(len(names)),
        key=lambda at: (described[at].rows > 0, 0 if described[at].rows else len(described[at].schema)),
    )
    schema = described[best].schema
    for name, piece, one in zip(names, listed, described, strict=True):
        if one.schema.equals(schema):
            continue
        if one.rows:
            differs = parquet.difference(one.schema, schema)
            raise FileError(
                f"{piece.path} and {listed[best].path} differ in {differs}; write ndjson, or answer them apart"
            )
        with folders.written(name, binary=True) as stream:
            parquet.write_nothing(stream, schema, one.said)


# ---------------------------------------------------------------- one part, in whatever process


def _question(result: ReachResult) -> bytes:
    """Return all of a result but its answers."""
    shell = {name: getattr(result, name) for name in result.__struct_fields__ if name not in ("verdicts", "counts")}
    return pickle.dumps((result.query, result.ranges, shell))


def write_part(
    question: bytes, piece: Piece, target: str, columns: Columns, format_: str, keep_rejected: bool
) -> Written:
    """Answer one piece and write its part; this runs in a worker."""
    rejected: list[Rejection] = []
    first: list[Rejection] = []
    work = work_of(question).again(rejected.append)
    tally: Counter[str] = Counter()
    with contextlib.ExitStack() as stack:
        kept = stack.enter_context(folders.written(_rejects(target), binary=True)) if keep_rejected else None

        def blocks() -> Iterator[Sequence[Verdict]]:
            for batch in _read(piece, columns, work):
                tally.update(tallied(batch))
                yield work.batch(batch)
                if rejected and not first:
                    first.append(rejected[0])
                if rejected and kept is not None:
                    pickle.dump(list(rejected), kept)
                rejected.clear()

        result = ReachResult(**_shell(question), verdicts=Verdicts(blocks()), counts=work.counts)
        stream = stack.enter_context(folders.written(target, binary=format_ in BINARY))
        write(result, format_, stream)
    return Written(work.counts, tally, first[0] if first else None)


@functools.lru_cache(maxsize=1)
def _shell(question: bytes) -> dict[str, Any]:
    shell: dict[str, Any] = pickle.loads(question)[2]
    return shell


def _read(piece: Piece, columns: Columns, work: Reaching) -> Iterator[Batch]:
    if not is_url(piece.path):
        return read_piece(piece, **options(columns), boxes=work.boxes())
    return open_url(piece, columns, work.boxes())
