"""The demo set: real films, synthetic viewers, and a planted truth that factorization finds again."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from core.data import describe, load_ratings, split_ratings
from core.data._demo import read_films
from tests.support import planted_truth


def ranks(values):
    return np.argsort(np.argsort(values))


def factorize(ratings, rows, factors=20, sweeps=12, penalty=4.0):
    """Biased matrix factorization by alternating least squares: item factors (items, k) and biases."""
    users, items = ratings.users[rows], ratings.items[rows]
    mean = ratings.ratings[rows].mean()
    stars = ratings.ratings[rows] - mean
    rng = np.random.default_rng(0)
    tables = [
        np.hstack([rng.normal(0, 0.1, (n, factors)), np.zeros((n, 1)), np.ones((n, 1))])
        for n in (ratings.user_count, ratings.item_count)
    ]
    for sweep in range(2 * sweeps):
        side = sweep % 2
        solve(
            tables[side], tables[1 - side], (users, items)[side], (items, users)[side], stars, penalty, side
        )
    return tables, mean


def solve(table, other, own, others, stars, penalty, side):
    """Column -2 of users holds their bias (ones in column -1), of items the other way round."""
    bias = -2 if side == 0 else -1
    fixed = -1 if side == 0 else -2
    order = np.argsort(own, kind="stable")
    bounds = np.searchsorted(own[order], np.arange(len(table) + 1))
    free = [*range(table.shape[1] - 2), table.shape[1] + bias]
    for row in range(len(table)):
        chosen = order[bounds[row] : bounds[row + 1]]
        known = other[others[chosen]].copy()
        offset = known[:, fixed].copy()
        known[:, bias] = 1.0
        design = known[:, free]
        weights = penalty * np.eye(len(free))
        weights[-1, -1] = 1.0
        table[row, free] = np.linalg.solve(design.T @ design + weights, design.T @ (stars[chosen] - offset))
        table[row, fixed] = 1.0


@pytest.fixture(scope="module")
def learned():
    ratings = load_ratings("demo")
    split = split_ratings(ratings)
    (users, items), mean = factorize(ratings, split.train)
    for table, bias in ((users, -2), (items, -1)):
        assert table[:, bias].std() > 0.1
    return ratings, split, users, items, mean


def predicted(users, items, mean, user_rows, item_rows):
    u, i = users[user_rows], items[item_rows]
    return mean + (u[:, :-2] * i[:, :-2]).sum(1) + u[:, -2] + i[:, -1]


def test_factorization_predicts_better_than_the_mean(learned):
    ratings, split, users, items, mean = learned
    truth = ratings.ratings[split.test]
    guesses = predicted(users, items, mean, ratings.users[split.test], ratings.items[split.test])
    assert np.sqrt(np.mean((guesses - truth) ** 2)) < 0.65 * truth.std()


def test_item_factors_recover_the_planted_axes(learned):
    _, _, _, items, _ = learned
    factors = items[:, :-2] - items[:, :-2].mean(0)
    components = np.linalg.svd(factors, full_matrices=False)[0][:, :3]
    axes = np.linalg.qr(planted_truth().axes)[0]
    canonical = np.linalg.svd(components.T @ axes, compute_uv=False)
    assert canonical.mean() >= 0.8
    assert canonical.min() >= 0.7


def test_item_biases_rank_the_planted_quality(learned):
    _, _, _, items, _ = learned
    quality = planted_truth().quality
    assert np.corrcoef(ranks(items[:, -1]), ranks(quality))[0, 1] >= 0.9


def test_the_demo_is_the_same_in_every_process():
    told = "from core.data import load_ratings; print(load_ratings('demo').fingerprint)"
    other = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == load_ratings("demo").fingerprint


def test_the_demo_says_that_it_is_synthetic():
    told = describe(load_ratings("demo"))
    assert told["name"] == "demo"
    assert "synthetic" in told["source"]
    assert told["users"] == 700
    assert 35_000 < told["ratings"] < 50_000
    assert told["scale"] == {"minimum": 0.5, "maximum": 5.0, "step": 0.5}
    assert load_ratings(told["reading"]["source"], told["reading"]).fingerprint == told["fingerprint"]


def test_some_films_are_seen_by_most_and_many_by_few():
    counts = np.sort(np.bincount(load_ratings("demo").items))[::-1]
    assert counts[:40].sum() > 0.25 * counts.sum()
    assert counts[0] > 400


def test_axes_are_uncorrelated_and_standard():
    truth = planted_truth()
    assert np.allclose(truth.axes.mean(0), 0, atol=1e-6)
    assert np.allclose(np.corrcoef(truth.axes.T), np.eye(3), atol=0.01)
    assert truth.axes.shape == (load_ratings("demo").item_count, 3)


def test_films_are_known_by_title_year_and_genres():
    films = read_films()
    titles = [film.title for film in films]
    assert len(set(titles)) == len(titles) >= 300
    assert all(1890 < film.year < 2030 and film.genres for film in films)
    ratings = load_ratings("demo")
    matrix = ratings.item_table.titles.index("The Matrix (1999)")
    assert ratings.item_table.years[matrix] == 1999
    assert "Sci-Fi" in ratings.item_table.genres[matrix]
