"""The members' scores of what users took, made comparable and added up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from core import FloatArray
from models_plugins.stack._factors import Factors, user_rows


class Shares(NamedTuple):
    """What each member counts, the l2 that each was trained with, and what nearness counts in the links."""

    factors: float
    links: float
    popularity: float
    l2: float
    link_l2: float
    near: float = 0.0


def factor_scores(
    histories: Any, members: Sequence[Factors], popularity: FloatArray, l2: float
) -> FloatArray:
    """The mean of the members' scores, shape (users, items)."""
    total = np.zeros(histories.shape, np.float32)
    for member in members:
        total += user_rows(histories, member, popularity, l2) @ member.rows.T + member.biases
    mean: FloatArray = (total / max(1, len(members))).astype(np.float32)
    return mean


def stacked(parts: Sequence[FloatArray], shares: Shares) -> FloatArray:
    """Add standardized scores of factors, links and popularity, (users, items), by what they count."""
    weights = shares.factors, shares.links, shares.popularity
    total = np.zeros_like(parts[0])
    for weight, part in zip(weights, parts, strict=True):
        if weight:
            total += np.float32(weight) * part
    return total


def standardized(scores: FloatArray, histories: Any) -> FloatArray:
    """Scores less their mean, over their spread, of each user's items but those taken; (users, items)."""
    taken = _taken(histories)
    count = np.maximum((~taken).sum(axis=1, keepdims=True), 1)
    mean = np.where(taken, 0, scores).sum(axis=1, keepdims=True) / count
    spread = np.sqrt(np.where(taken, 0, (scores - mean) ** 2).sum(axis=1, keepdims=True) / count)
    found: FloatArray = ((scores - mean) / np.maximum(spread, 1e-9)).astype(np.float32)
    return found


def _taken(histories: Any) -> np.ndarray:
    taken = np.zeros(histories.shape, bool)
    taken[np.repeat(np.arange(histories.shape[0]), np.diff(histories.indptr)), histories.indices] = True
    return taken
