"""What is read of a compressed file: gzip by the standard library, Zstandard by pyarrow, a block at a time."""

from __future__ import annotations

import io
import zlib
from typing import Any, BinaryIO, Protocol

from weapons_ref.errors import FileError

SUFFIXES = {".gz", ".gzip", ".zst", ".zstd"}

GZIP, ZSTANDARD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_CHUNK_BYTES = 1 << 18
#: More text than this, and so many times the bytes that it came from, is no data but a bomb.
_SUSPICIOUS_BYTES = 1 << 30
_SUSPICIOUS_RATIO = 1000


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, none at the end."""


class Peeked(io.RawIOBase):
    """A stream whose first bytes have been looked at, whether or not it can be sought in.

    Attributes
    ----------
    head : bytes
        The first bytes, as many as were asked for, or all there are.
    """

    def __init__(self, stream: BinaryIO, size: int) -> None:
        super().__init__()
        self._stream = stream
        self.head = self._rest = b""
        while len(self.head) < size and (more := stream.read(size - len(self.head))):
            self.head += more
        self._rest = self.head

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return up to so many bytes, none at the end."""
        rest, self._rest = self._rest, b""
        if 0 <= size < len(rest):
            rest, self._rest = rest[:size], rest[size:]
        return rest + self._stream.read(size - len(rest) if size >= 0 else -1)


def is_compressed(head: bytes) -> bool:
    """Return whether a file that begins so can be read here."""
    return head.startswith((GZIP, ZSTANDARD))


def text(name: str, stream: Peeked) -> io.RawIOBase:
    """Return a stream of what a compressed file holds.

    Reading from it raises a `FileError` where the file is damaged or cut short, so that its end is the end of the
    whole.

    Raises
    ------
    FileError
        If pyarrow is needed and is not installed.
    """
    if stream.head.startswith(GZIP):
        return _Decompressed(name, _Gzip(name, stream))
    return _Decompressed(name, _Zstandard(name, stream))


class _Decoder(Protocol):
    taken: int  #: bytes of the file so far

    def some(self, size: int) -> bytes:
        """Return up to so many bytes, none at the end."""


class _Decompressed(io.RawIOBase):
    def __init__(self, name: str, decoder: _Decoder) -> None:
        super().__init__()
        self._name, self._decoder = name, decoder
        self._given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        found = []
        left = size
        while left and (some := self._decoder.some(left)):
            found.append(some)
            left -= len(some)
            self._given += len(some)
            if self._given > max(_SUSPICIOUS_BYTES, _SUSPICIOUS_RATIO * self._decoder.taken):
                raise FileError(
                    f"{self._name}: unpacks to more than {_SUSPICIOUS_RATIO} times its size, which no table does;"
                    " unpack it first if you trust it"
                )
        return b"".join(found)


class _Gzip:
    """One or more gzip members, one after the other (RFC 1952)."""

    def __init__(self, name: str, stream: Readable) -> None:
        self.taken = 0
        self._name, self._stream = name, stream
        self._member = _member()
        self._waiting = b""

    def some(self, size: int) -> bytes:
        """Return up to so many bytes, none at the end."""
        while True:
            data = self._waiting or self._stream.read(_CHUNK_BYTES)
            self.taken += len(data) - len(self._waiting)
            self._waiting = b""
            if not data and self._member is None:
                return b""
            if not data:
                raise FileError(f"{self._name}: is cut short: its gzip data does not end (byte {self.taken})")
            if self._member is None:
                self._waiting = data.lstrip(b"\0")  # some programs fill up with zeros
                self._member = _member() if self._waiting else None
                continue
            try:
                found: bytes = self._member.decompress(data, size)
            except zlib.error as error:
                raise FileError(f"{self._name}: has damaged gzip data before byte {self.taken}: {error}") from error
            self._waiting = self._member.unconsumed_tail
            if self._member.eof:
                self._waiting = self._member.unused_data
                self._member = None
            if found:
                return found


def _member() -> Any:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


class _Zstandard:
    """Zstandard frames (RFC 8878)."""

    def __init__(self, name: str, stream: Readable) -> None:
        from weapons_ref.tables import pyarrow

        pa = pyarrow(f"{name}: Zstandard")
        self.taken = 0
        self._name = name
        self._raw = stream
        self._stream = pa.CompressedInputStream(pa.PythonFile(self, mode="r"), "zstd")

    closed = False  # as pyarrow asks

    def read(self, size: int = -1, /) -> bytes:
        """Return bytes of the file."""
        data = self._raw.read(size)
        self.taken += len(data)
        return data

    def some(self, size: int) -> bytes:
        """Return up to so many bytes, none at the end."""
        try:
            found: bytes = self._stream.read(size)
        except OSError as error:
            reason = str(error).partition("\n")[0]
            raise FileError(
                f"{self._name}: has Zstandard data that is damaged or cut short, before byte {self.taken}: {reason}"
            ) from error
        return found
