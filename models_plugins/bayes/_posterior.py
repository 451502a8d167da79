"""The mean of all posterior samples as one compact factorization, and a few samples to tell the spread by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core import Arrays, FloatArray
from models_plugins.bayes._state import DoubleArray

KEPT = 10
"""So many samples, those at the ends of the last epochs, are kept as they are."""
_SIDES = ("user", "item")


class Posterior:
    """Collects samples of rows (factors, bias) of both sides.

    The mean of the samples' dot products is again a dot product: of all samples side by side. After every
    epoch it is cut back to its `components` strongest directions (a singular value decomposition), so that
    memory is bounded and the mean is an ordinary factorization, with axes in order of strength.
    """

    def __init__(self, counts: tuple[int, int], factors: int, components: int) -> None:
        self._components = components
        self._pending: list[tuple[FloatArray, FloatArray]] = []
        widths = {"product": components, "bias": 1, "kept": KEPT * (factors + 1)}
        self._arrays: dict[str, Any] = {
            f"{side}/{name}": np.zeros((rows, width), np.float32)
            for side, rows in zip(_SIDES, counts, strict=True)
            for name, width in widths.items()
        }
        self._arrays |= {"noise": np.zeros((counts[0], 1), np.float32), "count": np.zeros(2, np.int64)}

    @property
    def count(self) -> int:
        return int(self._arrays["count"][0])

    def add(self, tables: tuple[FloatArray, FloatArray], noise: FloatArray) -> None:
        """Take both sides' rows, shape (rows, factors + 1), and noise precisions, shape (users,)."""
        for side, table in zip(_SIDES, tables, strict=True):
            self._arrays[f"{side}/bias"] += table[:, -1:]
        self._arrays["noise"] += 1 / noise[:, None]
        self._arrays["count"][0] += 1
        self._pending.append(tables)

    def compress(self) -> None:
        """Fold the samples since the last call into the bounded factorization, and keep the last as it is."""
        if not self._pending:
            return
        self._keep(self._pending[-1])
        stacks = [
            np.hstack([self._arrays[f"{side}/product"], *(pair[number][:, :-1] for pair in self._pending)])
            for number, side in enumerate(_SIDES)
        ]
        products = strongest_directions(stacks[0], stacks[1], self._components)
        for side, product in zip(_SIDES, products, strict=True):
            self._arrays[f"{side}/product"] = product
        self._pending.clear()

    def tables(self) -> Arrays:
        """The posterior mean as tables of factors and biases, and each side's table of spread.

        Factors have mean 0 over the rows of a side: what an average row of the other side would add is moved
        to the biases, so that an item's bias is how an average user would like it. The spread's columns are
        the user's noise variance and then the kept samples' rows, one after the other.
        """
        factors = [self._arrays[f"{side}/product"] / np.sqrt(np.float32(self.count)) for side in _SIDES]
        means = [table.mean(axis=0) for table in factors]
        to_biases = [factors[0] @ means[1], (factors[1] - means[1]) @ means[0]]
        named: Arrays = {}
        for side, table, mean, moved in zip(_SIDES, factors, means, to_biases, strict=True):
            named[f"{side}_factors"] = table - mean
            named[f"{side}_bias"] = self._arrays[f"{side}/bias"] / np.float32(self.count) + moved[:, None]
            named[f"{side}_spread"] = self._arrays[f"{side}/kept"].copy()
        noise = self._arrays["noise"] / np.float32(self.count)
        return {**named, "user_spread": np.hstack([noise, named["user_spread"]])}

    def state(self) -> Arrays:
        """Copy all arrays, by name."""
        return {name: array.copy() for name, array in self._arrays.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take arrays of the same names back; samples that were not yet compressed are forgotten."""
        self._pending.clear()
        self._arrays = {name: np.array(state[name]) for name in self._arrays}

    def _keep(self, tables: tuple[FloatArray, FloatArray]) -> None:
        """Put a sample in the place of the oldest; the very first fills all places."""
        place = int(self._arrays["count"][1])
        for side, table in zip(_SIDES, tables, strict=True):
            kept, width = self._arrays[f"{side}/kept"], table.shape[1]
            if place:
                kept[:, place % KEPT * width : (place % KEPT + 1) * width] = table
            else:
                kept[:] = np.tile(table, KEPT)
        self._arrays["count"][1] += 1


def in_units(tables: Mapping[str, Any], unit: float, width: int) -> Arrays:
    """Tables whose scores, and the spread of them, are multiplied by `unit`; samples have `width` columns.

    Of factors and kept samples the users' side takes it all, of biases each its own.
    """
    noise, kept = tables["user_spread"][:, :1], tables["user_spread"][:, 1:]
    biases = np.tile([*np.ones(width - 1), unit], KEPT)
    scaled = {
        **tables,
        "user_factors": tables["user_factors"] * unit,
        "user_bias": tables["user_bias"] * unit,
        "item_bias": tables["item_bias"] * unit,
        "user_spread": np.hstack([noise * unit**2, kept * unit]),
        "item_spread": tables["item_spread"] * biases,
    }
    return {name: table.astype(np.float32) for name, table in scaled.items()}


def spread_of(user: FloatArray, item: FloatArray) -> FloatArray:
    """Tell the variance of ratings from rows of the spread tables: noise, and how the kept samples differ.

    Shapes (batch, 1 + KEPT · (factors + 1)), (batch, KEPT · (factors + 1)) and, for the result, (batch,).
    """
    left, right = (side.reshape(len(side), KEPT, item.shape[1] // KEPT) for side in (user[:, 1:], item))
    scores = (left[:, :, :-1] * right[:, :, :-1]).sum(axis=2) + left[:, :, -1] + right[:, :, -1]
    variance: FloatArray = user[:, 0] + scores.var(axis=1, ddof=1)
    return variance


def strongest_directions(
    left: FloatArray, right: FloatArray, components: int
) -> tuple[FloatArray, FloatArray]:
    """Approximate left · rightᵀ (shapes (rows, n) a side) by tables of shape (rows, components) a side.

    The best such approximation, its columns in order of strength; columns beyond its rank are 0. Works on the
    n × n products leftᵀ · left and rightᵀ · right, far faster than orthonormal bases of the tables and exact
    but for directions some 1,000 times weaker than the strongest.
    """
    (left_half, left_basis), (right_half, right_basis) = _halve(left), _halve(right)
    left_axes, strengths, right_axes = np.linalg.svd(left_half @ right_half.T)
    kept = min(components, len(strengths))
    scales = np.sqrt(strengths[:kept])
    products = (
        left @ (left_basis @ left_axes[:, :kept] * scales).astype(np.float32),
        right @ (right_basis @ right_axes[:kept].T * scales).astype(np.float32),
    )
    padded = [np.pad(product, ((0, 0), (0, components - kept))) for product in products]
    return padded[0], padded[1]


def _halve(table: FloatArray) -> tuple[DoubleArray, DoubleArray]:
    """Find `half` (r, n) and `basis` (n, r): halfᵀ · half = tableᵀ · table, table · basis orthonormal."""
    squares, axes = np.linalg.eigh((table.T @ table).astype(np.float64))
    kept = squares > 1e-7 * max(squares[-1], 1e-30)
    roots = np.sqrt(squares[kept])
    return roots[:, None] * axes[:, kept].T, axes[:, kept] / roots
