"""Choose and describe the device that trains."""

from __future__ import annotations

import os
import platform
from typing import Any

from core.errors import DeviceError
from core.training.backend import tf


def choose_device(wanted: str) -> str:
    """Turn auto, cpu or gpu into TensorFlow's device name, and let GPU memory grow as needed.

    Raises DeviceError where a GPU is asked for and none can be used.
    """
    gpus = tf.config.list_physical_devices("GPU") if wanted != "cpu" else []
    if wanted == "gpu" and not gpus:
        hint = (
            'Install the GPU build (pip install "tastemap[gpu]") and check nvidia-smi, or use --device cpu.'
        )
        raise DeviceError("TensorFlow sees no GPU here.", hint=hint)
    if not gpus:
        return "/CPU:0"
    _let_memory_grow(gpus)
    tf.config.experimental.enable_op_determinism()
    return "/GPU:0"


def describe_device(name: str) -> str:
    """Name the device for people, as in "CPU (x86_64, 2 threads)" or "GPU NVIDIA H100"."""
    if name == "/CPU:0":
        return f"CPU ({platform.machine()}, {os.cpu_count()} threads)"
    gpu = tf.config.list_physical_devices("GPU")[0]
    details = tf.config.experimental.get_device_details(gpu)
    return f"GPU {details.get('device_name', gpu.name)}"


def _let_memory_grow(gpus: list[Any]) -> None:
    for gpu in gpus:
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:
            return  # the GPUs are in use by this process already, with what was chosen then
