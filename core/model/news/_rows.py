"""Rows of users as a folder's numbers, and numbers written back into a model's tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.array_types import DoubleArray, FloatArray, LongArray
from core.contract import Arrays, replica_count
from core.model import Folder, Model

_OFFSET = "user_offset"


def numbers_of(folder: Folder, rows: LongArray) -> DoubleArray:
    """What a model has for users' rows, as its folder counts: shape (rows, numbers)."""
    tables = _tables(folder)
    return np.hstack([tables[name][rows] for name, _ in folder.prior.widths]).astype(np.float64)


def _tables(folder: Folder) -> dict[str, FloatArray]:
    if folder.factorization is not None:
        return folder.factorization.user_tables
    scorer = folder.model.scorer
    return {**scorer.tables, _OFFSET: scorer.offsets[0][:, None]}


def with_numbers(folder: Folder, rows: LongArray, numbers: DoubleArray) -> Model:
    """The folder's model with these numbers (rows, numbers) for users' rows; all other rows stay as they are.

    What a factorization's bias holds beyond the architecture's own is what damped means add.
    """
    model, found = folder.model, folder.prior.rows(numbers)
    offset = found.pop(_OFFSET, None)
    if folder.factorization is not None:
        found, offset = _of_factorization(model, rows, dict(found))
    weights: Arrays = dict(model.weights)
    for name, values in found.items():
        table = model.weights[f"table/{name}"].copy()
        table[rows] = values
        weights[f"table/{name}"] = table
    if offset is None:
        return replace(model, weights=weights)
    offsets = model.baseline.user_offsets.copy()
    offsets[rows] = offset[:, 0] / np.float32(model.scoring.means)
    return replace(model, weights=weights, baseline=replace(model.baseline, user_offsets=offsets))


def _of_factorization(
    model: Model, rows: LongArray, found: dict[str, FloatArray]
) -> tuple[dict[str, FloatArray], FloatArray | None]:
    """Numbers of a factorization as the architecture's tables and what is left for the damped offset."""
    scoring, replicas = model.scoring, replica_count(model.architecture)
    tables: dict[str, FloatArray] = {}
    if scoring.share > 0:
        tables["user_factors"] = found["user_factors"] / np.float32(np.sqrt(scoring.share / replicas))
    bias = found.get("user_bias")
    own = model.table("user_bias")
    if bias is None or own is None or own.shape[1] != replicas or not scoring.share:
        return tables, bias if scoring.means else None
    left = bias - scoring.weigh(model.baseline.user_offsets[rows])[:, None]
    tables["user_bias"] = np.repeat(left / np.float32(scoring.share), replicas, axis=1)
    return tables, None
