"""A delimited file from its beginning to its end: small ones row by row, others in pieces read side by side.

The first rows, by which a file is judged, are read one by one, and so is every piece of which
`_csvblocks` is not certain. The rows are the same either way.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from weapons_ref.errors import FileError
from weapons_ref.places import _csv, _csvblocks
from weapons_ref.places._csvblocks import PIECE_BYTES, Block, Records
from weapons_ref.places.batches import BLOCK_BYTES, SAMPLE_BYTES, SAMPLE_ROWS, Batch, Gather, Source

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    import pyarrow as pa

    from weapons_ref.places.columns import Indices

ROWS_ONE_BY_ONE = 8192  #: the most in a batch of rows that are values of Python
_UNIT_BYTES = BLOCK_BYTES // 4  #: are read row by row before it is asked whether to go on so
_MOST_COLUMNS = 4096  #: in a piece that Arrow is given
_MOST_THREADS = 4


def read(source: Source, options: _csv.Options, batch_rows: int) -> Iterator[Batch]:
    """Yield the batches of a delimited file.

    Parameters
    ----------
    source : Source
        The file.
    options : tuple of str or None
        Columns of latitude, longitude and name.
    batch_rows : int
        The most rows in a batch; of rows read one by one there are 8192 at most.

    Raises
    ------
    FileError
        If the file cannot be read whole and with certainty. Batches may have come before.
    """
    file = _Reading(source)
    gather = Gather(file, min(batch_rows, ROWS_ONE_BY_ONE))
    text = _Text(source)
    layout = _csv.layout(file, str(text.first, "utf-8"), options)
    threads = _threads() if len(source.head) >= BLOCK_BYTES and len(layout.header) <= _MOST_COLUMNS else 0
    text.shorten(_UNIT_BYTES)
    yield from _csv.one_by_one(file, gather, layout, text, header=True)
    while text.more() and not (threads and (gather.rows >= SAMPLE_ROWS or file.position >= SAMPLE_BYTES)):
        text.shorten(_UNIT_BYTES)
        yield from _csv.one_by_one(file, gather, layout, text)
    if text.more():
        yield from _Blocks(file, gather, layout, text, batch_rows).read(threads)
    yield from gather.finish()


def _threads() -> int:
    """Return how many threads may parse, 0 if there is nothing to parse with."""
    try:
        import pyarrow as pa
        import pyarrow.csv
    except ImportError:
        return 0
    return min(int(pa.cpu_count()), _MOST_THREADS)


class _Reading:
    """A source as a `Gather` has to know it: how far its rows have been taken, whatever has been read ahead."""

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self.position = source.start
        self.error = source.error
        self.share = source.share


class _Text:
    """The text of a file in pieces of whole lines, each with the byte at which it starts; some may be put back.

    What is wrong with the file is said when all that comes before it has been taken.
    """

    def __init__(self, source: Source) -> None:
        self._pieces = source.pieces(b"\n", b"\r")
        self._back: list[tuple[int, bytes]] = []  #: the next one last
        self._error: FileError | None = None
        piece = next(self._pieces)
        self.first = piece[1]
        self._back.append(piece)

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        return self

    def __next__(self) -> tuple[int, bytes]:
        if self._back:
            return self._back.pop()
        if self._error is not None:
            raise self._error
        return next(self._pieces)

    def put_back(self, *pieces: tuple[int, bytes]) -> None:
        """Put pieces back, the next one first."""
        self._back.extend(reversed(pieces))

    def more(self) -> bool:
        """Return whether there is more."""
        piece = next(self, None)
        if piece is not None:
            self.put_back(piece)
        return piece is not None

    def shorten(self, size: int) -> None:
        """Cut the next piece at the end of a line, if it is longer."""
        piece = next(self, None)
        if piece is not None:
            start, text = piece
            cut = text.find(b"\n", size) + 1 or len(text)
            self.put_back(*((at, part) for at, part in ((start, text[:cut]), (start + cut, text[cut:])) if part))

    def records(self) -> tuple[int, bytes] | None:
        """Return the next records, whole ones if quotation marks are where they should be; None at the end."""
        pieces: list[tuple[int, bytes]] = []
        size = 0
        try:
            while size < PIECE_BYTES and (piece := next(self, None)) is not None:
                pieces.append(piece)
                size += len(piece[1])
        except FileError as error:
            self._error = error
            if not pieces:
                raise
        if not pieces:
            return None
        start = pieces[0][0]
        text = b"".join(text for _, text in pieces) if len(pieces) > 1 else pieces[0][1]
        cut = _last_end(text)
        if cut < len(text):
            self.put_back((start + cut, text[cut:]))
        return start, text[:cut]


def _last_end(text: bytes) -> int:
    """Return the end of the last line that does not end within quotation marks; that of the text if there is none."""
    import numpy as np

    if b'"' not in text or np.count_nonzero(np.frombuffer(text, dtype=np.uint8) == ord('"')) % 2 == 0:
        return len(text)
    end = len(text)
    while end > 0:
        opening = text.rfind(b'"', 0, end)
        end = text.rfind(b'"', 0, opening)
        line = text.rfind(b"\n", end + 1, opening)
        if line >= 0:
            return line + 1
    return len(text)


class _Blocks:
    """Reads pieces side by side, and takes them in their order."""

    def __init__(self, file: _Reading, gather: Gather, layout: _csv.Layout, text: _Text, batch_rows: int) -> None:
        self._file, self._gather, self._layout, self._text = file, gather, layout, text
        self._batch_rows = batch_rows

    def read(self, threads: int) -> Iterator[Batch]:
        """Yield the batches of the rest of the file."""
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(threads)
        try:
            while self._text.more():
                yield from self._while_certain(pool, threads + 1)
                if self._text.more():
                    yield from _csv.one_by_one(self._file, self._gather, self._layout, self._text)
        finally:
            pool.shutdown(cancel_futures=True)

    def _while_certain(self, pool: Executor, most: int) -> Iterator[Batch]:
        """Yield batches up to the end of the file, or to a piece in which records cannot be told apart with certainty.

        This piece is then the next.
        """
        running: deque[tuple[tuple[int, bytes], Future[Block | Records | None]]] = deque()
        failed: FileError | None = None
        done = False
        while True:
            while not done and len(running) < most:
                try:
                    piece = self._text.records()
                except FileError as error:
                    failed, done = error, True
                    break
                if piece is None:
                    done = True
                else:
                    running.append((piece, pool.submit(_csvblocks.parse, piece[1], self._layout)))
            if not running:
                break
            (start, text), future = running.popleft()
            found = future.result()
            if found is None:
                # Where records end is now in doubt for what has been read ahead, too.
                self._text.put_back((start, text), *(piece for piece, _ in running))
                return
            yield from self._take(start, found)
        if failed is not None:
            raise failed

    def _take(self, start: int, found: Block | Records) -> Iterator[Batch]:
        """Take the rows of a piece."""
        if isinstance(found, Block):
            self._file.position = start + len(found.records.text)
            yield from self._blocks(found)
            return
        for first, end in found.parts():
            part = found.text[first:end]
            block = _csvblocks.parse(part, self._layout)
            if isinstance(block, Block):
                self._file.position = start + end
                yield from self._blocks(block)
            else:
                pieces = iter([(start + first, part)])
                yield from _csv.one_by_one(self._file, self._gather, self._layout, pieces)

    def _blocks(self, block: Block) -> Iterator[Batch]:
        """Take rows in batches of about the same size."""
        count = len(block.lon)
        names = [self._layout.header[column] for column in self._layout.names]
        batches = -(-count // self._batch_rows)
        for number in range(batches):
            first, end = number * count // batches, (number + 1) * count // batches
            problems = block.problems
            if batches > 1 and problems:
                problems = {row - first: problems[row] for row in range(first, end) if row in problems}
            self._gather.block(
                block.lon[first:end],
                block.lat[first:end],
                functools.partial(_fetch, block, first),
                name_columns=names,
                problems=problems,
            )
            yield from self._gather.release()


def _fetch(block: Block, first: int, rows: Indices) -> pa.Table:
    return block.fetch(rows + first)
