"""The commands about how good runs are: `diagnose`, `rank` and `compare`."""

from __future__ import annotations

from typing import Annotated

import typer

from core.cli.parameters import AsJson, Plugins, RunName, all_plugins

Top = Annotated[int, typer.Option("-k", help="Measure the first k of each user's ranking.", min=1)]


def diagnose(
    context: typer.Context,
    run: RunName,
    worst: Annotated[int, typer.Option(help="So many of the worst predictions.", min=0)] = 10,
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Show where a run errs: by user activity, item popularity, genre and rating; the worst predictions."""
    from core.cli.views_lookup import open_model
    from core.cli.views_quality import print_diagnosis

    print_diagnosis(open_model(run, all_plugins(context, plugin)), worst, as_json)


def rank(
    context: typer.Context,
    run: RunName,
    k: Top = 10,
    relevant_from: Annotated[
        float | None, typer.Option(help="A rating from which on an item is relevant [upper quarter].")
    ] = None,
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Measure a run's ranking of all items: nDCG, recall, MAP, coverage, novelty; popularity beside it."""
    from core.cli.views_lookup import open_model
    from core.cli.views_quality import print_ranking

    print_ranking(open_model(run, all_plugins(context, plugin)), k, relevant_from, as_json)


def compare(
    context: typer.Context,
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="The first is compared with.")],
    k: Top = 10,
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Compare runs on the same split, with bootstrap intervals for the differences."""
    from core.cli.views_lookup import open_model
    from core.cli.views_quality import print_comparison

    plugins = all_plugins(context, plugin)
    print_comparison([open_model(run, plugins) for run in runs], k, as_json)


def add_quality_commands(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (diagnose, rank, compare):
        app.command()(command)
