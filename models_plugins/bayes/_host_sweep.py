"""The Gibbs sweep of a CPU: sums over ratings are sparse products, rows are drawn block by block.

It draws what the compiled sweep draws (`_sweep.py`) in a quarter of the processor's time, and nothing has to
be compiled. An outer product is made once for a row of the other side, not for each of its ratings, and small
systems lie side by side in memory, so that each step of their solution works on a whole block of rows. Items
of few ratings need no system (`_few_rated.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from core import FloatArray, TrainingData
from models_plugins.bayes._few_rated import FEW, Alike, alike_rows, drawn_alike
from models_plugins.bayes._state import DoubleArray, Prior

T = TypeVar("T")
_BLOCK_ROWS, _BLOCK_RATINGS = 4_096, 65_536
"""A block's systems fit a processor's cache, and a block is worth handing to another thread."""


class _Block(NamedTuple):
    """Some rows of a side: sparse matrices (rows, rows of the other side) of ones and of targets, and each
    row's sum of squared targets."""

    rows: npt.NDArray[np.int64]
    ones: Any
    targets: Any
    squares: DoubleArray


class _Sums(NamedTuple):
    """Sums over each row's ratings, where e = (factors, 1, bias) of the other side's row, of `size` numbers:
    the upper triangle of e · eᵀ, shape (size·(size + 1)/2, rows), and target · e, shape (size, rows)."""

    triangles: FloatArray
    targets: FloatArray

    def weighed(self, weights: FloatArray) -> _Sums:
        """The same where a row's ratings count so much, shape (rows,)."""
        return _Sums(self.triangles * weights, self.targets * weights)


