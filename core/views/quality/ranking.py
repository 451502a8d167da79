"""How well a model ranks: nDCG, recall, MAP, coverage and novelty on the held-out part, over all items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, LongArray
from core.errors import DataError
from core.model import BLOCK_SCORES, Model, RatedTable, raw_blocks
from core.options import option
from core.views import Answer, Cells, Lines, Remark, Table, View

Mask = npt.NDArray[np.bool_]
Blocks = Iterator[tuple[LongArray, FloatArray]]


@dataclass(frozen=True, kw_only=True)
class RankingFigures:
    """How one way to rank does.

    `ndcg` has gain 1 for a relevant item; `recall` is the share of the relevant found; `map` is average
    precision over min(k, relevant). `coverage` is the share of trained items that anybody is shown, `novelty`
    the mean −log₂ of the share of users who rated what is shown (Vargas & Castells 2011), in bits.
    """

    ndcg: float
    recall: float
    map: float
    coverage: float
    novelty: float


@dataclass(frozen=True, kw_only=True)
class RankingQuality(Answer):
    """Means over `users` (those with a relevant held-out item) of the top `k` of all items not rated in
    training; relevant is a held-out rating of at least `relevant_from`.

    Mere popularity stands beside the model.
    """

    run: str | None
    k: int
    relevant_from: float
    users: int
    model: RankingFigures
    popularity: RankingFigures


class Ranking(View[RankingQuality]):
    """Measure a run's ranking of all items: nDCG, recall, MAP, coverage, novelty; popularity beside it.

    Raises TastemapError where the ratings table can't be read, and DataError where no held-out rating is
    relevant.
    """

    command: ClassVar[str] = "rank"
    k: int = option(
        default=10, help="Measure the first k of each user's ranking.", minimum=1, flags=("-k", "--k")
    )
    relevant_from: float | None = option(
        default=None, help="A rating from which on an item is relevant [upper quarter of the scale]."
    )

    def answer(self, model: Model) -> RankingQuality:
        """Rank all items for every user with a relevant one, by the model and by popularity."""
        threshold = self._threshold(model)
        wanted = ~model.rated.in_training & (model.rated.ratings.ratings >= threshold)
        users = np.unique(model.rated.ratings.users[wanted]).astype(np.int64)
        if not len(users):
            raise DataError(f"no held-out rating is at least {threshold:g}, so nothing is relevant.")
        k = min(self.k, len(model.items))
        return RankingQuality(
            run=model.facts.run,
            k=k,
            relevant_from=threshold,
            users=len(users),
            model=_measure(model, wanted, raw_blocks(model, users), k),
            popularity=_measure(model, wanted, _popularity(model, users), k),
        )

    @classmethod
    def lines(cls, answer: RankingQuality) -> Lines:
        """The model above popularity."""
        yield Remark(f"{answer.users:,} users; relevant: held-out ratings from {answer.relevant_from:g}")
        k = answer.k
        heading = ("", f"nDCG@{k}", f"recall@{k}", f"MAP@{k}", "coverage", "novelty")
        rows = [_cells("this run", answer.model), _cells("popularity", answer.popularity)]
        yield Table([heading, *rows])

    def _threshold(self, model: Model) -> float:
        scale = model.baseline.scale
        upper_quarter = scale.minimum + 0.75 * (scale.maximum - scale.minimum)
        return upper_quarter if self.relevant_from is None else self.relevant_from


def _cells(name: str, figures: RankingFigures) -> Cells:
    shares = (f"{share:.4f}" for share in (figures.ndcg, figures.recall, figures.map))
    return name, *shares, f"{figures.coverage:.1%}", f"{figures.novelty:.2f} bits"


def _measure(model: Model, wanted: Mask, blocks: Blocks, k: int) -> RankingFigures:
    figures, shown = [], []
    for users, scores in blocks:
        top, relevant = rank_block(model.rated, wanted, users, scores, k)
        figures.append(figures_of(np.take_along_axis(relevant, top, axis=1), relevant.sum(axis=1)))
        shown.append(top)
    return _sum_up(model, np.concatenate(figures), np.concatenate(shown))


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


def _popularity(model: Model, users: LongArray) -> Blocks:
    counts = model.baseline.item_counts.astype(np.float32)
    size = max(1, BLOCK_SCORES // len(counts))
    for start in range(0, len(users), size):
        block = users[start : start + size]
        yield block, np.tile(counts, (len(block), 1))


def _sum_up(model: Model, figures: npt.NDArray[np.float64], shown: LongArray) -> RankingFigures:
    counts = model.baseline.item_counts
    trained_users = max(1, int((model.baseline.user_counts > 0).sum()))
    information = -np.log2(np.maximum(counts[shown], 1) / trained_users)
    ndcg, recall, precision = figures.mean(axis=0).tolist()
    return RankingFigures(
        ndcg=ndcg,
        recall=recall,
        map=precision,
        coverage=len(np.unique(shown)) / max(1, int((counts > 0).sum())),
        novelty=float(information.mean()),
    )
