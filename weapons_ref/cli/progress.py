"""A bar for the one thing that makes people wait."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click


@contextlib.contextmanager
def building() -> Iterator[Callable[[int, int], None]]:
    """Yield what reports the building of the gazetteer's index, as a bar on a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    with contextlib.ExitStack() as stack:
        bars: list[Any] = []

        def report(done: int, total: int) -> None:
            if not bars:
                bar = click.progressbar(length=total, label="Building the gazetteer", file=sys.stderr)
                bars.append(stack.enter_context(bar))
            bars[0].update(done - bars[0].pos)

        yield report
