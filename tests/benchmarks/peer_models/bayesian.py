"""Bayesian factorization machines as myFM samples them."""

from __future__ import annotations

from typing import Any

import numpy as np

from peer_models.split import Fit, Split, timed


def myfm(name: str, blocks: bool = False, **options: Any) -> Fit:
    """MyFM's samplers of Bayesian matrix factorization; `blocks` add who rated what, genres and years."""

    def fit(split: Split, seed: int) -> tuple[float, Any]:
        import myfm as library

        users, items = _myfm_blocks(split) if blocks else _myfm_identities(split)
        width = [matrix.shape[1] for matrix in (*users, *items)]

        def related(held_out: bool) -> list[Any]:
            from scipy.sparse import hstack

            user, item, _ = split.part(held_out)
            sides = ((user, users), (item, items))
            return [library.RelationBlock(rows, hstack(parts).tocsr()) for rows, parts in sides]

        ordered = name == "MyFMOrderedProbit"
        values, targets = np.unique(split.part(held_out=False)[2], return_inverse=True)
        targets = targets if ordered else values[targets].astype(float)
        model = getattr(library, name)(rank=10, random_seed=seed)
        seconds, _ = timed(
            lambda: model.fit(None, targets, X_rel=related(False), group_shapes=width, **options)
        )
        if ordered:
            return seconds, model.predict_proba(None, X_rel=related(True)) @ values
        return seconds, model.predict(None, X_rel=related(True))

    return fit


def _myfm_identities(split: Split) -> tuple[list[Any], list[Any]]:
    from scipy.sparse import identity

    return [identity(split.users)], [identity(split.items)]


def _myfm_blocks(split: Split) -> tuple[list[Any], list[Any]]:
    """Identity, the sets of rated items and of raters divided by √ of their size, genres and years."""
    from scipy.sparse import csr_matrix, diags, identity

    user, item, ratings = split.part(held_out=False)
    rated = csr_matrix((np.ones(len(ratings)), (user, item)), shape=(split.users, split.items))

    def scaled(matrix: Any) -> Any:
        sizes = np.asarray(matrix.sum(axis=1)).ravel()
        return diags(1 / np.sqrt(np.maximum(sizes, 1))) @ matrix

    years = np.unique(split.year, return_inverse=True)[1]
    year = csr_matrix((np.ones(split.items), (np.arange(split.items), years)))
    users = [identity(split.users), scaled(rated)]
    return users, [identity(split.items), scaled(rated.T.tocsr()), csr_matrix(split.genres), year]
