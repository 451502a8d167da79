"""Which rows stay in training under the plain split methods, and what all methods share."""

from __future__ import annotations

import numpy as np

from core.array_types import LongArray, Mask
from core.data.ratings import Ratings
from core.errors import DataError, UsageError


def random_mask(count: int, seed: int, fraction: float) -> Mask:
    """Draw which of `count` rows stay, in file order; about `fraction` of them don't."""
    # 1 - 0.2 and its like are rounded so that the threshold is the 0.8 that people write.
    return np.random.default_rng(seed).random(count) < round(1.0 - fraction, 12)


def per_user_mask(ratings: Ratings, seed: int, fraction: float) -> Mask:
    """Hold out the same share of every user's ratings, drawn at random; one at least stays in training."""
    draws = np.random.default_rng(seed).random(len(ratings))
    order = np.lexsort((draws, ratings.users))
    counts = np.bincount(ratings.users, minlength=ratings.user_count)
    held_out = np.minimum(np.floor(counts * fraction + 0.5).astype(np.int64), counts - 1)
    mask = np.ones(len(ratings), dtype=bool)
    mask[order] = place_in_group(counts) >= np.repeat(held_out, counts)
    return mask


def last_out_mask(ratings: Ratings, count: int) -> Mask:
    """Hold out the latest `count` ratings of every user who has more; ties go by place in the file.

    Raises DataError for a table without times and UsageError for a count below 1.
    """
    if count < 1:
        raise UsageError(f"count must be at least 1, not {count}.")
    times = times_of(ratings, "the last ratings can't be told")
    order = np.lexsort((np.arange(len(ratings)), times, ratings.users))
    counts = np.bincount(ratings.users, minlength=ratings.user_count)
    kept = np.where(counts > count, counts - count, counts)
    mask = np.ones(len(ratings), dtype=bool)
    mask[order] = place_in_group(counts) < np.repeat(kept, counts)
    return mask


def fold_mask(total: int, seed: int, folds: int, fold: int) -> Mask:
    """Hold out one of `folds` equal random parts; `fold` counts from 1."""
    if folds < 2 or not 1 <= fold <= folds:
        raise UsageError(f"fold {fold} of {folds} can't be made.", hint="There must be two folds at least.")
    parts = np.random.default_rng(seed).permutation(total) % folds
    return np.asarray(parts != fold - 1)


def official_mask(ratings: Ratings) -> Mask:
    """Hold out the official test part; raises UsageError where the table came without one."""
    if not ratings.held_out:
        raise UsageError("This table has no official test part.", hint="Name it with test_file.")
    return np.arange(len(ratings)) < len(ratings) - ratings.held_out


def place_in_group(counts: LongArray) -> LongArray:
    """Number the rows of each group from 0, for rows sorted by group."""
    starts = np.cumsum(counts) - counts
    places: LongArray = np.arange(counts.sum()) - np.repeat(starts, counts)
    return places


def times_of(ratings: Ratings, trouble: str) -> LongArray:
    """The table's times; raises DataError that begins with `trouble` where it has none."""
    if ratings.timestamps is None:
        hint = "Name the column with --time-column, or split another way."
        raise DataError(f"{trouble}: the table has no times.", path=ratings.source, hint=hint)
    return ratings.timestamps
