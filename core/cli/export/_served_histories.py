"""Scores from what users took, as TensorFlow computes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.cli.export._served_scores import frozen
from core.errors import UsageError
from core.model import HistoryScorer, Model
from core.startup import tf


class Histories:
    """A model that knows users by what they took; its architecture says how histories are scored."""

    def __init__(self, model: Model) -> None:
        scorer = model.scorer
        assert isinstance(scorer, HistoryScorer)  # noqa: S101 - asked for by the caller
        found = model.architecture.served_scores(model.weights, model.options)
        if found is None:
            name = model.architecture.name
            hint = "--parquet exports its tables."
            raise UsageError(f"{name} can't be scored by TensorFlow alone.", hint=hint)
        self._of_histories, arrays = found
        self._arrays = [frozen(array) for array in arrays]
        self._share, self._popularity = float(scorer.share), frozen(scorer.popularity)
        taken = scorer.taken
        self._starts, self._taken = frozen(taken.starts, np.int32), frozen(taken.items, np.int32)
        self._weights, self._items = frozen(taken.weights), taken.item_count
        self.kept = [*self._arrays, self._popularity, self._starts, self._taken, self._weights]

    def pairs(self, users: Any, items: Any) -> Any:
        """Whole rows, picked from."""
        return tf.gather(self.block(users), items, axis=1, batch_dims=1)

    def block(self, users: Any) -> Any:
        """Scores of all items for rows of users, shape (users, items)."""
        starts = tf.gather(self._starts, users)
        sizes = tf.gather(self._starts, users + 1) - starts
        inside = tf.ragged.range(sizes).values + tf.repeat(starts, sizes)
        owners = tf.repeat(tf.range(tf.shape(users)[0]), sizes)
        places = tf.stack([owners, tf.gather(self._taken, inside)], axis=1)
        return self._scored(places, tf.gather(self._weights, inside), tf.shape(users)[0])

    def of_given(self, items: Any, counted: Any) -> Any:
        """Scores of all items for who took item rows (users, n), as far as they are counted."""
        owners = tf.tile(tf.range(tf.shape(items)[0])[:, None], [1, tf.shape(items)[1]])
        places = tf.boolean_mask(tf.stack([owners, items], axis=2), counted)
        return self._scored(places, tf.ones([tf.shape(places)[0]]), tf.shape(items)[0])

    def _scored(self, places: Any, weights: Any, users: Any) -> Any:
        histories = tf.scatter_nd(places, weights, [users, self._items])
        return self._share * self._of_histories(histories, self._arrays) + self._popularity
