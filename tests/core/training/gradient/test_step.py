"""The compiled engine against plain NumPy, one rating after another."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from typing import Any

import numpy as np
import pytest

from core.contract.plugins import load_plugins
from core.contract.settings import TrainingSettings, resolve
from core.contract.trainer import Arrays, TrainingData
from core.data.ratings import Ratings
from core.training.gradient.trainer import GradientTrainer
from tests.support import training_data

RATE = 0.01
PULLS = {"l2": 0.117, "prior": 2.0, "bias_l2": 0.012, "bias_prior": 5.0}
NOISE = 0.7


def trainer_of(ratings: Ratings, architecture: str = "bias", **settings: Any) -> GradientTrainer:
    options = {"factors": 4, "initial_spread": 0.3, **PULLS}
    resolved = resolve(load_plugins().architecture(architecture), options=options, settings=settings)
    return GradientTrainer(
        resolved.architecture, resolved.options, resolved.settings, noisy(ratings), "/CPU:0"
    )


def noisy(ratings: Ratings) -> TrainingData:
    return dataclasses.replace(training_data(ratings), noise=NOISE)


def reference_epoch(weights: Arrays, data: TrainingData, order: Any, batch: int, optimizer: str) -> Arrays:
    """One epoch of the bias architecture in float64 loops; with the l2 and priors of `trainer_of`."""
    tables = {name: table.astype(np.float64) for name, table in weights.items()}
    start = {"sgd": 0, "adagrad": 0.1, "rowwise_adagrad": 0.1, "adam": 0}[optimizer]
    slots = {name: [np.full_like(table, start), np.full_like(table, start)] for name, table in tables.items()}
    l2 = {"factors": PULLS["l2"], "bias": PULLS["bias_l2"]}
    prior = {"factors": PULLS["prior"], "bias": PULLS["bias_prior"]}
    share = min(batch, len(order)) / len(order)
    counts = {"user": np.bincount(data.users), "item": np.bincount(data.items)}
    for first in range(0, len(order), batch):
        rows = order[first : first + batch]
        users, items = data.users[rows], data.items[rows]
        sides = {"user": users, "item": items}
        scores = (tables["table/user_factors"][users] * tables["table/item_factors"][items]).sum(1)
        scores += tables["table/user_bias"][users, 0] + tables["table/item_bias"][items, 0]
        errors = (scores - data.targets[rows])[:, None]
        gradients = {
            "table/user_factors": errors * tables["table/item_factors"][items],
            "table/item_factors": errors * tables["table/user_factors"][users],
            "table/user_bias": errors,
            "table/item_bias": errors,
        }
        for name, gradient in gradients.items():
            side, role = name.removeprefix("table/").split("_")
            index, table = sides[side], tables[name]
            pull = l2[role] + prior[role] * NOISE / counts[side][index][:, None]
            gradient = gradient + pull * table[index]
            repeats = np.maximum(counts[side][index] * share, 1)[:, None]
            step = step_of(optimizer, slots[name], index, gradient, repeats)
            np.subtract.at(table, index, step)
    return tables  # type: ignore[return-value]


def together(step: Any, repeats: Any) -> Any:
    return step / (1 + (repeats - 1) * step)


def step_of(optimizer: str, slots: list[Any], index: Any, gradient: Any, repeats: Any) -> Any:
    if optimizer == "sgd":
        return together(RATE, repeats) * gradient
    if optimizer.endswith("adagrad"):
        square = gradient**2
        if optimizer == "rowwise_adagrad":
            square = square.mean(axis=1, keepdims=True) * np.ones_like(square)
        np.add.at(slots[0], index, square)
        return together(RATE / np.sqrt(slots[0][index] + 1e-7), repeats) * gradient
    first, second = slots
    change = (gradient - first[index]) * together(0.1, repeats)
    second_change = (gradient**2 - second[index]) * together(0.001, repeats)
    np.add.at(first, index, change)
    np.add.at(second, index, second_change)
    return together(RATE, repeats) * first[index] / (np.sqrt(np.maximum(second[index], 0)) + 1e-7)


@pytest.mark.parametrize("optimizer", ["sgd", "adagrad", "rowwise_adagrad", "adam"])
@pytest.mark.parametrize("batch", [1, 64, 5000])
def test_an_epoch_equals_the_numpy_loop(ratings: Ratings, optimizer: str, batch: int) -> None:
    trainer = trainer_of(ratings, optimizer=optimizer, batch_size=batch, seed=3)
    before = trainer.weights()
    batches = trainer.begin_epoch(1)
    order = np.random.default_rng([3, 1]).permutation(len(ratings))
    trainer.run_batches(0, batches, RATE)
    expected = reference_epoch(before, training_data(ratings), order, batch, optimizer)
    for name, table in trainer.weights().items():
        np.testing.assert_allclose(table, expected[name], rtol=2e-3, atol=2e-4, err_msg=name)


def test_slices_of_any_size_give_the_numbers_of_one_slice(ratings: Ratings) -> None:
    whole, sliced = trainer_of(ratings), trainer_of(ratings)
    batches = whole.begin_epoch(1)
    sliced.begin_epoch(1)
    total = whole.run_batches(0, batches, 0.05)
    parts = [sliced.run_batches(first, count, 0.05) for first, count in ((0, 1), (1, 5), (6, batches - 6))]
    assert sum(part.ratings for part in parts) == total.ratings == len(ratings)
    assert sum(part.squared_error for part in parts) == pytest.approx(total.squared_error, rel=1e-5)
    for name, table in whole.weights().items():
        np.testing.assert_array_equal(table, sliced.weights()[name])


@pytest.mark.parametrize("architecture", ["bias", "nn"])
def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(
    ratings: Ratings, architecture: str
) -> None:
    trained = []
    for seed in (1, 1, 2):
        with closing(trainer_of(ratings, architecture, seed=seed)) as trainer:
            trainer.run_batches(0, trainer.begin_epoch(1), 0.05)
            trained.append(trainer.weights())
    for name, table in trained[0].items():
        np.testing.assert_array_equal(table, trained[1][name])
    assert any(not np.array_equal(table, trained[2][name]) for name, table in trained[0].items())


def test_a_compiled_step_is_used_again_and_starts_afresh(ratings: Ratings) -> None:
    architecture = load_plugins().architecture("nn")
    options = architecture.Options.parse({"factors": 4})
    settings = TrainingSettings.parse({})

    def make(seed: int) -> GradientTrainer:
        chosen = TrainingSettings.parse({**settings.to_dict(), "seed": seed})
        return GradientTrainer(architecture, options, chosen, training_data(ratings), "/CPU:0")

    first = make(seed=1)
    compiled, fresh = first._compiled, first.state()
    first.run_batches(0, first.begin_epoch(1), 0.05)
    trained = first.state()
    first.close()
    between = make(seed=2)
    assert between._compiled is compiled
    between.run_batches(0, between.begin_epoch(1), 0.05)
    between.close()
    again = make(seed=1)
    assert_same(again.state(), fresh)
    again.run_batches(0, again.begin_epoch(1), 0.05)
    assert_same(again.state(), trained)


def assert_same(first: Arrays, second: Arrays) -> None:
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name], err_msg=name)


def test_compiling_trains_nothing(ratings: Ratings) -> None:
    with closing(trainer_of(ratings, "nn", learning_rate=0.05)) as trainer:
        before = trainer.state()
        trainer.compile()
        assert_same(trainer.state(), before)


def test_scores_are_the_architecture_s_terms(ratings: Ratings) -> None:
    trainer = trainer_of(ratings)
    trainer.run_batches(0, trainer.begin_epoch(1), 0.05)
    tables = trainer.weights()
    users, items = ratings.users[:100], ratings.items[:100]
    expected = (tables["table/user_factors"][users] * tables["table/item_factors"][items]).sum(1)
    expected += tables["table/user_bias"][users, 0] + tables["table/item_bias"][items, 0]
    np.testing.assert_allclose(trainer.scores(users, items), expected, rtol=1e-5, atol=1e-6)
    assert trainer.scores(users[:0], items[:0]).shape == (0,)


@pytest.mark.parametrize("architecture", ["bias", "nn"])
def test_a_restored_state_goes_on_to_the_same_numbers(ratings: Ratings, architecture: str) -> None:
    with closing(trainer_of(ratings, architecture)) as first:
        first.run_batches(0, first.begin_epoch(1), 0.05)
        saved = first.state()
        first.run_batches(0, first.begin_epoch(2), 0.05)
        whole = first.state()
    with closing(trainer_of(ratings, architecture)) as second:
        second.restore(saved)
        second.run_batches(0, second.begin_epoch(2), 0.05)
        assert_same(whole, second.state())
