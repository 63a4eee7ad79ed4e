"""Names that resemble one another: what an unknown name may have been meant to be."""

from __future__ import annotations

import string
from collections.abc import Iterable

from weapons_ref.places import index

#: How alike two names are to be, out of 1; and what a name that begins with the whole text counts as.
_SIMILAR = 0.7
_AS_BEGUN = 0.9

_CYRILLIC = "абвгґдеєжзиіклмнопрстуфхцчшщъыьэюя"


def most_similar(folded: str, rows: Iterable[tuple[str, int, str | int | None]]) -> list[tuple[str, int]]:
    """Return the names that resemble a text, with their places' ranks; the most similar first.

    Parameters
    ----------
    folded : str
        The unknown name.
    rows : iterable
        Names to compare it with, as the index's table `names` has them.
    """
    import difflib

    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(folded)
    scored = set()
    for name, rank, spelled in rows:
        matcher.set_seq1(name)
        if name.startswith(folded):
            ratio = _AS_BEGUN
        elif matcher.real_quick_ratio() >= _SIMILAR and matcher.quick_ratio() >= _SIMILAR:
            ratio = matcher.ratio()
        else:
            continue
        # To the nearest tenth: among names about as similar, a main name and a large place come first.
        scored.add((-round(ratio, 1), spelled != index.MAIN, rank, name))
    return [(name, rank) for score, _, rank, name in sorted(scored) if -score >= _SIMILAR]


def one_slip_away(folded: str) -> list[str]:
    """Return the texts that are one missing, added, wrong or swapped letter away from one."""
    if len(folded) > 32:
        return []
    letters = string.ascii_lowercase if folded.isascii() else sorted({*folded, *_CYRILLIC})
    splits = [(folded[:at], folded[at:]) for at in range(len(folded) + 1)]
    slips = {head + tail[1:] for head, tail in splits}
    slips |= {head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1}
    slips |= {head + letter + tail[1:] for head, tail in splits for letter in letters}
    slips |= {head + letter + tail for head, tail in splits for letter in letters}
    return sorted(slips)
