"""What can go wrong, as one small family.

Everything a user can cause derives from `WeaponsRefError`. Its message is one line that says what
was wrong, where, and what would be right; the command line prints it and exits with status 2.
Anything else that escapes is a bug and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Sequence


class WeaponsRefError(Exception):
    """The root of every error that a user can cause."""


class CoordinateError(WeaponsRefError):
    """A text or number that is not a position on Earth."""


class UnitError(WeaponsRefError):
    """A length without its unit, or one that makes no sense."""


class PlaceError(WeaponsRefError):
    """A name that fits no place, or several."""


class CatalogError(WeaponsRefError):
    """A catalog that cannot be used; `problems` holds every one of them, with file and line."""

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class QueryError(WeaponsRefError):
    """A question that cannot be asked, such as an unknown system or a range of zero."""


class FileError(WeaponsRefError):
    """An input file that cannot be read whole, or an output that cannot be written."""
