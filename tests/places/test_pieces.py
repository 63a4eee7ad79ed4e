"""What is promised of compressed files, folders and patterns: nothing is half read, left out or read twice."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import threading
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weapons_ref.errors import FileError
from weapons_ref.places import _compressed
from weapons_ref.places.files import Piece, pieces, read_locations, read_piece

TABLE = b"name,lat,lon\n" + b"".join(b"p%d,%d.5,%d.25\n" % (n, n % 80, n % 170) for n in range(1, 60_001))
FEATURE = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [32.6, 46.6]}, "properties": {"name": "K"}}

Pack = Callable[[bytes], bytes]


def zstandard(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


PACKERS = [pytest.param(gzip.compress, id="gzip"), pytest.param(zstandard, id="zstd")]


def rows(path: str | Path, **options: Any) -> int:
    total = 0
    for batch in read_locations(path, **options):
        assert batch.rows == len(batch.places) + len(batch.rejected) + batch.outside
        total += batch.rows
    return total


def names(path: str | Path, **options: Any) -> list[str]:
    return [place.name for batch in read_locations(path, **options) for place in batch.places]


def error(path: str | Path) -> str:
    with pytest.raises(FileError) as caught:
        rows(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


def found(path: str | Path, folder: Path) -> list[str]:
    return [str(Path(piece.path).relative_to(folder)) for piece in pieces(path)]


class TestCompressed:
    @pytest.mark.parametrize("pack", PACKERS)
    @pytest.mark.parametrize("name", ["a.csv.gz", "a.csv", "a"])
    def test_a_compressed_table_has_the_rows_of_the_table(self, tmp_path: Path, pack: Pack, name: str) -> None:
        """It is told by its first bytes, whatever its name."""
        (tmp_path / "plain.csv").write_bytes(TABLE)
        (tmp_path / name).write_bytes(pack(TABLE))
        assert names(tmp_path / name) == names(tmp_path / "plain.csv") == [f"p{n}" for n in range(1, 60_001)]

    @pytest.mark.parametrize("pack", PACKERS)
    @pytest.mark.parametrize("name", ["a.geojson.gz", "a.ndjson.zst", "a.json", "a"])
    def test_geojson_may_be_compressed_as_well(self, tmp_path: Path, pack: Pack, name: str) -> None:
        """A document or a sequence; the extension before that of the compression counts."""
        text = (json.dumps(FEATURE) + "\n") * (3 if "nd" in name else 1)
        (tmp_path / name).write_bytes(pack(text.encode()))
        assert names(tmp_path / name) == ["K"] * (3 if "nd" in name else 1)

    @pytest.mark.parametrize("pack", PACKERS)
    def test_standard_input_may_be_compressed(self, monkeypatch: pytest.MonkeyPatch, pack: Pack) -> None:
        """Nothing has to be sought in."""
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(pack(TABLE))))
        assert rows("-") == 60_000

    @pytest.mark.parametrize("pack", PACKERS)
    def test_several_members_are_one_file(self, tmp_path: Path, pack: Pack) -> None:
        """As `cat a.gz b.gz` and parallel compressors make them, wherever the text is parted."""
        path = tmp_path / "a.csv.gz"
        cuts = [0, 3, 700, 500_000, len(TABLE)]
        path.write_bytes(b"".join(pack(TABLE[a:b]) for a, b in pairwise(cuts)))
        assert rows(path) == 60_000

    def test_zeros_after_gzip_are_padding(self, tmp_path: Path) -> None:
        """Tapes and some programs fill up a block."""
        path = tmp_path / "a.csv.gz"
        path.write_bytes(gzip.compress(TABLE[:1000]) + b"\0" * 300_000 + gzip.compress(TABLE[1000:]) + b"\0" * 5)
        assert rows(path) == 60_000

    @pytest.mark.parametrize("pack", PACKERS)
    @pytest.mark.parametrize("cut", [-1, -4, -9, -1000, 2000, 12, 5])
    def test_a_file_cut_short_is_never_whole(self, tmp_path: Path, pack: Pack, cut: int) -> None:
        """The end of the file in the middle of the data is an error, also in the last bytes."""
        path = tmp_path / "a.csv.gz"
        path.write_bytes(pack(TABLE)[:cut])
        assert "cut short" in error(path)

    @pytest.mark.parametrize("pack", PACKERS)
    @pytest.mark.parametrize("rest", [b"xyz", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"])
    def test_what_follows_has_to_be_compressed_too(self, tmp_path: Path, pack: Pack, rest: bytes) -> None:
        """Anything else after the data is no part of a whole file."""
        path = tmp_path / "a.csv.gz"
        path.write_bytes(pack(TABLE) + rest)
        message = error(path)
        assert "damaged" in message or "cut short" in message

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
    @given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
    def test_a_wrong_bit_is_never_a_wrong_row(self, tmp_path: Path, at: float, bit: int) -> None:
        """gzip has a checksum: what is damaged is an error, or was not in the data."""
        packed = bytearray(gzip.compress(TABLE[:20_000], mtime=0))
        packed[int(at * len(packed))] ^= 1 << bit
        path = tmp_path / "a.csv.gz"
        path.write_bytes(packed)
        (tmp_path / "plain.csv").write_bytes(TABLE[:20_000])
        try:
            assert names(path) == names(tmp_path / "plain.csv")
        except FileError:
            return

    @pytest.mark.parametrize("pack", PACKERS)
    def test_nothing_is_an_error_when_compressed_too(self, tmp_path: Path, pack: Pack) -> None:
        """An empty file in a wrapper is an empty file."""
        path = tmp_path / "a.csv.gz"
        path.write_bytes(pack(b""))
        assert "is empty" in error(path)

    @pytest.mark.parametrize("pack", PACKERS)
    def test_a_bomb_costs_little(self, tmp_path: Path, pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
        """What unpacks to a thousand times its size is refused, long before it is all unpacked."""
        monkeypatch.setattr(_compressed, "_SUSPICIOUS_BYTES", 1 << 22)
        monkeypatch.setattr(_compressed, "_SUSPICIOUS_RATIO", 500)
        path = tmp_path / "a.csv.gz"
        path.write_bytes(pack(b"lat,lon\n" + b"1,2\n" * (1 << 23)))
        assert "unpacks to more than 500 times its size" in error(path)

    @pytest.mark.parametrize("pack", PACKERS)
    def test_a_gigantic_line_is_bounded_when_compressed_too(self, tmp_path: Path, pack: Pack) -> None:
        """A small file may hold one."""
        path = tmp_path / "a.csv.gz"
        path.write_bytes(pack(b"lat,lon\n" + b"1" * (40 << 20)))
        assert "longer than 16 MiB" in error(path)

    def test_progress_is_that_of_the_compressed_file(self, tmp_path: Path) -> None:
        """It goes from nothing to all, though nobody knows how much there is to unpack."""
        path = tmp_path / "a.csv.gz"
        path.write_bytes(gzip.compress(TABLE * 4))  # further headers are rejected rows
        shares = [batch.share or 0.0 for batch in read_locations(path)]
        assert all(0 < share <= 1 for share in shares)
        assert shares == sorted(shares)
        assert shares[-1] == 1.0

    def test_zstandard_needs_pyarrow_and_says_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """gzip does not."""
        (tmp_path / "a.csv.zst").write_bytes(zstandard(TABLE))
        (tmp_path / "a.csv.gz").write_bytes(gzip.compress(TABLE))
        (tmp_path / "a.parquet").write_bytes(b"PAR1")
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        for name in ("a.csv.zst", "a.parquet"):
            assert "needs pyarrow; install it with: pip install 'weapons-ref[data]'" in error(tmp_path / name)
        assert rows(tmp_path / "a.csv.gz") == 60_000

    def test_a_raw_deflate_stream_is_not_guessed_at(self, tmp_path: Path) -> None:
        """Only gzip and Zstandard are known."""
        path = tmp_path / "a.csv.gz"
        path.write_bytes(zlib.compress(TABLE))
        assert "UTF-8" in error(path) or "NUL" in error(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of tables, GeoJSON and Parquet, with what is to be left out."""
    for name in ("b/2.csv", "b/10.csv.gz", "a/x.geojson", "a.tsv", "b/_temporary/0.csv", ".git/x.csv", "b/._2.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if "geojson" in name:
            path.write_text(json.dumps(FEATURE))
        else:
            content = f"name{chr(9) if 'tsv' in name else ','}lat,lon\n{name},1,2\n".replace("\t", ",").encode()
            path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    (tmp_path / "README.md").write_text("not a table")
    (tmp_path / "_SUCCESS").write_text("")
    pq.write_table(pa.table({"name": ["q"], "lat": [1.0], "lon": [2.0]}), tmp_path / "c.parquet")
    return tmp_path


class TestFolders:
    def test_a_folder_is_all_files_of_places_below_it(self, folder: Path) -> None:
        """By their extensions, in the order of their names, of whatever formats; hidden ones are left out."""
        assert found(folder, folder) == ["a.tsv", "a/x.geojson", "b/10.csv.gz", "b/2.csv", "c.parquet"]
        assert names(folder) == ["a.tsv", "K", "b/10.csv.gz", "b/2.csv", "q"]
        assert names(f"{folder}/") == names(folder)

    def test_a_file_is_taken_whatever_its_name(self, folder: Path) -> None:
        """What is named is meant."""
        assert names(folder / "b/_temporary/0.csv") == ["b/_temporary/0.csv"]
        (folder / "list.txt").write_text("lat,lon\n1,2\n")
        assert rows(folder / "list.txt") == 1

    @pytest.mark.parametrize(
        ("pattern", "expected"),
        [
            ("b/*.csv", ["b/2.csv"]),
            ("b/*", ["b/10.csv.gz", "b/2.csv"]),
            ("*.[ct]sv", ["a.tsv"]),
            ("[ab]", ["a/x.geojson", "b/10.csv.gz", "b/2.csv"]),
            ("**/*.csv*", ["b/10.csv.gz", "b/2.csv", "b/_temporary/0.csv"]),
            ("?.parquet", ["c.parquet"]),
        ],
    )
    def test_a_pattern_is_the_files_that_it_fits(self, folder: Path, pattern: str, expected: list[str]) -> None:
        """And all of the folders that it fits; each file once, sorted."""
        assert found(folder / pattern, folder) == expected

    def test_a_name_with_a_bracket_is_a_name_first(self, folder: Path) -> None:
        """A file that is there is no pattern."""
        (folder / "[ab].csv").write_text("lat,lon\n1,2\n")
        assert found(folder / "[ab].csv", folder) == ["[ab].csv"]

    def test_nothing_to_read_is_an_error(self, tmp_path: Path) -> None:
        """An empty answer would look like an answer."""
        (tmp_path / "README.md").write_text("x")
        assert "folder without any file of places" in error(tmp_path)
        assert ".parquet" in error(tmp_path)
        assert "no file fits" in error(tmp_path / "*.csv")
        assert "No such file" in error(tmp_path / "missing.csv")

    def test_a_bad_file_in_a_folder_is_named(self, folder: Path) -> None:
        """Not the folder."""
        (folder / "b/3.csv").write_bytes(b"lat,lon\n1,\xff\n")
        assert "b/3.csv: is not UTF-8" in error(folder)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
    def test_a_pipe_is_read_once(self, tmp_path: Path) -> None:
        """What a shell's <(...) gives is not looked into beforehand."""
        path = tmp_path / "pipe.csv"
        os.mkfifo(path)
        writer = threading.Thread(target=path.write_bytes, args=(TABLE,))
        writer.start()
        assert rows(path) == 60_000
        writer.join()
        writer = threading.Thread(target=path.write_bytes, args=(b"PAR1" + bytes(96),))
        writer.start()
        assert "read from a file alone" in error(path)
        writer.join()

    def test_parquet_on_standard_input_is_refused(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It has to be sought in."""
        content = (folder / "c.parquet").read_bytes()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        assert error("-").startswith("standard input: holds Parquet")


class TestPieces:
    def test_text_is_one_piece_and_parquet_several(self, tmp_path: Path) -> None:
        """Runs of whole row groups of about the rows asked for, which hold each row once."""
        (tmp_path / "a.csv").write_bytes(TABLE)
        columns = {"lat": [n % 80 for n in range(50_000)], "lon": [n % 170 for n in range(50_000)]}
        pq.write_table(pa.table(columns), tmp_path / "b.parquet", row_group_size=3000)
        text, *parts = pieces(tmp_path, split_rows=10_000)
        assert text == Piece(str(tmp_path / "a.csv"), None, 0, None, len(TABLE))
        assert [part.rows for part in parts] == [12_000, 12_000, 12_000, 12_000, 2000]
        assert [part.first_row for part in parts] == [0, 12_000, 24_000, 36_000, 48_000]
        assert [part.groups for part in parts] == [(0, 4), (4, 8), (8, 12), (12, 16), (16, 17)]
        read = [place.name for part in parts for batch in read_piece(part) for place in batch.places]
        assert read == [str(n) for n in range(1, 50_001)]  # rows are numbered through the file

    def test_standard_input_is_one_piece(self) -> None:
        """Of unknown size."""
        assert pieces("-") == [Piece("-", None, 0, None, 0)]

    def test_urls_are_refused(self) -> None:
        """Nothing is ever fetched."""
        with pytest.raises(FileError, match="is a URL"):
            pieces("s3://a/*.parquet")
