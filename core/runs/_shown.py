"""A run as people see it: a few lines at a prompt, a table and its curves in a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.pictures import Curves
from core.views import Lines, Table
from core.views.python import as_html, as_text

if TYPE_CHECKING:
    from core.runs.run import Run


def run_text(run: Run) -> str:
    """The run's facts, a line each; nothing is cut, or a folder's name would be of no use."""
    return as_text([f"run {run.id}", *(f"{name:<12}  {value}" for name, value in _facts(run))])


def run_html(run: Run) -> str:
    """The run's facts as a table above its curves."""
    return f"{as_html(_lines(run))}{run.curves().to_svg() if run.epochs else ''}"


def curves_of(epochs: Sequence[Mapping[str, Any]], objective: str, figures: Mapping[str, Any]) -> Curves:
    """The figures of epochs that were told, and the baseline among the other figures, as curves."""
    ranks = objective == "ranking"
    names = {"val_ndcg": "val nDCG@10"} if ranks else {"train_rmse": "train RMSE", "val_rmse": "val RMSE"}
    drawn = {told: tuple(one.get(name) for one in epochs) for name, told in names.items()}
    level = figures.get("baseline_ndcg" if ranks else "baseline_rmse")
    beside = "popularity" if ranks else "damped means"
    return Curves(drawn, {} if level is None else {beside: level})


def _lines(run: Run) -> Lines:
    yield f"run {run.id}"
    yield Table(list(_facts(run)))


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    config, data = run.config, run.config.data
    options = ", ".join(f"{name} {value}" for name, value in config.options.items())
    counts = ", ".join(f"{data[name]:,} {name}" for name in ("users", "items", "ratings") if name in data)
    yield "architecture", f"{config.architecture} ({config.recipe}): {options}"
    yield "table", f"{data.get('name')}: {counts}"
    yield "trained", f"{len(run.epochs)} epochs, {run.state}, {config.created}"
    yield from _figures(run)
    yield "folder", str(run.folder)


def _figures(run: Run) -> Iterator[tuple[str, str]]:
    """What it reaches on the held-out part, the baseline beside it."""
    summary = run.summary or {}
    name, reached, baseline = "val RMSE", run.val_rmse, summary.get("baseline_rmse")
    beside = "damped means"
    if run.objective == "ranking":
        name, reached, baseline = "val nDCG@10", run.val_ndcg, summary.get("baseline_ndcg")
        beside = "popularity"
    if reached is None:
        yield name, "nothing was held out"
        return
    against = "" if baseline is None else f" ({beside} {baseline:.4f})"
    yield name, f"{reached:.4f}{against}"
