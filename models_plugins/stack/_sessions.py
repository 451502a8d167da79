"""What users took in a row: items that are near each other in histories belong together more than others."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from models_plugins.ease import Links, item_links
from models_plugins.stack._scores import Shares

REACH = 30
"""Likes so far apart in a history, counted in likes, are near each other no more."""
WEIGHT = 2.0
"""How much nearness counts beside having been taken by the same users."""
_MOST_PAIRS = 60_000_000


def session_links(known: Any, shares: Shares, links: int, near: Any) -> Links:
    """Links of likes, a scipy.sparse matrix (users, items), in which `near_counts` count as `shares` say.

    l2 grows with what is counted in all.
    """
    if near is None or not shares.near:
        return item_links(known, shares.link_l2, links)
    l2 = shares.link_l2 * (1 + shares.near / 2)
    return item_links(known, l2, links, near * np.float32(shares.near))


def near_counts(times: Any, draws: np.random.Generator) -> Any:
    """How often items lie near each other in histories, a symmetric scipy.sparse matrix (items, items).

    `times` is a scipy.sparse matrix (users, items): when each was taken. Two likes of a user with n others
    between them count 1 − (n + 1) / `REACH`, a like with itself 1: a positive definite kernel, so that EASE
    may count it as if sessions were users too. Of many likes those of some users stand for all.
    """
    import scipy.sparse

    count = times.shape[1]
    users, items, scale = _in_order(times, draws)
    total = scipy.sparse.csr_array((count, count), dtype=np.float32)
    for lag in range(1, REACH):
        same = users[lag:] == users[:-lag]
        first, second = items[:-lag][same], items[lag:][same]
        weights = np.full(len(first), scale * (1 - lag / REACH), np.float32)
        total += scipy.sparse.csr_array((weights, (first, second)), (count, count))
    itself = np.bincount(items, minlength=count).astype(np.float32) * np.float32(scale)
    return total + total.T + scipy.sparse.diags_array(itself)


def _in_order(
    times: Any, draws: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], float]:
    """Users and items of likes in the order of each history, and how many likes each stands for."""
    users = np.repeat(np.arange(times.shape[0]), np.diff(times.indptr))
    order = np.lexsort((times.data, users))
    users, items = users[order], times.indices[order].astype(np.int64)
    share = min(1.0, _MOST_PAIRS / max(1, REACH * len(users)))
    if share == 1:
        return users, items, 1.0
    kept = (draws.random(times.shape[0]) < share)[users]
    return users[kept], items[kept], 1 / share
