"""Since the demo set's truth is known, training can be held to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.cross_decomposition import CCA
from sklearn.decomposition import PCA

from core import load_ratings
from core.runs.run import Run
from tests.support import planted_truth


@pytest.fixture
def run(trained_once: Callable[..., Path]) -> Run:
    return Run.open(trained_once("demo", "bias"))


def test_item_factors_span_the_planted_axes(run: Run) -> None:
    """Mean canonical correlation ≥ 0.9 between the planted axes and as many principal components."""
    axes = planted_truth().axes
    factors = run.model.table("item_factors")
    assert factors is not None
    components = PCA(axes.shape[1]).fit_transform(factors)
    left, right = CCA(axes.shape[1]).fit_transform(axes, components)
    correlations = [np.corrcoef(left[:, axis], right[:, axis])[0, 1] for axis in range(axes.shape[1])]
    assert np.mean(correlations) >= 0.9, correlations
    assert min(correlations) >= 0.8, correlations


def test_item_biases_rank_the_planted_quality(run: Run) -> None:
    bias = run.model.table("item_bias")
    assert bias is not None
    assert spearmanr(bias[:, 0], planted_truth().quality).statistic >= 0.9


def test_it_beats_the_damped_means(run: Run) -> None:
    ratings = load_ratings("demo")
    rows = np.arange(len(ratings))
    baseline = run.model.baseline
    means = baseline.clip(baseline.fallback(ratings.users[rows], ratings.items[rows]))
    error = float(np.sqrt(np.mean((means - ratings.ratings) ** 2)))
    assert run.val_rmse is not None
    assert run.val_rmse < error - 0.05
