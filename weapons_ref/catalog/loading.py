"""YAML files -> Catalog, and looking things up in it.

Parsing and validating two hundred files takes seconds, a question must not. So a catalog that has
passed is kept as JSON beside the package (when the wheel is built) or in the cache folder, under a
digest of the files' contents: a changed byte anywhere is read afresh, and clocks do not matter.
"""

from __future__ import annotations

import difflib
import functools
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Struct

from weapons_ref import cache
from weapons_ref.atomic import replacing
from weapons_ref.errors import CatalogError, QueryError
from weapons_ref.geo.units import METRES_PER_UNIT
from weapons_ref.model import Band, Claim, Scheme, Source, System
from weapons_ref.names import fold, squeeze

if TYPE_CHECKING:
    from weapons_ref.catalog.yamlfile import Tree

#: Part of the digest; raised when the compiled form changes in other ways than in its fields.
_FORMAT = 2

#: Kinds of which a folder has one file; the first two are there whenever records are.
_SINGLES = ("sources", "vocabulary", "schemes")

_KG_PER_UNIT = {"kg": 1.0, "t": 1000.0, "lb": 0.45359237}


class Catalog(Struct, frozen=True, kw_only=True):
    """All records and their sources, in order of their ids."""

    systems: Mapping[str, System]
    sources: Mapping[str, Source]
    classes: Mapping[str, str]
    qualifiers: Mapping[str, str]
    schemes: Mapping[str, Scheme] = msgspec.field(default_factory=dict)

    def system(self, text: str) -> System:
        """Return the record with an id or, failing that, the one known by a name.

        Raises
        ------
        QueryError
            If there is none; the message suggests close ids.
        """
        key = text.strip().lower()
        found = self.systems.get(key)
        if found is not None:
            return found
        squeezed = squeeze(text)
        matches = [s for s in self.systems.values() if key in s.was or squeezed in map(squeeze, (s.id, *_names(s)))]
        if len(matches) == 1:
            return matches[0]
        close = [s.id for s in matches] or self._suggestions(fold(text))
        hint = f"; did you mean {' or '.join(close)}?" if close else "; see `weapons-ref list`"
        raise QueryError(f"no system {text[:60]!r} in the catalog{hint}")

    def _suggestions(self, folded: str) -> list[str]:
        owners: dict[str, str] = {}
        for system in self.systems.values():
            for name in (system.id, *_names(system)):
                owners.setdefault(fold(name), system.id)
        close = difflib.get_close_matches(folded, owners, 5, 0.6)
        close += [name for name in owners if folded and folded in name]
        return list(dict.fromkeys(owners[name] for name in close))[:3]

    def search(self, text: str) -> tuple[System, ...]:
        """Return the records whose id or any name holds a text, whole words first.

        Letters are compared without case, accents, hyphens or spaces, in any script.
        """
        wanted = squeeze(text)
        if not wanted:
            return ()
        ranked = []
        for system in self.systems.values():
            names = [squeeze(name) for name in (system.id, *_names(system))]
            if any(wanted in name for name in names):
                ranked.append((wanted not in names, not any(n.startswith(wanted) for n in names), system.id))
        return tuple(self.systems[key] for *_, key in sorted(ranked))

    def munitions_of(self, launcher: str) -> tuple[System, ...]:
        """Return what a launcher fires, variants left out."""
        return tuple(s for s in self.systems.values() if launcher in s.fired_from and s.variant_of is None)


def _names(system: System) -> Iterator[str]:
    for names in system.names.values():
        yield from names


