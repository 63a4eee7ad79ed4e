"""The site: a page for every record, links that lead somewhere, text that stays text, nothing lost."""

from __future__ import annotations

import csv
import html.parser
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
import pytest

from weapons_ref.catalog.loading import Catalog, load_catalog
from weapons_ref.errors import FileError
from weapons_ref.model import System
from weapons_ref.site.pages import write_site

NODE = Path(__file__).resolve().parent.parent / "node"
EVIL = "</script><img src=x onerror=alert(1)>"


class Page(html.parser.HTMLParser):
    """Collects what a page refers to, and the ids in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.references: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "action", "data", "poster", "srcset") and value is not None:
                self.references.append((tag, value))
            if name == "id" and value is not None:
                self.ids.append(value)


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def test_every_record_has_a_page(site: Path, catalog: Catalog) -> None:
    """Variants are on the page of theirs."""
    records = {system.id for system in catalog.systems.values() if system.variant_of is None}
    assert {path.stem for path in (site / "systems").iterdir()} == records
    for system in catalog.systems.values():
        if system.variant_of is not None:
            assert f'id="{system.id}"' in (site / "systems" / f"{system.variant_of}.html").read_text(encoding="utf-8")


def test_every_link_leads_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    """To a file that is there, and an id that is in it."""
    for path, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), f"{path}: an id twice"
        for _, reference in page.references:
            address = urlsplit(reference)
            if address.scheme:
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            assert target.is_relative_to(site.resolve())
            assert target.is_file(), f"{path}: {reference}"
            if address.fragment:
                assert address.fragment in pages[site / target.relative_to(site.resolve())].ids, f"{path}: {reference}"


def test_nothing_is_fetched_from_another_host(pages: dict[Path, Page]) -> None:
    """Only links that a person follows lead outside."""
    for path, page in pages.items():
        outside = {
            tag for tag, reference in page.references if urlsplit(reference).scheme or reference.startswith("//")
        }
        assert outside <= {"a"}, path
        assert "default-src 'none'" in path.read_text(encoding="utf-8")


def test_every_claim_is_on_its_page(site: Path, catalog: Catalog) -> None:
    """With its figure, speaker and source."""
    import html

    for system in catalog.systems.values():
        page = site / "systems" / f"{system.variant_of or system.id}.html"
        text = html.unescape(page.read_text(encoding="utf-8"))
        for claim in system.claims:
            source = catalog.sources[claim.source]
            assert claim.figure in text
            assert source.publisher in text
            assert (claim.speaker or "") in text
            assert (source.url or "") in text


@pytest.mark.skipif(
    not (shutil.which("node") and (NODE / "node_modules" / "html-validate").is_dir()),
    reason="needs `npm ci` in tests/node",
)
def test_every_page_is_valid_html(site: Path) -> None:
    """By html-validate's standard rules: content models, ids, labels, headings."""
    (site.parent / ".htmlvalidate.json").write_text('{"root": true, "extends": ["html-validate:standard"]}')
    command = [str(NODE / "node_modules" / ".bin" / "html-validate"), str(site)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=site.parent, timeout=240, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_the_data_is_all_there(site: Path, catalog: Catalog) -> None:
    """JSON and CSV have every claim."""
    whole = json.loads((site / "catalog.json").read_text(encoding="utf-8"))
    assert whole["license"] == "CC0-1.0"
    assert [record["id"] for record in whole["results"]] == list(catalog.systems)
    claims = sum(len(system.claims) for system in catalog.systems.values())
    assert sum(len(record.get("claims", ())) for record in whole["results"]) == claims
    with open(site / "claims.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == claims
    assert all(row["publisher"] for row in rows)


def test_the_same_catalog_makes_the_same_bytes(site: Path, catalog: Catalog, tmp_path: Path) -> None:
    """No date, no order of chance."""
    write_site(catalog, tmp_path / "again")
    for path in _files(site):
        assert (tmp_path / "again" / path).read_bytes() == (site / path).read_bytes()


def _files(folder: Path) -> Iterator[Path]:
    return (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture
def hostile(catalog: Catalog) -> Catalog:
    """A catalog whose texts would be HTML if they could."""
    evil = {"publisher": EVIL, "title": EVIL, "note": EVIL}
    sources = {key: msgspec.structs.replace(source, **evil) for key, source in catalog.sources.items()}
    replace = msgspec.structs.replace
    atacms = catalog.systems["atacms"]
    claims = tuple(replace(claim, note=EVIL, qualifier=EVIL, speaker=EVIL) for claim in atacms.claims)
    names = {"en": (EVIL, '" onload="alert(1)'), "he": (EVIL,)}
    systems = {**catalog.systems, "atacms": replace(atacms, names=names, claims=claims, note=EVIL)}
    return replace(catalog, systems=systems, sources=sources, classes={**catalog.classes, "srbm": EVIL})


def test_text_stays_text(hostile: Catalog, tmp_path: Path) -> None:
    """In elements, attributes and pictures."""
    write_site(hostile, tmp_path / "site")
    for path in (tmp_path / "site").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "<img" not in text
        assert not Page(text).get_starttag_text() or 'onload="' not in text


# --- The folder --------------------------------------------------------------------------------


def test_a_folder_of_something_else_is_left_alone(catalog: Catalog, tmp_path: Path) -> None:
    """Also with `force`."""
    (tmp_path / "thesis.txt").write_text("years of work")
    for force in (False, True):
        with pytest.raises(FileError, match="holds other files"):
            write_site(catalog, tmp_path, force=force)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    write_site(catalog, tmp_path / "site")
    (tmp_path / "site" / "notes.txt").write_text("of mine, among the pages")
    with pytest.raises(FileError, match="holds other files"):
        write_site(catalog, tmp_path / "site", force=True)
    assert (tmp_path / "site" / "notes.txt").read_text() == "of mine, among the pages"


def test_a_site_that_fails_leaves_the_old_one(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing beside it."""
    folder = tmp_path / "site"
    write_site(catalog, folder)
    before = {path: (folder / path).read_bytes() for path in _files(folder)}

    def broken(_: Catalog) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("weapons_ref.site.pages._csv", broken)
    with pytest.raises(FileError, match="No space left"):
        write_site(catalog, folder, force=True)
    assert {path: (folder / path).read_bytes() for path in _files(folder)} == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_site_is_written_over_only_if_told(catalog: Catalog, tmp_path: Path) -> None:
    """And pages of records that are gone go."""
    folder = tmp_path / "site"
    write_site(catalog, folder)
    with pytest.raises(FileError, match="--force"):
        write_site(catalog, folder)
    gone = {key: system for key, system in catalog.systems.items() if "prsm" not in (system.id, system.variant_of)}
    write_site(msgspec.structs.replace(catalog, systems=gone), folder, force=True)
    assert not (folder / "systems" / "prsm.html").exists()
    assert (folder / "systems" / "atacms.html").exists()


def test_a_file_is_no_folder(catalog: Catalog, tmp_path: Path) -> None:
    """One line, and nothing is harmed."""
    (tmp_path / "site").write_text("mine")
    with pytest.raises(FileError, match="is a file"):
        write_site(catalog, tmp_path / "site", force=True)
    assert (tmp_path / "site").read_text() == "mine"


def test_a_record_of_ones_own_gets_a_page(tmp_path: Path, catalog: Catalog) -> None:
    """One without a range, and one without claims too."""
    bare = System(id="bare", kind="system", class_="sam", origin=("NO",), names={"no": ("Bar",)})
    write_site(msgspec.structs.replace(catalog, systems={**catalog.systems, "bare": bare}), tmp_path / "site")
    assert "No published maximum range" in (tmp_path / "site" / "systems" / "bare.html").read_text(encoding="utf-8")
