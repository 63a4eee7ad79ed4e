"""What is promised of long tables: read many rows at once, they say what they say when read row by row."""

from __future__ import annotations

import csv
import io
import random
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from weapons_ref.errors import FileError
from weapons_ref.places import _csv, _csvblocks, _delimited, batches
from weapons_ref.places.columns import Columns
from weapons_ref.places.files import read_locations

# fmt: off
ODD_NUMBERS = [
    "", "NA", "null", "-", "48,5", "nan", "nan(abc)", "-inf", "1e999", "1e-400", "1_0", "0x1", "91", "541", "x", "+4",
    " 5 ", "\t6", "1.", ".5", "-0.0", "0.1234567890123456789012", "1" * 257, "0." + "0" * 300 + "1", "\u0663",
    "\ufeff1", '"7"', '7"', '"', '"1\n"', "1\r", "5" + " " * 300,
]
ODD_TEXTS = [
    "", "a", '"q"', '"a,b;c"', '"a""b"', '""', '""""', '"two\nlines"', '"two\r\nlines"', '"half\rway"', '5" gun',
    '"A"B', ' "s"', "\ufeff", '\ufeff"q"', "\u2028", "\x85", '"\n\n"', '"',
]
# fmt: on
NUMBERS = st.one_of(
    st.floats(-80, 80).map(repr),
    st.floats(-600, 600).map(lambda number: f"{number:.6f}"),
    st.sampled_from(ODD_NUMBERS),
)
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6), st.sampled_from(ODD_TEXTS)
)
ENDS = st.sampled_from(["\n"] * 8 + ["\r\n"] * 3 + ["\r", "\n\n", "\r\n\r\n", "\n \n", "\r\r\n"])
ROWS = st.lists(st.tuples(st.lists(TEXTS | NUMBERS, min_size=3, max_size=5), NUMBERS, NUMBERS, ENDS), max_size=25)


def make(rows: list[Any], separator: str) -> str:
    """Text of rows with id, lat, lon, name; some have more fields or fewer."""
    out = []
    for texts, lat, lon, end in rows:
        first, *rest = texts[: 2 if len(texts) < 5 else None]
        out.append(separator.join([first, lat, lon, *(rest if len(texts) > 3 else rest[:1])]) + end)
    return "".join(out)


def say(path: Path, **options: Any) -> tuple[Any, ...] | str:
    """All that is said of a file."""
    places, rejected, counts = [], [], [0] * 4
    try:
        for batch in read_locations(path, **options):
            assert batch.rows == len(batch.places) + len(batch.rejected) > 0
            for place in batch.places:
                places.append((place.name, repr(place.lat), repr(place.lon), list(place.columns.items())))
            for rejection in batch.rejected:
                rejected.append((rejection.row, rejection.reason, list(rejection.columns.items())))
            for at, count in enumerate((batch.rows, batch.normalised, batch.ignored_z, batch.swapped)):
                counts[at] += count
    except FileError as error:
        return str(error)
    return places, rejected, counts


