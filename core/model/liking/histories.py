"""Scores of architectures that know a user by what they took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, LongArray
from core.contract import Architecture, Arrays, Replicated, Rows, Terms
from core.errors import PluginError, RunError
from core.options import ArchitectureOptions
from core.ranking import ItemSets

TAKEN = "taken/"
"""What users took in training lies beside an architecture's own arrays under names that begin so."""
_BLOCK_SCORES = 4_000_000


def scores_from_histories(architecture: Architecture) -> bool:
    """Whether an architecture knows users by what they took."""
    inner = architecture.inner if isinstance(architecture, Replicated) else architecture
    return type(inner).history_scores is not Architecture.history_scores


def taken_arrays(taken: ItemSets) -> Arrays:
    """Histories as arrays to be saved."""
    size = np.array([taken.item_count], np.int64)
    return {
        f"{TAKEN}starts": taken.starts,
        f"{TAKEN}items": taken.items,
        f"{TAKEN}weights": taken.weights,
        f"{TAKEN}item_count": size,
    }


def taken_sets(weights: Arrays) -> ItemSets:
    """Read histories back; raises RunError where they are missing."""
    try:
        starts, items, amounts, size = (
            weights[f"{TAKEN}{name}"] for name in ("starts", "items", "weights", "item_count")
        )
    except KeyError as error:
        raise RunError(f"The saved weights lack {error}.", hint="Restore the run folder.") from None
    return ItemSets(
        starts.astype(np.int64), items.astype(np.int32), amounts.astype(np.float32), int(size.ravel()[0])
    )


@dataclass(frozen=True)
class HistoryScorer:
    """Scores rows of users by what they took in training, in the place of `core.model.scorer.Scorer`.

    Scores count `share` times beside what `popularity` (items,) adds.
    """

    architecture: Architecture
    options: ArchitectureOptions
    weights: Arrays
    taken: ItemSets
    tables: Mapping[str, FloatArray]
    share: float
    popularity: FloatArray

    @classmethod
    def of(
        cls,
        architecture: Architecture,
        options: ArchitectureOptions,
        weights: Arrays,
        share: float,
        popularity: FloatArray,
    ) -> HistoryScorer:
        """Make the scorer of saved weights."""
        return cls(architecture, options, weights, taken_sets(weights), {}, share, popularity)

    def all_scores(self, users: npt.NDArray[np.integer]) -> FloatArray:
        """Scores of all items for user rows, shape (users, items)."""
        return self.of_histories(self._histories(users.astype(np.int64)))

    def of_histories(self, histories: Any) -> FloatArray:
        """Scores of all items for histories, a scipy.sparse matrix of shape (users, items).

        Raises PluginError where the architecture gives another shape.
        """
        scores = self.architecture.history_scores(histories, self.weights, self.options)
        if scores is None or scores.shape != histories.shape:
            shape = None if scores is None else scores.shape
            name = self.architecture.name
            raise PluginError(f"{name}.history_scores() must give shape {histories.shape}, not {shape}.")
        mixed: FloatArray = np.float32(self.share) * np.asarray(scores, np.float32) + self.popularity
        return mixed

    @property
    def offsets(self) -> tuple[FloatArray, FloatArray]:
        """Nothing is added to such scores: zeros for users and for items."""
        return np.zeros(self.taken.user_count, np.float32), np.zeros(self.taken.item_count, np.float32)

    def history(self, user: int) -> tuple[LongArray, FloatArray]:
        """The items that a user row took in training, and their weights, both of shape (n,)."""
        own = slice(self.taken.starts[user], self.taken.starts[user + 1])
        return self.taken.items[own].astype(np.int64), self.taken.weights[own]

    def raw(self, users: npt.NDArray[Any], items: npt.NDArray[Any]) -> FloatArray:
        """Score pairs of rows, shape (n,), in bounded memory."""
        who, places = np.unique(users, return_inverse=True)
        return self.pairs(self._histories(who.astype(np.int64)), places, items)

    def pairs(self, histories: Any, places: npt.NDArray[Any], items: npt.NDArray[Any]) -> FloatArray:
        """Score pairs of histories, by their `places` among the rows of a scipy.sparse matrix (users, items),
        and items, both (n,), in bounded memory."""
        raw = np.empty(len(places), np.float32)
        size = max(1, _BLOCK_SCORES // max(1, self.taken.item_count))
        for start in range(0, histories.shape[0], size):
            rows = np.flatnonzero((places >= start) & (places < start + size))
            if len(rows):
                block = self.of_histories(histories[start : start + size])
                raw[rows] = block[places[rows] - start, items[rows]]
        return raw

    def terms(self, user: int, item: int) -> Terms | None:
        """None: such a score is explained by the items of the history."""
        del user, item
        return None

    def deviations(self, users: npt.NDArray[Any], items: npt.NDArray[Any]) -> FloatArray | None:
        """None: such a score knows no uncertainty."""
        del users, items
        return None

    def rows(self, users: npt.NDArray[Any], items: npt.NDArray[Any]) -> Rows:
        """Nothing: there are no embedding rows."""
        del users, items
        return {}

    def _histories(self, users: LongArray) -> Any:
        import scipy.sparse

        _, pairs = self.taken.pairs_of(users)
        starts = np.concatenate([[0], np.cumsum(self.taken.sizes[users])])
        shape = (len(users), self.taken.item_count)
        return scipy.sparse.csr_array((self.taken.weights[pairs], self.taken.items[pairs], starts), shape)
