"""Which recipe a training takes: by name, by the objective, by the table's size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest

from core import Architecture, ArchitectureOptions, Recipe, load_plugins, option
from core.contract import resolve, settle


class Sized(Architecture):
    """Has recipes for large tables."""

    name = "sized"
    recipes: ClassVar[Mapping[str, Recipe]] = {
        "default": Recipe("For small ones.", {"width": 1}, {"epochs": 5}),
        "larger": Recipe("From a thousand.", {"width": 2}, {"epochs": 6}, from_ratings=1000),
        "largest": Recipe("From a million.", {"width": 3}, {"epochs": 7}, from_ratings=1_000_000),
        "ranking": Recipe("For rankings.", {"width": 4}, {"epochs": 8}),
    }

    class Options(ArchitectureOptions):
        """What can be chosen."""

        width: int = option(default=9, help="How wide.")


@pytest.mark.parametrize(
    ("rows", "recipe"),
    [(999, "default"), (1000, "larger"), (999_999, "larger"), (2_000_000, "largest")],
)
@pytest.mark.parametrize("objective", ["auto", "rating"])
def test_the_default_recipe_is_that_for_the_tables_size(rows: int, recipe: str, objective: str) -> None:
    settled = settle(resolve(Sized(), settings={"objective": objective}), True, rows)
    assert settled.recipe == recipe and settled.settings.objective == "rating"
    assert settled.options.to_dict() == dict(Sized.recipes[recipe].options)
    assert settled.settings.epochs == Sized.recipes[recipe].training["epochs"]
    assert settle(settled, True, rows) == settled


def test_what_is_asked_for_outweighs_the_size() -> None:
    named = settle(resolve(Sized(), "larger"), True, 2_000_000)
    assert (named.recipe, named.settings.epochs) == ("larger", 6)
    given = settle(resolve(Sized(), options={"width": 7}, settings={"seed": 3}), True, 1000)
    assert (given.options.to_dict(), given.settings.seed, given.settings.epochs) == ({"width": 7}, 3, 6)


def test_the_net_is_held_less_where_rows_have_many_ratings() -> None:
    net = load_plugins().architecture("nn")
    small, large = (settle(resolve(net), True, rows) for rows in (100_000, 1_000_000))
    assert (small.recipe, large.recipe) == ("default", "large")
    assert large.options.to_dict()["l2"] < small.options.to_dict()["l2"]
    assert large.settings.epochs > small.settings.epochs


def test_rankings_have_one_recipe_for_all_sizes() -> None:
    for has_ratings, objective in ((True, "ranking"), (False, "auto")):
        settled = settle(resolve(Sized(), settings={"objective": objective}), has_ratings, 2_000_000)
        assert settled.options.to_dict() == {"width": 4} and settled.settings.epochs == 8
