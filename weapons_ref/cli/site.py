"""``weapons-ref site``."""

from __future__ import annotations

from pathlib import Path

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import catalog_option


@click.command(epilog=example("weapons-ref site -o site"))
@click.option("-o", "--output", metavar="DIR", type=click.Path(), required=True, help="A new folder, or one of a site.")
@click.option("--force", is_flag=True, help="Write the site again that is in the folder.")
@catalog_option
def command(output: str, force: bool, folders: tuple[str, ...]) -> None:
    """Write the catalog as web pages, and print where to begin.

    A page for each system, with its claims, sources and pictures; an index with a search; the data as JSON
    and CSV. The pages need no server and ask nothing of any other host."""
    from weapons_ref.catalog.loading import load_catalog
    from weapons_ref.site.pages import write_site

    write_site(load_catalog(*folders), Path(output), force=force, own_records=bool(folders))
    click.echo(Path(output, "index.html"))
