"""Published statements held against geometry and the catalog.

A statement may say how far two places lie apart, what range a system has, or that a system (or a
range) reaches from one place to another; or several of these at once.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta, Struct, field

from weapons_ref.catalog.loading import Catalog, load_catalog
from weapons_ref.catalog.ranges import interval
from weapons_ref.errors import FileError, WeaponsRefError
from weapons_ref.model import CheckResult, Claim, Finding, Outcome, RangeInterval, Statement, System, VerdictName
from weapons_ref.output.wording import kilometres
from weapons_ref.places.finding import find_place
from weapons_ref.queries import distance
from weapons_ref.verdicts import Judge

_Text = Annotated[str, Meta(min_length=1, max_length=1000)]
_Kilometres = Annotated[
    str,
    Meta(
        description="kilometres: a plain number above 0, or a span such as 10-12",
        pattern="^(?!0+([.]0+)?(-|$))[0-9]{1,6}([.][0-9]{1,6})?(-[0-9]{1,6}([.][0-9]{1,6})?)?$",
    ),
]
#: From the best to the worst; of several things that one statement says, the worst decides.
_ORDER: tuple[Outcome, ...] = ("supported", "borderline", "undecidable", "contradicted")
_FIGURES = ("claimed_km", "range_km")
_MOST_SHOWN = 50  # problems of a file


class Thresholds(NamedTuple):
    """How far off is still right. Of a share and a length, the larger counts.

    A stated distance may be off by so much and is supported; reach that hangs on less than so much is
    borderline. For a stated range, against a published one, only the share counts: 5 km are nothing to a
    missile, and much to a gun.
    """

    distance_share: float = 0.05
    distance_m: float = 5_000.0
    reach_share: float = 0.03
    reach_m: float = 10_000.0


class StatementRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One statement of a file."""

    id: _Text
    statement: _Text | None = None
    from_: Annotated[_Text, Meta(description="any place text")] | None = field(name="from", default=None)
    to: Annotated[_Text, Meta(description="any place text")] | None = None
    claimed_km: _Kilometres | None = None
    system: Annotated[_Text, Meta(description="an id or a name of the catalog")] | None = None
    range_km: _Kilometres | None = None
    source_url: _Text | None = None
    source: Annotated[_Text, Meta(description="the key of the statement's own source in the catalog")] | None = None
    note: _Text | None = None


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a file of statements."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **msgspec.json.schema(tuple[StatementRecord, ...]),
        "title": "weapons-ref statements",
    }


def read_statements(path: Path) -> tuple[Statement, ...]:
    """Read statements from a YAML or CSV file.

    Parameters
    ----------
    path : Path
        YAML: a list of mappings. CSV: a header with the same names; empty cells are left out.

    Raises
    ------
    FileError
        With every problem's line.
    """
    from weapons_ref.catalog.validation import shape_problems
    from weapons_ref.catalog.yamlfile import Problem, read_tree

    if path.suffix.lower() in (".csv", ".tsv"):
        tree, lines = _read_csv(path)
    else:
        tree = read_tree(path, str(path))
        lines = {index: tree.line((index,)) for index in range(len(tree.content or ()))}
    problems = shape_problems(tree, schema())
    if not problems:
        seen: dict[str, int] = {}
        for index, entry in enumerate(tree.content):
            first = seen.setdefault(entry["id"], index)
            if first != index:
                problems.append(Problem(tree.name, lines[index], f"id {entry['id']!r} is also on line {lines[first]}"))
    if problems:
        raise FileError(
            "\n  ".join(str(problem) for problem in sorted(problems, key=lambda one: one.line)[:_MOST_SHOWN])
        )
    records = msgspec.convert(tree.content, tuple[StatementRecord, ...], strict=False)
    return tuple(_statement(record, str(path), lines[index]) for index, record in enumerate(records))


