"""Splits ratings into training and test parts, reproducibly, with a hash that names the split."""

from __future__ import annotations

import hashlib
import numbers
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from core.array_types import LongArray, Mask
from core.data._apart import Apart, split_by_time, split_newcomers
from core.data._masks import fold_mask, last_out_mask, official_mask, per_user_mask, random_mask
from core.data._moments import day_of
from core.data.ratings import Ratings
from core.errors import DataError, UsageError
from core.options import suggest

METHODS = ("random", "user", "last", "time", "newcomers", "kfold", "official", "none")


def _none() -> LongArray:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, kw_only=True)
class Split:
    """Rows (int64, ascending) of the training and the test part of a ratings table.

    Where whole users are held out, or all rows from a moment on, users whom training doesn't know are folded
    in from their `given` rows; by time, their other rows (`new_users`) and rows of items that training
    doesn't know (`new_items`) are judged apart from the test part. Each row is in one part.
    `hash` (16 hex digits) is the same only for the same data split the same way. `details` holds what the
    method needs besides (`folds` and `fold`, `count`, or `since` and `given_fraction`).
    """

    train: LongArray
    test: LongArray
    seed: int
    test_fraction: float
    hash: str
    method: str = "random"
    details: dict[str, int | float | str] = field(default_factory=dict)
    given: LongArray = field(default_factory=_none)
    new_users: LongArray = field(default_factory=_none)
    new_items: LongArray = field(default_factory=_none)

    def settings(self) -> dict[str, object]:
        """What `split_ratings` needs to make this split again, and its hash; ready for JSON."""
        return {
            "method": self.method,
            "seed": self.seed,
            "test_fraction": self.test_fraction,
            **self.details,
            "hash": self.hash,
        }

    @property
    def folds_in(self) -> bool:
        """Whether the test part is of users whom training doesn't know."""
        return self.method == "newcomers"


def split_ratings(
    ratings: Ratings,
    seed: int = 42,
    test_fraction: float = 0.2,
    method: str = "random",
    *,
    folds: int = 5,
    fold: int = 1,
    count: int = 1,
    since: str = "",
    given_fraction: float = 0.8,
) -> Split:
    """Split ratings by a method, reproducibly.

    random: about `test_fraction` of all rows. user: that share of every user's rows, one at least staying.
    last: the latest `count` of every user who has more. time: all rows from the moment `since` on, or the
    latest `test_fraction` of them. newcomers: that share of the users wholly. Under both, users whom training
    doesn't know are folded in from `given_fraction` of their rows. kfold: fold number `fold` (from 1) of
    `folds`. official: the test file that the table came with. none: nothing is held out. Raises UsageError or
    DataError where it can't be done.
    """
    if not isinstance(ratings, Ratings):
        hint = "core.load_ratings makes a table of it."
        raise UsageError(f"split_ratings takes a table, not a {type(ratings).__name__}.", hint=hint)
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or seed < 0:
        raise UsageError(f"seed takes a whole number from 0 up, not {seed!r}.")
    _check_fraction(test_fraction, "test_fraction")
    if method == "time":
        apart = split_by_time(ratings, test_fraction, since, given_fraction)
        details: dict[str, int | float | str] = {"since": since, "given_fraction": given_fraction}
        return _make_apart(ratings, apart, seed, test_fraction, method, details)
    if method == "newcomers":
        apart = split_newcomers(ratings, seed, test_fraction, given_fraction)
        return _make_apart(ratings, apart, seed, test_fraction, method, {"given_fraction": given_fraction})
    counted = {"last": {"count": count}, "kfold": {"folds": folds, "fold": fold}}.get(method, {})
    mask = _mask(ratings, seed, test_fraction, method, counted)
    return _make_split(ratings, mask, seed, test_fraction, method, counted)


def _mask(ratings: Ratings, seed: int, test_fraction: float, method: str, details: Mapping[str, int]) -> Mask:
    if method == "random":
        return random_mask(len(ratings), seed, test_fraction)
    if method == "user":
        return per_user_mask(ratings, seed, test_fraction)
    if method == "last":
        return last_out_mask(ratings, **details)
    if method == "kfold":
        return fold_mask(len(ratings), seed, **details)
    if method == "official":
        return official_mask(ratings)
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
    _refuse_empty(ratings, mask, ~mask if method != "none" else mask)
    return Split(
        train=np.flatnonzero(mask),
        test=np.flatnonzero(~mask),
        seed=seed,
        test_fraction=test_fraction,
        hash=_hash(ratings, mask),
        method=method,
        details=dict(details or {}),
    )


def _make_apart(
    ratings: Ratings,
    apart: Apart,
    seed: int,
    test_fraction: float,
    method: str,
    details: dict[str, int | float | str],
) -> Split:
    """Make a split of masks; raises DataError where the training or the test part is empty."""
    _refuse_empty(ratings, apart.train, apart.test)
    parts = {name: np.flatnonzero(mask) for name, mask in vars(apart).items()}
    return Split(
        **parts,
        seed=seed,
        test_fraction=test_fraction,
        hash=_hash(ratings, apart.train, apart.test, apart.given),
        method=method,
        details=details,
    )


def _refuse_empty(ratings: Ratings, train: Mask, test: Mask) -> None:
    for rows, part in ((train, "training"), (test, "test")):
        if not rows.any():
            hint = "Choose another test fraction, seed or method; the table may be too small."
            if ratings.timestamps is not None:
                first, last = day_of(int(ratings.timestamps.min())), day_of(int(ratings.timestamps.max()))
                hint = f"{hint} Its times go from {first} to {last}."
            raise DataError(f"the {part} part of the split would be empty.", path=ratings.source, hint=hint)


def _hash(ratings: Ratings, *masks: Mask) -> str:
    packed = b"".join(np.packbits(mask).tobytes() for mask in masks)
    return hashlib.sha256(ratings.fingerprint.encode() + packed).hexdigest()[:16]


def carve_tuning(split: Split, fraction: float, seed: int) -> tuple[LongArray, LongArray]:
    """Carve a tuning part out of training: rows that stay and rows carved, int64, seeded.

    Raises UsageError for a fraction outside 0 to 1 or one that leaves a part empty.
    """
    _check_fraction(fraction, "tuning_fraction")
    mask = random_mask(len(split.train), seed, fraction)
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
