"""Items that training doesn't know: folded in from first ratings, from traits, and turned models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import core
from core import Run
from core.contract import ItemTable
from core.data import Ratings
from core.errors import UsageError
from core.model import HeldOut, find_factorization
from core.model.news import NewItem, TraitRidge, turned
from core.views.quality import bootstrap_difference
from tests.support import table_of

GENRES = ("Comedy", "Drama", "Horror")
USERS, ITEMS = 60, 75


def genre_table(seed: int = 0) -> Ratings:
    """People like some genres: rating = 3 + taste for the item's genre + what is its own + noise."""
    draws = np.random.default_rng(seed)
    tastes, own = draws.normal(0, 0.9, (USERS, 3)), draws.normal(0, 0.25, ITEMS)
    seen = draws.random((USERS, ITEMS)) < 0.5
    users, items = np.nonzero(seen)
    exact = 3 + tastes[users, items % 3] + own[items] + draws.normal(0, 0.3, len(users))
    table = table_of(users, items, np.clip(np.round(exact * 2) / 2, 0.5, 5), USERS, ITEMS)
    genres = tuple((GENRES[item % 3],) for item in range(ITEMS))
    return replace(table, item_table=replace(table.item_table, genres=genres))


@pytest.fixture(scope="module")
def table() -> Ratings:
    return genre_table()


@pytest.fixture(scope="module", params=["bias", "nn"])
def run(request: pytest.FixtureRequest, table: Ratings, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Trained without the last 15 items' ratings."""
    kept = np.flatnonzero(table.items < ITEMS - 15)
    part = replace(table, users=table.users[kept], items=table.items[kept], ratings=table.ratings[kept])
    folder = tmp_path_factory.mktemp("items") / request.param
    return core.train(part, request.param, options={"factors": 4}, split="none", epochs=15, folder=folder)


def test_a_turned_model_scores_alike_and_turns_back(run: Run) -> None:
    model = run.model
    users, items = np.arange(40), np.arange(40) % (ITEMS - 15)
    np.testing.assert_allclose(
        turned(model).scorer.raw(items, users), model.scorer.raw(users, items), rtol=1e-5, atol=1e-5
    )
    again = turned(turned(model))
    np.testing.assert_array_equal(again.scorer.raw(users, items), model.scorer.raw(users, items))
    assert (find_factorization(model) is None) == (find_factorization(turned(model)) is None)


def test_traits_place_items_that_nobody_rated_better_than_the_mean(run: Run, table: Ratings) -> None:
    """On items held out wholly, with the interval over those items."""
    model = run.model
    rows = np.flatnonzero(table.items >= ITEMS - 15)
    users, items, truth = table.users[rows].astype(np.int64), table.items[rows], table.ratings[rows]
    nobody, nothing = np.zeros(0, np.int64), np.zeros(0, np.float32)
    predicted = np.empty(len(rows), np.float32)
    for item in np.unique(items).tolist():
        traits = ItemTable(("",), (table.item_table.genres[item],), np.zeros(1, np.int32))
        own = items == item
        predicted[own] = NewItem.of(model, traits, nobody, nothing).raw(users[own])
    means = model.baseline.clip(model.baseline.fallback(users, np.full(len(users), -1)))
    places = items.astype(np.int64)
    by_means = HeldOut(places, users, truth, means)
    away = bootstrap_difference(by_means, HeldOut(places, users, truth, model.baseline.clip(predicted)))
    assert away.high < -0.1, away
    ridge = TraitRidge.of(model)
    assert ridge is not None and ridge.explained > 0.3


def test_first_ratings_move_an_item_towards_what_it_gets(run: Run, table: Ratings) -> None:
    """The more of its ratings are given, the better the others are predicted."""
    model, errors = run.model, {0: 0.0, 3: 0.0, 12: 0.0}
    for item in range(ITEMS - 15, ITEMS):
        own = np.flatnonzero(table.items == item)
        for given in errors:
            some = own[:given]
            users, values = table.users[some].astype(np.int64), table.ratings[some]
            folded = NewItem.of(model, None, users, values)
            rest = own[12:]
            errors[given] += float(
                np.square(folded.raw(table.users[rest].astype(np.int64)) - table.ratings[rest]).mean()
            )
    assert errors[12] < errors[3] < errors[0]


def test_an_item_is_asked_of_a_run(run: Run) -> None:
    answer = run.fold_in_item({"u1": 5, "u2": 4.5}, genres=["drama"], year=1990, n=3)
    assert len(answer.users) == 3 and {"u1", "u2"}.isdisjoint(one.user for one in answer.users)
    assert [one.rating for one in answer.given] == [5, 4.5]
    assert (
        all("Drama" in one.genres for one in run.fold_in_item(genres=["Drama"], n=2).similar)
        or not answer.similar
    )
    plain = run.fold_in_item({"u1": 5}).average
    assert run.fold_in_item({"u1": 0.5}).average < plain
    with pytest.raises(UsageError, match="genre 'Westen'"):
        run.fold_in_item(genres=["Westen"])
    with pytest.raises(UsageError, match=r"Ratings go from 0\.5 to 5"):
        run.fold_in_item({"u1": 9})
    with pytest.raises(UsageError, match="Nothing is said"):
        run.fold_in_item()


@pytest.mark.parametrize("architecture", ["bias", "ease"])
def test_an_item_that_some_like_is_for_those_alike(
    table: Ratings, architecture: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Likes of two groups of users; what a few of one like is shown to the others of it."""
    draws = np.random.default_rng(1)
    users, items = np.nonzero(
        draws.random((USERS, 40)) < np.where((np.arange(USERS)[:, None] + np.arange(40)) % 2, 0.5, 0.05)
    )
    likes = replace(table_of(users, items, np.ones(len(users)), USERS, 40), kind="interactions")
    folder = tmp_path_factory.mktemp("likes") / architecture
    options = {"factors": 4} if architecture == "bias" else {"l2": 5.0}
    run = core.train(likes, architecture, options=options, split="none", folder=folder)
    if architecture == "ease":
        with pytest.raises(UsageError, match="links between items"):
            run.fold_in_item(likes=["u1"])
        return
    answer = run.fold_in_item(likes=["u0", "u2", "u4", "u6"], n=20)
    even = [int(str(one.user)[1:]) % 2 == 0 for one in answer.users]
    assert sum(even) >= 16
