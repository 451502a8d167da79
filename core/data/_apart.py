"""Splits that hold out whole stretches of time or whole users: whom training doesn't know is judged apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.array_types import LongArray, Mask
from core.data._masks import place_in_group, times_of
from core.data._moments import read_moment
from core.data.ratings import Ratings
from core.errors import DataError, UsageError


@dataclass(frozen=True, kw_only=True)
class Apart:
    """Masks over a table's rows, each of shape (n,) and none overlapping another.

    `train` and `test` are the parts of the standard figure. `given` are the rows by which users whom training
    doesn't know are folded in, `new_users` other rows of users who aren't judged by the standard figure,
    `new_items` rows of items that training doesn't know.
    """

    train: Mask
    test: Mask
    given: Mask
    new_users: Mask
    new_items: Mask


def split_by_time(ratings: Ratings, fraction: float, since: str, given_fraction: float) -> Apart:
    """Cut once, for all users: at a moment, or where the latest `fraction` of the rows begin.

    Ties in time keep the order of the file. Raises DataError for a table without times and UsageError for a
    moment that can't be read.
    """
    times = times_of(ratings, "later ratings can't be told")
    order = np.lexsort((np.arange(len(times)), times))
    train = np.ones(len(times), bool)
    if since:
        train = times < read_moment(since, "--from")
    else:
        train[order[round(len(times) * (1 - fraction)) :]] = False
    known_users, known_items = _known(ratings.users, train), _known(ratings.items, train)
    new_items = ~train & ~known_items
    strangers = ~train & known_items & ~known_users
    given = _first_of_each(ratings.users, strangers, order, given_fraction)
    return Apart(
        train=train,
        test=~train & known_items & known_users,
        given=given,
        new_users=strangers & ~given,
        new_items=new_items,
    )


def split_newcomers(ratings: Ratings, seed: int, fraction: float, given_fraction: float) -> Apart:
    """Hold out a share of the users wholly; `given_fraction` of what each has is given, drawn at random.

    That is the protocol of Liang et al. 2018 with the rows of each user judged that they hold out: one at
    least, none of who has one row only.
    """
    generator = np.random.default_rng(seed)
    several = np.flatnonzero(np.bincount(ratings.users, minlength=ratings.user_count) > 1)
    count = max(1, round(fraction * ratings.user_count))
    if count >= ratings.user_count or not len(several):
        hint = "Choose a smaller --test-fraction, or split another way."
        raise DataError("too few users to hold some out.", path=ratings.source, hint=hint)
    chosen = np.zeros(ratings.user_count, bool)
    chosen[generator.permutation(several)[:count]] = True
    train = ~chosen[ratings.users]
    new_items = ~train & ~_known(ratings.items, train)
    theirs = ~train & ~new_items
    order = np.argsort(generator.random(len(ratings)), kind="stable")
    given = _first_of_each(ratings.users, theirs, order, given_fraction)
    return Apart(
        train=train,
        test=theirs & ~given,
        given=given,
        new_users=np.zeros(len(ratings), bool),
        new_items=new_items,
    )


def _known(rows: np.ndarray, train: Mask) -> Mask:
    """Whether training has each row's user (or item)."""
    seen = np.zeros(int(rows.max()) + 1, bool)
    seen[rows[train]] = True
    known: Mask = seen[rows]
    return known


def _first_of_each(users: np.ndarray, among: Mask, order: LongArray, share: float) -> Mask:
    """The first `share` of each user's rows `among` all, in `order`; one of several is left at least."""
    if not 0.0 < share < 1.0:
        raise UsageError(f"given_fraction must lie between 0 and 1, not {share!r}.", hint="Usual is 0.8.")
    rows = order[among[order]]
    rows = rows[np.argsort(users[rows], kind="stable")]
    counts = np.bincount(users[rows])
    counts = counts[counts > 0]
    left = np.maximum(np.floor(counts * (1 - share) + 1e-9).astype(np.int64), 1)
    given = np.zeros(len(users), bool)
    kept = np.where(counts > 1, counts - left, counts)
    given[rows[place_in_group(counts) < np.repeat(kept, counts)]] = True
    return given
