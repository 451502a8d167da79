"""Whether chains agree: R̂ and the effective sample size, of the scores of some rated pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core import Arrays, FloatArray, TrainingData

_PAIRS = 200


class Agreement:
    """Sums over each chain's samples of the scores of `_PAIRS` training pairs, and of their squares."""

    def __init__(self, data: TrainingData, chains: int) -> None:
        chosen = np.random.default_rng(0).integers(len(data), size=_PAIRS) if len(data) else np.zeros(0, int)
        self._users, self._items = data.users[chosen], data.items[chosen]
        self._sums = np.zeros((chains, 2, len(chosen)))
        self._counts = np.zeros(chains, np.int64)

    def add(self, chain: int, rows: tuple[FloatArray, FloatArray]) -> None:
        """Take a chain's sample: both sides' rows, shape (rows, factors + 1)."""
        left, right = rows[0][self._users].astype(np.float64), rows[1][self._items]
        scores = (left[:, :-1] * right[:, :-1]).sum(axis=1) + left[:, -1] + right[:, -1]
        self._sums[chain] += scores, scores**2
        self._counts[chain] += 1

    def told(self) -> Mapping[str, float]:
        """Chains, their samples, R̂ and how many independent samples these are worth; empty for one chain.

        By Gelman & Rubin (1992), variances within and between chains being means over the pairs: of two
        chains one pair alone would tell little.
        """
        count, chains = int(self._counts.min()), len(self._counts)
        if chains < 2 or count < 2:
            return {}
        means, squares = np.moveaxis(self._sums / self._counts[:, None, None], 1, 0)
        within = float((squares - means**2).mean()) * count / (count - 1)
        between = float(means.var(axis=0, ddof=1).mean())
        if not within > 0:
            return {}
        whole = within * (count - 1) / count + between
        samples = int(self._counts.sum())
        worth = samples if not between else min(samples, samples * whole / (count * between))
        return {
            "chains": chains,
            "samples": samples,
            "r_hat": float(np.sqrt(whole / within)),
            "effective_samples": float(worth),
        }

    def state(self) -> Arrays:
        """Copy the sums, by name."""
        return {"sums": self._sums.copy(), "counts": self._counts.copy()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take arrays of the same names back."""
        self._sums, self._counts = np.array(state["sums"]), np.array(state["counts"])
