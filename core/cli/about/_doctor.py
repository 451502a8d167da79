"""Look at all that Tastemap stands on, and say what is wrong."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.cli.about._places import places, told, trouble
from core.contract import load_plugins
from core.errors import TastemapError

_LIBRARIES = (
    "tastemap", "tensorflow", "keras", "numpy", "scipy", "pandas", "pyarrow", "scikit-learn", "duckdb",
    "msgspec", "safetensors", "pluggy", "typer", "rich", "textual", "plotext",
)  # fmt: skip
_EXTRAS = {
    "mlflow": "--track mlflow",
    "matplotlib": "map --out map.png",
    "adbc_driver_postgresql": "tables in PostgreSQL",
    "IPython": "a live display in notebooks",
}
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
_VARIABLES = ("RUNS", "CACHE", "CONFIG", "COMPILED", "ASCII", "LARGEST")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at: its group, name and value; `problem` says what is wrong with it."""

    group: str
    name: str
    value: str
    problem: str = ""


def examine(files: Sequence[Path] = ()) -> Iterator[Finding]:
    """Look at one thing after the other, TensorFlow and its devices last: loading that takes seconds.

    `files` are plugins beside the installed ones.
    """
    yield from _versions()
    yield from _processor()
    yield from _folders()
    yield from _plugins(files)
    yield from _terminal()
    yield from _devices()


def _versions() -> Iterator[Finding]:
    yield Finding(group="versions", name="python", value=f"{platform.python_version()} ({sys.executable})")
    yield Finding(group="versions", name="system", value=platform.platform())
    for name in _LIBRARIES:
        try:
            yield Finding(group="versions", name=name, value=version(name))
        except PackageNotFoundError:
            yield Finding(group="versions", name=name, value="-", problem=f"{name} isn't installed")
    for module, use in _EXTRAS.items():
        there = "installed" if find_spec(module) else "not installed"
        yield Finding(group="extras", name=module, value=f"{there}: {use}")


def _processor() -> Iterator[Finding]:
    from core.startup import usable_processors

    yield Finding(
        group="processor",
        name="cores",
        value=f"{os.cpu_count()} of {platform.machine()}, {usable_processors()} for this process",
    )
    for name in _THREADS:
        if os.environ.get(name):
            yield Finding(group="processor", name=name, value=os.environ[name])
    from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

    importlib.import_module("numpy")
    for pool in threadpool_info():
        name = "BLAS" if pool["user_api"] == "blas" else str(pool["user_api"])
        built = " ".join(str(pool.get(key) or "") for key in ("internal_api", "version", "architecture"))
        yield Finding(group="processor", name=name, value=f"{built}, {pool['num_threads']} threads")


def _folders() -> Iterator[Finding]:
    for name, folder in places().items():
        yield Finding(group="folders", name=name, value=told(folder), problem=trouble(folder))
    for name in _VARIABLES:
        value = os.environ.get(f"TASTEMAP_{name}")
        if value:
            yield Finding(group="folders", name=f"TASTEMAP_{name}", value=value)


def _plugins(files: Sequence[Path]) -> Iterator[Finding]:
    registry, sound = load_plugins(), list[Path]()
    for file in files:
        try:
            registry = load_plugins([*sound, file])
            sound.append(file)
        except TastemapError as error:
            yield Finding(group="plugins", name=file.name, value=str(file), problem=str(error))
    for name, one in registry.architectures.items():
        yield Finding(group="plugins", name=name, value=f"architecture of {one.origin}")
    for name in registry.trackers:
        yield Finding(group="plugins", name=name, value="tracker")
    for broken in registry.broken:
        yield Finding(group="plugins", name=broken.name, value=str(broken.origin), problem=broken.reason)


def _terminal() -> Iterator[Finding]:
    size, encoding = shutil.get_terminal_size(), getattr(sys.stdout, "encoding", None) or "-"
    unicode = encoding.lower().replace("-", "") in ("utf8", "utf16")
    yield Finding(group="terminal", name="TERM", value=os.environ.get("TERM", "-"))
    yield Finding(group="terminal", name="size", value=f"{size.columns} × {size.lines}")
    yield Finding(
        group="terminal",
        name="standard output",
        value="a terminal" if sys.stdout.isatty() else "a file or pipe",
    )
    yield Finding(
        group="terminal", name="encoding", value=encoding if unicode else f"{encoding}: charts in ASCII"
    )
    yield Finding(group="terminal", name="colours", value=_colours())


def _colours() -> str:
    if os.environ.get("NO_COLOR"):
        return "none (NO_COLOR)"
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "16 million (COLORTERM)"
    return "256" if "256" in os.environ.get("TERM", "") else "16"


def _devices() -> Iterator[Finding]:
    try:
        from core.startup import choose_device, describe_device, tf

        devices: Any = tf.config.list_physical_devices()
    except Exception as error:  # noqa: BLE001 - whatever a broken installation raises is what is looked for
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        yield Finding(group="devices", name="TensorFlow", value="-", problem=f"it can't be loaded ({reason})")
        return
    yield Finding(group="devices", name="TensorFlow sees", value=", ".join(one.name for one in devices))
    yield Finding(group="devices", name="trains on", value=describe_device(choose_device("auto")))
