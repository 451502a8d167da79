"""Peak memory and seconds of large tables: read, mapped, cached, trained on and asked.

    nice -n 15 python tests/benchmarks/reading_scale.py --rows 100000000 --folder /tmp/scale
    nice -n 15 python tests/benchmarks/reading_scale.py --rows 10000000 --text-ids --folder /tmp/scale

The table is made in parts of 5 million rows unless the folder holds it; it takes some 14 bytes a row.
Cache and runs go into the same folder. Each step is a process of its own, whose peak is its own.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

PART = 5_000_000
USERS, ITEMS = 500_000, 50_000


def make_part(number: int, rows: int, text_ids: bool) -> pa.Table:
    """Ratings by planted biases; items by a long tail, users nearly evenly."""
    generator = np.random.default_rng(number)
    users = generator.integers(0, USERS, rows)
    items = (ITEMS * generator.random(rows) ** 2).astype(np.int64)
    taste = np.random.default_rng(0)
    user_bias, item_bias = taste.normal(0, 0.4, USERS), taste.normal(0, 0.5, ITEMS)
    raw = 3.5 + user_bias[users] + item_bias[items] + generator.normal(0, 0.8, rows)
    ratings = (np.clip(np.round(raw * 2), 1, 10) / 2).astype(np.float32)
    times = 1_300_000_000 + generator.integers(0, 200_000_000, rows)
    columns = {"userId": pa.array(users), "movieId": pa.array(items)}
    if text_ids:
        columns = {
            "userId": pa.array([f"user-{user:08x}" for user in users.tolist()]),
            "movieId": pa.array([f"item-{item:06d}-x" for item in items.tolist()]),
        }
    return pa.table({**columns, "rating": pa.array(ratings), "timestamp": pa.array(times)})


def make_table(folder: Path, rows: int, text_ids: bool) -> Path:
    """A folder of Parquet parts, as Spark writes it."""
    place = folder / f"{'text' if text_ids else 'numbers'}-{rows}"
    if not (place / "_SUCCESS").exists():
        place.mkdir(parents=True, exist_ok=True)
        for number, start in enumerate(range(0, rows, PART)):
            part = make_part(number, min(PART, rows - start), text_ids)
            parquet.write_table(part, place / f"part-{number:05d}.parquet")
        (place / "_SUCCESS").touch()
    return place


def step(name: str, arguments: list[str], folder: Path, seconds: float = 0.0) -> None:
    """Run a command; print its seconds, CPU seconds and peak memory: all, and what no file stands behind.

    After `seconds` it is told to stop, as by Ctrl-C, and saves what it has.
    """
    command = [str(Path(sys.executable).with_name("tastemap")), *arguments]
    surroundings = {name: str(folder / name.rpartition("_")[2].lower()) for name in FOLDERS}
    start = time.perf_counter()
    with (folder / "errors.txt").open("w+") as errors:
        process = subprocess.Popen(
            command, env={**os.environ, **surroundings}, stdout=subprocess.DEVNULL, stderr=errors
        )
        own = 0
        while True:
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            own = max(own, own_memory(process.pid))
            if seconds and time.perf_counter() - start > seconds:
                process.send_signal(signal.SIGINT)
                seconds = 0.0
            time.sleep(0.1)
        wall = time.perf_counter() - start
        errors.seek(0)
        told = errors.read()[-500:]
    cpu, code = used.ru_utime + used.ru_stime, os.waitstatus_to_exitcode(status)
    peak = used.ru_maxrss / 2**20
    print(
        f"{name:<30} {wall:7.1f} s {cpu:7.1f} s CPU  peak {peak:5.2f} GiB ({own / 2**20:.2f} its own)",
        flush=True,
    )
    if code:
        print(f"ended with {code}: {told}", flush=True)


FOLDERS = ("TASTEMAP_CACHE", "TASTEMAP_RUNS")


def own_memory(process: int) -> int:
    """Resident KiB of a process that no file stands behind."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon")), 0)


def main() -> None:
    """Make the table, then read, open, train and ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--text-ids", action="store_true")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--steps", default="read,open,train,recommend")
    parser.add_argument("--train", default="--epochs 1 --no-adapt", help="flags of the training")
    parser.add_argument("--seconds", type=float, default=0.0, help="stop the training after so many")
    given = parser.parse_args()
    table = str(make_table(given.folder, given.rows, given.text_ids))
    user = "user-00000001" if given.text_ids else "1"
    commands = {
        "read": ["data", "describe", table, "--json"],
        "open": ["data", "describe", table, "--json"],
        "train": ["train", "--data", table, "--json", *given.train.split()],
        "recommend": ["recommend", "latest", user, "--json"],
    }
    print(f"{given.rows:,} rows, {'text' if given.text_ids else 'whole numbers'} as ids", flush=True)
    for name in given.steps.split(","):
        step(name, commands[name], given.folder, given.seconds if name == "train" else 0.0)


if __name__ == "__main__":
    main()
