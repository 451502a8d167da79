"""Score many pairs on the device, a fixed chunk at a time so that XLA compiles once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.array_types import FloatArray, RowArray
from core.training.backend import tf
from core.training.head import Head
from core.training.side_table import SideTable

CHUNK = 8192


def compile_scores(head: Head, sides: Sequence[SideTable]) -> Any:
    """Compile `score(users, items)`, both of shape (CHUNK,), → scores of each replica, (CHUNK, replicas)."""

    @tf.function(jit_compile=True, autograph=False)
    def score(users: Any, items: Any) -> Any:
        entities = {"user": users, "item": items}
        wide = [(side, tf.gather(side.table, side.rows_of(entities[side.side]))) for side in sides]
        rows = [tf.split(row, len(head.models)) for side, block in wide for row in side.groups.split(block)]
        scores = [
            tf.reshape(model([row[number] for row in rows], training=False), [CHUNK, 1])
            for number, model in enumerate(head.models)
        ]
        return tf.concat(scores, axis=1)

    return score


def score_in_chunks(score: Any, users: RowArray, items: RowArray) -> FloatArray:
    """Score pairs, both of shape (n,), with a compiled `score`; the result has shape (n, replicas)."""
    count = len(users)
    padded = -(-count // CHUNK) * CHUNK
    columns = [np.pad(np.asarray(column, np.int32), (0, padded - count)) for column in (users, items)]
    chunks = [
        score(*(tf.constant(column[start : start + CHUNK]) for column in columns)).numpy()
        for start in range(0, padded, CHUNK)
    ]
    return np.concatenate(chunks)[:count] if chunks else np.zeros((0, 1), np.float32)
