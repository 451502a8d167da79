"""The commands about a person: `foldin` and `why`."""

from __future__ import annotations

from typing import Annotated

import typer

from core.cli.parameters import AsJson, Plugins, RunName, all_plugins

Given = Annotated[
    list[str], typer.Option("--rate", metavar="ITEM=RATING", help="An id or title and a rating; repeat.")
]
Had = Annotated[
    list[str], typer.Option("--had", metavar="ITEM=RATING", help="What if this were the user's rating?")
]


def foldin(
    context: typer.Context,
    run: RunName,
    rate: Given = [],  # noqa: B006
    count: Annotated[int, typer.Option("-n", "--count", help="How many to recommend.", min=1)] = 10,
    min_ratings: Annotated[int, typer.Option(help="Only items with so many training ratings.", min=0)] = 0,
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Meet a new user from a few ratings, without training again."""
    from core.cli.views_lookup import open_model
    from core.cli.views_people import print_fold_in

    print_fold_in(open_model(run, all_plugins(context, plugin)), rate, count, min_ratings, as_json)


def why(
    context: typer.Context,
    run: RunName,
    user: Annotated[str, typer.Argument(help="User id, as in the table.")],
    item: Annotated[str, typer.Argument(help="Item id or title.")],
    count: Annotated[int, typer.Option("-n", "--count", help="How many ratings to show.", min=1)] = 10,
    had: Had = [],  # noqa: B006
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Explain a prediction by its parts and by the user's own ratings."""
    from core.cli.views_lookup import open_model
    from core.cli.views_people import print_why

    print_why(open_model(run, all_plugins(context, plugin)), user, item, count, had, as_json)


def add_people_commands(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(foldin)
    app.command()(why)
