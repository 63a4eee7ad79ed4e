"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a path to write to, which takes the target's place at the end.

    Readers see the old file or the new one, whole, at any moment. When the body raises, the target
    stays as it was and nothing is left beside it.
    """
    temporary = _beside(target)
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


@contextlib.contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Yield a new folder to fill, which takes the target's place at the end.

    A folder cannot replace one that holds something at a stroke: the old is moved aside first, and between
    these two moves there is neither. When the body raises, the target stays as it was.
    """
    temporary = _beside(target)
    old = temporary.with_suffix(".old")
    temporary.mkdir()
    try:
        yield temporary
        if target.exists() and any(target.iterdir()):
            os.replace(target, old)
        try:
            os.replace(temporary, target)
        except BaseException:
            if old.exists():
                os.replace(old, target)
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def _beside(target: Path) -> Path:
    # A part of the name will do, and leaves room where the name is as long as file systems allow.
    return target.with_name(f".{target.name[:40]}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
