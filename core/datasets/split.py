"""Splits ratings into training and test parts, reproducibly, with a hash that names the split."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.datasets.ratings import LongArray, Ratings
from core.errors import DataError, UsageError

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Split:
    """Rows (int64, ascending) of the training and the test part of a ratings table.

    `hash` (16 hex digits) is the same only for the same data split the same way.
    """

    train: LongArray
    test: LongArray
    seed: int
    test_fraction: float
    hash: str
    method: str = "random"


def split_ratings(
    ratings: Ratings, seed: int = 42, test_fraction: float = 0.2, method: str = "random"
) -> Split:
    """Split ratings in file order from a seed; raises UsageError where a part would be empty."""
    _check_fraction(test_fraction, "test_fraction")
    if method != "random":
        raise UsageError(f"There is no split method {method!r}.", hint="Known: random.")
    return make_split(ratings, random_mask(len(ratings), seed, test_fraction), seed, test_fraction, method)


def random_mask(count: int, seed: int, fraction: float) -> Mask:
    """Draw which of `count` rows stay: bool of shape (count,), False for about `fraction` of them."""
    # 1 - 0.2 and its like are rounded so that the threshold is the 0.8 that people write.
    return np.random.default_rng(seed).random(count) < round(1.0 - fraction, 12)


def make_split(ratings: Ratings, mask: Mask, seed: int, test_fraction: float, method: str) -> Split:
    """Make a split of a training mask, shape (n,); raises DataError where a part is empty."""
    for rows, part in ((mask, "training"), (~mask, "test")):
        if not rows.any():
            hint = "Choose another test fraction, seed or method; the table may be too small."
            raise DataError(f"the {part} part of the split would be empty.", path=ratings.source, hint=hint)
    digest = hashlib.sha256(ratings.fingerprint.encode() + np.packbits(mask).tobytes())
    return Split(
        np.flatnonzero(mask), np.flatnonzero(~mask), seed, test_fraction, digest.hexdigest()[:16], method
    )


def carve_tuning(split: Split, fraction: float, seed: int) -> tuple[LongArray, LongArray]:
    """Carve a tuning part out of training: rows that stay and rows carved, int64, seeded.

    Raises UsageError for a fraction outside 0 to 1 or one that leaves a part empty.
    """
    _check_fraction(fraction, "tuning_fraction")
    mask = random_mask(len(split.train), seed, fraction)
    if mask.all() or not mask.any():
        raise UsageError(f"A tuning part of {fraction:g} of {len(split.train)} training ratings is empty.")
    return split.train[mask], split.train[~mask]


def _check_fraction(fraction: float, name: str) -> None:
    if not 0.0 < fraction < 1.0:
        raise UsageError(f"{name} must lie between 0 and 1, not {fraction!r}.", hint="Usual is 0.2.")
