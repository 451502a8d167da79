"""Choose on carved likes how strongly members are held, and what each counts."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple, TypeVar

import numpy as np

from core import FloatArray
from models_plugins.ease import item_links, link_scores
from models_plugins.stack._factors import train_factors
from models_plugins.stack._scores import Shares, factor_scores, stacked, standardized
from models_plugins.stack._sessions import WEIGHT, near_counts, session_links

L2, LINK_L2 = (0.2, 0.37, 0.7), (100.0, 300.0, 1000.0)
LINKS, POPULARITY = (0.0, 0.35, 1.0, 2.0), (0.0, 0.3)
PLAIN = Shares(factors=1.0, links=0.35, popularity=0.0, l2=0.37, link_l2=300.0)
"""What is taken unless something else is better beyond chance."""
_ERRORS = 1.5
Choice = TypeVar("Choice", bound=Hashable)
_CARVED, _FIRST = 0.15, 10
_MOST_LIKES, _MOST_USERS = 200_000, 1000


class Carved(NamedTuple):
    """Likes left to train on and those sought, scipy.sparse matrices (users, items) of the same users.

    `times` says when those left were taken; None where nobody knows.
    """

    kept: Any
    sought: Any
    times: Any = None


def carve(taken: Any, times: Any, draws: np.random.Generator) -> Carved:
    """Carve likes out at random; of many a part of the users is enough.

    `times` has the entries of `taken`, in the same order; None where nobody knows them.
    """
    if taken.nnz > _MOST_LIKES:
        chosen = draws.permutation(taken.shape[0])[: max(2, int(taken.shape[0] * _MOST_LIKES / taken.nnz))]
        users = np.sort(chosen)
        taken, times = taken[users], None if times is None else times[users]
    sought = draws.random(taken.nnz) < _CARVED
    left = None if times is None else _only(times, ~sought)
    return Carved(_only(taken, ~sought), _only(taken, sought), left)


def _only(entries: Any, mask: np.ndarray) -> Any:
    import scipy.sparse

    users = np.repeat(np.arange(entries.shape[0]), np.diff(entries.indptr))[mask]
    return scipy.sparse.csr_array((entries.data[mask], (users, entries.indices[mask])), entries.shape)


def choose(carved: Carved, options: Any, seed: int) -> Shares:
    """Choose l2 of both members, whether nearness counts, and what links and popularity count beside factors.

    All by nDCG@10.
    """
    users = np.flatnonzero(np.diff(carved.sought.indptr))[:_MOST_USERS]
    kept, sought = carved.kept[users], carved.sought[users].toarray() > 0
    if not len(users):
        return PLAIN._replace(l2=options.l2 or PLAIN.l2, link_l2=options.link_l2 or PLAIN.link_l2)
    counts = np.asarray(carved.kept.sum(axis=0)).ravel().astype(np.float32)
    factors = dict(_tried_factors(carved, kept, counts, options, seed))
    links = dict(_tried_links(carved, kept, options))
    l2 = _pick({one: ndcg(scores, kept, sought) for one, scores in factors.items()}, PLAIN.l2)
    link_l2 = _pick({one: ndcg(scores, kept, sought) for one, scores in links.items()}, PLAIN.link_l2)
    near, linked = _nearness(carved, users, PLAIN._replace(link_l2=link_l2), links[link_l2], options, seed)
    popularity = np.tile(np.log(counts + 0.5).astype(np.float32), (len(users), 1))
    parts = [standardized(part, kept) for part in (factors[l2], linked, popularity)]
    weights = [*((1.0, *others) for others in product(LINKS, POPULARITY)), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)]
    tried = [Shares(*three, l2, link_l2, near) for three in weights]
    reached = {shares: ndcg(stacked(parts, shares), kept, sought) for shares in tried}
    return _pick(reached, PLAIN._replace(l2=l2, link_l2=link_l2, near=near))


def _nearness(
    carved: Carved, users: Any, shares: Shares, scores: FloatArray, options: Any, seed: int
) -> tuple[float, FloatArray]:
    """What nearness in time counts, and the scores of links that count it; nothing unless clearly better.

    `scores` are those of links without it, of the carved likes' `users`.
    """
    if carved.times is None:
        return 0.0, scores
    near, kept = near_counts(carved.times, np.random.default_rng(seed)), carved.kept[users]
    links = session_links(carved.kept, shares._replace(near=WEIGHT), options.links, near)
    with_near, sought = link_scores(kept, links.matrix()), carved.sought[users].toarray() > 0
    tried = {0.0: scores, WEIGHT: with_near}
    found = _pick({weight: ndcg(part, kept, sought) for weight, part in tried.items()}, 0.0)
    return found, tried[found]


def _pick(reached: Mapping[Choice, FloatArray], plain: Choice) -> Choice:
    """The best by mean nDCG where it is better than the plain choice beyond chance, else that.

    `reached` gives the nDCG of each user, shape (users,): the best of many on few users is so by chance.
    """
    best = max(reached, key=lambda choice: float(reached[choice].mean()))
    if plain not in reached:
        return best
    gains = reached[best] - reached[plain]
    return best if gains.mean() > _ERRORS * gains.std() / np.sqrt(len(gains)) else plain


def _tried_factors(
    carved: Carved, kept: Any, counts: FloatArray, options: Any, seed: int
) -> Iterator[tuple[float, FloatArray]]:
    for l2 in (options.l2,) if options.l2 else L2:
        trained = train_factors(carved.kept, options.factors, l2, options.passes, seed)
        yield l2, factor_scores(kept, [trained], counts, l2)


def _tried_links(carved: Carved, kept: Any, options: Any) -> Iterator[tuple[float, FloatArray]]:
    for l2 in (options.link_l2,) if options.link_l2 else LINK_L2:
        yield l2, link_scores(kept, item_links(carved.kept, l2, options.links).matrix())


def ndcg(scores: FloatArray, kept: Any, sought: np.ndarray) -> FloatArray:
    """nDCG@10 of each user's ranking by scores (users, items), what they kept passed over: (users,)."""
    scores = scores.copy()
    scores[np.repeat(np.arange(len(scores)), np.diff(kept.indptr)), kept.indices] = -np.inf
    count = min(_FIRST, scores.shape[1])
    first = np.argpartition(-scores, count - 1, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(scores, first, axis=1), axis=1, kind="stable")
    hits = np.take_along_axis(sought, np.take_along_axis(first, order, axis=1), axis=1)
    discounts = 1 / np.log2(np.arange(2, count + 2))
    ideal = np.cumsum(discounts)[np.minimum(sought.sum(axis=1), count) - 1]
    reached: FloatArray = hits @ discounts / ideal
    return reached
