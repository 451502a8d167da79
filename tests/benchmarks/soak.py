"""Soak and faults: does an engine child stay small, and does a run survive what can happen to it?

usage: python tests/benchmarks/soak.py [--trainings 1000] [--kills 50] [--lines 10000] [--seed 1]
       python tests/benchmarks/soak.py --hours 8

Drives real children (`python -m core.engine`) by their JSON lines, on made tables: short trainings of mixed
architectures and sizes in one child, with its memory; kill -9 at random moments, each resumed and compared
with an uninterrupted run; a disk that fills up before a checkpoint; lines of noise. With --hours, random acts
of all kinds for so long instead (soak_hours.py). Prints Markdown tables and ends with exit code 1 where
something was lost. Needs Linux (memory and file limits of another process).
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from soak_hours import soak_for

from core.api import resume, train
from core.runs.run import Run

ARCHITECTURES = ("bias", "dot", "nn", "bayes")
SIZES = ((60, 40), (75, 50), (90, 60), (110, 70))
OPTIONS: dict[str, Any] = {"factors": 8}
SETTINGS: dict[str, Any] = {"epochs": 200, "batch_size": 16}
LONG: dict[str, Any] = {"architecture": "nn", "options": OPTIONS, **SETTINGS}


class Child:
    """An engine child; a thread collects its events."""

    def __init__(self, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **environment},
        )
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        self.kinds: Counter[str] = Counter()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            event = json.loads(line)
            self.kinds[event["event"]] += 1
            self.events.put(event)

    def send(self, command: str, **arguments: Any) -> None:
        self.send_line(json.dumps({"command": command, **arguments}).encode())

    def send_line(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def until(self, *kinds: str, seconds: float = 120) -> dict[str, Any]:
        """The next event of a kind; raises queue.Empty where none comes."""
        while (event := self.events.get(timeout=seconds))["event"] not in kinds:
            pass
        return event

    def told(self) -> Iterator[dict[str, Any]]:
        """The events that have come so far; complete once the child has ended."""
        self._reading.join(60)
        while not self.events.empty():
            yield self.events.get()

    def megabytes(self) -> int:
        """The memory that the child holds now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) // 1024  # type: ignore[index]

    def quit(self) -> int:
        self.send("quit")
        return self.process.wait(120)


def write_table(folder: Path, users: int, items: int, per_user: int = 20) -> Path:
    """Write a made table of ratings."""
    generator, path = np.random.default_rng(users), folder / f"{users}x{items}.csv"
    rows = [
        f"u{user},{item},{value / 2},{978_300_000 + 86_400 * (user + number)}\n"
        for user in range(users)
        for number, (item, value) in enumerate(
            zip(generator.permutation(items)[:per_user], generator.integers(1, 11, per_user), strict=True)
        )
    ]
    path.write_text("userId,movieId,rating,timestamp\n" + "".join(rows))
    return path


def soak(folder: Path, count: int, chooser: random.Random) -> list[tuple[str, object]]:
    """Train `count` times in one child; every pair of architecture and size comes in the first tenth."""
    tables = [write_table(folder, *size) for size in SIZES]
    mixed = [(architecture, table) for table in tables for architecture in ARCHITECTURES]
    child, memory, finished = Child(TASTEMAP_RUNS=str(folder / "soak")), [], 0
    started = time.perf_counter()
    for number in range(count):
        architecture, table = mixed[number] if number < len(mixed) else chooser.choice(mixed)
        settings = {"architecture": architecture, "epochs": 1, "seed": number}
        child.send("train", data=str(table), settings=settings)
        finished += child.until("finished", "failed")["event"] == "finished"
        memory.append(child.megabytes())
    seconds, code = time.perf_counter() - started, child.quit()
    marks = {part: memory[min(len(memory) - 1, int(part * count / 100))] for part in (0, 10, 50, 100)}
    growth = (marks[100] - marks[10]) / max(1, 0.9 * count)
    return [
        ("trainings finished, of", f"{finished:,}, {count:,}"),
        ("architectures × sizes", f"{len(ARCHITECTURES)} × {len(SIZES)}"),
        ("seconds a training", f"{seconds / max(count, 1):.3f}"),
        ("memory after the first training, MB", marks[0]),
        ("memory after 10 %, 50 %, 100 %, MB", f"{marks[10]}, {marks[50]}, {marks[100]}"),
        ("growth a training after the first 10 %, KB", f"{1024 * growth:.0f}"),
        ("exit code", code),
        ("lost", count - finished),
    ]


