"""Which rows of a table count as likes: the positives that a ranking learns from and is measured by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, LongArray, Mask
from core.errors import DataError, UsageError

AUTO = "auto"
MOST_SPREAD = 50.0
"""Weights beyond so many medians count by their logarithm."""


@dataclass(frozen=True)
class LikeRule:
    """Values from `threshold` on are likes; None: every row is one. `why` says in words what was decided."""

    threshold: float | None
    why: str

    def likes(self, values: FloatArray) -> Mask:
        """Which values are likes, shape (n,)."""
        if self.threshold is None:
            return np.ones(len(values), bool)
        return values >= np.float32(self.threshold)


def like_rule(wanted: str, training_values: FloatArray, *, are_ratings: bool) -> LikeRule:
    """Decide which values are likes from `--positive-from` and the training values, shape (n,).

    "auto" takes every interaction and every rating as a like (who rates an item has chosen it), but for two
    values alone (a thumb up or down: the upper one) and for scales that go below zero (what lies above it).
    Raises UsageError for text that is no number, DataError where nothing would be a like.
    """
    if wanted != AUTO:
        rule = LikeRule(_number(wanted), f"values from {_number(wanted):g} on count as likes")
    elif not are_ratings:
        return LikeRule(None, "every interaction counts as a like")
    else:
        rule = _automatic(training_values)
    if not rule.likes(training_values).any():
        raise DataError(
            f"no training value is at least {rule.threshold:g}, so nothing counts as a like.",
            hint="Choose a lower --positive-from.",
        )
    return rule


def _automatic(values: FloatArray) -> LikeRule:
    distinct = np.unique(values)
    if len(distinct) == 2:
        return LikeRule(float(distinct[1]), f"there are two ratings, and {distinct[1]:g} counts as a like")
    if distinct[0] < 0 < distinct[-1]:
        least = float(distinct[distinct > 0][0])
        return LikeRule(least, f"ratings above 0 count as likes (from {least:g})")
    return LikeRule(None, "every rating counts as a like, since who rates an item has chosen it")


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise UsageError(f"--positive-from takes a rating or {AUTO}, not {text!r}.")
    return float(number)


@dataclass(frozen=True)
class Positives:
    """Liked pairs: rows of users and items and the weight of each, all of shape (n,)."""

    users: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    weights: FloatArray

    def __len__(self) -> int:
        return len(self.users)

    @classmethod
    def among(
        cls,
        users: npt.NDArray[np.int32],
        items: npt.NDArray[np.int32],
        weights: FloatArray | None,
        liked: Mask,
        rows: LongArray,
    ) -> Positives:
        """The liked ones of a table's `rows`; `liked` has the table's length, `weights` too or is None."""
        kept = rows[liked[rows]]
        own = np.ones(len(kept), np.float32) if weights is None else weights[kept].astype(np.float32)
        return cls(users[kept], items[kept], own)


def tempered(weights: FloatArray | None, train: LongArray) -> tuple[FloatArray | None, str]:
    """Weights as a ranking takes them, shape (n,), and what to say of it.

    Where the largest training weight is beyond `MOST_SPREAD` medians (counts of plays, say), few rows would
    be nearly all there is: then 1 + log(weight / least) counts.
    """
    if weights is None or not len(train) or weights[train].max() <= MOST_SPREAD * np.median(weights[train]):
        return weights, ""
    least = weights[train].min()
    counted = 1 + np.log(np.maximum(weights, least) / least)
    return counted.astype(np.float32), "; weights differ so much that their logarithm counts"
