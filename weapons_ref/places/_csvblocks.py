"""Pieces of delimited text as columns, through Arrow, where it is certain that `_csv` would say the same.

Arrow's parser and Python's `csv` agree on text in which every quotation mark stands where it belongs: round a
whole field, or twice within one. That is looked up here mark by mark, so that the ends of the records are
known whatever the fields hold. What is odd in any way is handed back, to be read one row at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from weapons_ref.places import _csv
from weapons_ref.places._csv import Layout

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from weapons_ref.places.batches import Sign
    from weapons_ref.places.columns import Floats, Indices

PIECE_BYTES = 4 << 20  #: about so many are read at a time
_PART_BYTES = 128 << 10  #: of a piece that cannot be read whole

_LF, _CR, _QUOTE = b'\n\r"'
_MARK = b"\xef\xbb\xbf"
#: Numbers that Arrow reads, and as Python does. It may read others, but then says so of all or none.
_PLAIN = r"^-?[0-9]{1,17}(\.[0-9]{1,17})?$"


class Records(NamedTuple):
    """Where the records of a text are; blank lines are none."""

    text: bytes
    starts: Indices
    ends: Indices  #: their line ends are in them

    def parts(self) -> Iterator[tuple[int, int]]:
        """Yield where parts of some records start and end, which are much smaller than a piece."""
        import numpy as np

        if not len(self.ends):
            yield 0, len(self.text)
            return
        steps = range(_PART_BYTES, len(self.text) + _PART_BYTES, _PART_BYTES)
        cuts = np.minimum(np.searchsorted(self.ends, steps), len(self.ends) - 1)
        start = 0
        for end in dict.fromkeys(self.ends[cuts].tolist()):
            yield start, end
            start = end
        if start < len(self.text):  # blank lines
            yield start, len(self.text)


class Block(NamedTuple):
    """Rows of a piece as columns."""

    records: Records
    layout: Layout
    lon: Floats  #: degrees; anything in rows with problems
    lat: Floats
    problems: dict[int, tuple[str, Sign]]  #: of rows that name no place, the reason and what it tells of the file

    def fetch(self, rows: Indices) -> pa.Table:
        """Return the file's own columns of some rows."""
        text, starts, ends = self.records
        if 2 * len(rows) > len(starts):
            whole = _table(text, self.layout, range(len(self.layout.header)))
            found = whole if len(rows) == len(starts) and bool((rows[1:] > rows[:-1]).all()) else whole.take(rows)
        else:
            lines = [text[start:end] for start, end in zip(starts[rows].tolist(), ends[rows].tolist(), strict=True)]
            # The last line of a file may lack its end. A line before the others, which is blank and so none,
            # keeps Arrow from taking what the first of them begins with for a byte-order mark.
            lines = [line if line.endswith(b"\n") else line + b"\n" for line in lines]
            found = _table(b"\n" + b"".join(lines), self.layout, range(len(self.layout.header)))
        assert found.num_rows == len(rows)
        return found.rename_columns(self.layout.header)


def parse(text: bytes, layout: Layout) -> Block | Records | None:
    """Return a piece of whole records as columns.

    Parameters
    ----------
    text : bytes
        UTF-8 without NUL. It begins with a record; its last line may lack its end.
    layout : Layout
        Where the columns are.

    Returns
    -------
    Block, Records or None
        Of what is not certain to be read alike only the records; None if even their ends are in doubt.
    """
    import numpy as np
    import pyarrow as pa

    found = records(text, ord(layout.separator))
    if found is None or text.startswith(_MARK) or _has_stray_returns(text):
        return found
    count = len(found.starts)
    if count and int(np.max(found.ends - found.starts)) > _csv.FIELD_CHARACTERS:
        return found
    try:
        table = _table(text, layout, (layout.lon, layout.lat))
    except pa.ArrowInvalid:  # too few fields in a row, or too many
        return found
    if table.num_rows != count:
        return found
    lon_texts, lat_texts = (column.combine_chunks() for column in table.columns)
    lon, odd_lon = _numbers(lon_texts)
    lat, odd_lat = _numbers(lat_texts)
    problems = {}
    odd = np.union1d(odd_lon, odd_lat)
    if len(odd):
        lon, lat = lon.copy(), lat.copy()  # Arrow's own are not to be written to
    for row, lon_text, lat_text in zip(
        odd.tolist(), lon_texts.take(pa.array(odd)).to_pylist(), lat_texts.take(pa.array(odd)).to_pylist(), strict=True
    ):
        x, y = _csv.number(lon_text), _csv.number(lat_text)
        if x is None or y is None:
            problems[row] = _csv.problem(lat_text, lon_text, layout.separator)
        else:
            lon[row], lat[row] = x, y
    return Block(found, layout, lon, lat, problems)


