"""The closed form as a trainer: one batch that does it all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core import Arrays, FloatArray, RowArray, SliceTotals, TastemapError, TrainingData
from models_plugins.ease._links import item_links, kept_items

if TYPE_CHECKING:
    from models_plugins.ease.architecture import Ease


class EaseTrainer:
    """Solves for the weights once, whatever the learning rate; a `core.Trainer`.

    Its loss is the squared error of the scores of what users took: (1 − score)² each.
    """

    def __init__(self, data: TrainingData, architecture: Ease, options: Any) -> None:
        import scipy.sparse

        shape = (data.user_count, data.item_count)
        self._taken: Any = scipy.sparse.csr_array((data.targets, (data.users, data.items)), shape)
        self._architecture, self._options = architecture, options
        counts = np.bincount(data.items, minlength=data.item_count)
        kept = kept_items(counts, options.min_likes, options.most_items)
        if len(kept) < 2:
            hint = f"Lower --min-likes from {options.min_likes}."
            raise TastemapError("ease needs two items with enough likes.", hint=hint)
        self._arrays: Arrays = {
            "history/kept": kept,
            "history/popularity": counts.astype(np.float32),
            "history/starts": np.zeros(len(kept) + 1, np.int64),
            "history/sources": np.zeros(0, np.int32),
            "history/weights": np.zeros(0, np.float16),
        }

    @property
    def parameters(self) -> int:
        """Count the weights that are kept."""
        kept = len(self._arrays["history/kept"])
        return kept * min(int(self._options.links), kept)

    def begin_epoch(self, epoch: int) -> int:
        """One batch."""
        return 1

    def run_batches(self, first: int, count: int, learning_rate: float) -> SliceTotals:
        """Solve for the weights."""
        from models_plugins.ease.architecture import alike

        taken = alike(self._taken, self._options.weigh)[:, self._arrays["history/kept"]]
        links = item_links(taken, self._options.l2, self._options.links)
        self._arrays |= {f"history/{name}": array for name, array in vars(links).items()}
        return SliceTotals(self._squared_error(), self._taken.nnz)

    def scores(self, users: RowArray, items: RowArray) -> FloatArray:
        """Score pairs, shape (n,), a thousand users at a time."""
        who, places = np.unique(users, return_inverse=True)
        scores = np.empty(len(users), np.float32)
        for start in range(0, len(who), 1000):
            rows = np.flatnonzero((places >= start) & (places < start + 1000))
            scores[rows] = self.all_scores(who[start : start + 1000])[places[rows] - start, items[rows]]
        return scores

    def all_scores(self, users: RowArray) -> FloatArray:
        """Score all items for users, shape (users, items)."""
        return self._architecture.history_scores(self._taken[users], self._arrays, self._options)

    def weights(self) -> Arrays:
        """Copy the weights."""
        return {name: array.copy() for name, array in self._arrays.items()}

    def state(self) -> Arrays:
        """The weights are all there is."""
        return self.weights()

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take the weights back; raises TastemapError where one is missing."""
        try:
            self._arrays = {name: np.array(state[name]) for name in self._arrays}
        except KeyError as error:
            raise TastemapError(f"The saved weights of ease lack {error}.") from None

    def close(self) -> None:
        """Let go of what users took."""
        del self._taken

    def _squared_error(self) -> float:
        error = 0.0
        for start in range(0, self._taken.shape[0], 1000):
            block = self._taken[start : start + 1000].tocoo()
            scores = self.all_scores(np.arange(start, start + block.shape[0], dtype=np.int32))
            error += float(np.square(1 - np.maximum(scores[block.coords], 0)).sum())
        return error
