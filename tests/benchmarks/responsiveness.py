"""How fast what a person waits for answers, each beside a baseline measured in the same run.

usage: python tests/benchmarks/responsiveness.py [--times 15]

Drawing a map of 10,000 points (baseline: 100 points on the same canvas), searching 10,000 titles (rapidfuzz's
own search), making the demo set (pandas reading it from a CSV file), opening 100,000 ratings with titles
(pandas reading the same file), reading 300,000 tags (the same file with a damaged line), naming axes with 300
tags (without tags), and obeying a new learning rate during a training (refusing a question while idle).
Prints a Markdown table of medians and their ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
Line = tuple[str, float, str, float]


def median_seconds(work: Callable[[], object], times: int) -> float:
    """Median seconds of `work`, after one call that isn't counted."""
    work()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def drawing(times: int) -> Line:
    """A map of 10,000 points."""
    from rich.style import Style

    from tui.map.canvas import to_strips
    from tui.map.scatter import Emphasis, Points, around, draw

    styles = [Style(color=f"color({number})") for number in range(16)]

    def work(count: int) -> Callable[[], object]:
        generator = np.random.default_rng(0)
        x, y = generator.normal(size=(2, count))
        names = [f"Title number {number}" for number in range(count)]
        cloud = Points(x, y, names, generator.integers(0, 8, count).astype(np.int32))
        view = around(x, y)
        return lambda: to_strips(draw(cloud, view, 200, 60, Emphasis(3)), styles)

    measured = [median_seconds(work(count), times) for count in (10_000, 100)]
    return "a map of 10,000 points", measured[0], "of 100 points", measured[1]


def searching(times: int) -> Line:
    """Words in 10,000 titles."""
    from rapidfuzz import fuzz, process

    from core.model.search_index import SearchIndex

    generator = np.random.default_rng(0)
    words = ["".join(letters) for letters in generator.choice(list("abcdefghij"), (8000, 7))]
    titles = [" ".join(chosen) for chosen in generator.choice(words, (10_000, 4))]
    index, text = SearchIndex.build(titles), f"{words[5]} {words[6][:4]}"
    own = median_seconds(lambda: index.scores(text), times)
    other = median_seconds(lambda: process.extract(text, titles, scorer=fuzz.WRatio, limit=20), times)
    return "a search in 10,000 titles", own, "rapidfuzz's WRatio", other


def making_the_demo(times: int) -> Line:
    """The demo set in a fresh process, imports left out."""
    import pandas as pd

    from core.data import load_ratings

    code = (
        "import time, core.data._demo; from core.data import load_ratings\n"
        "began = time.perf_counter(); load_ratings('demo'); print(time.perf_counter() - began)"
    )

    def seconds() -> float:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
        )
        return float(done.stdout)

    ratings = load_ratings("demo")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "demo.csv"
        columns = {"user": ratings.users, "item": ratings.items, "rating": ratings.ratings}
        pd.DataFrame(columns).to_csv(path, index=False)
        other = median_seconds(lambda: pd.read_csv(path), times)
    own = statistics.median(seconds() for _ in range(min(times, 5)))
    return "making the demo set", own, "pandas reading it from CSV", other


