"""What a run folder's files must hold to be used: a folder may be damaged, or made by anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np

from core.contract import Arrays
from core.errors import DivergenceError, ProtocolError, RunError
from core.files import damaged
from core.model import TAKEN, taken_sets
from core.model.moments import SURROUNDINGS
from core.model.steps import MOST_STEPS
from core.protocol import ApartFigures, RankingFigures, from_plain
from core.ranking import ItemSets

_LARGEST = 1.8e19
_Number = Annotated[float, msgspec.Meta(ge=-_LARGEST, le=_LARGEST)]
"""What ratings, means and their squares can be in single precision."""
_Weight = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
_Mood = Annotated[float, msgspec.Meta(ge=-100, le=100)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class _Scale(msgspec.Struct, frozen=True, kw_only=True):
    minimum: _Number
    maximum: _Number
    step: _Number


class _Data(msgspec.Struct, frozen=True, kw_only=True):
    """The record of the table; what an early version didn't write may be missing."""

    scale: _Scale
    name: str | None = None
    source: str | None = None
    fingerprint: str | None = None
    reading: Mapping[str, Any] | None = None
    repairs: Sequence[Mapping[str, Any]] = ()
    users: _Count = 0
    items: _Count = 0
    ratings: _Count = 0


class _Split(msgspec.Struct, frozen=True, kw_only=True):
    hash: str = ""
    seed: _Count = 0
    test_fraction: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0
    method: str = "random"
    folds: _Count = 0
    fold: _Count = 0
    count: _Count = 0
    unseen: Mapping[str, int] | None = None
    train_ratings: _Count = 0
    test_ratings: _Count = 0
    since: str = ""
    given_fraction: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.8
    given_ratings: _Count = 0
    new_users: Mapping[str, int] | None = None
    new_items: Mapping[str, int] | None = None


class _Scoring(msgspec.Struct, frozen=True, kw_only=True):
    training_mean: _Number
    offset: _Number
    share: _Weight = 1.0
    means: _Weight = 0.0
    positive_from: _Number | None = None


class _Moods(msgspec.Struct, frozen=True, kw_only=True):
    moods: Annotated[Sequence[_Mood], msgspec.Meta(max_length=SURROUNDINGS)]


class _Steps(msgspec.Struct, frozen=True, kw_only=True):
    """Learnt steps of the rating scale; that they ascend is checked where they are read."""

    values: Annotated[Sequence[_Number], msgspec.Meta(max_length=MOST_STEPS)]
    cuts: Annotated[Sequence[_Number], msgspec.Meta(max_length=MOST_STEPS)]
    spread: Annotated[float, msgspec.Meta(gt=0, le=_LARGEST)]
    tail: Annotated[float, msgspec.Meta(ge=0, le=20)]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Figures(RankingFigures):
    """The figures of an epoch or a summary, as far as there are any."""

    run: str | None = None
    reason: str | None = None
    path: str | None = None
    split_hash: str | None = None
    epochs: _Count = 0
    best_epoch: _Count = 0
    val_rmse: float | None = None
    val_mae: float | None = None
    train_rmse: float | None = None
    tuning_rmse: float | None = None
    learning_rate: float | None = 0.0
    seconds: float = 0.0
    ratings_per_second: float = 0.0
    best: bool = False
    replica_rmse: Sequence[float] = ()
    moment_rmse: float | None = None
    baseline_rmse: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    objective: str = "rating"
    val_ndcg_interval: Sequence[float] = ()
    apart: Sequence[ApartFigures] = ()
    convergence: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Epoch(_Figures):
    epoch: _Count


def check_config(path: Path, data: Any, split: Any, scoring: Any) -> None:
    """Check the nested records of a configuration; raises RunError that names the field."""
    for name, values, kind in (
        ("data", data, _Data),
        ("split", split, _Split),
        ("scoring", scoring, _Scoring),
    ):
        _check(path, values, kind, name)
    if not data["scale"]["minimum"] <= data["scale"]["maximum"]:
        raise damaged(path, "the scale's minimum is above its maximum.")


def check_moods(path: Path, moods: Any) -> None:
    """Check the moods that a configuration's `adaptation` may hold; raises RunError that names the field."""
    _check(path, {"moods": moods}, _Moods, "adaptation")
    if len(moods) not in (0, SURROUNDINGS):
        raise damaged(
            path, f"adaptation.moods: {SURROUNDINGS} numbers or none are expected, not {len(moods)}."
        )


def check_steps(path: Path, steps: Any) -> None:
    """Check the steps that a configuration's `adaptation` may hold; raises RunError that names the field."""
    if steps is None:
        return
    _check(path, steps, _Steps, "adaptation.steps")
    values, cuts = (np.array(steps[name], np.float64) for name in ("values", "cuts"))
    if len(cuts) != len(values) - 1 or not all((np.diff(one) > 0).all() for one in (values, cuts)):
        raise damaged(path, "adaptation.steps: values and the cuts between them must ascend.")


def check_summary(path: Path, values: dict[str, Any]) -> dict[str, Any]:
    """Give a summary back if its figures are figures; raises RunError."""
    _check(path, values, _Figures, "summary")
    return values


def check_epoch(values: Any) -> dict[str, Any]:
    """Give a line of history back if it is one; raises ProtocolError."""
    from_plain(values, _Epoch, "epoch")
    return dict(values)


def _check(path: Path, values: Any, kind: type[Any], name: str) -> None:
    try:
        from_plain(values, kind, name)
    except ProtocolError as error:
        raise damaged(path, error.message) from None


def check_weights(run: str, path: Path, weights: Arrays, rows: Mapping[str, int]) -> None:
    """Check that tables have a row an id and numbers alone; raises RunError and DivergenceError.

    What a model that scores from histories keeps may be whole numbers; the histories must fit the ids.
    """
    for name, table in weights.items():
        if name.startswith(("history/", TAKEN)) and table.dtype.kind in "iu":
            continue
        if table.dtype.kind != "f":
            raise damaged(path, f"{name} holds no floating point numbers but {table.dtype}.")
        if not np.isfinite(table).all():
            hint = "Train again with a lower learning rate or more l2."
            raise DivergenceError(f"{run} has diverged: numbers of {name} aren't finite.", hint=hint)
        if name.startswith("table/"):
            side = name.removeprefix("table/").partition("_")[0]
            if table.ndim != 2 or not table.shape[1] or len(table) != rows.get(side):
                raise RunError(f"{path}: {name} has the shape {table.shape} for {rows.get(side)} {side} ids.")
    if any(name.startswith(TAKEN) for name in weights):
        _check_histories(path, taken_sets(weights), rows)


def _check_histories(path: Path, taken: ItemSets, rows: Mapping[str, int]) -> None:
    """Items out of range would be read from anywhere in memory."""
    starts, pairs = taken.starts, len(taken.items)
    fits = (
        taken.item_count == rows["item"]
        and starts.shape == (rows["user"] + 1,)
        and starts[0] == 0
        and starts[-1] == pairs == len(taken.weights)
        and bool((np.diff(starts) >= 0).all())
        and (not pairs or (taken.items.min() >= 0 and taken.items.max() < taken.item_count))
    )
    if not fits:
        raise damaged(path, "the histories of its users don't fit its ids.")