def _read_csv(path: Path) -> tuple[Any, dict[int, int]]:
    from weapons_ref.catalog.yamlfile import MAX_BYTES, Problem, Tree

    tree = Tree(str(path), [], {(): 1}, [])
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: byte {error.start} is not UTF-8") from error
    if len(data) > MAX_BYTES or "\0" in text:
        raise FileError(f"{path}: {'holds a NUL byte' if chr(0) in text else 'is larger than 5 MiB'}")
    # By what the header has most of, as other files of rows are read.
    first = text.partition("\n")[0]
    separator = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
        if not header or len(set(header)) < len(header):
            raise FileError(f"{path}: {'two columns have one name' if header else 'is empty'}")
        lines: dict[int, int] = {}
        for row in reader:
            if not row:
                continue
            index = len(tree.content)
            lines[index] = reader.line_num
            tree.lines[(index,)] = reader.line_num
            if len(row) != len(header):
                tree.problems.append(Problem(str(path), reader.line_num, f"{len(row)} cells for {len(header)} columns"))
            cells = zip(header, (cell.strip() for cell in row), strict=False)
            tree.content.append({name: cell for name, cell in cells if cell})
    except csv.Error as error:
        raise FileError(f"{path}:{reader.line_num}: {error}") from error
    return tree, lines


def _statement(record: StatementRecord, file: str, line: int) -> Statement:
    given = {name: getattr(record, name) for name in record.__struct_fields__}
    spans = {name: _span(given.pop(name)) for name in _FIGURES}
    return Statement(
        start=given.pop("from_"),
        end=given.pop("to"),
        text=given.pop("statement"),
        claimed_m=spans["claimed_km"],
        range_m=spans["range_km"],
        file=file,
        line=line,
        **given,
    )


def _span(printed: str | None) -> tuple[float, float] | None:
    if printed is None:
        return None
    low, _, high = printed.partition("-")
    ends = float(low) * 1000, float(high or low) * 1000
    return min(ends), max(ends)


def check(
    statements: Iterable[Statement], *, thresholds: Thresholds | None = None, catalog: Catalog | None = None
) -> CheckResult:
    """Hold statements against geometry and the catalog.

    Parameters
    ----------
    statements : iterable of Statement
        As from `read_statements`.
    thresholds : Thresholds, optional
        How far off is still right.
    catalog : Catalog, optional
        Instead of the one that comes with the package.

    Returns
    -------
    CheckResult
        A finding for every statement, in their order. A place or system that is not known makes a
        statement undecidable, and the reason says so.
    """
    checker = _Checker(catalog or load_catalog(), thresholds or Thresholds())
    findings = tuple(map(checker.find, statements))
    counts = Counter(finding.outcome for finding in findings)
    keys = sorted({key for finding in findings for key in finding.sources})
    return CheckResult(
        findings=findings,
        counts={outcome: counts[outcome] for outcome in _ORDER},
        sources={key: checker.catalog.sources[key] for key in keys},
        shows_gazetteer=any(finding.names_places for finding in findings),
    )


class _Said(NamedTuple):
    outcome: Outcome
    reason: str
    margin_m: float = 0.0


