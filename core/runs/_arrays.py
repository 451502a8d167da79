"""Named arrays on disk as safetensors: numbers and a text header, nothing that could run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from core.contract import Arrays
from core.files import damaged, require_regular, write_atomically


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[np.generic]], about: Mapping[str, Any]) -> None:
    """Write arrays and a JSON-able description in one atomic file; raises RunError if the disk is full."""
    contiguous = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()}
    write_atomically(path, save(contiguous, {"about": json.dumps(about)}))


def read_arrays(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """Read arrays and their description; raises RunError where the file is missing or damaged."""
    require_regular(path)
    try:
        with safe_open(path, framework="numpy") as stored:
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - not a mapping
            about = json.loads((stored.metadata() or {}).get("about", "{}"))
    except (SafetensorError, OSError, ValueError, TypeError, RecursionError) as error:
        raise damaged(path, f"{error}.") from None
    if not isinstance(about, dict):
        raise damaged(path, "its description is no JSON object.")
    return arrays, about
