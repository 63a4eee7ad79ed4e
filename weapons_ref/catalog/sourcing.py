"""How many independent sources stand behind a claim.

Two texts that rest on the same speaker are one source, however many outlets print it; so are a text
and the pages that carry it. Independence is judged by what the records say, which is all that is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from weapons_ref.model import Claim, Source, System
from weapons_ref.names import squeeze


def origin_of(claim: Claim, sources: Mapping[str, Source]) -> str:
    """Return whom a claim comes from in the end: the speaker that its source cites, else the publisher.

    A page that carries another source's text counts as that source.
    """
    if claim.speaker:
        # Of "Bloomberg, citing a handbook" it is Bloomberg that was read or heard.
        return squeeze(claim.speaker.partition(", citing")[0])
    source = sources[claim.source]
    if source.copy_of is not None:
        source = sources[source.copy_of]
    return squeeze(source.publisher)


def independent(claims: Iterable[Claim], sources: Mapping[str, Source]) -> int:
    """Return how many groups of claims rest on nothing in common: neither a text nor a speaker.

    One text that cites two speakers is one source; so are two texts that share one of them.
    """
    groups: list[set[str]] = []
    for claim in claims:
        text = sources[claim.source].copy_of or claim.source
        joined = {f"text {text}", f"speaker {origin_of(claim, sources)}"}
        apart = []
        for group in groups:
            if group & joined:
                joined |= group
            else:
                apart.append(group)
        groups = [*apart, joined]
    return len(groups)


def range_claims(system: System) -> tuple[Claim, ...]:
    """Return the claims that make a system's maximum range; a launcher's speak of its munitions."""
    if system.kind == "launcher":
        return ()
    return tuple(claim for claim in system.claims if claim.attribute == "range_max" and claim.flag is None)
