"""Trains any head to rank: users in batches, the softmax over all items or a sample of them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, RowArray
from core.contract import Architecture, Arrays, SliceTotals, TrainingData, TrainingSettings
from core.model import build_head
from core.options import ArchitectureOptions
from core.ranking import ItemSets
from core.startup import is_cpu, tf
from core.training.gradient import (
    WAITING,
    as_step,
    check_fits,
    copied,
    first_step,
    numbered,
)
from core.training.ranking._batches import BatchSize, EpochBatches
from core.training.ranking._candidates import choose_candidates
from core.training.ranking._compiled import Compiled, Found, check_sides, take
from core.training.ranking._products import find_products
from core.training.ranking._rows import RowTable
from core.training.ranking._step import StepParts

_SCORED_USERS, _SCORED_PAIRS = 64, 1_000_000


class _Prepared(NamedTuple):
    """A batch and what it is scored on, as tensors on the device, its pairs, and its number in the epoch."""

    batch: tuple[Any, ...]
    candidates: tuple[Any, ...]
    pairs: int
    number: int


class RankingTrainer:
    """Trains tables and head by the softmax over items, a `Trainer`; see the room's README."""

    def __init__(
        self,
        architecture: Architecture,
        options: ArchitectureOptions,
        settings: TrainingSettings,
        data: TrainingData,
        device: str,
    ) -> None:
        self._settings, self._device, self._first_step = settings, device, first_step(settings.seed)
        counts = data.user_count, data.item_count
        self._likes = ItemSets.of(data.users, data.items, counts, data.targets)
        self._counts = data.rating_counts  # of all devices: each is to start and step as one alone would
        self._size = BatchSize.choose(self._counts[0], settings.batch_size)
        self._epoch: EpochBatches | None = None
        self._number = 0
        self._ahead = ThreadPoolExecutor(
            1, thread_name_prefix="batches"
        )  # the next one, while one is trained
        with tf.device(device):
            self._compiled: Compiled | None = self._take(architecture, options)

    def _take(self, architecture: Architecture, options: ArchitectureOptions) -> Compiled:
        settings, likes = self._settings, self._likes
        head = build_head(architecture, options, settings.seed)
        check_sides(architecture, head)
        products = find_products(architecture, options, head)
        self._candidates = choose_candidates(likes, self._size, products)
        sizes = likes.user_count, likes.item_count
        found = Found(head, products, self._candidates.exact)
        compiled = take(architecture, options, settings, sizes, self._device, found)
        compiled.start(head, settings.seed, self._counts, self._size.users)
        self._room = compiled.room(self._size)
        return compiled

    @property
    def _parts(self) -> StepParts:
        assert self._compiled is not None  # noqa: S101 - not after close
        return self._compiled.parts

    @property
    def parameters(self) -> int:
        """Count the trained numbers: all tables and the head's weights."""
        trained = [*(table.table for table in self._parts.tables), *self._parts.training.weights]
        return sum(int(np.prod(variable.shape)) for variable in trained)

    @property
    def replicas(self) -> int:
        return self._parts.replicas

    @property
    def samples(self) -> bool:
        """Whether batches are scored on a sample of the items, not on all."""
        return not self._parts.exact

    def begin_epoch(self, epoch: int) -> int:
        """Draw this epoch's batches; they depend on the seed and the epoch's number alone."""
        generator = np.random.default_rng([self._settings.seed, epoch])
        self._epoch = EpochBatches.draw(self._likes, self._size, self._room, generator)
        self._number = epoch
        return len(self._epoch)

    def compile(self) -> None:
        """Compile the step and the scores, by a batch that is forgotten again."""
        before = self.state()
        if self._epoch is None:
            self.begin_epoch(1)
        self._run_batch(self._prepare(0), self._settings.learning_rate)
        self.restore(before)
        self._all_replicas(np.zeros(1, np.int32))

    def run_batches(self, first: int, count: int, learning_rate: float) -> SliceTotals:
        """Train on `count` batches from number `first`; the error is the sum of −log p of what was taken."""
        losses, pairs = [], 0
        waiting = self._ahead.submit(self._prepare, first)
        for number in range(first, first + count):
            prepared = waiting.result()
            if number + 1 < first + count:
                waiting = self._ahead.submit(self._prepare, number + 1)
            losses.append(self._run_batch(prepared, learning_rate))
            pairs += prepared.pairs
        return SliceTotals(sum(map(float, losses)), pairs)  # looked at once all are on their way

    def scores(self, users: RowArray, items: RowArray) -> FloatArray:
        """Score pairs with the current weights: the mean of the replicas' scores."""
        mean: FloatArray = self.replica_scores(users, items).mean(axis=1)
        return mean

    def replica_scores(self, users: RowArray, items: RowArray) -> FloatArray:
        """Score pairs with each replica alone, shape (n, replicas): whole rows of all items, picked from."""
        who, places = np.unique(users, return_inverse=True)
        scores = np.empty((len(users), self.replicas), np.float32)
        order = np.argsort(places, kind="stable")
        starts = np.searchsorted(places[order], np.arange(0, len(who) + _SCORED_USERS, _SCORED_USERS))
        for number, (low, high) in enumerate(pairwise(starts.tolist())):
            first, rows = number * _SCORED_USERS, order[low:high]
            block = self._all_replicas(who[first : first + _SCORED_USERS])
            scores[rows] = block[:, places[rows] - first, items[rows]].T
        return scores

    def all_scores(self, users: RowArray) -> FloatArray:
        """Score all items for users, shape (users, items)."""
        products = self._parts.products
        if products is not None and not products.has_rest and is_cpu(self._device):
            return products.scores(self._rows("user", users), self._rows("item"))
        parts = [
            self._all_replicas(users[start : start + _SCORED_USERS]).mean(axis=0)
            for start in range(0, len(users), _SCORED_USERS)
        ]
        return np.concatenate(parts)

    def weights(self) -> Arrays:
        """Copy tables and head weights."""
        tables: Arrays = {f"table/{table.spec.name}": table.array() for table in self._parts.tables}
        return {**tables, **copied(numbered("head", self._parts.training.weights))}

    def state(self) -> Arrays:
        """Copy tables, slots, head weights and the head optimizer's variables."""
        return {**self.weights(), **copied(self._hidden_variables())}

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take tables, slots, head and optimizer back; raises RunError where names or shapes differ."""
        check_fits(state, self.state())
        for table in self._parts.tables:
            table.assign(state[f"table/{table.spec.name}"])
        heads = numbered("head", self._parts.training.weights)
        for name, variable in {**heads, **self._hidden_variables()}.items():
            variable.assign(state[name])

    def variables(self) -> dict[str, Any]:
        """All that training changes, by name: TensorFlow variables, for who keeps several trainers alike.

        `table/user/factors` is an embedding, `slots/user/factors/0` what its optimizer remembers: `means/…`
        where that is a running mean.
        """
        tables = {f"table/{_place_of(table)}": table.table for table in self._parts.tables}
        heads = numbered("head", self._parts.training.weights)
        slots = {
            name: slot
            for table in self._parts.tables
            for name, slot in numbered(f"{table.optimizer.slots}/{_place_of(table)}", table.slots).items()
        }
        return {**tables, **heads, **slots, **numbered("optimizer", self._parts.head_optimizer.variables)}

    def close(self) -> None:
        """Give the compiled step to the next training of the same shape; this trainer is done."""
        self._ahead.shutdown()
        self._epoch = None
        if self._compiled is not None:
            WAITING.give_back(self._compiled)
            self._compiled = None

    def _run_batch(self, prepared: _Prepared, learning_rate: float) -> Any:
        """Train on a batch; returns the tensor of its error."""
        share = learning_rate / self._settings.learning_rate
        self._parts.head_optimizer.learning_rate = self._settings.head_learning_rate * share
        step = as_step(self._first_step + (self._number << 16) + prepared.number)
        rate = tf.constant(learning_rate, tf.float32)
        assert self._compiled is not None  # noqa: S101 - not after close
        with tf.device(self._device):
            return self._compiled.run(prepared.batch, prepared.candidates, step, rate)

    def _prepare(self, number: int) -> _Prepared:
        """Collect a batch and what it is scored on; its draws depend on seed, epoch and number alone.

        They are sent to the device here, which is while the batch before is trained on.
        """
        assert self._epoch is not None  # noqa: S101 - begin_epoch comes first
        batch = self._epoch.batch(number)
        draws = np.random.default_rng([self._settings.seed, self._number, number])
        candidates = vars(self._candidates.of(batch, draws)).values()
        with tf.device(self._device):
            own = tuple(map(tf.constant, (batch.users, batch.valid, batch.places, batch.weights)))
            return _Prepared(own, tuple(map(tf.constant, candidates)), batch.pairs, number)

    def _all_replicas(self, users: RowArray) -> FloatArray:
        """Scores of all items by each replica, shape (replicas, users, items), in blocks of one shape."""
        assert self._compiled is not None  # noqa: S101 - not after close
        self._parts.head.copy_from(self._parts.training)
        items = np.arange(self._likes.item_count, dtype=np.int32)
        padded = np.zeros(_SCORED_USERS, np.int32)
        padded[: len(users)] = users
        with tf.device(self._device):
            scores: FloatArray = self._compiled.score(padded, items).numpy()
        return scores[:, : len(users)]

    def _rows(self, side: str, rows: RowArray | slice = slice(None)) -> dict[str, FloatArray]:
        """Some rows of a side's tables by role, shape (rows, replicas, dimension)."""
        own = (table for table in self._parts.tables if table.spec.side == side)
        return {table.spec.role: table.table.numpy()[rows] for table in own}

    def _hidden_variables(self) -> dict[str, Any]:
        """What training needs to go on, beside tables and weights, by name."""
        slots = {
            name: slot
            for table in self._parts.tables
            for name, slot in numbered(f"slots/{table.spec.name}", table.slots).items()
        }
        return {**slots, **numbered("optimizer", self._parts.head_optimizer.variables)}


def _place_of(table: RowTable) -> str:
    return f"{table.spec.side}/{table.spec.role}"
