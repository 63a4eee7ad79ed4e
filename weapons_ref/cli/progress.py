"""Bars for what makes people wait, on a terminal alone."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import click

_STEPS = 1000


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


@contextlib.contextmanager
def judging(*, shown: bool) -> Iterator[Callable[[float | None, int], None] | None]:
    """Yield what reports how many rows have been judged, as a bar with their rate and the time left."""
    if not (shown and sys.stderr.isatty()):
        yield None
        return
    begun = time.monotonic()
    shown_bar: Any = click.progressbar(
        length=_STEPS,
        label="Judging",
        file=sys.stderr,
        item_show_func=lambda rows: _rate(rows, time.monotonic() - begun) if rows else None,
    )
    with shown_bar as bar:

        def report(share: float | None, rows: int) -> None:
            steps = bar.pos if share is None else min(round(share * _STEPS), _STEPS)
            bar.update(steps - bar.pos, rows)
            bar.render_progress()

        yield report


def _rate(rows: int, seconds: float) -> str:
    """Word how many rows there have been, and how many a second."""
    rate = rows / max(seconds, 1e-3)
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if rate >= size:
            return f"{rows:,} rows, {rate / size:.1f} {unit}/s"
    return f"{rows:,} rows, {rate:.0f}/s"
