"""Many users folded in at a time are those folded in one by one, and are judged as the split says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.contract import ItemTable, load_plugins, resolve
from core.data import RatingScale, Vocabulary, split_ratings
from core.model import (
    Baseline,
    Folder,
    HeldOut,
    LikesFolder,
    Model,
    Scoring,
    folder_of,
    held_out,
    popularity_baseline,
)
from core.model.newcomers import fold_many, newcomers_of, raw_block, raw_pairs
from core.model.rated import RatedTable
from core.ranking import ItemSets
from core.runs import load_head
from core.training import make_trainer
from tests.core.views.handmade import Splittable, hand_model
from tests.support import make_ratings

USERS, ITEMS = 60, 90


def factor_model(objective: str = "rating", without: tuple[str, ...] = ()) -> Model:
    """Random factors and biases of 60 users and 90 items; the last item was never trained."""
    generator = np.random.default_rng(2)
    tables = {
        "user_factors": generator.normal(0, 0.6, (USERS, 4)),
        "item_factors": generator.normal(0, 0.6, (ITEMS, 4)),
        "user_bias": generator.normal(0, 0.3, (USERS, 1)),
        "item_bias": generator.normal(0, 0.5, (ITEMS, 1)),
    }
    counts = np.append(generator.integers(1, 40, ITEMS - 1), 0)
    scale = RatingScale(0.5, 5.0, 0.5)
    baseline = popularity_baseline(np.full(USERS, 9), counts, scale)
    if objective == "rating":
        offsets = generator.normal(0, 0.2, ITEMS).astype(np.float32)
        baseline = Baseline(3.0, scale, np.full(USERS, 9), counts, np.zeros(USERS, np.float32), offsets)
    return Model(
        Splittable(),
        Splittable.Options(),
        Vocabulary(np.arange(USERS)),
        Vocabulary(np.arange(ITEMS)),
        ItemTable(tuple(map(str, range(ITEMS))), ((),) * ITEMS, np.zeros(ITEMS, np.int32)),
        baseline,
        {f"table/{n}": table.astype(np.float32) for n, table in tables.items() if n not in without},
        Scoring(offset=3.0 if objective == "rating" else 0.0),
        objective=objective,
    )


def given_sets(ratings: bool) -> ItemSets:
    """Who gave nothing, one thing, a few and many."""
    generator = np.random.default_rng(3)
    sizes = [0, 1, 3, 5, 8, 30, 2, 70]
    users = np.repeat(np.arange(len(sizes)), sizes)
    items = np.concatenate([generator.permutation(ITEMS - 1)[:size] for size in sizes])
    weights = generator.uniform(1, 5, len(users)) if ratings else generator.uniform(0.5, 2, len(users))
    return ItemSets.of(users, items, (len(sizes), ITEMS), weights.astype(np.float32))


@pytest.mark.parametrize("objective", ["rating", "ranking"])
def test_many_are_folded_in_as_one_by_one(objective: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under ranking with fewer candidates than items, so that some likes are rare."""
    monkeypatch.setattr("core.model.liking.folding._CANDIDATES", 40)
    monkeypatch.setattr("core.model.newcomers._likes._BLOCK", 3)
    monkeypatch.setattr("core.model.newcomers.folding._PAIRS", 40)
    folder = folder_of(factor_model(objective))
    assert isinstance(folder, LikesFolder if objective == "ranking" else Folder)
    given = given_sets(objective == "rating")
    folded = fold_many(folder, given)
    items = np.arange(ITEMS)
    for user in range(given.user_count):
        own = slice(given.starts[user], given.starts[user + 1])
        one = folder.fold(given.items[own].astype(np.int64), given.weights[own])
        expected = folder.raw(one, items)
        tolerance = 1e-4 if objective == "rating" else 2e-2
        np.testing.assert_allclose(raw_block(folder, folded, np.array([user]))[0], expected, atol=tolerance)
        pairs = raw_pairs(folder, folded, np.full(ITEMS, user), items)
        np.testing.assert_allclose(pairs, expected, atol=tolerance)


