"""The commands that show what a run has learnt; each loads what it needs only when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.cli.parameters import AsJson, Plugins, RunName, all_plugins

Count = Annotated[int, typer.Option("-n", "--count", help="How many.", min=1)]
MostRated = Annotated[int, typer.Option(help="Take part: so many of the most rated items.", min=2)]


def recommend(
    context: typer.Context,
    run: RunName,
    users: Annotated[
        list[str], typer.Argument(metavar="[USER]...", help="User ids; several are a group.")
    ] = [],  # noqa: B006
    count: Count = 10,
    everybody: Annotated[bool, typer.Option("--all", help="For every user, into --out.")] = False,
    out: Annotated[Path | None, typer.Option(help="File of --all: .parquet or .csv.")] = None,
    seen: Annotated[bool, typer.Option("--seen", help="Include items that the user rated.")] = False,
    genre: Annotated[str, typer.Option(help="Only this genre.")] = "",
    year_from: Annotated[int | None, typer.Option("--from", help="Only from this year on.")] = None,
    year_to: Annotated[int | None, typer.Option("--to", help="Only up to this year.")] = None,
    min_ratings: Annotated[int, typer.Option(help="Only items with so many training ratings.", min=0)] = 0,
    diversity: Annotated[float, typer.Option(help="0: best rated, 1: most varied.", min=0, max=1)] = 0.0,
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Recommend items to a user, a group of users, or everybody."""
    from core.cli.views_lookup import open_model, print_recommendations, save_recommendations
    from core.views.top_items import ItemFilter

    model = open_model(run, all_plugins(context, plugin))
    only = ItemFilter(genre or None, year_from, year_to, min_ratings)
    if everybody or out is not None:
        save_recommendations(model, users, out, count, not seen, only, diversity, as_json)
    else:
        print_recommendations(model, users, count, not seen, only, diversity, as_json)


def similar(
    context: typer.Context,
    run: RunName,
    item: Annotated[str, typer.Argument(help="Item id or title; a user id with --users.")],
    count: Count = 10,
    users: Annotated[bool, typer.Option("--users", help="Compare users instead of items.")] = False,
    min_ratings: Annotated[int, typer.Option(help="Only items with so many training ratings.", min=1)] = 5,
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """List the items (or users) whose factors are most like an item's (or a user's)."""
    from core.cli.views_lookup import open_model, print_similar, print_similar_users

    show = print_similar_users if users else print_similar
    show(open_model(run, all_plugins(context, plugin)), item, count, min_ratings, as_json)


def biases(
    context: typer.Context,
    run: RunName,
    count: Count = 15,
    most_rated: MostRated = 2000,
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """List the items with the highest and the lowest bias."""
    from core.cli.views_lookup import open_model
    from core.cli.views_tables import print_biases

    print_biases(open_model(run, all_plugins(context, plugin)), most_rated, count, as_json)


def components(
    context: typer.Context,
    run: RunName,
    count: Annotated[int, typer.Option("-n", "--count", help="Items at each end.", min=1)] = 10,
    components: Annotated[int, typer.Option(help="How many components.", min=1)] = 3,
    most_rated: MostRated = 2000,
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """List the principal components of the item factors with the items at both ends."""
    from core.cli.views_lookup import open_model
    from core.cli.views_tables import print_components

    model = open_model(run, all_plugins(context, plugin))
    print_components(model, most_rated, components, count, as_json)


def map_items(
    context: typer.Context,
    run: RunName,
    x: Annotated[int, typer.Option(help="Component across, from 1.", min=1)] = 1,
    y: Annotated[int, typer.Option(help="Component upwards, from 1.", min=1)] = 2,
    first: Annotated[int, typer.Option(help="First rank of popularity, from 0.", min=0)] = 0,
    last: Annotated[int, typer.Option(help="Rank of popularity to stop before.", min=1)] = 50,
    most_rated: MostRated = 2000,
    out: Annotated[Path | None, typer.Option(help="Picture to write: .svg, .png or .txt.")] = None,
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Draw items on two components, in the terminal or into a file."""
    from core.cli.views_lookup import open_model
    from core.cli.views_map import show_map
    from core.views.map import item_map

    model = open_model(run, all_plugins(context, plugin))
    show_map(item_map(model, (x, y), first, last, most_rated), out, as_json)


def add_view_commands(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (recommend, similar, biases, components):
        app.command()(command)
    app.command("map")(map_items)
