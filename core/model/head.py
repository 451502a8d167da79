"""Assemble an architecture's head: a Keras model from embedding rows to a score."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.array_types import FloatArray
from core.contract import Architecture, Arrays, EmbeddingSide, EmbeddingSpec, Rows, replica_count
from core.errors import PluginError, RunError
from core.options import ArchitectureOptions
from core.startup import keras, tf

_building = threading.Lock()
"""Keras draws start weights from one generator for the whole process."""


@dataclass(frozen=True)
class Head:
    """A built architecture: a Keras model a replica, from embedding rows (one input a spec) to (batch, 1)."""

    models: tuple[Any, ...]
    specs: tuple[EmbeddingSpec, ...]

    @property
    def model(self) -> Any:
        """The first replica's model: the whole head where there are no others."""
        return self.models[0]

    @property
    def weights(self) -> list[Any]:
        """The weights of all replicas, one after another."""
        return [weight for model in self.models for weight in model.weights]

    @property
    def trained_weights(self) -> list[Any]:
        """Those of the weights that gradients move."""
        return [weight for model in self.models for weight in model.trainable_variables]

    @property
    def replicas(self) -> int:
        """Count the replicas."""
        return len(self.models)

    def copy_from(self, other: Head) -> None:
        """Take the weights of a head of the same architecture."""
        for source, target in zip(other.weights, self.weights, strict=True):
            target.assign(source)


def build_head(architecture: Architecture, options: ArchitectureOptions, seed: int) -> Head:
    """Call `build`, once a replica, and check what it gives; start weights follow from `seed`, `seed` + 1, …

    Raises PluginError where the architecture asks for no embedding or its score has the wrong shape.
    """
    with _building:
        built = [_build(architecture, options, seed + one) for one in range(replica_count(architecture))]
    return Head(tuple(model for model, _ in built), built[0][1])


def _build(
    architecture: Architecture, options: ArchitectureOptions, seed: int
) -> tuple[Any, tuple[EmbeddingSpec, ...]]:
    keras.utils.set_random_seed(seed)
    user, item = EmbeddingSide("user", _new_input), EmbeddingSide("item", _new_input)
    score = architecture.build(user, item, options)
    specs = (*user.specs, *item.specs)
    if not specs:
        raise PluginError(f"{architecture.name} asks for no embedding: call user.embed() or item.embed().")
    model = keras.Model([*user.inputs, *item.inputs], _as_column(score, architecture.name))
    _refuse_embedding_layers(model, architecture.name)
    return model, specs


def _new_input(name: str, dimension: int) -> Any:
    return keras.Input((dimension,), name=name)


def _as_column(score: Any, name: str) -> Any:
    shape = tuple(getattr(score, "shape", ("?",)))
    if shape == (None,):
        return keras.layers.Reshape((1,))(score)
    if shape != (None, 1):
        raise PluginError(f"{name}.build() must return a score of shape (batch,) or (batch, 1), not {shape}.")
    return score


def _refuse_embedding_layers(model: Any, name: str) -> None:
    if any(isinstance(layer, keras.layers.Embedding) for layer in model.layers):
        hint = "Use user.embed() and item.embed() instead."
        raise PluginError(f"{name} has a keras Embedding layer, which would train slowly.", hint=hint)


def load_head(architecture: Architecture, options: ArchitectureOptions, weights: Arrays) -> Head:
    """Build the head from the plugin and fill in the saved weights.

    The head comes from the installed architecture, never from the run folder. Raises RunError where the saved
    weights don't fit it.
    """
    head = build_head(architecture, options, seed=0)
    saved = [weights[name] for name in sorted(weights, key=_number) if name.startswith("head/")]
    try:
        for variable, value in zip(head.weights, saved, strict=True):
            variable.assign(value)
    except ValueError as error:
        hint = "Has the plugin changed since the run was trained?"
        raise RunError(f"The saved head doesn't fit {architecture.name}: {error}", hint=hint) from None
    return head


@dataclass(frozen=True)
class _Scores:
    """A head with its weights, from rows in NumPy to scores and slopes in NumPy."""

    head: Head

    def scores(self, rows: Rows) -> FloatArray:
        """Score embedding rows of pairs, shape (n,): the replicas' mean."""
        scores = [
            model([part[number] for part in self._parts(rows)], training=False).numpy().reshape(-1)
            for number, model in enumerate(self.head.models)
        ]
        mean: FloatArray = np.mean(scores, axis=0)
        return mean

    def slopes(self, rows: Rows, side: str = "user") -> Rows:
        """How each pair's score depends on the rows of its `side`: a pair's score hangs on no other's, so the
        gradient of their sum is that of each."""
        replicas = [self._slopes(number, self._parts(rows), side) for number in range(self.head.replicas)]
        count = np.float32(self.head.replicas)
        return {name: np.concatenate([one[name] / count for one in replicas], axis=1) for name in replicas[0]}

    def _parts(self, rows: Rows) -> list[list[FloatArray]]:
        return [np.split(rows[spec.name], self.head.replicas, axis=1) for spec in self.head.specs]

    def _slopes(self, number: int, parts: list[list[FloatArray]], side: str) -> dict[str, FloatArray]:
        inputs = [tf.constant(part[number]) for part in parts]
        own = [place for place, spec in enumerate(self.head.specs) if spec.side == side]
        with tf.GradientTape() as tape:
            for place in own:
                tape.watch(inputs[place])
            total = tf.reduce_sum(self.head.models[number](inputs, training=False))
        gradients = tape.gradient(total, [inputs[place] for place in own], unconnected_gradients="zero")
        names = [self.head.specs[place].name for place in own]
        return {name: gradient.numpy() for name, gradient in zip(names, gradients, strict=True)}


def load_scores(architecture: Architecture, options: ArchitectureOptions, weights: Arrays) -> _Scores:
    """Build the head with the saved weights (see `load_head`), to score rows in NumPy."""
    return _Scores(load_head(architecture, options, weights))


def _number(name: str) -> int:
    return int(name.rpartition("/")[2]) if name.startswith("head/") else -1