def records(text: bytes, separator: int) -> Records | None:
    """Return where records are, None if a quotation mark stands where it should not."""
    import numpy as np

    data = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(data == _LF) + 1
    if b'"' in text:
        quotes = np.flatnonzero(data == _QUOTE)
        if not _are_clean(data, quotes, separator):
            return None
        # After an even number of marks a line end is no part of a field.
        ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
    if text and (not len(ends) or ends[-1] != len(text)):
        ends = np.append(ends, len(text))
    starts = np.append(0, ends)[:-1]
    first = data[starts]
    blank = (first == _LF) | ((first == _CR) & (ends - starts <= 2))
    if blank.any():
        starts, ends = starts[~blank], ends[~blank]
    return Records(text, starts, ends)


def _are_clean(data: npt.NDArray[np.uint8], quotes: Indices, separator: int) -> bool:
    """Return whether every quotation mark begins a field, ends one, or is one of two next to each other in one.

    By induction from the start of a record: a mark after an even number of others opens a field, if a
    separator or line end stands before it; or the mark before it, next to it, closed one, and both together
    are a mark that belongs to the field. The next mark closes what is open, and after it comes a separator,
    a line end, the end of the text, or the next mark.
    """
    import numpy as np

    if len(quotes) % 2:
        return False
    around = np.zeros(256, dtype=bool)
    around[[separator, _LF, _QUOTE]] = True
    opening, closing = quotes[::2], quotes[1::2]
    if not around[data[opening[opening > 0] - 1]].all():
        return False
    around[_CR] = True  # which a line feed must follow; `_has_stray_returns` looks after that
    return bool(around[data[closing[closing < len(data) - 1] + 1]].all())


def _has_stray_returns(text: bytes) -> bool:
    """Return whether a carriage return is not the first half of a line end."""
    import numpy as np

    if b"\r" not in text:
        return False
    returns = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == _CR) + 1
    if returns[-1] == len(text):
        return True
    return not bool((np.frombuffer(text, dtype=np.uint8)[returns] == _LF).all())


def _table(text: bytes, layout: Layout, columns: Any) -> pa.Table:
    """Return some columns of a text as they are, in the order asked for, named by their numbers."""
    import pyarrow as pa
    from pyarrow import csv

    quoted = b'"' in text
    return csv.read_csv(
        pa.py_buffer(text),
        read_options=csv.ReadOptions(
            column_names=[str(number) for number in range(len(layout.header))],
            use_threads=False,  # pieces are parsed side by side
            block_size=len(text) + 1,
        ),
        parse_options=csv.ParseOptions(
            delimiter=layout.separator,
            quote_char='"' if quoted else False,
            double_quote=True,
            escape_char=False,
            newlines_in_values=quoted,
            ignore_empty_lines=True,
        ),
        convert_options=csv.ConvertOptions(
            check_utf8=False,  # it has been checked
            column_types={str(number): pa.string() for number in columns},
            include_columns=[str(number) for number in columns],
            null_values=[],
            strings_can_be_null=False,
        ),
    )


def _numbers(texts: pa.StringArray) -> tuple[Floats, Indices]:
    """Return numbers, and the rows of which it is not certain what `_csv.number` would say; these hold anything."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    values: Floats | None = None
    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    if longest <= _csv.NUMBER_CHARACTERS:
        try:
            # Python takes all that Arrow takes for a finite number, and both round correctly.
            values = texts.cast(pa.float64()).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid:
            values = None
    if values is None:
        plain = pc.if_else(pc.match_substring_regex(texts, _PLAIN), texts, None)
        values = plain.cast(pa.float64()).to_numpy(zero_copy_only=False)
    odd = np.flatnonzero(~np.isfinite(values))
    return values, odd
