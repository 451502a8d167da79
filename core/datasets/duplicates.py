"""Settles several ratings of one user for one item: the last, their mean, or an error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.datasets.cleaning import BadValueError, repeated
from core.datasets.ratings import FloatArray, IntArray, LongArray, Repair


@dataclass(frozen=True)
class Columns:
    """The four columns of a table as rows and values, all of shape (n,)."""

    users: IntArray
    items: IntArray
    ratings: FloatArray
    timestamps: LongArray | None

    def take(self, rows: LongArray, ratings: FloatArray | None = None) -> Columns:
        """Keep some rows, with other ratings where they are given."""
        times = None if self.timestamps is None else self.timestamps[rows]
        return Columns(
            self.users[rows], self.items[rows], self.ratings[rows] if ratings is None else ratings, times
        )


def settle(columns: Columns, item_count: int, how: str) -> tuple[Columns, tuple[Repair, ...]]:
    """Leave one rating a pair, in file order; `how` is last, mean or error (raises BadValueError)."""
    count = repeated(columns.users, columns.items, item_count)
    if not count:
        return columns, ()
    order, starts = _groups(columns, item_count)
    if how == "error":
        raise _first_duplicate(order, starts)
    ends = np.append(starts[1:], len(order)) - 1
    kept = np.sort(order[ends])
    if how == "last":
        return columns.take(kept), (Repair("duplicates", count, f"{_many(count)}: the last one kept"),)
    sums = np.add.reduceat(columns.ratings[order].astype(np.float64), starts)
    means = (sums / (ends - starts + 1)).astype(np.float32)
    in_file_order = means[np.argsort(order[ends], kind="stable")]
    message = f"{_many(count)}: replaced by the mean of their pair"
    return columns.take(kept, in_file_order), (Repair("duplicates", count, message),)


def settle_parts(
    columns: Columns, held_out: int, item_count: int, how: str
) -> tuple[Columns, int, tuple[Repair, ...]]:
    """Settle training and official test part each for itself; a test pair that training has too is stated."""
    border = len(columns.users) - held_out
    if not held_out:
        settled, repairs = settle(columns, item_count, how)
        return settled, 0, repairs
    rows = np.arange(len(columns.users))
    train, train_repairs = settle(columns.take(rows[:border]), item_count, how)
    try:
        test, test_repairs = settle(columns.take(rows[border:]), item_count, how)
    except BadValueError as bad:
        raise BadValueError(bad.index + border, bad.reason, bad.value) from None
    leaks = int(np.isin(_keys(test, item_count), _keys(train, item_count)).sum())
    message = f"{leaks} test ratings are of pairs that training has too: kept in both"
    leaked = (Repair("leaks", leaks, message),) if leaks else ()
    return _joined(train, test), len(test.users), (*train_repairs, *test_repairs, *leaked)


def _joined(first: Columns, second: Columns) -> Columns:
    times = None
    if first.timestamps is not None and second.timestamps is not None:
        times = np.concatenate([first.timestamps, second.timestamps])
    return Columns(
        np.concatenate([first.users, second.users]),
        np.concatenate([first.items, second.items]),
        np.concatenate([first.ratings, second.ratings]),
        times,
    )


def _keys(columns: Columns, item_count: int) -> LongArray:
    keys: LongArray = columns.users.astype(np.int64) * item_count + columns.items
    return keys


def _many(count: int) -> str:
    return "1 duplicate rating" if count == 1 else f"{count} duplicate ratings"


def _groups(columns: Columns, item_count: int) -> tuple[LongArray, LongArray]:
    """Order the rows by pair, then by time, then by place in the file; say where each pair starts."""
    keys = _keys(columns, item_count)
    if columns.timestamps is None:
        order = np.argsort(keys, kind="stable")
    else:
        order = np.lexsort((columns.timestamps, keys))
    arranged = keys[order]
    starts = np.flatnonzero(np.append(True, arranged[1:] != arranged[:-1]))
    return order.astype(np.int64), starts.astype(np.int64)


def _first_duplicate(order: LongArray, starts: LongArray) -> BadValueError:
    sizes = np.diff(np.append(starts, len(order)))
    group = np.repeat(np.arange(len(starts)), sizes)
    first_of_group = np.minimum.reduceat(order, starts)
    again = order[order != first_of_group[group]]
    index = int(again.min())
    return BadValueError(index, "this user has rated this item before", None)
