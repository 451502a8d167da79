"""What must be the same on all workers for their numbers to belong together."""

from __future__ import annotations

import hashlib
from importlib.metadata import version

import numpy as np

from core.contract.architecture import Architecture
from core.contract.settings import TrainingSettings
from core.contract.trainer import TrainingData
from core.options import ArchitectureOptions

OWN = frozenset({"epochs", "schedule", "device"})
"""Settings that a worker may have of its own: worker 0 decides the first two, the third is the machine's."""


def identity_of(
    architecture: Architecture, options: ArchitectureOptions, settings: TrainingSettings, data: TrainingData
) -> dict[str, object]:
    """Name versions, choices and the training ratings (table and split) in words for people."""
    choices = {**options.to_dict(), **settings.to_dict()}
    return {
        "tastemap": version("tastemap"),
        "TensorFlow": version("tensorflow"),
        "architecture": architecture.name,
        **{name.replace("_", " "): value for name, value in choices.items() if name not in OWN},
        "training ratings": f"{len(data):,} (SHA-256 {fingerprint(data)[:16]})",
    }


def fingerprint(data: TrainingData) -> str:
    """SHA-256 (hex) over the training ratings in order, which the table and its split decide together."""
    digest = hashlib.sha256(f"{data.user_count} {data.item_count}".encode())
    for column in (data.users, data.items, data.targets):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
