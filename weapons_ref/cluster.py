"""A Dask cluster, and files at addresses that only its workers may reach."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from weapons_ref.errors import FileError, QueryError

if TYPE_CHECKING:
    from weapons_ref.backends import Columns, Task
    from weapons_ref.geo.boxes import Box
    from weapons_ref.places.files import Batch, Piece

_CONNECT_SECONDS = 5


def on_dask(tasks: Sequence[Task], address: str) -> Iterator[tuple[int, Any]]:
    """Yield the number of each task and its result, as the workers of a cluster come up with them.

    The scheduler gives the tasks of a worker that dies to another.

    Raises
    ------
    QueryError
        If there is no scheduler at the address, it has no workers, or these lack this version of the package.
    FileError
        If workers keep dying over a task.
    """
    try:
        distributed: Any = importlib.import_module("distributed")  # which is not typed
    except ImportError as error:
        raise QueryError("a cluster needs Dask; install it with: pip install 'weapons-ref[dask]'") from error
    lost = (OSError, TimeoutError, distributed.TimeoutError, distributed.CancelledError)
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (*lost, ValueError) as error:
        raise QueryError(f"no Dask scheduler answers at {address or 'an empty address'}") from error
    with client:
        try:
            _check_workers(client, address)
            yield from _results(client, tasks, distributed)
        except distributed.KilledWorker as error:
            raise FileError(f"Dask workers keep dying over one piece: {error}") from error
        except lost as error:
            raise FileError(f"the Dask scheduler at {address} was lost: {error}") from error


def _results(client: Any, tasks: Sequence[Task], distributed: Any) -> Iterator[tuple[int, Any]]:
    # The question, the first of what each task is given, is the same for all, and sent once. As a task of
    # its own, it is had again if the worker that holds it dies.
    shared = {arguments[0]: client.submit(bytes, arguments[0], pure=False) for _, arguments in tasks}
    futures = {
        client.submit(function, shared[arguments[0]], *arguments[1:], pure=False): number
        for number, (function, arguments) in enumerate(tasks)
    }
    for future in distributed.as_completed(list(futures), loop=client.loop):
        yield futures.pop(future), future.result()
        future.release()


def _check_workers(client: Any, address: str) -> None:
    if not client.scheduler_info(n_workers=-1)["workers"]:
        raise QueryError(f"the Dask scheduler at {address} has no workers")
    try:
        versions = set(client.run(_version).values())
    except ImportError as error:
        raise QueryError(f"the workers at {address} lack weapons-ref; install it there: {error}") from error
    if versions != {_version()}:
        raise QueryError(f"the workers at {address} have weapons-ref {', '.join(sorted(versions))}, not {_version()}")


def _version() -> str:
    import weapons_ref.backends  # noqa: F401 - that it is there is what is asked

    return importlib.metadata.version("weapons-ref")


def remote_pieces(url: str) -> list[Piece]:
    """Return the Parquet files at an address, a file, a folder or a pattern, in pieces.

    Raises
    ------
    FileError
        If there is none, or fsspec cannot reach it.
    """
    from weapons_ref.places import _parquet
    from weapons_ref.places.files import SPLIT_ROWS, Piece

    try:
        import fsspec

        system, path = fsspec.core.url_to_fs(url)
        found = sorted(system.glob(path) if any(mark in path for mark in "*?[") else system.find(path))
        found = [name for name in found if _parquet.recognises("." + name.rpartition(".")[2].lower(), b"")]
        if not found:
            raise FileError(f"{url}: no Parquet file is there")
        listed = []
        for name in found:
            whole = system.unstrip_protocol(name)
            with system.open(name, "rb") as stream:
                for start, end, first_row, rows, size in _parquet.groups(whole, stream, SPLIT_ROWS):
                    listed.append(Piece(whole, (start, end), first_row, rows, size))
    except (OSError, ValueError, ImportError) as error:
        raise FileError(f"{url}: cannot be read: {error}") from error
    return listed


def open_url(piece: Piece, columns: Columns, boxes: Sequence[Box] | None) -> Iterator[Batch]:
    """Yield the batches of a piece of a Parquet file at an address."""
    import fsspec

    from weapons_ref.places import _parquet
    from weapons_ref.places.files import BATCH_ROWS

    with fsspec.open(piece.path, "rb") as stream:
        yield from _parquet.read(
            piece.path,
            stream,
            (columns.lat, columns.lon, columns.name),
            groups=piece.groups,
            first_row=piece.first_row,
            boxes=boxes,
            batch_rows=BATCH_ROWS,
        )
