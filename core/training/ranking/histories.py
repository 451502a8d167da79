"""What users took, kept beside the weights of a trainer whose architecture scores from histories."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, RowArray
from core.contract import Arrays, ScoresAllItems, SliceTotals, Trainer, TrainingData
from core.model import TAKEN, taken_arrays
from core.ranking import ItemSets


class WithHistories:
    """A trainer whose weights come with the training histories, which its scores are made from."""

    def __init__(self, trainer: Trainer, data: TrainingData) -> None:
        self._trainer = trainer
        counts = data.user_count, data.item_count
        self._taken = taken_arrays(ItemSets.of(data.users, data.items, counts, data.targets))
        self._items = data.item_count

    @property
    def parameters(self) -> int:
        """Count the trained numbers."""
        return self._trainer.parameters

    def begin_epoch(self, epoch: int) -> int:
        """Make ready for an epoch; returns its count of batches."""
        return self._trainer.begin_epoch(epoch)

    def run_batches(self, first: int, count: int, learning_rate: float) -> SliceTotals:
        """Train on batches."""
        return self._trainer.run_batches(first, count, learning_rate)

    def scores(self, users: RowArray, items: RowArray) -> FloatArray:
        """Score pairs, shape (n,)."""
        return self._trainer.scores(users, items)

    def all_scores(self, users: RowArray) -> FloatArray:
        """Score all items for users, shape (users, items)."""
        if isinstance(self._trainer, ScoresAllItems):
            return self._trainer.all_scores(users)
        pairs = np.repeat(users, self._items), np.tile(np.arange(self._items, dtype=np.int32), len(users))
        return self._trainer.scores(*pairs).reshape(len(users), self._items)

    def weights(self) -> Arrays:
        """Copy the weights, histories beside them."""
        return {**self._trainer.weights(), **self._taken}

    def state(self) -> Arrays:
        """Copy all that training needs to go on, histories beside it."""
        return {**self._trainer.state(), **self._taken}

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take a state back; histories come from the table."""
        own = {name: array for name, array in state.items() if not name.startswith(TAKEN)}
        self._trainer.restore(own)

    def close(self) -> None:
        """Let go of what is held for training."""
        self._trainer.close()
