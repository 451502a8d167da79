"""What training keeps, by name: TensorFlow variables, and copies of them as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contract import Arrays
from core.errors import RunError


def numbered(kind: str, variables: Sequence[Any]) -> dict[str, Any]:
    """Name variables by their kind and place: `head/0`, `head/1`, …"""
    return {f"{kind}/{number}": variable for number, variable in enumerate(variables)}


def copied(variables: Mapping[str, Any]) -> Arrays:
    """Copy variables into arrays of the same names."""
    return {name: np.array(variable.numpy()) for name, variable in variables.items()}


def check_fits(saved: Mapping[str, npt.NDArray[np.generic]], now: Arrays) -> None:
    """Raise RunError where a saved state lacks a name that it needs now, or has it in another shape."""
    for name, array in now.items():
        if name not in saved or saved[name].shape != array.shape:
            hint = "Has its plugin changed since?"
            raise RunError(f"The saved {name} doesn't fit the architecture.", hint=hint)
