"""The closed form as a trainer: one batch that does it all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core import Arrays, FloatArray, RowArray, SliceTotals, TastemapError, TrainingData
from models_plugins.ease._block import updated_inverse
from models_plugins.ease._histories import HistoryTrainer
from models_plugins.ease._links import (
    MOST_LINKS,
    VECTORS,
    item_inverse,
    item_vectors,
    ready_links,
    strongest,
    telling_links,
    weights_of,
)

if TYPE_CHECKING:
    from models_plugins.ease.architecture import Ease


class EaseTrainer(HistoryTrainer):
    """Solves for the weights once, whatever the learning rate; a `core.Trainer`.

    Its loss is the squared error of the scores of what users took: (1 − score)² each.
    """

    def __init__(self, data: TrainingData, architecture: Ease, options: Any) -> None:
        super().__init__(data, architecture, options, data.targets)
        self._ready: Any = None
        self._unread: FloatArray | None = None
        self._arrays = {
            "table/item_factors": np.zeros((len(self._counts), VECTORS), np.float32),
            "history/kept": self._kept,
            "history/popularity": self._counts.astype(np.float32),
            "history/starts": np.zeros(len(self._kept) + 1, np.int64),
            "history/sources": np.zeros(0, np.int32),
            "history/weights": np.zeros(0, np.float16),
        }
        if options.keep_inverse:
            self._arrays["history/inverse"] = np.zeros((len(self._kept), len(self._kept)), np.float32)

    @property
    def parameters(self) -> int:
        """Count the weights that are kept at most."""
        kept = len(self._arrays["history/kept"])
        return kept * min(int(self._options.links) or MOST_LINKS, kept)

    def begin_epoch(self, epoch: int) -> int:
        """One batch."""
        return 1

    def run_batches(self, first: int, count: int, learning_rate: float) -> SliceTotals:
        """Solve for the weights."""
        from models_plugins.ease.architecture import alike

        taken = alike(self._taken, self._options.weigh)[:, self._arrays["history/kept"]]
        self._take(item_inverse(taken, self._options.l2))
        return SliceTotals(self._squared_error(), self._taken.nnz)

    def go_on(self, weights: Arrays, before: TrainingData) -> Arrays | None:
        """The weights by a block update of the inverse that is kept beside them; None where none is, or where
        solving anew costs less. Raises TastemapError where the inverse isn't that of the items."""
        import scipy.sparse

        from models_plugins.ease.architecture import alike

        inverse: Any = weights.get("history/inverse")
        kept: Any = weights["history/kept"]
        if inverse is None or not np.isin(kept, self._kept).all():
            return None
        if inverse.shape != (len(kept), len(kept)):
            raise TastemapError("The saved weights of ease are damaged: the inverse isn't that of the items.")
        shape = self._taken.shape
        then: Any = scipy.sparse.csr_array((before.targets, (before.users, before.items)), shape)
        was, now = (alike(one, self._options.weigh)[:, self._kept] for one in (then, self._taken))
        places = np.searchsorted(self._kept, kept)
        known = np.zeros(len(self._kept), np.float32)
        known[places] = 1  # of the others nothing was in the inverse
        was = scipy.sparse.csr_array(was @ scipy.sparse.diags_array(known))
        was.eliminate_zeros()
        found = updated_inverse(inverse.astype(np.float32), places, was, now, self._options.l2)
        if found is None:
            return None
        self._take(found)
        return self.weights()

    def all_scores(self, users: RowArray) -> FloatArray:
        """Score all items for users, shape (users, items); the links are made ready for it once."""
        from models_plugins.ease.architecture import alike, linked_scores, links_of

        if self._ready is None:
            self._ready = ready_links(links_of(self._arrays, len(self._counts)))
        return linked_scores(alike(self._taken[users], self._options.weigh), self._arrays, self._ready)

    def weights(self) -> Arrays:
        """Copy the weights; the items' vectors, for which nobody else asks, are found now."""
        if self._unread is not None:
            vectors = np.zeros((len(self._counts), VECTORS), np.float32)
            vectors[self._kept] = item_vectors(self._unread)
            self._arrays["table/item_factors"], self._unread = vectors, None
        return super().weights()

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take the weights back; raises TastemapError where one is missing."""
        super().restore(state)
        self._ready = self._unread = None

    def _take(self, inverse: FloatArray) -> None:
        weights = weights_of(inverse)
        if self._options.keep_inverse:
            self._arrays["history/inverse"] = inverse
        links = strongest(weights, int(self._options.links) or telling_links(weights))
        self._arrays |= {f"history/{name}": array for name, array in vars(links).items()}
        self._ready, self._unread = None, weights

    def _squared_error(self) -> float:
        error = 0.0
        for start in range(0, self._taken.shape[0], 1000):
            block = self._taken[start : start + 1000].tocoo()
            scores = self.all_scores(np.arange(start, start + block.shape[0], dtype=np.int32))
            error += float(np.square(1 - np.maximum(scores[block.coords], 0)).sum())
        return error
