"""Trains one configuration in the interpreter that has its peer; `peers.py` calls it.

usage: PYTHON -m peer_models FOLDER CONFIGURATION SEED STARTED

FOLDER holds the split (see `split.py`). Writes predictions.npy there, those of the held-out ratings in file
order, and prints a JSON line. STARTED is the time at which the caller started this process, so that its start
and all imports are counted.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from peer_models.configurations import CONFIGURATIONS
from peer_models.split import Split

TWICE_BELOW_SECONDS = 10
"""A quicker fit is done again in the same process: only the first pays for compiling and for caches."""


def main(folder: Path, name: str, seed: int, started: float) -> None:
    """Train, write the predictions and print the seconds."""
    split, configuration = Split.read(folder), CONFIGURATIONS[name]
    seconds, predictions = configuration.fit(split, seed)
    whole = time.time() - started
    np.save(folder / "predictions.npy", np.asarray(predictions, np.float64))
    if seconds < TWICE_BELOW_SECONDS:
        seconds, _ = configuration.fit(split, seed)
    print(json.dumps({"fit": seconds, "whole": whole}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
