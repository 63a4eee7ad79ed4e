"""How files of places are answered: here, by several processes, or on a Dask cluster.

A file or folder is cut into pieces, which depend on the files alone. Each piece is answered by itself,
in whatever process, and the answers are put together in the order of the pieces, so that the result
is the same to the byte however many workers there are, and a piece whose worker died is answered again.
"""

from __future__ import annotations

import contextlib
import functools
import io
import multiprocessing
import os
import pickle
import shutil
import signal
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple

from weapons_ref.errors import FileError, QueryError
from weapons_ref.model import VERDICTS, Query, Rejection, Verdict
from weapons_ref.places.files import Batch, Piece, pieces, read_piece
from weapons_ref.reaching import Reaching

#: The work is given up when workers have died so many times without a piece answered in between.
_MOST_DEATHS = 5
#: How often a wait for a result looks whether those who are to bring it are alive.
_PATIENCE_S = 5.0
#: Answers wait in memory up to this many bytes a piece, and in a temporary file beyond.
_IN_MEMORY_BYTES = 4 << 20
_TALLIED = ("rows", "normalised", "ignored_z", "swapped", "outside")

#: Called with the share of all files that has been answered, 0 to 1 or None if unknown, and the rows so far.
Progress = Callable[[float | None, int], None]


class Columns(NamedTuple):
    """Which columns of a file hold what; None is by their names."""

    lat: str | None = None
    lon: str | None = None
    name: str | None = None


class Files:
    """Files, folders and patterns of places, to be given to `weapons_ref.reach` as `locations`.

    Parameters
    ----------
    paths : str or path-like, or a sequence of them
        As `read_locations` takes them.
    columns : Columns, optional
        Where the coordinates and names are.
    workers : int
        How many processes answer. One is this process; more take Parquet files by runs of row groups,
        and other files whole.
    progress : callable, optional
        Told how far the work has come.

    Attributes
    ----------
    tally : Counter
        Of the rows read so far: how many were `rows`, `normalised`, `ignored_z`, `swapped` and `outside`.
    first_rejected : Rejection or None
    """

    def __init__(
        self,
        paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        columns: Columns | None = None,
        workers: int = 1,
        progress: Progress | None = None,
    ) -> None:
        if workers < 1:
            raise QueryError(f"{workers} workers; at least 1 is needed")
        self.tally: Counter[str] = Counter()
        self.first_rejected: Rejection | None = None
        given = (paths,) if isinstance(paths, str | os.PathLike) else paths
        self._paths = tuple(os.fspath(path) for path in given)
        self._columns = columns or Columns()
        self._workers = workers
        self.progress = progress

    def answers(self, work: Reaching) -> Iterator[Sequence[Verdict]]:
        """Yield the verdicts of all rows that are printed, in their order, and add to the counts of `work`."""
        listed = [piece for path in self._paths for piece in pieces(path)]
        # Workers have no standard input.
        if self._workers == 1 or len(listed) == 1 or any(piece.path == "-" for piece in listed):
            return self._here(listed, work)
        return self._in_processes(listed, work)

    def _here(self, listed: Sequence[Piece], work: Reaching) -> Iterator[Sequence[Verdict]]:
        total, done = sum(piece.size for piece in listed), 0
        boxes = work.boxes()
        for piece in listed:
            for batch in read_piece(piece, **options(self._columns), boxes=boxes):
                self._note(tallied(batch), batch.rejected[:1])
                yield work.batch(batch)
                share = None if batch.share is None or not total else (done + piece.size * batch.share) / total
                self._report(share)
            done += piece.size

    def _in_processes(self, listed: Sequence[Piece], work: Reaching) -> Iterator[Sequence[Verdict]]:
        question = pickle.dumps((work.query, work.ranges))
        total, done = sum(piece.size for piece in listed), 0
        with tempfile.TemporaryDirectory(prefix="weapons-ref-") as folder:
            tasks = [(answer_piece, (question, piece, self._columns, folder)) for piece in listed]
            for piece, answer in zip(listed, in_processes(tasks, self._workers), strict=True):
                for name in VERDICTS:
                    work.counts[name] += answer.counts[name]
                self._note(answer.tally, ())
                for rejected, block in answer.replay():
                    for rejection in rejected:
                        work.reject(rejection)
                    self._note({}, rejected[:1])
                    if block is not None:
                        yield block
                done += piece.size
                self._report(done / total if total else None)

    def _note(self, tally: dict[str, int], rejected: Sequence[Rejection]) -> None:
        self.tally.update(tally)
        if rejected and self.first_rejected is None:
            self.first_rejected = rejected[0]

    def _report(self, share: float | None) -> None:
        if self.progress is not None:
            self.progress(share, self.tally["rows"])


def tallied(batch: Batch) -> dict[str, int]:
    """Return what a person should be told of a batch's rows."""
    return {name: getattr(batch, name) for name in _TALLIED}


def options(columns: Columns) -> dict[str, Any]:
    """Return columns as `read_piece` takes them."""
    return {f"{name}_column": column for name, column in columns._asdict().items()}


# ---------------------------------------------------------------- one piece, in whatever process


class Answer(NamedTuple):
    """What came of one piece."""

    counts: dict[str, int]
    tally: dict[str, int]
    blocks: bytes | str  #: pickled pairs of rejected rows and verdicts, or the file that holds them

    def replay(self) -> Iterator[tuple[list[Rejection], Sequence[Verdict] | None]]:
        """Yield the rejected rows and the verdicts of each batch, once."""
        if isinstance(self.blocks, bytes):
            yield from unpickled(io.BytesIO(self.blocks))
            return
        with open(self.blocks, "rb") as stream:
            yield from unpickled(stream)
        os.unlink(self.blocks)