def test_likes_reach_the_top_of_their_posterior() -> None:
    """The cost at what is found is as low as a general minimizer gets it."""
    from scipy.optimize import minimize

    folder = folder_of(factor_model("ranking"))
    assert isinstance(folder, LikesFolder)
    given, prior = given_sets(ratings=False), folder.folder.prior
    found = fold_many(folder, given).numbers
    candidates = folder.candidates
    for user in (1, 4, 7):
        own = slice(given.starts[user], given.starts[user + 1])

        def cost(numbers: np.ndarray, own: slice = own) -> float:
            scores, _ = folder.folder.linearize(numbers, candidates)
            liked, _ = folder.folder.linearize(numbers, given.items[own].astype(np.int64))
            away = numbers - prior.mean
            total = np.log(np.exp(scores).sum())
            return float(0.5 * away @ prior.precision @ away + (given.weights[own] * (total - liked)).sum())

        least = minimize(cost, prior.mean, method="BFGS").fun
        assert cost(found[user]) == pytest.approx(least, abs=5e-3)


def test_a_head_knows_its_slopes() -> None:
    """The gradient of the net is what nudging each number gives."""
    registry = load_plugins()
    resolved = resolve(
        registry.architecture("nn"), options={"factors": 3, "net_factors": 2, "hidden_units": 4}
    )
    table = make_ratings()
    split = split_ratings(table)
    from core.training._prepare import prepare

    prepared = prepare(table, resolved.settings)
    trainer, _ = make_trainer(resolved.architecture, resolved.options, resolved.settings, prepared.train)
    model = Model(
        resolved.architecture,
        resolved.options,
        table.user_vocabulary,
        table.item_vocabulary,
        table.item_table,
        prepared.baseline,
        trainer.weights(),
        prepared.scoring,
        read_rated=lambda: RatedTable.of_split(table, split),
        load_head=load_head,
    )
    folder = Folder.of(model)
    numbers, items = folder.prior.mean[None, :] + 0.3, np.arange(12)
    places = np.zeros(len(items), np.int64)
    scores, slopes = folder.slopes_of_pairs(numbers, places, items)
    nudged = [folder.score_pairs(numbers + 1e-3 * unit, places, items) for unit in np.eye(numbers.shape[1])]
    rises = (np.stack(nudged, axis=1) - scores[:, None]) / 1e-3
    assert (np.abs(slopes - rises) < 2e-3).mean() > 0.95  # a nudge may cross one of the net's corners


def test_held_out_newcomers_are_predicted_by_what_they_gave() -> None:
    """cid is in no row of training; her given rating moves her held-out one from the fallback."""
    model = hand_model()
    table = model.rated.ratings
    parts = model.rated.parts.copy()
    extra = replace(
        table,
        users=np.append(table.users, 2).astype(np.int32),
        items=np.append(table.items, 1).astype(np.int32),
        ratings=np.append(table.ratings, 4).astype(np.float32),
    )
    plain = replace(model, read_rated=lambda: RatedTable(extra, np.append(parts, 1)))
    assert newcomers_of(plain) is None
    folding = replace(model, read_rated=lambda: RatedTable(extra, np.append(parts, 2)))
    newcomers = newcomers_of(folding)
    assert newcomers is not None
    assert newcomers.users.tolist() == [2]

    def of_cid(found: HeldOut) -> float:
        return float(found.predicted[(found.users == 2) & (found.items == 0)][0])

    user = Folder.of(folding).fold(np.array([1]), np.array([4], np.float32))
    expected = model.baseline.clip(Folder.of(folding).raw(user, np.array([0])))[0]
    assert of_cid(held_out(folding)) == pytest.approx(float(expected))
    assert of_cid(held_out(plain)) != of_cid(held_out(folding))
