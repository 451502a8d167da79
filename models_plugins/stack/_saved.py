"""The arrays that a stack is saved as, and the scores that they give."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from core import Arrays, FloatArray, TastemapError
from models_plugins.ease import Links, link_scores
from models_plugins.stack._factors import Factors
from models_plugins.stack._scores import Shares, factor_scores, stacked, standardized


class Saved(NamedTuple):
    """Rows of the learnt items, ascending, the members, and what each counts."""

    kept: Any
    members: list[Factors]
    links: Links
    shares: Shares


def to_arrays(saved: Saved, popularity: FloatArray) -> Arrays:
    """Arrays of a stack: factors lie where views look for them, a row an item, members side by side."""
    width = sum(member.rows.shape[1] for member in saved.members)
    table = np.zeros((len(popularity), width), np.float32)
    table[saved.kept] = np.hstack([member.rows for member in saved.members])
    return {
        "table/item_factors": table,
        "history/kept": saved.kept,
        "history/popularity": popularity,
        "history/biases": np.stack([member.biases for member in saved.members]),
        "history/shares": np.array(saved.shares, np.float64),
        **{f"history/{name}": array for name, array in vars(saved.links).items()},
    }


def read_back(weights: Arrays, items: int) -> Saved:
    """Read a stack; raises TastemapError where arrays don't fit each other."""
    try:
        kept: Any = weights["history/kept"]
        table, biases = weights["table/item_factors"], weights["history/biases"].astype(np.float32)
        if len(kept) and not 0 <= kept.min() <= kept.max() < items:
            raise ValueError("items out of range")
        rows = np.split(table[kept].astype(np.float32), len(biases), axis=1)
        members = [Factors(*member) for member in zip(rows, biases, strict=True)]
        links = Links(*(weights[f"history/{name}"] for name in ("starts", "sources", "weights")))  # type: ignore[arg-type]
        if links.matrix().shape[0] != len(kept):
            raise ValueError(f"links of {len(links.starts) - 1} items for {len(kept)}")
        return Saved(kept, members, links, Shares(*weights["history/shares"].astype(float).tolist()))
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise TastemapError(f"The saved weights of stack are damaged: {error}.") from None


def score_known(histories: Any, saved: Saved, popularity: FloatArray) -> FloatArray:
    """Scores of the learnt items alone, shape (users, kept), for what was taken of them."""
    import scipy.sparse

    alike = scipy.sparse.csr_array(histories)
    alike.data = np.ones_like(alike.data, np.float32)
    alike.eliminate_zeros()
    logs = np.tile(np.log(popularity + np.float32(0.5)), (alike.shape[0], 1))
    parts = (
        factor_scores(alike, saved.members, popularity, saved.shares.l2),
        link_scores(alike, saved.links.matrix()),
        logs,
    )
    return stacked([standardized(part, alike) for part in parts], saved.shares)