class HostSweep:
    """A sweep over one table of ratings; rows are (factors, bias), so `width` is factors + 1."""

    def __init__(self, data: TrainingData, width: int, threads: int = 1) -> None:
        """Sort the ratings by users and by items; each sweep works on so many threads."""
        self._size = width + 1
        counts = data.user_count, data.item_count
        self._users = _blocks(data.users, data.items, data.targets, counts)
        rated = np.bincount(data.items, minlength=data.item_count)
        self._items = _blocks(data.items, data.users, data.targets, counts[::-1], rated > FEW)
        self._few = alike_rows(data.items, data.users, data.targets, data.item_count, _BLOCK_ROWS)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="sweep") if threads > 1 else None
        self._summed: tuple[FloatArray | None, list[_Sums]] = None, []

    def beside(self) -> HostSweep:
        """A sweep over the same ratings for another chain, at the same time: with memory of its own."""
        other = copy(self)
        other._summed = None, []
        return other

    def __call__(
        self,
        item: FloatArray,
        priors: tuple[Prior, Prior],
        noise: FloatArray,
        normals: tuple[FloatArray, FloatArray],
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """See `models_plugins.bayes._sampler.Sweeps`."""
        sums = [
            one.weighed(noise[block.rows])
            for block, one in zip(self._users, self._sums_by_user(item), strict=True)
        ]
        user, item = (np.empty_like(own) for own in normals)
        self._draw(self._users, sums, priors[0], normals[0], user)
        item_sums = self._sums(self._items, user, noise)
        self._draw(self._items, item_sums, priors[1], normals[1], item)
        self._draw_few(user, noise, priors[1], normals[1], item)
        pairs = zip(self._users, self._sums_by_user(item), strict=True)
        errors = [_errors(user[block.rows], one, block.squares) for block, one in pairs]
        return user, item, np.concatenate(errors)

    def _sums_by_user(self, item: FloatArray) -> list[_Sums]:
        """The users' sums under these item rows; those that told the last errors serve the next sweep."""
        if self._summed[0] is not item:
            ones = np.ones(len(item), np.float32)
            self._summed = item, list(self._sums(self._users, item, ones))
        return self._summed[1]

    def _sums(self, blocks: Sequence[_Block], rows: FloatArray, weights: FloatArray) -> Iterator[_Sums]:
        """The sums of each block under the other side's rows, whose ratings weigh `weights`."""
        weighed = np.empty((len(rows), self._size), np.float32)
        products = np.empty((len(rows), self._size * (self._size + 1) // 2), np.float32)

        def multiply(first: int) -> None:
            part = slice(first, first + _BLOCK_ROWS)
            design = np.insert(np.ascontiguousarray(rows[part].T), -1, 1, axis=0)
            own = design * weights[part]
            weighed[part] = own.T
            products[part] = _upper_products(design, own).T

        def add_up(block: _Block) -> _Sums:
            return _Sums(np.ascontiguousarray((block.ones @ products).T), (block.targets @ weighed).T)

        list(self._map(multiply, range(0, len(rows), _BLOCK_ROWS)))
        return self._map(add_up, blocks)

    def _draw(
        self,
        blocks: Sequence[_Block],
        sums: Iterable[_Sums],
        prior: Prior,
        normals: FloatArray,
        drawn: FloatArray,
    ) -> None:
        """Draw the rows of a side's blocks into `drawn`, shape (rows, width)."""
        pulled = prior.precision * prior.centers

        def draw(block: _Block, own: _Sums) -> None:
            columns, right = _system(own, len(prior.precision))
            for column, precision in zip(columns, prior.precision, strict=True):
                column[0] += precision
            right += pulled[block.rows].T
            drawn[block.rows] = solve_and_draw(columns, right, normals[block.rows].T).T

        list(self._map(draw, blocks, sums))

    def _draw_few(
        self, users: FloatArray, noise: FloatArray, prior: Prior, normals: FloatArray, drawn: FloatArray
    ) -> None:
        """Draw the items of few ratings into `drawn`, shape (items, width)."""

        others = np.ascontiguousarray(users.T)

        def draw(alike: Alike) -> None:
            own = np.ascontiguousarray(normals[alike.rows].T)
            drawn[alike.rows] = drawn_alike(alike, others, noise, prior, own).T

        list(self._map(draw, self._few))

    def _map(self, work: Callable[..., T], *values: Iterable[Any]) -> Iterator[T]:
        return self._threads.map(work, *values) if self._threads else map(work, *values)


def _upper_products(design: FloatArray, own: FloatArray) -> FloatArray:
    """The upper triangles of the products of columns, shape (size·(size + 1)/2, rows), row by row of each."""
    size, rows = design.shape
    products, start = np.empty((size * (size + 1) // 2, rows), np.float32), 0
    for number in range(size):
        end = start + size - number
        np.multiply(design[number], own[number:], out=products[start:end])
        start = end
    return products


def _system(sums: _Sums, width: int) -> tuple[list[FloatArray], FloatArray]:
    """The columns, from the diagonal down, of what a row's own design is multiplied by, and the right side.

    The last of e's numbers is the other side's bias: no row has a say in it, so it is taken from the targets.
    """
    starts = np.cumsum([0, *range(width + 1, 1, -1)]).tolist()
    columns = [sums.triangles[start : start + width - number] for number, start in enumerate(starts[:-1])]
    biases = [start + width - number for number, start in enumerate(starts[:-1])]
    return columns, sums.targets[:width] - sums.triangles[biases]


def solve_and_draw(columns: Sequence[FloatArray], right: FloatArray, normals: FloatArray) -> FloatArray:
    """Solve matrix · x = right for many small matrices and add noise of covariance matrix⁻¹.

    `columns` are those of the matrices from the diagonal down, of shapes (width − number, matrices), and are
    overwritten, as is `right`. `right`, `normals` and the result have shape (width, matrices). With
    L·Lᵀ = matrix, x = L⁻ᵀ·(L⁻¹·right + normals).
    """
    for number, column in enumerate(columns):
        for before, other in enumerate(columns[:number]):
            below = other[number - before :]
            np.subtract(column, below * below[0], out=column)
        np.divide(column, np.sqrt(column[0]), out=column)
        right[number] /= column[0]
        right[number + 1 :] -= right[number] * column[1:]
    drawn = right + normals
    for number in reversed(range(len(columns))):
        column = columns[number]
        drawn[number] -= (column[1:] * drawn[number + 1 :]).sum(axis=0)
        drawn[number] /= column[0]
    return drawn


def _errors(rows: FloatArray, sums: _Sums, squares: DoubleArray) -> FloatArray:
    """Each row's sum of squared errors, shape (rows,): the square of targets − x · e, multiplied out."""
    whole = np.concatenate([rows, np.ones((len(rows), 1), np.float32)], axis=1).T.astype(np.float64)
    errors, start = squares - 2 * (whole * sums.targets).sum(axis=0), 0
    for number, own in enumerate(whole):
        column = sums.triangles[start : start + len(whole) - number]
        errors += own * (2 * (column * whole[number:]).sum(axis=0) - column[0] * own)
        start += len(column)
    found: FloatArray = np.maximum(errors, 0).astype(np.float32)
    return found


def _blocks(
    own: Any, other: Any, targets: FloatArray, counts: tuple[int, int], kept: Any = None
) -> list[_Block]:
    """Cut a side's rows, with their ratings, into blocks; `counts` are those of this and the other side.

    Only rows that are `kept`, shape (rows,), where that is given.
    """
    from scipy.sparse import csr_matrix

    rows = np.arange(counts[0]) if kept is None else np.flatnonzero(kept)
    order = np.argsort(own, kind="stable")
    order = order if kept is None else order[kept[own[order]]]
    members, values = other[order].astype(np.int32), targets[order]
    ends = np.concatenate([[0], np.cumsum(np.bincount(own[order], minlength=counts[0])[rows])])
    squares: Any = np.bincount(own[order], np.square(values, dtype=np.float64), counts[0])[rows]
    ones, found = np.ones(len(members), np.float32), []
    for first, last in _cuts(ends):
        part, starts = slice(ends[first], ends[last]), (ends[first : last + 1] - ends[first]).astype(np.int32)
        shape = last - first, counts[1]
        matrices = [csr_matrix((data[part], members[part], starts), shape) for data in (ones, values)]
        found.append(_Block(rows[first:last], matrices[0], matrices[1], squares[first:last]))
    return found


def _cuts(ends: Any) -> list[tuple[int, int]]:
    """First and last row (exclusive) of blocks that hold as many rows and, but for a lone row, ratings."""
    cuts, first, rows = [], 0, len(ends) - 1
    while first < rows:
        last = int(np.searchsorted(ends, ends[first] + _BLOCK_RATINGS, side="right")) - 1
        last = min(rows, max(first + 1, last), first + _BLOCK_ROWS)
        cuts.append((first, last))
        first = last
    return cuts
