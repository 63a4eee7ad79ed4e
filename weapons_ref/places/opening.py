"""Finding and opening the gazetteer's index: in the package, in the cache, or made on the spot."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from weapons_ref import cache

if TYPE_CHECKING:
    import sqlite3

#: Told how much is done and how much there is, while an index is made.
Progress = Callable[[int, int], None]


def connections(progress: Progress | None) -> Iterator[sqlite3.Connection]:
    """Yield an open index; and when that one turns out to be damaged, the next best."""
    import sqlite3

    with contextlib.suppress(sqlite3.DatabaseError, OSError):
        yield connect(cache.packaged("gazetteer.sqlite"))

    from weapons_ref.places import index

    cached = cache.folder() / f"gazetteer-{index.SCHEMA}-{index.source()[1]}.sqlite"
    with contextlib.suppress(sqlite3.DatabaseError, OSError):
        yield connect(cached)

    # Two processes that come here at once both make the file and move it to its place, whole.
    image = index.image(progress)
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        index.write(cached, image)
        connection = connect(cached)
    except (sqlite3.DatabaseError, OSError):
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        connection.deserialize(image)
    del image  # forty megabytes that nobody needs any more
    yield connection


def connect(path: Path) -> sqlite3.Connection:
    """Open an index. SQLite's own errors tell a missing, truncated or foreign file."""
    import sqlite3

    from weapons_ref.places import index

    # Immutable: such a file is replaced, never written to, so SQLite need not lock it or look for
    # a journal beside it, and a folder that cannot be written is as good as any.
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
    try:
        version = [connection.execute(f"PRAGMA {what}").fetchone()[0] for what in ("application_id", "user_version")]
        if version != [index.APPLICATION_ID, index.SCHEMA]:
            raise sqlite3.DatabaseError(f"{path}: not a gazetteer of version {index.SCHEMA}")
        connection.execute("SELECT max(rank) FROM place").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection
