from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import TastemapError, TrainingData, load_plugins, load_ratings, split_ratings, train
from core.api import load_run, resume
from core.model.scorer import Scoring, make_scorer
from core.protocol.events import EpochFinished
from core.testing import assert_conforms
from core.testing.tables import planted_training_data
from models_plugins.bayes import (
    _host_sweep as host_sweep,
    _side_by_side as side_by_side,
    _sweep as bayes_sweep,
)
from models_plugins.bayes._chains import Agreement
from models_plugins.bayes._features import (
    beside_columns,
    genre_columns,
    set_columns,
    strongest_features,
    year_columns,
)
from models_plugins.bayes._few_rated import FEW, alike_rows, drawn_alike
from models_plugins.bayes._host_sweep import HostSweep
from models_plugins.bayes._posterior import KEPT, Posterior, strongest_directions
from models_plugins.bayes._state import Features, Prior, draw_noise
from models_plugins.bayes._sweep import Sweep, draw_rows, row_sums, solve_and_draw
from models_plugins.bayes._trainer import GibbsTrainer
from models_plugins.bayes.architecture import Bayes
from tests.support import command, make_ratings, write_csv

SMALL = {"factors": 3, "components": 8, "sweeps": 5}


_cpu_sweep = partial(Sweep, device="/CPU:0")


def trainer_on(data: TrainingData, seed: int = 1, **options: Any) -> GibbsTrainer:
    return GibbsTrainer(data, seed, "/CPU:0", Bayes.Options.parse({**SMALL, **options}))


def run_epochs(trainer: GibbsTrainer, epochs: int) -> GibbsTrainer:
    for epoch in range(1, epochs + 1):
        trainer.run_batches(0, trainer.begin_epoch(epoch), 0.0)
    return trainer


@pytest.mark.parametrize("options", [{}, {"user_features": 0, "item_features": 0, "noise_freedom": 0.0}])
def test_it_conforms(options: dict[str, Any]) -> None:
    assert_conforms(load_plugins().architecture("bayes"), {**SMALL, **options})


class Boaster(Bayes):
    """Is never unsure."""

    def uncertainty(self, rows: Any, options: Any) -> Any:
        return np.zeros(len(rows["user_bias"]), np.float32)


def test_an_uncertainty_of_nothing_is_caught() -> None:
    with pytest.raises(AssertionError, match="must be positive"):
        assert_conforms(Boaster(), SMALL, epochs=2)


def test_small_systems_are_solved_as_numpy_solves_them() -> None:
    generator = np.random.default_rng(0)
    roots = generator.standard_normal((200, 11, 11))
    matrices, right = roots @ roots.transpose(0, 2, 1) + np.eye(11), generator.standard_normal((200, 11))
    solved = solve_and_draw(matrices.astype(np.float32), right.astype(np.float32), np.zeros((200, 11), "f4"))
    exact = np.linalg.solve(matrices, right[:, :, None])[:, :, 0]
    np.testing.assert_allclose(solved.numpy(), exact, atol=2e-4)


def test_drawn_rows_have_the_mean_and_covariance_of_the_exact_posterior() -> None:
    """20,000 users with the same three ratings: their drawn rows are 20,000 draws from one known normal."""
    generator, rows = np.random.default_rng(1), 20_000
    items = generator.standard_normal((3, 3)).astype(np.float32)
    targets, noise = np.array([0.5, -1.0, 1.5], np.float32), np.float32(2.0)
    precision, center = np.array([1.0, 2.0, 4.0], np.float32), np.array([0.3, -0.2, 0.1], np.float32)
    own = np.repeat(np.arange(rows, dtype=np.int32), 3)
    sums = row_sums(own, np.tile(items, (rows, 1)), np.tile(targets, rows), np.full(3 * rows, noise), rows)
    normals = generator.standard_normal((rows, 3)).astype(np.float32)
    drawn = draw_rows(sums, precision, np.tile(center, (rows, 1)), normals).numpy()
    design = np.hstack([items[:, :2], np.ones((3, 1))])
    covariance = np.linalg.inv(np.diag(precision) + noise * design.T @ design)
    expected = covariance @ (precision * center + noise * design.T @ (targets - items[:, 2]))
    error = np.sqrt(np.diag(covariance) / rows)
    assert np.abs(drawn.mean(axis=0) - expected).max() < 4 * error.max()
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=4 * covariance.max() * np.sqrt(2 / rows))


def swept(sweep: Any, data: TrainingData, sweeps: int = 3) -> tuple[Any, ...]:
    """What a few sweeps from a drawn start come to, by a chain whose priors and noise stay."""
    generator, counts = np.random.default_rng(7), (data.user_count, data.item_count)

    def normals(rows: int) -> Any:
        return generator.standard_normal((rows, 4)).astype(np.float32)

    precision, zeros = np.array([3, 2, 1, 4], np.float32), np.zeros(4, np.float32)
    priors = [Prior(precision, zeros + 0.1, zeros, normals(rows) / 10) for rows in counts]
    noise = generator.gamma(5, 0.2, counts[0]).astype(np.float32)
    drawn: tuple[Any, ...] = (None, normals(counts[1]) / 10, None)
    for _ in range(sweeps):
        drawn = sweep(drawn[1], tuple(priors), noise, tuple(map(normals, counts)))
    return drawn


def test_both_sweeps_draw_the_same_in_one_part_or_in_many(monkeypatch: pytest.MonkeyPatch) -> None:
    data = planted_training_data()
    assert np.bincount(data.items).min() > FEW  # fewer are drawn by another root of the same covariance
    whole = swept(Sweep(data, 4, "/CPU:0"), data)
    others = [swept(HostSweep(data, 4), data)]
    monkeypatch.setattr(bayes_sweep, "CHUNK_NUMBERS", 14 * 700)
    monkeypatch.setattr(host_sweep, "_BLOCK_ROWS", 7)
    monkeypatch.setattr(host_sweep, "_BLOCK_RATINGS", 50)
    others += [swept(Sweep(data, 4, "/CPU:0"), data), swept(HostSweep(data, 4), data)]
    for other in others:
        for one, expected in zip(other, whole, strict=True):
            np.testing.assert_allclose(one, expected, rtol=2e-3, atol=2e-3)


def test_without_chance_both_sweeps_come_to_the_same_on_a_sparse_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator = np.random.default_rng(8)
    counts = generator.integers(0, 2 * FEW + 2, 60)
    users = np.concatenate([generator.permutation(20)[:count] for count in counts]).astype(np.int32)
    items = np.repeat(np.arange(60, dtype=np.int32), counts)
    data = TrainingData(users, items, generator.standard_normal(len(items)).astype(np.float32), 20, 60, 1.0)
    monkeypatch.setattr(host_sweep, "_BLOCK_ROWS", 7)
    precision, zeros = np.array([3, 2, 1, 4], np.float32), np.zeros(4, np.float32)
    shifts = [generator.standard_normal((rows, 4)).astype(np.float32) for rows in (20, 60)]
    priors = tuple(Prior(precision, zeros + 0.1, zeros, shift) for shift in shifts)
    noise, still = generator.gamma(5, 0.2, 20).astype(np.float32), tuple(map(np.zeros_like, shifts))
    one, other = (made(data, 4)(shifts[1], priors, noise, still) for made in (HostSweep, _cpu_sweep))
    for left, right in zip(one, other, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("ratings", range(FEW + 1))
def test_rows_of_few_ratings_have_the_mean_and_covariance_of_the_exact_posterior(ratings: int) -> None:
    """Without chance a draw is the mean; what unit normals add to it are the columns of a root."""
    generator, width = np.random.default_rng(ratings), 5
    others = generator.standard_normal((7, width)).astype(np.float32)
    weights = generator.gamma(5, 0.4, 7).astype(np.float32)
    prior = Prior(
        generator.gamma(3, 1, width).astype(np.float32),
        *(generator.standard_normal(width).astype(np.float32) for _ in range(2)),
        generator.standard_normal((1, width)).astype(np.float32),
    )
    rated = generator.permutation(7)[:ratings].astype(np.int32)
    targets = generator.standard_normal(ratings).astype(np.float32)
    (alike,) = alike_rows(np.zeros(ratings, np.int32), rated, targets, 1, 10)
    columns = [np.zeros((width, 1), np.float32), *np.eye(width, dtype=np.float32)[:, :, None]]
    mean, *ends = (drawn_alike(alike, others.T, weights, prior, own)[:, 0] for own in columns)
    root = np.stack(ends, axis=1) - mean[:, None]

    design = np.hstack([others[rated, :-1], np.ones((ratings, 1))])
    weighed = design * weights[rated, None]
    precision = np.diag(prior.precision) + design.T @ weighed
    right = prior.precision * prior.centers[0] + weighed.T @ (targets - others[rated, -1])
    np.testing.assert_allclose(mean, np.linalg.solve(precision, right), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(root @ root.T, np.linalg.inv(precision), rtol=1e-4, atol=1e-5)


def test_rows_without_ratings_are_drawn_from_the_prior() -> None:
    places = np.array([1, 3], np.int32)
    data = TrainingData(places, places, np.array([0.5, -0.5], np.float32), 5, 6, 1.0)
    for sweep in (HostSweep(data, 4), Sweep(data, 4, "/CPU:0")):
        user, item, errors = swept(sweep, data, 1)
        assert np.isfinite(user).all()
        assert np.isfinite(item).all()
        np.testing.assert_array_equal(errors > 0, [False, True, False, True, False])


@pytest.mark.parametrize("made", [HostSweep, _cpu_sweep])
def test_a_chain_of_one_pair_samples_the_known_posterior_of_its_mean(made: Callable[..., Any]) -> None:
    """One user, one item, one noisy number: biases are conjugate normals given priors and noise."""
    data = TrainingData(*(np.zeros(4, np.int32),) * 2, np.array([0.9, 1.1, 1.0, 1.0], np.float32), 1, 1, 3.0)
    sweep, generator = made(data, 2), np.random.default_rng(2)
    ones, zeros = np.array([1e6, 1.0], np.float32), np.zeros(2, np.float32)
    prior = Prior(ones, zeros, zeros, np.zeros((1, 2), np.float32))
    item, drawn = np.zeros((1, 2), np.float32), []
    for _ in range(4000):
        normals = generator.standard_normal((2, 1, 2)).astype(np.float32)
        user, item, _ = sweep(item, (prior, prior), np.ones(1, np.float32), (normals[0], normals[1]))
        drawn.append((user[0, 1], item[0, 1]))
    precision = np.array([[5.0, 4.0], [4.0, 5.0]])
    covariance, expected = np.linalg.inv(precision), np.linalg.solve(precision, [4.0, 4.0])
    samples = np.array(drawn[100:])
    np.testing.assert_allclose(samples.mean(axis=0), expected, atol=0.1)  # 4 errors at autocorrelation 0.64
    np.testing.assert_allclose(np.cov(samples.T), covariance, atol=0.12)
    np.testing.assert_allclose(np.var(samples.sum(axis=1)), covariance.sum(), rtol=0.12)


def test_what_kinds_of_features_say_of_a_row_is_a_gaussian_process_s_mean() -> None:
    generator = np.random.default_rng(3)
    bases = [np.linalg.qr(generator.standard_normal((30, 6)))[0].astype(np.float32) for _ in range(2)]
    kinds = [Features(basis, np.linspace(3, least, 6)) for basis, least in zip(bases, (0.5, 2), strict=True)]
    table = generator.standard_normal((30, 2)).astype(np.float32)
    start = replace(
        Prior.start(30, 2, kinds),
        precision=np.array([2.0, 5.0], "f4"),
        mean=np.zeros(2, np.float32),
        feature_precision=np.array([[4.0, 1.0], [0.5, 3.0]], "f4"),
    )
    prior, shifts = start, []
    for _ in range(4000):
        drawn = prior.draw(table, kinds, generator)
        shifts.append(drawn.shift)
        prior = replace(start, shift=drawn.shift, weights=drawn.weights)
    for column in range(2):
        kernel = sum(
            kind.basis * kind.variances @ kind.basis.T / level
            for kind, level in zip(kinds, start.feature_precision[:, column], strict=True)
        )
        noisy = kernel + np.eye(30) / start.precision[column]
        expected = kernel @ np.linalg.solve(noisy, table[:, column])
        mean = np.mean([shift[:, column] for shift in shifts], axis=0)
        np.testing.assert_allclose(mean, expected, atol=8 * np.sqrt(1 / 2 / 4000))


def test_rows_and_features_that_say_nothing_become_as_weak_as_they_are() -> None:
    generator = np.random.default_rng(4)
    basis = np.linalg.qr(generator.standard_normal((400, 20)))[0].astype(np.float32)
    kinds = [Features(basis, np.ones(20))]
    table = generator.normal(0, 0.001, (400, 1)).astype(np.float32)
    prior = Prior.start(400, 1, kinds)
    for _ in range(50):
        prior = prior.draw(table, kinds, generator)
    assert prior.precision[0] ** -0.5 < 0.01
    assert prior.shift.std() < 0.01


def test_priors_and_noise_are_drawn_around_what_the_rows_show() -> None:
    generator = np.random.default_rng(4)
    table = generator.normal([1.0, -2.0], [0.5, 2.0], (5000, 2)).astype(np.float32)
    priors = [Prior.start(5000, 2).draw(table, (), generator) for _ in range(300)]
    np.testing.assert_allclose(
        np.mean([prior.mean for prior in priors], axis=0), table.mean(axis=0), atol=0.01
    )
    np.testing.assert_allclose(
        np.mean([prior.precision for prior in priors], axis=0), 1 / table.var(axis=0), rtol=0.01
    )
    counts, errors = np.array([2000, 2000]), np.array([500.0, 8000.0], np.float32)
    noise = np.ones(3, np.float32)
    draws = []
    for _ in range(500):
        noise = draw_noise(noise, counts, errors, 5.0, generator)
        draws.append(noise[:2])
    np.testing.assert_allclose(np.mean(draws, axis=0), counts / errors, rtol=0.02)
    same = draw_noise(np.ones(3, np.float32), counts, errors, 0.0, generator)
    assert same[0] == same[1] == pytest.approx(4000 / 8500, rel=0.1)


def test_features_reproduce_the_overlap_of_two_users_sets() -> None:
    users, items = np.array([0, 0, 1, 1, 2, 2, 3], np.int32), np.array([0, 1, 0, 1, 1, 2, 3], np.int32)
    columns = [set_columns(users, items, (4, 9))]
    (features,) = strongest_features(columns, rank=4)
    overlap = features.basis * features.variances @ features.basis.T
    expected = [[1, 1, 0.5, 0], [1, 1, 0.5, 0], [0.5, 0.5, 1, 0], [0, 0, 0, 1]]
    np.testing.assert_allclose(overlap, expected, atol=1e-5)
    (sharper,) = strongest_features(columns, rank=4, contrast=2.0)
    squared = sharper.basis * sharper.variances @ sharper.basis.T
    np.testing.assert_allclose(squared * np.median(features.variances), overlap @ overlap, atol=1e-5)
    assert strongest_features(columns, rank=0) == ()


def test_genres_and_years_make_items_alike() -> None:
    genres = genre_columns([("Drama",), ("Drama", "Crime"), ("Comedy",), ()]).toarray()
    np.testing.assert_allclose(
        genres @ genres.T, [[1, 0.5**0.5, 0, 0], [0.5**0.5, 1, 0, 0], [0, 0, 1, 0], [0] * 4]
    )
    years = year_columns(np.array([1950, 1952, 2000, 0]))
    alike = years @ years.T
    np.testing.assert_allclose(np.diag(alike), [1, 1, 1, 0], atol=1e-6)
    assert alike[0, 1] > 0.9
    assert abs(alike[0, 2]) < 1e-4
    assert year_columns(np.array([1, 9999])).shape[1] <= 42
    assert strongest_features([genre_columns([(), ()]), year_columns(np.zeros(2, int))], 5) == ()


def samples(count: int, factors: int = 3) -> list[tuple[Any, Any]]:
    generator = np.random.default_rng(5)
    return [
        tuple(generator.standard_normal((rows, factors + 1)).astype(np.float32) for rows in (20, 30))
        for _ in range(count)
    ]


def predict(tables: Any) -> Any:
    products = tables["user_factors"] @ tables["item_factors"].T
    return products + tables["user_bias"] + tables["item_bias"].T


def test_the_tables_score_the_mean_of_all_samples_predictions() -> None:
    posterior, drawn = Posterior((20, 30), 3, components=12), samples(4)
    for number, rows in enumerate(drawn):
        posterior.add(rows, np.ones(20, np.float32))
        if number % 2:
            posterior.compress()
    each = [u[:, :3] @ v[:, :3].T + u[:, 3:] + v[:, 3:].T for u, v in drawn]
    tables: Any = posterior.tables()
    np.testing.assert_allclose(predict(tables), np.mean(each, axis=0), atol=1e-4)
    for side in ("user", "item"):
        np.testing.assert_allclose(tables[f"{side}_factors"].mean(axis=0), 0, atol=1e-5)


def test_too_few_components_keep_the_best_approximation() -> None:
    generator = np.random.default_rng(6)
    left, right = generator.standard_normal((2, 40, 12)).astype(np.float32)
    found = strongest_directions(left, right, 5)
    basis, strengths, axes = np.linalg.svd(left @ right.T)
    np.testing.assert_allclose(found[0] @ found[1].T, basis[:, :5] * strengths[:5] @ axes[:5], atol=1e-3)
    assert strongest_directions(left[:3], right[:, :], 20)[0].shape == (3, 20)


def test_samples_that_only_turn_have_no_spread_and_others_have_theirs() -> None:
    """Turning both sides' factors changes no prediction, so only the noise of 1 / 4 is left then."""
    (user, item), generator = samples(1)[0], np.random.default_rng(7)
    turning, shaking = Posterior((20, 30), 3, 6), Posterior((20, 30), 3, 6)
    for _ in range(KEPT + 3):
        turn = np.linalg.qr(generator.standard_normal((3, 3)))[0].astype(np.float32)
        turned = [np.hstack([table[:, :3] @ turn, table[:, 3:]]) for table in (user, item)]
        turning.add((turned[0], turned[1]), np.full(20, 4.0, np.float32))
        shaken = user + generator.normal(0, 0.1, user.shape).astype(np.float32)
        shaking.add((shaken, item), np.full(20, 4.0, np.float32))
        turning.compress()
        shaking.compress()
    np.testing.assert_allclose(all_pairs_uncertainty(turning), 0.5, atol=1e-3)
    expected = 0.25 + 0.01 * (1 + (item[:, :3] ** 2).sum(axis=1))
    found = (all_pairs_uncertainty(shaking) ** 2).reshape(20, 30).mean(axis=0)
    np.testing.assert_allclose(found, expected, rtol=0.1)


def all_pairs_uncertainty(posterior: Posterior) -> Any:
    users, items = np.divmod(np.arange(600), 30)
    tables: Any = posterior.tables()
    rows = {"user_spread": tables["user_spread"][users], "item_spread": tables["item_spread"][items]}
    return Bayes().uncertainty(rows, Bayes.Options.parse({"factors": 3}))


def test_terms_sum_to_the_trainer_s_scores() -> None:
    data = planted_training_data()
    trainer = run_epochs(trainer_on(data), 2)
    nothing = np.zeros(data.user_count, np.float32), np.zeros(data.item_count, np.float32)
    options = Bayes.Options.parse(SMALL)
    scorer = make_scorer(Bayes(), options, trainer.weights(), Scoring(offset=0.0), nothing)
    np.testing.assert_allclose(
        scorer.raw(data.users, data.items), trainer.scores(data.users, data.items), atol=1e-5
    )
    terms: Any = scorer.terms(3, 4)
    assert {name: len(part) for name, part in terms.items()} == {"factors": 8, "user bias": 1, "item bias": 1}


def test_chains_are_independent_and_all_are_averaged() -> None:
    data = planted_training_data()
    one, four = (run_epochs(trainer_on(data, chains=chains), 2) for chains in (1, 4))
    assert one.begin_epoch(1) == four.begin_epoch(1) == 5
    rows = [four.state()[f"sampler/{chain}/user/rows"] for chain in range(4)]
    np.testing.assert_array_equal(rows[0], one.state()["sampler/0/user/rows"])
    assert all(np.abs(rows[0] - other).max() > 0.01 for other in rows[1:])
    assert four.state()["posterior/count"][0] == 4 * (10 - 3)
    alone = [
        run_epochs(trainer_on(data, seed=seed, chains=1), 2).scores(data.users, data.items) for seed in (1, 2)
    ]
    others = run_epochs(trainer_on(data, seed=3, chains=4), 2).scores(data.users, data.items)
    apart = np.std(four.scores(data.users, data.items) - others)
    assert apart < 0.75 * np.std(alone[0] - alone[1])


def in_sittings(shelves: bool) -> tuple[Any, ...]:
    """120 users who rate 30 of 60 items ten seconds apart: shelf by shelf of six, or in any order."""
    generator, items = np.random.default_rng(5), []
    for _ in range(120):
        chosen = [shelf * 6 + generator.permutation(6) for shelf in generator.permutation(10)[:5]]
        items.append(np.concatenate(chosen) if shelves else generator.permutation(np.concatenate(chosen)))
    users = np.repeat(np.arange(120, dtype=np.int32), 30)
    return users, np.concatenate(items).astype(np.int32), np.tile(np.arange(30) * 10, 120)


def test_items_rated_one_after_the_other_describe_each_other() -> None:
    found = beside_columns(*in_sittings(shelves=True), 60).toarray()
    shelf = np.arange(60) // 6
    alike = shelf[:, None] == shelf
    assert found[alike].mean() > 5 * found[~alike].mean() and not found.diagonal().any()


@pytest.mark.parametrize("apart", [10, 700])
def test_an_order_that_tells_nothing_is_no_feature(apart: int) -> None:
    users, items, times = in_sittings(shelves=apart == 700)
    assert beside_columns(users, items, times // 10 * apart, 60) is None
    assert beside_columns(users[:1], items[:1], times[:1], 60) is None


def test_times_shape_what_is_learnt_unless_they_should_not() -> None:
    users, items, times = in_sittings(shelves=True)
    targets = np.random.default_rng(6).normal(0, 1, len(users)).astype(np.float32)
    data = TrainingData(users, items, targets, 120, 60, 0.0, times=lambda: times)
    scores = [
        run_epochs(trainer_on(one, **options), 1).scores(users, items)
        for one, options in ((data, {}), (data, {"beside": 0.0}), (replace(data, times=None), {}))
    ]
    assert np.abs(scores[0] - scores[1]).max() > 1e-4
    np.testing.assert_array_equal(scores[1], scores[2])


def drawn_chains(apart: float, samples: int = 200) -> Any:
    """What is told of two chains of independent samples whose biases are `apart`."""
    generator, agreement = np.random.default_rng(9), Agreement(planted_training_data(), 2)
    item = np.zeros((planted_training_data().item_count, 2), np.float32)
    for _ in range(samples):
        for chain in (0, 1):
            user = generator.standard_normal((planted_training_data().user_count, 2)).astype(np.float32)
            agreement.add(chain, (user + np.float32([0, chain * apart]), item))
    return agreement.told()


def test_chains_that_agree_are_told_from_those_that_do_not() -> None:
    alike, others = drawn_chains(0.0), drawn_chains(2.0)
    assert (alike["chains"], alike["samples"]) == (2, 400)
    assert alike["r_hat"] == pytest.approx(1, abs=0.01) and alike["effective_samples"] > 250
    assert others["r_hat"] == pytest.approx(np.sqrt(1 + 2.0), abs=0.1) and others["effective_samples"] < 10
    assert Agreement(planted_training_data(), 1).told() == {}


def test_slices_may_end_at_any_sweep() -> None:
    data = planted_training_data()
    whole, cut = trainer_on(data, chains=2), trainer_on(data, chains=2)
    run_epochs(whole, 2)
    for epoch in (1, 2):
        cut.begin_epoch(epoch)
        for first, count in ((0, 1), (1, 3), (4, 1)):
            cut.run_batches(first, count, 0.0)
    for name, array in whole.state().items():
        np.testing.assert_array_equal(array, cut.state()[name], err_msg=name)


def test_chains_draw_the_same_at_once_and_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    data = planted_training_data()
    monkeypatch.setattr(side_by_side, "usable_processors", lambda: 2)
    at_once = run_epochs(trainer_on(data, chains=3), 2)
    monkeypatch.setattr(side_by_side, "_ROOM", 1)
    in_turn = run_epochs(trainer_on(data, chains=3), 2)
    assert at_once._chains._threads is not None and in_turn._chains._threads is None
    for name, array in at_once.state().items():
        np.testing.assert_array_equal(array, in_turn.state()[name], err_msg=name)


def test_a_state_of_another_shape_is_refused() -> None:
    state = trainer_on(planted_training_data()).state()
    with pytest.raises(TastemapError, match="doesn't fit"):
        trainer_on(planted_training_data(), factors=4).restore(state)


def test_a_look_during_the_burn_in_shows_the_sample() -> None:
    trainer = run_epochs(trainer_on(planted_training_data(), burn_in=100), 3)
    data, rows = planted_training_data(), trainer.state()
    user, item = rows["sampler/0/user/rows"][data.users], rows["sampler/0/item/rows"][data.items]
    expected = (user[:, :-1] * item[:, :-1]).sum(axis=1) + user[:, -1] + item[:, -1]
    np.testing.assert_allclose(trainer.scores(data.users, data.items), expected, atol=1e-3)


@pytest.mark.parametrize(("users", "items", "per_user"), [(1, 1, 1), (1, 30, 10), (40, 1, 1), (6, 3000, 20)])
def test_any_table_can_be_sampled(users: int, items: int, per_user: int) -> None:
    generator = np.random.default_rng(8)
    rows = np.repeat(np.arange(users, dtype=np.int32), per_user)
    columns = np.concatenate([generator.permutation(items)[:per_user] for _ in range(users)]).astype(np.int32)
    targets = generator.normal(0, 30, len(rows)).astype(np.float32)
    trainer = run_epochs(trainer_on(TrainingData(rows, columns, targets, users, items, 50.0)), 3)
    assert all(np.isfinite(array).all() for array in trainer.state().values())
    assert np.abs(trainer.scores(rows, columns)).max() < 300


@pytest.fixture
def demo_runs(trained_once: Callable[..., Path]) -> dict[str, Any]:
    return {name: load_run(trained_once("demo", name)) for name in ("bayes", "bias")}


def test_it_beats_bias_on_the_demo_set(demo_runs: dict[str, Any]) -> None:
    assert demo_runs["bayes"].val_rmse < demo_runs["bias"].val_rmse - 0.005


def test_nine_in_ten_held_out_ratings_lie_in_their_ninety_percent_interval(demo_runs: dict[str, Any]) -> None:
    assert coverage(demo_runs["bayes"]) == pytest.approx(0.9, abs=0.02)


def coverage(run: Any, z: float = 1.645) -> float:
    """The share of held-out ratings within z deviations of the raw prediction."""
    model, ratings = run.model, load_ratings(run.config.data["reading"]["source"])
    held_out = split_ratings(ratings).test
    users, items = ratings.users[held_out], ratings.items[held_out]
    known = model.baseline.known(users, items)
    users, items, truth = users[known], items[known], ratings.ratings[held_out][known]
    errors, deviations = (
        truth - model.scorer.raw(users, items),
        model.scorer.deviations(users, items),
    )
    return float(np.mean(np.abs(errors) <= z * deviations))


def test_a_prediction_says_how_sure_it_is(demo_runs: dict[str, Any], tmp_path: Path) -> None:
    run = demo_runs["bayes"]
    user, item = run.model.users.identifier(0), run.model.items.identifier(0)
    prediction = run.predict(user, item)
    assert 0.2 < prediction.deviation < 2
    assert run.predict("nobody", item).deviation is None
    assert demo_runs["bias"].predict(user, item).deviation is None
    said = command("predict", str(run.folder), str(user), str(item)).stdout
    assert said.startswith(f"{prediction.rating:.2f} ± {prediction.deviation:.2f}")


@pytest.mark.real_data
@pytest.mark.slow
def test_accuracy_and_calibration_on_real_ratings(
    movielens_2016: Path, trained_once: Callable[..., Path]
) -> None:
    run = load_run(trained_once(movielens_2016, "bayes"))
    assert run.val_rmse is not None
    assert run.val_rmse < 0.834
    assert coverage(run) == pytest.approx(0.9, abs=0.02)


def test_a_run_cut_short_resumes_to_the_same_numbers(tmp_path: Path) -> None:
    class CrashError(Exception):
        pass

    def crash(event: Any) -> None:
        if isinstance(event, EpochFinished) and event.epoch == 2:
            raise CrashError

    table = write_csv(tmp_path / "ratings.csv", make_ratings())
    whole = train(table, "bayes", options=SMALL, adapt=False, epochs=5, device="cpu")
    with pytest.raises(CrashError):
        train(
            table,
            "bayes",
            options=SMALL,
            adapt=False,
            epochs=5,
            device="cpu",
            folder=tmp_path / "cut",
            on_event=crash,
        )
    resumed = resume(tmp_path / "cut")
    for name, array in whole.model.weights.items():
        np.testing.assert_array_equal(array, resumed.model.weights[name], err_msg=name)
    assert resumed.val_rmse == whole.val_rmse


def test_early_stopping_brings_the_best_epoch_s_tables_back(tmp_path: Path) -> None:
    run = train(make_ratings(), "bayes", options=SMALL, adapt=False, epochs=30, early_stopping=2)
    assert run.summary is not None
    assert run.summary["convergence"]["chains"] == 3
    assert run.summary["val_rmse"] == run.epochs[run.summary["best_epoch"] - 1]["val_rmse"]
    assert run.summary["tuning_rmse"] == min(epoch["tuning_rmse"] for epoch in run.epochs)


def test_a_second_training_of_one_size_compiles_nothing() -> None:
    data = planted_training_data()
    swept(Sweep(data, 4, "/CPU:0"), data, 1)
    sweep = bayes_sweep.compiled_sweep(data.user_count, data.item_count)
    traced = sweep.experimental_get_tracing_count()
    swept(Sweep(data, 4, "/CPU:0"), data, 1)
    assert traced >= 1
    assert sweep.experimental_get_tracing_count() == traced
