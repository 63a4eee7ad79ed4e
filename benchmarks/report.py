"""What `benchmarks/points.py` found, as a page of Markdown. Sentences are made of the figures, and say no more."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.cases import MAIN, RINGS, Ring
from benchmarks.measuring import (
    FEW_ORIGINS,
    NEAR_POINTS,
    ORIGINS,
    SLOW_ROUNDS,
    SLOW_S,
    Entry,
    Field,
    Large,
    Many,
    Wrong,
)
from benchmarks.rivals import Index, Inverse, Kernel, Opened, Sum

OURS = (Kernel.name, Index.name, Opened.name)
#: Wrong verdicts nearer to the ring than this are rounding, metres.
ROUNDING_M = 1e-6


class Bar(NamedTuple):
    """Something to reach."""

    what: str
    bar: str
    measured: str
    met: bool


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table, its columns but the first to the right."""
    yield f"| {' | '.join(head)} |"
    yield f"| --- |{' ---: |' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def number(value: float) -> str:
    """Three digits that count."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def length(metres: float) -> str:
    """Return a length with the unit that suits it."""
    units = (("km", 1e3), ("m", 1.0), ("mm", 1e-3), ("µm", 1e-6))
    unit, size = next(((unit, size) for unit, size in units if metres >= size), ("nm", 1e-9))
    return f"{number(metres / size)} {unit}"


def span(seconds: float) -> str:
    """Return a time with the unit that suits it."""
    return f"{number(seconds)} s" if seconds >= 1 else f"{number(seconds * 1e3)} ms"


def wrong_of_ours(fields: Sequence[Field], large: Large | None) -> tuple[int, int]:
    """Return how many verdicts of ours differ from the exact ones, and of how many."""
    wrong = judged = 0
    for field in fields:
        for entry in field.entries:
            if entry.name in OURS:
                wrong += sum(one.wrong + one.near_wrong for one in entry.wrong.values())
                judged += sum(one.points + one.near_points for one in entry.wrong.values())
        wrong += sum(one.wrong or 0 for one in field.many)
        judged += sum(one.judged for one in field.many)
    return wrong + (large.wrong if large else 0), judged + (large.judged if large else 0)


def bars(fields: Sequence[Field], large: Large | None) -> Iterator[Bar]:
    """Yield what was to be reached, the worst case of each."""
    ratios: dict[Ring, tuple[float, float]] = dict.fromkeys(RINGS, (math.inf, 0.0))
    for field in fields:
        kernel, inverse, total = field.entry(Kernel), field.entry(Inverse), field.entry(Sum)
        if kernel and inverse and total:
            for ring, (gain, cost) in ratios.items():
                ratios[ring] = min(gain, inverse.times(kernel, ring)), max(cost, kernel.times(total, ring))
    least, most = min(pair[0] for pair in ratios.values()), max(pair[1] for pair in ratios.values())
    if most:
        yield _bar("faster than `Geod.inv`, 300 km", ratios[MAIN][0], 200, "times", at_least=True)
        yield _bar("faster than `Geod.inv`, any ring", least, 100, "times", at_least=True)
        yield _bar("the time to sum both columns, 300 km", ratios[MAIN][1], 3.5, "times")
        yield _bar("the time to sum both columns, any ring", most, 6, "times")
    wrong, judged = wrong_of_ours(fields, large)
    if judged:
        yield Bar("verdicts of ours that `Geod.inv` gives otherwise", "0", f"{wrong:,} of {judged:,}", wrong == 0)
    if large:
        yield _bar(f"{large.points:,} points in memory, 300 km", large.seconds[MAIN.name], 1.1, "s")
    indexes = [entry for field in fields if (entry := field.entry(Index))]
    if indexes:
        yield _bar("index built", max(entry.build_s for entry in indexes), 3, "s")
        asked = max(entry.median(MAIN) for entry in indexes), max(entry.median_again(MAIN) for entry in indexes)
        yield _bar("index asked, 300 km, after another contestant", asked[0] * 1e3, 2, "ms")
        yield _bar("index asked, 300 km, again at once", asked[1] * 1e3, 2, "ms")
    many = [one for field in fields for one in field.many if one.name == Index.name]
    if many:
        whole = max(one.build_s + one.seconds for one in many)
        yield _bar(f"{ORIGINS:,} origins, any within 300 km, with the building of the index", whole, 5, "s")


def _bar(what: str, value: float, bar: float, unit: str, *, at_least: bool = False) -> Bar:
    met = value >= bar if at_least else value <= bar
    return Bar(what, f"{'≥' if at_least else '≤'} {bar:g} {unit}", f"{number(value)} {unit}", met)


def bars_table(found: Iterable[Bar]) -> Iterator[str]:
    """Yield the bars as a table."""
    rows = ((bar.what, bar.bar, bar.measured, "met" if bar.met else "**not met**") for bar in found)
    yield from table(("", "to reach", "worst measured", ""), rows)


def reading(fields: Sequence[Field], large: Large | None) -> Iterator[str]:
    """Yield what one sees in the figures, sentence by sentence."""
    for field in fields:
        kernel, inverse, total = field.entry(Kernel), field.entry(Inverse), field.entry(Sum)
        if kernel and inverse and total:
            yield (
                f"- {field.points:,} points, {field.name}, about 300 km: {number(kernel.per_point(MAIN) * 1e9)} ns a"
                f" point, {number(inverse.times(kernel, MAIN))} times faster than the exact distance of each, and"
                f" {number(kernel.times(total, MAIN))} times the time of adding up both columns."
            )
            gains = [inverse.times(kernel, ring) for ring in RINGS]
            yield f"  Over all rings it is {number(min(gains))} to {number(max(gains))} times faster."
        yield from _when_an_index_pays(field)
    yield from _who_is_wrong(fields, large)
    yield from _who_is_faster(fields)
    if large:
        yield (
            f"- {large.points:,} points in memory take {number(large.seconds[MAIN.name])} s about 300 km, on one core"
            f" (the processor was busy for {large.processor_share:.2f} of that time, all its cores together)."
        )
    yield ""


def _when_an_index_pays(field: Field) -> Iterator[str]:
    kernel, index = field.entry(Kernel), field.entry(Index)
    if kernel is None or index is None:
        return
    pays = []
    for ring in RINGS:
        gain = kernel.median(ring) - index.median(ring)
        pays.append(f"{math.ceil(index.build_s / gain):,} for {ring.name}" if gain > 0 else f"never for {ring.name}")
    yield (
        f"  An index takes {span(index.build_s)} to build, and then a question about 300 km"
        f" {span(index.median(MAIN))}, or {span(index.median_again(MAIN))} when asked again at once. It pays after so"
        f" many questions: {', '.join(pays)}."
    )


def _who_is_wrong(fields: Sequence[Field], large: Large | None) -> Iterator[str]:
    wrong, judged = wrong_of_ours(fields, large)
    if judged:
        yield f"- Of {judged:,} verdicts of ours, {wrong:,} differ from those by `Geod.inv`."
    found: dict[str, list[Wrong]] = {}
    for field in fields:
        for entry in field.entries:
            if entry.wrong and entry.name not in OURS:
                found.setdefault(entry.name, []).extend(entry.wrong.values())
    for name, counts in found.items():
        missed = sum(one.wrong + one.near_wrong for one in counts)
        whole, farthest = sum(one.points + one.near_points for one in counts), max(one.farthest_m for one in counts)
        said = f"- {name}: {missed:,} of {whole:,} wrong"
        if missed:
            said += f", up to {length(farthest)} from the ring"
            said += " (less than a micrometre: rounding)" if farthest < ROUNDING_M else ""
        yield said + "."


def _who_is_faster(fields: Sequence[Field]) -> Iterator[str]:
    """Yield what was faster than ours at the same question, wrong or not, with as many points or fewer."""
    faster = []
    for field in fields:
        kernel, index = field.entry(Kernel), field.entry(Index)
        for entry in field.entries:
            if kernel is None or index is None:
                return
            if entry.name in (*OURS, Sum.name):
                continue
            if entry.prepares:
                rings = [ring.name for ring in RINGS if _is_quicker(entry, index, ring)]
            else:
                rings = [ring.name for ring in RINGS if entry.per_point(ring) < kernel.per_point(ring)]
            rings += [f"{ORIGINS:,} origins" for one in field.many if _is_faster(one, entry, field)]
            if rings:
                faster.append(f"{entry.name} ({entry.points:,} points {field.name}: {', '.join(rings)})")
    yield f"- Faster than ours, right or wrong, once built: {'; '.join(faster) or 'none of those asked'}."


def _is_quicker(entry: Entry, index: Entry, ring: Ring) -> bool:
    first, again = entry.median(ring) < index.median(ring), entry.median_again(ring) < index.median_again(ring)
    return first or again


def _is_faster(one: Many, entry: Entry, field: Field) -> bool:
    """Whether an entry's answer for many origins took less than the index's, the building of either not counted."""
    ours = next(two for two in field.many if two.name == Index.name)
    return one.name == entry.name and one.scaled_s < ours.seconds


def scans(field: Field) -> Iterator[str]:
    """Yield the table of those that look at every point."""
    entries = [entry for entry in field.entries if not entry.prepares]
    kernel, inverse, total = field.entry(Kernel), field.entry(Inverse), field.entry(Sum)
    rows = [
        (entry.name, f"{entry.points:,}", *(number(entry.per_point(ring) * 1e9) for ring in RINGS)) for entry in entries
    ]
    if kernel and inverse and total:
        rows.append(("*`Geod.inv` : `within`*", "", *(f"*{number(inverse.times(kernel, ring))}*" for ring in RINGS)))
        rows.append(("*`within` : sum*", "", *(f"*{number(kernel.times(total, ring))}*" for ring in RINGS)))
    yield "Nanoseconds a point:"
    yield ""
    yield from table(("", "points", *(ring.name for ring in RINGS)), rows)


def prepared(field: Field) -> Iterator[str]:
    """Yield the table of those that make something of the points first."""
    entries = [entry for entry in field.entries if entry.prepares]
    if not entries:
        return
    yield (
        "Made once, asked often: the time to build, then milliseconds a question, asked after another contestant"
        " / again at once:"
    )
    yield ""
    rows = []
    for entry in entries:
        build = span(entry.facts["open_seconds"]) if entry.name == Opened.name else span(entry.build_s)
        asked = (f"{number(entry.median(ring) * 1e3)} / {number(entry.median_again(ring) * 1e3)}" for ring in RINGS)
        rows.append((entry.name, f"{entry.points:,}", build, *asked))
    yield from table(("", "points", "build", *(ring.name for ring in RINGS)), rows)
    for entry in entries:
        if "index_seconds" in entry.facts:
            load, index = span(entry.facts["load_seconds"]), span(entry.facts["index_seconds"])
            yield f"{entry.name}: loading took {load}, the index {index}."
        if "size" in entry.facts:
            size, save = entry.facts["size"] / 1e6, span(entry.facts["save_seconds"])
            yield f'The saved index has {number(size)} MB and took {save} to write; its "build" above is the opening.'
    yield ""


def wrong_table(field: Field) -> Iterator[str]:
    """Yield the wrong verdicts."""
    yield (
        f"Wrong verdicts, of the points above / of {NEAR_POINTS:,} near the ring, a nanometre to ten kilometres off and"
        " as many at each scale; and how far from the ring the farthest of them is:"
    )
    yield ""

    def row(entry: Entry) -> tuple[str, ...]:
        found = [entry.wrong[ring.name] for ring in RINGS]
        far = [f"; {length(one.farthest_m)}" if one.wrong + one.near_wrong else "" for one in found]
        return entry.name, *(f"{one.wrong:,} / {one.near_wrong:,}{off}" for one, off in zip(found, far, strict=True))

    yield from table(("", *(ring.name for ring in RINGS)), (row(entry) for entry in field.entries if entry.wrong))


def many(field: Field) -> Iterator[str]:
    """Yield the table of a thousand origins."""
    if not field.many:
        return
    yield f"Which points are within 300 km of any of {ORIGINS:,} places of the gazetteer:"
    yield ""

    def row(one: Many) -> tuple[str, ...]:
        scaled = "" if one.origins == ORIGINS else f" ({span(one.seconds)} for {one.origins})"
        return one.name, f"{one.points:,}", span(one.build_s), span(one.scaled_s) + scaled

    rows = [row(one) for one in field.many]
    inverse = field.entry(Inverse)
    if inverse:
        hours = inverse.per_point(MAIN) * field.points * ORIGINS / 3600
        rows.append((inverse.name, f"{field.points:,}", "", f"{number(hours)} h (reckoned)"))
    yield from table(("", "points", "build", "ask"), rows)


def large_table(large: Large) -> Iterator[str]:
    """Yield the table of many points."""
    yield f"## {large.points:,} points in memory, evenly spread"
    yield ""
    yield f"Seconds, on one core. Adding up both columns takes {number(large.sum_s)} s."
    yield ""
    row = ("`weapons_ref.within`", *(number(large.seconds[ring.name]) for ring in RINGS))
    yield from table(("", *(ring.name for ring in RINGS)), [row])


def machine() -> Iterator[str]:
    """Yield what it ran on."""
    cpu, memory = platform.processor() or platform.machine(), ""
    info = Path("/proc/cpuinfo")
    if info.exists():
        pairs = (line.partition(":") for line in info.read_text().splitlines())
        lines = {key.strip(): value.strip() for key, _, value in pairs}
        cpu = f"{lines.get('model name', cpu)}, family {lines.get('cpu family')}, model {lines.get('model')}"
        cpu += f", {lines.get('cpu MHz')} MHz, {lines.get('cache size')} cache"
    if Path("/proc/meminfo").exists():
        kib = int(Path("/proc/meminfo").read_text().split()[1])
        memory = f", {kib / 2**20:.0f} GiB of memory"
    yield f"- {cpu}"
    yield f"- {os.cpu_count()} cores{memory}; {platform.system()} {platform.release()}"


def notes(fields: Sequence[Field], rounds: int) -> Iterator[str]:
    """Yield how it was measured."""
    yield (
        f"Contestants take turns at one ring after another, in {rounds} rounds, every other one backwards; times are"
        " medians, and ratios"
        f" medians of the ratios in each round. Who takes more than {SLOW_S:g} s is asked in {SLOW_ROUNDS} rounds."
        " Each uses one core. Slow ones are given fewer points, as the tables say; a time for a point is theirs"
        " divided by their own points."
    )
    yield ""
    for entry in {entry.name: entry for field in fields for entry in field.entries}.values():
        if entry.note:
            yield f"- {entry.name}: {entry.note}."
    yield from (f"- {notice}." for notice in dict.fromkeys(text for field in fields for text in field.missing))
    yield f"- Who has fewer points than we have is asked about {FEW_ORIGINS} of the {ORIGINS:,} origins."
    yield ""
