"""Score many pairs on the device, a fixed chunk at a time so that XLA compiles once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.trainer import FloatArray, RowArray
from core.training.backend import tf
from core.training.head import Head
from core.training.side_table import SideTable

CHUNK = 8192


def compile_scores(head: Head, sides: Sequence[SideTable]) -> Any:
    """Compile `score(users, items)`, both of shape (CHUNK,), → scores of each member, (CHUNK, members)."""

    @tf.function(jit_compile=True, autograph=False)
    def score(users: Any, items: Any) -> Any:
        index = {"user": users, "item": items}
        rows = [row for side in sides for row in side.groups.split(tf.gather(side.table, index[side.side]))]
        return head.member_model(rows, training=False)

    return score


def score_in_chunks(score: Any, users: RowArray, items: RowArray) -> FloatArray:
    """Score pairs, both of shape (n,), with a compiled `score`; the result has shape (n, members)."""
    count = len(users)
    padded = -(-count // CHUNK) * CHUNK
    columns = [np.pad(np.asarray(column, np.int32), (0, padded - count)) for column in (users, items)]
    chunks = [
        score(*(tf.constant(column[start : start + CHUNK]) for column in columns)).numpy()
        for start in range(0, padded, CHUNK)
    ]
    return np.concatenate(chunks)[:count] if chunks else np.zeros((0, 1), np.float32)
