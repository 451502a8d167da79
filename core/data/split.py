"""Splits ratings into training and test parts, reproducibly, with a hash that names the split."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from core.array_types import LongArray, Mask
from core.data.ratings import Ratings
from core.errors import DataError, UsageError
from core.options import suggest

METHODS = ("random", "user", "last", "kfold", "official", "none")


@dataclass(frozen=True, kw_only=True)
class Split:
    """Rows (int64, ascending) of the training and the test part of a ratings table.

    `hash` (16 hex digits) is the same only for the same data split the same way. `details` holds what the
    method needs besides (`folds` and `fold`, or `count`).
    """

    train: LongArray
    test: LongArray
    seed: int
    test_fraction: float
    hash: str
    method: str = "random"
    details: dict[str, int] = field(default_factory=dict)

    def settings(self) -> dict[str, object]:
        """What `split_ratings` needs to make this split again, and its hash; ready for JSON."""
        return {
            "method": self.method,
            "seed": self.seed,
            "test_fraction": self.test_fraction,
            **self.details,
            "hash": self.hash,
        }


def split_ratings(
    ratings: Ratings,
    seed: int = 42,
    test_fraction: float = 0.2,
    method: str = "random",
    *,
    folds: int = 5,
    fold: int = 1,
    count: int = 1,
) -> Split:
    """Split ratings by a method, reproducibly.

    random: about `test_fraction` of all rows. user: that share of every user's rows, one at least staying.
    last: the latest `count` of every user who has more. kfold: fold number `fold` (from 1) of `folds`.
    official: the test file that the table came with. none: nothing is held out. Raises UsageError or
    DataError where it can't be done.
    """
    _check_fraction(test_fraction, "test_fraction")
    details = {"last": {"count": count}, "kfold": {"folds": folds, "fold": fold}}.get(method, {})
    mask = _mask(ratings, seed, test_fraction, method, details)
    return _make_split(ratings, mask, seed, test_fraction, method, details)


def _mask(ratings: Ratings, seed: int, test_fraction: float, method: str, details: Mapping[str, int]) -> Mask:
    if method == "random":
        return _random_mask(len(ratings), seed, test_fraction)
    if method == "user":
        return _per_user_mask(ratings, seed, test_fraction)
    if method == "last":
        return _last_out_mask(ratings, **details)
    if method == "kfold":
        return _fold_mask(len(ratings), seed, **details)
    if method == "official":
        return _official_mask(ratings)
    if method == "none":
        return np.ones(len(ratings), bool)
    raise UsageError(f"There is no split method {method!r}.", hint=suggest(method, METHODS))


def cross_validation(ratings: Ratings, folds: int = 5, seed: int = 42) -> list[Split]:
    """Make the splits of a k-fold cross-validation: every rating is tested exactly once."""
    share = 1 / folds if folds > 0 else 0.0
    return [split_ratings(ratings, seed, share, "kfold", folds=folds, fold=fold + 1) for fold in range(folds)]


def _make_split(
    ratings: Ratings,
    mask: Mask,
    seed: int,
    test_fraction: float,
    method: str,
    details: Mapping[str, int] | None = None,
) -> Split:
    """Make a split of a training mask, shape (n,); raises DataError where a part is empty that mustn't be."""
    for rows, part in ((mask, "training"), (~mask, "test")):
        if not rows.any() and (method, part) != ("none", "test"):
            hint = "Choose another test fraction, seed or method; the table may be too small."
            raise DataError(f"the {part} part of the split would be empty.", path=ratings.source, hint=hint)
    digest = hashlib.sha256(ratings.fingerprint.encode() + np.packbits(mask).tobytes()).hexdigest()[:16]
    train, test = np.flatnonzero(mask), np.flatnonzero(~mask)
    return Split(
        train=train,
        test=test,
        seed=seed,
        test_fraction=test_fraction,
        hash=digest,
        method=method,
        details=dict(details or {}),
    )


