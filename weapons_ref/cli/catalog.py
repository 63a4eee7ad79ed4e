"""``weapons-ref catalog``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import catalog_option, emit, output_options, quiet_option
from weapons_ref.errors import CatalogError


@click.group("catalog", epilog=example("weapons-ref catalog validate"))
def command() -> None:
    """Check the catalog, or describe its files to an editor."""


@command.command("validate", epilog=example("weapons-ref catalog validate"))
@click.option("--strict", is_flag=True, help="Fail where anything looks odd, too.")
@catalog_option
@quiet_option
def validate(strict: bool, folders: tuple[str, ...], quiet: bool) -> None:
    """Check every file of the catalog.

    Every problem is listed, with file and line; so is what is allowed and yet looks odd, such as a claim
    that is more than three times off the others. A note in the record answers that."""
    from weapons_ref.catalog.checking import check_catalog

    catalog, odd = check_catalog(*folders)
    if strict and odd:
        count = f"{len(odd)} thing{'s' if len(odd) > 1 else ''}"
        said = f"in the catalog {count} look{'' if len(odd) > 1 else 's'} odd; the first: {odd[0]}"
        raise CatalogError(said, [str(one) for one in odd])
    if quiet:
        return
    for one in odd:
        click.echo(f"{one} (odd)", err=True)
    claims = sum(len(system.claims) for system in catalog.systems.values())
    click.echo(
        f"{len(catalog.systems)} systems and variants, {claims} claims, {len(catalog.sources)} sources: no problem"
        + (f"; {len(odd)} odd" if odd else "")
    )


@command.command("stats", epilog=example("weapons-ref catalog stats"))
@catalog_option
@output_options("table", "json", "csv")
def stats(folders: tuple[str, ...], quiet: bool, **output: Any) -> None:
    """Count systems, claims and sources."""
    from weapons_ref.catalog.loading import load_catalog
    from weapons_ref.catalog.stats import catalog_stats

    emit(catalog_stats(load_catalog(*folders)), default="table", quiet=quiet, **output)


@command.command("schema", epilog=example("weapons-ref catalog schema > system.schema.json"))
@click.argument(
    "kind", type=click.Choice(["system", "sources", "vocabulary", "schemes", "query", "statements"]), default="system"
)
def schema(kind: str) -> None:
    """Print the JSON Schema of one kind of file, for editors."""
    import json

    from weapons_ref import saved, statements
    from weapons_ref.catalog import records

    others = {"query": saved.schema, "statements": statements.schema}
    document: dict[str, Any] = others[kind]() if kind in others else records.schema(kind)
    click.echo(json.dumps(document, indent=2))
