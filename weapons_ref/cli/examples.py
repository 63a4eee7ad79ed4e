"""The example at the end of every command's help."""

from __future__ import annotations


def example(line: str) -> str:
    """Return an epilog that shows one command line, which help must not wrap."""
    return f"\b\nExample:\n  {line}"
