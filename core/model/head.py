"""Assemble an architecture's head: a Keras model from embedding rows to a score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.contract.architecture import Architecture, EmbeddingSide, EmbeddingSpec
from core.contract.replicas import replica_count
from core.errors import PluginError
from core.options import ArchitectureOptions
from core.startup.backend import keras


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


def build_head(architecture: Architecture, options: ArchitectureOptions, seed: int) -> Head:
    """Call `build`, once a replica, and check what it gives; start weights follow from `seed`, `seed` + 1, …

    Raises PluginError where the architecture asks for no embedding or its score has the wrong shape.
    """
    built = [_build(architecture, options, seed + number) for number in range(replica_count(architecture))]
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