def carve_tuning(split: Split, fraction: float, seed: int) -> tuple[LongArray, LongArray]:
    """Carve a tuning part out of training: rows that stay and rows carved, int64, seeded.

    Raises UsageError for a fraction outside 0 to 1 or one that leaves a part empty.
    """
    _check_fraction(fraction, "tuning_fraction")
    mask = _random_mask(len(split.train), seed, fraction)
    if mask.all() or not mask.any():
        message = (
            f"A tuning part of {fraction:g} of {len(split.train)} training ratings leaves one part empty."
        )
        raise UsageError(message, hint="Choose another tuning fraction or seed.")
    return split.train[mask], split.train[~mask]


def unseen(ratings: Ratings, split: Split) -> dict[str, int]:
    """Count the test part's users, items and ratings that training has never seen; ready for JSON."""
    told: dict[str, int] = {}
    strange = np.zeros(len(split.test), dtype=bool)
    for name, rows, total in (
        ("users", ratings.users, ratings.user_count),
        ("items", ratings.items, ratings.item_count),
    ):
        known = np.zeros(total, dtype=bool)
        known[rows[split.train]] = True
        missing = ~known[rows[split.test]]
        told[name] = len(np.unique(rows[split.test][missing]))
        strange |= missing
    return {**told, "ratings": int(strange.sum())}


def _check_fraction(fraction: float, name: str) -> None:
    if not 0.0 < fraction < 1.0:
        raise UsageError(f"{name} must lie between 0 and 1, not {fraction!r}.", hint="Usual is 0.2.")


def _random_mask(count: int, seed: int, fraction: float) -> Mask:
    """Draw which of `count` rows stay, in file order; about `fraction` of them don't."""
    # 1 - 0.2 and its like are rounded so that the threshold is the 0.8 that people write.
    return np.random.default_rng(seed).random(count) < round(1.0 - fraction, 12)


def _per_user_mask(ratings: Ratings, seed: int, fraction: float) -> Mask:
    """Hold out the same share of every user's ratings, drawn at random; one at least stays in training."""
    draws = np.random.default_rng(seed).random(len(ratings))
    order = np.lexsort((draws, ratings.users))
    counts = np.bincount(ratings.users, minlength=ratings.user_count)
    held_out = np.minimum(np.floor(counts * fraction + 0.5).astype(np.int64), counts - 1)
    mask = np.ones(len(ratings), dtype=bool)
    mask[order] = _place_in_group(counts) >= np.repeat(held_out, counts)
    return mask


def _last_out_mask(ratings: Ratings, count: int) -> Mask:
    """Hold out the latest `count` ratings of every user who has more; ties go by place in the file.

    Raises DataError for a table without times and UsageError for a count below 1.
    """
    if count < 1:
        raise UsageError(f"count must be at least 1, not {count}.")
    if ratings.timestamps is None:
        hint = "Name the column with --time-column, or split another way."
        raise DataError(
            "the last ratings can't be told: the table has no times.", path=ratings.source, hint=hint
        )
    order = np.lexsort((np.arange(len(ratings)), ratings.timestamps, ratings.users))
    counts = np.bincount(ratings.users, minlength=ratings.user_count)
    kept = np.where(counts > count, counts - count, counts)
    mask = np.ones(len(ratings), dtype=bool)
    mask[order] = _place_in_group(counts) < np.repeat(kept, counts)
    return mask


def _fold_mask(total: int, seed: int, folds: int, fold: int) -> Mask:
    """Hold out one of `folds` equal random parts; `fold` counts from 1."""
    if folds < 2 or not 1 <= fold <= folds:
        raise UsageError(f"fold {fold} of {folds} can't be made.", hint="There must be two folds at least.")
    parts = np.random.default_rng(seed).permutation(total) % folds
    return np.asarray(parts != fold - 1)


def _official_mask(ratings: Ratings) -> Mask:
    """Hold out the official test part; raises UsageError where the table came without one."""
    if not ratings.held_out:
        raise UsageError("This table has no official test part.", hint="Name it with test_file.")
    return np.arange(len(ratings)) < len(ratings) - ratings.held_out


def _place_in_group(counts: LongArray) -> LongArray:
    """Number the rows of each group from 0, for rows sorted by group."""
    starts = np.cumsum(counts) - counts
    places: LongArray = np.arange(counts.sum()) - np.repeat(starts, counts)
    return places
