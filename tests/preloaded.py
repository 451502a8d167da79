"""What `tests.processes` loads once before it forks: TensorFlow, and what every command needs with it."""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import sys

BEFORE = dict(os.environ)
"""The environment before TensorFlow's import added its settings, which children keep."""

for _module in (
    "pandas",
    "pyarrow.parquet",
    "core.api",
    "core.cli._train",
    "core.data.reading.text",
    "core.startup._backend",
    "core.training.gradient.trainer",
    "core.training.session",
    "core.training.start",
):
    importlib.import_module(_module)
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    sys.argv = ["tastemap", "plugins"]
    importlib.import_module("core.cli").main()
gc.freeze()  # children share these pages until one of them writes to them, as a collection would
