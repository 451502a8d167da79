"""Compiled ranking steps, taken from those that wait, or made."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from core.array_types import LongArray
from core.contract import Architecture, TrainingSettings
from core.errors import PluginError
from core.model import Head
from core.options import ArchitectureOptions
from core.startup import keras, tf
from core.training.gradient import WAITING, identity, restart_head, training_copy
from core.training.ranking._batches import BatchSize
from core.training.ranking._products import Products
from core.training.ranking._rows import make_rows
from core.training.ranking._step import StepParts, compile_scores, compile_step

USER_REACH = 1.5
"""User rows step further by this times the root of an epoch's batches, since each is met in one alone."""


class Found(NamedTuple):
    """A head, what of it is products, and whether all items are scored."""

    head: Head
    products: Products | None
    exact: bool


@dataclass(frozen=True)
class Compiled:
    """A step's parts with the compiled functions that close over its variables, and the `rooms` they know."""

    key: Any
    parts: StepParts
    run: Any
    score: Any
    optimizer_start: tuple[Any, ...]
    rooms: list[BatchSize] = field(default_factory=list)

    def room(self, size: BatchSize) -> BatchSize:
        """What batches of a size are padded to: what is compiled already, where all items are candidates."""
        if not self.parts.exact:
            return size.room
        room = size.room_among(self.rooms)
        if room not in self.rooms:
            self.rooms.append(room)
        return room

    @property
    def table_bytes(self) -> int:
        """The memory of the tables and of what the optimizer remembers of their rows."""
        variables = [variable for one in self.parts.tables for variable in (one.table, *one.slots, one.pull)]
        return 4 * sum(int(np.prod(variable.shape)) for variable in variables)

    def start(self, head: Head, seed: int, counts: tuple[LongArray, LongArray], users: int) -> None:
        """Put all variables where a training begins; `head` was built with its seed.

        `counts` are each user's and each item's likes, `users` those of a batch.
        """
        parts = self.parts
        restart_head(head, parts.training, parts.head_optimizer, self.optimizer_start)
        popularity = np.log(counts[1] + 0.5).astype(np.float32)
        for table in parts.tables:
            table.start(seed, popularity)
        batches = max(1, math.ceil(int((counts[0] > 0).sum()) / users))
        parts.pairs.assign(float(max(1, counts[0].sum())))
        parts.user_reach.assign(USER_REACH * math.sqrt(batches))


def take(
    architecture: Architecture,
    options: ArchitectureOptions,
    settings: TrainingSettings,
    sizes: tuple[int, int],
    device: str,
    found: Found,
) -> Compiled:
    """Take a waiting compiled step that fits, or make one; it is yet to be started.

    `sizes` are the users and items of the tables.
    """
    key = ("ranking", *identity(architecture), options, settings.optimizer, sizes, found.exact, device)
    return WAITING.take(key) or _make(key, settings, sizes, found)


def check_sides(architecture: Architecture, head: Head) -> None:
    """Raise PluginError for a head that would rank alike for everyone."""
    if {spec.side for spec in head.specs} != {"user", "item"}:
        raise PluginError(f"{architecture.name} ranks alike for everyone: it needs embeddings of both sides.")


def _make(key: Any, settings: TrainingSettings, sizes: tuple[int, int], found: Found) -> Compiled:
    head = found.head
    models = tuple(training_copy(model, number) for number, model in enumerate(head.models))
    training = Head(models, head.specs)
    optimizer = keras.optimizers.Adam(settings.head_learning_rate)
    optimizer.build(training.trained_weights)
    rows = dict(zip(("user", "item"), sizes, strict=True))
    parts = StepParts(
        head=head,
        training=training,
        head_optimizer=optimizer,
        tables=tuple(make_rows(head.specs, rows, head.replicas, settings.optimizer)),
        products=found.products,
        exact=found.exact,
        pairs=tf.Variable(1.0),
        items=sizes[1],
        user_reach=tf.Variable(1.0),
    )
    start = tuple(np.array(variable.numpy()) for variable in optimizer.variables)
    return Compiled(key, parts, compile_step(parts), compile_scores(parts), start)
