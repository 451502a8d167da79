"""Keep what XLA compiles, so that the next start of the same model loads it instead of compiling again.

TensorFlow has such a cache (`--tf_xla_persistent_cache_directory`); its key is the program alone, with names
that number what the process traced before, so that the same trainings in the same order find theirs. Here the
folder is chosen by all else that a program depends on: TensorFlow, the processor and its count of cores, and
XLA's flags. Programs for a GPU are not kept.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from core.paths import compiled_folder
from core.startup.program_store import open_store, seal

_FLAGS = "TF_XLA_FLAGS"
_OURS = "--tf_xla_persistent_cache_directory"
_CPU_FACTS = ("model name", "flags", "Features", "CPU implementer", "CPU part")


def keep_compiled_programs() -> None:
    """Tell TensorFlow, before it is imported, where compiled programs are kept.

    Where the folder can't be used, training compiles anew and a line on standard error says why. Flags that
    the user gave TensorFlow win.
    """
    root, flags = compiled_folder(), os.environ.get(_FLAGS, "")
    if root is None or _OURS in flags or "tensorflow" in sys.modules:
        return
    folder = root / _machine_key()
    try:
        damaged = open_store(folder)
    except OSError as error:
        _say(f"{root} can't keep compiled programs ({error.strerror or error}); each start compiles anew")
        return
    if damaged:
        _say(f"{damaged} damaged compiled programs in {folder} were thrown away; they are compiled again")
    os.environ[_FLAGS] = f"{flags} {_OURS}='{folder}' --tf_xla_persistent_cache_device_types=CPU".strip()
    atexit.register(seal, folder)


def _machine_key() -> str:
    release = version("tensorflow")
    spec = find_spec("tensorflow")
    built = Path(spec.origin).stat().st_mtime_ns if spec and spec.origin else 0
    facts = [release, str(built), *_processor(), *_choices()]
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()
    return f"tensorflow-{release}-{digest[:16]}"


def _processor() -> Iterator[str]:
    yield from (platform.system(), platform.machine(), str(os.cpu_count()))
    facts = Path("/proc/cpuinfo")
    if not facts.exists():
        yield from (platform.processor(), platform.node())
        return
    first = facts.read_text(errors="replace").split("\n\n")[0].splitlines()
    yield from (line for line in first if line.split(":")[0].strip() in _CPU_FACTS)


def _choices() -> Iterator[str]:
    yield from (os.environ.get(name, "") for name in ("XLA_FLAGS", _FLAGS))
    if hasattr(os, "sched_getaffinity"):
        yield str(len(os.sched_getaffinity(0)))


def _say(message: str) -> None:
    print(f"tastemap: {message}", file=sys.stderr)