def opening(times: int) -> Line:
    """A hundred thousand ratings with titles."""
    import pandas as pd

    from core.data import load_ratings

    generator = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pairs = generator.choice(700 * 9000, 100_000, replace=False)
        columns = {"userId": pairs // 9000, "movieId": pairs % 9000, "rating": pairs % 10 / 2 + 0.5}
        pd.DataFrame({**columns, "timestamp": pairs}).to_csv(folder / "ratings.csv", index=False)
        films = {
            "movieId": range(9000),
            "title": [f"Film {n} (1999)" for n in range(9000)],
            "genres": "Drama",
        }
        pd.DataFrame(films).to_csv(folder / "movies.csv", index=False)
        own = median_seconds(lambda: load_ratings(folder), times)
        other = median_seconds(lambda: pd.read_csv(folder / "ratings.csv"), times)
    return "opening 100,000 ratings", own, "pandas reading the file", other


def reading_tags(times: int) -> Line:
    """A sound file of tags in one pass, a damaged one line by line."""
    import pandas as pd

    from core.contract.data import ReadingOptions
    from core.data.reading.tags import read_tags

    generator = np.random.default_rng(0)
    people, items, words = (generator.integers(1, most, 300_000) for most in (15_000, 45_000, 70_000))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "tags.csv"
        frame = pd.DataFrame({"userId": people, "movieId": items, "tag": words, "timestamp": 7})
        frame["tag"] = "Word " + frame["tag"].astype(str)
        frame.to_csv(path, index=False)
        sound = median_seconds(lambda: read_tags(path, ReadingOptions()), min(times, 3))
        with path.open("a") as stream:
            stream.write("too,short\n")
        damaged = median_seconds(lambda: read_tags(path, ReadingOptions()), min(times, 3))
    return "reading 300,000 tags", sound, "with one damaged line", damaged


def naming_axes(times: int) -> Line:
    """Axes of 9,000 items with 300 tags."""
    from core.model.component_names import named_axes
    from tests.core.views.handmade import hand_model

    generator, items = np.random.default_rng(0), 9000
    tags = [np.flatnonzero(generator.random(300) < 0.02) for _ in range(items)]
    model = hand_model()
    table = replace(
        model.item_table,
        titles=tuple(map(str, range(items))),
        genres=(("Drama",), ("Comedy",), ("Drama", "Crime")) * (items // 3),
        years=generator.integers(1950, 2000, items).astype(np.int32),
        tags=tuple(tuple(f"tag {number:03}" for number in some) for some in tags),
    )
    offsets = np.zeros(items, np.float32)
    baseline = replace(model.baseline, item_counts=np.ones(items, np.int64), item_offsets=offsets)
    factors = {"table/item_factors": generator.normal(size=(items, 2)).astype(np.float32)}
    tagged = replace(model, item_table=table, baseline=baseline, weights={**model.weights, **factors})
    plain = replace(tagged, item_table=replace(table, tags=()))
    measured = [
        median_seconds(lambda one=one: named_axes(one, most_rated=items, components=3), min(times, 5))
        for one in (tagged, plain)
    ]  # type: ignore[misc]
    return "naming axes with 300 tags", measured[0], "without tags", measured[1]


def steering(times: int) -> Line:
    """A new learning rate during a training, from the line sent to the line that says it acts."""
    from core.protocol.commands import Query, SetLearningRate, Train
    from core.protocol.events import EpochFinished, Failed, LearningRateChanged

    with _engine() as (ask, wait):
        idle = median_seconds(lambda: (ask(Query("1", "no such view")), wait(Failed)), times)
        ask(Train("demo", {"architecture": "bias", "epochs": 100_000}))
        wait(EpochFinished)
        rates = iter(range(1, 10**6))
        obeyed = median_seconds(
            lambda: (ask(SetLearningRate(next(rates) * 1e-6)), wait(LearningRateChanged)), times
        )
    return "obeying a new learning rate", obeyed, "refusing a question, idle", idle


class _engine:  # noqa: N801 - used as a function is
    """A child engine: a function that sends a command, and one that reads up to a kind of event."""

    def __enter__(self) -> tuple[Callable[[Any], None], Callable[[type], object]]:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "core.engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )
        return self._ask, self._wait

    def __exit__(self, *error: object) -> None:
        self.child.kill()
        self.child.communicate()

    def _ask(self, command: Any) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(f"{command.to_json()}\n".encode())
        self.child.stdin.flush()

    def _wait(self, kind: type) -> object:
        from core.protocol.events import parse_event

        return next(event for event in map(parse_event, self._lines()) if isinstance(event, kind))

    def _lines(self) -> Iterator[str]:
        assert self.child.stdout is not None
        while line := self.child.stdout.readline():
            yield line.decode()


MEASURED = (drawing, searching, making_the_demo, opening, reading_tags, naming_axes, steering)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=15)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, suppress(BrokenPipeError):
        for variable in ("RUNS", "CACHE", "CONFIG"):
            os.environ[f"TASTEMAP_{variable}"] = str(Path(folder) / variable.lower())
        print("| what | median, ms | baseline | median, ms | ratio |\n|---|---:|---|---:|---:|")
        for measure in MEASURED:
            what, seconds, baseline, other = measure(arguments.times)
            figures = f"{seconds * 1000:.1f} | {baseline} | {other * 1000:.1f} | {seconds / other:.2f}"
            print(f"| {what} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
