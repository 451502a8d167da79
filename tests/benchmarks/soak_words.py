"""What the soak says to `tastemap`: every command there is, on a run, on a table, or on nonsense."""

from __future__ import annotations

import json
import random
from pathlib import Path

ELSEWHERE = {"train", "open", "serve", "data fetch"}
"""Commands that other acts try, or that need a network or a browser."""

Words = tuple[str, ...]


def questions(run: str, out: str, table: str, evil: str) -> list[Words]:
    """Commands that train nothing, for a run, a path to write beside, a table, and noise."""
    folded = ("--rate", "1=5", "--rate", "2=1")
    return [
        *(("recommend", run, "u1"), ("recommend", run, "--all", "--out", f"{out}.csv", "--spreadsheet")),
        *(("recommend", run, "u1", "u2", "-n", "3"), ("why", run, "u1", "1"), ("similar", run, "1")),
        *(("similar-users", run, "u1"), ("biases", run), ("map", run), ("map", run, "--out", f"{out}.svg")),
        *(("crosstab", run), ("components", run), ("name-component", run, "1", f"dark {evil}")),
        *(("evaluate", run), ("evaluate", run, "--data", table), ("diagnose", run), ("rank", run)),
        *(("rank", run, "--per-user", f"{out}.parquet"), ("compare", run, run), ("summary", run)),
        *(("history", run, "u2"), ("foldin", run, *folded), ("foldin", run, "--like", "3")),
        *(
            ("foldin-item", run, "--rate", "u1=4", "--genre", evil),
            ("expected", run, "1", "2", "--user", "u1"),
        ),
        *(("foldin", run, "--item", "--like", "u2"), ("update", run, table), ("update", run, evil)),
        *(("foldin-why", run, "4", *folded), ("search", run, "1"), ("predict", run, "u1", "2")),
        *(("export", run, "--parquet", out), ("export", run, "--keras", f"{out}.keras")),
        *(("export", run, "--projector", f"{out}-projector"), ("plugins",), ("runs",), ("doctor",)),
        *(("--spec",), ("--version",), ("data", "list"), ("data", "describe", table)),
        *(("data", "convert", table, f"{out}.converted.parquet"), ("open", run, "--screen", evil)),
        *(("search", run, evil), ("predict", run, evil, evil), ("recommend", evil, evil)),
        *(("predict", run, "u1", "1" * 5000), ("foldin", run, "--rate", evil), ("history", run, "")),
        *(("train", "--data", evil), ("evaluate", run, "--data", evil), ("compare", run, evil)),
        *(("train", "--data", table, "--epochs", "1" * 5000), ("recommend", run, "u1", "-n", "1" * 400)),
        *(("verdict", "--data", table, "--splits", evil), ("race", "--data", table, "--arch", evil)),
        *(("bench", evil), ("export", run, "--keras", evil), ("data", "convert", table, f"{out}.{evil}")),
    ]


def lessons(table: str, official: str, report: str) -> list[Words]:
    """Commands that train several models, and short ones."""
    short = ("--data", table, "--epochs", "2")
    return [
        ("race", *short, "--arch", "bias,dot,bayes"),
        ("race", *short, "--arch", "bias,dot", "--split", "newcomers"),
        ("crossval", *short, "--folds", "3", "--arch", "nn"),
        ("train", *short, "--tune", "4"),
        ("train", *short, "--replicas", "3", "--split", "time"),
        ("train", "--data", table, "--objective", "ranking", "--tune", "3", "--epochs", "2"),
        ("verdict", *short, "--arch", "bias,ease", "--report", report),
        ("verdict", *short, "--arch", "bias:ranking,stack", "--splits", "random,newcomers"),
        ("bench", "ml-100k", "--data", official, "--arch", "bias"),
    ]


def untried(spec: str) -> list[str]:
    """The commands of `tastemap --spec` that no act says."""
    names = {" ".join(command["name"].split()) for command in json.loads(spec)["commands"]}
    said = [*questions("run", "out", "table", "evil"), *lessons("table", "official", "report")]
    spoken = {words[0] for words in said} | {" ".join(words[:2]) for words in said}
    return sorted(names - spoken - ELSEWHERE)


def write_official_pairs(folder: Path, users: int = 60, items: int = 40) -> None:
    """A made copy of MovieLens 100k: five official pairs, tab-separated, each row held out once."""
    folder.mkdir()
    chooser = random.Random(1)
    rows = [
        f"{user}\t{item}\t{chooser.randint(1, 5)}\t{880_000_000 + chooser.randrange(10**6)}"
        for user in range(1, users + 1)
        for item in chooser.sample(range(1, items + 1), 20)
    ]
    (folder / "u.data").write_text("\n".join(rows) + "\n")
    for fold in range(5):
        parts = {"base": [], "test": []}
        for number, row in enumerate(rows):
            parts["test" if number % 5 == fold else "base"].append(row)
        for name, part in parts.items():
            (folder / f"u{fold + 1}.{name}").write_text("\n".join(part) + "\n")