def catalog_folder() -> Path:
    """Return the folder of the catalog that comes with the package."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_catalog"
    return installed if installed.is_dir() else package.parent / "catalog"


def load_catalog(*folders: str | Path) -> Catalog:
    """Return the catalog, with the user's own folders added to the one that comes with the package.

    Parameters
    ----------
    *folders : path
        Each holds ``systems/**/*.yaml`` and, where it needs them, ``sources.yaml`` and
        ``vocabulary.yaml``. They are held to the same rules.

    Raises
    ------
    CatalogError
        If anything is wrong anywhere; `problems` lists all of it, with file and line.
    """
    return _load(_all_files(folders), "own-catalog" if folders else "catalog")


def read_trees(*folders: str | Path) -> list[tuple[str, Tree]]:
    """Return the files of the catalog and of the user's own folders, each with its kind, parsed and not yet checked.

    Raises
    ------
    CatalogError
        If a file cannot be read.
    """
    return _trees(_all_files(folders))


def _all_files(folders: Iterable[str | Path]) -> tuple[_File, ...]:
    return tuple(file for folder in (catalog_folder(), *map(Path, folders)) for file in _files(folder))


# By content, not by folder: who edits a file and asks again in the same process gets the new answer.
@functools.lru_cache(maxsize=8)
def _load(files: tuple[_File, ...], name: str) -> Catalog:
    digest = _digest(files)
    catalog = _read_compiled(cache.packaged("catalog.json"), digest)
    if catalog is not None:
        return catalog
    # Those with users' own folders by another name, so that they do not crowd out the one that all need.
    cached = cache.folder() / f"{name}-{digest}.json"
    catalog = _read_compiled(cached, digest)
    if catalog is not None:
        return catalog
    catalog = compile_catalog(files)
    cache.write(cached, _compiled(catalog, digest), replaces=f"{name}-*.json")
    return catalog


class _Compiled(Struct, frozen=True):
    digest: str
    catalog: Catalog


def _compiled(catalog: Catalog, digest: str) -> bytes:
    return msgspec.json.encode(_Compiled(digest, catalog))


def _read_compiled(path: Path, digest: str) -> Catalog | None:
    try:
        data = path.read_bytes()
        # A look at the beginning saves decoding what belongs to another state of the files.
        if not data.startswith(f'{{"digest":"{digest}"'.encode()):
            return None
        return msgspec.json.decode(data, type=_Compiled).catalog
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def compile_packaged(folder: Path, target: Path) -> None:
    """Write the compiled form of a catalog folder, for the wheel."""
    files = _files(folder)
    with replacing(target) as temporary:
        temporary.write_bytes(_compiled(compile_catalog(files), _digest(files)))


class _File(Struct, frozen=True):
    kind: str
    name: str
    data: bytes


def _files(folder: Path) -> list[_File]:
    """Read the files of one catalog folder, in an order that does not depend on the file system."""
    from weapons_ref.catalog.yamlfile import MAX_BYTES

    if not folder.is_dir():
        raise CatalogError(f"{folder}: no such catalog folder")
    # The package's own folder goes by its name, wherever it is installed; a user's as it was given.
    shown = folder.name if folder == catalog_folder() else str(folder)
    root = os.path.realpath(folder)
    singles = {f"{kind}.yaml": kind for kind in _SINGLES}
    files: dict[str, list[_File]] = {kind: [] for kind in (*_SINGLES, "system")}
    opened, strays = [], []
    # Two hundred files are looked at for every question, so this is done without a Path for each.
    for parts, path, is_link in sorted(_walk(str(folder))):
        if is_link and not _is_within(os.path.realpath(path), root):
            raise CatalogError(f"{path}: leads out of the catalog folder")
        kind = singles.get(parts[-1]) if len(parts) == 1 else "system" if parts[0] == "systems" else None
        if kind is None or not parts[-1].endswith(".yaml"):
            if parts[-1].lower().endswith((".yaml", ".yml")) and not any(part.startswith(".") for part in parts):
                strays.append(path)
            continue
        try:
            with open(path, "rb") as stream:
                files[kind].append(_File(kind, "/".join((shown, *parts)), stream.read(MAX_BYTES + 1)))
            opened.append(path)
        except OSError as error:
            raise CatalogError(f"{path}: {error.strerror or error}") from error
    # By what they lead to, since a link may stand for a file of another name.
    read = set(map(os.path.realpath, opened)) if strays else set()
    for path in strays:
        if os.path.isfile(path) and os.path.realpath(path) not in read:
            raise CatalogError(f"{path}: would not be read; records are systems/COUNTRY/NAME.yaml")
    if not opened:
        raise CatalogError(f"{folder}: holds no systems/**/*.yaml, sources.yaml, vocabulary.yaml or schemes.yaml")
    return [file for kind in files.values() for file in kind]


def _walk(folder: str, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    """Yield what is below a folder (its place, its path, whether it is a link); of folders, those called *.yaml."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False) and not entry.name.endswith(".yaml"):
                    yield from _walk(entry.path, (*above, entry.name))
                else:
                    yield (*above, entry.name), entry.path, entry.is_symlink()
    except OSError as error:
        raise CatalogError(f"{folder}: {error.strerror or error}") from error


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _digest(files: Iterable[_File]) -> str:
    form = [_FORMAT, *(struct.__struct_fields__ for struct in (Catalog, System, Claim, Source, Scheme, Band))]
    digest = hashlib.blake2b(repr(form).encode(), digest_size=16)
    for file in files:
        for part in (file.kind.encode(), os.fsencode(file.name.rpartition("/")[2]), file.data):
            digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


def compile_catalog(files: Sequence[_File]) -> Catalog:
    """Parse, validate and join files into a catalog.

    Raises
    ------
    CatalogError
        With every problem of every file.
    """
    return join(_trees(files))


