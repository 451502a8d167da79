"""Import TensorFlow and Keras in less than half the time, by leaving out what training has no use for.

Keras loads scikit-learn for its wrappers and pandas for its data adapters, and Python collects garbage many
times over while half a million lasting objects appear. Here the modules in question wait until someone uses
them (they then work as ever), and the collector rests.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

DEFERRED = frozenset(
    {
        "keras.wrappers",  # scikit-learn, and scipy.stats with it
        "keras._tf_keras.keras.wrappers",
        "keras.src.trainers.data_adapters.array_slicing",  # pandas
    }
)
"""Modules of Keras that are loaded when something in them is first asked for."""

_loading = threading.RLock()
_running: list[ModuleType] = []


class _DeferredModule(ModuleType):
    """A module whose code runs when a name of its own is first asked for.

    Unlike `importlib.util.LazyLoader`'s it stays asleep when `inspect` looks for the file of every module, as
    it does whenever someone asks for a function's source.
    """

    def __getattr__(self, name: str) -> Any:
        """Run the module's code, then look again; probes for `__names__` wake nobody."""
        wanted = not name.startswith("__") or name == "__all__"
        with _loading:
            if wanted and isinstance(self, _DeferredModule) and self not in _running:
                _run_code(self)
            if name in vars(self):
                return vars(self)[name]
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


class _DeferringLoader(Loader):
    def __init__(self, real: Loader) -> None:
        self.real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _DeferredModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing yet: `DeferredModule` does it."""


def _run_code(module: ModuleType) -> None:
    spec = module.__spec__
    assert spec is not None and isinstance(spec.loader, _DeferringLoader)  # noqa: S101 - made by the finder
    real = spec.loader.real
    _running.append(module)  # its own code may ask for names of its own, as circular imports do
    try:
        real.exec_module(module)
    finally:
        _running.remove(module)
    module.__class__ = ModuleType
    module.__loader__ = spec.loader = real


class _DeferringFinder:
    """A finder for `sys.meta_path` that defers the modules in DEFERRED and leaves all others alone."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in DEFERRED:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _DeferringLoader(spec.loader)
        return spec


@contextmanager
def lean_import() -> Iterator[None]:
    """Defer the modules in DEFERRED and rest the garbage collector while the block imports."""
    finder, collecting = _DeferringFinder(), gc.isenabled()
    sys.meta_path.insert(0, finder)
    gc.disable()
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        if collecting:
            gc.enable()
