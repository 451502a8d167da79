"""Compiled gradient steps, taken from those that wait, or made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.contract import Architecture, Replicated, TrainingData, TrainingSettings
from core.model import Head, build_head
from core.options import ArchitectureOptions
from core.startup import keras, tf
from core.training.gradient._optimizers import TABLE_OPTIMIZERS
from core.training.gradient._step import StepParts, compile_scores, compile_slice
from core.training.gradient._tables import ReplicaStart, expected_repeats, make_side_table
from core.training.gradient._training_copy import training_copy
from core.training.gradient._waiting import WAITING, identity, restart_head


@dataclass(frozen=True)
class Compiled:
    """A step's parts with the compiled functions that close over its variables."""

    key: Any
    parts: StepParts
    run: Any
    score: Any
    optimizer_start: tuple[Any, ...]

    @property
    def table_bytes(self) -> int:
        """The memory of the tables and of what the optimizer remembers of their rows."""
        variables = [variable for side in self.parts.sides for variable in (side.table, *side.slots)]
        return 4 * sum(int(np.prod(variable.shape)) for variable in variables)

    def start(
        self,
        head: Head,
        settings: TrainingSettings,
        data: TrainingData,
        starts: Sequence[ReplicaStart],
    ) -> None:
        """Put all variables where a training starts; `head` was built with its seeds."""
        restart_head(head, self.parts.training, self.parts.head_optimizer, self.optimizer_start)
        rows = {"user": (data.users, data.user_count), "item": (data.items, data.item_count)}
        whole = dict(zip(("user", "item"), data.rating_counts, strict=True))
        for side in self.parts.sides:
            here = np.bincount(rows[side.side][0], minlength=rows[side.side][1])
            repeats, counts = expected_repeats(here, settings.batch_size), whole[side.side]
            side.start(starts, counts, repeats, data.noise)


def take(
    architecture: Architecture,
    options: ArchitectureOptions,
    settings: TrainingSettings,
    data: TrainingData,
    device: str,
    variants: Sequence[ArchitectureOptions] = (),
) -> Compiled:
    """Take a waiting compiled step that fits, or make one; either starts afresh.

    `variants` are the options of replicas that start alike and differ only in how they start and are pulled.
    """
    batches = -(-data.room // settings.batch_size)
    sizes = (settings.batch_size, batches, data.user_count, data.item_count)
    with tf.device(device):
        if variants:
            alone = architecture.inner if isinstance(architecture, Replicated) else architecture
            heads = [build_head(alone, one, settings.seed) for one in variants]
            head = Head(tuple(one.model for one in heads), heads[0].specs)
            starts = [ReplicaStart(settings.seed, one.specs) for one in heads]
        else:
            head = build_head(architecture, options, settings.seed)
            starts = [ReplicaStart(settings.seed + number, head.specs) for number in range(head.replicas)]
        key = (*identity(architecture), head_shape(head) or options, settings.optimizer, sizes, device)
        compiled = WAITING.take(key) or _make(key, head, settings, data)
        compiled.start(head, settings, data, starts)
    return compiled


def head_shape(head: Head) -> Any:
    """All of a head that its compiled step depends on; None where a layer can't tell its configuration.

    What rows start from and how they are pulled is not of it: that lies in variables. Names, which Keras
    counts up, are replaced by places.
    """
    try:
        told = json.dumps(head.model.get_config(), sort_keys=True, default=str)
    except (NotImplementedError, TypeError, ValueError):
        return None
    names = sorted((layer.name for layer in (*head.model.layers, head.model)), key=len, reverse=True)
    places = {layer.name: number for number, layer in enumerate((*head.model.layers, head.model))}
    for name in names:
        told = told.replace(f'"{name}"', f'"#{places[name]}"')
    specs = [(spec.side, spec.role, spec.dimension, spec.initial_mean) for spec in head.specs]
    return (*specs, told)


def _make(key: Any, head: Head, settings: TrainingSettings, data: TrainingData) -> Compiled:
    optimizer = TABLE_OPTIMIZERS[settings.optimizer]
    rows = {"user": data.user_count, "item": data.item_count}
    specs = {side: [spec for spec in head.specs if spec.side == side] for side in rows}
    replicas = head.replicas
    sides = tuple(
        make_side_table(side, specs[side], replicas, rows[side], optimizer) for side in rows if specs[side]
    )
    models = tuple(training_copy(model, number) for number, model in enumerate(head.models))
    training = Head(models, head.specs)
    head_optimizer = keras.optimizers.Adam(settings.head_learning_rate)
    parts = StepParts(head, training, head_optimizer, sides, settings.batch_size)
    head_optimizer.build(training.trained_weights)
    start = tuple(np.array(variable.numpy()) for variable in head_optimizer.variables)
    return Compiled(key, parts, compile_slice(parts), compile_scores(head, sides), start)
