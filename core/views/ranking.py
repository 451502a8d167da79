"""How well a model ranks: nDCG, recall, MAP, coverage and novelty on the held-out part, over all items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.ratings import FloatArray, LongArray
from core.errors import DataError
from core.model.factorization import BLOCK_SCORES, score_blocks
from core.model.model import Model
from core.model.rated import RatedTable

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RankingQuality:
    """Means over `users` (those with a relevant held-out item) of the top `k` of all items not rated in
    training.

    Relevant is a held-out rating of at least `relevant_from`. `ndcg` has gain 1 for a relevant item; `recall`
    is the share of the relevant found; `map` is average precision over min(k, relevant). `coverage` is the
    share of trained items that anybody is shown, `novelty` the mean −log₂ of the share of users who rated
    what is shown (Vargas & Castells 2011), in bits.
    """

    k: int
    relevant_from: float
    users: int
    ndcg: float
    recall: float
    map: float
    coverage: float
    novelty: float


def ranking_quality(
    model: Model, k: int = 10, relevant_from: float | None = None, by_popularity: bool = False
) -> RankingQuality:
    """Measure a model's ranking, or that of mere popularity to compare with.

    Relevant is the upper quarter of the rating scale unless told. Raises TastemapError where the ratings
    table can't be read, and DataError where no held-out rating is relevant.
    """
    rated, scale = model.rated, model.baseline.scale
    threshold = (
        scale.minimum + 0.75 * (scale.maximum - scale.minimum) if relevant_from is None else relevant_from
    )
    wanted = ~rated.in_training & (rated.ratings.ratings >= threshold)
    users = np.unique(rated.ratings.users[wanted]).astype(np.int64)
    if not len(users):
        raise DataError(f"no held-out rating is at least {threshold:g}, so nothing is relevant.")
    k = min(k, len(model.items))
    blocks = _popularity(model, users) if by_popularity else score_blocks(model, users)
    figures, shown = [], []
    for block, scores in blocks:
        top, relevant = rank_block(rated, wanted, block, scores, k)
        figures.append(figures_of(np.take_along_axis(relevant, top, axis=1), relevant.sum(axis=1)))
        shown.append(top)
    return _sum_up(model, k, threshold, np.concatenate(figures), np.concatenate(shown))


def rank_block(
    rated: RatedTable, wanted: Mask, users: LongArray, scores: FloatArray, k: int
) -> tuple[LongArray, Mask]:
    """The top `k` items of a block of users (users, k), and which items are relevant (users, items).

    `wanted` marks the table's relevant ratings; items rated in training are passed over (in `scores` itself).
    """
    relevant = np.zeros(scores.shape, bool)
    for place, user in enumerate(users.tolist()):
        rows = rated.by_user.rows(user)
        items = rated.ratings.items[rows]
        scores[place, items[rated.in_training[rows]]] = -np.inf
        relevant[place, items[wanted[rows]]] = True
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1), relevant


def figures_of(hits: Mask, relevant: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """nDCG, recall and average precision of each user, shape (users, 3).

    `hits` (users, k) says which of the shown are relevant, `relevant` (users,) how many there are (≥ 1).
    """
    k = hits.shape[1]
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discounts)[np.minimum(relevant, k) - 1]
    precision = np.cumsum(hits, axis=1) / np.arange(1, k + 1)
    average_precision = (precision * hits).sum(axis=1) / np.minimum(relevant, k)
    return np.stack([hits @ discounts / ideal, hits.sum(axis=1) / relevant, average_precision], axis=1)


def _popularity(model: Model, users: LongArray) -> Iterator[tuple[LongArray, FloatArray]]:
    counts = model.baseline.item_counts.astype(np.float32)
    size = max(1, BLOCK_SCORES // len(counts))
    for start in range(0, len(users), size):
        block = users[start : start + size]
        yield block, np.tile(counts, (len(block), 1))


def _sum_up(
    model: Model, k: int, threshold: float, figures: npt.NDArray[np.float64], shown: LongArray
) -> RankingQuality:
    counts = model.baseline.item_counts
    trained_users = max(1, int((model.baseline.user_counts > 0).sum()))
    information = -np.log2(np.maximum(counts[shown], 1) / trained_users)
    means = figures.mean(axis=0)
    return RankingQuality(
        k,
        threshold,
        len(figures),
        float(means[0]),
        float(means[1]),
        float(means[2]),
        len(np.unique(shown)) / max(1, int((counts > 0).sum())),
        float(information.mean()),
    )
