from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.startup.usage import _busy_reader, usage


def test_a_process_tells_the_memory_it_holds_and_nothing_of_a_gpu_it_has_not() -> None:
    told = usage("/CPU:0")
    resident = Path("/proc/self/status").read_text(encoding="ascii").partition("VmRSS:")[2].split()[0]
    assert told["memory"] == pytest.approx(1024 * int(resident), rel=0.1)
    assert "gpu_memory" not in told and "gpu_busy" not in told


@pytest.mark.parametrize("chosen, asked", [(None, 0), ("2,3", 2), ("GPU-5f", "GPU-5f")])
def test_a_gpu_tells_what_it_holds_and_how_busy_it_is(
    monkeypatch: pytest.MonkeyPatch, chosen: str | None, asked: object
) -> None:
    if chosen is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    rates = {asked: SimpleNamespace(gpu=42)}
    library = SimpleNamespace(
        NVMLError=RuntimeError,
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetHandleByUUID=lambda name: name,
        nvmlDeviceGetUtilizationRates=rates.__getitem__,
    )
    memory = SimpleNamespace(get_memory_info=lambda name: {"current": {"GPU:0": 3 << 30}[name]})
    monkeypatch.setitem(sys.modules, "pynvml", library)
    tensorflow = SimpleNamespace(config=SimpleNamespace(experimental=memory))
    monkeypatch.setattr(sys.modules[usage.__module__], "tf", tensorflow)
    _busy_reader.cache_clear()
    try:
        told = usage("/GPU:0")
    finally:
        _busy_reader.cache_clear()
    assert told["gpu_memory"] == 3 << 30 and told["gpu_busy"] == 0.42


def test_without_nvidias_library_only_its_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    _busy_reader.cache_clear()
    try:
        assert _busy_reader() is None
    finally:
        _busy_reader.cache_clear()
