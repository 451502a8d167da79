"""`tastemap predict`, `evaluate` and `runs`: results on stdout, as text or JSON."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.api import evaluate, load_run
from core.cli.flags import READING_FLAGS, parse_flags
from core.cli.output import print_json
from core.contract.plugins import Registry, load_plugins
from core.data import load_ratings
from core.errors import TastemapError, UsageError
from core.runs.run import Run
from core.runs.store import list_runs


def print_prediction(name: str, user: str, item: str, plugins: Sequence[Path], as_json: bool) -> None:
    """Print one predicted rating."""
    run = load_run(name, load_plugins(plugins))
    prediction = run.predict(user, item)
    if as_json:
        print_json({"run": run.id, **asdict(prediction)})
        return
    title = f" {prediction.title}" if prediction.title not in ("", str(prediction.item)) else ""
    margin = "" if prediction.deviation is None else f" ± {prediction.deviation:.2f}"
    print(f"{prediction.rating:.2f}{margin}  user {prediction.user}, item {prediction.item}{title}")
    if prediction.fallback:
        print(f"tastemap: {prediction.fallback}", file=sys.stderr)


def print_evaluation(
    name: str, data: str, words: Sequence[str], plugins: Sequence[Path], as_json: bool
) -> None:
    """Print a run's errors on its held-out part or on all rows of another table."""
    registry = load_plugins(plugins)
    run = load_run(name, registry)
    reading = parse_flags(words, {"reading": READING_FLAGS})["reading"]
    if reading and not data:
        raise UsageError("Reading options go with --data.")
    table = load_ratings(data, reading, sources=registry.data_sources) if data else None
    result = evaluate(run, table)
    if as_json:
        print_json({"run": run.id, **asdict(result)})
        return
    print(f"RMSE {result.rmse:.4f}  MAE {result.mae:.4f}  on {result.ratings:,} ratings ({result.part})")
    if result.fallbacks:
        print(f"{result.fallbacks:,} of them by the fallback: training never saw their user or item")


def print_runs(as_json: bool) -> None:
    """Print the saved runs; damaged ones are named on stderr."""
    rows = []
    for folder in list_runs():
        try:
            rows.append(_row(Run.open(folder, Registry())))
        except TastemapError as error:
            print(f"tastemap: {error}", file=sys.stderr)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        rmse = "-" if row["val_rmse"] is None else f"{row['val_rmse']:.4f}"
        print(
            f"{row['run']:<32} {row['data']:<24} val RMSE {rmse:<7} {row['epochs']:>4} epochs  {row['state']}"
        )
    if not rows:
        print("No runs yet: `tastemap train --data demo` makes one.", file=sys.stderr)


def _row(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "architecture": run.config.architecture,
        "data": run.config.data.get("name"),
        "val_rmse": run.val_rmse,
        "epochs": len(run.history),
        "state": run.state,
        "created": run.config.created,
        "split_hash": run.config.split.get("hash"),
        "path": str(run.folder),
    }
