"""``weapons-ref check``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from weapons_ref.cli.examples import example
from weapons_ref.cli.options import catalog_option, emit, output_options
from weapons_ref.cli.types import LENGTH


@click.command(epilog=example("weapons-ref check examples/statements.yaml"))
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.option(
    "--distance-share", metavar="PERCENT", type=click.FloatRange(0, 100), default=5.0, show_default=True,
    help="How far off a stated distance or range may be.",
)  # fmt: skip
@click.option(
    "--distance-slack", metavar="LENGTH", type=LENGTH, default=5000.0, show_default="5km",
    help="The same as a length; the larger of the two counts.",
)  # fmt: skip
@click.option(
    "--reach-share", metavar="PERCENT", type=click.FloatRange(0, 100), default=3.0, show_default=True,
    help="Reach that hangs on less than this share of the range is borderline.",
)  # fmt: skip
@click.option(
    "--reach-slack", metavar="LENGTH", type=LENGTH, default=10000.0, show_default="10km",
    help="The same as a length; the larger of the two counts.",
)  # fmt: skip
@click.option("--exit-status", is_flag=True, help="Exit with 1 if a statement is contradicted.")
@catalog_option
@output_options("table", "json", "csv", "ndjson")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    files: tuple[str, ...],
    distance_share: float,
    distance_slack: float,
    reach_share: float,
    reach_slack: float,
    exit_status: bool,
    folders: tuple[str, ...],
    quiet: bool,
    **output: Any,
) -> None:
    """Hold published statements against geometry and the catalog.

    A file (YAML, or CSV with a header) has a statement an entry: id, statement, from, to, claimed_km,
    system, range_km, source_url. Each is supported, contradicted, borderline or undecidable, with the
    reason. What the statement's own source says in the catalog does not count for it."""
    from weapons_ref.catalog.loading import load_catalog
    from weapons_ref.statements import Thresholds, check, read_statements

    statements = [statement for file in files for statement in read_statements(Path(file))]
    if math.isnan(distance_share) or math.isnan(reach_share):
        raise click.UsageError("a share is a number of percent", ctx)
    thresholds = Thresholds(distance_share / 100, distance_slack, reach_share / 100, reach_slack)
    result = check(statements, thresholds=thresholds, catalog=load_catalog(*folders))
    emit(result, default="table", quiet=quiet, **output)
    if exit_status and result.counts["contradicted"]:
        ctx.exit(1)
