"""The catalog -> a folder of HTML pages, a style sheet, a script for searching, and the data."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from weapons_ref.atomic import replacing_folder
from weapons_ref.catalog.classes import bands
from weapons_ref.catalog.listing import list_systems, show_systems
from weapons_ref.catalog.loading import Catalog
from weapons_ref.catalog.stats import catalog_stats
from weapons_ref.errors import FileError
from weapons_ref.model import Claim, System
from weapons_ref.names import SIGNS, squeeze
from weapons_ref.output import views, wording
from weapons_ref.output.csv import RowWriter
from weapons_ref.output.parts import BAND_NOTE, CLAIM_FIELDS, claim_row, source_of
from weapons_ref.site import drawings

#: What a folder of this tool's holds, so that only such a one is ever written over.
_MARK = "weapons-ref-site.txt"
_MARK_TEXT = "Written by weapons-ref site; writing it again replaces this folder.\n"
_STATIC = ("style.css", "search.js")
_DATA = ("catalog.json", "claims.csv")
_OWN = {_MARK, *_STATIC, *_DATA, "index.html", "sources.html", "about.html", "systems"}


def write_site(catalog: Catalog, folder: Path, *, force: bool = False, own_records: bool = False) -> int:
    """Write a catalog as static pages.

    Parameters
    ----------
    catalog : Catalog
        What to write.
    folder : Path
        Made if it is not there. One that holds anything else than such a site is left alone.
    force : bool
        Whether a site that is there is written over.
    own_records : bool
        Whether the catalog holds records of the user's own, whose licence is not ours to give.

    Returns
    -------
    int
        How many files were written.

    Raises
    ------
    FileError
        If the folder holds anything else, or a site and `force` is not given, or cannot be written.
    """
    count = 0
    try:
        place = Path(os.path.realpath(folder))
        _check(folder, place, force)
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing_folder(place) as temporary:
            for name, text in _files(catalog, own_records):
                path = temporary / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
                count += 1
    except OSError as error:
        raise FileError(f"{folder}: {error.strerror or error}") from error
    return count


def _check(folder: Path, place: Path, force: bool) -> None:
    """See that nothing but a site is replaced, and that only if it was asked for."""
    if place.exists() and not place.is_dir():
        raise FileError(f"{folder}: is a file, and a site is a folder")
    if not place.is_dir() or not any(place.iterdir()):
        return
    held = [*place.iterdir(), *(path for path in (place / "systems").glob("*") if path.suffix != ".html")]
    alien = next((path for path in sorted(held) if path.name not in _OWN or path.parent != place), None)
    if alien is not None or not (place / _MARK).is_file():
        raise FileError(f"{folder}: holds other files ({alien or 'no mark of a site'}); name a new folder")
    if place.is_mount():
        raise FileError(f"{folder}: is where a disk is mounted, and cannot be replaced; name a folder in it")
    if not force:
        raise FileError(f"{folder}: holds a site; --force writes it again")


def _files(catalog: Catalog, own_records: bool) -> Iterator[tuple[str, str]]:
    """Yield every file of a site, by its name."""
    yield _MARK, _MARK_TEXT
    environment = _environment(catalog)
    records = [system for system in catalog.systems.values() if system.variant_of is None]
    index = environment.get_template("index.html")
    yield "index.html", index.render(rows=_index_rows(catalog), root="", catalog=catalog)
    page = environment.get_template("system.html")
    for system in records:
        yield f"systems/{system.id}.html", page.render(**_page(system, catalog), root="../", catalog=catalog)
    template = environment.get_template("sources.html")
    yield "sources.html", template.render(cited=_cited(catalog), root="", catalog=catalog)
    yield "about.html", environment.get_template("about.html").render(root="", catalog=catalog, own_records=own_records)
    for name, data in zip(_DATA, (_json(catalog, own_records), _csv(catalog)), strict=True):
        yield name, data
    for name in _STATIC:
        text = resources.files("weapons_ref.site").joinpath(name).read_text(encoding="utf-8")
        yield name, text.replace('"@letters@"', msgspec.json.encode(SIGNS).decode())


def _environment(catalog: Catalog) -> Any:
    try:
        import jinja2
    except ImportError:
        raise FileError("a site needs Jinja2: pip install 'weapons-ref[site]'") from None
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("weapons_ref.site"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(stats=catalog_stats(catalog), band_note=BAND_NOTE, language=_language)
    environment.filters.update(span=wording.span, minimum_unknown=wording.minimum_unknown, words=_words)
    return environment


def _words(attribute: str) -> str:
    return attribute.replace("_", " ")


def _language(code: str) -> str:
    """Return the direction that a language is written in."""
    return "rtl" if code.partition("-")[0] in ("ar", "fa", "he", "ur", "ps", "yi", "dv", "sd") else "ltr"


def _index_rows(catalog: Catalog) -> list[dict[str, Any]]:
    listed = list_systems(catalog)
    rows = []
    for system in listed.systems:
        family = (system, *(catalog.systems[key] for key in system.variants))
        names = [name for one in family for group in one.names.values() for name in group]
        rows.append(
            {
                "system": system,
                "range": listed.ranges[system.id],
                "independent": listed.independent[system.id],
                # What is searched in, folded as search folds it.
                "names": list(dict.fromkeys(map(squeeze, (system.id, *names)))),
            }
        )
    return rows


def _page(system: System, catalog: Catalog) -> dict[str, Any]:
    """Return what the page of a record and its variants shows."""
    family = (system, *(catalog.systems[key] for key in system.variants))
    result = show_systems(catalog, [one.id for one in family])
    cited = {claim.source for one in family for claim in one.claims}
    numbers = {key: number for number, key in enumerate((key for key in result.sources if key in cited), 1)}
    return {
        "system": system,
        "family": [_entry(one, result, numbers, catalog) for one in family],
        "munitions": [catalog.systems[key] for key in result.munitions[system.id]],
        "launchers": [catalog.systems[key] for key in system.fired_from],
        "numbers": numbers,
        "sources": {key: result.sources[key] for key in numbers},
    }


def _entry(system: System, result: Any, numbers: Mapping[str, int], catalog: Catalog) -> dict[str, Any]:
    range_ = result.ranges[system.id]
    claims: dict[str, list[Claim]] = {}
    for claim in wording.in_order(system.claims):
        claims.setdefault(claim.attribute, []).append(claim)
    return {
        "system": system,
        "range": range_,
        "independent": result.independent[system.id],
        "bands": [(one, catalog.schemes[one.scheme].bands[one.band]) for one in bands(system, catalog)],
        "claims": claims,
        "spread": drawings.spread(system.claims, numbers),
        "ring": drawings.ring(range_) if range_ is not None else None,
    }


def _cited(catalog: Catalog) -> list[dict[str, Any]]:
    found: dict[str, dict[str, System]] = {key: {} for key in catalog.sources}
    counts = dict.fromkeys(catalog.sources, 0)
    for system in catalog.systems.values():
        record = catalog.systems[system.variant_of] if system.variant_of else system
        for claim in system.claims:
            found[claim.source][record.id] = record
            counts[claim.source] += 1
    return [
        {
            "source": source,
            "systems": list(found[key].values()),
            "claims": counts[key],
            "schemes": any(scheme.source == key for scheme in catalog.schemes.values()),
            "copies": [other.key for other in catalog.sources.values() if other.copy_of == key],
        }
        for key, source in catalog.sources.items()
    ]


def _json(catalog: Catalog, own_records: bool) -> str:
    whole = views.document(show_systems(catalog, list(catalog.systems)))
    licence = {} if own_records else {"license": "CC0-1.0"}
    return msgspec.json.format(msgspec.json.encode({**licence, **whole}), indent=1).decode() + "\n"


def _csv(catalog: Catalog) -> str:
    stream = io.StringIO()
    published = ["publisher", "title", "url", "date"]
    writer = RowWriter(stream, ["system", "name", *CLAIM_FIELDS, *published])
    for system in catalog.systems.values():
        for claim in system.claims:
            source = source_of(catalog.sources[claim.source])
            writer.write([*claim_row(system, claim).values(), *(source.get(name) for name in published)])
    return stream.getvalue()
