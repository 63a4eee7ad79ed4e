"""``weapons-ref catalog``."""

from __future__ import annotations

from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import catalog_option, quiet_option


@click.group("catalog", epilog=example("weapons-ref catalog validate"))
def command() -> None:
    """Check the catalog, or describe its files to an editor."""


@command.command("validate", epilog=example("weapons-ref catalog validate"))
@catalog_option
@quiet_option
def validate(folders: tuple[str, ...], quiet: bool) -> None:
    """Check every file of the catalog.

    Every problem is listed, with file and line."""
    from weapons_ref.catalog.loading import check_catalog

    catalog = check_catalog(*folders)
    if not quiet:
        claims = sum(len(system.claims) for system in catalog.systems.values())
        click.echo(
            f"{len(catalog.systems)} systems and variants, {claims} claims, {len(catalog.sources)} sources: no problem"
        )


@command.command("schema", epilog=example("weapons-ref catalog schema > system.schema.json"))
@click.argument("kind", type=click.Choice(["system", "sources", "vocabulary", "query"]), default="system")
def schema(kind: str) -> None:
    """Print the JSON Schema of one kind of file, for editors."""
    import json

    from weapons_ref import saved
    from weapons_ref.catalog import records

    document: dict[str, Any] = saved.schema() if kind == "query" else records.schema(kind)
    click.echo(json.dumps(document, indent=2))
