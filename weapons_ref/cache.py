"""Where things computed once are kept: beside the package, or in the user's cache folder.

Nothing here is ever needed for an answer. A cache folder that cannot be read or written costs time.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from weapons_ref.atomic import replacing

_VERSIONS_KEPT = 4


def packaged(name: str) -> Path:
    """Return the path of a file that is made when the wheel is built; it may not exist."""
    return Path(__file__).resolve().parent / "_data" / name


def folder() -> Path:
    """Return the user's cache folder, which may not exist: ``WEAPONS_REF_CACHE``, else the platform's."""
    chosen = os.environ.get("WEAPONS_REF_CACHE")
    if chosen:
        return Path(chosen)
    import platformdirs

    return platformdirs.user_cache_path("weapons-ref", appauthor=False)


def write(path: Path, data: bytes, *, replaces: str) -> None:
    """Keep a file in the cache if that is possible, and drop all but a few of its old versions.

    Parameters
    ----------
    path : Path
        Where to, in `folder`.
    data : bytes
        What.
    replaces : str
        The pattern of the names that versions of this file bear.
    """
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_bytes(data)
        versions = sorted(path.parent.glob(replaces), key=lambda file: file.stat().st_mtime)
        for old in versions[:-_VERSIONS_KEPT]:
            old.unlink(missing_ok=True)
