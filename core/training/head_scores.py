"""Score with a saved Keras head: the one place where predictions need TensorFlow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.architecture import Architecture, Rows
from core.array_types import FloatArray
from core.errors import RunError
from core.options import ArchitectureOptions
from core.trainer import Arrays
from core.training.head import Head, build_head


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


def load_head_scores(
    architecture: Architecture, options: ArchitectureOptions, weights: Arrays
) -> Callable[[Rows], FloatArray]:
    """Build the head with the saved weights (see `load_head`) and return a function rows → scores."""
    head = load_head(architecture, options, weights)

    def head_scores(rows: Rows) -> FloatArray:
        parts = [np.split(rows[spec.name], len(head.models), axis=1) for spec in head.specs]
        scores = [
            model([part[number] for part in parts], training=False).numpy().reshape(-1)
            for number, model in enumerate(head.models)
        ]
        mean: FloatArray = np.mean(scores, axis=0)
        return mean

    return head_scores


def _number(name: str) -> int:
    return int(name.rpartition("/")[2]) if name.startswith("head/") else -1