class _Checker:
    def __init__(self, catalog: Catalog, thresholds: Thresholds) -> None:
        self.catalog = catalog
        self.thresholds = thresholds

    def find(self, statement: Statement) -> Finding:
        """Return what is found of one statement."""
        self._check_source(statement)
        metres: float | None = None
        named = False
        ranges: tuple[RangeInterval, ...] = ()
        said: list[_Said] = []
        # What is wrong with one thing that it says does not excuse the others.
        try:
            if statement.start is not None and statement.end is not None:
                line = distance(find_place(statement.start), find_place(statement.end))
                metres = line.distance_m
                named = line.start.geonameid is not None or line.end.geonameid is not None
            elif statement.start is not None or statement.end is not None:
                said.append(_Said("undecidable", "a distance takes both from and to"))
        except WeaponsRefError as error:
            said.append(_Said("undecidable", str(error).partition("\n")[0]))
        known = True
        try:
            ranges = self._ranges(statement)
        except WeaponsRefError as error:
            known = False
            said.append(_Said("undecidable", str(error)))
        said += self._said(statement, metres, ranges, known=known, placed=bool(said))
        worst = max(said, key=lambda one: _ORDER.index(one.outcome))
        return Finding(
            statement=statement,
            distance_m=metres,
            outcome=worst.outcome,
            reason="; ".join(dict.fromkeys(one.reason for one in said)),
            range_low_m=min((range_.low_m for range_ in ranges), default=None),
            range_high_m=max((range_.high_m for range_ in ranges), default=None),
            sources=tuple(sorted({key for range_ in ranges for key in range_.sources})),
            names_places=named,
        )

    def _said(
        self, statement: Statement, metres: float | None, ranges: Sequence[RangeInterval], *, known: bool, placed: bool
    ) -> Iterator[_Said]:
        """Yield what is found of each thing that a statement says; `placed` if something was said of it already."""
        system = statement.system if known else None
        if statement.claimed_m is not None:
            if metres is not None:
                yield self._distance(statement.claimed_m, metres)
            elif not placed:
                yield _Said("undecidable", "claimed_km is a distance, and takes from and to")
        if statement.range_m is not None and system is not None:
            yield self._best((self._range(statement.range_m, range_) for range_ in ranges), statement)
        if metres is not None and system is not None:
            yield self._best((self._reach(metres, range_) for range_ in ranges), statement)
        elif metres is not None and statement.range_m is not None and statement.system is None:
            low, high = statement.range_m
            yield self._reach(metres, RangeInterval(system=None, name="the range stated", low_m=low, high_m=high))
        says_nothing = statement.claimed_m is None and statement.range_m is None
        if says_nothing and not placed and (metres is None or statement.system is None):
            yield _Said("undecidable", "it states no distance (claimed_km), range (range_km) or reach (system)")
        elif statement.range_m is not None and statement.system is None and metres is None and not placed:
            yield _Said("undecidable", "range_km is held against a system, or against the distance of from and to")

    def _distance(self, claimed_m: tuple[float, float], metres: float) -> _Said:
        low, high = claimed_m
        off = max(low - metres, metres - high, 0.0)
        allowed = max(self.thresholds.distance_share * metres, self.thresholds.distance_m)
        stated, measured = kilometres(low, high), kilometres(metres)
        said = f"the places are {measured} apart, {stated} is stated"
        if off <= allowed:
            return _Said("supported", said)
        return _Said("contradicted", f"{said}, which is {kilometres(off)} off; {kilometres(allowed)} would be let pass")

    def _range(self, stated_m: tuple[float, float], range_: RangeInterval) -> _Said:
        low, high = stated_m
        claims = [claim for claim in range_.claims if claim.attribute == "range_max"]
        near = [claim for claim in claims if self._alike(stated_m, claim)]
        stated, published = kilometres(low, high), kilometres(range_.low_m, range_.high_m)
        if near:
            who = _who(near)
            others = len({claim.source for claim in claims} - {claim.source for claim in near})
            beside = f"; {others} other{'s' if others > 1 else ''} say otherwise ({published})" if others else ""
            return _Said("supported", f"{who} print{'s' if len(near) == 1 else ''} about {stated} too{beside}")
        if range_.low_m <= low and high <= range_.high_m:
            return _Said(
                "borderline", f"no other source prints {stated}, but it lies between their figures, {published}"
            )
        if range_.low_m <= high and low <= range_.high_m:
            return _Said("borderline", f"no other source prints {stated}; their figures, {published}, overlap it")
        if low > range_.high_m and range_.open_ended:
            most = kilometres(range_.high_m)
            return _Said("undecidable", f"{stated} is stated; the highest published figure is more than {most}")
        return _Said("contradicted", f"published figures of {range_.name} are {published}, {stated} is stated")

    def _alike(self, stated_m: tuple[float, float], claim: Claim) -> bool:
        """Say whether a claim is the stated figure, give or take the threshold."""
        pairs = zip(stated_m, (claim.low_m, claim.high_m), strict=True)
        return all(abs(mine - theirs) <= self.thresholds.distance_share * mine for mine, theirs in pairs)

    def _reach(self, metres: float, range_: RangeInterval) -> _Said:
        judgement = Judge(range_).judge(metres)
        name = f"{range_.name}: " if range_.system else ""
        said = f"{kilometres(metres)} apart, {name}{judgement.reason}"
        if judgement.verdict == "disputed":
            return _Said("undecidable", said, judgement.margin_m)
        if judgement.verdict == "beyond" and range_.open_ended:
            return _Said("undecidable", said, judgement.margin_m)
        close = [
            gap
            for gap, edge in _edges(metres, range_, judgement.verdict)
            if gap <= max(self.thresholds.reach_share * edge, self.thresholds.reach_m)
        ]
        if close:
            return _Said("borderline", f"{said}; by {kilometres(min(close))} only", judgement.margin_m)
        return _Said("supported" if judgement.verdict == "within" else "contradicted", said, judgement.margin_m)

    def _best(self, found: Iterable[_Said], statement: Statement) -> _Said:
        """Return the best of what is said of a launcher's munitions: it reaches what one of them reaches."""
        said = list(found)
        if not said:
            own = " but the statement's own" if statement.source or statement.source_url else ""
            return _Said("undecidable", f"no published maximum range of {statement.system} in the catalog{own}")
        return min(said, key=lambda one: (_ORDER.index(one.outcome), -one.margin_m))

    def _ranges(self, statement: Statement) -> tuple[RangeInterval, ...]:
        """Return the intervals of a statement's system, without what its own source says."""
        if statement.system is None:
            return ()
        system = self.catalog.system(statement.system)
        munitions = self.catalog.munitions_of(system.id) if system.kind == "launcher" else (system,)
        found = (interval(self._without_own(one, statement), self.catalog) for one in munitions)
        return tuple(range_ for range_ in found if range_ is not None)

    def _without_own(self, system: System, statement: Statement) -> System:
        sources = self.catalog.sources
        address = _bare(statement.source_url)
        own = {key for key, source in sources.items() if address and _bare(source.url) == address}
        if statement.source is not None:
            own.add(statement.source)
        # A page and all that carries it are one text.
        own = {sources[key].copy_of or key for key in own}
        claims = tuple(c for c in system.claims if (sources[c.source].copy_of or c.source) not in own)
        return msgspec.structs.replace(system, claims=claims)

    def _check_source(self, statement: Statement) -> None:
        if statement.source is not None and statement.source not in self.catalog.sources:
            close = difflib.get_close_matches(statement.source, self.catalog.sources, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            where = f"{statement.file}:{statement.line}: " if statement.file else ""
            raise FileError(f"{where}unknown source {statement.source!r}{hint}")


def _edges(metres: float, range_: RangeInterval, verdict: VerdictName) -> list[tuple[float, float]]:
    """Return the figures that decide a verdict, and how far from each a distance is; the gap comes first."""
    if verdict == "beyond":
        return [(metres - range_.high_m, range_.high_m)]
    if verdict == "inside-minimum":
        least = range_.minimum_low_m or 0.0
        return [(least - metres, least)]
    edges = [(range_.low_m - metres, range_.low_m)]
    if range_.minimum_high_m is not None:
        edges.append((metres - range_.minimum_high_m, range_.minimum_high_m))
    return edges


def _bare(url: str | None) -> str:
    """Return an address without what does not matter to it."""
    return (url or "").removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")


def _who(claims: Sequence[Claim]) -> str:
    keys = sorted({claim.source for claim in claims})
    return ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