def same(first: Run, second: Run) -> bool:
    """Whether two runs have equal weights, histories and figures."""
    weights, others = first.model.weights, second.model.weights
    figures = [[(line["epoch"], line["val_rmse"]) for line in run.epochs] for run in (first, second)]
    return figures[0] == figures[1] and all(np.array_equal(weights[name], others[name]) for name in weights)


def kill(folder: Path, table: Path, whole: Run, chooser: random.Random) -> tuple[str, int, int]:
    """Kill a training and go on with it: (how it ended, epochs told, epochs kept).

    One time in five anywhere from the child's start on, else anywhere in the first seconds of its epochs.
    """
    child = Child(TASTEMAP_RUNS=str(folder))
    child.send("train", data=str(table), settings=LONG)
    early = chooser.random() < 0.2
    if not early:
        child.until("run_started")
    time.sleep(chooser.uniform(0, 2))
    child.process.send_signal(signal.SIGKILL)
    child.process.wait()
    told = sum(event["event"] == "epoch_finished" for event in child.told())
    configs = list(folder.glob("*/config.json"))
    if not configs:
        return "before the run began", told, 0
    run = Run.open(configs[0].parent)
    kept = len(run.epochs)
    if run.state == "finished":
        return "after the end", told, kept
    return ("resumed to the same numbers" if same(whole, resume(run.folder)) else "DIFFERENT"), told, kept


def kills(folder: Path, count: int, chooser: random.Random) -> list[tuple[str, object]]:
    """Kill and resume `count` times."""
    table = write_table(folder, *SIZES[0])
    whole = train(table, "nn", options=OPTIONS, folder=folder / "whole", **SETTINGS)
    results = [kill(folder / f"kill-{number}", table, whole, chooser) for number in range(count)]
    endings = Counter(ending for ending, _, _ in results)
    epochs = [kept for _, _, kept in results] or [0]
    lost = sum(max(0, told - kept) for _, told, kept in results) + endings["DIFFERENT"]
    return [
        ("kills", count),
        ("ended, and how often", ", ".join(f"{name} {often}" for name, often in endings.items())),
        ("finished epochs at the kill, least to most", f"{min(epochs)} to {max(epochs)}"),
        ("finished epochs lost, or runs that differ", lost),
        ("lost", lost),
    ]


