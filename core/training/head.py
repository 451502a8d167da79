"""Assemble an architecture's head: a Keras model from embedding rows to a score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.architecture import Architecture, EmbeddingSide, EmbeddingSpec
from core.errors import PluginError
from core.options import ArchitectureOptions
from core.replicas import Replicated
from core.training.backend import keras


@dataclass(frozen=True)
class Head:
    """A built architecture: Keras models over embedding rows, one input a spec in their order.

    `model` gives the score, shape (batch, 1); `member_model` those of each replica, (batch, members), with
    the same layers; without replicas both are one.
    """

    model: Any
    member_model: Any
    specs: tuple[EmbeddingSpec, ...]
    members: int


def build_head(architecture: Architecture, options: ArchitectureOptions, seed: int) -> Head:
    """Call `build` and check what it gives; start weights follow from `seed` (a replica's from the next one).

    Raises PluginError where the architecture asks for no embedding or its score has the wrong shape.
    """
    user, item = EmbeddingSide("user", _new_input), EmbeddingSide("item", _new_input)
    scores = _build_scores(architecture, user, item, options, seed)
    specs, inputs = (*user.specs, *item.specs), [*user.inputs, *item.inputs]
    if not specs:
        raise PluginError(f"{architecture.name} asks for no embedding: call user.embed() or item.embed().")
    columns = [_as_column(score, architecture.name) for score in scores]
    model = member_model = keras.Model(inputs, columns[0])
    if len(columns) > 1:
        model = keras.Model(inputs, keras.layers.Average()(columns))
        member_model = keras.Model(inputs, keras.layers.Concatenate()(columns))
    _refuse_embedding_layers(model, architecture.name)
    return Head(model, member_model, specs, len(columns))


def _build_scores(
    architecture: Architecture, user: EmbeddingSide, item: EmbeddingSide, options: Any, seed: int
) -> list[Any]:
    keras.utils.set_random_seed(seed)
    if not isinstance(architecture, Replicated):
        return [architecture.build(user, item, options)]
    scores = []
    for score in architecture.build_members(user, item, options):
        scores.append(score)
        keras.utils.set_random_seed(seed + len(scores))
    return scores


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
