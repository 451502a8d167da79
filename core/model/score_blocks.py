"""Raw predictions of every item for a block of users, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.data.ratings import FloatArray, LongArray
from core.model.factorization import find_factorization
from core.model.model import Model

BLOCK_SCORES = 4_000_000
"""Scores that are held at a time: 16 MB."""


def score_blocks(model: Model, users: LongArray) -> Iterator[tuple[LongArray, FloatArray]]:
    """Give user rows and their raw predictions of all items, shape (block, items), block by block.

    Pairs that training never saw get the fallback, as everywhere.
    """
    factorization = find_factorization(model)
    items = np.arange(len(model.items))
    size = max(1, BLOCK_SCORES // max(1, len(items)))
    for start in range(0, len(users), size):
        block = users[start : start + size]
        if factorization is None:
            pairs = np.repeat(block, len(items)), np.tile(items, len(block))
            yield block, model.predictor.raw_rows(*pairs).reshape(len(block), len(items))
        else:
            yield block, _with_fallback(model, block, factorization.raw_block(block))


def _with_fallback(model: Model, users: LongArray, raw: FloatArray) -> FloatArray:
    baseline = model.baseline
    unseen_items = np.flatnonzero(baseline.item_counts == 0)
    mean = np.float32(baseline.mean)
    raw[:, unseen_items] = (
        mean + baseline.user_offsets[users][:, None] + baseline.item_offsets[unseen_items][None, :]
    )
    for place in np.flatnonzero(baseline.user_counts[users] == 0):
        raw[place] = mean + baseline.user_offsets[users[place]] + baseline.item_offsets
    return raw
