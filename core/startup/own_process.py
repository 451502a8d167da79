"""What Tastemap does to the interpreter in processes that are its own: the command and the engine's child.

TensorFlow brings half a million objects that live to the end. Each full garbage collection looks through
them, and the interpreter does so several times when it ends, which alone took half a second.
"""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_claimed: list[bool] = []

_ROOMY = 50_000
"""So many new objects before a collection looks at them: modules make many more than the usual 700, and all
of them live to the end."""


def claim_process() -> None:
    """Say that this process belongs to Tastemap alone; call it once, before the work begins."""
    if not _claimed:
        _claimed.append(True)
        gc.set_threshold(_ROOMY, *gc.get_threshold()[1:])
        atexit.register(gc.freeze)


def settle() -> None:
    """Spare all that lives now from garbage collection; does nothing in a process that isn't our own.

    A guest must not do it: cycles of the host's objects would never be freed.
    """
    if _claimed:
        gc.freeze()


def spare_pandas() -> None:
    """Let Arrow believe that there is no pandas, in a process of our own that needs no table of both.

    Arrow looks for pandas at the first array that it makes, to tell its tables from others, and importing it
    takes more than all else that a small command does. What imports pandas itself still gets it. Does nothing
    in a process that isn't our own, or where pandas is loaded already; a plugin may need both, so ask first.
    """
    if not _claimed or "pandas" in sys.modules:
        return
    if "pyarrow" in sys.modules:
        _look_without_pandas(sys.modules["pyarrow"])
    else:
        sys.meta_path.insert(0, _OnceArrowIsThere())


def _look_without_pandas(pyarrow: ModuleType) -> None:
    absent = _Absent()
    sys.meta_path.insert(0, absent)
    try:
        pyarrow.scalar(0)  # it looks once, and never again
    finally:
        sys.meta_path.remove(absent)


class _OnceArrowIsThere:
    """A finder for `sys.meta_path` that lets Arrow look for pandas as soon as somebody has imported Arrow."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        """Find pyarrow as the other finders do, with that look added to its loading; nothing else."""
        del path, target
        if name != "pyarrow":
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_look(module: ModuleType) -> None:
                load(module)
                _look_without_pandas(module)

            spec.loader.exec_module = load_and_look  # type: ignore[method-assign]
        return spec


class _Absent:
    """A finder for `sys.meta_path` by which pandas isn't installed."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Raises ModuleNotFoundError for pandas, and leaves all else to the finders after it."""
        del path, target
        if name == "pandas":
            raise ModuleNotFoundError(name)
