"""The ranking trainer: gradients against NumPy, samples against all items, resuming, learning."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import numpy as np
import pytest

from core.contract import TrainingData, load_plugins, resolve
from core.contract.trainer import Arrays
from core.model import build_head
from core.ranking import ItemSets
from core.training.ranking import _candidates
from core.training.ranking._batches import BatchSize, EpochBatches
from core.training.ranking._candidates import AllItems, SharedSample
from core.training.ranking.trainer import RankingTrainer

USERS, ITEMS, FACTORS = 60, 40, 3


def taken(seed: int = 0, users: int = USERS, items: int = ITEMS) -> TrainingData:
    """Who took what, by planted tastes: two groups of users with items of their own, and popular ones."""
    generator = np.random.default_rng(seed)
    group, kind = np.arange(users) % 2, np.arange(items) % 2
    chance = np.where(group[:, None] == kind[None, :], 0.4, 0.04) * (1.5 - np.arange(items) / items)
    pairs = np.argwhere(generator.random((users, items)) < chance).astype(np.int32)
    weights = generator.integers(1, 3, len(pairs)).astype(np.float32)
    return TrainingData(pairs[:, 0], pairs[:, 1], weights, users, items, 0.0, objective="ranking")


def trainer_of(
    architecture: str = "bias",
    data: TrainingData | None = None,
    options: dict[str, Any] | None = None,
    **settings: Any,
) -> RankingTrainer:
    small = {"factors": FACTORS, "initial_spread": 0.3}
    chosen = resolve(
        load_plugins().architecture(architecture),
        options={**small, **(options or {})},
        settings={"objective": "ranking", **settings},
    )
    return RankingTrainer(chosen.architecture, chosen.options, chosen.settings, data or taken(), "/CPU:0")


def tables(arrays: Arrays) -> dict[str, np.ndarray]:
    return {
        name.removeprefix("table/"): array.astype(np.float64)
        for name, array in arrays.items()
        if name.startswith("table/")
    }


def expected_step(
    before: dict[str, np.ndarray], data: TrainingData, l2: float, prior: float
) -> tuple[float, dict[str, np.ndarray]]:
    """Loss and gradients of one batch with all users, in NumPy; l2 and prior pull factors to 0."""
    weights = np.zeros((data.user_count, data.item_count))
    weights[data.users, data.items] = data.targets
    users, items = before["user_factors"], before["item_factors"]
    scores = users @ items.T + before["item_bias"][:, 0]
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    amount = weights.sum(axis=1, keepdims=True)
    slope = amount * np.exp(log_p) - weights
    return -(weights * log_p).sum(), {
        "user_factors": slope @ items + (l2 * amount + prior) * users,
        "item_factors": slope.T @ users + (l2 * weights.sum() / data.item_count + prior) * items,
        "item_bias": slope.sum(axis=0)[:, None],
        "user_bias": np.zeros((data.user_count, 1)),
    }


def test_a_step_follows_the_gradient_of_the_softmax_over_all_items() -> None:
    data, l2, prior = taken(), 0.2, 3.0
    pairs, options = len(data), {"l2": l2, "prior": prior, "bias_l2": 0.0}
    with closing(trainer_of("bias", data, options, optimizer="sgd", batch_size=pairs * 2)) as trainer:
        assert trainer.begin_epoch(1) == 1
        before = tables(trainer.weights())
        loss, gradients = expected_step(before, data, l2, prior)
        done = trainer.run_batches(0, 1, 0.001)
        after, reach = tables(trainer.weights()), trainer._parts.user_reach
    assert done.squared_error == pytest.approx(loss, rel=1e-4)
    assert done.ratings == pairs
    for name, gradient in gradients.items():
        rate = 0.001 * (reach if name.startswith("user") else 1)
        assert np.allclose(before[name] - after[name], rate * gradient, atol=2e-5), name


def test_a_head_scored_pair_by_pair_learns_the_same_as_by_products() -> None:
    """`bias` with its terms hidden, and `nn`, are trained through their whole Keras heads."""
    from models_plugins.bias import Bias
    from models_plugins.nn import NeuralNet

    class HiddenBias(Bias):
        def terms(self, rows: Any, options: Any) -> None:  # type: ignore[override]
            return None

    class HiddenNet(NeuralNet):
        def partial_terms(self, rows: Any, options: Any) -> None:
            return None

    small = {"factors": 3}
    kinds = ((Bias, HiddenBias, small), (NeuralNet, HiddenNet, {**small, "zero_start": False}))
    for open_kind, hidden, options in kinds:
        found = []
        for kind in (open_kind, hidden):
            chosen = resolve(kind(), options=options, settings={"objective": "ranking"})
            with closing(
                RankingTrainer(chosen.architecture, chosen.options, chosen.settings, taken(), "/CPU:0")
            ) as trainer:
                products = trainer._parts.products
                assert (products is None) == (kind is hidden)
                assert products is None or products.has_rest == (kind is NeuralNet)
                for epoch in (1, 2):
                    trainer.run_batches(0, trainer.begin_epoch(epoch), 0.03)
                found.append(trainer.all_scores(np.arange(USERS, dtype=np.int32)))
        assert np.allclose(found[0], found[1], atol=2e-3), open_kind


def test_a_head_that_is_more_than_products_and_a_rest_is_not_taken_for_one() -> None:
    """Partial terms may be told of a head that uses the same rows otherwise too."""
    from core.training.ranking._products import find_products
    from models_plugins.nn import NeuralNet

    class Entangled(NeuralNet):
        def build(self, user: Any, item: Any, options: Any) -> Any:
            from keras import layers

            factors = [side.embed(3) for side in (user, item)]
            biases = [side.embed(1, role="bias") for side in (user, item)]
            product = layers.Dot(axes=1)(factors)
            return layers.Add()([product, layers.Multiply()([product, product]), *biases])

    kind = Entangled()
    options = resolve(kind, settings={"objective": "ranking"}).options
    assert find_products(kind, options, build_head(kind, options, 1)) is None
    plain = NeuralNet()
    found = find_products(plain, plain.Options(), build_head(plain, plain.Options(), 1))
    assert found is not None
    assert (found.roles, found.has_rest) == (("factors",), True)


@pytest.mark.parametrize("architecture", ["bias", "dot", "nn"])
@pytest.mark.parametrize("optimizer", ["adam", "adagrad"])
def test_a_resumed_training_is_the_uninterrupted_one(architecture: str, optimizer: str) -> None:
    def after(epochs: range, start: Arrays | None = None) -> Arrays:
        with closing(trainer_of(architecture, optimizer=optimizer)) as trainer:
            if start is not None:
                trainer.restore(start)
            trainer.begin_epoch(epochs[0])
            trainer.compile()
            for epoch in epochs:
                batches = trainer.begin_epoch(epoch)
                for batch in range(batches):
                    trainer.run_batches(batch, 1, 0.02)
            return trainer.state()

    whole, half = after(range(1, 5)), after(range(1, 3))
    resumed = after(range(3, 5), half)
    assert whole.keys() == resumed.keys()
    for name, array in whole.items():
        assert np.array_equal(array, resumed[name]), name


@pytest.mark.parametrize("architecture", ["bias", "dot", "nn"])
def test_it_ranks_what_a_group_likes_before_what_it_does_not(architecture: str) -> None:
    with closing(trainer_of(architecture, options={"factors": 8})) as trainer:
        for epoch in range(1, 16):
            trainer.run_batches(0, trainer.begin_epoch(epoch), 0.03)
        scores = trainer.all_scores(np.arange(USERS, dtype=np.int32))
    same = (np.arange(USERS) % 2)[:, None] == (np.arange(ITEMS) % 2)[None, :]
    ranks = np.argsort(np.argsort(-scores, axis=1), axis=1)
    assert ranks[same].mean() + 10 < ranks[~same].mean()


def test_pairs_and_whole_rows_score_alike() -> None:
    with closing(trainer_of("nn", data=taken(users=150))) as trainer:
        users, items = np.random.default_rng(0).integers(0, [[150], [ITEMS]], (2, 500)).astype(np.int32)
        whole = trainer.all_scores(np.arange(150, dtype=np.int32))
        assert np.allclose(trainer.scores(users, items), whole[users, items], atol=1e-6)


def test_replicas_learn_from_starts_of_their_own_as_if_alone() -> None:
    with closing(trainer_of(replicas=2)) as both:
        for epoch in (1, 2):
            both.run_batches(0, both.begin_epoch(epoch), 0.02)
        alike = both.replica_scores(np.arange(USERS, dtype=np.int32), np.zeros(USERS, np.int32))
    with closing(trainer_of()) as one:
        for epoch in (1, 2):
            one.run_batches(0, one.begin_epoch(epoch), 0.02)
        alone = one.scores(np.arange(USERS, dtype=np.int32), np.zeros(USERS, np.int32))
    assert np.allclose(alike[:, 0], alone, atol=1e-4)
    assert not np.allclose(alike[:, 1], alone, atol=1e-3)


def test_batches_hold_every_user_once_and_never_too_many_pairs() -> None:
    data = taken(1)
    likes = ItemSets.of(data.users, data.items, (USERS, ITEMS), data.targets)
    size = BatchSize(users=7, pairs=max(40, int(likes.sizes.max())))
    batches = EpochBatches.draw(likes, size, size.room, np.random.default_rng(0))
    users: list[int] = []
    for number in range(len(batches)):
        batch = batches.batch(number)
        own = batch.users[batch.valid > 0]
        users += own.tolist()
        assert len(own) <= 7 and batch.pairs <= size.pairs
        assert batch.weights[batch.pairs :].sum() == 0
        assert batch.weights.sum() == pytest.approx(
            sum(data.targets[data.users == user].sum() for user in own)
        )
    assert sorted(users) == np.flatnonzero(likes.sizes).tolist()


def test_what_is_compiled_for_a_part_of_a_table_serves_the_whole() -> None:
    whole, part = BatchSize(60, 13_000), BatchSize(60, 11_700)
    first = part.room_among([])
    assert whole.room_among([first]) == first
    assert BatchSize(60, 5_000).room_among([first]) != first  # it would mostly pad
    assert BatchSize(30, 11_700).room_among([first]).users < first.users


def test_the_sum_over_a_sample_is_right_in_the_mean() -> None:
    """Candidates that count 1 / share times each, and what is taken, give the sum over all items."""
    data = taken(2, users=40, items=300)
    likes = ItemSets.of(data.users, data.items, (40, 300))
    size = BatchSize.choose(likes.sizes, 200)
    sample = SharedSample(likes, size, 60)
    exact = np.exp(np.random.default_rng(5).normal(size=300))
    user, totals = 3, []
    for seed in range(2000):
        generator = np.random.default_rng(seed)
        company = generator.choice(np.setdiff1d(np.arange(40), [user]), size.users - 1, replace=False)
        chosen = EpochBatches(likes, size.room, np.array([user, *company]), np.array([0, size.users]))
        found = sample.of(chosen.batch(0), generator)
        others = (found.log_share < 1e29) & ~np.isin(found.items[found.shared], likes.of_user(user))
        drawn = exact[found.items[found.shared[others]]] / np.exp(found.log_share[others])
        totals.append(drawn.sum() + exact[likes.of_user(user)].sum())
    assert np.mean(totals) == pytest.approx(exact.sum(), rel=0.02)


def test_a_batch_that_needs_more_rows_than_expected_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_candidates, "_FEW_ROWS", 0)
    data = taken(2, users=40, items=300)
    likes = ItemSets.of(data.users, data.items, (40, 300))
    size = BatchSize.choose(likes.sizes, 200)
    sample = SharedSample(likes, size, 60)
    batch = EpochBatches.draw(likes, size, size.room, np.random.default_rng(0)).batch(0)
    usual = sample.of(batch, np.random.default_rng(1))
    sample._rows = 1
    larger = sample.of(batch, np.random.default_rng(1))
    needed = int((usual.row_share > 0).sum())
    assert needed <= len(usual.items) < len(larger.items) == min(300, size.pairs + 60)
    assert np.array_equal(usual.items[:needed], larger.items[:needed])
    assert not larger.row_share[needed:].any()
    pairs = batch.pairs
    assert np.array_equal(larger.items[larger.taken[:pairs]], batch.items[:pairs])
    drawn = larger.twice[:pairs]
    again = larger.items[larger.shared[drawn[drawn >= 0]]]
    assert len(again) and np.array_equal(again, batch.items[:pairs][drawn >= 0])


def test_all_items_are_candidates_of_small_catalogues() -> None:
    with closing(trainer_of()) as trainer:
        assert isinstance(trainer._candidates, AllItems)
        assert not trainer.samples


def test_a_sampled_training_learns_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.training.ranking import _candidates

    monkeypatch.setattr(_candidates, "EXACT_ITEMS", 0)
    monkeypatch.setattr(_candidates, "DRAWN", 10)
    data = taken(3, users=200, items=120)
    with closing(trainer_of("bias", data, {"factors": 8}, batch_size=60)) as trainer:
        assert trainer.samples
        for epoch in range(1, 11):
            trainer.run_batches(0, trainer.begin_epoch(epoch), 0.02)
        scores = trainer.all_scores(np.arange(200, dtype=np.int32))
    same = (np.arange(200) % 2)[:, None] == (np.arange(120) % 2)[None, :]
    ranks = np.argsort(np.argsort(-scores, axis=1), axis=1)
    assert ranks[same].mean() + 20 < ranks[~same].mean()