def unpickled(stream: Any) -> Iterator[Any]:
    """Yield what has been pickled to a stream, one after the other."""
    with contextlib.suppress(EOFError):
        while True:
            yield pickle.load(stream)


def answer_piece(question: bytes, piece: Piece, columns: Columns, folder: str) -> Answer:
    """Answer one piece of the files; this runs in a worker."""
    rejected: list[Rejection] = []
    work = work_of(question).again(rejected.append)
    tally: Counter[str] = Counter()
    with _waiting(folder), tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=folder) as stream:
        first = True
        for batch in read_piece(piece, **options(columns), boxes=work.boxes()):
            tally.update(tallied(batch))
            block = work.batch(batch)
            # An empty first block tells of the file's own columns.
            if len(block) or rejected or first:
                pickle.dump((list(rejected), block), stream)
            rejected.clear()
            first = False
        return Answer(work.counts, dict(tally), _kept(stream, folder))


@contextlib.contextmanager
def _waiting(folder: str) -> Iterator[None]:
    """Say where answers wait, if there is no room."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise FileError(f"{folder}: {reason}; answers of workers wait there, and TMPDIR names another place") from error


def _kept(stream: Any, folder: str) -> bytes | str:
    """Return what a spooled file holds, or where it has been written to."""
    size = stream.tell()
    stream.seek(0)
    if size <= _IN_MEMORY_BYTES:
        return bytes(stream.read())
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as kept:
        shutil.copyfileobj(stream, kept, 1 << 20)
    return kept.name


@functools.lru_cache(maxsize=1)
def work_of(question: bytes) -> Reaching:
    """Return the work that a question asks, with its tables made once in each process."""
    query, ranges, *_ = pickle.loads(question)
    assert isinstance(query, Query)
    return Reaching(query, ranges)


# ---------------------------------------------------------------- processes of this machine

Task = tuple[Callable[..., Any], tuple[Any, ...]]


def in_processes(tasks: Sequence[Task], workers: int) -> Iterator[Any]:
    """Yield the results of tasks in their order, as several processes come up with them.

    A process that dies is replaced, and what it and its neighbours were at is done again.

    Raises
    ------
    FileError
        If processes keep dying.
    """
    ahead = 2 * workers
    with _Pool(workers) as pool:
        running: deque[tuple[Task, Future[Any]]] = deque()
        waiting = iter(tasks)
        while True:
            while len(running) < ahead and (task := next(waiting, None)) is not None:
                running.append((task, pool.submit(task)))
            if not running:
                return
            try:
                result = pool.result(running[0][1])
            except BrokenProcessPool:
                pool.renew()
                running = deque((task, pool.submit(task) if _failed(of) else of) for task, of in running)
                continue
            running.popleft()
            pool.deaths = 0
            yield result


def _failed(future: Future[Any]) -> bool:
    return not future.done() or isinstance(future.exception(), BrokenProcessPool)


class _Pool:
    """A pool of processes that can be had anew."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self.deaths = 0
        self._pool = self._make()

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *_: object) -> None:
        # What they are at is wanted by nobody, and an interrupted command should end at once. Python 3.14 has
        # `kill_workers` for it.
        processes = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()

    def submit(self, task: Task) -> Future[Any]:
        function, arguments = task
        # The first task starts the processes, which inherit this: Ctrl-C is the parent's, even before they are set up.
        with _uninterrupted():
            try:
                return self._pool.submit(function, *arguments)
            except BrokenProcessPool as error:
                failed: Future[Any] = Future()
                failed.set_exception(error)
                return failed

    def result(self, future: Future[Any]) -> Any:
        """Wait for a result.

        A process that is killed while it hands one over leaves its pool waiting for the rest, of which nobody
        is to come: then the whole pool is ended, which it takes for the death that it is.
        """
        while True:
            try:
                return future.result(timeout=_PATIENCE_S)
            except TimeoutError:
                if future.done():
                    raise
                processes = list((self._pool._processes or {}).values())
                if all(process.is_alive() for process in processes):
                    continue
                for process in processes:
                    process.kill()
                # So that the reader comes to an end. No public name leads there.
                queue: Any = self._pool._result_queue
                with contextlib.suppress(AttributeError, OSError):
                    queue._writer.close()

    def renew(self) -> None:
        self.deaths += 1
        if self.deaths >= _MOST_DEATHS:
            raise FileError(f"worker processes died {self.deaths} times; is there too little memory for --workers?")
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = self._make()

    def _make(self) -> ProcessPoolExecutor:
        # Not by fork: Arrow's threads do not survive it.
        return ProcessPoolExecutor(
            self._workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_worker
        )


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put Ctrl-C off: a process that is half started when its parent goes tells of it with a traceback.

    Blocking the signal is for the processes that start here. It does not keep a thread of a library from taking
    it, whereupon Python would interrupt the main thread all the same; so that is put off too.
    """
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    interrupted: list[int] = []
    main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, lambda number, _: interrupted.append(number)) if main else None
    try:
        yield
    finally:
        if main:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        if interrupted:
            signal.raise_signal(signal.SIGINT)


def _begin_worker() -> None:
    """Set a worker up: Ctrl-C is for the parent, and without a parent there is nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()
    with contextlib.suppress(ImportError):
        import pyarrow

        # The processes share the cores among them.
        pyarrow.set_cpu_count(1)