def full_disk(folder: Path) -> list[tuple[str, object]]:
    """Let no file of a child grow after its third epoch, then give room and resume in the same child."""
    table = write_table(folder, *SIZES[1])
    whole = train(table, "nn", options=OPTIONS, folder=folder / "full-whole", **SETTINGS)
    child = Child(TASTEMAP_RUNS=str(folder / "full"))
    child.send("train", data=str(table), settings=LONG)
    run = child.until("run_started")["run"]
    for _ in range(3):
        child.until("epoch_finished")
    unlimited = resource.RLIM_INFINITY
    resource.prlimit(child.process.pid, resource.RLIMIT_FSIZE, (4096, unlimited))
    failed = child.until("failed", "finished")
    kept = len(Run.open(folder / "full" / run).epochs)
    resource.prlimit(child.process.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
    child.send("resume_run", run=str(folder / "full" / run))
    ending = child.until("failed", "finished")["event"]
    equal = ending == "finished" and same(whole, Run.open(folder / "full" / run))
    return [
        ("told", failed.get("message", "nothing").replace(str(folder), "…")),
        ("epochs in its history", kept),
        ("resumed in the same child to the same numbers", "yes" if equal else "NO"),
        ("exit code", child.quit()),
        ("lost", int(not equal or failed["event"] != "failed")),
    ]


def noise(chooser: random.Random, depth: int = 0) -> Any:
    """Some JSON value."""
    kind = chooser.random()
    if kind < 0.2:
        return chooser.choice([None, True, -1, 1e308, "", "demo", "é\0", chooser.random()])
    if kind < 0.3 and depth < 3:
        return [noise(chooser, depth + 1) for _ in range(3)]
    if kind < 0.4 and depth < 3:
        return {chooser.choice("abc"): noise(chooser, depth + 1)}
    return chooser.choice(["x", 3, "bias", {"epochs": -1}])


def noisy_line(chooser: random.Random) -> bytes:
    """Random bytes, a command with random fields, or a command cut short; never one that quits or trains."""
    kind = chooser.random()
    if kind < 0.4:
        return bytes(chooser.randrange(256) for _ in range(chooser.randrange(200))).replace(b"\n", b"")
    if kind > 0.9:
        cut = b'{"command":"query","request":"1","view":"prediction","run":"x","arguments":{}}'
        return cut[: chooser.randrange(len(cut))]
    names = ("train", "pause", "resume", "stop", "set_learning_rate", "query", "resume_run", "warms", "x")
    fields = ("data", "settings", "run", "request", "view", "arguments", "learning_rate", "reading", "y")
    line: dict[str, Any] = {"command": chooser.choice(names)}
    line.update({chooser.choice(fields): noise(chooser) for _ in range(chooser.randrange(4))})
    if line["command"] == "train":
        line["settings"] = {"epochs": "no"}
    return json.dumps(line).encode()


def fuzz(folder: Path, count: int, chooser: random.Random) -> list[tuple[str, object]]:
    """Send `count` lines of noise, then train: the child must still be there and answer."""
    table, child = write_table(folder, *SIZES[2]), Child(TASTEMAP_RUNS=str(folder / "fuzz"))
    started = time.perf_counter()
    for _ in range(count):
        child.send_line(noisy_line(chooser))
    child.send("query", request="last", view="nothing")
    while child.until("failed", "answer").get("request") != "last":
        pass
    seconds = time.perf_counter() - started
    child.send("train", data=str(table), settings={"architecture": "bias", "epochs": 1})
    ending = child.until("finished", "failed")["event"]
    told = ", ".join(f"{kind} {often:,}" for kind, often in sorted(child.kinds.items()))
    return [
        ("lines", f"{count:,} in {seconds:.1f} s"),
        ("told", told),
        ("a training after it", ending),
        ("exit code", child.quit()),
        ("lost", int(ending != "finished")),
    ]


def main() -> int:
    """Run all parts and print a table of each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, count in (("trainings", 1000), ("kills", 50), ("lines", 10_000), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--hours", type=float, default=0.0)
    chosen = parser.parse_args()
    chooser, lost = random.Random(chosen.seed), 0
    if chosen.hours:
        with tempfile.TemporaryDirectory() as name:
            rows = soak_for(Path(name), write_table(Path(name), *SIZES[0]), chosen.hours, chooser)
        return int(print_table(f"{chosen.hours:g} hours", rows) > 0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ.update(TASTEMAP_CACHE=str(folder / "cache"), TASTEMAP_RUNS=str(folder / "runs"))
        parts = {
            "noise": (chosen.lines, lambda: fuzz(folder, chosen.lines, chooser)),
            "a disk that fills up": (1, lambda: full_disk(folder)),
            "kill -9": (chosen.kills, lambda: kills(folder, chosen.kills, chooser)),
            "trainings in one child": (chosen.trainings, lambda: soak(folder, chosen.trainings, chooser)),
        }
        for title, (count, part) in parts.items():
            if count:
                lost += print_table(title, part())
    return int(lost > 0)


def print_table(title: str, rows: list[tuple[str, object]]) -> int:
    """Print a part's table; returns what it lost."""
    print(f"\n| {title} | |\n|---|---|")
    for name, value in rows:
        print(f"| {name} | {value} |", flush=True)
    return int(str(rows[-1][1]))


if __name__ == "__main__":
    sys.exit(main())
