"""Models whose score is a dot product plus biases: for them whole blocks of scores are one matrix product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.array_types import FloatArray, LongArray
from core.contract import replica_count
from core.errors import diverged
from core.model.catalogue import bias_column
from core.model.liking import HistoryScorer
from core.model.model import Model
from core.model.scorer import Scorer

_CHECKED_PAIRS = 256


@dataclass(frozen=True)
class Factorization:
    """raw = offset + user factors · item factors + user bias + item bias.

    Factors have shape (rows, factors), biases (rows,), zero where the model has none; `learns_user_bias`
    says whether it has user biases. The mean of several `replicas` is a factorization too: with all their
    factors side by side, and the means of their biases. Factors are the tables' but for a common scale.
    """

    offset: float
    user_factors: FloatArray
    item_factors: FloatArray
    user_bias: FloatArray
    item_bias: FloatArray
    learns_user_bias: bool

    @property
    def user_tables(self) -> dict[str, FloatArray]:
        """What it knows of users, by name: factors, and biases where it learns any."""
        biases = {"user_bias": self.user_bias[:, None]} if self.learns_user_bias else {}
        return {"user_factors": self.user_factors, **biases}

    @cached_property
    def _item_columns(self) -> FloatArray:
        return np.ascontiguousarray(self.item_factors.T)

    def raw_block(self, users: np.ndarray[tuple[int], np.dtype[np.integer]]) -> FloatArray:
        """Raw predictions of all items for user rows, shape (users, items)."""
        block: FloatArray = self.user_factors[users] @ self._item_columns
        block += self.item_bias + np.float32(self.offset)
        block += self.user_bias[users][:, None]
        return block


def find_factorization(model: Model) -> Factorization | None:
    """See a model as a factorization, or None where its score is anything else.

    Table names alone don't tell, and a model may have tables beside its score (uncertainties, say), so random
    pairs are scored both ways and must agree.
    """
    if not isinstance(model.scorer, Scorer) or any(name.startswith("head/") for name in model.weights):
        return None
    if not _fit_together(model):
        return None
    found = _assemble(model)
    generator = np.random.default_rng(0)
    users = generator.integers(len(model.users), size=_CHECKED_PAIRS)
    items = generator.integers(len(model.items), size=_CHECKED_PAIRS)
    product = np.einsum("ij,ij->i", found.user_factors[users], found.item_factors[items])
    expected = product + found.user_bias[users] + found.item_bias[items] + np.float32(found.offset)
    agrees = np.allclose(model.scorer.raw(users, items), expected, rtol=1e-4, atol=1e-4)
    return found if agrees else None


def _fit_together(model: Model) -> bool:
    user_factors, item_factors = model.table("user_factors"), model.table("item_factors")
    if user_factors is None or item_factors is None:
        return False
    return bool(user_factors.shape[1] == item_factors.shape[1])


def _assemble(model: Model) -> Factorization:
    user_factors, item_factors = model.table("user_factors"), model.table("item_factors")
    assert user_factors is not None and item_factors is not None  # noqa: S101 - checked by the caller
    user_bias, item_bias = bias_column(model, "user"), bias_column(model, "item")
    scale = np.sqrt(model.scoring.share / replica_count(model.architecture))
    return Factorization(
        model.scoring.offset,
        user_factors if scale == 1 else user_factors * np.float32(scale),
        item_factors if scale == 1 else item_factors * np.float32(scale),
        np.zeros(len(user_factors), np.float32) if user_bias is None else user_bias,
        np.zeros(len(item_factors), np.float32) if item_bias is None else item_bias,
        learns_user_bias=user_bias is not None,
    )


BLOCK_SCORES = 4_000_000
"""Scores that are held at a time: 16 MB."""


def raw_blocks(model: Model, users: LongArray) -> Iterator[tuple[LongArray, FloatArray]]:
    """Give user rows and their raw predictions of all items, shape (block, items), block by block.

    Pairs that training never saw get the fallback, as everywhere. Raises DivergenceError for numbers that
    aren't finite, which have no order.
    """
    factorization = find_factorization(model)
    size = max(1, BLOCK_SCORES // max(1, len(model.items)))
    for start in range(0, len(users), size):
        block = users[start : start + size]
        raw = _raw_block(model, factorization, block)
        if not np.isfinite(raw).all():
            raise diverged()
        yield block, raw


def _raw_block(model: Model, factorization: Factorization | None, users: LongArray) -> FloatArray:
    if factorization is not None:
        return _with_fallback(model, users, factorization.raw_block(users))
    if isinstance(model.scorer, HistoryScorer):
        return _with_fallback(model, users, model.scorer.all_scores(users))
    items = np.arange(len(model.items))
    pairs = np.repeat(users, len(items)), np.tile(items, len(users))
    return model.predictor.raw(*pairs).reshape(len(users), len(items))


def _with_fallback(model: Model, users: LongArray, raw: FloatArray) -> FloatArray:
    """Replace whole columns and rows of a block, which is faster than asking of every pair."""
    baseline, items = model.baseline, np.arange(len(model.items))
    unseen_items = np.flatnonzero(baseline.item_counts == 0)
    unseen_users = np.flatnonzero(baseline.user_counts[users] == 0)
    raw[:, unseen_items] = baseline.fallback(users[:, None], unseen_items[None, :])
    raw[unseen_users] = baseline.fallback(users[unseen_users][:, None], items[None, :])
    return raw
