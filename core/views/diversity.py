"""Trade predicted rating for variety: maximal marginal relevance (Carbonell & Goldstein 1998)."""

from __future__ import annotations

import numpy as np

from core.data.ratings import FloatArray, LongArray


def diversify(ratings: FloatArray, factors: FloatArray, count: int, diversity: float) -> LongArray:
    """Choose `count` places one by one: (1 − diversity) · rating − diversity · largest cosine with a chosen.

    `ratings` has shape (n,), scaled here to 0…1; `factors` (n, factors). The first is the best rated.
    Returns places in order of choice.
    """
    relevance = _unit_range(ratings)
    lengths = np.linalg.norm(factors, axis=1, keepdims=True)
    directions = factors / np.where(lengths > 0, lengths, 1)
    likeness, chosen = np.full(len(ratings), -np.inf, np.float32), list[int]()
    gain = relevance.copy()
    while len(chosen) < min(count, len(ratings)):
        place = int(gain.argmax())
        chosen.append(place)
        likeness = np.maximum(likeness, directions @ directions[place])
        gain = (1 - diversity) * relevance - diversity * likeness
        gain[chosen] = -np.inf
    return np.array(chosen, np.int64)


def _unit_range(ratings: FloatArray) -> FloatArray:
    if not len(ratings):
        return ratings
    spread = ratings.max() - ratings.min()
    scaled: FloatArray = (ratings - ratings.min()) / (spread if spread > 0 else 1)
    return scaled
