"""Raw predictions as TensorFlow computes them from frozen tables: by products, or through the head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from core.model import Factorization, Folder, Head, Model, Scorer, load_head
from core.startup import tf

_OFFSET = "user_offset"


class ServedScores(Protocol):
    """Raw predictions of rows that training knows. `kept` are the variables that they are made of."""

    kept: list[Any]

    def pairs(self, users: Any, items: Any) -> Any:
        """Predict pairs of rows, shape (n,)."""

    def block(self, users: Any) -> Any:
        """Predict all items for rows of users, shape (users, items)."""

    def of_numbers(self, numbers: Any, items: Any) -> tuple[Any, Any]:
        """Predict item rows (users, n) for would-be users at numbers (users, numbers): the raw predictions
        (users, n) and how they hang on the numbers, (users, n, numbers)."""

    def all_of_numbers(self, numbers: Any) -> Any:
        """Predict all items for would-be users, shape (users, items)."""


def frozen(array: Any, kind: Any = None) -> Any:
    """An array as a variable that nothing trains."""
    return tf.Variable(np.asarray(array) if kind is None else np.asarray(array, kind), trainable=False)


class Products:
    """A factorization: whole blocks by matrix products."""

    def __init__(self, found: Factorization, folder: Folder) -> None:
        self._user, self._item = frozen(found.user_factors), frozen(found.item_factors)
        self._user_bias = frozen(found.user_bias)
        self._base = frozen(found.item_bias + np.float32(found.offset))
        self._biased = "user_bias" in dict(folder.prior.widths)
        self.kept = [self._user, self._item, self._user_bias, self._base]

    def pairs(self, users: Any, items: Any) -> Any:
        """The products of rows, and biases."""
        product = tf.reduce_sum(tf.gather(self._user, users) * tf.gather(self._item, items), axis=1)
        return product + tf.gather(self._user_bias, users) + tf.gather(self._base, items)

    def block(self, users: Any) -> Any:
        """A matrix product."""
        product = tf.matmul(tf.gather(self._user, users), self._item, transpose_b=True)
        return product + self._base + tf.gather(self._user_bias, users)[:, None]

    def of_numbers(self, numbers: Any, items: Any) -> tuple[Any, Any]:
        """Numbers are a bias, where the model has one, and factors."""
        design = tf.gather(self._item, items)
        if self._biased:
            design = tf.concat([tf.ones_like(design[:, :, :1]), design], axis=2)
        design = tf.cast(design, tf.float64)
        base = tf.cast(tf.gather(self._base, items), tf.float64)
        return tf.einsum("unk,uk->un", design, numbers) + base, design

    def all_of_numbers(self, numbers: Any) -> Any:
        """The same by a matrix product."""
        numbers = tf.cast(numbers, tf.float32)
        factors, bias = (numbers[:, 1:], numbers[:, :1]) if self._biased else (numbers, 0.0)
        return tf.matmul(factors, self._item, transpose_b=True) + self._base + bias


class ThroughHead:
    """Any other head of rows: pair by pair."""

    def __init__(self, model: Model, folder: Folder) -> None:
        scorer = model.scorer
        assert isinstance(scorer, Scorer)  # noqa: S101 - others know users by histories
        self._head: Head = load_head(model.architecture, model.options, model.weights)
        self._tables = {spec.name: frozen(scorer.tables[spec.name]) for spec in self._head.specs}
        self._offsets = [frozen(side) for side in scorer.offsets]
        self._share, self._offset = float(model.scoring.share), float(model.scoring.offset)
        self._widths, self._items = folder.prior.widths, len(model.items)
        weights = [weight.value for weight in self._head.weights]
        self.kept = [*self._tables.values(), *self._offsets, *weights]

    def pairs(self, users: Any, items: Any) -> Any:
        """Rows through the head."""
        rows = {
            spec.name: tf.gather(self._tables[spec.name], users if spec.side == "user" else items)
            for spec in self._head.specs
        }
        added = tf.gather(self._offsets[0], users) + tf.gather(self._offsets[1], items)
        return self._share * self._scores(rows) + self._offset + added

    def block(self, users: Any) -> Any:
        """A user at a time."""
        items = tf.range(self._items)
        return tf.map_fn(
            lambda user: self.pairs(tf.fill([self._items], user), items),
            users,
            fn_output_signature=tf.float32,
        )

    def of_numbers(self, numbers: Any, items: Any) -> tuple[Any, Any]:
        """A pair's prediction hangs on its own numbers alone, so the sum's gradient is each one's."""
        count = tf.shape(items)[1]
        wide = tf.repeat(tf.cast(numbers, tf.float32), count, axis=0)
        with tf.GradientTape() as tape:
            tape.watch(wide)
            raw = self._of_wide(wide, tf.reshape(items, [-1]))
            total = tf.reduce_sum(raw)
        slopes = tape.gradient(total, wide, unconnected_gradients="zero")
        shape = tf.shape(items)
        width = sum(width for _, width in self._widths)
        whole = tf.reshape(slopes, [shape[0], count, width])
        return tf.cast(tf.reshape(raw, shape), tf.float64), tf.cast(whole, tf.float64)

    def all_of_numbers(self, numbers: Any) -> Any:
        """A user at a time."""
        items = tf.range(self._items)
        return tf.map_fn(
            lambda one: self._of_wide(tf.tile(one[None, :], [self._items, 1]), items),
            tf.cast(numbers, tf.float32),
        )

    def _of_wide(self, numbers: Any, items: Any) -> Any:
        """Pairs of numbers, (n, numbers), and rows of items, (n,)."""
        parts = tf.split(numbers, [width for _, width in self._widths], axis=1)
        rows = {name: part for (name, _), part in zip(self._widths, parts, strict=True)}
        added = rows.pop(_OFFSET, tf.zeros_like(numbers[:, :1]))[:, 0]
        for spec in self._head.specs:
            if spec.side == "item":
                rows[spec.name] = tf.gather(self._tables[spec.name], items)
        return self._share * self._scores(rows) + self._offset + added + tf.gather(self._offsets[1], items)

    def _scores(self, rows: dict[str, Any]) -> Any:
        """The replicas' mean, shape (n,)."""
        parts = [tf.split(rows[spec.name], self._head.replicas, axis=1) for spec in self._head.specs]
        scores: Sequence[Any] = [
            tf.reshape(replica([part[number] for part in parts], training=False), [-1])
            for number, replica in enumerate(self._head.models)
        ]
        return sum(scores[1:], scores[0]) / float(len(scores))
