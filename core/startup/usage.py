"""What a training process takes: its memory, and the GPU's memory and work, as the system tells them."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from core.startup._backend import tf

_STATM = Path("/proc/self/statm")


def usage(device: str) -> dict[str, Any]:
    """What this process holds now, by the names of `core.protocol.UsageFigures`; some microseconds.

    `device` is TensorFlow's name of the one that trains. What the system doesn't tell is None.
    """
    if not device.startswith("/GPU"):
        return {"memory": _resident_bytes()}
    held = tf.config.experimental.get_memory_info(device[1:])["current"]
    return {"memory": _resident_bytes(), "gpu_memory": int(held), "gpu_busy": _busy_share()}


def _resident_bytes() -> int | None:
    """The memory that lies in RAM; None on a system without /proc."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _busy_share() -> float | None:
    """How much of the last moment the GPU worked, 0 to 1; None without NVIDIA's library."""
    read = _busy_reader()
    return None if read is None else float(read() / 100)


@cache
def _busy_reader() -> Any:
    """Gives per cent; None where NVIDIA's library is missing or knows no such GPU."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        handle = _first_visible(pynvml)
        pynvml.nvmlDeviceGetUtilizationRates(handle)
    except (pynvml.NVMLError, ValueError):
        return None
    return lambda: pynvml.nvmlDeviceGetUtilizationRates(handle).gpu


def _first_visible(nvml: Any) -> Any:
    """The GPU that TensorFlow calls the first: CUDA_VISIBLE_DEVICES may have chosen it by number or name."""
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip()
    if first.startswith("GPU-"):
        return nvml.nvmlDeviceGetHandleByUUID(first)
    return nvml.nvmlDeviceGetHandleByIndex(int(first))