@pytest.fixture
def row_by_row(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Read a file with the exact reader alone."""

    def read(path: Path) -> tuple[Any, ...] | str:
        with monkeypatch.context() as patch:
            patch.setattr(_delimited, "_threads", lambda: 0)
            return say(path)

    return read


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make files of some lines long ones: of many blocks, pieces and parts."""
    for module, name, size in (
        (batches, "BLOCK_BYTES", 64),
        (_delimited, "BLOCK_BYTES", 64),
        (_delimited, "_UNIT_BYTES", 16),
        (_delimited, "SAMPLE_ROWS", 2),
        (_delimited, "PIECE_BYTES", 150),
        (_csvblocks, "_PART_BYTES", 40),
    ):
        monkeypatch.setattr(module, name, size)


class TestTheSameRows:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
    @given(rows=ROWS, separator=st.sampled_from(",,,;\t|"), batch_rows=st.sampled_from([1, 3, 10**6]))
    @example(rows=[(["\ufeffa", "b", "c"], "1", "2", "\n")] * 20, separator=",", batch_rows=10**6)
    @example(rows=[(['5" gun', "b", "c"], "1", "2", "\n")] * 21, separator=",", batch_rows=10**6)
    @example(rows=[(['"a\n\nb"', "b", "c"], "1", "2", "\r\n")] * 20, separator=",", batch_rows=10**6)
    @example(rows=[(["a", "b", "c"], "5000000", "500000", "\n")] * 20, separator=",", batch_rows=10**6)
    def test_nasty_text_says_the_same_both_ways(
        self,
        tmp_path: Path,
        tiny: None,
        row_by_row: Callable[..., Any],
        rows: list[Any],
        separator: str,
        batch_rows: int,
    ) -> None:
        """Places, rejected rows, reasons, texts, counts and errors are those of the exact reader."""
        path = tmp_path / "a.csv"
        head = separator.join(["id", "lat", "lon", "name"]) + "\n" + separator.join(["0", "1", "2", "first"]) + "\n"
        path.write_bytes((head + make(rows, separator)).encode())
        assert say(path, batch_rows=batch_rows) == row_by_row(path)

    @settings(deadline=None, max_examples=500)
    @given(rows=ROWS, separator=st.sampled_from(",;\t|"))
    def test_a_certain_piece_has_the_fields_that_csv_finds(self, rows: list[Any], separator: str) -> None:
        """Whatever is taken for certain, Python's csv reads to the same texts, row by row and field by field."""
        text = make(rows, separator).encode()
        found = _csvblocks.parse(text, _csv.Layout(separator, ["id", "lat", "lon", "name"], 1, 2, (3,)))
        if not isinstance(found, _csvblocks.Block):
            return
        expected = [
            fields
            for fields in csv.reader(io.StringIO(text.decode(), newline=""), delimiter=separator, strict=True)
            if fields
        ]
        for chosen in (range(len(expected)), range(0, len(expected), 3)):
            table = found.fetch(np.array(chosen, dtype=np.int64))
            assert [list(row.values()) for row in table.to_pylist()] == [expected[row] for row in chosen]

    @pytest.mark.parametrize(
        "text",
        [
            "a,1,2,b\rc,1,2,d\n\r\r\n",  # as many records as line feeds end, but not the same
            "a,1,2,b\r",
            "\ufeffa,1,2,b\n",
            "a,1,2\n",
            "a,1,2,b,c\n",
            "a,1,2," + "x" * (1 << 20) + "\n",
        ],
    )
    def test_what_is_odd_is_handed_back_with_its_records(self, text: str) -> None:
        """Stray carriage returns, what looks like a byte-order mark, ragged rows, records of a mebibyte."""
        found = _csvblocks.parse(text.encode(), _csv.Layout(",", ["id", "lat", "lon", "name"], 1, 2, (3,)))
        assert isinstance(found, _csvblocks.Records)

    @pytest.mark.parametrize("field", ['5" gun', '"A"B', ' "s"', '"open', '""a', 'a""', '"a"" "b"'])
    def test_misplaced_quotation_marks_leave_everything_in_doubt(self, field: str) -> None:
        """Then not even the ends of records are known."""
        text = f'a,1,2,"b"\n{field},1,2,b\n'.encode()
        assert _csvblocks.parse(text, _csv.Layout(",", ["id", "lat", "lon", "name"], 1, 2, (3,))) is None

    @settings(deadline=None, max_examples=2000)
    @given(text=NUMBERS | st.floats(allow_nan=False).map(repr) | st.text("0123456789.eE+-_ naifx\t", max_size=24))
    def test_a_number_is_the_same_number(self, text: str) -> None:
        """What Arrow is believed, Python says too, to the last bit; anything else is left to Python."""
        values, odd = _csvblocks._numbers(pa.array([text, "1"]))
        assert 1 not in odd
        if 0 not in odd:
            number = _csv.number(text)
            assert number is not None
            assert values[0].hex() == number.hex()

    def test_numbers_of_many_digits_round_alike(self) -> None:
        """Halfway cases and long fractions, a hundred thousand of them."""
        rng = random.Random(4)
        texts = [f"{rng.randrange(180)}.{rng.randrange(10**digits):0{digits}}" for digits in range(1, 26)] * 2000
        texts += [f"{np.nextafter(number, 999) / 2 + number / 2:.40f}" for number in np.linspace(1, 90, 50_000)]
        values, odd = _csvblocks._numbers(pa.array(texts))
        assert not len(odd)
        assert values.tolist() == [float(text) for text in texts]


def table(rows: int, **odd: str) -> str:
    """A long table; `odd` has other texts for some rows, by their number from 1."""
    lines = [f'{row},"Вулиця {row}, {row % 7}",{row % 90}.5,{row % 180}.25,"say ""hi"""' for row in range(1, rows + 1)]
    for name, line in odd.items():
        lines[int(name[1:]) - 1] = line
    return "id,name,lat,lon,note\n" + "\n".join(lines) + "\n"


class TestLongTables:
    def test_most_rows_come_as_columns(self, tmp_path: Path) -> None:
        """After the rows by which a file is judged they are arrays, with quoted fields and beside odd rows too."""
        path = tmp_path / "a.csv"
        path.write_text(table(150_000, r100000="1,2", r120000="x,y,,7,z"), encoding="utf-8")
        places = [batch.places for batch in read_locations(path)]
        arrays = sum(len(part) for part in places if isinstance(part, Columns))
        assert sum(map(len, places)) == 149_998
        assert arrays > 130_000

    def test_odd_rows_are_told_as_ever(self, tmp_path: Path, row_by_row: Callable[..., Any]) -> None:
        """Missing fields, missing numbers, longitudes past 180 and marks inside a field, far into a file."""
        path = tmp_path / "a.csv"
        text = table(
            60_000,
            r25000="1,2",
            r30000="x,y,,7,z",
            r30001="x,y,NA,7,z",
            r35000='x,12" gun,1,190,z',
            r40000="",
            r40001='x,"two\nlines",1,nan(7),"\n"',
            r45000="a,b,c,d,e,f",
            r55000="\ufeff1,y,95,7,z",
        )
        path.write_text(text, encoding="utf-8")
        found = say(path)
        assert found == row_by_row(path)
        assert isinstance(found, tuple)
        assert [(row, reason.split(":")[0]) for row, reason, _ in found[1]] == [
            (25_000, "too few fields"),
            (30_000, "latitude is empty"),
            (30_001, "latitude is missing"),
            (40_000, "longitude 'nan(7)' is not a plain decimal number"),
            (44_999, "too many fields"),
            (54_999, found[1][-1][1].split(":")[0]),
        ]
        assert "95.0" in found[1][-1][1]
        assert found[2] == [59_999, 1, 0, 1]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("last", [True, False])
    def test_lines_may_end_in_any_way(
        self, tmp_path: Path, end: str, last: bool, row_by_row: Callable[..., Any]
    ) -> None:
        """The last line may lack its end."""
        path = tmp_path / "a.csv"
        text = table(30_000).replace("\n", end)
        path.write_bytes((text if last else text.removesuffix(end)).encode())
        assert path.stat().st_size > batches.BLOCK_BYTES
        found = say(path)
        assert found == row_by_row(path)
        assert found[2] == [30_000, 0, 0, 0]

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ('1,"open,2,3,z', "is not valid CSV"),
            ('1,"A"B,2,3,z', "is not valid CSV"),
            ("1," + "x" * ((1 << 20) + 1) + ",2,3,z", "field longer than 1 MiB"),
        ],
    )
    def test_what_is_not_csv_is_refused_far_into_a_file(self, tmp_path: Path, line: str, expected: str) -> None:
        """The row is named, as in a short file."""
        path = tmp_path / "a.csv"
        path.write_text(table(90_000, r40000=line), encoding="utf-8")
        with pytest.raises(FileError) as caught:
            list(read_locations(path))
        assert expected in str(caught.value)
        assert "(row 40000)" in str(caught.value)

    def test_a_quoted_field_cut_short_is_no_whole_table(self, tmp_path: Path) -> None:
        """The end of a long file inside quotation marks is an error that names the row."""
        path = tmp_path / "a.csv"
        path.write_text(table(60_000, r60000='1,"open,2,3,z'), encoding="utf-8")
        with pytest.raises(FileError, match=r"ends inside a quoted field.*row 60000"):
            list(read_locations(path))

    @pytest.mark.parametrize("wrong", [b"M\xfcnchen", b"\0"])
    def test_a_wrong_byte_is_named_far_into_a_file(self, tmp_path: Path, wrong: bytes) -> None:
        """However much has been read ahead."""
        path = tmp_path / "a.csv"
        content = table(90_000, r80000="1,@,2,3,z").encode().replace(b"@", wrong)
        path.write_bytes(content)
        at = content.index(wrong) + wrong.startswith(b"M")
        with pytest.raises(FileError, match=rf"\(byte {at}\)"):
            list(read_locations(path))

    def test_what_comes_first_is_told_first(self, tmp_path: Path) -> None:
        """A broken row before a wrong byte, although both have been read by then."""
        path = tmp_path / "a.csv"
        content = table(90_000, r40000='1,"A"B,2,3,z', r80000="1,@,2,3,z").encode().replace(b"@", b"\xff")
        path.write_bytes(content)
        with pytest.raises(FileError, match="row 40000"):
            list(read_locations(path))

    @pytest.mark.parametrize("batch_rows", [1000, 8192, 30_000, 10**9])
    def test_batches_are_no_larger_than_asked_for(self, tmp_path: Path, batch_rows: int) -> None:
        """And hold the same rows."""
        path = tmp_path / "a.csv"
        path.write_text(table(60_000, r40000="x,y,,7,z"), encoding="utf-8")
        found = list(read_locations(path, batch_rows=batch_rows))
        assert max(batch.rows for batch in found) <= batch_rows
        assert say(path, batch_rows=batch_rows) == say(path)

    def test_rows_taken_from_a_batch_are_those_asked_for(self, tmp_path: Path) -> None:
        """In whatever order, also of a batch that is a part of a piece and has lost a row."""
        path = tmp_path / "a.csv"
        path.write_text(table(60_000, r20000="x,y,,7,z"), encoding="utf-8")
        row = 0
        for batch in read_locations(path, batch_rows=7000):
            if isinstance(batch.places, Columns):
                skipped = 20_000 if row < 20_000 <= row + batch.rows else 0
                which = np.array([len(batch.places) - 1, 3, 0])
                taken = batch.places.take(which)
                numbers = [row + 1 + at + bool(skipped and row + 1 + at >= skipped) for at in which.tolist()]
                assert taken.own["id"].to_pylist() == list(map(str, numbers))
                assert taken.own.column_names == ["id", "name", "lat", "lon", "note"]
                assert taken.names == [f"Вулиця {number}, {number % 7}" for number in numbers]
                assert batch.places.take(which[:0]).own.column_names == taken.own.column_names
            row += batch.rows
        assert row == 60_000

    def test_without_pyarrow_a_table_is_read_row_by_row(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Slower, and to the same end."""
        path = tmp_path / "a.csv"
        path.write_text(table(40_000), encoding="utf-8")
        expected = say(path)
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        found = list(read_locations(path))
        assert all(isinstance(batch.places, list) for batch in found)
        monkeypatch.undo()
        assert say(path) == expected

    def test_half_a_reading_leaves_nothing_running(self, tmp_path: Path) -> None:
        """The threads that read ahead end with the reader."""
        path = tmp_path / "a.csv"
        path.write_text(table(150_000), encoding="utf-8")
        before = threading.active_count()
        reader: Any = read_locations(path)
        while not isinstance(next(reader).places, Columns):
            pass
        assert threading.active_count() > before
        reader.close()
        assert threading.active_count() == before

    def test_progress_goes_from_nothing_to_all(self, tmp_path: Path) -> None:
        """Each batch says how much of the file has been read."""
        path = tmp_path / "a.csv"
        path.write_text(table(150_000), encoding="utf-8")
        shares = [batch.share or 0.0 for batch in read_locations(path)]
        assert shares == sorted(shares)
        assert 0 < shares[0] < 0.3
        assert shares[-1] == 1.0

    def test_memory_does_not_grow_with_a_long_table(self, tmp_path: Path) -> None:
        """Of Python, numpy and Arrow together, whether columns are asked for or not."""

        def peak(rows: int) -> int:
            path = tmp_path / f"{rows}.csv"
            path.write_text(table(rows), encoding="utf-8")
            most = 0
            tracemalloc.start()
            try:
                for batch in read_locations(path):
                    if isinstance(batch.places, Columns):
                        batch.places.take(np.arange(0, len(batch.places), 2))
                    most = max(most, pa.total_allocated_bytes())
                return most + tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        assert peak(500_000) < 1.3 * peak(250_000) < 200 << 20
