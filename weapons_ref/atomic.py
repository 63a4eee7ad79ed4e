"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a path to write to, which takes the target's place at the end.

    Readers see the old file or the new one, whole, at any moment. When the body raises, the target
    stays as it was and nothing is left beside it.
    """
    # A part of the name will do, and leaves room where the name is as long as file systems allow.
    temporary = target.with_name(f".{target.name[:40]}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
