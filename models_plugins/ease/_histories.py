"""What models that score from a user's history have in common: their trainer's arrays, and unlinked items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from core import Architecture, Arrays, FloatArray, RowArray, TastemapError, TrainingData
from models_plugins.ease._links import kept_items

UNLINKED = -1000.0
"""Scores of items with too few likes begin here, so that they come after all others, by popularity."""


def scores_by_popularity(shape: tuple[int, ...], popularity: Any) -> FloatArray:
    """Scores (users, items) below all that is learnt, to be overwritten where something is."""
    scores = np.empty(shape, np.float32)
    scores[:] = np.float32(UNLINKED) + popularity / np.float32(1 + popularity.max(initial=0))
    return scores


class HistoryTrainer:
    """The part of a `core.Trainer` that only handles "history/" arrays and what users took.

    `_kept` are the rows of the items that are learnt, of `_counts` (items,) likes each; the others are ranked
    by popularity. A subclass fills `_arrays`.
    """

    users_at_a_time: ClassVar[int] = 1000
    _arrays: Arrays

    def __init__(
        self, data: TrainingData, architecture: Architecture, options: Any, likes: npt.NDArray[np.float32]
    ) -> None:
        """Each row of the data counts `likes` (n,); raises TastemapError for fewer than two items."""
        import scipy.sparse

        shape = (data.user_count, data.item_count)
        self._taken: Any = scipy.sparse.csr_array((likes, (data.users, data.items)), shape)
        self._architecture, self._options = architecture, options
        self._counts = np.bincount(data.items, minlength=data.item_count)
        self._kept = kept_items(self._counts, options.min_likes, options.most_items)
        if len(self._kept) < 2:
            hint = f"Lower --min-likes from {options.min_likes}."
            raise TastemapError(f"{architecture.name} needs two items with enough likes.", hint=hint)

    def scores(self, users: RowArray, items: RowArray) -> FloatArray:
        """Score pairs, shape (n,), `users_at_a_time`."""
        who, places = np.unique(users, return_inverse=True)
        scores, size = np.empty(len(users), np.float32), self.users_at_a_time
        for start in range(0, len(who), size):
            rows = np.flatnonzero((places >= start) & (places < start + size))
            scores[rows] = self.all_scores(who[start : start + size])[places[rows] - start, items[rows]]
        return scores

    def all_scores(self, users: RowArray) -> FloatArray:
        """Score all items for users, shape (users, items)."""
        scores = self._architecture.history_scores(self._taken[users], self._arrays, self._options)
        assert scores is not None  # noqa: S101 - such an architecture scores histories
        return scores

    def weights(self) -> Arrays:
        """Copy the weights."""
        return {name: array.copy() for name, array in self._arrays.items()}

    def state(self) -> Arrays:
        """The weights are all there is: every epoch begins anew."""
        return self.weights()

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take the weights back; raises TastemapError where one is missing."""
        try:
            self._arrays = {name: np.array(state[name]) for name in self._arrays}
        except KeyError as error:
            raise TastemapError(f"The saved weights of {self._architecture.name} lack {error}.") from None

    def close(self) -> None:
        """Let go of what users took."""
        del self._taken
