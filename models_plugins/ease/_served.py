"""The scores of histories in TensorFlow, for models that are served without this plugin."""

from __future__ import annotations

from typing import Any

import numpy as np

from core import Arrays
from models_plugins.ease._histories import scores_by_popularity


def served_links(weights: Arrays, weigh: bool) -> tuple[Any, list[Any]]:
    """A function from histories (users, items) to scores, and its arrays."""
    import tensorflow as tf

    starts: Any = weights["history/starts"]
    kept, sources = weights["history/kept"].astype(np.int64), weights["history/sources"].astype(np.int64)
    targets = np.repeat(np.arange(len(kept)), np.diff(starts))
    links = np.stack([targets, sources], axis=1)
    popular: Any = weights["history/popularity"]
    others = scores_by_popularity((1, len(popular)), popular)[0]
    arrays = [kept, links, weights["history/weights"].astype(np.float32), others]

    def scores(histories: Any, given: list[Any]) -> Any:
        rows, pairs, values, plain = given
        taken = histories if weigh else tf.cast(histories > 0, tf.float32)
        count = tf.shape(rows, out_type=tf.int64)[0]
        matrix = tf.SparseTensor(tf.identity(pairs), tf.identity(values), [count, count])
        learnt = tf.sparse.sparse_dense_matmul(matrix, tf.gather(taken, rows, axis=1), adjoint_b=True)
        whole = tf.tile(plain[None, :], [tf.shape(histories)[0], 1])
        columns = tf.tensor_scatter_nd_update(tf.transpose(whole), tf.identity(rows)[:, None], learnt)
        return tf.transpose(columns)

    return scores, arrays
