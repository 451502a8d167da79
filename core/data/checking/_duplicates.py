"""Leaves one row for each pair of user and item; what is left out or added up is counted and stated."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.array_types import FloatArray, LongArray, Mask, RowArray
from core.contract import Repair
from core.data.checking._clean import BadValueError


@dataclass(frozen=True)
class Columns:
    """The four columns of a table as rows and values, all of shape (n,)."""

    users: RowArray
    items: RowArray
    ratings: FloatArray
    timestamps: LongArray | None

    def take(self, rows: LongArray | Mask) -> Columns:
        """Keep some rows, in the order given, or those of a mask."""
        times = None if self.timestamps is None else self.timestamps[rows]
        return Columns(self.users[rows], self.items[rows], self.ratings[rows], times)


def _settle(columns: Columns, item_count: int, how: str) -> tuple[Columns, tuple[Repair, ...]]:
    """Leave one row a pair, in file order; `how` is last, mean, add or error (raises BadValueError)."""
    keys = _keys(columns, item_count)
    repeated = _repeated(keys)
    if not len(repeated):
        return columns, ()
    rows = _rows_with(keys, repeated)
    order, starts = _groups(keys[rows], None if columns.timestamps is None else columns.timestamps[rows])
    order = rows[order]
    count = len(rows) - len(repeated)
    if how == "error":
        raise _first_duplicate(order, starts)
    ends = np.append(starts[1:], len(order)) - 1
    kept = np.ones(len(columns.users), dtype=bool)
    kept[rows] = False
    kept[order[ends]] = True
    del keys, rows  # of a long table they take as much room as its columns
    settled = columns if how == "last" else _merged(columns, order, starts, ends, how)
    message = f"{_many(count)}: {_SETTLED[how]}"
    return settled.take(kept), (Repair("duplicates", count, message),)


_SETTLED = {"last": "the last one kept", "mean": "their mean taken", "add": "added up"}


def _merged(columns: Columns, order: LongArray, starts: LongArray, ends: LongArray, how: str) -> Columns:
    """Put the mean or the sum of each pair where its last row is."""
    sums = np.add.reduceat(columns.ratings[order].astype(np.float64), starts)
    ratings = columns.ratings.copy()
    ratings[order[ends]] = sums if how == "add" else sums / (ends - starts + 1)
    return replace(columns, ratings=ratings)


def settle_parts(
    columns: Columns, held_out: int, item_count: int, how: str
) -> tuple[Columns, int, tuple[Repair, ...]]:
    """Settle training and official test part each for itself; a test pair that training has too is stated."""
    border = len(columns.users) - held_out
    if not held_out:
        settled, repairs = _settle(columns, item_count, how)
        return settled, 0, repairs
    rows = np.arange(len(columns.users))
    train, train_repairs = _settle(columns.take(rows[:border]), item_count, how)
    try:
        test, test_repairs = _settle(columns.take(rows[border:]), item_count, how)
    except BadValueError as bad:
        raise BadValueError(bad.index + border, bad.reason, bad.value, bad.what) from None
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


def _repeated(keys: LongArray) -> LongArray:
    """The pairs that occur more than once; sorting a copy is quicker than any hashing here."""
    arranged = np.sort(keys)
    again: LongArray = np.unique(arranged[1:][arranged[1:] == arranged[:-1]])
    return again


def _rows_with(keys: LongArray, wanted: LongArray) -> LongArray:
    import pandas as pd

    return np.flatnonzero(pd.Series(keys).isin(wanted).to_numpy())


def _groups(keys: LongArray, timestamps: LongArray | None) -> tuple[LongArray, LongArray]:
    """Order rows by pair, then by time, then by place in the file; say where each pair starts."""
    columns = (keys,) if timestamps is None else (timestamps, keys)
    order = np.lexsort(columns)
    arranged = keys[order]
    starts = np.flatnonzero(np.append(True, arranged[1:] != arranged[:-1]))
    return order, starts


def _first_duplicate(order: LongArray, starts: LongArray) -> BadValueError:
    sizes = np.diff(np.append(starts, len(order)))
    group = np.repeat(np.arange(len(starts)), sizes)
    first_of_group = np.minimum.reduceat(order, starts)
    again = order[order != first_of_group[group]]
    index = int(again.min())
    return BadValueError(index, "this user has rated this item before", None, "pair")
