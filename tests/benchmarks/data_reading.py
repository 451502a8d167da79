"""Measures reading, mapping and caching a large ratings table against plain pandas, in one run.

python tests/benchmarks/data_reading.py [--rows 20000000] [--folder DIR]

Each step runs in a process of its own, so that its peak memory is its own. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

USERS, ITEMS = 138_493, 26_744


def generate(path: Path, rows: int) -> None:
    """Write a table with MovieLens-like skew: few films have most ratings, one user after another."""
    import pyarrow as pa
    from pyarrow import csv

    rng = np.random.default_rng(1)
    per_user = rng.lognormal(0, 1.1, USERS)
    # More are drawn than wanted, since pairs drawn twice fall out.
    counts = np.maximum((per_user / per_user.sum() * rows * 1.4).astype(int), 1)
    popularity = 1.0 / (np.arange(ITEMS) + 30.0) ** 1.2
    cumulative = np.cumsum(popularity / popularity.sum())
    names = rng.permutation(np.arange(1, 131_263))[:ITEMS]
    users = np.repeat(np.arange(USERS), counts)
    pairs = np.unique(users * ITEMS + np.searchsorted(cumulative, rng.random(len(users))))
    pairs = pairs[np.sort(rng.permutation(len(pairs))[:rows])]
    users, items = pairs // ITEMS + 1, names[pairs % ITEMS]
    table = pa.table(
        {
            "userId": users,
            "movieId": items,
            "rating": rng.integers(1, 11, len(users)) / 2,
            "timestamp": rng.integers(789_652_009, 1_427_784_002, len(users)),
        }
    )
    csv.write_csv(table, path, csv.WriteOptions(quoting_style="none"))


def with_pandas(path: str) -> int:
    """What people write by hand: read everything, number both ids."""
    import pandas as pd

    frame = pd.read_csv(path)
    pd.factorize(frame["userId"])
    pd.factorize(frame["movieId"])
    return len(frame)


def with_tastemap(path: str) -> int:
    """Read, check, map, settle duplicates and cache; or open from the cache."""
    from core.data import load_ratings

    return len(load_ratings(path))


def step(name: str, path: str) -> None:
    """Run one step in this process and print its seconds (imports left out) and peak memory."""
    import pandas
    import pyarrow.compute
    import pyarrow.csv
    import pyarrow.parquet  # noqa: F401

    before = _peak()
    started = time.perf_counter()
    rows = {"pandas": with_pandas, "tastemap": with_tastemap}[name](path)
    seconds = time.perf_counter() - started
    told = {
        "seconds": round(seconds, 2),
        "peak_gb": round(_peak(), 2),
        "before_gb": round(before, 2),
        "rows": rows,
    }
    print(json.dumps({**told, "pandas_version": pandas.__version__}))


def _peak() -> float:
    """Peak memory in GiB; Linux's own figure, for getrusage counts the parent's before the start as well."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 2**20  # type: ignore[index]


def measure(name: str, path: Path, cache: Path) -> dict[str, float]:
    """Run a step in a fresh process with a cache folder of its own."""
    command = [sys.executable, __file__, "--step", name, "--file", str(path)]
    environment = {**os.environ, "TASTEMAP_CACHE": str(cache), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def main() -> None:
    """Generate the table, run the steps and print their figures and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--step", default="")
    parser.add_argument("--file", default="")
    chosen = parser.parse_args()
    if chosen.step:
        step(chosen.step, chosen.file)
        return
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        path, cache = Path(folder) / "ratings.csv", Path(folder) / "cache"
        generate(path, chosen.rows)
        first = measure("tastemap", path, cache)
        again = measure("tastemap", path, cache)
        plain = measure("pandas", path, cache)
    ratio = round(plain["seconds"] / first["seconds"], 2)
    print(
        json.dumps({"first": first, "reopened": again, "pandas": plain, "pandas_over_first": ratio}, indent=1)
    )


if __name__ == "__main__":
    main()