def _trees(files: Iterable[_File]) -> list[tuple[str, Tree]]:
    """Parse files; each kind and tree in their order."""
    from weapons_ref.catalog.yamlfile import parse_tree

    return [(file.kind, parse_tree(file.data, file.name)) for file in files]


def join(trees: Sequence[tuple[str, Tree]]) -> Catalog:
    """Check parsed files and join them into a catalog.

    Raises
    ------
    CatalogError
        With every problem of every file.
    """
    from weapons_ref.catalog import records, validation

    systems, sources, vocabularies, schemes = (
        [tree for kind, tree in trees if kind == wanted] for wanted in ("system", *_SINGLES)
    )
    shapes = {kind: records.schema(kind) for kind in {kind for kind, _ in trees}}
    problems = [problem for kind, tree in trees for problem in validation.shape_problems(tree, shapes[kind])]
    problems += validation.reference_problems(systems, sources, vocabularies, schemes)
    if problems:
        order = {tree.name: position for position, (_, tree) in enumerate(trees)}
        lines = [str(problem) for problem in sorted(problems, key=lambda problem: (order[problem.file], problem.line))]
        count = f"{len(lines)} problem{'s' if len(lines) > 1 else ''}"
        raise CatalogError(f"the catalog has {count}; the first: {lines[0]}", lines)
    words = [msgspec.convert(tree.content, records.Vocabulary, strict=False) for tree in vocabularies]
    classes = {key: label for word in words for key, label in word.classes.items()}
    qualifiers = {key: meaning for word in words for key, meaning in word.qualifiers.items()}
    found = {system.id: system for tree in systems for system in _systems(tree.content)}
    cited = {key: source for tree in sources for key, source in _sources(tree.content)}
    return Catalog(
        systems=dict(sorted(found.items())),
        sources=dict(sorted(cited.items())),
        classes=classes,
        qualifiers=qualifiers,
        schemes={key: scheme for tree in schemes for key, scheme in _schemes(tree.content)},
    )


def _systems(content: Any) -> Iterator[System]:
    from weapons_ref.catalog import records

    record = msgspec.convert(content, records.Record, strict=False)
    for entry, parent in [(record, None), *((variant, record.id) for variant in record.variants)]:
        yield System(
            id=entry.id,
            names=entry.names,
            was=entry.was,
            note=_set(entry.note),
            variant_of=parent,
            variants=tuple(variant.id for variant in record.variants) if parent is None else (),
            claims=tuple(
                _claim(attribute, claim)
                for attribute in records.Attributes.__struct_fields__
                for claim in getattr(entry, attribute)
            ),
            # The heading is inherited; ranges never are.
            kind=record.kind,
            class_=record.class_,
            origin=record.origin,
            fired_from=record.fired_from,
        )


def _claim(attribute: str, claim: Any) -> Claim:
    from weapons_ref.catalog import records

    given = msgspec.to_builtins(claim)
    unit = next(unit for unit in records.UNITS if unit in given)
    printed = str(given[unit])
    return Claim(
        attribute=attribute,
        printed=printed,
        unit=None if unit in records.WORDLESS else unit,
        metres=_converted(printed, unit, METRES_PER_UNIT),
        kilograms=_converted(printed, unit, _KG_PER_UNIT),
        qualifier=given.get("as", "stated"),
        source=given["src"],
        speaker=given.get("by"),
        of=given.get("of"),
        who=given.get("who"),
        since=given.get("from"),
        note=given.get("note"),
        flag=given.get("flag"),
        reason=given.get("reason"),
    )


def _converted(printed: str, unit: str, factors: Mapping[str, float]) -> tuple[float, float] | None:
    """Return a printed figure in one unit, or None if it is in none of those that have a factor."""
    if unit not in factors:
        return None
    from weapons_ref.catalog import records

    low, high = records.figures(printed)
    return low * factors[unit], high * factors[unit]


def _sources(content: Any) -> Iterator[tuple[str, Source]]:
    from weapons_ref.catalog import records

    for key, entry in msgspec.convert(content, dict[str, records.SourceRecord], strict=False).items():
        yield key, Source(key=key, **{name: _set(getattr(entry, name)) for name in entry.__struct_fields__})


def _schemes(content: Any) -> Iterator[tuple[str, Scheme]]:
    from weapons_ref.catalog import records

    for key, entry in msgspec.convert(content, dict[str, records.SchemeRecord], strict=False).items():
        bands = {
            name: Band(**{field: _set(getattr(band, field)) for field in band.__struct_fields__})
            for name, band in entry.bands.items()
        }
        yield key, Scheme(key=key, title=entry.title, source=entry.src, classes=entry.classes, bands=bands)


def _set(value: Any) -> Any:
    return None if value is UNSET else value
