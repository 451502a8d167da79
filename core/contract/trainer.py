"""The contract between the training loop and whatever trains: gradient steps, Gibbs sweeps, …"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from core.array_types import (
    FloatArray as FloatArray,  # noqa: PLC0414 - also taken from here
    LongArray,
    RowArray as RowArray,  # noqa: PLC0414 - also taken from here
)

if TYPE_CHECKING:
    from core.contract.data import ItemTable

Arrays = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class TrainingData:
    """The training part: rows of users and items and centred ratings, each of shape (n,).

    Ratings are centred by `mean` or by damped means around it. `noise` is the standard deviation of ratings
    around damped means; `item_table` says what is known of the items (genres, years), for trainers that use
    it. `capacity` is how many ratings the largest part of the same table has: trainings with one capacity may
    share what was compiled. `counts` are the ratings of every user and item, where others train along.
    `times`, where the table tells them, gives the seconds of when each row was rated or taken (the last
    time), shape (n,), collected when asked for.

    Under the objective "ranking" the pairs are those that users took, each once; `targets` are then their
    weights (1 unless the table says otherwise), and `mean` is 0.
    """

    users: RowArray
    items: RowArray
    targets: FloatArray
    user_count: int
    item_count: int
    mean: float
    item_table: ItemTable | None = None
    noise: float = 1.0
    capacity: int = 0
    counts: tuple[LongArray, LongArray] | None = None
    objective: str = "rating"
    times: Callable[[], LongArray] | None = None

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def rating_counts(self) -> tuple[LongArray, LongArray]:
        """How many training ratings every user and every item has, whoever trains on them."""
        users = np.bincount(self.users, minlength=self.user_count)
        return self.counts or (users, np.bincount(self.items, minlength=self.item_count))

    @property
    def room(self) -> int:
        """The ratings to make room for: the capacity, or these where it is less."""
        return max(self.capacity, len(self))


@dataclass(frozen=True, kw_only=True)
class TrainingNews:
    """Training `before` and `now`, in rows of the ids that there are now, and the rows of `users` and `items`
    that the difference touches, ascending. Rows that were there before keep their numbers."""

    before: TrainingData
    now: TrainingData
    users: LongArray
    items: LongArray


@dataclass(frozen=True)
class SliceTotals:
    """What a slice of batches did: the sum of squared errors (before the updates) over so many ratings.

    Under the objective "ranking" it is the sum of −log of the probabilities that the model gave to what users
    took.
    `seconds` says how long it took where several workers must cut their epochs alike; None leaves that to
    the loop's clock.
    """

    squared_error: float
    ratings: int
    seconds: float | None = None


class Trainer(Protocol):
    """Trains in slices of batches, so that the loop can report, pause and steer between any two.

    A batch is whatever unit of work the trainer counts; a sweep of a sampler may be one.
    """

    @property
    def parameters(self) -> int:
        """Count the trained numbers."""

    def begin_epoch(self, epoch: int) -> int:
        """Make ready for an epoch (from 1), whatever ran before; returns its count of batches."""

    def run_batches(self, first: int, count: int, learning_rate: float) -> SliceTotals:
        """Train on `count` batches of this epoch from number `first` (from 0)."""

    def scores(self, users: RowArray, items: RowArray) -> FloatArray:
        """Score pairs (shape (n,)): ratings minus the mean, not clipped."""

    def weights(self) -> Arrays:
        """Copy the arrays that predictions need, by name: `table/user_factors`, `head/0`."""

    def state(self) -> Arrays:
        """Copy all that training needs to go on exactly: the weights and the optimizer's numbers."""

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take a state back; raises RunError where names or shapes don't fit."""

    def close(self) -> None:
        """Let go of what is held for training; nothing is called after it."""


@runtime_checkable
class Compiles(Protocol):
    """A trainer that compiles what it runs."""

    def compile(self) -> None:
        """Do once, before the clock runs, what takes long (compiling); trains nothing."""


@runtime_checkable
class ReplicaScores(Protocol):
    """A trainer that may train several replicas at once, whose mean is the score."""

    @property
    def replicas(self) -> int:
        """Count the replicas."""

    def replica_scores(self, users: RowArray, items: RowArray) -> FloatArray:
        """Score pairs with each replica alone, shape (n, replicas)."""


@runtime_checkable
class ScoresAllItems(Protocol):
    """A trainer that scores all items for a user faster than pair by pair."""

    def all_scores(self, users: RowArray) -> FloatArray:
        """Score all items for users, shape (users, items)."""


@runtime_checkable
class Converges(Protocol):
    """A trainer that samples by several chains, and can say whether they agree."""

    def convergence(self) -> Mapping[str, float]:
        """`chains`, their `samples` in all, `r_hat` (near 1 where chains agree) and `effective_samples`, how
        many independent ones they are worth; empty where nothing can be said."""
